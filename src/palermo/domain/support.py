"""Support: what can one unit draw on another for?

A resource is something that a unit has and others may ask for: advice, covert policing, a financial investigator. Which
unit has it, on which days and for whom, are rows of the pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from palermo.domain.policy import Basis, Period


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """Units that have a resource; with `owner`, only where one of those owns the referral.

    `function` is the part of each of these units that gives it, where the organisation knows one.
    """

    id: str
    resource: str
    label: str
    units: tuple[str, ...]
    period: Period
    basis: Basis
    owner: tuple[str, ...] = ()
    function: str = ""
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None

    def gives(self, unit: str, owner: str, day: date) -> bool:
        """Whether that owner may ask that unit for it on the day. Nobody draws on itself."""
        return unit in self.units and unit != owner and day in self.period and (not self.owner or owner in self.owner)


@dataclass(frozen=True, slots=True)
class Resource:
    """What can be asked of one unit on a day, and the row that says so."""

    unit: str
    row: ResourceRow

    @property
    def id(self) -> str:
        return self.row.resource

    @property
    def label(self) -> str:
        return self.row.label


class Resources:
    """Every resource row of a pack, in its order."""

    def __init__(self, rows: Sequence[ResourceRow] = ()) -> None:
        self.rows = tuple(rows)

    def __repr__(self) -> str:
        return f"Resources({len(self.rows)} rows)"

    def of(self, owner: str, day: date) -> tuple[Resource, ...]:
        """What this owner may ask for on the day, and of whom."""
        return tuple(Resource(unit, row) for row in self.rows for unit in row.units if row.gives(unit, owner, day))

    def find(self, resource: str, unit: str, owner: str, day: date) -> Resource | None:
        """The resource, if this owner may ask this unit for it on the day."""
        rows = (row for row in self.rows if row.resource == resource and row.gives(unit, owner, day))
        found = next(rows, None)
        return Resource(unit, found) if found else None

    def label(self, resource: str, day: date) -> str:
        """What it is called that day, or else last or first; the id itself where no row knows it."""
        rows = [row for row in self.rows if row.resource == resource]
        for row in rows:
            if day in row.period:
                return row.label
        past = [row for row in rows if row.period.end is not None and row.period.end <= day]
        known = max(past, key=lambda row: row.period.end or date.max, default=rows[0] if rows else None)
        return known.label if known else resource

    def faults(self, owners: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Where two rows answer the same question, or name one resource twice: the id of a row and a sentence."""
        for place, row in enumerate(self.rows):
            for other in self.rows[:place]:
                if other.resource != row.resource or other.id == row.id or not other.period.meets(row.period):
                    continue
                if other.label != row.label:
                    yield row.id, f"{row.resource} has the label {other.label!r} in {other.id}. Give it the same one."
                for unit in sorted(set(row.units) & set(other.units)):
                    both = set(row.owner or owners) & set(other.owner or owners) - {unit}
                    for owner in sorted(both)[:1]:
                        yield row.id, f"{other.id} lets {owner} ask {unit} for it on the same days. Narrow one of them."
