"""Invariants of a pack: reads invariants.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from palermo.domain.policy import Fault, listed
from palermo.domain.remit.invariants import Always, Invariant, Monotone, Never, NoSilentDowngrade, UnknownNeverLess
from palermo.domain.units import Units
from palermo.domain.vocabulary import Vocabulary
from palermo.packs.files import TomlFile

FILE = "invariants.toml"
KINDS = ("never", "always", "unknown_never_less", "monotone", "no_silent_downgrade")
COMMON = ("says", "when", "from", "until", "cites")


def read(folder: Path, faults: list[Fault], vocabulary: Vocabulary, units: Units | None) -> tuple[Invariant, ...]:
    """The invariants of the pack in the folder; those with a fault are left out, the fault put down."""
    file = TomlFile(folder, FILE, faults)
    file.allow("", file.document, KINDS)
    reading = Reading(file, vocabulary, units)
    found: list[Invariant] = []
    readers: tuple[Callable[[Mapping[str, Any], dict[str, Any]], Invariant], ...] = (
        reading.never,
        reading.always,
        reading.unknown_never_less,
        reading.monotone,
        reading.no_silent_downgrade,
    )
    for kind, reader in zip(KINDS, readers, strict=True):
        for row in file.tables(kind):
            before = len(faults)
            invariant = reader(row, reading.common(row))
            if len(faults) == before:
                found.append(invariant)
    return tuple(found)


class Reading:
    """Reads the rows of one file into invariants; what is wrong goes to the file's faults."""

    def __init__(self, file: TomlFile, vocabulary: Vocabulary, units: Units | None) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.units = units

    def common(self, row: Mapping[str, Any]) -> dict[str, Any]:
        says = self.file.text_of("", row, "says")
        return {
            "says": says,
            "when": self.file.condition_of(says, row, self.vocabulary),
            "period": self.file.period_of(says, row),
            "cites": self.file.texts_of(says, row, "cites"),
            "line": self.file.line(says),
        }

    def owners(self, row: Mapping[str, Any], says: str) -> tuple[str, ...]:
        """The units that are named, and those of the kinds that are."""
        self.file.allow(says, row, (*COMMON, "owner", "owner_kind"))
        owners = self.file.texts_of(says, row, "owner")
        kinds = self.file.texts_of(says, row, "owner_kind")
        there = self.units.kinds if self.units else {}
        for owner in owners:
            if self.units and owner not in there:
                self.file.fault(says, f"there is no unit {owner!r}.")
        for kind in kinds:
            if self.units and kind not in there.values():
                self.file.fault(says, f"no unit is of kind {kind!r}. Kinds: {listed(sorted(set(there.values())))}.")
        if not owners and not kinds:
            self.file.fault(says, "it names no unit. Add `owner` or `owner_kind`.")
        return (*owners, *(unit for unit, kind in there.items() if kind in kinds))

    def never(self, row: Mapping[str, Any], common: dict[str, Any]) -> Invariant:
        return Never(owners=self.owners(row, common["says"]), **common)

    def always(self, row: Mapping[str, Any], common: dict[str, Any]) -> Invariant:
        return Always(owners=self.owners(row, common["says"]), **common)

    def unknown_never_less(self, row: Mapping[str, Any], common: dict[str, Any]) -> Invariant:
        says = common["says"]
        self.file.allow(says, row, (*COMMON, "fields", "unknown"))
        unknown = self.file.text_of(says, row, "unknown", required=False) or "unknown"
        fields = self.file.texts_of(says, row, "fields")
        if not fields:
            self.file.fault(says, "it names no field. Add `fields`.")
        for name in fields:
            self.values(says, name, (unknown,))
        return UnknownNeverLess(fields=fields, unknown=unknown, **common)

    def monotone(self, row: Mapping[str, Any], common: dict[str, Any]) -> Invariant:
        says = common["says"]
        self.file.allow(says, row, (*COMMON, "field", "order"))
        name = self.file.text_of(says, row, "field")
        order = self.file.texts_of(says, row, "order")
        if len(order) < 2:
            self.file.fault(says, "`order` needs two values or more.")
        self.values(says, name, order)
        return Monotone(field=name, order=order, **common)

    def no_silent_downgrade(self, row: Mapping[str, Any], common: dict[str, Any]) -> Invariant:
        says = common["says"]
        self.file.allow(says, row, (*COMMON, "declared"))
        declared = []
        for entry in self.file.tables_in(row, "declared"):
            self.file.allow(says, entry, ("on", "when", "why"))
            day = self.file.day_of(says, entry, "on")
            if day is None:
                self.file.fault(says, "an entry of `declared` has no `on`: the day of the change.")
            else:
                declared.append((day, self.file.condition_of(says, entry, self.vocabulary)))
        return NoSilentDowngrade(declared=tuple(declared), **common)

    def values(self, says: str, name: str, values: tuple[str, ...]) -> None:
        field = self.vocabulary.by_name.get(name)
        if field is None:
            self.file.fault(says, self.vocabulary.no_field(name))
            return
        for value in values:
            if value not in field.values:
                self.file.fault(says, field.no_value(value))
