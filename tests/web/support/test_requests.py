"""A request for support: each step, what it tells whom, its clock, and who is refused it."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from palermo.domain.support import CONCERNED, Stage, Step
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as cases
from palermo.web.cases import changeover, queries
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.cases.models import Named, SupportRequest
from palermo.web.duties import queries as duties
from palermo.web.duties.queries import Sought
from palermo.web.intake.models import Clock, Event
from palermo.web.notices.models import Notice
from palermo.web.support import actions
from web.cases.casebook import OF_A_BOROUGH, a_referral, accepted, owner_of, running, seen, told
from web.cases.test_at_once import at_once
from web.duties.watching import RECEIVED, at, gone_up, told_at
from web.support.asking import HELP, asked, of_paladin, taken_to

pytestmark = pytest.mark.django_db

BEFORE_THE_CHANGE = datetime(2010, 3, 31, 10, tzinfo=UTC)


def notices(referral) -> dict[str, list[tuple[str, str, str]]]:
    """Who was given notice of what: by kind the unit, the role and the account's post of each."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    # of a child, the safeguarding partner hears at receipt; that is not of support
    for notice in Notice.objects.filter(reference=referral.reference).exclude(kind="safeguarding").order_by("pk"):
        whom = (notice.unit, notice.role, notice.account.post if notice.account else "")
        found.setdefault(notice.kind, []).append(whom)
    return found


def clock_of(request: SupportRequest) -> Clock | None:
    """What runs for the next answer to it."""
    return Clock.objects.filter(clock__endswith=f":{request.pk}", met_at__isnull=True).first()


# Asking


def test_the_owner_asks_another_unit_for_what_it_has(accounts):
    referral = of_paladin(accounts)

    actions.ask(
        accounts["paladin"], referral.reference, HELP, "SCD9", "Two officers to watch the address", Decimal("2.5")
    )

    request = SupportRequest.objects.get(referral=referral)
    assert (request.from_unit, request.to_unit, request.stage) == ("SCD5-PALADIN", "SCD9", "asked")
    assert (request.asked_by, request.days_wanted) == (accounts["paladin"], Decimal("2.5"))
    line = Event.objects.filter(referral=referral).latest("pk")
    assert (line.kind, line.reason) == ("support_asked", "Two officers to watch the address")
    assert line.says == "SCD9 is asked for help with an operation."
    assert owner_of(referral) == ("SCD5-PALADIN", "")
    assert notices(referral) == {"support_asked": [("SCD9", "", "")]}


def test_the_answer_has_a_clock_of_its_own_beside_those_of_other_requests(accounts):
    referral = of_paladin(accounts)

    first, second = asked(accounts, referral), asked(accounts, referral, "tactical_advice")

    assert {clock_of(first).clock, clock_of(second).clock} <= running(referral)
    assert (clock_of(first).holder, clock_of(first).label) == (
        "asked",
        "Answer the request for support: help with an operation",
    )
    actions.refuse(accounts["officer"], referral.reference, first.pk, "nobody is free")
    assert clock_of(first) is None
    assert clock_of(second).clock in running(referral)


def test_the_notice_says_by_when_and_nothing_of_the_record(accounts):
    request = asked(accounts, of_paladin(accounts))

    says = Notice.objects.get(kind="support_asked").says
    assert request.referral.reference in says
    assert "The answer is due by 1 July 2010 at 11:59pm." in says
    assert "operation" not in says and "address" not in says


def test_the_clock_of_an_answer_is_not_stopped_by_hand(accounts):
    request = asked(accounts, of_paladin(accounts))
    referral = request.referral

    with pytest.raises(Refused, match="stopped by another move"):
        cases.finish(accounts["paladin"], referral.reference, seen(referral), clock_of(request).pk, "answered by phone")


@pytest.mark.parametrize(
    ("resource", "unit"),
    [
        ("covert_policing", "SCD-COVERT"),  # for those within SCD
        ("tactical_advice", "CO14"),  # gone since April
        (HELP, "SCD-KIDNAP"),  # it has not got it
        ("rescue", "SCD9"),
        (HELP, "TP"),
    ],
)
def test_a_borough_asks_nobody_for_what_it_cannot_draw_on(accounts, resource, unit):
    referral = a_referral(OF_A_BOROUGH, by=accounts["partner"])

    with pytest.raises(Refused, match="Territorial Policing, Newham cannot ask"):
        actions.ask(accounts["borough"], referral.reference, resource, unit, "we need it")

    assert not SupportRequest.objects.exists()


