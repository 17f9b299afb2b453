"""Tables: which rows hold for which profiles, on which days?

The days on which a row begins or ends cut time into intervals. Within one of them nothing changes, so each is worked
out once, for every profile there is. Values that no row tells apart are one *class* there; the cells of the table are
combinations of classes, far fewer than profiles, and each cell has the label of the combination of rows that hold.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import LAST_YEAR, Period, cuts
from palermo.domain.vocabulary import Condition, Vocabulary

Labels = npt.NDArray[np.int32]
Cells = npt.NDArray[np.bool_]


GATHERED = 1 << 15
"""Places that are gathered at a time; measured, and half or twice as many make little difference."""


class OutsideRemit(ValueError):
    """Raised for a day before the first that the rules know, or further off than they are meant for."""


class Version(Protocol):
    """What every dated row has, whatever it says: the same id on other days is the same row, changed."""

    @property
    def id(self) -> str: ...
    @property
    def period(self) -> Period: ...


class Row(Version, Protocol):
    """A dated row that holds for some referrals."""

    @property
    def when(self) -> Condition: ...


R = TypeVar("R", bound=Row)
N = TypeVar("N", bound=np.integer)


class Grid:
    """The classes of each field's values under some conditions, and the table with one axis for each field."""

    def __init__(self, vocabulary: Vocabulary, conditions: Sequence[Condition]) -> None:
        self.vocabulary = vocabulary
        self.classes: tuple[tuple[int, ...], ...] = tuple(
            alike(size, {condition.masks[place] for condition in conditions})
            for place, size in enumerate(vocabulary.sizes)
        )
        self.shape = tuple(len(classes) for classes in self.classes)

    @classmethod
    def fine(cls, vocabulary: Vocabulary) -> Grid:
        """The grid in which every value is a class of its own, so that cells are profiles."""
        grid = cls(vocabulary, [])
        grid.classes = tuple(tuple(1 << value for value in range(size)) for size in vocabulary.sizes)
        grid.shape = vocabulary.sizes
        return grid

    @cached_property
    def weights(self) -> npt.NDArray[np.int64]:
        """How many profiles each cell stands for."""
        total = np.ones((), dtype=np.int64)
        for classes in self.classes:
            total = np.multiply.outer(total, np.array([mask.bit_count() for mask in classes], dtype=np.int64))
        return np.asarray(total)

    def spread(self, cells: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """The table with one place for each profile, from the one with one for each cell."""
        for axis, (classes, size) in enumerate(zip(self.classes, self.vocabulary.sizes, strict=True)):
            if len(classes) != size:
                cells = np.take(cells, [self.class_of(axis, value) for value in range(size)], axis=axis)
        return np.ascontiguousarray(cells).reshape(-1)

    def class_of(self, axis: int, value: int) -> int:
        return next(number for number, mask in enumerate(self.classes[axis]) if mask >> value & 1)

    def numbers(self, condition: Condition) -> list[list[int]]:
        """For each axis the classes that meet the condition."""
        return [
            [number for number, mask in enumerate(classes) if mask & wanted]
            for classes, wanted in zip(self.classes, condition.masks, strict=True)
        ]

    def regions(self, condition: Condition) -> Iterator[tuple[slice, ...]]:
        """The condition's cells as plain slices of the table, each cell once. Slices are views: nothing is copied."""
        return itertools.product(*(runs(numbers) for numbers in self.numbers(condition)))

    def condition(self, numbers: Sequence[Sequence[int]]) -> Condition:
        """The box of these classes, as values."""
        return Condition(
            tuple(sum(classes[n] for n in chosen) for classes, chosen in zip(self.classes, numbers, strict=True))
        )

    def only(self, condition: Condition) -> Cells:
        """The cells that lie in a condition."""
        cells = np.zeros(self.shape, dtype=np.bool_)
        for region in self.regions(condition):
            cells[region] = True
        return cells

    def boxes(self, wrong: Cells, most: int | None = None) -> tuple[Condition, ...]:
        """Boxes that together make up these cells, each as large as it can be; they may share cells. Largest first.

        With `most`, the first so many that are found, and not all cells.
        """
        left = wrong.copy()
        found: list[list[list[int]]] = []
        while left.any() and (most is None or len(found) < most):
            first = [int(n) for n in np.unravel_index(int(np.argmax(left)), self.shape)]
            # of the boxes that the orders find, the one that tells most that no box before it told
            tried = [self.widen(wrong, first, axes) for axes in self.orders()]
            numbers = max(tried, key=lambda numbers: (self.weigh(numbers, left), self.weigh(numbers)))
            left[np.ix_(*numbers)] = False
            found.append(numbers)
        return tuple(sorted((self.condition(numbers) for numbers in found), key=len, reverse=True))

    def parts(self, wanted: Cells) -> tuple[Condition, ...]:
        """Boxes that together make up these cells and share none."""
        left = wanted.copy()
        found = []
        while left.any():
            first = [int(n) for n in np.unravel_index(int(np.argmax(left)), self.shape)]
            numbers = max((self.widen(left, first, axes) for axes in self.orders()), key=self.weigh)
            left[np.ix_(*numbers)] = False
            found.append(self.condition(numbers))
        return tuple(found)

    def orders(self) -> tuple[list[int], ...]:
        """The orders of axes in which a box is tried to be widened; the order decides which box is found."""
        forward = list(range(len(self.shape)))
        return forward, forward[::-1], sorted(forward, key=lambda axis: -self.shape[axis])

    def widen(self, wrong: Cells, first: Sequence[int], axes: Sequence[int]) -> list[list[int]]:
        """The box that grows from one cell along these axes in turn, for as long as every cell in it is wrong."""
        numbers = [[n] for n in first]
        for axis in axes:
            for other in range(self.shape[axis]):
                if other in numbers[axis]:
                    continue
                wider = [[other] if place == axis else chosen for place, chosen in enumerate(numbers)]
                if wrong[np.ix_(*wider)].all():
                    numbers[axis].append(other)
            numbers[axis].sort()
        return numbers

    def weigh(self, numbers: Sequence[Sequence[int]], among: Cells | None = None) -> int:
        """How many profiles lie in these classes, or in those of their cells that are among some."""
        if among is None:
            return len(self.condition(numbers))
        box = np.ix_(*numbers)
        return int(self.weights[box][among[box]].sum())


def alike(size: int, masks: set[int]) -> tuple[int, ...]:
    """The values of a field in classes that no mask tells apart, as masks, in the order of their first values."""
    classes: dict[tuple[bool, ...], int] = {}
    for value in range(size):
        seen = tuple(bool(mask >> value & 1) for mask in masks)
        classes[seen] = classes.get(seen, 0) | 1 << value
    return tuple(classes.values())


def runs(numbers: Sequence[int]) -> list[slice]:
    """Rising numbers as slices of neighbours."""
    found: list[slice] = []
    for number in numbers:
        if found and found[-1].stop == number:
            found[-1] = slice(found[-1].start, number + 1)
        else:
            found.append(slice(number, number + 1))
    return found


@dataclass(frozen=True, slots=True)
class Holding(Generic[R]):
    """Of one interval: the rows in force, and for each cell which of them hold there.

    `combinations[label]` are the places in `rows` of those that hold, in the order of `rows`.
    """

    period: Period
    rows: tuple[R, ...]
    grid: Grid
    labels: Labels
    combinations: tuple[tuple[int, ...], ...]

    def table(self) -> npt.NDArray[np.int16]:
        """The label for each profile."""
        return self.grid.spread(self.labels.astype(np.int16))

    def cells_where(self, wanted: Sequence[bool]) -> Cells:
        """The cells whose combination is wanted, one answer for each label."""
        return np.asarray(np.array(wanted, dtype=np.bool_)[self.labels])

    def count(self, cells: Cells) -> int:
        return int(self.grid.weights[cells].sum())


def hold(vocabulary: Vocabulary, rows: Sequence[R], period: Period) -> Holding[R]:
    """Work out which of the rows hold where. Rows are taken one after the other, and split the combinations so far."""
    grid = Grid(vocabulary, [row.when for row in rows])
    labels = np.zeros(grid.shape, dtype=np.int32)
    combinations: list[tuple[int, ...]] = [()]
    for place, row in enumerate(rows):
        split: dict[int, int] = {}
        for region in grid.regions(row.when):
            here = labels[region]
            after = np.arange(len(combinations), dtype=np.int32)
            for before in np.flatnonzero(np.bincount(here.reshape(-1), minlength=1)).tolist():
                if before not in split:
                    split[before] = len(combinations)
                    combinations.append((*combinations[before], place))
                after[before] = split[before]
            labels[region] = after[here]
    used = np.flatnonzero(np.bincount(labels.reshape(-1), minlength=len(combinations)))
    renumber = np.zeros(len(combinations), dtype=np.int32)
    renumber[used] = np.arange(len(used), dtype=np.int32)
    return Holding(period, tuple(rows), grid, renumber[labels], tuple(combinations[n] for n in used.tolist()))


class Dated(Generic[R]):
    """Rows with their days, and the intervals between the days on which something changes."""

    def __init__(self, vocabulary: Vocabulary, rows: Sequence[R], start: date) -> None:
        self.rows = tuple(rows)
        self.start = start
        self.starts = cuts((row.period for row in rows), start=start)
        self.periods = tuple(
            Period(begin, end) for begin, end in zip(self.starts, [*self.starts[1:], None], strict=True)
        )
        self.intervals: tuple[Holding[R], ...] = tuple(
            hold(vocabulary, [row for row in rows if row.period.meets(period)], period) for period in self.periods
        )

    def number(self, day: date) -> int:
        """Which interval a day lies in. Raises OutsideRemit before the first, and where the year is a slip."""
        if day.year > LAST_YEAR:
            raise OutsideRemit(f"{day} is after the year {LAST_YEAR}. Check the year.")
        number = bisect_right(self.starts, day) - 1
        if number < 0:
            raise OutsideRemit(f"{day} is before this remit starts. It starts on {self.starts[0]}.")
        return number

    def on(self, day: date) -> Holding[R]:
        return self.intervals[self.number(day)]


def gather(table: npt.NDArray[N], places: npt.NDArray[np.integer]) -> npt.NDArray[N]:
    """The table's entries at these places; where a place lies outside the table, the last entry, kept for such places.

    NumPy takes from wide places only. A part at a time is widened, always to the same memory: that stays near the
    processor, and the system is not asked for more.
    """
    found = np.empty(len(places), dtype=table.dtype)
    unsigned = without_sign(places, len(table) - 1)
    wide = np.empty(min(len(places), GATHERED), dtype=np.intp)
    for part in parts(len(places)):
        entries = found[part]
        at = wide[: len(entries)]
        at[:] = unsigned[part]
        table.take(at, out=entries, mode="clip")
    return found


def places_on(
    starts: Sequence[date], days: npt.NDArray[np.datetime64], places: npt.NDArray[np.integer], width: int
) -> npt.NDArray[np.uint32]:
    """The places moved on to the table of their own day, where one follows the other, each with `width` entries.

    A place that lies outside its table becomes that table's last. The tables are those of the intervals which begin on
    `starts`. Raises ValueError for a missing day, and OutsideRemit like `Dated.number`.
    """
    column = days.astype("datetime64[D]", copy=False).view(np.int64)
    if len(column) != len(places):
        raise ValueError(f"{len(places)} profiles have {len(column)} days. Give each row the day it was received.")
    known = np.array(starts, dtype="datetime64[D]").view(np.int64)
    first, last = int(known[0]), int(known[-1])
    furthest = int(np.datetime64(f"{LAST_YEAR}-12-31", "D").view(np.int64)) - first
    # one entry for each day up to the last change, which later days share, is read faster than changes are searched
    begins = ((np.searchsorted(known, np.arange(first, last + 1), side="right") - 1) * width).astype(np.uint32)
    found = np.empty(len(places), dtype=np.uint32)
    unsigned = without_sign(places, width - 1)
    wide = np.empty(min(len(places), GATHERED), dtype=np.int64)
    for part in parts(len(places)):
        here, within = found[part], unsigned[part]
        since = np.subtract(column[part], first, out=wide[: len(here)])
        # a day before the first, or a missing one, is larger than any without its sign
        if int(since.view(np.uint64).max()) > furthest:
            raise wrong_day(starts[0], column)
        begins.take(since, out=here, mode="clip")
        here += within if int(within.max()) < width else np.minimum(within, np.uint32(width - 1))
    return found


def parts(rows: int) -> Iterator[slice]:
    return (slice(start, start + GATHERED) for start in range(0, rows, GATHERED))


def without_sign(places: npt.NDArray[np.integer], last: int) -> npt.NDArray[np.uint32]:
    """The same places, but that a negative one is beyond the last."""
    if places.dtype in (np.int32, np.uint32):
        return places.view(np.uint32)
    return np.where((places >= 0) & (places < last), places, last).astype(np.uint32)


def wrong_day(start: date, column: npt.NDArray[np.int64]) -> ValueError:
    """What is wrong with a column of days one of which is missing, before the start, or too far off."""
    days = column.view("datetime64[D]")
    if (missing := np.isnat(days)).any():
        row = int(np.argmax(missing))
        return ValueError(f"row {row} has no day. Give each row the day it was received, or one day for all.")
    row = int(np.argmin(days))
    if days[row] < np.datetime64(start):
        return OutsideRemit(f"{days[row]} (row {row}) is before this remit starts. It starts on {start}.")
    return OutsideRemit(f"{days.max()} is after the year {LAST_YEAR}. Check the year.")


def double_versions(rows: Sequence[Version]) -> Iterator[tuple[str, str]]:
    """The id and a sentence for each row that is in force twice on some day, and for each that never is."""
    for place, row in enumerate(rows):
        if row.period.empty:
            yield row.id, f"it ends on {row.period.end}, not after it starts on {row.period.start}. Change one of them."
        for other in rows[:place]:
            if other.id == row.id and other.period.meets(row.period):
                day = max((p.start for p in (row.period, other.period) if p.start), default=None)
                yield row.id, f"it has two versions in force on {day or 'every day'}. End one before the other starts."
