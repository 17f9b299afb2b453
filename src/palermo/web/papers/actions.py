"""Noting, deciding, filing, and naming the crime: every write of this stage.

Each is one transaction with its line in the timeline and its audit entry. Nothing is changed: what is wrong is replaced
by another paper, which says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from palermo.domain.access import Act
from palermo.domain.papers import Follows, NoteKind, Option, Standing, fault_of
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases.actions import Hand, Refused, key_of, meet, recording, tell_who_sent
from palermo.web.layout import day_words
from palermo.web.papers import queries, store
from palermo.web.papers.content.apart import check_apart
from palermo.web.papers.content.kinds import MEGABYTE, FileRefused, Found
from palermo.web.papers.content.names import safe_name
from palermo.web.papers.models import CrimeReference, Document, Note, Paper, PolicyDecision, Withdrawal
from palermo.web.papers.store import Measured


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
        if made.on_investigation:
            tell_who_sent(hand, f"D{made.number}", "The decision on its investigation is taken.")
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


# Documents


@dataclass(frozen=True, slots=True)
class Filed:
    """A file as it is added: what it was called, what it is, and why its original is to be kept, if it is."""

    name: str
    description: str
    sealed_because: str = ""


def add_document(user: User, reference: str, chunks: Iterable[bytes], filed: Filed, *, page: str) -> Document:
    """Add a file that comes in these pieces. It is looked at before anything of it is kept.

    Raises FileRefused where it is not to be kept, which the trail notes. A picture is kept without what stood beside
    its pixels; with `sealed_because` its original is kept too, sealed.
    """
    # whoever may not add anything is told so before their file is opened
    with recording(user, reference):
        pass
    with store.incoming(chunks) as (came, cleaned):
        try:
            if came.size > settings.FILE_LIMIT:
                raise too_large()
            found = check_apart(came.path, filed.name, cleaned, most_pixels=settings.MOST_PIXELS)
            if filed.sealed_because and not found.cleaned:
                raise FileRefused("sealed", ONLY_PICTURES)
        except FileRefused as refused:
            note_refused(user, reference, came, refused)
            raise
        kept = store.measured(cleaned) if found.cleaned else came
        with Keys() as keys:
            return keep_document(user, reference, filed, came, kept, found, keys, page)


ONLY_PICTURES = "Only of pictures something is left out. This file is kept as it came, so there is no other original"


def too_large() -> FileRefused:
    return FileRefused(
        "size",
        f"The file is larger than {settings.FILE_LIMIT // MEGABYTE} MB. Make it smaller, or divide it into parts",
    )


class Keys:
    """The keys under which files were kept in a transaction; where it fails, the files go again."""

    def __enter__(self) -> Keys:
        self.all: list[str] = []
        return self

    def keep(self, file: Measured) -> str:
        self.all.append(store.keep(file.path))
        return self.all[-1]

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            return
        for key in self.all:
            # what cannot be taken back now, `palermo files check` names
            with suppress(OSError):
                store.discard(key)


def keep_document(
    user: User, reference: str, filed: Filed, came: Measured, kept: Measured, found: Found, keys: Keys, page: str
) -> Document:
    """Keep the checked file and its row together."""
    with recording(user, reference) as hand:
        key = key_of(page, [asdict(filed), came.sha256])
        if there := Document.objects.filter(referral=hand.case.referral, key=key).first():
            return there
        made = Document.objects.create(
            referral=hand.case.referral,
            key=key,
            written_at=hand.at,
            by=user,
            by_words=user.post,
            description=filed.description,
            name=safe_name(filed.name),
            kind=found.kind,
            size_came=came.size,
            sha256_came=came.sha256,
            size=kept.size,
            sha256=kept.sha256,
            stored=keys.keep(kept),
            sealed=keys.keep(came) if filed.sealed_because else "",
            sealed_because=filed.sealed_because,
            removed=found.removed,
            noticed=found.noticed,
        )
        sealed = " Its original is kept sealed." if made.sealed else ""
        hand.tell("document_added", f"Document {made.number} was added.{sealed}")
        note_in_trail(
            hand,
            "document_added",
            made,
            kind=made.kind,
            sha256_came=made.sha256_came,
            sha256=made.sha256,
            sealed=bool(made.sealed),
        )
        return made


def note_refused(user: User, reference: str, came: Measured, refused: FileRefused) -> None:
    """That somebody tried to add a file, and why it was not kept; nothing of it is."""
    with transaction.atomic():
        record(
            user,
            Duty.ALTERATION,
            "document_refused",
            f"referral:{reference}",
            why=refused.code,
            size=came.size,
            sha256=came.sha256,
        )


def give_document(user: User, reference: str, number: int) -> tuple[Document, BinaryIO] | None:
    """A document’s file, to be given to this account; None where there is none that they may know of.

    That it was given is noted before it is. Raises Refused for one that is withdrawn, and store.NotAsKept where the
    file is not what was kept.
    """
    with transaction.atomic():
        document = queries.document_for(user, reference, number, "download")
        if document is None:
            return None
        if because := withdrawn(document):
            raise Refused(because)
        file = store.opened(document.stored, document.sha256)
        record(
            user,
            Duty.DISCLOSURE,
            "document_given",
            f"referral:{reference}",
            number=number,
            sha256=document.sha256,
        )
        return document, file


def note_not_as_kept(user: User, reference: str, number: int) -> None:
    """That a document was asked for and its file is not what was kept."""
    with transaction.atomic():
        record(user, Duty.DISCLOSURE, "document_not_as_kept", f"referral:{reference}", number=number)


def break_seal(user: User, reference: str, number: int, reason: str) -> tuple[Document, BinaryIO]:
    """The sealed original of a picture, to whoever may decide on the referral, with the reason on the record.

    Raises NoReferral, Refused, and store.NotAsKept where the file is not what was kept.
    """
    with recording(user, reference, Act.DECIDE) as hand:
        document = queries.document_of(hand.case.referral, number)
        if document is None or not document.sealed:
            raise Refused(NOTHING_SEALED)
        if because := withdrawn(document):
            raise Refused(because)
        file = store.opened(document.sealed, document.sha256_came)
        hand.tell("seal_broken", f"The sealed original of document {number} was given to {user.post}.", reason)
        record(
            user,
            Duty.DISCLOSURE,
            "sealed_original_given",
            f"referral:{reference}",
            number=number,
            sha256=document.sha256_came,
        )
        return document, file


def withdraw_document(user: User, reference: str, number: int, reason: str) -> Document:
    """Take a document out of the record of a referral: from now on nobody is given it or reads what it is called."""
    with recording(user, reference, Act.DECIDE) as hand:
        document = queries.document_of(hand.case.referral, number)
        if document is None:
            raise Refused("there is no such document on this referral")
        if because := withdrawn(document):
            raise Refused(because)
        Withdrawal.objects.create(document=document, at=hand.at, by=user, by_words=user.post, reason=reason)
        hand.tell("document_withdrawn", f"Document {number} was withdrawn.", reason)
        note_in_trail(hand, "document_withdrawn", document, sha256=document.sha256)
        return document


def withdrawn(document: Document) -> str:
    """That a document is withdrawn, and by whom; empty where it is not. The relation was fetched with it."""
    found = getattr(document, "withdrawal", None)
    return f"document {document.number} was withdrawn by {found.by_words}" if found else ""


NOTHING_SEALED = "no original is sealed under that number"


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
