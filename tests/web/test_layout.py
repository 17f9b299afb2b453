"""What every page has: its own clothes, nothing from elsewhere, times in words."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from palermo.web import clock, layout


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2010, 4, 1), "1 April 2010"),
        ("2010-04-01", "1 April 2010"),
        ("2010-04-01T09:00:00+01:00", "1 April 2010"),
        (datetime(2010, 6, 30, 23, 30, tzinfo=UTC), "1 July 2010"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_a_day_in_words_is_the_forces_own(value, words):
    assert layout.day_words(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2010, 1, 5, 0, 5, tzinfo=UTC), "5 January 2010 at 12:05am"),
        (datetime(2010, 1, 5, 12, 0, tzinfo=UTC), "5 January 2010 at 12:00pm"),
        (datetime(2010, 7, 5, 8, 5, tzinfo=UTC), "5 July 2010 at 9:05am"),
        (None, "–"),
    ],
)
def test_a_moment_in_words_is_the_forces_own_time(value, words):
    assert layout.moment_words(value) == words


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(days=2, hours=3), "2 days left"),
        (timedelta(days=1), "1 day left"),
        (timedelta(hours=3, minutes=59), "3 hours left"),
        (timedelta(minutes=1), "1 minute left"),
        (timedelta(0), "0 minutes left"),
        (-timedelta(hours=5), "5 hours overdue"),
        (-timedelta(days=1), "1 day overdue"),
    ],
)
def test_time_left_is_told_in_the_largest_unit(monkeypatch, away, words):
    now = datetime(2010, 6, 30, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)

    assert layout.time_left(now + away) == words


@pytest.fixture
def pages(accounts):
    """Pages of every kind: before signing in, a form, one that is refused, one that is not there."""
    partner, analyst = Client(), Client()
    partner.force_login(accounts["partner"])
    analyst.force_login(accounts["analyst"])
    found = {
        200: [Client().get("/sign-in/"), partner.get("/refer/"), partner.get("/sent/")],
        403: [analyst.get("/refer/"), Client(enforce_csrf_checks=True).post("/sign-in/", {})],
        404: [partner.get("/no-such-page/"), partner.get("/sent/PAL-NONE-NONE/")],
    }
    assert {status: {page.status_code for page in some} for status, some in found.items()} == {
        status: {status} for status in found
    }
    return [page for some in found.values() for page in some]


def test_pages_have_no_code_and_no_style_between_their_lines(pages):
    for page in pages:
        text = page.content.decode()
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
        assert scripts
        assert all('src="/static/' in attributes and not body for attributes, body in scripts)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_pages_load_nothing_from_elsewhere(pages):
    for page in pages:
        text = page.content.decode()
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', text)
        loaded += re.findall(r'<link[^>]* href="([^"]+)"', text)
        assert loaded
        assert all(address.startswith("/static/") for address in loaded)


def test_pages_are_not_kept_by_shared_computers(pages):
    for page in pages:
        assert "no-store" in page.headers["Cache-Control"]


def test_pages_can_be_read_by_everyone(pages):
    for page in pages:
        text = page.content.decode()
        assert '<html lang="en"' in text
        assert text.count("<h1") == 1
        assert text.count("<main") == 1
        assert 'href="#main-content"' in text
        assert re.search(r"<title>\S.* – Palermo</title>", text)


def test_a_demonstration_says_that_it_is_one(accounts, settings):
    client = Client()
    client.force_login(accounts["partner"])
    for shown in (True, False):
        settings.DEMONSTRATION = shown
        assert ("Everyone here is invented" in client.get("/refer/").content.decode()) is shown


def test_each_role_is_shown_its_own_places(accounts):
    shown = {}
    for username in ("partner", "borough", "administrator"):
        client = Client()
        client.force_login(accounts[username])
        page = client.get("/no-such-page/").content.decode()
        shown[username] = re.findall(r'class="govuk-service-navigation__link" href="([^"]+)"', page)

    assert shown["partner"] == ["/refer/", "/sent/"]
    assert "/my-queue/" in shown["borough"]
    assert not {"/refer/", "/sent/", "/my-queue/"} & set(shown["administrator"])
