"""After the night every case has one owner that exists, or it is named as an orphan; nothing else moves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.casework import State
from palermo.domain.changeover import TO_BE_SETTLED, Cause, Fate, Named, OpenCase, Place, Plan, plan
from palermo.domain.policy import Basis, Period
from palermo.domain.units import NoOrganisation, Unit, Units

DAY = date(2010, 4, 1)
MIDNIGHT = datetime(2010, 4, 1, tzinfo=UTC)
START = date(2007, 4, 1)


def unit(id_: str, start: date | None = None, end: date | None = None, officers: int | None = None) -> Unit:
    return Unit(id_, id_, "unit", Period(start, end), Basis.STATED, officers=officers, became="went", cites=("§1",))


UNITS = Units(
    [unit("OLD", end=DAY, officers=11), unit("NEW", start=DAY, officers=98), unit("BOTH"), unit("OTHER")], start=START
)
IDS = ("OLD", "NEW", "BOTH", "OTHER", "NEVER")
HERE = {"NEW", "BOTH", "OTHER"}
places = st.builds(Place, st.sampled_from(IDS), st.sampled_from(("", "Newham")))
answers = st.one_of(st.builds(Named, places, st.just("R1"), st.just("because")), st.just("nobody is named"))
open_cases = st.builds(
    OpenCase,
    reference=st.uuids().map(str),
    owner=places,
    decided=st.sampled_from(IDS),
    answer=answers,
    state=st.sampled_from(State),
    offered_to=st.none() | places | st.just(TO_BE_SETTLED),
    escalation=st.booleans(),
    if_accepted=st.none() | places,
    restricted=st.booleans(),
)


def night(*cases: OpenCase) -> Plan:
    return plan(cases, UNITS, MIDNIGHT)


def case(owner: str = "BOTH", to: str = "BOTH", decided: str = "", **other) -> OpenCase:
    return OpenCase("PAL-1", Place(owner), decided or owner, Named(Place(to), "R1", "because"), **other)


@given(st.lists(open_cases, max_size=12))
def test_every_case_has_one_owner_that_exists_or_is_an_orphan(cases):
    found = night(*cases)
    assert [line.case for line in found.lines] == cases
    for line in found.lines:
        assert bool(line.orphan) != (line.after.unit in HERE and not line.orphan)
        assert line.orphan or line.after.unit in HERE
        if not line.moves and not line.orphan:
            assert line.after == line.before


@given(st.lists(open_cases, max_size=12))
def test_no_offer_is_left_open_with_a_unit_that_is_gone(cases):
    for line in night(*cases).lines:
        asked = line.case.offered_to
        if asked is not None and asked.unit and asked.unit not in HERE and not line.orphan:
            assert line.fate is not None
            assert line.asked is None or not line.asked.unit or line.asked.unit in HERE


@given(st.lists(open_cases, max_size=12))
def test_the_loads_add_up_to_the_cases(cases):
    found = night(*cases)
    assert sum(load.before for load in found.loads) == len(cases)
    assert sum(load.after for load in found.loads) == len(cases) - len(found.orphans)
    assert all(load.before - load.loses + load.gains == load.after for load in found.loads)


@given(st.lists(open_cases, max_size=12))
def test_a_second_night_finds_nothing_to_do(cases):
    settled = [
        OpenCase(
            line.case.reference, line.after, line.after.unit if line.moves else line.case.decided, line.case.answer
        )
        for line in night(*cases).lines
        if not line.orphan
    ]
    assert not night(*settled).touched


def test_a_case_of_a_unit_that_ends_moves_whatever_the_remit_said_before():
    line = night(case("OLD", "NEW", decided="OTHER")).lines[0]
    assert (line.after.unit, line.cause, line.rule) == ("NEW", Cause.UNIT_ENDS, "R1")
    assert line.why == "OLD is not there any more. because"


def test_a_case_that_stands_where_the_remit_put_it_follows_the_remit():
    assert night(case("BOTH", "OTHER")).lines[0].cause is Cause.REMIT_CHANGED


def test_a_case_that_was_settled_otherwise_stays():
    assert not night(case("BOTH", "OTHER", decided="NEW")).touched


@pytest.mark.parametrize("answer", ["nobody is named", Named(Place("OLD"), "R1", "because")])
def test_a_case_without_an_heir_is_an_orphan(answer):
    found = night(OpenCase("PAL-1", Place("OLD"), "OLD", answer))
    assert [line.case.reference for line in found.orphans] == ["PAL-1"]
    assert not found.moving
    assert not found.touched


def test_an_offer_of_a_case_that_moves_is_withdrawn():
    line = night(case("OLD", "NEW", offered_to=Place("BOTH"), state=State.OFFERED)).lines[0]
    assert (line.fate, line.disputed) == (Fate.WITHDRAWN, True)


@pytest.mark.parametrize(
    ("escalation", "heir", "fate", "asked"),
    [
        (True, Place("NEW"), Fate.ASKED_ELSEWHERE, Place("NEW")),
        (True, Place("BOTH"), Fate.WITHDRAWN, None),
        (True, None, Fate.WITHDRAWN, None),
        (False, None, Fate.ASKED_ELSEWHERE, TO_BE_SETTLED),
    ],
)
def test_an_offer_to_a_unit_that_ends_goes_to_whoever_can_answer_it(escalation, heir, fate, asked):
    given = case(offered_to=Place("OLD"), escalation=escalation, if_accepted=heir, state=State.OFFERED)
    line = night(given).lines[0]
    assert (line.moves, line.fate, line.asked) == (False, fate, asked)


def test_an_offer_to_a_unit_that_stays_is_left_alone():
    assert not night(case(offered_to=Place("OTHER"))).touched
    assert not night(case(offered_to=TO_BE_SETTLED)).touched


def test_clocks_are_told_by_whether_they_ran_out_before_the_night_or_soon_after():
    due = [MIDNIGHT - timedelta(1), MIDNIGHT, MIDNIGHT + timedelta(days=2)]
    found = night(*(case(due=moment) for moment in due))
    assert [line.case.due for line in found.overdue] == due[:1]
    assert [line.case.due for line in found.running_out] == due[1:2]


def test_a_restricted_case_tells_where_it_goes_and_not_why_its_facts_say_so():
    told = night(case("OLD", "NEW", restricted=True)).lines[0].as_dict()
    assert (told["to"], told["rule"], told["why"]) == ("NEW", None, "OLD is not there any more.")


def test_each_unit_is_held_against_its_officers_of_either_day():
    loads = {load.unit: load for load in night(case("OLD", "NEW")).loads}
    assert (loads["OLD"].officers_before, loads["OLD"].officers_after, loads["OLD"].exists_after) == (11, None, False)
    assert (loads["NEW"].officers_before, loads["NEW"].officers_after, loads["NEW"].exists_after) == (None, 98, True)


def test_a_unit_that_a_proposal_sets_up_counts_as_there():
    assert plan([case("OLD", "NEVER")], UNITS, MIDNIGHT, also=["NEVER"]).moving


def test_a_day_before_the_organisation_is_known_is_refused():
    with pytest.raises(NoOrganisation):
        plan([], UNITS, MIDNIGHT.replace(year=2001))
