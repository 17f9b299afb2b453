"""Compiled: whose referral is it, on that day?

Of each interval there is one table with a place for every profile. A single referral and a million read the same
table; there is no second way to the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import Basis, Period, cuts
from palermo.domain.remit.rules import RemitFaults, Rule, beneath, rivals, rule_faults, winner
from palermo.domain.remit.tables import Dated, Holding, gather, places_on
from palermo.domain.vocabulary import Profiles, Vocabulary

NOBODY = -1
"""Instead of a rule's number: no rule gives the profile to anyone."""

DISPUTED = -2
"""Instead of a rule's number: rules of two units hold, and neither goes before the other."""

Numbers = npt.NDArray[np.int16]


class NoOwner(LookupError):
    """Raised for a profile that no unit owns, or two. A proved remit has none."""


@dataclass(frozen=True, slots=True)
class Route:
    """The rule that decides, and the rules of other units that held as well.

    `contested` are those of them which the source itself states: there the source gives the referral to both.
    """

    rule: Rule
    holding: tuple[Rule, ...]
    overrode: tuple[Rule, ...]
    contested: tuple[Rule, ...]

    @property
    def owner(self) -> str:
        return self.rule.owner

    @property
    def contested_by(self) -> tuple[str, ...]:
        return tuple(sorted({rule.owner for rule in self.contested}))

    @property
    def basis(self) -> Basis:
        """The rule's; but assumed where the source gives the referral to another unit too: the pack broke the tie."""
        return Basis.ASSUMED if self.contested else self.rule.basis


@dataclass(frozen=True)
class Interval:
    """One span of days in which no rule changes."""

    holding: Holding[Rule]
    rules: tuple[Rule, ...]
    under: Mapping[str, frozenset[str]] = field(repr=False)
    numbers: tuple[int, ...] = field(repr=False)

    @property
    def period(self) -> Period:
        return self.holding.period

    @cached_property
    def deciding(self) -> tuple[int, ...]:
        """For each combination of rules the place in `rules` of the one that decides, or NOBODY or DISPUTED."""
        found = []
        for combination in self.holding.combinations:
            place = winner(combination, self.rules, self.under)
            found.append(place if place is not None else DISPUTED if combination else NOBODY)
        return tuple(found)

    @cached_property
    def routes(self) -> tuple[Route | None, ...]:
        """For each combination of rules the route, or None where nobody owns it."""
        return tuple(
            self.route_of(combination, place) if place >= 0 else None
            for combination, place in zip(self.holding.combinations, self.deciding, strict=True)
        )

    def route_of(self, combination: Sequence[int], place: int) -> Route:
        rule = self.rules[place]
        others = tuple(self.rules[other] for other in combination if self.rules[other].owner != rule.owner)
        return Route(
            rule,
            holding=tuple(self.rules[other] for other in combination),
            overrode=others,
            contested=tuple(other for other in others if other.basis is Basis.STATED),
        )

    @cached_property
    def combination(self) -> Numbers:
        """For each profile the label of the combination of rules that hold."""
        return self.holding.table()

    @cached_property
    def winners(self) -> Numbers:
        """For each profile the number, in the whole remit, of the rule that decides; or NOBODY or DISPUTED."""
        number = np.array([self.numbers[n] if n >= 0 else n for n in self.deciding], dtype=np.int16)
        return self.holding.grid.spread(number[self.holding.labels])

    @cached_property
    def whole(self) -> bool:
        """Whether every profile has exactly one owner."""
        return all(place >= 0 for place in self.deciding)

    def rivals(self, label: int) -> tuple[tuple[Rule, Rule], ...]:
        return tuple(
            (self.rules[a], self.rules[b]) for a, b in rivals(self.holding.combinations[label], self.rules, self.under)
        )


