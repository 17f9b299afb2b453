"""Queues, and one referral whole: every read of this stage, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import CharField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value

from palermo.domain.access import WORKING, Act, Answer, Custody, Role, Viewer, may
from palermo.domain.casework import Move, State, open_moves, possible
from palermo.domain.referral import Facts
from palermo.domain.remit import Change
from palermo.domain.support import CONCERNED, WAITING, Stage
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.models import (
    Assessment,
    Case,
    ClockPause,
    Closing,
    EmergencyOpening,
    Named,
    Offer,
    QueueLine,
    SupportRequest,
    Suspension,
)
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, PotentialVictim, Referral, RouteDecision
from palermo.web.notices import queries as notices
from palermo.web.notices.models import LookedThrough, Notice

PAGE = 50
OFFERS = 10
"""So many offers stand above a queue at once."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the clocks of the machines that answer may differ."""
NOBODY = "nobody"
RISKS = Assessment.Risk.choices
COURSES = Assessment.Course.choices


def unit_name(pack: Pack, unit: str, borough: str, day: date) -> str:
    """What the unit is called that day, or was last; with the borough where a borough's officers are meant."""
    name = pack.units.names_on(day).get(unit, unit)
    return f"{name}, {borough}" if borough else name


# Queues


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a queue, and in which order; `officer` is an account's id, or `nobody`."""

    sort: str = "due"
    state: str = ""
    exploitation: str = ""
    age: str = ""
    overdue: bool = False
    officer: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.state or self.exploitation or self.age or self.overdue or self.officer)


ORDERS = {
    "reference": "reference",
    "received": "received_at",
    "due": "due_at",
    "state": "state",
    "exploitation": "exploitation",
}
"""The columns that a queue can be put in order by; a minus in front turns it round."""


@dataclass(frozen=True, slots=True)
class Line:
    """One referral in a queue."""

    reference: str
    received_at: datetime
    unit: str
    borough: str
    state: State
    exploitation: str
    age: str
    due: datetime | None
    due_what: str
    officer: str
    restricted: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a unit's queue stands."""

    unit: str
    name: str
    open: int = 0
    unaccepted: int = 0
    overdue: int = 0
    offered: int = 0
    to_settle: int = 0
    disputed: int = 0


@dataclass(frozen=True, slots=True)
class Offered:
    """A referral that a unit is asked to take over."""

    reference: str
    kind: Offer.Kind
    from_name: str
    reason: str
    offered_at: datetime


def present(viewer: Viewer) -> QuerySet[QueueLine]:
    """The lines of every referral that is not restricted, or is open to this viewer although it is.

    Whose queue a referral stands in is the caller's to ask. Everything that lists or counts starts here.
    """
    found = QueueLine.objects.all()
    if viewer.role is Role.AUDITOR:
        return found
    if viewer.role not in WORKING | {Role.COMMANDER}:
        return found.none()
    open_to = Q(restricted=False) | Q(referral__in=Named.objects.filter(user=viewer.id).values("referral"))
    if viewer.role is Role.COMMANDER:
        disputed = Q(state=State.IN_DISPUTE) | Q(
            referral__in=SupportRequest.objects.filter(stage=Stage.DISPUTED).values("referral")
        )
        return found.filter(open_to | disputed | ~Exists(supervisors(OuterRef("unit"), OuterRef("borough"))))
    theirs = at(viewer)
    if viewer.role is Role.SUPERVISOR:
        return found.filter(open_to | theirs)
    return found.filter(open_to | (theirs & Q(officer=viewer.id)))


def absent(viewer: Viewer) -> QuerySet[QueueLine]:
    """The restricted lines that are not `present`: for those who see all units, few in place of almost all."""
    restricted = QueueLine.objects.filter(restricted=True)
    return restricted.exclude(pk__in=present(viewer).filter(restricted=True).values("pk"))


def open_now(viewer: Viewer) -> QuerySet[QueueLine]:
    """Of `present`, what is not closed: what queues and counts are made of."""
    return present(viewer).exclude(state=State.CLOSED)


