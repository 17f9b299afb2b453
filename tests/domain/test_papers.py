"""Kinds of note, what makes a decision, and numbers of crimes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.papers import (
    MOST_CRIMES,
    MOST_OPTIONS,
    Follows,
    NoteKind,
    Option,
    Standing,
    crime_numbers,
    fault_of,
)

VISIT = Option("Visit the house", "She may be there", "They would be warned")
WAIT = Option("Wait for the warrant", "It is lawful then", "She may be moved")


@pytest.mark.parametrize("one", [*NoteKind, *Standing])
def test_every_kind_has_words_and_says_why_it_is_one(one):
    assert one.words
    assert one.why.endswith(".")


def test_every_way_to_follow_has_words():
    assert len({one.words for one in Follows}) == len(Follows)


@pytest.mark.parametrize(
    ("options", "chosen", "says"),
    [
        ([VISIT, WAIT], 1, ""),
        ([VISIT, WAIT], 2, ""),
        ([VISIT], 1, "two or more"),
        ([VISIT, WAIT], 0, "the one chosen"),
        ([VISIT, WAIT], 3, "the one chosen"),
        ([VISIT, Option("Do nothing", "", "She is in danger")], 1, "what speaks for it"),
        ([VISIT, Option("Do nothing", "It costs nothing", "")], 1, "what speaks for it"),
        ([VISIT] * (MOST_OPTIONS + 1), 1, "at most"),
    ],
)
def test_a_decision_is_one_of_several_options_that_were_weighed(options, chosen, says):
    fault = fault_of(options, chosen)

    assert says in fault
    assert bool(fault) is bool(says)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("2412345/10", ("2412345/10",)),
        (" 2412345/10 \n\n cad 9/2010-a\n2412345/10", ("2412345/10", "CAD 9/2010-A")),
        ("01TP/1234/10", ("01TP/1234/10",)),
    ],
)
def test_crime_numbers_are_read_one_a_line_and_each_once(text, numbers):
    assert crime_numbers(text) == (numbers, "")


@pytest.mark.parametrize(
    "text", ["12", "no crime", "1234567/10, 1234568/10", "1" * 31, "12_34", "١٢٣٤", "-123", "12–34"]
)
def test_what_is_no_crime_number_is_named(text):
    _, fault = crime_numbers(text)

    assert text.upper() in fault
    assert "one number a line" in fault


def test_there_is_a_most_of_crimes():
    assert not crime_numbers("\n".join(f"{number}/10" for number in range(10, 10 + MOST_CRIMES)))[1]
    assert "at most" in crime_numbers("\n".join(f"{number}/10" for number in range(10, 11 + MOST_CRIMES)))[1]


@given(st.lists(st.from_regex(r"[A-Z]{0,2}[0-9]{3,9}/[0-9]{2}", fullmatch=True), max_size=MOST_CRIMES))
def test_numbers_that_were_read_are_read_again_as_the_same(given_numbers):
    numbers, fault = crime_numbers("\n".join(given_numbers))

    assert not fault
    assert crime_numbers("\n".join(numbers)) == (numbers, "")
