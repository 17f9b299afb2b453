"""Operations and tasking in a real browser: nothing that keeps anybody out, no message, no request to elsewhere."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from flows.visiting import follow
from palermo.domain.operations import Span
from palermo.web import clock
from palermo.web.cases import actions as case_actions
from palermo.web.operations.models import Decision, Meeting, Operation, Task
from web.cases.casebook import OF_SCD9, a_referral, accepted, escalated
from web.cases.casebook import seen as case_seen
from web.looking import Desk
from web.operations.planning import FINANCE, VICE, a_score, in_state, linked, opened, proposed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def write_day(page, day: date, group: str = "") -> None:
    there = page.get_by_role("group", name=group) if group else page
    for name, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        there.get_by_label(name, exact=True).fill(str(value))


def test_the_pages_of_operations_can_be_used_by_everyone(accounts, desk):
    early = Span(date(2010, 6, 1), date(2010, 6, 18))
    there = proposed(accounts["supervisor"], name="Heron", resources={VICE: 120, FINANCE: 20})
    running = in_state(proposed(accounts["supervisor"], name="Gull", span=early), "running")
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    linked(there, referral, accounts["officer"])

    officer = desk("officer")
    for page in ("", f"{there.key}/", f"{there.key}/plan/", f"{there.key}/score/", f"{there.key}/link/"):
        officer.open(f"/operations/{page}")
    officer.open(f"/operations/{there.key}/cases/{referral.reference}/")
    for page, button in (("use", "Record them"), ("result", "Record it"), ("cost", "Record it")):
        officer.open(f"/operations/{running.key}/{page}/")
        officer.press(button)
        assert officer.page.get_by_role("alert").is_visible()
        officer.look()
    officer.open(f"/operations/{running.key}/start/", 409)
    officer.open("/operations/propose/")
    officer.press("Begin a proposal")
    officer.press("Save and continue")
    assert officer.page.get_by_role("alert").is_visible()
    officer.look()
    officer.open(f"/referrals/{referral.reference}/operations/")
    officer.open("/tasks/")
    desk("analyst").open(f"/operations/{there.key}/")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_meeting_is_held_from_the_proposal_to_the_minutes(accounts, desk, scripts):
    def look(there: Desk) -> None:
        # without scripts there is nothing that axe could run in
        if scripts:
            there.look()

    late = clock.now() - timedelta(days=12)
    plain = a_referral(OF_SCD9, by=accounts["partner"], received_at=late)
    restricted = a_referral(OF_SCD9, by=accounts["partner"], received_at=late, restricted=True)
    escalated(accounts["borough"])
    back = accepted(accounts["borough"])
    case_actions.hand_back(accounts["borough"], back.reference, case_seen(back), "the address is in Hackney")
    proposed(accounts["supervisor"], name="Wren", levels=a_score(1))

    # a supervisor proposes
    lead = desk("supervisor", java_script_enabled=scripts)
    page = lead.page
    page.goto(lead.address + "/operations/")
    follow(page.get_by_role("button", name="Propose an operation"))
    lead.press("Begin a proposal")
    page.get_by_label("Code name").fill("Heron")
    page.get_by_label("Objective").fill("Find who runs the flats.")
    page.get_by_label("Proactive: it goes out to look").check()
    page.get_by_label("2: across boroughs").check()
    write_day(page, date(2010, 7, 5), "First day")
    write_day(page, date(2010, 7, 30), "Last day")
    lead.press("Save and continue")
    page.get_by_label("Function, line 1").select_option(FINANCE.value)
    page.get_by_label("Officer-days, line 1").fill("161")
    lead.press("Save and continue")
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").nth(2).check()
    for reason in page.get_by_role("textbox").all():
        reason.fill("Two reports agree.")
    lead.press("Save and continue")
    look(lead)
    lead.press("Propose it")
    assert page.get_by_role("heading", name="Operation Heron").is_visible()

    # the commander holds the meeting
    chair = desk("commander", java_script_enabled=scripts)
    page = chair.page
    page.goto(chair.address + "/tasking/")
    follow(page.get_by_role("button", name="Plan a meeting"))
    write_day(page, timezone.localdate(clock.now()))
    page.get_by_label("The whole response").check()
    chair.press("Plan it")
    look(chair)
    follow(page.get_by_role("button", name="Open the meeting"))
    page.get_by_label("Supervisor, SCD9").check()
    chair.press("Open it")
    look(chair)
    text = page.locator("main").inner_text()
    assert "1. Heron" in text
    assert "2. Wren" in text
    assert plain.reference in text
    assert back.reference in text
    assert restricted.reference not in text
    assert "1 restricted case, not named to you." in text

    # more than there is: it is shown, and decided all the same
    follow(page.get_by_role("link", name="Decide on 1. Heron"))
    assert page.get_by_text("161 officer-days tasked of 160").is_visible()
    page.get_by_label("Approve it").check()
    page.get_by_label("Why is it decided so?").fill("It cannot wait.")
    chair.press("Decide it")
    look(chair)
    assert page.get_by_label("Why is it decided so?").input_value() == "It cannot wait."
    page.get_by_label("Decide it all the same; the reason says why").check()
    chair.press("Decide it")
    follow(page.get_by_role("button", name="Task a unit on a case"))
    page.get_by_label("Reference of the case").fill(plain.reference)
    page.get_by_label("What is to be done?").fill("Visit the flats.")
    page.get_by_label("Why is it decided so?").fill("Somebody may be there.")
    page.get_by_label("Who sees to it?").select_option(label="SCD9")
    write_day(page, date(2010, 7, 2))
    chair.press("Decide it")
    look(chair)
    follow(page.get_by_role("button", name="Close the meeting"))
    look(chair)
    chair.press("Close it and keep the minutes")
    look(chair)
    assert page.get_by_text("(agrees with what is kept)").is_visible()
    with page.expect_download() as minutes:
        page.get_by_role("button", name="Download the minutes (PDF)").click()
    assert minutes.value.suggested_filename == "tasking-meeting-2010-06-30.pdf"

    # what was decided is done
    lead.page.goto(lead.address + "/tasks/")
    look(lead)
    follow(lead.page.get_by_role("link", name="Visit the flats."))
    lead.page.get_by_label("Done", exact=True).check()
    lead.page.get_by_label("What was done, or why not?").fill("Nobody was there.")
    lead.press("Answer it")
    lead.page.goto(f"{lead.address}/operations/{Operation.objects.get(name='Heron').key}/")
    follow(lead.page.get_by_role("button", name="Start it"))
    lead.page.get_by_label("What starts it?").fill("They meet tonight.")
    lead.press("Start it")
    assert lead.page.get_by_role("alert").inner_text().endswith("It was started.")

    assert Operation.objects.get(name="Heron").state == "running"
    assert list(Decision.objects.order_by("number").values_list("kind", flat=True)) == ["approve", "case"]
    assert set(Task.objects.values_list("state", flat=True)) == {"open", "done"}
    assert Meeting.objects.get().state == "closed"


def test_a_meeting_with_nothing_before_it_says_so(accounts, desk):
    meeting = opened(accounts["commander"])

    chair = desk("commander")
    chair.open("/tasking/")
    chair.open(f"/tasking/{meeting.pk}/")
    assert chair.page.get_by_text("Nothing.").count() >= 6
