import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.prevalence.published import lists_of
from palermo.analytics.prevalence.fitting import at_least, fit
from palermo.analytics.prevalence.lattice import add_subsets, add_supersets
from palermo.analytics.prevalence.lattice import lists_of as number_of_lists
from palermo.analytics.prevalence.models import all_models, closed, independence


def test_two_independent_lists_give_lincoln_and_petersen():
    counts = np.array([[0.0], [30.0], [40.0], [12.0]])

    found = fit(counts, independence(2)[:, None], variance_of=0)

    assert found.unseen[0] == pytest.approx(30 * 40 / 12)
    assert found.variance[0] == pytest.approx(1 / 30 + 1 / 40 + 1 / 12)


def test_fitted_margins_are_the_observed_margins():
    counts = lists_of("UKdat").counts[:, None]
    terms = closed([0b000011, 0b001010], 6)[:, None]

    means = fit(counts, terms).means
    margins = at_least(means)

    assert margins[terms[:, 0]] == pytest.approx(at_least(counts)[terms[:, 0]], rel=1e-9)


def test_a_batch_gives_what_each_table_gives_alone():
    models = all_models(4, 3)[:, :40]
    counts = lists_of("UKdat_4").counts[:, None]

    together = fit(counts, models)
    alone = [float(fit(counts, models[:, k : k + 1]).unseen[0]) for k in range(40)]

    assert together.unseen == pytest.approx(alone, rel=1e-9)


def test_starting_from_another_fit_changes_nothing():
    counts = lists_of("UKdat_5").counts[:, None]
    start = fit(counts, independence(5)[:, None]).coefficients
    terms = closed([0b00011, 0b10010], 5)[:, None]

    assert fit(counts, terms, start=start).unseen == pytest.approx(fit(counts, terms).unseen, rel=1e-9)


def test_term_seen_on_nobody_drops_its_cells_and_keeps_the_rest():
    counts = lists_of("Artificial_3").counts[:, None]
    found = fit(counts, closed([0b101, 0b110], 3)[:, None])

    assert found.means[[0b101, 0b110, 0b111], 0].tolist() == [0, 0, 0]
    assert found.means[[0b001, 0b010, 0b100, 0b011], 0] == pytest.approx([40, 30, 20, 6])


def test_an_empty_batch_gives_an_empty_batch():
    assert fit(np.zeros((8, 1)), np.zeros((8, 0), dtype=bool)).unseen.shape == (0,)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8))
def test_sums_over_subsets_and_supersets_are_sums(values):
    below, above = (np.array(values, dtype=float)[:, None] for _ in range(2))
    add_subsets(below)
    add_supersets(above)

    assert below[:, 0].tolist() == [sum(v for s, v in enumerate(values) if s & c == s) for c in range(8)]
    assert above[:, 0].tolist() == [sum(v for s, v in enumerate(values) if s & c == c) for c in range(8)]


def test_an_array_that_is_no_lattice_is_refused():
    with pytest.raises(ValueError, match="power of two"):
        number_of_lists(6)


def test_an_array_that_cannot_be_summed_in_place_is_refused():
    with pytest.raises(ValueError, match="C order"):
        add_subsets(np.zeros((8, 3)).copy(order="F"))
