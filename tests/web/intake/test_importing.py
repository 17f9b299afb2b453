"""Reading a partner's file: what was written comes back, and what is meant by a column, a key and a content."""

import csv
import io
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from palermo.web.intake.importing import rows, tables

DAY = datetime.fromisoformat("2010-06-30T12:00+01:00")
# what a cell of either kind of file can hold: no controls, and nothing that a spreadsheet takes for a formula
TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20).map(
    lambda text: f"x{text.strip()}"
)


def grids(narrowest: int):
    widths = st.integers(narrowest, 5)
    return widths.flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=5))


def counts(cells) -> int:
    return sum(cell in ("received", "age") for cell in cells)


def read(content: bytes, name: str) -> list[tuple[str, ...]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        table = tables.open_table(path, counts)
        again = [row.cells for row in table.rows()]
        found = [(row.number, row.cells) for row in table.rows()]
    assert [cells for _, cells in found] == again
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return again


# a file of one column has nothing in it that tells its delimiter
@given(grids(2), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_every_text_that_was_written_comes_back_whatever_the_delimiter(grid, delimiter, ending):
    out = io.StringIO()
    header = ["received", "age", *"abcdefgh"][: len(grid[0]) if grid else 1]
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows([header, *grid])

    assert read(out.getvalue().encode(), "list.csv") == [tuple(row) for row in grid]


@given(grids(1))
def test_every_text_of_a_sheet_comes_back(grid):
    book = Workbook()
    book.active.append(["received"])
    for row in grid:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)

    assert read(out.getvalue(), "list.xlsx") == [tuple(row) for row in grid]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "n", ""),
        (7, "n", "7"),
        (7.0, "n", "7"),
        (7.5, "n", "7.5"),
        (True, "b", "true"),
        (date(2010, 4, 2), "d", "2010-04-02"),
        (datetime.fromisoformat("2010-04-02"), "d", "2010-04-02"),
        (datetime.fromisoformat("2010-04-02T14:29:59.999997"), "d", "2010-04-02T14:30:00"),
        (time(14, 30), "d", "14:30:00"),
        ("=A1", "s", "=A1"),
    ],
)
def test_a_cell_of_a_sheet_is_read_as_it_would_be_written(value, kind, text):
    assert tables.plain(value, kind) == (text, "")


def test_lines_are_those_of_the_file_even_where_a_field_has_several(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('received,account\n2010-04-01,"one\ntwo\nthree"\n\n2010-04-02,x\n')

    assert [(row.number, row.line) for row in tables.open_table(path, counts).rows()] == [(1, 2), (2, 6)]


@pytest.mark.parametrize(
    "written", ["date_of_birth", "Date of Birth", " DATE-OF-BIRTH ", "date  of\nbirth", "date_of birth"]
)
def test_a_column_is_known_in_any_capitals_and_spaces(written):
    assert rows.column(written) == "date_of_birth"


@pytest.fixture
def by():
    from palermo.web import policy

    return rows.Reading(("id", "received", "age", "acts"), policy.pack(), DAY, "Harbour Project", ragged=True)


def told(by: rows.Reading, *cells: str) -> rows.Told:
    found = rows.read(tables.Row(1, 2, cells), by)
    assert isinstance(found, rows.Told), found
    return found


def test_the_key_is_the_sender_s_id_or_else_what_the_row_says(by):
    first = told(by, "A1", "2010-04-02", "adult", "")
    assert told(by, "A1", "2010-04-03", "child", "").submission.key == first.submission.key
    assert told(by, "a1", "2010-04-02", "adult", "").submission.key != first.submission.key

    nameless = told(by, "", "2010-04-02", "adult", "recruitment; receipt")
    assert told(by, " ", "2010-04-02", "adult", "recruitment|receipt").submission.key == nameless.submission.key
    assert told(by, "", "2010-04-02", "child", "recruitment; receipt").submission.key != nameless.submission.key


def test_none_is_looked_for_and_not_there_and_empty_is_not_known(by):
    acts = [told(by, "", "2010-04-02", "", word).submission.elements["acts"] for word in ("none", "", "unknown")]

    assert acts == [[], None, None]


def test_an_element_is_kept_once_by_the_name_that_the_form_keeps_it_under(by):
    elements = told(by, "", "2010-04-02", "", "transfer; transfer |recruitment").submission.elements

    assert elements["acts"] == ["transfer", "recruitment"]


def test_every_problem_of_a_row_is_found_at_once(by):
    found = rows.read(tables.Row(1, 2, ("x" * 200, "soon", "Child", "deceit")), by)

    assert [problem.field for problem in found] == ["id", "received", "age", "acts"]


@given(st.lists(st.text(max_size=30), min_size=4, max_size=4))
def test_no_text_at_all_breaks_the_reader(cells):
    from palermo.web import policy

    by = rows.Reading(("id", "received", "age", "acts"), policy.pack(), DAY, "", ragged=True)
    found = rows.read(tables.Row(1, 2, tuple(cells)), by)

    assert isinstance(found, rows.Told) or all(problem.says for problem in found)
