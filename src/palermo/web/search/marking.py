"""Which words of a text answer, and what stands around them?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from palermo.web.search.asking import Term
from palermo.web.search.folding import folded, near

BEFORE, LONGEST = 60, 180
"""Characters that are shown before the first word that answers, and in all."""
WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that is marked as a whole, or not at all."""

    text: str
    marked: bool = False


def terms_met(terms: Iterable[Term], begins: int, *, near_too: bool = False) -> Callable[[str], bool]:
    """Whether a word, as it is written, is one of those looked for; `near_too`: or one letter off."""
    terms = list(terms)
    close = {one for term in terms for one in near(term.word)} if near_too else set()

    def meets(written: str) -> bool:
        words = folded(written).split()
        # what is written as two words may have been looked for as one
        return any(term.meets(word, begins) for term in terms for word in {*words, "".join(words)}) or any(
            not close.isdisjoint(near(word)) for word in words
        )

    return meets


def marked(text: str, meets: Callable[[str], bool]) -> tuple[Part, ...]:
    """What stands around the first word that answers, each such word marked; the beginning where none does.

    >>> [part.text for part in marked("Seen by Radu Pop twice", lambda word: word == "Pop")]
    ['Seen by Radu ', 'Pop', ' twice']
    """
    text = " ".join(text.split())
    first = next((word.start() for word in WORD.finditer(text) if meets(word[0])), 0)
    # the space before the first word of those shown
    start = 0 if first <= BEFORE else text.index(" ", first - BEFORE) + 1
    end = start + LONGEST
    if end < len(text):
        end = max(text.rfind(" ", start, end), min(first + LONGEST // 2, end))
    parts = [Part("… " if start else "")]
    said = start
    for word in WORD.finditer(text, start, end):
        if meets(word[0]):
            parts += [Part(text[said : word.start()]), Part(word[0], marked=True)]
            said = word.end()
    parts += [Part(text[said:end]), Part(" …" if end < len(text) else "")]
    return tuple(part for part in parts if part.text)
