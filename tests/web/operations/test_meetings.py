"""Meetings are planned, opened, decided in and closed; what is decided becomes a task, and minutes never change."""

from datetime import date, timedelta
from io import BytesIO

import pikepdf
import pytest
from django.db import DatabaseError, transaction

from palermo.domain.operations import Move, Span
from palermo.web import clock, policy
from palermo.web.audit.models import Entry
from palermo.web.cases.actions import Refused
from palermo.web.intake.models import Event
from palermo.web.notices.models import Notice
from palermo.web.operations import minutes
from palermo.web.operations.actions import meetings as actions
from palermo.web.operations.actions.meetings import BeyondCapacity, NoMeeting, Overtaken
from palermo.web.operations.models import AgendaLine, Decision, Meeting, Operation, Task
from palermo.web.operations.queries import meetings as queries
from palermo.web.operations.queries import operations as operation_queries
from palermo.web.operations.queries.places import Desk
from web.cases.casebook import OF_SCD9, a_referral, text_of
from web.operations.planning import (
    FINANCE,
    VICE,
    a_plan,
    closed,
    day_parts,
    decided,
    decided_other,
    decision_sent,
    in_state,
    lines_sent,
    meeting_sent,
    now,
    on_case,
    opened,
    planned,
    proposed,
    seen,
    seen_of,
    to,
    told,
)
from web.operations.planning import actions as operation_actions

pytestmark = pytest.mark.django_db

TP, SCD9, PALADIN, NEWHAM = ("TP", ""), ("SCD9", ""), ("SCD5-PALADIN", ""), ("TP", "Newham")
EVERYBODY = (
    *("partner", "borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"),
    *("analyst", "commander", "auditor", "administrator"),
)
SUPERVISORS = {"borough-supervisor", "supervisor", "paladin-supervisor"}
READERS = SUPERVISORS | {"commander", "auditor"}


# Who


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    ("places", "attending"),
    [
        ((), READERS),
        ((SCD9,), {"supervisor", "commander", "auditor"}),
        ((SCD9, NEWHAM), {"supervisor", "borough-supervisor", "commander", "auditor"}),
        ((TP,), {"borough-supervisor", "commander", "auditor"}),
        ((("TP", "Hackney"),), {"commander", "auditor"}),
    ],
)
def test_who_reads_a_meeting_and_has_it_in_the_list(accounts, signed_in, who, places, attending):
    meeting = opened(accounts["commander"], *places)
    client = signed_in(who)
    listed = client.get("/tasking/")

    status = client.get(f"/tasking/{meeting.pk}/").status_code

    assert status == (200 if who in attending else 404 if who in READERS else 403)
    assert (f"/tasking/{meeting.pk}/" in text_of(listed)) is (who in attending)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    ("page", "state", "able"),
    [
        ("open", "planned", {"commander", "supervisor"}),
        ("cancel", "planned", {"commander", "supervisor"}),
        ("decide/case", "open", {"commander"}),
        ("decide/other", "open", {"commander"}),
        ("close", "open", {"commander"}),
        ("add", "closed", {"commander", "supervisor"}),
    ],
)
def test_who_is_asked_for_what(accounts, signed_in, who, page, state, able):
    meeting = planned(accounts["commander"], SCD9) if state == "planned" else opened(accounts["commander"], SCD9)
    if state == "closed":
        closed(meeting)

    status = signed_in(who).get(f"/tasking/{meeting.pk}/{page}/").status_code

    attending = {"supervisor", "commander", "auditor"}
    assert status == (200 if who in able else 409 if who in attending else 404 if who in READERS else 403)


