"""What is asked for a request for support, for each step with it, and of a contact with the safeguarding partner?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django import forms
from django.utils import timezone

from palermo.domain.support import Resource
from palermo.web.cases.forms import ACCEPT, REFUSE, MoveForm, reason_field
from palermo.web.intake.fields import Day, OneOf, TimeOfDay, Words
from palermo.web.support.queries import HOW, LATER, what

MOST_DAYS = Decimal(9999)


class OfficerDays(forms.DecimalField):
    """A number of officer-days, halves included; or nothing, where nobody has counted."""

    def __init__(self, label: str, hint: str):
        super().__init__(
            label=label,
            help_text=hint,
            required=False,
            min_value=0,
            max_value=MOST_DAYS,
            max_digits=6,
            decimal_places=1,
            widget=forms.TextInput({"autocomplete": "off", "inputmode": "decimal", "class": "govuk-input--width-5"}),
            error_messages={
                "invalid": f"{label}: write a number, such as 3 or 2.5, or leave it empty",
                "min_value": f"{label}: write 0 or more",
                "max_value": f"{label}: write {MOST_DAYS} or less",
                "max_digits": f"{label}: write {MOST_DAYS} or less",
                "max_whole_digits": f"{label}: write {MOST_DAYS} or less",
                "max_decimal_places": f"{label}: write it to half a day, such as 2.5",
            },
        )


class AskForm(MoveForm):
    """What is asked of whom, and why."""

    def __init__(self, data: Mapping | None, *, resources: Iterable[tuple[Resource, str, str]]):
        super().__init__(data)
        given = [(f"{one.id}|{one.unit}", what(one.label, name), why) for one, name, why in resources]
        self.fields["resource"] = OneOf(
            "What do you ask for, and of whom?",
            [(key, words) for key, words, _ in given],
            hints={key: why for key, _, why in given if why},
            required="Select what you ask for",
        )
        self.fields["wanted"] = Words(
            "What is wanted, and why?",
            longest=4000,
            rows=5,
            hint="The unit that is asked reads this, and the referral.",
            required="What is wanted, and why: write it in a few words",
        )
        self.fields["days"] = OfficerDays("Officer-days you expect it to take (optional)", "For example, 2.5")


def responsible_field(required: bool = True) -> Words:
    return Words(
        "Post responsible",
        longest=120,
        hint="The post that answers for what is given, never a person’s name. For example, detective sergeant, "
        "financial investigation.",
        required="Post responsible: write which post answers for it" if required else "",
    )


class RequestAnswerForm(MoveForm):
    """Given or refused. What is given has a post responsible; a refusal has a reason."""

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["choice"] = OneOf(
            "Does your unit give it?",
            [(ACCEPT, "Yes, we give it"), (REFUSE, "No, we refuse")],
            required="Select an answer",
        )
        self.fields["responsible"] = responsible_field(required=False)
        self.fields["reason"] = reason_field(
            "Reason, or a note for the unit that asks", "Needed for a refusal.", required=False
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("choice") == ACCEPT and not given.get("responsible") and "responsible" not in self.errors:
            self.add_error("responsible", "Post responsible: write which post answers for it")
        if given.get("choice") == REFUSE and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Reason: write why it is refused")
        return given


class SettlementForm(MoveForm):
    """The commander's decision on a refusal."""

    def __init__(self, data: Mapping | None, *, asked: str):
        super().__init__(data)
        self.fields["choice"] = OneOf(
            "What do you decide?",
            [(ACCEPT, f"It is given: that binds {asked}"), (REFUSE, "It is not given: the refusal stands")],
            required="Select what you decide",
        )
        self.fields["reason"] = reason_field("Reason")


class AppointForm(MoveForm):
    """Who answers for what is given."""

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["responsible"] = responsible_field()


class EndForm(MoveForm):
    """What came of it."""

    def __init__(self, data: Mapping | None):
        super().__init__(data)
        self.fields["result"] = reason_field("What came of it?")
        self.fields["days"] = OfficerDays("Officer-days it took (optional)", "For example, 2.5")


class ContactForm(MoveForm):
    """A contact with the safeguarding partner; with `later`, what kind of one after it was told.

    `page` tells one opening of the page from another.
    """

    page = forms.CharField(widget=forms.HiddenInput(), max_length=64, required=False)

    def __init__(self, data: Mapping | None, *, now: datetime, later: bool):
        super().__init__(data)
        self.now = now
        if later:
            self.fields["kind"] = OneOf("What do you record?", LATER, required="Select what you record")
        self.fields["day"] = Day(
            "On which day?", required="On which day: enter the day", latest=timezone.localdate(now)
        )
        self.fields["time"] = TimeOfDay("At what time?", hint="For example, 14:30")
        self.fields["how"] = OneOf("How?", HOW, required="Select how")
        self.fields["to_post"] = Words(
            "Post that was spoken to",
            longest=120,
            hint="The post and its office, never a person’s name. For example, duty social worker, emergency team.",
            required="Post that was spoken to: write which post it was",
        )
        self.fields["their_reference"] = Words("Their reference (optional)", longest=120)
        self.fields["says"] = Words(
            "What was said?", longest=4000, rows=5, required="What was said: write it in a few words"
        )
        self.fields["does"] = Words("What do they do, and by when? (optional)", longest=2000, rows=3)

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if "time" not in self.errors and given.get("time") is None:
            self.add_error("time", "At what time: enter the time, such as 14:30")
        if given.get("day") and given.get("time"):
            given["at"] = timezone.make_aware(datetime.combine(given["day"], given["time"]))
            if given["at"] > self.now:
                self.add_error("time", "At what time: it must be in the past")
        return given
