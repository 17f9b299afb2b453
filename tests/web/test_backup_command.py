"""`palermo backup` and `palermo restore`: with PostgreSQL's own programs, into a database of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from cli.calls import SUBPROCESS, palermo
from palermo.web.audit import actions
from palermo.web.commands import copies, programs
from palermo.web.commands.copies import sha256_of
from web.background import database_address
from web.cases.casebook import a_referral
from web.papers import files
from web.papers.filing import a_document

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from demonstration_site import own_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    """A key, and a store for files, of the test's own."""
    settings.LEDGER_KEY = tmp_path / "ledger-key"
    settings.FILES = tmp_path / "files"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


@pytest.fixture
def document(accounts):
    """A referral with a document; what was done until then is sealed."""
    referral = a_referral(by=accounts["partner"])
    added = a_document(accounts["borough"], referral, files.a_pdf(), "rota.pdf")
    actions.seal()
    return added


@pytest.fixture
def target():
    """An empty database."""
    with own_database(os.environ["DATABASE_URL"]) as address:
        yield address


def taken(tmp_path) -> Path:
    folder = tmp_path / "backup"
    result = palermo("backup", "--out", str(folder))
    assert result.exit_code == 0, result.stderr
    return folder


def restored(folder: Path, target: str, tmp_path: Path) -> subprocess.CompletedProcess:
    """In a process of its own, as it is another database; the files go to a place of its own too."""
    return subprocess.run(
        [*SUBPROCESS, "restore", str(folder), "--into", target, "--reason", "a test"],
        env={**os.environ, "PALERMO_VAR": str(tmp_path / "elsewhere"), "PALERMO_LOG": "WARNING"},
        capture_output=True,
        text=True,
        check=False,
    )


def tables_in(address: str) -> int:
    with psycopg.connect(address) as there:
        return there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()[0]


def test_what_is_restored_is_what_was_there_and_its_ledger_verifies(document, target, tmp_path):
    # written and not sealed yet: it is in the backup all the same
    with transaction.atomic():
        actions.record(actions.LEDGER, "consultation", "looked", "referral:PAL-TEST-TEST")
    folder = taken(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())

    result = restored(folder, target, tmp_path)

    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["faults"], told["files_put_back"], told["adopted"]) == ([], 1, False)
    assert told["ledger"]["head"] == manifest["head"] != ""
    assert (told["ledger"]["unsealed"], told["rows"]) == (1, sum(manifest["rows"].values()))
    kept = tmp_path / "elsewhere" / "files" / "kept" / document.stored[:2] / document.stored
    assert sha256_of(kept) == sha256_of(folder / "kept" / document.stored[:2] / document.stored) == document.sha256


def test_on_a_server_that_the_ledger_does_not_know_it_is_adopted(document, target, tmp_path):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_server SET system = 1")
    folder = taken(tmp_path)

    told = json.loads(restored(folder, target, tmp_path).stdout)

    assert (told["adopted"], told["faults"], told["ledger"]["unsealed"]) == (True, [], 1)
    with psycopg.connect(target) as there:
        assert there.execute("SELECT reason FROM audit_server WHERE system <> 1").fetchall() == [("a test",)]


def test_a_database_that_is_not_empty_is_left_as_it_is(document, tmp_path):
    folder = taken(tmp_path)

    result = restored(folder, database_address(), tmp_path)

    assert result.returncode == 2
    assert (
        result.stderr == "the database is not empty. Make a new one (createdb), and name that\nnothing was restored\n"
    )


SPOILT = {
    "it is no backup, or one that broke off": lambda folder: (folder / "manifest.json").unlink(),
    "palermo.dump: it is not what was written": lambda folder: (folder / "palermo.dump").write_bytes(b"PGDMP"),
    ": it is not there": lambda folder: next(folder.glob("kept/*/*")).unlink(),
    "kept/more: it is not in the manifest": lambda folder: (folder / "kept" / "more").write_text("x"),
    "this is not a backup's manifest": lambda folder: (folder / "manifest.json").write_text("[]"),
    "a backup of format 2": lambda folder: (folder / "manifest.json").write_text('{"format": 2}'),
}


