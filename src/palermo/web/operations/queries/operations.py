"""The list of operations, and one operation whole; the operations that a referral belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum

from palermo.domain.access import WORKING, Answer, Role, Viewer
from palermo.domain.operations import Move, Parties, Proposal, Score, State, may, possible, reads, sees
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.queries import PAGE, at, openable
from palermo.web.intake.models import Referral
from palermo.web.operations.models import (
    Cost,
    Draft,
    Event,
    Linked,
    Operation,
    Plan,
    Report,
    Resource,
    Result,
    Scoring,
    Use,
)
from palermo.web.operations.queries.places import Desk, desk_name, place_today
from palermo.web.people.queries import records_of

KINDS = Plan.Kind.choices
RESULTS = Result.Kind.choices
COSTS = Cost.Kind.choices
CERTAINTIES = Cost.Certainty.choices
IN_POUNDS = frozenset({Result.Kind.ASSETS_RESTRAINED.value, Result.Kind.ASSETS_CONFISCATED.value})
"""The results that are amounts; all others are counted."""


@dataclass(frozen=True)
class Held:
    """One operation and where it stands: what access and every move depend on."""

    operation: Operation
    plan: Plan
    resources: tuple[Resource, ...]
    scoring: Scoring | None

    @property
    def state(self) -> State:
        return State(self.operation.state)

    @property
    def parties(self) -> Parties:
        """Who is in it today: what a unit that is gone had to do falls to what became of it."""
        pack, day = policy.pack(), clock.today()
        return Parties(
            place_today(pack, self.plan.lead_unit, self.plan.lead_borough, day),
            frozenset(place_today(pack, one.unit, one.borough, day) for one in self.resources),
        )

    @property
    def planned(self) -> int:
        return sum(one.officer_days for one in self.resources)

    @property
    def late(self) -> str:
        """In words, what of it is past its day; empty where nothing is."""
        if self.state is State.RUNNING and self.plan.ends_on < clock.today():
            return "past its planned end"
        if self.state is State.APPROVED and self.plan.starts_on < clock.today():
            return "past its planned start"
        return ""

    @property
    def proposal(self) -> Proposal:
        """As the ranking sees it. A proposal is never without a score."""
        scoring = self.scoring
        levels = {one["id"]: one["level"] for one in scoring.levels}
        score = Score(scoring.points, scoring.most)
        return Proposal(self.operation.key, score, levels, self.operation.proposed_at)

    def answer(self, viewer: Viewer, move: Move, *, in_meeting: bool = False) -> Answer:
        """Whether the viewer may make the move now: first by access, then by where the operation stands."""
        allowed = may(viewer, move, self.parties, in_meeting=in_meeting)
        return possible(self.state, move) if allowed else allowed

    def moves(self, viewer: Viewer) -> tuple[Move, ...]:
        return tuple(move for move in Move if self.answer(viewer, move))


def held(operations: Iterable[Operation]) -> dict[int, Held]:
    """Each of these operations with its newest plan and scoring, by its key in the database; in three queries."""
    operations = list(operations)
    of_them = {"operation__in": [one.pk for one in operations]}
    plans = Plan.objects.filter(**of_them).order_by("operation", "-version").distinct("operation")
    plan_of = {plan.operation_id: plan for plan in plans}
    scorings = Scoring.objects.filter(**of_them).order_by("operation", "-version").distinct("operation")
    scoring_of = {scoring.operation_id: scoring for scoring in scorings}
    resources = defaultdict(list)
    asked = Resource.objects.filter(plan__in=[plan.pk for plan in plan_of.values()])
    for one in asked.order_by("unit", "borough", "function"):
        resources[one.plan_id].append(one)
    return {
        one.pk: Held(one, plan_of[one.pk], tuple(resources[plan_of[one.pk].pk]), scoring_of.get(one.pk))
        for one in operations
    }


def theirs(viewer: Viewer) -> QuerySet[Operation]:
    """The operations that the viewer may open; `sees` as a condition on rows."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR, Role.ANALYST):
        return Operation.objects.all()
    if viewer.role not in WORKING:
        return Operation.objects.none()
    newest = with_newest_plan(Operation.objects)
    led = Plan.objects.filter(at(viewer, "lead_unit", "lead_borough"), pk=OuterRef("newest"))
    tasked = Resource.objects.filter(at(viewer), plan=OuterRef("newest"))
    return newest.filter(Exists(led) | Exists(tasked))


