"""Compare: who gains and loses what, between two remits or two dates?

Both are read from their tables over one history of counts, or, with no history, over every profile once. So a proposal
is weighed without a single referral at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import Period, cuts
from palermo.domain.remit.compiled import Compiled, Numbers
from palermo.domain.remit.history import Histogram, histogram
from palermo.domain.remit.rules import Rule
from palermo.domain.remit.tables import Grid
from palermo.domain.vocabulary import Condition, Profiles, Vocabulary


@dataclass(frozen=True, slots=True)
class Version:
    """A remit, by its own dates or held fast at one day."""

    remit: Compiled
    day: date | None = None

    @property
    def starts(self) -> tuple[date, ...]:
        return (self.remit.start,) if self.day else self.remit.starts

    def winners(self, on: date) -> Numbers:
        """For each profile the number of the rule that decides on that day."""
        return self.remit.on(self.day or on).winners

    @property
    def words(self) -> str:
        return f"{self.remit.id} on {self.day}" if self.day else self.remit.id


@dataclass(frozen=True, slots=True)
class Moved:
    """Referrals that go from one rule to another one of another unit."""

    before: Rule
    after: Rule
    referrals: int


@dataclass(frozen=True, slots=True)
class Downgrade:
    """A box of profiles that goes from a more to a less specialised unit in some span of days."""

    period: Period
    before: str
    after: str
    box: Condition
    limits: dict[str, tuple[str, ...]]
    profiles: int
    referrals: int


class Comparison:
    """Two versions over one history. `counted` says whether the numbers are referrals or, without one, profiles."""

    def __init__(self, before: Version, after: Version, history: Histogram, *, counted: bool) -> None:
        self.before = before
        self.after = after
        self.history = history
        self.counted = counted
        shape = len(before.remit.rules), len(after.remit.rules)
        pairs = np.zeros(shape[0] * shape[1], dtype=np.int64)
        for period, (profiles, counts) in zip(history.periods, history.occurring, strict=True):
            if not profiles.size or period.start is None:
                continue
            was, will = before.winners(period.start).take(profiles), after.winners(period.start).take(profiles)
            if was.min() < 0 or will.min() < 0:
                raise ValueError(
                    f"a remit leaves profiles without one owner {period.words}. "
                    "Check both remits first: `palermo remit check`."
                )
            numbers = was.astype(np.int64) * shape[1] + will
            pairs += np.bincount(numbers, weights=counts, minlength=len(pairs)).astype(np.int64)
        self.pairs = pairs.reshape(shape)

    @cached_property
    def moves(self) -> tuple[tuple[Rule, Rule, int], ...]:
        """Every pair of rules, before and after, with how many go from one to the other; moved or not."""
        return tuple(
            (self.before.remit.rules[was], self.after.remit.rules[will], int(self.pairs[was, will]))
            for was, will in np.argwhere(self.pairs).tolist()
        )

    @cached_property
    def matrix(self) -> dict[tuple[str, str], int]:
        """How many go from which owner to which, those that stay included; the largest first."""
        found: dict[tuple[str, str], int] = {}
        for was, will, count in self.moves:
            found[was.owner, will.owner] = found.get((was.owner, will.owner), 0) + count
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def total(self) -> int:
        return sum(self.matrix.values())

    @property
    def moved(self) -> int:
        return sum(count for (was, will), count in self.matrix.items() if was != will)

    @cached_property
    def by_rule(self) -> tuple[Moved, ...]:
        """The moves from unit to unit by the rules that make them, the largest first."""
        moves = [Moved(was, will, count) for was, will, count in self.moves if was.owner != will.owner]
        return tuple(sorted(moves, key=lambda move: -move.referrals))

    @cached_property
    def downgrades(self) -> tuple[Downgrade, ...]:
        """Moves to a less specialised unit, as boxes of profiles, whether or not a referral fell in them."""
        return tuple(self.find_downgrades())

    def find_downgrades(self) -> Iterator[Downgrade]:
        vocabulary = self.history.vocabulary
        grid = Grid.fine(vocabulary)
        for period in self.history.periods:
            if period.start is None:
                continue
            was, will = self.before.winners(period.start), self.after.winners(period.start)
            for old, new in sorted(set(zip(was.tolist(), will.tolist(), strict=True))):
                if old < 0 or new < 0:
                    continue
                before, after = self.before.remit.rules[old].owner, self.after.remit.rules[new].owner
                if self.before.remit.tier(before) <= self.after.remit.tier(after):
                    continue
                cells = ((was == old) & (will == new)).reshape(vocabulary.sizes)
                for box in grid.parts(cells):
                    count = self.history.count(period, box) or 0
                    yield Downgrade(period, before, after, box, vocabulary.limits(box), len(box), count)

    def as_dict(self) -> dict[str, object]:
        return {
            "before": self.before.words,
            "after": self.after.words,
            "counts": "referrals" if self.counted else "profiles",
            "total": self.total,
            "moved": self.moved,
            "matrix": [{"from": was, "to": will, "count": count} for (was, will), count in self.matrix.items()],
            "by_rule": [
                {
                    "from_rule": move.before.id,
                    "from": move.before.owner,
                    "to_rule": move.after.id,
                    "to": move.after.owner,
                    "count": move.referrals,
                }
                for move in self.by_rule
            ],
            "downgrades": [
                {
                    "from": down.before,
                    "to": down.after,
                    "when": {name: list(values) for name, values in down.limits.items()},
                    "profiles": down.profiles,
                    "count": down.referrals,
                    "period": down.period.words,
                }
                for down in self.downgrades
            ],
        }


def compare(before: Version | Compiled, after: Version | Compiled, history: Histogram | None = None) -> Comparison:
    """What changes from one version to the other, over a history or, with none, over each profile once in each span.

    Raises ValueError where the two have other fields, or where a span of the history is cut by a change of either:
    count the history with `shared_cuts` of both.
    """
    before = before if isinstance(before, Version) else Version(before)
    after = after if isinstance(after, Version) else Version(after)
    vocabulary = before.remit.vocabulary
    if vocabulary.hash != after.remit.vocabulary.hash:
        raise ValueError("the two remits have other fields or values, so their profiles are not the same")
    needed = shared_cuts(before, after)
    if history is None:
        every = np.ones((len(needed), vocabulary.size), dtype=np.int64)
        return Comparison(before, after, Histogram(vocabulary, needed, every), counted=False)
    if history.vocabulary.hash != vocabulary.hash:
        raise ValueError("the history has other fields or values than the remits")
    spans = [span for span, (profiles, _) in zip(history.periods, history.occurring, strict=True) if profiles.size]
    lacking = [day for day in needed if any(day in span and day != span.start for span in spans)]
    if lacking:
        days = ", ".join(map(str, lacking))
        raise ValueError(f"the history is not cut on {days}, when rules change. Count it again with the shared cuts")
    return Comparison(before, after, history, counted=True)


def shared_cuts(*versions: Version | Compiled) -> tuple[date, ...]:
    """The days on which any of them changes, from the latest of their first days on."""
    starts = [version.starts for version in versions]
    first = max(days[0] for days in starts)
    return cuts((Period(day) for days in starts for day in days), start=first)


def count_history(
    versions: tuple[Version | Compiled, ...],
    vocabulary: Vocabulary,
    profiles: Profiles,
    days: npt.NDArray[np.datetime64] | date,
) -> Histogram:
    """The histogram that fits a comparison of these versions."""
    return histogram(vocabulary, profiles, days, shared_cuts(*versions))