def test_one_unit_is_asked_for_the_same_thing_once_at_a_time(accounts):
    referral = of_paladin(accounts)
    first = asked(accounts, referral)
    with pytest.raises(Refused, match="SCD9 is asked for this already"):
        asked(accounts, referral)

    actions.refuse(accounts["officer"], referral.reference, first.pk, "not now")

    assert asked(accounts, referral).pk != first.pk


def test_the_database_keeps_two_running_requests_of_a_kind_apart_whoever_writes(accounts):
    request = asked(accounts, of_paladin(accounts))
    request.pk = request.answer_clock = None
    with pytest.raises(IntegrityError, match="one_running_request_of_a_kind"), transaction.atomic():
        request.save(force_insert=True)
    for stage, constraint in (
        ("refused", "a_refused_request_has_a_reason"),
        ("given", "an_answered_request_has_a_time"),
        ("ended", "an_answered_request_has_a_time|what_is_over_has_a_time"),
        ("disputed", "commander_has_a_reason|answered_request|refused_request|one_running"),
        ("lost", "a_request_stands_at_a_known_stage"),
    ):
        request.stage = stage
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            request.save(force_insert=True)


@pytest.mark.parametrize("who", ["officer", "borough", "commander", "auditor", "analyst", "partner"])
def test_nobody_but_the_owner_asks(accounts, who):
    referral = of_paladin(accounts)

    with pytest.raises((NoReferral, Refused)):
        actions.ask(accounts[who], referral.reference, HELP, "SCD9", "two officers")


# Every step at every stage

STEPS = {
    "accept": (Step.ANSWER, "supervisor", lambda user, one: actions.accept(user, *one, "DS, vice")),
    "refuse": (Step.ANSWER, "officer", lambda user, one: actions.refuse(user, *one, "nobody is free")),
    "withdraw": (Step.WITHDRAW, "paladin", lambda user, one: actions.withdraw(user, *one, "found elsewhere")),
    "dispute": (Step.DISPUTE, "paladin", lambda user, one: actions.dispute(user, *one, "at risk now")),
    "give": (Step.ARBITRATE, "commander", lambda user, one: actions.settle(user, *one, given=True, reason="first")),
    "decline": (Step.ARBITRATE, "commander", lambda user, one: actions.settle(user, *one, given=False, reason="no")),
    "appoint": (Step.APPOINT, "officer", lambda user, one: actions.appoint(user, *one, "DI, vice")),
    "end by the owner": (Step.END, "paladin", lambda user, one: actions.end(user, *one, "done", Decimal(2))),
    "end by the giver": (Step.END, "officer", lambda user, one: actions.end(user, *one, "done", Decimal(2))),
}
LEADS_TO = {
    "accept": Stage.GIVEN,
    "refuse": Stage.REFUSED,
    "withdraw": Stage.WITHDRAWN,
    "dispute": Stage.DISPUTED,
    "give": Stage.GIVEN,
    "decline": Stage.DECLINED,
    "appoint": Stage.GIVEN,
    "end by the owner": Stage.ENDED,
    "end by the giver": Stage.ENDED,
}


