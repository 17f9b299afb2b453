"""What answers to a search, for whoever asks: every read of this stage.

The database finds, in the rows themselves, and only what belongs to a referral that the searcher may open: so results,
their number, their order and their pages tell of nothing else. What a result may say follows the rules of people and
places (`domain.people`): the list may hang beside a subject's page, so only subjects are named in it, and a text that
names a potential victim, or says where one lives, is left out. The reading is noted in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, F, Func, Model, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
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
from palermo.web.people.models import AddressVersion, Involvement, Name, PersonVersion, PhoneVersion, VehicleVersion
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


class Answers(Func):
    """Whether the words of some columns, made by the function of an index, answer to a query."""

    output_field = BooleanField()
    template = "%(function)s(%(expressions)s) @@ %(query)s"

    def __init__(self, function: str, *columns: str, query: str):
        super().__init__(*map(F, columns), function=function)
        self.query = query

    def as_sql(self, compiler, connection, **extra):
        sql, params = super().as_sql(compiler, connection, query="%s::tsquery", **extra)
        return sql, (*params, self.query)


class OneOf(Func):
    """Whether a column is one of a set, which the database works out first, and once."""

    output_field = BooleanField()
    arg_joiner = " = ANY ("
    template = "%(expressions)s)"

    def __init__(self, column: str, rows: QuerySet):
        super().__init__(F(column), ArraySubquery(rows))


# What answers


def answering(place: Place, asked: Asked) -> QuerySet | None:
    """The rows of a place that answer; None where nothing that it has is asked for."""
    return PLACES[place](asked)


def references(asked: Asked) -> QuerySet | None:
    if not asked.code:
        return None
    return Referral.objects.filter(
        Answers("palermo_searched_referral", "reference", "sender_reference", query=asked.code)
    )


def crimes(asked: Asked) -> QuerySet:
    """The newest of each referral: what stood there before may be another's."""
    newer = CrimeReference.objects.filter(referral=OuterRef("referral"), number__gt=OuterRef("number"))
    found = CrimeReference.objects.filter(Answers("palermo_searched_crimes", "crimes", query=asked.thing))
    return found.filter(~Exists(newer))


def people(asked: Asked) -> QuerySet | None:
    """As what people stand now who have all the names, together, and were born then as far as both is known."""
    if not asked.names and len(asked.born) < len("1985-04"):
        return None
    found = standing()
    if asked.names:
        found = found.filter(OneOf("entity", called(asked)))
    if asked.born:
        found = found.filter(OneOf("entity", born(asked.born)))
    return found


def called(asked: Asked) -> QuerySet:
    """Who has all the names, in one name or several, or all of them as one word."""
    first, *others = (with_name(asked.name(term)) for term in asked.names)
    found = first.intersection(*others) if others else first
    return found.union(with_name(asked.name(asked.as_one))) if asked.as_one else found


def with_name(query: str) -> QuerySet:
    rows = Name.objects.filter(Answers("palermo_searched_name", "words", query=query), ended_at=None)
    return rows.values("entity")


def born(day: str) -> QuerySet:
    """Who was born then, or of whom no more is known than the year or month of it."""
    less = [day[:length] for length in (4, 7) if length < len(day)]
    then = Q(born__startswith=day) | Q(born__in=[*less, *(f"{part}~" for part in less)])
    return PersonVersion.objects.filter(then, replaced_at=None).values("entity")


def standing() -> QuerySet:
    """As what everybody and everything stands in cases now; what has ended is history, and is not found."""
    return Involvement.objects.filter(ended_at=None)


def addresses(asked: Asked) -> QuerySet:
    """No address that is kept: not even that there is one."""
    found = AddressVersion.objects.filter(
        Answers("palermo_searched_address", "lines", "postcode", query=asked.thing), replaced_at=None
    )
    return standing().filter(OneOf("entity", found.values("entity")), ~Exists(keeping().filter(pk=OuterRef("entity"))))


def vehicles(asked: Asked) -> QuerySet:
    found = VehicleVersion.objects.filter(
        Answers("palermo_searched_vehicle", "registration", "description", query=asked.thing), replaced_at=None
    )
    return standing().filter(OneOf("entity", found.values("entity")))


def phones(asked: Asked) -> QuerySet:
    found = PhoneVersion.objects.filter(Answers("palermo_names", "given", query=asked.thing), replaced_at=None)
    return standing().filter(OneOf("entity", found.values("entity")))


def accounts(asked: Asked) -> QuerySet:
    return Referral.objects.filter(Answers("palermo_words", "account", query=asked.text))


def notes(asked: Asked) -> QuerySet:
    return Note.objects.filter(Answers("palermo_words", "text", query=asked.text))


def documents(asked: Asked) -> QuerySet:
    """Those that stand; of one that is withdrawn nothing is found."""
    found = Document.objects.filter(Answers("palermo_searched_document", "name", "description", query=asked.text))
    return found.filter(withdrawal=None)


def decisions(asked: Asked) -> QuerySet:
    columns = ("decision", "options", "reason", "based_on")
    return PolicyDecision.objects.filter(Answers("palermo_searched_decision", *columns, query=asked.text))


PLACES: dict[Place, Callable[[Asked], QuerySet | None]] = {
    Place.REFERENCE: references,
    Place.CRIME: crimes,
    Place.PERSON: people,
    Place.ADDRESS: addresses,
    Place.VEHICLE: vehicles,
    Place.PHONE: phones,
    Place.ACCOUNT: accounts,
    Place.NOTE: notes,
    Place.DOCUMENT: documents,
    Place.DECISION: decisions,
}


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
    if len(found) > MOST and wanted.asked.nearly:
        return places_of(viewer, replace(wanted, asked=replace(wanted.asked, nearly=False)))
    return found


def places_of(viewer: Viewer, wanted: Wanted) -> list[Hit]:
    found = [columns_of(place, rows) for place in wanted.places if (rows := answering(place, wanted.asked)) is not None]
    if not found:
        return []
    first, *others = found
    lines = among(viewer, wanted).values_list("pk", "received_at", "reference")
    try:
        lines_sql, lines_values = lines.query.sql_with_params()
    except EmptyResultSet:
        # a viewer who can have nothing, such as an officer of no unit
        return []
    hits_sql, hits_values = first.union(*others, all=True).query.sql_with_params()
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


def columns_of(place: Place, rows: QuerySet) -> QuerySet:
    referral = "pk" if rows.model is Referral else "referral"
    return rows.order_by().values_list(F(referral), Cast(Value(place.value), TextField()), Cast("pk", TextField()))


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
    stood = Involvement.objects.filter(referral__in=referrals, entity__kind=Kind.ADDRESS)
    addresses = set(stood.values_list("referral", "entity"))
    shown = {row.entity_id for row in rows.values() if isinstance(row, Involvement)}
    hidden = kept({*shown, *(entity for _, entity in addresses)})
    known = known_now({*shown, *hidden})
    names, homes = defaultdict(list), defaultdict(list)
    victims = Involvement.objects.filter(referral__in=referrals, role=CaseRole.POTENTIAL_VICTIM)
    for referral, words in victims.values_list("referral", "entity__names__words"):
        names[referral].append(words or "")
    for referral, entity in addresses:
        if entity in hidden:
            homes[referral] += tells_where(known[entity])
    lines = QueueLine.objects.filter(pk__in=referrals).select_related("officer")
    return Rows({line.pk: line for line in lines}, rows, known, hidden, sight(viewer, referrals), names, homes)


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
