"""Crimes: what the crime system has of a referral, and all of them held against it."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from palermo.web.audit.models import Entry
from palermo.web.cases.actions import Refused
from palermo.web.intake.models import Event
from palermo.web.papers import queries
from palermo.web.papers.actions import ChangedMeanwhile
from palermo.web.papers.models import CrimeReference
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, text_of
from web.papers.filing import crimes

pytestmark = pytest.mark.django_db

RECORDED = {"choice": "recorded", "numbers": "2412345/10\n2412346/10", "none_because": "", "seen": "0"}


def address_of(referral) -> str:
    return f"/referrals/{referral.reference}/crime/"


def page_of(client, referral) -> str:
    return text_of(client.get(f"/referrals/{referral.reference}/decisions/"))


# Of one referral


def test_the_numbers_are_kept_and_shown_where_decisions_are(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")
    before = page_of(client, referral)

    assert client.post(address_of(referral), RECORDED).status_code == 302

    assert "Missing: neither" in before.replace("<strong>", "").replace("</strong>", "")
    assert CrimeReference.objects.get().crimes == ["2412345/10", "2412346/10"]
    assert "2412345/10, 2412346/10" in page_of(client, referral)
    assert Event.objects.latest("pk").says == "Recorded as crime: 2412345/10, 2412346/10."
    assert Entry.objects.get(action="crime_referred").detail == {"number": 1, "crimes": 2, "none": False}


def test_the_reason_for_none_is_kept(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    none = {"choice": "none", "numbers": "", "none_because": "Recorded by Essex under its own number.", "seen": "0"}

    signed_in("borough").post(address_of(referral), none)

    assert "No crime was recorded" in page_of(signed_in("borough"), referral)
    assert Event.objects.latest("pk").reason == "Recorded by Essex under its own number."


def test_a_change_needs_its_reason_and_what_stood_before_stays(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    crimes(accounts["borough"], referral, none="nothing was found")
    client = signed_in("borough-supervisor")
    changed = {**RECORDED, "seen": "1"}

    assert client.post(address_of(referral), changed).status_code == 400
    assert client.post(address_of(referral), {**changed, "reason": "It was recorded since."}).status_code == 302

    page = page_of(client, referral)
    for words in ("2412345/10", "Version 2", "It was recorded since.", "What it said before", "nothing was found"):
        assert words in page


def test_what_belongs_to_another_referral_can_be_taken_back(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    first = {"choice": "neither", "numbers": "", "none_because": "", "seen": "0", "reason": "x"}
    assert signed_in("borough").post(address_of(referral), first).status_code == 400
    crimes(accounts["borough"], referral, "2412345/10")

    signed_in("borough").post(address_of(referral), {**first, "seen": "1", "reason": "It is of another woman."})

    newest = CrimeReference.objects.latest("number")
    assert (newest.crimes, newest.none_because, newest.reason) == ([], "", "It is of another woman.")
    assert "Nothing" in page_of(signed_in("borough"), referral)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"choice": ""}, "Select what the crime system has"),
        ({"numbers": ""}, "write at least one"),
        ({"numbers": "not yet"}, "“NOT YET” is not a crime number"),
        ({"none_because": "x"}, "leave it empty, or select that no crime was recorded"),
        ({"choice": "none", "numbers": ""}, "give the reason"),
        ({"choice": "none", "none_because": "x"}, "leave it empty, or select that it is recorded"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(accounts, signed_in, given, says):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").post(address_of(referral), {**RECORDED, **given})

    assert response.status_code == 400
    assert says in text_of(response)
    if "numbers" not in given:
        assert "2412345/10" in text_of(response)
    assert not CrimeReference.objects.exists()


def test_who_was_overtaken_sees_what_changed_and_keeps_what_was_typed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    crimes(accounts["borough-supervisor"], referral, none="nothing was found")

    response = signed_in("borough").post(address_of(referral), {**RECORDED, "reason": "It was recorded since."})

    page = text_of(response)
    assert response.status_code == 409
    for words in ("Somebody changed this while", "nothing was found", "2412345/10", 'name="seen" value="1"'):
        assert words in page
    assert CrimeReference.objects.count() == 1


def test_whoever_calls_for_it_what_cannot_be_is_refused(accounts):
    referral = a_referral(by=accounts["partner"])
    with pytest.raises(Refused, match="or the reason why"):
        crimes(accounts["borough"], referral)
    with pytest.raises(Refused, match="cannot be both"):
        crimes(accounts["borough"], referral, "2412345/10", none="x")
    crimes(accounts["borough"], referral, "2412345/10")
    with pytest.raises(ChangedMeanwhile):
        crimes(accounts["borough"], referral, "2412346/10")
    with pytest.raises(Refused, match="already"):
        crimes(accounts["borough"], referral, "2412345/10", seen=1, reason="x")
    with pytest.raises(Refused, match="why it is changed"):
        crimes(accounts["borough"], referral, "2412346/10", seen=1)


def test_the_database_keeps_every_version_and_none_that_says_two_things(accounts):
    referral, other = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    made = crimes(accounts["borough"], referral, "2412345/10")
    alike = {"by": made.by, "by_words": "x", "written_at": made.written_at, "key": "other"}

    for given, name in (
        ({"referral": referral, "crimes": ["1234/10"], "none_because": "x", "reason": "x"}, "a_crime_or_a_reason"),
        ({"referral": referral, "crimes": ["1234/10"]}, "has_a_reason"),
        ({"referral": other}, "says_something"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            CrimeReference.objects.create(**given, **alike)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CrimeReference.objects.update(crimes=[])


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("borough", 200),
        ("borough-supervisor", 200),
        ("commander", 200),
        ("officer", 403),  # named as support
        ("auditor", 403),
        ("paladin", 404),
        ("analyst", 404),
        ("administrator", 404),
        ("partner", 404),
    ],
)
def test_who_enters_the_crimes_of_a_referral(accounts, signed_in, who, status):
    referral = a_referral(by=accounts["partner"])

    assert signed_in(who).get(address_of(referral)).status_code == status
    signed_in(who).post(address_of(referral), RECORDED)
    assert CrimeReference.objects.exists() is (status == 200)


# All of them


def listed(client, **query: object) -> list[str]:
    """The references that the reconciliation lists."""
    response = client.get("/crimes/", query)
    assert response.status_code == 200
    return re.findall(r'rowheader[^>]*><a class="govuk-link" href="/referrals/(PAL-[^/]+)/', text_of(response))


def test_each_referral_stands_in_one_of_three_lists_and_in_the_counts_of_its_owner(accounts, signed_in):
    with_one, without, neither, taken_back = (a_referral(by=accounts["partner"]) for _ in range(4))
    elsewhere = a_referral({**OF_A_BOROUGH, "borough": "Hackney"}, by=accounts["partner"])
    theirs = a_referral(OF_SCD9, by=accounts["partner"])
    crimes(accounts["borough"], with_one, none="not yet looked at")
    crimes(accounts["borough"], with_one, "2412345/10", seen=1, reason="recorded since")
    crimes(accounts["borough"], without, none="recorded by Essex")
    crimes(accounts["borough"], taken_back, "2412399/10")
    crimes(accounts["borough"], taken_back, seen=1, reason="another’s")
    commander = signed_in("commander")

    assert listed(commander, kind="recorded") == [with_one.reference]
    assert listed(commander, kind="none") == [without.reference]
    gap = [neither, taken_back, elsewhere, theirs]
    assert listed(commander) == [one.reference for one in gap]
    assert listed(commander, unit="TP", borough="Hackney") == [elsewhere.reference]
    found = queries.reconciliation_for(accounts["commander"], queries.NEITHER)
    assert {
        (one.unit, one.borough): (one.referrals, one.recorded, one.none, one.neither) for one in found.standings
    } == {("TP", "Newham"): (4, 1, 1, 2), ("TP", "Hackney"): (1, 0, 0, 1), ("SCD9", ""): (1, 0, 0, 1)}
    assert sum(len(listed(commander, kind=kind)) for kind in queries.KINDS) == 6


def test_a_supervisor_sees_the_own_units_and_a_borough_its_own(accounts, signed_in):
    here = a_referral(by=accounts["partner"])
    a_referral({**OF_A_BOROUGH, "borough": "Hackney"}, by=accounts["partner"])
    theirs = a_referral(OF_SCD9, by=accounts["partner"])

    assert listed(signed_in("borough-supervisor")) == [here.reference]
    assert listed(signed_in("supervisor")) == [theirs.reference]
    assert listed(signed_in("supervisor"), unit="TP", borough="Newham") == []


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("borough-supervisor", 200),
        ("supervisor", 200),
        ("commander", 200),
        ("auditor", 200),
        ("borough", 403),
        ("officer", 403),
        ("analyst", 403),
        ("administrator", 403),
        ("partner", 403),
    ],
)
def test_who_holds_referrals_against_crimes(signed_in, who, status):
    client = signed_in(who)

    assert client.get("/crimes/").status_code == status
    assert ('href="/crimes/"' in text_of(client.get("/policy/"))) is (status == 200)


@pytest.mark.parametrize(
    ("who", "shown"),
    [("paladin-supervisor", True), ("auditor", True), ("commander", False), ("supervisor", False)],
)
def test_restricted_referrals_show_through_neither_in_lists_nor_in_counts(accounts, signed_in, who, shown):
    hidden = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    crimes(accounts["paladin-supervisor"], hidden, "2499999/10")
    client = signed_in(who)

    assert (listed(client, kind="recorded") == [hidden.reference]) is shown
    page = text_of(client.get("/crimes/", {"kind": "recorded", "unit": "SCD5-PALADIN"}))
    assert ("2499999/10" in page) is shown
    standings = queries.reconciliation_for(accounts[who], queries.NEITHER).standings
    assert any(one.unit == "SCD5-PALADIN" for one in standings) is shown


def test_the_listing_is_noted_with_what_it_showed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    listed(signed_in("borough-supervisor"))

    entry = Entry.objects.get(action="crimes_listed")
    assert (entry.subject, entry.detail) == ("unit:TP", {"kind": "neither", "references": [referral.reference]})


def test_an_unknown_kind_is_no_page(signed_in):
    assert signed_in("commander").get("/crimes/?kind=nonsense").status_code == 404


def test_long_lists_have_pages_and_keep_what_was_asked(accounts, signed_in, monkeypatch):
    monkeypatch.setattr(queries, "LINES", 2)
    for _ in range(5):
        a_referral(by=accounts["partner"])
    client = signed_in("commander")
    asked = {"kind": "neither", "unit": "TP", "borough": "Newham"}

    assert [len(listed(client, **asked, page=page)) for page in (1, 2, 3)] == [2, 2, 1]
    assert "?kind=neither&page=2&unit=TP&borough=Newham" in text_of(client.get("/crimes/", asked))


def test_more_referrals_are_no_more_queries(accounts, signed_in):
    def asked() -> int:
        client = signed_in("commander")
        with CaptureQueriesContext(connection) as found:
            listed(client, kind="recorded")
        return len(found)

    crimes(accounts["borough"], a_referral(by=accounts["partner"]), "1234/10")
    one = asked()
    for number in range(6):
        crimes(accounts["borough"], a_referral(by=accounts["partner"]), f"{number}234/10")

    assert asked() == one
