"""The people and places of a case, and one record whole: every read of this stage, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction. What a page may say of other records
is `domain.people`'s to decide. Every row is asked before it leaves: a name that may not be told is not in the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, Value

from palermo.domain.access import Viewer
from palermo.domain.people import (
    CaseRole,
    CaseView,
    Kind,
    Opened,
    Shown,
    Side,
    Tie,
    address_key,
    code_key,
    mentions,
    phone_key,
    shows_address,
    shows_person,
    shows_role,
    view_of,
)
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.queries import Work, openable, work_for, works
from palermo.web.intake.models import Referral
from palermo.web.people.models import (
    AddressVersion,
    Connection,
    Entity,
    Involvement,
    Name,
    PersonVersion,
    PhoneVersion,
    PossibleSame,
    SafeContact,
    VehicleVersion,
    Version,
)

FOUND = 50
"""So many records a search for one to link gives at most."""
VERSIONS: dict[Kind, type[Version]] = {
    Kind.PERSON: PersonVersion,
    Kind.ADDRESS: AddressVersion,
    Kind.VEHICLE: VehicleVersion,
    Kind.PHONE: PhoneVersion,
}
CONTENT: dict[Kind, tuple[str, ...]] = {
    Kind.PERSON: ("born", "sex", "nationalities", "languages", "papers"),
    Kind.ADDRESS: ("lines", "borough", "postcode", "country", "secret"),
    Kind.VEHICLE: ("registration", "country", "description"),
    Kind.PHONE: ("sort", "given", "service"),
}
"""What somebody says of a record; the rest of a version follows from it."""
BEST_NAME = ("used", "referred", "document", "birth", "alias", "transliteration", "nickname", "other")
"""Which name stands for a person where one has to."""


# What is known


@dataclass(frozen=True, slots=True)
class Present:
    """What is known of a record now."""

    entity: Entity
    names: tuple[Name, ...]
    version: Version

    @property
    def id(self) -> UUID:
        return self.entity.pk

    @property
    def kind(self) -> Kind:
        return Kind(self.entity.kind)

    @property
    def title(self) -> str:
        """What it is called in a line; empty for a person whose name is not known."""
        if self.kind is Kind.PERSON:
            return self.names[0].words if self.names else ""
        return title_of(self.version)


def title_of(version: Version) -> str:
    """An address, a vehicle or a phone in one line."""
    if isinstance(version, AddressVersion):
        parts = (*version.lines.splitlines(), version.postcode, version.country)
        return ", ".join(part.strip() for part in parts if part.strip())
    if isinstance(version, VehicleVersion):
        return version.registration or version.description
    return version.given


def present(ids: Iterable[UUID]) -> dict[UUID, Present]:
    """What is known now of each of these records, in a fixed number of queries. The caller asks what may be shown."""
    ids = set(ids)
    names = defaultdict(list)
    for name in Name.objects.filter(entity__in=ids, ended_at__isnull=True).order_by("pk"):
        names[name.entity_id].append(name)
    version_of = {
        version.entity_id: version
        for model in VERSIONS.values()
        for version in model.objects.filter(entity__in=ids, replaced_at__isnull=True)
    }
    return {
        entity.pk: Present(
            entity,
            tuple(sorted(names[entity.pk], key=lambda name: BEST_NAME.index(name.sort))),
            version_of[entity.pk],
        )
        for entity in Entity.objects.filter(pk__in=ids)
    }


def kept(ids: Iterable[UUID]) -> frozenset[UUID]:
    """Of these records the addresses that are kept from every list, in one query."""
    return frozenset(keeping().filter(pk__in=set(ids)).values_list("pk", flat=True))


def keeping() -> QuerySet[Entity]:
    """The addresses that are kept from every list, as rows; for search too.

    Those marked secret, those that somebody lives at who stands or ever stood anywhere as a potential victim, and those
    of which a case says that somebody lives there and not who.
    """
    victims = Involvement.objects.filter(entity=OuterRef("one"), role=CaseRole.POTENTIAL_VICTIM)
    living = Connection.objects.filter(tie=Tie.LIVES_AT, ended_at__isnull=True)
    of_somebody = living.filter(other=OuterRef("entity"), referral=OuterRef("referral"))
    of_nobody_known = Involvement.objects.filter(
        ~Exists(of_somebody), entity=OuterRef("pk"), role=CaseRole.LIVES, ended_at__isnull=True
    )
    secret = AddressVersion.objects.filter(entity=OuterRef("pk"), replaced_at__isnull=True, secret=True)
    return Entity.objects.filter(
        Exists(secret) | Exists(living.filter(Exists(victims), other=OuterRef("pk"))) | Exists(of_nobody_known),
        kind=Kind.ADDRESS,
    )


# One case


@dataclass(frozen=True, slots=True)
class Stands:
    """As what a record stands in a case. An address that is `kept` is in no list, page or export but its own."""

    involvement: Involvement
    record: Present
    kept: bool

    @property
    def role(self) -> CaseRole:
        return CaseRole(self.involvement.role)

    @property
    def side(self) -> Side:
        return self.role.side

    @property
    def over(self) -> bool:
        return self.involvement.ended_at is not None


def records_of(referral: Referral) -> tuple[Stands, ...]:
    """Every record that stands or stood in the case, as it was added, in a fixed number of queries.

    For the later stages too. The caller has checked access to the case, and shows no address that is `kept`.
    """
    rows = tuple(Involvement.objects.filter(referral=referral).select_related("recorded_by", "ended_by").order_by("pk"))
    ids = {row.entity_id for row in rows}
    known, hidden = present(ids), kept(ids)
    return tuple(Stands(row, known[row.entity_id], row.entity_id in hidden) for row in rows)


@dataclass(frozen=True, slots=True)
class CasePage:
    """The people and places of one case."""

    work: Work
    records: tuple[Stands, ...]
    view: CaseView


def case_for(user: User, reference: str) -> CasePage | None:
    """The people and places of a case, if the viewer may see it. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "people")
        if work is None:
            return None
        return CasePage(work, records_of(work.referral), view_of(user.viewer, work.custody))


