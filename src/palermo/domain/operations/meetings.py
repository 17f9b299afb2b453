"""Tasking meetings: who may hold one, for whom, and what is before it?

A meeting is planned for a day, opened when its agenda is fixed, and closed when its minutes are. What is open and late
is before it by itself; nobody has to think of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from palermo.domain.access import WORKING, Answer, Role, Viewer, is_at
from palermo.domain.operations.life import Place
from palermo.domain.policy import listed


class Section(StrEnum):
    """What a meeting has before it, in the order of the agenda."""

    TASKS = "tasks"
    BREACHED = "breached"
    TO_SETTLE = "to_settle"
    ESCALATIONS = "escalations"
    SUPPORT = "support"
    NEW = "new"
    LATE = "late"
    PROPOSED = "proposed"
    CAPACITY = "capacity"

    @property
    def words(self) -> str:
        return SECTIONS[self]


SECTIONS = {
    Section.TASKS: "Tasks from earlier meetings",
    Section.BREACHED: "Breached clocks",
    Section.TO_SETTLE: "In dispute or handed back",
    Section.ESCALATIONS: "Offered and not answered",
    Section.SUPPORT: "Support asked for and not answered",
    Section.NEW: "New referrals since the last meeting",
    Section.LATE: "Operations past their planned start or end",
    Section.PROPOSED: "Proposed operations, by score",
    Section.CAPACITY: "Capacity against load",
}
OF_CASES = frozenset({Section.BREACHED, Section.TO_SETTLE, Section.ESCALATIONS, Section.SUPPORT, Section.NEW})
"""The sections whose lines are referrals, and name only those that the reader may open."""


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        return self.value


class MeetingMove(StrEnum):
    """What can be done with a meeting. The values stand in the addresses of the pages."""

    OPEN = "open"
    CANCEL = "cancel"
    DECIDE = "decide"
    CLOSE = "close"
    ADD = "add"

    @property
    def words(self) -> str:
        return MOVES[self][0]


MOVES: dict[MeetingMove, tuple[str, MeetingState, MeetingState]] = {
    MeetingMove.OPEN: ("Open the meeting", MeetingState.PLANNED, MeetingState.OPEN),
    MeetingMove.CANCEL: ("Cancel the meeting", MeetingState.PLANNED, MeetingState.CANCELLED),
    MeetingMove.DECIDE: ("Take a decision", MeetingState.OPEN, MeetingState.OPEN),
    MeetingMove.CLOSE: ("Close the meeting", MeetingState.OPEN, MeetingState.CLOSED),
    MeetingMove.ADD: ("Add to the minutes", MeetingState.CLOSED, MeetingState.CLOSED),
}
"""Each move: its words, the state it is made in and the one it leads to."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a meeting is for: some units, or with none named the whole response."""

    places: frozenset[Place] = frozenset()

    @property
    def whole(self) -> bool:
        return not self.places

    def takes_in(self, unit: str, borough: str = "") -> bool:
        """Whether what is of that unit is before the meeting. What is of no borough known is before each of them."""
        return self.whole or any(
            unit == there and (not borough or not of or borough == of) for there, of in self.places
        )

    def covers(self, other: Scope) -> bool:
        """Whether all that is before the other meeting is before this one."""
        if self.whole or other.whole:
            return self.whole
        return all((unit, borough) in self.places or (unit, "") in self.places for unit, borough in other.places)


def possible(state: MeetingState, move: MeetingMove) -> Answer:
    """Whether the move can be made in this state; if not, why, and what can be."""
    if state is MOVES[move][1]:
        return Answer(True, f"it is {state.words}")
    others = listed([other.words.lower() for other in MeetingMove if MOVES[other][1] is state], "or")
    return Answer(False, f"it is {state.words}. What can be done with it now: {others or 'nothing'}")


def may_attend(viewer: Viewer, scope: Scope) -> Answer:
    """Whether the agenda and the minutes may be read: by supervisors of the units it is for, commander and auditor."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR):
        return Answer(True, "you see all tasking meetings")
    if viewer.role is Role.SUPERVISOR and supervises_in(viewer, scope):
        return Answer(True, "the meeting is for your unit")
    return Answer(False, "tasking meetings are for the supervisors of their units, the commander and auditors")


def may_chair(viewer: Viewer, scope: Scope) -> Answer:
    """Whether the viewer may plan, open and close the meeting, and decide in it what is the viewer's to decide."""
    if viewer.role is Role.COMMANDER:
        return Answer(True, "you command the units concerned")
    if viewer.role is Role.SUPERVISOR and not scope.whole and supervises_in(viewer, scope):
        return Answer(True, "the meeting is for your unit")
    if viewer.role is Role.SUPERVISOR:
        return Answer(False, "a supervisor chairs meetings that the own unit is among the units of")
    return Answer(False, "the commander and supervisors chair tasking meetings")


def may_answer(viewer: Viewer, place: Place, account: int | None) -> Answer:
    """Whether the viewer may say that a task is done or not: whoever has it, or works at or supervises its unit."""
    if viewer.id == account:
        return Answer(True, "the task is yours")
    if viewer.role in WORKING and is_at(viewer, *place) and account is None:
        return Answer(True, "the task is your unit’s")
    if viewer.role is Role.SUPERVISOR and is_at(viewer, *place):
        return Answer(True, "you supervise the unit that has the task")
    return Answer(False, "a task is answered by whoever has it, or by a supervisor of the unit")


def may_read_task(viewer: Viewer, place: Place, account: int | None) -> Answer:
    """Whether the viewer may read a task: those who may answer it, their unit, the commander and the auditor."""
    if viewer.role in (Role.COMMANDER, Role.AUDITOR):
        return Answer(True, "you see all tasks")
    if viewer.role in WORKING and is_at(viewer, *place):
        return Answer(True, "the task is in your unit")
    return may_answer(viewer, place, account)


def supervises_in(viewer: Viewer, scope: Scope) -> bool:
    return bool(viewer.unit) and (scope.whole or any(is_at(viewer, *place) for place in scope.places))
