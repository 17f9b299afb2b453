"""Every page of casework in a real browser: nothing that keeps anybody out, no message, no request to elsewhere."""

import pytest
from django.db import transaction

from flows.visiting import follow
from palermo.web import policy
from palermo.web.cases import actions
from palermo.web.notices.actions import To, notify
from web.background import run_jobs
from web.cases.casebook import OF_PALADIN, a_referral, accepted, case_of, escalated, owner_of, seen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_the_pages_of_casework_can_be_used_by_everyone(accounts, desk):
    definition = policy.pack().definition
    elements = {
        **{kind.list: [definition.of(kind.name)[0].key] for kind in definition.kinds},
        "indicators": [sign.code for sign in definition.for_age("adult")[:8]],
    }
    new = a_referral(by=accounts["partner"], elements=elements, account="x" * 300, first_responder="\u202eولا" * 40)
    offered = escalated(accounts["borough"])
    back = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], back.reference, seen(back), "the address is in another borough")
    restricted = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)

    officer = desk("borough")
    officer.open("/my-queue/")
    officer.open("/my-queue/mine/")
    officer.open("/my-queue/?age=child")
    officer.open("/my-queue/?state=nonsense", 400)
    officer.open(f"/referrals/{new.reference}/")
    for page in ("accept", "hand-back", "escalate", "change/age", "change/borough"):
        officer.open(f"/referrals/{new.reference}/{page}/")
    officer.press("Correct it")
    assert officer.page.get_by_role("alert").is_visible()
    officer.look()
    officer.open(f"/referrals/{back.reference}/accept/", 409)

    supervisor = desk("borough-supervisor")
    supervisor.open("/my-queue/")
    supervisor.open(f"/referrals/{back.reference}/settle/")
    supervisor.press("Settle it")
    supervisor.look()

    asked = desk("officer")
    asked.open("/my-queue/")
    asked.open(f"/referrals/{offered.reference}/")
    asked.open(f"/referrals/{offered.reference}/answer/")
    asked.press("Send the answer")
    asked.look()

    commander = desk("commander")
    commander.open("/queues/")
    commander.open("/queues/TP/")
    desk("paladin-supervisor").open(f"/referrals/{restricted.reference}/name/")


@pytest.mark.parametrize("scripts", [True, False])
def test_notices_are_seen_marked_and_tried_again(accounts, desk, scripts):
    referral = a_referral(OF_PALADIN, by=accounts["partner"])
    with transaction.atomic():
        for number, to in enumerate((To(unit="SCD5-PALADIN"), To(unit="SCD5-PALADIN"), To(body="A body " * 20))):
            says = f"{referral.reference}: something was due on {number + 1} May 2010 at 5pm and is not done."
            notify(accounts["officer"], to, key=str(number), kind="test", says=says, reference=referral.reference)
    run_jobs()
    officer = desk("paladin", java_script_enabled=scripts)
    page, look = officer.page, officer.look if scripts else lambda: None
    page.goto(officer.address + "/my-queue/")
    follow(page.get_by_role("link", name="Notices (2)"))
    look()
    follow(page.get_by_role("button", name="Mark as read").first)
    assert page.get_by_role("link", name="Notices (1)").is_visible()
    officer.press("Mark all as read")
    assert page.get_by_role("link", name="Notices", exact=True).is_visible()
    look()
    follow(page.get_by_role("link", name="Not sent by e-mail"))
    look()
    # the safeguarding partner heard of the child at receipt: that notice stands here too
    follow(page.get_by_role("button", name="A body").first)
    assert "It is tried again" in page.get_by_role("region", name="Important").inner_text()
    look()
    follow(page.get_by_role("link", name=referral.reference).first)
    assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_queue_to_the_new_owner(accounts, desk, scripts):
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough", java_script_enabled=scripts)
    page = officer.page

    page.goto(officer.address + "/my-queue/")
    follow(page.get_by_role("link", name=referral.reference))
    follow(page.get_by_role("button", name="Accept it"))
    officer.press("Accept")
    follow(page.get_by_role("link", name="Change number of potential victims"))
    page.get_by_label("More than one").check()
    page.get_by_label("How do you know?").fill("A second woman came forward.")
    officer.press("Correct it")
    assert "The remit gives it to SCD9 now." in page.get_by_role("alert").inner_text()

    asked = desk("officer", java_script_enabled=scripts)
    asked.page.goto(asked.address + "/my-queue/")
    follow(asked.page.get_by_role("link", name=f"Answer the offer of {referral.reference}"))
    asked.page.get_by_label("Accept: it is ours from now on").check()
    asked.press("Send the answer")

    assert "SCD9 accepted it" in asked.page.get_by_role("alert").inner_text()
    assert owner_of(referral) == ("SCD9", "")


def test_the_second_of_two_officers_sees_what_the_first_did(accounts, desk):
    referral = a_referral(by=accounts["partner"])
    first, second = desk("borough"), desk("borough-supervisor")
    second.page.goto(f"{second.address}/referrals/{referral.reference}/hand-back/")
    second.page.get_by_label("Why does it not belong here?").fill("The address is in Hackney.")
    first.page.goto(f"{first.address}/referrals/{referral.reference}/accept/")
    first.press("Accept")

    second.press("Hand it back")
    assert second.page.get_by_text("Territorial Policing, Newham accepted it.").is_visible()
    assert second.page.get_by_label("Why does it not belong here?").input_value() == "The address is in Hackney."
    second.look()
    second.press("Hand it back")

    assert case_of(referral).state == "handed_back"
