"""What answers to a search, for whoever asks: every read of this stage.

The database finds, in the rows themselves, and only what belongs to a referral that the searcher may open: so results,
their number, their order and their pages tell of nothing else. What a result may say follows the rules of people and
places (`domain.people`): the list may hang beside a subject's page, so only subjects are named in it, and a text that
names a potential victim, or says where one lives, is left out. The reading is noted in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from palermo.domain.access import WORKING, Role, Viewer
from palermo.domain.casework import State
from palermo.domain.people import CaseRole, CaseView, Kind, Shown, Side, mentions, plain
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.models import QueueLine
from palermo.web.cases.queries import openable, unit_name
from palermo.web.intake.models import Referral
from palermo.web.papers.models import CrimeReference, Document, Note, PolicyDecision
from palermo.web.people.models import Involvement, Name
from palermo.web.people.queries import NAMES_SOMEBODY, Card, Present, card_of, keeping, kept, sight
from palermo.web.people.queries import present as known_now
from palermo.web.search.asking import BEGINS_NAMES, BEGINS_TEXTS, Asked
from palermo.web.search.folding import folded
from palermo.web.search.marking import Part, marked, terms_met

SEARCHING = WORKING | {Role.COMMANDER, Role.AUDITOR}
"""Who opens records, and so can search them."""
PAGE = 20
MOST = 1000
"""So many places that answer are put in order; a question that has more is too broad."""
SHOWN = 3
"""So many of the places that answer are shown of one referral."""


class Place(StrEnum):
    """Where something was found, in the order in which one referral's are shown."""

    REFERENCE = "reference"
    CRIME = "crime"
    PERSON = "person"
    ADDRESS = "address"
    VEHICLE = "vehicle"
    PHONE = "phone"
    ACCOUNT = "account"
    NOTE = "note"
    DOCUMENT = "document"
    DECISION = "decision"


KINDS: dict[str, tuple[str, frozenset[Place]]] = {
    "reference": ("References and crime numbers", frozenset({Place.REFERENCE, Place.CRIME})),
    "person": ("People", frozenset({Place.PERSON})),
    "address": ("Addresses", frozenset({Place.ADDRESS})),
    "vehicle": ("Vehicles", frozenset({Place.VEHICLE})),
    "phone": ("Phones, email and online names", frozenset({Place.PHONE})),
    "account": ("What the referral says", frozenset({Place.ACCOUNT})),
    "note": ("Notes", frozenset({Place.NOTE})),
    "document": ("Documents", frozenset({Place.DOCUMENT})),
    "decision": ("Decisions", frozenset({Place.DECISION})),
}
"""What a search can be narrowed to."""
RECORDS = {
    Place.PERSON: Kind.PERSON,
    Place.ADDRESS: Kind.ADDRESS,
    Place.VEHICLE: Kind.VEHICLE,
    Place.PHONE: Kind.PHONE,
}
CODES = frozenset({Place.REFERENCE, Place.CRIME})
FIRST, SECOND, NEARLY, LAST = range(4)
"""A reference comes before a person or a thing, that before a person nearly called so, and that before a text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and among which referrals."""

    asked: Asked
    kind: str = ""
    unit: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        among = KINDS[self.kind][1] if self.kind else frozenset(Place)
        return tuple(place for place in Place if place in among)


# What answers

Sql = tuple[str, list[object]]
"""A query and its values. Written out: to have it made anew for each search takes longer than to answer it."""

