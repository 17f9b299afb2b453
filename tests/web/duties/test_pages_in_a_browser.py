"""The pages of what is due and overdue in a real browser: nothing that keeps anybody out, wide and narrow."""

import os

import pytest

from flows.visiting import follow
from palermo.web import clock
from palermo.web.cases import actions as casework
from web.cases.casebook import OF_PALADIN, escalated, seen
from web.duties.watching import RECEIVED, at, clock_of, received, told_at
from web.looking import NARROW, WIDE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def picture(of, name: str) -> None:
    """The page as it stands, for somebody to look at: wide, and as on a phone."""
    if folder := os.environ.get("PALERMO_PICTURES"):
        of.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
        of.page.set_viewport_size(NARROW)
        of.page.screenshot(path=f"{folder}/{name}-narrow.png", full_page=True)
        of.page.set_viewport_size(WIDE)


def test_from_what_is_overdue_to_what_is_done_about_it(accounts, desk):
    referral = received(accounts["partner"])
    child = received(accounts["partner"], OF_PALADIN, restricted=True)
    with clock.standing_at(RECEIVED):
        asked = escalated(accounts["borough"], received_at=RECEIVED)
    told_at(at(16, 1))
    with clock.standing_at(at(16, 10)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
    told_at(at(23))
    supervisor = desk("borough-supervisor")

    supervisor.open("/my-queue/")
    follow(supervisor.page.get_by_role("link", name="2 overdue"))
    supervisor.look()
    picture(supervisor, "breaches")
    follow(supervisor.page.get_by_role("link", name=referral.reference).first)
    supervisor.look()
    picture(supervisor, "due")
    follow(supervisor.page.get_by_role("link", name="Say what is done about Decide on the investigation"))
    supervisor.press("Keep it")
    supervisor.look()
    picture(supervisor, "answer")
    supervisor.page.get_by_label("What do you do about it?").fill("The officer decides today; I have asked twice.")
    supervisor.press("Keep it")
    supervisor.look()
    assert "I have asked twice" in supervisor.page.get_by_role("alert").inner_text()
    supervisor.open("/breaches/?step=nobody")
    supervisor.open("/breaches/?step=nonsense", 400)
    picture(supervisor, "breaches-nonsense")

    commander = desk("commander")
    commander.open("/breaches/")
    picture(commander, "breaches-commander")
    commander.open("/queues/")
    commander.open("/breaches/?unit=SCD9&answered=no")
    desk("auditor").open(f"/referrals/{child.reference}/due/")
    answered = desk("officer")
    answered.open(f"/referrals/{asked.reference}/due/")
    picture(answered, "due-offered")
    done = clock_of(referral, "acceptance")
    supervisor.open(f"/referrals/{referral.reference}/due/{done.pk}/answer/", 409)


def test_when_the_force_first_knew(accounts, desk):
    referral = received(accounts["partner"])
    officer, supervisor = desk("borough"), desk("borough-supervisor")
    page = officer.page

    officer.open(f"/referrals/{referral.reference}/first-known/")
    picture(officer, "first-known-none")
    follow(page.get_by_role("button", name="Record what reached the force"))
    officer.press("Keep it")
    officer.look()
    picture(officer, "allegation-wrong")
    page.get_by_label("Day", exact=True).fill("1")
    page.get_by_label("Month", exact=True).fill("June")
    page.get_by_label("Year", exact=True).fill("2010")
    page.get_by_label("Time of day").fill("2:30pm")
    page.get_by_label("Whom it reached, and where").fill("Front counter, Forest Gate police station")
    page.get_by_label("A potential victim").check()
    page.get_by_label("Yes").check()
    page.get_by_label("Why it was credible, or not").fill("She named the address and the man. " + "x" * 200)
    officer.press("Keep it")
    officer.look()
    assert "it reached the force 1 June 2010 at 2:30pm" in page.get_by_role("alert").inner_text()

    supervisor.open(f"/referrals/{referral.reference}/first-known/")
    follow(supervisor.page.get_by_role("link", name="Judge it again"))
    supervisor.look()
    picture(supervisor, "judge")
    supervisor.page.get_by_label("No", exact=True).check()
    supervisor.page.get_by_label("Why you judge it again").fill("It was about another street.")
    supervisor.press("Put this in its place")
    supervisor.look()
    picture(supervisor, "first-known-judged")
    supervisor.open(f"/referrals/{referral.reference}/due/")
    supervisor.open(f"/referrals/{referral.reference}/")
