from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.remit.remits import a_vocabulary
from palermo.domain.clocks import (
    COMMANDER,
    LADDER,
    SUPERVISOR,
    Breach,
    BreachRow,
    ClockRow,
    Step,
    applying,
    deadline,
    due_after_pause,
    going_up,
    gone_up,
    passed_on,
    start_clocks,
    steps,
)
from palermo.domain.policy import Basis, Period

WORDS = a_vocabulary()
THURSDAY = date(2010, 4, 1)
GOOD_FRIDAY, EASTER_MONDAY = date(2010, 4, 2), date(2010, 4, 5)
EASTER = (GOOD_FRIDAY, EASTER_MONDAY)
LONDON = ZoneInfo("Europe/London")
DUE = datetime(2010, 4, 1, 23, 59, 59, tzinfo=LONDON)
INSTANT = timedelta(microseconds=1)


def a_row(id="K1", clock="acceptance", when=None, **more):
    if not {"hours", "days", "working_days"} & set(more):
        more["days"] = 1
    more = {"basis": Basis.ASSUMED, "cites": ("§9",), **more}
    return ClockRow(id, clock, "Accept it", WORDS.condition(when or {}), Period(), **more)


def goes_up(id="U1", to=SUPERVISOR, when=None, **more):
    if not {"hours", "days", "working_days"} & set(more):
        more["hours"] = 0
    more = {"basis": Basis.ASSUMED, "cites": ("§9",), **more}
    return BreachRow(id, to, WORDS.condition(when or {}), Period(), **more)


@pytest.mark.parametrize(
    ("length", "due"),
    [
        ({"hours": 4}, date(2010, 4, 1)),
        ({"hours": 24}, date(2010, 4, 2)),
        ({"hours": 30}, date(2010, 4, 2)),
        ({"days": 3}, date(2010, 4, 4)),
        ({"days": 0}, date(2010, 4, 1)),
        ({"working_days": 1}, date(2010, 4, 2)),
        ({"working_days": 2}, date(2010, 4, 5)),
    ],
)
def test_a_day_gives_a_day(length, due):
    assert deadline(a_row(**length), THURSDAY) == due


def test_working_days_leave_out_weekends_and_holidays():
    assert deadline(a_row(working_days=1), THURSDAY, EASTER) == date(2010, 4, 6)
    assert deadline(a_row(working_days=1), date(2010, 4, 3), EASTER) == date(2010, 4, 6)


@given(start=st.dates(date(2007, 4, 1), date(2030, 1, 1)), days=st.integers(0, 30))
def test_as_many_working_days_as_were_given_lie_up_to_the_deadline(start, days):
    due = deadline(a_row(working_days=days), start, EASTER)
    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]

    assert sum(day.weekday() < 5 and day not in EASTER for day in between) == days
    assert days == 0 or (due.weekday() < 5 and due not in EASTER)


def test_a_moment_gives_a_moment():
    start = datetime(2010, 4, 1, 15, 30, tzinfo=LONDON)

    assert deadline(a_row(hours=4), start) == datetime(2010, 4, 1, 19, 30, tzinfo=LONDON)
    assert deadline(a_row(days=1), start) == datetime(2010, 4, 2, 23, 59, 59, tzinfo=LONDON)
    assert deadline(a_row(working_days=1), start, EASTER) == datetime(2010, 4, 6, 23, 59, 59, tzinfo=LONDON)


def test_hours_are_hours_on_the_night_the_clocks_change():
    start = datetime(2010, 3, 27, 23, 0, tzinfo=LONDON)
    due = deadline(a_row(hours=4), start)

    assert due.isoformat() == "2010-03-28T04:00:00+01:00"
    assert due.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=4)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match=r"row K1: the moment .* has no time zone"):
        deadline(a_row(), datetime(2010, 4, 1, 12))  # noqa: DTZ001


@given(hours=st.integers(0, 200), minute=st.integers(0, 24 * 60 - 1))
def test_where_only_the_day_is_known_a_clock_is_never_later(hours, minute):
    moment = datetime(2010, 4, 1, tzinfo=UTC) + timedelta(minutes=minute)

    assert deadline(a_row(hours=hours), THURSDAY) <= deadline(a_row(hours=hours), moment).date()


