"""Receiving a referral, deciding on it, and passing it from owner to owner: every write of this stage.

Each action is one transaction with its audit entry. Deciding is `domain`'s; here it is only kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from palermo.packs import Pack
from palermo.web import policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.actors import Actor
from palermo.web.audit.models import Duty
from palermo.web.intake.models import (
    Clock,
    Draft,
    Event,
    FactVersion,
    Ownership,
    PotentialVictim,
    Referral,
    RouteDecision,
)
from palermo.web.notices.actions import To, notify

if TYPE_CHECKING:
    from palermo.domain.clocks import Clock as StartedClock
    from palermo.domain.referral import Facts
    from palermo.domain.tasking import Decision


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a first responder sends; `facts` and `elements` in the words of the contract."""

    key: str
    channel: str
    received_at: datetime
    referring_body: str
    facts: dict[str, object]
    elements: dict[str, object] = field(default_factory=dict)
    potential_victims: tuple[dict[str, str], ...] = ()
    account: str = ""
    first_responder: str = ""
    sender_reference: str = ""
    sent_by_borough: str = ""
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The referral that stands for a submission, and whether this call made it."""

    referral: Referral
    new: bool


def receive_referral(submission: Submission, actor: Actor) -> Acknowledgement:
    """Keep the referral, its finding, decision, owner, clocks and audit entry, all or nothing.

    The same key again gives back the referral of the first time and changes nothing.
    Raises FactsRefused where a fact is not one that the pack knows.
    """
    pack = policy.pack()
    facts = pack.read_facts(dict(submission.facts))
    if there := Referral.objects.filter(submission_key=submission.key).first():
        return Acknowledgement(there, new=False)
    try:
        with transaction.atomic():
            return Acknowledgement(keep(submission, facts, pack, actor), new=True)
    except IntegrityError:
        # two sendings at the same moment: the other one was first, and this one is the same referral
        there = Referral.objects.filter(submission_key=submission.key).first()
        if there is None:
            raise
        return Acknowledgement(there, new=False)


def keep(submission: Submission, facts: Facts, pack: Pack, actor: Actor) -> Referral:
    referral = Referral.objects.create(
        submission_key=submission.key,
        channel=submission.channel,
        received_at=submission.received_at,
        referring_body=submission.referring_body,
        sender_reference=submission.sender_reference,
        first_responder=submission.first_responder,
        sent_by=actor if isinstance(actor, User) else None,
        sent_by_borough=submission.sent_by_borough,
        account=submission.account,
        restricted=submission.restricted,
    )
    PotentialVictim.objects.bulk_create(
        PotentialVictim(referral=referral, **person) for person in submission.potential_victims
    )
    version = keep_facts(referral, facts, submission.elements, at=submission.received_at, by=actor)
    decision, decided = decide(version, facts, pack)
    Ownership.objects.create(
        referral=referral,
        unit=decided.owner,
        borough=decided.owner_borough or "",
        period=DateTimeTZRange(submission.received_at, None),
        how=Ownership.How.RECEIPT,
        decision=decision,
    )
    start_clocks(referral, decided, submission.received_at)
    announce(version, decided, (decided.owner, decided.owner_borough or ""), actor, at=submission.received_at)
    tell(referral, "received", f"Received from {submission.referring_body}.", actor, at=submission.received_at)
    tell(referral, "decided", decided.explanation, actor, at=submission.received_at, by_words="the remit")
    record(
        actor,
        Duty.COLLECTION,
        "referral_received",
        f"referral:{referral.reference}",
        channel=submission.channel,
        owner=decided.owner,
        rule=decided.rule,
        pack=pack.version,
    )
    return referral


def keep_facts(
    referral: Referral,
    facts: Facts,
    elements: dict[str, object],
    *,
    at: datetime,
    by: Actor,
    version: int = 1,
    reason: str = "",
) -> FactVersion:
    """Add a version of the facts; the database refuses a second one of the same number."""
    made = version_of(referral, facts, elements, at=at, by=by, version=version, reason=reason)
    made.save(force_insert=True)
    return made


def version_of(
    referral: Referral,
    facts: Facts,
    elements: dict[str, object],
    *,
    at: datetime,
    by: Actor,
    version: int = 1,
    reason: str = "",
) -> FactVersion:
    """A version of the facts that is not kept yet."""
    return FactVersion(
        referral=referral,
        version=version,
        facts=dict(facts.values),
        borough=facts.borough.name if facts.borough else "",
        profile=facts.profile,
        elements=elements,
        recorded_at=at,
        recorded_by=by if isinstance(by, User) else None,
        reason=reason,
    )


def decide(version: FactVersion, facts: Facts, pack: Pack, on: date | None = None) -> tuple[RouteDecision, Decision]:
    """Hold the facts against the definition and the remit of the day, and keep what they say.

    The day is that of the version: receipt for the first, the correction's for a later one.
    """
    kept, decided = decision_on(version, facts, pack, on)
    kept.save(force_insert=True)
    return kept, decided


def decision_on(
    version: FactVersion, facts: Facts, pack: Pack, on: date | None = None
) -> tuple[RouteDecision, Decision]:
    """What the remit says of a version of the facts, not kept yet; see `decide`."""
    day = on or timezone.localdate(version.recorded_at)
    # in the force's own time zone: a day is due at the end of its day there
    at = timezone.localtime(version.recorded_at)
    decided = pack.decide(facts, on=day, at=at, holidays=policy.bank_holidays())
    finding = pack.assess({**version.elements, "age": facts.values["age"]})
    kept = RouteDecision(
        fact_version=version,
        day=day,
        pack=pack.id,
        pack_hash=pack.hash,
        vocabulary_hash=pack.vocabulary.hash,
        profile=facts.profile,
        rule=decided.rule,
        owner=decided.owner,
        owner_borough=decided.owner_borough or "",
        nim_level=decided.nim_level,
        document=decided.as_dict(),
        finding=finding.finding,
        finding_document=finding.as_dict(),
        decided_at=version.recorded_at,
    )
    return kept, decided


def announce(version: FactVersion, decided: Decision, owner: tuple[str, str], by: Actor, *, at: datetime) -> None:
    """Give notice to the safeguarding partner that a referral concerns it, and which unit owns it.

    Once for each version of the facts and owner; whether the partner was told what there is to tell is kept elsewhere.
    """
    if not decided.partner_is_known:
        return
    reference, (unit, borough) = version.referral.reference, owner
    name = policy.pack().units.names_on(timezone.localdate(at)).get(unit, unit)
    notify(
        by,
        To(body=str(decided.safeguarding_partner)),
        key=f"safeguarding:{reference}:{version.version}:{unit}:{borough}",
        kind="safeguarding",
        says=f"{reference}: the police have a referral that concerns you. {f'{name}, {borough}' if borough else name} "
        "owns it and will be in touch.",
        reference=reference,
        at=at,
    )


def pass_ownership(
    referral: Referral, unit: str, borough: str, *, how: str, decision: RouteDecision, at: datetime
) -> Ownership:
    """End the present ownership and begin the next at the same moment. Call inside the action's transaction."""
    present = Ownership.objects.select_for_update().get(referral=referral, period__endswith__isnull=True)
    # two moves in one instant, or a clock set back: an ownership never ends before it began
    at = max(at, present.period.lower + timedelta(microseconds=1))
    present.period = DateTimeTZRange(present.period.lower, at)
    present.save(update_fields=["period"])
    return Ownership.objects.create(
        referral=referral,
        unit=unit,
        borough=borough,
        period=DateTimeTZRange(at, None),
        how=how,
        decision=decision,
    )


