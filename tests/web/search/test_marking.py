"""What stands around the words that were found."""

from hypothesis import given
from hypothesis import strategies as st

from palermo.web.search.asking import BEGINS_NAMES, BEGINS_TEXTS, asked
from palermo.web.search.marking import LONGEST, marked, terms_met


def shown(text: str, typed: str, begins: int = BEGINS_TEXTS, **how: bool) -> str:
    """What is shown, with brackets around what is marked."""
    parts = marked(text, terms_met(asked(typed).terms, begins, **how))
    return "".join(f"[{part.text}]" if part.marked else part.text for part in parts)


def test_every_word_that_answers_is_marked_as_it_is_written():
    assert shown("Seen by Rădu, POP and Popescu.", "pop radu") == "Seen by [Rădu,] [POP] and Popescu."
    assert shown("Radu Popescu", "pop", BEGINS_NAMES) == "Radu [Popescu]"


def test_a_number_is_marked_group_by_group():
    assert shown("Ring 020 7946 0000 at 9", "+44 20 7946 0000") == "Ring [020] [7946] [0000] at 9"


def test_what_was_written_as_two_words_and_looked_for_as_one():
    assert shown("AB10-CDE", "ab10cde", BEGINS_NAMES) == "[AB10-CDE]"


def test_a_name_one_letter_off_is_marked_where_names_are():
    assert shown("Mircea Popp", "mirca", BEGINS_NAMES, near_too=True) == "[Mircea] Popp"
    assert shown("Mircea Popp", "mirca") == "Mircea Popp"


def test_of_a_long_text_what_stands_around_the_first_word_that_answers():
    text = f"{'before ' * 100}the lantern {'after ' * 100}"

    found = shown(text, "lantern")

    assert found.startswith("… before")
    assert "the [lantern] after" in found
    assert found.endswith("after …")
    assert len(found) <= LONGEST + 6


def test_where_no_word_answers_by_itself_the_text_is_shown_from_its_beginning():
    assert shown("Salt Lane", "saltlane") == "Salt Lane"


@given(st.text(max_size=600), st.sampled_from(["lantern", "王小明", "020 7946 0000", "ab"]), st.booleans())
def test_no_word_of_a_text_is_changed_or_doubled(text, typed, inside):
    text = f"{text} {typed} {text}" if inside else text

    parts = marked(text, terms_met(asked(typed).terms, BEGINS_TEXTS))

    said = "".join(part.text for part in parts).removeprefix("… ").removesuffix(" …")
    assert said in " ".join(text.split())
    assert len(said) <= LONGEST
