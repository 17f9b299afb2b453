"""The trail, the sample and an opening in an emergency in a real browser: usable by everyone."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.visiting import follow
from palermo.web import clock
from palermo.web.cases.queries import work_for
from web.cases.casebook import OF_SCD9, a_referral
from web.looking import Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def picture(desk: Desk, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        desk.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_an_officer_opens_a_referral_in_an_emergency_and_its_supervisor_hears_of_it(accounts, desk):
    referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    officer, supervisor, auditor = desk("paladin"), desk("supervisor"), desk("auditor")
    officer.open(f"/referrals/{referral.reference}/", 404)
    follow(officer.page.get_by_role("link", name="open it in an emergency"))
    officer.look()
    officer.press("Open it")
    officer.look()
    assert officer.page.get_by_role("alert").is_visible()
    officer.page.get_by_label("Reference of the referral").fill(referral.reference)
    officer.page.get_by_label("Why can it not wait?").fill("She is at the address now.")
    picture(officer, "emergency")
    officer.press("Open it")
    officer.look()
    officer.page.get_by_role("heading", name="What is due").wait_for()

    supervisor.open("/notices/")
    assert "opened it in an emergency" in supervisor.page.inner_text("main")
    follow(supervisor.page.get_by_role("link", name="Opened in an emergency"))
    supervisor.look()
    picture(supervisor, "emergencies")
    auditor.open("/trail/")
    picture(auditor, "trail")
    auditor.page.get_by_label("Who has seen a referral?").fill(referral.reference)
    auditor.press("Show who has seen it")
    auditor.look()
    picture(auditor, "seen")
    auditor.page.get_by_role("heading", name="All that was done with it").wait_for()


def test_a_supervisor_looks_at_the_months_sample(accounts, desk):
    with clock.standing_at(datetime(2010, 5, 12, 9, tzinfo=UTC)):
        referral = a_referral(OF_SCD9, by=accounts["partner"])
        for _ in range(3):
            work_for(accounts["officer"], referral.reference, "referral")
    supervisor = desk("supervisor")
    supervisor.open("/trail/sample/")
    picture(supervisor, "sample")
    follow(supervisor.page.get_by_role("link", name="Say what you found").first)
    supervisor.look()
    supervisor.page.get_by_label("It was for work on this referral").check()
    supervisor.press("Save")
    supervisor.look()
    assert "2 of 3" in supervisor.page.inner_text("main")
