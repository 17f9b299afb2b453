"""In which words does the pack speak to a first responder? Its units, boroughs, elements and indicators, as said."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from palermo.domain.access import Viewer
from palermo.packs import Pack


def sentence(text: str) -> str:
    """With a capital first letter; the rest as it is."""
    return text[:1].upper() + text[1:]


def partial_date(text: str) -> str:
    """As much as is known, in words: 1991, April 1991, 2 April 1991."""
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    return " ".join(part for part in (day.lstrip("0"), calendar.month_name[int(month)] if month else "", year) if part)


@dataclass(frozen=True, slots=True)
class Group:
    """Indicators of one dimension within a set, as code and words."""

    key: str
    set: str
    title: str
    choices: tuple[tuple[str, str], ...]


def indicator_groups(pack: Pack, age: str) -> list[Group]:
    """The signs that are meant for an age, by their set and dimension, in the pack's order."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    titles = {}
    for indicator in pack.definition.for_age(age):
        place = (indicator.set, indicator.dimension)
        titles[place] = indicator.dimension_label
        found.setdefault(place, []).append((indicator.code, indicator.text))
    return [
        Group(f"{set_}-{dimension}", pack.definition.sets[set_].label, titles[set_, dimension], tuple(choices))
        for (set_, dimension), choices in found.items()
    ]


def borough_names(pack: Pack) -> list[str]:
    return sorted(pack.boroughs)


def unit(pack: Pack, unit_id: str, borough: str, day: date) -> str:
    """The unit's name on a day, with the borough where a borough's officers are meant; its id where it has no name."""
    name = pack.units.names_on(day).get(unit_id, unit_id)
    return f"{name}, {borough}" if borough else name


def own_body(pack: Pack, viewer: Viewer, day: date) -> str:
    """The body that somebody of the force refers for: their unit."""
    return unit(pack, viewer.unit, viewer.borough, day) if viewer.unit else ""
