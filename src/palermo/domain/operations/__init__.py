"""Operations: what is planned against a network, who decides on it, and is there anybody left to do it?

`life` has the moves of an operation and `meetings` those of a tasking meeting, with who may make them; `matrix` ranks
proposals; `capacity` holds officers against what they are tasked with; `naming` says what is no code name.
"""

from palermo.domain.operations.capacity import Line, Load, Span, capacity, desk_on, over, taskable, working_days
from palermo.domain.operations.life import Move, Parties, Place, State, may, may_propose, possible, reads, sees
from palermo.domain.operations.matrix import Criterion, Matrix, Proposal, Ranked, Score, ScoreRefused, rank, score
from palermo.domain.operations.meetings import MeetingMove, MeetingState, Scope, Section
from palermo.domain.operations.naming import name_faults

__all__ = [
    "Criterion",
    "Line",
    "Load",
    "Matrix",
    "MeetingMove",
    "MeetingState",
    "Move",
    "Parties",
    "Place",
    "Proposal",
    "Ranked",
    "Scope",
    "Score",
    "ScoreRefused",
    "Section",
    "Span",
    "State",
    "capacity",
    "desk_on",
    "may",
    "may_propose",
    "name_faults",
    "over",
    "possible",
    "rank",
    "reads",
    "score",
    "sees",
    "taskable",
    "working_days",
]
