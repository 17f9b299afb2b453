"""Which units can be given work on a day, how are they called, and how much of their officers' time is left?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Q, QuerySet, Subquery

from palermo.domain.operations import Line, Load, Place, Span, capacity, over, taskable
from palermo.domain.operations.life import COUNTED
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.cases.queries import places as owning
from palermo.web.cases.queries import unit_name
from palermo.web.operations.models import Plan, Resource


@dataclass(frozen=True, slots=True, order=True)
class Desk:
    """A unit, of it a borough where a borough's officers are meant, and a function; what work is given to."""

    unit: str
    borough: str = ""
    function: str = ""

    @property
    def place(self) -> Place:
        return self.unit, self.borough

    @property
    def value(self) -> str:
        """As forms send it."""
        return f"{self.unit}|{self.borough}|{self.function}"

    @classmethod
    def of(cls, value: str) -> Desk:
        unit, borough, function = value.split("|")
        return cls(unit, borough, function)


def desk_name(pack: Pack, desk: Desk, day: date) -> str:
    """The unit as it is called that day, and its function."""
    name = unit_name(pack, *desk.place, day)
    function = function_name(pack, desk.unit, desk.function, day)
    return f"{name}: {function}" if function else name


def function_name(pack: Pack, unit: str, function: str, day: date) -> str:
    """What the function is called that day, or was in any row of the unit."""
    rows = sorted((row for row in pack.units.units if row.id == unit), key=lambda row: day not in row.period)
    return next((one.name for row in rows for one in row.functions if one.id == function), function)


def desks(pack: Pack, day: date) -> list[tuple[Desk, str]]:
    """Everything that can be given work that day, with its name: each function, each unit without any, each borough."""
    found = [
        (Desk(unit, borough, one.id), one.name)
        for unit, borough, _ in taskable_places(pack, day)
        for one in pack.units.on(day).unit(unit).functions
    ]
    with_functions = {desk.place for desk, _ in found}
    whole = [Desk(*place) for *place, _ in taskable_places(pack, day) if tuple(place) not in with_functions]
    named = [(desk, desk_name(pack, desk, day)) for desk in [*(desk for desk, _ in found), *whole]]
    return sorted(named, key=lambda one: one[1].casefold())


def taskable_places(pack: Pack, day: date) -> list[tuple[str, str, str]]:
    """Every place that can be given work that day, as unit, borough and name; those of boroughs once a borough."""
    owners = list(owning(pack, day))
    drawn_on = {row.unit for row in pack.policy.supports.rows}
    there = taskable(pack.units.on(day), {unit for unit, _, _ in owners}, drawn_on)
    others = {unit.id for unit in there} - {unit for unit, _, _ in owners}
    found = [*owners, *((unit, "", unit_name(pack, unit, "", day)) for unit in others)]
    return sorted(found, key=lambda one: one[2].casefold())


def place_today(pack: Pack, unit: str, borough: str, day: date) -> Place:
    """Who has the work of that place on the day: a unit that is gone has become another."""
    return pack.units.heir(unit, day), borough


def loads(states: Iterable[str] = COUNTED, *, without: int | None = None) -> list[Load]:
    """What operations in these states ask for under their newest plans; without one of them, where that is given."""
    newest = Plan.objects.filter(operation=OuterRef("operation")).order_by("-version").values("pk")[:1]
    plans = Plan.objects.filter(operation__state__in=list(states), pk=Subquery(newest))
    if without is not None:
        plans = plans.exclude(operation=without)
    return [load_of(one) for one in resources_of(plans)]


def resources_of(plans: QuerySet[Plan]) -> QuerySet[Resource]:
    return Resource.objects.filter(plan__in=plans).select_related("plan").order_by("unit", "borough", "function")


def load_of(resource: Resource) -> Load:
    plan = resource.plan
    return Load(resource.unit, resource.function, resource.officer_days, Span(plan.starts_on, plan.ends_on))


def lines_in(pack: Pack, span: Span, only: Iterable[str] | None = None) -> tuple[Line, ...]:
    """Capacity against what approved and running operations ask for, in a span."""
    return capacity(pack.units, loads(), span, policy.bank_holidays(), None if only is None else frozenset(only))


def beyond(pack: Pack, more: list[Load], *, without: int | None = None) -> tuple[tuple[Line, Span], ...]:
    """Where `more` asks for more officer-days than there are, beside what other operations ask for."""
    return over(pack.units, loads(without=without), more, policy.bank_holidays())


def of_scope(places: Iterable[Place], unit: str = "unit", borough: str = "borough") -> Q:
    """The rows of these places and of those that became them; `Scope.takes_in` as a condition on two columns.

    Of no place: all rows.
    """
    found = Q()
    units, day = policy.pack().units, clock.today()
    for there, of in places:
        of_it = Q(**{f"{unit}__in": units.answers_for(there, day)})
        if of:
            of_it &= Q(**{f"{borough}__in": ("", of)})
        found |= of_it
    return found
