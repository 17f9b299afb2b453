"""Allegations: since when has the force known?

The duty to investigate starts with the first credible allegation, in whatever way it came to the force's attention. The
referral itself is one. What reached the force before it, and was not seen for what it was, may be another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar


class Source(StrEnum):
    """From what kind of source an allegation came."""

    VICTIM = "victim"
    WITNESS = "witness"
    PARTNER = "partner"
    BOROUGH = "borough"
    INTELLIGENCE = "intelligence"
    MEDIA = "media"
    OTHER = "other"

    @property
    def words(self) -> str:
        return SOURCES[self]


SOURCES = {
    Source.VICTIM: "a potential victim",
    Source.WITNESS: "a witness",
    Source.PARTNER: "a partner organisation",
    Source.BOROUGH: "a borough’s officers",
    Source.INTELLIGENCE: "intelligence",
    Source.MEDIA: "the media",
    Source.OTHER: "another source",
}


class Allegation(Protocol):
    """What counts of an allegation: when it reached the force, whether it was credible, and whether it still stands."""

    @property
    def reached_at(self) -> datetime: ...
    @property
    def credible(self) -> bool: ...
    @property
    def stands(self) -> bool: ...


A = TypeVar("A", bound=Allegation)


@dataclass(frozen=True, slots=True)
class FirstKnown(Generic[A]):
    """Since when the force has known, and by which allegation; by none: by the referral itself."""

    at: datetime
    allegation: A | None = None


def first_known(received: datetime, allegations: Iterable[A]) -> FirstKnown[A]:
    """The first credible allegation that stands; never later than the referral. Of several at once, the first told."""
    before = [one for one in allegations if one.credible and one.stands and one.reached_at < received]
    if not before:
        return FirstKnown(received)
    first = min(before, key=lambda one: one.reached_at)
    return FirstKnown(first.reached_at, first)


@dataclass(frozen=True, slots=True)
class Running:
    """Since when a clock runs, and when it is due."""

    started: datetime
    due: datetime


def fitted(as_it_was: Iterable[Running], known: Running | None) -> Running:
    """How a clock runs that is measured from the first credible allegation, so that it is never due later for it.

    `as_it_was` is how it ran, once or several times, before anything earlier was known; `known`, how it would run from
    what is known now, None where that is no earlier than the referral.
    """
    return min([*as_it_was, *([known] if known else [])], key=lambda one: one.due)
