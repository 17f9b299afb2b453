"""Forward steps: which pairs of lists depend on each other, found one at a time?

Chan, Silverman and Vincent (2021). From independence on, the pair whose overlap
is least likely under the model so far joins it, provided its one-sided Poisson
p-value is below a threshold and the larger model has a finite, identified
estimate. Resamples are stepped together, each along its own path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincc

from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import at_least, fit
from palermo.analytics.prevalence.lattice import Bools, Floats, Ints, add_supersets, lists_of, pairs
from palermo.analytics.prevalence.models import independence

THRESHOLD = 0.02


@dataclass(frozen=True, slots=True)
class Stepped:
    """Where each table's path ended: its model and its estimate, infinite where even independence has none."""

    people: Floats
    terms: Bools
    status: Ints
    coefficients: Floats
    order: tuple[tuple[int, ...], ...]


def forward(counts: Floats, *, threshold: float = THRESHOLD, checker: Checker | None = None) -> Stepped:
    """Step every table (one a column) forward from independence; `order` holds the pairs in the order they joined."""
    cells, batch = counts.shape
    lists = lists_of(cells)
    checker = checker or Checker()
    terms = np.repeat(independence(lists)[:, None], batch, axis=1)
    status = checker.statuses(counts, independence(lists)[:, None])
    people = np.full(batch, np.inf)
    coefficients = np.zeros((cells, batch))
    order: list[list[int]] = [[] for _ in range(batch)]
    overlaps = at_least(counts)
    candidates = np.array(pairs(lists))
    live = np.flatnonzero(status == 0)
    fresh = True
    while live.size:
        found = fit(
            counts[:, live],
            terms[:, live],
            start=None if fresh else coefficients[:, live],
        )
        fresh = False
        coefficients[:, live] = found.coefficients
        people[live] = np.where(found.converged, counts[1:, live].sum(axis=0) + found.unseen, np.inf)
        expected = np.array(found.means)
        expected[0] = 0.0
        add_supersets(expected)
        chances = np.where(
            terms[candidates][:, live],
            np.inf,
            one_sided_p(overlaps[candidates][:, live], expected[candidates]),
        )
        chances[:, ~found.converged] = np.inf
        joined = _join(counts, terms, live, chances, candidates, threshold, checker)
        for member in np.flatnonzero(joined >= 0):
            order[live[member]].append(int(joined[member]))
        live = live[joined >= 0]
    return Stepped(people, terms, status, coefficients, tuple(map(tuple, order)))


def _join(
    counts: Floats,
    terms: Bools,
    live: Ints,
    chances: Floats,
    candidates: Ints,
    threshold: float,
    checker: Checker,
) -> Ints:
    """Add to each table's model its least likely admissible pair, and return that pair or -1.

    Pairs are checked in the order of their p-values and only until one passes, which gives the same choice as checking
    them all.
    """
    joined = np.full(live.size, -1)
    # p-values equal but for rounding count as equal, so that the first pair wins on every machine
    ranks = np.argsort(np.round(np.log(np.maximum(chances, 1e-300)), 9), axis=0, kind="stable")
    waiting = np.arange(live.size)
    for rank in ranks:
        waiting = waiting[chances[rank[waiting], waiting] < threshold]
        if not waiting.size:
            break
        pair = candidates[rank[waiting]]
        larger = terms[:, live[waiting]]
        larger[pair, np.arange(waiting.size)] = True
        passed = checker.statuses(counts[:, live[waiting]], larger) == 0
        terms[:, live[waiting[passed]]] = larger[:, passed]
        joined[waiting[passed]] = pair[passed]
        waiting = waiting[~passed]
    return joined


def one_sided_p(observed: Floats, expected: Floats) -> Floats:
    """Return the chance of an overlap at least as far out, on its own side, if it were Poisson with this mean."""
    mean = np.maximum(expected, 1e-300)
    at_most = gammaincc(observed + 1, mean)
    at_least_that = np.where(observed > 0, gammainc(np.maximum(observed, 1.0), mean), 1.0)
    return np.asarray(np.minimum(at_most, at_least_that))
