"""What if? A proposal written in a form: held in the address alone, proved and compared at once, and never policy.

The form is turned into the words of a proposal's file and read by the reader of such files. So what the page compares
is what the file it gives away says.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict

from palermo.domain.policy import Basis, Fault, Period, PolicyFaults
from palermo.domain.remit import OutsideRemit, Remit, RemitFaults, Rule
from palermo.domain.remit.compare import shared_cuts
from palermo.domain.remit.invariants import Always, Broken, Invariant, Never
from palermo.domain.remit.proof import Gap, Overlap, Report
from palermo.domain.remit.proposal import Proposal
from palermo.domain.vocabulary import Condition, VocabularyFault
from palermo.packs import Pack, proposals
from palermo.packs.files import TomlFile
from palermo.packs.loader import find
from palermo.web.layout import day_words
from palermo.web.oversight.asking import Choice, Option
from palermo.web.oversight.charts import MANY
from palermo.web.oversight.comparing import COUNTS, PROFILES, REFERRALS, Box, Problem, Weighed, box_of, weigh
from palermo.web.oversight.counting import Counted, Numbers
from palermo.web.oversight.days import PARTS, DayAsked, of_day, read_day
from palermo.web.oversight.reading import when_words

HEIR = "heir-"
FACT = "when-"
ADDED = ("owner", "cites", "why")
LONGEST = 400
"""Characters that one answer may have; an address has to stay one."""

NEW_RULE = "N1"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
FIRST = {"yes": "Yes: it decides wherever it applies", "no": "No: what it shares with another rule is a dispute"}


class Typed(TomlFile):
    """A proposal's file that was never one: its text comes from the form."""

    def __init__(self, text: str, faults: list[Fault]) -> None:
        self.name = "proposal"
        self.faults = faults
        self.text = text
        self.document = tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Ready:
    """A proposal that comes with the pack."""

    id: str
    title: str
    effective: date | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Referrals that the proposal gives to nobody or to two units, in the engine's words and in boxes."""

    says: str
    box: Box
    past: str


