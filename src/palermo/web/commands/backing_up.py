"""`palermo backup` and `palermo restore`: the database and the kept files in one folder, and back again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palermo.web.commands import copies, django_ready, programs
from palermo.web.commands.importing import say, tables_ready

if TYPE_CHECKING:
    from palermo.web.commands.copies import Manifest


def backup(
    out: Annotated[Path, typer.Option(help="the folder to write; new, or empty")],
) -> None:
    """Copy the database and the kept files into a folder, with a manifest of SHA-256 hashes and the ledger's head.

    First the database, as it is at one moment, then the files that its documents need. The site goes on meanwhile. The
    copy is not encrypted, and is for its owner alone: put it where the database's own disk is encrypted too. The key
    that seals the ledger is not in it. Prints what was copied as JSON; keep `manifest_sha256` elsewhere.

    Exit 0: copied; 1: it broke off, and the folder has no manifest, or a kept file is not as it was kept, and is named;
    2: something stands in the folder.

    Example: `palermo backup --out /backup/2026-11-27`
    """
    try:
        copies.begin(out)
    except copies.NoBackup as refused:
        say(str(refused))
        raise typer.Exit(2) from None
    django_ready()
    tables_ready()
    from django.db import DatabaseError

    try:
        manifest = take(out)
        manifest_sha256 = copies.end(out, manifest)
    except (programs.NoProgram, programs.ProgramFailed, DatabaseError, OSError) as reason:
        say(f"{reason}\nthe backup broke off; {out} is none")
        raise typer.Exit(1) from None
    told = {
        "folder": str(out),
        "manifest_sha256": manifest_sha256,
        "taken_at": manifest.taken_at,
        "tables": len(manifest.rows),
        "rows": sum(manifest.rows.values()),
        "files": len(manifest.sha256) - 1,
        "head": manifest.head,
        "faults": manifest.faults,
    }
    print(json.dumps(told, ensure_ascii=False))
    for fault in manifest.faults:
        say(f"{fault['key']} of {fault['reference']}, document {fault['number']}: {fault['fault']}, and not copied")
    raise typer.Exit(1 if manifest.faults else 0)


def take(out: Path) -> Manifest:
    """Copy everything as of one snapshot of the database, which `pg_dump` and the manifest share."""
    from django.db import connection, transaction

    from palermo.web.audit import queries as ledger
    from palermo.web.papers import store
    from palermo.web.papers.queries import kept_files

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version_num')::int / 10000")
        snapshot, major = cursor.fetchone()
        dumper = programs.program("pg_dump", major)
        manifest = copies.Manifest(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            palermo=version("palermo"),
            postgresql=major,
            pg_dump=dumper.major,
            head=ledger.note(),
            migrations=applied(),
            rows=rows_of_tables(),
        )
        programs.run(
            dumper,
            # who owns what and who may read it are the installation's; a restore elsewhere has other roles
            [
                "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                f"--file={out / copies.DUMP}",
            ],
            *server(),
        )  # fmt: skip
        documents = list(kept_files())
    (out / copies.DUMP).chmod(0o600)
    with (out / copies.DUMP).open("rb") as dump:
        os.fsync(dump.fileno())
    manifest.sha256[copies.DUMP] = copies.sha256_of(out / copies.DUMP)
    for key, sha256, reference, number in documents:
        name = f"{copies.KEPT}/{key[:2]}/{key}"
        try:
            copied = copies.copy(store.path_of(key), out / name)
        except FileNotFoundError:
            fault = "missing"
        else:
            manifest.sha256[name] = copied
            if copied == sha256:
                continue
            # it is copied as it is: what is left of it may be all that there is
            fault = "changed"
        manifest.faults.append({"fault": fault, "key": key, "reference": reference, "number": number})
    return manifest


def restore(
    folder: Annotated[Path, typer.Argument(help="a backup, as `palermo backup` made it")],
    into: Annotated[str, typer.Option(help="the address of an empty database: postgresql://…")],
    reason: Annotated[str, typer.Option(help="why, for the ledger")] = "restored from a backup",
) -> None:
    """Restore a backup into an empty database, put back the files that are not there, and verify all of it.

    The manifest is checked first, and the database must be empty: until both hold nothing is changed. Then the ledger
    is adopted, so that the site can go on there, and verified up to the head in the manifest; every file is held
    against its hash. Nothing is sent or worked off: that begins when a worker runs on that database. Prints what was
    found as JSON.

    Exit 0: restored, and all as it was; 1: restored, but something is not as it was, and is named; 2: nothing was
    restored.

    Example: `palermo restore /backup/2026-11-27 --into postgresql://palermo@db.example/palermo`
    """
    if not reason.strip():
        say("--reason: it stands in the ledger; write something, or leave it out")
        raise typer.Exit(2)
    try:
        manifest = copies.read(folder)
        os.environ["DATABASE_URL"] = into
        django_ready()
        restorer = ready_for(manifest)
        # all or nothing: what breaks off leaves the database empty
        programs.run(restorer, ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                                str(folder / copies.DUMP)], *server())  # fmt: skip
    except (copies.NoBackup, programs.NoProgram, programs.ProgramFailed, NotReady) as refused:
        say(f"{refused}\nnothing was restored")
        raise typer.Exit(2) from None
    told, faults = finish(folder, manifest, reason)
    print(json.dumps(told, ensure_ascii=False))
    for fault in faults:
        say(fault)
    raise typer.Exit(1 if faults else 0)


class NotReady(Exception):
    """The database cannot take a backup; the text says why."""


def ready_for(manifest: Manifest) -> programs.Program:
    """The program that restores into the database. Raises NotReady, NoProgram."""
    from django.db import DatabaseError, connection
    from django.db.migrations.loader import MigrationLoader

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            major = cursor.fetchone()[0]
            cursor.execute(
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
            )
            there = cursor.fetchone()[0]
    except DatabaseError as error:
        raise NotReady(f"the database does not answer: {str(error).strip()}") from None
    if there:
        raise NotReady("the database is not empty. Make a new one (createdb), and name that")
    if major < manifest.postgresql:
        raise NotReady(
            f"the backup is of PostgreSQL {manifest.postgresql}, and this server of {major}. Take a newer one"
        )
    if {tuple(one) for one in manifest.migrations} != set(MigrationLoader(None).graph.nodes):
        raise NotReady(
            f"the backup has the tables of another version of Palermo (it was made by {manifest.palermo}). "
            "Restore it with the version that made it, then upgrade"
        )
    return programs.program("pg_restore", manifest.pg_dump)


def finish(folder: Path, manifest: Manifest, reason: str) -> tuple[dict[str, object], list[str]]:
    """Adopt the ledger, put the files back, hold everything against the manifest: what is told, and what is wrong."""
    from palermo.web.audit import actions
    from palermo.web.audit.verifying import verify
    from palermo.web.papers import store
    from palermo.web.papers.queries import store_faults

    rows = rows_of_tables()
    faults = [
        f"{table}: {rows.get(table, 0)} rows, and {manifest.rows.get(table, 0)} when the backup was made"
        for table in sorted(rows.keys() | manifest.rows.keys())
        if rows.get(table, 0) != manifest.rows.get(table, 0)
    ]
    adopted = actions.adopt(reason)
    put = copies.put_back(folder, manifest, store.root() / copies.KEPT)
    ledger = verify([manifest.head] if manifest.head else [])
    faults += [one.says for one in ledger.faults]
    if ledger.head != (manifest.head or ""):
        faults.append("the ledger’s newest head is not the one in the manifest")
    files = [asdict(one) for one in store_faults()]
    # a file of after the backup, where they stood on another disk than the database
    faults += [f"{one['file']}: {one['fault']}" for one in files if one["fault"] in {"missing", "changed"}]
    told = {
        "taken_at": manifest.taken_at,
        "tables": len(rows),
        "rows": sum(rows.values()),
        "files_put_back": put,
        "file_faults": files,
        "adopted": adopted,
        "ledger": {
            "entries": ledger.entries,
            "sealed": ledger.sealed,
            "seals": ledger.seals,
            "unsealed": ledger.unsealed,
            "head": ledger.head,
            "faults": [asdict(one) for one in ledger.faults],
        },
        "faults": faults,
    }
    return told, faults


def server() -> tuple[dict[str, str], str]:
    """The database in use, as the client library's parameters, and the password for it."""
    from django.db import connection

    connection.ensure_connection()
    info = connection.connection.info
    return info.get_parameters(), info.password


def rows_of_tables() -> dict[str, int]:
    """How many rows each table has, counted one by one."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        counted = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 (a table's own name)
            counted[table] = cursor.fetchone()[0]
    return counted


def applied() -> list[list[str]]:
    """The migrations that the database has had."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [list(one) for one in cursor.fetchall()]
