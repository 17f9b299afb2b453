"""Does a page take more queries where it has more rows? Every address of the site is opened with few and with many.

The addresses come from the site's own code, and records from following links, as each role. Of every address that
opens it is known whether what it shows has become more: a page with a list that nothing fills would prove nothing.
"""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from palermo.domain.allegations import Source
from palermo.domain.people import Tie
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.cases import actions as moves
from palermo.web.cases.models import Changeover, ChangeoverLine
from palermo.web.cases.queries import work_for
from palermo.web.dossier.models import CaseFile
from palermo.web.duties import actions as duties
from palermo.web.duties.actions import Alleged
from palermo.web.intake.models import Draft, Referral
from palermo.web.intelligence.models import Estimate
from palermo.web.operations.actions import meetings as tasking
from palermo.web.operations.actions import operations as planning_actions
from palermo.web.operations.models import AgendaLine, Meeting, Operation
from palermo.web.people import actions as people
from palermo.web.people.actions import NameGiven
from palermo.web.support import actions as support
from routes import routes
from web.cases.casebook import OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen
from web.duties.watching import received, told_at
from web.operations import planning
from web.papers.filing import a_decision, a_document, a_note, crimes
from web.people.gathering import a_person, a_phone, a_vehicle, an_address, connected, victim_of
from web.support.asking import asked

pytestmark = pytest.mark.django_db

DAY = date(2010, 6, 30)
FEW, MANY = 2, 9
WHO = (
    *("borough-supervisor", "borough", "supervisor", "officer", "paladin-supervisor", "commander"),
    *("auditor", "analyst", "partner", "administrator"),
)
WHICH_ONE = {"reference", "key", "person", "id", "unit", "operation"}
"""Parts of an address that say in words which record; numbers always do."""

LISTS_NOTHING_THAT_GROWS = {
    "accounts": "nothing is kept that these pages show",
    "oversight": "they show the policy, and of the referrals sums; a pack does not grow with the work",
}
"""Whole parts of the site."""
FIXED = {
    # a form about one record, which it shows, with choices that the pack or the organisation gives
    **dict.fromkeys(
        (
            *("intake:check", "intake:question", "intake:person-question", "intake:remove-person", "intake:delete"),
            *("cases:accept", "cases:take", "cases:hand-back", "cases:change", "cases:escalate", "cases:done"),
            *("cases:answer", "cases:assess", "cases:investigate", "cases:dispute", "cases:arbitrate", "cases:suspend"),
            *("cases:resume", "cases:close", "cases:reopen", "cases:next", "cases:pause", "cases:restart"),
            *("cases:settle", "cases:allocate", "cases:name", "cases:emergency", "trail:review"),
            *("duties:answer", "duties:add-allegation", "duties:judge-allegation"),
            *("papers:add-note", "papers:correct-note", "papers:add-document", "papers:document", "papers:original"),
            *("papers:withdraw", "papers:decide", "papers:follow", "papers:crime"),
            *("people:find", "people:add", "people:link", "people:change", "people:name", "people:end-name"),
            *("people:contact", "people:role", "people:end-role", "people:end-connection", "people:find-same"),
            *("people:note-same", "people:end-same", "people:secret"),
            *("support:tell-partner", "support:partner-contact", "support:ask", "support:answer", "support:withdraw"),
            *("support:dispute", "support:arbitrate", "support:responsible", "support:end"),
            *("operations:propose-plan", "operations:propose-resources", "operations:propose-scoring"),
            *("operations:propose-check", "operations:propose-delete", "operations:plan", "operations:score"),
            *("operations:propose-again", "operations:start", "operations:end", "operations:link", "operations:unlink"),
            *("operations:use", "operations:result", "operations:cost", "operations:report", "operations:put-right"),
            *("operations:meeting-new", "operations:meeting-open", "operations:meeting-cancel"),
            *(
                "operations:meeting-close",
                "operations:meeting-add",
                "operations:decide-case",
                "operations:decide-other",
            ),
            *("operations:decide", "operations:decide-resources", "operations:task"),
            *("dossier:story", "dossier:made", "intelligence:new", "intelligence:estimate", "intake:tasks"),
        ),
        "a form on one record",
    ),
    "search:search": "a form; what it finds is asked for by sending it, and counted in the tests of search",
    "trail:account": "fifty lines from the beginning; with fewer it is opened in the tests of the trail",
    "intake:done": "what became of one referral",
    "intake:status": "how one referral stands: its sender is told three lines",
    "intake:people": "the people of one draft, which is one row",
    "cases:queues": "a line a unit",
    "papers:download": "one file",
    "cases:changeover-certificate": "a document that was made once",
    "operations:minutes-pdf": "a document of minutes that were kept once",
}
"""Addresses that show no list which grows with the work, and why."""
NOT_OPENED = {
    "home": "it leads on at once",
    "accounts:sign-out": "it takes what a form sends",
    "accounts:sign-in": "for those who are not signed in",
    "intake:begin": "it takes what a form sends",
    "dossier:download": "it takes what a form sends",
    **dict.fromkeys(
        ("oversight:proposal-file", "oversight:proposal-move", "oversight:proposal-rule"),
        "a form leads there, and they show a draft of policy",
    ),
}


