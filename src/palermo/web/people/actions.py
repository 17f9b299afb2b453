"""Adding, correcting, linking and connecting the people and places of a case: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry. Nothing is overwritten: what is known has
versions, what somebody stands as ends and begins. The timeline and the trail tell of records, never of names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from palermo.domain.people import (
    TIE_OF_ROLE,
    CaseRole,
    CaseView,
    Grounds,
    Kind,
    Side,
    Tie,
    address_key,
    code_key,
    phone_key,
    ties_between,
    view_of,
)
from palermo.domain.policy import listed
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, NoReferral, Refused, recording
from palermo.web.people import queries
from palermo.web.people.models import (
    Connection,
    Ending,
    Entity,
    Involvement,
    Name,
    PhoneVersion,
    PossibleSame,
    SafeContact,
    Version,
)


@dataclass(frozen=True, slots=True)
class HowKnown:
    """How something is known: verified how, or as whose word; where that stands; from when until when it was so."""

    grounds: Grounds
    said: str
    source: str
    since: str = ""
    until: str = ""

    @property
    def columns(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("grounds", "said", "source", "since", "until")}


@dataclass(frozen=True, slots=True)
class NameGiven:
    """One name as it was given: the whole of it, and its parts where they are known to be such."""

    sort: str
    words: str
    given: str = ""
    family: str = ""


class Overtaken(Exception):
    """Somebody else has changed the record since this account looked; `number` is that of the present version."""

    def __init__(self, number: int):
        super().__init__(f"version {number} is the present one")
        self.number = number


NOT_HERE = "it does not stand in this case, or does not any more"
HERE_ALREADY = "it stands in this case already"
NOTHING_NEW = "that is what the record says already"
NOT_THIS_ROLE = "a record of this kind does not stand in that role"
NOT_SO = "these two cannot be connected so"
NOT_A_VICTIM = "how to reach somebody safely is recorded for potential victims of the case"


# Records


def add_record(
    user: User,
    reference: str,
    kind: Kind,
    role: CaseRole,
    how: HowKnown,
    content: Mapping[str, object],
    *,
    key: UUID,
    name: NameGiven | None = None,
    about: UUID | None = None,
) -> Entity:
    """Add a person, an address, a vehicle or a phone to a case. With the same key again it is the record of then.

    `about` is the person of the case whose home, phone or vehicle it is.
    """
    with recording(user, reference) as hand:
        there = Entity.objects.filter(pk=key).first()
        if there:
            return added_before(hand, there)
        made = Entity.objects.create(pk=key, kind=kind, recorded_at=hand.at, recorded_by=user)
        add_version(hand, made, queries.VERSIONS[kind], columns_of(kind, content))
        if name and name.words:
            put_name(hand, made, name)
        begin(hand, made, role, how)
        if about is not None:
            # what the place or thing says of that person is known in the same way
            tie = TIE_OF_ROLE.get(role)
            if tie is None:
                raise Refused(NOT_SO)
            put_connection(hand, record_in(hand, about), made, tie, how)
        note(hand, Duty.COLLECTION, "added", made, role=role)
        hand.tell("record_added", f"Added to people and places: {article(kind)}, {role.words}.")
        return made


def added_before(hand: Hand, there: Entity) -> Entity:
    """The record that the same page added, if it did."""
    of_this_page = Involvement.objects.filter(entity=there, referral=hand.case.referral).exists()
    if there.recorded_by_id != hand.user.pk or not of_this_page:
        raise Refused("this page was used for another record; open it again")
    return there


def article(kind: Kind) -> str:
    return f"{'an' if kind is Kind.ADDRESS else 'a'} {kind.words}"


def columns_of(kind: Kind, content: Mapping[str, object]) -> dict[str, object]:
    """The columns of a version, with what is compared made of what was given."""
    columns = dict(content)
    if kind is Kind.ADDRESS:
        columns["postcode_key"] = code_key(str(columns.get("postcode", "")))
    if kind is Kind.VEHICLE:
        columns["registration_key"] = code_key(str(columns.get("registration", "")))
    if kind is Kind.PHONE:
        number = columns["sort"] == PhoneVersion.Sort.PHONE
        columns["key"] = (phone_key if number else address_key)(str(columns["given"]))
    return columns


def add_version(
    hand: Hand,
    entity: Entity,
    model: type[Version],
    columns: Mapping[str, object],
    *,
    number: int = 1,
    reason: str = "",
) -> Version:
    return model.objects.create(
        entity=entity,
        number=number,
        referral=hand.case.referral,
        recorded_at=hand.at,
        recorded_by=hand.user,
        reason=reason,
        **columns,
    )


def change(user: User, reference: str, key: UUID, changed: Mapping[str, object], reason: str, *, seen: int) -> Version:
    """Put a new version of what is known in the place of the present one, which stays in the history.

    Raises Overtaken where `seen` is not the number of the present version.
    """
    with recording(user, reference) as hand:
        entity = record_in(hand, key)
        kind = Kind(entity.kind)
        model = queries.VERSIONS[kind]
        before = model.objects.get(entity=entity, replaced_at__isnull=True)
        if before.number != seen:
            raise Overtaken(before.number)
        content = {name: getattr(before, name) for name in queries.CONTENT[kind]}
        after = {**content, **changed}
        if after == content:
            raise Refused(NOTHING_NEW)
        model.objects.filter(pk=before.pk).update(replaced_at=hand.at)
        made = add_version(hand, entity, model, columns_of(kind, after), number=before.number + 1, reason=reason)
        note(hand, Duty.ALTERATION, "changed", entity, version=made.number, fields=sorted(changed))
        # the reason may say where a kept address is
        told = "" if kind is Kind.ADDRESS and queries.kept([entity.pk]) else reason
        hand.tell("record_changed", f"What is known of {article(kind)} was changed.", told)
        return made


def record_in(hand: Hand, key: UUID) -> Entity:
    """The record, if it stands in the case now, locked until the transaction ends. Raises Refused.

    A kept address is there for those alone who answer for the case.
    """
    rows = Involvement.objects.filter(entity=key, referral=hand.case.referral, ended_at__isnull=True)
    entity = Entity.objects.select_for_update().filter(pk=key).first()
    if entity is None or not rows.exists() or (queries.kept([key]) and not own_view(hand).owns):
        raise Refused(NOT_HERE)
    return entity


def own_view(hand: Hand) -> CaseView:
    return view_of(hand.user.viewer, hand.work.custody)


def note(hand: Hand, duty: Duty, done: str, entity: Entity, **detail: object) -> None:
    """The entry in the trail: `person_added` on person:ID, in which case."""
    reference = hand.case.referral.reference
    record(hand.user, duty, f"{entity.kind}_{done}", f"{entity.kind}:{entity.pk}", case=reference, **detail)


# Names, and safe contact


def add_name(user: User, reference: str, key: UUID, name: NameGiven, reason: str) -> Name:
    """Add a name that somebody is known by. A name of the same kind and words is there once."""
    with recording(user, reference) as hand:
        entity = person_in(hand, key)
        same = Name.objects.filter(entity=entity, ended_at__isnull=True, sort=name.sort, words=name.words).first()
        if same:
            return same
        made = put_name(hand, entity, name, reason)
        note(hand, Duty.ALTERATION, "name_added", entity, name=made.pk)
        hand.tell("record_changed", "A name of a person was added.", reason)
        return made


def put_name(hand: Hand, entity: Entity, name: NameGiven, reason: str = "") -> Name:
    return Name.objects.create(
        entity=entity,
        sort=name.sort,
        words=name.words,
        given=name.given,
        family=name.family,
        referral=hand.case.referral,
        recorded_at=hand.at,
        recorded_by=hand.user,
        reason=reason,
    )


def end_name(user: User, reference: str, key: UUID, name: int, reason: str) -> None:
    """Say that somebody is not known by a name after all. It stays in the history."""
    with recording(user, reference) as hand:
        entity = person_in(hand, key)
        found = Name.objects.filter(entity=entity, pk=name, ended_at__isnull=True).first()
        if found is None:
            raise Refused("this name does not stand there any more")
        end(hand, found, reason)
        note(hand, Duty.ALTERATION, "name_ended", entity, name=found.pk)
        hand.tell("record_changed", "A name of a person was taken back.", reason)


def person_in(hand: Hand, key: UUID) -> Entity:
    entity = record_in(hand, key)
    if entity.kind != Kind.PERSON:
        raise Refused(NOT_HERE)
    return entity


def end(hand: Hand, row: Ending, reason: str, **more: object) -> None:
    """End a row, which then stays as it is."""
    type(row).objects.filter(pk=row.pk).update(ended_at=hand.at, ended_by=hand.user, ended_because=reason, **more)


def record_safe_contact(user: User, reference: str, key: UUID, words: str, reason: str, *, seen: int) -> SafeContact:
    """Record how a potential victim of the case can be reached safely; with no words, that what was recorded is over.

    Raises Overtaken where `seen` is not the number of the present version, nought where there is none.
    """
    with recording(user, reference) as hand:
        entity = person_in(hand, key)
        if queries.side_in(hand.case.referral, entity) is not Side.VICTIM:
            raise Refused(NOT_A_VICTIM)
        of_them = SafeContact.objects.filter(entity=entity, referral=hand.case.referral)
        before = of_them.filter(replaced_at__isnull=True).first()
        number = before.number if before else 0
        if number != seen:
            raise Overtaken(number)
        if (before.words if before else "") == words:
            raise Refused(NOTHING_NEW)
        of_them.filter(replaced_at__isnull=True).update(replaced_at=hand.at)
        made = add_version(hand, entity, SafeContact, {"words": words}, number=number + 1, reason=reason)
        note(hand, Duty.ALTERATION, "safe_contact_changed", entity, version=made.number)
        hand.tell("record_changed", "How to reach a potential victim safely was changed.")
        return made


# Roles


def begin(hand: Hand, entity: Entity, role: CaseRole, how: HowKnown, reason: str = "") -> Involvement:
    if Kind(entity.kind) not in role.rule.kinds:
        raise Refused(NOT_THIS_ROLE)
    if roles_here(hand, entity).filter(role=role).exists():
        raise Refused(HERE_ALREADY)
    return Involvement.objects.create(
        entity=entity,
        role=role,
        referral=hand.case.referral,
        recorded_at=hand.at,
        recorded_by=hand.user,
        reason=reason,
        **how.columns,
    )


def roles_here(hand: Hand, entity: Entity) -> QuerySet[Involvement]:
    """As what the record stands in the case now: a person as one thing, a place or a thing perhaps as several."""
    return Involvement.objects.filter(entity=entity, referral=hand.case.referral, ended_at__isnull=True)


def link(user: User, reference: str, key: UUID, role: CaseRole, how: HowKnown, reason: str) -> Involvement:
    """Let a record of another case stand in this one too, by the decision of somebody who may see both.

    It is one record from then on. A place or a thing of this case can stand in one more role in the same way. Raises
    NoReferral where the account may not know of the record.
    """
    with recording(user, reference) as hand:
        entity = Entity.objects.select_for_update().filter(pk=key).first()
        if entity is None or not queries.may_see(user.viewer, entity):
            raise NoReferral(key)
        kind, here = Kind(entity.kind), roles_here(hand, entity).exists()
        if here and kind is Kind.PERSON:
            raise Refused(HERE_ALREADY)
        made = begin(hand, entity, role, how, reason)
        what = article(kind).capitalize()
        if here:
            note(hand, Duty.ALTERATION, "role_added", entity, role=role)
            hand.tell("role_changed", f"{what} of this case stands in one more role: {role.words}.", reason)
        else:
            note(hand, Duty.COMBINATION, "linked", entity, role=role)
            hand.tell("record_linked", f"{what} of another case stands in this one too: {role.words}.", reason)
        return made


def change_role(user: User, reference: str, key: int, role: CaseRole, how: HowKnown, reason: str) -> Involvement:
    """Let a record stand in another role, or be known otherwise. What it stood as before ends and stays to be read."""
    with recording(user, reference) as hand:
        before, entity = role_in(hand, key)
        if role == before.role and how.columns == {name: getattr(before, name) for name in how.columns}:
            raise Refused(NOTHING_NEW)
        end(hand, before, reason)
        made = begin(hand, entity, role, how, reason)
        note(hand, Duty.ALTERATION, "role_changed", entity, before=before.role, role=role)
        was = CaseRole(before.role)
        same = f"How {article(Kind(entity.kind))} stands here ({role.words}) is known otherwise now."
        says = same if role is was else f"{was.words.capitalize()}: stands as {role.words} from now on."
        hand.tell("role_changed", says, reason)
        return made


def end_role(user: User, reference: str, key: int, until: str, reason: str) -> Involvement:
    """Say that a record does not stand in a role any more, or never did. Its history stays.

    Where it has no other role in this case its connections in it end too.
    """
    with recording(user, reference) as hand:
        before, entity = role_in(hand, key)
        end(hand, before, reason, until=until or before.until)
        if not roles_here(hand, entity).exists():
            for row in queries.connections_of(entity, [hand.case.referral.pk]):
                if row.ended_at is None:
                    end(hand, row, reason)
        note(hand, Duty.ALTERATION, "unlinked", entity, role=before.role)
        says = f"{article(Kind(entity.kind)).capitalize()} stands here no longer: {CaseRole(before.role).words}."
        hand.tell("role_ended", says, reason)
        return before


def role_in(hand: Hand, key: int) -> tuple[Involvement, Entity]:
    row = queries.involvement_of(hand.case.referral, key)
    if row is None:
        raise Refused(NOT_HERE)
    return row, record_in(hand, row.entity_id)


# Connections


def connect(user: User, reference: str, one: UUID, other: UUID, tie: Tie, how: HowKnown) -> Connection:
    """Connect two records of the case. The same connection is there once."""
    with recording(user, reference) as hand:
        # in the order of their keys, so that two accounts do not wait for each other
        locked = {key: record_in(hand, key) for key in sorted((one, other))}
        made = put_connection(hand, locked[one], locked[other], tie, how)
        note(hand, Duty.ALTERATION, "connected", locked[one], other=str(other), tie=tie)
        kinds = listed([article(Kind(locked[key].kind)) for key in (one, other)])
        hand.tell("connected", f"Connected: {kinds}.")
        return made


def put_connection(hand: Hand, one: Entity, other: Entity, tie: Tie, how: HowKnown) -> Connection:
    if one.pk == other.pk or tie not in ties_between(Kind(one.kind), Kind(other.kind)):
        raise Refused(NOT_SO)
    if tie.rule.words == tie.rule.back and other.pk < one.pk:
        # it says the same from either end
        one, other = other, one
    the_pair = {"referral": hand.case.referral, "one": one, "other": other, "tie": tie}
    there = Connection.objects.filter(**the_pair, ended_at__isnull=True).first()
    if there:
        return there
    return Connection.objects.create(**the_pair, recorded_at=hand.at, recorded_by=hand.user, **how.columns)


def disconnect(user: User, reference: str, key: UUID, connection: int, until: str, reason: str) -> None:
    """Say that two records are not connected so any more, or never were. It stays in the history."""
    with recording(user, reference) as hand:
        row = queries.connection_in(hand.case.referral, key, connection)
        if row is None:
            raise Refused("this connection does not hold any more")
        entity = record_in(hand, key)
        end(hand, row, reason, until=until or row.until)
        note(hand, Duty.ALTERATION, "disconnected", entity, connection=row.pk)
        # the reason may say where a kept address is
        hand.tell(
            "disconnected", "Two records are connected no longer.", "" if queries.kept([row.other_id]) else reason
        )


# Two records that may be one


def note_same(user: User, reference: str, key: UUID, other: UUID, reason: str) -> PossibleSame:
    """Note that a record of the case and another may be of the same person or thing. They stay two.

    Raises NoReferral where the account may not know of the other.
    """
    with recording(user, reference) as hand:
        entity = record_in(hand, key)
        far = Entity.objects.filter(pk=other, kind=entity.kind).exclude(pk=key).first()
        if far is None or not queries.may_see(user.viewer, far):
            raise NoReferral(other)
        one, two = sorted((entity, far), key=lambda found: found.pk)
        there = PossibleSame.objects.filter(one=one, other=two, ended_at__isnull=True).first()
        if there:
            return there
        made = PossibleSame.objects.create(
            one=one, other=two, referral=hand.case.referral, recorded_at=hand.at, recorded_by=user, reason=reason
        )
        note(hand, Duty.COMBINATION, "same_noted", entity, other=str(other))
        hand.tell("same_noted", f"Noted that {article(Kind(entity.kind))} may be the same as another.", reason)
        return made


def drop_same(user: User, reference: str, key: UUID, noted: int, reason: str) -> None:
    """Say that two records are not of the same after all. The note stays in the history."""
    with recording(user, reference) as hand:
        entity = record_in(hand, key)
        row = next((one for one in queries.notes_of_the_same(entity) if one.pk == noted), None)
        if row is None:
            raise Refused("this note does not hold any more")
        end(hand, row, reason)
        note(hand, Duty.COMBINATION, "same_dropped", entity, note=row.pk)
        hand.tell("same_dropped", f"Noted that {article(Kind(entity.kind))} is not the same as another.", reason)