def openable(viewer: Viewer) -> QuerySet[QueueLine]:
    """The lines of every referral that the viewer may open; `access.sees` as a condition on rows."""
    if viewer.role not in WORKING:
        return present(viewer)
    # in the form of sets, which the database looks up once, and not once a line
    offers = Offer.objects.filter(offered_to(viewer), answer="").exclude(to_unit="")
    requests = SupportRequest.objects.filter(asked_of(viewer), stage__in=CONCERNED)
    offered, asked = Q(referral__in=offers.values("referral")), Q(referral__in=requests.values("referral"))
    concerned = at(viewer) | offered | asked | Q(supporting__contains=[viewer.unit])
    answers_for_it = at(viewer) & Q(officer=viewer.id)
    if viewer.role is Role.SUPERVISOR:
        answers_for_it = at(viewer) | offered | asked
    named = Q(referral__in=Named.objects.filter(user=viewer.id).values("referral"))
    return QueueLine.objects.filter(Q(restricted=False) & concerned | Q(restricted=True) & (answers_for_it | named))


def offered_to(viewer: Viewer) -> Q:
    """The offers made to the viewer's own unit; `access.is_offered` as a condition on rows.

    What a unit that is gone was asked is not its successor's to answer: the changeover asks anew.
    """
    here = Q(to_unit=viewer.unit)
    return here & Q(to_borough__in=("", viewer.borough)) if viewer.borough else here


def at(viewer: Viewer, unit: str = "unit", borough: str = "borough") -> Q:
    """The rows of the viewer's own unit, and of those that are gone and became it: what they closed is kept there.

    `access.is_at` as a condition on two columns.
    """
    here = Q(**{f"{unit}__in": policy.pack().units.answers_for(viewer.unit, clock.today())})
    return here & Q(**{f"{borough}__in": ("", viewer.borough)}) if viewer.borough else here


def asked_of(viewer: Viewer) -> Q:
    """Of requests for support, those to the viewer's unit, or to one that is gone and became it."""
    return Q(to_unit__in=policy.pack().units.answers_for(viewer.unit, clock.today()))


def heir(unit: str) -> str:
    """Who answers for the unit's records today: itself, or what became of it."""
    return policy.pack().units.heir(unit, clock.today())


def is_there(pack: Pack, unit: str, day: date) -> bool:
    """Whether the unit exists that day."""
    return unit in pack.units.on(day)


def supervisors(unit: OuterRef | Value, borough: OuterRef | Value) -> QuerySet[User]:
    """Who supervises that unit or borough; whoever has no borough is there for all of them."""
    return User.objects.annotate(of=ExpressionWrapper(borough, CharField())).filter(
        Q(borough="") | Q(of="") | Q(borough=F("of")), role=Role.SUPERVISOR, is_active=True, unit=unit
    )


def working_there(unit: str, borough: str) -> QuerySet[User]:
    """The officers and supervisors whom a referral of that unit can be allocated to."""
    found = User.objects.filter(role__in=WORKING, is_active=True, unit=unit).exclude(unit="")
    return (found.filter(borough__in=("", borough)) if borough else found).order_by("post", "pk")


def queue_for(user: User, wanted: Wanted, *, unit: str = "", mine: bool = False, page: object = 1) -> Page:
    """One page of a queue: the viewer's unit's, of it only what is allocated to the viewer, or a named unit's.

    Only those who see all units may name one. The reading is noted.
    """
    viewer = user.viewer
    found = present(viewer) if wanted.state == State.CLOSED else open_now(viewer)
    found = found.filter(unit=unit) if unit and sees_all(viewer) else found.filter(at(viewer))
    if mine:
        found = found.filter(officer=user)
    shown = Paginator(ordered(narrowed(found.select_related("officer"), wanted), wanted.sort), PAGE).get_page(page)
    shown.object_list = [line_of(row) for row in shown.object_list]
    with transaction.atomic():
        references = [line.reference for line in shown.object_list]
        record(user, Duty.CONSULTATION, "queue_listed", f"unit:{unit or viewer.unit}", references=references)
    return shown


def sees_all(viewer: Viewer) -> bool:
    """Whether every unit's queue is open to the viewer."""
    return viewer.role in (Role.COMMANDER, Role.AUDITOR)


