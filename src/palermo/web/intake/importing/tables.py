"""What stands in a partner's file? Rows of text out of CSV or XLSX, read one at a time, or a plain refusal.

Nothing here knows what the columns mean. Every cell comes out as text: a date cell as 2010-04-01, a whole number
without a point, a true cell as `true`. A file may be hostile: sizes are limited before anything is unpacked.
"""

from __future__ import annotations

import csv
import itertools
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.xml import DEFUSEDXML, LXML

MOST_ROWS = 200_000
MOST_COLUMNS = 500
MOST_IN_LINE = 1_000_000
"""Bytes in one line of a CSV."""
MOST_IN_FIELD = 131_072
"""Characters in one field of a CSV; the csv module's own limit, which stays as it is."""
MOST_UNPACKED = 100_000_000
"""Bytes of a workbook once it is unpacked."""
MOST_PARTS = 2_000
"""Files within a workbook."""
LAST_SHEET_ROW = 1_048_576

DELIMITERS = (",", ";", "\t")
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"
WORKBOOKS = (".xlsx", ".xlsm")
AS_UTF_8 = "Save it again as “CSV UTF-8 (comma delimited)”"
AS_XLSX = "Open it in a spreadsheet program and save it as .xlsx or as “CSV UTF-8”"

Counts = Callable[[Sequence[str]], int]
"""How many of these words are names of columns: tells the delimiter, and which sheet is meant."""


