import numpy as np
import pytest

from analytics.prevalence.published import lists_of
from palermo.analytics.prevalence.latent import effective_draws, r_hat, sample


def test_draws_agree_with_the_published_posterior_where_the_chains_agree():
    found = sample(lists_of("UKdat_4").counts, 1, burn_in=1500, draws=1200)

    # LCMCR 0.4.14: 11,689 [9,168, 14,561]
    assert found.quantile(0.5) == pytest.approx(11_689, rel=0.05)
    assert found.quantile(0.025) == pytest.approx(9_168, rel=0.15)
    assert found.quantile(0.975) == pytest.approx(14_561, rel=0.05)
    assert found.r_hat < 1.1
    assert found.draws.min() >= lists_of("UKdat_4").seen


def test_chains_in_different_places_are_found_out():
    random = np.random.default_rng(1)
    together, apart = random.normal(size=(4, 1000)), random.normal(size=(4, 1000)) + np.array([[0], [0], [3], [3]])

    assert r_hat(together) < 1.01
    assert r_hat(apart) > 1.5
    assert effective_draws(together) == pytest.approx(4000, rel=0.2)
    assert effective_draws(apart) < 100


def test_draws_that_hang_on_the_last_one_count_for_fewer():
    random = np.random.default_rng(2)
    steps = random.normal(size=(4, 4000))
    for place in range(1, 4000):
        steps[:, place] += 0.9 * steps[:, place - 1]

    # an autoregressive chain with 0.9 has 1/19 of its length
    assert effective_draws(steps) == pytest.approx(16000 / 19, rel=0.25)


def test_chains_that_never_move_are_not_said_to_differ():
    assert r_hat(np.ones((4, 100))) == 1