def test_a_backup_that_is_not_as_it_was_made_is_not_restored(document, target, tmp_path):
    folder = taken(tmp_path)
    for number, (says, spoil) in enumerate(SPOILT.items()):
        spoilt = tmp_path / str(number)
        shutil.copytree(folder, spoilt)
        copies.read(spoilt)
        spoil(spoilt)
        with pytest.raises(copies.NoBackup, match=re.escape(says)):
            copies.read(spoilt)

    result = restored(tmp_path / "1", target, tmp_path)

    assert (result.returncode, tables_in(target)) == (2, 0)
    assert result.stderr.endswith("palermo.dump: it is not what was written\nnothing was restored\n")


def test_a_backup_of_other_tables_is_not_restored(document, target, tmp_path):
    folder = taken(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["migrations"].append(["cases", "9999_of_tomorrow"])
    (folder / "manifest.json").write_text(json.dumps(manifest))

    result = restored(folder, target, tmp_path)

    assert (result.returncode, tables_in(target)) == (2, 0)
    assert "the tables of another version of Palermo" in result.stderr


def test_what_breaks_off_leaves_the_database_empty(document, target, tmp_path):
    """The manifest vouches for a dump that is cut off, as where the wrong one was hashed."""
    folder = taken(tmp_path)
    dump = folder / "palermo.dump"
    dump.write_bytes(dump.read_bytes()[:-20_000])
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["palermo.dump"] = sha256_of(dump)
    (folder / "manifest.json").write_text(json.dumps(manifest))

    result = restored(folder, target, tmp_path)

    assert (result.returncode, tables_in(target)) == (2, 0)
    assert "nothing was restored" in result.stderr


def test_a_kept_file_that_changed_is_named_when_it_is_copied_and_when_it_is_put_back(
    document, settings, target, tmp_path
):
    next(settings.FILES.glob("kept/*/*")).write_bytes(b"other")

    result = palermo("backup", "--out", str(tmp_path / "backup"))

    assert result.exit_code == 1
    (fault,) = json.loads(result.stdout)["faults"]
    assert (fault["fault"], fault["key"], fault["number"]) == ("changed", document.stored, document.number)
    back = restored(tmp_path / "backup", target, tmp_path)
    assert (back.returncode, json.loads(back.stdout)["faults"]) == (1, [f"{document.stored}: changed"])


def test_entries_that_were_changed_in_the_database_are_named_after_the_restore(document, target, tmp_path):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_entry SET actor = 'nobody' WHERE id = (SELECT min(id) FROM audit_entry)")
    folder = taken(tmp_path)

    result = restored(folder, target, tmp_path)

    assert result.returncode == 1
    assert "is not what was written" in result.stderr


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")

    result = palermo("backup", "--out", str(tmp_path))

    assert (result.exit_code, (tmp_path / "file").read_text()) == (2, "mine")
    assert "something stands in it" in result.stderr


def test_nobody_else_on_the_machine_may_read_a_backup(document, tmp_path):
    folder = taken(tmp_path)

    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


def test_without_the_program_or_with_an_older_one_it_says_what_to_install(monkeypatch, tmp_path):
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    old.chmod(0o755)
    monkeypatch.setattr(programs, "embedded", list)
    monkeypatch.setenv("PATH", str(old.parent))

    result = palermo("backup", "--out", str(tmp_path / "backup"))

    assert result.exit_code == 1
    assert f"{old} is of version 9" in result.stderr
    assert "postgresql-client-" in result.stderr
    monkeypatch.setenv("PATH", "")
    with pytest.raises(programs.NoProgram, match="there is none on the path"):
        programs.program("pg_dump", 15)


def test_the_oldest_program_that_is_new_enough_is_taken(monkeypatch, tmp_path):
    for major in (14, 17, 16):
        made = tmp_path / str(major) / "pg_dump"
        made.parent.mkdir()
        made.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.2'\n")
        made.chmod(0o755)
    monkeypatch.setattr(programs, "embedded", list)
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("14", "17", "16")))

    assert programs.program("pg_dump", 15) == programs.Program(tmp_path / "16" / "pg_dump", 16)
