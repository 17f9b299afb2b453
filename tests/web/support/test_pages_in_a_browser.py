"""The pages of support in a real browser: usable by everyone, and one request from asking to its end."""

import pytest

from flows.visiting import follow
from palermo.domain.support import Stage
from palermo.web import clock
from palermo.web.cases.models import SupportRequest
from palermo.web.support.models import SafeguardingContact
from web.cases.casebook import OF_PALADIN, a_referral
from web.support.asking import of_paladin, taken_to
from web.support.telling import told

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_the_pages_of_support_can_be_used_by_everyone(accounts, desk):
    referral = of_paladin(accounts)
    ours, theirs, commander = desk("paladin"), desk("officer"), desk("commander")
    ours.open(f"/referrals/{referral.reference}/support/")
    ours.open("/support/")
    key = {stage: taken_to(stage, accounts, referral).pk for stage in (Stage.ENDED, Stage.DECLINED, Stage.REFUSED)}
    ours.open(f"/referrals/{referral.reference}/support/")
    ours.open(f"/referrals/{referral.reference}/support/{key[Stage.REFUSED]}/dispute/")
    ours.open(f"/referrals/{referral.reference}/support/ask/")
    ours.press("Ask for it")
    assert ours.page.get_by_role("alert").is_visible()
    ours.look()
    asked = taken_to(Stage.ASKED, accounts, referral).pk
    theirs.open("/support/")
    theirs.open(f"/referrals/{referral.reference}/support/{asked}/answer/")
    theirs.press("Send the answer")
    theirs.look()
    theirs.open(f"/referrals/{referral.reference}/support/{asked}/end/", 409)
    other = of_paladin(accounts)
    disputed = taken_to(Stage.DISPUTED, accounts, other).pk
    commander.open("/support/")
    commander.open("/support/waiting/")
    commander.open(f"/referrals/{other.reference}/support/{disputed}/arbitrate/")


def test_the_pages_of_safeguarding_can_be_used_by_everyone(accounts, desk):
    referral, lost = of_paladin(accounts), a_referral({**OF_PALADIN, "borough": None}, by=accounts["partner"])
    ours, supervisor = desk("paladin"), desk("paladin-supervisor")
    supervisor.open("/support/safeguarding/")
    ours.open(f"/referrals/{lost.reference}/safeguarding/")
    ours.open(f"/referrals/{referral.reference}/safeguarding/tell/")
    ours.press("Record it")
    assert ours.page.get_by_role("alert").is_visible()
    ours.look()
    told(accounts["paladin"], referral, their_reference="NLSCB-17", does="Strategy meeting on Friday")
    ours.open(f"/referrals/{referral.reference}/safeguarding/")
    ours.open(f"/referrals/{referral.reference}/safeguarding/contact/")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_partner_is_told(accounts, desk, scripts):
    referral = of_paladin(accounts)
    officer = desk("paladin", java_script_enabled=scripts)
    page, today = officer.page, clock.today()

    page.goto(f"{officer.address}/referrals/{referral.reference}/")
    follow(page.get_by_role("link", name="Tell the safeguarding partner"))
    for part, value in (("Day", today.day), ("Month", today.month), ("Year", today.year)):
        page.get_by_label(part, exact=True).fill(str(value))
    page.get_by_label("At what time?").fill("0:01")
    page.get_by_label("By telephone").check()
    page.get_by_label("Post that was spoken to").fill("Duty social worker")
    page.get_by_label("What was said?").fill("A girl of about fifteen is at the hostel")
    officer.press("Record it")

    assert "It is recorded: the partner was told." in page.get_by_role("alert").inner_text()
    assert SafeguardingContact.objects.get().kind == "told"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_request_from_asking_to_its_end(accounts, desk, scripts):
    referral = of_paladin(accounts)
    ours, theirs = desk("paladin", java_script_enabled=scripts), desk("officer", java_script_enabled=scripts)
    page = ours.page

    page.goto(f"{ours.address}/referrals/{referral.reference}/")
    follow(page.get_by_role("link", name="Support", exact=True).last)
    follow(page.get_by_role("button", name="Ask another unit for support"))
    page.get_by_label("Help with an operation, from SCD9").check()
    page.get_by_label("What is wanted, and why?").fill("Two officers to watch the address")
    ours.press("Ask for it")
    assert "SCD9 is asked for help with an operation." in page.get_by_role("alert").inner_text()

    page = theirs.page
    page.goto(f"{theirs.address}/support/")
    follow(page.get_by_role("link", name=referral.reference))
    follow(page.get_by_role("link", name="Answer it"))
    page.get_by_label("Yes, we give it").check()
    page.get_by_label("Post responsible").fill("Detective sergeant, vice")
    theirs.press("Send the answer")
    follow(page.get_by_role("link", name="End it"))
    page.get_by_label("What came of it?").fill("The address was watched")
    page.get_by_label("Officer-days it took (optional)").fill("2.5")
    theirs.press("End it")

    assert "It took 2.5 officer-days." in page.get_by_role("alert").inner_text()
    assert SupportRequest.objects.get().stage == "ended"