IN_TEXTS = {
    Place.REFERENCE: (
        "SELECT id, 'reference', id::text FROM intake_referral "
        "WHERE palermo_searched_referral(reference, sender_reference) @@ %s::tsquery"
    ),
    # the newest of each referral: what stood there before may be another's
    Place.CRIME: (
        "SELECT referral_id, 'crime', id::text FROM papers_crimereference AS crime "
        "WHERE palermo_searched_crimes(crimes) @@ %s::tsquery AND NOT EXISTS ("
        "SELECT FROM papers_crimereference AS newer "
        "WHERE newer.referral_id = crime.referral_id AND newer.number > crime.number)"
    ),
    Place.ACCOUNT: ("SELECT id, 'account', id::text FROM intake_referral WHERE palermo_words(account) @@ %s::tsquery"),
    Place.NOTE: "SELECT referral_id, 'note', id::text FROM papers_note WHERE palermo_words(text) @@ %s::tsquery",
    # of one that is withdrawn nothing is found
    Place.DOCUMENT: (
        "SELECT referral_id, 'document', id::text FROM papers_document AS document "
        "WHERE palermo_searched_document(name, description) @@ %s::tsquery "
        "AND NOT EXISTS (SELECT FROM papers_withdrawal WHERE document_id = document.id)"
    ),
    Place.DECISION: (
        "SELECT referral_id, 'decision', id::text FROM papers_policydecision "
        "WHERE palermo_searched_decision(decision, options, reason, based_on) @@ %s::tsquery"
    ),
}
# As what somebody or something stands in cases now; what has ended is history, and is not found. The set is worked out
# first, and once.
STANDING = "SELECT referral_id, '{place}', id::text FROM people_involvement AS stands WHERE ended_at IS NULL"
IN_THINGS = {
    Place.ADDRESS: "people_addressversion WHERE palermo_searched_address(lines, postcode)",
    Place.VEHICLE: "people_vehicleversion WHERE palermo_searched_vehicle(registration, description)",
    Place.PHONE: "people_phoneversion WHERE palermo_names(given)",
}
WITH_NAME = "SELECT entity_id FROM people_name WHERE palermo_searched_name(words) @@ %s::tsquery AND ended_at IS NULL"
BORN = "SELECT entity_id FROM people_personversion WHERE (born LIKE %s OR born = ANY (%s)) AND replaced_at IS NULL"


def answering(place: Place, asked: Asked) -> Sql | None:
    """The referrals and rows of a place that answer; None where nothing that it has is asked for."""
    if place is Place.PERSON:
        return people(asked)
    if place in IN_THINGS:
        return things(place, asked)
    query = {Place.REFERENCE: asked.code, Place.CRIME: asked.thing}.get(place, asked.text)
    return (IN_TEXTS[place], [query]) if query else None


def things(place: Place, asked: Asked) -> Sql:
    """Addresses, vehicles or phones; no address that is kept, nor even that there is one."""
    found = f"SELECT entity_id FROM {IN_THINGS[place]} @@ %s::tsquery AND replaced_at IS NULL"  # noqa: S608
    sql, values = f"{STANDING.format(place=place)} AND entity_id = ANY (ARRAY({found}))", [asked.thing]
    if place is Place.ADDRESS:
        hidden, more = hidden_addresses()
        sql, values = (
            f"{sql} AND NOT EXISTS (SELECT FROM ({hidden}) AS kept (id) WHERE id = entity_id)",
            [*values, *more],
        )
    return sql, values


@cache
def hidden_addresses() -> Sql:
    sql, values = keeping().values("pk").query.sql_with_params()
    return sql, list(values)


