"""What may leave: whoever has the released table and can do sums must not find a small count."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palermo.analytics import disclosure
from palermo.analytics.disclosure import TOTAL, release

TABLES = st.dictionaries(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from("vwxyz")),
    st.integers(0, 12) | st.integers(0, 200),
    min_size=1,
    max_size=20,
)


def found_by_sums(table, whole) -> set:
    """The held back cells that follow from exact sums of rows and columns: those on which all solutions agree."""
    hidden = [cell for cell, count in table.cells.items() if count is None]
    lines = [("row", name) for name in (*table.rows, TOTAL)] + [("column", name) for name in (*table.columns, TOTAL)]
    equations = np.zeros((len(lines), len(hidden)))
    for line, (kind, name) in enumerate(lines):
        for place, (row, column) in enumerate(hidden):
            if name == (row if kind == "row" else column):
                # the line's own total stands on the other side
                equations[line, place] = -1 if (column if kind == "row" else row) == TOTAL else 1
    if not hidden:
        return set()
    _, sizes, basis = np.linalg.svd(equations, full_matrices=True)
    free = basis[int((sizes > 1e-9).sum()) :]
    return {cell for place, cell in enumerate(hidden) if np.abs(free[:, place]).max(initial=0) < 1e-9}


def test_the_example_in_the_docstring_is_true():
    assert doctest.testmod(disclosure).failed == 0


@settings(deadline=None)
@given(TABLES)
def test_no_held_back_count_follows_from_the_sums(counts):
    table = release(counts, round_to=1)

    assert found_by_sums(table, counts) == set()


def test_the_check_finds_a_count_that_is_held_back_alone():
    counts = {("A", "v"): 3, ("A", "w"): 40, ("B", "v"): 50, ("B", "w"): 60}
    table = release(counts, round_to=1)
    alone = disclosure.ReleasedTable(
        table.rows, table.columns, {**disclosure.with_totals(counts), ("A", "v"): None}, 5, 1
    )

    assert found_by_sums(alone, counts) == {("A", "v")}
    assert sum(count is None for count in table.cells.values()) == 4


@given(TABLES, st.integers(0, 12), st.integers(1, 12))
def test_what_is_shown_is_large_enough_and_rounded(counts, smallest, to):
    whole = disclosure.with_totals(counts)

    table = release(counts, smallest_shown=smallest, round_to=to)

    assert table.cells.keys() == whole.keys()
    for cell, count in table.cells.items():
        if count is None:
            continue
        assert whole[cell] >= smallest
        assert count % to == 0
        assert abs(count - whole[cell]) * 2 <= to


@given(TABLES)
def test_nothing_is_held_back_where_every_count_is_large(counts):
    table = release({cell: count + 5 for cell, count in counts.items()})

    assert None not in table.cells.values()


def test_zeros_are_held_back_like_other_small_counts():
    table = release({("A", "v"): 0, ("A", "w"): 0, ("B", "v"): 0, ("B", "w"): 0})

    assert set(table.cells.values()) == {None}


def test_as_few_people_as_possible_are_held_back_with_a_small_count():
    table = release({("A", "v"): 3, ("A", "w"): 90, ("A", "x"): 10, ("B", "v"): 20, ("B", "w"): 80, ("B", "x"): 30})

    held_back = {cell for cell, count in table.cells.items() if count is None}
    assert held_back == {("A", "v"), ("A", "x"), ("B", "v"), ("B", "x")}


def test_a_table_of_one_count_has_its_total_held_back_too():
    assert set(release({("A", "v"): 3}).cells.values()) == {None}


def test_the_reader_is_told_what_was_done():
    assert "below 5 are held back" in release({("A", "v"): 7}).says
    assert "rounded" not in release({("A", "v"): 7}, round_to=1).says


@pytest.mark.parametrize(
    ("counts", "how"),
    [({("A", "v"): -1}, {}), ({("A", "v"): 1}, {"round_to": 0}), ({("A", "v"): 1}, {"smallest_shown": -1})],
)
def test_what_is_no_table_of_counts_is_refused(counts, how):
    with pytest.raises(ValueError, match=r"negative|cannot round"):
        release(counts, **how)


def test_a_row_without_a_name_is_refused():
    with pytest.raises(ValueError, match="need a name"):
        release({("", "x"): 30, ("B", "x"): 40})