@pytest.mark.parametrize("stage", Stage)
def test_from_every_stage_the_steps_of_the_table_and_no_others_are_taken(accounts, stage):
    referral = of_paladin(accounts)
    request = taken_to(stage, accounts, referral)
    before = dict(SupportRequest.objects.values().get(pk=request.pk))
    assert (clock_of(request) is not None) is (stage in (Stage.ASKED, Stage.DISPUTED))

    for name, (step, who, take) in STEPS.items():
        with transaction.atomic():
            if stage in step.rule.since:
                take(accounts[who], (referral.reference, request.pk))
                request.refresh_from_db()
                assert request.stage == LEADS_TO[name]
                waits = {one for one in running(referral) if ":" in one}
                assert waits == ({f"support_decision:{request.pk}"} if request.stage == Stage.DISPUTED else set())
            else:
                # a unit that has nothing to do with it any more may not know of it either
                with pytest.raises((Refused, NoReferral)):
                    take(accounts[who], (referral.reference, request.pk))
            transaction.set_rollback(True)
        assert dict(SupportRequest.objects.values().get(pk=request.pk)) == before


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    "who", ["partner", "borough", "analyst", "auditor", "administrator", "commander", "paladin", "officer"]
)
def test_each_step_is_taken_by_those_of_the_table_alone(accounts, name, who):
    step, _, take = STEPS[name]
    referral = of_paladin(accounts)
    request = taken_to(step.rule.since[0], accounts, referral)
    allowed = {
        Step.ANSWER: {"officer"},
        Step.WITHDRAW: {"paladin"},
        Step.DISPUTE: {"paladin"},
        Step.ARBITRATE: {"commander"},
        Step.APPOINT: {"officer"},
        Step.END: {"paladin", "officer"},
    }[step]

    done = False
    with suppress(Refused, NoReferral):
        take(accounts[who], (referral.reference, request.pk))
        done = True

    assert done is (who in allowed)


def test_every_step_leaves_its_audit_entry_with_no_text_of_the_record(accounts):
    referral = of_paladin(accounts)
    request = taken_to(Stage.DECLINED, accounts, referral)

    entries = Entry.objects.filter(duty="alteration", subject=f"referral:{referral.reference}").order_by("pk")
    assert [entry.action for entry in entries] == [
        "support_asked",
        "support_answer",
        "support_dispute",
        "support_arbitrate",
    ]
    assert {entry.detail["request"] for entry in entries} == {request.pk}
    assert [entry.detail["stage"] for entry in entries] == ["asked", "refused", "disputed", "declined"]
    assert not any(word in str(entry.detail) for entry in entries for word in ("officers", "free", "risk", "first"))


def test_a_request_of_another_referral_is_not_there(accounts):
    here, there = of_paladin(accounts), of_paladin(accounts)
    asked(accounts, here)
    request = asked(accounts, there)

    with pytest.raises(NoReferral):
        actions.refuse(accounts["officer"], here.reference, request.pk, "nobody is free")


# What the steps tell


def test_the_story_of_a_refusal_that_the_commander_overrules(accounts):
    referral = of_paladin(accounts)
    request = taken_to(Stage.DISPUTED, accounts, referral)
    decision = clock_of(request)
    assert (decision.holder, decision.clock) == ("commander", f"support_decision:{request.pk}")

    actions.settle(accounts["commander"], referral.reference, request.pk, given=True, reason="The child comes first")
    request.refresh_from_db()
    assert (request.stage, request.responsible) == ("given", "")
    with pytest.raises(Refused, match="given"):
        actions.refuse(accounts["officer"], referral.reference, request.pk, "still nobody is free")
    actions.appoint(accounts["officer"], referral.reference, request.pk, "Detective sergeant, vice")
    actions.end(accounts["officer"], referral.reference, request.pk, "The address was watched", Decimal("2.5"))

    request.refresh_from_db()
    assert (request.stage, request.result, request.days_given) == ("ended", "The address was watched", Decimal("2.5"))
    assert told(referral)[2:] == [
        "support_asked",
        "support_refused",
        "support_disputed",
        "support_settled",
        "support_appointed",
        "support_ended",
    ]
    lines = list(Event.objects.filter(referral=referral).order_by("pk").values_list("says", flat=True))[-3:]
    assert lines == [
        "The commander decided on help with an operation: SCD9 gives it.",
        "Responsible for help with an operation by SCD9: Detective sergeant, vice.",
        "SCD9 gives help with an operation no longer. It took 2.5 officer-days.",
    ]
    asker = ("", "", "Supervisor, Operation Paladin")
    assert notices(referral) == {
        "support_asked": [("SCD9", "", "")],
        "support_refused": [asker],
        "support_disputed": [("", "commander", ""), ("SCD9", "", "")],
        "support_settled": [("SCD9", "", ""), asker],
        "support_ended": [asker],
    }