class Compiled:
    """All rules with their days, worked out. A remit never changes: a proposal makes another one.

    Raises RemitFaults where the rules contradict themselves as rules. Gaps and overlaps are not faults of that kind:
    they are found by `check`, and `route` refuses a profile that lies in one.
    """

    def __init__(
        self,
        id: str,
        vocabulary: Vocabulary,
        rules: Iterable[Rule],
        *,
        start: date,
        tiers: Mapping[str, int] | None = None,
        by_borough: Iterable[str] = (),
        in_place_of: Mapping[tuple[str, str], tuple[str, str]] | None = None,
    ) -> None:
        self.id = id
        self.vocabulary = vocabulary
        self.rules = tuple(rules)
        self.start = start
        self.tiers = dict(tiers or {})
        self.by_borough = frozenset(by_borough)
        self.in_place_of = dict(in_place_of or {})
        starts = cuts((rule.period for rule in self.rules), start=start)
        periods = [Period(begin, end) for begin, end in zip(starts, [*starts[1:], None], strict=True)]
        if faults := list(rule_faults(self.rules, periods)):
            raise RemitFaults(faults)
        dated = Dated(vocabulary, self.rules, start)
        self.dated = dated
        self.starts = dated.starts
        # no id is in force twice on a day, so id and days together name one row
        number = {(rule.id, rule.period): place for place, rule in enumerate(self.rules)}
        self.intervals = tuple(
            Interval(
                holding,
                holding.rows,
                beneath(holding.rows),
                tuple(number[rule.id, rule.period] for rule in holding.rows),
            )
            for holding in dated.intervals
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id}, {len(self.rules)} rules, {len(self.intervals)} intervals)"

    def replaced(self, rules: Iterable[Rule]) -> Self:
        """The remit with other rules and all else as it is. Raises RemitFaults like any remit."""
        return type(self)(
            self.id,
            self.vocabulary,
            rules,
            start=self.start,
            tiers=self.tiers,
            by_borough=self.by_borough,
            in_place_of=self.in_place_of,
        )

    def facts_of(self, profile: int) -> dict[str, str]:
        """The facts that a referral of this profile is written with, without those that missing stands for.

        A derived value is written by what it follows from, where `in_place_of` knows it: a borough for "olympic".
        """
        return dict(
            self.in_place_of.get((name, value), (name, value))
            for name, value in self.vocabulary.decode(profile).items()
            if value != self.vocabulary.by_name[name].missing
        )

    @property
    def owners(self) -> tuple[str, ...]:
        """Every unit that a rule names, in the order of the rules."""
        return tuple(dict.fromkeys(rule.owner for rule in self.rules))

    def on(self, day: date) -> Interval:
        """The interval that a day lies in. Raises OutsideRemit before the first."""
        return self.intervals[self.dated.number(day)]

    def route(self, profile: int, on: date) -> Route:
        """Whose referral it is on that day, and by which rule.

        Raises OutsideRemit for a day before the remit starts and NoOwner for a profile in a gap or an overlap.
        """
        interval = self.on(on)
        if not 0 <= profile < self.vocabulary.size:
            raise IndexError(f"there is no profile {profile}. They run from 0 to {self.vocabulary.size - 1}.")
        route = interval.routes[int(interval.combination[profile])]
        if route is None:
            raise NoOwner(self.says_no_owner(profile, on))
        return route

    def says_no_owner(self, profile: int, on: date) -> str:
        place = self.vocabulary.words(self.vocabulary.boxed(profile))
        claims = self.on(on).rivals(int(self.on(on).combination[profile]))
        if not claims:
            return f"nobody owns this profile on {on}: {place}. Add a rule; `palermo remit check` shows the whole gap."
        pairs = " and ".join(f"{a} with {b}" for a, b in claims)
        return f"two units claim this profile on {on}: {place}. Say which goes before the other: {pairs}."

    @cached_property
    def stacked(self) -> Numbers:
        """The tables of all intervals, one a row."""
        return np.stack([interval.winners for interval in self.intervals])

    def winners(self, profiles: Profiles, on: date | npt.NDArray[np.datetime64]) -> Numbers:
        """The numbers of the deciding rules in `rules` (or NOBODY or DISPUTED) for many profiles, by one gather.

        `on` is one day for all, or a column of days. Raises IndexError for a number that is no profile and
        OutsideRemit for a day before the remit starts, or a missing one.
        """
        self.check_profiles(profiles)
        if isinstance(on, date):
            return gather(self.on(on).winners, profiles)
        return gather(self.stacked.reshape(-1), places_on(self.starts, on, profiles, self.vocabulary.size))

    def check_profiles(self, profiles: Profiles) -> None:
        """Raise IndexError where some number is no profile."""
        if profiles.size and largest(profiles) >= self.vocabulary.size:
            raise IndexError(f"some numbers are no profiles. They run from 0 to {self.vocabulary.size - 1}.")

    def owners_of(self, winners: Numbers) -> npt.NDArray[np.str_]:
        """The owners' ids for rule numbers."""
        names = np.array([rule.owner for rule in self.rules])
        if winners.size and winners.min() < 0:
            raise NoOwner("some profiles have no owner. `palermo remit check` shows which.")
        return np.asarray(names[winners])

    def tier(self, unit: str) -> int:
        """How specialised a unit is; 0 for one that the remit does not rank."""
        return self.tiers.get(unit, 0)


def largest(profiles: Profiles) -> int:
    """The largest number; a negative one counts as larger than any, so that one look finds both kinds of stray."""
    if profiles.dtype == np.int32:
        return int(profiles.view(np.uint32).max())
    return int(profiles.max()) if int(profiles.min()) >= 0 else int(np.iinfo(np.int64).max)