# Whom a viewer sees as what


def sight(viewer: Viewer, referrals: Iterable[UUID]) -> dict[UUID, CaseView]:
    """What each of these cases is to the viewer."""
    return {key: view_of(viewer, work.custody) for key, work in works(set(referrals)).items()}


def current(rows: Iterable[Involvement]) -> Involvement | None:
    """Of one record's roles in one case the present one, or the last."""
    return max(rows, key=lambda row: (row.ended_at is None, row.pk), default=None)


def in_sight(rows: Iterable[Involvement], views: Mapping[UUID, CaseView]) -> list[Involvement]:
    """The roles that the viewer may know of.

    A role that has ended is history, and those who work on the case read it. To all others a record stands as it does
    now, so that nobody who turned out to be a potential victim goes on as a subject.
    """
    views_of = ((row, views[row.referral_id]) for row in rows)
    return [row for row, view in views_of if view.works or (view.seen and row.ended_at is None)]


@dataclass(frozen=True, slots=True)
class Card:
    """A record as another page may speak of it. Where it is not named there is no title, and with a link or not."""

    kind: Kind
    shown: Shown
    reference: str
    id: UUID | None = None
    title: str = ""
    role: CaseRole | None = None
    kept: bool = False


def card_of(found: Present, stands: Involvement, page: Side, view: CaseView, hidden: frozenset[UUID]) -> Card:
    """How a page of one side speaks of a record that stands so in a case."""
    role, reference = CaseRole(stands.role), stands.referral.reference
    if found.kind is Kind.ADDRESS:
        opened = shows_address(page, found.id in hidden, view)
        if opened is Opened.PLAIN:
            return Card(found.kind, Shown.NAMED, reference, found.id, found.title, role)
        return Card(found.kind, Shown.HIDDEN if opened is Opened.HIDDEN else Shown.UNNAMED, reference, kept=True)
    shown = (Shown.NAMED if view.seen else Shown.HIDDEN) if found.kind is not Kind.PERSON else None
    shown = shown or shows_person(page, role.side, view)
    if shown is Shown.NAMED:
        return Card(found.kind, shown, reference, found.id, found.title, role)
    return Card(found.kind, shown, reference, found.id if shown is Shown.LINKED else None)


