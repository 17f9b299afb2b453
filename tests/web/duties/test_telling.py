"""A breach is told to whom it goes up to, once, whenever somebody looks; and to nobody who could not open it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.access import Act, may
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as casework
from palermo.web.cases import queries as cases
from palermo.web.duties import actions, queries
from palermo.web.duties.models import Breach, BreachAnswer
from palermo.web.intake.models import Event
from palermo.web.notices.models import Notice
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen
from web.duties.watching import RECEIVED, at, clock_of, gone_up, hearing, received, told_at
from web.support import asking as support

pytestmark = pytest.mark.django_db

IN_HACKNEY = {**OF_A_BOROUGH, "borough": "Hackney"}
NEWHAM = ("TP", "Newham")


# To whom, and when


def test_a_breach_goes_to_the_supervisor_and_a_working_day_later_to_the_commander(accounts):
    referral = received(accounts["partner"])

    assert told_at(at(15, 23, 59)).told == ()
    told_at(at(16, 0, 1))
    assert gone_up(referral, "acceptance") == [("supervisor", *NEWHAM)]
    assert hearing() == [(*NEWHAM, "supervisor", "")]
    told_at(at(16, 23, 59))
    assert len(hearing()) == 1
    told_at(at(17, 0, 1))
    assert gone_up(referral, "acceptance") == [("supervisor", *NEWHAM), ("commander", *NEWHAM)]
    assert hearing() == [(*NEWHAM, "supervisor", ""), ("", "", "commander", "")]


def test_a_childs_breach_is_with_the_commander_within_hours(accounts):
    referral = received(accounts["partner"], OF_PALADIN)

    told_at(at(14, 13, 1))
    assert gone_up(referral, "child_safety") == [("supervisor", "SCD5-PALADIN", "")]
    told_at(at(14, 15, 1))
    assert gone_up(referral, "child_safety")[1:] == [("commander", "SCD5-PALADIN", "")]


def test_where_nobody_supervises_the_commander_hears_of_it_at_once(accounts):
    referral = received(accounts["partner"], IN_HACKNEY)
    told_at(at(16, 0, 1))

    assert gone_up(referral, "acceptance") == [("commander", "TP", "Hackney")]
    assert hearing() == [("", "", "commander", "")]
    told_at(at(18))
    assert gone_up(referral, "acceptance") == [("commander", "TP", "Hackney")]


def test_what_the_asked_unit_owes_goes_up_there(accounts):
    with clock.standing_at(RECEIVED):
        referral = escalated(accounts["borough"], received_at=RECEIVED)
    told_at(at(17, 0, 1))

    assert gone_up(referral, "escalation_answer") == [("supervisor", "SCD9", "")]
    assert ("SCD9", "", "supervisor", "") in hearing()


def test_an_answer_to_a_request_for_support_goes_up_in_the_unit_that_is_asked(accounts):
    with clock.standing_at(RECEIVED):
        referral = support.of_paladin(accounts, received_at=RECEIVED)
        request = support.asked(accounts, referral)
    told_at(at(16))

    assert gone_up(referral, f"support_answer:{request.pk}") == [("supervisor", "SCD9", "")]
    assert ("SCD9", "", "supervisor", "") in hearing()


def test_what_falls_to_the_commander_goes_up_to_no_supervisor(accounts):
    with clock.standing_at(RECEIVED):
        referral = a_referral(by=accounts["partner"], received_at=RECEIVED)
        casework.dispute(accounts["borough"], referral.reference, seen(referral), ("SCD9", ""), "three boroughs")
    told_at(at(17))

    assert gone_up(referral, "arbitration") == [("commander", "TP", "Newham")]


def test_what_falls_to_the_supervisor_goes_up_to_them_and_then_to_the_commander(accounts):
    with clock.standing_at(RECEIVED):
        referral = accepted(accounts["borough"], received_at=RECEIVED)
        casework.take(accounts["borough"], referral.reference, seen(referral))
        casework.investigate(accounts["borough"], referral.reference, seen(referral), "the address is known")
    assert clock_of(referral, "investigation_review").holder == "supervisor"
    told_at(RECEIVED + timedelta(days=31))

    assert [to for to, _, _ in gone_up(referral, "investigation_review")] == ["supervisor", "commander"]


def test_what_was_to_be_told_to_the_safeguarding_partner_goes_up_with_the_owner(accounts):
    referral = received(accounts["partner"], OF_PALADIN)
    told_at(at(14, 17, 1))

    assert clock_of(referral, "safeguarding").holder == "safeguarding"
    assert gone_up(referral, "safeguarding") == [("supervisor", "SCD5-PALADIN", "")]


def test_whoever_takes_over_what_is_overdue_is_told_of_it(accounts):
    with clock.standing_at(RECEIVED):
        referral = escalated(accounts["borough"], received_at=RECEIVED)
    told_at(at(18))
    with clock.standing_at(at(18, 10)):
        casework.accept_offer(accounts["officer"], referral.reference, seen(referral))
    told_at(at(18, 11))

    assert gone_up(referral, "duty_to_investigate") == [("supervisor", *NEWHAM), ("supervisor", "SCD9", "")]


def test_what_is_done_in_time_or_before_anybody_looked_goes_up_to_nobody(accounts):
    referral = received(accounts["partner"])
    with clock.standing_at(at(16, 10)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))

    assert told_at(at(16, 11)).told == ()


# What telling leaves


def test_it_is_told_in_the_timeline_noted_and_names_its_row(accounts):
    referral = received(accounts["partner"])
    told_at(at(16))

    told = Event.objects.get(referral=referral, kind="breach")
    assert told.says == (
        "Overdue: Accept the referral or hand it back. It was due 15 June 2010 at 11:59pm. "
        "Told: the supervisors of Territorial Policing, Newham."
    )
    assert (told.by_words, told.at) == ("the clocks", at(16))
    breach = Breach.objects.get()
    assert (breach.row, breach.after, breach.due_at) == ("U1", breach.due_at, clock_of(referral, "acceptance").due_at)
    entry = Entry.objects.get(action="breach_told", subject=f"referral:{referral.reference}")
    assert entry.actor == "command:breaches"
    assert {name: entry.detail[name] for name in ("clock", "to", "row", "late")} == {
        "clock": "acceptance",
        "to": "supervisor",
        "row": "U1",
        "late": "TP",
    }


def test_the_notice_says_nothing_of_what_the_record_says(accounts):
    referral = received(accounts["partner"], OF_PALADIN)
    told_at(at(14, 13, 1))

    # the timeline says what was due, which tells that there is a child
    assert "child" in Event.objects.filter(referral=referral, kind="breach").first().says
    assert set(Notice.objects.filter(kind="breach").values_list("says", flat=True)) == {
        f"{referral.reference}: something was due 14 June 2010 at 1:00pm and is not done. "
        "It is for Operation Paladin to do."
    }


def test_what_was_told_is_never_changed_or_removed(accounts):
    received(accounts["partner"])
    told_at(at(16))

    for change in (Breach.objects.all().delete, lambda: Breach.objects.update(to="commander")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE duties_breachanswer")
    assert not BreachAnswer.objects.exists()


def test_the_database_refuses_a_second_telling_of_a_step(accounts):
    received(accounts["partner"])
    told_at(at(16))
    breach = Breach.objects.get()
    breach.pk = None

    with pytest.raises(IntegrityError, match="a_breach_goes_up_a_step_once"), transaction.atomic():
        breach.save(force_insert=True)


# Once, whenever somebody looks

SCENES = (OF_A_BOROUGH, IN_HACKNEY, OF_PALADIN)
hours_after = st.integers(0, 24 * 9)


@given(looks=st.lists(hours_after, max_size=6), last=hours_after, facts=st.sampled_from(SCENES))
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_looking_at_any_moments_ends_in_the_same_as_looking_once(accounts, looks, last, facts):
    def told_by(moments) -> set[tuple[str, str, str, str]]:
        with transaction.atomic():
            referral = received(accounts["partner"], facts)
            before: set[tuple[str, str, str, str]] = set()
            for hours in moments:
                told_at(RECEIVED + timedelta(hours=hours))
                found = {(one.clock.clock, one.to, one.unit, one.borough) for one in Breach.objects.all()}
                # nothing that was told is ever taken back
                assert before <= found
                before = found
            assert Event.objects.filter(referral=referral, kind="breach").count() == len(before)
            transaction.set_rollback(True)
        return before

    moments = sorted(look for look in looks if look <= last)
    assert told_by([*moments, last, last]) == told_by([last])


def test_a_run_that_was_missed_loses_nothing(accounts):
    referral = received(accounts["partner"])
    told_at(at(28))

    assert gone_up(referral, "acceptance") == [("supervisor", *NEWHAM), ("commander", *NEWHAM)]


def test_a_run_does_not_look_again_at_what_everybody_was_told_of(accounts):
    for facts in SCENES:
        received(accounts["partner"], facts)
    assert queries.not_told_to_all(at(30)).count() > 0
    told_at(at(30))
    assert queries.not_told_to_all(at(30)).count() == 0
    # somebody who was not there before is to be told, though the commander knows
    User.objects.create_user("hackney", post="Supervisor", role="supervisor", unit="TP", borough="Hackney")

    assert {one.referral.line.borough for one in queries.not_told_to_all(at(30))} == {"Hackney"}
    told_at(at(30, 1))
    assert ("TP", "Hackney", "supervisor", "") in hearing()
    assert queries.not_told_to_all(at(30, 1)).count() == 0


def test_one_referrals_fault_keeps_no_other_from_being_told(accounts, monkeypatch):
    first, second = received(accounts["partner"]), received(accounts["partner"])
    whole = actions.go_up

    def failing(by, late, step, leading):
        if late.work.referral == first:
            raise RuntimeError("no more room")
        return whole(by, late, step, leading)

    monkeypatch.setattr(actions, "go_up", failing)
    telling = told_at(at(16))
    assert telling.failed == (first.reference,)
    assert gone_up(second, "acceptance") == [("supervisor", *NEWHAM)]
    assert not Event.objects.filter(referral=first, kind="breach").exists()

    monkeypatch.undo()
    assert [one.clock.referral for one in told_at(at(16, 10)).told] == [first]


def test_looking_takes_no_more_queries_for_many_than_for_one(accounts):
    def queries_of_a_run() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert told_at(at(16, 11)).told == ()
        return len(captured)

    received(accounts["partner"])
    told_at(at(16))
    one = queries_of_a_run()
    for facts in (OF_A_BOROUGH, IN_HACKNEY, OF_PALADIN, OF_SCD9, OF_PALADIN):
        received(accounts["partner"], facts)
    told_at(at(16, 11))

    assert queries_of_a_run() == one


# Restricted


def restricted(by: User, **other: object):
    return received(by, {**OF_A_BOROUGH}, restricted=True, **other)


def name(by: User, referral, who: User) -> None:
    with clock.standing_at(at(14, 10)):
        casework.name_person(by, referral.reference, seen(referral), who.pk, "has to know")


def test_of_a_restricted_referral_nobody_hears_who_could_not_open_it(accounts):
    referral = restricted(accounts["borough"])
    told_at(at(18))

    assert gone_up(referral, "acceptance") == [("supervisor", *NEWHAM), ("commander", *NEWHAM)]
    assert not may(accounts["commander"].viewer, Act.SEE, cases.work(referral.reference).custody)
    assert {who[2] for who in hearing()} == {"supervisor"}
    again = "the supervisors of Territorial Policing, Newham, again: the commander is not named on it"
    assert Event.objects.filter(referral=referral, kind="breach", says__contains=again).count() == 1
    # the same that is not restricted does reach the commander
    received(accounts["borough"])
    told_at(at(18))
    assert "commander" in {who[2] for who in hearing()}


def test_a_commander_who_is_named_on_it_hears_of_it_alone(accounts):
    other = User.objects.create_user("second-commander", post="Deputy commander", role="commander", unit="SCD")
    referral = restricted(accounts["borough"])
    name(accounts["borough-supervisor"], referral, accounts["commander"])
    told_at(at(18))

    assert ("", "", "", "commander") in hearing()
    assert not Notice.objects.filter(account=other).exists()
    assert not Notice.objects.filter(role="commander").exists()


def test_where_nobody_supervises_a_restricted_referral_the_commander_may_open_it_and_hears_of_it(accounts):
    received(accounts["partner"], IN_HACKNEY, restricted=True)
    told_at(at(16))

    assert hearing() == [("", "", "commander", "")]


@pytest.mark.parametrize("facts", [OF_A_BOROUGH, IN_HACKNEY, OF_PALADIN, OF_SCD9])
def test_everybody_who_is_told_can_open_it(accounts, facts):
    for referral in (received(accounts["partner"], facts), received(accounts["partner"], facts, restricted=True)):
        told_at(at(28))
        custody = cases.work(referral.reference).custody
        told = Notice.objects.filter(kind="breach", reference=referral.reference)
        assert told
        for notice in told:
            found = User.objects.filter(role=notice.role or notice.account.role)
            if notice.account:
                found = found.filter(pk=notice.account_id)
            if notice.unit:
                found = found.filter(unit=notice.unit, borough__in=("", notice.borough))
            assert found
            assert all(may(user.viewer, Act.SEE, custody) for user in found)


def test_what_is_late_is_read_the_same_by_all(accounts):
    referral = received(accounts["partner"])
    (late,) = queries.late(queries.overdue(at(16)), at(16))

    assert (late.work.referral, late.place, late.supervised) == (referral, NEWHAM, True)
    assert [step.to for step in late.standing.reached] == ["supervisor"]
    assert late.standing.next.to == "commander"
