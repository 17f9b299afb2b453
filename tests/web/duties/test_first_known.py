"""Since when the force has known: recorded, judged again and never changed; and what that makes of the clock."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.allegations import Source
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as casework
from palermo.web.cases import queries as cases
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.duties import actions, queries
from palermo.web.duties.actions import Alleged
from palermo.web.duties.models import Allegation
from palermo.web.intake.models import Clock, Event
from web.cases.casebook import OF_PALADIN, OF_SCD9, seen, text_of
from web.cases.test_referral_page import same_for_any
from web.duties.watching import LONDON, RECEIVED, at, clock_of, gone_up, received, told_at

pytestmark = pytest.mark.django_db

NOW = at(14, 12)
DUTY = "duty_to_investigate"
FILLED = {
    "day-day": "1",
    "day-month": "6",
    "day-year": "2010",
    "time": "2:30pm",
    "to": "Front counter, Forest Gate police station",
    "source": "victim",
    "credible": "yes",
    "why": "She named the address and the man.",
    "page": "p1",
}


def alleged(reached: datetime, **other: object) -> Alleged:
    return Alleged(
        **{
            "reached_at": reached,
            "time_known": True,
            "to": "Front counter, Forest Gate",
            "source": Source.VICTIM,
            "credible": True,
            "why": "She named the address.",
            **other,
        }
    )


def recorded(by, referral, reached: datetime, now: datetime = NOW, **other: object) -> Allegation:
    with clock.standing_at(now):
        return actions.record_allegation(by, referral.reference, alleged(reached, **other), page=str(reached))


def judged(by, referral, old: Allegation, reached: datetime, now: datetime = NOW, **other: object) -> Allegation:
    with clock.standing_at(now):
        return actions.judge_again(
            by, referral.reference, old.pk, alleged(reached, **other), "the log was read again", page=str(reached)
        )


def due(referral) -> datetime:
    """When the duty to investigate is due, as the clock runs now."""
    return Clock.objects.get(referral=referral, clock=DUTY, met_at=None).due_at


def opened(client, referral, rest: str = "", now=NOW, status: int = 200):
    with clock.standing_at(now):
        response = client.get(f"/referrals/{referral.reference}/first-known/{rest}")
    assert response.status_code == status
    return response


def sending(client, referral, rest: str = "add/", now=NOW, **fields: str):
    with clock.standing_at(now):
        return client.post(f"/referrals/{referral.reference}/first-known/{rest}", {**FILLED, **fields})


def end_of(day: int) -> datetime:
    return datetime(2010, 6, day, 23, 59, 59, tzinfo=LONDON)


# What it makes of the clock


def test_the_referral_counts_where_nothing_earlier_is_recorded(accounts):
    referral = received(accounts["partner"])

    assert queries.first_known(referral).at == RECEIVED
    assert due(referral) == end_of(17)


def test_an_earlier_credible_allegation_moves_the_start_back_and_makes_it_due_earlier(accounts):
    referral = received(accounts["partner"])
    first = recorded(accounts["borough"], referral, at(13, 10))

    assert queries.first_known(referral).allegation == first
    running = clock_of(referral, DUTY)
    assert (running.started_at, running.due_at) == (at(13, 10), end_of(16))
    ended = Clock.objects.get(referral=referral, clock=DUTY, met_at__isnull=False)
    assert (ended.started_at, ended.due_at, ended.ended_because) == (
        RECEIVED,
        end_of(17),
        "known earlier: due earlier",
    )
    # no other clock is measured from there
    assert clock_of(referral, "acceptance").started_at == RECEIVED


def test_what_was_known_long_before_is_overdue_at_once_and_goes_up(accounts):
    referral = received(accounts["partner"])
    recorded(accounts["borough"], referral, at(1))
    told_at(at(14, 13))

    assert due(referral) == end_of(4)
    assert gone_up(referral, DUTY) == [("supervisor", "TP", "Newham"), ("commander", "TP", "Newham")]


def test_for_a_child_it_is_due_within_a_day_of_it(accounts):
    referral = received(accounts["partner"], OF_PALADIN)
    recorded(accounts["paladin"], referral, at(13, 10))

    assert due(referral) == end_of(14)


@pytest.mark.parametrize(
    ("reached", "other"),
    [(at(13), {"credible": False, "why": "No place and no name."}), (at(14, 11), {}), (RECEIVED, {})],
)
def test_what_is_not_credible_or_not_earlier_moves_nothing(accounts, reached, other):
    referral = received(accounts["partner"])
    recorded(accounts["borough"], referral, reached, **other)

    assert queries.first_known(referral).allegation is None
    assert Clock.objects.get(referral=referral, clock=DUTY).due_at == end_of(17)
    assert Allegation.objects.count() == 1


moments = st.integers(-24 * 20, 3).map(lambda hours: RECEIVED + timedelta(hours=hours))


@given(told=st.lists(st.tuples(moments, st.booleans()), max_size=5))
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_no_allegation_makes_it_due_later_and_their_order_does_not_matter(accounts, told):
    def due_after(allegations) -> datetime:
        with transaction.atomic():
            referral = received(accounts["partner"])
            dues = [due(referral)]
            for number, (reached, credible) in enumerate(allegations):
                with clock.standing_at(NOW + timedelta(minutes=number)):
                    actions.record_allegation(
                        accounts["borough"],
                        referral.reference,
                        alleged(reached, credible=credible),
                        page=str(number),
                    )
                dues.append(due(referral))
            assert dues == sorted(dues, reverse=True)
            transaction.set_rollback(True)
        return dues[-1]

    assert due_after(told) == due_after(told[::-1])


def test_a_fact_that_made_it_due_earlier_still_does(accounts):
    referral = received(accounts["partner"])
    with clock.standing_at(NOW):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
        casework.correct(accounts["borough"], referral.reference, seen(referral), "age", "child", "he is fifteen")
    assert due(referral) == end_of(15)
    # a day from there would be later than what the corrected fact made it
    recorded(accounts["borough-supervisor"], referral, RECEIVED - timedelta(minutes=1), now=at(14, 13))

    assert due(referral) == end_of(15)


def test_a_clock_that_starts_after_an_allegation_was_recorded_runs_from_it_too(accounts):
    referral, officer = received(accounts["partner"], {**OF_SCD9, "matter": "prostitution"}), accounts["officer"]
    assert cases.work(referral.reference).owner.unit == officer.unit
    assert not Clock.objects.filter(referral=referral, clock=DUTY).exists()
    recorded(officer, referral, at(10))
    with clock.standing_at(at(15)):
        casework.correct(officer, referral.reference, seen(referral), "matter", "trafficking", "they work for nothing")
    assert due(referral) == end_of(18)
    told_at(at(15, 10))

    assert due(referral) == end_of(13)
    assert Entry.objects.get(action="clocks_fitted").detail == {"clocks": [DUTY]}
    told_at(at(15, 11))
    assert Entry.objects.filter(action="clocks_fitted").count() == 1


# A clock that was met


def met(accounts, referral, now: datetime) -> None:
    with clock.standing_at(now):
        key = clock_of(referral, DUTY).pk
        casework.finish(accounts["borough"], referral.reference, seen(referral), key, "an officer is put on it")


@pytest.mark.parametrize(("reached", "in_time"), [(at(13), True), (at(1), False)])
def test_a_clock_that_was_met_keeps_its_record_and_is_measured_from_what_was_known(
    accounts, signed_in, reached, in_time
):
    referral = received(accounts["partner"])
    met(accounts, referral, at(16))
    before = list(Clock.objects.filter(referral=referral).order_by("pk").values())
    recorded(accounts["borough"], referral, reached, now=at(18))

    assert list(Clock.objects.filter(referral=referral).order_by("pk").values()) == before
    (measured,) = queries.measured(cases.work(referral.reference), queries.first_known(referral))
    assert measured.in_time is in_time
    page = text_of(opened(signed_in("borough"), referral, now=at(18)))
    assert ("In time" in page, "Not in time" in page) == (in_time, not in_time)
    assert ("By the referral alone it was due 17 June 2010 at 11:59pm, and was in time" in page) is not in_time


def test_what_is_not_due_on_the_facts_any_more_is_neither_in_time_nor_late(accounts, signed_in):
    referral = received(accounts["partner"])
    with clock.standing_at(NOW):
        casework.accept(accounts["borough"], referral.reference, seen(referral))
        casework.correct(accounts["borough"], referral.reference, seen(referral), "matter", "prostitution", "by choice")
    recorded(accounts["borough"], referral, at(1), now=at(18))

    (measured,) = queries.measured(cases.work(referral.reference), queries.first_known(referral))
    assert measured.in_time is None
    assert "Not due on the facts as they are now" in text_of(opened(signed_in("borough"), referral, now=at(18)))


# Judging again


def test_another_judgement_takes_the_place_of_the_first_and_both_stay(accounts, signed_in):
    referral = received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1))
    new = judged(accounts["borough-supervisor"], referral, old, at(13), now=at(14, 13))

    assert queries.first_known(referral).allegation == new
    # as if the first had never been recorded
    assert due(referral) == end_of(16)
    page = text_of(opened(signed_in("borough"), referral, now=at(14, 14)))
    assert "It does not count any more" in page
    assert "Held credible then" in page
    assert "the log was read again" in page
    told = Event.objects.filter(referral=referral, kind="first_known").order_by("pk")
    assert [one.says for one in told] == [
        "Decide on the investigation, with the reason: due 4 June 2010 at 11:59pm, measured from 1 June 2010 at "
        "9:00am. Before, it was due 17 June 2010 at 11:59pm.",
        "Decide on the investigation, with the reason: due 16 June 2010 at 11:59pm, measured from 13 June 2010 at "
        "9:00am. Before, it was due 4 June 2010 at 11:59pm.",
    ]


def test_judged_not_credible_the_clock_is_as_the_referral_made_it_and_no_longer(accounts):
    referral = received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1))
    judged(accounts["commander"], referral, old, at(1), now=at(14, 13), credible=False)

    assert queries.first_known(referral).allegation is None
    running = clock_of(referral, DUTY)
    assert (running.started_at, running.due_at) == (RECEIVED, end_of(17))


def test_what_was_judged_again_is_not_judged_again_itself(accounts, signed_in):
    referral = received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1))
    judged(accounts["borough-supervisor"], referral, old, at(2), now=at(14, 13))

    with pytest.raises(Refused, match="it has been judged again already"):
        judged(accounts["borough-supervisor"], referral, old, at(3), now=at(14, 14))
    opened(signed_in("borough-supervisor"), referral, f"{old.pk}/judge/", status=409)


def test_an_allegation_is_judged_on_its_own_referral_alone(accounts, signed_in):
    referral, other = received(accounts["partner"]), received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1))

    opened(signed_in("borough-supervisor"), other, f"{old.pk}/judge/", status=404)
    with pytest.raises(Refused, match="there is no such allegation"):
        judged(accounts["borough-supervisor"], other, old, at(3))
    made = Allegation(
        referral=other,
        key="k",
        reached_at=at(1),
        time_known=True,
        to="x",
        source="victim",
        credible=True,
        why="x",
        recorded_at=NOW,
        by=accounts["borough"],
        by_words="x",
        replaces=old,
        reason="x",
    )
    with pytest.raises(IntegrityError, match="replaces_of_the_same_referral"), transaction.atomic():
        made.save()


# Keeping it


def test_what_is_recorded_is_told_and_noted(accounts, signed_in):
    referral = received(accounts["partner"])
    response = sending(signed_in("borough"), referral)

    made = Allegation.objects.get()
    assert response.url == f"/referrals/{referral.reference}/first-known/?kept={made.pk}"
    assert (made.reached_at.isoformat(), made.time_known) == ("2010-06-01T13:30:00+00:00", True)
    assert (made.to, made.source, made.credible, made.by_words) == (
        "Front counter, Forest Gate police station",
        "victim",
        True,
        "Officer, Newham borough",
    )
    told = Event.objects.get(referral=referral, kind="allegation")
    assert told.says == (
        "Reached the force 1 June 2010 at 2:30pm, from a potential victim, at Front counter, Forest Gate police "
        "station. Held credible: She named the address and the man."
    )
    entry = Entry.objects.get(action="allegation_recorded")
    assert entry.detail["clocks"] == [DUTY]
    assert "She named" not in str(entry.detail)
    page = text_of(opened(signed_in("borough"), referral, f"?kept={made.pk}"))
    for words in (
        "It is kept: it reached the force 1 June 2010 at 2:30pm.",
        "The force has known since 1 June 2010 at 2:30pm",
        "before the referral came in 14 June 2010 at 9:00am",
        "from a potential victim",
        "4 June 2010 at 11:59pm",
    ):
        assert words in page


def test_where_only_the_day_is_known_time_runs_from_its_first_moment(accounts, signed_in):
    referral = received(accounts["partner"])
    sending(signed_in("borough"), referral, time="")

    assert clock_of(referral, DUTY).started_at == datetime(2010, 6, 1, tzinfo=LONDON)
    page = text_of(opened(signed_in("borough"), referral))
    assert "The force has known since 1 June 2010<" in page
    assert "at 12:00am" not in page.partition("Record what reached")[0]


def test_sent_twice_from_one_page_it_is_one(accounts, signed_in):
    referral, other = received(accounts["partner"]), received(accounts["partner"])
    client = signed_in("borough")
    assert sending(client, referral).url == sending(client, referral).url
    assert Allegation.objects.count() == 1
    sending(client, other)
    sending(client, referral, why="She also named the driver.")

    assert Allegation.objects.count() == 3


def test_the_future_has_not_reached_the_force(accounts, signed_in):
    referral = received(accounts["partner"])

    with pytest.raises(Refused, match="still to come"):
        recorded(accounts["borough"], referral, at(15))
    page = sending(signed_in("borough"), referral, **{"day-day": "14", "time": "12:01pm"})
    assert page.status_code == 400
    assert "Time of day: it must be in the past" in text_of(page)
    assert not Allegation.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("day-day", "", "enter a real date"),
        ("day-day", "15", "it must be 14 June 2010 or earlier"),
        ("time", "noonish", "enter a time such as 14:30"),
        ("to", " ", "Name the post, the unit or the line"),
        ("to", "x" * 201, "use 200 characters or fewer"),
        ("source", "", "Select where it came from"),
        ("source", "gossip", "Select one of the answers that are offered"),
        ("credible", "", "Select whether it was credible"),
        ("why", "", "Why it was credible, or not: write it in a few words"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(accounts, signed_in, field, value, says):
    referral = received(accounts["partner"])
    page = sending(signed_in("borough"), referral, **{field: value})

    assert page.status_code == 400
    assert says in text_of(page)
    kept = "She named the address and the man." if field != "why" else "Front counter, Forest Gate police station"
    assert kept in text_of(page)
    assert not Allegation.objects.exists()


def test_judging_again_starts_from_what_is_recorded_and_asks_why(accounts, signed_in):
    referral = received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1, 14, 30))
    client = signed_in("borough-supervisor")
    page = text_of(opened(client, referral, f"{old.pk}/judge/"))

    assert 'value="14:30"' in page
    assert "She named the address." in page
    refused = sending(client, referral, f"{old.pk}/judge/")
    assert refused.status_code == 400
    assert "Why you judge it again: write it in a few words" in text_of(refused)
    assert (
        sending(client, referral, f"{old.pk}/judge/", credible="no", reason="It was about another street.").status_code
        == 302
    )
    assert not Allegation.objects.latest("pk").credible


def test_no_allegation_is_changed_or_removed(accounts):
    recorded(accounts["borough"], received(accounts["partner"]), at(1))

    for change in (Allegation.objects.all().delete, lambda: Allegation.objects.update(credible=False)):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"why": ""}, "an_allegation_says_to_whom_and_why"),
        ({"to": ""}, "an_allegation_says_to_whom_and_why"),
        ({"source": "gossip"}, "an_allegation_has_a_known_source"),
    ],
)
def test_the_database_refuses_what_says_nothing(accounts, wrong, says):
    referral = received(accounts["partner"])
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        recorded(accounts["borough"], referral, at(1), **wrong)


# Who


@pytest.mark.parametrize(
    ("name", "sees", "records", "judges"),
    [
        ("borough", True, True, False),
        ("borough-supervisor", True, True, True),
        ("officer", True, True, False),
        ("commander", True, False, True),
        ("auditor", True, False, False),
        ("paladin", False, False, False),
        ("analyst", False, False, False),
        ("administrator", False, False, False),
        ("partner", False, False, False),
    ],
)
def test_who_sees_records_and_judges(accounts, signed_in, name, sees, records, judges):
    referral = received(accounts["partner"])
    old = recorded(accounts["borough"], referral, at(1))
    client = signed_in(name)
    page = text_of(opened(client, referral, status=200 if sees else 404))
    refused = 403 if sees else 404

    assert ("first-known/add/" in page, "/judge/" in page) == (records, judges)
    opened(client, referral, "add/", status=200 if records else refused)
    opened(client, referral, f"{old.pk}/judge/", status=200 if judges else refused)
    assert (sending(client, referral, page="p2").status_code == 302) is records
    done = sending(client, referral, f"{old.pk}/judge/", page="p3", reason="It was read again.")
    assert (done.status_code == 302) is judges


def test_a_restricted_referral_tells_nothing_to_those_who_may_not_open_it(accounts, signed_in):
    referral = received(accounts["partner"], restricted=True)
    old = recorded(accounts["borough-supervisor"], referral, at(1))
    missing = signed_in("commander").get("/referrals/PAL-2222-2222/first-known/")
    for name in ("commander", "borough", "officer"):
        for rest in ("", "add/", f"{old.pk}/judge/"):
            refused = opened(signed_in(name), referral, rest, status=404)
            assert "Forest Gate" not in text_of(refused)
    refused = opened(signed_in("commander"), referral, status=404)
    assert same_for_any(refused, referral.reference) == same_for_any(missing, "PAL-2222-2222")
    with pytest.raises(NoReferral):
        recorded(accounts["borough"], referral, at(2))
    assert "Forest Gate" in text_of(opened(signed_in("borough-supervisor"), referral))


def test_the_page_takes_no_more_queries_for_many(accounts, signed_in):
    one, many = received(accounts["partner"]), received(accounts["partner"])
    recorded(accounts["borough"], one, at(1))
    for day in range(1, 9):
        old = recorded(accounts["borough"], many, at(day), now=NOW + timedelta(minutes=day))
        judged(accounts["borough-supervisor"], many, old, at(day, 10), now=NOW + timedelta(minutes=day, seconds=1))
    client = signed_in("auditor")

    def taken(referral) -> int:
        with CaptureQueriesContext(connection) as captured:
            opened(client, referral)
        return len(captured)

    assert taken(many) == taken(one)


def test_it_lists_what_reached_the_force_in_order_the_referral_among_it(accounts, signed_in):
    referral = received(accounts["partner"])
    recorded(accounts["borough"], referral, at(14, 11), source=Source.MEDIA)
    recorded(accounts["borough"], referral, at(3), source=Source.WITNESS)
    page = text_of(opened(signed_in("borough"), referral))

    assert re.findall(r"duties-heading\">([^<]+)<", page) == [
        "3 June 2010 at 9:00am: from a witness",
        "14 June 2010 at 9:00am: the referral",
        "14 June 2010 at 11:00am: from the media",
    ]
