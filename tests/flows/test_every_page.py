"""Every page that each role may open is fit for everyone: with a screen reader, without JavaScript, on a phone.

The walk starts where a role starts and follows every link, one real page for each address of the site.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import django
import pytest
from demonstration_site import Site, sign_in
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page

from flows.filing import add_note, add_picture, enter_decision
from flows.referring import LABOUR_IN_NEWHAM, answer, move, refer
from flows.tasking import hold
from flows.visiting import Watch, follow, overflow, violations
from flows.working import every_state, make_file
from routes import routes

pytestmark = pytest.mark.browser

ROLES = (
    "partner",
    "borough",
    "borough-supervisor",
    "officer",
    "supervisor",
    "analyst",
    "commander",
    "auditor",
    "administrator",
)
WHICH_ONE = {"reference", "key", "person", "id", "unit", "clock", "number", "earlier", "other", "operation", "entry"}
"""Parts of an address that say which record: one of them stands for all."""

ANSWERS = (
    "/organisation/?on=2010-03-31&and=2010-04-01",
    "/who-owns-this/?on=2010-03-31&and=2010-04-01&age=adult&exploitation=sexual&organised=yes&borough=Newham",
    "/policy/changes/?count=profiles",
    "/policy/heat/?kind=two&at=sexual.national",
    "/policy/proposals/edit/",
    "/policy/proposals/edit/?effective=2010-10-01&end=F1&count=profiles",
    "/policy/proposals/edit/?effective=2010-10-01&count=profiles&new-1-owner=TP&new-1-when-port=yes&new-1-cites=§11&new-1-why=To+see",
    "/policy/proposals/rule/?effective=2010-10-01&count=profiles&rule=new",
)
"""What only a form leads to."""

KNOWN_BEFORE = {
    "day-day": "1",
    "day-month": "6",
    "day-year": "2010",
    "to": "Front counter, Forest Gate police station",
    "source": "victim",
    "credible": "yes",
    "why": "He named the house.",
}
"""An allegation that reached the force weeks ago."""

SEARCH = "/search/"
SEARCHES = {"kitchen": re.compile(r"^\d+ referrals? found$"), "nobody of that name": re.compile("^Nothing found$")}
"""What is looked for by every role that has a search, and what the page says: the address says nothing of it."""

NOT_BY_A_LINK = {
    # they lead on at once, or take what a form sends
    "home",
    "accounts:sign-out",
    "intake:begin",
    "oversight:proposal-file",
    "cases:changeover-certificate",
    "papers:download",
    "dossier:download",
    "operations:minutes-pdf",
    # nothing was opened in the month before the demonstration begins
    "trail:review",
    # seen by those who are not signed in
    "accounts:sign-in",
}

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
    # the addresses are those of the site's own code; no other test here needs it
    django.setup()
    walked = Walk()
    shapes: set[str] = set()
    watch = Watch(urlsplit(site.address).netloc)
    begun = beginnings(site, browser)
    for username in ROLES:
        context = browser.new_context(base_url=site.address, viewport=DESK)
        context.on("page", watch.over)
        page = context.new_page()
        sign_in(page, site, username)
        plain_context = browser.new_context(
            base_url=site.address, viewport=PHONE, java_script_enabled=False, storage_state=context.storage_state()
        )
        plain = plain_context.new_page()
        for address in addresses(page, begun.get(username, ())):
            response = page.goto(address)
            where = f"{username} at {address}"
            if response is None or response.status != 200:
                walked.wrong["answer"].append(f"{where}: {response and response.status}")
                continue
            plain.goto(address)
            look(walked, shapes, username, where, page, plain)
        for words, found in SEARCHES.items() if page.locator(f'a[href="{SEARCH}"]').count() else ():
            for one in (page, plain):
                search_for(one, words)
            where = f"{username} searching for {words}"
            if not page.get_by_role("heading", name=found).count():
                walked.wrong["answer"].append(f"{where}: not {found.pattern}")
            look(walked, shapes, username, where, page, plain)
        plain_context.close()
        context.close()
    walked.wrong["answer"] += watch.faults
    return walked


def look(walked: Walk, shapes: set[str], username: str, where: str, page: Page, plain: Page) -> None:
    """Hold the page as it stands, and the same without JavaScript on a phone, to what every page is held to."""
    walked.opened.add(resolve(urlsplit(page.url).path).view_name)
    shape = page.evaluate(SHAPE)
    if shape not in shapes:
        shapes.add(shape)
        walked.wrong["axe"] += [f"{username}: {found}" for found in violations(page)]
    page.set_viewport_size(PHONE)
    if overflow(page):
        walked.wrong["phone"].append(f"{where}: {overflow(page)} px too wide")
    page.set_viewport_size(DESK)
    if not plain.get_by_role("heading", level=1).first.is_visible() or overflow(plain):
        walked.wrong["plain"].append(where)


def search_for(page: Page, words: str) -> None:
    page.goto(SEARCH)
    page.get_by_label("What do you look for?").fill(words)
    follow(page.get_by_role("button", name="Search", exact=True))


def beginnings(site: Site, browser: Browser) -> dict[str, tuple[str, ...]]:
    """Records in every state that has pages of its own, by who is to open them: made as people make them."""

    def at_work(username: str) -> Page:
        page = browser.new_context(base_url=site.address).new_page()
        sign_in(page, site, username)
        return page

    partner, borough = at_work("partner"), at_work("borough")
    received = refer(partner, LABOUR_IN_NEWHAM)
    sent = partner.url
    accepted, offered, handed_back = (refer(partner, LABOUR_IN_NEWHAM) for _ in range(3))
    of_police = {"matter": {"matter": "trafficking"}, "nexus": {"nexus": "none"}, "restricted": {"restricted": "yes"}}
    restricted = refer(borough, {**LABOUR_IN_NEWHAM, **of_police})
    for reference in (accepted, offered):
        move(borough, reference, "accept")
    # known long before it was received, so that what follows from that is overdue
    move(borough, received, "first-known/add", KNOWN_BEFORE)
    move(borough, offered, "change/reach", {"choice": "cross_borough", "reason": "A second address was found."})
    officer = at_work("officer")
    support(borough, officer, accepted)
    officer.context.close()
    child = a_child(partner, borough)
    move(borough, handed_back, "hand-back", {"reason": "The address is not in this borough."})
    add_note(borough, accepted)
    add_picture(borough, accepted)
    enter_decision(borough, accepted)
    people = add_people(borough, accepted, received)
    chief = at_work("borough-supervisor")
    cases = every_state(partner, borough, chief)
    made = make_file(chief, accepted)
    chief.context.close()
    draft = a_draft(partner)
    analyst = at_work("analyst")
    estimate = an_estimate(analyst)
    commander = at_work("commander")
    commander.goto("/changeover/?on=2010-04-01")
    follow(commander.get_by_role("button", name="Run the changeover"))
    supervisor = at_work("supervisor")
    tasking = hold(supervisor, commander, accepted)
    supervisor.context.close()
    commander.context.close()
    partner.context.close()
    borough.context.close()
    analyst.context.close()
    records = tuple(f"/referrals/{one}/" for one in (received, accepted, offered, handed_back))
    papers = (f"/referrals/{accepted}/papers/", f"/referrals/{accepted}/decisions/")
    found = {
        "partner": (sent, f"/sent/{received}/", draft),
        "borough": (
            *(*records, f"/referrals/{restricted}/", f"/referrals/{accepted}/support/"),
            *(f"/referrals/{child}/safeguarding/", *people, *papers, *cases, *ANSWERS),
        ),
        "borough-supervisor": (*records, f"/referrals/{restricted}/", *papers, *cases, made),
        "officer": (f"/referrals/{offered}/", f"/referrals/{accepted}/support/"),
        "supervisor": (f"/referrals/{offered}/",),
        "analyst": (estimate,),
        "commander": (*records, *cases, f"/referrals/{accepted}/support/", "/changeover/?on=2010-04-01"),
        "auditor": (*records, people[1], "/changeover/?on=2010-03-31"),
    }
    return {who: (*found.get(who, ()), *tasking.get(who, ())) for who in ROLES}


def support(owner: Page, asked: Page, reference: str) -> None:
    """Requests for support that are not answered, given, refused, and put to the commander."""
    resources = ("tactical_advice", "operational_support", "financial_investigation", "unit_intelligence")
    for resource in resources:
        move(owner, reference, "support/ask", {"resource": f"{resource}|SCD9", "wanted": "How to approach the house."})
    owner.goto(f"/referrals/{reference}/support/")
    links = owner.locator('a[href$="/withdraw/"]').evaluate_all("links => links.map(link => link.href)")
    keys = [link.rstrip("/").split("/")[-2] for link in reversed(links)]
    move(asked, reference, f"support/{keys[1]}/answer", {"choice": "accept", "responsible": "Detective sergeant, vice"})
    for key in keys[2:]:
        move(asked, reference, f"support/{key}/answer", {"choice": "refuse", "reason": "Nobody is free this week."})
    move(owner, reference, f"support/{keys[3]}/dispute", {"reason": "It cannot wait."})


def add_people(page: Page, reference: str, elsewhere: str) -> tuple[str, ...]:
    """People and places of the referral, connected; gives the addresses of their pages, and what a search leads to."""
    here = f"/referrals/{reference}/people"

    def add(kind: str, **given: str) -> str:
        how = {"grounds": "allegation", "said": "A neighbour", "source": "Statement of 3 March 2010"}
        page.goto(f"{here}/add/{kind}/")
        answer(page, {**given, **how})
        follow(page.get_by_role("button", name="Add it"))
        return urlsplit(page.url).path

    victim = add("person", words="Ilinca Sandu", role="potential_victim")
    subject = add("person", words="Radu Pop", role="subject")
    other = add("person", words="Radu Popp", role="subject")
    key_of = {person: person.strip("/").rsplit("/", 1)[1] for person in (victim, subject, other)}
    add("address", lines="5 Quiet Close", role="lives", about=key_of[victim])
    place = add("address", lines="12 Salt Lane", role="exploited")
    van = add("vehicle", registration="AB10 CDE", role="used", about=key_of[subject])
    phone = add("phone", sort="phone", given="020 7946 0000", role="used", about=key_of[subject])
    same = f"{here}/{key_of[subject]}/same/{key_of[other]}/"
    page.goto(same)
    answer(page, {"reason": "The same scar."})
    follow(page.get_by_role("button", name="Note it"))
    link = f"/referrals/{elsewhere}/people/{key_of[subject]}/link/?as=subject"
    return (*(f"{record}?in={reference}" for record in (victim, subject, place, van, phone)), same, link)


def a_child(partner: Page, owner: Page) -> str:
    """A referral that turns out to be about a child, whose partner was told; gives its reference."""
    reference = refer(partner, LABOUR_IN_NEWHAM)
    move(owner, reference, "accept")
    move(owner, reference, "change/age", {"choice": "child", "reason": "Her passport came."})
    when = {"day-day": "2", "day-month": "3", "day-year": "2010", "time": "9:30"}
    told = {"how": "telephone", "to_post": "Duty social worker", "says": "A girl of fifteen is at the hostel."}
    move(owner, reference, "safeguarding/tell", {**when, **told})
    return reference


def a_draft(page: Page) -> str:
    """A referral begun, with one person on it; gives its address."""
    page.goto("/refer/")
    follow(page.get_by_role("button", name="Start a new referral"))
    begun = page.url
    page.goto(f"{begun}people/")
    follow(page.get_by_role("button", name="Add a person"))
    page.get_by_label("Given names").fill("Ilinca")
    follow(page.get_by_role("button", name="Save and continue"))
    return begun


def an_estimate(page: Page) -> str:
    """An estimate from a published example, made to its end; gives its address."""
    page.goto("/estimates/new/")
    page.get_by_label("Title").fill("The United Kingdom’s lists of 2013")
    page.get_by_label("A published example").check()
    page.get_by_label("Example", exact=True).select_option("uk-2013-five-lists")
    follow(page.get_by_role("button", name="Make the estimate"))
    # the page looks again by itself
    page.get_by_role("button", name="Download PDF").wait_for(timeout=120_000)
    return page.url


def addresses(page: Page, begun: tuple[str, ...]) -> Iterator[str]:
    """The addresses to open: those given, and each found as a link on one opened before.

    The caller opens each before it asks for the next.
    """
    ahead = deque([page.url, *(urljoin(page.url, address) for address in begun)])
    given = set(ahead)
    known: set[tuple[object, ...]] = set()
    while ahead:
        address = ahead.popleft()
        kind = kind_of(address)
        if kind is None or (kind in known and address not in given):
            continue
        given.discard(address)
        known.add(kind)
        yield address
        ahead.extend(page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"))


def kind_of(address: str) -> tuple[object, ...] | None:
    """What makes a page another kind of page than those seen; None for an address that is not one of ours."""
    try:
        found = resolve(urlsplit(address).path)
    except Resolver404:
        return None
    return (found.view_name, *((name, value) for name, value in sorted(found.kwargs.items()) if name not in WHICH_ONE))


def test_every_page_that_a_link_leads_to_opens_without_a_fault(walk: Walk):
    assert walk.wrong["answer"] == []


def test_axe_finds_nothing_on_any_page(walk: Walk):
    assert walk.wrong["axe"] == []


def test_no_page_is_wider_than_a_phone(walk: Walk):
    assert walk.wrong["phone"] == []


def test_every_page_says_what_it_is_without_javascript(walk: Walk):
    assert walk.wrong["plain"] == []


def test_every_address_of_the_site_was_opened(walk: Walk):
    assert set(dict(routes())) - walk.opened == NOT_BY_A_LINK


def test_the_sign_in_page_is_fit_for_everyone(site: Site, browser: Browser):
    page = browser.new_page(base_url=site.address, viewport=PHONE)
    page.goto("/sign-in/")

    assert violations(page) == []
    assert overflow(page) == 0
