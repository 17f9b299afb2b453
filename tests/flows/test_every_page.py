"""Every page that each role may open is fit for everyone: with a screen reader, without JavaScript, on a phone.

The walk starts where a role starts and follows every link, one real page for each address of the site.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from demonstration_site import Site, sign_in
from django.urls import Resolver404, URLPattern, get_resolver, resolve
from playwright.sync_api import Browser, Page, expect

from flows.visiting import Watch, overflow, violations

pytestmark = pytest.mark.browser

ROLES = ("partner", "borough", "supervisor", "analyst", "commander", "auditor", "administrator")
REFERRING = ("partner", "borough", "supervisor")
WHICH_ONE = {"reference", "key", "person", "id", "unit", "clock"}
"""Parts of an address that say which record: one of them stands for all."""

FIRST = (
    "/organisation/?on=2010-03-31&and=2010-04-01",
    "/who-owns-this/?on=2010-03-31&and=2010-04-01&age=adult&exploitation=sexual&organised=yes&borough=Newham",
)
"""Answers that only a form leads to."""

PHONE = {"width": 375, "height": 800}
DESK = {"width": 1280, "height": 900}
SHAPE = """() => document.querySelector("main").innerHTML
    .replace(/<!--.*?-->/gs, "").replace(/>[^<]*</g, "><").replace(/ (?!class|role|type|aria)[\\w-]+="[^"]*"/g, "")"""
"""What a page is made of, without its words: axe looks at each make once."""


@dataclass
class Walk:
    """What was seen on the way: which addresses, and all that was wrong, by kind."""

    opened: set[str] = field(default_factory=set)
    wrong: dict[str, list[str]] = field(default_factory=lambda: {"answer": [], "axe": [], "phone": [], "plain": []})


@pytest.fixture(scope="module")
def walk(site: Site, browser: Browser) -> Walk:
    walked = Walk()
    shapes: set[str] = set()
    watch = Watch(urlsplit(site.address).netloc)
    for username in ROLES:
        context = browser.new_context(base_url=site.address, viewport=DESK)
        context.on("page", watch.over)
        page = context.new_page()
        sign_in(page, site, username)
        plain_context = browser.new_context(
            base_url=site.address, viewport=PHONE, java_script_enabled=False, storage_state=context.storage_state()
        )
        plain = plain_context.new_page()
        for address in addresses(page, username):
            response = page.goto(address)
            where = f"{username} at {address}"
            if response is None or response.status != 200:
                walked.wrong["answer"].append(f"{where}: {response and response.status}")
                continue
            walked.opened.add(resolve(urlsplit(page.url).path).view_name)
            shape = page.evaluate(SHAPE)
            if shape not in shapes:
                shapes.add(shape)
                walked.wrong["axe"] += [f"{username}: {found}" for found in violations(page)]
            page.set_viewport_size(PHONE)
            if overflow(page):
                walked.wrong["phone"].append(f"{where}: {overflow(page)} px too wide")
            page.set_viewport_size(DESK)
            plain.goto(address)
            if not plain.get_by_role("heading", level=1).first.is_visible() or overflow(plain):
                walked.wrong["plain"].append(where)
        plain_context.close()
        context.close()
    walked.wrong["answer"] += watch.faults
    return walked


def addresses(page: Page, username: str) -> Iterator[str]:
    """The addresses to open, each found as a link on one opened before; the caller opens each before the next."""
    ahead = deque([page.url])
    if username in REFERRING:
        page.goto("/refer/")
        page.get_by_role("button", name="Start a new referral").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        ahead.append(page.url)
    if username != "partner":
        ahead.extend(FIRST)
    known: set[tuple[object, ...]] = set()
    while ahead:
        address = ahead.popleft()
        if (kind := kind_of(address)) is None or kind in known:
            continue
        known.add(kind)
        yield address
        ahead.extend(page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"))


def kind_of(address: str) -> tuple[object, ...] | None:
    """What makes a page another kind of page than those seen; None for an address that is not one of ours."""
    parts = urlsplit(address)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return None
    named = tuple((name, value) for name, value in sorted(found.kwargs.items()) if name not in WHICH_ONE)
    return (found.view_name, named, address in FIRST)


def test_every_page_that_a_link_leads_to_opens_without_a_fault(walk: Walk):
    assert walk.wrong["answer"] == []


def test_axe_finds_nothing_on_any_page(walk: Walk):
    assert walk.wrong["axe"] == []


def test_no_page_is_wider_than_a_phone(walk: Walk):
    assert walk.wrong["phone"] == []


def test_every_page_says_what_it_is_without_javascript(walk: Walk):
    assert walk.wrong["plain"] == []


def test_every_address_of_the_site_was_opened(walk: Walk):
    patterns = set(names(get_resolver()))

    assert patterns - walk.opened == NOT_BY_A_LINK


NOT_BY_A_LINK = {
    # they take what a form sends, and answer with another page
    "home",
    "accounts:sign-out",
    "intake:begin",
}


def names(resolver: object, namespace: str = "") -> Iterator[str]:
    """The names of all addresses below a resolver, with their namespaces."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
        else:
            yield from names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
