"""Graphs: what is the posterior of the total, averaged over decomposable dependence graphs?

Madigan and York (1997). The lists are vertices, edges are dependences, and for
a chordal graph the marginal likelihood under a hyper-Dirichlet prior is a
product over cliques divided by a product over separators. Averaging runs over
all chordal graphs, with a prior uniform over graphs and, unless another is
given, proportional to 1/N over totals.

The result cannot depend on an upper bound that somebody thought of: the grid
of totals is extended until next to no posterior mass lies near its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammaln

from palermo.analytics.prevalence.lattice import Bools, Floats, lists_of, pairs
from palermo.analytics.prevalence.shape import peaks

MOST_LISTS = 6
FEWEST_LISTS = 3
GRID_POINTS = 1000
EVERY_TOTAL_UP_TO = 20_000
FIRST_BOUND = 30
_COARSE_POINTS = 48
_NEGLIGIBLE = 45.0  # nats below the best: exp(-45) is 3e-20
_GRAPHS_AT_ONCE = 1024
_FEWEST_POINTS_WITH_MASS = 60
_NEAR_THE_END = 0.9
_MASS_AT_THE_END = 1e-3
_MOST_EXTENSIONS = 12


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of the total over a grid, averaged over graphs.

    `unseen` and `weight` are the grid of numbers unseen and their posterior mass; `graphs` the graphs with weight, as
    pairs of edges and weight, best first. `bound` is the last number unseen looked at, in multiples of those seen,
    `mass_at_the_end` the posterior mass in the last tenth of the grid, `extended` how often the grid was doubled and
    `modes` how many separate peaks the posterior has.
    """

    seen: int
    unseen: Floats
    weight: Floats
    graphs: tuple[tuple[tuple[int, ...], float], ...]
    averaged: int
    bound: float
    mass_at_the_end: float
    extended: int
    modes: int

    def quantile(self, share: float) -> float:
        """Return the first total on the grid with more than this share of the posterior at or below it."""
        place = int(np.searchsorted(np.cumsum(self.weight), share, side="right"))
        return float(self.seen + self.unseen[min(place, self.unseen.size - 1)])

    @property
    def mean(self) -> float:
        return float(self.seen + self.weight @ self.unseen)


class NoPosterior(ValueError):
    """The averaging cannot be done on these lists, or its posterior has no end; the message says which and why."""


LogPrior = Callable[[Floats], Floats]


def inverse_prior(total: Floats) -> Floats:
    """The prior that is flat over the log of the total."""
    return -np.log(total)


def gamma_poisson_prior(shape: float, scale: float) -> LogPrior:
    """Return a prior for the total: Poisson with a gamma mean of this shape and scale."""

    def log_prior(total: Floats) -> Floats:
        return np.asarray(
            total * np.log(scale)
            - (total + shape) * np.log1p(scale)
            + gammaln(total + shape)
            - gammaln(total + 1)
            - gammaln(shape)
        )

    return log_prior


