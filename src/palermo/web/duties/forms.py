"""How is what is overdue narrowed, what is asked of whoever does something about it, and what of an allegation?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time

from django import forms
from django.utils import timezone

from palermo.domain.allegations import Source
from palermo.domain.clocks import COMMANDER, SUPERVISOR
from palermo.web.cases.forms import choice, reason_field
from palermo.web.cases.showing import capital
from palermo.web.duties.queries import NOBODY, Sought
from palermo.web.intake.fields import Day, OneOf, TimeOfDay, Words


class OverdueForm(forms.Form):
    """The filters of what is overdue, as the address gives them; whoever sees one unit cannot choose another."""

    use_required_attribute = False

    def __init__(self, data: Mapping, *, units: Iterable[tuple[str, str]] = ()):
        super().__init__(data)
        units = list(units)
        if units:
            self.fields["unit"] = choice("Unit", units)
        self.fields["step"] = choice(
            "Gone up to",
            [(COMMANDER, "the commander"), (SUPERVISOR, "the supervisor only"), (NOBODY, "nobody yet")],
        )
        self.fields["answered"] = choice(
            "What is done about it", [("no", "nothing is said yet"), ("yes", "it is said")]
        )

    @property
    def sought(self) -> Sought:
        """What is asked for; without what cannot be asked, whose fault is shown beside it."""
        self.is_valid()
        found = self.cleaned_data
        return Sought(unit=found.get("unit", ""), step=found.get("step", ""), answered=found.get("answered", ""))


class AddForm(forms.Form):
    """Something to be added to the record. `page` tells one opening of the page from another."""

    use_required_attribute = False
    page = forms.CharField(widget=forms.HiddenInput(), max_length=64, required=False)


class AnswerForm(AddForm):
    """What is done about a clock that has run out."""

    text = Words(
        "What do you do about it?",
        longest=4000,
        rows=5,
        required="What you do about it: write it in a few words",
        hint="For example, whom you have asked, what they need, and by when it will be done. The timeline tells it.",
    )


class AllegationForm(AddForm):
    """What reached the force, when, whom, from where; and whether it was credible. Judged again, also why."""

    def __init__(self, data: Mapping | None, *, now: datetime, again: bool = False, initial: dict | None = None):
        super().__init__(data, initial=initial)
        self.now = now
        self.fields["day"] = Day(
            "Day on which it reached the force",
            required="Enter the day on which it reached the force",
            latest=timezone.localdate(now),
        )
        self.fields["time"] = TimeOfDay(
            "Time of day", hint="For example, 14:30. Leave it empty if only the day is known."
        )
        self.fields["to"] = Words(
            "Whom it reached, and where",
            longest=200,
            required="Name the post, the unit or the line that it reached",
            hint="For example, front counter, Forest Gate police station. A post, not a name.",
        )
        self.fields["source"] = OneOf(
            "Where it came from",
            [(source.value, capital(source.words)) for source in Source],
            required="Select where it came from",
        )
        self.fields["credible"] = OneOf(
            "Was it credible?",
            [("yes", "Yes"), ("no", "No")],
            hints={"yes": "It called for a look into it, whether or not it was proved later."},
            required="Select whether it was credible",
        )
        self.fields["why"] = reason_field(
            "Why it was credible, or not", "What it said, and what spoke for or against it."
        )
        if again:
            self.fields["reason"] = reason_field("Why you judge it again")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("day") and "time" not in self.errors:
            given["at"] = timezone.make_aware(datetime.combine(given["day"], given["time"] or time.min))
            if given["at"] > self.now:
                self.add_error("time", "Time of day: it must be in the past")
        return given
