"""Every address of the site, asked by every account about referrals of every sensitivity.

The rows are the site's own routes: one that has no row here fails. What is held against is written by hand, in
`worlds.SEES` and in `OPEN_TO`. Whoever may not see a referral is answered as if there were none, to the byte.
"""

import re
from types import MappingProxyType
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from palermo.web import clock
from palermo.web.intake.actions import begin_draft
from palermo.web.intake.models import Event
from palermo.web.notices.models import Notice
from routes import routes
from web.access.worlds import EVERYBODY, OWNERS, SEES, Held, make
from web.operations.planning import opened, proposed

pytestmark = pytest.mark.django_db

NOBODYS = "PAL-ZZZZ-ZZZZ"
"""A reference that no referral has."""
ANY = UUID(int=7)


ROUTES = dict(routes())
OF_ONE = sorted(name for name, parts in ROUTES.items() if "reference" in parts)
OF_NONE = sorted(name for name, parts in ROUTES.items() if not parts)

KEYS = MappingProxyType(
    {
        "clock": "clock",
        "number": "document",
        "earlier": "decision",
        "id": "subject",
        "other": "address",
        "dossier key": "file",
        "duties key": "allegation",
        "support key": "request",
        "operations key": "operation",
        "papers:correct-note number": "note",
        "people:contact id": "victim",
        "people:end-name key": "name",
        "people:role key": "role",
        "people:end-role key": "role",
        "people:end-connection key": "tie",
        "people:end-same key": "tie",
    }
)
"""Which key of a referral stands in which part of an address."""
WORDS = MappingProxyType(
    {
        "cases:change field": "reach",
        "people:find kind": "person",
        "people:add kind": "person",
        "people:change what": "born",
    }
)
SEARCHES = ("promised a job", "Pop", "Lane", "020 7946", "visited tonight", "PAL")
GUESSED = MappingProxyType(
    {
        "version": "1",
        "event": "1",
        "page": "guessed",
        "reason": "To see.",
        "choice": "SCD9|",
        "text": "To see.",
        "recipient": "A lawyer",
        "what": "To see.",
        "outcome": "charge",
        "resource": "tactical_advice|SCD9",
    }
)
"""What somebody sends who has seen the form of another referral."""
ONLY_LATER = {"people:end-same", "operations:unlink", "intake:status"}
"""Pages of what is on no referral here."""

