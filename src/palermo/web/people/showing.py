"""How is a person or a place shown? Rows and words for the pages; nothing is read here that `queries` has not given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from palermo.domain.people import CaseRole, Grounds, Kind, Opened, Shown, Side
from palermo.web.intake.words import partial_date
from palermo.web.people.actions import article
from palermo.web.people.forms import CHANGES, SEXES, capital
from palermo.web.people.queries import (
    Card,
    CasePage,
    Connected,
    Involvement,
    Name,
    RecordPage,
    Stands,
    Version,
)

GROUNDS_TAGS = {
    Grounds.FACT: ("Fact", "govuk-tag--blue"),
    Grounds.OPINION: ("Opinion", "govuk-tag--yellow"),
    Grounds.ALLEGATION: ("Allegation", "govuk-tag--orange"),
    Grounds.INTELLIGENCE: ("Intelligence", "govuk-tag--purple"),
}
SIDE_WORDS = {
    Side.VICTIM: "Potential victim",
    Side.SUBJECT: "Subject",
    Side.OTHER: "Somebody else in the case",
    Side.THING: "Place or thing",
}
KEPT = "An address that is kept secret"
NO_NAME = "Name not known"
DONE = {
    "added": "Added to this case.",
    "linked": "Linked to this case.",
    "changed": "Changed. What stood there before is in the history.",
    "ended": "Ended. It stays in the history.",
    "connected": "The connection is recorded.",
    "noted": "The note is recorded. The two stay two records.",
}
GROUPS = (
    ("potential-victims", "Potential victims", Kind.PERSON, Side.VICTIM),
    ("subjects", "Subjects", Kind.PERSON, Side.SUBJECT),
    ("others", "Witnesses and others", Kind.PERSON, Side.OTHER),
    ("places", "Places", Kind.ADDRESS, Side.THING),
    ("vehicles", "Vehicles", Kind.VEHICLE, Side.THING),
    ("phones", "Phones, email and names online", Kind.PHONE, Side.THING),
)
"""The parts of a case's page, in order."""


def date_words(text: str) -> str:
    """A partial date in words: about 1991; between April 1990 and 1993."""
    first, between, last = text.partition("/")
    if between:
        return f"between {partial_date(first)} and {partial_date(last)}"
    return f"about {partial_date(first.removesuffix('~'))}" if first.endswith("~") else partial_date(first)


def span_words(since: str, until: str) -> str:
    """From when until when, as far as that is known."""
    parts = [f"since {date_words(since)}" if since and not until else f"from {date_words(since)}" if since else ""]
    parts.append(f"until {date_words(until)}" if until else "")
    return " ".join(part for part in parts if part)


def record_page(key: UUID, reference: str = "", side: Side | None = None, **more: str) -> str:
    """The address of a record's page, in the context of a case and, where it matters, of one side."""
    asked = {"in": reference, "as": side.value if side and side is not Side.THING else "", **more}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("people:record", args=[key]) + (f"?{query}" if query else "")


# One case


@dataclass(frozen=True, slots=True)
class Line:
    """A record in a case's list."""

    title: str
    named: bool
    href: str
    role: str
    grounds: tuple[str, str]
    span: str
    over: bool
    because: str


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a case's page: those of one side, or of one kind."""

    id: str
    title: str
    now: tuple[Line, ...]
    before: tuple[Line, ...]


def groups(page: CasePage) -> list[Group]:
    """The parts of a case's page. What has ended is shown to those who work on the case."""
    reference = page.work.referral.reference
    found = []
    for key, title, kind, side in GROUPS:
        there = [one for one in page.records if one.record.kind is kind and one.side is side]
        now = tuple(line_of(one, reference) for one in there if not one.over)
        before = tuple(line_of(one, reference) for one in there if one.over and page.view.works)
        found.append(Group(key, title, now, before))
    return found


def line_of(one: Stands, reference: str) -> Line:
    row = one.involvement
    title = KEPT if one.kept else one.record.title
    return Line(
        title=title or NO_NAME,
        named=bool(title) and not one.kept,
        href="" if one.kept else record_page(one.record.id, reference, one.side),
        role=capital(one.role.words),
        grounds=GROUNDS_TAGS[Grounds(row.grounds)],
        span=span_words(row.since, row.until),
        over=one.over,
        because=row.ended_because,
    )


# One record


