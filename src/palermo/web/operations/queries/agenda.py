"""What is before a tasking meeting: gathered from the data of a moment, whoever asks, and shown to each reader.

What is gathered is kept when the meeting is opened, and read from there ever after. Cases are named to those readers
who may open them now; to all others they are a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Window
from django.db.models.functions import RowNumber

from palermo.domain.access import Viewer
from palermo.domain.casework import State as CaseState
from palermo.domain.operations import Scope, Section, Span, State, rank
from palermo.domain.operations.meetings import OF_CASES
from palermo.domain.support import Stage
from palermo.packs import Pack
from palermo.web import clock
from palermo.web.cases.models import Offer, QueueLine, SupportRequest
from palermo.web.cases.queries import OFFERED, PAGE, TO_ANSWER, openable
from palermo.web.duties.queries import overdue
from palermo.web.intake.models import Clock, Referral
from palermo.web.operations.models import AgendaLine, Meeting, Operation, Task
from palermo.web.operations.queries.operations import Held, held, hidden_words
from palermo.web.operations.queries.places import lines_in, of_scope

SHOWN = 10
"""So many lines of a section stand on the meeting's page; the others on a page of their own."""
WAITING = (Stage.ASKED, Stage.DISPUTED)
TO_SETTLE = (CaseState.HANDED_BACK, CaseState.IN_DISPUTE)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be put before a meeting; `detail` has ids, codes, numbers and days, and no words of a record."""

    section: Section
    detail: dict[str, object]
    referral: UUID | None = None
    operation: int | None = None
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """For whom and as of when an agenda is gathered. `after`: the meeting whose agenda had all this before it."""

    scope: Scope
    pack: Pack
    at: datetime
    since: datetime
    after: Meeting | None
    ahead: Span


def gather(moment: Moment) -> list[Item]:
    """All that is before the meeting, in the order of the agenda."""
    return [item for section in Section for item in GATHERED[section](moment)]


def numbers(moment: Moment) -> list[tuple[Section, int]]:
    """How much there would be in each section if the meeting were opened now."""
    return [
        (section, NUMBERED[section](moment) if section in NUMBERED else sum(1 for _ in GATHERED[section](moment)))
        for section in Section
    ]


def owned_in(scope: Scope) -> QuerySet[QueueLine]:
    """The cases that the units of a meeting own."""
    return QueueLine.objects.filter(of_scope(scope.places))


# Cases


def breached(moment: Moment) -> Iterator[Item]:
    """Each case with a clock that has run out, the longest overdue first.

    Before the meeting of a unit are its own cases, and those on which it is to answer.
    """
    of_case: dict[UUID, list[dict[str, object]]] = defaultdict(list)
    for one in run_out(moment).values("referral", "clock", "label", "due_at"):
        due = one["due_at"].isoformat()
        of_case[one["referral"]].append({"clock": one["clock"], "label": one["label"], "due": due})
    place_of = places_of(of_case)
    for referral, clocks in of_case.items():
        yield Item(Section.BREACHED, {**place_of[referral], "clocks": clocks}, referral=referral)


def run_out(moment: Moment) -> QuerySet[Clock]:
    """The clocks that have run out on its cases, the longest overdue first."""
    rows = overdue(moment.at)
    if moment.scope.whole:
        return rows
    asked = Offer.objects.filter(TO_ANSWER, of_scope(moment.scope.places, "to_unit", "to_borough"))
    # a line is as late as the clock that is due next, so these are few
    owned = owned_in(moment.scope).filter(due_at__lt=moment.at)
    return rows.filter(
        Q(referral__in=owned.values("referral")) | Q(holder=OFFERED, referral__in=asked.values("referral"))
    )


def places_of(referrals: Iterable[UUID]) -> dict[UUID, dict[str, object]]:
    """Which unit owns each of these referrals."""
    rows = QueueLine.objects.filter(referral__in=list(referrals))
    return {one["referral"]: {"unit": one["unit"], "borough": one["borough"]} for one in rows.values(*OWNER)}


OWNER = ("referral", "unit", "borough")


def to_settle(moment: Moment) -> Iterator[Item]:
    """Each case that is in dispute or handed back, by the time it has been so."""
    asked = Offer.objects.filter(referral=OuterRef("referral"), answer="").order_by("-offered_at").values("offered_at")
    rows = unsettled(moment).annotate(since=asked[:1]).order_by("since", "referral")
    for one in rows.values(*OWNER, "state", "since"):
        since = one["since"].isoformat() if one["since"] else None
        detail = {"unit": one["unit"], "borough": one["borough"], "state": one["state"], "since": since}
        yield Item(Section.TO_SETTLE, detail, referral=one["referral"])


def unsettled(moment: Moment) -> QuerySet[QueueLine]:
    return owned_in(moment.scope).filter(state__in=TO_SETTLE)


def escalations(moment: Moment) -> Iterator[Item]:
    """Each case that another unit is asked to take and has not answered, the longest waiting first."""
    for one in offered(moment).order_by("offered_at", "pk"):
        detail = {**from_and_to(one), "kind": one.kind, "since": one.offered_at.isoformat()}
        yield Item(Section.ESCALATIONS, detail, referral=one.referral_id)


def offered(moment: Moment) -> QuerySet[Offer]:
    return Offer.objects.filter(TO_ANSWER, asked_in(moment.scope))


def support(moment: Moment) -> Iterator[Item]:
    """Each case that another unit is asked to support and has not answered, the longest waiting first.

    A refusal that was put to the commander waits too.
    """
    for one in requested(moment).select_related("answer_clock", "decision_clock").order_by("asked_at", "pk"):
        waits = one.decision_clock if one.stage == Stage.DISPUTED else one.answer_clock
        detail = {
            **from_and_to(one),
            "resource": one.resource,
            "stage": one.stage,
            "since": one.asked_at.isoformat(),
            "due": waits.due_at.isoformat() if waits else None,
        }
        yield Item(Section.SUPPORT, detail, referral=one.referral_id)


def requested(moment: Moment) -> QuerySet[SupportRequest]:
    return SupportRequest.objects.filter(asked_in(moment.scope, to_borough=False), stage__in=WAITING)


def asked_in(scope: Scope, *, to_borough: bool = True) -> Q:
    """Of offers and requests: those from or to the units that the meeting is for."""
    if scope.whole:
        return Q()
    to = of_scope(scope.places, "to_unit", "to_borough")
    if not to_borough:
        to = of_scope({(unit, "") for unit, _ in scope.places}, "to_unit")
    return of_scope(scope.places, "from_unit", "from_borough") | to


def from_and_to(one: Offer | SupportRequest) -> dict[str, object]:
    return {
        "unit": one.from_unit,
        "borough": one.from_borough,
        "to_unit": one.to_unit,
        "to_borough": getattr(one, "to_borough", ""),
    }


def new(moment: Moment) -> Iterator[Item]:
    """Each referral that arrived since the last meeting: also one that was entered later than it arrived."""
    found = list(arrived(moment).order_by("received_at", "pk").values("pk", "received_at", "case__state"))
    place_of = places_of(one["pk"] for one in found)
    for one in found:
        detail = {**place_of[one["pk"]], "received": one["received_at"].isoformat(), "state": one["case__state"]}
        yield Item(Section.NEW, detail, referral=one["pk"])


def arrived(moment: Moment) -> QuerySet[Referral]:
    since = Q(received_at__gt=moment.since)
    if moment.after is not None:
        since |= Q(recorded_at__gt=moment.after.fixed_at)
    rows = Referral.objects.filter(since, received_at__lte=moment.at)
    if not moment.scope.whole:
        rows = rows.filter(pk__in=owned_in(moment.scope).values("referral"))
    return rows


# Operations, tasks, capacity


def operations_in(scope: Scope, *states: State) -> list[Held]:
    """The operations in these states that a unit of the meeting leads or takes part in."""
    found = held(Operation.objects.filter(state__in=states).order_by("pk")).values()
    return [one for one in found if any(scope.takes_in(*place) for place in one.parties.all)]


def late(moment: Moment) -> Iterator[Item]:
    """Each operation that should have started or ended, the longest late first."""
    found = [one for one in operations_in(moment.scope, State.APPROVED, State.RUNNING) if one.late]
    for one in sorted(found, key=lambda one: (due_day(one), one.operation.pk)):
        detail = {**about(one), "late": one.late, "due": due_day(one)}
        yield Item(Section.LATE, detail, operation=one.operation.pk)


def due_day(one: Held) -> str:
    """The day on which it should have started, or ended."""
    return (one.plan.ends_on if one.state is State.RUNNING else one.plan.starts_on).isoformat()


def proposed(moment: Moment) -> Iterator[Item]:
    """Each proposal in its place, with what broke a tie."""
    day = clock.today()
    criteria, version = moment.pack.tasking.matrix.on(day), moment.pack.tasking.matrix.version(day)
    found = {one.operation.key: one for one in operations_in(moment.scope, State.PROPOSED)}
    for ranked in rank((one.proposal for one in found.values()), criteria):
        one = found[ranked.proposal.key]
        detail = {
            **about(one),
            "rank": ranked.place,
            "points": one.scoring.points,
            "most": one.scoring.most,
            "tie": ranked.tie,
            "stale": one.scoring.matrix_hash != version,
        }
        yield Item(Section.PROPOSED, detail, operation=one.operation.pk)


def about(one: Held) -> dict[str, object]:
    """Of an operation, what stands on every line about it."""
    return {
        "name": one.operation.name,
        "unit": one.plan.lead_unit,
        "borough": one.plan.lead_borough,
        "first": one.plan.starts_on.isoformat(),
        "last": one.plan.ends_on.isoformat(),
        "officer_days": one.planned,
    }


def tasks(moment: Moment) -> Iterator[Item]:
    """Each task of an earlier meeting that nobody has answered, those that are due first before the others."""
    for one in open_tasks(moment).order_by("due_on", "pk").select_related("decision"):
        detail = {"unit": one.unit, "borough": one.borough, "due": one.due_on.isoformat()}
        yield Item(Section.TASKS, detail, referral=one.decision.referral_id, task=one.pk)


def open_tasks(moment: Moment) -> QuerySet[Task]:
    return Task.objects.filter(of_scope(moment.scope.places), state=Task.State.OPEN)


def capacities(moment: Moment) -> Iterator[Item]:
    """Each function's officer-days against what is tasked, in tenths; then each unit's open cases."""
    only = None if moment.scope.whole else {unit for unit, _ in moment.scope.places}
    for line in lines_in(moment.pack, moment.ahead, only):
        detail = {
            "unit": line.unit,
            "function": line.function,
            "officers": line.officers,
            "has": None if line.has is None else 10 * line.has,
            "tasked": round(10 * line.tasked),
            "over": round(10 * line.over),
        }
        yield Item(Section.CAPACITY, detail)
    for unit, number, late_ones in open_cases(moment):
        yield Item(Section.CAPACITY, {"unit": unit, "open": number, "overdue": late_ones})


def open_cases(moment: Moment) -> list[tuple[str, int, int]]:
    """How many open cases each unit has, and how many of them have a clock that has run out; restricted ones too."""
    rows = owned_in(moment.scope).exclude(state=CaseState.CLOSED).values("unit")
    counted = rows.annotate(open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=moment.at)))
    return [(one["unit"], one["open"], one["overdue"]) for one in counted.order_by("unit")]


GATHERED = {
    Section.TASKS: tasks,
    Section.BREACHED: breached,
    Section.TO_SETTLE: to_settle,
    Section.ESCALATIONS: escalations,
    Section.SUPPORT: support,
    Section.NEW: new,
    Section.LATE: late,
    Section.PROPOSED: proposed,
    Section.CAPACITY: capacities,
}

NUMBERED: dict[Section, Callable[[Moment], int]] = {
    Section.TASKS: lambda moment: open_tasks(moment).count(),
    Section.BREACHED: lambda moment: run_out(moment).order_by().values("referral").distinct().count(),
    Section.TO_SETTLE: lambda moment: unsettled(moment).count(),
    Section.ESCALATIONS: lambda moment: offered(moment).count(),
    Section.SUPPORT: lambda moment: requested(moment).count(),
    Section.NEW: lambda moment: arrived(moment).count(),
}
"""The sections that may be long: how much is in them, without gathering it."""


# As it was kept


@dataclass(frozen=True)
class Part:
    """One section of an agenda as one reader may see it."""

    section: Section
    lines: tuple[AgendaLine, ...] = ()
    named: int = 0
    restricted: int = 0
    others: int = 0

    @property
    def number(self) -> int:
        return self.named + self.restricted + self.others

    @property
    def hidden(self) -> str:
        return hidden_words(self.restricted, self.others)

    @property
    def more(self) -> int:
        """How many lines may be named and are not among these."""
        return self.named - len(self.lines)


@dataclass(frozen=True)
class Agenda:
    """A kept agenda as one reader may see it."""

    parts: tuple[Part, ...] = field(default=())

    @property
    def references(self) -> list[str]:
        """The cases that it names."""
        return [line.referral.reference for part in self.parts for line in part.lines if line.referral]

    def part(self, section: Section) -> Part:
        return next(part for part in self.parts if part.section is section)


def readable(meeting: Meeting, viewer: Viewer) -> QuerySet[AgendaLine]:
    """The lines of a kept agenda, each with whether it may be named to the reader: `can`."""
    open_to = Exists(openable(viewer).filter(referral=OuterRef("referral")).order_by())
    return AgendaLine.objects.filter(meeting=meeting).annotate(can=Q(referral__isnull=True) | open_to)


def agenda_for(meeting: Meeting, viewer: Viewer, *, shown: int = SHOWN) -> Agenda:
    """The kept agenda with the first lines of each section, in a fixed number of queries."""
    lines = readable(meeting, viewer)
    counted = {
        row["section"]: row
        for row in lines.values("section")
        .annotate(
            named=Count("pk", filter=Q(can=True)),
            restricted=Count("pk", filter=Q(can=False, referral__restricted=True)),
            others=Count("pk", filter=Q(can=False, referral__restricted=False)),
        )
        .order_by()
    }
    first = (
        lines.filter(can=True)
        .annotate(row=Window(RowNumber(), partition_by="section", order_by="place"))
        .filter(Q(row__lte=shown) | ~Q(section__in=OF_CASES))
    )
    of: dict[str, list[AgendaLine]] = defaultdict(list)
    for line in first.select_related("referral", "operation", "task__decision", "task__account").order_by("place"):
        of[line.section].append(line)
    return Agenda(
        tuple(
            Part(
                section,
                tuple(of[section]),
                **{name: counted.get(section, {}).get(name, 0) for name in ("named", "restricted", "others")},
            )
            for section in Section
        )
    )


def lines_of(meeting: Meeting, viewer: Viewer, section: Section, page: object) -> Page:
    """One page of the lines of a section that may be named to the reader."""
    lines = readable(meeting, viewer).filter(section=section, can=True).select_related("referral").order_by("place")
    return Paginator(lines, PAGE).get_page(page)
