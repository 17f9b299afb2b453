from datetime import date

import numpy as np
import pytest

from palermo.domain.remit import tables

STARTS = (date(2009, 4, 1), date(2010, 4, 1), date(2011, 1, 1))
WIDTH = 1000
ROWS = [0, 1, tables.GATHERED - 1, tables.GATHERED, 2 * tables.GATHERED + 3]
KINDS = [np.int32, np.int64, np.uint32]


def some_places(rows, kind):
    return np.random.default_rng(1).integers(0, WIDTH, rows).astype(kind)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gathered_part_by_part_is_what_stands_at_the_places(rows, kind):
    table = np.arange(WIDTH, dtype=np.int16)[::-1].copy()
    places = some_places(rows, kind)

    found = tables.gather(table, places)

    assert found.dtype == np.int16
    assert np.array_equal(found, table[places])


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("stray", [-1, WIDTH, 2**31 - 1, -(2**31)])
def test_at_a_place_outside_the_table_stands_its_last_entry(kind, stray):
    places = np.array([0, stray, 5], dtype=kind)
    days = np.full(3, STARTS[1], dtype="datetime64[D]")

    assert tables.gather(np.arange(WIDTH), places).tolist() == [0, WIDTH - 1, 5]
    assert tables.places_on(STARTS, days, places, WIDTH).tolist() == [WIDTH, 2 * WIDTH - 1, WIDTH + 5]


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_place_is_moved_to_the_table_of_its_own_day(rows, kind):
    places = some_places(rows, kind)
    days = np.datetime64(STARTS[0], "D") + np.random.default_rng(2).integers(0, 1000, rows)

    found = tables.places_on(STARTS, days, places, WIDTH)

    number = np.searchsorted(np.array(STARTS, dtype="datetime64[D]"), days, side="right") - 1
    assert np.array_equal(found, number * WIDTH + places)


def test_days_and_places_are_one_of_each_a_row():
    days = np.full(2, STARTS[1], dtype="datetime64[D]")

    with pytest.raises(ValueError, match="1 profiles have 2 days"):
        tables.places_on(STARTS, days, np.zeros(1, dtype=np.int32), WIDTH)