@dataclass(frozen=True)
class Proved:
    """What the rules would be, and whether every possible referral would have one owner."""

    pack: Pack
    proposal: Proposal
    remit: Remit
    counted: Counted
    numbers: Numbers

    @cached_property
    def report(self) -> Report:
        return self.remit.check(start=self.proposal.effective)

    @cached_property
    def broken(self) -> tuple[Broken, ...]:
        """What must always hold, and would not; nothing while some referral has no owner, or two."""
        if self.report.gaps or self.report.overlaps:
            return ()
        return self.remit.broken([followed(one, self.proposal.reassign) for one in self.pack.invariants])

    @cached_property
    def gaps(self) -> tuple[Silence, ...]:
        return tuple(self.silence(gap, gap.box) for gap in self.report.gaps)

    @cached_property
    def overlaps(self) -> tuple[Silence, ...]:
        return tuple(self.silence(overlap, overlap.boxes[0]) for overlap in self.report.overlaps)

    def silence(self, found: Gap | Overlap, box: Condition) -> Silence:
        history = self.counted.history(self.remit.starts)
        past = history.count(Period(), box)
        return Silence(found.says, box_of(self.pack, box, (found.example.on,)), self.numbers.words(past or 0))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The day the proposal begins, and each later one on which rules change."""
        return (
            self.proposal.effective,
            *(day for day in shared_cuts(self.remit, self.pack.remit) if day > self.proposal.effective),
        )

    def weighed(self, day: date, count: str) -> Weighed | None:
        """That day without the proposal and with it; None while some referral would have no owner that day, or two."""
        if not self.remit.on(day).whole:
            return None
        return weigh(self.pack.remit.at(day), self.remit.at(day), count, self.counted, self.numbers)


@dataclass(frozen=True)
class Form:
    """The proposal that an address holds: the form again, what is wrong with it, or the proposal proved."""

    pack: Pack
    query: QueryDict
    counted: Counted
    numbers: Numbers

    # what the address says

    @cached_property
    def begun(self) -> bool:
        return bool(self.given)

    @cached_property
    def given(self) -> dict[str, list[str]]:
        """The address without what was left empty."""
        found = {name: [text.strip() for text in self.query.getlist(name)] for name in self.query}
        return {name: [text for text in texts if text] for name, texts in found.items() if any(texts)}

    def one(self, name: str, otherwise: str = "") -> str:
        return self.given.get(name, [otherwise])[0]

    @cached_property
    def effective(self) -> DayAsked:
        found = read_day(self.query, "effective", words="The day it begins")
        if self.begun and not found.given:
            return DayAsked("effective", problem="Enter the day the proposal begins")
        if found.day and found.day <= self.pack.remit.start:
            says = f"The day it begins must be after {day_words(self.pack.remit.start)}, when the remit starts"
            return DayAsked("effective", problem=says, parts=found.parts)
        return self.within(found)

    def within(self, asked: DayAsked) -> DayAsked:
        """The day asked for, with the remit's own words where it is none of its days."""
        try:
            if asked.day:
                self.pack.remit.on(asked.day)
        except OutsideRemit as outside:
            return DayAsked(asked.name, problem=str(outside), parts=asked.parts)
        return asked

    @cached_property
    def kept(self) -> tuple[dict[str, Any], ...]:
        """The rules that the ready proposal adds, and which the address keeps."""
        rows = document_of(self.one("start")).get("add", [])
        return tuple(row for row in rows if row.get("id") in self.given.get("keep", []))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The units that the proposal would set up."""
        return tuple(dict.fromkeys(unit.strip() for unit in self.one("units").split(",") if unit.strip()))

    @cached_property
    def reassign(self) -> dict[str, str]:
        return {
            name.removeprefix(HEIR): texts[0]
            for name, texts in self.given.items()
            if name.startswith(HEIR) and texts[0] != name.removeprefix(HEIR)
        }

    @cached_property
    def when(self) -> dict[str, str]:
        """The condition of the rule that is added."""
        return {name.removeprefix(FACT): texts[0] for name, texts in self.given.items() if name.startswith(FACT)}

    @property
    def adds(self) -> bool:
        return bool(self.when or any(self.one(f"new-{name}") for name in ADDED))

    @cached_property
    def added(self) -> dict[str, Any]:
        """The rule that is added, as a row of a file; it goes before the rules it meets where that is asked."""
        id_ = self.one("new-id", NEW_RULE)
        row: dict[str, Any] = {
            "id": id_,
            "owner": self.one("new-owner"),
            "when": self.when,
            "cites": [cite.strip() for cite in self.one("new-cites").split(",") if cite.strip()],
            "basis": str(Basis.ASSUMED),
            "why": self.one("new-why"),
        }
        if self.first == "yes" and (met := self.met()):
            row["overrides"] = met
        return row

    @property
    def first(self) -> str:
        asked = self.one("new-first", "yes")
        return asked if asked in FIRST else "yes"

    def met(self) -> list[str]:
        """The ids of the other rules that the added one meets from the day the proposal begins."""
        try:
            when = self.pack.vocabulary.condition(self.when)
        except VocabularyFault:
            return []
        later = Period(self.effective.day)
        ended = self.given.get("end", [])
        found = [
            rule.id
            for rule in self.pack.remit.rules
            if rule.period.meets(later) and rule.when.meets(when) and rule.id not in ended
        ]
        return list(dict.fromkeys((*found, *(str(row["id"]) for row in self.kept))))

    @cached_property
    def document(self) -> dict[str, Any]:
        """What the proposal's file says."""
        found: dict[str, Any] = {"title": self.one("title"), "effective": self.effective.day}
        found["units"] = list(self.units)
        found["reassign"] = self.reassign
        found["end"] = self.given.get("end", [])
        found["add"] = [*self.kept, *([self.added] if self.adds else [])]
        return {name: value for name, value in found.items() if value}

    @cached_property
    def text(self) -> str:
        """The proposal as a file, for `palermo remit compare --proposal`."""
        return written(self.document)

    # what is wrong with it, or what comes of it

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        if not self.begun:
            return ()
        found = list(self.misfits())
        if not found and isinstance(self.read, tuple):
            found = [
                Problem(f"{fault.row}: {fault.says}" if fault.row else fault.says, self.place(fault.row))
                for fault in self.read
            ]
        return tuple(found)

    def misfits(self) -> Iterator[Problem]:
        """What is wrong before the proposal is read as one."""
        if self.effective.problem:
            yield Problem(self.effective.problem, f"#{self.effective.first_box}")
        for name, texts in self.given.items():
            if any(len(text) > LONGEST for text in texts):
                yield Problem(f"Shorten {name} to {LONGEST} characters", self.place(name))
        for unit in self.units:
            if not NAME.fullmatch(unit):
                yield Problem(f"Write the unit “{unit}” as letters, digits and hyphens, like UNIT-2", "#units")
        if (start := self.one("start")) and start not in {ready.id for ready in ready_proposals()}:
            yield Problem(f"The pack has no proposal “{start}” to start from", "#title")
        if self.one("count") not in ("", *COUNTS):
            yield Problem(f"Choose what to count from the list; “{self.one('count')}” is not in it", "#count")
        if self.one("new-first") not in ("", *FIRST):
            yield Problem("Choose whether the new rule goes before the others", "#new-first")
        if self.adds:
            if not NAME.fullmatch(self.one("new-id", NEW_RULE)):
                yield Problem("Write the new rule’s id as letters, digits and hyphens, like N1", "#new-id")
            elif self.one("new-id", NEW_RULE) in {rule.id for rule in self.pack.remit.rules}:
                yield Problem("Give the new rule an id that no rule of the pack has", "#new-id")
            needed = (
                ("owner", "Choose who owns what the new rule decides"),
                ("cites", "Enter the paragraph that the new rule rests on"),
                ("why", "Enter why the new rule is assumed"),
            )
            yield from (Problem(says, f"#new-{name}") for name, says in needed if not self.one(f"new-{name}"))
        if self.at.problem:
            yield Problem(self.at.problem, "#at")

    @cached_property
    def read(self) -> tuple[Fault, ...] | Proved:
        """The proposal proved, or every fault that keeps it from being one."""
        faults: list[Fault] = []
        proposal = proposals.read(self.pack, Typed(self.text, faults))
        if faults or proposal is None:
            return tuple(faults)
        try:
            remit = self.pack.remit.with_proposal(proposal)
        except RemitFaults as wrong:
            return tuple(Fault("proposal", row, says) for row, says in wrong.faults)
        return Proved(self.pack, proposal, remit, self.counted, self.numbers)

    def place(self, row: str) -> str:
        """The element that a fault in this row is put right in."""
        if row in (self.added["id"], "new-id", *(f"new-{name}" for name in ADDED)):
            return f"#{row}" if row.startswith("new-") else "#new-owner"
        if row.removeprefix(HEIR) in {*self.reassign, *self.owners}:
            return f"#{HEIR}{row.removeprefix(HEIR)}"
        return "#ends" if row in self.given.get("end", []) else "#title"

    @cached_property
    def proved(self) -> Proved | None:
        """The proposal proved; None while it is not begun or anything is wrong."""
        return self.read if self.begun and not self.problems and isinstance(self.read, Proved) else None

    @cached_property
    def count(self) -> str:
        asked = self.one("count")
        return asked if asked in COUNTS else REFERRALS if self.counted else PROFILES

    @cached_property
    def at(self) -> DayAsked:
        """The day whose rules are compared; without one, the day the proposal begins."""
        found = read_day(self.query, "at", words="The day to compare")
        if not found.given and self.effective.day:
            return of_day("at", self.effective.day)
        if found.day and self.effective.day and found.day < self.effective.day:
            return DayAsked("at", problem="The day to compare must not be before the proposal begins")
        return self.within(found)

    @cached_property
    def weighed(self) -> Weighed | None:
        return self.proved.weighed(self.at.day, self.count) if self.proved and self.at.day else None

    # the address and the form

    @property
    def tidy(self) -> bool:
        """Whether the address is the short one that asks this."""
        return (
            not self.begun
            or bool(self.problems)
            or Counter(self.pairs())
            == Counter((name, text) for name in self.query for text in self.query.getlist(name))
        )

    def pairs(self, **more: str) -> list[tuple[str, str]]:
        left = {"effective", *(f"effective-{part}" for part in PARTS), *more}
        # the default says nothing
        quiet = {("new-first", "yes"), *((f"{HEIR}{unit}", unit) for unit in self.owners)}
        if not self.adds:
            left |= {"new-first", "new-id"}
        pairs = [("effective", self.effective.day.isoformat())] if self.effective.day else []
        pairs += [(name, text) for name, texts in self.given.items() if name not in left for text in texts]
        return [pair for pair in (*pairs, *more.items()) if pair[1] and pair not in quiet]

    def address(self, **more: str) -> str:
        """The query that asks this, and more."""
        return f"?{urlencode(self.pairs(**more))}"

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The units that own something from the day on which the proposal begins."""
        later = Period(self.effective.day or self.pack.remit.start)
        return tuple(dict.fromkeys(rule.owner for rule in self.pack.remit.rules if rule.period.meets(later)))

    @cached_property
    def takers(self) -> tuple[str, ...]:
        """The units that rules can be given to: owners, units of which there are few alike, and those it sets up."""
        kinds = self.pack.units.kinds
        many = Counter(kinds.values())
        few = [unit for unit, kind in kinds.items() if many[kind] <= MANY]
        return tuple(dict.fromkeys((*self.units, *self.pack.remit.owners, *few)))

    @cached_property
    def heirs(self) -> tuple[Choice, ...]:
        """For each owner, who takes over its rules."""
        return tuple(
            Choice(
                f"{HEIR}{owner}",
                f"Rules of {owner}",
                tuple(
                    Option(
                        unit,
                        f"stay with {owner}" if unit == owner else f"go to {unit}",
                        unit == self.reassign.get(owner, owner),
                    )
                    for unit in dict.fromkeys((owner, *self.takers))
                ),
                self.wrong(f"{HEIR}{owner}"),
            )
            for owner in self.owners
        )

    @cached_property
    def endable(self) -> tuple[tuple[Rule, str, bool], ...]:
        """The rules in force then, each in words, and whether it is to end."""
        later = Period(self.effective.day or self.pack.remit.start)
        found = {rule.id: rule for rule in self.pack.remit.rules if rule.period.meets(later)}
        return tuple((rule, self.brief(rule), rule.id in self.given.get("end", [])) for rule in found.values())

    def brief(self, rule: Rule) -> str:
        limits = when_words(self.pack.vocabulary, rule.when)
        return "; ".join(f"{limit.label}: {limit.values}" for limit in limits) or "Every referral"

    @cached_property
    def keepable(self) -> tuple[tuple[str, str, bool], ...]:
        """The rules that the ready proposal adds: id and owner, and whether they are kept."""
        rows = document_of(self.one("start")).get("add", [])
        keep = self.given.get("keep", [])
        return tuple((str(row.get("id")), str(row.get("owner")), row.get("id") in keep) for row in rows)

    @cached_property
    def facts(self) -> tuple[Choice, ...]:
        """The fields that the added rule may ask about."""
        return tuple(
            Choice(
                f"{FACT}{field.name}",
                field.title,
                tuple(
                    Option(value, words, value == self.when.get(field.name, ""))
                    for value, words in (
                        ("", "Any"),
                        *((value, field.words(value)) for value in field.values),
                        *(
                            (f"!{value}", f"not: {field.words(value)}")
                            for value in field.values
                            if len(field.values) > 2
                        ),
                    )
                ),
            )
            for field in self.pack.vocabulary.fields
        )

    @cached_property
    def giving(self) -> Choice:
        """Who owns what the added rule decides."""
        chosen = self.one("new-owner")
        options = [Option("", "Choose a unit", not chosen), *(Option(u, u, u == chosen) for u in self.takers)]
        return Choice("new-owner", "Owner", tuple(options), self.wrong("new-owner"))

    def wrong(self, element: str) -> str:
        """What is wrong with this element."""
        return next((problem.text for problem in self.problems if problem.href == f"#{element}"), "")


def followed(invariant: Invariant, reassign: Mapping[str, str]) -> Invariant:
    """The invariant, with the heir standing beside each unit that it names: a transfer as such breaks nothing."""
    if not isinstance(invariant, Never | Always):
        return invariant
    heirs = tuple(heir for unit, heir in reassign.items() if unit in invariant.owners)
    return replace(invariant, owners=(*invariant.owners, *heirs))


def folder() -> Path:
    return find(settings.PACK) / "proposals"


def ready_proposals() -> tuple[Ready, ...]:
    """The proposals that come with the pack, by their file's name."""
    found = []
    for path in sorted(folder().glob("*.toml")):
        document = document_of(path.stem)
        found.append(Ready(path.stem, str(document.get("title", path.stem)), document.get("effective")))
    return tuple(found)


