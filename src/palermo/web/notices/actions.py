"""Telling somebody, and sending it: every write of this stage, the telling in the transaction of what is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists
from django.db.models.functions import Now

from palermo.domain.access import Role, Viewer
from palermo.web import clock, jobs
from palermo.web.accounts.models import User
from palermo.web.audit.actions import OutsideTransaction, record
from palermo.web.audit.actors import Actor, Command
from palermo.web.audit.models import Duty
from palermo.web.notices import mail, queries
from palermo.web.notices.mail import Letter, Outcome
from palermo.web.notices.models import Delivery, LookedThrough, Notice, Reading, Step

told_long_ago: ContextVar[bool] = ContextVar("told_long_ago", default=False)


@dataclass(frozen=True, slots=True)
class To:
    """Whom a notice is for: a unit (of a borough, in a role), everybody in a role, one account, or a body outside.

    A unit alone is its officers and supervisors; of a borough, those of the borough and those of no borough. An account
    alone gets what is for it, whatever else is given. A body outside is told through the partner accounts of that body.

    A notice is on the page and in the mailbox of all whom it is for, so it must be for nobody who may not know of the
    referral that it is about. Of a referral that is not restricted, a unit that owns it, is asked for it or supports it
    may know. Of a restricted one, tell `role=Role.SUPERVISOR` of such a unit, the commander where they may open it, or
    the accounts that may, one by one (`may(user.viewer, Act.SEE, custody)`). The database refuses a notice about a
    restricted referral that is for a whole unit or for another role. The page then shows a notice to a role only to
    those of it who may open the referral now; what is told to an account stays with that account.
    """

    unit: str = ""
    borough: str = ""
    role: Role | None = None
    account: User | None = None
    body: str = ""


class NotSent(Exception):
    """A message did not go out, or it is not known whether it did; the queue tries again."""


def notify(
    by: Actor, to: To, *, key: str, kind: str, says: str, reference: str = "", at: datetime | None = None
) -> Notice | None:
    """Tell them, once for each key; None where they have been told already.

    Call inside the transaction of what is told: both stand or fall together, and so does the job that sends it by
    e-mail. `says` goes out by e-mail, so it carries references, posts and dates, and never what a record says.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"notice {key}: open transaction.atomic() around what is told and the notice of it")
    notice, new = Notice.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "reference": reference,
            "says": says,
            "at": at or clock.now(),
            "unit": to.unit,
            "borough": to.borough,
            "role": to.role or "",
            "account": to.account,
            "body": to.body,
            "goes_out": not told_long_ago.get(),
        },
    )
    if not new:
        return None
    record(by, Duty.DISCLOSURE, "notice_given", subject(notice), kind=kind)
    if notice.goes_out:
        jobs.defer("notices.send", notice=notice.pk)
    return notice


@contextmanager
def long_ago() -> Iterator[None]:
    """Let notices stand on the pages and not go out: what is loaded now was told then."""
    before = told_long_ago.set(True)
    try:
        yield
    finally:
        told_long_ago.reset(before)


def subject(notice: Notice) -> str:
    return f"referral:{notice.reference}" if notice.reference else f"notice:{notice.pk}"


def mark_read(user: User, notices: Iterable[int]) -> None:
    """Mark those of these notices that are for the account as read, whichever were before."""
    with transaction.atomic():
        unread = queries.unread(user.viewer).filter(pk__in=list(notices)).values_list("pk", flat=True)
        keys = sorted(unread)
        Reading.objects.bulk_create(
            (Reading(notice_id=key, account=user, at=clock.now()) for key in keys), ignore_conflicts=True
        )
        if keys:
            record(user, Duty.CONSULTATION, "notices_read", f"account:{user.pk}", notices=keys)


MANY = 1000
"""So many unread notices are remembered; where there are more, no later ones are looked through."""


def up_to_date(viewer: Viewer) -> LookedThrough:
    """How far the account's notices were looked through; they are looked through now, if that was long ago."""
    return queries.looked_through(viewer) or look_through(viewer)


