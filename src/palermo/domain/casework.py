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
    ASSESSED = "assessed"
    ALLOCATED = "allocated"
    INVESTIGATING = "investigating"
    OFFERED = "offered"
    HANDED_BACK = "handed_back"
    IN_DISPUTE = "in_dispute"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def words(self) -> str:
        return WORDS[self]


WORDS = {
    State.RECEIVED: "not yet accepted",
    State.ACCEPTED: "accepted",
    State.ASSESSED: "assessed",
    State.ALLOCATED: "with an officer",
    State.INVESTIGATING: "under investigation",
    State.OFFERED: "offered to another unit",
    State.HANDED_BACK: "handed back, to be settled",
    State.IN_DISPUTE: "in dispute",
    State.SUSPENDED: "suspended",
    State.CLOSED: "closed",
    State.REOPENED: "reopened",
}


class Outcome(StrEnum):
    """With what a case is closed. Each needs a reason."""

    CHARGE = "charge"
    NO_FURTHER_ACTION = "no_further_action"
    VICTIM_SUPPORT_ONLY = "victim_support_only"
    NOT_TRAFFICKING = "not_trafficking"
    PASSED_TO_ANOTHER_FORCE = "passed_to_another_force"

    @property
    def words(self) -> str:
        return OUTCOMES[self]


OUTCOMES = {
    Outcome.CHARGE: "charge",
    Outcome.NO_FURTHER_ACTION: "no further action",
    Outcome.VICTIM_SUPPORT_ONLY: "victim support only",
    Outcome.NOT_TRAFFICKING: "not trafficking",
    Outcome.PASSED_TO_ANOTHER_FORCE: "passed to another force",
}


class Move(StrEnum):
    """What somebody can do with it. The values stand in the addresses of the pages."""

    ACCEPT = "accept"
    ANSWER = "answer"
    SETTLE = "settle"
    ARBITRATE = "arbitrate"
    ASSESS = "assess"
    TAKE = "take"
    ALLOCATE = "allocate"
    INVESTIGATE = "investigate"
    ESCALATE = "escalate"
    HAND_BACK = "hand-back"
    DISPUTE = "dispute"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"
    CORRECT = "change"
    FINISH = "done"
    PLAN = "next"
    PAUSE = "pause"
    RESTART = "restart"
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

    `stays`: it may leave the state as it is. `keeps`: in these states it always does. `back`: it may undo what was
    asked of others, which leads back to a state of before that. `told`: it is a decision that a borough is told of when
    it sent the referral.
    """

    words: str
    act: Act
    since: tuple[State, ...]
    to: tuple[State, ...] = ()
    stays: bool = False
    keeps: tuple[State, ...] = ()
    back: bool = False
    told: bool = False

    def leads(self, state: State) -> frozenset[State]:
        """Every state that the move may end in when it is made in this one."""
        found = {state} if state in self.keeps else set(self.to)
        if self.stays:
            found.add(state)
        if self.back and state not in SETTLED:
            found.update(SETTLED)
        return frozenset(found)


SETTLED = (
    State.RECEIVED,
    State.ACCEPTED,
    State.ASSESSED,
    State.ALLOCATED,
    State.INVESTIGATING,
    State.REOPENED,
)
"""The states of an open case in which nothing is asked of anybody else."""
TAKEN_ON = SETTLED[1:]
"""Those of them in which its owner has accepted it."""
ASKING = (State.OFFERED, State.HANDED_BACK, State.IN_DISPUTE)
"""The states in which an answer is waited for."""
AT_WORK = (*SETTLED, *ASKING)
OPEN = (*AT_WORK, State.SUSPENDED)
NOT_WORKED_ON = (State.SUSPENDED, State.CLOSED)

RULES = {
    Move.ACCEPT: MoveRule("Accept it", Act.ACCEPT, (State.RECEIVED,), (State.ACCEPTED,), told=True),
    Move.ASSESS: MoveRule(
        "Record the assessment",
        Act.ASSESS,
        TAKEN_ON,
        (State.ASSESSED,),
        keeps=(State.ALLOCATED, State.INVESTIGATING),
        told=True,
    ),
    Move.TAKE: MoveRule("Take it on yourself", Act.TAKE, TAKEN_ON, (State.ALLOCATED,), keeps=(State.INVESTIGATING,)),
    Move.ALLOCATE: MoveRule(
        "Allocate it to an officer", Act.ALLOCATE, TAKEN_ON, (State.ALLOCATED,), keeps=(State.INVESTIGATING,)
    ),
    Move.INVESTIGATE: MoveRule(
        "Start the investigation",
        Act.INVESTIGATE,
        (State.ALLOCATED, State.REOPENED),
        (State.INVESTIGATING,),
        told=True,
    ),
    Move.ESCALATE: MoveRule("Ask for escalation", Act.ESCALATE, SETTLED, (State.OFFERED,), told=True),
    Move.HAND_BACK: MoveRule("Hand it back", Act.HAND_BACK, SETTLED, (State.HANDED_BACK,), told=True),
    Move.SETTLE: MoveRule(
        "Settle the hand-back", Act.SETTLE, (State.HANDED_BACK,), (State.OFFERED,), back=True, told=True
    ),
    Move.ANSWER: MoveRule(
        "Answer the offer",
        Act.ANSWER_OFFER,
        (State.OFFERED,),
        (State.ACCEPTED, State.HANDED_BACK),
        back=True,
        told=True,
    ),
    Move.DISPUTE: MoveRule("Put it in dispute", Act.DISPUTE, (*SETTLED, State.OFFERED), (State.IN_DISPUTE,), told=True),
    Move.ARBITRATE: MoveRule(
        "Settle the dispute", Act.ARBITRATE, (State.IN_DISPUTE,), (State.ACCEPTED,), back=True, told=True
    ),
    Move.SUSPEND: MoveRule("Suspend it", Act.SUSPEND, TAKEN_ON, (State.SUSPENDED,), told=True),
    Move.RESUME: MoveRule("Take it up again", Act.RESUME, (State.SUSPENDED,), TAKEN_ON, told=True),
    Move.CLOSE: MoveRule("Close it", Act.CLOSE, (*TAKEN_ON, State.SUSPENDED), (State.CLOSED,), told=True),
    # a unit that is not there any more cannot have it again: whom the remit names then is to accept it
    Move.REOPEN: MoveRule("Reopen it", Act.REOPEN, (State.CLOSED,), (State.REOPENED, State.RECEIVED), told=True),
    # other facts may give it another owner, who is then asked; or make an offer pointless
    Move.CORRECT: MoveRule("Correct a fact", Act.CORRECT, AT_WORK, (State.OFFERED,), stays=True, back=True),
    Move.FINISH: MoveRule("Record what was done", Act.FINISH, OPEN, stays=True),
    Move.PLAN: MoveRule("Say what is next", Act.FINISH, AT_WORK, stays=True),
    Move.PAUSE: MoveRule("Pause a clock", Act.PAUSE, AT_WORK, stays=True),
    Move.RESTART: MoveRule("Let a clock run again", Act.PAUSE, AT_WORK, stays=True),
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