@dataclass
class World:
    """Records of which each has lists on its pages."""

    who: dict[str, User]
    case: Referral
    child: Referral
    operation: Operation
    sitting: Meeting
    person: UUID
    draft: Draft
    night: Changeover
    numbers: int = 0
    begun: dict[str, list[str]] = field(default_factory=dict)

    def next(self) -> int:
        self.numbers += 1
        return self.numbers


def a_world(who: dict[str, User]) -> World:
    officer, commander = who["borough"], who["commander"]
    case = accepted(officer)
    moves.take(officer, case.reference, seen(case))
    child = a_referral(OF_PALADIN, by=who["partner"])
    operation = planning.in_state(planning.proposed(who["supervisor"]), "running")
    sitting = tasking.plan(commander, clock.today(), [])
    tasking.open_meeting(commander, sitting.pk, planning.seen_of(sitting), ())
    world = World(
        who=who,
        case=case,
        child=child,
        operation=operation,
        sitting=sitting,
        person=a_person(officer, case).pk,
        draft=Draft.objects.create(owner=who["partner"], answers={"people": {}}),
        night=a_night(commander),
    )
    in_every_state(world)
    for one in ("borough-supervisor", "commander", "auditor", "borough"):
        world.begun[one] = [
            f"/referrals/{case.reference}/",
            f"/tasking/{sitting.pk}/",
            f"/changeover/{world.night.pk}/",
        ]
    world.begun["supervisor"] = [f"/operations/{operation.key}/", f"/tasking/{sitting.pk}/"]
    world.begun["paladin-supervisor"] = [
        f"/referrals/{child.reference}/support/",
        f"/referrals/{child.reference}/safeguarding/",
    ]
    world.begun["partner"] = [f"/refer/{world.draft.pk}/"]
    for one in ("commander", "auditor", "borough-supervisor"):
        world.begun[one].append("/changeover/?on=2010-07-01")
    # lines of an agenda are shown whole where there are many
    world.begun["auditor"] += [f"/trail/people/{world.person}/"]
    world.begun["auditor"] += ["/queues/TP/", f"/tasking/{sitting.pk}/agenda/new/"]
    return world


def a_night(by: User) -> Changeover:
    return Changeover.objects.create(
        day=clock.today(),
        run_at=clock.now(),
        by=by,
        by_words=by.post,
        pack=policy.pack().id,
        pack_hash="",
        certificate={
            "says": "",
            "hash": "",
            "passed": 0,
            "open": 0,
            "offers_withdrawn": 0,
            "offers_asked_elsewhere": 0,
            "requests_ended": 0,
            "owners": {},
            "units": [],
            "run_at": clock.now().isoformat(),
            "by": by.post,
            "pack": "",
            "pack_hash": "",
            "orphans": 0,
            "owners_hash": "",
            "day": clock.today().isoformat(),
        },
    )


def in_every_state(world: World) -> None:
    """Cases on which each move can be made; they stand in the queue, and links lead to their forms."""
    officer, chief = world.who["borough"], world.who["borough-supervisor"]
    a_referral(by=world.who["partner"])
    escalated(officer)
    back = accepted(officer)
    moves.hand_back(officer, back.reference, seen(back), "not ours")
    disputed = accepted(officer)
    moves.dispute(officer, disputed.reference, seen(disputed), ("SCD9", ""), "they have the house")
    suspended = accepted(officer)
    moves.suspend(chief, suspended.reference, seen(suspended), clock.today() + timedelta(days=9), "abroad")
    closed = accepted(officer)
    moves.close(chief, closed.reference, seen(closed), "victim_support_only", "safe")


