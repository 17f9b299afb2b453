"""Fitting: which expected counts does a log-linear model give, for a whole batch of tables or models at once?

Counts are Poisson with log means that are sums of coefficients over the terms
inside each cell. Newton's method runs on the lattice: the gradient and the
information are superset sums of the means, so no design matrix is ever built,
and one elimination solves the whole batch.

A term seen on nobody (no one is on all of its lists) has the coefficient minus
infinity: its cells are left out and the rest is fitted, which is the extended
maximum likelihood estimate of Fienberg and Rinaldo (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from palermo.analytics.prevalence.lattice import Bools, Floats, Ints, add_subsets, add_supersets

_CHUNK = 1024
_MOST_STEPS = 60
_SMALL_DECREMENT = 1e-13
_HOPELESS = 180.0  # a coefficient this far out is on its way to infinity: exp(180) is 1e78


@dataclass(frozen=True, slots=True)
class Fits:
    """One fit for each member of a batch.

    `intercept` is the log of the expected number of people on no list; `variance` is that of the coefficient that was
    asked for. `means` holds the expected counts, cells first, with the empty cell filled from the intercept.
    `log_likelihood` leaves out the factorials of the counts, which no comparison of models needs.
    Where `converged` is false nothing else of that member may be used.
    """

    intercept: Floats
    variance: Floats
    log_likelihood: Floats
    coefficients: Floats
    means: Floats
    converged: Bools

    @property
    def unseen(self) -> Floats:
        """The expected number of people on no list."""
        return np.exp(self.intercept)


def fit(
    counts: Floats,
    terms: Bools,
    *,
    start: Floats | None = None,
    unseen_counted: bool = False,
    intercept: Floats | None = None,
    variance_of: int | None = None,
) -> Fits:
    """Fit each model to its table; both are arrays of sets by batch, and either may have a batch of one.

    `terms` marks the sets a model has a coefficient for and must hold every subset of its sets. `start` gives
    coefficients to begin from. `unseen_counted` treats cell 0 of the counts as observed, which is how a profile
    likelihood asks what follows from a supposed number of people unseen; `intercept` holds the intercept fixed
    instead. `variance_of` names the term whose coefficient's variance is wanted (0 for the intercept); it is NaN where
    none was asked for or the term has no finite coefficient.

    The caller has to check first that the estimate exists (`existence`): where it does not, a member may end as
    not converged or, worse, as far out as rounding lets it go.
    """
    cells = counts.shape[0]
    sides = (counts.shape[1], terms.shape[1], 1 if intercept is None else intercept.size)
    batch = max(sides) if min(sides) else 0
    counts = np.broadcast_to(counts, (cells, batch))
    terms = np.broadcast_to(terms, (cells, batch))
    out = Fits(
        intercept=np.empty(batch),
        variance=np.full(batch, np.nan),
        log_likelihood=np.empty(batch),
        coefficients=np.zeros((cells, batch)),
        means=np.zeros((cells, batch)),
        converged=np.zeros(batch, dtype=np.bool_),
    )
    by_size = np.argsort(terms.sum(axis=0), kind="stable")
    for first in range(0, batch, _CHUNK):
        chosen = by_size[first : first + _CHUNK]
        _fit_chunk(
            np.ascontiguousarray(counts[:, chosen], dtype=np.float64),
            np.ascontiguousarray(terms[:, chosen]),
            None if start is None else np.broadcast_to(start, (cells, batch))[:, chosen],
            unseen_counted,
            None if intercept is None else np.broadcast_to(intercept, (batch,))[chosen],
            variance_of,
            out,
            chosen,
        )
    return out


def at_least(counts: Floats) -> Floats:
    """Return for each set of lists the number of people on all of them, whatever else they are on."""
    totals = np.array(counts, dtype=np.float64, order="C")
    totals[0] = 0.0
    add_supersets(totals)
    return totals


def split(counts: Floats, terms: Bools) -> tuple[Bools, Bools]:
    """Return the terms that keep a finite coefficient and the cells that keep a positive mean."""
    seen = at_least(counts) > 0
    dropped = (terms & ~seen).astype(np.int64)
    dropped[0] = 0
    add_subsets(dropped)
    active = terms & seen
    active[0] = True
    return active, dropped == 0


def _fit_chunk(
    counts: Floats,
    terms: Bools,
    start: Floats | None,
    unseen_counted: bool,
    fixed: Floats | None,
    variance_of: int | None,
    out: Fits,
    where: Ints,
) -> None:
    cells, batch = counts.shape
    if not unseen_counted:
        counts[0] = 0.0
    active, kept = split(counts, terms)
    in_play = kept.copy()
    if not unseen_counted:
        in_play[0] = False
    estimated = active.copy()
    offset = np.zeros(batch) if fixed is None else fixed
    if fixed is not None:
        estimated[0] = False

    everyone = _Block.of(estimated)
    targets = counts.copy()
    add_supersets(targets)

    beta = np.zeros((cells, batch))
    if start is not None:
        beta[...] = np.where(estimated, start, 0.0)
        beta[0] += np.where(estimated[0], 0.0, offset)
    else:
        # The first weighted least-squares step from means a little above the counts, as GLM fitting usually begins.
        mean = np.where(in_play, counts + 0.1, 0.0)
        log_mean = np.log(np.where(in_play, mean, 1.0)) - offset
        working = mean * log_mean + np.where(in_play, counts - mean, 0.0)
        add_supersets(working)
        add_supersets(mean)
        beta[everyone.places, everyone.columns] = everyone.solve(mean, working)
        beta[0] += np.where(estimated[0], 0.0, offset)
        beta[:, ~np.isfinite(beta).all(axis=0)] = 0.0

    settled = np.zeros(batch, dtype=np.bool_)
    converged = np.zeros(batch, dtype=np.bool_)
    members = np.arange(batch)
    block, n, play, wanted, b = everyone, counts, in_play, targets, beta
    for _ in range(_MOST_STEPS):
        value, mean = _log_likelihood(b, n, play)
        add_supersets(mean)
        gaps = wanted - mean
        step = block.solve(mean, gaps)
        gradient = np.where(block.padding, 0.0, gaps[block.places, block.columns])
        decrement = np.einsum("ib,ib->b", gradient, step)
        size = np.abs(step).max(axis=0, initial=0.0)
        steady = np.isfinite(decrement) & (decrement >= -1e-6) & np.isfinite(size)
        step[:, ~steady] = 0.0
        move = np.zeros_like(b)
        move[block.places, block.columns] = step
        b += move
        done = steady & (decrement <= _SMALL_DECREMENT * np.maximum(1.0, wanted[0]))
        careful = np.flatnonzero(steady & ~done & (size > 1.0))
        if careful.size:
            _halve_until_better(b, move, value, n, play, careful)
        hopeless = ~steady | (np.abs(b).max(axis=0) > _HOPELESS)
        converged[members[done & ~hopeless]] = True
        settled[members[done | hopeless]] = True
        still = np.flatnonzero(~settled[members])
        if not still.size:
            break
        # Members that are done stay, where they do no harm, until taking them out saves more than it costs.
        if still.size <= 0.7 * members.size:
            beta[:, members] = b
            members = members[still]
            block = everyone.only(members)
            n, play, wanted, b = counts[:, members], in_play[:, members], targets[:, members], beta[:, members]
    beta[:, members] = b

    value, mean = _log_likelihood(beta, counts, in_play)
    out.log_likelihood[where] = value
    out.intercept[where] = beta[0]
    out.coefficients[:, where] = beta
    out.converged[where] = converged & np.isfinite(value)
    if variance_of is not None:
        sums = mean.copy()
        add_supersets(sums)
        unit = np.zeros_like(sums)
        unit[variance_of] = 1.0
        inverse = everyone.solve(sums, unit)
        asked_for = (everyone.places == variance_of) & ~everyone.padding
        out.variance[where] = np.where(asked_for.any(axis=0), np.where(asked_for, inverse, 0.0).sum(axis=0), np.nan)
    mean[0] = np.exp(beta[0])
    out.means[:, where] = mean


def _log_likelihood(beta: Floats, counts: Floats, in_play: Bools) -> tuple[Floats, Floats]:
    predictor = np.array(beta, order="C")
    add_subsets(predictor)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(in_play, np.exp(np.minimum(predictor, 700.0)), 0.0)
        value = np.einsum("cb,cb->b", counts, np.where(in_play, predictor, 0.0)) - mean.sum(axis=0)
    return value, mean


def _halve_until_better(
    beta: Floats, move: Floats, before: Floats, counts: Floats, in_play: Bools, careful: Ints
) -> None:
    """Take back half of a step, again and again, while the step makes the likelihood worse."""
    share = np.ones(careful.size)
    for _ in range(30):
        value, _mean = _log_likelihood(beta[:, careful], counts[:, careful], in_play[:, careful])
        worse = ~(value >= before[careful] - 1e-9 * np.abs(before[careful]))
        if not worse.any():
            return
        careful, share = careful[worse], share[worse] / 2
        beta[:, careful] -= move[:, careful] * share


@dataclass(frozen=True, slots=True)
class _Block:
    """The linear systems of a batch: which terms each member estimates, one below the other, short ones padded."""

    places: Ints
    padding: Bools
    unions: Ints
    columns: Ints

    @classmethod
    def of(cls, estimated: Bools) -> _Block:
        cells = estimated.shape[0]
        number = estimated.sum(axis=0)
        most = max(1, int(number.max()))
        places = np.argsort(~estimated, axis=0, kind="stable")[:most]
        padding = np.arange(most)[:, None] >= number
        # Padding reads an extra row of zeros behind the cells.
        unions = places[:, None, :] | places[None, :, :]
        unions[padding[:, None, :] | padding[None, :, :]] = cells
        return cls(places, padding, unions, np.arange(estimated.shape[1]))

    def only(self, members: Ints) -> _Block:
        return _Block(
            self.places[:, members], self.padding[:, members], self.unions[..., members], np.arange(members.size)
        )

    def solve(self, sums: Floats, right: Floats) -> Floats:
        """Solve information times step = right for each member, by elimination with the batch innermost.

        The information is symmetric and positive definite, so no pivoting is needed; plain NumPy arithmetic gives the
        same answer on every machine and, with the batch innermost, is quicker here than a library call a member.
        """
        matrix = np.concatenate([sums, np.zeros((1, sums.shape[1]))])[self.unions, self.columns]
        terms = matrix.shape[0]
        diagonal = np.arange(terms)
        matrix[diagonal, diagonal] += self.padding
        answer = np.where(self.padding, 0.0, right[self.places, self.columns])
        with np.errstate(all="ignore"):
            for k in range(terms):
                scaled = matrix[k, k + 1 :] / matrix[k, k]
                matrix[k + 1 :, k + 1 :] -= matrix[k + 1 :, k, None] * scaled[None]
                answer[k] /= matrix[k, k]
                answer[k + 1 :] -= matrix[k + 1 :, k] * answer[k]
                matrix[k, k + 1 :] = scaled
            for k in range(terms - 2, -1, -1):
                answer[k] -= np.einsum("ib,ib->b", matrix[k, k + 1 :], answer[k + 1 :])
        return np.asarray(answer)
