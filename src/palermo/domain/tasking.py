"""Tasking: who is tasked, at which NIM level, and with whose support?

Here the parts of an answer come together: the owner from the remit, the level, the units drawn on, the safeguarding
partner and the clocks make one decision.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from palermo.domain.clocks import (
    HELD_HERE,
    ON_RECEIPT,
    RECEIVED,
    BreachRow,
    Clock,
    ClockRow,
    Step,
    applying,
    going_up,
    start_clocks,
    steps,
)
from palermo.domain.policy import Basis, Period, listed
from palermo.domain.referral import Borough, Facts, FactsRefused, Problem
from palermo.domain.remit import explanation
from palermo.domain.remit.compiled import Interval, NoOwner, Route
from palermo.domain.remit.explanation import Change
from palermo.domain.remit.rules import Rule
from palermo.domain.remit.tables import Dated, Holding, Row, double_versions, gather, places_on
from palermo.domain.remit.whole import Remit
from palermo.domain.vocabulary import Condition, Profiles, Vocabulary

WORD = re.compile(r"[\w-]+")

MOST_KEPT = 20_000
"""Answers kept ready for each interval, so that a long stream does not fill the memory."""


@dataclass(frozen=True, slots=True)
class LevelRow:
    """The NIM level of one kind of referral; None where it cannot be told yet."""

    id: str
    level: int | None
    when: Condition
    period: Period
    basis: Basis
    reason: str
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SupportRow:
    """A unit drawn on for one kind of referral, and why; with `owner`, only where one of those owns it."""

    id: str
    unit: str
    when: Condition
    period: Period
    basis: Basis
    why: str
    owner: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SafeguardingRow:
    """The partner that safeguards, by the borough's name where `partner` has a place for it."""

    id: str
    partner: str
    when: Condition
    period: Period
    basis: Basis
    unknown_borough: str = ""
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None

    def is_known(self, borough: Borough | None) -> bool:
        """Whether it names somebody: a partner of the borough is known once the borough is."""
        return borough is not None or "{borough}" not in self.partner

    def named(self, borough: Borough | None) -> str:
        if borough is not None:
            return self.partner.replace("{borough}", borough.name)
        return self.unknown_borough or self.partner.replace("{borough}", "the borough's")


@dataclass(frozen=True, slots=True)
class Support:
    """A unit drawn on, and why."""

    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of a decision that neither the day within the interval, nor the borough, nor the referral's id changes."""

    route: Route
    because: Mapping[str, str]
    support: tuple[Support, ...]
    safeguarding: SafeguardingRow | None
    level: LevelRow
    clocks: tuple[ClockRow, ...]
    clock_key: str
    says: str
    before_borough: str
    before_partner: str
    before_clocks: str
    before_end: str


class Placed(NamedTuple):
    """What the borough adds to a decision."""

    owner_borough: str | None
    partner: str | None
    says: str
    owner_borough_json: str
    partner_json: str
    says_json: str


