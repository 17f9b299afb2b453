"""Asking for the duty-to-investigate file of a referral, making it, giving it away, and clearing it off the disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction

from palermo.domain.access import Act
from palermo.packs import Pack
from palermo.reports import document as reports
from palermo.reports import verify
from palermo.reports.checking import MANIFEST
from palermo.web import clock, jobs, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record, seal
from palermo.web.audit.actors import Actor, Command
from palermo.web.audit.models import Duty
from palermo.web.audit.queries import proofs_of
from palermo.web.cases.actions import NoReferral, recording
from palermo.web.dossier import queries
from palermo.web.dossier.models import CaseFile
from palermo.web.dossier.queries import Story
from palermo.web.dossier.telling import document_of
from palermo.web.intake.actions import tell
from palermo.web.layout import moment_words
from palermo.web.papers import store

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every part: the same story gives the same bytes."""
COPY = 1 << 20


def ask_for_file(user: User, reference: str, recipient: str, reason: str) -> CaseFile:
    """Have the file of a referral made for somebody. Raises NoReferral, and Refused for those who may not."""
    with recording(user, reference, Act.DISCLOSE) as hand:
        asked = CaseFile.objects.create(
            referral=hand.case.referral,
            asked_at=hand.at,
            asked_by=user,
            by_words=user.post,
            recipient=recipient,
            reason=reason,
        )
        hand.tell("file_asked", f"The duty-to-investigate file is made for {recipient}.", reason)
        record(user, Duty.DISCLOSURE, "file_asked", f"referral:{reference}", file=str(asked.pk))
        jobs.defer("dossier.make_file", file=str(asked.pk))
    return asked


def make_file(key: UUID) -> bool:
    """Make what was asked for; whether it was this call that made it.

    It may run again, or twice at once: each writes apart, and only the first to end puts its file in place.
    """
    asked = queries.not_made(key)
    if asked is None:
        return False
    step(asked, "Sealing the ledger")
    seal()
    step(asked, "Reading the record")
    made, pack = clock.now(), policy.pack()
    with transaction.atomic():
        # everything that is added to a referral locks it first, so what is read under the lock belongs together
        story = queries.story_of(queries.work_of(asked))
    apart = shelf() / f"{asked.pk}.{os.getpid()}.part"
    try:
        manifest = write_file(story, pack, apart, asked, made)
        with transaction.atomic():
            won = CaseFile.objects.filter(pk=asked.pk, made_at__isnull=True).update(
                made_at=made,
                size=apart.stat().st_size,
                sha256=store.measured(apart).sha256,
                manifest_sha256=manifest,
                step="",
            )
            if not won:
                return False
            apart.replace(place_of(asked.pk))
            record(
                asked.asked_by or Command(asked.by_words),
                Duty.COMBINATION,
                "file_made",
                f"referral:{story.referral.reference}",
                file=str(asked.pk),
                manifest=manifest,
            )
    finally:
        apart.unlink(missing_ok=True)
    return True


