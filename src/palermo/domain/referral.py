"""Referral: what arrives, and is it something the rules can read?

Facts are read strictly. A word that is not one of a field's values is refused, with the values it has: a misspelt
`Child` must never be taken for nothing. What is left out is not known yet, and has its own value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn, TypeGuard

from palermo.domain.policy import LAST_YEAR, is_day, listed, nearest
from palermo.domain.vocabulary import Field, Vocabulary

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
IS_NO_TEXT = "is not text; write it in quotes"
OWN = ("id", "received", "borough")
"""The names a referral has besides the vocabulary's fields."""


@dataclass(frozen=True, slots=True)
class Borough:
    """A borough: its code and name, what follows from it for the rules, and who polices it."""

    gss: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict, compare=False)
    police_force: str = ""
    own_force: bool = True


class Boroughs(Mapping[str, Borough]):
    """The boroughs by name. `find` also takes a code, any capitals and any spaces."""

    def __init__(self, boroughs: Iterable[Borough]) -> None:
        self.by_name = {borough.name: borough for borough in boroughs}
        self.folded = {folded(name): b for b in self.by_name.values() for name in (b.name, b.gss)}

    def __getitem__(self, name: str) -> Borough:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def find(self, name: str) -> Borough | None:
        return self.folded.get(folded(name))


def folded(name: str) -> str:
    return " ".join(name.casefold().replace("&", " and ").split())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules know of one referral: every field has a value, and the number of them all together."""

    id: str | None
    received: date | None
    borough: Borough | None
    profile: int
    vocabulary: Vocabulary = field(repr=False, compare=False)

    @property
    def values(self) -> dict[str, str]:
        return self.vocabulary.decode(self.profile)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one fact, and the values it may have (empty where any of a kind will do)."""

    field: str
    value: object
    allowed: tuple[str, ...]
    says: str


