"""Every page of casework in a real browser: nothing that keeps anybody out, no message, no request to elsewhere."""

import shutil

import pytest

from palermo.web import policy
from palermo.web.cases import actions
from web.cases.casebook import OF_PALADIN, a_referral, accepted, case_of, escalated, owner_of, seen

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW, WIDE = {"width": 375, "height": 800}, {"width": 1200, "height": 900}

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


class Desk:
    """Somebody's browser: opens pages and looks at each as axe, as the console and as a narrow screen do."""

    def __init__(self, page, address: str):
        from axe_playwright_python.sync_playwright import Axe

        self.page, self.address, self.axe, self.faults = page, address, Axe(), []
        page.on("console", lambda said: self.said(said))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.requested(request.url))

    def said(self, message) -> None:
        # a page that answers with 400 or 409 is meant to; the browser notes it all the same
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            self.faults.append(message.text)

    def requested(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"request to {url}")

    def open(self, path: str, status: int = 200) -> None:
        assert self.page.goto(self.address + path).status == status, path
        self.look()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def look(self) -> None:
        found = self.axe.run(self.page, options=AXE).response["violations"]
        self.faults += [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]
        self.page.set_viewport_size(NARROW)
        if self.page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
            self.faults.append("wider than a narrow screen")
        self.page.set_viewport_size(WIDE)
        assert self.faults == [], self.page.url


@pytest.fixture
def desk(browser, live_server, signed_in):
    """Makes a desk of an account by its sign-in name."""

    def of(username: str, **options: object) -> Desk:
        context = browser.new_context(viewport=WIDE, **options)
        session = signed_in(username).cookies["session"].value
        context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        return Desk(context.new_page(), live_server.url)

    return of


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
    commander.open(f"/referrals/{restricted.reference}/name/")


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_queue_to_the_new_owner(accounts, desk, scripts):
    referral = a_referral(by=accounts["partner"])
    officer = desk("borough", java_script_enabled=scripts)
    page = officer.page

    page.goto(officer.address + "/my-queue/")
    page.get_by_role("link", name=referral.reference).click()
    page.get_by_role("button", name="Accept it").click()
    officer.press("Accept")
    page.get_by_role("link", name="Change number of potential victims").click()
    page.get_by_label("More than one").check()
    page.get_by_label("How do you know?").fill("A second woman came forward.")
    officer.press("Correct it")
    assert "The remit gives it to SCD9 now." in page.get_by_role("alert").inner_text()

    asked = desk("officer", java_script_enabled=scripts)
    asked.page.goto(asked.address + "/my-queue/")
    asked.page.get_by_role("link", name=f"Answer the offer of {referral.reference}").click()
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
