"""Capacity: how many officer-days has a function, and how many of them are tasked?

Officers come from the establishment, day by day: where it changes within the span, so does the capacity. What is tasked
is spread evenly over the working days of its own span. A unit that is gone has nobody any more; what it was tasked with
falls to its successor from that day on, as its cases do.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from palermo.domain.units import NoOrganisation, Organisation, UnitOnDay, Units

Desk = tuple[str, str]
"""A unit and one of its functions; an empty function is the unit as a whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included, as people plan."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    def meets(self, other: Span) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Load:
    """Officer-days asked of a function, to be spent within a span."""

    unit: str
    function: str
    officer_days: int
    span: Span


@dataclass(frozen=True, slots=True)
class Line:
    """A function in a span. `officers` is how many it has on the first day on which it has any; None: not stated."""

    unit: str
    function: str
    officers: int | None
    has: int | None
    tasked: Fraction

    @property
    def free(self) -> Fraction | None:
        """What is left of its officer-days; negative where more is tasked than there is."""
        return None if self.has is None else self.has - self.tasked

    @property
    def over(self) -> Fraction:
        """By how much it is tasked beyond what it has; 0 where that is not known."""
        return max(-self.free, Fraction(0)) if self.free is not None else Fraction(0)


def working_days(span: Span, holidays: Container[date] = ()) -> tuple[date, ...]:
    return tuple(day for day in span.days if day.weekday() < 5 and day not in holidays)


def spent_on(span: Span, holidays: Container[date]) -> tuple[date, ...]:
    """The days that a load is spread over: the working days of its span, or all of them where there is none."""
    return working_days(span, holidays) or span.days


def capacity(
    units: Units, loads: Iterable[Load], span: Span, holidays: Container[date] = (), only: Container[str] | None = None
) -> tuple[Line, ...]:
    """A line for each function whose officers are stated on some day of the span, and for each that is tasked in it.

    `only`: the units to be looked at. Nothing is lost between lines: what is tasked of a unit that is gone, with no
    successor, keeps its line.
    """
    counted = working_days(span, holidays)
    here = organisations(units, span)
    officers: dict[Desk, int] = {}
    has: dict[Desk, int] = {}
    for day in counted:
        for desk, number in desks(here[day]).items():
            officers.setdefault(desk, number)
            has[desk] = has.get(desk, 0) + number
    tasked: dict[Desk, Fraction] = {}
    for load in loads:
        over_days = spent_on(load.span, holidays)
        for day in over_days:
            if span.first <= day <= span.last:
                desk = desk_on(here[day], load.unit, load.function)
                tasked[desk] = tasked.get(desk, Fraction(0)) + Fraction(load.officer_days, len(over_days))
    found = sorted(has.keys() | {desk for desk, days in tasked.items() if days})
    return tuple(
        Line(unit, function, officers.get(desk), has.get(desk), tasked.get(desk, Fraction(0)))
        for unit, function in found
        for desk in [(unit, function)]
        if only is None or unit in only
    )


def organisations(units: Units, span: Span) -> dict[date, Organisation | None]:
    """The organisation of each day of the span, asked for once between two days of change."""
    found: dict[date, Organisation | None] = {}
    for day in span.days:
        same = found and day not in units.change_days and day != units.start
        found[day] = found[day - timedelta(days=1)] if same else organisation(units, day)
    return found


def organisation(units: Units, day: date) -> Organisation | None:
    """The organisation of the day; None before it is known."""
    try:
        return units.on(day)
    except NoOrganisation:
        return None


def desks(there: Organisation | None) -> dict[Desk, int]:
    """Every function with its officers, and every unit that has officers and no functions."""
    found: dict[Desk, int] = {}
    for unit in there.units if there else ():
        stated = {(unit.id, one.id): one.officers for one in unit.functions if one.officers is not None}
        if not unit.functions and unit.officers is not None:
            stated = {(unit.id, ""): unit.officers}
        found.update(stated)
    return found


def taskable(there: Organisation, owners: Container[str], drawn_on: Container[str]) -> tuple[UnitOnDay, ...]:
    """The units that can be given work: those that own referrals, and of their own force those that are drawn on.

    A unit whose officers are stated belongs to them too. A body outside, even one that a referral's owner draws on, is
    asked and not tasked.
    """
    tops = {there.line(unit.id)[-1].id for unit in there.units if unit.id in owners}
    return tuple(
        unit
        for unit in there.units
        if unit.id in owners
        or ((unit.id in drawn_on or unit.officers is not None) and there.line(unit.id)[-1].id in tops)
    )


def desk_on(there: Organisation | None, unit: str, function: str = "") -> Desk:
    """Who has the work of a desk on that day: itself, or what its unit became; with the function, where that has it."""
    seen = set()
    while there is not None and unit not in there and unit not in seen:
        seen.add(unit)
        unit = next((gone.successor for gone in there.gone if gone.id == unit and gone.successor), unit)
    if there is None or unit not in there:
        return unit, function
    functions = {one.id for one in there.unit(unit).functions}
    return unit, function if function in functions else ""


def over(
    units: Units, loads: Sequence[Load], more: Sequence[Load], holidays: Container[date] = ()
) -> tuple[tuple[Line, Span], ...]:
    """Where `more`, on top of the loads, asks for more than there is: each line with the span of what asks for it.

    Each span is looked at whole: a week that is too full within a month that is not is left to whoever plans the week.
    """
    found = []
    for span in sorted({one.span for one in more}, key=lambda one: (one.first, one.last)):
        asked = capacity(units, [one for one in more if one.span == span], span, holidays)
        desks_asked = {(line.unit, line.function) for line in asked if line.tasked}
        lines = capacity(units, [*loads, *more], span, holidays)
        found += [(line, span) for line in lines if line.over and (line.unit, line.function) in desks_asked]
    return tuple(found)
