"""As much of a date as is known: read, kept, and between which days it lies."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.partial_dates import PartialDate, bounds, read

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
PARTS = st.builds(lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from((4, 7, 10)))


@st.composite
def partial_dates(draw) -> PartialDate:
    first, last = draw(PARTS), draw(st.none() | PARTS)
    if last is None:
        return PartialDate(first, about=draw(st.booleans()))
    if bounds(last)[1] < bounds(first)[0]:
        first, last = last, first
    return PartialDate(first, last)


@given(partial_dates())
def test_what_is_kept_is_read_back(known):
    assert read(known.text) == known


@given(partial_dates())
def test_the_first_day_it_can_be_is_never_after_the_last(known):
    assert (known.earliest is None) == (known.latest is None) == known.about
    if not known.about:
        assert known.earliest <= known.latest


@given(DAYS)
def test_the_last_day_of_a_month_is_the_eve_of_the_next(day):
    first, last = bounds(day.isoformat()[:7])
    assert first.day == 1
    assert first.month == last.month
    assert last == date(9999, 12, 31) or (last + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1991", date(1991, 1, 1), date(1991, 12, 31)),
        ("1992-02", date(1992, 2, 1), date(1992, 2, 29)),
        ("1991-04-02", date(1991, 4, 2), date(1991, 4, 2)),
        ("1991~", None, None),
        ("1990/1993-06", date(1990, 1, 1), date(1993, 6, 30)),
        ("1991-05/1991", date(1991, 5, 1), date(1991, 12, 31)),
    ],
)
def test_between_which_days_it_lies(text, earliest, latest):
    assert (read(text).earliest, read(text).latest) == (earliest, latest)


@pytest.mark.parametrize(
    "text",
    ["", "91", "1991-4", "1991-13", "1991-02-30", "0000", "1991/", "/1991", "1993/1990", "1990~/1993", "1990/1993~"],
)
def test_no_other_text_is_a_date(text):
    with pytest.raises(ValueError):
        read(text)


@pytest.mark.parametrize(
    "text", ["1990/1991/1992", "about 1991", "1991 ", "１９９１", "1991-04-02T10:00", "~1991", "1991~~"]
)
def test_nothing_around_a_date_is_let_through(text):
    with pytest.raises(ValueError):
        read(text)