def test_the_supervisors_of_its_units_are_told_of_a_meeting(accounts, signed_in):
    signed_in("commander").post(
        "/tasking/new/", {**day_parts("day", clock.today()), "scope": "some", "places": ["SCD9||", "TP||"]}
    )

    assert set(Notice.objects.values_list("unit", "role", "kind")) == {
        ("SCD9", "supervisor", "meeting_planned"),
        ("TP", "supervisor", "meeting_planned"),
    }
    assert Notice.objects.first().says == "A tasking meeting is planned for 30 June 2010."


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"scope": "some"}, "Units: select those it is for"),
        ({"scope": "whole", "places": ["SCD9||"]}, "leave them all out"),
        ({}, "Select whom it is for"),
        ({"scope": "whole", **day_parts("day", date(2010, 6, 29))}, "it must be 30 June 2010 or later"),
    ],
)
def test_a_meeting_without_its_day_or_units_is_asked_for_again(accounts, signed_in, fields, says):
    answer = signed_in("commander").post("/tasking/new/", {**day_parts("day", clock.today()), **fields})

    assert answer.status_code == 400
    assert says in text_of(answer)
    assert not Meeting.objects.exists()


def test_a_supervisor_holds_meetings_that_the_own_unit_is_in(accounts, signed_in):
    client, day = signed_in("supervisor"), day_parts("day", clock.today())

    with_own = client.post("/tasking/new/", {**day, "places": ["SCD9||", "SCD5-PALADIN||"]})
    without = client.post("/tasking/new/", {**day, "places": ["SCD5-PALADIN||"]})

    assert (with_own.status_code, without.status_code) == (302, 400)
    assert "the own unit is among the units of" in text_of(without)
    with pytest.raises(Refused):
        planned(accounts["supervisor"])


def test_a_meeting_is_cancelled_with_a_reason(accounts, signed_in):
    meeting = planned(accounts["commander"])

    signed_in("commander").post(f"/tasking/{meeting.pk}/cancel/", meeting_sent(meeting, reason="Snow."))

    assert "Cancelled: " in text_of(signed_in("commander").get(f"/tasking/{meeting.pk}/"))
    with pytest.raises(Refused, match="it is cancelled"):
        actions.open_meeting(accounts["commander"], meeting.pk, seen_of(meeting), ())


def test_who_opens_it_chairs_it_and_decides(accounts, signed_in):
    meeting = planned(accounts["commander"], SCD9)
    signed_in("supervisor").post(f"/tasking/{meeting.pk}/open/", meeting_sent(meeting, present=["Commander, SCD"]))

    meeting.refresh_from_db()
    assert (meeting.chair, meeting.present) == (accounts["supervisor"], ["Commander, SCD", "Supervisor, SCD9"])
    with pytest.raises(Refused, match="Supervisor, SCD9 chairs it, and decides"):
        actions.close(accounts["commander"], meeting.pk, seen_of(meeting))


# Decisions on operations


@pytest.mark.parametrize(
    ("move", "state", "kind", "says"),
    [
        (Move.APPROVE, "approved", "operation_approved", "Start Operation Heron."),
        (Move.REFUSE, "refused", "operation_refused", "Tell those who prepared Operation Heron that it is refused."),
        (Move.DEFER, "proposed", "operation_deferred", "Bring Operation Heron before the meeting again."),
    ],
)
def test_a_decision_moves_the_operation_and_becomes_a_task(accounts, signed_in, move, state, kind, says):
    operation = proposed(accounts["supervisor"], name="Heron")
    meeting = opened(accounts["commander"])

    answer = signed_in("commander").post(
        f"/tasking/{meeting.pk}/decide/{operation.key}/", decision_sent(meeting, operation, choice=move.value)
    )

    assert answer.status_code == 302
    decision = Decision.objects.get()
    assert (now(operation).state, told(operation)[-1]) == (state, kind)
    assert (decision.number, decision.kind, decision.says, decision.reason) == (1, move.value, says, "it comes first")
    assert (decision.task.unit, decision.task.state, decision.task.due_on) == ("SCD9", "open", clock.today())
    assert Entry.objects.filter(action="meeting_decide").get().detail["kind"] == move.value
    page = text_of(signed_in("supervisor").get(f"/tasking/{meeting.pk}/"))
    assert says in page
    assert says in text_of(signed_in("officer").get("/tasks/"))


