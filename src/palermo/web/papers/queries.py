"""Notes, documents, decisions and crime references: every read of this stage, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, Prefetch, QuerySet

from palermo.domain.access import Act, Role, Viewer, may
from palermo.domain.casework import Move, State
from palermo.domain.papers import INVESTIGATION
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.models import QueueLine
from palermo.web.cases.queries import Place, Work, at, present, sees_all, unit_name, work_for
from palermo.web.intake.models import Clock, Referral
from palermo.web.papers import store
from palermo.web.papers.content.kinds import KINDS as FILES
from palermo.web.papers.content.texts import beginning
from palermo.web.papers.models import CrimeReference, Document, Note, Paper, PolicyDecision

PAGE = 25
LINES = 50
SHOWN_OF_A_TEXT = 10_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What the page of notes and documents shows."""

    work: Work
    notes: Page
    documents: Page
    may_add: bool


def papers_for(user: User, reference: str, *, notes: object = 1, documents: object = 1) -> Papers | None:
    """The notes of a referral, what happened last before the others, and its documents, the newest first.

    None where the viewer may not see it. The reading is noted.
    """
    with transaction.atomic():
        work = work_for(user, reference, "papers")
        if work is None:
            return None
        return Papers(
            work=work,
            notes=Paginator(notes_of(work.referral).order_by("-happened_at", "-number"), PAGE).get_page(notes),
            documents=Paginator(documents_of(work.referral).order_by("-number"), PAGE).get_page(documents),
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


# Documents


def documents_of(referral: Referral) -> QuerySet[Document]:
    """Its documents, each with its withdrawal; of one that is withdrawn, nothing is shown but that it is."""
    return Document.objects.filter(referral=referral).select_related("withdrawal")


def document_of(referral: Referral, number: int) -> Document | None:
    """One of its documents."""
    return documents_of(referral).filter(number=number).first()


def document_for(user: User, reference: str, number: int, page: str) -> Document | None:
    """One document of a referral, if the viewer may see that. The opening is noted."""
    with transaction.atomic():
        work = work_for(user, reference, page)
        return document_of(work.referral, number) if work else None


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """What the page of one document shows; of a text, how it begins, and whether there is more."""

    work: Work
    document: Document
    begins: str
    more: bool
    may_unseal: bool
    may_withdraw: bool


def document_page_for(user: User, reference: str, number: int) -> DocumentPage | None:
    """One document of a referral as its page shows it, if the viewer may see that. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "document")
        document = document_of(work.referral, number) if work else None
        if work is None or document is None:
            return None
        begins, more = "", False
        if document.stands and FILES[document.kind].text:
            with suppress(OSError):
                begins, more = beginning(store.path_of(document.stored), SHOWN_OF_A_TEXT)
        may_decide = document.stands and bool(may(user.viewer, Act.DECIDE, work.custody))
        return DocumentPage(work, document, begins, more, bool(document.sealed) and may_decide, may_decide)


def kept_files() -> Iterator[tuple[str, str, str, int]]:
    """Every file that a document needs: its key in the store, its SHA-256, the reference and the document’s number."""
    rows = Document.objects.order_by("pk").values_list(
        "stored", "sha256", "sealed", "sha256_came", "referral__reference", "number"
    )
    for stored, sha256, sealed, sha256_came, reference, number in rows.iterator():
        yield stored, sha256, reference, number
        if sealed:
            yield sealed, sha256_came, reference, number


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
    counts: dict[Place, Counter[str]] = defaultdict(Counter)
    for of, borough_of, crimes, many in (
        rows.values_list("unit", "borough", "crimes").annotate(many=Count("pk")).order_by()
    ):
        counts[of, borough_of][crimes] = many
    standings = [
        Standing(*place, unit_name(pack, *place, day), many.total(), many[WITH_A_CRIME], many[WITHOUT])
        for place, many in counts.items()
    ]
    wanted = rows.filter(crimes=kind)
    if unit:
        wanted = wanted.filter(unit=unit, borough=borough)
    listed = Paginator(wanted.order_by("received_at", "referral"), LINES)
    # they have just been counted
    listed.count = sum(many[kind] for place, many in counts.items() if not unit or place == (unit, borough))
    lines = listed.get_page(page)
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


def newest_crimes(referrals: Iterable[UUID]) -> dict[UUID, CrimeReference]:
    """The newest crime reference of each of these referrals that has one."""
    found = CrimeReference.objects.filter(referral__in=list(referrals)).order_by("referral", "-number")
    return {one.referral_id: one for one in found.distinct("referral")}


def line_of(row: QueueLine, crimes: CrimeReference | None, owner: str) -> Line:
    return Line(
        reference=row.reference,
        received_at=row.received_at,
        owner=owner,
        state=State(row.state),
        restricted=row.restricted,
        crimes=tuple(crimes.crimes) if crimes else (),
        none_because=crimes.none_because if crimes else "",
    )


# The store


@dataclass(frozen=True, slots=True)
class StoreFault:
    """What is wrong with a file: a document’s is `missing` or `changed`, nobody’s is `orphaned` or `left_over`."""

    fault: str
    file: str
    reference: str = ""
    document: int | None = None


def store_faults() -> Iterator[StoreFault]:
    """Everything that is wrong between the documents and the files in the store, each file read whole."""
    # first what is there: a document that is added meanwhile is not taken for one without a file, nor its file for an
    # orphan
    there = list(store.settled())
    needed = set()
    for key, sha256, reference, number in kept_files():
        needed.add(key)
        try:
            store.opened(key, sha256).close()
        except store.NotAsKept as wrong:
            yield StoreFault("missing" if wrong.missing else "changed", key, reference, number)
    for path in there:
        if path.name not in needed:
            yield StoreFault("orphaned" if store.is_kept(path) else "left_over", str(path))


# Everything, for the stages that come after


@dataclass(frozen=True, slots=True)
class Everything:
    """All papers of a referral, each kind by its numbers."""

    notes: tuple[Note, ...]
    documents: tuple[Document, ...]
    decisions: tuple[PolicyDecision, ...]
    crimes: tuple[CrimeReference, ...]


def everything_of(referral: Referral) -> Everything:
    """All papers of a referral, in a fixed number of queries. The caller checks access and notes the reading."""
    return Everything(
        notes=tuple(notes_of(referral).order_by("number")),
        documents=tuple(documents_of(referral).order_by("number")),
        decisions=tuple(decisions_of(referral).order_by("number")),
        crimes=tuple(CrimeReference.objects.filter(referral=referral).order_by("number")),
    )
