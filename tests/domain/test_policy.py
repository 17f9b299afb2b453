from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.policy import (
    Fault,
    Period,
    PolicyFaults,
    content_hash,
    cuts,
    day_before,
    is_day,
    listed,
    nearest,
)

EVE, CHANGE, AFTER = date(2010, 3, 31), date(2010, 4, 1), date(2010, 4, 2)
limits = st.one_of(st.none(), st.dates(date(2009, 1, 1), date(2011, 1, 1)))


def test_a_period_has_its_first_day_and_not_its_last():
    period = Period(CHANGE, AFTER)

    assert [day in period for day in (EVE, CHANGE, AFTER)] == [False, True, False]
    assert "2010-04-01" not in period


@given(a=st.builds(Period, limits, limits), b=st.builds(Period, limits, limits), day=st.dates(EVE, AFTER))
def test_periods_with_a_day_in_common_meet(a, b, day):
    if day in a and day in b:
        assert a.meets(b)
        assert b.meets(a)


def test_a_period_that_ends_where_another_starts_does_not_meet_it():
    assert not Period(None, CHANGE).meets(Period(CHANGE, None))


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(), "on every date"),
        (Period(CHANGE), "from 2010-04-01"),
        (Period(None, CHANGE), "before 2010-04-01"),
        (Period(EVE, CHANGE), "from 2010-03-31 to 2010-04-01"),
    ],
)
def test_a_period_in_words(period, words):
    assert period.words == words


def test_cuts_are_the_days_of_change_from_the_start_on():
    periods = [Period(EVE, AFTER), Period(date(2000, 1, 1), CHANGE)]

    assert cuts(periods, start=EVE) == (EVE, CHANGE, AFTER)


def test_all_faults_are_told_at_once_each_with_its_place():
    faults = PolicyFaults([Fault("p/remit.toml", "A7", "no.", 12), Fault("p/pack.toml", "", "missing.")])

    assert str(faults) == "p/remit.toml:12: A7: no.\np/pack.toml: missing."


def test_a_hash_tells_where_one_part_ends():
    assert content_hash("ab", "c") != content_hash("a", "bc")
    assert content_hash("ab", b"c") == content_hash(b"ab", "c")


def test_the_nearest_words_are_found_whatever_their_capitals():
    assert nearest("Victim", ("victims", "age")) == ("victims",)
    assert nearest("zzz", ("victims", "age")) == ()


def test_lists_in_words():
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"], "or")] == ["", "a", "a, b or c"]


def test_the_day_before():
    assert day_before(CHANGE) == EVE


def test_a_moment_is_no_day():
    assert is_day(CHANGE)
    assert not is_day(datetime(2010, 4, 1, 12))  # noqa: DTZ001