def test_who_is_to_see_to_it_is_told_and_the_lead_unit_too(accounts):
    operation = proposed(accounts["supervisor"], name="Heron")
    meeting = opened(accounts["commander"])

    decided(meeting, operation, assigned=to(PALADIN))

    found = {(one.unit, one.kind): one.says for one in Notice.objects.exclude(kind="meeting_planned")}
    assert found == {
        ("SCD5-PALADIN", "task_given"): "The tasking meeting of 30 June 2010 gives you a task, due 7 July 2010.",
        ("SCD9", "operation_approve"): "Operation Heron: Approved by the tasking meeting of 30 June 2010.",
    }


def test_what_was_proposed_after_the_agenda_was_fixed_waits(accounts):
    meeting = opened(accounts["commander"])
    operation = proposed(accounts["supervisor"])

    with pytest.raises(Refused, match="it comes before the next meeting"):
        decided(meeting, operation)
    assert now(operation).state == "proposed"
    assert not Decision.objects.exists()


def test_a_supervisor_decides_on_the_own_units_officers_and_on_no_others(accounts, signed_in):
    own = proposed(accounts["supervisor"])
    shared = proposed(accounts["supervisor"], resources={VICE: 1, Desk("SCD-COVERT"): 1})
    meeting = opened(accounts["supervisor"], SCD9, PALADIN)

    decided(meeting, own)
    page = f"/tasking/{meeting.pk}/decide/{shared.key}/"

    assert now(own).state == "approved"
    assert signed_in("supervisor").get(page).status_code == 409
    with pytest.raises(Refused, match="other units than yours"):
        decided(meeting, shared)
    with pytest.raises(Refused, match="other units than yours"):
        decided_other(meeting, assigned=to(PALADIN))


def test_an_operation_of_other_units_is_not_before_the_meeting(accounts, signed_in):
    operation = proposed(accounts["supervisor"])
    meeting = opened(accounts["commander"], PALADIN)

    assert signed_in("commander").get(f"/tasking/{meeting.pk}/decide/{operation.key}/").status_code == 404


