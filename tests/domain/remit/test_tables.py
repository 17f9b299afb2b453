import numpy as np
import pytest

from palermo.domain.remit import tables


@pytest.mark.parametrize("rows", [0, 1, tables.GATHERED - 1, tables.GATHERED, 2 * tables.GATHERED + 3])
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_what_is_gathered_part_by_part_is_what_stands_at_the_places(rows, kind):
    table = np.arange(1000, dtype=np.int16)[::-1].copy()
    places = np.random.default_rng(1).integers(0, 1000, rows).astype(kind)

    found = tables.gather(table, places)

    assert found.dtype == np.int16
    assert np.array_equal(found, table[places])
