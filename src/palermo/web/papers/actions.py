"""Noting, deciding, filing, and naming the crime: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry. Nothing is changed: what is wrong is replaced
by another paper, which says why.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from palermo.domain.papers import NoteKind, Standing
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, Refused, recording
from palermo.web.papers.models import Note, Paper


def key_of(page: str, content: object) -> str:
    """What makes a paper the same as another: the page that it was sent from, and all that was on it.

    A second press on the button is the same paper; something else written on the same page is another.
    """
    return hashlib.sha256(json.dumps([page, content], default=str, sort_keys=True).encode()).hexdigest()


def note_in_trail(hand: Hand, action: str, paper: Paper, **detail: object) -> None:
    record(
        hand.user,
        Duty.ALTERATION,
        action,
        f"referral:{hand.case.referral.reference}",
        number=paper.number,
        **detail,
    )


# Notes


@dataclass(frozen=True, slots=True)
class Noted:
    """What a note says. `happened_at` is the day's first moment where the time is not known."""

    kind: NoteKind
    standing: Standing
    text: str
    happened_at: datetime
    time_known: bool


IN_THE_FUTURE = "a note tells what has happened, and this is still to come"
NO_SUCH_NOTE = "there is no such note on this referral"


def add_note(user: User, reference: str, noted: Noted, *, page: str) -> Note:
    """Add a note. Sent again from the same page, it is the note of the first time."""
    with recording(user, reference) as hand:
        key = key_of(page, asdict(noted))
        if there := Note.objects.filter(referral=hand.case.referral, key=key).first():
            return there
        made = keep_note(hand, noted, key)
        hand.tell("note_added", f"Note {made.number}: {says_of(noted)}.")
        note_in_trail(hand, "note_added", made, kind=noted.kind)
        return made


def correct_note(user: User, reference: str, number: int, noted: Noted, reason: str, *, page: str) -> Note:
    """Put another note in the place of one, which stays readable."""
    with recording(user, reference) as hand:
        key = key_of(page, [number, asdict(noted), reason])
        if there := Note.objects.filter(referral=hand.case.referral, key=key).first():
            return there
        old = Note.objects.filter(referral=hand.case.referral, number=number).select_related("superseded_by").first()
        if old is None:
            raise Refused(NO_SUCH_NOTE)
        if because := replaced_already(old):
            raise Refused(because)
        made = keep_note(hand, noted, key, supersedes=old, reason=reason)
        hand.tell("note_corrected", f"Note {made.number} replaces note {number}: {says_of(noted)}.", reason)
        note_in_trail(hand, "note_corrected", made, kind=noted.kind, replaces=number)
        return made


def keep_note(hand: Hand, noted: Noted, key: str, *, supersedes: Note | None = None, reason: str = "") -> Note:
    if noted.happened_at > hand.at:
        raise Refused(IN_THE_FUTURE)
    return Note.objects.create(
        referral=hand.case.referral,
        key=key,
        written_at=hand.at,
        by=hand.user,
        by_words=hand.user.post,
        supersedes=supersedes,
        reason=reason,
        **asdict(noted),
    )


def replaced_already(note: Note) -> str:
    """That another note took its place, and which; empty where none did."""
    other = getattr(note, "superseded_by", None)
    return f"note {note.number} was replaced by note {other.number}; correct that one" if other else ""


def says_of(noted: Noted) -> str:
    """The kind of a note, as the timeline tells it; what it says stands in the note alone."""
    words = noted.kind.words
    return f"{words[:1].lower()}{words[1:]}, {noted.standing.words.lower()}"
