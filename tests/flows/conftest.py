"""The whole road in a real browser, on a site of its own: no page may write to the console or call another host."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from demonstration_site import BROWSER_ARGUMENTS, Site, browser_path, demonstration_site, sign_in

from flows.visiting import Watch, violations

PATIENCE = 30_000
"""Milliseconds that a page may take: a loaded machine is slow, not wrong."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demonstration site on the test server, with a database and a folder of its own."""
    with demonstration_site(tmp_path_factory.mktemp("site"), os.environ["DATABASE_URL"]) as running:
        yield running


# one for each module: while it is open an event loop runs here, and Django's other tests refuse to meet one
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Every page of a test is watched; the test fails with all that they did wrong."""
    watching = Watch(urlsplit(site.address).netloc)
    yield watching
    assert watching.faults == []


@pytest.fixture
def signed_in(site: Site, browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Gives a page in a fresh context, signed in under that name; keywords are the context's: java_script_enabled …"""
    contexts: list[BrowserContext] = []

    def page_of(username: str, **options: object) -> Page:
        context = browser.new_context(base_url=site.address, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("page", watch.over)
        page = context.new_page()
        sign_in(page, site, username)
        return page

    yield page_of
    for context in contexts:
        context.close()


@pytest.fixture
def accessible(watch: Watch) -> Callable[[Page], None]:
    """Gives the check of the page as it stands: it came with 200 (axe is content with an error page) and axe passes."""

    def check(page: Page) -> None:
        assert watch.status[page] == 200, f"{page.url} answered {watch.status[page]}"
        assert violations(page) == []

    return check