def start_clocks(referral: Referral, decided: Decision, at: datetime) -> None:
    """Start the clocks of a decision that do not run yet."""
    running = set(Clock.objects.filter(referral=referral, met_at__isnull=True).values_list("clock", flat=True))
    Clock.objects.bulk_create(
        running_clock(referral, clock, at) for clock in decided.clocks if clock.clock not in running
    )


def running_clock(referral: Referral, clock: StartedClock, at: datetime) -> Clock:
    """A clock of a decision as it runs from that moment, not kept yet."""
    return Clock(
        referral=referral,
        clock=clock.clock,
        label=clock.label,
        holder=clock.holder,
        counted=clock.counted,
        source=clock.source,
        started_at=at,
        due_at=max(at, due_moment(clock.due, at)),
    )


def due_moment(due: date | datetime, start: datetime) -> datetime:
    """A day is due at its end; hours are counted from the start itself."""
    if isinstance(due, datetime):
        return due
    return timezone.make_aware(datetime.combine(due, time(23, 59, 59)), timezone.get_current_timezone())


def tell(
    referral: Referral, kind: str, says: str, by: Actor, *, at: datetime, reason: str = "", by_words: str = ""
) -> Event:
    """Add a line to the referral's timeline."""
    made = line_of(referral, kind, says, by, at=at, reason=reason, by_words=by_words)
    made.save(force_insert=True)
    return made