class FileRefused(ValueError):
    """The file cannot be read as a table; `faults` are pairs of a line, where there is one, and what is wrong."""

    def __init__(self, *faults: tuple[int | None, str]):
        super().__init__("; ".join(says for _, says in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file. `number` counts rows of data from 1, `line` lines of the file or the sheet.

    `faults` are cells that hold no plain value: the place of each, from 0, and what is wrong.
    """

    number: int
    line: int
    cells: tuple[str, ...]
    faults: tuple[tuple[int, str], ...] = ()

    @property
    def blank(self) -> bool:
        return not self.faults and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and rows that can be read again and again, each time from the file."""

    header: Row
    read: Callable[[], Iterator[Row]]
    ragged: bool
    """Whether rows shorter or longer than the header are a fault: in a CSV, never in a sheet."""

    def rows(self) -> Iterator[Row]:
        """The rows of data that are not blank, in order. Raises FileRefused where the file breaks off."""
        found = itertools.islice(self.read(), 1, None)
        number = 0
        for row in found:
            if row.blank:
                continue
            number += 1
            if number > MOST_ROWS:
                raise FileRefused((row.line, f"there are more than {MOST_ROWS:,} rows. Split the file"))
            yield Row(number, row.line, row.cells, row.faults)


def open_table(path: Path, counts: Counts) -> Table:
    """The table in the file. Raises FileRefused where there is none."""
    table = sheet(path, counts) if is_workbook(path) else text(path, counts)
    if table is None:
        raise FileRefused((None, "the file is empty. Its first line must hold the names of the columns"))
    return table


def is_workbook(path: Path) -> bool:
    """Whether it is a workbook and not text, going by its content. Raises FileRefused for what is neither."""
    if path.is_dir():
        raise FileRefused((None, "this is a directory. Give one CSV or XLSX file"))
    if not path.exists():
        raise FileRefused((None, "there is no such file. Check the name"))
    if not path.is_file():
        raise FileRefused((None, "this is not a file that can be read twice. Save what it gives, and import that"))
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise FileRefused((None, f"the file cannot be read ({error.strerror}). Check who may read it")) from error
    if start == OLE:
        says = "this is an old .xls workbook, or one that is protected by a password. Save it as .xlsx, without one"
        raise FileRefused((None, says))
    if start and start != ZIP and path.suffix.lower() in WORKBOOKS:
        raise FileRefused((None, f"this is not a workbook although it is named {path.suffix}. {AS_XLSX}"))
    return start == ZIP


# CSV


def text(path: Path, counts: Counts) -> Table | None:
    """The table of a CSV; commas, semicolons or tabs, whichever make most column names of the first line."""
    headers = {delimiter: first_record(path, delimiter) for delimiter in DELIMITERS}
    if None in headers.values():
        # nothing but delimiters, whichever they are
        return None
    found = {delimiter: header for delimiter, header in headers.items() if isinstance(header, Row)}
    if not found:
        raise next(refused for refused in headers.values() if isinstance(refused, FileRefused))
    delimiter = max(found, key=lambda one: counts(found[one].cells))
    return Table(found[delimiter], lambda: records(path, delimiter), ragged=True)


def first_record(path: Path, delimiter: str) -> Row | FileRefused | None:
    try:
        return next(records(path, delimiter), None)
    except FileRefused as refused:
        return refused


def records(path: Path, delimiter: str) -> Iterator[Row]:
    """The records from the first that is not blank, each with the line it begins on."""
    reader = csv.reader(lines(path), delimiter=delimiter, strict=True)
    begun = False
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused((line, broken(str(error)))) from error
        begun = begun or any(cell.strip() for cell in cells)
        if begun:
            yield Row(0, line, tuple(cells))


def broken(error: str) -> str:
    """What the csv module's complaint means for whoever made the file."""
    if "unexpected end of data" in error:
        return 'a quotation mark (") is opened here and never closed. Close it, or write "" for a mark within a text'
    if "field limit" in error:
        return (
            f"a field is longer than {MOST_IN_FIELD:,} characters. "
            'Shorten it, or close the quotation mark (") that is left open'
        )
    if "new-line character" in error:
        return f"a line ends in a way that is not read here. {AS_UTF_8}"
    return f'a quotation mark (") stands in the middle of a field. Write "" for a mark within a text ({error})'


def lines(path: Path) -> Iterator[str]:
    """The lines as text. Raises FileRefused for what is not UTF-8, and for a line without an end."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MOST_IN_LINE + 1):
            number += 1
            if number == 1:
                if raw.startswith(UTF_16):
                    raise FileRefused((1, f"the file is in UTF-16. {AS_UTF_8}"))
                if b"\0" in raw:
                    raise FileRefused((1, f"this is not text in UTF-8. {AS_UTF_8}"))
                raw = raw.removeprefix(UTF_8_MARK)
            if len(raw) > MOST_IN_LINE:
                says = f"this line is longer than {MOST_IN_LINE:,} bytes. Shorten what stands in it, or check the file"
                raise FileRefused((number, says))
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                wrong = f"byte {error.start + 1} (0x{raw[error.start]:02x}) is not UTF-8"
                raise FileRefused((number, f"{wrong}. {AS_UTF_8}")) from error


# XLSX


def sheet(path: Path, counts: Counts) -> Table | None:
    """The table of a workbook: its one sheet whose first row holds names of columns, or else its first sheet."""
    check_size(path)
    titles = sheet_titles(path)
    firsts = {title: next(sheet_rows(path, title), None) for title in titles}
    known = [title for title, first in firsts.items() if first and counts(first.cells)]
    if len(known) > 1:
        names = ", ".join(f"“{title}”" for title in known)
        raise FileRefused((None, f"several sheets hold referrals ({names}). Save each as a file of its own"))
    title = next(iter([*known, *(title for title, first in firsts.items() if first)]), "")
    header = firsts.get(title)
    return Table(header, lambda: sheet_rows(path, title), ragged=False) if header else None


def check_size(path: Path) -> None:
    """Refuse, before anything is unpacked, what is no workbook or would unpack to too much.

    The sizes are those that the archive states; its reader never unpacks more than is stated.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused((None, f"the workbook is damaged ({error}). {AS_XLSX}")) from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise FileRefused((None, f"this is an archive, but not an XLSX workbook. {AS_XLSX}"))
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused((None, "the workbook is protected by a password. Save it without one"))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        says = f"the workbook unpacks to more than {MOST_UNPACKED // 1_000_000} MB"
        raise FileRefused((None, f"{says}. Keep only the referrals, split the file, or save it as “CSV UTF-8”"))


def sheet_titles(path: Path) -> list[str]:
    with opened(path) as book:
        return [one.title for one in book.worksheets]


def sheet_rows(path: Path, title: str) -> Iterator[Row]:
    """The rows of a sheet from the first that is not blank, each with its number in the sheet."""
    with opened(path) as book:
        one = book[title]
        # what a sheet states of its own size may be wrong, and would cut rows off
        one.reset_dimensions()
        begun = False
        for line, cells in enumerate(one.iter_rows(), start=1):
            if line > LAST_SHEET_ROW:
                raise FileRefused((line, "the sheet goes on after the last row that a sheet can have. Save it again"))
            row = sheet_row(line, cells)
            if len(row.cells) > MOST_COLUMNS:
                says = f"there are more than {MOST_COLUMNS} columns. Delete what does not belong to the table"
                raise FileRefused((line, says))
            begun = begun or not row.blank
            if begun:
                yield row


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """The workbook, closed afterwards. Whatever goes wrong in reading it is a FileRefused."""
    if LXML or not DEFUSEDXML:
        raise FileRefused((None, "workbooks are read only where the library defusedxml is. Run the set-up again"))
    book = None
    try:
        with warnings.catch_warnings():
            # it warns of styles and lists that it does not keep; only values are read here
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
            yield book
    except (FileRefused, GeneratorExit):
        raise
    except Exception as error:
        # a damaged or forged workbook fails in any of a dozen ways, all of them the file's
        raise FileRefused((None, f"the workbook is damaged ({first_cause(error)}). {AS_XLSX}")) from error
    finally:
        if book is not None:
            book.close()


def first_cause(error: BaseException) -> str:
    """What an error goes back to, in one short line."""
    while error.__cause__ is not None:
        error = error.__cause__
    says = " ".join(f"{type(error).__name__}: {error}".split())
    return says if len(says) <= 100 else f"{says[:99]}…"


def sheet_row(line: int, cells: Sequence[ReadOnlyCell]) -> Row:
    """One row of a sheet as text; the empty cells after the last one are no part of it."""
    texts, faults = [], []
    for place, cell in enumerate(cells):
        value, fault = plain(cell.value, cell.data_type)
        texts.append(value)
        if fault:
            faults.append((place, fault))
    while texts and not texts[-1] and not (faults and faults[-1][0] == len(texts) - 1):
        texts.pop()
    return Row(0, line, tuple(texts), tuple(faults))


def plain(value: object, kind: str) -> tuple[str, str]:
    """A cell's value as text, and what is wrong with it."""
    if value is None:
        return "", ""
    if kind == "f":
        return "", "the cell holds a formula. Copy it and paste it as a value"
    if kind == "e":
        return str(value), f"the cell holds the error {value}. Put the value itself there"
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value)), ""
    if isinstance(value, datetime):
        # a moment is kept as a fraction of a day, so it comes back some microseconds off
        moment = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return (moment.date() if moment.time() == time() else moment).isoformat(), ""
    if isinstance(value, date | time):
        return value.isoformat(), ""
    return str(value), ""
