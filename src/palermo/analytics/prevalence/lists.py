"""Lists: how many people are on each combination of source lists?

From here on there are counts and no names. A file holds one 0/1 column a list
and a `count` column, one row a combination; combinations that are left out were
seen on nobody. Everything wrong with a file is said at once.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from palermo.analytics.prevalence.lattice import Floats, sizes

MOST_LISTS = 10
_MOST_PEOPLE = 100_000_000
_COUNT_COLUMN = "count"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file of counts. `line` counts from one with the header; 0 is the file as a whole."""

    line: int
    field: str
    says: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.field}" if self.field else "") if self.line else "the file"
        return f"{where}: {self.says}"


class ListsRefused(ValueError):
    """The counts cannot be used; `problems` has every reason, and the message one a line."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


@dataclass(frozen=True, slots=True)
class Lists:
    """People seen, by the combination of lists they are on.

    `counts` has a cell for each set of lists (bit j for list j) and 0 in the empty one; it is read-only. A file holds
    whole numbers only; in code, expected counts need not be whole. `digest` is the SHA-256 of names and counts, the
    same whatever the order of rows in the file.
    """

    names: tuple[str, ...]
    counts: Floats

    def __post_init__(self) -> None:
        counts = np.array(self.counts, dtype=np.float64)
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"lists need names of their own, not {', '.join(self.names)}")
        if counts.shape != (1 << len(self.names),):
            raise ValueError(f"{len(self.names)} lists need {1 << len(self.names)} counts, not {counts.shape}")
        if not np.isfinite(counts).all() or (counts < 0).any() or counts[0] != 0:
            raise ValueError("counts are finite and not negative, and nobody can be counted who is on no list")
        counts.flags.writeable = False
        object.__setattr__(self, "counts", counts)

    @classmethod
    def of(cls, names: Sequence[str], combinations: Mapping[tuple[str, ...], int]) -> Lists:
        """Return lists from people by the names of the lists they are on.

        >>> Lists.of(["police", "charity"], {("police",): 5, ("charity",): 7, ("police", "charity"): 2}).seen
        14
        """
        counts = np.zeros(1 << len(names))
        for members, people in combinations.items():
            counts[sum(1 << list(names).index(name) for name in set(members))] += people
        return cls(tuple(names), counts)

    @property
    def number(self) -> int:
        return len(self.names)

    @property
    def seen(self) -> int:
        """People on at least one list."""
        return round(float(self.counts.sum()))

    @property
    def shared(self) -> int:
        """People on two lists or more: all that an estimate can go by."""
        return round(float(self.counts[sizes(self.number) >= 2].sum()))

    @property
    def list_sizes(self) -> dict[str, int]:
        cells = np.arange(self.counts.size)
        return {name: round(float(self.counts[cells >> j & 1 == 1].sum())) for j, name in enumerate(self.names)}

    @property
    def digest(self) -> str:
        text = ",".join(self.names) + "\n" + ",".join(f"{x:.17g}" for x in self.counts)
        return hashlib.sha256(text.encode()).hexdigest()

    def empty(self) -> tuple[str, ...]:
        """Return the lists that nobody is on."""
        return tuple(name for name, size in self.list_sizes.items() if size == 0)

    def unlinked(self) -> tuple[str, ...]:
        """Return the lists with people on them of whom none is on another list."""
        cells = np.arange(self.counts.size)
        several = sizes(self.number) >= 2
        return tuple(
            name
            for j, name in enumerate(self.names)
            if self.counts[cells >> j & 1 == 1].sum() > 0 and self.counts[several & (cells >> j & 1 == 1)].sum() == 0
        )

    def without(self, *names: str) -> Lists:
        """Return the other lists; people who were on these only are no longer seen."""
        kept = [j for j, name in enumerate(self.names) if name not in names]
        counts = np.zeros(1 << len(kept))
        for cell in np.flatnonzero(self.counts):
            counts[sum(1 << new for new, old in enumerate(kept) if int(cell) >> old & 1)] += self.counts[cell]
        counts[0] = 0
        return Lists(tuple(self.names[j] for j in kept), counts)

    def merged(self, first: str, second: str) -> Lists:
        """Return the lists with two of them made one, at the end."""
        a, b = self.names.index(first), self.names.index(second)
        others = [j for j in range(self.number) if j not in (a, b)]
        counts = np.zeros(1 << (len(others) + 1))
        for cell in np.flatnonzero(self.counts):
            place = sum(1 << new for new, old in enumerate(others) if int(cell) >> old & 1)
            joint = int(bool(int(cell) >> a & 1 or int(cell) >> b & 1))
            counts[place | joint << len(others)] += self.counts[cell]
        return Lists((*(self.names[j] for j in others), f"{first}+{second}"), counts)

    def within(self, name: str) -> Lists:
        """Return the other lists as they count the people on this one; those on this one only go unseen."""
        j = self.names.index(name)
        kept = [k for k in range(self.number) if k != j]
        counts = np.zeros(1 << len(kept))
        for cell in np.flatnonzero(self.counts):
            if int(cell) >> j & 1:
                counts[sum(1 << new for new, old in enumerate(kept) if int(cell) >> old & 1)] += self.counts[cell]
        counts[0] = 0
        return Lists(tuple(self.names[k] for k in kept), counts)


def read_lists(path: Path) -> Lists:
    """Return the lists of a CSV file; raises ListsRefused with everything wrong, OSError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ListsRefused(str(path), [Problem(0, "", "it is not text in UTF-8; save it as CSV UTF-8")]) from None
    return parse_lists(text, source=str(path))


