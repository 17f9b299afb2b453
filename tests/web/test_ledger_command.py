"""`palermo ledger verify`, `seal`, `head`, `adopt`, `new-key`: what they print, and with which exit code."""

import json

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from palermo.main import app
from palermo.web.audit import queries
from palermo.web.audit.actions import LEDGER, record
from palermo.web.audit.models import Duty

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def written(settings, tmp_path) -> int:
    """One entry, not sealed, and a key of the test's own."""
    settings.LEDGER_KEY = tmp_path / "ledger-key"
    with transaction.atomic():
        return record(LEDGER, Duty.CONSULTATION, "looked", "referral:PAL-TEST-TEST").pk


def call(*words: str):
    return CliRunner().invoke(app, ["ledger", *words])


def tamper(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)


def test_what_was_written_is_sealed_and_verified(written, tmp_path):
    assert call("head").exit_code == 1
    assert json.loads(call("seal").stdout) == {"sealed": 1}
    head = call("head")
    kept = tmp_path / "head.txt"
    kept.write_text(head.stdout, encoding="utf-8")
    key = head.stderr.strip().removeprefix("first key: ")

    verified = call("verify", "--head", str(kept), "--key", key)

    assert verified.exit_code == 0
    told = json.loads(verified.stdout)
    assert {name: told[name] for name in ("entries", "sealed", "seals", "unsealed", "faults")} == {
        "entries": 1, "sealed": 1, "seals": 1, "unsealed": 0, "faults": [],
    }  # fmt: skip
    assert told["head"] == head.stdout


def test_what_was_changed_is_named_and_the_exit_is_1(written):
    call("seal")
    tamper("UPDATE audit_entry SET actor = 'nobody'")

    verified = call("verify")

    assert verified.exit_code == 1
    assert verified.stderr == f"entry {written} is not what was written\n"
    assert [fault["entry"] for fault in json.loads(verified.stdout)["faults"]] == [written]


def test_what_is_no_head_or_no_key_is_refused(tmp_path):
    nothing = tmp_path / "head.txt"
    nothing.write_text("a letter", encoding="utf-8")

    assert call("verify", "--head", str(nothing)).exit_code == 2
    assert call("verify", "--head", str(tmp_path / "none")).exit_code == 2
    assert call("verify", "--key", "not hexadecimal").exit_code == 2


def test_a_new_key_is_made_and_a_lost_one_is_asked_about(settings):
    call("seal")
    assert call("new-key").exit_code == 0
    settings.LEDGER_KEY.unlink()

    assert (call("new-key").exit_code, call("seal").exit_code) == (1, 0)
    assert call("new-key", "--lost").exit_code == 0
    assert call("verify").exit_code == 1


def test_a_server_is_adopted_once():
    tamper("DELETE FROM audit_server")

    assert "from now on" in call("adopt", "--reason", "restored").stderr
    assert "known already" in call("adopt", "--reason", "restored").stderr
    assert queries.knows_server()