def test_a_proposal_that_changed_meanwhile_is_shown_as_it_is_now_with_what_was_typed(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron")
    meeting = opened(accounts["commander"])
    late = decision_sent(meeting, operation, choice="approve", reason="We have the warrant.")
    operation_actions.revise(
        accounts["officer"], operation.key, seen(operation), "Heron", a_plan(objective="Watch the port."), "new facts"
    )
    client, page = signed_in("commander"), f"/tasking/{meeting.pk}/decide/{operation.key}/"

    answer = client.post(page, late)

    assert answer.status_code == 409
    assert "We have the warrant." in text_of(answer)
    assert "Watch the port." in text_of(answer)
    assert now(operation).state == "proposed"
    assert client.post(page, decision_sent(meeting, operation, choice="approve")).status_code == 302


def test_a_decision_that_is_sent_twice_is_taken_once(accounts, signed_in):
    meeting = opened(accounts["commander"])
    form = decision_sent(meeting, says="Ask for a second interpreter.")
    client, page = signed_in("commander"), f"/tasking/{meeting.pk}/decide/other/"

    first, second = client.post(page, form), client.post(page, form)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "1: " in text_of(second)
    assert Decision.objects.count() == 1


# More than there is


def test_more_than_there_is_is_shown_before_it_is_decided_and_needs_a_tick(accounts, signed_in):
    operation = proposed(accounts["supervisor"], name="Heron", resources={FINANCE: 161})
    meeting = opened(accounts["commander"])
    client, page = signed_in("commander"), f"/tasking/{meeting.pk}/decide/{operation.key}/"
    says = "SCD9: Financial investigation: 161 officer-days tasked of 160"

    before = text_of(client.get(page))
    refused = client.post(page, decision_sent(meeting, operation, choice="approve", reason="It cannot wait."))
    untouched = now(operation).state
    taken = client.post(page, decision_sent(meeting, operation, choice="approve", meant="yes"))

    assert says in before
    assert (refused.status_code, untouched) == (409, "proposed")
    assert "tick that it is meant" in text_of(refused)
    assert "It cannot wait." in text_of(refused)
    assert (taken.status_code, now(operation).state) == (302, "approved")
    assert Decision.objects.get().beyond == [
        {
            "unit": "SCD9",
            "function": "financial_investigation",
            "has": 1600,
            "tasked": 1610,
            "first": "2010-07-05",
            "last": "2010-07-30",
        }
    ]
    assert "161 officer-days tasked of 160" in text_of(client.get(f"/tasking/{meeting.pk}/"))


def test_what_other_operations_have_counts_and_what_is_refused_does_not(accounts):
    first = proposed(accounts["supervisor"], resources={FINANCE: 100})
    second = proposed(accounts["supervisor"], resources={FINANCE: 100})
    third = proposed(accounts["supervisor"], resources={FINANCE: 60})
    meeting = opened(accounts["commander"])
    decided(meeting, first)

    with pytest.raises(BeyondCapacity) as too_much:
        decided(meeting, second)
    [(line, _)] = too_much.value.lines
    assert (line.tasked, line.over) == (200, 40)
    decided(meeting, second, Move.REFUSE)
    decided(meeting, third)
    assert now(third).state == "approved"


def test_a_refusal_needs_no_tick_whatever_is_asked_for(accounts, signed_in):
    operation = proposed(accounts["supervisor"], resources={FINANCE: 5000})
    meeting = opened(accounts["commander"])

    answer = signed_in("commander").post(
        f"/tasking/{meeting.pk}/decide/{operation.key}/", decision_sent(meeting, operation, choice="refuse")
    )

    assert (answer.status_code, now(operation).state) == (302, "refused")


def test_a_meeting_gives_an_operation_more_officers_and_more_time(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"], resources={VICE: 40}), "running")
    meeting = opened(accounts["commander"])
    page = f"/tasking/{meeting.pk}/resources/{operation.key}/"
    form = decision_sent(
        meeting,
        operation,
        **lines_sent({VICE: 60, Desk("SCD-COVERT"): 4}),
        **day_parts("ends_on", date(2010, 8, 13)),
    )

    answer = signed_in("commander").post(page, form)

    held = operation_queries.operation(operation.key)
    assert answer.status_code == 302
    assert (held.state, held.plan.version, held.plan.ends_on, held.planned) == ("running", 2, date(2010, 8, 13), 64)
    assert held.plan.objective == operation.plans.get(version=1).objective
    assert (Decision.objects.get().kind, told(operation)[-1]) == ("resource", "operation_resourced")


def test_too_many_officers_for_a_running_operation_need_a_tick_too(accounts, signed_in):
    operation = in_state(proposed(accounts["supervisor"], resources={FINANCE: 40}), "running")
    meeting = opened(accounts["commander"])
    client, page = signed_in("commander"), f"/tasking/{meeting.pk}/resources/{operation.key}/"
    more = {**lines_sent({FINANCE: 500}), **day_parts("ends_on", date(2010, 7, 30))}

    refused = client.post(page, decision_sent(meeting, operation, **more))

    assert refused.status_code == 409
    assert "500 officer-days tasked of 160" in text_of(refused)
    assert 'value="500"' in text_of(refused)
    assert client.post(page, decision_sent(meeting, operation, meant="yes", **more)).status_code == 302
    assert operation_queries.operation(operation.key).planned == 500


def test_a_plan_past_its_end_is_not_changed_outside_a_meeting(accounts, signed_in):
    early = Span(date(2010, 6, 1), date(2010, 6, 18))
    operation = in_state(proposed(accounts["supervisor"], span=early), "running")

    answer = signed_in("supervisor").get(f"/operations/{operation.key}/plan/")

    assert answer.status_code == 409
    assert "it is running" in text_of(answer)


# Decisions on cases


def test_a_unit_is_tasked_on_a_case_and_it_is_told_there(accounts, signed_in):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    meeting = opened(accounts["commander"])
    form = decision_sent(meeting, reference=f" {referral.reference.lower()} ", says="Visit the flats.")

    answer = signed_in("commander").post(f"/tasking/{meeting.pk}/decide/case/", form)

    assert answer.status_code == 302
    line = Event.objects.get(referral=referral, kind="case_tasked")
    assert line.says == "The tasking meeting of 30 June 2010 tasked SCD9 on it, by 30 June 2010."
    assert line.reason == "Visit the flats."
    assert Notice.objects.get(kind="task_given").reference == referral.reference
    tasks = text_of(signed_in("officer").get("/tasks/"))
    assert "Visit the flats." in tasks
    assert referral.reference in tasks


def test_a_unit_that_may_not_open_the_case_is_not_tasked_on_it(accounts):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    meeting = opened(accounts["commander"])

    with pytest.raises(Refused, match="Operation Paladin may not open this case"):
        on_case(meeting, referral, assigned=to(PALADIN))


def test_a_restricted_case_is_as_if_it_were_not_there_for_a_chair_who_may_not_open_it(accounts, signed_in):
    referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    meeting = opened(accounts["commander"])
    page = f"/tasking/{meeting.pk}/decide/case/"

    real = signed_in("commander").post(page, decision_sent(meeting, reference=referral.reference, says="x"))
    none = signed_in("commander").post(page, decision_sent(meeting, reference="PAL-BBBB-2222", says="x"))

    assert real.status_code == none.status_code == 409
    for answer in (real, none):
        assert "there is no case of this reference that you may open" in text_of(answer)


def test_a_restricted_case_is_not_named_in_a_notice_nor_to_a_unit(accounts, signed_in):
    referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    meeting = opened(accounts["supervisor"], SCD9)
    on_case(meeting, referral, "Watch the blue door.")
    task = Task.objects.get()

    assert Notice.objects.get(kind="task_given").reference == ""
    assert "blue door" in text_of(signed_in("supervisor").get("/tasks/"))
    for page in ("/tasks/", f"/tasks/{task.pk}/"):
        text = text_of(signed_in("officer").get(page))
        assert "a restricted case" in text
        assert "blue door" not in text
        assert referral.reference not in text
    answer = {"version": 1, "choice": "done", "note": "seen"}
    assert signed_in("officer").post(f"/tasks/{task.pk}/", answer).status_code == 409
    assert signed_in("supervisor").post(f"/tasks/{task.pk}/", answer).status_code == 302


def test_no_case_is_named_in_what_is_written(accounts, signed_in):
    meeting = opened(accounts["commander"])

    answer = signed_in("commander").post(
        f"/tasking/{meeting.pk}/decide/other/", decision_sent(meeting, says="See PAL-BCDF-2345.")
    )

    assert answer.status_code == 400
    assert "take out PAL-BCDF-2345" in text_of(answer)


# Tasks


def test_a_task_is_answered_once_with_a_note_and_the_chair_is_told(accounts, signed_in):
    meeting = opened(accounts["commander"])
    task = decided_other(meeting).task
    client, page = signed_in("officer"), f"/tasks/{task.pk}/"

    empty = client.post(page, {"version": 1, "choice": "done", "note": ""})
    client.post(page, {"version": 1, "choice": "not_done", "note": "There is nobody."})
    again = signed_in("supervisor").post(page, {"version": 1, "choice": "done", "note": "I did it."})

    task.refresh_from_db()
    assert empty.status_code == 400
    assert (task.state, task.note, task.answered_by) == ("not_done", "There is nobody.", accounts["officer"])
    assert again.status_code == 409
    assert "I did it." in text_of(again)
    told_to = Notice.objects.get(kind="task_answered")
    assert (told_to.account, told_to.says) == (
        accounts["commander"],
        "A task of the tasking meeting of 30 June 2010 is not done.",
    )
    assert "There is nobody." in text_of(client.get(page))
    assert "Ask for a second" in text_of(client.get("/tasks/?show=answered"))
    assert "Ask for a second" not in text_of(client.get("/tasks/"))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200),
        ("supervisor", 200),
        ("commander", 200),
        ("auditor", 200),
        ("borough", 404),
        ("paladin-supervisor", 404),
        ("analyst", 404),
        ("partner", 404),
        ("administrator", 404),
    ],
)
def test_who_opens_a_task(accounts, signed_in, who, status):
    task = decided_other(opened(accounts["commander"])).task

    assert signed_in(who).get(f"/tasks/{task.pk}/").status_code == status