def narrowed(rows: QuerySet[QueueLine], wanted: Wanted) -> QuerySet[QueueLine]:
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.exploitation:
        rows = rows.filter(exploitation=wanted.exploitation)
    if wanted.age:
        rows = rows.filter(age=wanted.age)
    if wanted.overdue:
        rows = rows.filter(due_at__lt=clock.now())
    if wanted.officer == NOBODY:
        rows = rows.filter(officer__isnull=True)
    elif wanted.officer:
        rows = rows.filter(officer=int(wanted.officer))
    return rows


def ordered(rows: QuerySet[QueueLine], sort: str) -> QuerySet[QueueLine]:
    """By a column, with what has nothing due last, and the longest here first among equals."""
    name = ORDERS[sort.removeprefix("-")]
    # said only where it is needed: the database has an index in the plain order
    nulls_last = True if name == "due_at" and sort.startswith("-") else None
    first = F(name).desc(nulls_last=nulls_last) if sort.startswith("-") else F(name).asc()
    return rows.order_by(first, "received_at", "referral")


def line_of(row: QueueLine) -> Line:
    return Line(
        reference=row.reference,
        received_at=row.received_at,
        unit=row.unit,
        borough=row.borough,
        state=State(row.state),
        exploitation=row.exploitation,
        age=row.age,
        due=row.due_at,
        due_what=row.due_what,
        officer=row.officer.post if row.officer else "",
        restricted=row.restricted,
    )


def standing_for(user: User, unit: str = "") -> list[Standing]:
    """How every unit's queue stands, by its name, or that of the one unit; of one that has and takes nothing, no line.

    Those who see one unit see its line alone.
    """
    viewer, pack, day = user.viewer, policy.pack(), clock.today()
    rows = open_now(viewer)
    if not sees_all(viewer):
        rows = rows.filter(at(viewer))
    elif unit:
        rows = rows.filter(unit=unit)
    counts = {
        row["unit"]: row
        for row in rows.values("unit")
        .annotate(
            open=Count("pk"),
            unaccepted=Count("pk", filter=Q(state=State.RECEIVED)),
            overdue=Count("pk", filter=Q(due_at__lt=clock.now())),
            to_settle=Count("pk", filter=Q(state=State.HANDED_BACK)),
            disputed=Count("pk", filter=Q(state=State.IN_DISPUTE)),
        )
        .order_by()
    }
    offers = offers_open_to(viewer, unit) if sees_all(viewer) else {viewer.unit: asked_to_take(viewer).count()}
    here = {there.id for there in pack.units.on(day).units}
    taking = {owner for owner in pack.remit.owners if owner in here}
    units = taking | counts.keys() | offers.keys() if sees_all(viewer) else {viewer.unit}
    units = units & {unit} if unit else units
    lines = [
        Standing(
            unit=unit,
            name=unit_name(pack, unit, "", day),
            offered=offers.get(unit, 0),
            **{
                name: counts.get(unit, {}).get(name, 0)
                for name in ("open", "unaccepted", "overdue", "to_settle", "disputed")
            },
        )
        for unit in units
    ]
    return sorted(lines, key=lambda line: line.name.casefold())


def offers_open_to(viewer: Viewer, unit: str = "") -> dict[str, int]:
    """How many open offers each unit has, or the one unit, of the referrals that are open to the viewer."""
    asked = Offer.objects.filter(TO_ANSWER, referral__in=present(viewer).values("referral"))
    asked = asked.filter(to_unit=unit) if unit else asked
    return dict(asked.values_list("to_unit").annotate(Count("pk")).order_by())


def asked_to_take(viewer: Viewer) -> QuerySet[Offer]:
    """What the viewer's unit is asked to take over and has not answered, as far as the viewer may know of it."""
    if viewer.role not in WORKING:
        return Offer.objects.none()
    asked = Offer.objects.filter(TO_ANSWER, offered_to(viewer))
    if viewer.role is not Role.SUPERVISOR:
        named = Named.objects.filter(referral=OuterRef("referral"), user=viewer.id)
        asked = asked.filter(Q(referral__restricted=False) | Exists(named))
    return asked


