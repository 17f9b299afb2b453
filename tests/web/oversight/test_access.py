import pytest
from django.urls import reverse

PAGES = [
    "organisation",
    "who-owns-this",
    "policy",
    "rules",
    "tables",
    "silences",
    "heat",
    "sunset",
    "changes",
    "proposals",
    "proposal",
    "examples",
    "figures",
    "definition",
]
INSIDE = ["borough", "officer", "supervisor", "paladin", "analyst", "commander", "auditor", "administrator"]


@pytest.mark.parametrize("page", PAGES)
def test_a_partner_is_refused_with_the_reason(client, accounts, page):
    client.force_login(accounts["partner"])
    response = client.get(reverse(f"oversight:{page}"))

    assert response.status_code == 403
    assert "open to people inside the force" in response.content.decode()


@pytest.mark.parametrize(
    ("page", "args"),
    [("move", ()), ("proposal-move", ()), ("proposal-rule", ()), ("proposal-file", ()), ("rule", ("C1",))],
)
def test_a_partner_is_refused_what_the_pages_lead_to(client, accounts, page, args):
    client.force_login(accounts["partner"])

    assert client.get(reverse(f"oversight:{page}", args=args)).status_code == 403


@pytest.mark.parametrize("username", INSIDE)
def test_everybody_inside_the_force_may_open_each_page(client, accounts, username):
    client.force_login(accounts[username])

    assert {page: client.get(reverse(f"oversight:{page}")).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client):
    response = client.get(reverse("oversight:policy"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:sign-in"))


def test_nothing_can_be_sent_to_these_pages(client, accounts):
    client.force_login(accounts["administrator"])

    assert {page: client.post(reverse(f"oversight:{page}")).status_code for page in PAGES} == dict.fromkeys(PAGES, 405)


def test_reading_policy_leaves_no_audit_entry(client, accounts):
    from palermo.web.audit.models import Entry

    client.force_login(accounts["analyst"])
    before = Entry.objects.count()
    for page in PAGES:
        client.get(reverse(f"oversight:{page}"))

    assert Entry.objects.count() == before
