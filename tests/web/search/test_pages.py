"""The page to search on: what it asks, what it answers, and what it leaves no trace of."""

import logging
import re

import pytest
from django.test import Client

from palermo.web.audit.models import Entry
from palermo.web.search import queries
from web.cases.casebook import OF_SCD9, a_referral, text_of
from web.papers.filing import a_note
from web.people.gathering import a_person
from web.search.looking_for import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def referral(accounts):
    made = a_referral(by=accounts["partner"], account="A lantern hung there.")
    a_person(accounts["borough"], made, "Radu Pop")
    a_note(accounts["borough"], made, "He was seen at the station.")
    return made


def test_a_result_says_which_referral_whose_and_where_it_answers(signed_in, referral):
    page = page_of(signed_in("borough"), "pop radu")

    assert "1 referral found" in page
    assert f"{referral.reference} Not yet accepted Territorial Policing, Newham. Received 30 June 2010." in page
    assert f"Subject of {referral.reference} : Radu Pop" in page


def test_what_was_looked_for_is_marked_and_leads_to_where_it_stands(signed_in, referral):
    client = signed_in("borough")
    for words, marked, href in (
        ("pop", '<mark class="palermo-mark">Pop</mark>', r"/people/[0-9a-f-]+/\?in=PAL-\w+-\w+&amp;as=subject"),
        ("station", '<mark class="palermo-mark">station.</mark>', f"/referrals/{referral.reference}/papers/#note-1"),
        ("lantern", '<mark class="palermo-mark">lantern</mark>', f"/referrals/{referral.reference}/"),
    ):
        text = client.post("/search/", {"words": words}).content.decode()
        assert marked in text
        assert re.search(f'href="{href}"', text), words
        assert (
            client.get(re.search(f'href="({href})"', text)[1].replace("&amp;", "&").partition("#")[0]).status_code
            == 200
        )


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"words": ""}, "Enter what to search for"),
        ({"words": "-"}, "Enter what to search for"),
        ({"words": "a"}, "Enter at least 2 letters or digits"),
        ({"words": "a" * 201}, "use 200 characters or fewer"),
        ({"words": "pop\0"}, "is not text"),
        ({"words": "pop", "kind": "everything"}, "is not one of the choices"),
        ({"words": "pop", "since-day": "31", "since-month": "2", "since-year": "2010"}, "enter a real date"),
        (
            {
                "words": "pop",
                "since-day": "2",
                "since-month": "2",
                "since-year": "2010",
                "until-day": "1",
                "until-month": "2",
                "until-year": "2010",
            },
            "it must be the day of “Received since”, or later",
        ),
    ],
)
def test_what_is_no_question_says_so(signed_in, referral, sent, says):
    page = page_of(signed_in("borough"), status=400, **sent)

    assert page.startswith("There is a problem")
    assert page.count(says) == 2


def test_where_nothing_answers_it_says_what_to_try(signed_in, referral):
    page = page_of(signed_in("borough"), "nobody knows")

    assert "Nothing found" in page
    assert "fewer words" in page
    assert "not narrowed" not in page
    assert "not narrowed" in page_of(signed_in("borough"), "nobody", state="closed")


def test_what_is_looked_for_stands_in_no_address_title_log_or_trail(signed_in, referral, caplog):
    caplog.set_level(logging.DEBUG)
    client = signed_in("borough")

    page = text_of(client.post("/search/", {"words": "radu lantern"}))
    page_of(client, "radu lantern " * 20, status=400)

    assert "lantern" not in re.search(r"<title>(.*?)</title>", page)[1]
    assert not [href for href in re.findall(r'(?:href|action|src)="([^"]*)"', page) if "lantern" in href]
    assert "lantern" not in " ".join(f"{entry.action} {entry.subject} {entry.detail}" for entry in Entry.objects.all())
    assert "lantern" not in " ".join(
        line.getMessage() for line in caplog.records if not line.name.startswith("django.db")
    )


def test_words_in_the_address_are_not_looked_for(signed_in, referral):
    page = text_of(signed_in("borough").get("/search/", {"words": "lantern"}))

    assert "found" not in re.search(r"<main.*</main>", page, re.DOTALL)[0].replace("is found", "")


def test_a_search_from_elsewhere_is_refused(accounts, referral):
    client = Client(enforce_csrf_checks=True)
    client.force_login(accounts["borough"])

    assert client.post("/search/", {"words": "lantern"}).status_code == 403


def test_the_next_page_is_sent_as_the_first_was(signed_in, accounts, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    for _ in range(3):
        a_referral(by=accounts["partner"], account="A lantern.")
    client = signed_in("borough")
    given = {"words": "lantern", "state": "received", "since-day": "1", "since-month": "1", "since-year": "2010"}

    first = client.post("/search/", given).content.decode()
    form = first[first.index('<input type="hidden" name="words"') :]
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    assert sent == given
    assert '<button class="palermo-as-link" name="page" value="2">Next page</button>' in form

    second = page_of(client, **sent, page="2")
    assert "Showing 3 to 3 of 3" in second
    assert "Previous page" in second
    assert page_of(client, **sent, page="no number").count("PAL-") > 0


@pytest.mark.parametrize(
    ("who", "path"), [("borough", "/my-queue/"), ("commander", "/queues/"), ("auditor", "/queues/SCD9/")]
)
def test_queues_have_a_box_to_search_from(signed_in, accounts, who, path):
    a_referral(OF_SCD9, by=accounts["partner"])

    page = signed_in(who).get(path)

    assert page.status_code == 200
    assert re.search(r'<form method="post" action="/search/" role="search".*?name="words"', text_of(page), re.DOTALL)


def test_what_somebody_wrote_is_shown_as_text(signed_in, accounts):
    referral = a_referral(by=accounts["partner"])
    a_note(accounts["borough"], referral, "A <b>lantern</b> & <script>alert(1)</script>")

    text = signed_in("borough").post("/search/", {"words": "lantern"}).content.decode()

    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
