"""`palermo account`: a sign-in for a post, or every reason why not."""

import pytest
from typer.testing import CliRunner

from palermo.main import app
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry

PASSWORD = "a long enough sentence"


@pytest.fixture(autouse=True)
def a_day_of_the_pack(settings, db):
    settings.DAYS_SHIFTED = -5990


def account(*words, password=PASSWORD):
    return CliRunner().invoke(app, ["account", *words, "--password", password])


def test_an_account_is_made_with_its_audit_entry():
    result = account("desk", "--role", "officer", "--unit", "SCD9", "--post", "Duty desk, SCD9")

    assert (result.exit_code, result.stdout) == (0, "desk: Duty desk, SCD9\n")
    made = User.objects.get(username="desk")
    assert made.check_password(PASSWORD)
    assert Entry.objects.get(action="account_made").subject == f"account:{made.pk}"


def test_notices_go_to_the_address_that_was_given_until_it_is_changed():
    account("desk", "--role", "auditor", "--post", "Auditor", "--email", "audit@force.example")
    assert User.objects.get().email == "audit@force.example"
    result = CliRunner().invoke(app, ["address", "desk", "auditor@force.example"])

    assert (result.exit_code, result.stdout) == (0, "desk: auditor@force.example\n")
    assert User.objects.get().email == "auditor@force.example"
    assert Entry.objects.get(action="account_address_changed").subject == f"account:{User.objects.get().pk}"
    assert CliRunner().invoke(app, ["address", "desk", ""]).stdout == "desk: no address\n"


@pytest.mark.parametrize(("username", "address"), [("nobody", "a@force.example"), ("desk", "force.example")])
def test_an_address_that_cannot_be_is_refused(username, address):
    account("desk", "--role", "auditor", "--post", "Auditor")
    result = CliRunner().invoke(app, ["address", username, address])

    assert result.exit_code == 2
    assert (username if username == "nobody" else address) in result.stderr
    assert User.objects.get().email == ""


def test_a_borough_is_kept_by_its_name():
    account("desk", "--role", "officer", "--unit", "TP", "--borough", "e09000025", "--post", "Desk")

    assert User.objects.get().borough == "Newham"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--role", "officer", "--unit", "SCD99"), "there is no unit 'SCD99' today"),
        (("--role", "officer"), "officers work for a unit"),
        (("--role", "partner"), "a partner has a referring body"),
        (("--role", "auditor", "--body", "Harbour Project"), "only a partner has a referring body"),
        (("--role", "officer", "--unit", "TP", "--borough", "Atlantis"), "there is no borough 'Atlantis'"),
        (("--role", "chief"), "'chief'"),
        (("--role", "auditor", "--email", "desk"), "'desk' is not an e-mail address"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(words, says):
    result = account("desk", *words, "--post", "Desk")

    assert result.exit_code == 2
    assert says in result.stderr
    assert not User.objects.exists()


def test_every_reason_is_told():
    account("desk", "--role", "auditor", "--post", "Auditor")

    result = account("desk", "--role", "officer", "--post", "Desk", password="short")

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert User.objects.count() == 1
