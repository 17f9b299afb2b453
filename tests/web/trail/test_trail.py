"""Who has seen what, as those read it who answer for it; and the sample of a month."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.trail import actions, queries
from palermo.web.trail.models import Review
from web.cases.casebook import OF_PALADIN, OF_SCD9, a_referral, accepted, text_of
from web.people.gathering import a_person

pytestmark = pytest.mark.django_db
MAY = datetime(2010, 5, 12, 9, tzinfo=UTC)


def seen_page(referral) -> str:
    return f"/referrals/{referral.reference}/seen/"


def opened(client, referral, times: int = 1) -> None:
    for _ in range(times):
        client.get(f"/referrals/{referral.reference}/")


def test_who_has_seen_a_referral_and_who_was_refused(accounts, signed_in):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    opened(signed_in("officer"), referral, 3)
    opened(signed_in("paladin"), referral)

    page = text_of(signed_in("supervisor").get(seen_page(referral)))

    for words in ("Officer, SCD9", "Referral opened", "Officer, Operation Paladin", "Referral refused"):
        assert words in page
    assert Entry.objects.filter(action="trail_opened", subject=f"referral:{referral.reference}").count() == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("supervisor", 200), ("commander", 200), ("auditor", 200), ("officer", 404), ("paladin-supervisor", 404)],
)
def test_the_trail_of_a_referral_is_for_those_who_may_give_its_file_away(accounts, signed_in, who, status):
    referral = a_referral(OF_SCD9, by=accounts["partner"])

    assert signed_in(who).get(seen_page(referral)).status_code == status


def test_who_has_seen_a_person(accounts, signed_in):
    referral = accepted(accounts["officer"], OF_SCD9)
    subject = a_person(accounts["officer"], referral)
    signed_in("officer").get(f"/people/{subject.pk}/?in={referral.reference}")

    for who in ("supervisor", "auditor"):
        assert "Person opened" in text_of(signed_in(who).get(f"/trail/people/{subject.pk}/"))
    for who in ("officer", "paladin-supervisor", "partner"):
        assert signed_in(who).get(f"/trail/people/{subject.pk}/").status_code == 404


def test_what_an_account_has_done_is_read_by_its_supervisor_and_names_no_referral_that_is_not_theirs(
    accounts, signed_in
):
    ours = a_referral(OF_SCD9, by=accounts["partner"])
    theirs = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    officer = accounts["officer"]
    opened(signed_in("officer"), ours)
    opened(signed_in("officer"), theirs)

    page = text_of(signed_in("supervisor").get(f"/trail/accounts/{officer.pk}/"))

    assert ours.reference in page
    assert theirs.reference not in page
    assert "A referral that is not open to you" in page
    assert theirs.reference in text_of(signed_in("auditor").get(f"/trail/accounts/{officer.pk}/"))
    for who in ("borough-supervisor", "commander", "officer"):
        assert signed_in(who).get(f"/trail/accounts/{officer.pk}/").status_code == 404


def test_the_auditor_begins_with_what_was_refused_and_how_the_ledger_stands(accounts, signed_in):
    referral = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    opened(signed_in("officer"), referral)

    page = text_of(signed_in("auditor").get("/trail/"))

    assert "Referral refused" in page
    assert "wait to be sealed" in page
    found = signed_in("auditor").post("/trail/", {"reference": f" {referral.reference.lower()} "})
    assert found.headers["Location"] == seen_page(referral)
    assert "The ledger" not in text_of(signed_in("supervisor").get("/trail/"))


def test_the_number_of_queries_does_not_grow_with_the_entries(accounts, signed_in):
    client, counts = signed_in("auditor"), []
    for number in (1, 12):
        for _ in range(number):
            opened(signed_in("officer"), a_referral(OF_SCD9, by=accounts["partner"]))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(f"/trail/accounts/{accounts['officer'].pk}/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


# The sample of a month


@pytest.fixture
def of_may(accounts, signed_in):
    """Thirty openings in May by the officer, and some by others."""
    with clock.standing_at(MAY):
        referral = a_referral(OF_SCD9, by=accounts["partner"])
        for who, times in (("officer", 30), ("supervisor", 5), ("paladin", 5), ("borough", 5)):
            opened(signed_in(who), referral, times)
    return referral


def test_the_sample_is_some_of_the_month_before_by_the_unit_and_always_the_same(of_may, accounts):
    viewer = accounts["supervisor"].viewer
    found = queries.sample(viewer, date(2010, 5, 1))

    assert len(found) == queries.SAMPLE
    assert {one.actor for one in found} == {accounts["officer"].audit_name}
    assert {one.action for one in found} == {"referral_opened"}
    assert [one.pk for one in found] == [one.pk for one in queries.sample(viewer, date(2010, 5, 1))]
    assert queries.sample(viewer, date(2010, 4, 1)) == []


def test_a_supervisor_says_what_they_found_once_for_each(of_may, accounts, signed_in):
    client = signed_in("supervisor")
    assert "10 of 10" in text_of(client.get("/trail/sample/"))
    entry = queries.sample(accounts["supervisor"].viewer, date(2010, 5, 1))[0].pk

    refused = client.post(f"/trail/sample/{entry}/", {"finding": "asked", "note": ""})
    assert (refused.status_code, "Note: write what you asked" in text_of(refused)) == (400, True)
    assert client.post(f"/trail/sample/{entry}/", {"finding": "in_order"}).headers["Location"] == "/trail/sample/"

    assert "9 of 10" in text_of(client.get("/trail/sample/"))
    assert (Review.objects.get().entry, Entry.objects.get(action="sample_reviewed").subject) == (
        entry,
        f"entry:{entry}",
    )
    assert client.get(f"/trail/sample/{entry}/").status_code == 404
    with pytest.raises(actions.NotInSample):
        actions.review(accounts["supervisor"], entry, "in_order", "")


def test_nobody_looks_at_the_sample_of_another_unit_nor_at_what_is_not_in_it(of_may, accounts, signed_in):
    entry = queries.sample(accounts["supervisor"].viewer, date(2010, 5, 1))[0].pk
    rest = Entry.objects.filter(action="referral_opened").exclude(
        pk__in=[one.pk for one in queries.sample(accounts["supervisor"].viewer, date(2010, 5, 1))]
    )

    assert signed_in("paladin-supervisor").get(f"/trail/sample/{entry}/").status_code == 404
    assert signed_in("supervisor").get(f"/trail/sample/{rest.first().pk}/").status_code == 404
    assert signed_in("officer").get("/trail/sample/").status_code == 403


def test_the_openings_of_an_account_that_moved_are_looked_at_where_it_works_now(of_may, accounts):
    User.objects.filter(username="officer").update(unit="SCD5-PALADIN")

    assert queries.sample(accounts["supervisor"].viewer, date(2010, 5, 1)) == []
    moved = {one.actor for one in queries.sample(accounts["paladin-supervisor"].viewer, date(2010, 5, 1))}
    assert accounts["officer"].audit_name in moved


@pytest.mark.parametrize(
    ("day", "before"), [(date(2010, 1, 31), date(2009, 12, 1)), (date(2010, 3, 1), date(2010, 2, 1))]
)
def test_the_month_before(day, before):
    assert queries.month_before(day) == before
    assert before < day - timedelta(days=1)
