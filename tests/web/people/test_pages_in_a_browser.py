"""The pages of people and places in a real browser: fit for everyone, with scripts and without."""

import pytest

from flows.visiting import follow
from palermo.domain.people import CaseRole, Tie
from palermo.web.people import actions, queries
from web.cases.casebook import a_referral
from web.people.gathering import a_person, a_phone, a_vehicle, an_address, connected, how, role_of, victim_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_every_page_can_be_used_by_everyone(accounts, desk):
    officer = accounts["borough"]
    empty = a_referral(by=accounts["partner"], potential_victims=())
    referral = a_referral(
        by=accounts["partner"],
        potential_victims=({"given_names": "ولاء", "other_names": "W" * 300, "safe_contact": "Ring after noon"},),
    )
    victim, subject = (
        victim_of(referral),
        a_person(officer, referral, "Радуслав Поп-Константинопольский", said="x" * 300),
    )
    home = an_address(officer, referral, "5 Quiet Close", CaseRole.LIVES, about=victim.pk)
    place, van = an_address(officer, referral, "12 Salt Lane\n" + "L" * 200), a_vehicle(officer, referral)
    phone = a_phone(officer, referral, about=subject.pk)
    connected(officer, referral, subject, Tie.CONTROLS, victim)
    row = connected(officer, referral, subject, Tie.OWNS, van)
    actions.change(officer, referral.reference, subject.pk, {"born": "1990/1993"}, "passport", seen=1)
    once = a_person(officer, referral, "Mircea Pop")
    actions.change_role(officer, referral.reference, role_of(once, referral).pk, CaseRole.WITNESS, how(), "he helped")

    one = desk("borough")
    here = f"/referrals/{referral.reference}/people"
    one.open(f"/referrals/{empty.reference}/people/")
    one.open(f"{here}/")
    for record in (victim, subject, place, van, phone):
        one.open(f"/people/{record.pk}/?in={referral.reference}")
    kept = next(found for found in queries.connections_of(victim, [referral.pk]) if found.other_id == home.pk)
    one.open(f"/people/{victim.pk}/address/{kept.pk}/")
    role = role_of(subject, referral).pk
    for page in (
        "add/person/",
        "add/address/",
        f"{subject.pk}/change/born/",
        f"{subject.pk}/name/",
        f"{subject.pk}/role/{role}/",
        f"{subject.pk}/role/{role}/end/",
        f"{subject.pk}/connect/",
        f"{subject.pk}/connection/{row.pk}/end/",
        f"{victim.pk}/contact/",
    ):
        one.open(f"{here}/{page}")
    one.page.get_by_label("How do you know?").fill("she said so")
    actions.record_safe_contact(officer, referral.reference, victim.pk, "Never ring", "she asked", seen=1)
    one.press("Save")
    assert one.page.get_by_text("Somebody changed this record").is_visible()
    one.look()
    one.open(f"{here}/find/person/")
    one.press("Search")
    assert one.page.get_by_role("alert").is_visible()
    one.page.get_by_label("What do you look for?").fill("pop")
    one.page.get_by_label("A subject").check()
    one.press("Search")
    one.look()
    desk("commander").open(f"/people/{subject.pk}/?in={referral.reference}")


@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_name_to_a_connection(accounts, desk, scripts):
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough", java_script_enabled=scripts)
    page = officer.page

    page.goto(f"{officer.address}/referrals/{referral.reference}/")
    follow(page.get_by_role("navigation", name="This referral").get_by_role("link", name="People and places"))
    follow(page.get_by_role("button", name="Add a person"))
    page.get_by_label("What do you look for?").fill("Radu")
    page.get_by_label("A subject").check()
    officer.press("Search")
    assert page.get_by_role("heading", name="Nothing found").is_visible()
    follow(page.get_by_role("link", name="Add a new record of a person"))
    page.get_by_label("Name (optional)").fill("Radu Pop")
    page.get_by_label("Subject", exact=True).check()
    page.get_by_label("Allegation: somebody says so").check()
    page.get_by_label("How it was verified, or whose word it is").fill("a neighbour")
    page.get_by_label("Source").fill("statement of 3 June 2010")
    officer.press("Add it")
    assert page.get_by_role("heading", name="Radu Pop").is_visible()

    follow(page.get_by_role("link", name="Back", exact=True))
    follow(page.get_by_role("link", name="Ilinca Sandu"))
    follow(page.get_by_role("link", name="Connect with another record"))
    page.get_by_label("With what is it connected?").select_option("Person: Radu Pop")
    page.get_by_label("How is it connected?").select_option("Controlled by")
    page.get_by_label("Intelligence: reported and not verified").check()
    page.get_by_label("How it was verified, or whose word it is").fill("SCD9 intelligence")
    page.get_by_label("Source").fill("report 12")
    officer.press("Record it")
    follow(page.get_by_role("link", name="Radu Pop", exact=True))

    assert page.get_by_role("heading", name="Radu Pop").is_visible()
    assert page.get_by_role("link", name=f"A person in case {referral.reference}", exact=True).is_visible()
    assert page.get_by_text("Ilinca").count() == 0
