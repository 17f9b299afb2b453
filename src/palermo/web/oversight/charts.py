"""The organisation on a day: which units exist, how they hang together, and what another day changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from palermo.domain.policy import Basis, day_before, listed
from palermo.domain.units import Branch, Organisation, UnitOnDay
from palermo.packs import Pack
from palermo.web.layout import day_words
from palermo.web.oversight.days import PARTS, DayAsked, of_day, read_day

MANY = 8
"""More units of one kind than this, with nothing beneath them, are shown folded together."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the address, and the element that puts it right."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Node:
    """A unit in the chart with those beneath it; `alike` are the many of one kind, folded together."""

    unit: UnitOnDay
    beneath: tuple[Node, ...]
    alike: tuple[UnitOnDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A unit or post that is not the same on both days: what came between, in words, and what that rests on."""

    id: str
    name: str
    mark: str
    says: tuple[str, ...]
    cites: tuple[str, ...]
    basis: Basis


@dataclass(frozen=True, slots=True)
class Total:
    """What the stated strengths add up to, and in how many units one is stated."""

    officers: int
    staff: int
    units: int


@dataclass(frozen=True)
class Side:
    """One of the days that were asked for."""

    day: date
    organisation: Organisation

    @cached_property
    def roots(self) -> tuple[Node, ...]:
        return tuple(node(branch) for branch in self.organisation.tree())

    @cached_property
    def folded(self) -> tuple[UnitOnDay, ...]:
        """The units that the chart and the table show together."""
        return tuple(unit for top in self.roots for unit in folded(top))

    @cached_property
    def rows(self) -> tuple[UnitOnDay, ...]:
        together = {unit.id for unit in self.folded}
        return tuple(unit for unit in self.organisation.units if unit.id not in together)

    @cached_property
    def total(self) -> Total:
        """A unit within one whose strength is stated is not counted again."""
        stated = {unit.id for unit in self.organisation.units if unit.officers is not None or unit.staff is not None}
        counted = [
            unit
            for unit in self.organisation.units
            if unit.id in stated and not any(above.id in stated for above in self.organisation.line(unit.id)[1:])
        ]
        return Total(
            sum(unit.officers or 0 for unit in counted), sum(unit.staff or 0 for unit in counted), len(counted)
        )

    @cached_property
    def unequal(self) -> tuple[tuple[UnitOnDay, int], ...]:
        """The units whose functions do not add up to the officers stated, with what they do add up to."""
        sums = [(unit, sum(f.officers or 0 for f in unit.functions)) for unit in self.organisation.units]
        return tuple(
            (unit, officers)
            for unit, officers in sums
            if unit.officers is not None and unit.functions and officers != unit.officers
        )


@dataclass(frozen=True)
class Asked:
    """What the address asks, read against the pack: one day or two, or what is wrong with them."""

    pack: Pack
    query: QueryDict
    today: date

    @cached_property
    def days(self) -> tuple[DayAsked, DayAsked]:
        on = read_day(self.query, "on", words="The date")
        other = read_day(self.query, "and", words="The second date")
        if not on.given:
            on = of_day("on", other.day or self.today)
        if on.day and on.day == other.day:
            other = DayAsked("and")
        return on, other

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        found = [Problem(day.problem, f"#{day.first_box}") for day in self.days if day.problem]
        for day in self.days:
            if day.day and day.day < self.pack.units.start:
                first = day_words(self.pack.units.start)
                text = f"{day_words(day.day)} is before the first day of this pack. Enter {first} or a later date"
                found.append(Problem(text, f"#{day.first_box}"))
        return tuple(found)

    @property
    def tidy(self) -> bool:
        """Whether the address gives its days whole, and not in boxes."""
        return bool(self.problems) or not any(f"{day}-{part}" in self.query for day in ("on", "and") for part in PARTS)

    def address(self) -> str:
        return address(*(day.day for day in self.days if day.day))

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """The days asked for, the earlier one first; none while anything is wrong."""
        if self.problems:
            return ()
        return tuple(self.side(day) for day in sorted(day.day for day in self.days if day.day))

    def side(self, day: date) -> Side:
        return Side(day, self.pack.units.on(day))

    @cached_property
    def before(self) -> Side | None:
        """What the last day is held against: the other day asked for, or the day before where a change came with it."""
        if len(self.sides) == 2:
            return self.sides[0]
        if len(self.sides) == 1 and self.sides[0].day in self.pack.units.change_days:
            return self.side(day_before(self.sides[0].day))
        return None

    @cached_property
    def changes(self) -> tuple[Changed, ...]:
        """What differs between those two days: first the units, then the posts."""
        if self.before is None:
            return ()
        before, after = self.before.organisation, self.sides[-1].organisation
        return (*unit_changes(before, after), *post_changes(before, after))

    @cached_property
    def marks(self) -> dict[str, str]:
        return {change.id: change.mark for change in self.changes}

    @property
    def jumps(self) -> tuple[tuple[date, str, str, str], ...]:
        """Each day of change, with the addresses of the day before, of the day itself and of both side by side."""
        return tuple(
            (day, address(day_before(day)), address(day), address(day_before(day), day))
            for day in self.pack.units.change_days
        )

    def name(self, unit: str) -> str:
        """The name of a unit, also of one that is gone or still to come."""
        return self.pack.units.names_on(self.sides[-1].day).get(unit, unit)


def address(*days: date) -> str:
    return f"?{urlencode(list(zip(('on', 'and'), days, strict=False)))}"


def node(branch: Branch) -> Node:
    """The unit as the chart shows it, the many alike beneath it folded together."""
    leaves: dict[str, list[UnitOnDay]] = {}
    for below in branch.beneath:
        if not below.beneath:
            leaves.setdefault(below.unit.kind, []).append(below.unit)
    alike = tuple(unit for units in leaves.values() if len(units) > MANY for unit in units)
    together = {unit.id for unit in alike}
    return Node(branch.unit, tuple(node(b) for b in branch.beneath if b.unit.id not in together), alike)


def folded(top: Node) -> Iterator[UnitOnDay]:
    yield from top.alike
    for below in top.beneath:
        yield from folded(below)


def unit_changes(before: Organisation, after: Organisation) -> Iterator[Changed]:
    """The units that only one of the days has, and those that both have otherwise; in the pack's order."""
    was = {unit.id: unit for unit in before.units}
    is_ = {unit.id: unit for unit in after.units}
    for id in dict.fromkeys((*was, *is_)):
        if id not in is_:
            yield ended(was[id], after)
        elif id not in was:
            yield begun(is_[id])
        elif says := tuple(differences(was[id], is_[id])):
            row = is_[id].unit
            yield Changed(id, row.name, "changed", says, row.cites, row.basis)


def ended(unit: UnitOnDay, after: Organisation) -> Changed:
    gone = next(gone for gone in after.gone if gone.id == unit.id)
    says = [f"No longer there since {day_words(gone.since)}"]
    if gone.became:
        says.append(f"{gone.became[:1].upper()}{gone.became[1:]}")
    if gone.successor:
        says.append(f"Followed by {gone.successor}")
    return Changed(unit.id, unit.name, "gone", tuple(says), gone.cites, gone.basis)


def begun(unit: UnitOnDay) -> Changed:
    row = unit.unit
    says = [f"There since {day_words(row.period.start)}"]
    if row.parent:
        says.append(f"Belongs to {row.parent}")
    if row.predecessor:
        says.append(f"Comes from {row.predecessor}")
    return Changed(row.id, row.name, "new", tuple(says), row.cites, row.basis)


def differences(was: UnitOnDay, is_: UnitOnDay) -> Iterator[str]:
    """What a unit has otherwise than before, each in a sentence without its end; its posts are told by themselves."""
    if was.name != is_.name:
        yield f"Called {is_.name}, before {was.name}"
    if was.kind != is_.kind:
        yield f"Now a {words(is_.kind)}, before a {words(was.kind)}"
    if was.parent != is_.parent:
        yield f"Belongs to {is_.parent or 'nothing above it'}, before to {was.parent or 'nothing above it'}"
    for what, earlier, later in (("officers", was.officers, is_.officers), ("staff", was.staff, is_.staff)):
        if earlier != later:
            yield f"{number(later)} {what}, before {number(earlier)}"
    if was.functions != is_.functions:
        yield f"Functions: {functions(is_)}; before: {functions(was)}"
    if was.unit.note != is_.unit.note and is_.unit.note:
        yield is_.unit.note.rstrip(".")


def post_changes(before: Organisation, after: Organisation) -> Iterator[Changed]:
    """The leads that end and those that begin. A post whose lead ends is not gone: it is known here by its lead."""
    for post in before.posts:
        if post not in after.posts:
            says = (f"No longer leads {listed(post.leads)}",)
            yield Changed(post.id, post.title, "changed", says, post.cites, post.basis)
    for post in after.posts:
        if post not in before.posts:
            yield Changed(post.id, post.title, "new", (f"Leads {listed(post.leads)}",), post.cites, post.basis)


def functions(unit: UnitOnDay) -> str:
    return listed([f"{f.name} ({number(f.officers)})" for f in unit.functions]) or "none"


def number(count: int | None) -> str:
    return "no stated number of" if count is None else str(count)


def words(kind: str) -> str:
    """A kind of unit as a person writes it."""
    return kind.replace("_", " ")
