"""Adding: which rules would a proposal add, or put in the place of the pack's?

Each is held in the proposal's address, field by field under its number, and is edited on a page of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from palermo.domain.policy import Basis, Period
from palermo.domain.remit import OutsideRemit, Rule
from palermo.domain.vocabulary import Condition, Field, Vocabulary, VocabularyFault
from palermo.packs import Pack
from palermo.web.oversight.asking import Choice, Option
from palermo.web.oversight.days import PARTS, DayAsked, read_day
from palermo.web.oversight.reading import Limit, when_words

NEW = re.compile(r"new-([1-9][0-9]?)-(.+)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
FACT = "when-"
DAYS = {"from": "The day it starts", "until": "The day it ends"}
ALL, NONE, SOME = "yes", "no", "some"
FIRST = {
    ALL: "All of them",
    NONE: "None: what it shares with a rule of another unit is a dispute",
    SOME: "Only these",
}
QUIET = {"first": ALL, "basis": str(Basis.ASSUMED)}
"""What goes without saying."""

PLACES = (
    ("there is no unit", "owner"),
    ("it cites", "cites"),
    ("overrid", "over"),
    ("it starts on", "from-day"),
    ("it ends on", "until-day"),
)
"""What a fault of the engine speaks of, and the element that it is put right in."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """A question with a box to tick for each answer; none ticked means any."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Added:
    """One rule of a proposal, as the address says it; `texts` are what it says under the rule's number."""

    pack: Pack
    number: int
    texts: Mapping[str, Sequence[str]]

    def name(self, part: str) -> str:
        """What a part of the rule is called in the address and in the form."""
        return f"new-{self.number}-{part}"

    def one(self, part: str) -> str:
        return next(iter(self.texts.get(part, ())), "") or QUIET.get(part, "")

    def listed(self, part: str) -> list[str]:
        """What stands in a box with commas between."""
        return [text.strip() for text in self.one(part).split(",") if text.strip()]

    @property
    def instead(self) -> str:
        """The rule of the pack in whose place it would stand; empty for a new one."""
        return self.one("for")

    @property
    def id(self) -> str:
        return self.instead or self.one("id") or f"N{self.number}"

    @cached_property
    def days(self) -> dict[str, DayAsked]:
        flat = {part: texts[0] for part, texts in self.texts.items() if texts}
        found = {}
        for part, words in DAYS.items():
            asked = read_day(flat, part, words=words)
            problem = asked.problem or self.outside(asked.day)
            found[part] = DayAsked(self.name(part), None if problem else asked.day, problem, asked.parts)
        return found

    def outside(self, day: date | None) -> str:
        """The remit's own words for a day that is none of its days."""
        try:
            if day:
                self.pack.remit.on(day)
        except OutsideRemit as outside:
            return str(outside)
        return ""

    @cached_property
    def when(self) -> dict[str, str | list[str]]:
        """The condition as a file says it: a value, several, or the one that it is not."""
        found: dict[str, str | list[str]] = {}
        for part, texts in self.texts.items():
            if part.startswith(FACT):
                name = part.removeprefix(FACT)
                field = self.pack.vocabulary.by_name.get(name)
                found[name] = briefly(field, list(texts)) if field else list(texts)
        return found

    @cached_property
    def condition(self) -> Condition | None:
        """The box of referrals it speaks of; None where it asks for what is not there."""
        try:
            return self.pack.vocabulary.condition(self.when)
        except VocabularyFault:
            return None

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        return when_words(self.pack.vocabulary, self.condition) if self.condition else ()

    def overrides(self, met: Sequence[str]) -> list[str]:
        """The ids of the rules it goes before, of which it meets some."""
        first = self.one("first")
        return list(met) if first == ALL else self.listed("over") if first == SOME else []

    def row(self, met: Sequence[str]) -> dict[str, Any]:
        """The rule as a row of a proposal's file."""
        found = {
            "id": self.id,
            "owner": self.one("owner"),
            "function": self.one("function"),
            "when": self.when,
            "from": self.days["from"].day,
            "until": self.days["until"].day,
            "overrides": self.overrides(met),
            "cites": self.listed("cites"),
            "basis": self.one("basis"),
            "why": self.one("why"),
        }
        return {name: value for name, value in found.items() if value}

    def pairs(self) -> list[tuple[str, str]]:
        """What the address holds of it: days in one piece, and nothing that goes without saying."""
        boxes = {f"{day}-{part}" for day in DAYS for part in PARTS}
        wrong = {day for day, asked in self.days.items() if asked.problem}
        found = [
            (part, text)
            for part, texts in self.texts.items()
            for text in texts
            if (part not in boxes or part.rpartition("-")[0] in wrong)
            and (part not in DAYS or part in wrong)
            and QUIET.get(part) != text
            and (part, text) != ("id", f"N{self.number}")
        ]
        found += [(day, asked.day.isoformat()) for day, asked in self.days.items() if asked.day]
        return [(self.name(part), text) for part, text in found]

    def misfits(self, taken: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What is wrong with it before it is read as a rule, and in which part; `taken` are ids that others have."""
        if not NAME.fullmatch(self.id):
            yield "Write the rule’s id as letters, digits and hyphens, like N1", "id"
        elif not self.instead and self.id in taken:
            yield "Give the rule an id that no other rule has", "id"
        if not self.one("owner"):
            yield "Choose who owns what the rule decides", "owner"
        for asked in self.days.values():
            if asked.problem:
                yield asked.problem, asked.first_box.removeprefix(self.name(""))
        if self.one("first") not in FIRST:
            yield "Choose which rules it goes before", "first"
        if self.one("first") == SOME and not self.listed("over"):
            yield "Enter the ids of the rules it goes before", "over"
        if not self.listed("cites"):
            yield "Enter the paragraph that the rule rests on", "cites"
        if self.one("basis") not in tuple(Basis):
            yield "Choose how firmly the rule stands on its paragraph", "basis"
        elif self.one("basis") == Basis.ASSUMED and not self.one("why"):
            yield "Enter why the rule is assumed", "why"

    @staticmethod
    def place(says: str) -> str:
        """The part that a fault of the engine is put right in."""
        return next((part for words, part in PLACES if words in says), "owner")

    # the form

    @cached_property
    def facts(self) -> tuple[Ticks, ...]:
        """The fields that it may ask about."""
        return tuple(
            Ticks(
                self.name(f"{FACT}{field.name}"),
                field.title,
                tuple(
                    Option(value, field.words(value), value in self.texts.get(f"{FACT}{field.name}", ()))
                    for value in field.values
                ),
            )
            for field in self.pack.vocabulary.fields
        )

    def owning(self, units: Sequence[str]) -> Choice:
        """Who owns what it decides."""
        chosen = self.one("owner")
        return Choice(
            self.name("owner"),
            "Owner",
            (Option("", "Choose a unit", not chosen), *(Option(unit, unit, unit == chosen) for unit in units)),
        )


def briefly(field: Field, values: list[str]) -> str | list[str]:
    """The values as a file says them; the one that is left out, where that is shorter."""
    left = [value for value in field.values if value not in values]
    if len(left) == 1 and len(field.values) > 2 and len(values) == len(field.values) - 1:
        return f"!{left[0]}"
    return values[0] if len(values) == 1 else values


def added_by(pack: Pack, given: Mapping[str, Sequence[str]]) -> tuple[Added, ...]:
    """The rules that an address adds, by their numbers; one of which it says nothing is none."""
    found: dict[int, dict[str, Sequence[str]]] = {}
    for name, texts in given.items():
        if part := NEW.fullmatch(name):
            found.setdefault(int(part[1]), {})[part[2]] = texts
    added = (Added(pack, number, found[number]) for number in sorted(found))
    return tuple(one for one in added if one.pairs())


def pairs_of(rule: Rule, number: int, vocabulary: Vocabulary, **other: str) -> list[tuple[str, str]]:
    """What an address says to add this rule under a number; `other` is said in place of, or beside, what it says."""
    said = {
        "id": rule.id,
        "owner": rule.owner,
        "function": rule.function or "",
        "from": rule.period.start.isoformat() if rule.period.start else "",
        "until": rule.period.end.isoformat() if rule.period.end else "",
        "first": SOME if rule.overrides else NONE,
        "over": ", ".join(rule.overrides),
        "basis": str(rule.basis),
        "cites": ", ".join(rule.cites),
        "why": rule.why,
        **other,
    }
    facts = [(f"{FACT}{name}", value) for name, values in vocabulary.limits(rule.when).items() for value in values]
    return [(f"new-{number}-{part}", text) for part, text in (*said.items(), *facts) if text]


def changed(pack: Pack, id_: str, later: Period, numbers: Iterator[int]) -> list[tuple[str, str]]:
    """What an address says to put rules of its own in the place of the pack's with this id, as they are; one for each
    version in force then. What they rest on is assumed from then on."""
    found = []
    for rule in pack.remit.rules:
        if rule.id == id_ and rule.period.meets(later):
            starts_later = rule.period.start and later.start and rule.period.start > later.start
            day = {} if starts_later else {"from": ""}
            found += pairs_of(
                rule, next(numbers), pack.vocabulary, id="", basis=str(Basis.ASSUMED), **{"for": rule.id}, **day
            )
    return found