def write_file(story: Story, pack: Pack, path: Path, asked: CaseFile, made: datetime) -> str:
    """Write the whole file there, and give the SHA-256 of the list of what is in it.

    The story as a page, as PDF and as data, the proof that its audit entries are those that were sealed, with the
    program that checks it, then the documents of the referral, each byte for byte as it is kept.
    """
    about = (
        ("Made", moment_words(made)),
        ("Asked for by", asked.by_words),
        ("For", asked.recipient),
        ("Why", asked.reason),
        ("Policy", f"{pack.id}, {pack.hash}"),
        ("Palermo", version("palermo")),
        ("Audit entries of the referral up to", str(max((one.pk for one in story.entries), default=0))),
    )
    step(asked, "Writing the page")
    document = document_of(story, pack, about)
    files: list[dict[str, object]] = []
    with zipfile.ZipFile(path, "w") as parts:
        add(parts, files, "file.html", [reports.as_html(document).encode()])
        data = json.dumps(reports.as_dict(document), ensure_ascii=False, indent=1) + "\n"
        add(parts, files, "file.json", [data.encode()])
        proofs = json.dumps(proofs_of(f"referral:{story.referral.reference}"), ensure_ascii=False, indent=1) + "\n"
        add(parts, files, "ledger.json", [proofs.encode()])
        add(parts, files, "verify.py", [Path(verify.__file__).read_bytes()])
        step(asked, "Making the PDF")
        add(parts, files, "file.pdf", [reports.as_pdf(document)])
        # of one that was withdrawn, the page tells that it was, and nothing else goes out
        given = [one for one in story.documents if one.stands]
        for number, one in enumerate(given, start=1):
            step(asked, f"Adding document {number} of {len(given)}")
            with store.opened(one.stored, one.sha256) as kept:
                add(parts, files, f"documents/{one.number:03}.{one.kind}", iter(lambda: kept.read(COPY), b""))
        listed = {
            "reference": story.referral.reference,
            "made": made.isoformat(),
            "pack": pack.id,
            "pack_hash": pack.hash,
            "files": files,
        }
        manifest = (json.dumps(listed, ensure_ascii=False, indent=1) + "\n").encode()
        add(parts, [], MANIFEST, [manifest])
    return hashlib.sha256(manifest).hexdigest()


def add(parts: zipfile.ZipFile, files: list[dict[str, object]], name: str, chunks: Iterable[bytes]) -> None:
    """Add one part, and what it is to the list."""
    digest, size = hashlib.sha256(), 0
    with parts.open(zipfile.ZipInfo(name, LONG_AGO), "w", force_zip64=True) as part:
        for chunk in chunks:
            part.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    files.append({"name": name, "size": size, "sha256": digest.hexdigest()})


def step(asked: CaseFile, words: str) -> None:
    """Say how far the making is, to whoever waits for it."""
    CaseFile.objects.filter(pk=asked.pk).update(step=words)


def give_away(user: User, reference: str, key: UUID) -> tuple[CaseFile, BinaryIO] | None:
    """A file that is made, to be read from its beginning, with the entry that it left; None where there is none."""
    with transaction.atomic():
        found = queries.file_for(user, reference, key)
        if found is None or not found.made_at or found.removed_at:
            return None
        record(user, Duty.DISCLOSURE, "file_given", f"referral:{reference}", file=str(key), sha256=found.sha256)
    return found, place_of(found.pk).open("rb")


def export_file(by: Actor, reference: str, target: Path, recipient: str, reason: str) -> CaseFile:
    """Make the file of a referral at once, at that path; raises NoReferral. For the command line."""
    with transaction.atomic():
        found = queries.work(reference, lock=True)
        if found is None:
            raise NoReferral(reference)
        asked = CaseFile.objects.create(
            referral=found.referral,
            asked_at=clock.now(),
            by_words=by.audit_name,
            recipient=recipient,
            reason=reason,
        )
        tell(
            found.referral,
            "file_asked",
            f"The duty-to-investigate file is made for {recipient}.",
            by,
            at=asked.asked_at,
            reason=reason,
        )
        record(by, Duty.DISCLOSURE, "file_asked", f"referral:{reference}", file=str(asked.pk))
    make_file(asked.pk)
    shutil.copyfile(place_of(asked.pk), target)
    return CaseFile.objects.get(pk=asked.pk)


def remove_old(now: datetime) -> int:
    """Take off the disk what was made long enough ago; how many. What the rows say of it stays."""
    done = 0
    for one in queries.to_remove(now):
        with transaction.atomic():
            done += CaseFile.objects.filter(pk=one.pk, removed_at__isnull=True).update(removed_at=now)
            place_of(one.pk).unlink(missing_ok=True)
    return done


def shelf() -> Path:
    """Where made files stand."""
    return store.own_folder(settings.FILES / "made")


def place_of(key: UUID) -> Path:
    return shelf() / f"{key}.zip"
