"""Since when the force has known: the first credible allegation, however it came, and never later than the referral."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.allegations import SOURCES, FirstKnown, Running, Source, first_known, fitted

RECEIVED = datetime(2010, 6, 14, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    reached_at: datetime
    credible: bool = True
    stands: bool = True


def before(hours: float, **how: bool) -> Told:
    return Told(RECEIVED - hours * HOUR, **how)


def test_the_referral_counts_where_nothing_came_before_it():
    assert first_known(RECEIVED, []) == FirstKnown(RECEIVED)
    assert first_known(RECEIVED, [before(-1)]) == FirstKnown(RECEIVED)


def test_the_first_that_is_credible_and_stands_counts():
    vague, withdrawn = before(72, credible=False), before(48, stands=False)
    first, later = before(24), before(2)

    assert first_known(RECEIVED, [later, vague, first, withdrawn]) == FirstKnown(first.reached_at, first)


def test_of_two_at_the_same_moment_the_one_that_was_told_first_counts():
    one, other = before(24), before(24)

    assert first_known(RECEIVED, [one, other]).allegation is one


told = st.builds(Told, st.integers(-100, 100).map(lambda hours: RECEIVED + hours * HOUR), st.booleans(), st.booleans())


@given(allegations=st.lists(told, max_size=6), one_more=told)
def test_another_allegation_never_makes_it_later(allegations, one_more):
    known = first_known(RECEIVED, allegations)

    assert known.at <= RECEIVED
    assert first_known(RECEIVED, [*allegations, one_more]).at <= known.at


@pytest.mark.parametrize("source", Source)
def test_every_source_has_its_words(source):
    assert source.words == SOURCES[source]


# The clock

THREE_DAYS = Running(RECEIVED, RECEIVED + 72 * HOUR)


def test_a_clock_is_due_earlier_where_more_was_known():
    known = Running(RECEIVED - 48 * HOUR, RECEIVED + 24 * HOUR)

    assert fitted([THREE_DAYS], known) == known
    assert fitted([THREE_DAYS], None) == THREE_DAYS


def test_a_clock_is_never_due_later_for_what_is_known():
    # a fact was corrected since, and made it due earlier than even the allegation would
    sooner = Running(RECEIVED, RECEIVED + HOUR)

    assert fitted([THREE_DAYS, sooner], Running(RECEIVED - HOUR, RECEIVED + 71 * HOUR)) == sooner


moments = st.integers(-200, 200).map(lambda hours: Running(RECEIVED, RECEIVED + hours * HOUR))


@given(as_it_was=st.lists(moments, min_size=1, max_size=4), known=st.none() | moments)
def test_however_it_ran_it_is_due_no_later(as_it_was, known):
    found = fitted(as_it_was, known)

    assert all(found.due <= one.due for one in as_it_was)
    assert known is None or found.due <= known.due
    assert found in [*as_it_was, known]
