"""Notes, documents, decisions and crime references: every read of this stage, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet

from palermo.domain.access import Act, may
from palermo.web.accounts.models import User
from palermo.web.cases.queries import Work, work_for
from palermo.web.intake.models import Referral
from palermo.web.papers.models import Note, Paper

PAGE = 25


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
