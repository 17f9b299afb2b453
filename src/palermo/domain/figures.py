"""Figures: which numbers does the source give, and do they add up?

Exact numbers only, each with its paragraph. A sum that does not hold is reported with its difference; nothing here
corrects it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from palermo.domain.policy import listed

Value = int | date | str
"""A whole number of the unit, a day, or a month as text (2010-04)."""


class How(StrEnum):
    """In which way the terms and the total of a sum belong together."""

    ADDS_UP = "adds_up"
    FALLS = "falls"
    SAME = "same"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the source: how many of what, for which period, in which paragraph."""

    id: str
    value: Value
    unit: str
    what: str
    cite: str
    period: str = ""

    @property
    def number(self) -> int | None:
        """The value where it can be added; None for a day or a month."""
        return self.value if isinstance(self.value, int) else None

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "value": self.value.isoformat() if isinstance(self.value, date) else self.value,
            "unit": self.unit,
            "what": self.what,
            "period": self.period or None,
            "source": self.cite,
        }


@dataclass(frozen=True, slots=True)
class Sum:
    """Figures that should fit together, by their ids."""

    id: str
    says: str
    how: How
    terms: tuple[str, ...]
    total: str
    cite: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sum as it comes out.

    `found` is what the terms make: their sum, their count, the last of a fall, or the first that differs. `difference`
    is that less the total stated; None where days are compared.
    """

    sum: Sum
    terms: tuple[Figure, ...]
    total: Figure
    found: Value
    holds: bool
    difference: int | None

    @property
    def reckoning(self) -> str:
        """The terms and what they make against the total: "39 + 17 = 56, stated 57"."""
        shown = [written(term.value) for term in self.terms]
        stated = written(self.total.value)
        if self.sum.how is How.ADDS_UP:
            left = " + ".join(shown)
            return f"{left} = {written(self.found)}, stated {stated}" if len(shown) > 1 else f"{left}, stated {stated}"
        if self.sum.how is How.FALLS:
            return " to ".join([*shown, stated])
        if self.sum.how is How.LISTS:
            return f"{len(shown)} listed, stated {stated}"
        return f"{listed(shown)}, stated {stated}"

    @property
    def words(self) -> str:
        """In a sentence: whether it holds, the reckoning, the difference, and what the source leaves open."""
        verdict = "holds" if self.holds else "does not hold"
        by = "" if self.holds or not self.difference else f" (difference {self.difference:+,})"
        note = f" {self.sum.note}" if self.sum.note and not self.holds else ""
        unit = f" {self.total.unit}" if isinstance(self.total.value, int) else ""  # a day or a month says what it is
        return f"{self.sum.says}: {verdict}: {self.reckoning}{unit}{by}, {self.sum.cite}.{note}"

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.sum.id,
            "says": self.sum.says,
            "how": str(self.sum.how),
            "terms": [{"id": term.id, "value": term.as_dict()["value"], "source": term.cite} for term in self.terms],
            "found": self.found.isoformat() if isinstance(self.found, date) else self.found,
            "total": {"id": self.total.id, "value": self.total.as_dict()["value"], "source": self.total.cite},
            "unit": self.total.unit,
            "holds": self.holds,
            "difference": self.difference,
            "source": self.sum.cite,
            "note": self.sum.note or None,
            "words": self.words,
        }


class Figures:
    """Every figure of a pack, in its order, and the sums over them."""

    def __init__(
        self, figures: Sequence[Figure], sums: Sequence[Sum], *, cites: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        self.figures = tuple(figures)
        self.sums = tuple(sums)
        self.cites = tuple(cites)
        self.by_id: Mapping[str, Figure] = {figure.id: figure for figure in self.figures}

    def __repr__(self) -> str:
        return f"Figures({len(self.figures)} figures, {len(self.sums)} sums)"

    def check(self) -> tuple[Checked, ...]:
        """Each sum with what it comes to, in order, those that hold and those that do not."""
        return tuple(reckon(sum_, self.by_id) for sum_ in self.sums)

    def as_dict(self) -> dict[str, object]:
        checked = self.check()
        return {
            "figures": [figure.as_dict() for figure in self.figures],
            "sums": [one.as_dict() for one in checked],
            "do_not_hold": [one.sum.id for one in checked if not one.holds],
        }


def reckon(sum_: Sum, figures: Mapping[str, Figure]) -> Checked:
    """The sum as it comes out. Needs figures that `sum_faults` finds nothing wrong with."""
    terms = tuple(figures[term] for term in sum_.terms)
    total = figures[sum_.total]
    if sum_.how is How.SAME:
        found = next((term.value for term in terms if term.value != total.value), total.value)
        apart = found - total.value if isinstance(found, int) and isinstance(total.value, int) else None
        return Checked(sum_, terms, total, found, found == total.value, apart)
    numbers = [term.number or 0 for term in terms]
    stated = total.number or 0
    if sum_.how is How.FALLS:
        holds = all(a > b for a, b in pairwise([*numbers, stated]))
        return Checked(sum_, terms, total, stated, holds, stated - numbers[0])
    made = len(terms) if sum_.how is How.LISTS else sum(numbers)
    return Checked(sum_, terms, total, made, made == stated, made - stated)


def sum_faults(figures: Sequence[Figure], sums: Sequence[Sum]) -> Iterator[tuple[str, str]]:
    """What keeps sums from being reckoned: the id of a row and a sentence for each."""
    by_id = {figure.id: figure for figure in figures}
    for ids in ([figure.id for figure in figures], [sum_.id for sum_ in sums]):
        for twice in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            yield twice, "it is there twice. Keep one, or give the other an id of its own."
    for sum_ in sums:
        if not sum_.terms:
            yield sum_.id, "it has no terms. Name the figures that it adds."
        lacking = [id_ for id_ in (*sum_.terms, sum_.total) if id_ not in by_id]
        for id_ in lacking:
            yield sum_.id, f"there is no figure {id_!r}. Correct the id, or add the figure."
        if lacking:
            continue
        parts = [by_id[id_] for id_ in (*sum_.terms, sum_.total)]
        if sum_.how is not How.SAME and any(part.number is None for part in parts):
            yield sum_.id, f"a day or a month cannot be added. Use how = {str(How.SAME)!r} for them."
        units = {part.unit for part in parts}
        if sum_.how is not How.LISTS and len(units) > 1:
            yield sum_.id, f"it mixes units: {listed(sorted(units))}. Figures of one sum have one unit."


def written(value: Value) -> str:
    """A number with its thousands, a day or a month as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)