@dataclass(frozen=True, slots=True)
class Row:
    """Something that is known, in words, and the page on which it is changed."""

    label: str
    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A role or a connection: what it is, how it is known, and where it is changed."""

    words: str
    reference: str
    grounds: tuple[str, str]
    span: str
    rows: tuple[Row, ...] = ()
    title: str = ""
    named: bool = False
    href: str = ""
    opens: bool = False
    over: bool = False
    actions: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What was known before, and why it is known otherwise."""

    heading: str
    when: object
    by: str
    because: str
    rows: tuple[Row, ...] = field(default=())


def page(found: RecordPage) -> dict[str, object]:
    """What a record's page shows."""
    kind, reference, key = found.record.kind, found.reference, found.record.id
    works = found.view.works
    roles = [role_told(found, row) for row in found.stands]
    connections = [connection_told(found, one) for one in found.connections]
    return {
        "title": found.record.title or (NO_NAME if kind is Kind.PERSON else ""),
        "named": bool(found.record.title),
        "side": SIDE_WORDS[found.side] if kind is Kind.PERSON else capital(kind.words),
        "rows": list(rows_of(found, found.record.version, key if works else None)),
        "names": [name_row(found, name, works) for name in found.names if name.ended_at is None],
        "roles": [one for one in roles if not one.over],
        "former_roles": [one for one in roles if one.over],
        "connections": [one for one in connections if not one.over],
        "former_connections": [one for one in connections if one.over],
        "elsewhere": [
            (f"{SIDE_WORDS[one.side]} in {one.reference}", record_page(key, one.reference, one.side))
            for one in found.elsewhere
        ],
        "contacts": [(one.referral.reference, one.words) for one in found.contacts],
        "same": [same_row(found, one, card) for one, card in found.same],
        "history": list(history(found)),
        "links": links(found) if works else [],
        "reference": reference,
    }


def rows_of(found: RecordPage, version: Version, change: UUID | None = None) -> Iterator[Row]:
    """What a version says as far as the page may tell it, with where it is changed."""
    kind = found.record.kind
    for row in plain_rows(kind, version):
        href = reverse("people:change", args=[found.reference, change, row.href]) if change else ""
        yield Row(row.label, found.says(row.words), href)


def plain_rows(kind: Kind, version: Version) -> Iterator[Row]:
    """What a version says, with what is changed of it."""
    if kind is Kind.PERSON:
        yield Row("Born", capital(date_words(version.born)) if version.born else "", "born")
        yield Row("Sex", dict(SEXES).get(version.sex, version.sex), "sex")
        for name in ("nationalities", "languages", "papers"):
            yield Row(CHANGES[kind][name].title, "\n".join(getattr(version, name)), name)
    elif kind is Kind.ADDRESS:
        yield Row("Address", version.lines, "address")
        yield Row("Postcode", version.postcode, "address")
        yield Row("Borough", version.borough, "address")
        yield Row("Country", version.country, "address")
        yield Row("Marked secret", "Yes" if version.secret else "No", "secret")
    elif kind is Kind.VEHICLE:
        yield Row("Registration", version.registration, "vehicle")
        yield Row("Country of registration", version.country, "vehicle")
        yield Row("Description", version.description, "vehicle")
    else:
        yield Row(version.get_sort_display(), version.given, "phone")
        yield Row("Where it is used", version.service, "phone")


def name_row(found: RecordPage, name: Name, works: bool) -> Told:
    parts = (("Given names", name.given), ("Family name", name.family), ("How it is known", found.because(name)))
    end = Row("Take back", "", reverse("people:end-name", args=[found.reference, found.record.id, name.pk]))
    # only potential victims arrive with a referral
    told = name.sort != Name.Sort.REFERRED or found.side is Side.VICTIM
    return Told(
        words=name.get_sort_display() if told else "Name",
        reference="",
        grounds=("", ""),
        span="",
        title=name.words,
        named=True,
        rows=tuple(Row(label, words) for label, words in parts if words),
        actions=(end,) if works else (),
    )


def role_told(found: RecordPage, row: Involvement) -> Told:
    view = found.views[row.referral_id]
    key, reference = found.record.id, row.referral.reference
    actions = ()
    if view.works and row.ended_at is None:
        actions = (
            Row("Change", "", reverse("people:role", args=[reference, key, row.pk])),
            Row("Take out of this case", "", reverse("people:end-role", args=[reference, key, row.pk])),
        )
    return Told(
        words=capital(CaseRole(row.role).words),
        reference=reference,
        grounds=GROUNDS_TAGS[Grounds(row.grounds)],
        span=span_words(row.since, row.until),
        rows=tuple(known_rows(found, row)),
        over=row.ended_at is not None,
        actions=actions,
    )


