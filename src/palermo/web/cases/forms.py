"""What is asked for a move, and how is a queue narrowed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django import forms

from palermo.domain.casework import Outcome, State
from palermo.domain.definition import Definition
from palermo.domain.vocabulary import Vocabulary
from palermo.web.cases.queries import COURSES, NOBODY, ORDERS, RISKS, Wanted
from palermo.web.intake.fields import AnyOf, Day, OneOf, Words

A_YEAR = timedelta(days=366)

NOT_KNOWN = "—not-known"
"""The choice that stands for a borough which is not known; no borough is called so."""


class MoveForm(forms.Form):
    """A move that needs no more than a yes."""

    use_required_attribute = False


class ReasonForm(MoveForm):
    """A move with its reason."""

    def __init__(self, data: Mapping | None, *, label: str, hint: str = "", required: bool = True):
        super().__init__(data)
        self.fields["reason"] = reason_field(label, hint, required)


def reason_field(label: str, hint: str = "", required: bool = True) -> Words:
    return Words(
        label, longest=4000, rows=5, hint=hint, required=f"{label}: write it in a few words" if required else ""
    )


class ChoiceForm(MoveForm):
    """A choice, and the reason for it."""

    def __init__(
        self,
        data: Mapping | None,
        *,
        label: str,
        choices: Iterable[tuple[str, str]],
        refusal: str,
        reason: str,
        long: bool = False,
        optional: bool = False,
        hint: str = "",
    ):
        super().__init__(data)
        self.fields["choice"] = OneOf(label, choices, required=refusal, long=long, hint=hint)
        self.fields["reason"] = reason_field(reason, required=not optional)


ACCEPT, REFUSE = "accept", "refuse"


class AnswerForm(MoveForm):
    """Yes or no to an offer. A refusal has a reason."""

    def __init__(self, data: Mapping | None, *, label: str, choices: Iterable[tuple[str, str]]):
        super().__init__(data)
        self.fields["choice"] = OneOf(label, choices, required="Select an answer")
        self.fields["reason"] = reason_field(
            "Reason", "Needed for a refusal: it is told to the unit that asked.", required=False
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("choice") == REFUSE and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Reason: write why it is refused")
        return given


class SettleForm(MoveForm):
    """Where a handed-back referral goes: to another unit, or back to work with the owner."""

    def __init__(self, data: Mapping | None, *, owner: str, places: Iterable[tuple[str, str]]):
        super().__init__(data)
        self.fields["choice"] = OneOf(
            "How do you settle it?",
            [
                (REFUSE, f"Refuse the hand-back: {owner} keeps it"),
                (ACCEPT, f"Offer it to another unit; {owner} owns it until that unit accepts"),
            ],
            required="Select how you settle it",
        )
        self.fields["unit"] = OneOf(
            "The other unit",
            places,
            long=True,
            required="",
            hint="Only where you offer it to another unit.",
        )
        self.fields["reason"] = reason_field("Reason")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("choice") == ACCEPT and not given.get("unit") and "unit" not in self.errors:
            self.add_error("unit", "The other unit: select which one is asked to take it")
        if given.get("choice") == REFUSE and given.get("unit"):
            self.add_error("unit", "The other unit: leave it empty, or choose to offer it to that unit")
        return given


class AssessForm(MoveForm):
    """What is shown of each element now, the risk, and what is to be done."""

    def __init__(self, data: Mapping | None, *, definition: Definition, elements: Mapping[str, object]):
        super().__init__(data)
        self.lists = []
        for kind in definition.kinds:
            words = {word: e.key for e in definition.of(kind.name) for word in (e.code, e.key, e.label)}
            told = [words.get(part, part) for part in elements.get(kind.list) or ()]
            self.lists.append(kind.list)
            self.fields[kind.list] = AnyOf(
                f"{kind.label}: what is shown?", [(e.key, e.label) for e in definition.of(kind.name)]
            )
            self.fields[kind.list].initial = told
        self.fields["risk"] = OneOf("Risk to the person", RISKS, required="Select how high the risk is")
        self.fields["course"] = OneOf("What is to be done?", COURSES, required="Select what is to be done")
        self.fields["reason"] = reason_field("What is it based on?")

    @property
    def elements(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in self.lists}


class SuspendForm(MoveForm):
    """Until when the work stands still, and why."""

    def __init__(self, data: Mapping | None, *, today: date):
        super().__init__(data)
        self.fields["review_on"] = Day(
            "When is it looked at again?",
            earliest=today + timedelta(days=1),
            latest=today + A_YEAR,
            required="Enter the day on which it is looked at again",
            hint="For example, 27 3 2010. The supervisor is reminded by then.",
        )
        self.fields["reason"] = reason_field("Why does the work stand still?")


class PlanForm(MoveForm):
    """What is done next, and by when."""

    def __init__(self, data: Mapping | None, *, today: date):
        super().__init__(data)
        self.fields["what"] = Words("What is done next?", longest=200, required="Write what is done next")
        self.fields["due"] = Day(
            "By when?", earliest=today, latest=today + A_YEAR, required="Enter the day by which it is done"
        )


class CloseForm(MoveForm):
    """With which outcome, and why."""

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        outcomes = [(one.value, one.words[:1].upper() + one.words[1:]) for one in Outcome]
        self.fields["outcome"] = OneOf("With which outcome?", outcomes, required="Select the outcome")
        self.fields["force"] = Words(
            "The other force", longest=120, hint="Only where it is passed to another force, which has accepted it."
        )
        self.fields["reason"] = reason_field("Why?", "What was done, and why nothing more is.")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        passed = given.get("outcome") == Outcome.PASSED_TO_ANOTHER_FORCE
        if "force" not in self.errors and given.get("outcome"):
            if passed and not given.get("force"):
                self.add_error("force", "The other force: write which force has accepted it")
            if not passed and given.get("force"):
                self.add_error("force", "The other force: leave it empty, or choose that it is passed to another force")
        return given


class EmergencyForm(forms.Form):
    """Which referral, and why it cannot wait."""

    use_required_attribute = False

    def __init__(self, data: Mapping | None, *, reference: str = ""):
        super().__init__(data)
        self.fields["reference"] = Words(
            "Reference of the referral",
            longest=40,
            required="Enter the reference of the referral",
            hint="For example, PAL-BCDF-GHJK.",
            width="govuk-input--width-20",
        )
        self.fields["reference"].initial = reference
        self.fields["reason"] = reason_field("Why can it not wait?", "Who supervises the referral reads it.")


class QueueForm(forms.Form):
    """The filters of a queue and its order, as the address gives them."""

    use_required_attribute = False

    def __init__(self, data: Mapping, *, vocabulary: Vocabulary, officers: list[tuple[str, str]]):
        super().__init__(data)
        self.fields["state"] = choice("State", [(state.value, state.words) for state in State])
        for name in ("exploitation", "age"):
            asked = vocabulary.by_name[name]
            self.fields[name] = choice(asked.title, [(value, asked.words(value)) for value in asked.values])
        self.fields["officer"] = choice("Allocated to", [(NOBODY, "nobody yet"), *officers])
        self.fields["due"] = choice("Due", [("overdue", "overdue only")])

    def clean(self) -> dict[str, object]:
        given = super().clean()
        given["sort"] = self.data.get("sort", "")
        if given["sort"].removeprefix("-") not in ("", *ORDERS):
            self.add_error(None, "Queues are not sorted by that. Choose a column")
            given["sort"] = ""
        return given

    @property
    def wanted(self) -> Wanted:
        """What is asked for; without what the queue does not know, whose fault is shown beside it."""
        self.is_valid()
        found = self.cleaned_data
        return Wanted(
            sort=found.get("sort") or "due",
            state=found.get("state", ""),
            exploitation=found.get("exploitation", ""),
            age=found.get("age", ""),
            overdue=found.get("due") == "overdue",
            officer=found.get("officer", ""),
        )


def choice(label: str, choices: Iterable[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[("", "Any"), *((key, words[:1].upper() + words[1:]) for key, words in choices)],
        required=False,
        error_messages={"invalid_choice": f"{label}: “%(value)s” is not one of the choices; choose again"},
    )
