"""What is asked for an operation: its plan, its score, what it uses, costs and achieves?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django import forms

from palermo.domain.operations import Criterion, Span, name_faults
from palermo.domain.policy import listed
from palermo.web.cases.forms import MoveForm
from palermo.web.intake.fields import AnyOf, Day, OneOf, Words
from palermo.web.operations.actions.operations import Level, Planned
from palermo.web.operations.queries.operations import CERTAINTIES, COSTS, IN_POUNDS, KINDS, RESULTS
from palermo.web.operations.queries.places import Desk

LEVELS = (
    ("1", "1: within one borough"),
    ("2", "2: across boroughs"),
    ("3", "3: beyond the force"),
)
REFERENCE = re.compile(r"\bPAL-?[0-9A-Z]{4}-?[0-9A-Z]{4}\b", re.IGNORECASE)
MORE_LINES = 3
"""So many empty lines for functions are there beside those filled in."""
LONGEST_RUN = 2 * 366
MOST_DAYS = 100_000


class Said(Words):
    """What is written of an operation or a meeting. It is read by people who may not open every case.

    So no case is named in it: cases are linked, and then shown to each reader as far as that reader may see them.
    """

    def __init__(self, label: str, *, longest: int = 4000, rows: int = 5, required: str = "", hint: str = ""):
        super().__init__(label, longest=longest, rows=rows, required=required, hint=hint)

    def clean(self, value: object) -> str:
        words = super().clean(value)
        if found := REFERENCE.search(words):
            raise forms.ValidationError(
                f"{self.label}: take out {found[0].upper()}. Others read this who may not open that case; link the "
                "case to the operation instead, or task a unit on it"
            )
        return words


class Number(forms.DecimalField):
    """A number as people write it: with commas between the thousands, and a pound sign where it is money."""

    def __init__(self, label: str, *, required: str, places: int = 0, pounds: bool = False, hint: str = ""):
        what = "an amount such as 1,250 or 1,250.50" if pounds else "a whole number" if not places else "a number"
        super().__init__(
            label=label,
            required=bool(required),
            min_value=0,
            max_digits=12 + places,
            decimal_places=places,
            help_text=hint,
            widget=forms.TextInput(
                {"class": "govuk-input--width-10" if pounds else "govuk-input--width-5", "inputmode": "decimal"}
            ),
            error_messages={
                "required": required,
                "invalid": f"{label}: enter {what}",
                "min_value": f"{label}: enter 0 or more",
                "max_digits": f"{label}: the number is too large",
                "max_whole_digits": f"{label}: the number is too large",
                "max_decimal_places": f"{label}: enter {what}, with {places or 'no'} "
                f"figure{'' if places == 1 else 's'} after the point",
            },
        )

    def to_python(self, value: object) -> Decimal | None:
        return super().to_python(re.sub(r"[\s,£]", "", value) if isinstance(value, str) else value)


# The plan


class PlanForm(MoveForm):
    """What an operation is for, when it runs, and who leads it."""

    def __init__(self, data: Mapping | None, *, leads: Sequence[tuple[str, str]], initial: Mapping | None = None):
        super().__init__(data, initial=initial)
        self.fields["name"] = Words(
            "Code name",
            longest=40,
            required="Code name: enter one, such as Heron",
            hint="It says nothing: no person, no nationality, no place, nothing of what is suspected.",
        )
        self.fields["objective"] = Said(
            "Objective", required="Objective: write what it is to achieve", hint="No names and no references of cases."
        )
        self.fields["kind"] = OneOf("Reactive or proactive?", KINDS, required="Select reactive or proactive")
        self.fields["nim_level"] = OneOf("NIM level", LEVELS, required="Select the NIM level")
        if len(leads) > 1:
            self.fields["lead"] = OneOf("Which unit leads it?", leads, required="Select the lead unit", long=True)
        self.only_lead = leads[0][0] if len(leads) == 1 else ""
        self.fields["starts_on"] = Day("First day", required="First day: enter the day on which it starts")
        self.fields["ends_on"] = Day("Last day", required="Last day: enter the day on which it ends")

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if faults := list(name_faults(name)):
            raise forms.ValidationError(f"Code name: {listed(faults)}. Choose another one")
        return name

    def clean(self) -> dict[str, object]:
        given = super().clean()
        check_span(self, given)
        if self.only_lead:
            given["lead"] = self.only_lead
        return given

    @property
    def span(self) -> Span:
        return Span(self.cleaned_data["starts_on"], self.cleaned_data["ends_on"])


def check_span(form: forms.Form, given: Mapping[str, object]) -> None:
    first, last = given.get("starts_on"), given.get("ends_on")
    if first and last and last < first:
        form.add_error("ends_on", "Last day: it must be the first day or later")
    elif first and last and (last - first).days > LONGEST_RUN:
        form.add_error("ends_on", "Last day: plan two years at most, and the rest when they are over")


class WithLines(MoveForm):
    """Officer-days by function, a line each; empty lines are left out."""

    def add_lines(
        self, data: Mapping | None, desks: Sequence[tuple[Desk, str]], there: Mapping[Desk, int], required: bool = True
    ) -> None:
        choices = [(desk.value, name) for desk, name in desks]
        known = {value for value, _ in choices}
        # a function that is gone keeps its line, so that it can be given to another
        choices += [(desk.value, f"{desk.unit} {desk.function} (gone)") for desk in there if desk.value not in known]
        lines = [(desk.value, days) for desk, days in there.items()]
        self.number = len(lines) + MORE_LINES if data is None else lines_sent(data)
        self.lines_required = required
        for line in range(self.number):
            desk, days = lines[line] if line < len(lines) else ("", None)
            self.fields[f"desk_{line}"] = OneOf(f"Function, line {line + 1}", choices, required="", long=True)
            self.fields[f"days_{line}"] = Number(f"Officer-days, line {line + 1}", required="")
            self.initial |= {f"desk_{line}": desk, f"days_{line}": days}

    @property
    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"desk_{line}"], self[f"days_{line}"]) for line in range(self.number)]

    def check_lines(self, given: dict[str, object]) -> dict[str, object]:
        """What was given, with `resources`: the officer-days by function."""
        found: dict[Desk, int] = {}
        for line in range(self.number):
            desk, days = given.get(f"desk_{line}"), given.get(f"days_{line}")
            if f"desk_{line}" in self.errors or f"days_{line}" in self.errors:
                continue
            if desk and not days:
                self.add_error(f"days_{line}", f"Officer-days, line {line + 1}: enter 1 or more, or clear the line")
            elif days and not desk:
                self.add_error(f"desk_{line}", f"Function, line {line + 1}: select whose officers they are")
            elif days and days > MOST_DAYS:
                self.add_error(f"days_{line}", f"Officer-days, line {line + 1}: enter {MOST_DAYS:,} or fewer")
            elif desk and Desk.of(desk) in found:
                self.add_error(f"desk_{line}", f"Function, line {line + 1}: it has a line already; put them together")
            elif desk:
                found[Desk.of(desk)] = int(days)
        if not found and not self.errors and self.lines_required:
            self.add_error("desk_0", "Function, line 1: an operation needs somebody. Select a function")
        return {**given, "resources": found}


def lines_sent(data: Mapping) -> int:
    """How many lines the page had."""
    places = [int(name.removeprefix("desk_")) for name in data if re.fullmatch(r"desk_\d{1,2}", name)]
    return max(places, default=MORE_LINES - 1) + 1


class ResourcesForm(WithLines):
    """Who an operation needs."""

    def __init__(self, data: Mapping | None, *, desks: Sequence[tuple[Desk, str]], there: Mapping[Desk, int]):
        super().__init__(data)
        self.add_lines(data, desks, there)

    def clean(self) -> dict[str, object]:
        return self.check_lines(super().clean())


class ReviseForm(WithLines, PlanForm):
    """A plan and its resources, and why they are changed."""

    def __init__(
        self, data: Mapping | None, *, desks: Sequence[tuple[Desk, str]], there: Mapping[Desk, int], **about: object
    ):
        super().__init__(data, **about)
        self.before_lines = list(self.fields)
        self.add_lines(data, desks, there)
        self.fields["reason"] = Said("Why is it changed?", required="Why is it changed: write it in a few words")

    def clean(self) -> dict[str, object]:
        return self.check_lines(super().clean())


def planned(given: Mapping[str, object], resources: Mapping[Desk, int]) -> Planned:
    unit, borough, _ = str(given["lead"]).split("|")
    return Planned(
        objective=str(given["objective"]),
        kind=str(given["kind"]),
        nim_level=int(given["nim_level"]),
        lead=(unit, borough),
        span=Span(given["starts_on"], given["ends_on"]),
        resources=resources,
    )


# The score


class ScoreForm(MoveForm):
    """The level on each criterion, and why."""

    def __init__(
        self, data: Mapping | None, *, criteria: Iterable[Criterion], initial: Mapping[str, Mapping] | None = None
    ):
        there = initial or {}
        super().__init__(
            data,
            initial={
                **{f"level_{id_}": str(one["level"]) for id_, one in there.items()},
                **{f"reason_{id_}": one["reason"] for id_, one in there.items()},
            },
        )
        self.criteria = tuple(criteria)
        for criterion in self.criteria:
            name = criterion.name
            choices = [(str(level), f"{words[:1].upper()}{words[1:]}") for level, words in enumerate(criterion.levels)]
            self.fields[f"level_{criterion.id}"] = OneOf(
                f"{name}: {criterion.asks[:1].lower()}{criterion.asks[1:]}",
                choices,
                required=f"{name}: select a level",
                hint=f"Weight {criterion.weight}",
            )
            self.fields[f"reason_{criterion.id}"] = Said(
                f"{name}: why?", longest=1000, rows=2, required=f"{name}: write why it is that level"
            )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if not self.errors:
            given["levels"] = {
                one.id: Level(int(given[f"level_{one.id}"]), given[f"reason_{one.id}"]) for one in self.criteria
            }
        return given


# What comes to pass


class ReasonForm(MoveForm):
    """A move with its reason."""

    def __init__(self, data: Mapping | None, *, label: str):
        super().__init__(data)
        self.fields["reason"] = Said(label, required=f"{label.rstrip('?')}: write it in a few words")


class EndForm(ReasonForm):
    """The end of an operation; one that ran has a report."""

    def __init__(self, data: Mapping | None, *, ran: bool):
        super().__init__(data, label="Why does it end?")
        if ran:
            self.fields["report"] = Said(
                "Outcome report",
                longest=20_000,
                rows=10,
                required="Outcome report: write what came of it",
                hint="What was aimed at, what was done, what came of it, what is left to do. No names, no references.",
            )


class ReportForm(MoveForm):
    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["words"] = Said(
            "What is to be added?", longest=20_000, rows=10, required="What is to be added: write it"
        )


class EntryForm(MoveForm):
    """Something that came to pass on a day; with `replaces`, what puts an earlier entry right, and then why."""

    def __init__(self, data: Mapping | None, *, today: date, replaces: Mapping[str, object] | None = None):
        super().__init__(data, initial=replaces)
        self.replaces = replaces is not None
        self.ask()
        self.fields["day"] = Day("On which day?", required="On which day: enter it", latest=today)
        self.fields["note"] = Said(
            "Why is it put right?" if self.replaces else "Note (optional)",
            rows=3,
            required="Why is it put right: write it in a few words" if self.replaces else "",
            hint="" if self.replaces else "No names and no references.",
        )

    def ask(self) -> None:
        """The fields of its own, which come first."""
        raise NotImplementedError

    def refuse_nothing(self, name: str, given: Mapping[str, object]) -> None:
        """Nothing at all is no entry; what puts one right may take it back."""
        if given.get(name) == 0 and not self.replaces:
            self.add_error(name, f"{self.fields[name].label}: enter more than 0")


class UseForm(EntryForm):
    def __init__(self, data: Mapping | None, *, desks: Sequence[tuple[str, str]], **about: object):
        self.desks = desks
        super().__init__(data, **about)

    def ask(self) -> None:
        self.fields["desk"] = OneOf("Whose officers?", self.desks, required="Select whose officers they were")
        self.fields["officer_days"] = Number(
            "Officer-days", required="Officer-days: enter how many", places=1, hint="Half days count as 0.5."
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        self.refuse_nothing("officer_days", given)
        return given


class ResultForm(EntryForm):
    def ask(self) -> None:
        self.fields["kind"] = OneOf("What was achieved?", RESULTS, required="Select what was achieved")
        self.fields["amount"] = Number(
            "How many, or how many pounds?",
            required="How many, or how many pounds: enter a number",
            places=2,
            pounds=True,
            hint="People or things as a whole number; assets in pounds.",
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        amount = given.get("amount")
        if amount is not None and given.get("kind") not in (None, "", *IN_POUNDS):
            if amount != amount.to_integral_value():
                self.add_error("amount", "How many: enter a whole number")
            elif amount > MOST_DAYS:
                self.add_error("amount", f"How many: enter {MOST_DAYS:,} or fewer")
        self.refuse_nothing("amount", given)
        return given


class CostForm(EntryForm):
    def ask(self) -> None:
        self.fields["kind"] = OneOf("What for?", COSTS, required="Select what it is for")
        self.fields["certainty"] = OneOf("How certain is it?", CERTAINTIES, required="Select how certain it is")
        self.fields["pounds"] = Number(
            "Pounds", required="Pounds: enter the amount", places=2, pounds=True, hint="For example, 1,250.50"
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        self.refuse_nothing("pounds", given)
        if given.get("pounds") is not None and given["pounds"] >= 10**10:
            self.add_error("pounds", "Pounds: the number is too large")
        return given


class LinkForm(MoveForm):
    """A case by its reference, and why it belongs to the operation."""

    def __init__(self, data: Mapping | None, *, reference: str = ""):
        super().__init__(data, initial={"reference": reference})
        self.fields["reference"] = Words(
            "Reference of the case",
            longest=20,
            required="Reference of the case: enter it, such as PAL-BCDF-2345",
            width="govuk-input--width-10",
        )
        self.fields["reason"] = Said("Why does it belong to it?", required="Why does it belong to it: write it")

    def clean_reference(self) -> str:
        return self.cleaned_data["reference"].strip().upper()


class ChooseForm(MoveForm):
    """Which operation a case is linked to, and why."""

    def __init__(self, data: Mapping | None, *, operations: Iterable[tuple[str, str]]):
        super().__init__(data)
        self.fields["operation"] = OneOf("Which operation?", operations, required="Select the operation")
        self.fields["reason"] = Said("Why does it belong to it?", required="Why does it belong to it: write it")


# Tasking meetings

WHOLE, SOME = "whole", "some"
FURTHEST = timedelta(days=366)
"""No meeting is planned and no task is due later than this from today."""


class MeetingForm(MoveForm):
    """On which day a meeting is, and for whom."""

    def __init__(self, data: Mapping | None, *, today: date, places: Sequence[tuple[str, str]], whole: bool):
        super().__init__(data)
        self.fields["day"] = Day(
            "On which day?", required="On which day: enter it", earliest=today, latest=today + FURTHEST
        )
        if whole:
            self.fields["scope"] = OneOf(
                "Whom is it for?",
                [(WHOLE, "The whole response"), (SOME, "Some units, which I select")],
                required="Select whom it is for",
            )
        self.fields["places"] = AnyOf("Units", places, required="" if whole else "Units: select those it is for")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        scope, places = given.get("scope"), given.get("places")
        if scope == SOME and not places and "places" not in self.errors:
            self.add_error("places", "Units: select those it is for")
        if scope == WHOLE and places:
            self.add_error("places", "Units: leave them all out, or select that it is for some units")
        return given


class OpenForm(MoveForm):
    """Who is there when a meeting is opened."""

    def __init__(self, data: Mapping | None, *, posts: Sequence[tuple[str, str]]):
        super().__init__(data)
        self.fields["present"] = AnyOf(
            "Who is there?", posts, hint="Posts. You, who open it, chair it and are counted as there."
        )


class AssignForm(MoveForm):
    """A decision's reason, who sees to it, and by when."""

    def ask_who(self, owners: Sequence[tuple[str, str]], today: date) -> None:
        self.fields["reason"] = Said("Why is it decided so?", required="Why is it decided so: write it")
        self.fields["owner"] = OneOf(
            "Who sees to it?", owners, required="Select who sees to it", long=True, hint="A unit, or one post of it."
        )
        self.fields["due_on"] = Day(
            "By which day?", required="By which day: enter it", earliest=today, latest=today + FURTHEST
        )

    def ask_whether_meant(self) -> None:
        """More is asked for than there is: the chair says that it is meant."""
        self.fields["meant"] = AnyOf(
            "More officer-days are asked for than there are", [("yes", "Decide it all the same; the reason says why")]
        )


