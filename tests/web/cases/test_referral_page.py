"""The referral's page, and the page of each move, as somebody without JavaScript uses them."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.domain.casework import Move
from palermo.web import clock, policy
from palermo.web.audit.models import Entry
from palermo.web.cases import actions
from palermo.web.cases.queries import work
from palermo.web.intake.models import Clock, Event
from web.cases.casebook import (
    OF_A_BOROUGH,
    OF_SCD9,
    a_referral,
    accepted,
    case_of,
    escalated,
    owner_of,
    seen,
    sent,
    text_of,
    told,
)

pytestmark = pytest.mark.django_db


def page_of(client, referral, **query: object) -> str:
    response = client.get(f"/referrals/{referral.reference}/", query)
    assert response.status_code == 200
    return text_of(response)


def same_for_any(response, reference: str) -> str:
    """The page without its address and without the token that differs each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text_of(response).replace(reference, ""))


# What it shows


def test_the_page_says_who_owns_it_and_why_with_the_paragraph(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    support = work(referral.reference).decision.document["support"]
    page = page_of(signed_in("borough"), referral)

    assert "Territorial Policing, Newham" in page
    assert "it stays within one borough" in page
    assert "§11" in page
    assert "Stated in the source" in page
    assert "If there is more than one potential victim: SCD9 (rule A5)." in page
    assert "Level 1: it stays within one borough" in page
    assert support
    assert all(one["why"] in page for one in support)


def test_the_page_shows_the_finding_element_by_element(accounts, signed_in):
    definition = policy.pack().definition
    elements = {"acts": [definition.of("act")[0].key], "means": [], "purposes": None}
    page = page_of(signed_in("borough"), a_referral(by=accounts["partner"], elements=elements))

    for words in ("Definition not met", "Shown", "Missing", definition.of("act")[0].label, "nothing was screened"):
        assert words in page


def test_screening_names_the_version_that_it_was_done_under(accounts, signed_in):
    sign = next(one for one in policy.pack().definition.for_age("adult") if one.scored)
    page = page_of(signed_in("borough"), a_referral(by=accounts["partner"], elements={"indicators": [sign.code]}))

    assert sign.dimension_label in page
    assert f"Screened under mps-2010, version {policy.pack().version}" in page


def test_people_are_shown_as_far_as_they_are_known(accounts, signed_in):
    known = {"given_names": "Ilinca", "date_of_birth": "1991-04"}
    page = page_of(signed_in("borough"), a_referral(by=accounts["partner"], potential_victims=(known, {})))

    for words in ("Ilinca", "April 1991", "Potential victim 2", "Nothing is known of this person yet"):
        assert words in page


def test_a_child_has_its_safeguarding_partner_and_a_means_is_not_needed(accounts, signed_in):
    page = page_of(signed_in("paladin"), a_referral({"age": "child", "borough": "Newham"}, by=accounts["partner"]))

    assert "Newham Local Safeguarding Children Board" in page
    assert "Not needed" in page


def test_what_is_overdue_is_said_in_words(accounts, signed_in):
    old = a_referral(by=accounts["partner"], received_at=clock.now() - timedelta(days=30))

    assert "Overdue" in page_of(signed_in("borough"), old)
    assert "Overdue" not in page_of(signed_in("borough"), a_referral(by=accounts["partner"]))


def test_what_others_wrote_stays_text(accounts, signed_in):
    referral = a_referral(by=accounts["partner"], account="<script>alert(1)</script>", first_responder="<b>x</b>")

    raw = signed_in("borough").get(f"/referrals/{referral.reference}/").content.decode()

    assert "<script>alert(1)" not in raw
    assert "&lt;script&gt;alert(1)" in raw
    assert "<b>x</b>" not in raw


def test_a_changed_policy_is_said_instead_of_a_what_if_under_other_rules(accounts, signed_in, monkeypatch):
    referral = a_referral(by=accounts["partner"])
    other = replace(policy.pack(), hash="0" * 64)
    monkeypatch.setattr(policy, "pack", lambda: other)

    assert "The policy has changed since this was decided" in page_of(signed_in("borough"), referral)


def test_the_timeline_tells_everything_in_order(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    reference = referral.reference
    actions.accept(accounts["borough"], reference, seen(referral))
    actions.take(accounts["borough"], reference, seen(referral))
    actions.correct(accounts["borough"], reference, seen(referral), "victims", "multiple", "a second woman")
    actions.refuse_offer(accounts["officer"], reference, seen(referral), "not organised")
    actions.escalate(accounts["borough"], reference, seen(referral), "three addresses")
    actions.accept_offer(accounts["officer"], reference, seen(referral), "now we do")

    page = page_of(signed_in("officer"), referral)

    assert told(referral) == [
        "received",
        "decided",
        "accepted",
        "allocated",
        "corrected",
        "decided",
        "remit_answered",
        "offer_refused",
        "offered",
        "decided",
        "offer_accepted",
        "decided",
        "owner_changed",
    ]
    places = [page.index(html.unescape(event.says)) for event in Event.objects.filter(referral=referral)]
    assert all(place > 0 for place in places)
    for words in ("a second woman", "not organised", "three addresses", "now we do", "Officer, Newham borough"):
        assert words in page
    assert "Owners so far" in page


def test_every_kind_of_event_has_a_title(accounts, signed_in):
    referral = accepted(accounts["borough"], restricted=False)
    page = page_of(signed_in("borough"), referral)

    assert "Noted" not in page.partition('id="timeline"')[2]


def test_where_the_remit_names_another_unit_than_the_owner_both_are_shown(accounts, signed_in):
    referral = accepted(accounts["borough"])
    actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "two")

    page = page_of(signed_in("borough"), referral)

    assert "On the facts as they are now, the remit names" in page
    assert "Offered to SCD9" in page


# Who sees it


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("borough", 200),
        ("borough-supervisor", 200),
        ("officer", 200),  # named as support
        ("commander", 200),
        ("auditor", 200),
        ("paladin", 404),
        ("analyst", 404),
        ("administrator", 404),
    ],
)
def test_the_page_is_there_for_its_people_and_not_for_others(accounts, signed_in, who, status):
    referral = a_referral(by=accounts["partner"])

    assert signed_in(who).get(f"/referrals/{referral.reference}/").status_code == status


