"""Sunset: which rules end on a day, who inherits what they decided, and how many past referrals is that?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import QueryDict

from palermo.analytics.disclosure import TOTAL
from palermo.domain.remit.proof import Lapse
from palermo.domain.units import Unit
from palermo.packs import Pack
from palermo.web.oversight.counting import Counted, Numbers
from palermo.web.oversight.days import DayAsked, of_day, read_day


@dataclass(frozen=True, slots=True)
class Heir:
    """Who owns from then on, through which rules, and of how many combinations of facts."""

    owner: str
    rules: tuple[str, ...]
    profiles: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A rule that ends, and what becomes of what it decided; `past` is how many referrals it decided so far."""

    lapse: Lapse
    heirs: tuple[Heir, ...]
    past: str

    @property
    def stays(self) -> bool:
        """Whether the unit itself goes on with all of it, under another rule."""
        return all(heir.owner == self.lapse.rule.owner for heir in self.heirs)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A unit that hands something over that day: its rules that end, and whether it owns anything afterwards."""

    owner: str
    unit: Unit | None
    endings: tuple[Ending, ...]
    owns_on: bool
    heirs: tuple[Heir, ...]
    past: str


@dataclass(frozen=True)
class Sunset:
    """What ends on the day that an address asks for; without one, on the last day on which anything does."""

    pack: Pack
    query: QueryDict
    counted: Counted
    numbers: Numbers

    @cached_property
    def lapses(self) -> tuple[Lapse, ...]:
        return self.pack.remit.check(history=self.counted.history(self.pack.remit.starts)).lapses

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which rules end."""
        return tuple(sorted({lapse.day for lapse in self.lapses}))

    @cached_property
    def asked(self) -> DayAsked:
        found = read_day(self.query, "on", words="The day")
        if not found.given and self.days:
            return of_day("on", self.days[-1])
        if found.day and found.day not in self.days:
            return DayAsked("on", problem="No rule ends on that day. Choose one of the days below.", parts=found.parts)
        return found

    @cached_property
    def leaving(self) -> tuple[Leaving, ...]:
        """Each unit that hands something over that day, those that own nothing afterwards first."""
        day = self.asked.day
        if day is None:
            return ()
        here = [lapse for lapse in self.lapses if lapse.day == day]
        after = {self.pack.remit.rules[n].owner for n in set(self.pack.remit.on(day).winners.tolist()) if n >= 0}
        found = [self.of(owner, here, owner in after) for owner in dict.fromkeys(lapse.rule.owner for lapse in here)]
        return tuple(sorted((one for one in found if one), key=lambda one: one.owns_on))

    def of(self, owner: str, lapses: Iterable[Lapse], owns_on: bool) -> Leaving | None:
        """What a unit hands over; None where it goes on with all of it itself."""
        mine = [lapse for lapse in lapses if lapse.rule.owner == owner]
        told = self.numbers.table({(owner, lapse.rule.id): lapse.past or 0 for lapse in mine})
        endings = tuple(
            Ending(lapse, tuple(Heir(*heir) for heir in lapse.heirs), told[owner, lapse.rule.id].words)
            for lapse in mine
        )
        if all(ending.stays for ending in endings):
            return None
        heirs: dict[str, Heir] = {}
        for heir in (heir for ending in endings for heir in ending.heirs):
            so_far = heirs.get(heir.owner, Heir(heir.owner, (), 0))
            rules = tuple(dict.fromkeys((*so_far.rules, *heir.rules)))
            heirs[heir.owner] = Heir(heir.owner, rules, so_far.profiles + heir.profiles)
        unit = next((u for u in self.pack.units.units if u.id == owner and u.period.end == mine[0].day), None)
        ordered = tuple(sorted(heirs.values(), key=lambda heir: -heir.profiles))
        return Leaving(owner, unit, endings, owns_on, ordered, told[owner, TOTAL].words)