RANK = (Shown.NAMED, Shown.LINKED, Shown.UNNAMED, Shown.HIDDEN)


def cards_for(user: User, ids: Iterable[UUID], page: Side = Side.THING) -> list[Card]:
    """Of these records what a list of that side may say, in the order of the ids; for search too.

    Each stands as in the case that says most of it among those that the viewer may see. One of which nothing may be
    said is left out. Whoever lists them notes the reading.
    """
    ids = list(dict.fromkeys(ids))
    rows = list(Involvement.objects.filter(entity__in=ids).select_related("referral").order_by("pk"))
    views, known, hidden = sight(user.viewer, {row.referral_id for row in rows}), present(ids), kept(ids)
    far_roles = by_record_and_case(in_sight(rows, views))
    best = (best_card(known[one], far_roles, page, views, hidden) for one in ids if one in known)
    return [card for card in best if card and card.shown is not Shown.HIDDEN and not card.kept]


def by_record_and_case(rows: Iterable[Involvement]) -> dict[tuple[UUID, UUID], list[Involvement]]:
    found = defaultdict(list)
    for row in rows:
        found[row.entity_id, row.referral_id].append(row)
    return found


# One record


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection of a page's record with another, as far as the page may tell it."""

    connection: Connection
    words: str
    card: Card
    opened: Opened | None = None

    @property
    def over(self) -> bool:
        return self.connection.ended_at is not None

    @property
    def told(self) -> bool:
        """Whether its source, reason and words may stand on the page: not where they may lead to somebody unnamed."""
        return self.card.shown is Shown.NAMED or self.opened is Opened.BY_OPENING


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A case in which the same record stands on another side."""

    reference: str
    side: Side


@dataclass(frozen=True)
class RecordPage:
    """One record in the context of one side: all that its page may show."""

    record: Present
    side: Side
    reference: str
    referral: Referral
    view: CaseView
    stands: tuple[Involvement, ...]
    views: Mapping[UUID, CaseView]
    elsewhere: tuple[Elsewhere, ...] = ()
    connections: tuple[Connected, ...] = ()
    versions: tuple[Version, ...] = ()
    names: tuple[Name, ...] = ()
    contacts: tuple[SafeContact, ...] = ()
    same: tuple[tuple[PossibleSame, Card], ...] = ()
    protected: tuple[str, ...] = field(default=(), repr=False)

    def says(self, text: str) -> str:
        """A text that somebody wrote, or the words that stand for one which names a potential victim."""
        own = [name.words for name in self.names]
        return NAMES_SOMEBODY if mentions(text, self.protected, besides=own) else text

    def seen(self, row: Version | Name) -> bool:
        """Whether the viewer may open the case in whose record the row was written."""
        view = self.views.get(row.referral_id)
        return bool(view and view.seen)

    def because(self, row: Version | Name) -> str:
        """Why something was recorded, where the viewer may know."""
        return self.says(row.reason) if self.seen(row) else OTHER_CASE


NAMES_SOMEBODY = "Kept from this page: it names a potential victim."
OTHER_CASE = "Recorded in another case."


def page_for(user: User, key: UUID, reference: str = "", side: str = "") -> RecordPage | None:
    """One record as it stands in a case that the viewer may see; None where there is none that they may know of.

    Without a reference it is the case in which it was recorded last; `side` asks for what it was there before. The
    opening is noted, and so is one that was refused.
    """
    with transaction.atomic():
        entity = Entity.objects.filter(pk=key).first()
        if entity is None:
            return None
        found = page_of(user.viewer, entity, reference, side)
        action = "opened" if found else "refused"
        about = {"case": found.reference, "side": found.side} if found else {}
        record(user, Duty.CONSULTATION, f"{entity.kind}_{action}", f"{entity.kind}:{entity.pk}", **about)
        return found


def page_of(viewer: Viewer, entity: Entity, reference: str, side: str) -> RecordPage | None:
    """The page without its entry in the trail."""
    rows = involvements_of(entity)
    own = {row.referral_id for row in rows}
    views = sight(viewer, own)
    seen = in_sight(rows, views)
    chosen = context_of(seen, reference, side)
    if chosen is None or kept([entity.pk]):
        return None
    page = CaseRole(chosen.role).side
    here = [row for row in seen if CaseRole(row.role).side is page]
    cases = {row.referral_id for row in here}
    connections = connections_of(entity, cases)
    same = notes_of_the_same(entity)
    far_of = {row: row.other_id if row.one_id == entity.pk else row.one_id for row in (*connections, *same)}
    same_ids = {far_of[row] for row in same}
    far_rows = list(
        Involvement.objects.filter(entity__in=set(far_of.values()))
        .filter(Q(referral__in=cases) | Q(entity__in=same_ids))
        .select_related("referral")
        .order_by("pk")
    )
    views |= sight(viewer, {row.referral_id for row in far_rows} - own)
    known = present({entity.pk, *far_of.values()})
    hidden = kept(far_of.values())
    far_roles = by_record_and_case(far_rows)
    names = tuple(Name.objects.filter(entity=entity).select_related("recorded_by", "ended_by").order_by("pk"))
    found = RecordPage(
        record=known[entity.pk],
        side=page,
        reference=chosen.referral.reference,
        referral=chosen.referral,
        view=views[chosen.referral_id],
        stands=tuple(here),
        views=views,
        names=names,
        versions=tuple(versions_of(entity)),
        elsewhere=tuple(elsewhere(seen, page, views)),
        contacts=tuple(contacts_of(entity, cases)) if page is Side.VICTIM else (),
        protected=protected_names(entity, cases, page, views),
    )
    connected = (connected_as(row, entity, known[far_of[row]], far_roles, page, views, hidden) for row in connections)
    noted = ((row, best_card(known[far_of[row]], far_roles, page, views, hidden)) for row in same)
    return replace(
        found,
        connections=tuple(one for one in connected if one.card.shown is not Shown.HIDDEN),
        same=tuple((row, card) for row, card in noted if card and card.shown is not Shown.HIDDEN),
    )


def involvements_of(entity: Entity) -> list[Involvement]:
    rows = Involvement.objects.filter(entity=entity)
    return list(rows.select_related("referral", "recorded_by", "ended_by").order_by("pk"))


def context_of(seen: list[Involvement], reference: str, side: str) -> Involvement | None:
    """In which role a page shows its record: of the case and side that are asked for the present one, or the last."""
    asked = [
        row
        for row in seen
        if (not reference or row.referral.reference == reference) and (not side or CaseRole(row.role).side == side)
    ]
    return current(asked)


def elsewhere(seen: list[Involvement], page: Side, views: Mapping[UUID, CaseView]) -> Iterator[Elsewhere]:
    """Where else the same record stands on another side, as far as a page of this side says so."""
    told = {}
    for row in seen:
        side = CaseRole(row.role).side
        if side is not page and shows_role(page, side, views[row.referral_id]):
            told[row.referral.reference, side] = Elsewhere(row.referral.reference, side)
    yield from told.values()


def connections_of(entity: Entity, cases: Iterable[UUID]) -> list[Connection]:
    rows = Connection.objects.filter(Q(one=entity) | Q(other=entity), referral__in=set(cases))
    return list(rows.select_related("referral", "recorded_by", "ended_by").order_by("pk"))


def notes_of_the_same(entity: Entity) -> list[PossibleSame]:
    rows = PossibleSame.objects.filter(Q(one=entity) | Q(other=entity), ended_at__isnull=True)
    return list(rows.select_related("referral", "recorded_by").order_by("pk"))


def versions_of(entity: Entity) -> QuerySet[Version]:
    """Every version of what is known, the newest first."""
    found = VERSIONS[Kind(entity.kind)].objects.filter(entity=entity)
    return found.select_related("referral", "recorded_by").order_by("-number")


def contacts_of(entity: Entity, cases: Iterable[UUID]) -> QuerySet[SafeContact]:
    """How it is safe to reach somebody, as each of these cases has it now."""
    found = SafeContact.objects.filter(entity=entity, referral__in=set(cases), replaced_at__isnull=True)
    return found.exclude(words="").select_related("referral", "recorded_by").order_by("pk")


def protected_names(
    entity: Entity, cases: Iterable[UUID], page: Side, views: Mapping[UUID, CaseView]
) -> tuple[str, ...]:
    """The names that no text on a page of that side may say: of everybody who is or was a potential victim there."""
    silent = [case for case in cases if shows_person(page, Side.VICTIM, views[case]) not in (Shown.NAMED, Shown.HIDDEN)]
    victims = Involvement.objects.filter(referral__in=silent, role=CaseRole.POTENTIAL_VICTIM).exclude(entity=entity)
    return tuple(Name.objects.filter(entity__in=victims.values("entity")).values_list("words", flat=True))


def connected_as(
    row: Connection,
    entity: Entity,
    far: Present,
    far_roles: Mapping[tuple[UUID, UUID], list[Involvement]],
    page: Side,
    views: Mapping[UUID, CaseView],
    hidden: frozenset[UUID],
) -> Connected:
    """A connection as the page may tell it; the other record stands as it does in the case of the connection."""
    rule = Tie(row.tie).rule
    words = rule.words if row.one_id == entity.pk else rule.back
    view = views[row.referral_id]
    stands = current(far_roles.get((far.id, row.referral_id), ()))
    if stands is None:
        # in no role of that case; of a person then nothing is said, of a thing what can be said of any
        stands = Involvement(
            referral=row.referral, role=CaseRole.CONCERNED if far.kind is Kind.PERSON else CaseRole.SEEN
        )
    card = card_of(far, stands, page, view, hidden)
    opened = shows_address(page, far.id in hidden, view) if far.kind is Kind.ADDRESS else None
    return Connected(row, words, card, opened)


def best_card(
    far: Present,
    far_roles: Mapping[tuple[UUID, UUID], list[Involvement]],
    page: Side,
    views: Mapping[UUID, CaseView],
    hidden: frozenset[UUID],
) -> Card | None:
    """How the page speaks of a record, as it stands in the case that says most of it."""
    cards = [
        card_of(far, current(roles), page, views[case], hidden)
        for (record_id, case), roles in far_roles.items()
        if record_id == far.id
    ]
    return min(cards, key=lambda card: RANK.index(card.shown), default=None)


# Addresses that are kept


@dataclass(frozen=True, slots=True)
class Secret:
    """An address that was opened from a potential victim's page."""

    address: Present
    connection: Connection
    person: UUID
    reference: str


