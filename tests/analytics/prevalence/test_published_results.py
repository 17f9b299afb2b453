"""The numbers that were published, or that other programs give, to the digits they were given with."""

import numpy as np
import pytest

from analytics.prevalence.published import boot_counts, expected, lists_of, rows_of
from palermo.analytics.prevalence import Options, estimate
from palermo.analytics.prevalence.forward import forward
from palermo.analytics.prevalence.graphs import average, chordal_graphs, gamma_poisson_prior
from palermo.analytics.prevalence.lists import Lists
from palermo.analytics.prevalence.loglinear import by_aic, profile, wald
from palermo.analytics.prevalence.models import independence, notation
from palermo.analytics.prevalence.modelspace import best_of, explore
from palermo.analytics.prevalence.resampling import bca, leave_one_out
from palermo.analytics.prevalence.two_lists import chapman

SIX_DIGITS = 5e-7
AS_R_COUNTS_TIES = 0.0


def peer(dataset, package, function, args):
    row = next(
        r
        for r in rows_of("peer_results")
        if (r["dataset"], r["package"], r["function"]) == (dataset, package, function) and args in r["args"]
    )
    return [float(row[name]) for name in ("estimate", "lo", "hi")]


@pytest.mark.parametrize("name", ["UKdat", "UKdat_5", "UKdat_4", "Congenital", "MadiganYork3", "Artificial_3"])
def test_forward_steps_give_the_published_points(name):
    point, _lo, _hi = peer(name, "SparseMSE", "estimatepopulation.0", "method=stepwise")

    assert forward(lists_of(name).counts[:, None]).people[0] == pytest.approx(point, rel=SIX_DIGITS)


@pytest.mark.parametrize("name", ["UKdat", "UKdat_5", "UKdat_4"])
def test_independence_gives_the_published_points_and_wald_limits(name):
    counts = lists_of(name).counts
    found = wald(counts, independence(lists_of(name).number))
    point, low, high = peer(name, "SparseMSE", "estimatepopulation.0", "method=main")

    assert found.people == pytest.approx(point, rel=SIX_DIGITS)
    # R's standard errors are those before its last step, hence a digit fewer
    assert (found.lower, found.upper) == pytest.approx((low, high), rel=5e-6)


@pytest.mark.parametrize("name", ["UKdat", "UKdat_5"])
@pytest.mark.parametrize(("level", "low", "high"), [(0.95, "q025", "q975"), (0.8, "q10", "q90")])
def test_forward_steps_on_the_stored_resamples_give_the_published_limits(name, level, low, high):
    counts = lists_of(name).counts
    known = expected(name, "stepwise p=0.02")
    fewer, weights = leave_one_out(counts)

    found = bca(
        float(forward(counts[:, None]).people[0]),
        forward(boot_counts(name)).people,
        forward(fewer).people,
        weights,
        level=level,
        ties_count=AS_R_COUNTS_TIES,
    )

    assert (found.lower, found.upper) == pytest.approx((known[low], known[high]), rel=5e-9)
    assert found.acceleration == pytest.approx(known["ahat"], abs=5e-9)


@pytest.mark.parametrize(("order", "candidates"), [(2, 1), (2, 2), (2, 5), (2, 10), (2, 20), (4, 1), (4, 5), (4, 10)])
def test_bic_on_the_stored_resamples_gives_the_published_limits(order, candidates):
    counts = lists_of("UKdat_5").counts
    known = expected("UKdat_5", f"BIC maxorder={order}", str(candidates))
    space = explore(counts, order=order)
    people, _chosen = best_of(boot_counts("UKdat_5"), space, candidates)
    fewer, weights = leave_one_out(counts)
    left_out, _which = best_of(fewer, space, candidates)

    found = {
        level: bca(float(space.people[0]), people, left_out, weights, level=level, ties_count=AS_R_COUNTS_TIES)
        for level in (0.95, 0.8)
    }

    assert space.people[0] == pytest.approx(known["estimate"], rel=1e-9)
    assert found[0.95].acceleration == pytest.approx(known["ahat"], abs=5e-9)
    assert [found[0.95].lower, found[0.8].lower, found[0.8].upper, found[0.95].upper] == pytest.approx(
        [known[q] for q in ("q025", "q10", "q90", "q975")], rel=5e-9
    )


def test_every_stored_model_has_its_bic_estimate_and_rank():
    spaces = {key: explore(lists_of(key[0]).counts, order=key[1]) for key in (("UKdat_4", 3), ("UKdat_5", 4))}
    for row in rows_of("bic_models"):
        space = spaces[row["dataset"], int(row["maxorder"])]
        place = int(row["rank"]) - 1

        assert notation(space.terms[:, place]) == row["model"]
        assert space.people[place] == pytest.approx(float(row["abundance"]), rel=1e-6)
        assert space.bic[place] == pytest.approx(float(row["BIC"]), abs=1e-6)
        assert space.bic.size == int(row["admissible_models"])


