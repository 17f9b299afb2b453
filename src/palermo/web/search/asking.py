"""What is somebody looking for? The words that were typed, as the database is asked for them.

Every word has to be there, in any order, as it is or as the beginning of another. Digits that stand together and may
be a phone number are one number, with its country code or without. Of a name a word may be one letter off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, groupby

from palermo.domain.partial_dates import bounds
from palermo.web.search.folding import LONGEST_WORD, NUMBER, SHORTEST_NUMBER, folded, near

FEWEST_LETTERS = 2
MOST_WORDS = 12
BEGINS_NAMES, BEGINS_TEXTS = 3, 4
"""From so many letters on a word is found as the beginning of another, in a name and in a text."""
OURS = "pal"
COMPARED = 9
"""So many digits of a number, from its end, are compared: before them stand a country code or a zero, or nothing."""

ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)", re.ASCII)
ENGLISH = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})[./](\d{4})(?!\d)", re.ASCII)
YEAR = re.compile(r"(?<!\S)(?:18[9]|19\d|20[0-4])\d(?!\S)", re.ASCII)


class CannotBeAsked(ValueError):
    """What was typed is no question; the message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word that has to be there, folded; of a number its digits."""

    word: str
    number: bool = False

    @property
    def reversed(self) -> str:
        """The beginning of a number's lexeme, whose digits stand there from the last to the first."""
        return NUMBER + self.compared[::-1]

    @property
    def compared(self) -> str:
        """The end of a number, without what may be missing before it."""
        return without_zeros(self.word)[-COMPARED:]

    def meets(self, word: str, begins: int) -> bool:
        """Whether a folded word is this one, or begins with it."""
        if self.number:
            group = word.isdigit() and len(word) >= BEGINS_NAMES and without_zeros(word)
            return bool(group) and (group in self.word or self.compared in group)
        return word == self.word or (self.may_begin(begins) and word.startswith(self.word))

    def may_begin(self, begins: int) -> bool:
        return len(self.word) >= begins and not self.word.isdigit()

    def query(self, begins: int) -> str:
        """What the database is asked for."""
        if self.number:
            return lexeme(self.reversed, begins=True)
        return lexeme(self.word, begins=self.may_begin(begins))

    def near(self) -> str:
        """The same, or one letter off."""
        other = [] if self.number else near(self.word)
        return " | ".join([self.query(BEGINS_NAMES), *(lexeme(one) for one in other)])


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: all of it; and of a person the names, and as much of the date of birth as is said.

    `nearly` says whether a name may be one letter off.
    """

    terms: tuple[Term, ...]
    names: tuple[Term, ...]
    born: str = ""
    nearly: bool = True

    def name(self, term: Term) -> str:
        """The query for one word of a name."""
        return term.near() if self.nearly else term.query(BEGINS_NAMES)

    @property
    def text(self) -> str:
        """The query for a text."""
        return " & ".join(term.query(BEGINS_TEXTS) for term in self.terms)

    @property
    def thing(self) -> str:
        """The query for what has a name or a code."""
        return all_or_one(self.terms)

    @property
    def code(self) -> str:
        """The query for a reference, without what all of ours begin with; empty where nothing else is asked."""
        return all_or_one(tuple(term for term in self.terms if term.word != OURS))

    @property
    def as_one(self) -> Term | None:
        """The names of a person as one word, where there are several."""
        return joined(self.names)


def all_or_one(terms: tuple[Term, ...]) -> str:
    """All of these words, or all of them written as one."""
    every = " & ".join(term.query(BEGINS_NAMES) for term in terms)
    one = joined(terms)
    return f"({every}) | {one.query(BEGINS_NAMES)}" if one else every


def joined(terms: tuple[Term, ...]) -> Term | None:
    """Several words as one; None where there is one, or it would be too long."""
    words = "".join(term.word for term in terms)
    return Term(words) if len(terms) > 1 and len(words) <= LONGEST_WORD else None


def without_zeros(digits: str) -> str:
    return digits.lstrip("0") or digits


def lexeme(words: str, *, begins: bool = False) -> str:
    """A lexeme as a query has it. Folded words hold neither quotes nor backslashes."""
    return f"'{words}'{':*' if begins else ''}"


def asked(typed: str) -> Asked:
    """What is looked for. Raises CannotBeAsked with what is wrong."""
    terms = terms_of(typed)
    if not terms:
        raise CannotBeAsked("Enter what to search for")
    if sum(len(term.word) for term in terms) < FEWEST_LETTERS:
        raise CannotBeAsked(f"Enter at least {FEWEST_LETTERS} letters or digits")
    if len(terms) > MOST_WORDS:
        raise CannotBeAsked(f"Enter {MOST_WORDS} words or fewer; there are {len(terms)}")
    born, rest = born_in(typed)
    return Asked(terms, terms_of(rest), born)


def terms_of(typed: str) -> tuple[Term, ...]:
    """The words, each once, with digits that may be one number taken together.

    >>> [term.word for term in terms_of("Flat 12, 020 7946 0000")]
    ['flat', '1202079460000']
    """
    found = (
        numbered(list(words)) if digits else [Term(word) for word in words]
        for digits, words in groupby(folded(typed).split(), key=lambda word: word.isascii() and word.isdigit())
    )
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def numbered(groups: list[str]) -> list[Term]:
    digits = "".join(groups)
    if len(digits) >= SHORTEST_NUMBER:
        return [Term(digits, number=True)]
    return [Term(word) for word in groups]


def born_in(typed: str) -> tuple[str, str]:
    """As much of a date as is said, and the rest. A year by itself is one only beside other words.

    >>> born_in("pop radu 2.4.1985"), born_in("1985 pop")
    (('1985-04-02', 'pop radu  '), ('1985', '  pop'))
    """
    if found := ENGLISH.search(typed):
        parts = [found[3], found[2].zfill(2), found[1].zfill(2)]
    elif found := ISO.search(typed):
        parts = [part for part in found.groups() if part]
    elif found := YEAR.search(typed):
        parts = [found[0]]
    else:
        return "", typed
    rest = f"{typed[: found.start()]} {typed[found.end() :]}"
    try:
        bounds("-".join(parts))
    except ValueError:
        return "", typed
    if len(parts) == 1 and not folded(rest):
        return "", typed
    return "-".join(parts), rest
