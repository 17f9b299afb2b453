"""`palermo ledger`: the audit ledger verified and sealed, and the duty-to-investigate file of one referral."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from palermo.reports import checking
from palermo.web.audit.actors import Command
from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The audit ledger, sealed and verified; and the duty-to-investigate file of one referral.",
)


@app.command("verify")
def verify(
    head: Annotated[list[Path] | None, typer.Option(help="a head kept elsewhere; may be given again")] = None,
    key: Annotated[str, typer.Option(help="the ledger's first public key, in hexadecimal, as somebody kept it")] = "",
) -> None:
    """Hold every audit entry against what was sealed, and say which was changed, removed, inserted or put elsewhere.

    What is sealed cannot be altered unseen; that the newest seals were cut off shows only against a head that was kept
    elsewhere (`palermo ledger head`). Prints what was found as JSON.

    Exit 0: all is as it was sealed; 1: something is not, and each is named; 2: what was given is no head or no key.

    Example: `palermo ledger verify --head january.txt`
    """
    django_ready()
    from palermo.web.audit.heads import NoHead
    from palermo.web.audit.verifying import verify as verified

    tables_ready()
    try:
        notes = [one.read_text(encoding="utf-8") for one in head or ()]
        pinned = bytes.fromhex(key) if key else None
        found = verified(notes, pinned)
    except (NoHead, OSError, ValueError) as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(2) from None
    told = {
        "entries": found.entries,
        "sealed": found.sealed,
        "seals": found.seals,
        "unsealed": found.unsealed,
        "unsealed_since": found.unsealed_since and found.unsealed_since.isoformat(),
        "head": found.head,
        "faults": [asdict(one) for one in found.faults],
    }
    print(json.dumps(told, ensure_ascii=False))
    for one in found.faults:
        print(one.says, file=sys.stderr)
    raise typer.Exit(1 if found.faults else 0)


@app.command("seal")
def seal() -> None:
    """Seal what was written since the last time. The worker does it every minute by itself.

    Exit 0: done, and the number of entries is told; 1: the key is not where it should be.
    """
    django_ready()
    from palermo.web.audit import actions
    from palermo.web.audit.keys import NoKey

    tables_ready()
    try:
        print(json.dumps({"sealed": actions.seal()}))
    except NoKey as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(1) from None


@app.command("head")
def head() -> None:
    """Print the newest head, to be kept where nobody who can change the database can change it.

    It is a text of a few lines: what is signed is how many seals and entries there are and the hash of all of them. The
    first public key, by which everybody can check it, goes to the standard error.

    Exit 0: printed; 1: nothing is sealed yet.
    """
    django_ready()
    from palermo.web.audit import queries

    tables_ready()
    note = queries.note()
    if note is None:
        print("nothing is sealed yet. Run: palermo ledger seal", file=sys.stderr)
        raise typer.Exit(1)
    print(note, end="")
    print(f"first key: {bytes(queries.keys()[0].public).hex()}", file=sys.stderr)


@app.command("adopt")
def adopt(reason: Annotated[str, typer.Option(help="why entries are written on this server now")]) -> None:
    """Go on with the ledger on another database server, after a backup was restored there.

    Until then nothing can be written. Exit 0: entries are written here, after all that were written before.

    Example: `palermo ledger adopt --reason "restored on 3 May after the disk failed"`
    """
    django_ready()
    from palermo.web.audit import actions

    tables_ready()
    if actions.adopt(reason):
        print("entries are written on this server from now on", file=sys.stderr)
    else:
        print("this server is known already; nothing was changed", file=sys.stderr)


@app.command("new-key")
def new_key(
    lost: Annotated[bool, typer.Option("--lost", help="the old key is gone, and cannot vouch")] = False,
) -> None:
    """Seal with a new key from now on. The old one signs the new one, and is put aside.

    Without the old one, `verify` tells from then on that nobody vouches for the new one.

    Exit 0: done; 1: the old key is not where it should be.
    """
    django_ready()
    from palermo.web.audit import actions
    from palermo.web.audit.keys import NoKey

    tables_ready()
    try:
        aside = actions.new_key(lost=lost)
    except NoKey as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"there is a new key; the old one, if it was there, is now {aside}. Keep it away from here", file=sys.stderr)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="a file made by `palermo ledger export`, or on the site")]) -> None:
    """Hold every part of a file against the list of what is in it, and say which part differs, is missing or is more.

    The list's own hash is printed: it is the one that the site noted when the file was made. No database is needed.

    Exit 0: every part is as it was; 1: something is not, and is named; 2: this is not such a file.

    Example: `palermo ledger check PAL-BCDF-GHJK.zip`
    """
    try:
        found = checking.check(file)
    except checking.NoSuchFile as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(2) from None
    print(json.dumps({"manifest_sha256": found.manifest_sha256, "faults": found.faults}, ensure_ascii=False))
    for fault in found.faults:
        print(f"{file}: {fault}", file=sys.stderr)
    raise typer.Exit(1 if found.faults else 0)


@app.command("export")
def export(
    referral: Annotated[str, typer.Option(help="the referral's reference")],
    recipient: Annotated[str, typer.Option(help="for whom it is: a post and a body")] = "whoever ran this command",
    reason: Annotated[str, typer.Option(help="why they get it")] = "not given",
    out: Annotated[Path | None, typer.Option(help="where to write it; without it, the reference with .zip")] = None,
) -> None:
    """Write everything that is kept of one referral as a ZIP: page, PDF, data, documents, and a list of hashes.

    For whom and why is noted on the referral. Prints where the file is and its hashes as JSON.

    Exit 0: written; 1: there is no such referral; 2: it cannot be written there.

    Example: `palermo ledger export --referral PAL-BCDF-GHJK --recipient "Reviewing lawyer" --reason "claim received"`
    """
    target = out or Path(f"{referral}.zip")
    if not (recipient.strip() and reason.strip()):
        print(
            "--recipient and --reason say for whom it is and why; write something, or leave them out", file=sys.stderr
        )
        raise typer.Exit(2)
    if target.exists() or not target.parent.is_dir():
        print(f"{target}: it is there already, or its folder is not. Name another with --out", file=sys.stderr)
        raise typer.Exit(2)
    django_ready()
    tables_ready()
    from palermo.web.cases.actions import NoReferral
    from palermo.web.dossier.actions import export_file

    try:
        made = export_file(Command("command:ledger"), referral, target, recipient, reason)
    except NoReferral:
        print(f"there is no referral {referral}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(json.dumps({"file": str(target), "sha256": made.sha256, "manifest_sha256": made.manifest_sha256}))
