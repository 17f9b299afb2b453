import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.analytics.prevalence.resampling import bca, leave_one_out, quantile, resamples

COUNTS = np.array([0.0, 40, 30, 12])


def test_resamples_have_as_many_people_and_only_histories_that_were_seen():
    tables = resamples(np.array([0.0, 40, 0, 12]), 500, 3)

    assert tables.shape == (4, 500)
    assert set(tables.sum(axis=0)) == {52}
    assert not tables[[0, 2]].any()
    assert tables[1].mean() == pytest.approx(40, abs=0.5)


def test_a_seed_gives_the_same_resamples_on_every_machine():
    assert resamples(COUNTS, 3, 1)[1:].T.astype(int).tolist() == [[35, 34, 13], [43, 33, 6], [41, 30, 11]]


def test_many_people_are_resampled_as_well():
    tables = resamples(COUNTS * 100_000, 20, 1)

    assert set(tables.sum(axis=0)) == {8_200_000}


def test_leaving_one_out_takes_one_person_from_each_history():
    tables, weights = leave_one_out(COUNTS)

    assert tables.T.tolist() == [[0, 39, 30, 12], [0, 40, 29, 12], [0, 40, 30, 11]]
    assert weights.tolist() == [40, 30, 12]


def test_quantiles_are_of_type_eight():
    # as R gives them
    found = [quantile([1.0, 2, 4, 8, 16], share)[0] for share in (0.3, 0.5, 0.8)]

    assert found == pytest.approx([1.933333, 4, 12.8], abs=1e-6)


@pytest.mark.parametrize(("share", "value"), [(0.001, 1.0), (0.999, 16.0)])
def test_a_quantile_beyond_the_ends_is_the_end_and_says_so(share, value):
    assert quantile([1.0, 2, 4, 8, 16], share) == (value, True)


@given(st.lists(st.floats(1, 100), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_a_quantile_lies_among_the_values(values, share):
    assert min(values) <= quantile(sorted(values), share)[0] <= max(values)


def test_ties_count_half_unless_another_share_is_asked_for():
    draws = np.array([1.0, 2, 3 + 1e-12, 3 - 1e-12, 4, 5])
    half, none = (bca(3.0, draws, np.array([3.0]), np.array([1.0]), ties_count=share) for share in (0.5, 0.0))

    assert (half.ties, half.bias) == (2, pytest.approx(0, abs=1e-12))
    assert none.bias < half.bias


def test_a_limit_among_unbounded_resamples_is_unbounded():
    draws = np.concatenate([np.linspace(50, 150, 90), np.full(10, np.inf)])
    found = bca(100.0, draws, np.array([99.0, 101.0]), np.array([1.0, 1.0]))

    assert (found.upper, found.unbounded) == (np.inf, 10)
    assert np.isfinite(found.lower)


def test_equal_jackknife_values_carry_no_acceleration():
    found = bca(100.0, np.linspace(50, 150, 200), np.full(3, 100.0), np.ones(3))

    assert found.acceleration == 0
    assert found.lower == pytest.approx(52.5, abs=1)


def test_a_correction_past_its_pole_gives_the_outermost_resample():
    left_out, weights = np.array([100.0, 100, 0]), np.array([1.0, 1e6, 1])
    found = bca(100.0, np.linspace(50, 150, 200), left_out, weights, level=0.9999)

    assert found.acceleration > 0.1
    assert 50 <= found.lower <= found.upper <= 150
    assert found.extreme