def document_of(name: str) -> dict[str, Any]:
    """What a ready proposal's file says; nothing where there is none of that name. Raises PolicyFaults for no TOML."""
    path = next((path for path in folder().glob("*.toml") if path.stem == name), None)
    if path is None:
        return {}
    faults: list[Fault] = []
    file = TomlFile(path.parent, path.name, faults)
    if faults:
        raise PolicyFaults(faults)
    return file.document


def opened(name: str) -> str:
    """The address of the form that a ready proposal fills in; empty where there is none."""
    document = document_of(name)
    if not document:
        return ""
    pairs = [("effective", str(document.get("effective", ""))), ("title", str(document.get("title", "")))]
    pairs += [("start", name), ("units", ", ".join(document.get("units", [])))]
    pairs += [(f"{HEIR}{unit}", heir) for unit, heir in document.get("reassign", {}).items()]
    pairs += [("end", rule) for rule in document.get("end", [])]
    pairs += [("keep", str(row.get("id"))) for row in document.get("add", [])]
    return f"?{urlencode([pair for pair in pairs if pair[1]])}"


def written(document: Mapping[str, Any]) -> str:
    """The document as TOML, one entry a line."""
    return "".join(f"{name} = {value_of(value)}\n" for name, value in document.items())


def value_of(value: object) -> str:
    """One value as TOML writes it. Raises TypeError for what a proposal has not."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{value_of(str(name))} = {value_of(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        if value and all(isinstance(one, Mapping) for one in value):
            return "[\n" + "".join(f"  {value_of(one)},\n" for one in value) + "]"
        return "[" + ", ".join(value_of(one) for one in value) + "]"
    raise TypeError(f"no value of a proposal: {value!r}")
