"""Which day does an address ask for? Whole (`on=2010-04-01`), or in the three boxes of a form without JavaScript."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

PARTS = ("day", "month", "year")
MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
}


@dataclass(frozen=True, slots=True)
class DayAsked:
    """The day that was asked for, or what is wrong with it; `parts` are what the boxes show again."""

    name: str
    day: date | None = None
    problem: str = ""
    parts: tuple[str, str, str] = ("", "", "")

    @property
    def first_box(self) -> str:
        """The element that a problem leads to."""
        return f"{self.name}-day"

    @property
    def given(self) -> bool:
        return self.day is not None or bool(self.problem)


def read_day(query: Mapping[str, str], name: str, *, words: str) -> DayAsked:
    """The day asked for under that name; neither a day nor a problem where none is. `words` begin its messages."""
    if any(f"{name}-{part}" in query for part in PARTS):
        return in_boxes(tuple(query.get(f"{name}-{part}", "").strip() for part in PARTS), name, words)
    text = query.get(name, "").strip()
    if not text:
        return DayAsked(name)
    try:
        return of_day(name, date.fromisoformat(text))
    except ValueError:
        return DayAsked(name, problem=f"{words} in the address must be a real date, like 2010-04-01")


def of_day(name: str, day: date) -> DayAsked:
    return DayAsked(name, day=day, parts=(str(day.day), str(day.month), str(day.year)))


def in_boxes(parts: tuple[str, ...], name: str, words: str) -> DayAsked:
    day, month, year = parts
    if not any(parts):
        return DayAsked(name)
    absent = [part for part, text in zip(PARTS, parts, strict=True) if not text]
    number = MONTHS.get(month.casefold(), month)
    try:
        found = None if absent else date(int(year), int(number), int(day))
    except (ValueError, OverflowError):
        found = None
    if absent:
        problem = f"{words} must include a {' and '.join(absent)}"
    else:
        problem = "" if found else f"{words} must be a real date"
    return DayAsked(name, day=found, problem=problem, parts=(day, month, year))
