"""Files: what does a pack's file say, and where in it is what is wrong?

Nothing is raised while reading. Each fault goes into one list with its file, row and line, so that whoever writes a
pack sees all of them at once.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from palermo.domain.policy import Basis, Fault, Period, is_day, listed, nearest
from palermo.domain.vocabulary import Condition, Vocabulary, VocabularyFault

KNOWN_BY = re.compile(r"""\b(?:id|name|says)\s*=\s*(["'])(.*?)\1""")


class TomlFile:
    """One TOML file of a pack. A file that is missing or not TOML reads as empty, with a fault."""

    def __init__(self, folder: Path, name: str, faults: list[Fault], *, required: bool = True) -> None:
        self.name = f"{folder.name}/{name}"
        self.faults = faults
        self.text = ""
        self.document: dict[str, Any] = {}
        path = folder / name
        if not path.exists():
            if required:
                self.fault("", f"the file is missing. Add {name} to the pack.")
            return
        try:
            self.text = path.read_text(encoding="utf-8")
            self.document = tomllib.loads(self.text)
        except UnicodeDecodeError as wrong:
            self.fault("", f"not UTF-8 text (byte {wrong.start}). Save it as UTF-8.")
        except tomllib.TOMLDecodeError as wrong:
            line = re.search(r"line (\d+)", str(wrong))
            self.faults.append(Fault(self.name, "", f"not TOML: {wrong}.", int(line[1]) if line else None))

    def fault(self, row: str, says: str) -> None:
        self.faults.append(Fault(self.name, row, says, self.line(row)))

    def line(self, row: str) -> int | None:
        """The line on which a row with this id begins."""
        return self.lines.get(row)

    @cached_property
    def lines(self) -> dict[str, int]:
        """The line of each id, name or sentence by which a row is known; of several, the first."""
        found: dict[str, int] = {}
        for number, line in enumerate(self.text.splitlines(), start=1):
            for known in KNOWN_BY.finditer(line):
                found.setdefault(known[2], number)
        return found

    def tables(self, key: str) -> Iterator[dict[str, Any]]:
        """The tables of a list, with a fault for whatever else is in it."""
        return self.tables_in(self.document, key)

    def tables_in(self, table: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
        there = table.get(key, [])
        if not isinstance(there, list):
            self.fault("", f"`{key}` is not a list of rows. Write it as {key} = [ {{ … }}, … ].")
            return
        for place, row in enumerate(there, start=1):
            if isinstance(row, dict):
                yield row
            else:
                self.fault("", f"entry {place} of `{key}` is not a table of names and values.")

    def allow(self, row: str, table: Mapping[str, object], names: Sequence[str]) -> None:
        """Put down a fault for each name that a row may not have."""
        for name in table:
            if name not in names:
                near = nearest(name, names)
                hint = f"Did you mean {listed(near, 'or')}?" if near else f"Names: {', '.join(names)}."
                self.fault(row, f"no entry {name!r} is known here. {hint}")

    def text_of(self, row: str, table: Mapping[str, object], name: str, *, required: bool = True) -> str:
        value = table.get(name)
        if isinstance(value, str) and (value.strip() or not required):
            return value
        if value is not None:
            self.fault(row, f"`{name}` is {value!r}, not a text.")
        elif required:
            self.fault(row, f"`{name}` is missing.")
        return ""

    def texts_of(self, row: str, table: Mapping[str, object], name: str) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        value = table.get(name, [])
        found = [value] if isinstance(value, str) else value
        if isinstance(found, list) and all(isinstance(text, str) for text in found):
            return tuple(found)
        self.fault(row, f"`{name}` is {value!r}, not a list of texts.")
        return ()

    def table_of(self, row: str, table: Mapping[str, Any], name: str) -> dict[str, Any]:
        """A table of names and values; empty where there is none."""
        there = table.get(name, {})
        if isinstance(there, dict):
            return there
        self.fault(row, f'`{name}` is {there!r}. Write {{ field = "value" }}.')
        return {}

    def number_of(self, row: str, table: Mapping[str, object], name: str) -> int | None:
        value = table.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.fault(row, f"`{name}` is {value!r}, not a whole number from 0.")
        return None

    def yes_or_no_of(self, row: str, table: Mapping[str, object], name: str, *, default: bool) -> bool:
        value = table.get(name, default)
        if not isinstance(value, bool):
            self.fault(row, f"{name} is {value!r}; it is true or false.")
            return default
        return value

    def day_of(self, row: str, table: Mapping[str, object], name: str) -> date | None:
        value = table.get(name)
        if value is None:
            return None
        if isinstance(value, date) and is_day(value):
            return value
        self.fault(row, f"`{name}` is {value!r}, not a date. Write 2010-04-01 without quotes.")
        return None

    def period_of(self, row: str, table: Mapping[str, object]) -> Period:
        return Period(self.day_of(row, table, "from"), self.day_of(row, table, "until"))

    def basis_of(self, row: str, table: Mapping[str, object]) -> Basis:
        value = table.get("basis")
        try:
            return Basis(str(value))
        except ValueError:
            says = "`basis` is missing" if value is None else f"basis {value!r} is none"
            self.fault(row, f"{says}. Values: {', '.join(Basis)}.")
            return Basis.ASSUMED

    def condition_of(
        self, row: str, table: Mapping[str, object], vocabulary: Vocabulary, name: str = "when"
    ) -> Condition:
        try:
            return vocabulary.condition(self.table_of(row, table, name))
        except VocabularyFault as wrong:
            for says in wrong.says:
                self.fault(row, says)
            return vocabulary.anything


def read_csv(folder: Path, name: str, needed: Sequence[str], faults: list[Fault]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers; none, with a fault, where the file cannot be read."""
    where = f"{folder.name}/{name}"
    try:
        with (folder / name).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            lacking = [column for column in needed if column not in (reader.fieldnames or [])]
            if lacking:
                faults.append(Fault(where, "", f"no column {listed(lacking)}. Add it to the first line.", 1))
                return []
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    faults.append(Fault(where, "", "the line has not as many cells as the first one.", reader.line_num))
                else:
                    rows.append((reader.line_num, row))
            return rows
    except FileNotFoundError:
        faults.append(Fault(where, "", f"the file is missing. Add {name} to the pack."))
    except (UnicodeDecodeError, csv.Error) as wrong:
        faults.append(Fault(where, "", f"cannot be read as CSV in UTF-8: {wrong}."))
    return []


class Cites:
    """The paragraphs that a pack's rows may rest on."""

    def __init__(self, document: str, paragraphs: Sequence[str], others: Mapping[str, Sequence[str] | None]) -> None:
        self.document = document
        self.paragraphs = tuple(paragraphs)
        self.others = dict(others)

    def faults(self, cites: Sequence[str]) -> Iterator[str]:
        for cite in cites:
            named = next(
                (id_ for id_ in (self.document, *self.others) if cite == id_ or cite.startswith(f"{id_} ")), None
            )
            paragraph = cite.removeprefix(named or "").strip()
            there = self.paragraphs if named in (None, self.document) else self.others[named or ""]
            if there is None or paragraph in there or (named and not paragraph):
                continue
            near = nearest(paragraph, there)
            hint = f"Did you mean {listed(near, 'or')}?" if near else "Correct it, or add it to pack.toml."
            yield f"it cites {cite!r}, which {named or self.document} does not have. {hint}"
