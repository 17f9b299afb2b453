"""How is a result shown? The words for each place that answers, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from palermo.domain.people import Shown
from palermo.web.cases.showing import STATE_TAGS, capital
from palermo.web.people.showing import record_page
from palermo.web.search.marking import Part
from palermo.web.search.queries import RECORDS, Match, Place, Result

WORDS = {
    Place.REFERENCE: "Reference",
    Place.CRIME: "Crime number",
    Place.ACCOUNT: "What the referral says",
    Place.NOTE: "Note {}",
    Place.DOCUMENT: "Document {}",
    Place.DECISION: "Decision {}",
}
SOMEBODY = "A person in this case"


@dataclass(frozen=True, slots=True)
class Row:
    """One place that answers: what it is, its words or why there are none, and where it leads."""

    label: str
    parts: tuple[Part, ...]
    because: str
    href: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One referral of the results."""

    found: Result
    href: str
    tag: tuple[str, str]
    rows: tuple[Row, ...]


def shelves(results: list[Result]) -> list[Shelf]:
    return [
        Shelf(
            one,
            reverse("cases:referral", args=[one.reference]),
            (capital(one.state.words), STATE_TAGS[one.state]),
            tuple(row(match, one.reference) for match in one.matches),
        )
        for one in results
    ]


def row(match: Match, reference: str) -> Row:
    if match.place not in RECORDS:
        label = WORDS[match.place].format(match.number)
        return Row(
            f"{label}, replaced since" if match.replaced else label, match.parts, match.because, href(match, reference)
        )
    card = match.card
    if card.shown is not Shown.NAMED:
        where = record_page(card.id, reference) if card.id else ""
        return Row("Person", (Part(SOMEBODY),), "", where)
    return Row(capital(card.role.words), match.parts, match.because, record_page(card.id, reference, card.role.side))


def href(match: Match, reference: str) -> str:
    """The page on which the place stands; the referral's own is the result's."""
    if match.place is Place.NOTE:
        return f"{reverse('papers:papers', args=[reference])}#note-{match.number}"
    if match.place is Place.DOCUMENT:
        return reverse("papers:document", args=[reference, match.number])
    if match.place in (Place.DECISION, Place.CRIME):
        return reverse("papers:decisions", args=[reference])
    return reverse("cases:referral", args=[reference])
