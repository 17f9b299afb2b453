"""One referral's whole story, and the files that were made of it: every read of this stage.

A story is everything that is kept of one referral, whoever may see which part of it on the pages. So it is read only
for those who may give the file away, and each reading is noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min

from palermo.domain.access import Act, may
from palermo.domain.allegations import FirstKnown
from palermo.web.accounts.models import User
from palermo.web.audit.models import Duty, Entry
from palermo.web.cases.models import (
    Assessment,
    ClockPause,
    Closing,
    Named,
    Offer,
    SupportRequest,
    Suspension,
)
from palermo.web.cases.queries import Work, work, work_for
from palermo.web.dossier.models import CaseFile
from palermo.web.duties.models import Allegation, Breach, BreachAnswer
from palermo.web.duties.queries import Measured, first_known, measured
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, PotentialVictim, Referral
from palermo.web.notices.models import Notice
from palermo.web.papers.models import CrimeReference, Document, Note, PolicyDecision
from palermo.web.papers.queries import documents_of
from palermo.web.people.queries import Stands, records_of

KEPT_FOR = timedelta(days=7)
"""How long a made file stands ready to be fetched."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who opened something of the record: how often, first and last."""

    actor: str
    post: str
    role: str
    unit: str
    action: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Story:
    """All that is kept of one referral."""

    work: Work
    people: Sequence[PotentialVictim]
    first: FirstKnown[Allegation]
    allegations: Sequence[Allegation]
    measured: Sequence[Measured]
    records: Sequence[Stands]
    versions: Sequence[FactVersion]
    owners: Sequence[Ownership]
    offers: Sequence[Offer]
    support: Sequence[SupportRequest]
    clocks: Sequence[Clock]
    pauses: Sequence[ClockPause]
    breaches: Sequence[Breach]
    answers: Sequence[BreachAnswer]
    assessments: Sequence[Assessment]
    suspensions: Sequence[Suspension]
    closings: Sequence[Closing]
    named: Sequence[Named]
    notes: Sequence[Note]
    decisions: Sequence[PolicyDecision]
    documents: Sequence[Document]
    crimes: Sequence[CrimeReference]
    notices: Sequence[Notice]
    events: Sequence[Event]
    entries: Sequence[Entry]
    readers: Sequence[Reader]
    files: Sequence[CaseFile]

    @property
    def referral(self) -> Referral:
        return self.work.referral


def story_of(found: Work) -> Story:
    """The whole story of a referral, in a fixed number of queries. The caller checks access."""
    of_it = {"referral": found.referral}
    versions = FactVersion.objects.filter(**of_it).select_related("decision", "recorded_by")
    support = SupportRequest.objects.filter(**of_it).select_related("asked_by", "answered_by")
    pauses = ClockPause.objects.filter(clock__referral=found.referral).select_related("clock", "by")
    answers = BreachAnswer.objects.filter(clock__referral=found.referral).select_related("clock")
    first = first_known(found.referral)
    subject = f"referral:{found.referral.reference}"
    return Story(
        work=found,
        people=tuple(PotentialVictim.objects.filter(**of_it).order_by("pk")),
        first=first,
        allegations=tuple(Allegation.objects.filter(**of_it).order_by("pk")),
        measured=measured(found, first),
        records=records_of(found.referral),
        versions=tuple(versions.order_by("version")),
        owners=tuple(Ownership.objects.filter(**of_it).select_related("decision").order_by("period")),
        offers=tuple(Offer.objects.filter(**of_it).select_related("offered_by", "answered_by").order_by("pk")),
        support=tuple(support.order_by("pk")),
        clocks=tuple(Clock.objects.filter(**of_it).order_by("started_at", "due_at", "pk")),
        pauses=tuple(pauses.order_by("pk")),
        breaches=tuple(Breach.objects.filter(clock__referral=found.referral).select_related("clock").order_by("pk")),
        answers=tuple(answers.order_by("pk")),
        assessments=tuple(Assessment.objects.filter(**of_it).select_related("by", "decision").order_by("pk")),
        suspensions=tuple(Suspension.objects.filter(**of_it).select_related("by", "ended_by").order_by("pk")),
        closings=tuple(Closing.objects.filter(**of_it).select_related("by", "reopened_by").order_by("pk")),
        named=tuple(Named.objects.filter(**of_it).select_related("user", "by").order_by("at", "pk")),
        notes=tuple(Note.objects.filter(**of_it).select_related("supersedes").order_by("number")),
        decisions=tuple(PolicyDecision.objects.filter(**of_it).select_related("earlier", "facts").order_by("number")),
        documents=tuple(documents_of(found.referral).order_by("number")),
        crimes=tuple(CrimeReference.objects.filter(**of_it).order_by("number")),
        notices=tuple(
            Notice.objects.filter(reference=found.referral.reference).select_related("account").order_by("pk")
        ),
        events=tuple(Event.objects.filter(**of_it).order_by("pk")),
        entries=tuple(Entry.objects.filter(subject=subject).order_by("pk")),
        readers=readers_of(subject),
        files=tuple(CaseFile.objects.filter(**of_it).order_by("asked_at", "pk")),
    )


