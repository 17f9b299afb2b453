"""Which notices are for whom, and which did not go out? Every read of this stage.

Whether a viewer may know of the referral of a notice, the stage of the cases asks: see `cases.queries.notices_for`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Now

from palermo.domain.access import WORKING, Role, Viewer
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.notices.models import Delivery, LookedThrough, Notice, Reading, Step

WHAT = Step.What
ENDS = (Step.What.SENT, Step.What.REFUSED, Step.What.GIVEN_UP)
WHILE_IT_IS_SENT = timedelta(minutes=10)
"""How long a message that is being sent is not yet one that was left in between."""
LOOKED_THROUGH_FOR = NO_TRANSACTION_LASTS = timedelta(days=1)


def told_to(viewer: Viewer) -> QuerySet[Notice]:
    """The notices that are for the viewer: for the account, its role, or its unit and borough.

    What a unit that is gone was told is for the unit that it became.
    """
    here = Q(unit__in=policy.pack().units.answers_for(viewer.unit, clock.today()))
    if viewer.borough:
        here &= Q(borough__in=("", viewer.borough))
    to_role = Q(role=viewer.role) & (Q(unit="") | here)
    to_unit = Q(role="") & here & ~Q(unit="")
    to_many = Q(body="") & ((to_role | to_unit) if viewer.role in WORKING else to_role)
    if viewer.body:
        to_many |= Q(body=viewer.body)
    return Notice.objects.filter(Q(account=viewer.id) | Q(account=None) & to_many)


def accounts_of(notice: Notice) -> QuerySet[User]:
    """The active accounts that the notice is for; `told_to` the other way round."""
    accounts = User.objects.filter(is_active=True)
    if notice.account_id:
        return accounts.filter(pk=notice.account_id)
    if notice.body:
        return accounts.filter(role=Role.PARTNER, body=notice.body)
    accounts = accounts.filter(role=notice.role) if notice.role else accounts.filter(role__in=WORKING)
    if notice.unit:
        heir = policy.pack().units.heir(notice.unit, clock.today())
        accounts = accounts.filter(unit__in={notice.unit, heir})
        if notice.borough:
            accounts = accounts.filter(borough__in=("", notice.borough))
    return accounts


def unread(viewer: Viewer, there: LookedThrough | None = None) -> QuerySet[Notice]:
    """Those of them that the account has not marked as read; not looked for again among those looked through."""
    found = told_to(viewer).exclude(Exists(readings(viewer)))
    there = there or looked_through(viewer)
    if not there:
        return found
    return found.filter(Q(pk__gt=there.up_to) | is_one_of("pk", there.unread))


def unread_among(viewer: Viewer, keys: Sequence[int]) -> QuerySet[Notice]:
    """Those of these notices that are for the account and that it has not marked as read."""
    return told_to(viewer).filter(is_one_of("pk", keys)).exclude(Exists(readings(viewer)))


def is_one_of(column: str, values: Sequence[object]) -> Q:
    """That the column has one of these; they go to the database as one value, which is quicker where they are many."""
    return Q(OneOf(F(column), Value(list(values))))


class OneOf(Func):
    template, arg_joiner, output_field = "%(expressions)s)", " = ANY(", BooleanField()


def told_as(viewer: Viewer) -> str:
    """All that decides which notices are for the account."""
    units = sorted(policy.pack().units.answers_for(viewer.unit, clock.today()))
    return json.dumps([viewer.role, viewer.unit, units, viewer.borough, viewer.body])


def looked_through(viewer: Viewer) -> LookedThrough | None:
    """How far the notices for the account were looked through in the last day."""
    found = LookedThrough.objects.filter(account=viewer.id, told_as=told_as(viewer), at__gt=Now() - LOOKED_THROUGH_FOR)
    return found.first()


def settled() -> int:
    """The newest notice before which none can come any more: its number was taken so long ago, as were those before."""
    old = Notice.objects.filter(recorded_at__lt=Now() - NO_TRANSACTION_LASTS).order_by("-pk")
    return old.values_list("pk", flat=True).first() or 0


def readings(viewer: Viewer) -> QuerySet[Reading]:
    """What the account has marked, for a condition on notices."""
    return Reading.objects.filter(notice=OuterRef("pk"), account=viewer.id)


def read_of(viewer: Viewer, keys: Iterable[int]) -> QuerySet[Reading, int]:
    """Which of these notices the account has marked."""
    return Reading.objects.filter(account=viewer.id, notice__in=list(keys)).values_list("notice", flat=True)


# By e-mail


def undelivered() -> QuerySet[Delivery]:
    """The deliveries that were tried and have not gone out, or of which that is not known, with their last step.

    Where another address of the same account has had the notice since, that is good enough.
    """
    steps = Step.objects.filter(delivery=OuterRef("pk")).order_by("-pk")
    sent = Step.objects.filter(
        what=Step.What.SENT, delivery__notice=OuterRef("notice"), delivery__account=OuterRef("account")
    )
    found = Delivery.objects.annotate(last=Subquery(steps.values("what")[:1]), last_at=Subquery(steps.values("at")[:1]))
    being_sent = Q(last=Step.What.BEGUN, last_at__gt=Now() - WHILE_IT_IS_SENT)
    return found.filter(last__isnull=False).exclude(being_sent).exclude(Exists(sent))


def not_sent() -> QuerySet[Notice]:
    """The notices that should go out and have not to somebody: it failed, or a body outside has no address here."""
    failed = Exists(undelivered().filter(notice=OuterRef("pk")))
    nobody = ~Q(body="") & ~Exists(Delivery.objects.filter(notice=OuterRef("pk")))
    return Notice.objects.filter(failed | nobody, goes_out=True)


def ended(delivery: Delivery) -> bool:
    """Whether nothing more is to be tried."""
    return delivery.steps.filter(what__in=ENDS).exists()


def doubts(delivery: Delivery) -> int:
    """How often it was begun and is not known to have failed: how often it may have gone out."""
    return delivery.steps.filter(what=Step.What.BEGUN).count() - delivery.steps.filter(what=Step.What.FAILED).count()
