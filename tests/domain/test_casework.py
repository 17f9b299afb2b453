"""The table of moves: what can be done in which state, and where it leads."""

import pytest

from palermo.domain.access import Act, Custody, Role, Viewer
from palermo.domain.casework import RULES, SETTLED, Move, State, open_moves, possible

TABLE = {
    State.RECEIVED: {Move.ACCEPT, Move.ESCALATE, Move.HAND_BACK},
    State.ACCEPTED: {Move.TAKE, Move.ALLOCATE, Move.ESCALATE, Move.HAND_BACK},
    State.ALLOCATED: {Move.TAKE, Move.ALLOCATE, Move.ESCALATE, Move.HAND_BACK},
    State.OFFERED: {Move.ANSWER},
    State.HANDED_BACK: {Move.SETTLE},
}
ALWAYS = {Move.CORRECT, Move.FINISH, Move.NAME}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_is_possible_in_its_states_and_in_no_other(state, move):
    assert bool(possible(state, move)) is (move in TABLE[state] | ALWAYS)


def test_a_refusal_says_why_and_what_is_possible():
    assert possible(State.OFFERED, Move.ACCEPT).because == (
        "it is offered to another unit. What can be done with it now: "
        "answer the offer, correct a fact, record what was done or name somebody on it"
    )


def test_every_move_has_a_rule_and_an_act_of_its_own():
    assert set(RULES) == set(Move)
    no_moves = {Act.SEE, Act.SEE_STATUS, Act.RECORD, Act.DECIDE, Act.ASK_SUPPORT, Act.ANSWER_SUPPORT}
    assert {rule.act for rule in RULES.values()} == set(Act) - no_moves


@pytest.mark.parametrize("move", Move)
def test_a_possible_move_leads_somewhere(move):
    for state in move.rule.since:
        assert move.rule.leads(state)


def test_every_state_is_reached_from_receipt_and_none_is_an_end():
    reached = {State.RECEIVED}
    while True:
        more = {
            to for state in reached for move in Move if state in move.rule.since for to in move.rule.leads(state)
        } | reached
        if more == reached:
            break
        reached = more
    assert reached == set(State)
    for state in State:
        assert any(move.rule.leads(state) - {state} for move in TABLE[state])


@pytest.mark.parametrize(
    ("move", "since", "to"),
    [
        (Move.ACCEPT, State.RECEIVED, {State.ACCEPTED}),
        (Move.ALLOCATE, State.ALLOCATED, {State.ALLOCATED}),
        (Move.HAND_BACK, State.ACCEPTED, {State.HANDED_BACK}),
        (Move.SETTLE, State.HANDED_BACK, {State.OFFERED, *SETTLED}),
        (Move.ANSWER, State.OFFERED, {State.ACCEPTED, State.HANDED_BACK, *SETTLED}),
        (Move.CORRECT, State.ACCEPTED, {State.ACCEPTED, State.OFFERED}),
        (Move.CORRECT, State.OFFERED, {State.OFFERED, *SETTLED}),
        (Move.FINISH, State.OFFERED, {State.OFFERED}),
    ],
)
def test_where_a_move_leads(move, since, to):
    assert move.rule.leads(since) == to


def test_open_moves_are_those_that_both_access_and_the_state_allow():
    officer = Viewer(1, Role.OFFICER, unit="unit-a")
    supervisor = Viewer(2, Role.SUPERVISOR, unit="unit-a")
    asked = Viewer(3, Role.OFFICER, unit="unit-b")
    custody = Custody(owner="unit-a", offered_to="unit-b")

    def moves(viewer, state):
        return set(open_moves(viewer, custody, state))

    working = {Move.CORRECT, Move.FINISH}
    assert moves(officer, State.RECEIVED) == {Move.ACCEPT, Move.ESCALATE, Move.HAND_BACK} | working
    assert moves(officer, State.HANDED_BACK) == working
    assert moves(supervisor, State.HANDED_BACK) == {Move.SETTLE} | working
    assert moves(officer, State.OFFERED) == working
    assert moves(asked, State.OFFERED) == {Move.ANSWER}
    assert moves(asked, State.RECEIVED) == set()