def offers_for(user: User, page: object = 1) -> Page:
    """One page of what the viewer's unit is asked to take over and has not answered, the longest waiting first."""
    pack, day = policy.pack(), clock.today()
    asked = asked_to_take(user.viewer).select_related("referral").order_by("offered_at", "pk")
    shown = Paginator(asked, OFFERS).get_page(page)
    shown.object_list = [
        Offered(
            reference=offer.referral.reference,
            kind=Offer.Kind(offer.kind),
            from_name=unit_name(pack, offer.from_unit, offer.from_borough, day),
            reason=offer.reason,
            offered_at=offer.offered_at,
        )
        for offer in shown.object_list
    ]
    return shown


def officers_for(viewer: Viewer, unit: str = "") -> list[tuple[str, str]]:
    """Whom a queue can be narrowed to: account and post."""
    there = working_there(unit, "") if unit and sees_all(viewer) else working_there(viewer.unit, viewer.borough)
    return [(str(pk), post) for pk, post in there.values_list("pk", "post")]


# One referral


@dataclass(frozen=True)
class Work:
    """One referral and where the work on it stands: what access and every move depend on."""

    case: Case
    owner: Ownership
    facts: FactVersion
    offer: Offer | None
    named: frozenset[int]
    supervised: bool
    opened: frozenset[int] = frozenset()
    """The accounts that have opened it in an emergency, for as long as that lasts."""
    asked: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    """The units asked for support whose answer is waited for, and those that give it."""
    support_disputed: bool = False
    """Whether a unit's refusal of support waits for the commander."""

    @property
    def referral(self) -> Referral:
        return self.case.referral

    @property
    def decision(self) -> RouteDecision:
        return self.facts.decision

    @property
    def state(self) -> State:
        return State(self.case.state)

    @property
    def place(self) -> tuple[str, str]:
        return self.owner.unit, self.owner.borough

    @property
    def custody(self) -> Custody:
        asked, given = (frozenset(heir(unit) for unit in units) for units in (self.asked, self.given))
        return Custody(
            owner=heir(self.owner.unit),
            owner_borough=self.owner.borough,
            officer=self.case.officer_id,
            offered_to=self.offer.to_unit if self.offer else "",
            offered_to_borough=self.offer.to_borough if self.offer else "",
            supporting=frozenset(support["unit"] for support in self.decision.document["support"]) | given,
            asked=asked,
            given=given,
            sent_by_account=self.referral.sent_by_id,
            sent_by_body=self.referral.referring_body,
            sent_by_borough=self.referral.sent_by_borough,
            restricted=self.referral.restricted,
            involved=self.named,
            opened=self.opened,
            supervised=self.supervised,
            disputed=self.state is State.IN_DISPUTE or self.support_disputed,
        )

    def answer(self, viewer: Viewer, move: Move) -> Answer:
        """Whether the viewer may make the move now: first by access, then by where the work stands."""
        allowed = may(viewer, move.rule.act, self.custody)
        return possible(self.state, move) if allowed else allowed

    def moves(self, viewer: Viewer) -> tuple[Move, ...]:
        return open_moves(viewer, self.custody, self.state)


def work(reference: str, *, lock: bool = False) -> Work | None:
    """The referral of that reference, whoever asks; with `lock`, nobody else moves it until the transaction ends.

    The caller checks access.
    """
    cases = Case.objects.select_for_update(of=("self",)) if lock else Case.objects
    case = cases.filter(referral__reference=reference).first()
    if case is None:
        return None
    return works([case.pk])[case.pk]


