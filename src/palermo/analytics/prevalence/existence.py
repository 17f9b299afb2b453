"""Existence: does a model have a finite estimate on these counts, and only one?

A fitting routine run without this question returns a number either way. Two
things can go wrong (Fienberg and Rinaldo 2012; Chan, Silverman and Vincent
2021): the extended maximum likelihood estimate need not exist, and where it
exists the number unseen need not be identified by it.

The answer is exact. Written in the values a model gives to its own terms'
cells, rather than in coefficients, everything is a small whole number, and all
values at cells where people were seen are settled; only the value of the empty
cell and of terms whose own cell is empty stay open. Usually one or two are
open, and the rows of the other observed cells settle those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction

import numpy as np

from palermo.analytics.prevalence.fitting import split
from palermo.analytics.prevalence.lattice import Bools, Floats, Ints, add_subsets, lists_of, signs

_PRIME = 2_147_483_647
_MOST_OPEN = 10


class Status(IntEnum):
    """What can be said of a model on a table of counts."""

    EXISTS = 0
    NO_ESTIMATE = 1
    NOT_IDENTIFIED = 2
    NEITHER = 3

    @property
    def says(self) -> str:
        return {
            Status.EXISTS: "a finite estimate exists and the counts identify it",
            Status.NO_ESTIMATE: "no finite estimate exists: the likelihood grows without end towards a limit",
            Status.NOT_IDENTIFIED: "the counts do not identify the number unseen: many values fit equally well",
            Status.NEITHER: "no finite estimate exists and the counts would not identify one",
        }[self]


@dataclass(slots=True)
class Checker:
    """Answers for many models and tables, keeping what it worked out one at a time.

    Most members of a batch are settled together, by elimination modulo a prime: full rank there proves full rank.
    The others are worked out in fractions, once for each model and each pattern of empty cells.
    """

    known: dict[tuple[bytes, bytes, bytes], Status] = field(default_factory=dict)
    worked_out: int = 0

    def statuses(self, counts: Floats, terms: Bools) -> Ints:
        """Return the status of each member of a batch; either array may have a batch of one."""
        sides = (counts.shape[1], terms.shape[1])
        batch = max(sides) if min(sides) else 0
        counts = np.broadcast_to(counts, (counts.shape[0], batch))
        terms = np.broadcast_to(terms, (terms.shape[0], batch))
        active, kept = split(np.asarray(counts, dtype=np.float64), terms)
        seen = counts > 0
        seen[0] = False
        result = np.zeros(batch, dtype=np.int64)
        for member in np.flatnonzero(~_surely_settled(active, seen)):
            key = tuple(np.packbits(a[:, member]).tobytes() for a in (active, seen, kept))
            status = self.known.get(key)  # type: ignore[arg-type]
            if status is None:
                self.worked_out += 1
                status = _work_out(active[:, member], seen[:, member], kept[:, member])
                self.known[key] = status  # type: ignore[index]
            result[member] = status
        return result


def _surely_settled(active: Bools, seen: Bools) -> Bools:
    """Return the members whose observed cells have full column rank modulo a prime, and so in whole numbers."""
    open_values = active & ~seen
    number_open = open_values.sum(axis=0)
    settled = np.zeros(active.shape[1], dtype=np.bool_)
    for open_count in np.unique(number_open):
        if open_count > _MOST_OPEN:
            continue
        members = np.flatnonzero(number_open == open_count)
        settled[members] = _full_rank(active[:, members], seen[:, members], int(open_count))
    return settled


def _full_rank(active: Bools, seen: Bools, open_count: int) -> Bools:
    cells, batch = active.shape
    others = seen & ~active
    if open_count == 1:
        return np.asarray((others & (_weights(active, None) != 0)).any(axis=0))
    open_cells = np.argsort(~(active & ~seen), axis=0, kind="stable")[:open_count]
    rows = np.empty((cells, open_count, batch), dtype=np.int64)
    for k in range(open_count):
        rows[:, k] = np.where(others, _weights(active, open_cells[k]), 0)
    members = np.arange(batch)
    full = np.ones(batch, dtype=np.bool_)
    for k in range(open_count):
        pivot_row = np.argmax(rows[:, k] != 0, axis=0)
        pivot = rows[pivot_row, k, members]
        full &= pivot != 0
        if k + 1 == open_count or not full.any():
            return full
        pivot_values = rows[pivot_row, :, members].T
        rows[:, k + 1 :] = (
            rows[:, k + 1 :] * (pivot % _PRIME) - rows[:, k, None] % _PRIME * (pivot_values[k + 1 :] % _PRIME)[None]
        ) % _PRIME
    return full


def _weights(active: Bools, of: Ints | None) -> Ints:
    """Return how much each cell's predictor takes of the value at one of the model's own cells (the empty one: None).

    The Möbius function of the model: the sum of (-1)**(size of u less size of s) over terms u between s and the cell.
    """
    cells = active.shape[0]
    sign = signs(lists_of(cells))
    weights = active * sign[:, None]
    if of is not None:
        weights = np.where((np.arange(cells)[:, None] & of[None]) == of[None], weights, 0) * sign[of]
    weights = np.ascontiguousarray(weights, dtype=np.int64)
    add_subsets(weights)
    return weights


def _work_out(active: Bools, seen: Bools, kept: Bools) -> Status:
    """Return the status of one model in exact arithmetic: null space, rank, and a one-signed direction."""
    open_cells = np.flatnonzero(active & ~seen)
    columns = [_weights(active[:, None], np.array([cell]))[:, 0] for cell in open_cells]
    table = np.stack(columns, axis=1)
    for place, cell in enumerate(open_cells):
        table[cell] = 0
        table[cell, place] = 1
    observed = np.unique(table[seen & ~active], axis=0)
    null = _null_space([[Fraction(int(x)) for x in row] for row in observed], open_cells.size)
    if not null:
        return Status.EXISTS
    empty = kept & ~seen
    empty[0] = False
    directions = [
        [sum((int(x) * v for x, v in zip(row, vector, strict=True)), Fraction(0)) for vector in null]
        for row in np.unique(table[empty], axis=0)
    ]
    directions = [row for row in directions if any(row)]
    identified = len(_echelon([row[:] for row in directions])) == len(null)
    unbounded = bool(directions) and not _balanced(directions)
    return Status(int(unbounded) + 2 * int(not identified))


def _echelon(rows: list[list[Fraction]]) -> list[int]:
    """Bring rows to reduced echelon form in place and return the pivot columns."""
    pivots: list[int] = []
    width = len(rows[0]) if rows else 0
    for column in range(width):
        top = len(pivots)
        found = next((i for i in range(top, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        lead = rows[top][column]
        rows[top] = [x / lead for x in rows[top]]
        for i, row in enumerate(rows):
            if i != top and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, rows[top], strict=True)]
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return pivots


def _null_space(rows: list[list[Fraction]], width: int) -> list[list[Fraction]]:
    pivots = _echelon(rows)
    free = [c for c in range(width) if c not in pivots]
    vectors = []
    for column in free:
        vector = [Fraction(0)] * width
        vector[column] = Fraction(1)
        for row, pivot in zip(rows, pivots, strict=False):
            vector[pivot] = -row[column]
        vectors.append(vector)
    return vectors


def _balanced(directions: list[list[Fraction]]) -> bool:
    """Return whether every direction that lowers some empty cell raises another.

    By Stiemke's lemma that is so exactly when some positive combination of the rows is zero: x >= 1 with x rows = 0.
    Decided by the first phase of the simplex method in fractions, with Bland's rule, which cannot cycle.
    """
    height = len(directions[0])
    if height == 1:
        values = [row[0] for row in directions]
        return min(values) < 0 < max(values)
    width = len(directions)
    tableau = []
    for k in range(height):
        row = [directions[i][k] for i in range(width)]
        right = -sum(row, Fraction(0))
        sign = -1 if right < 0 else 1
        tableau.append([sign * x for x in row] + [sign * right])
    basis = list(range(width, width + height))
    while True:
        artificial = [row for row, b in zip(tableau, basis, strict=True) if b >= width]
        gain = [sum((row[j] for row in artificial), Fraction(0)) for j in range(width + 1)]
        if gain[width] == 0:
            return True
        enter = next((j for j in range(width) if gain[j] > 0 and j not in basis), None)
        if enter is None:
            return False
        leave = min(
            (i for i in range(height) if tableau[i][enter] > 0),
            key=lambda i: (tableau[i][width] / tableau[i][enter], basis[i]),
        )
        lead = tableau[leave][enter]
        tableau[leave] = [x / lead for x in tableau[leave]]
        for i in range(height):
            factor = tableau[i][enter]
            if i != leave and factor:
                tableau[i] = [a - factor * b for a, b in zip(tableau[i], tableau[leave], strict=True)]
        basis[leave] = enter