class Started(NamedTuple):
    """Clocks that start on a day, for some holidays."""

    clocks: tuple[Clock, ...]
    json: str
    holidays: Container[date]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whose referral it is, why, and what follows. `as_dict` gives it in the names of the contract, in order."""

    policy: Policy
    facts: Facts
    on: date
    verdict: Verdict
    placed: Placed
    clocks: tuple[Clock, ...]
    clocks_json: str

    def __repr__(self) -> str:
        return f"Decision({self.id!r}, on {self.on}, {self.owner}, rule {self.rule}, {self.basis})"

    @property
    def id(self) -> str | None:
        return self.facts.id

    @property
    def profile(self) -> int:
        return self.facts.profile

    @property
    def pack(self) -> str:
        return self.policy.pack

    @property
    def pack_version(self) -> str:
        return self.policy.pack_hash[:12]

    @property
    def pack_hash(self) -> str:
        return self.policy.pack_hash

    @property
    def vocabulary_hash(self) -> str:
        return self.policy.remit.vocabulary.hash

    @property
    def route(self) -> Route:
        return self.verdict.route

    @property
    def owner(self) -> str:
        return self.route.owner

    @property
    def function(self) -> str | None:
        return self.route.rule.function

    @property
    def owner_borough(self) -> str | None:
        return self.placed.owner_borough

    @property
    def basis(self) -> Basis:
        return self.route.basis

    @property
    def rule(self) -> str:
        return self.route.rule.id

    @property
    def sources(self) -> tuple[str, ...]:
        return self.route.rule.cites

    @property
    def contested_by(self) -> tuple[str, ...]:
        return self.route.contested_by

    @property
    def because(self) -> Mapping[str, str]:
        """The facts that decided."""
        return self.verdict.because

    @property
    def overrode(self) -> tuple[Rule, ...]:
        """The rules of other units that held as well, and which the deciding one goes before."""
        return self.route.overrode

    @property
    def support(self) -> tuple[Support, ...]:
        return self.verdict.support

    @property
    def safeguarding_partner(self) -> str | None:
        return self.placed.partner

    @property
    def partner_is_known(self) -> bool:
        """Whether there is a safeguarding partner, and not only that there should be one."""
        row = self.verdict.safeguarding
        return row is not None and row.is_known(self.facts.borough)

    @property
    def nim_level(self) -> int | None:
        return self.verdict.level.level

    @property
    def level_reason(self) -> str:
        return self.verdict.level.reason

    @property
    def explanation(self) -> str:
        return self.verdict.says + self.placed.says

    def otherwise(self) -> tuple[Change, ...]:
        """What single change of fact would move the referral to another unit that day."""
        return self.policy.otherwise(self.facts, self.on)

    def as_dict(self) -> dict[str, object]:
        """The names and shapes of the contract, in its order."""
        return {
            "id": self.id,
            "on": self.on.isoformat(),
            "pack": self.pack,
            "pack_version": self.pack_version,
            "owner": self.owner,
            "function": self.function,
            "owner_borough": self.owner_borough,
            "basis": str(self.basis),
            "rule": self.rule,
            "sources": list(self.sources),
            "contested_by": list(self.contested_by),
            "support": [{"unit": support.unit, "why": support.why} for support in self.support],
            "safeguarding_partner": self.safeguarding_partner,
            "nim_level": self.nim_level,
            "level_reason": self.level_reason,
            "clocks": [clock.as_dict() for clock in self.clocks],
            "explanation": self.explanation,
        }

    def to_json(self) -> str:
        """What `json.dumps(self.as_dict(), ensure_ascii=False)` gives, put together from parts that are kept ready."""
        verdict, placed = self.verdict, self.placed
        identity = "null" if self.facts.id is None else as_json(self.facts.id)
        return (
            f'{{"id": {identity}, "on": "{self.on.isoformat()}", {verdict.before_borough}{placed.owner_borough_json}'
            f"{verdict.before_partner}{placed.partner_json}{verdict.before_clocks}{self.clocks_json}"
            f'{verdict.before_end}{placed.says_json}"}}'
        )


as_json = json.JSONEncoder(ensure_ascii=False).encode

Gather = Callable[[npt.NDArray[np.unsignedinteger], npt.NDArray[np.integer]], npt.NDArray[np.unsignedinteger]]


def quick(table: npt.NDArray[np.int16]) -> memoryview[int]:
    """The same table, read one place at a time in a third of the time that an array takes."""
    return memoryview(table.data)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision says apart from the referral's own words and days: the columns of a replay."""

    owner: str
    function: str | None
    rule: str
    basis: Basis
    level: int | None
    contested_by: tuple[str, ...]