def with_newest_plan(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    newest = Plan.objects.filter(operation=OuterRef("pk")).order_by("-version").values("pk")[:1]
    return operations.annotate(newest=Subquery(newest))


# The list


@dataclass(frozen=True, slots=True)
class Row:
    """One operation in the list."""

    held: Held
    cases: int
    used: Decimal


def operations_for(user: User, *, state: str = "", page: object = 1) -> Page:
    """One page of the operations that the account may open, the last planned first. The reading is noted."""
    found = theirs(user.viewer)
    if state:
        found = found.filter(state=state)
    starts = Plan.objects.filter(operation=OuterRef("pk")).order_by("-version").values("starts_on")[:1]
    shown = Paginator(found.annotate(starts=Subquery(starts)).order_by("-starts", "-pk"), PAGE).get_page(page)
    rows = list(shown.object_list)
    whole = held(rows)
    of_them = {"operation__in": rows}
    cases = dict(
        Linked.objects.filter(**of_them, ended_at__isnull=True)
        .values_list("operation")
        .annotate(Count("pk"))
        .order_by()
    )
    used = dict(Use.objects.filter(STANDS, **of_them).values_list("operation").annotate(Sum("officer_days")).order_by())
    shown.object_list = [Row(whole[one.pk], cases.get(one.pk, 0), used.get(one.pk, Decimal(0))) for one in rows]
    with transaction.atomic():
        record(user, Duty.CONSULTATION, "operations_listed", "operations", operations=[one.key for one in rows])
    return shown


AnEntry = TypeVar("AnEntry", Use, Result, Cost)
STANDS = Q(replaced_by__isnull=True)
"""Of entries: those that no later one has put right."""


# One operation


def operation(key: str, *, lock: bool = False) -> Held | None:
    """The operation of that key, whoever asks; with `lock`, nobody else moves it until the transaction ends.

    The caller checks access.
    """
    rows = Operation.objects.select_for_update(of=("self",)) if lock else Operation.objects
    found = rows.select_related("proposed_by").filter(key=key).first()
    return held([found])[found.pk] if found else None


def operation_for(user: User, key: str, page: str) -> Held | None:
    """The operation, if the account may open it; None where there is none that it may know of. The opening is noted."""
    with transaction.atomic():
        found = operation(key)
        if found is None:
            return None
        seen = sees(user.viewer, found.parties)
        action = "operation_opened" if seen else "operation_refused"
        record(user, Duty.CONSULTATION, action, f"operation:{key}", page=page)
        return found if seen else None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of an operation as one account may see them: those to be named, and how many more there are."""

    named: tuple[Linked, ...]
    restricted: int
    others: int

    @property
    def number(self) -> int:
        return len(self.named) + self.restricted + self.others

    @property
    def hidden(self) -> str:
        """Those that are not named, in words; empty where there are none."""
        return hidden_words(self.restricted, self.others)


def hidden_words(restricted: int, others: int) -> str:
    """How many cases are there and not named, such as “1 restricted case and 2 cases of other units”."""
    parts = []
    if restricted:
        parts.append(f"{restricted} restricted case{'' if restricted == 1 else 's'}")
    if others:
        parts.append(f"{others} case{'' if others == 1 else 's'} of other units")
    return " and ".join(parts)


@dataclass(frozen=True)
class Record:
    """All that an operation's page shows to one account."""

    held: Held
    cases: Cases
    plans: tuple[Plan, ...]
    uses: tuple[Use, ...]
    results: tuple[Result, ...]
    costs: tuple[Cost, ...]
    reports: tuple[Report, ...]
    events: tuple[Event, ...]

    @property
    def used(self) -> dict[Desk, Decimal]:
        """Officer-days used, by function."""
        found: dict[Desk, Decimal] = defaultdict(Decimal)
        for one in standing(self.uses):
            found[Desk(one.unit, one.borough, one.function)] += one.officer_days
        return found

    @property
    def achieved(self) -> list[tuple[str, int | Decimal]]:
        """Each kind of result with its sum, in the order of the kinds."""
        return [
            (kind, sum((one.pounds if kind in IN_POUNDS else one.number for one in of_it), Decimal(0)))
            for kind, _ in RESULTS
            if (of_it := [one for one in standing(self.results) if one.kind == kind])
        ]

    @property
    def cost(self) -> dict[tuple[str, str], Decimal]:
        """Pounds by kind and certainty."""
        found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for one in standing(self.costs):
            found[one.kind, one.certainty] += one.pounds
        return found


def standing(entries: Iterable[AnEntry]) -> list[AnEntry]:
    """Without what a later entry has put right."""
    entries = list(entries)
    replaced = {one.replaces_id for one in entries}
    return [one for one in entries if one.pk not in replaced]


def record_for(user: User, key: str) -> Record | None:
    """Everything of one operation that the account may see. The opening is noted in the same transaction."""
    with transaction.atomic():
        found = operation_for(user, key, "operation")
        if found is None:
            return None
        of_it = {"operation": found.operation}
        written = bool(reads(user.viewer))
        return Record(
            held=found,
            cases=cases_of(found.operation, user.viewer),
            plans=tuple(Plan.objects.filter(**of_it).select_related("by").order_by("version")),
            uses=tuple(Use.objects.filter(**of_it).select_related("by").order_by("day", "pk")),
            results=tuple(Result.objects.filter(**of_it).select_related("by").order_by("day", "pk")),
            costs=tuple(Cost.objects.filter(**of_it).select_related("by").order_by("day", "pk")),
            reports=tuple(Report.objects.filter(**of_it).select_related("by").order_by("pk")) if written else (),
            events=tuple(Event.objects.filter(**of_it).order_by("pk")) if written else (),
        )


def cases_of(operation: Operation, viewer: Viewer) -> Cases:
    """The cases linked now: named to whoever may open them, and otherwise counted."""
    linked = Linked.objects.filter(operation=operation, ended_at__isnull=True)
    linked = list(linked.select_related("referral", "by").order_by("at", "pk"))
    able = named_to(viewer, (one.referral_id for one in linked))
    named = tuple(one for one in linked if one.referral_id in able)
    restricted = sum(one.referral.restricted for one in linked if one.referral_id not in able)
    return Cases(named, restricted, len(linked) - len(named) - restricted)


def named_to(viewer: Viewer, referrals: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these referrals may be named to the viewer: those that the viewer may open and that operations show."""
    referrals = list(referrals)
    if not referrals or not reads(viewer):
        return frozenset()
    return frozenset(openable(viewer).filter(referral__in=referrals).values_list("referral", flat=True))


def last_event(operation: Operation) -> int:
    """The newest line of the timeline: what a page was made after."""
    return Event.objects.filter(operation=operation).order_by("-pk").values_list("pk", flat=True)[0]


def events_since(operation: Operation, event: int) -> list[Event]:
    """What happened after that line of the timeline, in order."""
    return list(Event.objects.filter(operation=operation, pk__gt=event).order_by("pk"))


def told_by(user: User, operation: Operation, event: str) -> Event | None:
    """The line of the timeline that this account wrote, to be read back to it after a move."""
    if not (event.isascii() and event.isdigit() and len(event) <= 18):
        return None
    return Event.objects.filter(operation=operation, pk=int(event), by=user).first()


def told_of_page(operation: Operation, page: str) -> Event | None:
    """What was recorded of a page that was sent before."""
    return Event.objects.filter(operation=operation, page=page).first()


def link_of(operation: Operation, reference: str, viewer: Viewer) -> Linked | None:
    """The link to a case that the viewer may open."""
    found = Linked.objects.filter(operation=operation, referral__reference=reference, ended_at__isnull=True)
    found = found.select_related("referral").first()
    return found if found and named_to(viewer, [found.referral_id]) else None


def people_on(referrals: Iterable[Referral]) -> list[str]:
    """The names of everybody on these referrals, to be told from code names."""
    records = [stands.record for referral in referrals for stands in records_of(referral)]
    return [name.words for record in records for name in record.names]


def is_taken(name: str, but: Operation | None = None) -> bool:
    """Whether an operation is called so already."""
    others = Operation.objects.filter(name__iexact=name)
    return (others.exclude(pk=but.pk) if but else others).exists()


def entry_of(operation: Operation, kind: str, key: int) -> Use | Result | Cost | None:
    """An entry of the operation that stands."""
    model = {"use": Use, "result": Result, "cost": Cost}[kind]
    return model.objects.filter(STANDS, operation=operation, pk=key).first()


# Drafts of proposals


def drafts_for(user: User) -> list[Draft]:
    """The account's proposals that something is written in and that are not made yet."""
    return list(Draft.objects.filter(owner=user).exclude(answers={}).order_by("-saved_at"))


def made_of(user: User, key: UUID) -> Operation | None:
    """What became of the account's draft; None while it is not proposed."""
    return Operation.objects.filter(begun_as=key, events__by=user, events__kind="operation_proposed").first()


def draft_for(user: User, key: UUID) -> Draft | None:
    """The account's own draft; another's is as if it were not there."""
    return Draft.objects.filter(owner=user, pk=key).first()


# The operations of a referral


@dataclass(frozen=True, slots=True)
class InOperation:
    """An operation that a referral belongs to, or belonged to until `until`."""

    key: str
    name: str
    state: State
    lead: str
    since: datetime
    until: datetime | None
    reason: str
    ended_because: str


def operations_of(referral: Referral) -> tuple[InOperation, ...]:
    """Every operation that the referral belongs or belonged to, in order. The caller checks access to the referral.

    Whoever may open the case may know of its operations: their names, where they stand and who leads them. The
    operation's own pages stay closed to those who take no part in it.
    """
    links = list(Linked.objects.filter(referral=referral).select_related("operation").order_by("at", "pk"))
    whole = held({link.operation_id: link.operation for link in links}.values())
    day = clock.today()
    return tuple(
        InOperation(
            key=link.operation.key,
            name=link.operation.name,
            state=State(link.operation.state),
            lead=lead_name(whole[link.operation_id], day),
            since=link.at,
            until=link.ended_at,
            reason=link.reason,
            ended_because=link.ended_because,
        )
        for link in links
    )


def openable_operations(viewer: Viewer, referral: Referral) -> QuerySet[Operation]:
    """Of the operations of a referral those that the viewer may open."""
    return theirs(viewer).filter(linked__referral=referral).distinct()


def lead_name(found: Held, day: date) -> str:
    return desk_name(policy.pack(), Desk(found.plan.lead_unit, found.plan.lead_borough), day)


def linkable_to(user: User, referral: Referral) -> list[Operation]:
    """The operations that the account may link the referral to, by name."""
    linked = Linked.objects.filter(operation=OuterRef("pk"), referral=referral, ended_at__isnull=True)
    found = theirs(user.viewer).filter(state__in=Move.LINK.rule.since).exclude(Exists(linked)).order_by("name")
    whole = held(found)
    return [one for one in found if may(user.viewer, Move.LINK, whole[one.pk].parties)]
