"""What if? A proposal written in a form: held in the address alone, proved and compared at once, and never policy.

The form is turned into the words of a proposal's file and read by the reader of such files. So what the page compares
is what the file it gives away says.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections import Counter
from collections.abc import Container, Iterator, Mapping
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
from palermo.domain.vocabulary import Condition
from palermo.packs import Pack, proposals
from palermo.packs.files import TomlFile
from palermo.packs.loader import find
from palermo.web.layout import day_words
from palermo.web.oversight.adding import FIRST, NAME, NEW, Added, added_by, changed, pairs_of
from palermo.web.oversight.asking import Choice, Option
from palermo.web.oversight.charts import MANY
from palermo.web.oversight.comparing import COUNTS, PROFILES, REFERRALS, Box, Problem, Weighed, box_of, weigh
from palermo.web.oversight.counting import Counted, Numbers
from palermo.web.oversight.days import PARTS, DayAsked, of_day, read_day
from palermo.web.oversight.reading import when_words

HEIR = "heir-"
ASIDE = ("rule", "copy", "fresh", "save", "remove")
"""What buttons and pages tell each other, and the proposal does not say."""

LONGEST = 400
"""Characters that one answer may have; an address has to stay one."""

LONGEST_ADDRESS = 6_000
"""Characters of a whole proposal: servers take addresses of some 8,000, and a form's is longer than what it holds."""

