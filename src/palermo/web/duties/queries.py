"""What is overdue, whose is it, how far has it gone up? And since when has the force known? Every read of this stage.

How far a breach has gone up is worked out here from what was due, each time it is asked. What is kept says only who was
told. Access is checked here, and each reading leaves its entry in the same transaction; `late`, and what stands before
it, leave both to whoever asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from palermo.domain.access import Act, Role, Viewer, is_at, may
from palermo.domain.allegations import FirstKnown, Running, fitted
from palermo.domain.allegations import first_known as first_of
from palermo.domain.clocks import COMMANDER, CREDIBLE_ALLEGATION, SUPERVISOR, Step, gone_up, passed_on
from palermo.domain.clocks import Breach as Standing
from palermo.domain.referral import FactsRefused
from palermo.domain.remit import OutsideRemit
from palermo.domain.support import Stage
from palermo.packs import Pack
from palermo.web import policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.models import ClockPause, Offer, SupportRequest
from palermo.web.cases.queries import (
    ASKED,
    OFFERED,
    PAGE,
    RUNNING,
    TO_ANSWER,
    InTurn,
    Place,
    Work,
    absent,
    asked_of,
    at,
    facts_as_given,
    heir,
    present,
    sees_all,
    supervisors,
    work_for,
    works,
)
from palermo.web.duties.models import Allegation, Breach, BreachAnswer
from palermo.web.intake.models import Clock, Ownership, Referral

AT_ONCE = 200
"""How many referrals are read together where all that is overdue is gone through."""


@dataclass(frozen=True)
class Leaders:
    """The accounts that breaches go up to."""

    supervisors: tuple[User, ...]
    commanders: tuple[User, ...]

    def supervise(self, place: Place) -> bool:
        """Whether anybody supervises that unit or borough."""
        return any(is_at(user.viewer, *place) for user in self.supervisors)

    def commanders_of(self, work: Work) -> tuple[User, ...]:
        """The commanders who may open the referral."""
        return tuple(user for user in self.commanders if may(user.viewer, Act.SEE, work.custody))


def leaders() -> Leaders:
    """Everybody who supervises or commands today."""
    active = User.objects.filter(is_active=True).order_by("pk")
    return Leaders(tuple(active.filter(role=Role.SUPERVISOR)), tuple(active.filter(role=Role.COMMANDER)))


@dataclass(frozen=True)
class Late:
    """A clock, run out or not: whose it is to act, to whom it goes up, and what was told and done about it."""

    clock: Clock
    work: Work
    place: Place
    supervised: bool
    pauses: tuple[ClockPause, ...]
    pack: Pack
    now: datetime
    told: tuple[Breach, ...]
    answers: tuple[BreachAnswer, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """To whom the breach goes up, and when; what nobody would hear of goes to the next one up."""
        facts = self.pack.read_facts(facts_as_given(self.work.facts, self.pack))
        due = timezone.localtime(self.clock.due_at)
        found = self.pack.breach_steps(self.clock.kind, self.clock.holder, facts, due, holidays=policy.bank_holidays())
        # a commander's own delay is nothing for a supervisor to settle
        return passed_on(found, () if self.supervised and self.clock.holder != COMMANDER else {SUPERVISOR})

    @cached_property
    def standing(self) -> Standing:
        return gone_up(self.steps, self.now)

    @property
    def runs(self) -> bool:
        return self.clock.met_at is None and self.clock.paused_at is None

    @property
    def overdue(self) -> bool:
        return self.runs and self.clock.due_at < self.now

    @cached_property
    def untold(self) -> tuple[Step, ...]:
        """The steps that are reached and that nobody was told of, for the unit whose it is now."""
        told = {(one.to, one.unit, one.borough) for one in self.told}
        return tuple(step for step in self.standing.reached if (step.to, *self.place) not in told)


def overdue(now: datetime) -> QuerySet[Clock]:
    """Every clock that has run out, the longest overdue first. One that is paused does not run."""
    return Clock.objects.filter(RUNNING, due_at__lt=now).order_by("due_at", "pk")


def place_of(clock: Clock, work: Work, asked: str = "") -> Place:
    """Whose it is to act: the unit that is asked, for support or to take it over, or the one that answers for it."""
    if clock.holder == ASKED and asked:
        return heir(asked), ""
    if clock.holder == OFFERED and work.offer and work.offer.to_unit:
        return work.offer.to_unit, work.offer.to_borough
    return work.custody.owner, work.owner.borough


def late(clocks: Iterable[Clock], now: datetime, leading: Leaders | None = None) -> list[Late]:
    """Each of these clocks with how far its breach has gone up, in a fixed number of queries.

    The caller checks access.
    """
    clocks = list(clocks)
    pack, leading = policy.pack(), leading or leaders()
    work_of = works({clock.referral_id for clock in clocks})
    asked = dict(SupportRequest.objects.filter(answer_clock__in=clocks).values_list("answer_clock", "to_unit"))
    told, answers, pauses = defaultdict(list), defaultdict(list), defaultdict(list)
    for one in Breach.objects.filter(clock__in=clocks).order_by("pk"):
        told[one.clock_id].append(one)
    for one in BreachAnswer.objects.filter(clock__in=clocks).order_by("pk"):
        answers[one.clock_id].append(one)
    for one in ClockPause.objects.filter(clock__in=clocks).order_by("pk"):
        pauses[one.clock_id].append(one)
    found = []
    for clock in clocks:
        work = work_of[clock.referral_id]
        place = place_of(clock, work, asked.get(clock.pk, ""))
        found.append(
            Late(
                clock=clock,
                work=work,
                place=place,
                supervised=leading.supervise(place),
                pauses=tuple(pauses[clock.pk]),
                pack=pack,
                now=now,
                told=tuple(told[clock.pk]),
                answers=tuple(answers[clock.pk]),
            )
        )
    return found


def everything_late(now: datetime, clocks: QuerySet[Clock] | None = None) -> Iterator[Late]:
    """All that is overdue, or these clocks of it, whoever asks, some referrals at a time."""
    leading = leaders()
    of: dict[UUID, list[Clock]] = defaultdict(list)
    for clock in overdue(now) if clocks is None else clocks:
        of[clock.referral_id].append(clock)
    referrals = list(of.values())
    for start in range(0, len(referrals), AT_ONCE):
        yield from late(chain.from_iterable(referrals[start : start + AT_ONCE]), now, leading)


def to_tell(now: datetime) -> list[str]:
    """The references of the referrals with a breach that has gone up and was not told, whoever asks."""
    found = everything_late(now, not_told_to_all(now))
    return list(dict.fromkeys(late.work.referral.reference for late in found if is_to_tell(late)))


def not_told_to_all(now: datetime) -> QuerySet[Clock]:
    """What is overdue, without that of which everybody was told for its present owner: there nothing is left to tell.

    So a run looks at what has run out lately, and not at all that was ever left undone.
    """
    owner = Ownership.objects.filter(referral=OuterRef("referral"), period__endswith__isnull=True)
    told = Breach.objects.filter(clock=OuterRef("pk"), unit=OuterRef("owner"), borough=OuterRef("borough"))
    nobody_below = Q(holder=COMMANDER) | ~Exists(supervisors(OuterRef("owner"), OuterRef("borough")))
    return (
        overdue(now)
        .annotate(owner=Subquery(owner.values("unit")), borough=Subquery(owner.values("borough")))
        .exclude(Exists(told.filter(to=COMMANDER)) & (Exists(told.filter(to=SUPERVISOR)) | nobody_below))
    )


def is_to_tell(late: Late) -> bool:
    try:
        return bool(late.untold)
    except (FactsRefused, OutsideRemit):
        # the pack of today cannot read it: whoever is to tell of it finds that out, and says so
        return True


# What stands on the page of what is overdue


@dataclass(frozen=True, slots=True)
class Sought:
    """Which of what is overdue: of a unit, that has gone up so far, and answered or not."""

    unit: str = ""
    step: str = ""
    answered: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.unit or self.step or self.answered)


NOBODY = "nobody"
"""Of steps: that nobody was told yet."""
SEEING = frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})
"""Who has a page of what is overdue."""


@dataclass(frozen=True)
class Overdue:
    """One page of what is overdue to a viewer, and how many there are, before anything is narrowed."""

    page: Page
    all: int
    with_commander: int
    unanswered: int


def overdue_for(user: User, sought: Sought, now: datetime, page: object = 1) -> Overdue:
    """What is overdue in the viewer's hands, or in all units', the longest first. The reading is noted.

    A commander has before all other what has come up to them.
    """
    viewer = user.viewer
    rows = overdue_to(viewer, now).annotate(
        up=told_to(COMMANDER), answered=Exists(BreachAnswer.objects.filter(clock=OuterRef("pk")))
    )
    counts = rows.aggregate(
        all=Count("pk"), with_commander=Count("pk", filter=Q(up=True)), unanswered=Count("pk", filter=Q(answered=False))
    )
    wanted = narrowed(rows, sought, now).order_by("due_at", "pk")
    many = wanted.count() if sought.filtered else counts["all"]
    if viewer.role is Role.COMMANDER:
        up = wanted.filter(up=True)
        of_up = up.count() if sought.filtered else counts["with_commander"]
        wanted = InTurn(up, wanted.filter(up=False), of_up, many)
    found = Paginator(wanted, PAGE)
    found.count = many
    shown = found.get_page(page)
    shown.object_list = late(shown.object_list, now)
    with transaction.atomic():
        references = [one.work.referral.reference for one in shown.object_list]
        record(user, Duty.CONSULTATION, "overdue_listed", f"unit:{sought.unit or viewer.unit}", references=references)
    return Overdue(shown, **counts)


def told_to(to: str) -> Exists:
    return Exists(Breach.objects.filter(clock=OuterRef("pk"), to=to))


def overdue_to(viewer: Viewer, now: datetime) -> QuerySet[Clock]:
    """What is overdue to a viewer: on the referrals of their unit, and what their unit was asked to answer."""
    found = overdue(now)
    if viewer.role not in SEEING:
        return found.none()
    if sees_all(viewer):
        return found.exclude(referral__in=absent(viewer).values("referral"))
    # a line is as late as the clock that is due next, so these are few
    owned = present(viewer).filter(at(viewer), due_at__lt=now)
    offered = Offer.objects.filter(TO_ANSWER, at(viewer, "to_unit", "to_borough"))
    asked = SupportRequest.objects.filter(asked_of(viewer), stage=Stage.ASKED)
    return found.filter(
        Q(referral__in=owned.values("referral"))
        | Q(holder=OFFERED, referral__in=offered.values("referral"))
        | Q(pk__in=asked.values("answer_clock"))
    )


def narrowed(rows: QuerySet[Clock], sought: Sought, now: datetime) -> QuerySet[Clock]:
    if sought.unit:
        units = policy.pack().units.answers_for(sought.unit, timezone.localdate(now))
        owned = Ownership.objects.filter(period__endswith__isnull=True, unit__in=units).values("referral")
        offered = Offer.objects.filter(TO_ANSWER, to_unit__in=units).values("referral")
        asked = SupportRequest.objects.filter(to_unit__in=units, stage=Stage.ASKED).values("answer_clock")
        rows = rows.filter(
            Q(holder=OFFERED, referral__in=offered)
            | Q(holder=ASKED, pk__in=asked)
            | (~Q(holder__in=(OFFERED, ASKED)) & Q(referral__in=owned))
        )
    if sought.step == NOBODY:
        rows = rows.filter(~told_to(SUPERVISOR), up=False)
    elif sought.step == SUPERVISOR:
        rows = rows.filter(told_to(SUPERVISOR), up=False)
    elif sought.step == COMMANDER:
        rows = rows.filter(up=True)
    if sought.answered:
        rows = rows.filter(answered=sought.answered == "yes")
    return rows


# Of one referral


@dataclass(frozen=True)
class Due:
    """Every clock of a referral, in the order in which they started, and whether the viewer leads where they run."""

    work: Work
    clocks: tuple[Late, ...]
    may_answer: bool


def due_for(user: User, reference: str, now: datetime) -> Due | None:
    """What is and was due on a referral, if the viewer may see it. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "due")
        if work is None:
            return None
        clocks = Clock.objects.filter(referral=work.referral).order_by("started_at", "due_at", "pk")
        return Due(
            work=work,
            clocks=tuple(late(clocks, now)),
            may_answer=bool(may(user.viewer, Act.ANSWER_BREACH, work.custody)),
        )


