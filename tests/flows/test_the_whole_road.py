"""A referral from an NGO to the borough that owns it, and from there, when a fact changes, to the specialist unit."""

import pytest
from playwright.sync_api import expect

from flows.referring import LABOUR_IN_NEWHAM, refer
from flows.visiting import follow

pytestmark = pytest.mark.browser


def test_a_referral_goes_from_a_charity_to_its_borough_and_on_to_the_specialists(signed_in, accessible):
    # an NGO refers, without JavaScript
    partner = signed_in("partner", java_script_enabled=False)
    reference = refer(partner, LABOUR_IN_NEWHAM)
    expect(partner.get_by_role("heading", name="Referral sent")).to_be_visible()
    expect(partner.locator("main")).to_contain_text("Newham")

    # the right unit's queue shows it, and no other's
    specialist = signed_in("officer")
    specialist.goto("/my-queue/?sort=-received")
    expect(specialist.get_by_role("link", name=reference)).to_have_count(0)
    borough = signed_in("borough")
    borough.goto("/my-queue/?sort=-received")
    accessible(borough)

    # an officer accepts
    follow(borough.get_by_role("link", name=reference))
    expect(borough.get_by_role("region", name="Owner and why")).to_contain_text("§11")
    accessible(borough)
    follow(borough.get_by_role("button", name="Accept it"))
    follow(borough.get_by_role("button", name="Accept", exact=True))
    expect(borough.get_by_role("button", name="Accept it")).to_have_count(0)

    # a fact changes: it crosses a borough boundary
    follow(borough.get_by_role("link", name="Change reach"))
    accessible(borough)
    borough.get_by_label("More than one London borough").check()
    borough.get_by_label("How do you know?").fill("A second address, in Hackney, was found.")
    follow(borough.get_by_role("button", name="Correct it"))

    # so it is offered to SCD9, and stays with the borough until SCD9 accepts
    expect(borough.locator("main")).to_contain_text("Offered to SCD9")
    expect(borough.get_by_role("region", name="Owner and why")).to_contain_text("Newham")
    accessible(borough)
    specialist.goto("/my-queue/")
    accessible(specialist)
    offered = specialist.get_by_role("region", name="Offered to you")
    follow(offered.get_by_role("link", name=reference, exact=True))
    follow(specialist.get_by_role("button", name="Answer the offer"))
    accessible(specialist)
    specialist.get_by_label("Accept: it is ours from now on").check()
    follow(specialist.get_by_role("button", name="Send the answer"))
    accessible(specialist)

    # SCD9 owns it, the borough no longer has it, and the timeline tells the whole of it
    expect(specialist.get_by_role("region", name="Owner and why")).to_contain_text("SCD9, since")
    borough.goto("/my-queue/?sort=-received")
    expect(borough.get_by_role("link", name=reference)).to_have_count(0)
    timeline = specialist.get_by_role("region", name="Timeline")
    for happened in ("Received from Harbour Project", "Officer, Newham borough", "in Hackney", "Officer, SCD9"):
        expect(timeline).to_contain_text(happened)

    # the one who referred sees whose it is now, and nothing of the record
    partner.goto(f"/sent/{reference}/")
    expect(partner.locator("main")).to_contain_text("SCD9")
    expect(partner.locator("main")).not_to_contain_text("Hackney")
