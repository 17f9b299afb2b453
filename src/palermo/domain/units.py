"""Units: which exist on a day, and what became of the others?

The organisation is rows with days. A unit that changes has several rows under one id; one that becomes another unit
names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from palermo.domain.policy import Basis, Period, day_before, listed, nearest


class NoOrganisation(ValueError):
    """Raised for a day before the first that the organisation is known for."""


@dataclass(frozen=True, slots=True)
class Function:
    """A part of a unit's work, and the officers who do it; None where their number is not stated."""

    id: str
    name: str
    officers: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit for one span of days. Numbers that the source does not state are None, never 0."""

    id: str
    name: str
    kind: str
    period: Period
    basis: Basis
    parent: str | None = None
    officers: int | None = None
    staff: int | None = None
    functions: tuple[Function, ...] = ()
    predecessor: str | None = None
    successor: str | None = None
    became: str = ""
    note: str = ""
    cites: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post of command or lead: which unit it belongs to, and which units it answers for."""

    id: str
    title: str
    unit: str
    leads: tuple[str, ...]
    period: Period
    basis: Basis
    cites: tuple[str, ...] = ()
    why: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "title": self.title,
            "unit": self.unit,
            "leads": list(self.leads),
            **period_dict(self.period),
            "sources": list(self.cites),
            "basis": str(self.basis),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class UnitOnDay:
    """A unit as it is on a day, with the posts that answer for it."""

    unit: Unit
    led_by: tuple[Post, ...]

    @property
    def id(self) -> str:
        return self.unit.id

    @property
    def name(self) -> str:
        return self.unit.name

    @property
    def kind(self) -> str:
        return self.unit.kind

    @property
    def parent(self) -> str | None:
        return self.unit.parent

    @property
    def officers(self) -> int | None:
        return self.unit.officers

    @property
    def staff(self) -> int | None:
        return self.unit.staff

    @property
    def functions(self) -> tuple[Function, ...]:
        return self.unit.functions

    @property
    def predecessor(self) -> str | None:
        return self.unit.predecessor

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "parent": self.parent,
            "officers": self.officers,
            "staff": self.staff,
            "functions": [{"id": f.id, "name": f.name, "officers": f.officers} for f in self.functions],
            "led_by": [post.id for post in self.led_by],
            **period_dict(self.unit.period),
            "predecessor": self.predecessor,
            "successor": self.unit.successor,
            "note": self.unit.note,
            "sources": list(self.unit.cites),
            "basis": str(self.unit.basis),
            "why": self.unit.why,
        }


@dataclass(frozen=True, slots=True)
class Gone:
    """A unit that existed before the day and does not any more: since when, and what became of it."""

    id: str
    name: str
    since: date
    successor: str | None
    became: str
    cites: tuple[str, ...]
    basis: Basis

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "since": self.since.isoformat(),
            "successor": self.successor,
            "became": self.became,
            "sources": list(self.cites),
            "basis": str(self.basis),
        }


@dataclass(frozen=True, slots=True)
class ToCome:
    """A unit that does not exist yet: from when it will, and from what it comes."""

    id: str
    name: str
    on: date
    predecessor: str | None
    cites: tuple[str, ...]
    basis: Basis

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "on": self.on.isoformat(),
            "predecessor": self.predecessor,
            "sources": list(self.cites),
            "basis": str(self.basis),
        }


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit with the units beneath it, in the file's order."""

    unit: UnitOnDay
    beneath: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """The units and posts of one day, those that are gone, and those to come."""

    day: date
    units: tuple[UnitOnDay, ...]
    posts: tuple[Post, ...]
    gone: tuple[Gone, ...]
    to_come: tuple[ToCome, ...]

    def __contains__(self, unit: object) -> bool:
        return any(there.id == unit for there in self.units)

    def unit(self, wanted: str) -> UnitOnDay:
        """The unit with this id. Raises KeyError, with what became of it, for one that does not exist that day."""
        for there in self.units:
            if there.id == wanted:
                return there
        for gone in self.gone:
            if gone.id == wanted:
                raise KeyError(f"{wanted} does not exist on {self.day}: since {gone.since} it {gone.became}")
        for coming in self.to_come:
            if coming.id == wanted:
                raise KeyError(f"{wanted} does not exist on {self.day}: it starts on {coming.on}")
        raise KeyError(f"no unit {wanted!r} is known")

    def children(self, parent: str | None) -> tuple[UnitOnDay, ...]:
        return tuple(there for there in self.units if there.parent == parent)

    def tree(self) -> tuple[Branch, ...]:
        """The units that stand under no other, each with what is beneath it."""

        def branch(unit: UnitOnDay) -> Branch:
            return Branch(unit, tuple(branch(child) for child in self.children(unit.id)))

        return tuple(branch(top) for top in self.children(None))

    def line(self, unit: str) -> tuple[UnitOnDay, ...]:
        """The unit, the one it stands under, and so on up to the top."""
        found = [self.unit(unit)]
        while found[-1].parent is not None:
            found.append(self.unit(found[-1].parent))
        return tuple(found)

    def as_dict(self) -> dict[str, object]:
        return {
            "on": self.day.isoformat(),
            "units": [unit.as_dict() for unit in self.units],
            "posts": [post.as_dict() for post in self.posts],
            "gone": [gone.as_dict() for gone in self.gone],
            "to_come": [coming.as_dict() for coming in self.to_come],
        }


