"""`palermo import`: referrals from a partner's file, with a report by row."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from palermo.web.commands import django_ready
from palermo.web.intake.importing import tables

LONGEST_BODY = 120


def import_(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 with commas, semicolons or tabs, or XLSX.")],
    source: Annotated[
        str, typer.Option(help="The body that sent the file: rows that name no `referring_body` are from it.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say what would become of each row.")
    ] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Take no row where one is bad; without it, take the good ones.")
    ] = False,
) -> None:
    """Take the referrals of a CSV or XLSX file, each row whole or not at all.

    The first line names the columns, in any order: `received` is needed; the others are the facts that the remit reads
    (`matter`, `age`, `exploitation` …), what happened (`acts`, `means`, `purposes`, several separated by `;`) and the
    person. See docs/import.md.

    Prints one JSON line a row: `taken`, `there already`, `refused` or `would be taken`, with the reference or the
    problems. A file that is imported twice is taken once. Exit 0: every row is taken or there already; 2: the file or a
    row was refused; 1: the import broke off, and what it reported until then is taken.

    Examples:

    `palermo import referrals.csv --source "Harbour Project" --dry-run`

    `palermo import referrals.xlsx --source UKBA --all-or-nothing`
    """
    source = " ".join(source.split())
    if len(source) > LONGEST_BODY or not source.isprintable():
        say(f"--source: give the body's name in up to {LONGEST_BODY} plain characters")
        raise typer.Exit(2)
    try:
        # before the database is started: most slips are a wrong file
        tables.is_workbook(file)
        django_ready()
        tables_ready()
        code = import_file(file, source, dry_run=dry_run, all_or_nothing=all_or_nothing)
    except tables.FileRefused as refused:
        for line, says in refused.faults:
            say(f"{file}:{line}: {says}" if line else f"{file}: {says}")
        say("nothing was taken")
        raise typer.Exit(2) from None
    raise typer.Exit(code)


def import_file(file: Path, source: str, *, dry_run: bool, all_or_nothing: bool) -> int:
    """The exit code; the report goes out row by row. Raises FileRefused before anything is written."""
    from django.db import Error
    from django.utils import timezone

    from palermo.web import clock, policy
    from palermo.web.intake.importing import rows
    from palermo.web.intake.importing.taking import Status, Taking

    pack = policy.pack()
    known = set(rows.names(pack))
    table = tables.open_table(file, lambda cells: len(known & {rows.column(cell) for cell in cells}))
    columns = rows.columns(table.header, pack)
    # the whole file is read once before any row is taken: it must not break off in the middle
    if not sum(1 for _ in table.rows()):
        raise tables.FileRefused((None, "there is a header and no row below it"))
    by = rows.Reading(columns, pack, timezone.localtime(clock.now()), source, table.ragged)
    taking = Taking(table, by)
    outcomes = taking.dry() if dry_run else taking.all_or_nothing() if all_or_nothing else taking.good_rows()
    count: Counter[Status] = Counter()
    try:
        for outcome in outcomes:
            print(json.dumps(outcome.as_dict()), flush=True)
            count[outcome.status] += 1
            for problem in outcome.problems:
                say(f"{file}:{outcome.line}: {told(problem.field, problem.says)}")
    except (KeyboardInterrupt, Error, tables.FileRefused) as stopped:
        why = "stopped" if isinstance(stopped, KeyboardInterrupt) else str(stopped).strip().split("\n")[0]
        say(f"{file}: broken off ({why}) after {summary(count)}. No row is half taken; import the file again to go on")
        return 1
    say(f"{file}: {summary(count)}")
    if not source and "referring_body" not in columns:
        say(f"{file}: the file names no body; its referrals are from “{rows.NOT_NAMED}”. Give --source to name it")
    if count[Status.REFUSED] and all_or_nothing:
        say(f"{file}: no row was taken, since one is refused")
    return 2 if count[Status.REFUSED] else 0


def told(field: str, says: str) -> str:
    """The field once, then what is wrong with it."""
    return f"{field}: {says.removeprefix(f'{field}: ').removeprefix(f'{field} ')}" if field else says


def summary(count: Counter) -> str:
    return ", ".join(f"{number} {status}" for status, number in sorted(count.items())) or "no row was taken"


def tables_ready() -> None:
    """Make the tables of a new database; stop where an old one has not been brought up to date."""
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        say(f"the database does not answer: {error}".strip())
        raise typer.Exit(1) from None
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if executor.loader.applied_migrations:
        say("the database is of an earlier version. Run `palermo manage migrate` first")
        raise typer.Exit(1)
    call_command("migrate", verbosity=0, interactive=False)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
