"""`palermo files`: the files that people added to referrals, held against the records of them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict

import typer

from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def files() -> None:
    """The files that people added to referrals."""


@app.command()
def check() -> None:
    """Read every stored file and hold it against its SHA-256; changes nothing.

    Prints one JSON line for each fault. `missing`: a document’s file is not there. `changed`: it is not what was kept.
    `orphaned`: a file that no document has, left by a crash. `left_over`: a file that came and was never kept. Files
    younger than an hour belong to nobody’s fault yet. docs/operate.md says what to do.

    Exit 0: all is as it should be; 1: there is a fault.

    Example: `palermo files check`
    """
    django_ready()
    tables_ready()
    from palermo.web.papers.queries import store_faults

    counted: Counter[str] = Counter()
    for fault in store_faults():
        counted[fault.fault] += 1
        print(json.dumps(asdict(fault), ensure_ascii=False), flush=True)
    said = ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
    print(said or "every document has its file, and every file its document", file=sys.stderr)
    raise typer.Exit(1 if counted else 0)