MOST_RULES = 99


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
    def added(self) -> tuple[Added, ...]:
        """The rules that it adds, or puts in the place of the pack's."""
        return added_by(self.pack, self.given)

    @cached_property
    def later(self) -> Period:
        """The days from its first on."""
        return Period(self.effective.day or self.pack.remit.start)

    @cached_property
    def ended(self) -> tuple[str, ...]:
        """The rules of the pack that end, those included that others stand in the place of."""
        instead = (added.instead for added in self.added if added.instead)
        return tuple(dict.fromkeys((*self.given.get("end", []), *instead)))

    def met(self, added: Added) -> list[str]:
        """The ids of the rules that an added one meets: the pack's, and those added before it."""
        if added.condition is None:
            return []
        found = [
            rule.id
            for rule in self.pack.remit.rules
            if rule.period.meets(self.later) and rule.when.meets(added.condition) and rule.id not in self.ended
        ]
        earlier = [
            other.id
            for other in self.added
            if other.number < added.number and other.condition and other.condition.meets(added.condition)
        ]
        return [id_ for id_ in dict.fromkeys((*found, *earlier)) if id_ != added.id]

    def taken(self, added: Added) -> list[str]:
        """The ids that a new rule cannot have."""
        others = (other.id for other in self.added if other is not added)
        return [*(rule.id for rule in self.pack.remit.rules), *others]

    @cached_property
    def document(self) -> dict[str, Any]:
        """What the proposal's file says."""
        found: dict[str, Any] = {"title": self.one("title"), "effective": self.effective.day}
        found["units"] = list(self.units)
        found["reassign"] = self.reassign
        found["end"] = list(self.ended)
        found["add"] = [added.row(self.met(added)) for added in self.added]
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
        if self.one("count") not in ("", *COUNTS):
            yield Problem(f"Choose what to count from the list; “{self.one('count')}” is not in it", "#count")
        for added in self.added:
            yield from (
                Problem(f"{added.id}: {says}", f"#rule-{added.number}") for says, _ in added.misfits(self.taken(added))
            )
        if len(self.address()) > LONGEST_ADDRESS:
            says = "Shorten the proposal: it is longer than an address can be. Give shorter reasons, or fewer rules"
            yield Problem(says, "#rules")
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
        for added in self.added:
            if row in (added.id, *map(added.name, added.texts)):
                return f"#rule-{added.number}"
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

    def pairs(self, without: Container[int] = (), **more: str) -> list[tuple[str, str]]:
        """What the address says; `without` the added rules of these numbers, and with more, or less."""
        left = {"effective", *(f"effective-{part}" for part in PARTS), *ASIDE, *more}
        left |= {name for name in self.given if NEW.fullmatch(name)}
        # the default says nothing
        quiet = {(f"{HEIR}{unit}", unit) for unit in self.owners}
        pairs = [("effective", self.effective.day.isoformat())] if self.effective.day else []
        pairs += [(name, text) for name, texts in self.given.items() if name not in left for text in texts]
        for added in self.added:
            pairs += added.pairs() if added.number not in without else []
        return [pair for pair in (*pairs, *more.items()) if pair[1] and pair not in quiet]

    def address(self, without: Container[int] = (), **more: str) -> str:
        """The query that asks this; see `pairs`."""
        return f"?{urlencode(self.pairs(without, **more))}"

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The units that own something from the day on which the proposal begins."""
        return tuple(dict.fromkeys(rule.owner for rule in self.pack.remit.rules if rule.period.meets(self.later)))

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
        found = {rule.id: rule for rule in self.pack.remit.rules if rule.period.meets(self.later)}
        return tuple((rule, self.brief(rule), rule.id in self.given.get("end", [])) for rule in found.values())

    def brief(self, rule: Rule) -> str:
        limits = when_words(self.pack.vocabulary, rule.when)
        return "; ".join(f"{limit.label}: {limit.values}" for limit in limits) or "Every referral"

    def told(self, added: Added) -> tuple[tuple[str, str], ...]:
        """An added rule in words, line by line."""
        goes_before = added.overrides(self.met(added))
        days = [f"{word} {day_words(asked.day)}" for word, asked in added.days.items() if asked.day]
        found = {
            "Owner": ", ".join(filter(None, (added.one("owner"), added.one("function").replace("_", " ")))),
            "When": "; ".join(f"{limit.label}: {limit.values}" for limit in added.limits) or "Every referral",
            "Goes before": ", ".join(goes_before) or "No other rule",
            "Days": " ".join(days) or "As long as the proposal",
            "Rests on": f"{', '.join(added.listed('cites'))} ({added.one('basis')})",
            "Why": added.one("why"),
        }
        return tuple((key, value) for key, value in found.items() if value)

    def wrong(self, element: str) -> str:
        """What is wrong with this element."""
        return next((problem.text for problem in self.problems if problem.href == f"#{element}"), "")


@dataclass(frozen=True)
class Editing:
    """One rule of the proposal in a form of its own: what is wrong with it, or the address it goes back to."""

    form: Form

    @property
    def next(self) -> int:
        """The number that no added rule has yet."""
        return max((added.number for added in self.form.added), default=0) + 1

    @cached_property
    def copied(self) -> str:
        """The address for editing a rule of the pack, in its place; empty unless one that is in force is asked for."""
        form, id_ = self.form, self.form.one("copy")
        if form.one("rule") != "copy":
            return ""
        there = next((added.number for added in form.added if added.instead == id_), 0)
        pairs = changed(form.pack, id_, form.later, itertools.count(self.next)) if not there else []
        if not there and not pairs:
            return ""
        pairs += [("rule", str(there or self.next)), *([] if there else [("fresh", "yes")])]
        return f"?{urlencode([*form.pairs(), *pairs])}"

    @cached_property
    def number(self) -> int:
        """Which rule is edited; 0 for none that can be."""
        asked = self.form.one("rule")
        if asked == "new":
            return self.next if self.next <= MOST_RULES else 0
        return int(asked) if asked.isascii() and asked.isdigit() and int(asked) <= MOST_RULES else 0

    @cached_property
    def added(self) -> Added:
        there = (added for added in self.form.added if added.number == self.number)
        return next(there, Added(self.form.pack, self.number, {}))

    @property
    def asked(self) -> bool:
        """Whether the rule is to go back into the proposal."""
        return bool(self.form.one("save"))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        if not self.asked:
            return ()
        form, added = self.form, self.added
        found = list(added.misfits(form.taken(added)))
        found += [
            (f"Shorten this to {LONGEST} characters", part)
            for part, texts in added.texts.items()
            if any(len(text) > LONGEST for text in texts)
        ]
        if not found and len(form.address()) > LONGEST_ADDRESS:
            found.append(("Shorten this: with it the proposal is longer than an address can be", "why"))
        if not found and isinstance(form.read, tuple):
            # what is wrong with the rest of the proposal is told there
            found = [(fault.says, added.place(fault.says)) for fault in form.read if fault.row == added.id]
        return tuple(Problem(says, f"#{added.name(part)}") for says, part in found)

    def wrong(self, part: str) -> str:
        """What is wrong with this part of the rule."""
        return next((problem.text for problem in self.problems if problem.href == f"#{self.added.name(part)}"), "")

    @property
    def owning(self) -> Choice:
        return replace(self.added.owning(self.form.takers), problem=self.wrong("owner"))

    @property
    def firsts(self) -> tuple[tuple[str, str], ...]:
        return tuple(FIRST.items())

    @property
    def bases(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(basis), basis.capitalize()) for basis in Basis)

    @property
    def back(self) -> str:
        """The address of the proposal without a rule that is not put into it."""
        new = self.added.instead if self.form.one("fresh") else ""
        return self.form.address([added.number for added in self.form.added if new and added.instead == new])

    def day(self, part: str) -> DayAsked:
        return replace(self.added.days[part], problem=self.wrong(f"{part}-day"))


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
        file = file_of(path.stem)
        document = file.document if file else {}
        found.append(Ready(path.stem, str(document.get("title", path.stem)), document.get("effective")))
    return tuple(found)


def file_of(name: str) -> TomlFile | None:
    """A ready proposal's file; None where there is none of that name. Raises PolicyFaults for no TOML."""
    path = next((path for path in folder().glob("*.toml") if path.stem == name), None)
    if path is None:
        return None
    file = TomlFile(path.parent, path.name, [])
    if file.faults:
        raise PolicyFaults(file.faults)
    return file


def opened(pack: Pack, name: str) -> str:
    """The address of the form that a ready proposal fills in; empty where there is none.

    Raises PolicyFaults for a file that is no proposal.
    """
    file = file_of(name)
    if file is None:
        return ""
    proposal = proposals.read(pack, file)
    if file.faults or proposal is None:
        raise PolicyFaults(file.faults)
    pairs = [("effective", proposal.effective.isoformat()), ("title", proposal.title)]
    pairs += [("units", ", ".join(file.document.get("units", [])))]
    pairs += [(f"{HEIR}{unit}", heir) for unit, heir in proposal.reassign.items()]
    pairs += [("end", rule) for rule in proposal.end]
    for number, rule in enumerate(proposal.add, start=1):
        pairs += pairs_of(rule, number, pack.vocabulary)
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
