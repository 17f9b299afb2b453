"""What is overdue, whose is it, how far has it gone up, and what was done about it? Every read of this stage.

How far a breach has gone up is worked out here from what was due, each time it is asked. What is kept says only who was
told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from palermo.domain.access import Act, Role, is_at, may
from palermo.domain.clocks import COMMANDER, SUPERVISOR, Step, gone_up, passed_on
from palermo.domain.clocks import Breach as Standing
from palermo.domain.referral import FactsRefused
from palermo.domain.remit import OutsideRemit
from palermo.packs import Pack
from palermo.web import policy
from palermo.web.accounts.models import User
from palermo.web.cases.queries import OFFERED, Place, Work, facts_as_given, works
from palermo.web.duties.models import Breach, BreachAnswer
from palermo.web.intake.models import Clock

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
    """A clock that has run out: whose it is to act, how far that has gone up, and what was told and done about it."""

    clock: Clock
    work: Work
    place: Place
    supervised: bool
    pack: Pack
    now: datetime
    told: tuple[Breach, ...]
    answers: tuple[BreachAnswer, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """To whom the breach goes up, and when; what nobody would hear of goes to the next one up."""
        facts = self.pack.read_facts(facts_as_given(self.work.facts, self.pack))
        due = timezone.localtime(self.clock.due_at)
        found = self.pack.breach_steps(self.clock.clock, self.clock.holder, facts, due, holidays=policy.bank_holidays())
        # a commander's own delay is nothing for a supervisor to settle
        return passed_on(found, () if self.supervised and self.clock.holder != COMMANDER else {SUPERVISOR})

    @cached_property
    def standing(self) -> Standing:
        return gone_up(self.steps, self.now)

    @cached_property
    def untold(self) -> tuple[Step, ...]:
        """The steps that are reached and that nobody was told of, for the unit whose it is now."""
        told = {(one.to, one.unit, one.borough) for one in self.told}
        return tuple(step for step in self.standing.reached if (step.to, *self.place) not in told)


def running() -> QuerySet[Clock]:
    """Every clock that runs."""
    return Clock.objects.filter(met_at__isnull=True)


def overdue(now: datetime) -> QuerySet[Clock]:
    """Every clock that has run out, the longest overdue first."""
    return running().filter(due_at__lt=now).order_by("due_at", "pk")


def place_of(clock: Clock, work: Work) -> Place:
    """Whose it is to act: the unit that is asked to take the referral over, or the one that owns it."""
    if clock.holder == OFFERED and work.offer and work.offer.to_unit:
        return work.offer.to_unit, work.offer.to_borough
    return work.place


def late(clocks: Iterable[Clock], now: datetime, leading: Leaders | None = None) -> list[Late]:
    """Each of these clocks with how far its breach has gone up, in a fixed number of queries.

    The caller checks access.
    """
    clocks = list(clocks)
    pack, leading = policy.pack(), leading or leaders()
    work_of = works({clock.referral_id for clock in clocks})
    told, answers = defaultdict(list), defaultdict(list)
    for one in Breach.objects.filter(clock__in=clocks).order_by("pk"):
        told[one.clock_id].append(one)
    for one in BreachAnswer.objects.filter(clock__in=clocks).order_by("pk"):
        answers[one.clock_id].append(one)
    found = []
    for clock in clocks:
        work = work_of[clock.referral_id]
        place = place_of(clock, work)
        found.append(
            Late(
                clock=clock,
                work=work,
                place=place,
                supervised=leading.supervise(place),
                pack=pack,
                now=now,
                told=tuple(told[clock.pk]),
                answers=tuple(answers[clock.pk]),
            )
        )
    return found


def everything_late(now: datetime) -> Iterator[Late]:
    """All that is overdue, whoever asks, some referrals at a time."""
    leading = leaders()
    of: dict[UUID, list[Clock]] = defaultdict(list)
    for clock in overdue(now):
        of[clock.referral_id].append(clock)
    referrals = list(of.values())
    for start in range(0, len(referrals), AT_ONCE):
        yield from late(chain.from_iterable(referrals[start : start + AT_ONCE]), now, leading)


def to_tell(now: datetime) -> list[str]:
    """The references of the referrals with a breach that has gone up and was not told, whoever asks."""
    return list(dict.fromkeys(late.work.referral.reference for late in everything_late(now) if is_to_tell(late)))


def is_to_tell(late: Late) -> bool:
    try:
        return bool(late.untold)
    except (FactsRefused, OutsideRemit):
        # the pack of today cannot read it: whoever is to tell of it finds that out, and says so
        return True