def test_best_models_by_bic_are_those_of_other_programs():
    assert explore(lists_of("UKdat").counts, order=2).people[0] == pytest.approx(12349.58695, rel=SIX_DIGITS)
    assert explore(lists_of("UKdat_5").counts, order=2).people[0] == pytest.approx(22991.33131, rel=SIX_DIGITS)
    assert explore(lists_of("Congenital").counts).people[0] == pytest.approx(620.4703622, rel=SIX_DIGITS)


def test_pair_models_near_the_best_span_the_published_ranges():
    space = explore(lists_of("UKdat_5").counts, order=2)

    assert [round(float(x)) for x in (space.within(2).min(), space.within(2).max())] == [12_262, 25_978]
    assert [round(float(x)) for x in (space.within(6).min(), space.within(6).max())] == [10_674, 25_978]


@pytest.mark.parametrize(
    ("name", "threshold", "known"),
    [
        ("UKdat", 0.05, (11408.92, 9982.26, 13181.69)),
        ("UKdat", 0.001, (14211.10, 12608.36, 16131.12)),
        ("UKdat_5", 0.05, (11303.87, 9889.20, 13063.10)),
        ("UKdat_4", 0.05, (11006.92, 9587.71, 12771.92)),
        ("UKdat_4", 0.001, (11979.81, 10507.36, 13780.60)),
    ],
)
def test_the_2014_way_gives_the_2014_figures(name, threshold, known):
    counts = lists_of(name).counts
    terms, _order = by_aic(counts, threshold=threshold)
    found = profile(counts, terms)

    assert (found.people, found.lower, found.upper) == pytest.approx(known, abs=0.02)


def test_the_2014_figure_has_its_80_per_cent_limits():
    found = estimate(lists_of("UKdat"), "aic", Options(level=0.8))

    assert (round(found.lower), round(found.upper)) == (10_442, 12_523)


@pytest.mark.parametrize("name", ["UKdat", "UKdat_5"])
def test_profile_limits_of_independence_are_those_of_rcapture(name):
    found = profile(lists_of(name).counts, independence(lists_of(name).number))
    point, low, high = peer(name, "Rcapture", "closedpCI.t", "m=Mt")

    assert (found.people, found.lower, found.upper) == pytest.approx((point, low, high), rel=SIX_DIGITS)


def test_chordal_graphs_are_as_many_as_are_known():
    assert [chordal_graphs(lists)[0].shape[1] for lists in (3, 4, 5, 6)] == [8, 61, 822, 18_154]


@pytest.mark.parametrize(
    ("name", "known"), [("UKdat_5", (23_016, 10_408, 33_481)), ("UKdat", (12_304, 10_244, 26_229))]
)
def test_averaging_over_graphs_gives_the_published_medians_and_limits(name, known):
    found = average(lists_of(name).counts)

    assert tuple(found.quantile(q) for q in (0.5, 0.025, 0.975)) == known
    assert found.extended == 0


def test_averaging_with_a_grid_that_stops_at_40_000_gives_what_that_grid_gives():
    counts = lists_of("UKdat_5").counts
    found = average(counts, unseen=np.linspace(1, 40_000 - counts.sum(), 1000))

    assert found.modes == 2
    assert found.quantile(0.5) == pytest.approx(22_957.8, rel=2e-3)
    assert found.quantile(0.025) == pytest.approx(10_367.4, rel=3e-3)
    assert found.mass_at_the_end > 1e-3


def test_madigan_and_york_get_their_three_list_example():
    # their example's prior: one person in each cell, and a gamma-Poisson total
    found = average(
        lists_of("MadiganYork3").counts,
        prior_cell=1,
        prior_total=gamma_poisson_prior(13.14, 55.17),
        unseen=np.arange(1, 301),
    )

    assert tuple(found.quantile(q) for q in (0.5, 0.025, 0.975)) == (731, 682, 797)
    assert found.mean == pytest.approx(733.4523691, rel=1e-9)


def test_madigan_and_york_get_their_five_list_example():
    found = average(lists_of("Congenital").counts, prior_cell=0.5)

    assert tuple(found.quantile(q) for q in (0.5, 0.025, 0.975)) == (616, 588, 655)
    assert found.mean == pytest.approx(617.82, abs=0.005)


def test_pairs_of_the_united_kingdom_lists_give_the_published_extremes():
    sizes = lists_of("UKdat").list_sizes

    def pair(first, second, both):
        return round(chapman(first=sizes[first], second=sizes[second], both=both).people)

    assert (pair("LA", "NG", 18), pair("NG", "GP", 1)) == (2_839, 95_707)


def test_leaving_one_list_out_gives_the_published_range():
    lists = lists_of("UKdat")
    people = {name: round(_forward(lists.without(name))) for name in lists.names}

    assert people.pop("PF") == 19_845
    assert (min(people.values()), max(people.values())) == (10_464, 12_366)


def _forward(lists: Lists) -> float:
    return float(forward(lists.counts[:, None]).people[0])
