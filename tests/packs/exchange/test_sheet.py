"""The rows for a spreadsheet: read back equal, guarded against formulas, refused where they do not hold together."""

import csv
import io
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.packs import load
from palermo.packs.exchange import sheet
from palermo.packs.exchange.rows import TableRefused

PACKS = {name: load(name) for name in ("mps-2010", "uk-nrm")}
PACK = PACKS["mps-2010"]
CHANGE = date(2010, 4, 1)
DAYS = [(name, day) for name, pack in PACKS.items() for day in pack.remit.starts]


def refused(text: str) -> list[str]:
    with pytest.raises(TableRefused) as wrong:
        sheet.read(text.encode(), PACK)
    return list(wrong.value.says)


@pytest.mark.parametrize(("name", "day"), DAYS)
def test_reading_back_gives_the_same_rows(name, day):
    pack = PACKS[name]

    table = sheet.read(sheet.write(pack, day).encode(), pack)

    assert table.rows == sheet.of_day(pack, day).rows
    assert np.array_equal(table.owners(), pack.remit.owners_of(pack.remit.on(day).winners))


def test_a_person_can_read_it():
    rows = list(csv.DictReader(io.StringIO(sheet.write(PACK, CHANGE).removeprefix("\ufeff"))))

    paladin = next(row for row in rows if row["rule"] == "C1")
    assert (paladin["owner"], paladin["basis"], paladin["sources"]) == ("SCD5-PALADIN", "stated", "§11; summary")
    assert (paladin["matter"], paladin["age"], paladin["reach"]) == ("trafficking", "child", "any")


def test_a_sheet_saved_with_columns_moved_and_cells_emptied_is_read():
    table = sheet.read(b"age,owner\r\nadult | unknown,TP\r\n child ,SCD5-PALADIN\r\n,\r\n", PACK)

    assert [(row.owner, row.place) for row in table.rows] == [("TP", "line 2"), ("SCD5-PALADIN", "line 3")]


@given(st.text())
def test_whatever_a_cell_holds_comes_back_and_is_no_formula(text):
    guarded = sheet.guarded(text)

    assert sheet.plain(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is nothing in it"),
        ("age\nadult\n", "there is no column `owner`"),
        ("owner,agee\nTP,adult\n", "no field 'agee'. Did you mean age?"),
        ("owner,age,age\nTP,adult,adult\n", "two columns are named 'age'; keep one"),
        (
            "owner,age\nTP,Adult\n",
            "line 2: age has no value 'Adult'. Values: adult, child, unknown. Did you mean adult?",
        ),
        ("owner,age\nTPP,adult\n", "line 2: there is no unit 'TPP'. Did you mean TP"),
        ("owner,basis\nTP,said\n", "line 2: basis 'said' is none"),
        ("owner,age\nTP\n", "line 2 has 1 cells, the first line 2"),
        ("owner,age\nTP,adult\n", "no row covers 136,080 of 204,120 profiles: age child or unknown; add a row"),
        ("owner\n", "no row covers 204,120 of 204,120 profiles: every referral; add a row"),
        ("owner\nTP\nSCD9\n", "line 2 (TP) and line 3 (SCD9) both claim 204,120 profiles: every referral"),
        ('owner\n"TP\n', "cannot be read as CSV"),
    ],
)
def test_a_sheet_that_could_be_misread_is_refused(text, says):
    assert says in "\n".join(refused(text))


def test_rows_of_one_unit_may_not_overlap_either():
    assert "both claim" in refused("owner\nTP\nTP\n")[0]


def test_more_rows_than_a_remit_has_are_refused():
    assert "are more than" in refused("owner\n" + "TP\n" * 6000)[0]
