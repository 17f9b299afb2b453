"""What may be typed or chosen? The kinds of field of the journey, and their kind words for what they refuse."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time

from django import forms

# text may have these; every other control character came with copied text by accident, or was put there on purpose
ALLOWED_CONTROLS = {"\n", "\t"}
OLDEST_YEAR = 1890
TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?([ap]m)?", re.ASCII)


class Words(forms.CharField):
    """Text in any script, kept as typed. Marks of direction stay; pages show them where they cannot reach further."""

    def __init__(
        self,
        label: str,
        *,
        longest: int,
        rows: int = 0,
        required: str = "",
        hint: str = "",
        autocomplete: str = "off",
        width: str = "",
    ):
        attributes = {"rows": rows} if rows else {"autocomplete": autocomplete, "class": width}
        super().__init__(
            label=label,
            max_length=longest,
            required=bool(required),
            help_text=hint,
            widget=forms.Textarea(attributes) if rows else forms.TextInput(attributes),
            error_messages={
                "required": required,
                "max_length": f"{label}: use %(limit_value)d characters or fewer; there are %(show_value)d",
            },
        )
        self.lines = bool(rows)

    def to_python(self, value: object) -> str:
        text = super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")
        if not self.lines:
            text = " ".join(text.split("\n"))
        for place, character in enumerate(text, start=1):
            if unicodedata.category(character) in ("Cc", "Cs") and character not in ALLOWED_CONTROLS:
                raise forms.ValidationError(
                    f"{self.label}: character {place} is not text and cannot be kept. It may have come with copied "
                    "text; delete it and type that part again"
                )
        return text

    def validate(self, value: str) -> None:
        # spaces and marks that nobody sees are no answer
        blank = not any(unicodedata.category(character)[0] in "LNPS" for character in value)
        super().validate("" if blank else value)


class OneOf(forms.ChoiceField):
    """One of several answers, as radio buttons; a long list as a drop-down."""

    def __init__(
        self,
        label: str,
        choices: Iterable[tuple[str, str]],
        *,
        required: str = "Select an answer",
        hint: str = "",
        hints: Mapping[str, str] | None = None,
        long: bool = False,
    ):
        choices = list(choices)
        super().__init__(
            label=label,
            choices=[("", ""), *choices] if long else choices,
            required=bool(required),
            help_text=hint,
            widget=forms.Select() if long else forms.RadioSelect(),
            error_messages={"required": required, "invalid_choice": "Select one of the answers that are offered"},
        )
        self.hints = dict(hints or {})


class AnyOf(forms.MultipleChoiceField):
    """Any number of several answers; those in `alone` go with no other."""

    def __init__(
        self,
        label: str,
        choices: Iterable[tuple[str, str]],
        *,
        required: str = "",
        hint: str = "",
        hints: Mapping[str, str] | None = None,
        alone: Iterable[tuple[str, str]] = (),
    ):
        self.alone = dict(alone)
        super().__init__(
            label=label,
            choices=[*choices, *self.alone.items()],
            required=bool(required),
            help_text=hint,
            widget=forms.CheckboxSelectMultiple(),
            error_messages={"required": required, "invalid_choice": "Select only answers that are offered"},
        )
        self.hints = dict(hints or {})

    def clean(self, value: object) -> list[str]:
        chosen = super().clean(value)
        for key in chosen:
            if key in self.alone and len(chosen) > 1:
                raise forms.ValidationError(f"Select what applies, or “{self.alone[key]}”, but not both")
        return list(dict.fromkeys(chosen))


class DateParts(forms.Widget):
    """Three boxes for day, month and year, drawn by the field's template."""

    def value_from_datadict(self, data: Mapping[str, str], files: object, name: str) -> dict[str, str]:
        return {part: (data.get(f"{name}-{part}") or "").strip() for part in ("day", "month", "year")}

    def value_omitted_from_data(self, data: Mapping[str, str], files: object, name: str) -> bool:
        return not any(f"{name}-{part}" in data for part in ("day", "month", "year"))

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_


