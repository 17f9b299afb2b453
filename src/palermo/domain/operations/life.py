"""The life of an operation: what may be done with it in which state, by whom, and where does it lead?

One table of moves. What is decided on a proposal, and what changes the plan of an approved operation, is decided in a
tasking meeting; everything else is the lead unit's, or of those who take part.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from palermo.domain.access import WORKING, Answer, Role, Viewer, is_at
from palermo.domain.policy import listed

Place = tuple[str, str]
"""A unit, and a borough where a borough's officers are meant."""


class State(StrEnum):
    """Where an operation stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    RUNNING = "running"
    ENDED = "ended"

    @property
    def words(self) -> str:
        return self.value


class Who(StrEnum):
    """Who makes a move."""

    MEETING = "a tasking meeting"
    LEADING = "a supervisor of the lead unit, or the commander"
    LEAD = "officers and supervisors of the lead unit"
    PART = "officers and supervisors of the units that take part"


class Move(StrEnum):
    """What can be done with it. The values stand in the addresses of the pages."""

    APPROVE = "approve"
    REFUSE = "refuse"
    DEFER = "defer"
    RESOURCE = "allocate"
    REVISE = "plan"
    SCORE = "score"
    PROPOSE_AGAIN = "propose-again"
    START = "start"
    END = "end"
    LINK = "link"
    USE = "use"
    RESULT = "result"
    COST = "cost"
    REPORT = "report"

    @property
    def rule(self) -> MoveRule:
        return RULES[self]

    @property
    def words(self) -> str:
        return self.rule.words


@dataclass(frozen=True, slots=True)
class MoveRule:
    """A move: its words, who makes it, from which states, and to which it leads; to none: it stays as it is."""

    words: str
    who: Who
    since: tuple[State, ...]
    to: State | None = None

    def leads(self, state: State) -> State:
        return self.to or state


PROPOSED, APPROVED, REFUSED, RUNNING, ENDED = State

RULES = {
    Move.APPROVE: MoveRule("Approve it", Who.MEETING, (PROPOSED,), APPROVED),
    Move.REFUSE: MoveRule("Refuse it", Who.MEETING, (PROPOSED,), REFUSED),
    Move.DEFER: MoveRule("Defer it", Who.MEETING, (PROPOSED,)),
    Move.RESOURCE: MoveRule("Change what it has and how long it runs", Who.MEETING, (APPROVED, RUNNING)),
    Move.REVISE: MoveRule("Change the plan", Who.LEAD, (PROPOSED,)),
    Move.SCORE: MoveRule("Score it", Who.LEAD, (PROPOSED,)),
    Move.PROPOSE_AGAIN: MoveRule("Propose it again", Who.LEAD, (REFUSED,), PROPOSED),
    Move.START: MoveRule("Start it", Who.LEADING, (APPROVED,), RUNNING),
    Move.END: MoveRule("End it", Who.LEADING, (APPROVED, RUNNING), ENDED),
    Move.LINK: MoveRule("Change its cases", Who.PART, (PROPOSED, APPROVED, RUNNING)),
    Move.USE: MoveRule("Record officer-days used", Who.PART, (RUNNING, ENDED)),
    # convictions and confiscations come long after the end
    Move.RESULT: MoveRule("Record a result", Who.LEAD, (RUNNING, ENDED)),
    Move.COST: MoveRule("Record a cost", Who.LEAD, (APPROVED, RUNNING, ENDED)),
    Move.REPORT: MoveRule("Add to the outcome report", Who.LEAD, (ENDED,)),
}

COUNTED = (APPROVED, RUNNING)
"""The states in which what is planned counts against capacity."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is in an operation: the unit that leads it and those that it has officers of."""

    lead: Place
    tasked: frozenset[Place] = frozenset()

    @property
    def all(self) -> frozenset[Place]:
        return self.tasked | {self.lead}

    def lead_is(self, viewer: Viewer) -> bool:
        return is_at(viewer, *self.lead)

    def has(self, viewer: Viewer) -> bool:
        return any(is_at(viewer, *place) for place in self.all)


def possible(state: State, move: Move) -> Answer:
    """Whether the move can be made in this state; if not, why, and what can be."""
    if state in move.rule.since:
        return Answer(True, f"it is {state.words}")
    others = listed([other.words.lower() for other in Move if state in other.rule.since], "or")
    return Answer(False, f"it is {state.words}. What can be done with it now: {others}")


def sees(viewer: Viewer, parties: Parties) -> Answer:
    """Whether the operation may be opened. Which of its cases are named there is for each case's own access to say."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR):
        return Answer(True, "you see all operations")
    if viewer.role is Role.ANALYST:
        return Answer(True, "an analyst sees the figures of all operations")
    if viewer.role in WORKING and parties.has(viewer):
        return Answer(True, "your unit takes part in it")
    return Answer(False, "your unit takes no part in it")


def reads(viewer: Viewer) -> Answer:
    """Whether what people wrote of operations, and their cases, may be read by somebody who may open them at all."""
    if viewer.role is Role.ANALYST:
        return Answer(False, "an analyst works from counts: what is written of an operation may speak of records")
    return Answer(True, "you see operations whole")


def may(viewer: Viewer, move: Move, parties: Parties, *, in_meeting: bool = False) -> Answer:
    """Whether the viewer may make the move with an operation of these parties, and why or why not."""
    who = move.rule.who
    seen = sees(viewer, parties)
    if not seen:
        return seen
    if who is Who.MEETING:
        if not in_meeting:
            return Answer(False, f"only a tasking meeting can {move.words[:1].lower()}{move.words[1:]}")
        return may_task(viewer, parties.all)
    if who is Who.LEADING and viewer.role is Role.COMMANDER:
        return Answer(True, "you command the units concerned")
    if who is Who.LEADING:
        allowed = viewer.role is Role.SUPERVISOR and parties.lead_is(viewer)
    elif who is Who.LEAD:
        allowed = viewer.role in WORKING and parties.lead_is(viewer)
    else:
        allowed = viewer.role in WORKING and parties.has(viewer)
    return Answer(True, "your unit takes part in it") if allowed else Answer(False, f"that is for {who}")


def may_task(viewer: Viewer, places: frozenset[Place]) -> Answer:
    """Whether the viewer may say what the officers of these places do: the commander of all, supervisors of theirs."""
    if viewer.role is Role.COMMANDER:
        return Answer(True, "you command the units concerned")
    if viewer.role is Role.SUPERVISOR and all(is_at(viewer, *place) for place in places):
        return Answer(True, "you supervise the unit concerned")
    return Answer(False, "other units than yours are asked for, which is for a meeting that the commander chairs")


def may_propose(viewer: Viewer) -> Answer:
    """Whether the viewer may propose an operation: for the own unit, or the commander for any."""
    if viewer.role in WORKING and viewer.unit:
        return Answer(True, "you propose for your unit")
    if viewer.role is Role.COMMANDER:
        return Answer(True, "you propose for any unit")
    return Answer(False, "operations are proposed by officers, supervisors and the commander")


def may_list(viewer: Viewer) -> Answer:
    """Whether there are operations to be listed for the viewer at all."""
    if viewer.role in WORKING | {Role.COMMANDER, Role.AUDITOR, Role.ANALYST}:
        return Answer(True, "you see operations")
    return Answer(
        False, "operations are open to the units that take part in them, the commander, analysts and auditors"
    )