class Units:
    """Every unit and post of a pack with its days."""

    def __init__(
        self,
        units: Sequence[Unit],
        posts: Sequence[Post] = (),
        *,
        start: date,
        cites: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        self.units = tuple(units)
        self.posts = tuple(posts)
        self.start = start
        self.cites = tuple(cites)
        self.ids = tuple(dict.fromkeys(unit.id for unit in self.units))
        self.heirs: dict[date, dict[str, str]] = {}
        """Who answers for each unit's records, by the days that were asked about."""

    def __repr__(self) -> str:
        return f"Units({len(self.ids)} from {self.start})"

    @property
    def kinds(self) -> Mapping[str, str]:
        """Each unit's kind; that of its last row where it changes."""
        return {unit.id: unit.kind for unit in self.units}

    @property
    def change_days(self) -> tuple[date, ...]:
        """The days after the start on which a unit or a post begins or ends, in order."""
        periods = [*(unit.period for unit in self.units), *(post.period for post in self.posts)]
        days = {day for period in periods for day in (period.start, period.end) if day is not None}
        return tuple(sorted(day for day in days if day > self.start))

    def names_on(self, day: date) -> dict[str, str]:
        """Names by id for every unit, also those gone or to come: what it is called that day, or else last or first."""
        names: dict[str, str] = {}
        for unit in self.units:
            if unit.id not in names or day in unit.period or (unit.period.end is not None and unit.period.end <= day):
                names[unit.id] = unit.name
        return names

    def exists(self, unit: str, period: Period) -> bool:
        """Whether the unit exists on some day of the period."""
        return any(row.id == unit and row.period.meets(period) for row in self.units)

    def heir(self, unit: str, day: date) -> str:
        """Who answers for a unit's records that day: the unit itself, or what became of it where it is gone.

        A unit that is gone without a successor keeps its own name, and so does one that was never known.
        """
        seen: set[str] = set()
        while unit not in seen:
            seen.add(unit)
            ended = [row for row in self.units if row.id == unit and row.period.end is not None]
            there = any(row.id == unit and day in row.period for row in self.units)
            last = max(ended, key=lambda row: row.period.end or date.min, default=None)
            if there or last is None or last.period.end is None or last.period.end > day or not last.successor:
                return unit
            unit = last.successor
        return unit

    def answers_for(self, unit: str, day: date) -> tuple[str, ...]:
        """The units whose records this one answers for that day: itself, and those that are gone and became it."""
        if day not in self.heirs:
            self.heirs[day] = {one: self.heir(one, day) for one in self.ids}
        return tuple(sorted({unit, *(one for one, heir in self.heirs[day].items() if heir == unit)}))

    def on(self, day: date) -> Organisation:
        """The organisation of a day. Raises NoOrganisation for a day before the start."""
        if day < self.start:
            raise NoOrganisation(f"{day} is before this organisation is known. It starts on {self.start}.")
        posts = tuple(post for post in self.posts if day in post.period)
        units = tuple(
            UnitOnDay(unit, tuple(post for post in posts if unit.id in post.leads))
            for unit in self.units
            if day in unit.period
        )
        here = {there.id for there in units}
        return Organisation(day, units, posts, tuple(self.gone(day, here)), tuple(self.to_come(day, here)))

    def gone(self, day: date, here: set[str]) -> Iterator[Gone]:
        for id_ in self.ids:
            ended = [u for u in self.units if u.id == id_ and u.period.end is not None and u.period.end <= day]
            if id_ in here or not ended:
                continue
            last = max(ended, key=lambda unit: unit.period.end or date.min)
            if last.period.end is not None:
                yield Gone(id_, last.name, last.period.end, last.successor, last.became, last.cites, last.basis)

    def to_come(self, day: date, here: set[str]) -> Iterator[ToCome]:
        for id_ in self.ids:
            rows = [unit for unit in self.units if unit.id == id_]
            starts = [unit.period.start for unit in rows]
            if id_ in here or any(start is None or start <= day for start in starts):
                continue
            first = min(rows, key=lambda unit: unit.period.start or date.min)
            if first.period.start is not None:
                yield ToCome(id_, first.name, first.period.start, first.predecessor, first.cites, first.basis)


def unit_faults(units: Sequence[Unit], posts: Sequence[Post], start: date) -> Iterator[tuple[str, str]]:
    """What keeps rows from being an organisation on every day: the id of a row and a sentence for each."""
    yield from same_id_twice(units)
    yield from same_id_twice(posts)
    for unit in units:
        yield from unit_row_faults(unit, units)
    for post in posts:
        for other in dict.fromkeys((post.unit, *post.leads)):
            yield from unknown_unit(post.id, "post of" if other == post.unit else "leads", other, post.period, units)
    days = {start, *(day for unit in units for day in (unit.period.start, unit.period.end) if day and day > start)}
    told: set[tuple[str, str]] = set()
    for day in sorted(days):
        here = {unit.id: unit for unit in units if day in unit.period}
        for unit in here.values():
            parent = unit.parent
            if parent is not None and parent not in here and (unit.id, parent) not in told:
                told.add((unit.id, parent))
                yield unit.id, f"on {day} it stands under {parent}, which does not exist that day. Change its days."
        yield from circles(here, told)


def unit_row_faults(unit: Unit, units: Sequence[Unit]) -> Iterator[tuple[str, str]]:
    if unit.period.empty:
        yield unit.id, f"it ends on {unit.period.end}, not after it starts on {unit.period.start}. Change one of them."
    if unit.basis is Basis.ASSUMED and not unit.why:
        yield unit.id, "it is assumed and does not say why. Add `why`."
    if not unit.cites:
        yield unit.id, "it cites no paragraph. Add `cites`."
    ids = [function.id for function in unit.functions]
    for twice in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield unit.id, f"function {twice!r} is there twice. Keep one."
    if unit.predecessor is not None:
        yield from unknown_unit(unit.id, "predecessor", unit.predecessor, Period(), units)
    if unit.successor is not None:
        yield from unknown_unit(unit.id, "successor", unit.successor, Period(), units)
    later = any(u.id == unit.id and u.period.start and u.period.start == unit.period.end for u in units)
    if unit.period.end is not None and not later and not unit.became:
        yield unit.id, f"it ends on {day_before(unit.period.end)} and does not say what became of it. Add `became`."


def unknown_unit(
    row: str, as_what: str, wanted: str, period: Period, units: Sequence[Unit]
) -> Iterator[tuple[str, str]]:
    known = tuple(dict.fromkeys(unit.id for unit in units))
    if wanted not in known:
        near = nearest(wanted, known)
        hint = f"Did you mean {listed(near, 'or')}?" if near else f"Units: {', '.join(known)}."
        yield row, f"{as_what} {wanted!r}: there is no such unit. {hint}"
    elif not any(unit.id == wanted and unit.period.meets(period) for unit in units):
        yield row, f"{as_what} {wanted}, which does not exist {period.words}. Change the days of one of them."


def circles(here: Mapping[str, Unit], told: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for start in here:
        path = [start]
        while (parent := here[path[-1]].parent) is not None and parent in here and parent not in path:
            path.append(parent)
        if parent == start and ("circle", min(path)) not in told:
            told.add(("circle", min(path)))
            yield start, f"units stand under each other in a circle: {' > '.join([*path, start])}. Take one out."


def same_id_twice(rows: Sequence[Unit | Post]) -> Iterator[tuple[str, str]]:
    for place, row in enumerate(rows):
        for other in rows[:place]:
            if other.id == row.id and other.period.meets(row.period):
                yield row.id, "two rows are in force on the same day. End one before the other starts."


def period_dict(period: Period) -> dict[str, object]:
    """Its limits under the names that the pack's files use; None where the source gives none."""
    return {
        "from": period.start.isoformat() if period.start else None,
        "until": period.end.isoformat() if period.end else None,
    }
