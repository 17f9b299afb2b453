"""Who owns this? The facts and days that an address gives, held against the pack. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from palermo.domain.policy import day_before
from palermo.domain.referral import Facts, FactsRefused
from palermo.domain.remit import Change, OutsideRemit
from palermo.domain.tasking import Decision
from palermo.packs import Pack
from palermo.web import policy
from palermo.web.oversight.days import PARTS, DayAsked, of_day, read_day

DAYS = ("on", "and")
BOROUGH = "borough"
FEW = 3
"""Up to so many values, a question shows them all; beyond it they stand in a list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the address, and the element that puts it right."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a question, in the pack's words."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One fact as the form asks for it."""

    name: str
    label: str
    options: tuple[Option, ...]
    problem: str = ""

    @property
    def few(self) -> bool:
        return len(self.options) <= FEW


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that would start: how long it runs, and until when."""

    label: str
    length: str
    due: date
    source: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision of one day, and what would change it, with the address of that answer where it has one."""

    day: date
    decision: Decision
    owner_name: str
    clocks: tuple[Running, ...]
    otherwise: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the decision that the two days do not share, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Question:
    """What the address asks, read against the pack: the form again, what is wrong with it, or the answers."""

    pack: Pack
    query: QueryDict

    @cached_property
    def asked(self) -> bool:
        return bool(self.query)

    @cached_property
    def given(self) -> dict[str, str]:
        """The facts of the address, without what was left empty."""
        days = {*DAYS, *(f"{name}-{part}" for name in DAYS for part in PARTS)}
        return {name: value for name, value in self.query.items() if name not in days and value}

    @cached_property
    def read(self) -> Facts | FactsRefused:
        try:
            return self.pack.read_facts(dict(self.given))
        except FactsRefused as refused:
            return refused

    @cached_property
    def days(self) -> tuple[DayAsked, DayAsked]:
        """The two days; before anything is asked, the day before the pack's largest change and that day."""
        if not self.asked:
            change = main_change(self.pack)
            return of_day("on", day_before(change)), of_day("and", change)
        first = read_day(self.query, "on", words="The date")
        if not first.given:
            first = DayAsked("on", problem="Enter the date that decides")
        return first, read_day(self.query, "and", words="The second date")

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, in the order of the form."""
        if not self.asked:
            return ()
        found = [
            Problem(f"{name} is given more than once in the address. Keep one.", f"#{self.element(name)}")
            for name in self.query
            if len(self.query.getlist(name)) > 1
        ]
        if isinstance(self.read, FactsRefused):
            found.extend(Problem(p.says, f"#{self.element(p.field)}") for p in self.read.problems)
        found.extend(Problem(day.problem, f"#{day.first_box}") for day in self.days if day.problem)
        if not found:
            found.extend(
                Problem(str(answer), f"#{day.first_box}")
                for day, answer in self.decided
                if isinstance(answer, OutsideRemit)
            )
        return tuple(found)

    @cached_property
    def decided(self) -> tuple[tuple[DayAsked, Decision | OutsideRemit], ...]:
        return tuple((day, self.decide(day.day)) for day in self.days if day.day)

    def decide(self, day: date) -> Decision | OutsideRemit:
        try:
            return self.pack.decide(self.read, on=day, holidays=policy.bank_holidays())
        except OutsideRemit as outside:
            return outside

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """One for each day asked for; none while anything is wrong."""
        if not self.asked or self.problems:
            return ()
        return tuple(self.answer(day.day, decision) for day, decision in self.decided)

    def answer(self, day: date, decision: Decision) -> Answer:
        return Answer(
            day,
            decision,
            owner_words(self.pack, decision, day),
            running(decision),
            tuple((change.says, self.changed(change)) for change in decision.otherwise()),
        )

    def changed(self, change: Change) -> str:
        """The address of the answer after a change; none for a field that follows from another one."""
        if self.pack.vocabulary.by_name[change.field].derived_from:
            return ""
        return self.address({change.field: change.values[0]})

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """What the two days do not share; empty where there is one day, or no difference."""
        if len(self.answers) < 2:
            return ()
        before, after = (summary(answer) for answer in self.answers)
        return tuple(
            Difference(label, before[label], after[label]) for label in before if before[label] != after[label]
        )

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The form's questions, in the order of the vocabulary; what follows from the borough is not asked."""
        wrong = {problem.href: problem.text for problem in self.problems}
        return tuple(
            Choice(
                field.name,
                field.ask or field.title,
                tuple(
                    Option(value, field.words(value), value == self.given.get(field.name, field.missing))
                    for value in field.values
                ),
                wrong.get(f"#{self.element(field.name)}", ""),
            )
            for field in self.pack.vocabulary.fields
            if not field.derived_from
        )

    @cached_property
    def borough(self) -> Choice:
        """The boroughs, by name; the address may also give a borough's code."""
        read = self.read
        name = read.borough.name if isinstance(read, Facts) and read.borough else ""
        names = sorted(self.pack.boroughs)
        wrong = next((p.text for p in self.problems if p.href == f"#{self.element(BOROUGH)}"), "")
        options = (Option("", "Not known yet", not name), *(Option(n, n, n == name) for n in names))
        return Choice(BOROUGH, "Which borough?", options, wrong)

    @property
    def tidy(self) -> bool:
        """Whether the address is the shortest that asks this: no boxes, no fact that says what silence says."""
        return not self.asked or bool(self.problems) or self.query.urlencode() == self.address().removeprefix("?")

    def address(self, changed: dict[str, str] | None = None) -> str:
        """The query that asks this, or this with some facts changed."""
        facts = {**self.given, **(changed or {})}
        missing = self.pack.vocabulary.missing
        pairs = [(day.name, day.day.isoformat()) for day in self.days if day.day]
        pairs += [(name, value) for name, value in facts.items() if value != missing.get(name)]
        return f"?{urlencode(pairs)}"

    def element(self, name: str) -> str:
        """The element that asks for a fact; the form as a whole for a name that no question has."""
        asked = {field.name for field in self.pack.vocabulary.fields if not field.derived_from}
        if name in (*asked, BOROUGH):
            return f"fact-{name}"
        return "facts"