def parse_lists(text: str, *, source: str = "lists") -> Lists:
    """Return the lists of a CSV text; raises ListsRefused with everything wrong."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise ListsRefused(source, [Problem(0, "", f"it is not CSV ({fault})")]) from None
    numbered = [
        (line, [" ".join(cell.split()) for cell in row]) for line, row in enumerate(rows, 1) if any(map(str.strip, row))
    ]
    if not numbered:
        raise ListsRefused(source, [Problem(0, "", "it is empty; it needs a header of list names and `count`")])
    problems: list[Problem] = []
    header_line, header = numbered[0]
    columns = _columns(header_line, header, problems)
    if problems:
        raise ListsRefused(source, problems)
    names = [name for name in header if name.casefold() != _COUNT_COLUMN]
    counts = np.zeros(1 << len(names))
    first_seen: dict[int, int] = {}
    for line, row in numbered[1:]:
        if len(row) != len(header):
            problems.append(Problem(line, "", f"{len(row)} values where the header names {len(header)} columns"))
            continue
        cell = _cell(line, [(header[j], row[j]) for j in columns], problems)
        people = _people(line, row[[h.casefold() for h in header].index(_COUNT_COLUMN)], problems)
        if cell is None or people is None:
            continue
        if cell == 0:
            problems.append(
                Problem(line, "", "every list is 0, so these people are on no list and cannot be counted: take it out")
            )
        elif cell in first_seen:
            problems.append(
                Problem(line, "", f"the same combination as line {first_seen[cell]}: give each combination one row")
            )
        else:
            first_seen[cell] = line
            counts[cell] = people
    if counts.sum() > _MOST_PEOPLE:
        problems.append(Problem(0, "", f"it counts {counts.sum():,.0f} people, more than can be meant"))
    if not problems and counts.sum() == 0:
        problems.append(Problem(0, "", "it counts nobody: give at least one row with a count above 0"))
    if problems:
        raise ListsRefused(source, problems)
    return Lists(tuple(names), counts)


def _columns(line: int, header: list[str], problems: list[Problem]) -> list[int]:
    folded = [name.casefold() for name in header]
    if folded.count(_COUNT_COLUMN) != 1:
        problems.append(Problem(line, "header", f"it needs one column `count`, and has {folded.count(_COUNT_COLUMN)}"))
    for name in sorted({n for n in folded if n and folded.count(n) > 1 and n != _COUNT_COLUMN}):
        problems.append(Problem(line, "header", f"the list {name!r} stands twice: name each list once"))
    if "" in folded:
        problems.append(Problem(line, "header", f"column {folded.index('') + 1} has no name: name the list"))
    columns = [j for j, name in enumerate(folded) if name != _COUNT_COLUMN]
    if not columns:
        problems.append(Problem(line, "header", "it names no list: give one 0/1 column for each list"))
    if len(columns) > MOST_LISTS:
        problems.append(
            Problem(
                line,
                "header",
                f"{len(columns)} lists are more than the {MOST_LISTS} that can be estimated from: merge lists of the "
                f"same kind of body, or leave the smallest out",
            )
        )
    return columns


def _cell(line: int, values: list[tuple[str, str]], problems: list[Problem]) -> int | None:
    wrong = [(name, value) for name, value in values if value not in ("0", "1")]
    for name, value in wrong:
        problems.append(Problem(line, name, f"{value!r} is neither 0 (not on the list) nor 1 (on it)"))
    return None if wrong else sum(1 << j for j, (_name, value) in enumerate(values) if value == "1")


def _people(line: int, value: str, problems: list[Problem]) -> int | None:
    if value.isascii() and value.isdigit():
        if len(value) <= 10 and int(value) <= _MOST_PEOPLE:
            return int(value)
        problems.append(Problem(line, _COUNT_COLUMN, f"{value} is more people than can be meant"))
        return None
    said = "there is no count" if not value else f"{value!r} is not a whole number of people, 0 or more"
    problems.append(Problem(line, _COUNT_COLUMN, said))
    return None
