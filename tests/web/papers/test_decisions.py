"""The decision log: weighed options, numbers without a gap, and the clock that one decision stops."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from palermo.domain.papers import INVESTIGATION, Follows, Option
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.intake.models import Clock, Event
from palermo.web.notices.models import Notice
from palermo.web.papers import actions
from palermo.web.papers.models import PolicyDecision
from palermo.web.papers.queries import PAGE
from web.cases.casebook import OF_PALADIN, OF_SCD9, a_referral, accepted, running, text_of, told
from web.cases.test_at_once import at_once
from web.cases.test_referral_page import same_for_any
from web.papers.filing import VISIT, WAIT, a_decision, a_page, deciding, token_of

pytestmark = pytest.mark.django_db

LICENSED = {"matter": "licensed_premises", "borough": "Newham"}
FILLED = {
    "decision": "The house is visited tonight.",
    "day-day": "29",
    "day-month": "6",
    "day-year": "2010",
    "time": "14:30",
    "option-1": VISIT.course,
    "for-1": VISIT.speaks_for,
    "against-1": VISIT.speaks_against,
    "option-2": WAIT.course,
    "for-2": WAIT.speaks_for,
    "against-2": WAIT.speaks_against,
    "chosen": "1",
    "reason": "Her safety comes first.",
    "based_on": "A neighbour’s call at noon.",
    "review_on-day": "6",
    "review_on-month": "7",
    "review_on-year": "2010",
    "on_investigation": "no",
    "sensitive_because": "",
}


def entering(referral) -> str:
    return f"/referrals/{referral.reference}/decisions/new/"


def log_of(client, referral, **query: object) -> str:
    response = client.get(f"/referrals/{referral.reference}/decisions/", query)
    assert response.status_code == 200
    return text_of(response)


# Entering


def test_a_decision_is_entered_with_its_options_and_everything_it_rests_on(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")

    response = client.post(
        entering(referral),
        {**FILLED, "sensitive_because": "It shows the neighbour.", "page": token_of(client.get(entering(referral)))},
    )

    assert response.url == f"/referrals/{referral.reference}/decisions/?policydecision=1"
    made = PolicyDecision.objects.get()
    assert (made.number, made.chosen, made.options) == (1, 1, [VISIT.as_dict(), WAIT.as_dict()])
    assert made.taken_at.isoformat() == "2010-06-29T13:30:00+00:00"
    assert (made.review_on, made.facts.version, made.on_investigation) == (date(2010, 7, 6), 1, False)
    page = log_of(client, referral, policydecision="1")
    for words in (
        "D1 is entered.",
        "D1: ",
        *VISIT.as_dict().values(),
        *WAIT.as_dict().values(),
        "Her safety comes first.",
        "A neighbour’s call at noon.",
        "It shows the neighbour.",
        "Sensitive",
        "By 6 July 2010",
        "29 June 2010 at 2:30pm",
    ):
        assert words in page
    assert page.count("Chosen") == 1


def test_the_timeline_and_the_trail_tell_of_it_without_what_it_says(accounts):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral, decision="the neighbour is asked", review_on=date(2010, 7, 9))

    event = Event.objects.latest("pk")
    assert event.says == "Decision D1 entered in the log. It is to be reviewed by 9 July 2010."
    entry = Entry.objects.get(action="decision_logged")
    assert (entry.subject, entry.detail) == (f"referral:{referral.reference}", {"number": 1})
    assert "neighbour" not in str(entry.detail) + event.says


def test_the_same_page_sent_twice_is_one_entry(accounts):
    referral = a_referral(by=accounts["partner"])
    page, entry = a_page(), deciding()

    first = actions.decide(accounts["borough"], referral.reference, entry, page=page)
    again = actions.decide(accounts["borough"], referral.reference, entry, page=page)

    assert first == again
    assert told(referral).count("decision_logged") == 1


def test_another_option_is_added_without_losing_what_was_typed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")
    halfway = {**FILLED, "reason": "", "options": "2", "more": "yes", "page": "p"}

    response = client.post(entering(referral), halfway)

    page = text_of(response)
    assert response.status_code == 200
    assert "Option 3" in page
    assert "There is a problem" not in page
    for words in (VISIT.course, WAIT.speaks_against, 'value="14:30"', 'name="options" value="3"', 'value="p"'):
        assert words in page
    third = {"option-3": "Ask the borough", "for-3": "They know the street", "against-3": "It takes a day"}
    client.post(entering(referral), {**FILLED, "options": "3", **third, "chosen": "3", "page": "p"})
    made = PolicyDecision.objects.get()
    assert (len(made.options), made.options[made.chosen - 1]["course"]) == (3, "Ask the borough")


def test_an_option_beyond_the_second_that_stays_empty_is_left_out(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    fourth = {"option-4": "Ask the borough", "for-4": "They know the street", "against-4": "It takes a day"}

    signed_in("borough").post(entering(referral), {**FILLED, "options": "4", **fourth, "chosen": "4"})

    made = PolicyDecision.objects.get()
    assert (len(made.options), made.chosen) == (3, 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"decision": ""}, "What is decided?: write the decision"),
        ({"against-2": ""}, "Against option 2: write it"),
        ({"option-1": " "}, "Option 1: write it"),
        ({"chosen": ""}, "Select which option is chosen"),
        ({"options": "3", "chosen": "3"}, "select one that is filled in"),
        ({"options": "3", "for-3": "it is cheap"}, "write it, or leave all of option 3 empty"),
        ({"reason": ""}, "Why this one?: give the reason"),
        ({"based_on": ""}, "What is it based on?: write what was known"),
        ({"day-year": "2011"}, "it must be 30 June 2010 or earlier"),
        ({"review_on-day": "", "review_on-month": "", "review_on-year": ""}, "When is it reviewed?: enter the day"),
        ({"review_on-day": "29", "review_on-month": "6"}, "enter a later day than that of the decision"),
        ({"on_investigation": ""}, "Select whether this is the decision on the investigation"),
    ],
)
def test_what_is_no_decision_is_said_and_everything_typed_stays(accounts, signed_in, given, says):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").post(entering(referral), {**FILLED, **given})

    page = text_of(response)
    assert response.status_code == 400
    assert says in page
    for name, words in FILLED.items():
        if name not in given and name in ("decision", "for-1", "reason", "based_on"):
            assert words in page
    assert not PolicyDecision.objects.exists()


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"options": (VISIT,)}, "two or more"),
        ({"options": (VISIT, Option("Wait", "", "x"))}, "what speaks for it"),
        ({"chosen": 3}, "the one chosen"),
        ({"review_on": date(2010, 1, 1)}, "on a later day"),
        ({"earlier": 1}, "which that is"),
        ({"earlier": 1, "follows": Follows.CHANGED}, "no such decision"),
    ],
)
def test_whoever_calls_for_it_what_is_no_decision_is_refused(accounts, other, says):
    referral = a_referral(by=accounts["partner"])

    with pytest.raises(Refused, match=says):
        a_decision(accounts["borough"], referral, **other)
    with pytest.raises(Refused, match="still to come"):
        a_decision(accounts["borough"], referral, taken_at=clock.now() + timedelta(days=1))


# Reviewing and changing


def test_a_later_entry_reviews_or_changes_an_earlier_one_which_stays(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral)
    a_decision(accounts["borough"], referral, decision="It holds.", earlier=1, follows=Follows.REVIEWED)
    client = signed_in("borough-supervisor")
    address = f"/referrals/{referral.reference}/decisions/1/follow/"
    changes = {**FILLED, "decision": "The warrant is waited for.", "chosen": "2", "follows": "changed"}

    assert "D1 as it was entered" in text_of(client.get(address))
    assert client.post(address, {**changes, "follows": ""}).status_code == 400
    assert client.post(address, changes).status_code == 302

    page = log_of(client, referral)
    for words in ("Reviewed by D2", "Changed by D3", "The house is visited tonight.", "The warrant is waited for."):
        assert words in page
    assert Event.objects.latest("pk").says.startswith("Decision D3 entered in the log, which changes D1.")
    assert f"/referrals/{referral.reference}/decisions/3/follow/" in page
    assert address not in page


def test_what_was_changed_is_not_followed_any_more(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral)
    a_decision(accounts["borough"], referral, earlier=1, follows=Follows.CHANGED)
    client = signed_in("borough")
    address = f"/referrals/{referral.reference}/decisions/1/follow/"

    refused = client.post(address, {**FILLED, "follows": "reviewed", "decision": "It holds all the same."})

    assert refused.status_code == 409
    assert "D1 was changed by D2; refer to that one" in text_of(refused)
    assert "It holds all the same." in text_of(refused)
    assert client.get(address).status_code == 409
    assert client.get(f"/referrals/{referral.reference}/decisions/9/follow/").status_code == 404


def test_a_review_that_is_overdue_is_said_until_it_is_reviewed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    long_ago = {"taken_at": clock.now() - timedelta(days=20), "review_on": clock.today() - timedelta(days=2)}
    a_decision(accounts["borough"], referral, **long_ago)
    client = signed_in("borough")

    assert "Overdue" in log_of(client, referral)
    a_decision(accounts["borough"], referral, earlier=1, follows=Follows.REVIEWED)
    assert "Overdue" not in log_of(client, referral)


# The decision on the investigation


def test_the_decision_on_the_investigation_stops_its_clock(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    assert INVESTIGATION in running(referral)
    client = signed_in("borough")
    asked = text_of(client.get(entering(referral)))

    client.post(entering(referral), {**FILLED, "on_investigation": "yes"})

    assert "It stops the clock “Decide on the investigation, with the reason”" in asked
    assert INVESTIGATION not in running(referral)
    made = PolicyDecision.objects.get()
    met = Clock.objects.get(referral=referral, clock=INVESTIGATION)
    assert (made.on_investigation, made.met, met.ended_because) == (True, met, "done")
    assert told(referral)[-2:] == ["decision_logged", "clock_met"]
    assert Event.objects.latest("pk").reason == "Decision D1 of the decision log."
    entry = Entry.objects.get(action="decision_logged")
    assert entry.detail == {"number": 1, "on_investigation": True, "clock": INVESTIGATION}
    page = log_of(client, referral, policydecision="1")
    assert "Its clock is stopped." in page
    assert "The decision on the investigation" in page


def test_the_borough_that_sent_it_is_told_of_the_decision_on_the_investigation_and_of_no_other(accounts):
    referral = a_referral(OF_SCD9, by=accounts["borough"], sent_by_borough="Newham")
    a_decision(accounts["supervisor"], referral)
    assert not Notice.objects.filter(kind="decided").exists()

    a_decision(accounts["supervisor"], referral, on_investigation=True)

    (notice,) = Notice.objects.filter(kind="decided")
    assert (notice.unit, notice.borough, notice.says) == (
        "TP",
        "Newham",
        f"{referral.reference}: The decision on its investigation is taken.",
    )


def test_any_other_decision_leaves_the_clock_running(accounts):
    referral = a_referral(by=accounts["partner"])

    a_decision(accounts["borough"], referral)

    assert INVESTIGATION in running(referral)


def test_the_commander_decides_and_stops_no_clock(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("commander")
    asked = text_of(client.get(entering(referral)))

    assert "Is this the decision on the investigation?" not in asked
    assert "The decision on the investigation stops a clock, and only officers and supervisors" in asked
    with pytest.raises(Refused, match="stops a clock"):
        a_decision(accounts["commander"], referral, on_investigation=True)
    assert client.post(entering(referral), {**FILLED, "on_investigation": "yes"}).status_code == 302
    assert not PolicyDecision.objects.get().on_investigation
    assert INVESTIGATION in running(referral)


def test_once_the_clock_has_ended_a_later_decision_on_the_investigation_stops_nothing(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral, on_investigation=True)

    later = a_decision(accounts["commander"], referral, on_investigation=True, earlier=1, follows=Follows.CHANGED)

    assert later.on_investigation
    assert later.met is None
    assert "The clock for it is stopped already." in text_of(signed_in("borough").get(entering(referral)))


def test_where_no_investigation_is_due_nothing_is_asked(accounts, signed_in):
    referral = a_referral(LICENSED, by=accounts["partner"])

    assert "the decision on the investigation" not in text_of(signed_in("commander").get(entering(referral))).lower()
    with pytest.raises(Refused, match="no decision on an investigation is due"):
        a_decision(accounts["commander"], referral, on_investigation=True)


# What the database holds


def test_the_database_changes_no_decision_and_keeps_none_that_is_none(accounts):
    referral, other = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    made = a_decision(accounts["borough"], referral)
    connection.check_constraints()

    def another(**given: object) -> PolicyDecision:
        copied = {
            field.attname: getattr(made, field.attname)
            for field in PolicyDecision._meta.concrete_fields
            if field.name not in ("id", "number")
        }
        with transaction.atomic():
            kept = PolicyDecision.objects.create(**{**copied, "key": a_page(), **given})
            connection.check_constraints()
            return kept

    assert another().number == 2
    for given, name in (
        ({"options": [VISIT.as_dict()]}, "between_options"),
        ({"options": [VISIT.as_dict(), {"course": "Wait", "for": "", "against": "x"}]}, "weighed"),
        ({"chosen": 3}, "is_chosen"),
        ({"follows": "changed"}, "says_what_it_does"),
        ({"reason": ""}, "what_and_why"),
        ({"taken_at": made.written_at + timedelta(seconds=1)}, "after_it_was_taken"),
        ({"referral_id": other.pk, "earlier_id": made.pk, "follows": "changed"}, "same_referral"),
    ):
        with pytest.raises(IntegrityError, match=name):
            another(**given)
    for statement in ("UPDATE papers_policydecision SET chosen = 2", "DELETE FROM papers_policydecision"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_decisions_at_once_are_numbered_without_a_gap_and_only_one_changes_another(accounts):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral)

    found = at_once(
        lambda: a_decision(accounts["borough"], referral, decision="a", earlier=1, follows=Follows.CHANGED),
        lambda: a_decision(accounts["borough"], referral, decision="b", earlier=1, follows=Follows.CHANGED),
        lambda: a_decision(accounts["borough-supervisor"], referral, decision="c"),
    )

    assert sorted(PolicyDecision.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert sorted(type(one).__name__ for one in found) == ["PolicyDecision", "PolicyDecision", "Refused"]


# Who


@pytest.mark.parametrize(
    ("who", "reads", "decides"),
    [
        ("borough", 200, 200),
        ("borough-supervisor", 200, 200),
        ("commander", 200, 200),
        ("officer", 200, 403),  # named as support
        ("auditor", 200, 403),
        ("paladin", 404, 404),
        ("analyst", 404, 404),
        ("administrator", 404, 404),
        ("partner", 404, 404),
    ],
)
def test_who_reads_and_who_decides(accounts, signed_in, who, reads, decides):
    referral = a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], referral)
    client = signed_in(who)
    follow = f"/referrals/{referral.reference}/decisions/1/follow/"

    assert client.get(f"/referrals/{referral.reference}/decisions/").status_code == reads
    assert client.get(entering(referral)).status_code == decides
    assert client.get(follow).status_code == decides
    client.post(entering(referral), FILLED)
    client.post(follow, {**FILLED, "follows": "reviewed"})
    assert PolicyDecision.objects.count() == (3 if decides == 200 else 1)
    if reads == 200:
        assert ("Enter a decision" in log_of(client, referral)) is (decides == 200)


def test_a_restricted_referrals_decisions_answer_as_if_there_were_none(accounts, signed_in):
    hidden = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    a_decision(accounts["paladin-supervisor"], hidden, decision="the shelter in Ilford")
    client = signed_in("paladin")

    assert "the shelter in Ilford" in log_of(signed_in("paladin-supervisor"), hidden)
    for address in ("decisions/", "decisions/new/", "decisions/1/follow/", "crime/"):
        there = client.get(f"/referrals/{hidden.reference}/{address}")
        not_there = client.get(f"/referrals/PAL-BBBB-BBBB/{address}")
        assert there.status_code == not_there.status_code == 404
        assert same_for_any(there, hidden.reference) == same_for_any(not_there, "PAL-BBBB-BBBB")
    with pytest.raises(NoReferral):
        a_decision(accounts["paladin"], hidden)


# Reading


def test_the_newest_comes_first_and_a_long_log_has_pages(accounts, signed_in):
    referral = accepted(accounts["borough"])
    for number in range(1, PAGE + 2):
        a_decision(accounts["borough"], referral, decision=f"decision the {number}.")
    client = signed_in("borough")

    first, second = log_of(client, referral), log_of(client, referral, page="2")

    assert first.index(f"D{PAGE + 1}:") < first.index("D2:")
    assert "decision the 1." not in first
    assert "decision the 1." in second


def test_more_decisions_are_no_more_queries(accounts, signed_in):
    def asked(referral) -> int:
        client = signed_in("borough")
        with CaptureQueriesContext(connection) as queries:
            log_of(client, referral)
        return len(queries)

    one, many = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    a_decision(accounts["borough"], one, on_investigation=True)
    a_decision(accounts["borough"], many, on_investigation=True)
    for number in range(1, 7):
        a_decision(accounts["borough"], many, earlier=number, follows=Follows.CHANGED)

    assert asked(one) == asked(many)