def asked_to_act(clock: Clock, work: Work) -> Place:
    """Whose it is to act on one clock; see `place_of`."""
    request = SupportRequest.objects.filter(answer_clock=clock).first()
    return place_of(clock, work, request.to_unit if request else "")


def overdue_one(work: Work, key: int, now: datetime) -> Clock | None:
    """A clock of the referral that has run out."""
    return overdue(now).filter(referral=work.referral, pk=key).first()


def answer_by(user: User, reference: str, key: str) -> BreachAnswer | None:
    """The answer that this account gave, to be told that it is kept."""
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return None
    return BreachAnswer.objects.filter(clock__referral__reference=reference, pk=int(key), by=user).first()


# Since when the force has known


@dataclass(frozen=True, slots=True)
class Measured:
    """A clock that is measured from the first credible allegation: as it ran last, and as it runs from there.

    `fit` is None where it would not run on the facts as they are now.
    """

    clock: Clock
    fit: Running | None

    @property
    def in_time(self) -> bool | None:
        """Whether it ended in time, measured so; None while it runs, and where it is not due any more."""
        if self.clock.met_at is None or self.fit is None:
            return None
        return self.clock.met_at <= self.fit.due


@dataclass(frozen=True)
class Known:
    """Since when the force has known of what a referral is about, by what, and what follows for the clocks."""

    work: Work
    first: FirstKnown[Allegation]
    allegations: tuple[Allegation, ...]
    measured: tuple[Measured, ...]
    may_record: bool
    may_judge: bool


