"""Invariants: what must hold of every possible referral, whatever the rules say?

A remit without gaps can still be a wrong one. Invariants are the second net: each is held against every profile on
every day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import Period, listed
from palermo.domain.remit.compiled import Compiled, Interval
from palermo.domain.remit.proof import Worked, clipped, worked
from palermo.domain.remit.tables import Cells, Grid
from palermo.domain.vocabulary import Condition

Tiers = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Common:
    """What every invariant has: its sentence, the referrals and the days it is about, and its paragraphs."""

    says: str
    when: Condition
    period: Period = field(default_factory=Period)
    cites: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Never(Common):
    """None of these units ever owns such a referral."""

    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Always(Common):
    """One of these units always owns such a referral."""

    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownNeverLess(Common):
    """What is not known goes where some known value would go, and nowhere less specialised than all of them would."""

    fields: tuple[str, ...] = ()
    unknown: str = "unknown"


@dataclass(frozen=True, slots=True)
class Monotone(Common):
    """Along these values of a field, in order, a referral never moves to a less specialised unit."""

    field: str = ""
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoSilentDowngrade(Common):
    """On no change of rules does a referral move to a less specialised unit, but for those declared for that day."""

    declared: tuple[tuple[date, Condition], ...] = ()


Invariant = Never | Always | UnknownNeverLess | Monotone | NoSilentDowngrade


@dataclass(frozen=True, slots=True)
class Broken:
    """Profiles for which an invariant does not hold: the largest box, and how many there are in all."""

    invariant: Invariant
    period: Period
    box: Condition
    profiles: int
    owners: tuple[str, ...]
    example: Worked
    says: str

    def __str__(self) -> str:
        return self.says


def broken(remit: Compiled, invariants: Sequence[Invariant]) -> Iterator[Broken]:
    """The invariants that do not hold, for each span of days in which they do not."""
    for invariant in invariants:
        for number, interval in enumerate(remit.intervals):
            if not interval.period.meets(invariant.period):
                continue
            wrong = wrong_cells(remit, invariant, number)
            wrong &= inside(remit, invariant.when)
            if wrong.any():
                yield told(remit, invariant, interval, wrong)


def wrong_cells(remit: Compiled, invariant: Invariant, number: int) -> Cells:
    """The profiles of an interval for which the invariant does not hold, whatever its condition."""
    interval = remit.intervals[number]
    if isinstance(invariant, Never):
        return owned_by(remit, interval, invariant.owners)
    if isinstance(invariant, Always):
        return ~owned_by(remit, interval, invariant.owners)
    if isinstance(invariant, UnknownNeverLess):
        wrong = np.zeros(remit.vocabulary.sizes, dtype=np.bool_)
        for name in invariant.fields:
            wrong |= less_when_unknown(remit, interval, name, invariant.unknown)
        return wrong
    if isinstance(invariant, Monotone):
        return less_along(remit, interval, invariant.field, invariant.order)
    return silently_down(remit, invariant, number)


def tiers_of(remit: Compiled, interval: Interval) -> Tiers:
    """For each profile how specialised its owner is."""
    ranks = np.array([remit.tier(rule.owner) for rule in remit.rules] + [-1, -1], dtype=np.int16)
    return np.asarray(ranks[interval.winners].reshape(remit.vocabulary.sizes))


def owned_by(remit: Compiled, interval: Interval, owners: Sequence[str]) -> Cells:
    wanted = np.array([rule.owner in owners for rule in remit.rules] + [False, False], dtype=np.bool_)
    return np.asarray(wanted[interval.winners].reshape(remit.vocabulary.sizes))


def less_when_unknown(remit: Compiled, interval: Interval, name: str, unknown: str) -> Cells:
    """Where the unknown value has an owner that no known value would give, or one beneath those of all known values."""
    place = remit.vocabulary.place[name]
    here = remit.vocabulary.fields[place].values.index(unknown)
    tiers = np.moveaxis(tiers_of(remit, interval), place, 0)
    owners = np.moveaxis(owners_of(remit, interval), place, 0)
    wrong = np.zeros_like(tiers, dtype=np.bool_)
    known = np.delete(owners, here, axis=0)
    wrong[here] = (tiers[here] < np.delete(tiers, here, axis=0).min(axis=0)) | (known != owners[here]).all(axis=0)
    return np.moveaxis(wrong, 0, place)


def owners_of(remit: Compiled, interval: Interval) -> Tiers:
    """For each profile a number that stands for its owner."""
    numbers = np.array([remit.owners.index(rule.owner) for rule in remit.rules] + [-1, -1], dtype=np.int16)
    return np.asarray(numbers[interval.winners].reshape(remit.vocabulary.sizes))


def less_along(remit: Compiled, interval: Interval, name: str, order: Sequence[str]) -> Cells:
    place = remit.vocabulary.place[name]
    values = remit.vocabulary.fields[place].values
    tiers = np.moveaxis(tiers_of(remit, interval), place, 0)
    wrong = np.zeros_like(tiers, dtype=np.bool_)
    highest = tiers[values.index(order[0])]
    for value in order[1:]:
        number = values.index(value)
        wrong[number] = tiers[number] < highest
        highest = np.maximum(highest, tiers[number])
    return np.moveaxis(wrong, 0, place)


def silently_down(remit: Compiled, invariant: NoSilentDowngrade, number: int) -> Cells:
    if number == 0:
        return np.zeros(remit.vocabulary.sizes, dtype=np.bool_)
    before, after = remit.intervals[number - 1], remit.intervals[number]
    wrong = tiers_of(remit, after) < tiers_of(remit, before)
    for day, condition in invariant.declared:
        if day == after.period.start:
            wrong &= ~inside(remit, condition)
    return np.asarray(wrong)


def inside(remit: Compiled, condition: Condition) -> Cells:
    return Grid.fine(remit.vocabulary).only(condition)


def told(remit: Compiled, invariant: Invariant, interval: Interval, wrong: Cells) -> Broken:
    period = clipped(interval.period, invariant.period)
    box = Grid.fine(remit.vocabulary).boxes(wrong, most=1)[0]
    numbers = np.unique(interval.winners.reshape(remit.vocabulary.sizes)[wrong]).tolist()
    owners = tuple(sorted({remit.rules[n].owner for n in numbers if n >= 0}))
    count = int(wrong.sum())
    says = (
        f"not so: {invariant.says.removesuffix('.')}. {count:,} profiles {period.words} go to {listed(owners, 'or')}: "
        f"{remit.vocabulary.words(box)}."
    )
    return Broken(invariant, period, box, count, owners, worked(remit, box, period), says)
