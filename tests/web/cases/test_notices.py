"""The page of notices: what is for whoever looks, unread first; nothing of a restricted referral shows through."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from palermo.domain.access import Role
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions, queries
from palermo.web.notices.actions import To, notify
from palermo.web.notices.models import Reading
from web.background import run_jobs
from web.cases.casebook import OF_SCD9, a_referral, seen, text_of

pytestmark = pytest.mark.django_db
INSIDE = ["borough", "borough-supervisor", "officer", "supervisor", "analyst", "commander", "auditor", "administrator"]


def told(by: User, to: To, says: str = "something is due", reference: str = "", days: int = 0):
    at = clock.now() - timedelta(days=days)
    with transaction.atomic():
        return notify(by, to, key=says, kind="test", says=says, reference=reference, at=at)


def page(user: User, address: str = "/notices/") -> str:
    return text_of(opened(user).get(address))


def opened(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lines(user: User) -> list[str]:
    return [line.says for line in queries.notices_for(user).notices]


def test_everyone_inside_the_force_has_the_page_and_a_partner_has_not(accounts):
    for username in INSIDE:
        client = opened(accounts[username])
        assert client.get("/notices/").status_code == 200
        assert 'href="/notices/"' in text_of(client.get("/notices/"))
    refused = opened(accounts["partner"]).get("/notices/")

    assert refused.status_code == 403
    assert 'href="/notices/"' not in text_of(refused)


def test_unread_stand_first_and_then_the_newest(accounts):
    for number, days in enumerate((3, 2, 1)):
        told(accounts["borough"], To(unit="SCD9"), f"told {number}", days=days)
    client = opened(accounts["officer"])
    newest = queries.notices_for(accounts["officer"]).notices[0].key
    client.post("/notices/", {"read": newest})

    assert lines(accounts["officer"]) == ["told 1", "told 0", "told 2"]
    assert lines(accounts["supervisor"]) == ["told 2", "told 1", "told 0"]


def test_the_top_of_every_page_counts_what_is_unread(accounts):
    assert "Notices (" not in page(accounts["officer"], "/my-queue/")
    for number in range(3):
        told(accounts["borough"], To(unit="SCD9"), f"told {number}")
    assert "Notices (3)" in page(accounts["officer"], "/my-queue/")
    assert "Notices (3)" in page(accounts["supervisor"], "/organisation/")
    assert "Notices (" not in page(accounts["paladin"], "/my-queue/")
    client = opened(accounts["officer"])
    client.post("/notices/", {"all": queries.notices_for(accounts["officer"]).notices[0].key})

    assert "Notices (" not in text_of(client.get("/notices/"))
    assert "Notices (3)" in page(accounts["supervisor"])


def test_all_that_were_there_are_marked_and_what_came_since_is_not(accounts):
    first = told(accounts["borough"], To(unit="SCD9"), "first")
    told(accounts["borough"], To(unit="SCD9"), "since")
    opened(accounts["officer"]).post("/notices/", {"all": first.pk})

    assert [line.says for line in queries.notices_for(accounts["officer"]).notices if line.unread] == ["since"]
    assert Entry.objects.get(action="notices_read").detail == {"notices": [first.pk]}


@pytest.mark.parametrize("sent", [{}, {"read": "x"}, {"read": "9" * 30}, {"all": "-1"}, {"read": "²"}])
def test_what_makes_no_sense_marks_nothing(accounts, sent):
    told(accounts["borough"], To(unit="SCD9"))

    assert opened(accounts["officer"]).post("/notices/", sent).status_code == 302
    assert not Reading.objects.exists()


def test_nobody_marks_what_is_for_others(accounts):
    notice = told(accounts["borough"], To(unit="SCD9"))
    opened(accounts["paladin"]).post("/notices/", {"read": notice.pk})

    assert not Reading.objects.exists()


def test_the_referral_is_a_link_only_for_those_who_may_open_it(accounts):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    link = f'href="/referrals/{referral.reference}/"'
    for username in ("officer", "paladin"):
        told(accounts["borough"], To(account=accounts[username]), f"{username}: due", referral.reference)

    assert link in page(accounts["officer"])
    assert "paladin: due" in page(accounts["paladin"])
    assert link not in page(accounts["paladin"])


def test_of_a_restricted_referral_a_role_is_shown_nothing_unless_it_may_open_it(accounts):
    """The same notices of a referral that is not restricted are all seen: so it would show."""
    for restricted in (False, True):
        referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=restricted)
        for to in (To(unit="SCD9", role=Role.SUPERVISOR), To(unit="SCD5-PALADIN", role=Role.SUPERVISOR)):
            told(accounts["borough"], to, f"{to.unit} {restricted}", referral.reference)
        told(accounts["borough"], To(role=Role.COMMANDER), f"commander {restricted}", referral.reference)
        told(accounts["borough"], To(account=accounts["borough"]), f"sender {restricted}", referral.reference)

    # newest first
    assert lines(accounts["supervisor"]) == ["SCD9 True", "SCD9 False"]
    assert lines(accounts["paladin-supervisor"]) == ["SCD5-PALADIN False"]
    assert lines(accounts["commander"]) == ["commander False"]
    # told by name, and so known
    assert lines(accounts["borough"]) == ["sender True", "sender False"]
    assert "Notices (1)" in page(accounts["commander"])
    assert "Notices (1)" in page(accounts["paladin-supervisor"])

    actions.name_person(
        accounts["supervisor"], referral.reference, seen(referral), accounts["commander"].pk, "she is to know"
    )
    assert lines(accounts["commander"]) == ["commander True", "commander False"]


def test_looking_is_noted_with_the_references(accounts):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    told(accounts["borough"], To(unit="SCD9"), "due", referral.reference)
    page(accounts["officer"])

    entry = Entry.objects.get(action="notices_listed")
    assert (entry.duty, entry.detail) == ("consultation", {"references": [referral.reference]})


def queries_of(user: User, address: str) -> int:
    client = opened(user)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("username", ["officer", "supervisor", "commander"])
def test_as_many_queries_for_many_notices_as_for_one(accounts, username):
    def more(number):
        referral = a_referral(OF_SCD9, by=accounts["partner"])
        for to in (To(unit="SCD9"), To(role=Role.COMMANDER), To(body=f"Body {number}")):
            told(accounts["borough"], to, f"{to} {number}", referral.reference)

    more(0)
    one = [queries_of(accounts[username], address) for address in ("/notices/", "/notices/not-sent/")]
    for number in range(1, 8):
        more(number)

    assert [queries_of(accounts[username], address) for address in ("/notices/", "/notices/not-sent/")] == one


def test_many_notices_are_on_pages_of_fifty(accounts):
    for number in range(51):
        told(accounts["borough"], To(unit="SCD9"), f"told {number:02}", days=number)
    first, second = page(accounts["officer"]), page(accounts["officer"], "/notices/?page=2")

    assert ("told 49" in first, "told 50" in first, 'href="?page=2"' in first) == (True, False, True)
    assert ("told 49" in second, "told 50" in second) == (False, True)
    # all are marked, those of the second page too
    newest = queries.notices_for(accounts["officer"]).notices[-1].key
    opened(accounts["officer"]).post("/notices/", {"all": newest + 1})
    assert "Notices (" not in page(accounts["officer"])


def test_what_has_not_gone_out_is_seen_by_those_who_may_open_the_referral_and_who_keep_the_addresses(accounts):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    told(accounts["officer"], To(body="Newham children’s services"), "told", referral.reference)
    run_jobs()
    shown = {username: page(accounts[username], "/notices/not-sent/") for username in INSIDE if username != "analyst"}

    assert {name for name, text in shown.items() if "Newham children’s services" in text} == {
        "officer",
        "supervisor",
        "commander",
        "auditor",
        "administrator",
    }
    assert {name for name, text in shown.items() if referral.reference in text} == {
        "officer",
        "supervisor",
        "commander",
        "auditor",
    }
    assert "No address is known for it" in shown["officer"]
    assert "Not sent by e-mail</a>: 1" in page(accounts["officer"])
    assert "Not sent by e-mail</a>: none" in page(accounts["borough"])
    assert "Not sent" not in page(accounts["analyst"])
    assert opened(accounts["analyst"]).get("/notices/not-sent/").status_code == 403
    assert ("Try again" in shown["officer"], "Try again" in shown["auditor"]) == (True, False)


def test_it_can_be_tried_again_by_those_who_see_it_and_not_by_an_auditor(accounts):
    referral = a_referral(OF_SCD9, by=accounts["partner"])
    notice = told(accounts["officer"], To(body="Newham children’s services"), "told", referral.reference)
    run_jobs()
    User.objects.create_user(
        "children", post="Duty desk", role="partner", body="Newham children’s services", email="duty@newham.example"
    )
    refused = opened(accounts["auditor"]).post("/notices/not-sent/", {"again": notice.pk})
    opened(accounts["paladin"]).post("/notices/not-sent/", {"again": notice.pk})
    assert refused.status_code == 403
    assert run_jobs() == []
    tried = opened(accounts["officer"]).post("/notices/not-sent/", {"again": notice.pk}, follow=True)

    assert "It is tried again" in text_of(tried)
    assert run_jobs() == ["notices.send", "notices.deliver"]
    assert "Everything has gone out" in page(accounts["officer"], "/notices/not-sent/")
