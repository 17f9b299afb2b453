"""Disclosure: what may leave?

Counts of few people are held back, all others are rounded, and where a total would give a held back count away, a
second one is held back with it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SMALLEST_SHOWN = 5
ROUND_TO = 5

Cell = tuple[str, str]

TOTAL = ""
"""Instead of a row's or column's name: its total."""


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """Rounded counts by row and column, None where one is held back. Totals stand under the name TOTAL.

    Totals are rounded for themselves, so that rounded counts need not add up to them.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Cell, int | None]
    smallest_shown: int
    round_to: int

    @property
    def says(self) -> str:
        """What a reader of the table must be told."""
        rounded = f" Others are rounded to the nearest {self.round_to}, totals too." if self.round_to > 1 else ""
        return (
            f"Counts below {self.smallest_shown} are held back, zeros too, and others where they would give one away."
            f"{rounded}"
        )


def release(
    counts: Mapping[Cell, int], *, smallest_shown: int = SMALLEST_SHOWN, round_to: int = ROUND_TO
) -> ReleasedTable:
    """The table of these counts, by (row, column), as it may leave, with the totals of rows and columns.

    Give a count for every cell that could have one: a cell left out is taken to be known to be empty. What is held back
    cannot be worked out from sums of rows and columns, whatever they are rounded to. That is true of this table alone:
    other tables of the same people can still give away the difference. Raises ValueError for a negative count or a
    missing name.

    Held back before rounding: rounding first would lift a 3 to 5 and show it.

    >>> table = release({("A", "x"): 3, ("A", "y"): 23, ("B", "x"): 60, ("B", "y"): 41, ("C", "y"): 17})
    >>> table.cells[("A", "x")], table.cells[("A", "y")], table.cells[("C", "y")]
    (None, None, 15)
    """
    if any(TOTAL in cell for cell in counts):
        raise ValueError("a row and a column need a name: without one it would be taken for the total")
    if round_to < 1 or smallest_shown < 0:
        raise ValueError(
            f"cannot round to {round_to} or hold back below {smallest_shown}: give 1 or more, and 0 or more"
        )
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is negative")
    whole = with_totals(counts)
    hidden = {cell for cell, count in whole.items() if count < smallest_shown}
    while told := next(filter(None, (ring(cell, whole, hidden) for cell in sorted(hidden))), None):
        hidden |= told
    return ReleasedTable(
        rows=tuple(dict.fromkeys(row for row, _ in counts)),
        columns=tuple(dict.fromkeys(column for _, column in counts)),
        cells={cell: None if cell in hidden else rounded(count, round_to) for cell, count in whole.items()},
        smallest_shown=smallest_shown,
        round_to=round_to,
    )


def with_totals(counts: Mapping[Cell, int]) -> dict[Cell, int]:
    whole = dict(counts)
    for (row, column), count in counts.items():
        for cell in ((row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            whole[cell] = whole.get(cell, 0) + count
    return whole


def ring(cell: Cell, whole: Mapping[Cell, int], hidden: Collection[Cell]) -> set[Cell]:
    """What must be held back besides, so that a held back cell does not follow from sums; or nothing.

    Every row and column adds up to its total. A count is free only where it lies on a ring of held back cells that
    leads along rows and columns back to it: along a ring counts can be moved without any sum changing. Of all rings it
    is the one that costs the fewest counted people, totals last.
    """
    dearest = whole[TOTAL, TOTAL] * len(whole) + len(whole)
    steps: dict[Cell, list[tuple[int, Cell, Cell]]] = {}
    for other in whole:
        cost = 0 if other in hidden else 1 + whole[other] + (dearest if TOTAL in other else 0)
        ends = ("row", other[0]), ("column", other[1])
        if other != cell:
            for here, there in (ends, ends[::-1]):
                steps.setdefault(here, []).append((cost, there, other))
    start, end = ("row", cell[0]), ("column", cell[1])
    ahead: list[tuple[int, Cell, frozenset[Cell]]] = [(0, start, frozenset())]
    seen: set[Cell] = set()
    while ahead:
        so_far, here, path = heapq.heappop(ahead)
        if here == end:
            return {other for other in path if other not in hidden}
        if here not in seen:
            seen.add(here)
            for cost, there, other in steps[here]:
                heapq.heappush(ahead, (so_far + cost, there, path | {other}))
    # totals close a ring through every cell
    raise AssertionError(f"no ring through {cell}")


def rounded(count: int, to: int) -> int:
    """To the nearest multiple; from the middle upwards."""
    return (2 * count + to) // (2 * to) * to