def secret_for(user: User, person: UUID, key: int) -> Secret | None:
    """The address of a potential victim, for those who answer for the case it was recorded in.

    The opening is noted under an action of its own, and so is one that was refused.
    """
    with transaction.atomic():
        row = Connection.objects.filter(pk=key, one=person, other__kind=Kind.ADDRESS).select_related("referral").first()
        if row is None:
            return None
        roles = Involvement.objects.filter(entity=person, referral=row.referral, role=CaseRole.POTENTIAL_VICTIM)
        view = sight(user.viewer, [row.referral_id])[row.referral_id]
        hidden = row.other_id in kept([row.other_id])
        opened = roles.exists() and shows_address(Side.VICTIM, hidden, view) in (Opened.PLAIN, Opened.BY_OPENING)
        action = "secret_address_opened" if opened else "secret_address_refused"
        reference = row.referral.reference
        record(
            user,
            Duty.CONSULTATION,
            action,
            f"address:{row.other_id}",
            person=str(person),
            case=reference,
        )
        return Secret(present([row.other_id])[row.other_id], row, person, reference) if opened else None


# To be written to


def may_see(viewer: Viewer, entity: Entity) -> bool:
    """Whether the viewer may open a page of the record."""
    rows = involvements_of(entity)
    seen = in_sight(rows, sight(viewer, {row.referral_id for row in rows}))
    return bool(seen) and not kept([entity.pk])