class DecideForm(AssignForm):
    """Approve, refuse or defer."""

    CHOICES = (
        ("approve", "Approve it"),
        ("refuse", "Refuse it"),
        ("defer", "Defer it: it stays proposed"),
    )

    def __init__(
        self,
        data: Mapping | None,
        *,
        owners: Sequence[tuple[str, str]],
        today: date,
        beyond: bool,
        initial: Mapping | None = None,
    ):
        super().__init__(data, initial=initial)
        self.fields["choice"] = OneOf("What is decided?", self.CHOICES, required="Select what is decided")
        if beyond:
            self.ask_whether_meant()
        self.ask_who(owners, today)


class ResourceForm(AssignForm, WithLines):
    """What an operation has from now on, and until when."""

    def __init__(
        self,
        data: Mapping | None,
        *,
        desks: Sequence[tuple[Desk, str]],
        there: Mapping[Desk, int],
        first: date,
        owners: Sequence[tuple[str, str]],
        today: date,
        beyond: bool,
        initial: Mapping | None = None,
    ):
        super().__init__(data, initial=initial)
        self.add_lines(data, desks, there)
        self.first = first
        self.fields["ends_on"] = Day("Last day", required="Last day: enter the day on which it ends", earliest=first)
        if beyond:
            self.ask_whether_meant()
        self.ask_who(owners, today)
        self.after_lines = [name for name in self.fields if not name.startswith(("desk_", "days_"))]

    def clean(self) -> dict[str, object]:
        given = self.check_lines(super().clean())
        check_span(self, {**given, "starts_on": self.first})
        return given


