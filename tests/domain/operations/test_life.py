"""The table of an operation's moves, and who makes them: allowed and refused together."""

import pytest

from palermo.domain.access import Role, Viewer
from palermo.domain.operations import Move, Parties, State, may, may_propose, possible, reads, sees
from palermo.domain.operations.life import RULES, Who, may_list

TABLE = {
    State.PROPOSED: {Move.APPROVE, Move.REFUSE, Move.DEFER, Move.REVISE, Move.SCORE, Move.LINK},
    State.APPROVED: {Move.RESOURCE, Move.START, Move.END, Move.LINK, Move.COST},
    State.REFUSED: {Move.PROPOSE_AGAIN},
    State.RUNNING: {Move.RESOURCE, Move.END, Move.LINK, Move.USE, Move.RESULT, Move.COST},
    State.ENDED: {Move.USE, Move.RESULT, Move.COST, Move.REPORT},
}
PARTIES = Parties(lead=("unit-a", ""), tasked=frozenset({("unit-b", ""), ("boroughs", "Newham")}))
VIEWERS = {
    "lead officer": Viewer(1, Role.OFFICER, unit="unit-a"),
    "lead supervisor": Viewer(2, Role.SUPERVISOR, unit="unit-a"),
    "tasked officer": Viewer(3, Role.OFFICER, unit="unit-b"),
    "tasked supervisor": Viewer(4, Role.SUPERVISOR, unit="unit-b"),
    "borough officer": Viewer(5, Role.OFFICER, unit="boroughs", borough="Newham"),
    "other borough": Viewer(6, Role.OFFICER, unit="boroughs", borough="Hackney"),
    "other supervisor": Viewer(7, Role.SUPERVISOR, unit="unit-c"),
    "commander": Viewer(8, Role.COMMANDER, unit="top"),
    "auditor": Viewer(9, Role.AUDITOR),
    "analyst": Viewer(10, Role.ANALYST, unit="unit-a"),
    "partner": Viewer(11, Role.PARTNER, body="Harbour Project"),
    "administrator": Viewer(12, Role.ADMINISTRATOR),
}
PART = {"lead officer", "lead supervisor", "tasked officer", "tasked supervisor", "borough officer"}
SEEING = PART | {"commander", "auditor", "analyst"}
MAKING = {
    Who.MEETING: set(),
    Who.LEADING: {"lead supervisor", "commander"},
    Who.LEAD: {"lead officer", "lead supervisor"},
    Who.PART: PART,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_is_possible_in_its_states_and_in_no_other(state, move):
    assert bool(possible(state, move)) is (move in TABLE[state])


def test_a_refusal_says_why_and_what_is_possible():
    assert possible(State.REFUSED, Move.START).because == (
        "it is refused. What can be done with it now: propose it again"
    )


def test_every_state_is_reached_from_the_proposal():
    reached = {State.PROPOSED}
    while more := {RULES[m].leads(s) for s in reached for m in Move if s in RULES[m].since} - reached:
        reached |= more
    assert reached == set(State)


@pytest.mark.parametrize("who", VIEWERS)
def test_who_opens_an_operation(who):
    assert bool(sees(VIEWERS[who], PARTIES)) is (who in SEEING)
    assert bool(reads(VIEWERS[who])) is (who != "analyst")


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("move", Move)
def test_who_makes_a_move_outside_a_meeting(who, move):
    assert bool(may(VIEWERS[who], move, PARTIES)) is (who in MAKING[move.rule.who])


@pytest.mark.parametrize("move", [move for move in Move if move.rule.who is Who.MEETING])
@pytest.mark.parametrize(
    ("who", "parties", "allowed"),
    [
        ("commander", PARTIES, True),
        ("lead supervisor", PARTIES, False),
        ("lead supervisor", Parties(("unit-a", ""), frozenset({("unit-a", "")})), True),
        ("lead officer", Parties(("unit-a", "")), False),
        ("tasked supervisor", Parties(("unit-a", "")), False),
        ("auditor", PARTIES, False),
        ("analyst", PARTIES, False),
    ],
)
def test_who_decides_in_a_meeting(move, who, parties, allowed):
    assert bool(may(VIEWERS[who], move, parties, in_meeting=True)) is allowed


@pytest.mark.parametrize("who", VIEWERS)
def test_who_proposes_and_who_has_a_list(who):
    outside = {"auditor", "analyst", "partner", "administrator"}
    assert bool(may_propose(VIEWERS[who])) is (who not in outside)
    assert bool(may_list(VIEWERS[who])) is (who not in {"partner", "administrator"})