def test_clocks_that_start_come_in_the_order_they_are_due():
    rows = [a_row("K1", days=5), a_row("K2", "safeguarding", hours=8, holder="safeguarding")]
    first, second = start_clocks(rows, THURSDAY)

    assert (first.clock, second.clock) == ("safeguarding", "acceptance")
    assert first.holder == "safeguarding"
    assert second.as_dict() == {
        "clock": "acceptance",
        "starts": "2010-04-01",
        "due": "2010-04-06",
        "source": "assumed (§9)",
    }


def test_the_source_says_how_firm_it_is():
    assert a_row(basis=Basis.STATED).source == "§9"
    assert a_row(cites=()).source == "assumed"


@pytest.mark.parametrize(
    ("length", "words"), [({"hours": 4}, "4 hours"), ({"days": 1}, "1 day"), ({"working_days": 5}, "5 working days")]
)
def test_lengths_in_words(length, words):
    assert a_row(**length).length == words


def test_of_the_rows_of_a_clock_the_most_specific_runs():
    wide, narrow = a_row("K1"), a_row("K2", when={"age": "child"})
    owned, other = a_row("K3", owner=("TP",)), a_row("K4", "safeguarding")

    assert applying([wide, narrow, other], "SCD9") == (narrow, other)
    assert applying([wide, owned], "TP") == (owned,)
    assert applying([wide, owned], "SCD9") == (wide,)


def test_two_rows_equally_specific_are_refused_unless_a_third_is_more_so():
    a, b = a_row("K1", when={"age": "child"}), a_row("K2", when={"reach": "borough"})
    third = a_row("K3", when={"age": "child", "reach": "borough"})

    with pytest.raises(ValueError, match="clock acceptance: K1 and K2 both hold for TP and neither is more specific"):
        applying([a, b], "TP")
    assert applying([a, b, third], "TP") == (third,)


# Breaches


def test_a_breach_goes_up_at_once_and_after_a_working_day():
    rows = [goes_up("U2", COMMANDER, working_days=1), goes_up("U1", hours=0)]

    assert steps(rows, DUE, EASTER) == (
        Step(SUPERVISOR, DUE, "U1"),
        Step(COMMANDER, datetime(2010, 4, 6, 23, 59, 59, tzinfo=LONDON), "U2"),
    )


def test_what_is_due_is_not_late_at_its_moment_but_after_it():
    found = steps([goes_up("U1"), goes_up("U2", COMMANDER, hours=2)], DUE)
    first, second = found

    assert gone_up(found, DUE) == Breach((), first)
    assert gone_up(found, DUE + INSTANT) == Breach((first,), second)
    assert gone_up(found, DUE + timedelta(hours=2) + INSTANT) == Breach((first, second), None)


def test_nobody_hears_of_a_breach_before_whoever_stands_below():
    found = steps([goes_up("U1", days=1), goes_up("U2", COMMANDER, hours=0)], DUE)

    assert [step.after for step in found] == [datetime(2010, 4, 2, 23, 59, 59, tzinfo=LONDON)] * 2


def test_of_the_rows_of_a_breach_the_most_specific_holds_for_each_it_goes_up_to():
    wide, narrow = goes_up("U1"), goes_up("U2", when={"age": "child"})
    named, above = goes_up("U3", clock=("acceptance",)), goes_up("U4", COMMANDER)

    assert going_up([wide, narrow, above], "acceptance", "owner") == (narrow, above)
    assert going_up([wide, named], "acceptance", "owner") == (named,)
    assert going_up([wide, named], "safeguarding", "owner") == (wide,)
    assert going_up([named], "safeguarding", "owner") == ()


def test_what_others_have_to_see_to_goes_up_only_where_the_policy_names_it():
    wide, named = goes_up("U1"), goes_up("U2", clock=("recovery",))

    assert going_up([wide], "recovery", "support provider") == ()
    assert going_up([wide, named], "recovery", "support provider") == (named,)
    assert going_up([wide], "escalation_answer", "offered") == (wide,)


