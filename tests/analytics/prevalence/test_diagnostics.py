import math

import pytest

from analytics.prevalence.published import lists_of
from palermo.analytics.prevalence import (
    Estimate,
    Lists,
    NoEstimate,
    Options,
    Scope,
    diagnostics,
    estimate,
    over_versions,
)
from palermo.analytics.prevalence.methods import sparse_with_paths
from palermo.analytics.prevalence.modelspace import explore

QUICK = Options(resamples=200)


def test_overlaps_name_pairs_that_share_nobody_and_the_spread_of_pairs():
    found = diagnostics.overlaps(lists_of("UKdat"))
    rows = {row[0]: row[1:] for row in found.rows}

    assert "2 of 15 pairs of lists share nobody" in found.says
    assert "from 2,839 to 95,707" in found.says
    assert rows["LA with GP"][0] == 0
    assert rows["LA with GP"][3] is None


def test_model_space_that_disagrees_is_not_passed():
    assert diagnostics.model_space(explore(lists_of("UKdat_5").counts)).passed is False
    assert diagnostics.model_space(explore(lists_of("UKdat_4").counts)).passed is True


def test_list_as_truth_tells_known_sizes_from_the_other_lists():
    found = diagnostics.list_as_truth(lists_of("UKdat_4"), QUICK)

    assert [row[1] for row in found.rows] == list(lists_of("UKdat_4").list_sizes.values())
    assert all(row[5] in ("yes", "no", "cannot be told") for row in found.rows)
    assert "interval" in found.says


def test_leaving_lists_out_names_the_one_it_hangs_on():
    found = diagnostics.leave_one_list_out(lists_of("UKdat"), QUICK)

    assert found.passed is False
    assert "(without PF)" in found.says
    assert "LA and NG as one" in [row[0] for row in found.rows]


def test_the_untestable_assumption_says_where_a_threshold_is_crossed():
    whole = estimate(lists_of("UKdat_4"), "chao")
    found = diagnostics.assumption(whole, thresholds=[20_000, 100])

    crossed = found.rows[-1]
    assert crossed[2] == 20_000
    assert whole.observed + float(crossed[1]) * whole.unseen == pytest.approx(20_000)
    assert len(found.rows) == 8


def test_resamples_are_counted_by_the_model_they_choose():
    whole, paths = sparse_with_paths(lists_of("UKdat_5"), QUICK)
    found = diagnostics.bootstrap(lists_of("UKdat_5"), whole, paths)
    models = [row for row in found.rows if str(row[0]).startswith("model ")]

    assert len(models) == 5
    assert sum(float(row[1]) for row in models) <= 1
    assert "LA with NG" in [row[0] for row in found.rows]


def test_a_bimodal_posterior_makes_the_priors_decide():
    found = diagnostics.bayesian(lists_of("UKdat_5"), 0.95, None)

    assert found.rows[0][1:4] == (23_016, 10_408, 33_481)
    assert found.says.startswith("With other priors the median runs from")


def test_a_growing_sample_of_everyone_does_not_drift():
    # three lists that reach people independently of each other: 20%, 25% and 30% of 20,000
    chances = (0.2, 0.25, 0.3)
    counts = [0.0]
    for cell in range(1, 8):
        counts.append(round(20_000 * math.prod(p if cell >> j & 1 else 1 - p for j, p in enumerate(chances))))
    found = diagnostics.trajectory(Lists(("A", "B", "C"), counts), QUICK)

    assert found.passed
    assert float(found.rows[0][2]) == pytest.approx(20_000, rel=0.05)


def test_links_missed_make_the_estimate_larger():
    found = diagnostics.linkage_error(lists_of("UKdat_4"), QUICK)

    assert float(found.rows[1][2]) > float(found.rows[0][2])
    assert "links missed moves the estimate by +1" in found.says


def test_missed_links_keep_everybody_on_their_lists():
    lists = lists_of("UKdat_4")

    worse = diagnostics.missed_links(lists, 0.1)

    assert worse.list_sizes == lists.list_sizes
    assert float(worse.counts.sum()) == pytest.approx(lists.seen + 0.1 * lists.shared)


def test_scope_that_nobody_stated_is_not_passed():
    stated = Scope("potential victims", "London", "2009", "CETS 197 art 4", "none")

    assert diagnostics.scope_statement(stated).passed is True
    assert "Not stated: population, area, period" in diagnostics.scope_statement(None).says


def an_estimate(people: float, lower: float, upper: float, observed: int = 100) -> Estimate:
    return Estimate("sparse", observed, people, lower, upper, 0.95, "", ())


def test_linked_versions_that_agree_keep_the_interval_of_one():
    lists = lists_of("UKdat_4")
    found = over_versions([lists] * 3, lambda _lists: an_estimate(1100, 600, 2100))

    assert (found.people, found.lower, found.upper) == pytest.approx((1100, 600, 2100))
    assert found.between == 0


def test_linked_versions_that_differ_widen_the_interval():
    answers = iter([an_estimate(900, 500, 1700), an_estimate(1600, 850, 3100)])
    found = over_versions([lists_of("UKdat_4")] * 2, lambda _lists: next(answers))

    assert found.people == pytest.approx(100 + math.sqrt(800 * 1500))
    assert found.lower < 500
    assert found.upper > 3100
    assert 0 < found.between < 1


def test_one_unbounded_version_makes_the_whole_unbounded():
    answers = iter([an_estimate(900, 500, math.inf), an_estimate(1600, 850, 3100)])
    found = over_versions([lists_of("UKdat_4")] * 2, lambda _lists: next(answers))

    assert (found.lower, found.upper) == (500, math.inf)


def test_one_version_is_no_version():
    with pytest.raises(ValueError, match="two linked versions"):
        over_versions([lists_of("UKdat_4")], lambda lists: estimate(lists))


def test_a_version_without_an_estimate_stops_the_combination():
    with pytest.raises(NoEstimate):
        over_versions([lists_of("UKdat_4"), lists_of("Artificial_3")], lambda lists: estimate(lists, "chao"))


def test_versions_with_nobody_unseen_combine_to_next_to_nobody():
    found = over_versions([lists_of("UKdat_4")] * 2, lambda _lists: an_estimate(100, 100, 100))

    assert (found.people, found.lower, found.upper) == pytest.approx((100.5, 100.5, 100.5))
    assert found.between == 0
