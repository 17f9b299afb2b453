import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.remit import tables
from palermo.packs.exchange.gathered import gather

PLACES = {np.int32: st.integers(-(2**31), 2**31 - 1), np.int64: st.integers(-(2**63), 2**63 - 1)}


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("entries", [np.uint8, np.uint16, np.int16])
@given(data=st.data())
def test_arrow_finds_what_numpy_finds(kind, entries, data):
    table = np.arange(data.draw(st.integers(1, 200)), dtype=entries)[::-1].copy()
    places = np.array(data.draw(st.lists(st.integers(-3, 210) | PLACES[kind], max_size=50)), dtype=kind)

    found = gather(table, places)

    assert found.dtype == entries
    assert found.tolist() == tables.gather(table, places).tolist()
    assert gather(table, places[::2]).tolist() == found[::2].tolist()
