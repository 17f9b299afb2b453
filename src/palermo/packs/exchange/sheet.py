"""Sheet: the remit of a day as CSV, for people with spreadsheets.

A row for each box, a column for each field. A cell that a spreadsheet would take for a formula starts with an
apostrophe, which is taken off again when the file is read.
"""

from __future__ import annotations

import csv
import io
from datetime import date

from palermo.domain.vocabulary import Condition, Field
from palermo.packs.exchange.rows import Row, Table, TableRefused, basis_fault, mask_of, of_day, owner_fault, values_of
from palermo.packs.loader import Pack

ABOUT = ("rule", "owner", "basis", "sources")
ANY = "any"
BETWEEN = " | "
BETWEEN_SOURCES = "; "
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""A cell that starts so is guarded; so is one with an apostrophe of its own, which must not be taken for a guard."""

LARGEST = 1 << 24
"""Bytes of a table; a remit takes some tens of thousands."""


def write(pack: Pack, day: date) -> str:
    """The remit of a day as CSV, with the mark by which spreadsheets know UTF-8. Raises OutsideRemit."""
    table = of_day(pack, day)
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([*ABOUT, *(field.name for field in table.vocabulary.fields)])
    for row in table.rows:
        about = (row.rule, row.owner, row.basis, BETWEEN_SOURCES.join(row.cites))
        limits = (
            cell(field, mask, full)
            for field, mask, full in zip(table.vocabulary.fields, row.when.masks, table.vocabulary.full, strict=True)
        )
        writer.writerow([guarded(text) for text in (*about, *limits)])
    return f"\ufeff{lines.getvalue()}"


def cell(field: Field, mask: int, full: int) -> str:
    if mask == full and ANY not in field.values:
        return ANY
    return BETWEEN.join(values_of(field, mask))


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(text: str) -> str:
    """The text as it was before it was guarded."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def read(content: bytes, pack: Pack) -> Table:
    """The table in a CSV file, in the words of a pack. A field without a column, or with an empty cell, is any.

    Raises TableRefused with all that is wrong: a file that cannot be read, unknown words, overlaps, gaps.
    """
    if len(content) > LARGEST:
        raise TableRefused(f"the file is larger than {LARGEST:,} bytes; a remit's table is far smaller")
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise TableRefused(f"cannot be read as CSV in UTF-8: {wrong}; save it as such") from None
    if not lines:
        raise TableRefused("there is nothing in it; give a first line with the names of the columns")
    names, *rest = lines
    names = [plain(name.strip()) for name in names]
    if faults := name_faults(names, pack):
        raise TableRefused(*faults)
    faults = []
    rows = [
        row_of(dict(zip(names, map(plain, line), strict=True)), f"line {number}", pack, faults)
        for number, line in enumerate(rest, start=2)
        if any(line) and fits(line, names, number, faults)
    ]
    if faults:
        raise TableRefused(*faults)
    return Table(pack.vocabulary, tuple(rows))


def name_faults(names: list[str], pack: Pack) -> list[str]:
    faults = [f"two columns are named {name!r}; keep one" for name in sorted({n for n in names if names.count(n) > 1})]
    faults += [pack.vocabulary.no_field(name) for name in names if name not in (*pack.vocabulary.by_name, *ABOUT)]
    if "owner" not in names:
        faults.append("there is no column `owner`; add it")
    return faults


def fits(line: list[str], names: list[str], number: int, faults: list[str]) -> bool:
    if len(line) == len(names):
        return True
    faults.append(f"line {number} has {len(line)} cells, the first line {len(names)}")
    return False


def row_of(cells: dict[str, str], place: str, pack: Pack, faults: list[str]) -> Row:
    masks = list(pack.vocabulary.full)
    for field in pack.vocabulary.fields:
        text = cells.get(field.name, "").strip()
        if text and (text != ANY or ANY in field.values):
            values = [value.strip() for value in text.split(BETWEEN.strip())]
            masks[pack.vocabulary.place[field.name]] = mask_of(field, values, place, faults)
    owner, basis = cells["owner"].strip(), cells.get("basis", "").strip()
    for fault in (owner_fault(owner, pack.units.kinds, place), basis_fault(basis, place)):
        if fault:
            faults.append(fault)
    cites = tuple(cite for cite in cells.get("sources", "").split(BETWEEN_SOURCES) if cite)
    return Row(Condition(tuple(masks)), owner, cells.get("rule", "").strip(), basis, cites, place)
