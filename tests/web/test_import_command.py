"""`palermo import`: a row is taken whole or refused whole, once, and the report tells of each."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import OperationalError
from openpyxl import Workbook
from openpyxl.styles import numbers
from typer.testing import CliRunner

from palermo.main import app
from palermo.web.audit.models import Entry
from palermo.web.intake import queries
from palermo.web.intake.importing import tables, taking
from palermo.web.intake.models import Event, FactVersion, Ownership, PotentialVictim, Referral

TODAY = date(2010, 6, 30)
HEADER = ("id", "received", "age", "exploitation", "organised", "borough")
GOOD = ("A1", "2010-04-02", "adult", "sexual", "yes", "Newham")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_day_of_the_pack(settings):
    """These tests play in the summer of 2010, whenever they are run."""
    from django.utils import timezone

    settings.DAYS_SHIFTED = (TODAY - timezone.localdate()).days


@dataclass(frozen=True)
class Imported:
    """What the command gave back."""

    code: int
    report: list[dict]
    errors: str

    @property
    def statuses(self) -> list[str]:
        return [row["status"] for row in self.report]


@pytest.fixture
def importing(tmp_path) -> Callable[..., Imported]:
    """Writes bytes, text, or rows as a CSV file, and imports it."""

    def run(content: bytes | str | Sequence[Sequence[str]], *options: str, name: str = "list.csv") -> Imported:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_bytes(content.encode())
        else:
            path.write_bytes(as_csv(content).encode())
        return command(path, *options)

    return run


def command(path: Path, *options: str) -> Imported:
    result = CliRunner().invoke(app, ["import", str(path), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.stderr
    report = [json.loads(line) for line in result.stdout.splitlines()]
    return Imported(result.exit_code, report, result.stderr.replace(f"{path.parent}{os.sep}", ""))


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def as_xlsx(*sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(workbook: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


def with_column(column: str, value: str) -> list[tuple[str, ...]]:
    """A good row with one column more, or with another value in it."""
    row = dict(zip(HEADER, GOOD, strict=True)) | {column: value}
    return [tuple(row), tuple(row.values())]


def kept() -> tuple[int, int]:
    return Referral.objects.count(), Entry.objects.count()


# What is taken


def test_a_row_is_kept_as_it_was_written(importing):
    told = {
        "id": "HP-17",
        "received": "2010-04-02T14:30",
        "age": "adult",
        "exploitation": "labour",
        "organised": "TRUE",
        "victims": "3",
        "borough": "E09000025",
        "given_names": "Miró",
        "family_name": "Ткаченко",
        "date_of_birth": "1980-05",
        "sex": "female",
        "nationality": "Ruritanian",
        "safe_contact": "through the shelter;\nnever in the evening",
        "acts": "recruitment; transportation",
        "means": "deception|abduction",
        "purposes": "none",
        "consent": "no",
        "account": 'She said "help".',
        "first_responder": "caseworker",
        "restricted": "yes",
    }

    got = importing([tuple(told), tuple(told.values())], "--source", "Harbour Project")

    assert (got.code, got.statuses) == (0, ["taken"])
    referral = Referral.objects.get()
    assert got.report == [{"row": 1, "line": 2, "status": "taken", "reference": referral.reference, "problems": []}]
    assert referral.channel == "import"
    assert referral.received_at.isoformat() == "2010-04-02T13:30:00+00:00"
    assert (referral.referring_body, referral.sender_reference) == ("Harbour Project", "HP-17")
    assert (referral.account, referral.first_responder) == ('She said "help".', "caseworker")
    assert referral.restricted
    person = PotentialVictim.objects.get()
    assert (person.given_names, person.family_name, person.date_of_birth) == ("Miró", "Ткаченко", "1980-05")
    assert person.safe_contact == "through the shelter;\nnever in the evening"
    facts = FactVersion.objects.get()
    assert {name: facts.facts[name] for name in ("age", "organised", "victims", "olympic")} == {
        "age": "adult",
        "organised": "yes",
        "victims": "multiple",
        "olympic": "yes",
    }
    assert facts.borough == "Newham"
    assert facts.elements == {
        "acts": ["recruitment", "transportation"],
        "means": ["deception", "abduction"],
        "purposes": [],
        "consent": False,
        "indicators": [],
    }
    assert Ownership.objects.get().referral == referral
    assert Entry.objects.get(action="referral_received").actor == "command:import"
    assert Event.objects.filter(kind="received").get().by_words == "command:import"


def test_an_empty_cell_is_not_known_yet(importing):
    got = importing([("received", "age", "acts", "family_name"), ("2010-04-02", "", " ", "")])

    assert got.code == 0
    facts = FactVersion.objects.get()
    assert (facts.facts["age"], facts.facts["exploitation"], facts.elements["acts"]) == ("unknown", "unknown", None)
    assert not PotentialVictim.objects.exists()


def test_a_day_without_a_time_counts_from_its_beginning_in_the_force_s_time_zone(importing):
    importing([HEADER, GOOD])

    assert Referral.objects.get().received_at.isoformat() == "2010-04-01T23:00:00+00:00"


def test_the_row_s_own_body_comes_before_the_sender_of_the_file(importing):
    importing(
        [(*HEADER, "referring_body"), (*GOOD, "Quay Trust"), ("A2", *GOOD[1:], "")], "--source", "Harbour Project"
    )

    bodies = Referral.objects.order_by("sender_reference").values_list("referring_body", flat=True)
    assert list(bodies) == ["Quay Trust", "Harbour Project"]


def test_a_file_that_names_no_body_is_said_to(importing):
    got = importing([HEADER, GOOD])

    assert got.code == 0
    assert "Give --source to name it" in got.errors
    assert Referral.objects.get().referring_body == "a body not named"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_columns_stand_in_any_order_in_any_capitals_behind_any_delimiter(importing, delimiter, mark):
    rows = [("Borough", " AGE", "Date-of Birth", "Received "), ("Camden", "adult", "1980", "2010-04-02")]

    got = importing(mark + as_csv(rows, delimiter).encode())

    assert got.statuses == ["taken"]
    assert PotentialVictim.objects.get().date_of_birth == "1980"
    assert FactVersion.objects.get().borough == "Camden"


def test_blank_lines_are_passed_over_and_lines_are_still_counted(importing):
    got = importing("\nreceived,age\n\n,\n2010-04-02,Child\n")

    assert [(row["row"], row["line"]) for row in got.report] == [(1, 5)]
    assert "list.csv:5: age: 'Child'" in got.errors


# Good rows and bad ones


def test_good_rows_are_taken_and_bad_ones_are_told(importing):
    got = importing([HEADER, GOOD, ("A2", "2010-04-02", "Child", "sexual", "maybe", "Newhm"), ("A3", *GOOD[1:])])

    assert (got.code, got.statuses) == (2, ["taken", "refused", "taken"])
    assert Referral.objects.count() == 2
    assert [problem["field"] for problem in got.report[1]["problems"]] == ["age", "organised", "borough"]
    assert got.report[1]["problems"][0] == {
        "field": "age",
        "value": "Child",
        "says": "age 'Child' is not a value of age (adult, child, unknown)",
        "allowed": ["adult", "child", "unknown"],
    }
    assert got.errors.splitlines()[:3] == [
        "list.csv:3: age: 'Child' is not a value of age (adult, child, unknown)",
        "list.csv:3: organised: 'maybe' is not a value of organised (yes, no, unknown)",
        "list.csv:3: borough: 'Newhm' is not one of this pack. Did you mean Newham or Lewisham?",
    ]
    assert "1 refused, 2 taken" in got.errors


def test_all_or_nothing_takes_nothing_where_one_row_is_bad(importing):
    got = importing([HEADER, GOOD, ("A2", "2010-04-02", "Child", "", "", "")], "--all-or-nothing")

    assert (got.code, got.statuses) == (2, ["would be taken", "refused"])
    assert "no row was taken" in got.errors
    assert kept() == (0, 0)


def test_all_or_nothing_takes_all_where_all_are_good(importing):
    got = importing([HEADER, GOOD, ("A2", *GOOD[1:])], "--all-or-nothing")

    assert (got.code, got.statuses) == (0, ["taken", "taken"])
    assert {row["reference"] for row in got.report} == {one.reference for one in Referral.objects.all()}


def test_all_or_nothing_takes_nothing_where_a_row_turns_bad_between_trying_and_taking(importing, monkeypatch):
    importing([HEADER, GOOD])
    before = kept()
    real, asked = queries.kept_under, []

    def not_there_at_first(keys):
        asked.append(keys)
        return {} if len(asked) == 1 else real(keys)

    monkeypatch.setattr(queries, "kept_under", not_there_at_first)
    got = importing([HEADER, ("A0", *GOOD[1:]), ("A1", "2010-04-03", *GOOD[2:])], "--all-or-nothing")

    assert (got.code, got.statuses) == (2, ["would be taken", "refused"])
    assert kept() == before


@pytest.mark.parametrize("option", [[], ["--all-or-nothing"]])
def test_a_dry_run_writes_nothing_and_says_what_would_be(importing, option):
    importing([HEADER, GOOD])
    before = kept()

    got = importing([HEADER, GOOD, ("A2", *GOOD[1:]), ("A3", "soon", "", "", "", "")], "--dry-run", *option)

    assert (got.code, got.statuses) == (2, ["there already", "would be taken", "refused"])
    assert kept() == before


# Once


def test_a_file_imported_twice_is_taken_once(importing):
    rows = [(*HEADER, "acts", "given_names"), (*GOOD, "recruitment", "Ana"), ("", *GOOD[1:], "receipt", "Bo")]
    first = importing(rows, "--source", "Harbour Project")
    before = kept()

    # as the same body writes itself on another day
    second = importing(rows, "--source", "harbour  PROJECT")

    assert first.statuses == ["taken", "taken"]
    assert (second.code, second.statuses) == (0, ["there already", "there already"])
    assert [row["reference"] for row in second.report] == [row["reference"] for row in first.report]
    assert kept() == before


def test_an_id_that_exists_with_other_content_is_refused(importing):
    reference = importing([HEADER, GOOD]).report[0]["reference"]
    before = kept()

    got = importing([HEADER, ("A1", "2010-04-02", "child", "sexual", "yes", "Camden")])

    assert (got.code, got.statuses) == (2, ["refused"])
    assert f"id: the referral {reference} has this id and exists with other content (age, olympic and borough)" in (
        got.errors
    )
    assert kept() == before


def test_a_correction_made_since_is_no_other_content(importing):
    importing([HEADER, GOOD])
    first = FactVersion.objects.get()
    FactVersion.objects.create(
        referral=first.referral,
        version=2,
        facts=first.facts | {"age": "child"},
        borough="Camden",
        profile=first.profile,
        recorded_at=first.recorded_at,
        reason="seen by a doctor",
    )

    assert importing([HEADER, GOOD]).statuses == ["there already"]


def test_the_same_id_from_another_body_is_another_referral(importing):
    importing([HEADER, GOOD], "--source", "Harbour Project")

    got = importing([HEADER, GOOD], "--source", "Quay Trust")

    assert got.statuses == ["taken"]
    assert Referral.objects.count() == 2


@pytest.mark.parametrize("option", [[], ["--dry-run"], ["--all-or-nothing"]])
def test_a_row_that_stands_twice_with_its_id_is_one_referral(importing, option):
    got = importing([HEADER, GOOD, GOOD], *option)

    assert got.code == 0
    assert got.statuses[1] == "there already"
    assert got.report[0]["reference"] == got.report[1]["reference"]
    assert Referral.objects.count() == (0 if option == ["--dry-run"] else 1)


def test_one_id_for_two_referrals_of_a_file_is_refused(importing):
    got = importing([HEADER, GOOD, ("A1", "2010-04-03", *GOOD[2:])])

    assert got.statuses == ["taken", "refused"]
    assert "list.csv:3: id: row 1 has the same id and says something else" in got.errors


def test_two_equal_rows_without_an_id_may_be_two_people_and_are_not_made_one(importing):
    got = importing([HEADER, ("", *GOOD[1:]), ("", *GOOD[1:])])

    assert (got.code, got.statuses) == (2, ["taken", "refused"])
    assert "Give each an id, or delete one of the two" in got.errors


def test_the_same_rows_as_a_workbook_are_there_already(importing):
    importing([(*HEADER, "victims", "date_of_birth"), ("17", *GOOD[1:], "3", "1980-05-04")])

    day = datetime.fromisoformat("2010-04-02")
    born = datetime.fromisoformat("1980-05-04")
    got = importing(
        as_xlsx([(*HEADER, "victims", "date_of_birth"), (17.0, day, "adult", "sexual", True, "Newham", 3, born)]),
        name="list.xlsx",
    )

    assert (got.code, got.statuses) == (0, ["there already"])


# Broken off


def test_what_is_reported_is_kept_and_nothing_is_half_taken_when_it_is_stopped(importing, monkeypatch):
    rows = [HEADER, *((f"A{number}", *GOOD[1:]) for number in range(7))]
    monkeypatch.setattr(taking, "CHUNK", 3)
    real, seen = taking.receive_referral, []

    def stopped(submission, actor):
        seen.append(submission)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return real(submission, actor)

    monkeypatch.setattr(taking, "receive_referral", stopped)
    got = importing(rows)
    assert (got.code, got.statuses) == (1, ["taken"] * 3)
    assert {row["reference"] for row in got.report} == set(Referral.objects.values_list("reference", flat=True))
    assert "broken off (stopped) after 3 taken" in got.errors

    monkeypatch.setattr(taking, "receive_referral", real)
    assert importing(rows).statuses == ["there already"] * 3 + ["taken"] * 4


def test_a_database_that_goes_away_is_said_without_a_traceback(importing, monkeypatch):
    def gone(submission, actor):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(taking, "receive_referral", gone)
    got = importing([HEADER, GOOD])

    assert (got.code, got.report) == (1, [])
    assert "broken off (the server closed the connection) after no row was taken" in got.errors


# Rows that are refused

BAD_CELLS = [
    ("received", "", "received: there is no day of receipt"),
    ("received", "2 April 2010", "received: '2 April 2010' is no date. Write it as 2010-04-01"),
    ("received", "02/04/2010", "received: '02/04/2010' is no date"),
    ("received", "20100402", "received: '20100402' is no date"),
    ("received", "2010-02-30", "received: '2010-02-30' is no date"),
    ("received", "2010-04-02T25:00", "is no date"),
    ("received", "0001-01-01T00:00+14:00", "received:"),
    ("received", "2010-07-01", "received: 2010-07-01 is in the future; today is 2010-06-30"),
    ("received", "2010-07-01T00:00+01:00", "is in the future"),
    ("received", "2007-03-31", "received: "),
    ("age", "Child", "age: 'Child' is not a value of age (adult, child, unknown)"),
    ("age", "adult child", "is not a value of age"),
    ("organised", "1", "organised: '1' is not a value"),
    ("victims", "0", "victims: 0 is not a value"),
    ("victims", "-1", "victims: '-1' is not a value"),
    ("victims", "2.5", "victims: '2.5' is not a value"),
    ("borough", "Newhm", "Did you mean Newham"),
    ("olympic", "no", "olympic: 'no' does not follow from the borough: Newham gives yes"),
    ("acts", "recruitment, transfer", "Separate several with ; or |"),
    ("acts", "deception", "Put it under means"),
    ("means", "none;deception", "means: none stands beside others"),
    ("purposes", "forced_labor", "Did you mean forced_labour"),
    ("indicators", "XX-1", "indicators: no indicator 'XX-1'"),
    ("consent", "perhaps", "consent: 'perhaps' is neither yes nor no"),
    ("consent", "Yes", "consent: 'Yes' is neither yes nor no"),
    ("restricted", "x", "restricted: 'x' is neither yes nor no"),
    ("restricted", "unknown", "restricted: 'unknown' is neither yes nor no"),
    ("sex", "F", "sex: 'F' is not one of female, male, other, unknown"),
    ("date_of_birth", "1.5.1980", "date_of_birth: '1.5.1980' is no date"),
    ("date_of_birth", "1980-13", "is no date"),
    ("date_of_birth", "2010-05-01", "is before 1890 or after the day of receipt"),
    ("date_of_birth", "1780", "is before 1890"),
    ("date_of_birth", "1999", "age: born 1999, the person was a child on 2010-04-02, but age says adult"),
    ("given_names", "x" * 201, "given_names: the text has 201 characters; the most is 200"),
    ("account", "x" * 20_001, "account: the text has 20,001 characters; the most is 20,000"),
    ("id", "x" * 121, "id: the text has 121 characters; the most is 120"),
    ("referring_body", "x" * 121, "referring_body: the text has 121 characters"),
    ("account", "a\0b", "account: character 2 (U+0000) is not text"),
    ("family_name", "a\x1b[31m", "family_name: character 2 (U+001B) is not text"),
    ("age", "\x07adult", "age: character 1 (U+0007) is not text"),
]


@pytest.mark.parametrize(("column", "value", "says"), BAD_CELLS)
def test_a_bad_cell_refuses_its_row_with_line_field_and_remedy(importing, column, value, says):
    got = importing(with_column(column, value))

    assert (got.code, got.statuses) == (2, ["refused"])
    assert "list.csv:2: " in got.errors
    assert says in got.errors
    assert all(len(problem["value"]) <= 210 for problem in got.report[0]["problems"])
    assert kept() == (0, 0)


@pytest.mark.parametrize(
    ("row", "count"), [("2010-04-02", 1), ("2010-04-02,adult,Camden", 3), ("2010-04-02,adult,", 3)]
)
def test_a_ragged_row_is_refused_and_the_others_are_taken(importing, row, count):
    got = importing(f"received,age\n{row}\n2010-04-02,child\n")

    assert (got.code, got.statuses) == (2, ["refused", "taken"])
    assert f"list.csv:2: the row has {count} cells and the header 2" in got.errors


def test_nothing_may_stand_under_a_column_without_a_name(importing):
    got = importing("received,,age\n2010-04-02,,adult\n2010-04-02,x,adult\n")

    assert got.statuses == ["taken", "refused"]
    assert "list.csv:3: column 2: something stands in a column that the header does not name" in got.errors


# Files that are refused

NAMES_NOTHING = "list.csv:1: the first line names no column that is known"
BAD_FILES = [
    (b"", "list.csv: the file is empty"),
    (b"\n \n,,\n", "list.csv: the file is empty"),
    (b"received,age\n", "list.csv: there is a header and no row below it"),
    (b"received,age\n\n,\n", "list.csv: there is a header and no row below it"),
    (b"2010-04-02,adult\n2010-04-03,adult\n", NAMES_NOTHING),
    (b"age,borough\nadult,Camden\n", "list.csv:1: there is no column received"),
    (b"received,agee\n2010-04-02,adult\n", "list.csv:1: no column 'agee'. Did you mean age?"),
    (b"received,age,Age\n2010-04-02,adult,child\n", "list.csv:1: the column age is there twice"),
    (b"received,shoe size\n2010-04-02,38\n", "list.csv:1: no column 'shoe size'. Columns: id, received"),
    ("received,account\n2010-04-02,café\n".encode("latin-1"), "list.csv:2: byte 15 (0xe9) is not UTF-8. Save it again"),
    ("received,age\n2010-04-02,adult\n".encode("utf-16"), "list.csv:1: the file is in UTF-16"),
    ("received,age\n2010-04-02,adult\n".encode("utf-16-le"), "list.csv:1: this is not text in UTF-8"),
    (b'received,account\n2010-04-02,fine\n2010-04-02,"open\nand on\n', "list.csv:3: a quotation mark"),
    (b'received,account\n2010-04-02,"a"b\n', "list.csv:2: a quotation mark"),
    (b"received,age\r2010-04-02,adult\r", "list.csv:1: a line ends in a way that is not read here"),
    (b"received,account\n2010-04-02," + b"x" * 10_000_000, "list.csv:2: this line is longer than 1,000,000 bytes"),
    (b'received,account\n2010-04-02,"' + b"x\n" * 100_000 + b'"\n', "list.csv:2: a field is longer than 131,072"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "list.csv: this is an old .xls workbook, or one that is protected"),
    (b"PK\x03\x04 and then nothing", "list.csv: the workbook is damaged"),
]


@pytest.mark.parametrize(("content", "says"), BAD_FILES, ids=[says[:40] for _, says in BAD_FILES])
@pytest.mark.parametrize("option", ["", "--dry-run", "--all-or-nothing"])
def test_a_bad_file_is_refused_whole_before_anything_is_written(importing, content, says, option):
    got = importing(content, *filter(None, [option]))

    assert (got.code, got.report) == (2, [])
    assert says in got.errors
    assert "nothing was taken" in got.errors
    assert kept() == (0, 0)


def test_every_fault_of_a_header_is_told_at_once(importing):
    got = importing(b"age,Age,agee\nadult,adult,adult\n")

    assert [line.split(". ")[0] for line in got.errors.splitlines()[:3]] == [
        "list.csv:1: the column age is there twice",
        "list.csv:1: no column 'agee'",
        "list.csv:1: there is no column received",
    ]


def test_a_fault_of_the_file_behind_good_rows_takes_none_of_them(importing):
    rows = as_csv([HEADER, *((f"A{number}", *GOOD[1:]) for number in range(150))])

    got = importing(rows.encode() + b"A151,\xff\n")

    assert (got.code, got.report) == (2, [])
    assert "list.csv:152: byte 6 (0xff) is not UTF-8" in got.errors
    assert kept() == (0, 0)


def test_more_rows_than_are_read_are_refused(importing, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 2)

    got = importing([HEADER, GOOD, GOOD, GOOD])

    assert got.code == 2
    assert "list.csv:4: there are more than 2 rows. Split the file" in got.errors


def test_a_missing_file_and_a_directory_are_refused(tmp_path):
    missing, directory = command(tmp_path / "none.csv"), command(tmp_path)

    assert (missing.code, directory.code) == (2, 2)
    assert "none.csv: there is no such file" in missing.errors
    assert "this is a directory" in directory.errors


def test_a_sender_that_cannot_be_kept_is_refused(importing):
    got = importing([HEADER, GOOD], "--source", "x" * 121)

    assert got.code == 2
    assert "--source: give the body's name in up to 120 plain characters" in got.errors
    assert kept() == (0, 0)


# Workbooks


def test_a_workbook_s_dates_numbers_and_truths_are_read_as_they_are_meant(importing):
    rows = [
        ("Received", "victims", "organised", "sender reference", "date of birth"),
        (datetime.fromisoformat("2010-04-02T14:30"), 2, True, 1001.0, 1980),
        ("2010-04-03", "", False, date(2010, 4, 1), "1980-05"),
    ]

    got = importing(as_xlsx(rows), name="list.xlsx")

    assert (got.code, got.statuses) == (0, ["taken", "taken"])
    first, second = Referral.objects.order_by("received_at")
    assert (first.received_at.isoformat(), first.sender_reference) == ("2010-04-02T13:30:00+00:00", "1001")
    assert second.sender_reference == "2010-04-01"
    assert [one.facts["organised"] for one in FactVersion.objects.order_by("referral__received_at")] == ["yes", "no"]


def test_a_formula_or_an_error_in_a_cell_refuses_its_row(importing):
    rows = [("received", "age", "borough"), ("2010-04-02", '=IF(1,"adult","child")', "Camden")]
    rows += [("2010-04-02", "adult", "#N/A"), ("2010-04-02", "adult", "Camden")]

    got = importing(as_xlsx(rows), name="list.xlsx")

    assert (got.code, got.statuses) == (2, ["refused", "refused", "taken"])
    assert "list.xlsx:2: age: the cell holds a formula. Copy it and paste it as a value" in got.errors
    assert "list.xlsx:3: borough: the cell holds the error #N/A" in got.errors


def test_the_sheet_with_the_columns_is_found_and_lines_are_the_sheet_s(importing):
    got = importing(
        as_xlsx([("How to fill this in",)], [(), ("received", "age"), (), ("2010-04-02", "Child")]), name="list.xlsx"
    )

    assert got.statuses == ["refused"]
    assert "list.xlsx:4: age: 'Child'" in got.errors


def test_two_sheets_of_referrals_are_refused_rather_than_one_left_out(importing):
    rows = [("received", "age"), ("2010-04-02", "adult")]

    got = importing(as_xlsx(rows, rows), name="list.xlsx")

    assert got.code == 2
    assert "several sheets hold referrals (“Sheet 1”, “Sheet 2”)" in got.errors
    assert kept() == (0, 0)


def test_a_sheet_that_states_a_wrong_size_loses_no_row(importing):
    book = as_xlsx([("received", "age"), ("2010-04-02", "adult"), ("2010-04-03", "child")])
    wrong = changed(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1:A2"'))
    assert wrong != book

    assert importing(wrong, name="list.xlsx").statuses == ["taken", "taken"]


BOOK = as_xlsx([("received", "age"), ("2010-04-02", "adult")])
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
BAD_BOOKS = [
    (b"received,age\n2010-04-02,adult\n", "this is not a workbook although it is named .xlsx"),
    (b"", "the file is empty"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "protected by a password. Save it as .xlsx, without one"),
    (BOOK[:-40], "the workbook is damaged"),
    (changed(BOOK, "xl/worksheets/sheet1.xml", lambda xml: xml[:-30]), "the workbook is damaged"),
    (changed(BOOK, "xl/worksheets/sheet1.xml", lambda xml: ENTITIES), "the workbook is damaged (EntitiesForbidden"),
    (changed(BOOK, "xl/workbook.xml", lambda xml: ENTITIES), "the workbook is damaged (EntitiesForbidden"),
    (changed(BOOK, "xl/worksheets/sheet1.xml", lambda xml: b" " * 100_000_000), "unpacks to more than 100 MB"),
    (
        changed(BOOK, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="2"', b'r="999999999"')),
        "the sheet goes on after the last row that a sheet can have",
    ),
    (as_xlsx([]), "the file is empty"),
    (as_xlsx([("received", "age")]), "there is a header and no row below it"),
    (as_xlsx([("received", *[""] * 600, "x"), ("2010-04-02",)]), "there are more than 500 columns"),
    (as_xlsx([("received", "=A1"), ("2010-04-02", "x")]), "list.xlsx:1: column 2: the cell holds a formula"),
]


@pytest.mark.parametrize(("content", "says"), BAD_BOOKS, ids=[says[-40:] for _, says in BAD_BOOKS])
def test_a_bad_workbook_is_refused_whole(importing, content, says):
    got = importing(content, name="list.xlsx")

    assert (got.code, got.report) == (2, [])
    assert says in got.errors
    assert kept() == (0, 0)


def test_an_archive_that_is_no_workbook_is_refused(importing):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", "<x/>")

    got = importing(out.getvalue(), name="list.xlsx")

    assert got.code == 2
    assert "this is an archive, but not an XLSX workbook" in got.errors


def test_a_date_that_no_calendar_has_refuses_its_row(importing):
    book = Workbook()
    book.active.append(("received", "age"))
    book.active.append((99_999_999, "adult"))
    book.active["A2"].number_format = numbers.FORMAT_DATE_YYYYMMDD2
    out = io.BytesIO()
    book.save(out)

    got = importing(out.getvalue(), name="list.xlsx")

    assert got.statuses == ["refused"]
    assert "list.xlsx:2: received:" in got.errors


# The command itself


def test_the_command_of_the_shell_refuses_without_a_database_or_a_traceback(tmp_path):
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    path = tmp_path / "list.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    good = tmp_path / "list.csv"
    good.write_text("received\n2010-04-02\n")

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from palermo.main import main; main()", "import", str(file)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    refused, unreachable = run(path), run(good)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "this is an old .xls workbook" in refused.stderr
    assert (unreachable.returncode, unreachable.stdout) == (1, "")
    assert "the database does not answer" in unreachable.stderr
    assert "Traceback" not in refused.stderr + unreachable.stderr
