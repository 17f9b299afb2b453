"""Notes, documents, decisions and crime references: every read of this stage, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from palermo.domain.access import Act, Role, Viewer, may
from palermo.domain.casework import Move, State
from palermo.domain.papers import INVESTIGATION
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.queries import Work, at, present, sees_all, unit_name, work_for
from palermo.web.intake.models import Clock, Ownership, Referral
from palermo.web.papers.models import CrimeReference, Note, Paper, PolicyDecision

PAGE = 25
LINES = 50


@dataclass(frozen=True, slots=True)
class Papers:
    """What the page of notes and documents shows."""

    work: Work
    notes: Page
    may_add: bool


def papers_for(user: User, reference: str, *, notes: object = 1) -> Papers | None:
    """The notes of a referral, what happened last before the others, if the viewer may see it. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "papers")
        if work is None:
            return None
        return Papers(
            work=work,
            notes=Paginator(notes_of(work.referral).order_by("-happened_at", "-number"), PAGE).get_page(notes),
            may_add=bool(may(user.viewer, Act.RECORD, work.custody)),
        )


def notes_of(referral: Referral) -> QuerySet[Note]:
    """Its notes, each with the one that it replaced and the one that replaced it."""
    return Note.objects.filter(referral=referral).select_related("supersedes", "superseded_by")


def note_of(referral: Referral, number: int) -> Note | None:
    """One of its notes."""
    return notes_of(referral).filter(number=number).first()


def written_by(user: User, referral: Referral, papers: type[Paper], number: str) -> Paper | None:
    """The paper of that number if this account wrote it: to be told that it is kept."""
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    return papers.objects.filter(referral=referral, number=int(number), by=user).first()


# Decisions


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the page of decisions shows: the log, and the crimes with all that stood there before."""

    work: Work
    log: Page
    crimes: tuple[CrimeReference, ...]
    may_decide: bool


def decisions_for(user: User, reference: str, *, page: object = 1) -> Decisions | None:
    """The decision log of a referral, the newest first, if the viewer may see it. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "decisions")
        if work is None:
            return None
        return Decisions(
            work=work,
            log=Paginator(decisions_of(work.referral).order_by("-number"), PAGE).get_page(page),
            crimes=tuple(CrimeReference.objects.filter(referral=work.referral).order_by("-number")),
            may_decide=bool(may(user.viewer, Act.DECIDE, work.custody)),
        )


def decisions_of(referral: Referral) -> QuerySet[PolicyDecision]:
    """Its decisions, each with the facts of then, the earlier one that it refers to, and those that refer to it."""
    later = PolicyDecision.objects.only("number", "follows", "earlier", "written_at").order_by("number")
    found = PolicyDecision.objects.filter(referral=referral).select_related("earlier", "facts", "met")
    return found.prefetch_related(Prefetch("later", later))


def decision_of(referral: Referral, number: int) -> PolicyDecision | None:
    """One of its decisions."""
    return decisions_of(referral).filter(number=number).first()


def investigation_due(referral: Referral) -> Clock | None:
    """The clock that the decision on the investigation meets, while it runs."""
    return Clock.objects.filter(referral=referral, clock=INVESTIGATION, met_at__isnull=True).first()


def not_on_investigation(viewer: Viewer, work: Work) -> str:
    """Why this viewer cannot enter the decision on the investigation; empty where they can.

    While its clock runs, the decision stops it, so it falls to those who may stop it by hand.
    """
    if not Clock.objects.filter(referral=work.referral, clock=INVESTIGATION).exists():
        return "no decision on an investigation is due on this referral"
    if investigation_due(work.referral) is None:
        return ""
    answer = work.answer(viewer, Move.FINISH)
    return "" if answer else f"the decision on the investigation stops a clock, and {answer.because}"


# Crimes


def crimes_of(referral: Referral) -> CrimeReference | None:
    """What the record says of its crimes now."""
    return CrimeReference.objects.filter(referral=referral).order_by("-number").first()


