"""Who has seen a record, what has an account done, and what of a month is looked at again?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from palermo.domain.access import Act, Role, Viewer, is_at, may
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty, Entry
from palermo.web.audit.queries import Unsealed, last_seal, unsealed
from palermo.web.cases.models import Case
from palermo.web.cases.queries import work, works
from palermo.web.dossier.queries import Reader, posts_of, readers_of
from palermo.web.people.models import Entity
from palermo.web.people.queries import involvements_of
from palermo.web.trail.models import Review

PAGE = 50
SAMPLE = 10
"""Openings of a month that a supervisor looks at again."""
REFERRAL = "referral:"
NOT_YOURS = "a referral that is not open to you"
BEGINNING = frozenset({Role.SUPERVISOR, Role.AUDITOR})
"""Who begins at the page of the trail; who reads what, each question says."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown: what was done, by which post, and on what, where the reader may know of it."""

    pk: int
    at: datetime
    post: str
    action: str
    reference: str
    on: str


@dataclass(frozen=True, slots=True)
class Watched:
    """Who has looked at a record, and all that was done with it."""

    title: str
    readers: tuple[Reader, ...]
    page: Page[Line]


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the ledger stands: the seals and their entries, and what waits to be sealed."""

    seals: int
    entries: int
    sealed_at: datetime | None
    unsealed: Unsealed


def ledger() -> Ledger:
    newest = last_seal()
    counted = (newest.number, newest.total, newest.sealed_at) if newest else (0, 0, None)
    return Ledger(*counted, unsealed(newest))


def refused_for(user: User, page: object) -> Page[Line]:
    """Every opening that was refused, and every one in an emergency, the newest first. For the auditor."""
    found = Entry.objects.filter(Q(action__endswith="_refused") | Q(action="emergency_opening"), duty=Duty.CONSULTATION)
    return shown(user, found, page, "refused_listed", "trail")


def referral_for(user: User, reference: str, page: object) -> Watched | None:
    """Who has seen a referral: for those who may give its file away. None for others, and where there is none."""
    with transaction.atomic():
        found = work(reference)
        if found is None or not may(user.viewer, Act.DISCLOSE, found.custody):
            return None
        subject = f"{REFERRAL}{reference}"
        lines = shown(user, Entry.objects.filter(subject=subject), page, "trail_opened", subject)
        return Watched(reference, tuple(readers_of(subject)), lines)


def person_for(user: User, key: UUID, page: object) -> Watched | None:
    """Who has seen a person, or another record: for the auditor, and whoever leads a case in which it stands."""
    with transaction.atomic():
        entity = Entity.objects.filter(pk=key).first()
        if entity is None:
            return None
        cases = works({row.referral_id for row in involvements_of(entity)}).values()
        leads = any(may(user.viewer, Act.DISCLOSE, one.custody) for one in cases)
        if not leads and user.viewer.role is not Role.AUDITOR:
            return None
        subject = f"{entity.kind}:{entity.pk}"
        lines = shown(user, Entry.objects.filter(subject=subject), page, "trail_opened", subject)
        return Watched("A person" if entity.kind == "person" else "A record", tuple(readers_of(subject)), lines)


def account_for(user: User, key: int, page: object) -> tuple[User, Page[Line]] | None:
    """What an account has done: for the auditor, and for the supervisor of where it works."""
    account = User.objects.filter(pk=key).first()
    if account is None or not answers_for(user.viewer, account):
        return None
    found = Entry.objects.filter(actor=account.audit_name)
    return account, shown(user, found, page, "account_trail_opened", f"account:{account.pk}")


def answers_for(viewer: Viewer, account: User) -> bool:
    """Whether the viewer answers for what that account does: an auditor for all, a supervisor for their own unit's."""
    if viewer.role is Role.AUDITOR:
        return True
    return viewer.role is Role.SUPERVISOR and is_at(viewer, account.unit, account.borough)


def accounts_for(user: User) -> list[User]:
    """The accounts whose trail the caller may read, by their posts."""
    found = User.objects.order_by("post", "pk")
    return [one for one in found if answers_for(user.viewer, one)]


def shown(user: User, found: QuerySet[Entry], page: object, action: str, subject: str) -> Page[Line]:
    """One page of entries, the newest first, as lines. The reading of the trail leaves its own entry."""
    paged: Page[Line] = Paginator(found.order_by("-pk"), PAGE).get_page(page)
    paged.object_list = lines_of(user, paged.object_list)
    with transaction.atomic():
        record(user, Duty.CONSULTATION, action, subject, page=paged.number)
    return paged


def lines_of(user: User, entries: Iterable[Entry]) -> list[Line]:
    """Entries as lines. A referral that the reader may not open is not named."""
    entries = list(entries)
    posts = posts_of(one.actor for one in entries)
    named = {one.subject.removeprefix(REFERRAL) for one in entries if one.subject.startswith(REFERRAL)}
    cases = dict(Case.objects.filter(referral__reference__in=named).values_list("pk", "referral__reference"))
    open_to = {cases[key] for key, one in works(cases).items() if may(user.viewer, Act.SEE, one.custody)}
    lines = []
    for one in entries:
        kind, _, which = one.subject.partition(":")
        reference = which if kind == "referral" and which in open_to else ""
        on = reference or (NOT_YOURS if kind == "referral" else kind)
        lines.append(
            Line(
                pk=one.pk,
                at=one.at,
                post=posts.get(one.actor, one.actor),
                action=one.action.replace("_", " "),
                reference=reference,
                on=on,
            )
        )
    return lines


# The sample of a month


@dataclass(frozen=True, slots=True)
class Sampled:
    """One opening of the sample, and what was found about it."""

    line: Line
    review: Review | None


def month_before(day: date) -> date:
    """The first day of the month before that day's."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def sample(viewer: Viewer, month: date) -> list[Entry]:
    """Some openings of that month by those who work where the supervisor does.

    Which ones, the ledger's own hashes say: they are made with chance and never change, so nobody picks, and whoever
    asks again gets the same.
    """
    working = User.objects.filter(unit=viewer.unit).exclude(pk=viewer.id)
    names = [one.audit_name for one in working if is_at(viewer, one.unit, one.borough)]
    first = timezone.make_aware(datetime.combine(month, time.min))
    after = timezone.make_aware(datetime.combine((month + timedelta(days=32)).replace(day=1), time.min))
    opened = Entry.objects.filter(actor__in=names, at__gte=first, at__lt=after, duty=Duty.CONSULTATION)
    opened = opened.filter(action__endswith="_opened", subject__regex="^(referral|person|address|vehicle|phone):")
    return list(opened.order_by(RawSQL("audit_entry.leaf", []))[:SAMPLE])


def sample_for(user: User) -> tuple[date, list[Sampled]]:
    """The sample of the month that is over, with what was found so far. The reading is noted."""
    month = month_before(clock.today())
    with transaction.atomic():
        entries = sample(user.viewer, month)
        reviews = {one.entry: one for one in Review.objects.filter(entry__in=[one.pk for one in entries])}
        record(user, Duty.CONSULTATION, "sample_opened", f"account:{user.pk}", month=month.isoformat())
        return month, [Sampled(line, reviews.get(line.pk)) for line in lines_of(user, entries)]
