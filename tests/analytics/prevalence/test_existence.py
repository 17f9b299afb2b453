"""Which models have an estimate, against the statuses that another program found by linear programming."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.prevalence.published import histories_of, lists_of, rows_of
from palermo.analytics.prevalence.existence import Checker, Status
from palermo.analytics.prevalence.models import all_models, closed, independence


def test_every_stored_status_is_found():
    checker = Checker()
    wrong = []
    for row in rows_of("existence_checks"):
        cells = 1 << int(row["lists"])
        counts, terms = np.zeros((cells, 1)), np.zeros((cells, 1), dtype=bool)
        counts[histories_of(row["dataset"]), 0] = [int(x) for x in row["counts"].split()]
        terms[[int(x) for x in row["params"].split()]] = True
        if checker.statuses(counts, terms)[0] != int(row["status"]):
            wrong.append(row)

    assert len(rows_of("existence_checks")) == 557
    assert wrong == []


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        ((0b011, 0b101, 0b110), Status.NOT_IDENTIFIED),
        ((0b011,), Status.NO_ESTIMATE),
        ((0b101, 0b110), Status.EXISTS),
        ((), Status.EXISTS),
    ],
)
def test_artificial_table_has_the_statuses_published_for_it(pairs, status):
    terms = closed(pairs, 3)[:, None]

    assert Checker().statuses(lists_of("Artificial_3").counts[:, None], terms)[0] == status


@pytest.mark.parametrize(
    ("name", "order", "models", "admissible"), [("UKdat_4", 3, 113, 111), ("UKdat_5", 4, 6893, 6519)]
)
def test_admissible_models_are_as_many_as_published(name, order, models, admissible):
    every = all_models(lists_of(name).number, order)
    statuses = Checker().statuses(lists_of(name).counts[:, None], every)

    assert (every.shape[1], int((statuses == 0).sum())) == (models, admissible)


@given(st.lists(st.integers(0, 3), min_size=15, max_size=15), st.integers(0, 112))
def test_answers_together_are_the_answers_one_by_one(counts, model):
    table = np.array([0.0, *counts])[:, None]
    terms = all_models(4, 3)[:, model : model + 1]
    together = Checker().statuses(np.repeat(table, 3, axis=1), np.repeat(terms, 3, axis=1))

    assert set(together.tolist()) == {int(_by_rank(table[:, 0], terms[:, 0]))}


def _by_rank(counts: np.ndarray, terms: np.ndarray) -> Status:
    """The status by floating-point rank and linear programming on the design matrix, as textbooks have it."""
    from scipy.optimize import linprog

    cells = np.arange(1, 16)
    held = [s for s in np.flatnonzero(terms) if s == 0 or sum(counts[c] for c in range(1, 16) if c & s == s) > 0]
    dropped = [s for s in np.flatnonzero(terms) if s not in held]
    kept = [c for c in cells if not any(c & s == s for s in dropped)]
    design = np.array([[float(c & s == s) for s in held] for c in kept]).reshape(len(kept), len(held))
    seen = np.array([counts[c] > 0 for c in kept], dtype=bool)
    rank = np.linalg.matrix_rank(design) if len(kept) else 0
    unbounded = False
    for sign in (1.0, -1.0):
        empty = design[~seen] * sign
        if not len(empty):
            continue
        observed = design[seen] if seen.any() else np.zeros((1, len(held)))
        # the largest total of design @ d over empty cells, none below 0 and all at most 1
        found = linprog(
            -empty.sum(axis=0),
            A_ub=np.vstack([-empty, empty]),
            b_ub=np.concatenate([np.zeros(len(empty)), np.ones(len(empty))]),
            A_eq=observed,
            b_eq=np.zeros(len(observed)),
            bounds=(None, None),
        )
        unbounded |= -found.fun > 1e-7
    return Status(int(unbounded) + 2 * int(rank < len(held)))


def test_a_model_that_passes_on_few_cells_passes_on_more():
    counts = lists_of("UKdat_4").counts
    more = counts.copy()
    more[counts == 0] = 1
    more[0] = 0
    terms = independence(4)[:, None]
    checker = Checker()

    assert checker.statuses(counts[:, None], terms)[0] == Status.EXISTS
    assert checker.statuses(more[:, None], terms)[0] == Status.EXISTS


def test_every_status_has_a_sentence():
    assert len({status.says for status in Status}) == 4