def test_two_rows_of_a_breach_that_are_equally_specific_are_refused():
    a, b = goes_up("U1", when={"age": "child"}), goes_up("U2", when={"reach": "borough"})

    with pytest.raises(ValueError, match="breach of acceptance to the supervisor: U1 and U2 both hold and neither"):
        going_up([a, b], "acceptance", "owner")


def test_where_nobody_supervises_the_commander_hears_of_it_when_the_supervisor_would_have():
    found = steps([goes_up("U1", hours=1), goes_up("U2", COMMANDER, working_days=1)], DUE)
    at = DUE + timedelta(hours=1)

    assert passed_on(found, ()) == found
    assert passed_on(found, {SUPERVISOR}) == (Step(COMMANDER, at, "U1"),)
    # also where the policy would never have told the commander: somebody has to hear of it
    assert passed_on(found[:1], {SUPERVISOR}) == (Step(COMMANDER, at, "U1"),)


lengths = st.sampled_from(["hours", "days", "working_days"])


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(LADDER), lengths, st.integers(0, 100)), max_size=2, unique_by=lambda r: r[0]
    ),
    due=st.datetimes(datetime(2010, 3, 1), datetime(2010, 11, 30), timezones=st.just(LONDON)),  # noqa: DTZ001
    looks=st.lists(st.timedeltas(timedelta(-3), timedelta(200)), max_size=8),
    absent=st.sets(st.sampled_from(LADDER)),
)
def test_how_far_a_breach_has_gone_up_depends_on_now_alone(rows, due, looks, absent):
    """Whoever looks, and however often: the last look finds all that any look before it found."""
    made = [goes_up(f"U{n}", to, **{length: number}) for n, (to, length, number) in enumerate(rows)]
    found = passed_on(steps(made, due, EASTER), absent)
    told, seen = [], ()
    for look in sorted(looks):
        reached = gone_up(found, due + look).reached
        assert reached[: len(seen)] == seen
        told += [step for step in reached if step not in told]
        seen = reached

    assert [step.after for step in found] == sorted(step.after for step in found)
    assert all(step.after >= due for step in found)
    assert tuple(told) == (gone_up(found, due + max(looks)).reached if looks else ())


# Clocks that stand still

MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: at(1) + timedelta(minutes=minutes))
LENGTHS = st.sampled_from(["hours", "days", "working_days"])


def at(day: int, hour: int = 10) -> datetime:
    """A moment of April 2010."""
    return datetime(2010, 4, day, hour, tzinfo=LONDON)


def end_of(day: int) -> datetime:
    return datetime(2010, 4, day, 23, 59, 59, tzinfo=LONDON)


def test_what_was_left_of_a_clock_is_left_again():
    def after(counted, due):
        return due_after_pause(counted, due, paused=at(1), restarted=at(9, 15), holidays=EASTER)

    assert after("hours", at(1, 14)) == at(9, 19)
    assert after("days", end_of(3)) == end_of(11)
    # the Tuesday after Easter was the one working day to come; it is the Monday after the weekend now
    assert after("working_days", end_of(6)) == end_of(12)


@given(counted=LENGTHS, paused=MOMENTS, left=st.integers(0, 40), away=st.timedeltas(timedelta(0), timedelta(days=200)))
def test_a_pause_never_makes_a_clock_due_earlier_and_never_takes_away_what_was_left(counted, paused, left, away):
    row = a_row(**{counted: left})
    due, restarted = deadline(row, paused, EASTER), paused + away

    again = due_after_pause(counted, due, paused, restarted, EASTER)

    assert again >= due
    if counted == "hours":
        assert again - restarted.astimezone(UTC) == timedelta(hours=left)
    else:
        assert again == deadline(row, restarted, EASTER)


def test_what_is_overdue_is_not_paused_and_time_does_not_run_backwards():
    moment = datetime(2010, 4, 1, 10, 0, tzinfo=LONDON)

    with pytest.raises(ValueError, match="overdue"):
        due_after_pause("hours", moment, moment + timedelta(seconds=1), moment + timedelta(days=1))
    with pytest.raises(ValueError, match="before it begins"):
        due_after_pause("hours", moment + timedelta(days=9), moment, moment - timedelta(seconds=1))