POLICE = frozenset({"borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"})
CHIEFS = frozenset({"borough-supervisor", "supervisor", "paladin-supervisor"})
OVER_UNITS = frozenset({"commander", "auditor"})
PALERMOS_OWN = EVERYBODY - {"partner"}
PLANNERS = frozenset({"officer", "supervisor"})
"""Who works in the unit that the operation here is of."""
SEE_OPERATION = PLANNERS | OVER_UNITS | {"analyst"}
NOBODY: frozenset[str] = frozenset()
THE_PARTNER = frozenset({"partner"})
OPEN_TO = MappingProxyType(
    {
        **dict.fromkeys((name for name in ROUTES if name.startswith("oversight:")), PALERMOS_OWN),
        # they need what only a form gives
        **dict.fromkeys(("oversight:move", "oversight:proposal-move", "oversight:proposal-rule"), NOBODY),
        "home": EVERYBODY,
        "accounts:sign-in": EVERYBODY,
        "accounts:sign-out": EVERYBODY,
        "intake:start": POLICE | THE_PARTNER,
        "intake:begin": EVERYBODY,
        "intake:sent": POLICE | THE_PARTNER,
        # a draft is its writer's, and this one is the partner's
        **dict.fromkeys(("intake:tasks", "intake:check", "intake:delete", "intake:people"), THE_PARTNER),
        **dict.fromkeys(("intake:remove-person", "intake:question"), THE_PARTNER),
        **dict.fromkeys(("intake:done", "intake:person-question"), NOBODY),
        "cases:my-queue": POLICE,
        "cases:mine": POLICE,
        "cases:queues": OVER_UNITS,
        "cases:unit-queue": OVER_UNITS,
        "cases:notices": PALERMOS_OWN,
        "cases:notices-not-sent": PALERMOS_OWN - {"analyst"},
        "cases:emergencies": CHIEFS | OVER_UNITS,
        "cases:emergency": POLICE | {"commander"},
        "cases:changeover": CHIEFS | OVER_UNITS,
        # no night was run
        **dict.fromkeys(("cases:changeover-night", "cases:changeover-certificate"), NOBODY),
        "duties:breaches": CHIEFS | OVER_UNITS,
        "papers:crimes": CHIEFS | OVER_UNITS,
        "people:record": PLANNERS | OVER_UNITS,
        # no address here is marked secret
        "people:secret": NOBODY,
        "trail:trail": CHIEFS | {"auditor"},
        "trail:sample": CHIEFS,
        # nothing was opened in the month before
        "trail:review": NOBODY,
        # of an officer of that unit, and of a subject in a case of it
        "trail:account": {"supervisor", "auditor"},
        "trail:person": {"supervisor"} | OVER_UNITS,
        "search:search": POLICE | OVER_UNITS,
        "support:requests": POLICE | OVER_UNITS,
        "support:list": POLICE,
        "support:untold": CHIEFS | OVER_UNITS,
        **dict.fromkeys((name for name in ROUTES if name.startswith("operations:propose-")), NOBODY),
        "operations:operations": PALERMOS_OWN - {"administrator"},
        "operations:tasks": POLICE | OVER_UNITS,
        "operations:task": NOBODY,
        "operations:propose": POLICE | {"commander"},
        "operations:propose-again": SEE_OPERATION,
        "operations:operation": SEE_OPERATION,
        **dict.fromkeys(("operations:plan", "operations:score", "operations:link"), SEE_OPERATION),
        **dict.fromkeys(("operations:start", "operations:end", "operations:use", "operations:result"), SEE_OPERATION),
        **dict.fromkeys(("operations:cost", "operations:report", "operations:put-right"), SEE_OPERATION),
        "operations:meetings": CHIEFS | OVER_UNITS,
        "operations:meeting-new": CHIEFS | {"commander"},
        **dict.fromkeys(("operations:meeting", "operations:agenda", "operations:meeting-add"), CHIEFS | OVER_UNITS),
        **dict.fromkeys(("operations:meeting-open", "operations:meeting-cancel"), CHIEFS | OVER_UNITS),
        **dict.fromkeys(("operations:meeting-close", "operations:decide-case"), CHIEFS | OVER_UNITS),
        **dict.fromkeys(("operations:decide-other", "operations:decide"), CHIEFS | OVER_UNITS),
        "operations:decide-resources": CHIEFS | OVER_UNITS,
        "operations:minutes-pdf": EVERYBODY,
        "intelligence:estimates": {"analyst"} | OVER_UNITS,
        "intelligence:new": {"analyst", "commander"},
        "intelligence:estimate": NOBODY,
    }
)
"""Who gets each page that is of no one referral, or is told that it cannot do this now. Others get 403 or 404."""


OF_MAIL = frozenset({"cases:notices", "cases:notices-not-sent"})
"""Where administrators are told that a message did not go out, since they are who can mend that; never what about."""


def address(name: str, held: Held, reference: str = "") -> str:
    """The address of that name about that referral; with another reference, else the same."""
    parts: dict[str, object] = {"reference": reference or held.referral.reference}
    space = name.partition(":")[0]
    for part in ROUTES[name] - {"reference"}:
        key = KEYS.get(f"{name} {part}") or KEYS.get(f"{space} {part}") or KEYS.get(part, "")
        parts[part] = WORDS.get(f"{name} {part}") or held.keys[key]
    return reverse(name, kwargs=parts)


@pytest.fixture
def clients(accounts, signed_in) -> dict[str, Client]:
    return {who: signed_in(who) for who in sorted(EVERYBODY)}


@pytest.fixture
def world(accounts) -> dict[str, Held]:
    return {kind: make(kind, accounts) for kind in OWNERS}


def body(response) -> bytes:
    """What was answered, without what is different each time."""
    content = response.getvalue() if response.streaming else response.content
    return re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", content)


def test_every_route_has_a_row():
    assert set(ROUTES) - set(OF_ONE) == set(OPEN_TO)


def test_who_sees_a_referral_is_who_is_to_see_it(world, clients):
    for kind, held in world.items():
        page = address("cases:referral", held)
        assert {who for who in EVERYBODY if clients[who].get(page).status_code == 200} == SEES[kind], kind


