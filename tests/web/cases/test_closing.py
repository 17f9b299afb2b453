"""From acceptance to the end of a case: assessed, investigated, paused, suspended, disputed, closed, reopened."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from palermo.web import clock
from palermo.web.cases import actions, queries
from palermo.web.cases.actions import Refused
from palermo.web.cases.models import Assessment, Case, ClockPause, Closing, Offer, SupportRequest, Suspension
from palermo.web.cases.queries import Wanted
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership
from palermo.web.notices.models import Notice
from web.cases.casebook import (
    OF_A_BOROUGH,
    OF_PALADIN,
    OF_SCD9,
    a_referral,
    accepted,
    case_of,
    escalated,
    open_offer,
    owner_of,
    running,
    seen,
    sent,
    text_of,
    told,
)

pytestmark = pytest.mark.django_db


def allocated(accounts, facts=OF_SCD9):
    referral = accepted(accounts["officer"], facts)
    actions.take(accounts["officer"], referral.reference, seen(referral))
    return referral


def closed(accounts, outcome="charge"):
    referral = allocated(accounts)
    actions.close(accounts["supervisor"], referral.reference, seen(referral), outcome, "charged on two counts")
    return referral


def a_clock(referral, name):
    return Clock.objects.get(referral=referral, clock=name, met_at=None)


# Assessing and investigating


def test_an_assessment_holds_the_elements_against_the_definition_again_and_moves_nothing_else(accounts):
    referral = accepted(accounts["officer"], OF_SCD9)
    before = owner_of(referral)

    actions.assess(
        accounts["officer"],
        referral.reference,
        seen(referral),
        elements={
            "acts": ["recruitment"],
            "means": ["deception"],
            "purposes": ["exploitation_of_the_prostitution_of_others"],
        },
        risk="high",
        course="investigate",
        reason="she was told of a job in a hotel",
    )

    kept = Assessment.objects.get(referral=referral)
    assert (case_of(referral).state, kept.risk, kept.course) == ("assessed", "high", "investigate")
    assert FactVersion.objects.filter(referral=referral).count() == 2
    assert kept.decision.finding == "trafficking"
    assert owner_of(referral) == before
    assert "first_assessment" not in running(referral)


def test_the_duty_to_investigate_is_met_by_the_decision_to_investigate(accounts):
    referral = allocated(accounts)
    assert "duty_to_investigate" in running(referral)

    actions.investigate(accounts["officer"], referral.reference, seen(referral), "a credible allegation")

    assert case_of(referral).state == "investigating"
    assert "duty_to_investigate" not in running(referral)
    assert "investigation_review" in running(referral)


def test_an_open_case_on_which_nothing_is_due_gets_a_next_step(accounts):
    referral = allocated(accounts)
    for name in sorted(running(referral)):
        actions.finish(accounts["officer"], referral.reference, seen(referral), a_clock(referral, name).pk, "done")

    assert running(referral) == {"next_step"}
    actions.plan_next(
        accounts["officer"], referral.reference, seen(referral), "Visit the hotel", clock.today() + timedelta(days=2)
    )
    assert [a_clock(referral, "next_step").label] == ["Visit the hotel"]


# Pausing


def test_a_paused_clock_is_not_due_and_has_what_was_left_when_it_runs_again(accounts, monkeypatch):
    referral = allocated(accounts)
    one = a_clock(referral, "first_assessment")
    actions.pause_clock(accounts["officer"], referral.reference, seen(referral), one.pk, "waiting for the laboratory")
    much_later = clock.now() + timedelta(days=60)
    monkeypatch.setattr(clock, "now", lambda: much_later)

    line = next(iter(queries.queue_for(accounts["officer"], Wanted()).object_list))
    assert line.due_what != one.label
    actions.restart(accounts["officer"], referral.reference, seen(referral), one.pk, "it came")

    again = Clock.objects.get(pk=one.pk)
    assert again.paused_at is None
    assert again.due_at > much_later
    assert ClockPause.objects.get(clock=one).ended_because == "it came"


def test_what_cannot_wait_and_what_is_overdue_is_not_paused(accounts, monkeypatch):
    referral = accepted(accounts["paladin"], OF_PALADIN)
    for name in ("child_safety", "duty_to_investigate", "safeguarding"):
        with pytest.raises(Refused, match="cannot wait"):
            actions.pause_clock(
                accounts["paladin"], referral.reference, seen(referral), a_clock(referral, name).pk, "later"
            )
    late = clock.now() + timedelta(days=60)
    monkeypatch.setattr(clock, "now", lambda: late)
    with pytest.raises(Refused, match="overdue"):
        actions.pause_clock(
            accounts["paladin"], referral.reference, seen(referral), a_clock(referral, "first_assessment").pk, "later"
        )


# Suspending


def test_a_suspended_case_stands_still_but_for_what_cannot_wait_and_has_its_day_of_review(accounts):
    referral = allocated(accounts)
    review = clock.today() + timedelta(days=30)

    actions.suspend(accounts["supervisor"], referral.reference, seen(referral), review, "the witness is abroad")

    paused = set(Clock.objects.filter(referral=referral, paused_at__isnull=False).values_list("clock", flat=True))
    assert case_of(referral).state == "suspended"
    assert paused == {"first_assessment"}
    assert running(referral) - paused == {"duty_to_investigate", "suspension_review"}
    assert timezone.localdate(a_clock(referral, "suspension_review").due_at) == review
    with pytest.raises(Refused, match="take it up again"):
        actions.investigate(accounts["officer"], referral.reference, seen(referral), "now")

    actions.resume(accounts["officer"], referral.reference, seen(referral), "she is back")
    assert case_of(referral).state == "allocated"
    assert not Clock.objects.filter(referral=referral, paused_at__isnull=False).exists()
    assert Suspension.objects.get(referral=referral).ended_because == "she is back"


def test_what_was_paused_by_itself_stays_paused_when_a_suspension_ends(accounts):
    referral = allocated(accounts)
    actions.pause_clock(
        accounts["officer"],
        referral.reference,
        seen(referral),
        a_clock(referral, "first_assessment").pk,
        "the laboratory",
    )
    actions.suspend(
        accounts["supervisor"], referral.reference, seen(referral), clock.today() + timedelta(days=9), "no officer"
    )
    actions.resume(accounts["officer"], referral.reference, seen(referral), "there is one")

    assert a_clock(referral, "first_assessment").paused_at is not None


# Disputes


def test_a_dispute_is_settled_by_the_commander_and_the_unit_named_has_it_from_then_on(accounts):
    referral = accepted(accounts["officer"], OF_SCD9)
    actions.dispute(
        accounts["officer"], referral.reference, seen(referral), ("SCD5-PALADIN", ""), "they know the network"
    )
    assert case_of(referral).state == "in_dispute"
    assert owner_of(referral) == ("SCD9", "")
    assert "arbitration" in running(referral)
    assert Notice.objects.filter(role="commander", reference=referral.reference).count() == 1

    with pytest.raises(Refused, match="only the commander"):
        actions.arbitrate(accounts["supervisor"], referral.reference, seen(referral), ("SCD9", ""), "ours")
    actions.arbitrate(accounts["commander"], referral.reference, seen(referral), ("SCD5-PALADIN", ""), "a child")

    assert (case_of(referral).state, owner_of(referral)) == ("accepted", ("SCD5-PALADIN", ""))
    assert Ownership.objects.get(referral=referral, period__endswith=None).how == "arbitration"
    assert "arbitration" not in running(referral)


def test_the_unit_that_is_asked_can_dispute_too_and_the_commander_may_leave_it_where_it_is(accounts):
    referral = escalated(accounts["borough"])
    actions.dispute(accounts["officer"], referral.reference, seen(referral), ("", ""), "the borough can do this")

    assert open_offer(referral).kind == "dispute"
    assert "escalation_answer" not in running(referral)
    actions.arbitrate(accounts["commander"], referral.reference, seen(referral), ("TP", "Newham"), "one victim only")

    assert (case_of(referral).state, owner_of(referral)) == ("accepted", ("TP", "Newham"))
    facts = FactVersion.objects.filter(referral=referral).latest("version").facts
    assert facts["escalation"] == "none"


def test_what_is_in_dispute_stands_under_no_offers_to_answer(accounts, signed_in):
    referral = escalated(accounts["borough"])
    assert referral.reference in text_of(signed_in("officer").get("/my-queue/"))
    actions.dispute(accounts["officer"], referral.reference, seen(referral), ("", ""), "not ours")

    assert referral.reference not in text_of(signed_in("officer").get("/my-queue/"))
    assert "1 in dispute" in text_of(signed_in("borough").get("/my-queue/"))


def test_a_restricted_dispute_is_open_to_the_commander_only_while_it_lasts(accounts):
    referral = accepted(accounts["supervisor"], OF_SCD9, restricted=True)
    assert queries.work_for(accounts["commander"], referral.reference, "x") is None
    actions.dispute(
        accounts["supervisor"], referral.reference, seen(referral), ("SCD5-PALADIN", ""), "they know the network"
    )

    assert queries.work_for(accounts["commander"], referral.reference, "x") is not None
    in_queue = queries.queue_for(accounts["commander"], Wanted(), unit="SCD9").object_list
    assert [line.reference for line in in_queue] == [referral.reference]
    actions.arbitrate(accounts["commander"], referral.reference, seen(referral), ("SCD9", ""), "it stays")
    assert queries.work_for(accounts["commander"], referral.reference, "x") is None


# Closing


def test_a_closed_case_has_an_outcome_with_its_reason_and_nothing_due(accounts):
    referral = closed(accounts)

    kept = Closing.objects.get(referral=referral)
    assert (kept.outcome, kept.reason) == ("charge", "charged on two counts")
    assert (case_of(referral).state, running(referral)) == ("closed", set())
    assert owner_of(referral) == ("SCD9", "")


def test_a_closed_case_stands_in_no_queue_but_among_the_closed(accounts, signed_in):
    referral = closed(accounts)
    officer = signed_in("officer")

    assert referral.reference not in text_of(officer.get("/my-queue/"))
    assert "0 open" in text_of(officer.get("/my-queue/"))
    assert referral.reference in text_of(officer.get("/my-queue/?state=closed"))


def test_only_a_supervisor_or_the_commander_closes(accounts):
    referral = allocated(accounts)

    with pytest.raises(Refused, match="only a supervisor"):
        actions.close(accounts["officer"], referral.reference, seen(referral), "charge", "charged")


def test_a_case_passed_to_another_force_names_it(accounts, signed_in):
    referral = allocated(accounts)
    supervisor, address = signed_in("supervisor"), f"/referrals/{referral.reference}/close/"
    given = {"outcome": "passed_to_another_force", "reason": "The victim lives there now."}

    refused = supervisor.post(address, sent(referral, **given))
    assert "The other force: write which force has accepted it" in text_of(refused)
    assert "The victim lives there now." in text_of(refused)
    supervisor.post(address, sent(referral, **given, force="Kent Police"))

    assert Closing.objects.get(referral=referral).force == "Kent Police"
    with pytest.raises(IntegrityError), transaction.atomic():
        Closing.objects.create(
            referral=a_referral(by=accounts["partner"]),
            at=clock.now(),
            outcome="passed_to_another_force",
            reason="nowhere",
        )


def test_support_that_others_give_ends_with_the_case(accounts):
    referral = allocated(accounts)
    asked = {"referral": referral, "from_unit": "SCD9", "wanted": "a lead", "asked_at": clock.now()}
    waits = SupportRequest.objects.create(**asked, resource="covert_policing", to_unit="SCD-COVERT")
    given = SupportRequest.objects.create(
        **asked, resource="intelligence", to_unit="SCD-INTELLIGENCE", stage="given", answered_at=clock.now()
    )

    actions.close(accounts["supervisor"], referral.reference, seen(referral), "no_further_action", "no evidence")

    waits.refresh_from_db()
    given.refresh_from_db()
    assert (waits.stage, given.stage) == ("withdrawn", "ended")
    assert waits.result == given.result == "the case is closed"
    assert told(referral)[-3:] == ["closed", "support_withdrawn", "support_ended"]
    assert set(Notice.objects.filter(kind__startswith="support_").values_list("unit", flat=True)) == {
        "SCD-COVERT",
        "SCD-INTELLIGENCE",
    }


def test_a_case_is_opened_again_with_its_owner_and_a_clock(accounts):
    referral = closed(accounts)

    actions.reopen(accounts["supervisor"], referral.reference, seen(referral), "a second victim came forward")

    assert (case_of(referral).state, owner_of(referral)) == ("reopened", ("SCD9", ""))
    assert running(referral) == {"next_step"}
    assert Closing.objects.get(referral=referral).reopened_because == "a second victim came forward"


def test_what_a_unit_closed_that_is_gone_its_successor_sees_and_it_goes_to_whom_the_remit_names(accounts, settings):
    settings.DAYS_SHIFTED = (date(2010, 2, 15) - timezone.localdate()).days
    facts = {**OF_SCD9, "reach": "cross_borough"}
    referral = a_referral(facts, by=accounts["partner"])
    assert owner_of(referral) == ("CO14", "")
    Case.objects.filter(referral=referral).update(state="closed", closed_at=clock.now())
    Closing.objects.create(referral=referral, at=clock.now(), outcome="charge", reason="charged")
    Clock.objects.filter(referral=referral).update(met_at=clock.now() + timedelta(days=1))
    settings.DAYS_SHIFTED = (date(2010, 6, 30) - timezone.localdate()).days

    closed_here = queries.queue_for(accounts["supervisor"], Wanted(state="closed")).object_list
    assert [line.reference for line in closed_here] == [referral.reference]
    assert queries.work_for(accounts["officer"], referral.reference, "x") is not None
    actions.reopen(accounts["supervisor"], referral.reference, seen(referral), "a new witness")

    assert (case_of(referral).state, owner_of(referral)) == ("received", ("SCD9", ""))
    assert "acceptance" in running(referral)


# The borough is told


def test_the_borough_that_sent_it_is_told_of_every_decision_of_others(accounts):
    referral = a_referral(OF_SCD9, by=accounts["borough"], sent_by_borough="Newham")
    actions.accept(accounts["officer"], referral.reference, seen(referral))
    actions.take(accounts["officer"], referral.reference, seen(referral))
    actions.investigate(accounts["officer"], referral.reference, seen(referral), "the brothel at 4 Rose Lane")
    actions.close(accounts["supervisor"], referral.reference, seen(referral), "charge", "charged")

    told = list(Notice.objects.filter(reference=referral.reference).order_by("pk"))
    assert [(one.unit, one.borough) for one in told] == [("TP", "Newham")] * 3
    assert told[0].says == f"{referral.reference}: SCD9 accepted it."
    assert not any("Rose Lane" in one.says for one in told)


def test_a_borough_is_not_told_of_its_own_decisions_and_of_restricted_ones_only_who_sent_them(accounts):
    own = a_referral(OF_A_BOROUGH, by=accounts["borough"], sent_by_borough="Newham")
    actions.accept(accounts["borough"], own.reference, seen(own))
    hidden = a_referral(OF_SCD9, by=accounts["borough"], sent_by_borough="Newham", restricted=True)
    actions.accept(accounts["supervisor"], hidden.reference, seen(hidden))

    told = list(Notice.objects.all())
    assert [(one.reference, one.unit, one.account) for one in told] == [(hidden.reference, "", accounts["borough"])]


def test_every_move_page_opens_for_whom_it_is_open(accounts, signed_in):
    referral = allocated(accounts)
    supervisor = signed_in("supervisor")
    links = [
        link
        for link in text_of(supervisor.get(f"/referrals/{referral.reference}/")).split('"')
        if link.startswith("/referrals/")
    ]

    for link in dict.fromkeys(links):
        assert supervisor.get(link).status_code == 200, link
    assert f"/referrals/{referral.reference}/suspend/" in links


def test_forms_say_how_to_put_it_right(accounts, signed_in):
    referral = allocated(accounts)
    supervisor, address = signed_in("supervisor"), f"/referrals/{referral.reference}/"

    past = {"review_on-day": "1", "review_on-month": "1", "review_on-year": "2009", "reason": "x"}
    assert "it must be 1 July 2010 or later" in text_of(supervisor.post(f"{address}suspend/", sent(referral, **past)))
    assert "Enter the day on which it is looked at again" in text_of(
        supervisor.post(f"{address}suspend/", sent(referral))
    )
    assert "Select how high the risk is" in text_of(supervisor.post(f"{address}assess/", sent(referral)))
    assert Event.objects.filter(referral=referral).latest("pk").kind == "allocated"
    assert Offer.objects.count() == 0
