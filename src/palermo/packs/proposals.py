"""Proposals: what if? Reads a proposal from a file and lays it over a pack's remit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from palermo.domain.policy import Fault, PolicyFaults, listed, nearest
from palermo.domain.remit import Remit, RemitFaults
from palermo.domain.remit.proposal import Proposal
from palermo.packs.files import TomlFile
from palermo.packs.loader import Pack
from palermo.packs.rows import Rows

ENTRIES = ("title", "effective", "reassign", "end", "add", "units")


def propose(pack: Pack, path: Path) -> tuple[Proposal, Remit]:
    """The proposal in a file, and the remit as it would be.

    Its entries: `effective` (a day), `title`, `reassign` (a table of units and their heirs), `end` (ids of rules),
    `add` (rules as in remit.toml), `units` (a list of ids: units that the proposal would set up). Raises PolicyFaults
    with every fault, gaps and overlaps of the new remit among them.
    """
    faults: list[Fault] = []
    file = TomlFile(path.parent, path.name, faults)
    proposal = read(pack, file)
    if faults or proposal is None:
        raise PolicyFaults(faults)
    try:
        remit = pack.remit.with_proposal(proposal)
    except RemitFaults as wrong:
        for row, says in wrong.faults:
            file.fault(row, says)
        raise PolicyFaults(faults) from None
    for says in () if remit.sound else remit.check().faults:
        file.fault("", f"with this proposal: {says}")
    if faults:
        raise PolicyFaults(faults)
    return proposal, remit


def read(pack: Pack, file: TomlFile) -> Proposal | None:
    document = file.document
    file.allow("", document, ENTRIES)
    effective = file.day_of("", document, "effective")
    if effective is None:
        file.fault("", "`effective` is missing: the first day of the proposal.")
    elif effective <= pack.remit.start:
        file.fault("", f"`effective` is {effective}, not after the remit starts on {pack.remit.start}.")
    reassign = file.table_of("", document, "reassign")
    added = Rows(file, pack.vocabulary, pack.cites).rules("add")
    known = {*pack.units.kinds, *file.texts_of("", document, "units")}
    for unit, heir in reassign.items():
        check_unit(file, unit, heir, known)
    for rule in added:
        check_unit(file, rule.id, rule.owner, known)
    if effective is None:
        return None
    return Proposal(
        effective=effective,
        title=file.text_of("", document, "title", required=False),
        reassign=text_table(reassign),
        end=file.texts_of("", document, "end"),
        add=tuple(added),
    )


def check_unit(file: TomlFile, row: str, unit: object, known: set[str]) -> None:
    if unit not in known:
        near = nearest(str(unit), sorted(known))
        hint = f"Did you mean {listed(near, 'or')}?" if near else "Name it in `units` if the proposal sets it up."
        file.fault(row, f"there is no unit {unit!r}. {hint}")


def text_table(table: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in table.items()}
