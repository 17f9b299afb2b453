"""Units of a pack: reads units.toml, and makes a unit of each borough of the force in boroughs.csv."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from palermo.domain.policy import Fault
from palermo.domain.units import Function, Post, Unit, Units, unit_faults
from palermo.packs.files import TomlFile, read_csv

FILE = "units.toml"
UNIT = (
    *("id", "name", "kind", "parent", "officers", "staff", "functions", "from", "until"),
    *("predecessor", "successor", "became", "note", "cites", "basis", "why"),
)
POST = ("id", "title", "unit", "leads", "from", "until", "cites", "basis", "why")
BOROUGHS = ("id", "name", "kind", "parent", "force", "cites", "basis", "why")


def read(folder: Path, faults: list[Fault]) -> Units | None:
    """The organisation of the pack in the folder; None, with the faults put down, where there are any."""
    before = len(faults)
    file = TomlFile(folder, FILE, faults)
    start = file.day_of("", file.document, "from")
    if start is None and file.document:
        file.fault("", "`from` is missing: the first day that the organisation is known for.")
    units = [read_unit(file, row) for row in file.tables("units")]
    units += read_boroughs(folder, file)
    posts = [read_post(file, row) for row in file.tables("posts")]
    if start is None or len(faults) > before:
        return None
    for row, says in unit_faults(units, posts, start):
        file.fault(row, says)
    if len(faults) > before:
        return None
    rows: list[Unit | Post] = [*units, *posts]
    cites = dict.fromkeys((FILE, row.id, cite) for row in rows for cite in row.cites)
    return Units(units, posts, start=start, cites=tuple(cites))


def read_unit(file: TomlFile, row: Mapping[str, Any]) -> Unit:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, UNIT)
    return Unit(
        id=id_,
        name=file.text_of(id_, row, "name"),
        kind=file.text_of(id_, row, "kind"),
        period=file.period_of(id_, row),
        basis=file.basis_of(id_, row),
        parent=file.text_of(id_, row, "parent", required=False) or None,
        officers=file.number_of(id_, row, "officers"),
        staff=file.number_of(id_, row, "staff"),
        functions=read_functions(file, id_, row),
        predecessor=file.text_of(id_, row, "predecessor", required=False) or None,
        successor=file.text_of(id_, row, "successor", required=False) or None,
        became=file.text_of(id_, row, "became", required=False),
        note=file.text_of(id_, row, "note", required=False),
        cites=file.texts_of(id_, row, "cites"),
        why=file.text_of(id_, row, "why", required=False),
    )


def read_functions(file: TomlFile, unit: str, row: Mapping[str, Any]) -> tuple[Function, ...]:
    there = row.get("functions", [])
    if not isinstance(there, list) or not all(isinstance(function, dict) for function in there):
        file.fault(unit, "`functions` is not a list of tables with id, name and officers.")
        return ()
    for function in there:
        file.allow(unit, function, ("id", "name", "officers"))
    return tuple(
        Function(
            file.text_of(unit, function, "id"),
            file.text_of(unit, function, "name"),
            file.number_of(unit, function, "officers"),
        )
        for function in there
    )


def read_post(file: TomlFile, row: Mapping[str, Any]) -> Post:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, POST)
    return Post(
        id=id_,
        title=file.text_of(id_, row, "title"),
        unit=file.text_of(id_, row, "unit"),
        leads=file.texts_of(id_, row, "leads"),
        period=file.period_of(id_, row),
        basis=file.basis_of(id_, row),
        cites=file.texts_of(id_, row, "cites"),
        why=file.text_of(id_, row, "why", required=False),
    )


def read_boroughs(folder: Path, file: TomlFile) -> list[Unit]:
    """A unit for each borough that the force polices, as the pattern in the file says; none without a pattern."""
    pattern = file.document.get("boroughs")
    if pattern is None:
        return []
    if not isinstance(pattern, dict):
        file.fault("", "`boroughs` is not a table. Write [boroughs] with id, name, kind, parent and force.")
        return []
    row = "boroughs"
    file.allow(row, pattern, BOROUGHS)
    ids = file.text_of(row, pattern, "id")
    names = file.text_of(row, pattern, "name")
    force = file.text_of(row, pattern, "force")
    boroughs = read_csv(folder, "boroughs.csv", ("name", "police_force"), file.faults)
    ours = [borough["name"] for _, borough in boroughs if borough["police_force"] == force]
    if boroughs and force and not ours:
        file.fault(row, f"no borough in boroughs.csv is policed by {force!r}. Correct `force`.")
    return [
        Unit(
            id=ids.replace("{slug}", slug(name)),
            name=names.replace("{name}", name),
            kind=file.text_of(row, pattern, "kind"),
            period=file.period_of(row, {}),
            basis=file.basis_of(row, pattern),
            parent=file.text_of(row, pattern, "parent"),
            cites=file.texts_of(row, pattern, "cites"),
            why=file.text_of(row, pattern, "why", required=False),
        )
        for name in ours
    ]


def slug(name: str) -> str:
    """A name as part of an id: capitals joined by hyphens."""
    return "-".join(re.findall(r"[A-Z0-9]+", name.upper()))