RECONCILING = frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})
"""Who holds the referrals against the crime records."""
WITH_A_CRIME, WITHOUT, NEITHER = "recorded", "none", "neither"
KINDS = (NEITHER, WITHOUT, WITH_A_CRIME)
"""How a referral stands to the crime records; what is missing comes first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the referrals of one owner stand to the crime records."""

    unit: str
    borough: str
    name: str
    referrals: int
    recorded: int
    none: int

    @property
    def neither(self) -> int:
        return self.referrals - self.recorded - self.none


@dataclass(frozen=True, slots=True)
class Line:
    """One referral as the reconciliation lists it."""

    reference: str
    received_at: datetime
    owner: str
    state: State
    restricted: bool
    crimes: tuple[str, ...]
    none_because: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The owners’ standings, and one page of the referrals of a kind."""

    standings: tuple[Standing, ...]
    lines: Page


def reconciliation_for(user: User, kind: str, *, unit: str = "", borough: str = "", page: object = 1) -> Reconciliation:
    """Every referral held against the crime records: those of the viewer's unit, or of all units.

    Restricted referrals that are not open to the viewer are neither listed nor counted. The reading is noted.
    """
    viewer, pack, day = user.viewer, policy.pack(), clock.today()
    rows = present(viewer) if sees_all(viewer) else present(viewer).filter(at(viewer))
    counted = rows.annotate(**how_it_stands()).values("unit", "borough").order_by()
    standings = [
        Standing(name=unit_name(pack, row["unit"], row["borough"], day), **row)
        for row in counted.annotate(
            referrals=Count("pk"), recorded=Count("pk", filter=Q(crime=True)), none=Count("pk", filter=Q(no_crime=True))
        )
    ]
    wanted = rows.annotate(**how_it_stands()).filter(**of_kind(kind))
    if unit:
        wanted = wanted.filter(unit=unit, borough=borough)
    listed = wanted.select_related("referral__case").order_by("referral__received_at", "referral")
    lines = Paginator(listed, LINES).get_page(page)
    newest = newest_crimes(row.referral_id for row in lines.object_list)
    lines.object_list = [
        line_of(row, newest.get(row.referral_id), unit_name(pack, row.unit, row.borough, day))
        for row in lines.object_list
    ]
    with transaction.atomic():
        references = [line.reference for line in lines.object_list]
        record(
            user, Duty.CONSULTATION, "crimes_listed", f"unit:{unit or viewer.unit}", kind=kind, references=references
        )
    return Reconciliation(tuple(sorted(standings, key=lambda one: one.name.casefold())), lines)


def how_it_stands() -> dict[str, Exists]:
    """Whether the newest crime reference of a referral has a crime, and whether it has a reason for none."""
    newer = CrimeReference.objects.filter(referral=OuterRef("referral"), number__gt=OuterRef("number"))
    newest = CrimeReference.objects.filter(~Exists(newer), referral=OuterRef("referral"))
    return {
        "crime": Exists(newest.filter(crimes__len__gt=0)),
        "no_crime": Exists(newest.exclude(none_because="")),
    }


def of_kind(kind: str) -> dict[str, bool]:
    return {WITH_A_CRIME: {"crime": True}, WITHOUT: {"no_crime": True}, NEITHER: {"crime": False, "no_crime": False}}[
        kind
    ]


def newest_crimes(referrals: Iterable[UUID]) -> dict[UUID, CrimeReference]:
    """The newest crime reference of each of these referrals that has one."""
    found = CrimeReference.objects.filter(referral__in=list(referrals)).order_by("referral", "-number")
    return {one.referral_id: one for one in found.distinct("referral")}


def line_of(row: Ownership, crimes: CrimeReference | None, owner: str) -> Line:
    return Line(
        reference=row.referral.reference,
        received_at=row.referral.received_at,
        owner=owner,
        state=State(row.referral.case.state),
        restricted=row.referral.restricted,
        crimes=tuple(crimes.crimes) if crimes else (),
        none_because=crimes.none_because if crimes else "",
    )
