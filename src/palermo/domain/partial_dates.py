"""Partial dates: how much of a date is known?

A year, a month, a day; about then, or some time between two. They are kept as text in the forms of the Extended
Date/Time Format (ISO 8601-2): 1991, 1991-04, 1991-04-02, 1991~, 1990/1993-06.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

KNOWN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """As much of a date as is known. With `last` it lies between the two; `about`: near it, nobody knows how near."""

    first: str
    last: str = ""
    about: bool = False

    def __post_init__(self) -> None:
        for part in (self.first, self.last or self.first):
            bounds(part)
        if self.last and self.about:
            raise ValueError("a date is about something, or between two, not both")
        if self.last and bounds(self.last)[1] < bounds(self.first)[0]:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def text(self) -> str:
        """As it is kept."""
        return f"{self.first}/{self.last}" if self.last else f"{self.first}{'~' if self.about else ''}"

    @property
    def earliest(self) -> date | None:
        """The first day that it can be; None where it is only about then."""
        return None if self.about else bounds(self.first)[0]

    @property
    def latest(self) -> date | None:
        """The last day that it can be; None where it is only about then."""
        return None if self.about else bounds(self.last or self.first)[1]


def read(text: str) -> PartialDate:
    """The partial date that a text says. Raises ValueError for any other text.

    >>> read("1990/1993-06").latest
    datetime.date(1993, 6, 30)
    """
    first, between, last = text.partition("/")
    if between:
        if not last:
            raise ValueError(f"{text!r} has no second date")
        return PartialDate(first, last)
    return PartialDate(first.removesuffix("~"), about=first.endswith("~"))


def bounds(text: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day. Raises ValueError for any other text."""
    found = KNOWN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a date, nor a part of one")
    year, month, day = (int(part) if part else None for part in found.groups())
    last_month = month or 12
    first = date(int(found[1]), month or 1, day or 1)
    return first, date(first.year, last_month, day or calendar.monthrange(year or 1, last_month)[1])