def test_the_unit_is_told_when_the_owner_withdraws_or_ends(accounts):
    for stage, kind in ((Stage.WITHDRAWN, "support_withdrawn"), (Stage.GIVEN, "support_ended")):
        referral = of_paladin(accounts)
        request = taken_to(stage, accounts, referral)
        if stage is Stage.GIVEN:
            actions.end(accounts["paladin"], referral.reference, request.pk, "not needed any more")
        assert notices(referral)[kind] == [("SCD9", "", "")]


def test_the_officer_who_has_the_case_is_told_of_the_answer_beside_who_asked(accounts):
    referral = of_paladin(accounts)
    cases.accept(accounts["paladin"], referral.reference, seen(referral))
    cases.take(accounts["paladin"], referral.reference, seen(referral))
    request = asked(accounts, referral)

    actions.refuse(accounts["officer"], referral.reference, request.pk, "nobody is free")

    assert {post for _, _, post in notices(referral)["support_refused"]} == {
        "Supervisor, Operation Paladin",
        "Officer, Operation Paladin",
    }


def test_where_nobody_who_asked_is_there_any_more_the_owner_is_told(accounts):
    referral = of_paladin(accounts)
    request = asked(accounts, referral)
    User.objects.filter(username="paladin-supervisor").update(unit="SCD9")

    actions.refuse(accounts["officer"], referral.reference, request.pk, "nobody is free")

    assert notices(referral)["support_refused"] == [("SCD5-PALADIN", "", "")]


def test_an_answer_after_the_time_is_an_answer_all_the_same(accounts):
    referral = of_paladin(accounts)
    request = asked(accounts, referral)
    with clock.standing_at(clock.now() + timedelta(days=9)):
        actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")

    ended = Clock.objects.get(referral=referral, clock=f"support_answer:{request.pk}")
    assert ended.met_at > ended.due_at
    assert ended.ended_because == "given"


def test_what_nobody_answers_goes_up_in_the_unit_that_is_asked_and_then_to_the_commander(accounts):
    with clock.standing_at(RECEIVED):
        referral = a_referral(OF_A_BOROUGH, by=accounts["partner"], received_at=RECEIVED)
        cases.accept(accounts["borough"], referral.reference, seen(referral))
        actions.ask(accounts["borough"], referral.reference, "tactical_advice", "SCD9", "how to approach the house")
    name = f"support_answer:{SupportRequest.objects.get().pk}"

    told_at(at(16, 23, 59))
    assert gone_up(referral, name) == []
    told_at(at(17, 0, 1))
    assert gone_up(referral, name) == [("supervisor", "SCD9", "")]
    told_at(at(18, 0, 1))
    assert gone_up(referral, name) == [("supervisor", "SCD9", ""), ("commander", "SCD9", "")]
    late = duties.overdue_for(accounts["supervisor"], Sought(), at(18, 0, 1)).page.object_list
    assert [(one.clock.clock, one.place) for one in late] == [(name, ("SCD9", ""))]
    of_unit = duties.overdue_for(accounts["commander"], Sought(unit="SCD9"), at(18, 0, 1)).page.object_list
    assert [one.clock.clock for one in of_unit] == [name]
    of_owner = duties.overdue_for(accounts["commander"], Sought(unit="TP"), at(18, 0, 1)).page.object_list
    assert name not in {one.clock.clock for one in of_owner}


def test_a_refusal_is_not_put_to_the_commander_while_the_same_is_asked_again(accounts):
    referral = of_paladin(accounts)
    refused = taken_to(Stage.REFUSED, accounts, referral)
    asked(accounts, referral)

    with pytest.raises(Refused, match="asked for this again already"):
        actions.dispute(accounts["paladin"], referral.reference, refused.pk, "at risk now")


# Access while a request runs, and after it


