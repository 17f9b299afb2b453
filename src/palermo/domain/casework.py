"""Casework: what may be done with a referral in which state, and where does it lead?

One table of moves. Whether a person may make a move is `access`'s; whether the work stands where the move can be made
is said here, with the reason and with what could be done instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from palermo.domain.access import Act, Answer, Custody, Viewer, may
from palermo.domain.policy import listed


class State(StrEnum):
    """Where the work on a referral stands. It has an owner in each of them."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    ALLOCATED = "allocated"
    OFFERED = "offered"
    HANDED_BACK = "handed_back"

    @property
    def words(self) -> str:
        return WORDS[self]


WORDS = {
    State.RECEIVED: "not yet accepted",
    State.ACCEPTED: "accepted",
    State.ALLOCATED: "with an officer",
    State.OFFERED: "offered to another unit",
    State.HANDED_BACK: "handed back, to be settled",
}


class Move(StrEnum):
    """What somebody can do with it. The values stand in the addresses of the pages."""

    ACCEPT = "accept"
    ANSWER = "answer"
    SETTLE = "settle"
    TAKE = "take"
    ALLOCATE = "allocate"
    ESCALATE = "escalate"
    HAND_BACK = "hand-back"
    CORRECT = "change"
    FINISH = "done"
    NAME = "name"

    @property
    def rule(self) -> MoveRule:
        return RULES[self]

    @property
    def words(self) -> str:
        return self.rule.words


@dataclass(frozen=True, slots=True)
class MoveRule:
    """A move: its words, who may (the act of `access`), from which states, and to which it may lead.

    `stays`: it may leave the state as it is. `back`: it may undo what was asked of others, which leads back to a state
    of before that.
    """

    words: str
    act: Act
    since: tuple[State, ...]
    to: tuple[State, ...] = ()
    stays: bool = False
    back: bool = False

    def leads(self, state: State) -> frozenset[State]:
        """Every state that the move may end in when it is made in this one."""
        found = set(self.to)
        if self.stays:
            found.add(state)
        if self.back and state not in SETTLED:
            found.update(SETTLED)
        return frozenset(found)


SETTLED = (State.RECEIVED, State.ACCEPTED, State.ALLOCATED)
"""The states in which nothing is asked of anybody else."""

RULES = {
    Move.ACCEPT: MoveRule("Accept it", Act.ACCEPT, (State.RECEIVED,), (State.ACCEPTED,)),
    Move.TAKE: MoveRule("Take it on yourself", Act.TAKE, (State.ACCEPTED, State.ALLOCATED), (State.ALLOCATED,)),
    Move.ALLOCATE: MoveRule(
        "Allocate it to an officer", Act.ALLOCATE, (State.ACCEPTED, State.ALLOCATED), (State.ALLOCATED,)
    ),
    Move.ESCALATE: MoveRule("Ask for escalation", Act.ESCALATE, SETTLED, (State.OFFERED,)),
    Move.HAND_BACK: MoveRule("Hand it back", Act.HAND_BACK, SETTLED, (State.HANDED_BACK,)),
    Move.SETTLE: MoveRule("Settle the hand-back", Act.SETTLE, (State.HANDED_BACK,), (State.OFFERED,), back=True),
    Move.ANSWER: MoveRule(
        "Answer the offer", Act.ANSWER_OFFER, (State.OFFERED,), (State.ACCEPTED, State.HANDED_BACK), back=True
    ),
    # other facts may give it another owner, who is then asked; or make an offer pointless
    Move.CORRECT: MoveRule("Correct a fact", Act.CORRECT, tuple(State), (State.OFFERED,), stays=True, back=True),
    Move.FINISH: MoveRule("Record what was done", Act.FINISH, tuple(State), stays=True),
    Move.NAME: MoveRule("Name somebody on it", Act.NAME, tuple(State), stays=True),
}


def possible(state: State, move: Move) -> Answer:
    """Whether the move can be made in this state; if not, why, and what can be."""
    if state in move.rule.since:
        return Answer(True, f"it is {state.words}")
    others = listed([other.words.lower() for other in Move if state in other.rule.since], "or")
    return Answer(False, f"it is {state.words}. What can be done with it now: {others}")


def open_moves(viewer: Viewer, custody: Custody, state: State) -> tuple[Move, ...]:
    """The moves that this viewer may make with it now."""
    return tuple(move for move in Move if state in move.rule.since and may(viewer, move.rule.act, custody))
