"""Rows: the rules of a pack and what goes by them, from tables to values.

Every row has an id, a condition, its days, its paragraphs and how firmly it stands on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from palermo.domain.clocks import HELD_HERE, LADDER, RECEIVED, BreachRow, ClockRow
from palermo.domain.policy import Basis, listed, nearest
from palermo.domain.remit import Rule
from palermo.domain.support import ResourceRow
from palermo.domain.tasking import LevelRow, SafeguardingRow, SupportRow
from palermo.domain.vocabulary import Vocabulary
from palermo.packs.files import Cites, TomlFile

ROW = ("id", "from", "until", "cites", "basis", "why")
DEFAULTS = ("owner", "from", "until", "cites", "basis", "why")
"""What a block may say once for all its rows."""

LENGTHS = ("hours", "days", "working_days")


class Rows:
    """Reads the rows of one file; what is wrong goes to the file's faults."""

    def __init__(self, file: TomlFile, vocabulary: Vocabulary, cites: Cites) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.cites = cites

    def rules(self, key: str = "rules") -> list[Rule]:
        """The rules of the list `key`, then those of the blocks, each with what its block says for all."""
        rules = []
        document = self.file.document
        for block in [{"rules": document.get(key, [])}, *self.file.tables("block")]:
            self.file.allow("", block, ("with", "rules", *DEFAULTS))
            common = self.file.table_of("", block, "with")
            defaults = {name: block[name] for name in DEFAULTS if name in block}
            for row in self.file.tables_in(block, "rules"):
                when = self.file.table_of(str(row.get("id", "")), row, "when")
                rules.append(self.rule({**defaults, **row, "when": {**common, **when}}))
        return rules

    def rule(self, row: Mapping[str, Any]) -> Rule:
        common = self.common(row, "owner", "function", "overrides")
        id_ = common["id"]
        return Rule(
            owner=self.file.text_of(id_, row, "owner"),
            function=self.file.text_of(id_, row, "function", required=False) or None,
            overrides=self.file.texts_of(id_, row, "overrides"),
            **common,
        )

    def levels(self) -> list[LevelRow]:
        return [self.level(row) for row in self.file.tables("levels")]

    def support(self) -> list[SupportRow]:
        return [self.support_row(row) for row in self.file.tables("support")]

    def safeguarding(self) -> list[SafeguardingRow]:
        return [self.partner(row) for row in self.file.tables("safeguarding")]

    def resources(self) -> list[ResourceRow]:
        return [self.resource(row) for row in self.file.tables("resources")]

    def clocks(self) -> list[ClockRow]:
        return [self.clock(row) for row in self.file.tables("clocks")]

    def common(self, row: Mapping[str, Any], *more: str) -> dict[str, Any]:
        """What every row with a condition has; names that are neither that nor in `more` are faults."""
        found = self.standing(row, "when", *more)
        return {**found, "when": self.file.condition_of(found["id"], row, self.vocabulary)}

    def standing(self, row: Mapping[str, Any], *more: str) -> dict[str, Any]:
        """Which row it is, on which days it holds, and what it rests on."""
        file = self.file
        id_ = file.text_of("", row, "id")
        file.allow(id_, row, (*ROW, *more))
        cites = file.texts_of(id_, row, "cites")
        for says in self.cites.faults(cites):
            file.fault(id_, says)
        basis = file.basis_of(id_, row)
        why = file.text_of(id_, row, "why", required=False)
        if basis is Basis.ASSUMED and not why:
            file.fault(id_, "it is assumed and does not say why. Add `why`.")
        if not cites:
            file.fault(id_, "it cites no paragraph. Add `cites`.")
        return {
            "id": id_,
            "period": file.period_of(id_, row),
            "cites": cites,
            "basis": basis,
            "why": why,
            "line": file.line(id_),
        }

    def level(self, row: Mapping[str, Any]) -> LevelRow:
        common = self.common(row, "level", "reason")
        id_ = common["id"]
        level = self.file.number_of(id_, row, "level")
        if level not in (None, 1, 2, 3):
            self.file.fault(id_, f"level {level} is none. Levels: 1, 2, 3, or leave it out where it is not known.")
        return LevelRow(level=level, reason=self.file.text_of(id_, row, "reason"), **common)

    def support_row(self, row: Mapping[str, Any]) -> SupportRow:
        common = self.common(row, "unit", "owner")
        id_ = common["id"]
        if not common["why"]:
            self.file.fault(id_, "it does not say why the unit is drawn on. Add `why`.")
        unit = self.file.text_of(id_, row, "unit")
        return SupportRow(unit=unit, owner=self.file.texts_of(id_, row, "owner"), **common)

    def partner(self, row: Mapping[str, Any]) -> SafeguardingRow:
        common = self.common(row, "partner", "unknown_borough")
        id_ = common["id"]
        return SafeguardingRow(
            partner=self.file.text_of(id_, row, "partner"),
            unknown_borough=self.file.text_of(id_, row, "unknown_borough", required=False),
            **common,
        )

    def resource(self, row: Mapping[str, Any]) -> ResourceRow:
        common = self.standing(row, "resource", "label", "units", "function", "owner")
        id_ = common["id"]
        units = self.file.texts_of(id_, row, "units")
        if not units:
            self.file.fault(id_, "no unit has it. Add `units`.")
        return ResourceRow(
            resource=self.file.text_of(id_, row, "resource"),
            label=self.file.text_of(id_, row, "label"),
            units=units,
            function=self.file.text_of(id_, row, "function", required=False),
            owner=self.file.texts_of(id_, row, "owner"),
            **common,
        )

    def clock(self, row: Mapping[str, Any]) -> ClockRow:
        common = self.common(row, "clock", "label", "starts", "owner", "holder", "pausable", *LENGTHS)
        id_ = common["id"]
        return ClockRow(
            clock=self.file.text_of(id_, row, "clock"),
            label=self.file.text_of(id_, row, "label"),
            starts=self.file.text_of(id_, row, "starts", required=False) or RECEIVED,
            pausable=self.file.yes_or_no_of(id_, row, "pausable", default=True),
            owner=self.file.texts_of(id_, row, "owner"),
            holder=self.holder(id_, row),
            **self.length(id_, row),
            **common,
        )

    def holder(self, id_: str, row: Mapping[str, Any]) -> str:
        """Who has to see to it; a word that is nearly one of those who are told of breaches is a slip."""
        holder = self.file.text_of(id_, row, "holder", required=False) or "owner"
        near = nearest(holder, HELD_HERE)
        if near and holder not in HELD_HERE:
            self.file.fault(id_, f"holder {holder!r} would not be told of. Did you mean {listed(near, 'or')}?")
        return holder

    def breaches(self, clocks: Sequence[ClockRow]) -> list[BreachRow]:
        known = tuple(dict.fromkeys(row.clock for row in clocks))
        return [self.breach(row, known) for row in self.file.tables("breaches")]

    def breach(self, row: Mapping[str, Any], known: Sequence[str]) -> BreachRow:
        common = self.common(row, "to", "clock", *LENGTHS)
        id_ = common["id"]
        to = self.file.text_of(id_, row, "to")
        if to and to not in LADDER:
            self.file.fault(id_, f"a breach does not go up to {to!r}. Write {listed(LADDER, 'or')}.")
        clock = self.file.texts_of(id_, row, "clock")
        for name in clock:
            if name not in known:
                near = nearest(name, known)
                hint = f"Did you mean {listed(near, 'or')}?" if near else f"Clocks: {listed(known)}."
                self.file.fault(id_, f"there is no clock {name!r}. {hint}")
        return BreachRow(to=to, clock=clock, **self.length(id_, row), **common)

    def length(self, id_: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """How long it lasts: the three lengths, of which one is set."""
        if sum(name in row for name in LENGTHS) != 1:
            self.file.fault(id_, "it needs exactly one length: hours, days or working_days.")
        return {name: self.file.number_of(id_, row, name) for name in LENGTHS}
