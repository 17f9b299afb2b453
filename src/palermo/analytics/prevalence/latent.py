"""Latent class: what if people differ in how likely each list is to reach them?

Manrique-Vallier (2016): a mixture of up to K classes, within which lists are
independent, under a truncated stick-breaking prior. The model always gives an
answer, mixes badly and has several modes on sparse lists, so it serves as a
sensitivity check only: several chains from different starts, and measures of
whether they agree, come back with the draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from palermo.analytics.prevalence.lattice import Floats, lists_of

CLASSES = 10
CHAINS = 4
BURN_IN = 2_000
DRAWS = 3_000
EVERY = 5
CONCENTRATION = 0.25
FAR_OUT = 20  # times the people seen: where the R package cuts its draws off without saying so
_CEILING = 1e12


@dataclass(frozen=True, slots=True)
class LatentClasses:
    """Draws of the total, chains by draws, and whether they can be trusted.

    `r_hat` compares the chains (rank-normalised and split; 1.01 or less is good) and `effective` is how many
    independent draws they amount to, both on the log of the number unseen. `far_out` counts draws of more than 20 times
    the people seen; none is cut off. `classes_used` is the mean number of classes holding at least 1% of the people.
    """

    draws: Floats
    r_hat: float
    effective: float
    far_out: int
    classes_used: float

    @property
    def converged(self) -> bool:
        return self.r_hat <= 1.05 and self.effective >= 400

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.draws, share))


def sample(
    counts: Floats,
    seed: int,
    *,
    classes: int = CLASSES,
    chains: int = CHAINS,
    burn_in: int = BURN_IN,
    draws: int = DRAWS,
    every: int = EVERY,
) -> LatentClasses:
    """Return draws from the posterior of the total under the latent class model, several chains side by side."""
    lists = lists_of(counts.shape[0])
    histories = np.flatnonzero(counts > 0)
    histories = histories[histories > 0]
    on_list = (histories[:, None] >> np.arange(lists) & 1).astype(np.float64)
    people = np.rint(counts[histories]).astype(np.int64)
    seen = int(people.sum())
    random = np.random.Generator(np.random.PCG64(seed))

    # Every chain starts with most people in one class reached a few times less often than those seen were, which is far
    # from one chain to the next but not in the minor modes where several small classes hold only people seen.
    thinned = random.uniform(1.5, 12.0, (chains, 1))
    reach = random.beta(1.0, 1.0, (chains, classes, lists))
    reach[:, 0] = (on_list.T @ people) / seen / thinned
    share = np.concatenate([np.full((chains, 1), 0.9), np.full((chains, classes - 1), 0.1 / (classes - 1))], axis=1)
    alpha = random.gamma(1.0, 1.0, chains)
    kept = np.empty((chains, draws))
    used = 0.0
    for step in range(burn_in + draws * every):
        reach = np.clip(reach, 1e-12, 1 - 1e-12)
        log_in, log_out = np.log(reach), np.log1p(-reach)
        log_missed = log_out.sum(axis=2) + np.log(share)
        # people seen, by class
        score = np.einsum("hj,ckj->chk", on_list, log_in - log_out) + log_missed[:, None, :]
        score -= score.max(axis=2, keepdims=True)
        chance = np.exp(score)
        chance /= chance.sum(axis=2, keepdims=True)
        members = random.multinomial(people, chance)
        # people unseen, by class: the prior of the total is proportional to 1/N
        missed = np.exp(log_missed)
        any_missed = np.minimum(missed.sum(axis=1), 1 - 1e-12)
        rate = random.gamma(seen, 1.0, chains) * any_missed / (1 - any_missed)
        unseen = random.poisson(np.minimum(rate, _CEILING))
        unseen_members = random.multinomial(unseen, missed / missed.sum(axis=1, keepdims=True))
        # each class's reach, and the classes' sizes by stick-breaking
        seen_members = members.sum(axis=1)
        on = np.einsum("chk,hj->ckj", members, on_list)
        size = seen_members + unseen_members
        reach = random.beta(1.0 + on, 1.0 + size[:, :, None] - on)
        after = np.cumsum(size[:, ::-1], axis=1)[:, ::-1] - size
        stick = random.beta(1.0 + size[:, :-1], alpha[:, None] + after[:, :-1])
        stick = np.clip(stick, 1e-12, 1 - 1e-12)
        left = np.concatenate([np.zeros((chains, 1)), np.cumsum(np.log1p(-stick), axis=1)], axis=1)
        share = np.exp(left + np.log(np.concatenate([stick, np.ones((chains, 1))], axis=1)))
        share = np.maximum(share, 1e-300)
        alpha = random.gamma(CONCENTRATION - 1 + classes, 1 / (CONCENTRATION - left[:, -1]))
        alpha = np.maximum(alpha, 1e-6)
        place, between = divmod(step - burn_in, every)
        if step >= burn_in and between == every - 1:
            kept[:, place] = unseen
            used += float((size >= 0.01 * size.sum(axis=1, keepdims=True)).sum(axis=1).mean())
    logs = np.log(kept + 0.5)
    return LatentClasses(
        draws=seen + kept,
        r_hat=r_hat(logs),
        effective=effective_draws(logs),
        far_out=int(np.count_nonzero(kept > FAR_OUT * seen)),
        classes_used=used / draws,
    )


def r_hat(draws: Floats) -> float:
    """Return the rank-normalised split R-hat of chains by draws (Vehtari and others 2021)."""
    half = draws.shape[1] // 2
    split = np.concatenate([draws[:, :half], draws[:, -half:]])
    ranks = np.argsort(np.argsort(split.ravel(), kind="stable"), kind="stable") + 1.0
    # equal draws share their mean rank
    _values, place, number = np.unique(split.ravel(), return_inverse=True, return_counts=True)
    ranks = (np.bincount(place, weights=ranks) / number)[place]
    z = ndtri((ranks - 3 / 8) / (split.size + 1 / 4)).reshape(split.shape)
    within = z.var(axis=1, ddof=1).mean()
    if within == 0:
        return 1.0 if np.ptp(z) == 0 else float("inf")
    between = half * z.mean(axis=1).var(ddof=1)
    return float(np.sqrt(((half - 1) / half * within + between / half) / within))


def effective_draws(draws: Floats) -> float:
    """Return how many independent draws the chains amount to (Geyer's initial positive sequence over all chains)."""
    chains, number = draws.shape
    centred = draws - draws.mean(axis=1, keepdims=True)
    size = 1 << (2 * number - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    covariance = np.fft.irfft(power, size, axis=1)[:, :number] / number
    within = covariance[:, 0].mean() * number / (number - 1)
    if within == 0:
        return float(draws.size)
    total = (number - 1) / number * within + (draws.mean(axis=1).var(ddof=1) if chains > 1 else 0.0)
    correlation = 1 - (within - covariance.mean(axis=0)) / total
    correlation[0] = 1.0
    even = number // 2 * 2
    together = correlation[:even:2] + correlation[1:even:2]
    negative = np.flatnonzero(together < 0)
    stop = negative[0] if negative.size else together.size
    sums = np.minimum.accumulate(together[:stop])
    return float(min(draws.size / max(-1 + 2 * sums.sum(), 1e-9), draws.size * np.log10(draws.size)))
