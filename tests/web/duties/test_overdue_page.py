"""What stands on the page of what is overdue, for whom; and that nothing restricted shows through."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.domain.access import Act, may
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as casework
from palermo.web.cases import queries as cases
from palermo.web.duties import actions
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, escalated, seen, text_of
from web.duties.watching import RECEIVED, answered, at, clock_of, received, told_at

pytestmark = pytest.mark.django_db

IN_HACKNEY = {**OF_A_BOROUGH, "borough": "Hackney"}
NOW = at(16)


def opened(client, query: str = "", now=NOW, status: int = 200):
    with clock.standing_at(now):
        response = client.get(f"/breaches/{query}")
    assert response.status_code == status
    return response


def shown(client, query: str = "", now=NOW) -> list[str]:
    """The references in the table, from the top; a referral once for each of its clocks."""
    return re.findall(
        r'rowheader[^>]*>\s*<a class="govuk-link" href="/referrals/(PAL-[^/]+)/', text_of(opened(client, query, now))
    )


def count(client, now=NOW) -> int:
    """How many the page says there are."""
    found = re.search(r"(\d+) overdue: ", text_of(opened(client, now=now)))
    return int(found[1]) if found else 0


# Whose


def test_a_supervisor_sees_what_is_overdue_in_their_own_unit(accounts, signed_in):
    own = received(accounts["partner"])
    other, third = received(accounts["partner"], IN_HACKNEY), received(accounts["partner"], OF_SCD9)

    assert shown(signed_in("borough-supervisor")) == [own.reference]
    assert shown(signed_in("supervisor")) == [third.reference]
    everything = [own.reference, other.reference, third.reference]
    assert shown(signed_in("auditor")) == shown(signed_in("commander")) == everything


def test_what_is_not_overdue_yet_does_not_stand_there(accounts, signed_in):
    received(accounts["partner"])

    assert shown(signed_in("borough-supervisor"), now=at(15, 23)) == []
    assert "Nothing is overdue." in text_of(opened(signed_in("borough-supervisor"), now=at(15, 23)))


def test_the_unit_that_is_asked_sees_that_its_answer_is_overdue_and_the_owner_that_it_waits(accounts, signed_in):
    with clock.standing_at(RECEIVED):
        referral = escalated(accounts["borough"], received_at=RECEIVED)
    late = at(17)

    assert shown(signed_in("supervisor"), now=late) == [referral.reference]
    page = text_of(opened(signed_in("supervisor"), now=late))
    assert "Answer the escalation" in page
    assert "Decide on the investigation" not in page
    assert shown(signed_in("borough-supervisor"), now=late) == [referral.reference]
    assert "SCD9" in text_of(opened(signed_in("borough-supervisor"), now=late))


@pytest.mark.parametrize("username", ["officer", "borough", "paladin", "analyst", "administrator", "partner"])
def test_the_page_is_not_for_those_who_lead_nothing(accounts, signed_in, username):
    opened(signed_in(username), status=403)


def test_those_who_supervise_have_it_in_their_navigation_and_in_their_queue(accounts, signed_in):
    received(accounts["partner"])
    with clock.standing_at(NOW):
        queue = {name: text_of(signed_in(name).get("/my-queue/")) for name in ("borough-supervisor", "borough")}
        all_queues = text_of(signed_in("commander").get("/queues/"))

    assert re.search(r'href="/breaches/"><strong>1 overdue', queue["borough-supervisor"])
    assert "1 overdue" in queue["borough"]
    assert "/breaches/" not in queue["borough"]
    assert 'href="/breaches/?unit=TP"' in all_queues


# In which order, and narrowed


def test_the_commander_has_what_has_come_up_before_all_other(accounts, signed_in):
    longest = received(accounts["partner"])
    told_at(at(16, 1))
    unsupervised = received(accounts["partner"], IN_HACKNEY)
    told_at(at(16, 2))

    assert shown(signed_in("commander")) == [unsupervised.reference, longest.reference]
    assert shown(signed_in("auditor")) == [longest.reference, unsupervised.reference]


def test_it_is_narrowed_by_unit_by_step_and_by_what_was_said(accounts, signed_in):
    plain, unsupervised = received(accounts["partner"]), received(accounts["partner"], IN_HACKNEY)
    told_at(at(16, 1))
    untold = received(accounts["partner"], OF_SCD9)
    answered(accounts["borough-supervisor"], plain, "acceptance", at(16, 2))
    client = signed_in("commander")

    assert shown(client, "?unit=SCD9") == [untold.reference]
    assert shown(client, "?unit=TP&step=commander") == [unsupervised.reference]
    assert shown(client, "?step=supervisor") == [plain.reference]
    assert shown(client, "?step=nobody") == [untold.reference]
    assert shown(client, "?answered=yes") == [plain.reference]
    assert set(shown(client, "?answered=no")) == {unsupervised.reference, untold.reference}
    assert "Nothing that is overdue is like that." in text_of(opened(client, "?unit=HTT&step=nobody"))


def test_what_cannot_be_asked_is_said_and_a_supervisor_cannot_ask_for_another_unit(accounts, signed_in):
    own = received(accounts["partner"])
    received(accounts["partner"], OF_SCD9)

    assert "“nonsense” is not one of the choices" in text_of(
        opened(signed_in("commander"), "?unit=nonsense", status=400)
    )
    assert shown(signed_in("borough-supervisor"), "?unit=SCD9") == [own.reference]


def test_each_line_says_whose_it_is_how_far_it_has_gone_up_and_what_was_done(accounts, signed_in):
    referral = received(accounts["partner"])
    told_at(at(16, 1))
    answered(accounts["borough-supervisor"], referral, "acceptance", at(16, 2), "I have taken it on.")
    page = text_of(opened(signed_in("borough-supervisor")))

    for words in (
        "Accept the referral or hand it back",
        "Territorial Policing, Newham",
        "9 hours overdue",
        "Due 15 June 2010 at 11:59pm",
        "Told 16 June 2010 at 1:00am: the supervisors of Territorial Policing, Newham",
        "To the commander after 16 June 2010 at 11:59pm",
        "I have taken it on.",
        "Supervisor, Newham borough",
    ):
        assert words in page


def test_what_has_gone_up_and_was_not_told_yet_is_shown_all_the_same(accounts, signed_in):
    received(accounts["partner"])

    assert "Gone up to the supervisor, who is about to be told" in text_of(opened(signed_in("borough-supervisor")))


def test_the_auditor_reads_and_answers_nothing(accounts, signed_in):
    received(accounts["partner"])

    assert "Say what is done" not in text_of(opened(signed_in("auditor")))
    assert "Say what is done" in text_of(opened(signed_in("borough-supervisor")))


# Restricted


def test_restricted_ones_are_neither_shown_nor_counted_for_those_who_may_not_open_them(accounts, signed_in):
    plain = received(accounts["partner"])
    assert count(signed_in("commander")) == count(signed_in("borough-supervisor")) == 1
    hidden = received(accounts["partner"], restricted=True)
    told_at(at(16, 1))

    assert shown(signed_in("borough-supervisor")) == [plain.reference, hidden.reference]
    assert count(signed_in("borough-supervisor")) == 2
    # open, it would be there: the same one is, once the commander is named on it
    assert shown(signed_in("commander")) == [plain.reference]
    assert count(signed_in("commander")) == 1
    for query in ("?unit=TP", "?step=supervisor", "?answered=no"):
        assert shown(signed_in("commander"), query) == [plain.reference]
    with clock.standing_at(at(16, 2)):
        casework.name_person(
            accounts["borough-supervisor"], hidden.reference, seen(hidden), accounts["commander"].pk, "has to know"
        )
    assert set(shown(signed_in("commander"))) == {plain.reference, hidden.reference}
    assert count(signed_in("commander")) == 2


def test_everything_that_is_listed_can_be_opened_by_whoever_it_is_listed_for(accounts, signed_in):
    listed = []
    for facts in (OF_A_BOROUGH, IN_HACKNEY, OF_PALADIN, OF_SCD9):
        for restricted in (False, True):
            listed.append(received(accounts["partner"], facts, restricted=restricted))
    with clock.standing_at(RECEIVED):
        listed.append(escalated(accounts["borough"], received_at=RECEIVED))
        listed.append(escalated(accounts["borough-supervisor"], received_at=RECEIVED, restricted=True))
    by_reference = {one.reference: cases.work(one.reference).custody for one in listed}
    for name in ("borough-supervisor", "supervisor", "paladin-supervisor", "commander", "auditor"):
        found = set(shown(signed_in(name), now=at(25)))
        assert found
        assert all(may(accounts[name].viewer, Act.SEE, by_reference[reference]) for reference in found)


# Read, and in how many queries


def test_the_reading_is_noted_with_what_was_read(accounts, signed_in):
    referral = received(accounts["partner"])
    opened(signed_in("borough-supervisor"))

    entry = Entry.objects.get(action="overdue_listed")
    assert (entry.subject, entry.detail) == ("unit:TP", {"references": [referral.reference]})


def test_the_page_takes_no_more_queries_for_many_than_for_one(accounts, signed_in):
    client = signed_in("commander")

    def taken() -> int:
        with CaptureQueriesContext(connection) as captured:
            opened(client)
        return len(captured)

    received(accounts["partner"])
    told_at(at(16, 1))
    one = taken()
    for facts in (OF_A_BOROUGH, IN_HACKNEY, OF_PALADIN, OF_SCD9) * 2:
        referral = received(accounts["partner"], facts)
    told_at(at(16, 2))
    answered(accounts["supervisor"], referral, "acceptance", at(16, 3))

    assert taken() == one


def test_a_long_list_has_pages_that_keep_what_was_asked(accounts, signed_in, monkeypatch):
    monkeypatch.setattr("palermo.web.duties.queries.PAGE", 2)
    for _ in range(3):
        received(accounts["partner"])
    client = signed_in("commander")

    assert len(shown(client)) == 2
    assert len(shown(client, "?page=2")) == 1
    assert 'href="?unit=TP&page=2"' in text_of(opened(client, "?unit=TP"))


def test_a_paused_clock_is_not_overdue(accounts, signed_in):
    referral = received(accounts["partner"])
    with clock.standing_at(at(15)):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
        running = clock_of(referral, "first_assessment")
        casework.pause_clock(accounts["borough"], referral.reference, seen(referral), running.pk, "she is in hospital")
    told_at(at(30))

    assert "First assessment" not in text_of(opened(signed_in("borough-supervisor"), now=at(30)))
    assert not actions.queries.overdue(at(30)).filter(pk=running.pk).exists()
    assert clock_of(referral, "first_assessment").breaches.count() == 0