def test_a_referral_that_may_not_be_seen_answers_as_one_that_is_not_there(accounts, signed_in):
    hidden = a_referral(by=accounts["partner"], restricted=True)
    client = signed_in("borough")
    pages = ["", "accept/", "hand-back/", "settle/", "answer/", "change/age/", "change/nothing/", "done/1/", "name/"]

    for page in pages:
        there = client.get(f"/referrals/{hidden.reference}/{page}")
        not_there = client.get(f"/referrals/PAL-AAAA-AAAA/{page}")
        assert (there.status_code, not_there.status_code) == (404, 404)
        assert same_for_any(there, hidden.reference) == same_for_any(not_there, "PAL-AAAA-AAAA")
        if page:
            form = sent(hidden, reason="why", choice="accept")
            assert client.post(f"/referrals/{hidden.reference}/{page}", form).status_code == 404
    assert case_of(hidden).version == 1


def test_the_sender_is_led_to_the_status(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("partner").get(f"/referrals/{referral.reference}/")

    assert (response.status_code, response.url) == (302, f"/sent/{referral.reference}/")


def test_each_opening_is_noted_and_so_is_one_that_was_refused(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    signed_in("borough").get(f"/referrals/{referral.reference}/")
    signed_in("paladin").get(f"/referrals/{referral.reference}/")

    noted = Entry.objects.filter(duty="consultation", subject=f"referral:{referral.reference}").order_by("pk")
    assert [(entry.actor, entry.action) for entry in noted] == [
        (accounts["borough"].audit_name, "referral_opened"),
        (accounts["paladin"].audit_name, "referral_refused"),
    ]


def test_the_number_of_queries_does_not_grow_with_what_happened(accounts, signed_in):
    client = signed_in("borough")

    def number(referral) -> int:
        with CaptureQueriesContext(connection) as asked:
            page_of(client, referral)
        return len(asked)

    short = accepted(accounts["borough"])
    long = accepted(accounts["borough"], potential_victims=tuple({"given_names": str(n)} for n in range(5)))
    for value in ("multiple", "one") * 4:
        actions.correct(accounts["borough"], long.reference, seen(long), "victims", value, "counted again")

    assert number(long) == number(short)


# Moves


def test_an_officer_accepts_through_the_page_and_is_told(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")
    assert f"/referrals/{referral.reference}/accept/" in page_of(client, referral)

    response = client.post(f"/referrals/{referral.reference}/accept/", sent(referral), follow=True)

    assert "Territorial Policing, Newham accepted it." in text_of(response)
    assert case_of(referral).state == "accepted"
    assert f"/referrals/{referral.reference}/accept/" not in text_of(response)


def test_only_ones_own_words_are_read_back_after_a_move(accounts, signed_in):
    referral = accepted(accounts["borough"])
    event = Event.objects.get(referral=referral, kind="accepted")

    assert "govuk-notification-banner" in page_of(signed_in("borough"), referral, told=event.pk)
    assert "govuk-notification-banner" not in page_of(signed_in("borough-supervisor"), referral, told=event.pk)
    for nonsense in ("x", "9" * 30, "²"):
        assert "govuk-notification-banner" not in page_of(signed_in("borough"), referral, told=nonsense)


def test_the_road_from_correction_to_the_new_owner_through_the_pages(accounts, signed_in):
    referral = accepted(accounts["borough"])
    borough, officer = signed_in("borough"), signed_in("officer")

    form = text_of(borough.get(f"/referrals/{referral.reference}/change/victims/"))
    assert "Recorded now" in form
    assert 'value="one"' not in form
    changed = borough.post(
        f"/referrals/{referral.reference}/change/victims/",
        sent(referral, choice="multiple", reason="a second woman"),
        follow=True,
    )
    assert "The remit gives it to SCD9 now." in text_of(changed)
    answered = officer.post(
        f"/referrals/{referral.reference}/answer/", sent(referral, choice="accept", reason=""), follow=True
    )

    assert "SCD9 accepted it from Territorial Policing, Newham." in text_of(answered)
    assert owner_of(referral) == ("SCD9", "")


@pytest.mark.parametrize(
    ("page", "fields", "says"),
    [
        ("hand-back", {}, "Why does it not belong here?: write it in a few words"),
        ("hand-back", {"reason": " \u200b "}, "Why does it not belong here?: write it in a few words"),
        ("hand-back", {"reason": "a\x00b"}, "is not text"),
        ("hand-back", {"reason": "a" * 4001}, "use 4000 characters or fewer"),
        ("change/age", {"reason": "seen"}, "Select what is right"),
        ("change/age", {"reason": "seen", "choice": "Child"}, "Select one of the answers"),
        ("change/age", {"choice": "child"}, "How do you know?: write it in a few words"),
        ("escalate", {}, "write it in a few words"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_done(accounts, signed_in, page, fields, says):
    referral = accepted(accounts["borough"])
    before = seen(referral)

    response = signed_in("borough").post(f"/referrals/{referral.reference}/{page}/", sent(referral, **fields))

    assert response.status_code == 200
    assert says in text_of(response)
    assert "There is a problem" in text_of(response)
    assert seen(referral) == before


def test_a_refusal_of_an_offer_needs_its_reason(accounts, signed_in):
    referral = escalated(accounts["borough"])

    response = signed_in("officer").post(f"/referrals/{referral.reference}/answer/", sent(referral, choice="refuse"))

    assert "Reason: write why it is refused" in text_of(response)
    assert case_of(referral).state == "offered"


def test_a_hand_back_is_settled_through_the_page(accounts, signed_in):
    referral = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "the address is in Hackney")
    client = signed_in("borough-supervisor")
    page = f"/referrals/{referral.reference}/settle/"
    assert "the address is in Hackney" in text_of(client.get(page))

    missing = client.post(page, sent(referral, choice="accept", reason="theirs"))
    odd = client.post(page, sent(referral, choice="refuse", unit="TP|Hackney", reason="theirs"))
    done = client.post(page, sent(referral, choice="accept", unit="TP|Hackney", reason="theirs"), follow=True)

    assert "select which one is asked" in text_of(missing)
    assert "leave it empty" in text_of(odd)
    assert "Offered to Territorial Policing, Hackney." in text_of(done)


def test_a_supervisor_allocates_and_records_what_was_done_through_the_pages(accounts, signed_in):
    referral = accepted(accounts["borough"])
    client = signed_in("borough-supervisor")
    due = Clock.objects.get(referral=referral, clock="first_assessment")

    client.post(f"/referrals/{referral.reference}/allocate/", sent(referral, choice=accounts["borough"].pk, reason=""))
    done = client.post(
        f"/referrals/{referral.reference}/done/{due.pk}/", sent(referral, reason="seen at home"), follow=True
    )

    assert case_of(referral).officer == accounts["borough"]
    assert "Done: First assessment." in text_of(done)


def test_the_second_of_two_is_shown_what_changed_and_loses_nothing_typed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    form = sent(referral, reason="The address is in Hackney.")
    actions.accept(accounts["borough-supervisor"], referral.reference, seen(referral))
    client = signed_in("borough")

    response = client.post(f"/referrals/{referral.reference}/hand-back/", form)

    page = text_of(response)
    assert response.status_code == 409
    assert "Somebody changed this referral while you had the page open" in page
    assert "Territorial Policing, Newham accepted it." in page
    assert "The address is in Hackney." in page
    assert case_of(referral).state == "accepted"
    again = {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("version", "event")}
    client.post(f"/referrals/{referral.reference}/hand-back/", {**form, **again})
    assert case_of(referral).state == "handed_back"


def test_where_the_move_is_no_longer_possible_what_was_typed_can_still_be_read(accounts, signed_in):
    referral = accepted(accounts["borough"])
    form = sent(referral, reason="The address is in Hackney.")
    actions.escalate(accounts["borough-supervisor"], referral.reference, seen(referral), "beyond us")

    response = signed_in("borough").post(f"/referrals/{referral.reference}/hand-back/", form)

    page = text_of(response)
    assert response.status_code == 409
    for words in (
        "it is offered to another unit",
        "The address is in Hackney.",
        "Escalation asked for",
        "What you can",
    ):
        assert words in page


def test_a_page_that_does_not_say_what_it_was_made_of_is_refused(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")

    for form in ({}, {"version": "1"}, {"version": "x", "event": "1"}, {"version": "9" * 40, "event": "1"}):
        assert client.post(f"/referrals/{referral.reference}/accept/", form).status_code == 400
    assert case_of(referral).version == 1


def test_who_sees_it_and_may_not_move_it_is_told_why(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("auditor").get(f"/referrals/{referral.reference}/accept/")

    assert response.status_code == 409
    assert "only officers and supervisors of the unit that owns a referral may accept it" in text_of(response)


def test_moves_that_are_shown_are_those_that_answer(accounts, signed_in):
    referrals = [
        a_referral(by=accounts["partner"]),
        accepted(accounts["borough"]),
        escalated(accounts["borough"]),
        accepted(accounts["officer"], OF_SCD9),
        a_referral({**OF_A_BOROUGH, "borough": None}, by=accounts["partner"]),
    ]
    for who in ("borough", "borough-supervisor", "officer", "supervisor", "commander", "auditor"):
        client = signed_in(who)
        for referral in referrals:
            response = client.get(f"/referrals/{referral.reference}/")
            if response.status_code != 200:
                continue
            links = set(re.findall(rf'href="(/referrals/{referral.reference}/[^"]+/)"', text_of(response)))
            for link in links:
                assert client.get(link).status_code == 200, (who, link)
            for move in set(Move) - {Move.CORRECT, Move.FINISH}:
                link = f"/referrals/{referral.reference}/{move.value}/"
                assert (client.get(link).status_code == 200) is (link in links), (who, link)


def test_a_clock_that_does_not_run_is_not_recorded_as_done(accounts, signed_in):
    referral = accepted(accounts["borough"])
    ended = Clock.objects.get(referral=referral, clock="acceptance")

    for key in (ended.pk, 10**30):
        response = signed_in("borough").get(f"/referrals/{referral.reference}/done/{key}/")
        assert response.status_code == 409
        assert "does not run any more" in text_of(response)


def test_nobody_takes_on_what_they_have(accounts, signed_in):
    referral = accepted(accounts["borough"])
    actions.take(accounts["borough"], referral.reference, seen(referral))

    assert "Take it on yourself" not in page_of(signed_in("borough"), referral)
    assert "with you already" in text_of(signed_in("borough").get(f"/referrals/{referral.reference}/take/"))
    assert "Take it on yourself" in page_of(signed_in("borough-supervisor"), referral)


def test_escalation_is_not_offered_where_there_is_nobody_to_ask(accounts, signed_in):
    referral = accepted(accounts["officer"], OF_SCD9)

    assert "Ask for escalation" not in page_of(signed_in("officer"), referral)
    assert "nobody to ask" in text_of(signed_in("officer").get(f"/referrals/{referral.reference}/escalate/"))
    asked = signed_in("borough").get(f"/referrals/{accepted(accounts['borough']).reference}/escalate/")
    assert "Who is asked" in text_of(asked)
