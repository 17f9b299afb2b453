from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.operations import Load, Span, capacity, desk_on, over, taskable, working_days
from palermo.domain.policy import Basis, Period
from palermo.domain.units import Function, Unit, Units

CHANGE = date(2010, 4, 1)
APRIL = Span(date(2010, 4, 1), date(2010, 4, 30))
GOOD_FRIDAY_AND_EASTER_MONDAY = {date(2010, 4, 2), date(2010, 4, 5)}


ALWAYS = Period()


def a_unit(id, *, period=ALWAYS, officers=None, functions=(), **other):
    return Unit(id, id, "team", period, Basis.STATED, officers=officers, functions=functions, cites=("§4",), **other)


VICE, FINANCE = Function("vice", "Vice", 39), Function("finance", "Finance", 8)
OLD = a_unit("old", period=Period(None, CHANGE), officers=50, functions=(VICE, FINANCE), successor="new")
NEW = a_unit("new", period=Period(CHANGE), officers=50, functions=(VICE, FINANCE))
TEAM = a_unit("team", period=Period(None, CHANGE), officers=11, successor="new")
SILENT = a_unit("silent")
UNITS = Units([OLD, NEW, TEAM, SILENT], start=date(2009, 1, 1))


def lines(loads, span=APRIL, holidays=(), **other):
    return {(line.unit, line.function): line for line in capacity(UNITS, loads, span, holidays, **other)}


def test_a_function_has_its_officers_on_every_working_day():
    april = lines([], holidays=GOOD_FRIDAY_AND_EASTER_MONDAY)

    assert (april["new", "vice"].officers, april["new", "vice"].has) == (39, 39 * 20)
    assert april["new", "finance"].free == 8 * 20
    assert set(april) == {("new", "vice"), ("new", "finance")}


def test_what_is_tasked_is_spread_over_its_own_working_days():
    over_the_border = Load("new", "vice", 40, Span(date(2010, 4, 19), date(2010, 5, 14)))

    line = lines([over_the_border])["new", "vice"]

    # two of its four weeks lie in April
    assert line.tasked == 20
    assert line.free == 39 * 22 - 20


def test_an_operation_at_a_weekend_counts_although_no_day_of_it_is_a_working_day():
    weekend = Load("new", "vice", 6, Span(date(2010, 4, 24), date(2010, 4, 25)))

    assert lines([weekend])["new", "vice"].tasked == 6


def test_officers_that_are_not_stated_are_not_taken_for_none():
    line = lines([Load("silent", "", 5, APRIL)])["silent", ""]

    assert (line.officers, line.has, line.tasked, line.free, line.over) == (None, None, 5, None, 0)


def test_where_the_establishment_changes_the_capacity_does():
    march_and_april = Span(date(2010, 3, 29), date(2010, 4, 2))

    found = lines([], march_and_april)

    assert (found["old", "vice"].has, found["new", "vice"].has) == (39 * 3, 39 * 2)
    assert found["team", ""].has == 11 * 3


def test_what_a_unit_was_tasked_with_falls_to_its_successor_when_it_is_gone():
    found = lines([Load("old", "vice", 10, Span(date(2010, 3, 29), date(2010, 4, 2)))], Span(CHANGE, CHANGE))

    assert found["new", "vice"].tasked == 2
    assert ("old", "vice") not in found


def test_a_function_that_the_successor_does_not_have_is_the_successors_as_a_whole():
    there = UNITS.on(CHANGE)

    assert desk_on(there, "old", "vice") == ("new", "vice")
    assert desk_on(there, "team", "night shift") == ("new", "")
    assert desk_on(there, "nobody", "x") == ("nobody", "x")


def test_days_before_the_organisation_is_known_have_nobody():
    assert capacity(UNITS, [], Span(date(2008, 6, 1), date(2008, 6, 5))) == ()


@pytest.mark.parametrize(("asked", "by"), [(858, 0), (859, 1), (900, 42)])
def test_beyond_capacity_begins_with_the_first_officer_day_too_many(asked, by):
    full = lines([Load("new", "vice", asked, APRIL)])["new", "vice"]
    found = over(UNITS, [], [Load("new", "vice", asked, APRIL)])

    assert full.over == by
    assert [line.over for line, _ in found] == ([by] if by else [])


def test_only_what_is_asked_for_is_held_against_capacity():
    full = Load("new", "finance", 500, APRIL)

    assert over(UNITS, [full], [Load("new", "vice", 1, APRIL)]) == ()
    assert [line.function for line, _ in over(UNITS, [full], [Load("new", "finance", 1, APRIL)])] == ["finance"]


def test_each_span_that_asks_is_looked_at_by_itself():
    week = Span(date(2010, 4, 12), date(2010, 4, 16))

    found = over(UNITS, [Load("new", "finance", 40, week)], [Load("new", "finance", 1, week)])

    assert [(line.over, span) for line, span in found] == [(1, week)]


spans = st.builds(
    lambda first, length: Span(
        date(2010, 3, 1) + timedelta(days=first), date(2010, 3, 1) + timedelta(days=first + length)
    ),
    st.integers(0, 90),
    st.integers(0, 40),
)
loads = st.lists(
    st.builds(
        Load,
        st.sampled_from(["old", "new", "team", "silent"]),
        st.sampled_from(["vice", "finance", ""]),
        st.integers(0, 200),
        spans,
    ),
    max_size=5,
)


@given(there=loads)
def test_no_officer_day_is_lost_or_counted_twice(there):
    whole = Span(date(2010, 1, 1), date(2010, 12, 31))

    assert sum(line.tasked for line in capacity(UNITS, there, whole)) == sum(load.officer_days for load in there)


@given(there=loads, span=spans, cut=st.integers(0, 40))
def test_a_span_in_two_halves_has_and_is_tasked_what_the_whole_is(there, span, cut):
    middle = min(span.first + timedelta(days=cut), span.last)
    first, second = Span(span.first, middle), Span(middle + timedelta(days=1), span.last)
    halves = [*capacity(UNITS, there, first), *(capacity(UNITS, there, second) if second.first <= second.last else ())]

    for line in capacity(UNITS, there, span):
        parts = [half for half in halves if (half.unit, half.function) == (line.unit, line.function)]
        assert sum((half.tasked for half in parts), Fraction(0)) == line.tasked
        assert sum(half.has or 0 for half in parts) == (line.has or 0)


@given(there=loads, more=loads)
def test_more_work_never_leaves_more_free(there, more):
    before = lines(there)
    after = lines([*there, *more])

    for desk, line in before.items():
        assert after[desk].tasked >= line.tasked
        assert line.free is None or after[desk].free <= line.free


def test_weekends_and_holidays_are_no_working_days():
    week = Span(date(2010, 4, 1), date(2010, 4, 7))

    assert [day.day for day in working_days(week, GOOD_FRIDAY_AND_EASTER_MONDAY)] == [1, 6, 7]


def test_work_is_given_to_owners_and_to_those_of_the_force_who_are_drawn_on():
    force = a_unit("force")
    units = Units(
        [
            force,
            a_unit("owner", parent="force"),
            a_unit("specialists", parent="force"),
            a_unit("stated", parent="force", officers=5),
            a_unit("board", parent="force"),
            a_unit("charity", officers=9),
        ],
        start=date(2009, 1, 1),
    )

    there = taskable(units.on(CHANGE), {"owner"}, {"specialists", "charity"})

    assert [unit.id for unit in there] == ["owner", "specialists", "stated"]