def more(world: World) -> None:
    """One more of everything that some page lists."""
    who, case, child, number = world.who, world.case, world.child, world.next()
    officer, chief, commander = who["borough"], who["borough-supervisor"], who["commander"]
    # the queues, what is sent, overdue, offered, restricted and mine, and the notices of all that
    a_referral(by=who["partner"])
    a_referral(OF_SCD9, by=who["partner"])
    received(by=who["partner"])
    received(by=who["partner"], facts=OF_SCD9)
    escalated(officer)
    restricted = accepted(chief, restricted=True)
    moves.open_in_emergency(officer, restricted.reference, "she called, and nobody else is here")
    mine = accepted(officer)
    moves.take(officer, mine.reference, seen(mine))
    told_at(clock.now())
    moves.plan_next(officer, case.reference, seen(case), f"Ask again, {number}", clock.today() + timedelta(days=3))
    # what was refused, and what was opened the month before
    hidden = a_referral(OF_SCD9, by=who["partner"], restricted=True)
    work_for(who["paladin"], hidden.reference, "referral")
    with clock.standing_at(clock.now() - timedelta(days=31)):
        work_for(officer, case.reference, "referral")
    # the case
    a_note(officer, case)
    a_decision(officer, case)
    a_document(officer, case, f"paper {number}".encode(), f"paper-{number}.txt")
    crimes(officer, case, f"{1000 + number}/10", reason="" if number == 1 else "one more", seen=number - 1)
    alleged = Alleged(clock.now() - timedelta(days=number), True, "Front counter", Source.VICTIM, False, "vague")
    duties.record_allegation(officer, case.reference, alleged, page=f"page-{number}")
    subject = a_person(officer, case, f"Radu {planning.letters(number)}")
    place = an_address(officer, case, f"{number} Salt Lane")
    connected(officer, case, subject, Tie.WORKS_AT, place)
    connected(officer, case, subject, Tie.KNOWS, victim_of(case))
    a_vehicle(officer, case, f"AB{number:02} CDE")
    a_phone(officer, case, f"020 7946 {number:04}")
    of_it = case.reference, world.person
    people.add_name(officer, *of_it, NameGiven("alias", f"Pop {planning.letters(number)}"), "he said so")
    people.note_same(officer, *of_it, subject.pk, "the same scar")
    an_address(officer, case, f"{number} Mill Row", about=None)
    CaseFile.objects.create(
        referral=case, asked_at=clock.now(), asked_by=chief, by_words=chief.post, recipient="A lawyer", reason="a claim"
    )
    # support and the safeguarding partner
    given = asked(who, child)
    support.accept(who["supervisor"], child.reference, given.pk, "Detective sergeant, vice", "")
    support.end(who["supervisor"], child.reference, given.pk, "Nobody came")
    of_another = a_referral(OF_PALADIN, by=who["partner"])
    asked(who, of_another)
    support.add_contact(
        who["paladin-supervisor"],
        child.reference,
        support.Contact(
            kind="told", at=clock.now(), how="telephone", to_post="Duty officer", says="A girl of fifteen."
        ),
        page=f"page-{number}",
    )
    # operations and tasking
    key = world.operation.key
    lead = who["supervisor"]
    planning.proposed(lead)
    planning.linked(world.operation, a_referral(OF_SCD9, by=who["partner"]), lead)
    planning_actions.use(lead, key, planning.a_page(), planning.VICE, Decimal(1), planning.today())
    planning_actions.result(lead, key, planning.a_page(), "arrests", Decimal(1), planning.today())
    planning_actions.cost(lead, key, planning.a_page(), "travel", "spent", Decimal(9), planning.today())
    meeting = tasking.plan(commander, clock.today() + timedelta(days=number), [("SCD9", "")])
    assert meeting
    assigned = tasking.Assigned(("SCD9", ""), None, clock.today() + timedelta(days=5))
    tasking.decide_other(commander, world.sitting.pk, planning.seen_of(world.sitting), "Go there.", "Why.", assigned)
    for section in ("breached", "new"):
        AgendaLine.objects.create(
            meeting=world.sitting,
            section=section,
            place=1000 + number,
            referral=of_another,
            detail={
                "unit": "SCD5-PALADIN",
                "borough": "",
                "clocks": [],
                "received": clock.now().isoformat(),
                "state": "received",
            },
        )
    # what else is kept
    Draft.objects.create(owner=who["partner"], answers={"about": {}})
    draft = planning_actions.begin(lead)
    planning_actions.save_draft(lead, draft.pk, "plan", {"name": f"Heron {planning.letters(number)}"})
    Estimate.objects.create(
        title=f"Estimate {number}",
        by=who["analyst"],
        asked_at=clock.now(),
        table="",
        lists=["A", "B"],
        observed=5,
        inputs_sha256="",
        scope={},
        seed=1,
        smallest_shown=0,
        version="1",
        key=f"key-{number}",
    )
    ChangeoverLine.objects.create(
        changeover=world.night, referral=mine, from_unit="TP", to_unit="TP", to_borough="Newham", cause="remit_changed"
    )
    a_night(commander)


# Opening


@dataclass
class Opened:
    """One address as one account has it: the queries it took, and how many elements it has, few and many."""

    who: str
    path: str
    queries: list[list[str]] = field(default_factory=list)
    elements: list[int] = field(default_factory=list)