def line_of(
    referral: Referral, kind: str, says: str, by: Actor, *, at: datetime, reason: str = "", by_words: str = ""
) -> Event:
    """A line of the referral's timeline, not kept yet."""
    person = by if isinstance(by, User) else None
    return Event(
        referral=referral,
        at=at,
        by=person,
        by_words=by_words or (person.post if person else by.audit_name),
        kind=kind,
        says=says,
        reason=reason,
    )


# Drafts


class NoSuchDraft(LookupError):
    """There is no such draft of this account: never was, deleted, or sent."""


def begin_draft(user: User) -> Draft:
    """A new draft, or the one that the account began last and has not written in."""
    return Draft.objects.filter(owner=user, answers={}).order_by("begun_at").last() or Draft.objects.create(owner=user)


def save_answer(user: User, draft_id: UUID, slug: str, answer: dict[str, object]) -> Draft:
    """Keep one page's answer; the other pages stay as they are, even where two windows save at once."""
    with transaction.atomic():
        draft = own_draft(user, draft_id)
        draft.answers[slug] = answer
        draft.save(update_fields=["answers", "saved_at"])
        return draft


def save_person(user: User, draft_id: UUID, person_id: str, slug: str, answer: dict[str, object]) -> Draft:
    """Keep one page of one person; the first page adds the person."""
    with transaction.atomic():
        draft = own_draft(user, draft_id)
        people = draft.answers.setdefault("people", {"list": []})["list"]
        person = next((person for person in people if person["id"] == person_id), None)
        if person is None:
            person = {"id": person_id}
            people.append(person)
        person[slug] = answer
        draft.save(update_fields=["answers", "saved_at"])
        return draft


def remove_person(user: User, draft_id: UUID, person_id: str) -> None:
    """Take a person out of a draft; taken out twice is taken out."""
    with transaction.atomic():
        draft = own_draft(user, draft_id)
        people = draft.answers.get("people", {"list": []})
        people["list"] = [person for person in people["list"] if person["id"] != person_id]
        draft.answers["people"] = people
        draft.save(update_fields=["answers", "saved_at"])


def delete_draft(user: User, draft_id: UUID) -> None:
    """Remove a draft and all that was written in it."""
    with transaction.atomic():
        own_draft(user, draft_id).delete()


def send_draft(user: User, draft_id: UUID, submission_of: Callable[[dict[str, dict]], Submission]) -> Acknowledgement:
    """Receive the draft as a referral and remove the draft, in one transaction.

    Sent again, by a double click, Back or a second window, it gives the referral of the first time. Whatever
    `submission_of` raises for answers that are not ready goes through, and the draft stays.
    """
    with transaction.atomic():
        try:
            draft = own_draft(user, draft_id)
        except NoSuchDraft:
            there = Referral.objects.filter(submission_key=str(draft_id), sent_by=user).first()
            if there is None:
                raise
            return Acknowledgement(there, new=False)
        received = receive_referral(submission_of(draft.answers), user)
        draft.delete()
        return received


def own_draft(user: User, draft_id: UUID) -> Draft:
    """The account's draft, locked until the transaction ends. Raises NoSuchDraft."""
    draft = Draft.objects.select_for_update().filter(id=draft_id, owner=user).first()
    if draft is None:
        raise NoSuchDraft(f"no draft {draft_id} of account {user.pk}")
    return draft
