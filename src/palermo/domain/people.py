"""People and places: in which role does each stand in a case, and what may a page say of the others?

Police have to tell potential victims from subjects and from witnesses, and fact from opinion (Data Protection Act 2018,
s38). So every role has a side, and a page shows one side at a time. A subject's page is read by more people than a
potential victim can be safe with, and is printed and disclosed: it never says who or where a potential victim is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from palermo.domain.access import WORKING, Act, Custody, Viewer, may, owns


class Kind(StrEnum):
    """What a record is of."""

    PERSON = "person"
    ADDRESS = "address"
    VEHICLE = "vehicle"
    PHONE = "phone"

    @property
    def words(self) -> str:
        return KIND_WORDS[self]


KIND_WORDS = {
    Kind.PERSON: "person",
    Kind.ADDRESS: "address",
    Kind.VEHICLE: "vehicle",
    Kind.PHONE: "phone, email or online name",
}
PEOPLE = frozenset({Kind.PERSON})
MOVABLES = frozenset({Kind.VEHICLE, Kind.PHONE})
THINGS = frozenset(Kind) - PEOPLE


class Side(StrEnum):
    """From which side a page looks: each shows what its readers need, and no other side's people by name."""

    VICTIM = "potential-victim"
    SUBJECT = "subject"
    OTHER = "other"
    THING = "thing"


class CaseRole(StrEnum):
    """As what somebody or something stands in a case."""

    POTENTIAL_VICTIM = "potential_victim"
    SUBJECT = "subject"
    WITNESS = "witness"
    FIRST_RESPONDER = "first_responder"
    RELATIVE = "relative"
    INTERPRETER = "interpreter"
    CONCERNED = "concerned"
    EXPLOITED = "exploited"
    FOUND = "found"
    LIVES = "lives"
    WORKS = "works"
    TRANSIT = "transit"
    USED = "used"
    SEEN = "seen"

    @property
    def rule(self) -> RoleRule:
        return ROLES[self]

    @property
    def words(self) -> str:
        return self.rule.words

    @property
    def side(self) -> Side:
        return self.rule.side


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A role: its words, which records can stand in it, and on which side that is."""

    words: str
    kinds: frozenset[Kind]
    side: Side = Side.THING


ADDRESSES = frozenset({Kind.ADDRESS})
ROLES = {
    CaseRole.POTENTIAL_VICTIM: RoleRule("potential victim", PEOPLE, Side.VICTIM),
    CaseRole.SUBJECT: RoleRule("subject", PEOPLE, Side.SUBJECT),
    CaseRole.WITNESS: RoleRule("witness", PEOPLE, Side.OTHER),
    CaseRole.FIRST_RESPONDER: RoleRule("first responder", PEOPLE, Side.OTHER),
    CaseRole.RELATIVE: RoleRule("relative", PEOPLE, Side.OTHER),
    CaseRole.INTERPRETER: RoleRule("interpreter", PEOPLE, Side.OTHER),
    CaseRole.CONCERNED: RoleRule("somebody else", PEOPLE, Side.OTHER),
    CaseRole.EXPLOITED: RoleRule("where somebody was exploited", ADDRESSES),
    CaseRole.FOUND: RoleRule("where somebody was found", ADDRESSES),
    CaseRole.LIVES: RoleRule("where somebody lives", ADDRESSES),
    CaseRole.WORKS: RoleRule("where somebody works", ADDRESSES),
    CaseRole.TRANSIT: RoleRule("on the way", ADDRESSES | {Kind.VEHICLE}),
    CaseRole.USED: RoleRule("used by somebody", MOVABLES),
    CaseRole.SEEN: RoleRule("seen, its user not known", MOVABLES),
}


def roles_of(kind: Kind) -> tuple[CaseRole, ...]:
    """The roles that a record of this kind can stand in."""
    return tuple(role for role in CaseRole if kind in role.rule.kinds)


class Tie(StrEnum):
    """How two records are connected."""

    LIVES_AT = "lives_at"
    WORKS_AT = "works_at"
    EXPLOITED_AT = "exploited_at"
    FOUND_AT = "found_at"
    SEEN_AT = "seen_at"
    OWNS = "owns"
    USES = "uses"
    RELATIVE_OF = "relative_of"
    PARTNER_OF = "partner_of"
    KNOWS = "knows"
    WORKS_FOR = "works_for"
    CONTROLS = "controls"

    @property
    def rule(self) -> TieRule:
        return TIES[self]

    @property
    def words(self) -> str:
        return self.rule.words


@dataclass(frozen=True, slots=True)
class TieRule:
    """A connection: its words from the one and from the other, and between which kinds it can be."""

    words: str
    back: str
    of: frozenset[Kind]
    to: frozenset[Kind]


TIES = {
    Tie.LIVES_AT: TieRule("lives at", "lived in by", PEOPLE, ADDRESSES),
    Tie.WORKS_AT: TieRule("works at", "place of work of", PEOPLE, ADDRESSES),
    Tie.EXPLOITED_AT: TieRule("was exploited at", "where this person was exploited", PEOPLE, ADDRESSES),
    Tie.FOUND_AT: TieRule("was found at", "where this person was found", PEOPLE, ADDRESSES),
    Tie.SEEN_AT: TieRule("seen at", "where this was seen", PEOPLE | MOVABLES, ADDRESSES),
    Tie.OWNS: TieRule("owns", "owned by", PEOPLE, THINGS),
    Tie.USES: TieRule("uses", "used by", PEOPLE, MOVABLES),
    Tie.RELATIVE_OF: TieRule("relative of", "relative of", PEOPLE, PEOPLE),
    Tie.PARTNER_OF: TieRule("partner of", "partner of", PEOPLE, PEOPLE),
    Tie.KNOWS: TieRule("knows", "known to", PEOPLE, PEOPLE),
    Tie.WORKS_FOR: TieRule("works for", "has working for them", PEOPLE, PEOPLE),
    Tie.CONTROLS: TieRule("controls", "controlled by", PEOPLE, PEOPLE),
}
TIE_OF_ROLE = {
    CaseRole.LIVES: Tie.LIVES_AT,
    CaseRole.WORKS: Tie.WORKS_AT,
    CaseRole.EXPLOITED: Tie.EXPLOITED_AT,
    CaseRole.FOUND: Tie.FOUND_AT,
    CaseRole.USED: Tie.USES,
}
"""What a place's or a thing's role in a case says of the person it is about."""


def ties_between(one: Kind, other: Kind) -> tuple[Tie, ...]:
    """The connections that can run from a record of one kind to a record of another."""
    return tuple(tie for tie in Tie if one in tie.rule.of and other in tie.rule.to)


class Grounds(StrEnum):
    """How something is known: as a fact, or as somebody's word."""

    FACT = "fact"
    OPINION = "opinion"
    ALLEGATION = "allegation"
    INTELLIGENCE = "intelligence"

    @property
    def words(self) -> str:
        return GROUNDS_WORDS[self]