@dataclass
class Walk:
    opened: dict[str, list[Opened]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk(django_db_setup, django_db_blocker) -> Iterator[Walk]:
    """Everything that links lead to, opened where there is little and where there is much; nothing of it is kept."""
    from django.conf import settings
    from django.utils import timezone

    from palermo.web.accounts.demonstration import make_accounts

    before = getattr(settings, "DAYS_SHIFTED", 0)
    with django_db_blocker.unblock(), transaction.atomic():
        settings.DAYS_SHIFTED = (DAY - timezone.localdate()).days
        make_accounts()
        world = a_world({user.username: user for user in User.objects.all()})
        for _ in range(FEW):
            more(world)
        walked, clients = Walk(), {}
        for username in WHO:
            clients[username] = Client()
            clients[username].force_login(world.who[username])
            for path, kind in addresses(clients[username], world.begun.get(username, []), walked):
                walked.opened.setdefault(kind, []).append(Opened(username, path))
        for many in (False, True):
            if many:
                for _ in range(MANY - FEW):
                    more(world)
            for found in walked.opened.values():
                for one in found:
                    measure(clients[one.who], one, walked)
        yield walked
        transaction.set_rollback(True)
    settings.DAYS_SHIFTED = before


def measure(client: Client, one: Opened, walked: Walk) -> None:
    with CaptureQueriesContext(connection) as taken:
        response = client.get(one.path)
    if response.status_code == 409:
        # the form of a move that is over by then
        return
    if response.status_code != 200:
        walked.wrong.append(f"{one.who} at {one.path}: {response.status_code}")
        return
    body = b"" if response.streaming else response.content
    one.queries.append([query["sql"] for query in taken.captured_queries])
    one.elements.append(body.count(b"<"))


def addresses(client: Client, begun: list[str], walked: Walk) -> Iterator[tuple[str, str]]:
    """The first address of each kind that links lead to, and its kind."""
    ahead, known, tried = deque([*begun, "/"]), set(), set()
    while ahead:
        path = ahead.popleft()
        kind = kind_of(path)
        if kind is None or path in tried or (kind in known and path not in begun):
            continue
        tried.add(path)
        if kind.partition(":")[0] in LISTS_NOTHING_THAT_GROWS and kind in walked.opened:
            continue
        response = client.get(path)
        if response.status_code == 302:
            ahead.append(response["Location"])
            continue
        if response.status_code != 200:
            continue
        known.add(kind)
        yield path, kind
        if not response.streaming and "html" in response["Content-Type"]:
            links = re.findall(r'<a [^>]*href="(/[^"]*)"', response.content.decode())
            ahead.extend(html.unescape(link).partition("#")[0] for link in links)


def kind_of(path: str) -> str | None:
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    chosen = (
        str(value)
        for name, value in sorted(found.kwargs.items())
        if name not in WHICH_ONE and not isinstance(value, int | UUID)
    )
    return " ".join([found.view_name, *chosen])


# What is asserted


def test_every_page_opens_with_little_and_with_much(walk: Walk):
    assert walk.wrong == []


def test_every_address_of_the_site_is_opened_or_it_is_said_why_not(walk: Walk):
    opened = {kind.split(" ")[0] for kind in walk.opened}
    assert set(dict(routes())) - opened - set(FIXED) == set(NOT_OPENED)


def test_no_page_takes_more_queries_for_more_rows(walk: Walk):
    grown = [
        f"{one.who} at {kind}: {len(one.queries[0])} to {len(one.queries[1])}: {what_more(*one.queries)}"
        for kind, found in walk.opened.items()
        for one in found
        if len(one.queries) == 2 and len(one.queries[1]) > len(one.queries[0])
    ]
    assert grown == []


def test_every_page_has_become_longer_or_it_is_said_why_it_has_no_list(walk: Walk):
    longer = {
        kind.split(" ")[0]
        for kind, found in walk.opened.items()
        if any(len(one.elements) == 2 and one.elements[1] > one.elements[0] for one in found)
    }
    opened = {kind.split(" ")[0] for kind in walk.opened}
    same = {name for name in opened - longer if name.partition(":")[0] not in LISTS_NOTHING_THAT_GROWS}
    assert same - set(FIXED) == set()


def test_nothing_is_said_of_an_address_that_is_not_there(walk: Walk):
    assert (set(FIXED) | set(NOT_OPENED)) - set(dict(routes())) == set()


def what_more(few: list[str], many: list[str]) -> list[str]:
    """The statements, without what they ask for, that were made more often."""
    often = [[re.sub(r"'[^']*'|\d+", "?", sql)[:160] for sql in made] for made in (few, many)]
    return sorted({sql for sql in often[1] if often[1].count(sql) > often[0].count(sql)})