def main_change(pack: Pack) -> date:
    """The day after the pack's start on which most rules begin or end; its start where nothing ever changes."""

    def moves(day: date) -> int:
        return sum(day in (rule.period.start, rule.period.end) for rule in pack.remit.rules)

    return max(pack.remit.starts[1:], key=moves, default=pack.remit.start)


def running(decision: Decision) -> tuple[Running, ...]:
    """The decision's clocks, each with its length as the pack has it."""
    lengths = {row.clock: row.length for row in decision.verdict.clocks}
    return tuple(Running(clock.label, lengths[clock.clock], clock.due, clock.source) for clock in decision.clocks)


def owner_words(pack: Pack, decision: Decision, day: date) -> str:
    """The owner's name that day, with its borough where it has one."""
    names = {unit.id: unit.name for unit in pack.units.on(day).units}
    borough = decision.as_dict()["owner_borough"]
    name = names.get(decision.owner, decision.owner)
    return f"{name}, {borough}" if borough else name


def summary(answer: Answer) -> dict[str, str]:
    """The parts of a decision that are held side by side, each as one phrase."""
    told = answer.decision.as_dict()
    return {
        "Owner": answer.owner_name if told["owner"] in answer.owner_name else f"{answer.owner_name} ({told['owner']})",
        "Function": (told["function"] or "none named").replace("_", " "),
        "Basis": told["basis"],
        "Rule": told["rule"],
        "Paragraph": ", ".join(told["sources"]),
        "Also claimed by": ", ".join(told["contested_by"]) or "nobody",
        "NIM level": str(told["nim_level"] or "not known"),
        "Support": ", ".join(row["unit"] for row in told["support"]) or "none",
        "Safeguarding partner": told["safeguarding_partner"] or "none",
        "Clocks": joined(sorted(f"{clock.label} ({clock.length})" for clock in answer.clocks)),
    }


def joined(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