class Era:
    """Between two days on which anything of the policy changes: its tables, and the answers already worked out."""

    def __init__(self, policy: Policy, start: date) -> None:
        self.interval: Interval = policy.remit.on(start)
        self.levels: Holding[LevelRow] = policy.levels.on(start)
        self.supports: Holding[SupportRow] = policy.supports.on(start)
        self.safeguards: Holding[SafeguardingRow] = policy.safeguards.on(start)
        self.clocks: Holding[ClockRow] = policy.clocks.on(start)
        self.names = policy.names_on(start)
        self.combination = quick(self.interval.combination)
        self.level = quick(self.levels.table())
        self.support = quick(self.supports.table())
        self.safeguard = quick(self.safeguards.table())
        self.clock = quick(self.clocks.table())
        self.asked = tuple(
            () if route is None else asked_by(route.rule, policy.vocabulary) for route in self.interval.routes
        )
        self.verdicts: dict[object, Verdict] = {}
        self.placed: dict[object, Placed] = {}
        self.started: dict[object, Started] = {}

    def naming(self, unit: str) -> str:
        """The unit's name that day, and its id where the name does not show it."""
        name = self.names.get(unit, unit)
        return name if unit == name or unit in WORD.findall(name) else f"{name} ({unit})"


def asked_by(rule: Rule, vocabulary: Vocabulary) -> tuple[tuple[int, int], ...]:
    """Stride and size of each field that a rule asks about: what reads its value from a profile's number."""
    places = [vocabulary.place[name] for name in vocabulary.limits(rule.when)]
    return tuple((vocabulary.strides[place], vocabulary.sizes[place]) for place in places)


