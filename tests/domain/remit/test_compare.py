from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.remit.remits import DAYS, START, a_field, a_remit, a_rule, a_vocabulary, remits
from palermo.domain.remit.compare import compare, count_history, shared_cuts
from palermo.domain.remit.history import histogram

EVE, CHANGE = date(2010, 3, 31), date(2010, 4, 1)
WORDS = a_vocabulary()
REMIT = a_remit(
    WORDS,
    a_rule(WORDS, "A1", "SCD9", {"age": "adult"}, ends=CHANGE),
    a_rule(WORDS, "A2", "TP", {"age": "adult"}, starts=CHANGE),
    a_rule(WORDS, "C1", "PALADIN", {"age": "!adult"}),
    tiers={"SCD9": 1, "PALADIN": 2},
)


def profiles(*facts):
    return np.array([WORDS.encode({**WORDS.missing, **fact}) for fact in facts], dtype=np.int32)


PAST = profiles({"age": "adult"}, {"age": "adult", "reach": "borough"}, {"age": "child"})
HISTORY = histogram(WORDS, PAST, date(2010, 5, 1), (START,))


def test_two_dates_of_one_remit_as_a_matrix_and_by_rule():
    found = compare(REMIT.at(EVE), REMIT.at(CHANGE), HISTORY)

    assert found.matrix == {("SCD9", "TP"): 2, ("PALADIN", "PALADIN"): 1}
    assert (found.total, found.moved, found.counted) == (3, 2, True)
    assert [(move.before.id, move.after.id, move.referrals) for move in found.by_rule] == [("A1", "A2", 2)]


def test_moves_down_are_boxes_with_their_referrals():
    (down,) = compare(REMIT.at(EVE), REMIT.at(CHANGE), HISTORY).downgrades

    assert (down.before, down.after, down.limits) == ("SCD9", "TP", {"age": ("adult",)})
    assert (down.profiles, down.referrals) == (3, 2)
    assert compare(REMIT.at(CHANGE), REMIT.at(EVE), HISTORY).downgrades == ()


def test_without_a_history_every_profile_counts_once():
    found = compare(REMIT.at(EVE), REMIT.at(CHANGE))

    assert found.matrix == {("PALADIN", "PALADIN"): 6, ("SCD9", "TP"): 3}
    assert not found.counted
    assert found.as_dict()["counts"] == "profiles"


def test_a_comparison_prints_as_data():
    found = compare(REMIT.at(EVE), REMIT.at(CHANGE), HISTORY).as_dict()

    assert found["before"] == "a-remit on 2010-03-31"
    assert found["matrix"][0] == {"from": "SCD9", "to": "TP", "count": 2}
    assert found["by_rule"] == [{"from_rule": "A1", "from": "SCD9", "to_rule": "A2", "to": "TP", "count": 2}]
    assert found["downgrades"][0]["when"] == {"age": ["adult"]}


def test_by_its_own_dates_a_remit_is_itself():
    history = count_history(
        (REMIT,), WORDS, PAST, np.array(["2010-03-31", "2010-04-01", "2010-04-01"], "datetime64[D]")
    )

    assert compare(REMIT, REMIT, history).moved == 0
    assert compare(REMIT, REMIT.at(EVE), history).matrix == {
        ("SCD9", "SCD9"): 1,
        ("TP", "SCD9"): 1,
        ("PALADIN", "PALADIN"): 1,
    }


def test_a_history_not_cut_where_rules_change_is_refused():
    with pytest.raises(ValueError, match="the history is not cut on 2010-04-01, when rules change"):
        compare(REMIT, REMIT, HISTORY)


def test_other_vocabularies_are_refused():
    other = a_vocabulary(a_field())
    with pytest.raises(ValueError, match="the two remits have other fields"):
        compare(REMIT, a_remit(other, a_rule(other)))
    with pytest.raises(ValueError, match="the history has other fields"):
        compare(REMIT.at(EVE), REMIT.at(CHANGE), histogram(other, PAST * 0, EVE, (START,)))


def test_a_remit_with_a_gap_is_not_compared():
    gappy = a_remit(WORDS, a_rule(WORDS, when={"age": "adult"}))
    with pytest.raises(ValueError, match="a remit leaves profiles without one owner from 2007-04-01"):
        compare(gappy, REMIT.at(EVE))


@settings(max_examples=40)
@given(remit=remits(complete=True), data=st.data())
def test_counts_from_the_histogram_are_those_of_the_referrals(remit, data):
    size = remit.vocabulary.size
    past = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=15)), dtype=np.int32)
    chosen = data.draw(st.lists(st.sampled_from([START, *DAYS]), min_size=len(past), max_size=len(past)))
    days = np.array(chosen, dtype="datetime64[D]")
    fast = compare(remit, remit.at(DAYS[2]), count_history((remit,), remit.vocabulary, past, days))
    slow = Counter(
        (remit.route(profile, day).owner, remit.route(profile, DAYS[2]).owner)
        for profile, day in zip(past.tolist(), chosen, strict=True)
    )

    assert fast.matrix == dict(slow)


def test_shared_cuts_start_where_both_have_started():
    later = a_remit(WORDS, a_rule(WORDS)).replaced(
        [a_rule(WORDS, ends=date(2008, 1, 1)), a_rule(WORDS, starts=date(2008, 1, 1))]
    )

    assert shared_cuts(REMIT, later) == (START, date(2008, 1, 1), CHANGE)
    assert shared_cuts(REMIT.at(EVE)) == (START,)


def test_histograms_add_up_batch_by_batch():
    whole = histogram(WORDS, PAST, CHANGE, REMIT.starts)
    parts = histogram(WORDS, PAST[:1], CHANGE, REMIT.starts) + histogram(WORDS, PAST[1:], CHANGE, REMIT.starts)

    assert (whole.counts == parts.counts).all()
    assert whole.total == 3
    with pytest.raises(ValueError, match="other cuts"):
        whole + HISTORY


def test_a_histogram_refuses_what_it_cannot_place():
    days = np.array(["2010-01-01", "NaT"], dtype="datetime64[D]")
    with pytest.raises(ValueError, match="row 1 has no day"):
        histogram(WORDS, PAST[:2], days, (START,))
    with pytest.raises(ValueError, match="row 0 is of a day before the first cut, 2007-04-01"):
        histogram(WORDS, PAST[:1], date(2000, 1, 1), (START,))
    with pytest.raises(IndexError, match="from 0 to 8"):
        histogram(WORDS, np.array([9], dtype=np.int32), CHANGE, (START,))
