"""History: how many past referrals had which profile, in which span of days?

Counts and no cases: enough to replay any remit over the past without a single referral at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from palermo.domain.policy import Period
from palermo.domain.vocabulary import Condition, Profiles, Vocabulary

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Histogram:
    """Of each span between two cuts (the last has no end) and each profile, how many referrals there were."""

    vocabulary: Vocabulary
    cuts: tuple[date, ...]
    counts: Counts

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        return tuple(Period(begin, end) for begin, end in zip(self.cuts, [*self.cuts[1:], None], strict=True))

    @cached_property
    def occurring(self) -> tuple[tuple[npt.NDArray[np.intp], Counts], ...]:
        """For each span the profiles that occur, and how often."""
        found = []
        for counts in self.counts:
            profiles = np.flatnonzero(counts)
            found.append((profiles, counts[profiles]))
        return tuple(found)

    def __add__(self, other: Histogram) -> Histogram:
        """Both together: a file of any size is counted batch by batch. Raises ValueError where they do not fit."""
        if self.vocabulary.hash != other.vocabulary.hash or self.cuts != other.cuts:
            raise ValueError("the two histograms have other fields or other cuts, so their counts cannot be added")
        return Histogram(self.vocabulary, self.cuts, self.counts + other.counts)

    def count(self, period: Period, condition: Condition) -> int | None:
        """How many fall in a box within a period; None where a span of the histogram lies only partly in it."""
        total = 0
        box = np.ix_(*([n for n in range(mask.bit_length()) if mask >> n & 1] for mask in condition.masks))
        for span, counts in zip(self.periods, self.counts, strict=True):
            if not span.meets(period) or not counts.any():
                continue
            if not within(span, period):
                return None
            total += int(counts.reshape(self.vocabulary.sizes)[box].sum())
        return total


def within(inner: Period, outer: Period) -> bool:
    starts = outer.start is None or (inner.start is not None and inner.start >= outer.start)
    return starts and (outer.end is None or (inner.end is not None and inner.end <= outer.end))


def histogram(
    vocabulary: Vocabulary,
    profiles: Profiles,
    days: npt.NDArray[np.datetime64] | date,
    cuts: Sequence[date],
) -> Histogram:
    """Count referrals by span and profile. `days` is a column, or one day for all.

    Raises IndexError for a number that is no profile and ValueError for a missing day or one before the first cut.
    """
    if profiles.size and not (int(profiles.min()) >= 0 and int(profiles.max()) < vocabulary.size):
        raise IndexError(f"some numbers are no profiles. They run from 0 to {vocabulary.size - 1}.")
    column = np.full(len(profiles), days) if isinstance(days, date) else days
    column = column.astype("datetime64[D]")
    if np.isnat(column).any():
        raise ValueError(f"row {int(np.argmax(np.isnat(column)))} has no day")
    spans = np.searchsorted(np.array(cuts, dtype="datetime64[D]"), column, side="right") - 1
    if spans.size and spans.min() < 0:
        raise ValueError(f"row {int(np.argmin(spans))} is of a day before the first cut, {cuts[0]}")
    counts = np.bincount(spans * vocabulary.size + profiles, minlength=len(cuts) * vocabulary.size)
    return Histogram(vocabulary, tuple(cuts), counts.reshape(len(cuts), vocabulary.size).astype(np.int64))
