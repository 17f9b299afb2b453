"""`palermo ledger`: the duty-to-investigate file of one referral, made and checked."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from palermo.reports import checking
from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The duty-to-investigate file of one referral: who knew what, when, and what was decided and why.",
)


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


@dataclass(frozen=True, slots=True)
class Command:
    """Who takes it out: not an account, but this command."""

    audit_name: str = "command:ledger"
    role: str = ""
    unit: str = ""


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
        made = export_file(Command(), referral, target, recipient, reason)
    except NoReferral:
        print(f"there is no referral {referral}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(json.dumps({"file": str(target), "sha256": made.sha256, "manifest_sha256": made.manifest_sha256}))
