"""Papers: what kinds of note are there, and what makes a decision one that can be held against its reasons later?

The kinds are few and belong to no force: each is asked for by somebody who reads the record afterwards, which is why it
stands apart from the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note is about."""

    CONTACT = "contact"
    VISIT = "visit"
    INTELLIGENCE = "intelligence"
    STRATEGY = "strategy"
    SAFEGUARDING = "safeguarding"
    DISCLOSURE = "disclosure"
    OTHER = "other"

    @property
    def words(self) -> str:
        return NOTE_KINDS[self][0]

    @property
    def why(self) -> str:
        """What it is for, and so why it is a kind of its own."""
        return NOTE_KINDS[self][1]


NOTE_KINDS = {
    NoteKind.CONTACT: (
        "Contact with the potential victim",
        "What was said and agreed. Whether the force was in touch, and when, is asked first when a case is reviewed.",
    ),
    NoteKind.VISIT: ("Visit", "An address or a place that somebody went to, and what was found there."),
    NoteKind.INTELLIGENCE: (
        "Intelligence, sanitised",
        "Only what may stand in this record: nothing that shows where it came from.",
    ),
    NoteKind.STRATEGY: (
        "Strategy meeting",
        "Who met, and what was agreed. For a child, the partners read it as their own record of the meeting.",
    ),
    NoteKind.SAFEGUARDING: ("Safeguarding", "What was done so that somebody is safe, apart from any investigation."),
    NoteKind.DISCLOSURE: (
        "Disclosure",
        "What was given to whom outside the unit, or withheld. A court asks for these by themselves.",
    ),
    NoteKind.OTHER: ("Other", "Anything else that the record should hold."),
}


class Standing(StrEnum):
    """Whether a note tells what happened or what somebody makes of it. The two are never to be taken for each other."""

    FACT = "fact"
    OPINION = "opinion"

    @property
    def words(self) -> str:
        return STANDINGS[self][0]

    @property
    def why(self) -> str:
        return STANDINGS[self][1]


STANDINGS = {
    Standing.FACT: ("Fact", "Seen, heard, done or said, as far as the writer knows."),
    Standing.OPINION: ("Opinion", "An assessment, a belief or a conclusion, the writer’s or somebody else’s."),
}


# Decisions

FEWEST_OPTIONS, MOST_OPTIONS = 2, 8
"""With one option nothing was decided."""
INVESTIGATION = "duty_to_investigate"
"""The clock that the decision on the investigation meets."""


class Follows(StrEnum):
    """What a later decision does with the earlier one that it refers to."""

    REVIEWED = "reviewed"
    CHANGED = "changed"

    @property
    def words(self) -> str:
        return FOLLOWS[self]


FOLLOWS = {
    Follows.REVIEWED: "Reviewed: it stands",
    Follows.CHANGED: "Changed: this one takes its place",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One of the courses that were open, with what speaks for and against it."""

    course: str
    speaks_for: str
    speaks_against: str

    @property
    def whole(self) -> bool:
        return bool(self.course and self.speaks_for and self.speaks_against)

    def as_dict(self) -> dict[str, str]:
        return {"course": self.course, "for": self.speaks_for, "against": self.speaks_against}


def fault_of(options: Sequence[Option], chosen: int) -> str:
    """Why these options and the one chosen of them, counted from 1, are no decision; empty where they are."""
    if len(options) < FEWEST_OPTIONS:
        return "a decision is between options: give two or more"
    if len(options) > MOST_OPTIONS:
        return f"give the {MOST_OPTIONS} options at most that were in earnest"
    if not all(option.whole for option in options):
        return "each option needs what it is, what speaks for it and what speaks against it"
    if not 1 <= chosen <= len(options):
        return "one of the options is the one chosen"
    return ""


# Crimes

MOST_CRIMES = 20
CRIME_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9/.\- ]{1,28}[A-Z0-9]")


def crime_numbers(text: str) -> tuple[tuple[str, ...], str]:
    """The crime numbers of a text, one a line, each once; and what is wrong with it, empty where nothing is.

    They are written as the crime system shows them, in capitals. Forces number in different ways, so only what cannot
    be a number is refused.
    """
    numbers = tuple(dict.fromkeys(" ".join(line.split()).upper() for line in text.splitlines() if line.strip()))
    if len(numbers) > MOST_CRIMES:
        return numbers, f"there are {len(numbers)} numbers; one referral has {MOST_CRIMES} crimes at most"
    for number in numbers:
        if not (CRIME_NUMBER.fullmatch(number) and any(sign.isdigit() for sign in number)):
            return numbers, (
                f"“{number}” is not a crime number. Write one number a line, as the crime system shows it: "
                "3 to 30 letters, digits, strokes, points and dashes"
            )
    return numbers, ""