def test_a_task_of_one_post_is_answered_by_that_post_or_its_supervisor(accounts, signed_in):
    meeting = opened(accounts["commander"])
    task = decided_other(meeting, assigned=to(account=accounts["supervisor"])).task

    assert signed_in("officer").get(f"/tasks/{task.pk}/").status_code == 200
    with pytest.raises(Refused, match="whoever has it"):
        actions.answer_task(accounts["officer"], task.pk, 1, True, "done")
    with pytest.raises(NoMeeting):
        actions.answer_task(accounts["borough"], task.pk, 1, True, "done")
    actions.answer_task(accounts["supervisor"], task.pk, 1, True, "done")
    with pytest.raises(Overtaken):
        actions.answer_task(accounts["supervisor"], task.pk, 2, True, "done")


def test_the_tasks_of_a_unit_that_is_gone_are_its_successors(accounts, signed_in):
    meeting = opened(accounts["commander"])
    task = decided_other(meeting, assigned=to(("CO14", ""))).task

    assert "Ask for a second" in text_of(signed_in("officer").get("/tasks/"))
    actions.answer_task(accounts["officer"], task.pk, 1, True, "done")


def test_what_is_overdue_is_said(accounts, signed_in):
    meeting = opened(accounts["commander"])
    decided_other(meeting, assigned=to(days=-1))

    assert "Overdue" in text_of(signed_in("officer").get("/tasks/"))


