"""Estimates in a real browser: nothing that keeps anybody out, nothing on the console; without JavaScript too."""

import shutil
from urllib.parse import urlsplit

import pytest

from flows.visiting import Watch, follow, overflow, violations
from palermo.web.intelligence import actions
from palermo.web.intelligence.models import Run
from web.background import a_worker, in_hand, run_jobs
from web.intelligence.conftest import THREE_LISTS

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
NARROW = {"width": 375, "height": 800}
LISTS_OF_LONG_NAMES = THREE_LISTS.replace("police", "Metropolitan" * 12)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here; `make test` installs it"),
]


@pytest.fixture
def browser(monkeypatch):
    from django.db import connections
    from playwright.sync_api import sync_playwright

    # the browser's own loop runs in this thread, while the tests use the database as they always do
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield started
        started.close()
        # under that loop the tests had connections of their own
        connections.close_all()


@pytest.fixture
def desk(browser, live_server, signed_in):
    """A page of the analyst's on a phone, and what it did wrong."""

    def of(**options):
        context = browser.new_context(viewport=NARROW, base_url=live_server.url, **options)
        session = signed_in("analyst").cookies["session"].value
        context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        watch = Watch(urlsplit(live_server.url).netloc)
        context.on("page", watch.over)
        return context.new_page(), watch

    return of


def fill(page, **other) -> None:
    page.goto("/estimates/new/")
    page.get_by_label("Title").fill("Three bodies, 2009")
    page.get_by_label("A table that I paste").check()
    page.get_by_label("Table", exact=True).fill(other.get("table", THREE_LISTS))


def looks_right(page) -> None:
    assert violations(page) == []
    assert overflow(page) == 0


def test_refused_waiting_failed_and_made_can_be_used_by_everyone(desk):
    page, watch = desk()
    fill(page, table="A,B,count\n1,2,5\n")
    follow(page.get_by_role("button", name="Make the estimate"))
    assert page.get_by_label("Table", exact=True).input_value() == "A,B,count\n1,2,5\n"
    looks_right(page)
    # the page answered with 400, as it should; the browser says so on its console
    watch.faults.clear()

    fill(page, table=LISTS_OF_LONG_NAMES)
    follow(page.get_by_role("button", name="Make the estimate"))
    follow(page.get_by_role("link", name="Stop looking again"))
    looks_right(page)
    in_hand(Run.objects.get().job)
    Run.objects.update(step="bma", steps_begun=5)
    page.goto(page.url)
    assert page.get_by_text("Step 5 of at most 14").is_visible()
    looks_right(page)
    Run.objects.update(failure=actions.OUR_FAULT)
    page.goto(page.url.split("?")[0])
    looks_right(page)

    follow(page.get_by_role("button", name="Start again"))
    follow(page.get_by_role("link", name="Stop looking again"))
    run_jobs()
    page.goto(page.url.split("?")[0])
    assert page.get_by_role("heading", name="Methods side by side").is_visible()
    looks_right(page)
    page.goto("/estimates/")
    looks_right(page)
    assert watch.faults == []


def test_without_javascript_the_page_looks_again_until_the_panel_is_there(desk):
    page, watch = desk(java_script_enabled=False)
    fill(page)
    follow(page.get_by_role("button", name="Make the estimate"))
    with a_worker():
        page.get_by_role("button", name="Download PDF").wait_for(timeout=240_000)
    with page.expect_download() as given:
        page.get_by_role("button", name="Download PDF").click()

    assert given.value.path().read_bytes().startswith(b"%PDF-")
    assert watch.faults == []
