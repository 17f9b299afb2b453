"""People at work in a browser: someone who refers through the form, and someone who moves a referral on."""

import re

from playwright.sync_api import Page

from flows.visiting import follow

LABOUR_IN_NEWHAM = {
    "referrer": {"post": "Caseworker", "contact": "office@harbour.example", "sender_reference": "HP-2010-17"},
    "victims": {"victims": "one"},
    "age": {"age": "adult"},
    "account": {"account": "He was promised a job in a kitchen. His papers were taken and he was not paid."},
    "acts": {"acts": "recruitment"},
    "means": {"means": "deception"},
    "purposes": {"purposes": "forced_labour_or_services"},
    "exploitation": {"exploitation": "labour"},
    "organised": {"organised": "no"},
    "reach": {"reach": "borough"},
    "port": {"port": "no"},
    "borough": {"borough": "Newham"},
}
"""One adult, nobody organised, one borough: what the source leaves with that borough."""


def refer(page: Page, answers: dict[str, dict[str, str]]) -> str:
    """Refer by these answers, one for each page that asks; gives the reference."""
    page.goto("/refer/")
    follow(page.get_by_role("button", name="Start a new referral"))
    begun, left = page.url, dict(answers)
    while page.get_by_text("Incomplete", exact=True).count():
        follow(page.locator(".govuk-task-list__item", has_text="Incomplete").first.get_by_role("link"))
        # the pages of a section follow one another; after the last comes the list again
        while page.locator("form[novalidate]").count():
            answer(page, left.pop(page.url.rstrip("/").rsplit("/", 1)[1], {}))
            follow(page.get_by_role("button", name="Save and continue"))
    for optional, given in left.items():
        page.goto(f"{begun}{optional}/")
        answer(page, given)
        follow(page.get_by_role("button", name="Save and continue"))
    page.goto(begun)
    follow(page.get_by_role("button", name="Check your answers"))
    follow(page.get_by_role("button", name="Send the referral"))
    return re.search(r"PAL-\w{4}-\w{4}", page.inner_text("main"))[0]


def answer(page: Page, given: dict[str, str]) -> None:
    """Fill in one page; a page with nothing given is left as it is."""
    for name, value in given.items():
        choice = page.locator(f'input:is([type="radio"], [type="checkbox"])[name="{name}"][value="{value}"]')
        if choice.count():
            choice.check()
        elif page.locator(f'select[name="{name}"]').count():
            page.locator(f'select[name="{name}"]').select_option(value)
        else:
            page.locator(f'[name="{name}"]').fill(value)


def move(page: Page, reference: str, name: str, given: dict[str, str] | None = None) -> None:
    """Make one move with a referral, and come back to its page."""
    page.goto(f"/referrals/{reference}/{name}/")
    answer(page, given or {})
    follow(page.locator("main form button"))
