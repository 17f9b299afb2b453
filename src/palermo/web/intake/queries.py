"""Drafts and what was sent: every read of this stage, for whoever asks.

Of what was sent, only its status is told here: the record is the owner's, in the next stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.forms.models import model_to_dict

from palermo.domain.access import Act, Custody, may
from palermo.domain.referral import folded
from palermo.packs import Pack
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.intake import words
from palermo.web.intake.models import (
    Clock,
    Draft,
    FactVersion,
    Ownership,
    PotentialVictim,
    Referral,
)

PAGE = 25
# the work's own states, in the words of whoever sent it; what another unit was asked is not theirs to know
STATES = {
    "received": "Received. {unit} has it and has not accepted it yet",
    "accepted": "Accepted by {unit}",
    "assessed": "Accepted by {unit}, which has assessed it",
    "allocated": "An officer of {unit} is working on it",
    "investigating": "{unit} is investigating it",
    "offered": "{unit} has it; another unit has been asked to take it over",
    "handed_back": "{unit} has it until it is settled who works on it",
    "in_dispute": "{unit} has it until it is settled who works on it",
    "suspended": "{unit} has it; the work stands still for now",
    "closed": "{unit} has closed it",
    "reopened": "{unit} has taken it up again",
}
ANY_STATE = "{unit} has it"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft as the list shows it: nothing of what is in it."""

    id: UUID
    begun_at: datetime
    saved_at: datetime
    answers: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The status of one referral, as whoever sent it may know it."""

    reference: str
    sent_at: datetime
    state: str
    unit: str
    clocks: tuple[Clock, ...]
    own: bool
    sender_reference: str

    @property
    def next_clock(self) -> Clock | None:
        return self.clocks[0] if self.clocks else None


def drafts_for(user: User) -> list[DraftLine]:
    """The account's drafts that something is written in, the last saved first."""
    return [
        DraftLine(draft.id, clock.shifted(draft.begun_at), clock.shifted(draft.saved_at), len(draft.answers))
        for draft in Draft.objects.filter(owner=user).exclude(answers={}).order_by("-saved_at")
    ]


def draft_for(user: User, draft_id: UUID) -> Draft | None:
    """The account's own draft; another's is as if it were not there."""
    return Draft.objects.filter(owner=user, id=draft_id).first()


def reference_from_draft_for(user: User, draft_id: UUID) -> str:
    """The reference of what became of the account's draft; empty while it is not sent."""
    sent = Referral.objects.filter(submission_key=str(draft_id), sent_by=user)
    return sent.values_list("reference", flat=True).first() or ""


def sent_for(user: User, pack: Pack, page: object = 1) -> Page:
    """What the account or its body sent, the newest first, as a page of statuses. The reading is noted."""
    mine = Q(sent_by=user) | (Q(referring_body=user.body) if user.body else Q(pk__in=()))
    found = Paginator(with_status(Referral.objects.filter(mine)).order_by("-received_at", "-id"), PAGE).get_page(page)
    found.object_list = list(statuses_for(user, found.object_list, pack))
    with transaction.atomic():
        shown = [status.reference for status in found.object_list]
        record(user, Duty.CONSULTATION, "sent_listed", f"account:{user.pk}", references=shown)
    return found


def sent_one_for(user: User, reference: str, pack: Pack) -> Sent | None:
    """The status of one referral; None where there is none that the account may know of. The reading is noted."""
    referral = with_status(Referral.objects.filter(reference=reference)).first()
    status = status_for(user, referral, pack) if referral else None
    if status:
        with transaction.atomic():
            record(user, Duty.CONSULTATION, "status_seen", f"referral:{reference}")
    return status


def anything_received() -> bool:
    """Whether there is any referral at all."""
    return Referral.objects.exists()


@dataclass(frozen=True, slots=True)
class Kept:
    """A referral that was received under a key: its reference, and what its submission said, by part."""

    reference: str
    content: Mapping[str, object]


def kept_under(keys: Iterable[str]) -> dict[str, Kept]:
    """What was received under these keys, by key, to hold a file's rows against it; nobody is shown any of it."""
    found = Referral.objects.filter(submission_key__in=list(keys)).prefetch_related(
        Prefetch("fact_versions", FactVersion.objects.filter(version=1), to_attr="first_facts"),
        Prefetch("potential_victims", PotentialVictim.objects.order_by("id")),
    )
    return {one.submission_key: Kept(one.reference, content_of(one)) for one in found}


def content_of(referral: Referral) -> dict[str, object]:
    """What the referral's submission said, by part: as it arrived, whatever was corrected since."""
    first = referral.first_facts[0]
    person = next(iter(referral.potential_victims.all()), PotentialVictim())
    return {
        "received": referral.received_at.astimezone(UTC).isoformat(),
        "referring_body": folded(referral.referring_body),
        "sender_reference": referral.sender_reference,
        "first_responder": referral.first_responder,
        "account": referral.account,
        "restricted": referral.restricted,
        **first.facts,
        "borough": first.borough,
        **first.elements,
        **model_to_dict(person, exclude=["id", "referral"]),
    }


def statuses_for(user: User, referrals: Iterable[Referral], pack: Pack) -> Iterable[Sent]:
    for referral in referrals:
        if status := status_for(user, referral, pack):
            yield status


def status_for(user: User, referral: Referral, pack: Pack) -> Sent | None:
    """The status, if the account may know it."""
    owner = referral.present_owner[0]
    custody = Custody(
        owner=owner.unit,
        owner_borough=owner.borough,
        sent_by_account=referral.sent_by_id,
        sent_by_body=referral.referring_body,
        sent_by_borough=referral.sent_by_borough,
        restricted=referral.restricted,
    )
    if not may(user.viewer, Act.SEE_STATUS, custody):
        return None
    unit = words.unit(pack, owner.unit, owner.borough, clock.today())
    return Sent(
        reference=referral.reference,
        sent_at=referral.received_at,
        state=STATES.get(state_of(referral), ANY_STATE).format(unit=unit),
        unit=unit,
        clocks=tuple(referral.running_clocks),
        own=referral.sent_by_id == user.pk,
        sender_reference=referral.sender_reference,
    )


def state_of(referral: Referral) -> str:
    """The state of the work; a referral nobody has touched is received."""
    # the later stage's row, reached through the relation: this stage does not know that stage's module
    try:
        return referral.case.state
    except ObjectDoesNotExist:
        return "received"


def with_status(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """With what a status is told from, in a fixed number of queries."""
    return referrals.select_related("case").prefetch_related(
        Prefetch("ownerships", Ownership.objects.filter(period__endswith__isnull=True), to_attr="present_owner"),
        Prefetch(
            "clocks",
            Clock.objects.filter(met_at__isnull=True, paused_at__isnull=True).order_by("due_at", "id"),
            to_attr="running_clocks",
        ),
    )
