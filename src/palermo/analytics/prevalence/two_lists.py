"""Two lists and counts of counts: what follows without a model of how lists depend on each other?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from palermo.analytics.prevalence.lattice import sizes
from palermo.analytics.prevalence.lists import Lists


@dataclass(frozen=True, slots=True)
class Simple:
    """An estimate from a formula: the total, its variance, and the people it adds to."""

    people: float
    variance: float
    seen: int

    def interval(self, level: float) -> tuple[float, float]:
        """Return limits that treat the number unseen as log-normal, so that neither lies below those seen."""
        unseen = self.people - self.seen
        if unseen <= 0:
            return self.people, self.people
        ratio = math.exp(float(ndtri((1 + level) / 2)) * math.sqrt(math.log1p(self.variance / unseen**2)))
        return self.seen + unseen / ratio, self.seen + unseen * ratio


def chapman(*, first: int, second: int, both: int) -> Simple:
    """Return Chapman's (1951) estimate from the sizes of two lists and of their overlap.

    >>> round(chapman(first=30, second=40, both=12).people, 2)
    96.77
    """
    if not 0 <= both <= min(first, second):
        raise ValueError(f"an overlap of {both} does not fit lists of {first} and {second}")
    product = (first + 1) * (second + 1)
    return Simple(
        people=product / (both + 1) - 1,
        variance=product * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2)),
        seen=first + second - both,
    )


def chao_bound(lists: Lists) -> Simple:
    """Return Chao's (1987) lower bound from those on exactly one list and on exactly two.

    With t lists the bound on the number unseen is (t - 1)/t times f1**2/(2 f2): without the factor it is a bound for a
    great many lists only. ZeroDivisionError where nobody is on exactly two lists.
    """
    held = sizes(lists.number)
    once, twice = (float(lists.counts[held == k].sum()) for k in (1, 2))
    factor = (lists.number - 1) / lists.number
    ratio = once / twice
    return Simple(
        people=lists.seen + factor * once * ratio / 2,
        variance=twice * (factor / 2 * ratio**2 + factor**2 * ratio**3 + factor**2 / 4 * ratio**4),
        seen=lists.seen,
    )
