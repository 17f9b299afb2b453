"""Figures of a pack: reads figures.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from palermo.domain.figures import Figure, Figures, How, Sum, Value, sum_faults
from palermo.domain.policy import Fault, is_day
from palermo.packs.files import TomlFile

FILE = "figures.toml"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def read(folder: Path, faults: list[Fault]) -> Figures | None:
    """The figures and sums of the pack in the folder; None, with the faults put down, where there are any."""
    before = len(faults)
    file = TomlFile(folder, FILE, faults)
    figures = [read_figure(file, row) for row in file.tables("figures")]
    sums = [read_sum(file, row) for row in file.tables("sums")]
    if len(faults) == before:
        for row, says in sum_faults(figures, sums):
            file.fault(row, says)
    if len(faults) > before:
        return None
    rows: list[Figure | Sum] = [*figures, *sums]
    cites = [(FILE, row.id, row.cite) for row in rows]
    return Figures(figures, sums, cites=cites)


def read_figure(file: TomlFile, row: Mapping[str, Any]) -> Figure:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, ("id", "value", "unit", "what", "period", "cite"))
    return Figure(
        id=id_,
        value=read_value(file, id_, row),
        unit=file.text_of(id_, row, "unit"),
        what=file.text_of(id_, row, "what"),
        cite=file.text_of(id_, row, "cite"),
        period=file.text_of(id_, row, "period", required=False),
    )


def read_value(file: TomlFile, row: str, table: Mapping[str, Any]) -> Value:
    """A whole number, a day, or a month as text: nothing that could be rounded."""
    value = table.get("value")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, date) and is_day(value):
        return value
    if isinstance(value, str) and MONTH.fullmatch(value):
        return value
    says = "is missing" if value is None else f"is {value!r}"
    file.fault(row, f'`value` {says}. Write a whole number of the unit, a day (2010-04-01) or a month ("2010-04").')
    return 0


def read_sum(file: TomlFile, row: Mapping[str, Any]) -> Sum:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, ("id", "says", "how", "terms", "total", "cite", "note"))
    how = How.ADDS_UP
    try:
        how = How(row.get("how", how))
    except ValueError:
        file.fault(id_, f"`how` is {row['how']!r}. Values: {', '.join(How)}.")
    return Sum(
        id=id_,
        says=file.text_of(id_, row, "says"),
        how=how,
        terms=file.texts_of(id_, row, "terms"),
        total=file.text_of(id_, row, "total"),
        cite=file.text_of(id_, row, "cite"),
        note=file.text_of(id_, row, "note", required=False),
    )