@pytest.mark.parametrize("stage", Stage)
def test_the_unit_sees_the_referral_while_it_has_to_do_with_it(accounts, stage):
    referral = a_referral(by=accounts["partner"])
    ours, theirs = accounts["borough"], accounts["paladin"]
    assert queries.record_for(theirs, referral.reference) is None
    actions.ask(ours, referral.reference, "child_trafficking_advice", "SCD5-PALADIN", "is she a child?")
    one = (referral.reference, SupportRequest.objects.get(referral=referral).pk)
    if stage is Stage.WITHDRAWN:
        actions.withdraw(ours, *one, "she is an adult")
    elif stage in (Stage.GIVEN, Stage.ENDED):
        actions.accept(theirs, *one, "DC, Paladin")
    elif stage is not Stage.ASKED:
        actions.refuse(theirs, *one, "she is an adult")
    if stage is Stage.ENDED:
        actions.end(ours, *one, "she is an adult")
    if stage in (Stage.DISPUTED, Stage.DECLINED):
        actions.dispute(ours, *one, "it is not certain")
    if stage is Stage.DECLINED:
        actions.settle(accounts["commander"], *one, given=False, reason="it is certain")

    assert SupportRequest.objects.get().stage == stage
    assert (queries.record_for(theirs, referral.reference) is not None) is (stage in CONCERNED)


# When the owner changes, the case is closed, or the unit that is asked is not there any more


def test_a_request_stays_with_the_referral_and_is_the_new_owners(accounts):
    referral = accepted(accounts["borough"])
    actions.ask(accounts["borough"], referral.reference, "child_trafficking_advice", "SCD5-PALADIN", "is she a child?")
    request = SupportRequest.objects.get()
    cases.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")
    cases.accept_offer(accounts["officer"], referral.reference, seen(referral))

    with pytest.raises((NoReferral, Refused)):
        actions.withdraw(accounts["borough"], referral.reference, request.pk, "not ours any more")
    actions.accept(accounts["paladin"], referral.reference, request.pk, "DC, Paladin")
    assert notices(referral)["support_given"] == [("SCD9", "", "")]
    actions.end(accounts["officer"], referral.reference, request.pk, "she is an adult")


def test_whoever_comes_to_own_it_is_not_asked_by_itself(accounts):
    referral = accepted(accounts["borough"])
    for resource in ("tactical_advice", "financial_investigation"):
        actions.ask(accounts["borough"], referral.reference, resource, "SCD9", "how to approach the house")
    waits, given = SupportRequest.objects.order_by("pk")
    actions.accept(accounts["officer"], referral.reference, given.pk, "DS, finance")
    cases.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")

    cases.accept_offer(accounts["officer"], referral.reference, seen(referral))

    for request, stage in ((waits, "withdrawn"), (given, "ended")):
        request.refresh_from_db()
        assert request.stage == stage
        assert request.result == "the unit that was asked owns the referral now"
    assert not any(":" in one for one in running(referral))
    assert told(referral)[-3:] == ["owner_changed", "support_withdrawn", "support_ended"]
    assert {
        entry.detail["stage"] for entry in Entry.objects.filter(action__in=("support_withdrawn", "support_ended"))
    } == {
        "withdrawn",
        "ended",
    }


def test_on_a_closed_case_nothing_is_asked_or_put_to_the_commander(accounts):
    referral = of_paladin(accounts)
    cases.accept(accounts["paladin"], referral.reference, seen(referral))
    refused, waits = taken_to(Stage.REFUSED, accounts, referral), asked(accounts, referral, "tactical_advice")
    cases.close(
        accounts["paladin-supervisor"], referral.reference, seen(referral), "victim_support_only", "she is safe at home"
    )

    waits.refresh_from_db()
    assert (waits.stage, waits.result) == ("withdrawn", "the case is closed")
    assert notices(referral)["support_withdrawn"] == [("SCD9", "", "")]
    with pytest.raises(Refused, match="the case is closed; reopen it first"):
        asked(accounts, referral, "financial_investigation")
    with pytest.raises(Refused, match="the case is closed"):
        actions.dispute(accounts["paladin"], referral.reference, refused.pk, "at risk now")


def test_what_a_unit_was_asked_before_it_became_another_is_the_others_to_answer(accounts):
    """With or without a changeover: CO14 is SCD9 from the first of April."""
    with clock.standing_at(BEFORE_THE_CHANGE):
        referral = a_referral(OF_A_BOROUGH, by=accounts["partner"], received_at=clock.now())
        actions.ask(accounts["borough"], referral.reference, "tactical_advice", "CO14", "how to approach the house")
        request = SupportRequest.objects.get()
        assert queries.record_for(accounts["officer"], referral.reference) is None
        with pytest.raises(NoReferral):
            actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")

    actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")

    assert Event.objects.filter(referral=referral).latest("pk").says == (
        "SCD9 gives tactical advice. Responsible: DS, vice."
    )