def average(
    counts: Floats,
    *,
    prior_cell: float | None = None,
    prior_total: LogPrior = inverse_prior,
    unseen: Floats | None = None,
    bound: float = FIRST_BOUND,
) -> Posterior:
    """Return the posterior of the total for three to six lists.

    `prior_cell` is the prior count of each cell, 2**-lists unless given. The grid holds every number unseen up to
    `bound` times those seen where these are at most 20,000, and a thousand evenly spaced ones otherwise; a grid given
    as `unseen` is used as it is and never extended.
    """
    cells = counts.shape[0]
    lists = lists_of(cells)
    if not FEWEST_LISTS <= lists <= MOST_LISTS:
        raise NoPosterior(
            f"averaging over graphs needs {FEWEST_LISTS} to {MOST_LISTS} lists and these are {lists}: "
            + ("use chapman" if lists < FEWEST_LISTS else "merge lists, or use sparse")
        )
    seen = float(counts[1:].sum())
    prior = prior_cell or 1 / cells
    extended = 0
    while True:
        grid = _grid(seen, bound) if unseen is None else np.asarray(unseen, dtype=np.float64)
        posterior, graph_weights = _posterior(counts, grid, prior, prior_total)
        end = float(posterior[grid >= _NEAR_THE_END * grid[-1]].sum())
        if unseen is None and end <= _MASS_AT_THE_END and (closer := _closer(grid, posterior)) is not None:
            grid = closer
            posterior, graph_weights = _posterior(counts, grid, prior, prior_total)
        if unseen is not None or end <= _MASS_AT_THE_END:
            break
        if extended == _MOST_EXTENSIONS:
            raise NoPosterior(
                f"the posterior still has {end:.0%} of its mass near its end at {bound:,.0f} times the people seen: "
                f"these counts put no upper limit on the total"
            )
        bound *= 2
        extended += 1
    order = np.argsort(-graph_weights, kind="stable")
    order = order[graph_weights[order] > 1e-6]
    edges, _cliques = chordal_graphs(lists)
    named = tuple(
        (tuple(pair for pair, held in zip(pairs(lists), edges[:, g], strict=True) if held), float(graph_weights[g]))
        for g in order
    )
    return Posterior(
        seen=round(seen),
        unseen=grid,
        weight=posterior,
        graphs=named,
        averaged=edges.shape[1],
        bound=float(grid[-1] / seen),
        mass_at_the_end=end,
        extended=extended,
        modes=peaks(posterior),
    )


def _grid(seen: float, bound: float) -> Floats:
    last = round(bound * seen)
    if last <= EVERY_TOTAL_UP_TO:
        return np.arange(1, last + 1, dtype=np.float64)
    return np.round(np.linspace(1, last, GRID_POINTS))


def _closer(grid: Floats, posterior: Floats) -> Floats | None:
    """Return a finer grid where a coarse one has most of the posterior on a few of its points."""
    if grid.size < 2 or grid[1] - grid[0] <= 1 or np.count_nonzero(posterior > 1e-6) >= _FEWEST_POINTS_WITH_MASS:
        return None
    held = np.flatnonzero(posterior > 1e-15)
    low, high = grid[max(held[0] - 1, 0)], grid[min(held[-1] + 1, grid.size - 1)]
    return np.unique(np.round(np.linspace(low, high, GRID_POINTS)))


def _posterior(counts: Floats, grid: Floats, prior: float, prior_total: LogPrior) -> tuple[Floats, Floats]:
    """Return the posterior over the grid and over graphs, looking closely only where there can be any mass."""
    _edges, cliques = chordal_graphs(lists_of(counts.shape[0]))
    coarse = np.unique(np.append(np.round(np.geomspace(max(grid[0], 1.0), grid[-1], _COARSE_POINTS)), grid[-1]))
    rough = _scores(counts, cliques, coarse, prior, prior_total)
    above = _upper_bounds(rough, np.log(coarse))
    least = rough.max() - _NEGLIGIBLE
    graphs = np.flatnonzero((above > least).any(axis=1))
    stretch = np.clip(np.searchsorted(coarse, grid, side="right") - 1, 0, coarse.size - 2)
    places = np.flatnonzero((above > least).any(axis=0)[stretch])
    posterior, graph_weights, top = np.zeros(grid.size), np.zeros(cliques.shape[1]), -np.inf
    for first in range(0, graphs.size, _GRAPHS_AT_ONCE):
        here = graphs[first : first + _GRAPHS_AT_ONCE]
        scores = _scores(counts, cliques[:, here], grid[places], prior, prior_total)
        highest = max(top, float(scores.max()))
        shrink = np.exp(top - highest)
        weights = np.exp(scores - highest)
        posterior *= shrink
        graph_weights *= shrink
        posterior[places] += weights.sum(axis=0)
        graph_weights[here] = weights.sum(axis=1)
        top = highest
    total = posterior.sum()
    return posterior / total, graph_weights / total


