"""What is asked for a note, a decision, a document and a crime reference?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django import forms
from django.utils import timezone

from palermo.domain.papers import NoteKind, Standing
from palermo.web.cases.forms import reason_field
from palermo.web.intake.fields import Day, OneOf, TimeOfDay, Words

LONGEST = 20_000


class PaperForm(forms.Form):
    """Something to be added to the record. `page` tells one opening of the page from another."""

    use_required_attribute = False
    page = forms.CharField(widget=forms.HiddenInput(), max_length=64, required=False)


class WhenForm(PaperForm):
    """With the day of something past, and its time if that is known."""

    def ask_when(self, now: datetime, day: str, time_of_day: str) -> None:
        self.now = now
        today = timezone.localdate(now)
        self.fields["day"] = Day(day, required=f"{day}: enter the day", latest=today)
        self.fields["time"] = TimeOfDay(
            time_of_day, hint="For example, 14:30. Leave it empty if only the day is known."
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("day") and "time" not in self.errors:
            given["at"] = timezone.make_aware(datetime.combine(given["day"], given["time"] or time.min))
            given["time_known"] = given["time"] is not None
            if given["at"] > self.now:
                self.add_error("time", f"{self.fields['time'].label}: it must be in the past")
        return given


class NoteForm(WhenForm):
    """A note, or with `replaced` the one that takes its place."""

    def __init__(self, data: Mapping | None, *, now: datetime, replaced: bool = False, initial: dict | None = None):
        super().__init__(data, initial=initial)
        self.fields["kind"] = OneOf(
            "What is the note about?",
            [(kind.value, kind.words) for kind in NoteKind],
            hints={kind.value: kind.why for kind in NoteKind},
            required="Select what the note is about",
        )
        self.ask_when(now, "When did it happen?", "At what time?")
        self.fields["standing"] = OneOf(
            "Is it fact or opinion?",
            [(one.value, one.words) for one in Standing],
            hints={one.value: one.why for one in Standing},
            required="Select whether it is fact or opinion",
            hint="Where you have both to say, write two notes.",
        )
        self.fields["text"] = Words("Note", longest=LONGEST, rows=10, required="Note: write what there is to note")
        if replaced:
            self.fields["reason"] = reason_field("Why does it replace the other?")
