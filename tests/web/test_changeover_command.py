"""`palermo changeover`: what it prints, and with which exit code."""

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from palermo.domain.units import Units
from palermo.main import app
from palermo.web import clock, policy
from palermo.web.cases.models import Changeover
from web.cases.casebook import a_referral, owner_of

pytestmark = pytest.mark.django_db

MIDNIGHT = timezone.make_aware(datetime.combine(date(2010, 4, 1), time.min))
OF_CO14 = {"age": "adult", "exploitation": "sexual", "borough": "Newham"}
COMMAND = ("changeover", "--on", "2010-04-01")


@pytest.fixture
def case(accounts):
    with clock.standing_at(MIDNIGHT - timedelta(days=9)):
        return a_referral(OF_CO14, by=accounts["officer"], received_at=clock.now())


def call(*arguments: str, at: timedelta = timedelta(hours=1)):
    with clock.standing_at(MIDNIGHT + at):
        return CliRunner().invoke(app, arguments)


def test_a_dry_run_prints_where_each_case_goes_and_writes_nothing(case):
    done = call(*COMMAND, "--dry-run", "--json", at=timedelta(days=-5))
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (found["dry_run"], found["open"], found["moving"], found["orphans"]) == (True, 1, 1, [])
    assert [(one["from"], one["to"], one["cause"]) for one in found["cases"]] == [("CO14", "SCD9", "unit_ends")]
    assert owner_of(case)[0] == "CO14"
    assert not Changeover.objects.exists()


def test_the_night_is_run_once_and_the_second_run_says_so(case):
    first, second = call(*COMMAND), call(*COMMAND)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert case.reference in first.stdout
    assert "1 moved" in first.stdout
    assert "nothing to do" in second.stdout
    assert owner_of(case)[0] == "SCD9"
    assert Changeover.objects.count() == 1


def test_the_json_of_the_night_carries_the_certificate(case):
    found = json.loads(call(*COMMAND, "--json").stdout)
    assert (found["done"], found["certificate"]) == (True, Changeover.objects.get().certificate)


def test_it_is_refused_before_the_day_has_begun(case):
    early = call(*COMMAND, at=timedelta(seconds=-1))
    assert (early.exit_code, early.stdout) == (1, "")
    assert "has not begun" in early.stderr
    assert owner_of(case)[0] == "CO14"


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_an_orphan_is_named_and_nothing_is_changed(case, monkeypatch, option):
    pack = policy.pack()
    without = Units([u for u in pack.units.units if u.id != "SCD9"], start=pack.units.start)
    monkeypatch.setattr(policy, "pack", lambda: replace(pack, units=without))
    refused = call(*COMMAND, *option)
    assert refused.exit_code == 1
    assert case.reference in refused.stderr
    assert owner_of(case)[0] == "CO14"


def test_a_proposal_can_be_rehearsed(case, tmp_path):
    file = tmp_path / "what-if.toml"
    file.write_text('effective = 2010-04-01\nunits = ["NEW"]\nreassign = { SCD9 = "NEW" }\n')
    found = json.loads(call(*COMMAND, "--dry-run", "--json", "--proposal", str(file)).stdout)
    assert [one["to"] for one in found["cases"]] == ["NEW"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--on", "1 April"), "not a date"),
        (("--on", "2001-04-01", "--dry-run"), "2001-04-01"),
        (("--on", "2010-04-01", "--proposal", "x.toml"), "--dry-run"),
        (("--on", "2010-04-01", "--dry-run", "--proposal", "nowhere.toml"), "no such file"),
    ],
)
def test_a_wrong_call_is_told_with_exit_2(arguments, says, db):
    wrong = call("changeover", *arguments)
    assert wrong.exit_code == 2
    assert says in wrong.stderr