def look_through(viewer: Viewer) -> LookedThrough:
    """Remember which notices the account has not read, so that pages count them quickly."""
    up_to = queries.settled()
    unread = queries.told_to(viewer).filter(pk__lte=up_to).exclude(Exists(queries.readings(viewer)))
    keys = list(unread.order_by("pk").values_list("pk", flat=True)[:MANY])
    there = LookedThrough(
        account_id=viewer.id,
        told_as=queries.told_as(viewer),
        at=Now(),
        up_to=keys[-1] if len(keys) == MANY else up_to,
        unread=keys,
    )
    LookedThrough.objects.bulk_create(
        [there],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["told_as", "at", "up_to", "unread"],
    )
    return there


# By e-mail


def send(notice: int) -> None:
    """Make a delivery of the notice to each address that it is for, and have each one sent; done before is done."""
    with transaction.atomic():
        told = Notice.objects.select_for_update().get(pk=notice)
        accounts = queries.accounts_of(told).exclude(email="").order_by("pk")
        there = set(told.deliveries.values_list("address", flat=True))
        for account in accounts:
            if account.email not in there:
                there.add(account.email)
                made = Delivery.objects.create(notice=told, account=account, address=account.email)
                jobs.defer("notices.deliver", delivery=made.pk)


def send_again(user: User, notice: int) -> bool:
    """Try what did not go out once more, and the addresses that there are now; False where nothing is to be tried."""
    with transaction.atomic():
        told = queries.not_sent().filter(pk=notice).select_for_update(of=("self",)).first()
        if told is None:
            return False
        jobs.defer("notices.send", notice=told.pk)
        for delivery in queries.undelivered().filter(notice=told).exclude(last__in=queries.ENDS):
            jobs.defer("notices.deliver", delivery=delivery.pk)
        record(user, Duty.DISCLOSURE, "notice_sent_again", subject(told), notice=told.pk)
    return True


def deliver(delivery: int) -> None:
    """Send one delivery. Raises NotSent where it has to be tried again.

    What is begun is committed before anything leaves, and the row stays locked while it does. So whoever finds it begun
    and not locked knows that a worker died over it: the message may have gone out. It is then sent once more and says
    so; where that is interrupted too it is given up, and stands as not sent for people to see.
    """
    with transaction.atomic(durable=True):
        taken = take(delivery)
        doubts = queries.doubts(taken)
        if queries.ended(taken):
            return
        if doubts > 1:
            end(taken, Step.What.GIVEN_UP, "")
            return
        if not taken.account.is_active:
            end(taken, Step.What.REFUSED, "account closed")
            return
        begun = Step.objects.create(delivery=taken, what=Step.What.BEGUN)
    with transaction.atomic():
        taken = take(delivery)
        if taken.steps.order_by("-pk").first() != begun:
            raise NotSent(f"delivery {delivery}: another worker has it")
        outcome, because = mail.send(letter_of(taken, repeated=doubts > 0))
        end(taken, Step.What(outcome), because)
    if outcome in (Outcome.FAILED, Outcome.UNCLEAR):
        raise NotSent(f"delivery {delivery}: {outcome} ({because})")


def letter_of(delivery: Delivery, *, repeated: bool) -> Letter:
    told = delivery.notice
    return Letter(delivery.pk, delivery.address, delivery.account.post, told.says, told.reference, repeated=repeated)


def take(delivery: int) -> Delivery:
    """The delivery, locked until the transaction ends. Raises NotSent where another worker has it in hand."""
    of = Delivery.objects.select_related("notice", "account")
    taken = of.select_for_update(of=("self",), skip_locked=True).filter(pk=delivery).first()
    if taken is None:
        raise NotSent(f"delivery {delivery}: another worker has it")
    return taken


def end(delivery: Delivery, what: Step.What, because: str) -> None:
    """Keep what became of an attempt, with its audit entry."""
    Step.objects.create(delivery=delivery, what=what, because=because)
    record(
        Command("job:notices.deliver"),
        Duty.DISCLOSURE,
        "notice_sent" if what is Step.What.SENT else "notice_not_sent",
        subject(delivery.notice),
        notice=delivery.notice_id,
        delivery=delivery.pk,
        account=delivery.account_id,
        outcome=what,
        because=because,
    )