class CaseForm(AssignForm):
    """A case, and what is asked of whom on it."""

    def __init__(self, data: Mapping | None, *, owners: Sequence[tuple[str, str]], today: date, reference: str = ""):
        super().__init__(data, initial={"reference": reference})
        self.fields["reference"] = Words(
            "Reference of the case",
            longest=20,
            required="Reference of the case: enter it, such as PAL-BCDF-2345",
            width="govuk-input--width-10",
        )
        self.fields["says"] = Said("What is to be done?", required="What is to be done: write it")
        self.ask_who(owners, today)

    def clean_reference(self) -> str:
        return self.cleaned_data["reference"].strip().upper()


class OtherForm(AssignForm):
    """Anything else that somebody is to see to."""

    def __init__(self, data: Mapping | None, *, owners: Sequence[tuple[str, str]], today: date):
        super().__init__(data)
        self.fields["says"] = Said(
            "What is decided?", required="What is decided: write it", hint="No names and no references of cases."
        )
        self.ask_who(owners, today)


class TaskForm(MoveForm):
    """Whether a task is done."""

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["choice"] = OneOf(
            "Is it done?",
            [("done", "Done"), ("not_done", "Not done, and it will not be")],
            required="Select whether it is done",
        )
        self.fields["note"] = Said("What was done, or why not?", required="What was done, or why not: write it")


class AddendumForm(MoveForm):
    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["words"] = Said("What is put right or added?", required="What is put right or added: write it")
