import math
from dataclasses import replace

import numpy as np
import pytest

from analytics.prevalence.published import boot_counts, expected, lists_of
from palermo.analytics.prevalence import METHODS, Lists, MethodRefused, NoEstimate, Options, estimate, with_sensitivity

QUICK = Options(resamples=200)


def failed(reason: NoEstimate) -> list[str]:
    return [check.check for check in reason.estimate.checks if not check.passed]


def test_the_default_is_forward_steps_with_selection_repeated():
    known = expected("UKdat_5", "stepwise p=0.02")
    found = estimate(lists_of("UKdat_5"), options=Options(resampled=boot_counts("UKdat_5"), ties_count=0))

    assert (found.method, found.model) == ("sparse", "[12;13;24;25;35;45]")
    assert (found.people, found.lower, found.upper) == pytest.approx(
        (known["estimate"], known["q025"], known["q975"]), rel=1e-8
    )


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("chapman", "latent-class", "bic")])
def test_every_method_says_what_it_assumes_and_what_it_checked(method):
    found = estimate(lists_of("UKdat_4"), method, QUICK)

    assert found.method == method
    assert found.assumptions
    assert all(check.says for check in found.checks)
    assert found.lower < found.people < found.upper
    assert found.seed == QUICK.seed


def test_two_lists_have_chapman_and_it_warns():
    lists = Lists.of(["police", "charity"], {("police",): 40, ("charity",): 30, ("police", "charity"): 20})
    found = estimate(lists, "chapman")

    assert found.people == pytest.approx(61 * 51 / 21 - 1)
    assert "two lists cannot show whether they depend" in found.warnings[0]


@pytest.mark.parametrize(
    ("combinations", "names", "check"),
    [
        ({("A",): 50}, "A", "two lists or more"),
        ({("A",): 50}, "AB", "two lists or more"),
        ({("A",): 50, ("B",): 40}, "AB", "somebody on two lists"),
        ({("A",): 50, ("B",): 40, ("A", "B"): 30, ("C",): 9}, "ABC", "every list overlaps another"),
        ({("A",): 50, ("B",): 40, ("A", "B"): 9}, "AB", "enough people on two lists"),
        ({("A", "B", "C"): 40}, "ABC", "the simplest model has an estimate"),
    ],
)
@pytest.mark.parametrize("method", ["sparse", "loglinear", "bma", "chao"])
def test_counts_that_cannot_carry_a_number_get_none(combinations, names, check, method):
    with pytest.raises(NoEstimate) as reason:
        estimate(Lists.of(names, combinations), method, QUICK)

    assert check in failed(reason.value)
    assert math.isnan(reason.value.estimate.people)
    assert reason.value.estimate.as_dict()["estimate"] is None


def test_thin_counts_can_be_asked_for_all_the_same_and_warn():
    found = estimate(lists_of("Artificial_3"), "sparse", replace(QUICK, refuse_thin=False))

    assert found.people == pytest.approx(539.0939294, rel=5e-7)
    assert [w.split(" ")[:2] for w in found.warnings[:2]] == [["reported", "although"]] * 2


def test_a_model_without_an_estimate_is_refused_with_its_status():
    options = replace(QUICK, refuse_thin=False, model="[12;3]")

    with pytest.raises(NoEstimate, match="no finite estimate exists"):
        estimate(lists_of("Artificial_3"), "loglinear", options)