GROUNDS_WORDS = {
    Grounds.FACT: "fact: it has been verified",
    Grounds.OPINION: "opinion: somebody’s own judgement",
    Grounds.ALLEGATION: "allegation: somebody says so",
    Grounds.INTELLIGENCE: "intelligence: reported and not verified",
}


# What a page may say


@dataclass(frozen=True, slots=True)
class CaseView:
    """What one case is to one viewer.

    `seen`: they may open it. `works`: they add to its record, and so work with its potential victims. `owns`: their
    unit answers for it.
    """

    seen: bool = False
    works: bool = False
    owns: bool = False


def view_of(viewer: Viewer, custody: Custody) -> CaseView:
    """What a case in that custody is to the viewer."""
    if not may(viewer, Act.SEE, custody):
        return CaseView()
    working = viewer.role in WORKING
    return CaseView(
        seen=True, works=working and bool(may(viewer, Act.RECORD, custody)), owns=working and owns(viewer, custody)
    )


class Shown(StrEnum):
    """How a page speaks of another record."""

    NAMED = "named"
    """By its name, and with a link."""
    LINKED = "linked"
    """As “a person in case PAL-…”, with a link."""
    UNNAMED = "unnamed"
    """As that, and no more."""
    HIDDEN = "hidden"
    """Not at all."""


