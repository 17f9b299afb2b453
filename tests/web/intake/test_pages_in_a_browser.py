"""Every page of the journey in a real browser: nothing that keeps anybody out, no message, no request to elsewhere."""

import pytest

from flows.visiting import follow
from web.looking import WIDE, Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def looker(browser, live_server, traveller):
    """Makes a looker, signed in, with a filled draft or without."""

    def of(username: str, **options: object) -> tuple[Desk, object]:
        there = traveller(username)
        context = browser.new_context(viewport=WIDE, **options)
        session = there.client.cookies["session"].value
        context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        return Desk(context.new_page(), live_server.url), there

    return of


def test_the_pages_of_an_officers_journey_can_be_used_by_everyone(looker):
    from palermo.web.intake.questions import PERSON_PAGES, QUESTIONS
    from web.intake.walking import an_adult

    see, officer = looker("borough")
    see.open("/refer/")
    officer.begin()
    see.open(officer.url())
    for slug in QUESTIONS:
        see.open(officer.url(slug))
        if slug == "borough":
            see.page.select_option("select", "")
        see.press("Save and continue")
        see.look()
    see.open(officer.url("check"))
    see.press("Send the referral")
    assert see.page.get_by_role("alert").is_visible()
    see.look()

    see.open(officer.url("people"))
    for slug in PERSON_PAGES:
        see.open(officer.url(f"people/aaaaaaaa/{slug}"))
        if slug == "birth":
            see.page.get_by_label("Day").fill("31")
            see.press("Save and continue")
            assert see.page.get_by_role("alert").is_visible()
            see.look()
            see.page.get_by_label("Day").fill("")
        if slug == "names":
            see.page.get_by_label("Family name").fill("张" + "x" * 150)
        see.press("Save and continue")
    see.look()
    see.open(officer.url("people/aaaaaaaa/remove"))
    see.open(officer.url("delete"))

    referrer = {**an_adult()["referrer"], "body": "Invented borough"}
    officer.fill({**an_adult(), "referrer": referrer, "matter": {"matter": "trafficking"}, "nexus": {"nexus": "none"}})
    officer.answer("age", {"age": "child"})
    see.open(officer.url("means"))
    see.open(officer.url())
    see.open("/refer/")
    see.open(officer.url("check"))
    see.press("Send the referral")
    see.look()
    see.open("/sent/")
    follow(see.page.locator("main table a").first)
    see.look()


def test_a_journey_without_scripts_ends_at_the_same_confirmation(looker):
    from web.intake.walking import an_adult

    see, partner = looker("partner", java_script_enabled=False)
    partner.begin()
    partner.fill(an_adult())
    see.page.goto(see.address + partner.url("check"))
    see.press("Send the referral")
    first = see.page.get_by_role("heading", level=1).inner_text()
    address = see.page.url
    see.page.goto(see.address + partner.url("check"))

    assert first == "Referral sent"
    assert see.page.url == address
    assert see.page.get_by_role("link", name="Exit this page").first.get_attribute("href").startswith("https://")
