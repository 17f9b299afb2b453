"""What whoever sent it may know, and what nobody else may."""

import pytest
from django.test import Client

from palermo.domain.casework import State
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases.models import Case
from palermo.web.intake import actions, queries
from palermo.web.intake.models import Clock
from web.intake.walking import an_adult, text_of

pytestmark = pytest.mark.django_db


def a_colleague(body: str) -> Client:
    client = Client()
    user = User.objects.create_user("colleague", post="Colleague", role="partner", body=body)
    client.force_login(user)
    return client


def test_a_partner_sees_where_it_is_and_nothing_of_what_is_in_it(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())
    partner.answer("people/aaaaaaaa/names", {"given_names": "Invented"})
    partner.send()
    reference = partner.client.get("/sent/").content.decode().partition("PAL-")[2][:9]

    pages = [text_of(partner.client.get(url)) for url in ("/sent/", f"/sent/PAL-{reference}/")]

    for page in pages:
        assert "SCD9" in page
        assert "has not accepted it yet" in page
        assert "HP-17" in page
        assert not any(secret in page for secret in ("Invented", "café", "sexual", "020 7946", "Newham"))


def test_its_state_follows_the_work(traveller, accounts):
    partner = traveller("partner")
    referral = partner.refer()
    case = Case.objects.get(referral=referral)
    said = {
        State.RECEIVED: "has not accepted it yet",
        State.ACCEPTED: "Accepted by SCD9",
        State.ASSESSED: "has assessed it",
        State.ALLOCATED: "An officer of SCD9",
        State.INVESTIGATING: "is investigating it",
        State.OFFERED: "another unit",
        State.HANDED_BACK: "until it is settled",
        State.IN_DISPUTE: "until it is settled",
        State.SUSPENDED: "stands still for now",
        State.CLOSED: "has closed it",
        State.REOPENED: "has taken it up again",
    }
    assert set(said) == set(State)
    for state, words in said.items():
        case.state, case.officer = state, accounts["officer"]
        case.closed_at = referral.received_at if state is State.CLOSED else None
        case.save()
        assert words in text_of(partner.client.get(f"/sent/{referral.reference}/"))


def test_the_next_thing_due_is_said_in_words(traveller):
    partner = traveller("partner")
    referral = partner.refer()
    first = Clock.objects.filter(referral=referral).order_by("due_at").first()

    assert f"{first.label}: by " in text_of(partner.client.get("/sent/"))

    Clock.objects.update(met_at=clock.now())
    assert "Nothing at the moment" in text_of(partner.client.get("/sent/"))
    assert "Nothing is due at the moment" in text_of(partner.client.get(f"/sent/{referral.reference}/"))


def test_colleagues_of_the_body_see_it_and_others_do_not(traveller):
    referral = traveller("partner").refer()

    colleague = a_colleague("Harbour Project")
    shown = text_of(colleague.get(f"/sent/{referral.reference}/")) + text_of(colleague.get("/sent/"))
    assert referral.reference in shown
    assert not any(one.label in shown for one in referral.clocks.all()), "what is due tells what it is about"
    User.objects.filter(username="colleague").delete()
    stranger = a_colleague("Another Project")
    assert stranger.get(f"/sent/{referral.reference}/").status_code == 404
    assert referral.reference not in text_of(stranger.get("/sent/"))
    officer = traveller("borough")
    assert officer.client.get(f"/sent/{referral.reference}/").status_code == 404
    for reference in ("PAL-NONE-NONE", "PAL%00", "%E2%80%AE"):
        assert officer.client.get(f"/sent/{reference}/").status_code == 404


def test_every_reading_is_noted(traveller):
    partner = traveller("partner")
    referral = partner.refer()
    readings = Entry.objects.filter(duty="consultation").count

    before = readings()
    partner.client.get("/sent/")
    partner.client.get(f"/sent/{referral.reference}/")

    assert readings() == before + 2
    partner.page("done")
    assert readings() == before + 3
    confirmed, seen, listed = Entry.objects.order_by("-id")[:3]
    assert confirmed.action == "status_seen"
    assert (seen.action, seen.subject, seen.actor) == (
        "status_seen",
        f"referral:{referral.reference}",
        partner.user.audit_name,
    )
    assert (listed.action, listed.detail) == ("sent_listed", {"references": [referral.reference]})


def test_many_are_paged_in_a_fixed_number_of_queries(accounts, traveller, django_assert_max_num_queries):
    for number in range(queries.PAGE + 3):
        actions.receive_referral(
            actions.Submission(
                key=f"key-{number}",
                channel="import",
                received_at=clock.now(),
                referring_body="Harbour Project",
                facts={"age": "child"},
                elements={"acts": [], "means": [], "purposes": []},
            ),
            accounts["supervisor"],
        )
    partner = traveller("partner")

    with django_assert_max_num_queries(12):
        first = text_of(partner.client.get("/sent/"))
    second = text_of(partner.client.get("/sent/?page=2"))

    assert first.count('href="/sent/PAL-') == queries.PAGE
    assert second.count('href="/sent/PAL-') == 3
    assert text_of(partner.client.get("/sent/?page=nonsense")).count('href="/sent/PAL-') == queries.PAGE
