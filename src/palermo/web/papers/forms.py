"""What is asked for a note, a decision, a document and a crime reference?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django import forms
from django.conf import settings
from django.utils import timezone

from palermo.domain.papers import (
    FEWEST_OPTIONS,
    MOST_OPTIONS,
    Follows,
    NoteKind,
    Option,
    Standing,
    crime_numbers,
)
from palermo.web.cases.forms import reason_field
from palermo.web.intake.fields import Day, OneOf, TimeOfDay, Words
from palermo.web.papers.content.kinds import MEGABYTE, TAKEN

LONGEST = 20_000


class PaperForm(forms.Form):
    """Something to be added to the record. `page` tells one opening of the page from another."""

    use_required_attribute = False
    page = forms.CharField(widget=forms.HiddenInput(), max_length=64, required=False)


class WhyForm(PaperForm):
    """Only the reason for something."""

    def __init__(self, data: Mapping | None, label: str):
        super().__init__(data)
        self.fields["reason"] = reason_field(label)


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


AGAIN = "Choose the file again: a page cannot keep it while something else is put right"


class DocumentForm(PaperForm):
    """A file, what it is, and whether the original of a picture is evidence."""

    def __init__(self, data: Mapping | None, files: Mapping | None = None):
        super().__init__(data, files)
        most = f"{settings.FILE_LIMIT // MEGABYTE} MB"
        self.fields["file"] = forms.FileField(
            label="File",
            help_text=f"Up to {most}, of one of these kinds: {TAKEN}. No macros, no password, no other files inside.",
            widget=forms.FileInput(
                {
                    "accept": TAKEN.replace(" ", ""),
                    "data-most-bytes": str(settings.FILE_LIMIT),
                    "data-too-large": f"This file is larger than {most}. Choose a smaller one, or divide it.",
                }
            ),
            error_messages={
                "required": "Choose a file",
                "missing": "Choose a file",
                "invalid": "Choose a file",
                "empty": "The file is empty. Choose the right one",
            },
        )
        self.fields["description"] = Words(
            "What is it?",
            longest=1000,
            rows=3,
            hint="For example: the rota from the kitchen wall, found at the visit.",
            required="What is it?: write it in a few words",
        )
        self.fields["sealed_because"] = Words(
            "If it is a picture and the original is evidence: why? (optional)",
            longest=2000,
            rows=3,
            hint="Pictures are kept without what the camera wrote into them, such as where and when they were taken. "
            "Where that matters, say why: the original is then kept as well, sealed.",
        )

    def ask_again(self) -> None:
        """Where the rest is to be put right, the file must be chosen once more."""
        if self.errors and "file" not in self.errors and self.files.get("file"):
            self.add_error("file", AGAIN)


YES, NO = "yes", "no"


class DecisionForm(WhenForm):
    """A decision with as many options as are asked for; those beyond the second may stay empty.

    `earlier` is the number of the entry that it refers to. `investigation` says what marking it as the decision on the
    investigation does; empty: that is not asked.
    """

    options = forms.IntegerField(
        widget=forms.HiddenInput(), required=False, min_value=FEWEST_OPTIONS, max_value=MOST_OPTIONS
    )

    def __init__(
        self,
        data: Mapping | None,
        *,
        now: datetime,
        earlier: int | None = None,
        investigation: str = "",
        number: int = FEWEST_OPTIONS,
        initial: dict | None = None,
    ):
        super().__init__(data, initial=initial)
        self.places = range(1, number + 1)
        if earlier is not None:
            self.fields["follows"] = OneOf(
                f"What does it do with D{earlier}?",
                [(one.value, one.words) for one in Follows],
                required=f"Select what it does with D{earlier}",
            )
        self.fields["decision"] = Words(
            "What is decided?", longest=LONGEST, rows=4, required="What is decided?: write the decision"
        )
        self.ask_when(now, "When was it decided?", "At what time?")
        for place in self.places:
            for name, field in option_fields(place):
                self.fields[name] = field
        self.fields["chosen"] = OneOf(
            "Which option is chosen?",
            [(str(place), f"Option {place}") for place in self.places],
            required="Select which option is chosen",
        )
        self.fields["reason"] = Words(
            "Why this one?", longest=LONGEST, rows=5, required="Why this one?: give the reason"
        )
        self.fields["based_on"] = Words(
            "What is it based on?",
            longest=LONGEST,
            rows=5,
            hint="Which facts and what intelligence were known when it was decided, and what was not known.",
            required="What is it based on?: write what was known",
        )
        self.fields["review_on"] = Day(
            "When is it reviewed?",
            required="When is it reviewed?: enter the day",
            hint="The day by which somebody looks again whether it still holds.",
        )
        if investigation:
            self.fields["on_investigation"] = OneOf(
                "Is this the decision on the investigation?",
                [(YES, "Yes"), (NO, "No")],
                hint=investigation,
                required="Select whether this is the decision on the investigation",
            )
        self.fields["sensitive_because"] = Words(
            "If it is sensitive: why? (optional)",
            longest=4000,
            rows=3,
            hint="The entry is marked, so that it is not disclosed without asking. Whoever may open the referral still "
            "reads it.",
        )

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("review_on") and given.get("day") and given["review_on"] <= given["day"]:
            self.add_error("review_on", "When is it reviewed?: enter a later day than that of the decision")
        weighed = [place for place in self.places if place <= FEWEST_OPTIONS or any(self.typed_of(place))]
        for place in weighed:
            for (name, field), words in zip(option_fields(place), self.typed_of(place), strict=True):
                if not words and name not in self.errors:
                    self.add_error(
                        name,
                        f"{field.label}: write it, or leave all of option {place} empty"
                        if place > FEWEST_OPTIONS
                        else f"{field.label}: write it",
                    )
        given["options"] = tuple(Option(*self.typed_of(place)) for place in weighed)
        if given.get("chosen"):
            if int(given["chosen"]) not in weighed:
                self.add_error("chosen", "Which option is chosen?: select one that is filled in")
            else:
                given["place"] = weighed.index(int(given["chosen"])) + 1
        return given

    def typed_of(self, place: int) -> tuple[str, ...]:
        return tuple(self.cleaned_data.get(name) or "" for name, _ in option_fields(place))


def option_fields(place: int) -> tuple[tuple[str, Words], ...]:
    """The three boxes of one option."""
    return (
        (f"option-{place}", Words(f"Option {place}", longest=4000, rows=2)),
        (f"for-{place}", Words(f"For option {place}", longest=4000, rows=3)),
        (f"against-{place}", Words(f"Against option {place}", longest=4000, rows=3)),
    )


RECORDED, NONE, NEITHER = "recorded", "none", "neither"


class CrimeForm(PaperForm):
    """The numbers of the crime records, or why there is none; with `changed`, why that is changed."""

    seen = forms.IntegerField(widget=forms.HiddenInput(), min_value=0, required=False)

    def __init__(self, data: Mapping | None, *, changed: bool, initial: dict | None = None):
        super().__init__(data, initial=initial)
        choices = [
            (RECORDED, "It is recorded as a crime, or as several"),
            (NONE, "No crime was recorded"),
        ]
        if changed:
            choices.append((NEITHER, "Neither: what stands here belongs to another referral"))
        self.fields["choice"] = OneOf(
            "What does the crime system have?", choices, required="Select what the crime system has"
        )
        self.fields["numbers"] = Words(
            "Numbers of the crime records", longest=1000, rows=3, hint="As the crime system shows them, one a line."
        )
        self.fields["none_because"] = reason_field("Why was no crime recorded?", required=False)
        if changed:
            self.fields["reason"] = reason_field("Why is it changed?")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        choice = given.get("choice")
        given["crimes"], fault = crime_numbers(given.get("numbers", ""))
        if choice == RECORDED and not given.get("numbers") and "numbers" not in self.errors:
            self.add_error("numbers", "Numbers of the crime records: write at least one")
        elif fault:
            self.add_error("numbers", f"Numbers of the crime records: {fault}")
        elif choice in (NONE, NEITHER) and given["crimes"]:
            self.add_error("numbers", "Numbers of the crime records: leave it empty, or select that it is recorded")
        if choice == NONE and not given.get("none_because") and "none_because" not in self.errors:
            self.add_error("none_because", "Why was no crime recorded?: give the reason")
        elif choice in (RECORDED, NEITHER) and given.get("none_because"):
            self.add_error(
                "none_because", "Why was no crime recorded?: leave it empty, or select that no crime was recorded"
            )
        return given