def known_for(user: User, reference: str) -> Known | None:
    """Since when the force has known, if the viewer may see the referral. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "first-known")
        if work is None:
            return None
        found = tuple(allegations_of(work.referral))
        first = first_of(work.referral.received_at, found)
        return Known(
            work=work,
            first=first,
            allegations=found,
            measured=measured(work, first),
            may_record=bool(may(user.viewer, Act.RECORD, work.custody)),
            may_judge=bool(may(user.viewer, Act.JUDGE, work.custody)),
        )


def allegations_of(referral: Referral) -> QuerySet[Allegation]:
    """What reached the force, in the order in which it did, each with what took its place. The caller checks access."""
    found = Allegation.objects.filter(referral=referral).select_related("replaced_by", "replaces")
    return found.order_by("reached_at", "pk")


def allegation_of(referral: Referral, key: int) -> Allegation | None:
    """One of them."""
    return allegations_of(referral).filter(pk=key).first()


def allegation_by(user: User, referral: Referral, key: str) -> Allegation | None:
    """The one that this account recorded, to be told that it is kept."""
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return None
    return allegations_of(referral).filter(pk=int(key), by=user).first()


def first_known(referral: Referral) -> FirstKnown[Allegation]:
    """Since when the force has known of what the referral is about, and by what. The caller checks access."""
    return first_of(referral.received_at, allegations_of(referral))


def measured(work: Work, first: FirstKnown[Allegation]) -> tuple[Measured, ...]:
    """The clocks of a referral that are measured from the first credible allegation, each as it ran last."""
    received = work.referral.received_at
    ran: dict[str, list[Clock]] = defaultdict(list)
    for clock in Clock.objects.filter(referral=work.referral, clock__in=from_allegations(policy.pack())).order_by("pk"):
        ran[clock.clock].append(clock)
    would = would_run(work, first.at) if ran else {}
    found = []
    for name, rows in ran.items():
        # what started before the referral came in was moved there by an allegation
        before = [Running(one.started_at, one.due_at) for one in rows if one.started_at >= received]
        known = would.get(name)
        found.append(
            Measured(rows[-1], fitted(before, known if first.allegation else None) if known and before else None)
        )
    return tuple(found)


def from_allegations(pack: Pack) -> frozenset[str]:
    """The clocks that the pack starts with a credible allegation."""
    return frozenset(row.clock for row in pack.policy.clocks.rows if row.starts == CREDIBLE_ALLEGATION)


def would_run(work: Work, at: datetime) -> dict[str, Running]:
    """How those clocks run from a moment, on the facts as they are now and under the policy of the day of receipt."""
    pack = policy.pack()
    started = pack.start_clocks(
        CREDIBLE_ALLEGATION,
        pack.read_facts(facts_as_given(work.facts, pack)),
        work.owner.unit,
        on=timezone.localdate(work.referral.received_at),
        at=timezone.localtime(at),
        holidays=policy.bank_holidays(),
    )
    return {one.clock: Running(at, one.due) for one in started}


def to_fit() -> list[str]:
    """The references of the referrals with a clock that runs, and a credible allegation from before they came in."""
    running = Clock.objects.filter(RUNNING, referral=OuterRef("referral"), clock__in=from_allegations(policy.pack()))
    found = Allegation.objects.filter(
        Exists(running), credible=True, replaced_by__isnull=True, reached_at__lt=F("referral__received_at")
    )
    return list(found.values_list("referral__reference", flat=True).distinct())