def test_what_a_unit_that_is_gone_does_not_answer_goes_up_where_its_successor_is_supervised(accounts):
    with clock.standing_at(BEFORE_THE_CHANGE):
        referral = a_referral(OF_A_BOROUGH, by=accounts["partner"], received_at=clock.now())
        actions.ask(accounts["borough"], referral.reference, "tactical_advice", "CO14", "how to approach the house")

    # over Easter nobody is late
    told_at(BEFORE_THE_CHANGE + timedelta(days=7))

    assert gone_up(referral, f"support_answer:{SupportRequest.objects.get().pk}")[0] == ("supervisor", "SCD9", "")


# The night of a changeover

MIDNIGHT = datetime(2010, 3, 31, 23, tzinfo=UTC)
"""The first moment of the first of April, in London."""


def the_night(accounts, day: date = date(2010, 4, 1), midnight: datetime = MIDNIGHT) -> changeover.Outcome:
    with clock.standing_at(midnight + timedelta(hours=2)):
        return changeover.run(day, accounts["commander"])


@pytest.fixture
def htt(db) -> User:
    return User.objects.create_user(username="htt", post="Officer, HTT", role="officer", unit="HTT")


def test_over_the_night_a_request_goes_on_with_the_unit_that_follows_and_its_clock_runs_on(accounts):
    with clock.standing_at(BEFORE_THE_CHANGE):
        referral = a_referral(OF_A_BOROUGH, by=accounts["partner"], received_at=clock.now())
        actions.ask(accounts["borough"], referral.reference, "tactical_advice", "CO14", "how to approach the house")
    request = SupportRequest.objects.get()
    due = clock_of(request).due_at

    outcome = the_night(accounts)

    request.refresh_from_db()
    assert (request.stage, clock_of(request).due_at) == ("asked", due)
    assert outcome.changeover.certificate["requests_ended"] == 0
    with clock.standing_at(MIDNIGHT + timedelta(hours=9)):
        actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")


def test_what_a_case_asked_of_the_unit_that_owns_it_after_the_night_ends_with_it(accounts, htt):
    of_htt = {"age": "adult", "exploitation": "labour", "organised": "yes", "reach": "international"}
    with clock.standing_at(BEFORE_THE_CHANGE):
        referral = a_referral(of_htt, by=htt, received_at=clock.now(), restricted=True)
        Named.objects.create(referral=referral, user=htt, by=htt, at=clock.now(), reason="received it")
        User.objects.create_user(username="co14", post="Supervisor, CO14", role="supervisor", unit="CO14")
        actions.ask(htt, referral.reference, "financial_investigation", "CO14", "the money goes abroad")
    request = SupportRequest.objects.get()

    outcome = the_night(accounts)

    request.refresh_from_db()
    assert owner_of(referral) == ("SCD9", "")
    assert (request.stage, request.ended_at) == ("withdrawn", MIDNIGHT)
    assert request.result.endswith("; the unit that was asked owns the referral now")
    assert clock_of(request) is None
    assert outcome.changeover.certificate["requests_ended"] == 1
    assert told(referral)[-2:] == ["owner_changed", "support_withdrawn"]
    assert notices(referral)["support_withdrawn"] == [("SCD9", "supervisor", "")]
    assert Entry.objects.get(action="support_withdrawn").detail["day"] == "2010-04-01"


