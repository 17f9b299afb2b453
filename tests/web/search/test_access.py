"""A search tells of what its searcher may open alone: no result, number, order or error tells of anything else."""

import pytest

from palermo.domain.access import Act, may
from palermo.web import clock
from palermo.web.cases.queries import works
from palermo.web.intake.models import Referral
from palermo.web.people.models import (
    Involvement,
)
from palermo.web.search import queries
from palermo.web.search.asking import asked
from palermo.web.search.queries import KINDS, Wanted
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral
from web.cases.custodies import every_custody
from web.papers.filing import a_note
from web.people.gathering import a_person
from web.search.lanterns import lanterns
from web.search.looking_for import page_of

pytestmark = pytest.mark.django_db

EVERYBODY = (
    *("borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"),
    *("commander", "auditor", "analyst", "administrator", "partner"),
)
NO_SEARCH = ("analyst", "administrator", "partner")
WORD = Wanted(asked("lantern"))


def test_what_is_found_is_what_may_be_opened_for_everybody_and_every_kind(accounts):
    every_custody(accounts, account="A lantern.", sender_reference="lantern")
    lanterns(accounts["borough"])
    custodies = {
        work.referral.reference: work.custody for work in works(Referral.objects.values_list("pk", flat=True)).values()
    }
    assert len(custodies) == 30

    some = 0
    for who in EVERYBODY:
        viewer = accounts[who].viewer
        open_to = {reference for reference, custody in custodies.items() if may(viewer, Act.SEE, custody)}
        some += 0 < len(open_to) < 30
        for kind in ("", *KINDS):
            hits = queries.hits_of(viewer, Wanted(WORD.asked, kind=kind))
            assert {hit.reference for hit in hits} == open_to, (who, kind)
        found = queries.found_for(accounts[who], WORD).page
        assert found.paginator.count == len(open_to), who
    assert some == 7


def test_a_search_that_is_narrowed_shows_no_more(accounts):
    every_custody(accounts, account="A lantern.")
    auditor, borough = accounts["auditor"].viewer, accounts["borough"].viewer
    own = {hit.reference for hit in queries.hits_of(borough, WORD)}

    for unit in ("TP", "SCD9", "SCD5-PALADIN"):
        wanted = Wanted(WORD.asked, unit=unit)
        there = {hit.reference for hit in queries.hits_of(auditor, wanted)}
        assert there
        assert {hit.reference for hit in queries.hits_of(borough, wanted)} == there & own


@pytest.mark.parametrize("who", NO_SEARCH)
def test_who_opens_no_record_has_no_search(accounts, signed_in, who):
    client = signed_in(who)

    assert client.get("/search/").status_code == client.post("/search/", {"words": "lantern"}).status_code == 403
    assert 'href="/search/"' not in client.get("/", follow=True).content.decode()


@pytest.mark.parametrize("who", [who for who in EVERYBODY if who not in NO_SEARCH])
def test_who_opens_records_has_a_link_to_it(accounts, signed_in, who):
    client = signed_in(who)

    assert 'href="/search/"' in client.get("/", follow=True).content.decode()
    assert client.get("/search/").status_code == 200


def test_nobody_searches_without_signing_in(client):
    response = client.post("/search/", {"words": "lantern"})

    assert (response.status_code, response.url) == (302, "/sign-in/?next=/search/")


def test_what_is_hidden_changes_no_letter_of_the_page(accounts, signed_in, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 6)
    monkeypatch.setattr(queries, "PAGE", 2)
    officer, paladin = accounts["borough"], accounts["paladin"]
    for day in (1, 2, 3):
        mine = a_referral(by=accounts["partner"], account=f"A lantern on day {day}.")
    a_person(officer, mine, "Radu Lantern")
    client = signed_in("borough")
    asked_for = [
        {"words": words, "page": page} for words in ("lantern", "radu lantern", "lanterm", "oil") for page in "12"
    ]
    before = [page_of(client, **one) for one in asked_for]
    assert "3 referrals found" in before[0]

    for _ in range(3):
        for facts, restricted in ((OF_SCD9, False), (OF_A_BOROUGH, True), (OF_PALADIN, False)):
            theirs = a_referral(facts, by=accounts["partner"], account="A lantern of oil.", restricted=restricted)
    a_note(paladin, theirs, "Radu Lantern")
    a_person(paladin, theirs, "Radu Lantern")

    assert [page_of(client, **one) for one in asked_for] == before
    # and they would be too many for whoever sees them
    assert "More than 6 places answer" in page_of(signed_in("auditor"), "lantern", status=400)


def test_a_record_in_several_cases_is_found_in_those_that_may_be_opened(accounts):
    officer = accounts["borough"]
    mine = a_referral(by=accounts["partner"])
    theirs = a_referral(OF_PALADIN, by=accounts["partner"])
    subject = a_person(officer, mine, "Radu Lantern")
    now = clock.now()
    Involvement.objects.create(
        entity=subject, referral=theirs, role="subject", said="said", source="source", recorded_at=now
    )

    def found(who: str) -> set[str]:
        return {hit.reference for hit in queries.hits_of(accounts[who].viewer, WORD)}

    assert found("borough") == {mine.reference}
    assert found("paladin") == {theirs.reference}
    assert found("auditor") == {mine.reference, theirs.reference}
