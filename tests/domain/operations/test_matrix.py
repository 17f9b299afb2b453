from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.operations import Criterion, Matrix, Proposal, Score, ScoreRefused, rank, score
from palermo.domain.policy import Basis, Period

DAY = date(2010, 4, 20)
NOON = datetime(2010, 4, 20, 12, tzinfo=UTC)


ALWAYS = Period()


def a_criterion(id="harm", weight=3, levels=("none", "some", "much"), period=ALWAYS):
    return Criterion(id, id.capitalize(), "How much?", weight, levels, period, Basis.ASSUMED, ("§17",), "silent")


HARM, CHILD, RESOURCES = a_criterion(), a_criterion("child", 2), a_criterion("resources", 2, ("none", "all"))
CRITERIA = (HARM, CHILD, RESOURCES)


def a_proposal(key="op-a", at=NOON, **levels):
    stated = {criterion.id: 0 for criterion in CRITERIA} | levels
    return Proposal(key, score(CRITERIA, stated), stated, at)


def keys(ranked):
    return [one.proposal.key for one in ranked]


levels_stated = st.fixed_dictionaries({c.id: st.integers(0, c.highest) for c in CRITERIA})
proposals = st.lists(
    st.builds(
        lambda key, levels, hours: a_proposal(f"op-{key}", NOON + timedelta(hours=hours), **levels),
        st.integers(0, 10_000),
        levels_stated,
        st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda proposal: proposal.key,
)


def test_a_score_is_the_weighted_levels_of_what_could_be_reached():
    assert score(CRITERIA, {"harm": 2, "child": 1, "resources": 0}) == Score(8, 12)


def test_levels_that_are_missing_unknown_or_off_the_scale_are_all_told_at_once():
    with pytest.raises(ScoreRefused) as refused:
        score(CRITERIA, {"harm": 3, "child": -1, "profit": 1})

    assert refused.value.problems == {
        "child": "level -1 is none. Levels: 0 to 2",
        "harm": "level 3 is none. Levels: 0 to 2",
        "profit": "the matrix has no such criterion. Criteria: child, harm and resources",
        "resources": "no level is stated",
    }


def test_where_no_matrix_is_in_force_nothing_is_scored():
    with pytest.raises(ScoreRefused, match="no matrix is in force"):
        score((), {})


@given(levels=levels_stated, criterion=st.sampled_from(CRITERIA))
def test_a_higher_level_never_makes_a_lower_score(levels, criterion):
    if levels[criterion.id] < criterion.highest:
        higher = {**levels, criterion.id: levels[criterion.id] + 1}
        assert score(CRITERIA, higher).share > score(CRITERIA, levels).share


@given(there=proposals, criterion=st.sampled_from(CRITERIA), data=st.data())
def test_a_higher_level_never_makes_a_lower_place(there, criterion, data):
    able = [one for one in there if one.levels[criterion.id] < criterion.highest]
    if not able:
        return
    raised = data.draw(st.sampled_from(able))
    better = a_proposal(
        raised.key, raised.proposed_at, **{**raised.levels, criterion.id: raised.levels[criterion.id] + 1}
    )

    before = keys(rank(there, CRITERIA)).index(raised.key)
    after = keys(rank([better if one is raised else one for one in there], CRITERIA)).index(raised.key)

    assert after <= before


@given(there=proposals, data=st.data())
def test_the_order_they_come_in_changes_nothing(there, data):
    assert rank(data.draw(st.permutations(there)), CRITERIA) == rank(there, CRITERIA)


@given(there=proposals)
def test_each_has_one_place_no_worse_score_stands_before_it_and_every_tie_is_told(there):
    ranked = rank(there, CRITERIA)

    assert [one.place for one in ranked] == list(range(1, len(there) + 1))
    for before, one in pairwise(ranked):
        assert before.proposal.score.share >= one.proposal.score.share
        assert bool(one.tie) is (before.proposal.score.share == one.proposal.score.share)


def test_a_tie_goes_to_the_weightier_criterion_then_to_the_earlier_then_to_the_reference():
    # 6 points each: by harm, or by child and resources
    harm = a_proposal("op-c", harm=2)
    other = a_proposal("op-a", child=2, resources=1)
    later = a_proposal("op-b", NOON + timedelta(hours=1), child=2, resources=1)
    same = a_proposal("op-d", NOON + timedelta(hours=1), child=2, resources=1)

    ranked = rank([same, later, other, harm], CRITERIA)

    assert keys(ranked) == ["op-c", "op-a", "op-b", "op-d"]
    assert [one.tie for one in ranked] == [
        "",
        "the same score as the one before it, and lower on harm",
        "the same score as the one before it, and proposed later",
        "the same score as the one before it, and proposed at the same time: by their references",
    ]


def test_scores_of_two_matrices_are_put_in_order_by_their_shares():
    old = Proposal("op-old", Score(9, 10), {"harm": 1}, NOON)
    new = Proposal("op-new", Score(10, 12), {"harm": 2, "child": 2, "resources": 0}, NOON)

    assert keys(rank([new, old], CRITERIA)) == ["op-old", "op-new"]


def test_a_matrix_is_that_of_the_day():
    old = a_criterion(period=Period(None, DAY))
    new = a_criterion(weight=5, period=Period(DAY))
    matrix = Matrix([old, new, CHILD])

    assert matrix.on(DAY) == (new, CHILD)
    assert matrix.on(DAY - timedelta(days=1)) == (old, CHILD)
    assert matrix.version(DAY) != matrix.version(DAY - timedelta(days=1))
    assert matrix.version(DAY) == Matrix([new, CHILD]).version(DAY)


def test_rows_that_are_no_matrix_are_told():
    rows = [
        a_criterion("light", 0),
        a_criterion("flat", levels=("one",)),
        a_criterion("double", levels=("one", "one")),
        a_criterion("empty", period=Period(DAY, DAY)),
        a_criterion("harm"),
        a_criterion("harm"),
    ]

    assert [row for row, _ in Matrix(rows).faults()] == ["light", "flat", "double", "empty", "harm"]
    assert list(Matrix(CRITERIA).faults()) == []
