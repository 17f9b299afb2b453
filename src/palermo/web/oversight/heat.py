"""Heat: where in the space of profiles do the rules leave referrals to nobody, or to two units?

Two fields are held against each other; each cell sums over all the others. Cells are counted from the same tables that
decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

import numpy as np
from django.http import QueryDict

from palermo.domain.remit import DISPUTED, NOBODY, Interval, Rule
from palermo.domain.remit.compiled import Compiled
from palermo.domain.remit.proof import Near, nearest, only_stated
from palermo.domain.vocabulary import Condition, Field
from palermo.packs import Pack
from palermo.web.oversight.asking import Choice, Option
from palermo.web.oversight.comparing import MOST, Box, Problem, box_of
from palermo.web.oversight.reading import span

STATED, WHOLE = "stated", "whole"
RULES = {STATED: "Only what the source states", WHOLE: "The whole pack"}
KINDS = {"nobody": NOBODY, "two": DISPUTED}
ANY = "any"
DARKEST = 8
USUAL = ("exploitation", "reach")
"""The fields shown when none is asked for, where the pack has them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Of the combinations with these two values, how many are wrong; `level` from 0 to DARKEST is how dark it is."""

    column: str
    row: str
    wrong: int
    total: int
    address: str

    @property
    def percent(self) -> str:
        share = 100 * self.wrong / self.total
        return f"{share:.0f}%" if share in (0, 100) or 1 <= share <= 99 else "<1%" if share < 1 else ">99%"

    @property
    def level(self) -> int:
        return -(-DARKEST * self.wrong // self.total)


@dataclass(frozen=True, slots=True)
class Map:
    """One kind of fault over the two fields."""

    kind: str
    wrong: int
    total: int
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    @property
    def share(self) -> float:
        return 100 * self.wrong / self.total


@dataclass(frozen=True, slots=True)
class Part:
    """A box of a cell: who claims it, or which rules come nearest."""

    box: Box
    claims: tuple[tuple[Rule, Rule], ...]
    near: tuple[Near, ...]


@dataclass(frozen=True)
class Heat:
    """The map that an address asks for."""

    pack: Pack
    query: QueryDict

    @cached_property
    def fields(self) -> dict[str, Field]:
        return self.pack.vocabulary.by_name

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        choices = (self.column_choice, self.row_choice, self.day_choice, self.rules_choice, self.within_choice)
        found = [
            Problem(f"Choose from the list; “{self.query[choice.name]}” is not in it", f"#{choice.name}")
            for choice in choices
            if self.query.get(choice.name) and not any(option.chosen for option in choice.options)
        ]
        if not found and self.column == self.row:
            found.append(Problem("Choose two different facts", "#row"))
        return tuple(found)

    def asked(self, name: str, otherwise: str) -> str:
        return self.query.get(name, "") or otherwise

    @cached_property
    def column(self) -> str:
        return self.asked("column", self.usual(0))

    @cached_property
    def row(self) -> str:
        return self.asked("row", self.usual(1))

    def usual(self, place: int) -> str:
        names = list(self.fields)
        return USUAL[place] if all(name in self.fields for name in USUAL) else names[min(place + 1, len(names) - 1)]

    @cached_property
    def rules(self) -> str:
        return self.asked("rules", STATED)

    @cached_property
    def remit(self) -> Compiled:
        return self.pack.remit if self.rules == WHOLE else only_stated(self.pack.remit)

    @cached_property
    def first(self) -> Field:
        """The field that the others depend on: where it says another matter, hardly a rule asks for them."""
        return self.pack.vocabulary.fields[0]

    @cached_property
    def within(self) -> str:
        """The value of the first field that is looked at, or any; what silence means, unless it is asked for."""
        if self.first.name in (self.column, self.row):
            return ANY
        return self.asked("within", self.first.missing)

    @cached_property
    def day(self) -> str:
        return self.asked("on", self.remit.starts[0].isoformat())

    @cached_property
    def interval(self) -> Interval:
        return self.remit.on(date.fromisoformat(self.day))

    @cached_property
    def limits(self) -> dict[str, str]:
        return {} if self.within == ANY else {self.first.name: self.within}

    @cached_property
    def maps(self) -> tuple[Map, ...]:
        """One for what nobody owns and one for what two claim; none while anything is wrong."""
        if self.problems:
            return ()
        return tuple(self.map_of(kind, self.interval) for kind in KINDS)

    @cached_property
    def whole(self) -> tuple[Map, ...]:
        """The same under the whole pack."""
        if self.problems:
            return ()
        return tuple(self.map_of(kind, self.pack.remit.on(date.fromisoformat(self.day))) for kind in KINDS)

    def map_of(self, kind: str, interval: Interval) -> Map:
        vocabulary = self.pack.vocabulary
        wrong = (interval.winners == KINDS[kind]).reshape(vocabulary.sizes)
        places = vocabulary.place
        if self.limits:
            wrong = wrong.take([self.first.values.index(self.within)], axis=places[self.first.name])
        kept = places[self.row], places[self.column]
        others = tuple(axis for axis in range(wrong.ndim) if axis not in kept)
        counts = wrong.sum(axis=others)
        if kept[0] > kept[1]:
            counts = counts.T
        total = wrong.size // counts.size
        rows = tuple(
            (
                row,
                tuple(self.cell(kind, row, column, int(counts[y, x]), total) for x, column in enumerate(self.columns)),
            )
            for y, row in enumerate(self.fields[self.row].values)
        )
        return Map(kind, int(np.sum(counts)), wrong.size, rows)

    def cell(self, kind: str, row: str, column: str, wrong: int, total: int) -> Cell:
        address = self.address(kind=kind, at=f"{column}.{row}") if wrong else ""
        return Cell(column, row, wrong, total, address)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.fields[self.column].values

    def address(self, **more: str) -> str:
        asked = {name: self.query[name] for name in ("column", "row", "on", "rules", "within") if self.query.get(name)}
        return f"?{urlencode({**asked, **more})}"

    # one cell

    @cached_property
    def at(self) -> Cell | None:
        """The cell that the address opens; None where it opens none, or one in which nothing is wrong."""
        kind, (column, _, row) = self.query.get("kind", ""), self.query.get("at", "").partition(".")
        cells = (cell for found in self.maps if found.kind == kind for _, row_ in found.rows for cell in row_)
        return next((cell for cell in cells if (cell.column, cell.row) == (column, row) and cell.wrong), None)

    @cached_property
    def kind(self) -> str:
        return self.query.get("kind", "")

    @cached_property
    def at_words(self) -> str:
        """The opened cell as a sentence without its end."""
        if self.at is None:
            return ""
        column, row = self.fields[self.column], self.fields[self.row]
        return f"{column.says(self.at.column)} and {row.says(self.at.row)}"

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What is wrong in the opened cell, in boxes that share nothing, the largest first."""
        if self.at is None:
            return ()
        wanted = self.pack.vocabulary.condition({**self.limits, self.column: self.at.column, self.row: self.at.row})
        held = self.interval.holding
        found: list[tuple[int, Condition]] = []
        here = held.grid.only(wanted)
        for label, place in enumerate(self.interval.deciding):
            if place == KINDS[self.kind]:
                boxes = held.grid.parts(here & (held.labels == label))
                found += [(label, box & wanted) for box in boxes]
        found.sort(key=lambda one: -len(one[1]))
        return tuple(self.part(label, box) for label, box in found)

    def part(self, label: int, box: Condition) -> Part:
        told = box_of(self.pack, box, (date.fromisoformat(self.day),))
        if self.kind == "two":
            return Part(told, self.interval.rivals(label), ())
        return Part(told, (), nearest(self.remit, self.interval.rules, box))

    @property
    def shown(self) -> tuple[Part, ...]:
        return self.parts[: 2 * MOST]

    # the form

    @cached_property
    def column_choice(self) -> Choice:
        return self.field_choice("column", "Across", self.column)

    @cached_property
    def row_choice(self) -> Choice:
        return self.field_choice("row", "Down", self.row)

    def field_choice(self, name: str, label: str, chosen: str) -> Choice:
        options = (Option(field.name, field.title, field.name == chosen) for field in self.fields.values())
        return Choice(name, label, tuple(options))

    @cached_property
    def rules_choice(self) -> Choice:
        options = (Option(value, text, value == self.rules) for value, text in RULES.items())
        return Choice("rules", "Under which rules", tuple(options))

    @cached_property
    def day_choice(self) -> Choice:
        options = (
            Option(
                interval.period.start.isoformat(), span(interval.period), interval.period.start.isoformat() == self.day
            )
            for interval in self.remit.intervals
            if interval.period.start
        )
        return Choice("on", "Days", tuple(options))

    @cached_property
    def within_choice(self) -> Choice:
        options = (Option(value, self.first.words(value), value == self.within) for value in self.first.values)
        return Choice("within", self.first.title, (Option(ANY, "Any", self.within == ANY), *options))

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.column_choice, self.row_choice, self.rules_choice, self.day_choice, self.within_choice
