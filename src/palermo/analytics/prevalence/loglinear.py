"""Log-linear: what does one named model say of the total, and how sure can it be?

Three intervals, from quick to honest: Wald on the log of the number unseen,
profile likelihood, and (in `methods`) BCa from resamples. All take the model as
given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, digamma, gammaln, ndtr, ndtri

from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import fit
from palermo.analytics.prevalence.lattice import Bools, Floats, lists_of, pairs
from palermo.analytics.prevalence.models import independence

_POINTS = 33
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Fitted:
    """One model's estimate with limits; `upper` is infinite where no number unseen is too many."""

    people: float
    lower: float
    upper: float


def wald(counts: Floats, terms: Bools, *, level: float = 0.95) -> Fitted:
    """Return the maximum likelihood estimate with limits symmetric on the log of the number unseen."""
    found = fit(counts[:, None], terms[:, None], variance_of=0)
    z = float(ndtri((1 + level) / 2))
    seen, centre, spread = float(counts[1:].sum()), float(found.intercept[0]), float(np.sqrt(found.variance[0]))
    low, middle, high = (seen + float(np.exp(centre + k * z * spread)) for k in (-1, 0, 1))
    return Fitted(middle, low, high)


def profile(counts: Floats, terms: Bools, *, level: float = 0.95, poisson: bool = False) -> Fitted:
    """Return the estimate and limits by profile likelihood.

    The total's likelihood is multinomial unless `poisson`, and the two differ by a few people: the multinomial maximum
    lies a little lower. The 2014 figure for the United Kingdom used the multinomial one.
    """
    seen = float(counts[1:].sum())
    start = float(fit(counts[:, None], terms[:, None]).unseen[0])
    value, slope = _poisson(counts, terms) if poisson else _multinomial(counts, terms)
    low, high = start / 4, start * 4
    while slope(np.array([low]))[0] < 0 and low > 1e-9:
        low /= 4
    while slope(np.array([high]))[0] > 0 and high < _LARGEST:
        high *= 4
    best = start if poisson else _crossing(slope, low, high)
    enough = float(value(np.array([best]))[0]) - float(chdtri(1, 1 - level)) / 2

    def above(unseen: Floats) -> Floats:
        return value(unseen) - enough

    lowest = best / 4
    while above(np.array([lowest]))[0] > 0 and lowest > 1e-9:
        lowest /= 4
    lower = 0.0 if lowest <= 1e-9 else _crossing(lambda x: -above(x), lowest, best)
    highest = best * 4
    while above(np.array([highest]))[0] > 0 and highest < _LARGEST:
        highest *= 4
    upper = np.inf if highest >= _LARGEST else _crossing(above, best, highest)
    return Fitted(seen + best, seen + lower, seen + upper)


Function = Callable[[Floats], Floats]


def _multinomial(counts: Floats, terms: Bools) -> tuple[Function, Function]:
    """Return the profile log likelihood of the number unseen and its slope."""

    def fitted(unseen: Floats) -> tuple[Floats, Floats, Floats]:
        tables = np.repeat(counts[:, None], unseen.size, axis=1)
        tables[0] = unseen
        found = fit(tables, terms[:, None], unseen_counted=True)
        return tables.sum(axis=0), found.log_likelihood, found.intercept

    def value(unseen: Floats) -> Floats:
        total, log_likelihood, _intercept = fitted(unseen)
        return np.asarray(gammaln(total + 1) - gammaln(unseen + 1) + log_likelihood + total - total * np.log(total))

    def slope(unseen: Floats) -> Floats:
        total, _log_likelihood, intercept = fitted(unseen)
        return np.asarray(digamma(total + 1) - digamma(unseen + 1) + intercept - np.log(total))

    return value, slope


def _poisson(counts: Floats, terms: Bools) -> tuple[Function, Function]:
    def value(unseen: Floats) -> Floats:
        return fit(counts[:, None], terms[:, None], intercept=np.log(unseen)).log_likelihood

    def slope(unseen: Floats) -> Floats:
        return np.asarray(value(unseen * (1 + 1e-4)) - value(unseen * (1 - 1e-4)))

    return value, slope


def _crossing(function: Function, low: float, high: float) -> float:
    """Return where a function that falls from above zero to below crosses it, between two positive points."""
    for _ in range(12):
        points = np.geomspace(low, high, _POINTS)
        below = np.flatnonzero(function(points[1:-1]) < 0)
        place = int(below[0]) + 1 if below.size else _POINTS - 1
        low, high = float(points[place - 1]), float(points[place])
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2


def by_aic(counts: Floats, *, threshold: float = 0.05, checker: Checker | None = None) -> tuple[Bools, tuple[int, ...]]:
    """Return the model that steps by AIC reach, and its pairs in the order they joined.

    The way to the 2014 figure for the United Kingdom: the pair that lowers AIC most joins, while the Wald test of its
    coefficient is below the threshold. A pair seen on nobody has no finite coefficient to test and never joins.
    """
    lists = lists_of(counts.shape[0])
    checker = checker or Checker()
    terms = independence(lists)
    order: list[int] = []
    while True:
        before = float(fit(counts[:, None], terms[:, None]).log_likelihood[0])
        best, best_gain, chance = 0, 2.0, 1.0
        for pair in pairs(lists):
            if terms[pair]:
                continue
            larger = terms.copy()
            larger[pair] = True
            if checker.statuses(counts[:, None], larger[:, None])[0]:
                continue
            found = fit(counts[:, None], larger[:, None], variance_of=pair)
            gain = 2 * (float(found.log_likelihood[0]) - before)
            if gain > best_gain:
                best, best_gain = pair, gain
                spread = float(np.sqrt(found.variance[0]))
                size = abs(float(found.coefficients[pair, 0]))
                chance = 2 * float(ndtr(-size / spread)) if np.isfinite(spread) else 1.0
        if not best or chance >= threshold:
            return terms, tuple(order)
        terms = terms.copy()
        terms[best] = True
        order.append(best)
