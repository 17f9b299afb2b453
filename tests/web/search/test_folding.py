"""Words are folded the same way here and in the database, whatever somebody may type."""

import hashlib
import unicodedata
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from palermo.web.search import folding
from palermo.web.search.folding import folded, near, numbers

pytestmark = pytest.mark.django_db

KEPT = "321f1807ec229e82ef43cb14b2d11a2dca1ac4326835e630758cf381180ef83b"
"""What the tables were when the first migration made the function of the database."""

TRICKY = st.sampled_from(
    "łŁøÆœßẞþıİĦəΣςґЁйЇٱآىةک٠۹९김힣ᄀかガｶﾞ王々ﬁ½№Ａ１’‘'`´ʼ­\u200b\u202e\ufeff\u0301\u0640ǅՖႠᲐ𞤀𐐀‐–·"
)


def known(character: str) -> bool:
    """Whether it is a character that can be kept, and one that this Python and the database both know of."""
    return character != "\x00" and unicodedata.category(character) not in ("Cs", "Cn")


TEXTS = st.lists(
    st.one_of(
        st.characters(exclude_characters="\x00", exclude_categories=("Cs", "Cn")),
        TRICKY,
        st.sampled_from(" -.0123456789abcXYZ"),
    ),
    max_size=60,
).map("".join)


def asked(function: str, value: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", [value])
        return cursor.fetchone()[0]


def lexemes(function: str, text: str) -> set[str]:
    return set(asked(f"tsvector_to_array({function}(%s))", text))


@given(TEXTS)
def test_the_database_folds_as_we_do(text):
    assert asked("palermo_fold(%s)", text) == folded(text)


@given(st.lists(st.sampled_from(["0", "44", "07700", "900", "123456", "1234567890123456789", "call", "7a"])))
def test_the_database_finds_the_same_numbers(words):
    assert asked("palermo_numbers(%s::text[])", words) == numbers(words)


@given(TEXTS)
def test_what_is_searched_of_a_text_are_its_words_and_numbers(text):
    words = folded(text).split()

    assert lexemes("palermo_words", text) == {*words, *numbers(words)}


@given(TEXTS)
def test_of_a_name_neighbours_and_the_whole_are_searched_as_one_word_too(text):
    words = folded(text).split()
    joined = {
        "".join(words)[: folding.LONGEST_WORD],
        *(one + other for one, other in pairwise(words)),
    } - {""}

    assert lexemes("palermo_names", text) == {*words, *numbers(words), *joined}


@given(TEXTS)
def test_the_database_knows_the_same_near_names(text):
    assert lexemes("palermo_near", text) == {lexeme for word in folded(text).split() for lexeme in near(word)}


@given(TEXTS)
def test_folding_what_is_folded_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Đorđe Søren Þóra", "dorde soren thora"),
        ("Groß STRAẞE", "gross strasse"),
        ("ISTANBUL İstanbul ıstanbul", "istanbul istanbul istanbul"),
        ("Nguyễn Thị Hằng", "nguyen thi hang"),
        ("Ștefan Țepeș", "stefan tepes"),
        ("O’Brien O'Brien OʼBrien", "obrien obrien obrien"),
        ("ＡＢ１２　ＣＤＥ", "ab12 cde"),
        ("إبراهيم أحمد", "ابراهيم احمد"),
        ("مُحَمَّد", "محمد"),
        ("ΑΛΈΞΑΝΔΡΟΣ", "αλεξανδροσ"),
        ("Йосип Їжак", "иосип іжак"),
        ("٠٧٧٠٠ ९००१२३", "07700 900123"),
        ("PAL-2B3C–4D5F", "pal 2b3c 4d5f"),
        ("王小明", "王 小 明"),
        ("김민수", "김 민 수"),
        ("i\u00advisi\u200bble\u202e", "ivisible"),
    ],
)
def test_a_name_is_found_as_it_is_typed(written, typed):
    assert folded(written) == unicodedata.normalize("NFKD", typed)
    assert asked("palermo_fold(%s)", written) == folded(written)


def test_every_sign_parts_words_and_no_letter_does():
    """Of the characters of the first plane that folding leaves as they are; marks that go without a trace aside."""
    for place in range(0x80, 0x10000):
        character = chr(place)
        kind = unicodedata.category(character)
        if not known(character) or kind == "Co" or unicodedata.normalize("NFKD", character) != character:
            continue
        if character in folding.APOSTROPHES or folding.NO_MARKS.fullmatch(character):
            continue
        assert (folded(f"a{character}b") == "a b") == (kind[0] in "PSZC"), (hex(place), kind)


def test_words_and_texts_have_an_end():
    assert folded("x" * 500) == "x" * folding.LONGEST_WORD
    assert len(folded("word " * folding.LONGEST_TEXT)) <= folding.LONGEST_TEXT
    assert asked("palermo_fold(%s)", "\ufdfa" * folding.LONGEST_TEXT) == folded("\ufdfa" * folding.LONGEST_TEXT)


@pytest.mark.parametrize("function", ["palermo_words", "palermo_names", "palermo_near"])
def test_the_longest_text_of_the_most_words_can_be_kept(function):
    text = "".join(chr(0x20000 + place % 0x1000) for place in range(folding.LONGEST_TEXT))
    many = " ".join(f"{place:06}" for place in range(folding.LONGEST_TEXT))

    assert lexemes(function, text) is not None
    assert lexemes(function, many)


def test_the_tables_are_those_that_the_migration_put_into_the_database():
    """To change one, make the function and every index of it anew in a new migration, and write its hash here."""
    tables = (
        folding.letters(),
        *(folding.SEVERAL, folding.APOSTROPHES, folding.MARKS, folding.SEPARATORS, folding.ALONE, folding.SYLLABLES),
        *(folding.LONGEST_TEXT, folding.LONGEST_WORD, folding.SHORTEST_NUMBER, folding.LONGEST_NUMBER),
        *(folding.NUMBER, folding.NEAR, folding.SHORTEST_NEAR),
    )

    assert hashlib.sha256(repr(tables).encode()).hexdigest() == KEPT