def _scores(counts: Floats, cliques: Floats, unseen: Floats, prior: float, prior_total: LogPrior) -> Floats:
    """Return the log posterior, but for a constant, of each graph with each number unseen."""
    total = counts[1:].sum() + unseen
    ways = gammaln(total + 1) - gammaln(unseen + 1)
    return np.asarray(cliques.T @ _log_marginals(counts, unseen, prior) + (ways + prior_total(total)))


def _upper_bounds(scores: Floats, at: Floats) -> Floats:
    """Return how high each graph's score can rise between neighbouring points, and five nats more for safety.

    The scores are concave in the log of the number unseen, or very nearly, so that between two points they stay below
    the lines through the two points before and the two points after.
    """
    slopes = np.diff(scores, axis=1) / np.diff(at)
    width = np.diff(at)
    intervals = width.size
    left, right = scores[:, :-1], scores[:, 1:]
    highest = np.maximum(left, right)
    for i in range(intervals):
        rising = slopes[:, i - 1] if i else np.full(scores.shape[0], np.inf)
        falling = slopes[:, i + 1] if i + 1 < intervals else np.full(scores.shape[0], -np.inf)
        from_left = left[:, i] + np.maximum(rising, 0) * width[i]
        from_right = right[:, i] + np.maximum(-falling, 0) * width[i]
        highest[:, i] = np.maximum(highest[:, i], np.minimum(from_left, from_right))
    return np.asarray(highest + 5.0)


def _log_marginals(counts: Floats, unseen: Floats, prior: float) -> Floats:
    """Return the log marginal likelihood of each set of lists, taken as a saturated table, by number unseen."""
    cells = counts.shape[0]
    total = counts[1:].sum() + unseen
    result = np.empty((cells, unseen.size))
    everyone = prior * cells
    norm = gammaln(everyone) - gammaln(total + everyone)
    for group in range(cells):
        margin = np.zeros(cells)
        np.add.at(margin, np.arange(cells) & group, np.where(np.arange(cells) > 0, counts, 0.0))
        inside = np.array([s for s in range(cells) if s & group == s])
        alpha = everyone / inside.size
        settled = gammaln(margin[inside[1:]] + alpha) - gammaln(alpha)
        result[group] = norm + settled.sum() + gammaln(margin[0] + unseen + alpha) - gammaln(alpha)
    return result


@cache
def chordal_graphs(lists: int) -> tuple[Bools, Floats]:
    """Return every chordal graph: its edges (pairs by graph) and its cliques less its separators (sets by graph).

    There are 8, 61, 822 and 18,154 of them for 3 to 6 lists. All graphs are taken apart at once: a vertex whose
    neighbours are all joined to each other goes, leaving one clique and one separator; a graph that can be taken
    apart to the end is chordal.
    """
    joined = pairs(lists)
    number = 1 << len(joined)
    edges = (np.arange(number)[None, :] >> np.arange(len(joined))[:, None] & 1).astype(np.bool_)
    neighbours = np.zeros((lists, number), dtype=np.int64)
    for pair, held in zip(joined, edges, strict=True):
        first, second = (j for j in range(lists) if pair >> j & 1)
        neighbours[first] |= held * (1 << second)
        neighbours[second] |= held * (1 << first)
    alive = np.full(number, (1 << lists) - 1, dtype=np.int64)
    cliques = np.zeros((1 << lists, number))
    graphs = np.arange(number)
    for _ in range(lists):
        taken = np.zeros(number, dtype=np.bool_)
        for vertex in range(lists):
            around = neighbours[vertex] & alive
            simplicial = ~taken & (alive >> vertex & 1 == 1)
            for other in range(lists):
                rest = around & ~(1 << other)
                simplicial &= (around >> other & 1 == 0) | (rest & ~neighbours[other] == 0)
            here = graphs[simplicial]
            np.add.at(cliques, (around[here] | 1 << vertex, here), 1.0)
            np.add.at(cliques, (around[here], here), -1.0)
            alive[here] &= ~(1 << vertex)
            taken |= simplicial
    chordal = alive == 0
    return edges[:, chordal], np.ascontiguousarray(cliques[:, chordal])
