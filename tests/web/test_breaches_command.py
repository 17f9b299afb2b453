"""`palermo breaches`: what it tells and prints, and with which exit code."""

import json

import pytest
from typer.testing import CliRunner

from palermo.main import app
from palermo.web import clock
from palermo.web.duties import actions
from palermo.web.duties.models import Breach
from web.cases.casebook import OF_PALADIN
from web.duties.watching import at, received

pytestmark = pytest.mark.django_db


WEDNESDAY = at(16)


def call(*options: str, now=WEDNESDAY):
    with clock.standing_at(now):
        return CliRunner().invoke(app, ["breaches", *options])


def test_it_tells_what_has_gone_up_once_and_lists_what_is_overdue(accounts):
    referral = received(accounts["partner"])
    first, second = call("--json"), call("--json")

    assert (first.exit_code, second.exit_code) == (0, 0)
    (told,) = json.loads(first.stdout)["told"]
    assert {name: told[name] for name in ("reference", "to", "unit", "borough", "told")} == {
        "reference": referral.reference,
        "to": "supervisor",
        "unit": "TP",
        "borough": "Newham",
        "told": "the supervisors of Territorial Policing, Newham",
    }
    assert json.loads(second.stdout) == {**json.loads(first.stdout), "told": []}
    assert json.loads(second.stdout)["overdue"] == [
        {
            "reference": referral.reference,
            "restricted": False,
            "clock": "acceptance",
            "unit": "TP",
            "borough": "Newham",
            "due": "2010-06-15T23:59:59+01:00",
            "gone_up_to": "supervisor",
            "since": "2010-06-15T23:59:59+01:00",
            "next": "commander",
            "next_after": "2010-06-16T23:59:59+01:00",
            "answered": False,
        }
    ]
    assert Breach.objects.count() == 1


def test_the_list_for_reading_has_a_line_for_each(accounts):
    referral = received(accounts["partner"])

    assert call().stdout.splitlines() == [
        f"{referral.reference}  TP Newham: due 15 June 2010 at 11:59pm, gone up to the supervisor (acceptance)",
        "1 overdue; told now: 1",
    ]


def test_where_nothing_is_overdue_it_says_so(accounts):
    assert call().stdout == "0 overdue; told now: 0\n"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_of_a_restricted_referral_it_does_not_say_what_is_overdue(accounts, options):
    referral = received(accounts["partner"], OF_PALADIN)
    assert "child_safety" in call(*options).stdout
    hidden = received(accounts["partner"], OF_PALADIN, restricted=True)
    lines = call(*options, now=at(16, 1)).stdout.replace(referral.reference, "")

    assert hidden.reference in lines
    # the open one alone has its clock named
    assert lines.count("child_safety") == 1


def test_what_could_not_be_told_is_named(accounts, monkeypatch):
    referral = received(accounts["partner"])
    monkeypatch.setattr(actions, "go_up", lambda *told: 1 / 0)
    done = call()

    assert done.exit_code == 1
    assert f"{referral.reference}: its breaches could not be told" in done.stderr
