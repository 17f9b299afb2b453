"""A proposal of several rules, written in a real browser."""

import re

import pytest

from web.looking import WIDE, Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(accounts, browser, client, live_server):
    client.force_login(accounts["analyst"])
    context = browser.new_context(viewport=WIDE)
    session = client.cookies["session"].value
    context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    return Desk(context.new_page(), live_server.url)


def test_rules_are_added_changed_and_taken_out(desk):
    page = desk.page
    desk.open("/policy/proposals/edit/")
    page.get_by_label("What is proposed").fill("Ports")
    for part, text in (("Day", "1"), ("Month", "10"), ("Year", "2010")):
        page.get_by_label(part, exact=True).fill(text)
    # what is typed on the page comes along
    desk.press("Add a rule")
    desk.look()
    desk.press("Put it into the proposal")
    assert page.get_by_role("alert").is_visible()
    desk.look()

    page.get_by_label("Owner").select_option("SCD5-PALADIN")
    page.get_by_role("group", name="Age").get_by_label("18 or older").check()
    page.get_by_role("group", name="Matter").get_by_label("A person who may have been trafficked").check()
    page.get_by_role("group", name="Found at a port").get_by_label("Yes").check()
    page.get_by_label("Paragraph").fill("§11")
    page.get_by_label("Why", exact=True).fill("Paladin is at the ports anyway.")
    desk.press("Put it into the proposal")
    assert page.get_by_role("heading", level=1).inner_text() == "Ports"
    assert page.get_by_role("heading", name="Every possible referral would have exactly one owner").is_visible()
    desk.look()

    page.get_by_label("A rule of the pack").select_option("C3")
    desk.press("Change this rule")
    page.get_by_label("Owner").select_option("SCD5-PALADIN")
    page.get_by_label("Why", exact=True).fill("To see.")
    desk.press("Put it into the proposal")
    assert page.get_by_role("heading", name="C3 in place of the pack’s C3").is_visible()
    desk.look()

    desk.press("Change N1")
    page.get_by_label("Id of the rule").fill("PORTS")
    desk.press("Put it into the proposal")
    desk.press("Take C3 out")
    assert page.locator(".govuk-summary-card__title").all_inner_texts() == ["PORTS"]
    # Enter in the form compares
    page.get_by_label("What is proposed").fill("All ports")
    page.get_by_label("What is proposed").press("Enter")
    page.wait_for_url(re.compile("title=All"))
    assert page.get_by_role("heading", level=1).inner_text() == "All ports"
    assert page.locator(".govuk-summary-card__title").all_inner_texts() == ["PORTS"]
    desk.look()


NOTE_WHAT_IS_TOLD = """
    const line = document.getElementById("waiting");
    new MutationObserver(() => sessionStorage.setItem("told", line.textContent || sessionStorage.getItem("told")))
        .observe(line, {childList: true, characterData: true, subtree: true});
    document.getElementById("proposal").requestSubmit();
"""


def test_who_waits_for_longer_than_a_second_is_told_how_long(desk):
    page, held = desk.page, []
    desk.open("/policy/proposals/edit/?effective=2010-10-01&count=profiles&heir-SWALE=SCD9")
    page.route("**/policy/proposals/edit/**", lambda route: held.append(route))
    page.evaluate(NOTE_WHAT_IS_TOLD)
    page.wait_for_timeout(3_500)
    held[0].continue_()
    page.get_by_role("heading", name="Change the proposal").wait_for()

    told = page.evaluate("sessionStorage.getItem('told')")
    assert re.fullmatch(r"Counting and comparing\. This page follows\. [1-9] s so far\.", told)
    assert page.locator("#waiting").inner_text() == ""
    desk.look()