class PartialDate(forms.Field):
    """As much of a date as is known: "1991", "1991-04", "1991-04-02", or nothing."""

    widget = DateParts

    def __init__(self, label: str, *, latest: date, hint: str = "", called: str = "Date of birth"):
        super().__init__(label=label, required=False, help_text=hint)
        self.latest, self.called = latest, called

    def prepare_value(self, value: object) -> dict[str, str]:
        """The three boxes of what was typed, or of the kept text."""
        if isinstance(value, dict):
            return value
        parts: Sequence[str] = str(value or "").split("-")
        return {name: part.lstrip("0") for name, part in zip(("year", "month", "day"), parts, strict=False)}

    def clean(self, value: Mapping[str, str] | None) -> str:
        typed = value or {}
        day, month, year = (typed.get(part, "") for part in ("day", "month", "year"))
        if not (day or month or year):
            return ""
        if not year:
            raise forms.ValidationError(f"{self.called}: enter the year, or leave all three boxes empty")
        if day and not month:
            raise forms.ValidationError(f"{self.called}: enter the month as well, or leave the day empty")
        numbers = {"year": number(year), "month": month_number(month) if month else 1, "day": number(day) if day else 1}
        for part, given in numbers.items():
            if given is None:
                raise forms.ValidationError(f"{self.called}: the {part} must be a number")
        try:
            born = date(numbers["year"] or 0, numbers["month"] or 0, numbers["day"] or 0)
        except ValueError:
            raise forms.ValidationError(f"{self.called}: enter a real date, such as 27 3 1991") from None
        if not OLDEST_YEAR <= born.year <= self.latest.year:
            raise forms.ValidationError(
                f"{self.called}: enter a year between {OLDEST_YEAR} and {self.latest.year}, with four digits"
            )
        if born > self.latest:
            raise forms.ValidationError(f"{self.called}: it must be in the past")
        return born.isoformat()[: 10 if day else 7 if month else 4]


class Day(forms.Field):
    """A whole date, within the days that make sense."""

    widget = DateParts

    def __init__(
        self, label: str, *, required: str, earliest: date | None = None, latest: date | None = None, hint: str = ""
    ):
        super().__init__(label=label, required=bool(required), help_text=hint)
        self.missing, self.earliest, self.latest = required, earliest, latest

    def prepare_value(self, value: object) -> dict[str, str]:
        """The three boxes of what was typed, or of a date."""
        if isinstance(value, date):
            return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        return value if isinstance(value, dict) else {}

    def clean(self, value: Mapping[str, str] | None) -> date | None:
        typed = value or {}
        day, month, year = (typed.get(part, "") for part in ("day", "month", "year"))
        if not (day or month or year):
            if self.required:
                raise forms.ValidationError(self.missing)
            return None
        try:
            found = date(number(year) or 0, month_number(month) or 0, number(day) or 0)
        except ValueError:
            raise forms.ValidationError(f"{self.label}: enter a real date, such as 27 3 2010") from None
        if found.year < OLDEST_YEAR:
            raise forms.ValidationError(f"{self.label}: enter the year with four digits, from {OLDEST_YEAR} on")
        if self.latest and found > self.latest:
            raise forms.ValidationError(f"{self.label}: it must be {in_words(self.latest)} or earlier")
        if self.earliest and found < self.earliest:
            raise forms.ValidationError(f"{self.label}: it must be {in_words(self.earliest)} or later")
        return found


def in_words(day: date) -> str:
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


class TimeOfDay(forms.Field):
    """A time by the clock on the wall, as people write it: 14:30, 14.30, 2:30pm, 2pm."""

    def __init__(self, label: str, *, hint: str = ""):
        super().__init__(
            label=label,
            required=False,
            help_text=hint,
            widget=forms.TextInput({"autocomplete": "off", "class": "govuk-input--width-5"}),
        )

    def clean(self, value: str | None) -> time | None:
        typed = "".join((value or "").lower().split())
        if not typed:
            return None
        parts = TIME.fullmatch(typed)
        hour, minute, half = parts.groups() if parts else ("99", "", "")
        # twelve o'clock at night is 12am
        hours = int(hour) % 12 + (12 if half == "pm" else 0) if half and 1 <= int(hour) <= 12 else int(hour)
        if (half and not 1 <= int(hour) <= 12) or not (half or minute) or hours > 23 or int(minute or 0) > 59:
            raise forms.ValidationError(f"{self.label}: enter a time such as 14:30 or 2:30pm, or leave it empty")
        return time(hours, int(minute or 0))


def number(text: str) -> int | None:
    """The number that a few plain digits stand for."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def month_number(text: str) -> int | None:
    """A month by its number or its English name, whole or its first three letters."""
    names = [name.lower() for name in calendar.month_name]
    for place, name in enumerate(names):
        if name and text.lower() in (name, name[:3]):
            return place
    return number(text)