class Policy:
    """A remit with all that goes by it: levels, support, safeguarding, clocks and the units' names of each day."""

    def __init__(
        self,
        remit: Remit,
        *,
        levels: Sequence[LevelRow],
        support: Sequence[SupportRow] = (),
        safeguarding: Sequence[SafeguardingRow] = (),
        clocks: Sequence[ClockRow] = (),
        breaches: Sequence[BreachRow] = (),
        pack: str = "",
        pack_hash: str = "",
        names_on: Callable[[date], Mapping[str, str]] = lambda day: {},
        name_changes: Iterable[date] = (),
        unknown_borough: str = "",
    ) -> None:
        self.remit = remit
        self.vocabulary = remit.vocabulary
        self.levels = Dated(remit.vocabulary, levels, remit.start)
        self.supports = Dated(remit.vocabulary, support, remit.start)
        self.safeguards = Dated(remit.vocabulary, safeguarding, remit.start)
        self.clocks = Dated(remit.vocabulary, clocks, remit.start)
        self.breaches = Dated(remit.vocabulary, breaches, remit.start)
        self.pack = pack
        self.pack_hash = pack_hash
        self.names_on = names_on
        self.unknown_borough = unknown_borough
        days = {day for day in name_changes if day > remit.start}
        for dated in (remit.dated, self.levels, self.supports, self.safeguards, self.clocks):
            days.update(dated.starts)
        self.starts = tuple(sorted(days))
        self.eras: dict[date, Era] = {}
        self.era_of: dict[date, Era] = {}

    def era(self, day: date) -> Era:
        """The era a day lies in. Raises OutsideRemit before the first."""
        found = self.era_of.get(day)
        if found is None:
            self.remit.dated.number(day)
            start = max(start for start in self.starts if start <= day)
            found = self.eras.get(start) or self.eras.setdefault(start, Era(self, start))
            keep(self.era_of, day, found)
        return found

    def decide(
        self,
        facts: Facts,
        on: date | None = None,
        *,
        at: datetime | None = None,
        holidays: Container[date] = (),
    ) -> Decision:
        """The decision on the facts under the policy of a day: `on`, or else the day of receipt.

        Clocks start at the moment `at`, or else on the day of receipt, or else on the day of the decision; working days
        leave out weekends and `holidays`. Raises FactsRefused where no day is known, OutsideRemit for a day before the
        remit starts, and NoOwner where an unproved remit has no answer.
        """
        day = on or facts.received
        if day is None:
            raise FactsRefused([NO_DAY])
        era = self.era(day)
        profile = facts.profile
        label = era.combination[profile]
        key = (
            label,
            era.level[profile],
            era.support[profile],
            era.safeguard[profile],
            era.clock[profile],
            *[profile // stride % size for stride, size in era.asked[label]],
        )
        verdict = era.verdicts.get(key)
        if verdict is None:
            verdict = keep(era.verdicts, key, self.verdict(era, profile, day))
        # keys are short texts: their hash is kept with them, a row's would be worked out each time
        place = (
            verdict.route.owner,
            facts.borough and facts.borough.name,
            verdict.safeguarding and verdict.safeguarding.id,
        )
        placed = era.placed.get(place)
        if placed is None:
            placed = keep(era.placed, place, self.place(era, verdict, facts.borough))
        if at is not None:
            clocks = start_clocks(verdict.clocks, at, holidays)
            return Decision(self, facts, day, verdict, placed, clocks, clocks_json(clocks))
        start = facts.received or day
        # the holidays are kept with the answer: while they are, no other object has their id
        running = (verdict.clock_key, start, id(holidays))
        started = era.started.get(running)
        if started is None:
            clocks = start_clocks(verdict.clocks, start, holidays)
            started = keep(era.started, running, Started(clocks, clocks_json(clocks), holidays))
        return Decision(self, facts, day, verdict, placed, started.clocks, started.json)

    def start_clocks(
        self,
        event: str,
        facts: Facts,
        owner: str,
        *,
        on: date,
        at: datetime | None = None,
        holidays: Container[date] = (),
    ) -> tuple[Clock, ...]:
        """The clocks that an event starts, under the policy of the day, for a referral with this owner.

        Receipt starts those of a credible allegation as well. They start at the moment `at`, or else on the day `on`.
        Raises OutsideRemit for a day before the remit starts.
        """
        return start_clocks(self.clock_rows(self.era(on), facts.profile, event, owner), at or on, holidays)

    def clock_rows(self, era: Era, profile: int, event: str, owner: str) -> tuple[ClockRow, ...]:
        events = ON_RECEIPT if event == RECEIVED else (event,)
        rows = [row for row in holding(era.clocks, era.clock[profile]) if row.starts in events]
        return applying(rows, owner)

    def breach_steps(
        self, clock: str, holder: str, facts: Facts, due: datetime, *, holidays: Container[date] = ()
    ) -> tuple[Step, ...]:
        """To whom the breach of a clock goes up, and when, under the policy of the day on which it was due."""
        rows = [row for row in self.breaches.on(due.date()).rows if self.vocabulary.within(row.when, facts.profile)]
        return steps(going_up(rows, clock, holder), due, holidays)

    def verdict(self, era: Era, profile: int, day: date) -> Verdict:
        route = era.interval.routes[era.combination[profile]]
        if route is None:
            raise NoOwner(self.remit.says_no_owner(profile, day))
        levels = era.levels.combinations[era.level[profile]]
        if len(levels) != 1:
            rows = ", ".join(era.levels.rows[place].id for place in levels) or "none"
            raise NoOwner(f"profile {profile} needs one level on {day}; the rows that hold are: {rows}.")
        level = era.levels.rows[levels[0]]
        support = tuple(
            Support(row.unit, row.why)
            for row in holding(era.supports, era.support[profile])
            if row.unit != route.owner and (not row.owner or route.owner in row.owner)
        )
        partners = holding(era.safeguards, era.safeguard[profile])
        clocks = self.clock_rows(era, profile, RECEIVED, route.owner)
        says = explanation.why(route, profile, self.vocabulary, era.naming)
        return Verdict(
            route=route,
            because=explanation.because(route, profile, self.vocabulary),
            support=support,
            safeguarding=partners[0] if partners else None,
            level=level,
            clocks=clocks,
            clock_key=" ".join(row.id for row in clocks),
            says=says,
            before_borough=(
                f'"pack": {as_json(self.pack)}, "pack_version": {as_json(self.pack_hash[:12])}, '
                f'"owner": {as_json(route.owner)}, "function": {as_json(route.rule.function)}, "owner_borough": '
            ),
            before_partner=(
                f', "basis": {as_json(str(route.basis))}, "rule": {as_json(route.rule.id)}, '
                f'"sources": {as_json(route.rule.cites)}, "contested_by": {as_json(route.contested_by)}, '
                f'"support": {as_json([{"unit": s.unit, "why": s.why} for s in support])}, "safeguarding_partner": '
            ),
            before_clocks=f', "nim_level": {as_json(level.level)}, "level_reason": {as_json(level.reason)}, "clocks": ',
            before_end=f', "explanation": {as_json(says)[:-1]}',
        )

    def place(self, era: Era, verdict: Verdict, borough: Borough | None) -> Placed:
        owner = verdict.route.owner
        by_borough = owner in self.remit.by_borough
        said = []
        if by_borough and borough is None:
            said.append(self.unknown_borough or f"The borough is not yet known: {era.naming(owner)} finds out which.")
        elif by_borough and borough is not None and borough.own_force:
            said.append(f"The borough is {borough.name}.")
        if borough is not None and not borough.own_force:
            said.append(
                f"{borough.name} is policed by another force ({borough.police_force}): "
                f"{era.naming(owner)} keeps the referral until that force accepts it."
            )
        says = "".join(f" {words}" for words in said)
        owner_borough = borough.name if by_borough and borough is not None else None
        partner = verdict.safeguarding.named(borough) if verdict.safeguarding else None
        return Placed(owner_borough, partner, says, as_json(owner_borough), as_json(partner), as_json(says)[1:-1])

    @cached_property
    def outcomes(self) -> tuple[tuple[Outcome, ...], npt.NDArray[np.unsignedinteger]]:
        """Every outcome there is, and for each era a row with the number of each profile's outcome.

        The number that no outcome has stands for none, and also ends every row, for numbers that are no profiles. The
        smaller the numbers are kept, the more of a row stays near the processor.
        """
        numbers: dict[Outcome, int] = {}
        tables = []
        for start in self.starts:
            era = self.era(start)
            levels = len(era.levels.combinations)
            pairs = era.interval.combination.astype(np.int32) * levels + np.asarray(era.level)
            table = np.full(len(era.interval.routes) * levels, -1, dtype=np.int32)
            for pair in np.flatnonzero(np.bincount(pairs)).tolist():
                route = era.interval.routes[pair // levels]
                rows = holding(era.levels, pair % levels)
                if route is not None and len(rows) == 1:
                    outcome = Outcome(
                        route.owner, route.rule.function, route.rule.id, route.basis, rows[0].level, route.contested_by
                    )
                    table[pair] = numbers.setdefault(outcome, len(numbers))
            tables.append(np.append(table[pairs], np.int32(-1)))
        found = np.stack(tables)
        found[found < 0] = len(numbers)
        return tuple(numbers), found.astype(np.min_scalar_type(len(numbers)))

    def replay(
        self, profiles: Profiles, on: date | npt.NDArray[np.datetime64], *, gather: Gather = gather
    ) -> npt.NDArray[np.unsignedinteger]:
        """For each profile, by one gather, the number of its outcome in `outcomes[0]`.

        `on` is one day for all, or a column of days; `gather` does what `tables.gather` does. Raises IndexError for a
        number that is no profile, OutsideRemit for a day before the remit starts, ValueError for a missing day, and
        NoOwner where an unproved remit has none.
        """
        outcomes, tables = self.outcomes
        if isinstance(on, date):
            self.remit.dated.number(on)
            found = gather(tables[bisect_right(self.starts, on) - 1], profiles)
        else:
            found = gather(tables.reshape(-1), places_on(self.starts, on, profiles, tables.shape[1]))
        # one look at the answers finds what has none, be it in a gap or no profile at all
        if found.size and int(found.max()) == len(outcomes):
            self.remit.check_profiles(profiles)
            raise NoOwner(f"row {int(np.argmax(found))} has no owner. `palermo remit check` shows the gap or overlap.")
        return found

    def otherwise(self, facts: Facts, on: date) -> tuple[Change, ...]:
        """What single change of fact would move the referral to another unit that day."""
        era = self.era(on)
        return explanation.otherwise(era.interval, facts.profile, self.vocabulary, era.naming)

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """What keeps the tables beside the remit from one answer each: the table, the row and a sentence."""
        yield from self.row_faults()
        for start in self.levels.starts:
            yield from (("levels", row, says) for row, says in one_each(self.levels.on(start)))
        for start in self.safeguards.starts:
            yield from (("safeguarding", row, says) for row, says in one_each(self.safeguards.on(start), at_most=True))
        yield from self.clock_faults()
        yield from self.breach_faults()

    def row_faults(self) -> Iterator[tuple[str, str, str]]:
        tables: tuple[tuple[str, Sequence[Row]], ...] = (
            ("levels", self.levels.rows),
            ("support", self.supports.rows),
            ("safeguarding", self.safeguards.rows),
            ("clocks", self.clocks.rows),
            ("breaches", self.breaches.rows),
        )
        for table, rows in tables:
            yield from ((table, row, says) for row, says in double_versions(rows))

    def clock_faults(self) -> Iterator[tuple[str, str, str]]:
        told = set()
        events = dict.fromkeys(row.starts for row in self.clocks.rows)
        for held, event in product(self.clocks.intervals, events):
            for combination in held.combinations:
                rows = [held.rows[place] for place in combination if held.rows[place].starts == event]
                for owner in self.remit.owners:
                    try:
                        applying(rows, owner)
                    except ValueError as ambiguous:
                        if str(ambiguous) not in told:
                            told.add(str(ambiguous))
                            yield "clocks", "", str(ambiguous)

    def breach_faults(self) -> Iterator[tuple[str, str, str]]:
        """Where two rows say when a breach goes up, and where none does: a clock of which nobody would hear."""
        told = set()
        for held in self.breaches.intervals:
            for combination in held.combinations:
                for clock, holder in dict.fromkeys((row.clock, row.holder) for row in self.clocks.rows):
                    try:
                        going_up([held.rows[place] for place in combination], clock, holder)
                    except ValueError as ambiguous:
                        if str(ambiguous) not in told:
                            told.add(str(ambiguous))
                            yield "breaches", "", str(ambiguous)
        for row in self.clocks.rows:
            days = [held for held in self.breaches.intervals if held.period.meets(row.period)]
            if row.holder in HELD_HERE and not all(any(takes_in(one, row) for one in held.rows) for held in days):
                yield (
                    "clocks",
                    row.id,
                    f"nobody would hear of it when {row.clock} runs out: no row of `breaches` takes in all that it "
                    "holds for, on all its days. Add one, or widen one.",
                )


def takes_in(breach: BreachRow, row: ClockRow) -> bool:
    """Whether the breach of every clock that the row starts goes up by this one."""
    return breach.when.covers(row.when) and (not breach.clock or row.clock in breach.clock)


R = TypeVar("R", bound=Row)


def holding(held: Holding[R], label: int) -> list[R]:
    """The rows that hold where the table has this label."""
    return [held.rows[place] for place in held.combinations[label]]


def one_each(held: Holding[R], *, at_most: bool = False) -> Iterator[tuple[str, str]]:
    """For each combination of none or several rows (with `at_most`: of several) its rows and where they hold."""
    vocabulary = held.grid.vocabulary
    for label, combination in enumerate(held.combinations):
        if len(combination) == 1 or (at_most and not combination):
            continue
        cells = held.labels == label
        box = vocabulary.words(held.grid.boxes(cells)[0])
        count = f"{held.count(cells):,} of {vocabulary.size:,} profiles {held.period.words}: {box}"
        if not combination:
            yield "", f"no row holds for {count}. Add a row or widen one."
        else:
            ids = [held.rows[place].id for place in combination]
            yield ids[0], f"{listed(ids)} hold together for {count}. Narrow one of them."


K = TypeVar("K")
V = TypeVar("V")


def keep(kept: dict[K, V], key: K, value: V) -> V:
    """Keep an answer for the next time, and forget all where there are too many."""
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
    return value


def clocks_json(clocks: Sequence[Clock]) -> str:
    return as_json([clock.as_dict() for clock in clocks])


NO_DAY = Problem(
    "received",
    None,
    (),
    "no day to decide by: give the referral `received` (year-month-day), or the day of the decision with --on",
)