def works(referrals: Iterable[UUID]) -> dict[UUID, Work]:
    """The work on each of these referrals, by the referral's key, in a fixed number of queries.

    The caller checks access to each.
    """
    of_them = {"referral__in": list(referrals)}
    supervised = Exists(supervisors(OuterRef("unit"), OuterRef("borough")))
    owners = Ownership.objects.filter(**of_them, period__endswith__isnull=True).annotate(supervised=supervised)
    facts = FactVersion.objects.filter(**of_them).order_by("referral", "-version").distinct("referral")
    support = SupportRequest.objects.filter(**of_them, stage__in=CONCERNED)
    owner_of = {owner.referral_id: owner for owner in owners.select_related("decision")}
    facts_of = {version.referral_id: version for version in facts.select_related("decision")}
    open_offers = Offer.objects.select_related("offered_by").filter(**of_them, answer="")
    offer_of = {offer.referral_id: offer for offer in open_offers}
    named, opened, units, disputed = defaultdict(set), defaultdict(set), defaultdict(set), set()
    by_name = Named.objects.filter(**of_them).values_list("referral", "user", Value(False))
    now = clock.now()
    # a clock that is set back opens nothing again that was over; machines may differ by a little
    opened_now = EmergencyOpening.objects.filter(**of_them, at__lte=now + CLOCKS_DIFFER, until__gt=now)
    both = by_name.union(opened_now.values_list("referral", "user", Value(True)), all=True)
    for referral, account, emergency in both:
        (opened if emergency else named)[referral].add(account)
    for referral, unit, stage in support.values_list("referral", "to_unit", "stage"):
        units[referral, stage in WAITING].add(unit)
        if stage == Stage.DISPUTED:
            disputed.add(referral)
    return {
        case.pk: Work(
            case=case,
            owner=owner_of[case.pk],
            facts=facts_of[case.pk],
            offer=offer_of.get(case.pk),
            named=frozenset(named[case.pk]),
            opened=frozenset(opened[case.pk]),
            supervised=owner_of[case.pk].supervised,
            asked=frozenset(units[case.pk, True]),
            given=frozenset(units[case.pk, False]),
            support_disputed=case.pk in disputed,
        )
        for case in Case.objects.select_related("referral__sent_by", "officer").filter(**of_them)
    }


def work_for(user: User, reference: str, page: str) -> Work | None:
    """The referral, if the viewer may see it whole; None where there is none, or none that they may know of.

    The opening of the page is noted, and so is one that was refused.
    """
    with transaction.atomic():
        found = work(reference)
        if found is None:
            return None
        seen = may(user.viewer, Act.SEE, found.custody)
        action = "referral_opened" if seen else "referral_refused"
        record(user, Duty.CONSULTATION, action, f"referral:{found.referral.reference}", page=page)
        return found if seen else None


def openings_for(user: User, page: object = 1) -> Page[EmergencyOpening]:
    """What was opened in an emergency, the newest first: all for the auditor, for others of what they may open."""
    found = EmergencyOpening.objects.select_related("referral", "user").order_by("-at", "-pk")
    if user.viewer.role is not Role.AUDITOR:
        found = found.filter(referral__in=openable(user.viewer).values("referral"))
    shown = Paginator(found, PAGE).get_page(page)
    with transaction.atomic():
        references = sorted({one.referral.reference for one in shown.object_list})
        record(user, Duty.CONSULTATION, "emergencies_listed", f"account:{user.pk}", references=references)
    return shown


def sender_sees_status(viewer: Viewer, reference: str) -> bool:
    """Whether the viewer sent it, or their body did, so that its status page is theirs."""
    found = work(reference)
    return bool(found and may(viewer, Act.SEE_STATUS, found.custody))


@dataclass(frozen=True)
class Record:
    """All that a referral's page shows."""

    work: Work
    owners: tuple[Ownership, ...]
    offers: tuple[Offer, ...]
    clocks: tuple[Clock, ...]
    people: tuple[PotentialVictim, ...]
    versions: tuple[FactVersion, ...]
    events: tuple[Event, ...]
    named: tuple[Named, ...]

    pauses: tuple[ClockPause, ...]
    assessments: tuple[Assessment, ...]
    suspensions: tuple[Suspension, ...]
    closings: tuple[Closing, ...]

    @property
    def running(self) -> tuple[Clock, ...]:
        """What runs or is paused."""
        return tuple(one for one in self.clocks if one.met_at is None)

    @property
    def ended(self) -> tuple[Clock, ...]:
        return tuple(one for one in self.clocks if one.met_at is not None)