# Minutes


@pytest.fixture
def minuted(accounts):
    """A closed meeting that has something of everything."""
    operation = proposed(accounts["supervisor"], name="Heron", resources={FINANCE: 161})
    late = clock.now() - timedelta(days=12)
    a_referral(OF_SCD9, by=accounts["partner"], received_at=late, restricted=True)
    referral = a_referral(OF_SCD9, by=accounts["partner"], received_at=late)
    meeting = opened(accounts["commander"], present=("Supervisor, SCD9",))
    decided(meeting, operation, meant=True)
    on_case(meeting, referral)
    return closed(meeting)


def test_minutes_keep_what_was_before_the_meeting_and_was_decided(minuted):
    kept = minuted.minutes

    assert (kept["chair"], kept["present"]) == ("Commander, SCD", ["Commander, SCD", "Supervisor, SCD9"])
    assert len(kept["agenda"]) == AgendaLine.objects.filter(meeting=minuted).count()
    assert [one["kind"] for one in kept["decisions"]] == ["approve", "case"]
    assert minuted.minutes_hash == queries.minutes_hash(kept)


def test_minutes_do_not_change_when_what_they_tell_of_does(accounts, minuted, signed_in):
    operation = Operation.objects.get(name="Heron")
    operation_actions.start(accounts["supervisor"], operation.key, seen(operation), "they meet tonight")
    actions.answer_task(accounts["supervisor"], Task.objects.first().pk, 1, True, "done")

    again = Meeting.objects.get(pk=minuted.pk)

    assert (again.minutes, again.minutes_hash) == (minuted.minutes, minuted.minutes_hash)
    assert queries.minutes_of(again) == minuted.minutes
    assert "(agrees with what is kept)" in text_of(signed_in("commander").get(f"/tasking/{minuted.pk}/"))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: Meeting.objects.filter(pk=m.pk).update(minutes_hash="0" * 64),
        lambda m: Meeting.objects.filter(pk=m.pk).update(state="open", closed_at=None, minutes=None, minutes_hash=""),
        lambda m: Meeting.objects.filter(pk=m.pk)._raw_delete("default"),
        lambda m: AgendaLine.objects.filter(meeting=m).update(place=99),
        lambda m: Decision.objects.filter(meeting=m).update(reason="otherwise"),
        lambda m: Decision.objects.filter(meeting=m)._raw_delete("default"),
        lambda m: Decision.objects.create(
            meeting=m, number=9, kind="other", says="x", reason="y", at=clock.now(), by=m.chair
        ),
        lambda m: AgendaLine.objects.create(meeting=m, section="new", place=99, detail={}),
        lambda m: m.addenda.update(words="otherwise"),
    ],
)
def test_the_database_itself_keeps_closed_minutes(minuted, change):
    actions.add(minuted.chair, minuted.pk, seen_of(minuted), "The second case is in Hackney.")

    with pytest.raises(DatabaseError), transaction.atomic():
        change(minuted)


