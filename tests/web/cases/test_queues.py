"""What stands in which queue, in which order, for whom; and that restricted referrals do not show through."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.domain.access import Act, may, owns
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.cases import actions, queries
from palermo.web.cases.models import Named
from palermo.web.cases.queries import Wanted
from palermo.web.intake.models import Referral
from web.cases.casebook import (
    OF_A_BOROUGH,
    OF_PALADIN,
    OF_SCD9,
    a_referral,
    accepted,
    escalated,
    seen,
    text_of,
)

pytestmark = pytest.mark.django_db


def shown(client, path: str = "/my-queue/") -> list[str]:
    """The references in the table of a queue, from the top."""
    response = client.get(path)
    assert response.status_code == 200
    return re.findall(r'rowheader[^>]*>\s*<a class="govuk-link" href="/referrals/(PAL-[^/]+)/"', text_of(response))


def ago(**time: int):
    return clock.now() - timedelta(**time)


# Whose


def test_a_boroughs_queue_has_its_own_and_those_of_no_borough_known(accounts, signed_in):
    own = a_referral(by=accounts["partner"])
    unknown = a_referral({**OF_A_BOROUGH, "borough": None}, by=accounts["partner"])
    a_referral({**OF_A_BOROUGH, "borough": "Hackney"}, by=accounts["partner"])
    a_referral(OF_SCD9, by=accounts["partner"])

    assert set(shown(signed_in("borough"))) == {own.reference, unknown.reference}


def test_a_unit_sees_its_own_queue_and_no_other(accounts, signed_in):
    theirs = a_referral(OF_SCD9, by=accounts["partner"])
    a_referral(OF_PALADIN, by=accounts["partner"])
    officer = signed_in("officer")

    assert shown(officer) == [theirs.reference]
    assert officer.get("/queues/").status_code == 403
    assert officer.get("/queues/SCD5-PALADIN/").status_code == 403


def test_mine_is_what_is_allocated_to_me_and_still_my_units(accounts, signed_in):
    mine = accepted(accounts["borough"])
    gone = accepted(accounts["borough"])
    accepted(accounts["borough"])
    for referral in (mine, gone):
        actions.take(accounts["borough"], referral.reference, seen(referral))
    actions.escalate(accounts["borough"], gone.reference, seen(gone), "beyond us")
    actions.accept_offer(accounts["officer"], gone.reference, seen(gone))

    assert shown(signed_in("borough"), "/my-queue/mine/") == [mine.reference]


@pytest.mark.parametrize("who", ["commander", "auditor"])
def test_all_units_have_their_counts(accounts, signed_in, who):
    a_referral(by=accounts["partner"], received_at=ago(days=30))
    accepted(accounts["borough"])
    escalated(accounts["borough"])
    handed_back = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], handed_back.reference, seen(handed_back), "not ours")
    a_referral(OF_SCD9, by=accounts["partner"])

    lines = {line.unit: line for line in queries.standing_for(accounts[who])}

    tp, scd9 = lines["TP"], lines["SCD9"]
    assert (tp.open, tp.unaccepted, tp.overdue, tp.offered, tp.to_settle) == (4, 1, 1, 0, 1)
    assert (scd9.open, scd9.unaccepted, scd9.overdue, scd9.offered, scd9.to_settle) == (1, 1, 0, 1, 0)
    assert "GOLF" in lines
    assert "CO14" not in lines
    assert "All units" in text_of(signed_in(who).get("/queues/"))
    assert len(shown(signed_in(who), "/queues/TP/")) == 4


def test_a_unit_that_is_gone_and_still_owns_something_has_its_line(accounts):
    early = datetime(2010, 3, 1, 12, tzinfo=UTC)
    a_referral(OF_SCD9, by=accounts["partner"], received_at=early)

    lines = {line.unit: line for line in queries.standing_for(accounts["commander"])}

    assert lines["CO14"].open == 1


def test_a_queue_of_a_unit_that_never_was_is_not_there(accounts, signed_in):
    assert signed_in("commander").get("/queues/SCD99/").status_code == 404


@pytest.mark.parametrize("who", ["partner", "analyst", "administrator"])
@pytest.mark.parametrize("path", ["/my-queue/", "/my-queue/mine/", "/queues/", "/queues/TP/"])
def test_other_roles_have_no_queue(signed_in, who, path):
    assert signed_in(who).get(path).status_code == 403


def test_the_listing_is_noted_with_what_it_showed(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])

    signed_in("borough").get("/my-queue/")

    entry = Entry.objects.get(action="queue_listed")
    assert (entry.duty, entry.detail) == ("consultation", {"references": [referral.reference]})


# Order, filters, pages


def test_what_is_overdue_longest_comes_first(accounts, signed_in):
    late = a_referral(by=accounts["partner"], received_at=ago(days=30))
    new = a_referral(by=accounts["partner"])
    later = a_referral(by=accounts["partner"], received_at=ago(days=10))

    assert shown(signed_in("borough")) == [late.reference, later.reference, new.reference]


def test_a_press_on_a_columns_head_sorts_and_a_second_turns_it_round(accounts, signed_in):
    for number in range(3):
        a_referral(by=accounts["partner"], received_at=ago(days=number))
    client = signed_in("borough")

    for name in ("reference", "received", "due", "state", "exploitation"):
        page = text_of(client.get(f"/my-queue/?sort={name}"))
        assert f"?sort=-{name}" in page
        assert page.count('aria-sort="ascending"') == 1
    assert shown(client, "/my-queue/?sort=reference") == shown(client, "/my-queue/?sort=-reference")[::-1]
    assert shown(client, "/my-queue/?sort=received") == shown(client, "/my-queue/?sort=-received")[::-1]


def test_a_queue_is_narrowed_by_each_of_its_filters(accounts, signed_in):
    taken = accepted(accounts["borough"])
    actions.take(accounts["borough"], taken.reference, seen(taken))
    late = a_referral(by=accounts["partner"], received_at=ago(days=30))
    home = a_referral({**OF_A_BOROUGH, "exploitation": "domestic_servitude"}, by=accounts["partner"])
    client = signed_in("borough")

    def narrowed(asked: str) -> set[str]:
        return set(shown(client, f"/my-queue/?{asked}"))

    assert narrowed("state=allocated") == {taken.reference}
    assert narrowed("exploitation=domestic_servitude") == {home.reference}
    assert narrowed("age=adult") == {taken.reference, late.reference, home.reference}
    assert narrowed("age=child") == set()
    assert narrowed("due=overdue") == {late.reference}
    assert narrowed(f"officer={accounts['borough'].pk}") == {taken.reference}
    assert narrowed("officer=nobody") == {late.reference, home.reference}
    assert narrowed("officer=nobody&due=overdue") == {late.reference}


@pytest.mark.parametrize("asked", ["state=nonsense", "age=Child", "officer=1%20or%201", "sort=owner", "due=%00"])
def test_a_filter_that_is_none_is_said_and_everything_shown(accounts, signed_in, asked):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").get(f"/my-queue/?{asked}")

    assert response.status_code == 400
    assert "There is a problem" in text_of(response)
    assert referral.reference in text_of(response)


def test_a_long_queue_is_paged_and_keeps_its_order_and_filters(accounts, signed_in):
    for number in range(queries.PAGE + 2):
        a_referral(by=accounts["partner"], received_at=ago(minutes=number))
    client = signed_in("borough")

    first, second = shown(client, "/my-queue/?age=adult"), shown(client, "/my-queue/?age=adult&page=2")

    assert (len(first), len(second)) == (queries.PAGE, 2)
    assert not set(first) & set(second)
    assert "?age=adult&page=2" in text_of(client.get("/my-queue/?age=adult"))
    assert shown(client, "/my-queue/?page=99") == shown(client, "/my-queue/?page=2")


def test_an_empty_queue_says_so_in_words(accounts, signed_in):
    assert "This queue is empty" in text_of(signed_in("paladin").get("/my-queue/"))
    assert "Nothing is allocated to you" in text_of(signed_in("paladin").get("/my-queue/mine/"))
    assert "No referral in this queue is like that" in text_of(signed_in("paladin").get("/my-queue/?age=adult"))


def test_offers_stand_at_the_top_of_the_queue_of_who_is_asked(accounts, signed_in):
    referral = escalated(accounts["borough"])

    page = text_of(signed_in("officer").get("/my-queue/"))

    assert "Offered to you: 1 to answer" in page
    assert f"/referrals/{referral.reference}/answer/" in page
    assert "beyond the borough" in page
    assert queries.standing_for(accounts["officer"])[0].offered == 1
    assert "Offered to you" not in text_of(signed_in("borough").get("/my-queue/"))
    assert "Offered to you" not in text_of(signed_in("paladin").get("/my-queue/"))


# Restricted


def test_many_offers_stand_on_pages_of_their_own(accounts, signed_in):
    offered = [escalated(accounts["borough"]).reference for _ in range(11)]
    client = signed_in("officer")
    first, second = (text_of(client.get(f"/my-queue/?offers={page}")) for page in (1, 2))

    assert "Offered to you: 11 to answer" in first
    assert [one for one in offered if one in first] == offered[:10]
    assert [one for one in offered if one in second] == offered[10:]
    assert 'href="?offers=2#offers"' in first


def test_a_restricted_referral_shows_to_nobody_else_in_queue_count_or_offer(accounts, signed_in):
    referral = a_referral(by=accounts["partner"], restricted=True)
    client = signed_in("borough")

    assert shown(signed_in("borough-supervisor")) == [referral.reference]
    assert shown(client) == []
    assert "This queue is empty" in text_of(client.get("/my-queue/"))
    assert queries.standing_for(accounts["borough"])[0].open == 0
    lines = {line.unit: line.open for line in queries.standing_for(accounts["commander"])}
    assert lines["TP"] == 0
    assert shown(signed_in("commander"), "/queues/TP/") == []
    assert shown(signed_in("auditor"), "/queues/TP/") == [referral.reference]

    supervisor = accounts["borough-supervisor"]
    actions.accept(supervisor, referral.reference, seen(referral))
    actions.escalate(supervisor, referral.reference, seen(referral), "a secret reason")
    assert "a secret reason" in text_of(signed_in("supervisor").get("/my-queue/"))
    assert "a secret reason" not in text_of(signed_in("officer").get("/my-queue/"))
    assert {line.unit: line.offered for line in queries.standing_for(accounts["commander"])}["SCD9"] == 0


def test_a_restricted_referral_of_a_unit_that_nobody_supervises_is_the_commanders_to_see(accounts, signed_in):
    referral = a_referral({"matter": "facilitation", "reach": "borough"}, by=accounts["partner"], restricted=True)
    supervised = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)

    assert shown(signed_in("commander"), "/queues/SWALE/") == [referral.reference]
    assert shown(signed_in("commander"), "/queues/SCD5-PALADIN/") == []
    assert shown(signed_in("paladin-supervisor")) == [supervised.reference]


@pytest.mark.parametrize(
    "who", ["officer", "supervisor", "paladin", "commander", "analyst", "partner", "administrator"]
)
def test_no_listing_begins_with_a_restricted_referral_of_others(accounts, who):
    a_referral(by=accounts["partner"], restricted=True)

    assert not queries.present(accounts[who].viewer).exists()


def test_a_named_person_has_it_in_the_queue(accounts, signed_in):
    referral = a_referral(by=accounts["partner"], restricted=True)
    Named.objects.create(
        referral=referral, user=accounts["borough"], by=accounts["borough-supervisor"], at=clock.now(), reason="why"
    )

    assert shown(signed_in("borough")) == [referral.reference]


def test_queues_and_pages_agree_on_who_sees_what(accounts):
    """Whatever stands in somebody's queue opens, and whatever of their unit opens stands in their queue."""
    User.objects.create_user("hackney", post="Officer, Hackney borough", role="officer", unit="TP", borough="Hackney")
    User.objects.create_user("all-boroughs", post="Supervisor, all boroughs", role="supervisor", unit="TP")
    for restricted in (False, True):
        for facts in (OF_A_BOROUGH, {**OF_A_BOROUGH, "borough": "Hackney"}, {**OF_A_BOROUGH, "borough": None}):
            a_referral(facts, by=accounts["partner"], restricted=restricted)
        a_referral(OF_SCD9, by=accounts["partner"], restricted=restricted)
        a_referral(OF_PALADIN, by=accounts["partner"], restricted=restricted)
    mine = Referral.objects.filter(restricted=True).first()
    Named.objects.create(referral=mine, user=accounts["borough"], by=accounts["auditor"], at=clock.now(), reason="why")

    supervisor = accounts["supervisor"]
    theirs = accepted(supervisor, OF_SCD9, restricted=True)
    actions.allocate(supervisor, theirs.reference, seen(theirs), accounts["officer"].pk, "")

    for user in User.objects.all():
        viewer = user.viewer
        if queries.sees_all(viewer):
            units = ("TP", "SCD9", "SCD5-PALADIN")
            listed = {line.reference for unit in units for line in queries.queue_for(user, Wanted(), unit=unit)}
        else:
            listed = {line.reference for line in queries.queue_for(user, Wanted())}
        opened = set()
        for referral in Referral.objects.all():
            custody = queries.work(referral.reference).custody
            if may(viewer, Act.SEE, custody) and (queries.sees_all(viewer) or owns(viewer, custody)):
                opened.add(referral.reference)
        assert listed == opened, user.username


# Queries


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/my-queue/"),
        ("officer", "/my-queue/mine/"),
        ("commander", "/queues/"),
        ("commander", "/queues/SCD9/"),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_queue(accounts, signed_in, who, path):
    client = signed_in(who)

    def number() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    def more() -> None:
        taken = accepted(accounts["officer"], OF_SCD9)
        actions.take(accounts["officer"], taken.reference, seen(taken))
        escalated(accounts["borough"])

    more()
    with_one = number()
    for _ in range(5):
        more()

    assert number() == with_one