def test_counts_without_an_upper_limit_are_said_to_have_none():
    lists = Lists.of(
        ["A", "B", "C"],
        {("A",): 60, ("B",): 60, ("A", "B"): 1, ("C",): 60, ("A", "C"): 1, ("B", "C"): 1},
    )
    found = estimate(lists, "sparse", Options(resamples=2000, refuse_thin=False))

    assert (found.upper, found.unbounded) == (math.inf, True)
    assert found.as_dict()["upper"] is None
    assert found.as_dict()["upper_unbounded"] is True
    assert any(words.startswith("unbounded above") for words in found.warnings)
    assert "resamples have finite estimates" in [c.check for c in found.checks if not c.passed]


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("magic", QUICK, "choose from chapman"),
        ("chapman", QUICK, "chapman is for two lists and these are 4"),
        ("loglinear", replace(QUICK, model="[12;9]"), "lists are numbered 1 to 4"),
        ("loglinear", replace(QUICK, interval="exact"), "choose from bca"),
        ("bic", replace(QUICK, order=4), "too many models"),
        ("sparse", replace(QUICK, level=95), "such as 0.95"),
        ("sparse", replace(QUICK, resamples=1), "give 100 to"),
        ("sparse", replace(QUICK, threshold=0), "between 0 and 1"),
        ("sparse", replace(QUICK, seed=-1), "whole number"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused_with_what_to_ask(method, options, said):
    with pytest.raises(MethodRefused) as refused:
        estimate(lists_of("UKdat_4"), method, options)
    assert said in str(refused.value)


def test_averaging_over_graphs_needs_three_to_six_lists():
    two = Lists.of("AB", {("A",): 50, ("B",): 40, ("A", "B"): 30})

    with pytest.raises(MethodRefused, match="use chapman"):
        estimate(two, "bma", QUICK)


def test_an_empty_list_is_left_out_and_said_to_be():
    names = [*lists_of("UKdat_4").names, "nobody"]
    counts = [*lists_of("UKdat_4").counts, *[0] * 16]

    found = estimate(Lists(tuple(names), counts), "sparse", QUICK)

    assert found.people == pytest.approx(11015.24445437)
    assert found.warnings[0] == "nobody is on nobody: left out, which changes nothing"


def test_bic_says_what_the_next_best_models_give():
    found = estimate(lists_of("UKdat_4"), "bic", replace(QUICK, candidates=10))

    assert found.people == pytest.approx(11987.08761529)
    assert (found.sensitivity[0].lower, found.sensitivity[0].upper) == pytest.approx((11015.24445437, 11987.08761529))


def test_no_estimate_stands_alone():
    found = with_sensitivity(estimate(lists_of("UKdat"), "sparse", QUICK), lists_of("UKdat"), QUICK)
    choices = {v.choice: v for v in found.sensitivity}

    assert set(choices) == {"loglinear", "chao", "bma", "leave one list out", "identifying assumption"}
    assert choices["bma"].people == 12_304
    assert "19,845 without PF" in choices["leave one list out"].says


def test_methods_that_differ_are_said_to():
    found = with_sensitivity(estimate(lists_of("UKdat_5"), "sparse", QUICK), lists_of("UKdat_5"), QUICK)

    assert "publish the range" in found.warnings[0]
    assert {v.choice for v in found.sensitivity} >= {"bic-averaged", "bma"}


def test_an_estimate_can_be_rounded_with_its_limits_outwards():
    found = estimate(lists_of("UKdat_4"), "chao").rounded(5)

    assert (found.observed, found.people) == (2430, 12015)
    assert (found.lower, found.upper) == (10560, 13730)


def test_the_wald_profile_and_resampled_intervals_have_one_point():
    found = {
        kind: estimate(lists_of("UKdat_4"), "loglinear", replace(QUICK, interval=kind, model="[12;13;4]"))
        for kind in ("wald", "poisson-profile", "bca")
    }

    assert {round(e.people, 4) for e in found.values()} == {11987.0876}
    assert len({round(e.upper) for e in found.values()}) == 3


def test_resamples_of_other_lists_are_refused():
    with pytest.raises(MethodRefused, match="32 cells where these lists have 16"):
        estimate(lists_of("UKdat_4"), "sparse", replace(QUICK, resampled=boot_counts("UKdat_5")))


def test_where_hardly_any_resample_has_an_estimate_there_is_none():
    lists = Lists.of("AB", {("A",): 60, ("B",): 60, ("A", "B"): 1})
    resampled = np.zeros((4, 200))
    resampled[1:3] = 60
    resampled[3, :3] = 1

    with pytest.raises(NoEstimate, match="197 of 200 resamples have no finite estimate, so no interval exists"):
        estimate(lists, "sparse", replace(QUICK, refuse_thin=False, resampled=resampled))
