"""The demonstration's day is the same whatever the hour, and whatever summer time says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from palermo.web import clock

NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.fixture
def in_2010(settings):
    settings.DAYS_SHIFTED = (datetime(2010, 6, 30, tzinfo=UTC) - datetime(2026, 11, 23, tzinfo=UTC)).days


def test_late_on_a_winter_night_it_is_still_the_day_of_the_demonstration(in_2010):
    assert timezone.localtime(clock.shifted(NIGHT)).isoformat() == "2010-06-30T23:30:00+01:00"


def test_outside_a_demonstration_nothing_is_shifted(settings):
    settings.DAYS_SHIFTED = 0

    assert clock.shifted(NIGHT) is NIGHT


@given(hours=st.integers(0, 24 * 400), days=st.integers(-7000, -1))
def test_whole_days_are_shifted_on_the_wall(hours, days):
    from django.test import override_settings

    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    with override_settings(DAYS_SHIFTED=days):
        apart = timezone.localdate(clock.shifted(moment)) - timezone.localdate(moment)

    assert apart == timedelta(days=days)