def record_for(user: User, reference: str) -> Record | None:
    """Everything kept of one referral, if the viewer may see it. The opening is noted in the same transaction."""
    with transaction.atomic():
        found = work_for(user, reference, "referral")
        if found is None:
            return None
        of_it = {"referral": found.referral}
        return Record(
            work=found,
            owners=tuple(Ownership.objects.filter(**of_it).order_by("period")),
            offers=tuple(Offer.objects.filter(**of_it).order_by("pk")),
            clocks=tuple(Clock.objects.filter(**of_it).order_by("due_at", "pk")),
            people=tuple(PotentialVictim.objects.filter(**of_it).order_by("pk")),
            versions=tuple(FactVersion.objects.filter(**of_it).select_related("recorded_by").order_by("version")),
            events=tuple(Event.objects.filter(**of_it).order_by("pk")),
            named=tuple(Named.objects.filter(**of_it).select_related("user").order_by("at", "pk")),
            pauses=tuple(ClockPause.objects.filter(clock__referral=found.referral).order_by("at", "pk")),
            assessments=tuple(Assessment.objects.filter(**of_it).select_related("by").order_by("pk")),
            suspensions=tuple(Suspension.objects.filter(**of_it).select_related("by").order_by("pk")),
            closings=tuple(Closing.objects.filter(**of_it).select_related("by").order_by("pk")),
        )


def last_event(referral: Referral) -> int:
    """The newest line of the timeline: what a page was made after."""
    return Event.objects.filter(referral=referral).order_by("-pk").values_list("pk", flat=True)[0]


def events_since(referral: Referral, event: int) -> list[Event]:
    """What happened after that line of the timeline, in order."""
    return list(Event.objects.filter(referral=referral, pk__gt=event).order_by("pk"))


def told_by(user: User, referral: Referral, event: str) -> Event | None:
    """The line of the timeline that this account wrote, to be read back to it after a move."""
    if not (event.isascii() and event.isdigit() and len(event) <= 18):
        return None
    return Event.objects.filter(referral=referral, pk=int(event), by=user).first()


def clock_of(referral: Referral, key: int) -> Clock | None:
    """A clock of this referral that is not met: it runs, or is paused."""
    return Clock.objects.filter(referral=referral, pk=key, met_at__isnull=True).first()


def due_of(referral: Referral) -> list[Clock]:
    """What is due on this referral, what is paused included; what is due first, first."""
    return list(Clock.objects.filter(referral=referral, met_at__isnull=True).order_by("due_at", "pk"))


ACCEPTANCE = "acceptance"
"""The clock that accepting and handing back stop."""
SAFEGUARDING = "safeguarding"
"""The clock that telling the safeguarding partner stops."""
OFFERED, ASKED, COMMANDER = "offered", "asked", "commander"
"""The holders of clocks that an answer stops: to an offer, to a request for support, to a dispute."""
SUSPENSION_REVIEW, NEXT_STEP = "suspension_review", "next_step"
"""Clocks that people set: when a suspension is looked at again, and what is done next."""
RUNNING = Q(met_at__isnull=True, paused_at__isnull=True)
"""Of clocks: those that run."""
TO_ANSWER = Q(answer="") & ~Q(to_unit="") & ~Q(kind=Offer.Kind.DISPUTE)
"""Of offers: those that wait for the answer of the unit they were made to."""


def stopped_by_hand(running: Clock) -> bool:
    """Whether somebody stops the clock by saying that it is done; other clocks end with a move."""
    return (
        running.clock not in (ACCEPTANCE, SAFEGUARDING, SUSPENSION_REVIEW)
        and running.holder not in (OFFERED, ASKED, COMMANDER)
        and not running.paused_at
    )


def may_be_paused(running: Clock, pack: Pack, at: datetime) -> bool:
    """Whether the clock may stand still: it is not overdue, is not about an answer, and the pack lets it."""
    if running.paused_at or running.due_at < at or not stopped_by_hand(running):
        return False
    return all(row.pausable for row in pack.policy.clocks.rows if row.clock == running.clock)


def nameable(found: Work) -> QuerySet[User]:
    """Who can still be named on a restricted referral."""
    return (
        User.objects.filter(role__in=WORKING | {Role.COMMANDER}, is_active=True)
        .exclude(pk__in=found.named)
        .order_by("post", "pk")
    )


def facts_as_given(version: FactVersion, pack: Pack) -> dict[str, object]:
    """The stored facts as they can be read again: without what follows from the borough."""
    given = {
        known.name: version.facts.get(known.name, known.missing)
        for known in pack.vocabulary.fields
        if not known.derived_from
    }
    return {**given, "borough": version.borough or None}


Place = tuple[str, str]
"""A unit, and a borough where a borough's officers are meant."""


