"""How are numbers of referrals shown? Exactly to whoever may open every record; protected to everyone else.

Only counts leave the records here: how many referrals have which profile, on which day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from uuid import UUID

import numpy as np
import numpy.typing as npt

from palermo.analytics.disclosure import ROUND_TO, SMALLEST_SHOWN, Cell, release, rounded, with_totals
from palermo.domain.access import Role, Viewer
from palermo.domain.remit.history import Histogram, histogram
from palermo.domain.vocabulary import Profiles, Vocabulary
from palermo.web.oversight import queries


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as a viewer is shown it; `size` is what it may be drawn and put in order by."""

    words: str
    size: int


UNTOLD = Shown("held back", SMALLEST_SHOWN // 2)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one viewer is shown numbers: as they are, or so that no single referral can be told from them."""

    exact: bool

    def words(self, number: int) -> str:
        """One number by itself."""
        if self.exact:
            return f"{number:,}"
        return f"about {rounded(number, ROUND_TO):,}" if number >= SMALLEST_SHOWN else f"fewer than {SMALLEST_SHOWN}"

    def table(self, counts: Mapping[Cell, int]) -> dict[Cell, Shown]:
        """Numbers that add up to one another, with the totals of their rows and columns.

        Where they are protected, one that is held back does not follow from the others.
        """
        if self.exact:
            return {cell: Shown(f"{count:,}", count) for cell, count in with_totals(counts).items()}
        released = release(counts).cells
        return {cell: UNTOLD if near is None else Shown(f"about {near:,}", near) for cell, near in released.items()}

    @property
    def says(self) -> str:
        """What a reader of protected numbers must be told; nothing where they are exact."""
        if self.exact:
            return ""
        return (
            f"Numbers of referrals are protected: below {SMALLEST_SHOWN} they are held back, zeros too, and others "
            f"where they would give one away. The rest are rounded to the nearest {ROUND_TO}, so parts need not add up."
        )


EXACT = Numbers(exact=True)


def numbers_for(viewer: Viewer) -> Numbers:
    """How this viewer is shown numbers of referrals: an auditor alone may open every record, restricted ones too."""
    return Numbers(exact=viewer.role is Role.AUDITOR)


@dataclass(frozen=True)
class Counted:
    """The site's referrals as counts: of each, the facts as they are known now and the day that decided."""

    vocabulary: Vocabulary
    rows: Sequence[tuple[str, date, Sequence[int]]]
    counted: dict[tuple[date, ...], Histogram] = field(default_factory=dict, compare=False)

    @cached_property
    def fitting(self) -> tuple[npt.NDArray[np.datetime64], Profiles]:
        """Day and profile of each referral that this vocabulary can speak of."""
        rows = [(day, profiles) for hash_, day, profiles in self.rows if hash_ == self.vocabulary.hash]
        days = np.array([day for day, _ in rows], dtype="datetime64[D]")
        profiles = np.array([profile for _, of_day in rows for profile in of_day], dtype=np.int32)
        return np.repeat(days, [len(of_day) for _, of_day in rows]), profiles

    @property
    def left_out(self) -> int:
        """How many were received under other fields or values, so that their profiles say something else."""
        return sum(len(profiles) for hash_, _, profiles in self.rows if hash_ != self.vocabulary.hash)

    def __bool__(self) -> bool:
        return bool(self.fitting[1].size)

    def history(self, cuts: Sequence[date]) -> Histogram:
        """The histogram with these cuts; referrals from before the first are in none of its spans."""
        if tuple(cuts) not in self.counted:
            days, profiles = self.fitting
            later = days >= np.datetime64(cuts[0])
            self.counted[tuple(cuts)] = histogram(self.vocabulary, profiles[later], days[later], cuts)
        return self.counted[tuple(cuts)]


def count_referrals(vocabulary: Vocabulary) -> Counted:
    """What the site has received, as counts.

    They are made once, and again when there is another decision.
    """
    return counted_at(vocabulary, queries.mark())


@lru_cache(maxsize=2)
def counted_at(vocabulary: Vocabulary, made_at: tuple[UUID | None, int]) -> Counted:
    return Counted(vocabulary, queries.profiles_by_day())