def test_no_page_of_a_referral_is_different_from_that_of_none_for_whoever_may_not_see_it(world, clients):
    """Every account at every address, in turn about each of the referrals that it may not see."""
    events = Event.objects.count()
    for who, client in clients.items():
        hidden = [held for kind, held in world.items() if who not in SEES[kind]]
        for turn, name in enumerate(OF_ONE if hidden else ()):
            held = hidden[turn % len(hidden)]
            there, nowhere = address(name, held), address(name, held, NOBODYS)
            for ask in (client.get, lambda path, client=client: client.post(path, GUESSED)):
                answer, of_none = ask(there), ask(nowhere)
                assert (answer.status_code, body(answer)) == (of_none.status_code, body(of_none)), f"{who} at {there}"
                assert answer.status_code in (400, 403, 404, 405), f"{who} at {there}"
    assert Event.objects.count() == events


def test_every_page_of_a_referral_is_there_for_somebody(world, clients):
    """Otherwise the test above would hold for an address that nobody can reach."""
    for name in set(OF_ONE) - ONLY_LATER:
        asked = ((client, held) for kind, held in world.items() for who, client in clients.items() if who in SEES[kind])
        assert any(client.get(address(name, held)).status_code in (200, 302, 405, 409) for client, held in asked), name


@pytest.mark.parametrize("name", sorted(OPEN_TO))
def test_a_page_that_is_of_no_one_referral_is_open_to_whom_it_is_for(name, accounts, clients):
    parts = {part: word(name, part, accounts) for part in ROUTES[name]}
    answers = {who: client.get(reverse(name, kwargs=parts)).status_code for who, client in clients.items()}

    assert {who for who, status in answers.items() if status not in (403, 404)} == OPEN_TO[name], answers
    assert max(answers.values()) < 500


def word(name: str, part: str, accounts) -> object:
    """What stands in a part of the address of a page that is of no one referral."""
    space = name.partition(":")[0]
    if space == "intake":
        return begin_draft(accounts["partner"]).pk if part == "key" else {"person": "0123abcd", "slug": "age"}[part]
    if name == "trail:account":
        return accounts["officer"].pk
    if name in ("people:record", "trail:person"):
        return make("unit", accounts).keys["subject"]
    if name.startswith(("operations:meeting", "operations:decide", "operations:agenda", "operations:minutes")):
        if part == "section":
            return "new"
        return proposed(accounts["supervisor"]).key if part == "operation" else opened(accounts["commander"]).pk
    if space == "operations" and part == "key" and name != "operations:task":
        return proposed(accounts["supervisor"]).key
    given = {"unit": "SCD9", "key": 1, "entry": 1, "kind": "cost", "show": "asked"}
    return given.get(part) or ("A1" if name == "oversight:rule" else ANY)


# Lists, counts and notices


def pages(client: Client) -> dict[str, bytes]:
    """Every page that needs no key, and what answers to searches for what stands on every referral here."""
    listed = {name: body(client.get(reverse(name))) for name in OF_NONE if name not in ("home", "accounts:sign-out")}
    asked = {f"search for {words}": body(client.post(reverse("search:search"), {"words": words})) for words in SEARCHES}
    return listed | asked


def test_no_list_and_no_notice_tells_of_a_referral_that_may_not_be_seen(world, clients, accounts):
    for who, client in clients.items():
        told = b"".join(pages(client).values()).decode()
        for kind, held in world.items():
            if who not in SEES[kind]:
                assert not [mark for mark in held.marks if mark in told], f"{who} reads of {kind}"
                assert not Notice.objects.filter(account=accounts[who], reference=held.referral.reference).exists()


@pytest.mark.parametrize("kind", sorted(OWNERS))
def test_a_referral_more_that_may_not_be_seen_changes_no_byte(kind, clients, accounts):
    """Two worlds, with and without it: every list and every count is the same."""
    with clock.standing_at(clock.now()):
        make("borough", accounts)
        make(kind, accounts)
        outside = {who: clients[who] for who in sorted(EVERYBODY - SEES[kind])}
        before = {who: pages(client) for who, client in outside.items()}
        make(kind, accounts)
        for who, client in outside.items():
            after = pages(client)
            told = {name for name in after if after[name] != before[who][name]}
            assert told <= (OF_MAIL if who == "administrator" else NOBODY), who
