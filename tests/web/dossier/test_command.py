"""`palermo ledger export` and `check`, as they are called."""

import json

import pytest
from typer.testing import CliRunner

from palermo.main import app
from palermo.web.audit.models import Entry
from web.cases.casebook import OF_SCD9, a_referral

pytestmark = pytest.mark.django_db


def called(*words: object):
    return CliRunner().invoke(app, ["ledger", *map(str, words)])


def test_a_file_is_exported_and_checked(accounts, tmp_path):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    target = tmp_path / "a.zip"

    made = called("export", "--referral", referral.reference, "--out", target)
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    checked = called("check", target)

    assert checked.exit_code == 0
    assert json.loads(checked.stdout) == {"manifest_sha256": said["manifest_sha256"], "faults": []}
    entry = Entry.objects.get(action="file_asked")
    assert (entry.actor, entry.duty) == ("command:ledger", "disclosure")


def test_what_cannot_be_done_is_said_with_its_exit(accounts, tmp_path):
    there = tmp_path / "there.zip"
    there.write_bytes(b"x")

    assert called("export", "--referral", "PAL-NONE-NONE", "--out", tmp_path / "b.zip").exit_code == 1
    assert called("export", "--referral", "PAL-NONE-NONE", "--out", there).exit_code == 2
    assert called("check", there).exit_code == 2
    assert called("check", tmp_path / "nowhere.zip").exit_code == 2
