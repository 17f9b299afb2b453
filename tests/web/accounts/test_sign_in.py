"""Who is let in, to which page, and what is said to everybody else."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from palermo.domain.access import Role
from palermo.web import navigation
from palermo.web.accounts.demonstration import ACCOUNTS, PASSWORD, make_accounts
from palermo.web.audit.models import Entry

pytestmark = pytest.mark.django_db


def sign_in(username: str, password: str, after: str = ""):
    client = Client()
    return client, client.post("/sign-in/", {"username": username, "password": password, "next": after})


def test_an_account_starts_at_the_page_of_its_role_and_its_signing_in_is_noted(accounts):
    client, response = sign_in("partner", PASSWORD)

    assert response.headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/sent/"
    entry = Entry.objects.get()
    assert (entry.action, entry.duty, entry.actor) == ("signed_in", "access", accounts["partner"].audit_name)


def test_every_role_has_a_page_to_start_at():
    assert set(navigation.FIRST_PAGE) == set(Role)


def test_a_wrong_name_a_wrong_password_and_a_closed_account_read_the_same(accounts):
    closed = accounts["officer"]
    closed.is_active = False
    closed.save()

    said = []
    for username, password in (("nobody", PASSWORD), ("partner", "wrong"), ("officer", PASSWORD)):
        _, response = sign_in(username, password)
        assert response.status_code == 200
        said.append(response.content.decode().partition("govuk-error-summary")[2].partition("</ul>")[0])

    assert "is not right" in said[0]
    assert said[0] == said[1] == said[2]
    assert not Entry.objects.exists()


def test_after_five_wrong_passwords_an_account_is_locked_out_there_for_a_quarter_of_an_hour(accounts):
    for _ in range(4):
        assert sign_in("partner", "wrong")[1].status_code == 200
    assert sign_in("partner", "wrong")[1].status_code == 429

    _, right = sign_in("partner", PASSWORD)
    assert (right.status_code, "Too many wrong passwords" in right.content.decode()) == (429, True)
    assert sign_in("officer", PASSWORD)[1].status_code == 302
    elsewhere = Client(REMOTE_ADDR="10.1.1.7").post("/sign-in/", {"username": "partner", "password": PASSWORD})
    assert elsewhere.status_code == 302
    assert {entry.subject for entry in Entry.objects.filter(action="locked_out")} == {
        f"account:{accounts['partner'].pk}"
    }

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in("partner", PASSWORD)[1].status_code == 302


def test_a_right_password_forgets_the_wrong_ones(accounts):
    for _ in range(3):
        for _ in range(4):
            sign_in("partner", "wrong")
        assert sign_in("partner", PASSWORD)[1].status_code == 302
    assert "wrong" not in str(list(AccessAttempt.objects.values()))


@pytest.mark.parametrize(("username", "password"), [("", ""), ("par\x00tner", "x"), ("x" * 500, "y")])
def test_what_cannot_be_a_name_is_refused_as_a_page(accounts, username, password):
    _, response = sign_in(username, password)

    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()


def test_only_pages_of_this_site_follow_signing_in(accounts):
    _, here = sign_in("partner", PASSWORD, after="/refer/")
    _, elsewhere = sign_in("partner", PASSWORD, after="https://elsewhere.example/")

    assert here.headers["Location"] == "/refer/"
    assert elsewhere.headers["Location"] == "/"


def test_signing_out_takes_a_button_and_ends_it(accounts):
    client, _ = sign_in("partner", PASSWORD)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/sent/").headers["Location"] == "/sign-in/?next=/sent/"


@pytest.mark.parametrize("page", ["/", "/refer/", "/sent/", "/refer/00000000-0000-0000-0000-000000000000/check/"])
def test_nothing_is_shown_before_signing_in(db, page):
    assert Client().get(page).headers["Location"] == f"/sign-in/?next={page}"


def test_the_accounts_to_try_are_listed_in_a_demonstration_only(db, settings):
    for shown in (True, False):
        settings.DEMONSTRATION = shown
        page = Client().get("/sign-in/").content.decode()
        assert (PASSWORD in page) is shown
        assert (ACCOUNTS[0].post in page) is shown


def test_making_the_accounts_again_changes_nothing(accounts):
    before = list(get_user_model().objects.order_by("id").values_list("id", "password"))

    make_accounts()

    assert list(get_user_model().objects.order_by("id").values_list("id", "password")) == before
    assert len(before) == len(ACCOUNTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "partner"},
        {"role": "partner", "body": "Harbour Project", "unit": "SCD9"},
        {"role": "officer", "unit": "SCD9", "body": "Harbour Project"},
    ],
)
def test_the_database_keeps_partners_and_the_force_apart(db, wrong):
    with pytest.raises(IntegrityError, match="partners_have_a_body_and_no_unit"), transaction.atomic():
        get_user_model().objects.create_user("wrong", post="Wrong", **wrong)
