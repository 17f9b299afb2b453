"""What may be typed, and the kind words for what may not."""

from datetime import date, time

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from palermo.web.intake import words
from palermo.web.intake.fields import AnyOf, Day, PartialDate, TimeOfDay, Words
from palermo.web.intake.sending import under_age

TODAY = date(2010, 6, 30)


def a_date() -> PartialDate:
    return PartialDate("Born", latest=TODAY)


def parts(day: str = "", month: str = "", year: str = "") -> dict[str, str]:
    return {"day": day, "month": month, "year": year}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (parts(), ""),
        (parts(year="1991"), "1991"),
        (parts(month="4", year="1991"), "1991-04"),
        (parts("2", "4", "1991"), "1991-04-02"),
        (parts("02", "April", "1991"), "1991-04-02"),
        (parts("2", "apr", "1991"), "1991-04-02"),
        (parts("30", "6", "2010"), "2010-06-30"),
    ],
)
def test_as_much_of_a_date_as_is_known_is_kept(typed, kept):
    assert a_date().clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (parts("2", "4"), "enter the year"),
        (parts("2", "", "1991"), "enter the month"),
        (parts("31", "2", "1991"), "real date"),
        (parts("x", "2", "1991"), "the day must be a number"),
        (parts("1", "Brumaire", "1991"), "the month must be a number"),
        (parts("1", "2", "91"), "four digits"),
        (parts("1", "7", "2010"), "in the past"),
        (parts(year="2011"), "between"),
        (parts("١", "2", "1991"), "the day must be a number"),
        (parts("0", "2", "1991"), "real date"),
    ],
)
def test_a_date_that_is_none_is_refused_with_what_to_do(typed, says):
    with pytest.raises(forms.ValidationError, match=says):
        a_date().clean(typed)


@given(st.dates(date(1900, 1, 1), TODAY), st.sampled_from([4, 7, 10]))
def test_a_kept_date_comes_back_into_its_boxes_and_is_kept_the_same(born, much):
    kept = born.isoformat()[:much]
    boxes = {**parts(), **a_date().prepare_value(kept)}

    assert a_date().clean(boxes) == kept


def test_a_date_is_read_back_as_far_as_it_is_known():
    assert [words.partial_date(kept) for kept in ("", "1991", "1991-04", "1991-04-02")] == [
        "",
        "1991",
        "April 1991",
        "2 April 1991",
    ]


@pytest.mark.parametrize(
    ("born", "child"),
    [
        ("1992-06-30", False),
        ("1992-07-01", True),
        ("1992", False),
        ("1993", True),
        ("1992-07", True),
        ("1992-06", False),
    ],
)
def test_only_a_date_that_leaves_no_doubt_makes_a_child(born, child):
    assert under_age(born, TODAY) is child


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_control_characters_are_refused_with_their_place(character):
    with pytest.raises(forms.ValidationError, match="character 4 is not text"):
        Words("Account", longest=10, rows=2).clean(f"abc{character}d")


@pytest.mark.parametrize("text", ["محمد", "Žofia 张伟", "line one\nline two", "a\u202eb\u2066c", "tab\tkept", "👩🏽"])
def test_any_script_and_marks_of_direction_are_kept_as_typed(text):
    assert Words("Account", longest=100, rows=2).clean(text) == text


def test_lines_count_once_however_the_browser_ends_them():
    assert Words("Account", longest=3, rows=2).clean("a\r\nb") == "a\nb"


def test_text_that_nobody_can_see_is_no_answer():
    with pytest.raises(forms.ValidationError, match="Write"):
        Words("Account", longest=10, required="Write something").clean("\u200b \u2066")


def test_text_that_is_too_long_says_by_how_much():
    with pytest.raises(forms.ValidationError, match="use 3 characters or fewer; there are 4"):
        Words("Account", longest=3).clean("abcd")


def test_none_of_these_goes_with_nothing_else():
    signs = AnyOf("Signs", [("a", "A"), ("b", "B")], alone=[("none", "None of these"), ("unknown", "Not known yet")])

    assert signs.clean(["b", "a", "a"]) == ["b", "a"]
    assert signs.clean(["unknown"]) == ["unknown"]
    for both in (["a", "unknown"], ["none", "unknown"], ["a", "none"]):
        with pytest.raises(forms.ValidationError, match="but not both"):
            signs.clean(both)


# Whole dates and times


def a_day(**other: object) -> Day:
    return Day("Seen", **{"required": "Seen: enter the day", "earliest": date(2010, 4, 1), "latest": TODAY, **other})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (parts("1", "4", "2010"), date(2010, 4, 1)),
        (parts("30", "June", "2010"), TODAY),
        (parts("09", "may", "2010"), date(2010, 5, 9)),
    ],
)
def test_a_whole_date_is_kept(typed, kept):
    assert a_day().clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (parts(), "Seen: enter the day"),
        (parts("1", "4"), "real date"),
        (parts("31", "4", "2010"), "real date"),
        (parts("1", "4", "10"), "four digits"),
        (parts("31", "3", "2010"), "it must be 1 April 2010 or later"),
        (parts("1", "7", "2010"), "it must be 30 June 2010 or earlier"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_what_can(typed, says):
    with pytest.raises(forms.ValidationError, match=says):
        a_day().clean(typed)


def test_a_date_that_may_be_left_out_is_none():
    assert a_day(required="").clean(parts()) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", None),
        ("14:30", time(14, 30)),
        ("9.05", time(9, 5)),
        ("2:30 PM", time(14, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("12.15 am", time(0, 15)),
        ("00:00", time(0)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed, kept):
    assert TimeOfDay("At").clean(typed) == kept


@pytest.mark.parametrize("typed", ["14", "24:00", "13pm", "0am", "12:60", "noon", "1:2", "١٤:٣٠", "-1:00"])
def test_a_time_that_is_none_is_refused(typed):
    with pytest.raises(forms.ValidationError, match="enter a time such as 14:30"):
        TimeOfDay("At").clean(typed)


@given(st.times())
def test_every_minute_of_the_day_is_read_back(moment):
    wanted = moment.replace(second=0, microsecond=0, tzinfo=None)
    assert TimeOfDay("At").clean(f"{wanted:%H:%M}") == TimeOfDay("At").clean(f"{wanted:%I:%M%p}") == wanted