def place_under(given: Mapping[str, object], pack: Pack, day: date) -> Place:
    """Who owns a referral with these facts under the remit of a day."""
    decided = pack.decide(pack.read_facts(dict(given)), on=day)
    return decided.owner, decided.owner_borough or ""


def stays_at(to: Place, owner: Place) -> bool:
    """Whether the remit's answer is the present owner; a borough that is no longer known moves nothing."""
    return to[0] == owner[0] and to[1] in ("", owner[1])


def would_take(found: Work, pack: Pack, day: date) -> Place | None:
    """Who would own the referral if escalation were accepted today; None where that is its owner itself."""
    to = place_under({**facts_as_given(found.facts, pack), "escalation": "accepted"}, pack, day)
    return None if stays_at(to, found.place) else to


def otherwise(version: FactVersion, pack: Pack) -> tuple[Change, ...] | None:
    """What single fact would move it to another unit under the policy that decided; None if that is not here."""
    decision = version.decision
    if (decision.pack, decision.pack_hash) != (pack.id, pack.hash):
        return None
    facts: Facts = pack.read_facts(facts_as_given(version, pack))
    return pack.decide(facts, on=decision.day).otherwise()


MADE_BY_MOVES = frozenset({"escalation"})
"""Facts that nobody corrects by hand: asking for escalation and answering change them."""


def known_places(pack: Pack, day: date) -> frozenset[Place]:
    """Every place that can own a referral that day."""
    return frozenset((unit, borough) for unit, borough, _ in places(pack, day))


def places(pack: Pack, day: date) -> Iterator[tuple[str, str, str]]:
    """Every unit that can own a referral that day, as unit, borough and name; those of boroughs once a borough."""
    here = {there.id for there in pack.units.on(day).units}
    for owner in sorted(set(pack.remit.owners) & here):
        if owner in pack.remit.by_borough:
            for borough in sorted(name for name, known in pack.boroughs.items() if known.own_force):
                yield owner, borough, unit_name(pack, owner, borough, day)
        else:
            yield owner, "", unit_name(pack, owner, "", day)


# Notices


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its page shows it; `opens` says whether the viewer may open the referral that it is about."""

    key: int
    at: datetime
    says: str
    reference: str
    opens: bool
    unread: bool


@dataclass(frozen=True, slots=True)
class NotSent:
    """A notice that has not gone out to all whom it is for: to whom not, and why."""

    key: int
    at: datetime
    reference: str
    whom: str
    why: tuple[str, ...]


NOBODY_THERE = "No address is known for it. Tell them some other way, or have an account with an address made for them"


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of notices, and whether there are older ones. How many there are of all is not counted."""

    number: int
    notices: tuple[Told, ...]
    more: bool


def notices_for(user: User, page: int = 1) -> NoticePage:
    """One page of what the account, its role or its unit was told: unread first, then the newest. It is noted."""
    viewer = user.viewer
    found = told(notices.told_to(viewer), viewer)
    new, read = unread(viewer), found.filter(Exists(notices.readings(viewer)))
    start = PAGE * (page - 1)
    # one more than stands on the page says that there are others
    # no further than this page goes
    of_new = new[: start + PAGE + 1].count()
    rows = InTurn(new.order_by("-at", "-pk"), read.order_by("-at", "-pk"), of_new)[start : start + PAGE + 1]
    more, rows = len(rows) > PAGE, rows[:PAGE]
    keys = [one.pk for one in rows]
    opens = set(with_opens(Notice.objects.filter(pk__in=keys), viewer).filter(opens=True).values_list("pk", flat=True))
    was_read = set(notices.read_of(viewer, keys))
    shown = tuple(
        Told(one.pk, one.at, one.says, one.reference, one.pk in opens, one.pk not in was_read) for one in rows
    )
    with transaction.atomic():
        references = sorted({one.reference for one in shown if one.reference})
        record(user, Duty.CONSULTATION, "notices_listed", f"account:{user.pk}", references=references)
    return NoticePage(page, shown, more)


