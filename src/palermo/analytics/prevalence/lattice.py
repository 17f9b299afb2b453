"""Lattice: which sets of lists are there, and how are sums over them taken?

With t lists there are 2**t sets of lists. A set is written as a number whose
bit j says whether list j is in it, so the empty set is 0 and stands both for
the people on no list and for a model's intercept. Arrays over sets hold them
along the first axis; everything behind it (resamples, models) is a batch.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def lists_of(cells: int) -> int:
    """Return the number of lists behind an array of 2**t cells; ValueError for any other length."""
    lists = cells.bit_length() - 1
    if lists < 1 or 1 << lists != cells:
        raise ValueError(f"an array over sets of lists has a power of two of cells, not {cells}")
    return lists


def add_subsets(values: Floats | Ints) -> None:
    """Replace each cell, in place, by the sum over its subsets (a linear predictor from its coefficients)."""
    _transform(values, into=1, out_of=0)


def add_supersets(values: Floats | Ints) -> None:
    """Replace each cell, in place, by the sum over its supersets (people on at least these lists)."""
    _transform(values, into=0, out_of=1)


def _transform(values: Floats | Ints, *, into: int, out_of: int) -> None:
    if not values.flags.c_contiguous:
        raise ValueError("sums in place need an array in C order: a copy would be summed and lost")
    cells = values.shape[0]
    for bit in range(lists_of(cells)):
        halves = values.reshape(cells >> (bit + 1), 2, -1)
        np.add(halves[:, into], halves[:, out_of], out=halves[:, into])


@cache
def sizes(lists: int) -> Ints:
    """Return how many lists each set holds."""
    return np.array([cell.bit_count() for cell in range(1 << lists)], dtype=np.int64)


@cache
def signs(lists: int) -> Ints:
    """Return +1 for sets of an even size and -1 for the others (the lattice's Möbius function from the empty set)."""
    return 1 - 2 * (sizes(lists) & 1)


@cache
def pairs(lists: int) -> tuple[int, ...]:
    """Return the sets of two lists, in the order 12, 13, ..., 23, ... in which ties are broken."""
    return tuple((1 << a) | (1 << b) for a, b in combinations(range(lists), 2))
