from datetime import date

import pytest

from palermo.web.oversight.days import read_day


def asked(**query):
    return read_day({name.replace("_", "-"): value for name, value in query.items()}, "on", words="The date")


def test_a_whole_day_of_the_address_is_read_and_its_boxes_filled():
    found = asked(on="2010-04-01")

    assert (found.day, found.parts, found.problem) == (date(2010, 4, 1), ("1", "4", "2010"), "")


@pytest.mark.parametrize("month", ["4", "04", "April", "apr"])
def test_a_month_may_be_a_number_or_its_name(month):
    assert asked(on_day="1", on_month=month, on_year="2010").day == date(2010, 4, 1)


def test_nothing_asked_is_neither_a_day_nor_a_problem():
    assert not asked().given
    assert not asked(on_day="", on_month=" ", on_year="").given


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (("31", "4", "2010"), "The date must be a real date"),
        (("x", "4", "2010"), "The date must be a real date"),
        (("1", "", "2010"), "The date must include a month"),
        (("", "", "2010"), "The date must include a day and month"),
        (("1", "4", "99999999999999999999"), "The date must be a real date"),
    ],
)
def test_a_day_that_is_none_is_told_and_its_boxes_are_shown_again(parts, problem):
    day, month, year = parts
    found = asked(on_day=day, on_month=month, on_year=year)

    assert (found.day, found.problem, found.parts) == (None, problem, parts)


def test_a_day_written_wrongly_in_the_address_says_how_to_write_it():
    assert asked(on="1/4/2010").problem == "The date in the address must be a real date, like 2010-04-01"
