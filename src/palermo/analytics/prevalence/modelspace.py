"""Model space: what do all admissible log-linear models say, and which does BIC prefer?

Every hierarchical model is checked for a finite, identified estimate and
fitted. BIC counts a term seen on nobody as a parameter. Models within a few
units of the best are no worse supported by the counts, so their spread is part
of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr

from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import fit
from palermo.analytics.prevalence.lattice import Bools, Floats, Ints, lists_of
from palermo.analytics.prevalence.models import all_models, largest_order


@dataclass(frozen=True, slots=True)
class ModelSpace:
    """All admissible models of a table, best BIC first, one a column of `terms`.

    `people` is each model's estimate of everyone, seen or not; `log_spread` the standard error of the log of the
    number unseen. `looked_at` counts the models before the check, `inadmissible` those without a finite or an
    identified estimate.
    """

    order: int
    terms: Bools
    bic: Floats
    people: Floats
    log_spread: Floats
    coefficients: Floats
    looked_at: int
    inadmissible: int

    def within(self, units: float) -> Floats:
        """Return the estimates of the models within so many BIC units of the best."""
        return np.asarray(self.people[self.bic <= self.bic[0] + units])


def explore(
    counts: Floats, *, order: int | None = None, checker: Checker | None = None, spreads: bool = True
) -> ModelSpace:
    """Fit every admissible model with terms of at most `order` lists (all but one; from six lists on two).

    Raises NotAModel where there are too many. An empty space (no model has an estimate) comes back with no columns.
    """
    lists = lists_of(counts.shape[0])
    order = largest_order(lists) if order is None else order
    models = all_models(lists, order)
    table = counts[:, None]
    status = (checker or Checker()).statuses(table, models)
    admissible = models[:, status == 0]
    found = fit(table, admissible, variance_of=0 if spreads else None)
    criterion = bic(counts, admissible, found.log_likelihood)
    best = np.flatnonzero(found.converged)
    best = best[np.argsort(criterion[best], kind="stable")]
    return ModelSpace(
        order=order,
        terms=admissible[:, best],
        bic=criterion[best],
        people=counts[1:].sum() + found.unseen[best],
        log_spread=np.sqrt(found.variance[best]),
        coefficients=found.coefficients[:, best],
        looked_at=models.shape[1],
        inadmissible=models.shape[1] - best.size,
    )


def bic(counts: Floats, terms: Bools, log_likelihood: Floats) -> Floats:
    """Return terms times log of the number seen, less twice the log likelihood with its factorials."""
    factorials = float(gammaln(counts[1:] + 1).sum())
    return np.asarray(terms.sum(axis=0) * np.log(counts[1:].sum()) - 2 * (log_likelihood - factorials))


def best_of(
    tables: Floats, space: ModelSpace, candidates: int, *, checker: Checker | None = None
) -> tuple[Floats, Ints]:
    """Return for each table the estimate of the candidate with the best BIC there, and which candidate it is.

    The candidates are the best of the original counts, so that their sets are nested as more are allowed. A candidate
    without a finite, identified estimate on a table does not stand there; with none left the estimate is infinite and
    the candidate -1.
    """
    checker = checker or Checker()
    batch = tables.shape[1]
    seen = tables[1:].sum(axis=0)
    lowest = np.full(batch, np.inf)
    people = np.full(batch, np.inf)
    chosen = np.full(batch, -1, dtype=np.int64)
    for place in range(min(candidates, space.bic.size)):
        terms = space.terms[:, place : place + 1]
        able = np.flatnonzero(checker.statuses(tables, terms) == 0)
        if not able.size:
            continue
        found = fit(tables[:, able], terms, start=space.coefficients[:, place : place + 1])
        criterion = terms.sum() * np.log(seen[able]) - 2 * found.log_likelihood
        better = found.converged & (criterion < lowest[able])
        winners = able[better]
        lowest[winners] = criterion[better]
        people[winners] = seen[winners] + found.unseen[better]
        chosen[winners] = place
    return people, chosen


@dataclass(frozen=True, slots=True)
class Mixture:
    """The admissible models together, weighted by exp(-BIC/2): median, limits, and the weight of the best model."""

    median: float
    lower: float
    upper: float
    mean: float
    best_weight: float
    models: int


def weighted(space: ModelSpace, seen: float, *, level: float = 0.95) -> Mixture:
    """Return the mixture over all models of a log-normal for the number unseen about each model's estimate."""
    weights = np.exp(-(space.bic - space.bic[0]) / 2)
    weights /= weights.sum()
    kept = weights > 1e-12
    share, centre, spread = weights[kept], np.log(space.people[kept] - seen), space.log_spread[kept]

    def limit(probability: float) -> float:
        low, high = float((centre - 12 * spread).min()), float((centre + 12 * spread).max())
        for _ in range(200):
            middle = (low + high) / 2
            if float(share @ ndtr((middle - centre) / np.maximum(spread, 1e-12))) < probability:
                low = middle
            else:
                high = middle
        return float(seen + np.exp((low + high) / 2))

    return Mixture(
        median=limit(0.5),
        lower=limit((1 - level) / 2),
        upper=limit((1 + level) / 2),
        mean=float(seen + share @ np.exp(centre + spread**2 / 2)),
        best_weight=float(weights[0]),
        models=int(space.bic.size),
    )