def test_what_was_asked_of_a_unit_that_ends_without_a_successor_ends_and_its_owner_is_told(accounts):
    of_golf_to_ask = datetime(2010, 12, 30, 10, tzinfo=UTC)
    with clock.standing_at(of_golf_to_ask):
        referrals = [a_referral(OF_A_BOROUGH, by=accounts["partner"], received_at=clock.now()) for _ in range(2)]
        for referral in referrals:
            actions.ask(accounts["borough"], referral.reference, "network_knowledge", "GOLF", "do you know the house?")
        given = SupportRequest.objects.earliest("pk")
        golf = User.objects.create_user(username="golf", post="Officer, Golf", role="officer", unit="GOLF")
        actions.accept(golf, given.referral.reference, given.pk, "DC, Golf")

    outcome = the_night(accounts, date(2011, 1, 1), datetime(2011, 1, 1, tzinfo=UTC))

    assert list(SupportRequest.objects.order_by("pk").values_list("stage", flat=True)) == ["ended", "withdrawn"]
    assert outcome.changeover.certificate["requests_ended"] == 2
    assert owner_of(referrals[0]) == ("TP", "Newham")
    assert notices(referrals[0])["support_ended"] == [("TP", "", "")]
    assert (
        "is over with the changeover: the unit that was asked is not there any more."
        in Notice.objects.get(kind="support_ended").says
    )
    assert not Clock.objects.filter(clock__startswith="support_answer", met_at__isnull=True).exists()


# Restricted referrals


def test_of_a_restricted_referral_the_supervisors_of_the_unit_are_told_and_nobody_else_there(accounts):
    referral = of_paladin(accounts, restricted=True)

    request = asked(accounts, referral)

    assert notices(referral) == {"support_asked": [("SCD9", "supervisor", "")]}
    with pytest.raises(NoReferral):
        actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")
    actions.accept(accounts["supervisor"], referral.reference, request.pk, "DS, vice")
    # it is still theirs to open while they give it
    actions.end(accounts["supervisor"], referral.reference, request.pk, "done")


def test_an_officer_who_is_named_on_it_is_told_and_answers(accounts):
    referral = of_paladin(accounts, restricted=True)
    Named.objects.create(
        referral=referral,
        user=accounts["officer"],
        by=accounts["paladin-supervisor"],
        at=clock.now(),
        reason="knows her",
    )

    request = asked(accounts, referral)

    assert notices(referral)["support_asked"] == [("SCD9", "supervisor", ""), ("", "", "Officer, SCD9")]
    actions.accept(accounts["officer"], referral.reference, request.pk, "DS, vice")


def test_nobody_is_asked_who_could_not_open_it(accounts):
    referral = of_paladin(accounts, restricted=True)

    with pytest.raises(Refused, match="nobody of that unit could open it"):
        asked(accounts, referral, "covert_policing", "SCD-COVERT")
    User.objects.create_user(
        username="covert", post="Supervisor, covert policing", role="supervisor", unit="SCD-COVERT"
    )

    assert asked(accounts, referral, "covert_policing", "SCD-COVERT").stage == "asked"


def test_the_commander_opens_a_restricted_referral_while_a_refusal_is_put_to_them_and_not_before_or_after(accounts):
    referral = of_paladin(accounts, restricted=True)
    commander = accounts["commander"]
    opened = []
    request = taken_to(Stage.REFUSED, accounts, referral)
    opened.append(queries.record_for(commander, referral.reference) is not None)
    actions.dispute(accounts["paladin-supervisor"], referral.reference, request.pk, "at risk now")
    opened.append(queries.record_for(commander, referral.reference) is not None)
    actions.settle(commander, referral.reference, request.pk, given=True, reason="the child comes first")
    opened.append(queries.record_for(commander, referral.reference) is not None)

    assert opened == [False, True, False]


def test_a_restricted_referral_with_a_borough_is_asked_for_as_any_other(accounts):
    referral = accepted(accounts["borough"], restricted=False)
    actions.ask(accounts["borough"], referral.reference, "tactical_advice", "SCD9", "how to approach the house")

    assert SupportRequest.objects.get(referral=referral).from_borough == "Newham"


# At once


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once_give_one_answer(accounts):
    request = asked(accounts, of_paladin(accounts))
    one = (request.referral.reference, request.pk)

    found = at_once(
        lambda: actions.accept(accounts["officer"], *one, "DS, vice"),
        lambda: actions.refuse(accounts["supervisor"], *one, "nobody is free"),
        lambda: actions.withdraw(accounts["paladin"], *one, "found elsewhere"),
    )

    assert sorted(type(one).__name__ for one in found).count("Event") == 1
    assert len([one for one in found if isinstance(one, Refused | NoReferral)]) == 2
    assert [kind for kind in told(request.referral) if kind.startswith("support_")][1:] == [
        f"support_{SupportRequest.objects.get().stage}"
    ]
