"""The table of moves: what can be done in which state, and where it leads."""

import pytest

from palermo.domain.access import Act, Custody, Role, Viewer
from palermo.domain.casework import RULES, SETTLED, Move, State, open_moves, possible

SETTLED_MOVES = {Move.ESCALATE, Move.HAND_BACK, Move.DISPUTE}
TAKEN_ON = {Move.ASSESS, Move.TAKE, Move.ALLOCATE, Move.SUSPEND, Move.CLOSE} | SETTLED_MOVES
AT_WORK = {Move.CORRECT, Move.FINISH, Move.PLAN, Move.PAUSE, Move.RESTART, Move.NAME}
TABLE = {
    State.RECEIVED: {Move.ACCEPT} | SETTLED_MOVES | AT_WORK,
    State.ACCEPTED: TAKEN_ON | AT_WORK,
    State.ASSESSED: TAKEN_ON | AT_WORK,
    State.ALLOCATED: {Move.INVESTIGATE} | TAKEN_ON | AT_WORK,
    State.INVESTIGATING: TAKEN_ON | AT_WORK,
    State.REOPENED: {Move.INVESTIGATE} | TAKEN_ON | AT_WORK,
    State.OFFERED: {Move.ANSWER, Move.DISPUTE} | AT_WORK,
    State.HANDED_BACK: {Move.SETTLE} | AT_WORK,
    State.IN_DISPUTE: {Move.ARBITRATE} | AT_WORK,
    State.SUSPENDED: {Move.RESUME, Move.CLOSE, Move.FINISH, Move.NAME},
    State.CLOSED: {Move.REOPEN, Move.NAME},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_is_possible_in_its_states_and_in_no_other(state, move):
    assert bool(possible(state, move)) is (move in TABLE[state])


def test_a_refusal_says_why_and_what_is_possible():
    assert possible(State.OFFERED, Move.ACCEPT).because == (
        "it is offered to another unit. What can be done with it now: answer the offer, put it in dispute, correct a "
        "fact, record what was done, say what is next, pause a clock, let a clock run again or name somebody on it"
    )


def test_every_move_has_a_rule_and_an_act_of_its_own():
    assert set(RULES) == set(Move)
    apart = {Act.SEE, Act.SEE_STATUS, Act.RECORD, Act.DECIDE, Act.DISCLOSE, Act.ANSWER_BREACH, Act.JUDGE}
    no_moves = apart | {Act.ASK_SUPPORT, Act.ANSWER_SUPPORT}
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
        (Move.ASSESS, State.ACCEPTED, {State.ASSESSED}),
        (Move.ASSESS, State.INVESTIGATING, {State.INVESTIGATING}),
        (Move.TAKE, State.ACCEPTED, {State.ALLOCATED}),
        (Move.TAKE, State.INVESTIGATING, {State.INVESTIGATING}),
        (Move.INVESTIGATE, State.ALLOCATED, {State.INVESTIGATING}),
        (Move.DISPUTE, State.OFFERED, {State.IN_DISPUTE}),
        (Move.ARBITRATE, State.IN_DISPUTE, {State.ACCEPTED, *SETTLED}),
        (Move.CLOSE, State.SUSPENDED, {State.CLOSED}),
        (Move.REOPEN, State.CLOSED, {State.REOPENED, State.RECEIVED}),
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

    commander = Viewer(4, Role.COMMANDER, unit="all")
    working = AT_WORK - {Move.NAME}
    assert moves(officer, State.RECEIVED) == {Move.ACCEPT} | SETTLED_MOVES | working
    assert moves(officer, State.HANDED_BACK) == working
    assert moves(supervisor, State.HANDED_BACK) == {Move.SETTLE} | working
    assert moves(officer, State.OFFERED) == {Move.DISPUTE} | working
    assert moves(asked, State.OFFERED) == {Move.ANSWER, Move.DISPUTE}
    assert moves(asked, State.RECEIVED) == {Move.DISPUTE}
    assert moves(officer, State.IN_DISPUTE) == working
    assert moves(commander, State.IN_DISPUTE) == {Move.ARBITRATE}
    assert moves(officer, State.CLOSED) == set()
    assert moves(supervisor, State.CLOSED) == {Move.REOPEN}
