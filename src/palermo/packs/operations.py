"""Operations of a pack: reads operations.toml, the matrix that ranks proposals and how often tasking meetings are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palermo.domain.operations.matrix import Criterion, Matrix
from palermo.domain.policy import Basis, Fault
from palermo.packs.files import TomlFile

FILE = "operations.toml"
CRITERION = ("id", "name", "asks", "weight", "levels", "from", "until", "cites", "basis", "why")
MEETINGS = ("days", "cites", "basis", "why")


@dataclass(frozen=True, slots=True)
class Meetings:
    """How many days lie between tasking meetings: how far a first one looks back, and capacity looks ahead."""

    days: int
    basis: Basis
    cites: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Tasking:
    """What a pack says of operations and of the meetings that task them."""

    matrix: Matrix
    meetings: Meetings

    @property
    def cites(self) -> tuple[tuple[str, str, str], ...]:
        rows = [*((row.id, row.cites) for row in self.matrix.criteria), ("meetings", self.meetings.cites)]
        return tuple((FILE, id_, cite) for id_, cites in rows for cite in cites)


def read(folder: Path, faults: list[Fault]) -> Tasking | None:
    """The matrix and the meetings of the pack in the folder; None, with the faults put down, where there are any."""
    before = len(faults)
    file = TomlFile(folder, FILE, faults)
    file.allow("", file.document, ("criteria", "meetings"))
    matrix = Matrix([read_criterion(file, row) for row in file.tables("criteria")])
    if not matrix.criteria:
        file.fault("", "it has no criteria. Add criteria = [ … ].")
    meetings = read_meetings(file)
    for row, says in matrix.faults():
        file.fault(row, says)
    return Tasking(matrix, meetings) if len(faults) == before else None


def read_criterion(file: TomlFile, row: Mapping[str, Any]) -> Criterion:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, CRITERION)
    weight = file.number_of(id_, row, "weight")
    if weight is None:
        file.fault(id_, "`weight` is missing: a whole number from 1.")
    basis, cites, why = standing(file, id_, row)
    return Criterion(
        id=id_,
        name=file.text_of(id_, row, "name"),
        asks=file.text_of(id_, row, "asks"),
        # that it is missing has been told
        weight=1 if weight is None else weight,
        levels=file.texts_of(id_, row, "levels"),
        period=file.period_of(id_, row),
        basis=basis,
        cites=cites,
        why=why,
        line=file.line(id_),
    )


def read_meetings(file: TomlFile) -> Meetings:
    row = file.table_of("", file.document, "meetings")
    file.allow("meetings", row, MEETINGS)
    days = file.number_of("meetings", row, "days")
    if not days:
        file.fault("meetings", "`days` is missing: how many days lie between two meetings, a whole number from 1.")
    basis, cites, why = standing(file, "meetings", row)
    return Meetings(days or 1, basis, cites, why)


def standing(file: TomlFile, id_: str, row: Mapping[str, Any]) -> tuple[Basis, tuple[str, ...], str]:
    """On what the row rests; with a fault where it says too little of that."""
    basis = file.basis_of(id_, row)
    cites = file.texts_of(id_, row, "cites")
    why = file.text_of(id_, row, "why", required=False)
    if basis is Basis.ASSUMED and not why:
        file.fault(id_, "it is assumed and does not say why. Add `why`.")
    if not cites:
        file.fault(id_, "it cites no paragraph. Add `cites`.")
    return basis, cites, why