class FactsRefused(ValueError):
    """Raised once for a referral, with all its problems; as text, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.says for problem in self.problems))


class Reader:
    """Reads facts in one vocabulary, for one set of boroughs."""

    def __init__(self, vocabulary: Vocabulary, boroughs: Boroughs) -> None:
        self.vocabulary = vocabulary
        self.boroughs = boroughs
        self.derived = {field.name for field in vocabulary.fields if field.derived_from}
        self.names = (*vocabulary.by_name, *OWN)
        self.asked = [
            (field.name, vocabulary.steps[field.name], vocabulary.steps[field.name][field.missing], field)
            for field in vocabulary.fields
            if field.name not in self.derived
        ]
        self.unlocated = self.following({})
        self.located = {borough.name: self.following(borough.facts) for borough in boroughs.values()}

    def following(self, facts: Mapping[str, str]) -> int:
        """What the fields that follow from a borough add to the profile number."""
        steps = self.vocabulary.steps
        return sum(steps[name][facts.get(name, self.vocabulary.by_name[name].missing)] for name in self.derived)

    def read(self, raw: Mapping[str, object]) -> Facts:
        """Facts with a value for every field. Raises FactsRefused with every problem there is."""
        if not isinstance(raw, Mapping):
            raise FactsRefused([Problem("", raw, (), f"a referral is an object of names and values, not {shown(raw)}")])
        profile = 0
        used = 0
        for name, steps, missing, field_ in self.asked:
            value = raw.get(name)
            if value is None:
                profile += missing
                used += name in raw
                continue
            used += 1
            if type(value) is str:
                step = steps.get(value)
            else:
                word = word_of(field_, value)
                step = steps[word] if word is not None else None
            if step is None:
                self.refuse(raw)
            profile += step
        own = [name for name in OWN if name in raw]
        used += len(own)
        identity, received, place = raw.get("id"), raw.get("received"), raw.get("borough")
        if identity is not None and not is_text(identity):
            self.refuse(raw)
        day = None
        if received is not None:
            day = day_of(received)
            if day is None or day.year > LAST_YEAR:
                self.refuse(raw)
        borough = None
        if place is not None:
            borough = self.boroughs.find(place) if type(place) is str else None
            if borough is None:
                self.refuse(raw)
        profile += self.located[borough.name] if borough else self.unlocated
        if used != len(raw) and next(self.problems(raw), None):
            # a derived field given, or a name that is none
            self.refuse(raw)
        return Facts(identity, day, borough, profile, self.vocabulary)

    def refuse(self, raw: Mapping[str, object]) -> NoReturn:
        raise FactsRefused(self.problems(raw))

    def problems(self, raw: Mapping[str, object]) -> Iterator[Problem]:
        """Every problem of these facts, in the order they are written."""
        for name, value in raw.items():
            if name == "id":
                if value is not None and not is_text(value):
                    why = "has half a character in it; send it as UTF-8" if isinstance(value, str) else IS_NO_TEXT
                    yield Problem(name, value, (), f"id {shown(value)} {why}")
            elif name == "received":
                day = day_of(value)
                if value is not None and day is None:
                    says = "is not a date; write it as year-month-day, 2010-04-01"
                    yield Problem(name, value, (), f"received {shown(value)} {says}")
                elif day is not None and day.year > LAST_YEAR:
                    yield Problem(name, value, (), f"received {day} is after the year {LAST_YEAR}; check the year")
            elif name == "borough":
                yield from self.borough_problems(value)
            elif name not in self.vocabulary.by_name:
                yield Problem(str(name), value, self.names, f"no field {shown(name)}. {self.did_you_mean(str(name))}")
            elif value is not None:
                yield from self.value_problems(self.vocabulary.by_name[name], value, raw)

    def did_you_mean(self, name: str) -> str:
        near = nearest(name, self.names)
        return f"Did you mean {listed(near, 'or')}?" if near else f"Fields: {', '.join(self.names)}"

    def borough_problems(self, value: object) -> Iterator[Problem]:
        if value is None or (isinstance(value, str) and self.boroughs.find(value)):
            return
        near = nearest(value, tuple(self.boroughs)) if isinstance(value, str) else ()
        help_ = f"Did you mean {listed(near, 'or')}?" if near else "Give a borough's name or its GSS code"
        yield Problem(
            "borough", value, tuple(self.boroughs), f"borough {shown(value)} is not one of this pack. {help_}"
        )

    def value_problems(self, field_: Field, value: object, raw: Mapping[str, object]) -> Iterator[Problem]:
        word = word_of(field_, value)
        if word is None:
            kinds = ", ".join(field_.values)
            if field_.numbers:
                kinds += f", or a whole number from {field_.numbers[0][0]}"
            yield Problem(
                field_.name,
                value,
                field_.values,
                f"{field_.name} {shown(value)} is not a value of {field_.name} ({kinds})",
            )
        elif field_.derived_from:
            place = raw.get(field_.derived_from)
            borough = self.boroughs.find(place) if isinstance(place, str) else None
            if place is not None and borough is None:
                return  # the borough's own problem says enough
            follows = borough.facts.get(field_.name, field_.missing) if borough else field_.missing
            if word != follows:
                where = f"{borough.name} gives {follows}" if borough else f"no {field_.derived_from} gives {follows}"
                yield Problem(
                    field_.name,
                    value,
                    (follows,),
                    f"{field_.name} {shown(value)} does not follow from the {field_.derived_from}: {where}. "
                    f"Leave {field_.name} out and give the right {field_.derived_from}",
                )


def word_of(field_: Field, value: object) -> str | None:
    """The field's value that was meant: the word itself, a true or false where it takes one, or a count's class."""
    if isinstance(value, str):
        return value if value in field_.values else None
    if isinstance(value, bool):
        return dict(field_.booleans).get(value)
    if isinstance(value, int):
        return field_.of_number(value)
    return None


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is text that can be written out again: JSON lets half of a character through."""
    if type(value) is not str:
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def day_of(value: object) -> date | None:
    """The day written as 2010-04-01, or given as one; None for anything else, and for a moment."""
    if isinstance(value, str):
        if not DAY.fullmatch(value):
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if is_day(value) and isinstance(value, date) else None


def shown(value: object) -> str:
    """A value as it was written, cut short where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