def known_rows(found: RecordPage, row: object) -> Iterator[Row]:
    """How something is known, and why it was added and ended."""
    fact = row.grounds == Grounds.FACT
    yield Row("How it was verified" if fact else "Whose word", found.says(row.said))
    yield Row("Source", found.says(row.source))
    if row.reason:
        yield Row("Reason", found.says(row.reason))
    if row.ended_because:
        yield Row("Ended because", found.says(row.ended_because))


def connection_told(found: RecordPage, one: Connected) -> Told:
    row, card = one.connection, one.card
    view = found.views[row.referral_id]
    key, reference = found.record.id, row.referral.reference
    title, named, href = card_words(found, card)
    opens = one.opened is Opened.BY_OPENING
    if opens:
        href = reverse("people:secret", args=[key, row.pk])
    end = Row("End", "", reverse("people:end-connection", args=[reference, key, row.pk]))
    return Told(
        words=capital(one.words),
        reference=reference,
        grounds=GROUNDS_TAGS[Grounds(row.grounds)],
        span=span_words(row.since, row.until),
        rows=tuple(known_rows(found, row)) if one.told else (),
        title=title,
        named=named,
        href=href,
        opens=opens,
        over=one.over,
        actions=(end,) if view.works and not one.over else (),
    )


def card_words(found: RecordPage | None, card: Card) -> tuple[str, bool, str]:
    """What a record is called on another's page, whether that is somebody's own words, and where it leads."""
    if card.kept:
        return KEPT, False, ""
    href = record_page(card.id, card.reference, card.role.side if card.role else None) if card.id else ""
    if card.shown is not Shown.NAMED:
        return f"A person in case {card.reference}", False, href
    if not card.title:
        return NO_NAME if card.kind is Kind.PERSON else capital(card.kind.words), False, href
    # what describes a thing may name somebody
    title = card.title if card.kind is Kind.PERSON or found is None else found.says(card.title)
    return title, True, href


def same_row(found: RecordPage, row: object, card: Card) -> Told:
    title, named, href = card_words(found, card)
    end = Row("It is not the same", "", reverse("people:end-same", args=[found.reference, found.record.id, row.pk]))
    return Told(
        words="May be the same as",
        reference=card.reference,
        grounds=("", ""),
        span="",
        title=title,
        named=named,
        href=href,
        rows=(Row("Reason", found.says(row.reason)),) if card.shown is Shown.NAMED else (),
        actions=(end,) if found.view.works else (),
    )


def history(found: RecordPage) -> Iterator[Past]:
    """Each version of what is known, the newest first, then names that were taken back."""
    for version in found.versions:
        yield Past(
            f"Version {version.number}",
            version.recorded_at,
            by_words(found, version, version.recorded_by),
            found.because(version),
            tuple(row for row in rows_of(found, version) if row.words),
        )
    for name in found.names:
        if name.ended_at is not None:
            because = found.says(name.ended_because) if found.seen(name) else found.because(name)
            yield Past(
                "Name taken back",
                name.ended_at,
                by_words(found, name, name.ended_by),
                because,
                (Row("Name", name.words),),
            )


def by_words(found: RecordPage, row: Version | Name, user: object) -> str:
    """Who wrote it, where the viewer may know; of what came with a referral only a potential victim's page says so."""
    if user is None:
        return "the referral" if found.side is Side.VICTIM else ""
    return user.post if found.seen(row) else ""


def links(found: RecordPage) -> list[tuple[str, str]]:
    """The pages on which something is added to the record: their words and addresses."""
    key = found.record.id
    names = [("Connect with another record", "connect"), ("It may be the same as another", "find-same")]
    if found.record.kind is Kind.PERSON:
        names.insert(0, ("Add a name", "name"))
    else:
        names.append(("Add one more role in this case", "link"))
    if found.side is Side.VICTIM:
        names.insert(0, ("Change how to reach this person safely", "contact"))
    pages = [(words, reverse(f"people:{name}", args=[found.reference, key])) for words, name in names]
    if found.record.kind is Kind.PERSON:
        for kind in (Kind.ADDRESS, Kind.PHONE, Kind.VEHICLE):
            add = reverse("people:add", args=[found.reference, kind.value])
            pages.append((f"Add {article(kind)} of this person", f"{add}?whose={key}"))
    return pages