@dataclass(frozen=True, slots=True)
class Written:
    """A record that stands in the case and is to be written on."""

    record: Present
    side: Side
    kept: bool


def to_write_on(user: User, work: Work, key: UUID) -> Written | None:
    """The record, if it stands in the case now; None for a kept address of a case that the viewer does not answer for.

    The opening of a kept address is noted, and so is one that was refused: the page shows it.
    """
    rows = list(Involvement.objects.filter(entity=key, referral=work.referral, ended_at__isnull=True).order_by("pk"))
    if not rows:
        return None
    hidden = bool(kept([key]))
    with transaction.atomic():
        if hidden:
            owns = view_of(user.viewer, work.custody).owns
            action = "secret_address_opened" if owns else "secret_address_refused"
            record(user, Duty.CONSULTATION, action, f"address:{key}", case=work.referral.reference)
            if not owns:
                return None
        return Written(present([key])[key], CaseRole(rows[0].role).side, hidden)


def content_of(found: Present) -> dict[str, object]:
    """What somebody said of a record, by column."""
    return {name: getattr(found.version, name) for name in CONTENT[found.kind]}


def contact_in(referral: Referral, key: UUID) -> SafeContact | None:
    """How it is safe to reach somebody, as the case has it now."""
    return SafeContact.objects.filter(entity=key, referral=referral, replaced_at__isnull=True).first()


