"""What is asked for a move, and how is a queue narrowed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from palermo.domain.casework import State
from palermo.domain.vocabulary import Vocabulary
from palermo.web.cases.queries import NOBODY, ORDERS, Wanted
from palermo.web.intake.fields import OneOf, Words

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
