"""What somebody types becomes what the database is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.web.search.asking import CannotBeAsked, Term, asked, born_in


def words(typed: str) -> list[str]:
    return [term.word for term in asked(typed).terms]


@pytest.mark.parametrize(
    ("typed", "looked_for"),
    [
        ("Pop, RADU", ["pop", "radu"]),
        ("Pop pop POP", ["pop"]),
        ("PAL-2B3C-4D5F", ["pal", "2b3c", "4d5f"]),
        ("+44 (0)20 7946 0000", ["4402079460000"]),
        ("020 7946", ["0207946"]),
        ("12 Salt Lane", ["12", "salt", "lane"]),
        ("王小明", ["王", "小", "明"]),
    ],
)
def test_words_are_folded_and_digits_that_may_be_a_number_are_one(typed, looked_for):
    assert words(typed) == looked_for


@pytest.mark.parametrize("typed", ["+44 20 7946 0000", "0044 20 7946 0000", "020 7946 0000", "207946 0000"])
def test_a_number_is_the_same_with_a_country_code_and_without(typed):
    assert [term.reversed for term in asked(typed).terms] == ["#000064970"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter what to search for"),
        (" -–. ", "Enter what to search for"),
        ("a", "Enter at least 2 letters or digits"),
        (" ".join(f"w{number}" for number in range(13)), "Enter 12 words or fewer; there are 13"),
    ],
)
def test_what_is_no_question_says_what_to_type(typed, says):
    with pytest.raises(CannotBeAsked, match=says):
        asked(typed)


@pytest.mark.parametrize(
    ("typed", "born", "names"),
    [
        ("pop radu 2.4.1985", "1985-04-02", ["pop", "radu"]),
        ("02/04/1985 pop", "1985-04-02", ["pop"]),
        ("pop 1985-04", "1985-04", ["pop"]),
        ("pop 1985", "1985", ["pop"]),
        ("1985-04-02", "1985-04-02", []),
        ("1985", "", ["1985"]),
        ("pop 31.2.1985", "", ["pop", "3121985"]),
        ("pop 3000", "", ["pop", "3000"]),
    ],
)
def test_of_a_person_a_date_is_when_they_were_born(typed, born, names):
    found = asked(typed)

    assert (found.born, [term.word for term in found.names]) == (born, names)


def test_of_a_text_a_date_is_words_as_any_other():
    assert words("pop 1985") == ["pop", "1985"]


def test_a_word_may_be_the_beginning_of_another_from_some_letters_on():
    assert asked("li pop passport 12").text == "'li' & 'pop' & 'passport':* & '12'"
    assert asked("li pop 12").thing == "('li' & 'pop':* & '12') | 'lipop12':*"


def test_a_name_may_be_one_letter_off():
    assert Term("pop").near() == "'pop':*"
    assert Term("radu").near() == "'radu':* | '~radu' | '~adu' | '~rdu' | '~rau' | '~rad'"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200))
def test_whatever_is_typed_is_a_question_or_says_why_not(typed):
    try:
        found = asked(typed)
    except CannotBeAsked as wrong:
        assert str(wrong)
    else:
        assert found.terms
        assert "\\" not in found.text + found.thing
        born_in(typed)