def test_what_is_put_right_later_stands_beneath_the_minutes(accounts, minuted, signed_in):
    client, page = signed_in("commander"), f"/tasking/{minuted.pk}/"

    client.post(f"{page}add/", meeting_sent(minuted, words="The Paladin supervisor was there too."))

    shown = text_of(client.get(page))
    assert "The Paladin supervisor was there too." in shown
    assert Meeting.objects.get(pk=minuted.pk).minutes == minuted.minutes
    assert client.get(f"{page}decide/other/").status_code == 409


def test_a_pdf_of_the_minutes_is_tagged_always_the_same_and_noted(accounts, minuted, signed_in):
    client = signed_in("commander")

    first, second = (client.post(f"/tasking/{minuted.pk}/minutes.pdf").content for _ in range(2))

    assert first == second
    assert first.startswith(b"%PDF")
    with pikepdf.open(BytesIO(first)) as read:
        assert "/StructTreeRoot" in read.Root
        assert read.Root.Lang == "en-GB"
        assert "pdfuaid:part" in read.open_metadata()
    assert Entry.objects.filter(action="minutes_downloaded", duty="disclosure").count() == 2
    assert client.get(f"/tasking/{minuted.pk}/minutes.pdf").status_code == 405


def test_the_pdf_names_no_case_that_its_reader_may_not_open(accounts, minuted):
    def source(who):
        sitting = queries.sitting_for(accounts[who], minuted.pk, "minutes-pdf", shown=minutes.ON_PAPER)
        return minutes.typst(sitting, policy.pack())

    restricted, plain = names(minuted)

    def named(who):
        return {one for one in (restricted, plain) if minutes.escaped(one) in source(who)}

    assert named("auditor") == named("supervisor") == {restricted, plain}
    assert named("commander") == {plain}
    assert "1 restricted case not named in this copy" in source("commander")
    assert named("paladin-supervisor") == set()
    assert "Visit the flats" in source("commander")
    assert "Visit the flats" not in source("paladin-supervisor")


def names(meeting) -> tuple[str, str]:
    """The restricted case and the other one."""
    lines = AgendaLine.objects.filter(meeting=meeting, section="breached").select_related("referral")
    found = {line.referral.restricted: line.referral.reference for line in lines}
    return found[True], found[False]


def test_words_in_any_script_and_marks_of_direction_stay_words_in_the_pdf(accounts, signed_in):
    meeting = opened(accounts["commander"])
    decided_other(meeting, '#import "x" *bold* \u202eabc ولا $1 @all <b> [x] ț\n= heading')
    closed(meeting)

    answer = signed_in("commander").post(f"/tasking/{meeting.pk}/minutes.pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")


def test_an_open_meeting_has_no_pdf(accounts, signed_in):
    meeting = opened(accounts["commander"])

    assert signed_in("commander").post(f"/tasking/{meeting.pk}/minutes.pdf").status_code == 404
