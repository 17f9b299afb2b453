"""What holds for every estimator, whatever the counts."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.prevalence.published import lists_of
from palermo.analytics.prevalence import Lists, MethodRefused, NoEstimate, Options, estimate
from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import fit
from palermo.analytics.prevalence.forward import forward
from palermo.analytics.prevalence.graphs import average
from palermo.analytics.prevalence.models import all_models, independence
from palermo.analytics.prevalence.modelspace import explore
from palermo.analytics.prevalence.two_lists import chapman

QUICK = Options(resamples=100)
THREE_LISTS = st.lists(st.integers(0, 40), min_size=7, max_size=7).filter(any)


def three(counts: list[int]) -> Lists:
    return Lists(("police", "charity", "port"), np.array([0, *counts], dtype=float))


def reordered(lists: Lists, order: tuple[int, ...]) -> Lists:
    counts = np.zeros(lists.counts.size)
    for cell in range(lists.counts.size):
        counts[sum(1 << new for new, old in enumerate(order) if cell >> old & 1)] = lists.counts[cell]
    return Lists(tuple(f"list {j}" for j in order), counts)


@given(st.permutations(range(5)))
@settings(max_examples=15, deadline=None)
def test_order_and_names_of_lists_change_nothing(order):
    lists = lists_of("UKdat_5")
    other = reordered(lists, tuple(order))

    assert forward(other.counts[:, None]).people == pytest.approx(forward(lists.counts[:, None]).people, rel=1e-9)
    assert average(other.counts).quantile(0.5) == average(lists.counts).quantile(0.5)
    assert np.sort(explore(other.counts, order=2, spreads=False).bic)[:50] == pytest.approx(
        np.sort(explore(lists.counts, order=2, spreads=False).bic)[:50], rel=1e-9
    )


@given(st.permutations(range(5)))
@settings(max_examples=5, deadline=None)
def test_interval_does_not_hang_on_the_order_of_lists(order):
    # resamples are drawn cell by cell, so other resamples come of another order: the limits agree as chance allows
    lists, options = lists_of("UKdat_5"), Options(resamples=1000)
    one, other = (estimate(x, "sparse", options) for x in (lists, reordered(lists, tuple(order))))

    assert other.people == pytest.approx(one.people, rel=1e-9)
    assert other.lower == pytest.approx(one.lower, rel=0.1)


@given(THREE_LISTS)
@settings(deadline=None)
def test_a_list_that_nobody_is_on_changes_nothing(counts):
    lists = three(counts)
    more = np.zeros(16)
    more[:8] = lists.counts

    assert _point(more) == pytest.approx(_point(lists.counts), rel=1e-9)


@given(THREE_LISTS, st.integers(2, 50))
@settings(deadline=None)
def test_many_times_the_people_are_many_times_the_estimate(counts, times):
    table = three(counts).counts[:, None]
    models = all_models(3, 2)
    able = Checker().statuses(table, models) == 0

    one, many = fit(table, models[:, able]), fit(table * times, models[:, able])

    assert many.unseen == pytest.approx(one.unseen * times, rel=1e-6)


@given(THREE_LISTS, st.sampled_from(["chao", "loglinear", "sparse", "bic", "bic-averaged", "bma", "aic"]))
@settings(deadline=None, max_examples=150)
def test_never_fewer_people_than_were_seen_and_never_a_number_out_of_order(counts, method):
    try:
        found = estimate(three(counts), method, QUICK)
    except (NoEstimate, MethodRefused) as reason:
        assert str(reason)
        return

    assert math.isfinite(found.people)
    assert found.people >= found.observed - 1e-6
    assert found.observed - 1e-6 <= found.lower <= found.upper


@given(both=st.integers(0, 300), only_first=st.integers(0, 300), only_second=st.integers(0, 300))
def test_chapman_never_gives_fewer_people_than_were_seen(both, only_first, only_second):
    found = chapman(first=both + only_first, second=both + only_second, both=both)
    lower, upper = found.interval(0.95)

    assert found.people >= found.seen - 1e-9
    assert found.seen - 1e-9 <= lower <= found.people + 1e-9 <= upper + 2e-9


@given(THREE_LISTS)
@settings(deadline=None)
def test_where_the_check_passes_the_fit_converges(counts):
    table = three(counts).counts[:, None]
    models = all_models(3, 2)
    able = models[:, Checker().statuses(table, models) == 0]
    assume(able.shape[1])

    assert fit(table, able).converged.all()


def test_the_same_seed_gives_the_same_answer_and_another_another():
    lists = lists_of("UKdat_4")
    one, again, other = (estimate(lists, "sparse", Options(resamples=300, seed=seed)) for seed in (7, 7, 8))

    assert (one.lower, one.upper) == (again.lower, again.upper)
    assert (one.lower, one.upper) != (other.lower, other.upper)


def _point(counts: np.ndarray) -> float:
    return float(forward(counts[:, None]).people[0])


def test_independence_of_lists_is_the_smallest_model():
    assert (all_models(4, 3)[:, 0] == independence(4)).all()