def shows_person(page: Side, other: Side, case: CaseView) -> Shown:
    """How a page of one side speaks of a person who stands on the other in that case.

    A subject's page names subjects alone: a relative, a witness or an interpreter leads to a potential victim as surely
    as a name does. The page of a place or a thing may hang beside a subject's, and says no more than that.
    """
    if not case.seen:
        return Shown.HIDDEN
    if page is Side.VICTIM or other is Side.SUBJECT:
        return Shown.NAMED
    if page is Side.OTHER:
        return Shown.NAMED if other is Side.OTHER or case.works else Shown.UNNAMED
    return Shown.LINKED if case.works else Shown.UNNAMED


def shows_role(page: Side, other: Side, case: CaseView) -> bool:
    """Whether a person's page of one side says that the same person stands on another side in that case."""
    return case.seen and (page is Side.VICTIM or other is not Side.VICTIM or case.works)


class Opened(StrEnum):
    """How a page shows an address."""

    PLAIN = "plain"
    BY_OPENING = "by_opening"
    """Not here: it is opened on a page of its own, and each opening is logged."""
    KEPT = "kept"
    """Only that there is one."""
    HIDDEN = "hidden"


def shows_address(page: Side, kept: bool, case: CaseView) -> Opened:
    """How a page shows an address that stands in that case.

    `kept`: it is marked secret, or a potential victim lives there. Then only those who answer for the case open it,
    from the potential victim's page.
    """
    if not case.seen:
        return Opened.HIDDEN
    if not kept:
        return Opened.PLAIN
    return Opened.BY_OPENING if page is Side.VICTIM and case.owns else Opened.KEPT


SHORTEST = 3
"""Shorter parts of a name stand in too many words by chance; a whole name counts however short it is."""


def mentions(text: str, names: Iterable[str], *, besides: Iterable[str] = ()) -> bool:
    """Whether a text names somebody: a whole name, or a part of it as a word of its own, marks and case aside.

    The parts of the names in `besides` tell nothing: they are those of whom the text is about.

    >>> mentions("Told by Ilinca on 3 June", ["Ilincă Sandu"])
    True
    >>> mentions("Mr Sandu’s car", ["Ilincă Sandu"], besides=["Radu Sandu"])
    False
    """
    said = f" {plain(text)} "
    own = {part for name in besides for part in plain(name).split()}
    for name in names:
        whole = plain(name)
        parts = {whole, *(part for part in whole.split() if len(part) >= SHORTEST)} - own - {""}
        if any((part if uncased(part) else f" {part} ") in said for part in parts):
            return True
    return False


def uncased(text: str) -> bool:
    """Whether it is in a script that has no capitals: many of those write words together, or join others to them."""
    return any(unicodedata.category(character) == "Lo" for character in text)


def plain(text: str) -> str:
    """Letters and digits without marks and case, in any script; everything else parts words."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = (one for one in apart if unicodedata.category(one) not in ("Mn", "Cf"))
    return " ".join("".join(one if one.isalnum() else " " for one in bare).split())


# Numbers as they are compared

HOME = "44"
"""The country whose numbers are written without a prefix."""


def phone_key(given: str) -> str:
    """A phone number as it is compared: its digits with the country's prefix, where it has one.

    In any script's digits. What follows an extension's sign is left out; a number without any prefix stays as it is.

    >>> phone_key("+44 (0)20 7946 0000"), phone_key("020 7946 0000"), phone_key("0040 721 000 000")
    ('+442079460000', '+442079460000', '+40721000000')
    """
    text = unicodedata.normalize("NFKC", given).strip()
    text = re.split(r"(?i)\b(?:ext|x|extension)\b\.?", text)[0].replace("(0)", "")
    digits = "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
    if text.startswith("+"):
        return f"+{digits}" if digits else ""
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if digits.startswith("0"):
        return f"+{HOME}{digits[1:]}"
    return digits


def address_key(given: str) -> str:
    """An email address or an online name as it is compared: without case, spaces and a leading @."""
    return "".join(unicodedata.normalize("NFKC", given).casefold().split()).removeprefix("@")


def code_key(given: str) -> str:
    """A registration or a postcode as it is compared: letters and digits alone, in capitals.

    >>> code_key("ab12 cde")
    'AB12CDE'
    """
    return "".join(character for character in unicodedata.normalize("NFKC", given).upper() if character.isalnum())
