"""Support: what can one unit draw on another for, and where does a request for it stand?

A resource is something that a unit has and others may ask for: advice, covert policing, a financial investigator.
Which unit has it, on which days and for whom, are rows of the pack. A request for one is a contract between the unit
that owns the referral and the unit that is asked, with one table of steps: who may take which, and where it leads.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from palermo.domain.access import Act, Answer, Custody, Viewer, may
from palermo.domain.policy import Basis, Period, listed

# What can be asked for


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """Units that have a resource; with `owner`, only where one of those owns the referral.

    `function` is the part of each of these units that gives it, where the organisation knows one.
    """

    id: str
    resource: str
    label: str
    units: tuple[str, ...]
    period: Period
    basis: Basis
    owner: tuple[str, ...] = ()
    function: str = ""
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None

    def gives(self, unit: str, owner: str, day: date) -> bool:
        """Whether that owner may ask that unit for it on the day. Nobody draws on itself."""
        return unit in self.units and unit != owner and day in self.period and (not self.owner or owner in self.owner)


@dataclass(frozen=True, slots=True)
class Resource:
    """What can be asked of one unit on a day, and the row that says so."""

    unit: str
    row: ResourceRow

    @property
    def id(self) -> str:
        return self.row.resource

    @property
    def label(self) -> str:
        return self.row.label


class Resources:
    """Every resource row of a pack, in its order."""

    def __init__(self, rows: Sequence[ResourceRow] = ()) -> None:
        self.rows = tuple(rows)

    def __repr__(self) -> str:
        return f"Resources({len(self.rows)} rows)"

    def of(self, owner: str, day: date) -> tuple[Resource, ...]:
        """What this owner may ask for on the day, and of whom."""
        return tuple(Resource(unit, row) for row in self.rows for unit in row.units if row.gives(unit, owner, day))

    def find(self, resource: str, unit: str, owner: str, day: date) -> Resource | None:
        """The resource, if this owner may ask this unit for it on the day."""
        rows = (row for row in self.rows if row.resource == resource and row.gives(unit, owner, day))
        found = next(rows, None)
        return Resource(unit, found) if found else None

    def label(self, resource: str, day: date) -> str:
        """What it is called that day, or else last or first; the id itself where no row knows it."""
        rows = [row for row in self.rows if row.resource == resource]
        for row in rows:
            if day in row.period:
                return row.label
        past = [row for row in rows if row.period.end is not None and row.period.end <= day]
        known = max(past, key=lambda row: row.period.end or date.max, default=rows[0] if rows else None)
        return known.label if known else resource

    def faults(self, owners: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Where two rows answer the same question, or name one resource twice: the id of a row and a sentence."""
        for place, row in enumerate(self.rows):
            for other in self.rows[:place]:
                if other.resource != row.resource or other.id == row.id or not other.period.meets(row.period):
                    continue
                if other.label != row.label:
                    yield row.id, f"{row.resource} has the label {other.label!r} in {other.id}. Give it the same one."
                for unit in sorted(set(row.units) & set(other.units)):
                    both = set(row.owner or owners) & set(other.owner or owners) - {unit}
                    for owner in sorted(both)[:1]:
                        yield row.id, f"{other.id} lets {owner} ask {unit} for it on the same days. Narrow one of them."


# Where a request stands


class Stage(StrEnum):
    """Where a request for support stands."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    DISPUTED = "disputed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"

    @property
    def words(self) -> str:
        return STAGES[self]


STAGES = {
    Stage.ASKED: "not yet answered",
    Stage.GIVEN: "given",
    Stage.REFUSED: "refused",
    Stage.DISPUTED: "put to the commander",
    Stage.DECLINED: "refused, and upheld",
    Stage.WITHDRAWN: "withdrawn",
    Stage.ENDED: "given and ended",
}
WAITING = (Stage.ASKED, Stage.DISPUTED)
"""Somebody has to answer."""
CONCERNED = (*WAITING, Stage.GIVEN)
"""The unit that is asked has to do with the referral; one resource is asked of it once at a time."""


class Step(StrEnum):
    """What somebody can do with a request. The values stand in the addresses of the pages."""

    ANSWER = "answer"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"
    ARBITRATE = "arbitrate"
    APPOINT = "responsible"
    END = "end"

    @property
    def rule(self) -> StepRule:
        return STEPS[self]

    @property
    def words(self) -> str:
        return self.rule.words


@dataclass(frozen=True, slots=True)
class StepRule:
    """A step: its words, who may (any of these acts of `access`), from which stages, and to which it leads.

    `reopens`: it asks something of somebody again, so the case must not be closed.
    """

    words: str
    acts: tuple[Act, ...]
    since: tuple[Stage, ...]
    to: tuple[Stage, ...]
    reopens: bool = False


STEPS = {
    Step.ANSWER: StepRule("Answer it", (Act.ANSWER_SUPPORT,), (Stage.ASKED,), (Stage.GIVEN, Stage.REFUSED)),
    Step.WITHDRAW: StepRule("Withdraw it", (Act.ASK_SUPPORT,), WAITING, (Stage.WITHDRAWN,)),
    Step.DISPUTE: StepRule(
        "Put the refusal to the commander", (Act.ASK_SUPPORT,), (Stage.REFUSED,), (Stage.DISPUTED,), reopens=True
    ),
    # the commander binds both: what is to be given is given, and what was declined is not put to anybody again
    Step.ARBITRATE: StepRule(
        "Decide whether it is given", (Act.ARBITRATE,), (Stage.DISPUTED,), (Stage.GIVEN, Stage.DECLINED)
    ),
    Step.APPOINT: StepRule("Name the post responsible", (Act.ANSWER_SUPPORT,), (Stage.GIVEN,), (Stage.GIVEN,)),
    Step.END: StepRule("End it", (Act.ASK_SUPPORT, Act.ANSWER_SUPPORT), (Stage.GIVEN,), (Stage.ENDED,)),
}


def may_step(viewer: Viewer, step: Step, custody: Custody, unit: str) -> Answer:
    """Whether the viewer may take the step on a request to that unit, wherever it stands."""
    refused = []
    for act in step.rule.acts:
        answer = may(viewer, act, custody)
        if answer and act is Act.ANSWER_SUPPORT and viewer.unit != unit:
            answer = Answer(False, "it is another unit that is asked")
        if answer:
            return answer
        refused.append(answer.because)
    return Answer(False, listed(refused, "and"))


def possible(step: Step, stage: Stage, *, closed: bool = False) -> Answer:
    """Whether the step can be taken where the request stands; if not, why, and what can be done instead."""
    if step.rule.reopens and closed:
        return Answer(False, "the case is closed")
    if stage in step.rule.since:
        return Answer(True, f"it is {stage.words}")
    others = [one.words.lower() for one in Step if stage in one.rule.since and not (one.rule.reopens and closed)]
    instead = f". What can be done with it now: {listed(others, 'or')}" if others else ""
    return Answer(False, f"it is {stage.words}{instead}")


def pointless(asked: str, owner: str, here: Container[str]) -> str:
    """Why a request that was made can be answered by nobody any more; empty where it can.

    `asked` is the unit that answers for it now, `here` the units that are there.
    """
    if asked == owner:
        return "the unit that was asked owns the referral now"
    return "" if asked in here else "the unit that was asked is not there any more"


def open_steps(viewer: Viewer, stage: Stage, custody: Custody, unit: str, *, closed: bool = False) -> tuple[Step, ...]:
    """The steps that this viewer may take with the request now."""
    return tuple(
        step for step in Step if possible(step, stage, closed=closed) and may_step(viewer, step, custody, unit)
    )