def readers_of(subject: str) -> list[Reader]:
    """Who opened anything of the record, by account and page, in the order of the first time.

    What was shown of it in lists has entries of its own, under the lists.
    """
    opened = (
        Entry.objects.filter(subject=subject, duty__in=(Duty.CONSULTATION, Duty.DISCLOSURE))
        .values("actor", "role", "unit", "action")
        .annotate(times=Count("pk"), first=Min("at"), last=Max("at"))
        .order_by("first", "actor")
    )
    rows = list(opened)
    posts = posts_of(row["actor"] for row in rows)
    return [Reader(post=posts.get(row["actor"], row["actor"]), **row) for row in rows]


def posts_of(actors: Iterable[str]) -> dict[str, str]:
    """The posts of those who act as entries name them; a command or a job has none."""
    keys = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    return {f"user:{pk}": post for pk, post in User.objects.filter(pk__in=keys).values_list("pk", "post")}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the page of a referral's file shows: the files made so far, and whether the viewer may have one."""

    work: Work
    files: tuple[CaseFile, ...]
    may_have: bool
    because: str


def shelf_for(user: User, reference: str) -> Shelf | None:
    """The files made of a referral, for whoever may see it. The reading is noted."""
    found = work_for(user, reference, "file")
    if found is None:
        return None
    answer = may(user.viewer, Act.DISCLOSE, found.custody)
    files = CaseFile.objects.filter(referral=found.referral).order_by("-asked_at", "-pk") if answer else ()
    return Shelf(found, tuple(files), bool(answer), answer.because)


def story_for(user: User, reference: str) -> Story | None:
    """The whole story, for those who may give it away. The reading is noted."""
    with transaction.atomic():
        found = work_for(user, reference, "story")
        if found is None or not may(user.viewer, Act.DISCLOSE, found.custody):
            return None
        return story_of(found)


def file_for(user: User, reference: str, key: UUID) -> CaseFile | None:
    """One file that was asked for, for those who may have it."""
    with transaction.atomic():
        found = work_for(user, reference, "file")
        if found is None or not may(user.viewer, Act.DISCLOSE, found.custody):
            return None
        return CaseFile.objects.filter(referral=found.referral, pk=key).first()


def not_made(key: UUID) -> CaseFile | None:
    """The file of that key while it is not made."""
    return CaseFile.objects.filter(pk=key, made_at__isnull=True).select_related("referral", "asked_by").first()


def work_of(asked: CaseFile) -> Work:
    """The referral that a file was asked of, locked until the transaction ends."""
    found = work(asked.referral.reference, lock=True)
    if found is None:
        raise LookupError(f"no referral {asked.referral.reference}")
    return found


def to_remove(now: datetime) -> list[CaseFile]:
    """The files that have stood ready for long enough."""
    return list(CaseFile.objects.filter(made_at__lt=now - KEPT_FOR, removed_at__isnull=True))
