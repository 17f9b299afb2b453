"""Matrix: which of the proposed operations comes first?

A matrix has criteria, each with a weight and a scale of levels in words, from 0 up; a higher level is always a better
reason to act. A proposal states its level on each. Its score is the share it reaches of what could be reached, so that
proposals scored under two versions of a matrix can still be put in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from palermo.domain.policy import Basis, Period, content_hash, listed


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that proposals are judged on; `levels` are the words for level 0, 1 and so on."""

    id: str
    name: str
    asks: str
    weight: int
    levels: tuple[str, ...]
    period: Period
    basis: Basis
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None

    @property
    def highest(self) -> int:
        return len(self.levels) - 1

    @property
    def most(self) -> int:
        """The points that it can give."""
        return self.weight * self.highest


class ScoreRefused(ValueError):
    """Raised for levels that the matrix cannot read, with every problem by criterion."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{criterion}: {says}" for criterion, says in problems.items()))


@dataclass(frozen=True, slots=True)
class Score:
    """What a proposal reaches under a matrix."""

    points: int
    most: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.points, self.most)


class Matrix:
    """The criteria of a pack with their days."""

    def __init__(self, criteria: Sequence[Criterion]) -> None:
        self.criteria = tuple(criteria)

    def on(self, day: date) -> tuple[Criterion, ...]:
        """The criteria of a day, in the pack's order."""
        return tuple(criterion for criterion in self.criteria if day in criterion.period)

    def version(self, day: date) -> str:
        """The hash of what scores on that day: the same for every pack whose matrix is the same."""
        return content_hash(
            *(part for one in self.on(day) for part in (one.id, str(one.weight), one.name, one.asks, *one.levels))
        )

    def faults(self) -> Iterator[tuple[str, str]]:
        """What keeps the rows from being a matrix: the id of a row and a sentence for each."""
        for place, row in enumerate(self.criteria):
            if row.weight < 1:
                yield row.id, "its weight is 0, so it would not count. Give it a weight, or take it out."
            if len(row.levels) < 2:
                yield row.id, "a scale needs two levels or more. Add words to `levels`, the lowest first."
            if len(set(row.levels)) < len(row.levels):
                yield row.id, "two levels have the same words, so nobody could tell them apart."
            if row.period.empty:
                yield row.id, f"it ends on {row.period.end}, not after it starts on {row.period.start}."
            if any(other.id == row.id and other.period.meets(row.period) for other in self.criteria[:place]):
                yield row.id, "two rows are in force on the same day. End one before the other starts."


def score(criteria: Sequence[Criterion], levels: Mapping[str, int]) -> Score:
    """The score of a proposal with these levels, by criterion. Raises ScoreRefused for levels missing or unknown."""
    problems = {}
    known = {criterion.id: criterion for criterion in criteria}
    for id_ in known.keys() - levels.keys():
        problems[id_] = "no level is stated"
    for id_, level in levels.items():
        if id_ not in known:
            problems[id_] = f"the matrix has no such criterion. Criteria: {listed(sorted(known))}"
        elif not 0 <= level <= known[id_].highest:
            problems[id_] = f"level {level} is none. Levels: 0 to {known[id_].highest}"
    if not criteria:
        problems["matrix"] = "no matrix is in force"
    if problems:
        raise ScoreRefused(dict(sorted(problems.items())))
    return Score(
        sum(known[id_].weight * level for id_, level in levels.items()), sum(one.most for one in known.values())
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed operation as the ranking sees it. `key` tells proposals apart and is the last to decide."""

    key: str
    score: Score
    levels: Mapping[str, int]
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Ranked:
    """A proposal in its place. `tie`: what put it behind the one before it where both have the same score."""

    place: int
    proposal: Proposal
    tie: str = ""


def rank(proposals: Iterable[Proposal], criteria: Sequence[Criterion]) -> tuple[Ranked, ...]:
    """The proposals in order, the highest share first, whatever order they come in.

    Of two with the same share, the one comes first that is higher on the weightiest criterion on which they differ; of
    two alike in that, the one proposed first; then the key decides.
    """
    by_weight = sorted(criteria, key=lambda criterion: -criterion.weight)
    order = sorted(
        proposals,
        key=lambda one: (-one.score.share, tuple(-level(one, c) for c in by_weight), one.proposed_at, one.key),
    )
    return tuple(
        Ranked(place, one, tie_with(order[place - 2], one, by_weight) if place > 1 else "")
        for place, one in enumerate(order, start=1)
    )


def level(proposal: Proposal, criterion: Criterion) -> int:
    """A criterion on which nothing is stated counts below every level."""
    return proposal.levels.get(criterion.id, -1)


def tie_with(before: Proposal, one: Proposal, by_weight: Sequence[Criterion]) -> str:
    if before.score.share != one.score.share:
        return ""
    for criterion in by_weight:
        if level(before, criterion) != level(one, criterion):
            return f"the same score as the one before it, and lower on {criterion.name.lower()}"
    if before.proposed_at != one.proposed_at:
        return "the same score as the one before it, and proposed later"
    return "the same score as the one before it, and proposed at the same time: by their references"
