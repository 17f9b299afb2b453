"""Gathered: what stands in a table at a million places?

The same as `domain.remit.tables.gather` finds, in half the time: NumPy takes from 8-byte places only, and widens
narrower ones first.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from palermo.domain.remit.tables import without_sign

N = TypeVar("N", bound=np.integer)


def gather(table: npt.NDArray[N], places: npt.NDArray[np.integer]) -> npt.NDArray[N]:
    """The table's entries at these places; where a place lies outside the table, the last entry, kept for such places.

    What comes back cannot be written to.
    """
    last = len(table) - 1
    unsigned = without_sign(places, last)
    if unsigned.size and int(unsigned.max()) > last:
        unsigned = np.minimum(unsigned, np.uint32(last))
    # Arrow's own look at the places takes longer than the taking
    found: npt.NDArray[N] = pc.take(pa.array(table), pa.array(unsigned), boundscheck=False).to_numpy()
    return found