@dataclass(frozen=True, slots=True)
class InTurn:
    """The rows of one list and behind them those of another, for a paginator: each in an order it has an index for."""

    first: QuerySet
    then: QuerySet
    of_first: int
    of_both: int = 0

    def count(self) -> int:
        return self.of_both

    def __len__(self) -> int:
        return self.of_both

    def __getitem__(self, part: slice) -> list:
        # the first page asks both, whatever there is
        ahead = list(self.first[part]) if part.start <= self.of_first else []
        if part.stop <= self.of_first:
            return ahead
        return ahead + list(self.then[max(part.start - self.of_first, 0) : part.stop - self.of_first])


def closed_to(viewer: Viewer) -> QuerySet[QueueLine]:
    """The references of the restricted referrals that the viewer may not open; they are few."""
    restricted = QueueLine.objects.filter(restricted=True)
    opens = openable(viewer).filter(restricted=True, pk=OuterRef("pk"))
    return restricted.exclude(Exists(opens)).values_list("reference", flat=True)


def told(found: QuerySet[Notice], viewer: Viewer) -> QuerySet[Notice]:
    """Of notices for the viewer: what a role was told of a restricted referral, only while the viewer may open it."""
    return found.filter(Q(account=viewer.id) | ~Q(reference__in=closed_to(viewer)))


def with_opens(found: QuerySet[Notice], viewer: Viewer) -> QuerySet[Notice]:
    return found.annotate(opens=Exists(openable(viewer).filter(referral__reference=OuterRef("reference"))))


def unread(viewer: Viewer, there: LookedThrough | None = None) -> QuerySet[Notice]:
    """What the viewer has not marked as read."""
    return told(notices.unread(viewer, there), viewer)


def how_many_unread(viewer: Viewer, there: LookedThrough, most: int) -> int:
    """How many the viewer has not marked as read, counted up to so many.

    Every page asks, so access is asked of those that are counted alone, and not of all that are restricted.
    """
    enough = 2 * most
    few = len(there.unread) < enough
    first = notices.unread(viewer, there) if few else notices.unread_among(viewer, there.unread[:enough])
    closed = Exists(closed_to(viewer).filter(referral__reference=OuterRef("reference")))
    found = list(first.annotate(closed=closed).values_list("account", "closed")[:enough])
    told_of = sum(account == viewer.id or not closed for account, closed in found)
    looked_at_all = few and len(found) < enough
    if told_of >= most or looked_at_all:
        return min(told_of, most)
    # there are others behind those that are read, or kept from the viewer
    return unread(viewer, there)[:most].count()


def not_sent_for(user: User, page: object = 1) -> Page:
    """One page of the notices that have not gone out, the newest first, about referrals that the account may open.

    An administrator, who keeps the addresses, sees all of them, without the referral. It is noted.
    """
    shown = Paginator(not_sent(user.viewer).order_by("-at", "-pk"), PAGE).get_page(page)
    shown.object_list = list(shown.object_list.select_related("account"))
    why: dict[int, list[str]] = {}
    for one in notices.undelivered().filter(notice__in=shown.object_list).select_related("account").order_by("pk"):
        why.setdefault(one.notice_id, []).append(f"{one.account.post}, {one.address}: {words_of_step(one.last)}")
    pack, day = policy.pack(), clock.today()
    shown.object_list = [
        NotSent(
            one.pk,
            one.at,
            one.reference if one.opens else "",
            whom(one, pack, day),
            tuple(why.get(one.pk, [NOBODY_THERE])),
        )
        for one in shown.object_list
    ]
    with transaction.atomic():
        references = sorted({one.reference for one in shown.object_list if one.reference})
        record(user, Duty.CONSULTATION, "notices_not_sent_listed", f"account:{user.pk}", references=references)
    return shown


def not_sent(viewer: Viewer) -> QuerySet[Notice]:
    found = with_opens(notices.not_sent(), viewer)
    return found if viewer.role is Role.ADMINISTRATOR else found.filter(opens=True)


def words_of_step(what: str) -> str:
    label = notices.WHAT(what).label
    return f"{label[:1].lower()}{label[1:]}"


def whom(notice: Notice, pack: Pack, day: date) -> str:
    """Whom a notice is for, in words."""
    if notice.account:
        return notice.account.post
    if notice.body:
        return notice.body
    role = f"{Role(notice.role).words}s" if notice.role else "Officers and supervisors"
    return f"{role}, {unit_name(pack, notice.unit, notice.borough, day)}" if notice.unit else role
