"""Searching in a real browser: fit for everyone, with scripts and without, and nothing of it in an address."""

import pytest

from flows.visiting import follow
from web.cases.casebook import a_referral
from web.papers.filing import a_note
from web.people.gathering import a_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def referrals(accounts):
    officer = accounts["borough"]
    made = [a_referral(by=accounts["partner"], account=f"A lantern {'and more ' * 40}") for _ in range(21)]
    a_person(officer, made[0], "Radu Pop")
    a_person(officer, made[0], "Радуслав Поп-Константинопольский-Александровский")
    a_person(officer, made[1], "محمد الأحمد")
    a_note(officer, made[0], f"{'X' * 300} with Radu Pop")
    return made


@pytest.mark.usefixtures("referrals")
def test_every_page_can_be_used_by_everyone(desk):
    one = desk("borough")
    one.open("/my-queue/")
    one.open("/search/")
    for words in ("radu pop", "lantern", "محمد", "поп", "nobody knows", "x"):
        one.page.get_by_label("What do you look for?").fill(words)
        one.press("Search")
        one.look()
    assert one.page.get_by_role("alert").is_visible()
    one.page.get_by_text("Narrow it").click()
    one.page.get_by_label("What do you look for?").fill("lantern")
    one.page.get_by_label("State").select_option("received")
    one.press("Search")
    one.look()
    assert one.page.get_by_label("State").input_value() == "received"


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_is_found_from_the_queue_and_opened(desk, referrals, scripts):
    page = desk("borough", java_script_enabled=scripts).page
    page.goto(f"{desk('borough').address}/my-queue/")
    page.get_by_label("Search all that you may open").fill("pop radu")
    follow(page.get_by_role("search").get_by_role("button", name="Search"))

    assert page.get_by_role("heading", name="1 referral found").is_visible()
    assert page.get_by_label("What do you look for?").input_value() == "pop radu"
    assert page.url.endswith("/search/")
    assert page.title() == "Search results – Palermo"
    assert page.locator("mark").all_inner_texts()[:2] == ["Radu", "Pop"]
    follow(page.get_by_role("link", name="Subject").first)
    assert page.get_by_role("heading", level=1).inner_text() == "Radu Pop"


@pytest.mark.usefixtures("referrals")
def test_the_next_page_comes_by_a_button_and_stands_in_no_address(desk):
    one = desk("borough")
    one.open("/search/")
    one.page.get_by_label("What do you look for?").fill("lantern")
    one.press("Search")
    assert one.page.get_by_text("Showing 1 to 20 of 21.").is_visible()

    one.press("Next page")

    assert one.page.get_by_text("Showing 21 to 21 of 21.").is_visible()
    assert one.page.url == f"{one.address}/search/"
    one.look()
    one.press("Previous page")
    assert one.page.get_by_text("Page 1 of 2").is_visible()
