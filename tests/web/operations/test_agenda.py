"""What is before a meeting: all that is open and late, as it stood when it was opened.

No case is named to those who may not open it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.operations import Section, Span
from palermo.web import clock
from palermo.web.cases import actions as case_actions
from palermo.web.cases.models import Case, Offer, SupportRequest
from palermo.web.intake.models import Clock, Ownership, Referral
from palermo.web.operations.models import AgendaLine, Meeting, Task
from palermo.web.operations.queries import meetings as queries
from palermo.web.operations.queries.agenda import SHOWN
from palermo.web.operations.queries.places import Desk
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, accepted, escalated, seen, text_of
from web.operations.planning import (
    FINANCE,
    JULY,
    VICE,
    a_score,
    closed,
    decided_other,
    in_state,
    on_case,
    opened,
    planned,
    proposed,
    to,
)

pytestmark = pytest.mark.django_db

TP, SCD9, PALADIN = ("TP", ""), ("SCD9", ""), ("SCD5-PALADIN", "")


def ago(**time: int) -> datetime:
    return clock.now() - timedelta(**time)


def referrals_in(meeting: Meeting, section: Section) -> set[UUID]:
    return set(AgendaLine.objects.filter(meeting=meeting, section=section).values_list("referral", flat=True))


def details(meeting: Meeting, section: Section) -> list[dict[str, object]]:
    lines = AgendaLine.objects.filter(meeting=meeting, section=section).order_by("place")
    return [line.detail for line in lines]


def handed_back(user, **other):
    referral = accepted(user, **other)
    case_actions.hand_back(user, referral.reference, seen(referral), "not ours")
    return referral


def asked_for_support(referral, unit="SCD-COVERT"):
    SupportRequest.objects.create(
        referral=referral, resource="advice", from_unit="TP", to_unit=unit, wanted="advice", asked_at=clock.now()
    )


# Complete


@contextmanager
def nothing_kept() -> Iterator[None]:
    """What one example did is undone before the next."""
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(before)


@given(
    there=st.lists(
        st.tuples(
            st.sampled_from([OF_A_BOROUGH, {**OF_A_BOROUGH, "borough": "Hackney"}, OF_SCD9, OF_PALADIN]),
            st.integers(0, 40),
            st.booleans(),
            st.sampled_from(["left", "accepted", "handed back", "escalated", "support"]),
        ),
        max_size=6,
    ),
    places=st.sampled_from([(), (TP,), (SCD9,), (TP, PALADIN), (("TP", "Newham"),)]),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_open_and_late_is_before_the_meeting(accounts, there, places):
    with nothing_kept():
        for facts, days, restricted, what in there:
            referral = a_referral(facts, by=accounts["partner"], received_at=ago(days=days), restricted=restricted)
            if what == "support":
                asked_for_support(referral)
            elif what != "left" and facts is OF_A_BOROUGH:
                by = accounts["borough-supervisor"]
                case_actions.accept(by, referral.reference, seen(referral))
                if what == "handed back":
                    case_actions.hand_back(by, referral.reference, seen(referral), "not ours")
                elif what == "escalated":
                    case_actions.escalate(by, referral.reference, seen(referral), "beyond us")

        meeting = opened(accounts["commander"], *places)

        def before_it(referral: Referral, *also: tuple[str, str]) -> bool:
            own = Ownership.objects.get(referral=referral, period__endswith__isnull=True)
            return not places or any(
                unit == there and (not of or borough in ("", of))
                for unit, borough in ((own.unit, own.borough), *also)
                for there, of in places
            )

        late = {one.referral for one in Clock.objects.filter(met_at__isnull=True, due_at__lt=meeting.opened_at)}
        assert {one.pk for one in late if before_it(one)} <= referrals_in(meeting, Section.BREACHED)
        back = {one.referral for one in Case.objects.filter(state="handed_back")}
        assert referrals_in(meeting, Section.TO_SETTLE) == {one.pk for one in back if before_it(one)}
        offers = Offer.objects.filter(answer="").exclude(to_unit="")
        asked = {one.referral_id for one in offers if before_it(one.referral, (one.to_unit, one.to_borough))}
        assert referrals_in(meeting, Section.ESCALATIONS) == asked
        wanted = SupportRequest.objects.filter(stage="asked")
        # what a unit asks for is before its own meeting and that of whom it asks
        expected = {
            one.referral_id
            for one in wanted
            if not places or {(one.from_unit, ""), (one.to_unit, "")} & set(places) or ("TP", "Newham") in places
        }
        assert referrals_in(meeting, Section.SUPPORT) == expected
        new = Referral.objects.filter(received_at__gt=meeting.since)
        assert referrals_in(meeting, Section.NEW) == {one.pk for one in new if before_it(one)}


def test_every_operation_that_waits_or_is_late_is_before_the_meeting(accounts):
    early = Span(date(2010, 6, 1), date(2010, 6, 18))
    by = accounts["supervisor"]
    waiting = {proposed(by).pk for _ in range(3)}
    late = {in_state(proposed(by, span=early), state).pk for state in ("approved", "running")}
    in_state(proposed(by), "running")
    in_state(proposed(by, span=early), "ended")

    meeting = opened(accounts["commander"])

    lines = AgendaLine.objects.filter(meeting=meeting)
    assert set(lines.filter(section=Section.PROPOSED).values_list("operation", flat=True)) == waiting
    assert set(lines.filter(section=Section.LATE).values_list("operation", flat=True)) == late


def test_proposals_are_ranked_by_their_scores(accounts):
    by = accounts["supervisor"]
    proposed(by, name="Wren", levels=a_score(1))
    proposed(by, name="Heron", levels=a_score(3))
    proposed(by, name="Tern", levels=a_score(1))

    found = details(opened(accounts["commander"]), Section.PROPOSED)

    assert [(one["rank"], one["name"], one["points"]) for one in found] == [
        (1, "Heron", 75),
        (2, "Wren", 25),
        (3, "Tern", 25),
    ]
    assert [one["tie"] for one in found] == ["", "", "the same score as the one before it, and proposed later"]


def test_tasks_that_nobody_has_answered_are_before_the_next_meeting(accounts):
    first = opened(accounts["commander"])
    open_one, done = decided_other(first).task, decided_other(first).task
    Task.objects.filter(pk=done.pk).update(state="done", note="done", answered_at=clock.now())
    closed(first)

    second, elsewhere = opened(accounts["commander"]), opened(accounts["commander"], PALADIN)

    assert list(AgendaLine.objects.filter(meeting=second, section=Section.TASKS).values_list("task", flat=True)) == [
        open_one.pk
    ]
    assert not AgendaLine.objects.filter(meeting=elsewhere, section=Section.TASKS).exists()


# New


def test_new_is_what_came_since_the_last_meeting_that_had_it_before_it(accounts):
    accounts_of = accounts["commander"]
    before = a_referral(by=accounts["partner"], received_at=ago(days=3))
    first = opened(accounts_of)
    after = a_referral(by=accounts["partner"])
    of_paladin = opened(accounts_of, PALADIN)
    second = opened(accounts_of)

    assert referrals_in(first, Section.NEW) == {before.pk}
    assert referrals_in(second, Section.NEW) == {after.pk}
    assert (second.after, second.since) == (first, first.opened_at)
    # the meeting of the whole response had Paladin's before it too
    assert of_paladin.after == first
    assert opened(accounts_of, PALADIN).after == second


def test_what_was_entered_later_than_it_arrived_is_new_all_the_same(accounts):
    opened(accounts["commander"])
    old = a_referral(by=accounts["partner"], received_at=ago(days=90))

    assert referrals_in(opened(accounts["commander"]), Section.NEW) == {old.pk}
    assert referrals_in(opened(accounts["commander"]), Section.NEW) == set()


def test_a_first_meeting_looks_back_as_far_as_meetings_are_apart(accounts):
    within = a_referral(by=accounts["partner"], received_at=ago(days=13))
    a_referral(by=accounts["partner"], received_at=ago(days=15))

    assert referrals_in(opened(accounts["commander"]), Section.NEW) == {within.pk}


# Capacity


def test_capacity_is_the_officers_of_each_function_less_what_is_tasked(accounts):
    by = accounts["supervisor"]
    # June 30 to July 13: ten working days
    soon = Span(date(2010, 6, 30), date(2010, 7, 13))
    in_state(proposed(by, span=soon, resources={VICE: 100, FINANCE: 90}), "approved")
    in_state(proposed(by, span=JULY, resources={VICE: 40}), "running")
    proposed(by, span=soon, resources={VICE: 500})
    accepted(accounts["borough"])

    meeting = opened(accounts["commander"])
    found = {(one["unit"], one["function"]): one for one in details(meeting, Section.CAPACITY) if "function" in one}
    loads = {one["unit"]: one for one in details(meeting, Section.CAPACITY) if "open" in one}

    assert (meeting.ahead_from, meeting.ahead_to) == (soon.first, soon.last)
    # of July's twenty days seven lie within, so 14 of 40 officer-days
    assert found["SCD9", "vice"] == {
        "unit": "SCD9",
        "function": "vice",
        "officers": 39,
        "has": 3900,
        "tasked": 1140,
        "over": 0,
    }
    assert (found["SCD9", "financial_investigation"]["has"], found["SCD9", "financial_investigation"]["over"]) == (
        800,
        100,
    )
    assert loads["TP"] == {"unit": "TP", "open": 1, "overdue": 0}


def test_a_meeting_of_one_unit_has_its_own_capacity_before_it(accounts):
    found = details(opened(accounts["supervisor"], SCD9), Section.CAPACITY)

    assert {one["unit"] for one in found} == {"SCD9"}


# Fixed


def test_the_agenda_stands_as_it_was_when_the_meeting_was_opened(accounts, signed_in):
    referral = handed_back(accounts["borough"])
    operation = proposed(accounts["supervisor"], name="Heron")
    meeting = opened(accounts["commander"])
    before = list(AgendaLine.objects.filter(meeting=meeting).order_by("pk").values())
    case_actions.keep_with_owner(accounts["borough-supervisor"], referral.reference, seen(referral), "it is")
    in_state(operation, "approved")
    a_referral(OF_SCD9, by=accounts["partner"])

    shown = text_of(signed_in("commander").get(f"/tasking/{meeting.pk}/"))

    assert list(AgendaLine.objects.filter(meeting=meeting).order_by("pk").values()) == before
    assert "In dispute or handed back: 1" in shown
    assert "1. Heron" in shown


def test_what_would_be_before_a_planned_meeting_is_counted(accounts, signed_in):
    handed_back(accounts["borough"])
    meeting = planned(accounts["commander"])

    shown = text_of(signed_in("commander").get(f"/tasking/{meeting.pk}/"))

    assert "What would be before it now" in shown
    assert dict(queries.preview(meeting))[Section.TO_SETTLE] == 1


# Who reads which case


def test_cases_are_named_to_those_who_may_open_them_and_counted_for_others(accounts, signed_in):
    partner, commander = accounts["partner"], accounts["commander"]
    theirs = a_referral(OF_SCD9, by=partner, received_at=ago(days=12))
    restricted = a_referral(OF_SCD9, by=partner, received_at=ago(days=12), restricted=True)
    of_newham = a_referral(by=partner, received_at=ago(days=12))
    everything = {one.reference for one in (theirs, restricted, of_newham)}
    meeting = opened(commander)

    def shown(who, page=""):
        text = text_of(signed_in(who).get(f"/tasking/{meeting.pk}/{page}"))
        return {one for one in everything if one in text}, text

    # it could leak: it is there for those who may open it
    assert shown("auditor")[0] == everything
    # the remit names SCD9 as support of what is Newham's
    assert shown("supervisor")[0] == everything
    named, text = shown("commander")
    assert named == {theirs.reference, of_newham.reference}
    assert "1 restricted case, not named to you." in text
    named, text = shown("borough-supervisor")
    assert named == {of_newham.reference}
    assert "Breached clocks: 3" in text
    assert "1 restricted case and 1 case of other units, not named to you." in text
    for section in ("breached", "new"):
        assert shown("borough-supervisor", f"agenda/{section}/")[0] == {of_newham.reference}


def test_a_case_that_has_gone_to_another_unit_is_not_named_to_its_former_one_any_more(accounts, signed_in):
    referral = accepted(accounts["borough"])
    meeting = opened(accounts["commander"])
    page = f"/tasking/{meeting.pk}/"
    assert referral.reference in text_of(signed_in("borough-supervisor").get(page))
    case_actions.hand_back(accounts["borough"], referral.reference, seen(referral), "a child is there")
    case_actions.name_another_owner(
        accounts["borough-supervisor"], referral.reference, seen(referral), PALADIN, "a child is there"
    )
    case_actions.accept_offer(accounts["paladin"], referral.reference, seen(referral))

    assert referral.reference not in text_of(signed_in("borough-supervisor").get(page))
    assert referral.reference in text_of(signed_in("paladin-supervisor").get(page))


def test_a_task_on_a_case_says_nothing_to_those_who_may_not_open_it(accounts, signed_in):
    referral = a_referral(OF_SCD9, by=accounts["partner"], restricted=True)
    first = opened(accounts["supervisor"], SCD9, PALADIN)
    on_case(first, referral, "Watch the blue door.", assigned=to(account=accounts["supervisor"]))
    closed(first)
    second = opened(accounts["commander"])

    assert "blue door" in text_of(signed_in("supervisor").get(f"/tasking/{second.pk}/"))
    for who, meeting in (("commander", first), ("commander", second), ("paladin-supervisor", first)):
        text = text_of(signed_in(who).get(f"/tasking/{meeting.pk}/"))
        assert "blue door" not in text
        assert referral.reference not in text
    assert "1 restricted case, not named to you." in text_of(signed_in("commander").get(f"/tasking/{second.pk}/"))


def test_long_sections_go_on_on_a_page_of_their_own(accounts, signed_in):
    found = [a_referral(by=accounts["partner"]) for _ in range(SHOWN + 2)]
    meeting = opened(accounts["commander"])
    client = signed_in("commander")

    first, whole = client.get(f"/tasking/{meeting.pk}/"), client.get(f"/tasking/{meeting.pk}/agenda/new/")

    assert sum(one.reference in text_of(first) for one in found) == SHOWN
    assert "2 more" in text_of(first)
    assert all(one.reference in text_of(whole) for one in found)
    assert client.get(f"/tasking/{meeting.pk}/agenda/capacity/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_agenda(accounts, signed_in):
    def one_more():
        handed_back(accounts["borough"])
        escalated(accounts["borough"])
        asked_for_support(a_referral(by=accounts["partner"], received_at=ago(days=9)))
        proposed(accounts["supervisor"], resources={VICE: 1, Desk("SCD-COVERT"): 2})
        earlier = opened(accounts["commander"])
        decided_other(earlier)
        closed(earlier)

    def asked(make):
        with CaptureQueriesContext(connection) as captured:
            made = make()
        return len(captured), made

    def looked_at(meeting):
        return asked(lambda: signed_in("commander").get(f"/tasking/{meeting.pk}/"))[0]

    one_more()
    signed_in("commander").get("/tasking/")
    meeting = planned(accounts["commander"])
    previewed = looked_at(meeting)
    opening, meeting = asked(lambda: opened(accounts["commander"]))
    seen_one = looked_at(meeting)
    for _ in range(4):
        one_more()
    meeting = planned(accounts["commander"])

    assert looked_at(meeting) == previewed
    many, meeting = asked(lambda: opened(accounts["commander"]))
    assert (many, looked_at(meeting)) == (opening, seen_one)