def connectable(user: User, work: Work, found: Written) -> list[Card]:
    """With what in the case a record can be connected from its own page: with whatever that page may name."""
    view = view_of(user.viewer, work.custody)
    cards = [
        card_of(one.record, one.involvement, found.side, view, frozenset())
        for one in standing_in(work.referral)
        if one.record.id != found.record.id
    ]
    return [card for card in cards if card.shown is Shown.NAMED]


def side_in(referral: Referral, entity: Entity) -> Side | None:
    """On which side a record stands in the case now; None where it does not stand there."""
    row = Involvement.objects.filter(entity=entity, referral=referral, ended_at__isnull=True).first()
    return CaseRole(row.role).side if row else None


def involvement_of(referral: Referral, key: int) -> Involvement | None:
    """A role that runs in this case."""
    found = Involvement.objects.filter(referral=referral, pk=key, ended_at__isnull=True)
    return found.select_related("entity").first()


def connection_in(referral: Referral, entity: UUID, key: int) -> Connection | None:
    """A connection of a record that runs in this case."""
    found = Connection.objects.filter(Q(one=entity) | Q(other=entity), referral=referral, pk=key, ended_at__isnull=True)
    return found.select_related("one", "other").first()


def standing_in(referral: Referral, kind: Kind | None = None) -> list[Stands]:
    """What stands in the case now, once each; addresses that are kept are left out."""
    found = {}
    for one in records_of(referral):
        if not one.over and not one.kept and kind in (None, one.record.kind):
            found.setdefault(one.record.id, one)
    return list(found.values())


# To be found


def found_for(user: User, kind: Kind, words: str, page: Side) -> list[Card]:
    """Records of a kind that answer to these words and that the viewer may see, as a list of that side may say.

    The reading is noted.
    """
    seen = Involvement.objects.filter(entity=OuterRef("pk"), referral__in=openable(user.viewer).values("referral"))
    asked = Entity.objects.filter(Exists(seen), kind=kind)
    ids = answering(asked, kind, words).order_by("-recorded_at", "pk").values_list("pk", flat=True)[:FOUND]
    cards = cards_for(user, ids, page)
    with transaction.atomic():
        shown = [str(card.id) for card in cards if card.id]
        record(user, Duty.CONSULTATION, "records_searched", f"account:{user.pk}", kind=kind, found=shown)
    return cards


def answering(rows: QuerySet[Entity], kind: Kind, words: str) -> QuerySet[Entity]:
    """Those whose name has all the words, whose number or code is the one given, or whose words have these in them."""
    if kind is Kind.PERSON:
        for part in words.split():
            key = Func(Value(part), function="palermo_name_key")
            rows = rows.filter(Exists(Name.objects.filter(entity=OuterRef("pk"), ended_at=None, key__contains=key)))
        return rows
    now = {"entity": OuterRef("pk"), "replaced_at__isnull": True}
    code = code_key(words)
    if kind is Kind.ADDRESS:
        same = Q(lines__icontains=words) | (Q(postcode_key=code) if code else Q())
        return rows.filter(Exists(AddressVersion.objects.filter(same, **now)))
    if kind is Kind.VEHICLE:
        same = Q(description__icontains=words) | (Q(registration_key=code) if code else Q())
        return rows.filter(Exists(VehicleVersion.objects.filter(same, **now)))
    same = Q(given=words) | Q(key__in=[key for key in (phone_key(words), address_key(words)) if key])
    return rows.filter(Exists(PhoneVersion.objects.filter(same, **now)))