def people(asked: Asked) -> Sql | None:
    """Who has all the names, in one name or several, and was born then, as far as both is known."""
    sql, values = STANDING.format(place=Place.PERSON), []
    if asked.names:
        called = " INTERSECT ".join(f"({WITH_NAME})" for _ in asked.names)
        values += [asked.name(term) for term in asked.names]
        if asked.as_one:
            called = f"({called}) UNION ({WITH_NAME})"
            values.append(asked.name(asked.as_one))
        sql += f" AND entity_id = ANY (ARRAY({called}))"
    if asked.born:
        less = [asked.born[:length] for length in (4, 7) if length < len(asked.born)]
        sql += f" AND entity_id = ANY (ARRAY({BORN}))"
        values += [f"{asked.born}%", [*less, *(f"{part}~" for part in less)]]
    return (sql, values) if asked.names or len(asked.born) >= len("1985-04") else None


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that answers: in which referral, where, and the key of its row."""

    referral: UUID
    place: Place
    key: str
    received_at: datetime
    reference: str


def among(viewer: Viewer, wanted: Wanted) -> QuerySet[QueueLine]:
    """The lines of the referrals that the searcher may open and looks among."""
    lines = openable(viewer)
    if wanted.unit:
        lines = lines.filter(unit=wanted.unit)
    if wanted.state:
        lines = lines.filter(state=wanted.state)
    if wanted.since:
        lines = lines.filter(received_at__gte=midnight(wanted.since))
    if wanted.until:
        lines = lines.filter(received_at__lt=midnight(wanted.until + timedelta(days=1)))
    return lines


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def hits_of(viewer: Viewer, wanted: Wanted) -> list[Hit]:
    """Every place that answers, in no order; one more than `MOST` where there are more.

    Where there are too many, names that are one letter off are left out.
    """
    found = places_of(viewer, wanted)
    if len(found) > MOST and any(hit.place is Place.PERSON for hit in found):
        return places_of(viewer, replace(wanted, asked=replace(wanted.asked, nearly=False)))
    return found


def places_of(viewer: Viewer, wanted: Wanted) -> list[Hit]:
    found = [one for place in wanted.places if (one := answering(place, wanted.asked)) is not None]
    if not found:
        return []
    lines = among(viewer, wanted).values_list("pk", "received_at", "reference")
    try:
        lines_sql, lines_values = lines.query.sql_with_params()
    except EmptyResultSet:
        # a viewer who can have nothing, such as an officer of no unit
        return []
    hits_sql = " UNION ALL ".join(sql for sql, _ in found)
    hits_values = [value for _, values in found for value in values]
    with connection.cursor() as cursor:
        # for what folding would cost, the database makes code of the query and shares it out: that takes longer
        cursor.execute("SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute(
            "SELECT hit.referral, hit.place, hit.key, line.received_at, line.reference "  # noqa: S608
            f"FROM ({lines_sql}) AS line (referral, received_at, reference) "
            f"JOIN ({hits_sql}) AS hit (referral, place, key) ON hit.referral = line.referral LIMIT %s",
            [*lines_values, *hits_values, MOST + 1],
        )
        return [Hit(row[0], Place(row[1]), *row[2:]) for row in cursor.fetchall()]


# In which order


def nearly(hits: list[Hit], asked: Asked) -> frozenset[str]:
    """Of the people found, those who are called nearly so: they lack one of the words. In one query."""
    keys = [hit.key for hit in hits if hit.place is Place.PERSON]
    words: dict[str, list[str]] = defaultdict(list)
    rows = Name.objects.filter(ended_at=None, entity__involvements__in=keys)
    for key, name in rows.values_list("entity__involvements", "words") if keys else ():
        words[str(key)] += folded(name).split()
    return frozenset(
        key
        for key in keys
        if not all(any(term.meets(word, BEGINS_NAMES) for word in words[key]) for term in asked.names)
    )


def rank(hit: Hit, near: frozenset[str]) -> int:
    if hit.place in CODES:
        return FIRST
    if hit.place in RECORDS:
        return NEARLY if hit.place is Place.PERSON and hit.key in near else SECOND
    return LAST


def in_order(hits: list[Hit], asked: Asked) -> list[list[Hit]]:
    """What answers of each referral; what answers best first, and among equals the newest referral."""
    near = nearly(hits, asked)
    order = list(Place)
    of_one: dict[UUID, list[Hit]] = defaultdict(list)
    for hit in dict.fromkeys(hits):
        of_one[hit.referral].append(hit)
    for found in of_one.values():
        found.sort(key=lambda hit: (rank(hit, near), order.index(hit.place), -key_number(hit)))
    newest = sorted(of_one.values(), key=lambda found: (found[0].received_at, found[0].reference), reverse=True)
    return sorted(newest, key=lambda found: rank(found[0], near))


def key_number(hit: Hit) -> int:
    """For the order: what was written last comes first."""
    return int(hit.key) if hit.key.isdigit() else 0


# What is shown of it


@dataclass(frozen=True, slots=True)
class Match:
    """One place that answers, as the page may show it.

    `parts` are its words with what was looked for marked. Where the page may not say them there are none, and `because`
    says why; a person who is not named there has a card alone.
    """

    place: Place
    number: int = 0
    parts: tuple[Part, ...] = ()
    because: str = ""
    card: Card | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One referral in which something answers; `more` are the places that answer and are not shown."""

    reference: str
    received_at: datetime
    owner: str
    state: State
    officer: str
    restricted: bool
    matches: tuple[Match, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results; none where too much answers to be put in order."""

    page: Page | None


def found_for(user: User, wanted: Wanted, page: object = 1) -> Found:
    """One page of what answers among the referrals that the account may open. It is noted, without what was asked."""
    with transaction.atomic():
        hits = hits_of(user.viewer, wanted)
        if len(hits) > MOST:
            noted(user, 0, ())
            return Found(None)
        shown = Paginator(in_order(hits, wanted.asked), PAGE).get_page(page)
        shown.object_list = results(user.viewer, list(shown.object_list), wanted.asked)
        noted(user, shown.paginator.count, shown.object_list)
    return Found(shown)


def noted(user: User, found: int, shown: Iterable[Result]) -> None:
    """The entry in the trail: how many referrals answered, and what was shown; never what was looked for."""
    shown = list(shown)
    records = {str(match.card.id) for one in shown for match in one.matches if match.card and match.card.id}
    references = [one.reference for one in shown]
    record(
        user,
        Duty.CONSULTATION,
        "search_made",
        f"account:{user.pk}",
        found=found,
        references=references,
        records=sorted(records),
    )


def results(viewer: Viewer, groups: list[list[Hit]], asked: Asked) -> list[Result]:
    """What the page says of these referrals, in a fixed number of queries."""
    rows = rows_of(viewer, {group[0].referral for group in groups}, [hit for group in groups for hit in group[:SHOWN]])
    pack, day = policy.pack(), clock.today()
    found = []
    for group in groups:
        line = rows.lines[group[0].referral]
        found.append(
            Result(
                reference=line.reference,
                received_at=line.received_at,
                owner=unit_name(pack, line.unit, line.borough, day),
                state=State(line.state),
                officer=line.officer.post if line.officer else "",
                restricted=line.restricted,
                matches=tuple(matches(group[:SHOWN], rows, asked)),
                more=len(group[SHOWN:]),
            )
        )
    return found


@dataclass(frozen=True)
class Rows:
    """What the page needs of the referrals on it, and of the rows that answer."""

    lines: Mapping[UUID, QueueLine]
    rows: Mapping[tuple[type[Model], str], Model]
    known: Mapping[UUID, Present]
    hidden: frozenset[UUID]
    views: Mapping[UUID, CaseView]
    names: Mapping[UUID, list[str]] = field(repr=False)
    homes: Mapping[UUID, list[str]] = field(repr=False)

    def row(self, hit: Hit) -> Model:
        return self.rows[MODELS[hit.place], hit.key]

    def hides(self, text: str, referral: UUID, besides: Iterable[str]) -> bool:
        """Whether a text names somebody who is or was a potential victim there, or says where one lives."""
        said = f" {plain(text)} "
        return mentions(text, self.names[referral], besides=besides) or any(
            f" {home} " in said for home in self.homes[referral]
        )


MODELS: dict[Place, type[Model]] = {
    Place.REFERENCE: Referral,
    Place.CRIME: CrimeReference,
    Place.ACCOUNT: Referral,
    Place.NOTE: Note,
    Place.DOCUMENT: Document,
    Place.DECISION: PolicyDecision,
    **dict.fromkeys(RECORDS, Involvement),
}
WITH = {Note: ("superseded_by",), Involvement: ("referral",)}


def rows_of(viewer: Viewer, referrals: set[UUID], hits: list[Hit]) -> Rows:
    keys = defaultdict(set)
    for hit in hits:
        keys[MODELS[hit.place]].add(hit.key)
    rows = {
        (model, str(row.pk)): row
        for model in keys
        for row in model.objects.filter(pk__in=keys[model]).select_related(*WITH.get(model, ()))
    }
    shown = {row.entity_id for row in rows.values() if isinstance(row, Involvement)}
    stood = Involvement.objects.filter(referral__in=referrals, entity__kind=Kind.ADDRESS)
    addresses = set(stood.values_list("referral", "entity"))
    hidden = kept({entity for _, entity in addresses}) if addresses else frozenset()
    known = known_now(shown | hidden) if shown or hidden else {}
    names, homes = defaultdict(list), defaultdict(list)
    victims = Involvement.objects.filter(referral__in=referrals, role=CaseRole.POTENTIAL_VICTIM)
    for referral, words in victims.values_list("referral", "entity__names__words"):
        names[referral].append(words or "")
    for referral, entity in addresses:
        if entity in hidden:
            homes[referral] += tells_where(known[entity])
    lines = QueueLine.objects.filter(pk__in=referrals).select_related("officer")
    views = sight(viewer, referrals) if shown else {}
    return Rows({line.pk: line for line in lines}, rows, known, hidden, views, names, homes)


def tells_where(address: Present) -> list[str]:
    """The parts of an address that tell where it is: its first line, and its postcode in either form."""
    version = address.version
    parts = (version.lines.partition("\n")[0], version.postcode, version.postcode_key)
    return [words for part in parts if (words := plain(part))]


def matches(hits: list[Hit], rows: Rows, asked: Asked) -> Iterator[Match]:
    """What the page says of each place that answers in one referral."""
    own: list[str] = []
    for hit in hits:
        if hit.place in RECORDS:
            match = of_record(hit, rows, asked, own)
            if match.card.shown is Shown.NAMED and hit.place is Place.PERSON:
                own += [name.words for name in rows.known[match.card.id].names]
            if match.card.shown is not Shown.HIDDEN:
                yield match
        elif hit.place in CODES:
            yield Match(hit.place, parts=marked(codes(hit, rows), terms_met(asked.terms, BEGINS_NAMES)))
        else:
            yield of_text(hit, rows, asked, own)


def of_record(hit: Hit, rows: Rows, asked: Asked, own: list[str]) -> Match:
    """A person or a thing, as a list beside a subject's page may speak of it."""
    stands = rows.row(hit)
    found = rows.known[stands.entity_id]
    card = card_of(found, stands, Side.THING, rows.views[hit.referral], rows.hidden)
    if card.shown is not Shown.NAMED:
        return Match(hit.place, card=card)
    if hit.place is Place.PERSON:
        return Match(hit.place, parts=names_of(found, asked), card=card)
    if rows.hides(found.title, hit.referral, own):
        return Match(hit.place, because=NAMES_SOMEBODY, card=card)
    return Match(hit.place, parts=marked(found.title, terms_met(asked.terms, BEGINS_NAMES)), card=card)


def names_of(found: Present, asked: Asked) -> tuple[Part, ...]:
    """What a person is called, and the other names in which something answers."""
    first, *others = (marked(name.words, terms_met(asked.names, BEGINS_NAMES, near_too=True)) for name in found.names)
    also = [parts for parts in others if any(part.marked for part in parts)]
    return (*first, *(part for parts in also for part in (Part(", also "), *parts)))


def codes(hit: Hit, rows: Rows) -> str:
    row = rows.row(hit)
    if isinstance(row, CrimeReference):
        return ", ".join(row.crimes)
    return ", ".join(filter(None, (row.reference, row.sender_reference)))


def of_text(hit: Hit, rows: Rows, asked: Asked, own: list[str]) -> Match:
    row = rows.row(hit)
    number, replaced = getattr(row, "number", 0), hasattr(row, "superseded_by")
    parts = marked(text_of(row), terms_met(asked.terms, BEGINS_TEXTS))
    if rows.hides("".join(part.text for part in parts), hit.referral, own):
        return Match(hit.place, number, because=NAMES_SOMEBODY, replaced=replaced)
    return Match(hit.place, number, parts, replaced=replaced)


def text_of(row: Model) -> str:
    """What was searched of it, in the order in which its page has it."""
    if isinstance(row, Referral):
        return row.account
    if isinstance(row, Note):
        return row.text
    if isinstance(row, Document):
        return f"{row.name}: {row.description}"
    options = (text for option in row.options for text in option.values() if text)
    return " – ".join((row.decision, *map(str, options), row.reason, row.based_on))
