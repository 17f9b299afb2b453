"""Noting, deciding, filing, and naming the crime: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry. Nothing is changed: what is wrong is replaced
by another paper, which says why.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.utils import timezone

from palermo.domain.access import Act
from palermo.domain.papers import Follows, NoteKind, Option, Standing, fault_of
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, Refused, meet, recording
from palermo.web.layout import day_words
from palermo.web.papers import queries
from palermo.web.papers.models import CrimeReference, Note, Paper, PolicyDecision


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


# Decisions


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision as it is entered. `chosen` counts the options from 1; `earlier` is the number of another entry."""

    decision: str
    options: tuple[Option, ...]
    chosen: int
    reason: str
    based_on: str
    taken_at: datetime
    time_known: bool
    review_on: date
    sensitive_because: str = ""
    on_investigation: bool = False
    earlier: int | None = None
    follows: Follows | None = None


NO_SUCH_DECISION = "there is no such decision in this log"


def decide(user: User, reference: str, deciding: Deciding, *, page: str) -> PolicyDecision:
    """Enter a decision in the log. The one on the investigation stops its clock, if that runs.

    Sent again from the same page, it is the entry of the first time.
    """
    with recording(user, reference, Act.DECIDE) as hand:
        referral = hand.case.referral
        key = key_of(page, asdict(deciding))
        if there := PolicyDecision.objects.filter(referral=referral, key=key).first():
            return there
        if because := fault_of(deciding.options, deciding.chosen):
            raise Refused(because)
        if deciding.taken_at > hand.at:
            raise Refused("a decision is entered once it is taken, and this moment is still to come")
        if deciding.review_on <= timezone.localdate(deciding.taken_at):
            raise Refused("a decision is reviewed on a later day than it was taken on")
        earlier = followed(hand, deciding)
        if deciding.on_investigation and (because := queries.not_on_investigation(user.viewer, hand.work)):
            raise Refused(because)
        running = queries.investigation_due(referral) if deciding.on_investigation else None
        made = PolicyDecision.objects.create(
            referral=referral,
            key=key,
            written_at=hand.at,
            by=user,
            by_words=user.post,
            decision=deciding.decision,
            options=[option.as_dict() for option in deciding.options],
            chosen=deciding.chosen,
            reason=deciding.reason,
            based_on=deciding.based_on,
            facts=hand.work.facts,
            taken_at=deciding.taken_at,
            time_known=deciding.time_known,
            review_on=deciding.review_on,
            sensitive_because=deciding.sensitive_because,
            on_investigation=deciding.on_investigation,
            met=running,
            earlier=earlier,
            follows=deciding.follows or "",
        )
        hand.tell("decision_logged", entry_of(made))
        if running:
            meet(hand, running, f"Decision D{made.number} of the decision log.")
        note_in_trail(
            hand,
            "decision_logged",
            made,
            **({"on_investigation": True} if made.on_investigation else {}),
            **({"clock": running.clock} if running else {}),
            **({"earlier": deciding.earlier, "follows": deciding.follows} if earlier else {}),
        )
        return made


def followed(hand: Hand, deciding: Deciding) -> PolicyDecision | None:
    """The earlier entry that a decision refers to. Raises Refused where it cannot be."""
    if (deciding.earlier is None) is not (deciding.follows is None):
        raise Refused("say what it does with the earlier decision, and which that is")
    if deciding.earlier is None:
        return None
    earlier = queries.decision_of(hand.case.referral, deciding.earlier)
    if earlier is None:
        raise Refused(NO_SUCH_DECISION)
    if because := changed_already(earlier):
        raise Refused(because)
    return earlier


def changed_already(decision: PolicyDecision) -> str:
    """That another decision took its place, and which; empty where none did."""
    for later in decision.later.all():
        if later.follows == Follows.CHANGED:
            return f"D{decision.number} was changed by D{later.number}; refer to that one"
    return ""


def entry_of(made: PolicyDecision) -> str:
    """What the timeline tells of an entry; what it says stands in the log alone."""
    said = {Follows.REVIEWED: "reviews", Follows.CHANGED: "changes"}
    follows = f", which {said[made.follows]} D{made.earlier.number}" if made.earlier else ""
    return f"Decision D{made.number} entered in the log{follows}. It is to be reviewed by {day_words(made.review_on)}."


# Crimes


@dataclass(frozen=True, slots=True)
class Crimes:
    """The numbers of the crime records, or why there is none. Neither: what stood here was wrong."""

    numbers: tuple[str, ...] = ()
    none_because: str = ""


class ChangedMeanwhile(Exception):
    """Somebody else changed what was on the page since it was opened."""


def refer_to_crimes(user: User, reference: str, crimes: Crimes, reason: str, *, seen: int, page: str) -> CrimeReference:
    """Record the crimes of a referral, or why there is none; after the first time, why that is changed.

    `seen` is the version that was on the page, 0 for none. Raises ChangedMeanwhile where there is a newer one.
    """
    with recording(user, reference, Act.DECIDE) as hand:
        referral = hand.case.referral
        key = key_of(page, [asdict(crimes), reason])
        if there := CrimeReference.objects.filter(referral=referral, key=key).first():
            return there
        present = queries.crimes_of(referral)
        if seen != (present.number if present else 0):
            raise ChangedMeanwhile
        if present is None and not (crimes.numbers or crimes.none_because):
            raise Refused("give the numbers of the crime records, or the reason why there is none")
        if crimes.numbers and crimes.none_because:
            raise Refused("there are crimes, or there is a reason for none; it cannot be both")
        if present and (tuple(present.crimes), present.none_because) == (crimes.numbers, crimes.none_because):
            raise Refused("that is what the record says already")
        if present and not reason:
            raise Refused("say why it is changed")
        made = CrimeReference.objects.create(
            referral=referral,
            key=key,
            written_at=hand.at,
            by=user,
            by_words=user.post,
            crimes=list(crimes.numbers),
            none_because=crimes.none_because,
            reason=reason if present else "",
        )
        hand.tell("crime_referred", crime_words(made), made.none_because or made.reason)
        note_in_trail(hand, "crime_referred", made, crimes=len(made.crimes), none=bool(made.none_because))
        return made


def crime_words(made: CrimeReference) -> str:
    """What the timeline tells of it."""
    if made.crimes:
        return f"Recorded as crime: {', '.join(made.crimes)}."
    return "No crime was recorded." if made.none_because else "The crime record that stood here was another’s."
