"""Changeover: on the day the organisation or the remit changes, who owns each open case before and after, and why?

A case moves when its unit is not there any more, or when it stands where the remit had put it and the remit of the day
names another unit. What somebody settled otherwise stays so, as long as its unit is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from palermo.domain.casework import ASKING, State
from palermo.domain.policy import day_before
from palermo.domain.units import Organisation, Units

SOON = timedelta(days=2)
"""A clock that runs out this soon after the night is told of in the rehearsal."""
DISPUTED = frozenset(ASKING)


class Cause(StrEnum):
    """Why a case moves."""

    UNIT_ENDS = "unit_ends"
    REMIT_CHANGED = "remit_changed"


class Fate(StrEnum):
    """What becomes of an open offer: the case moves or nobody is left to ask, or somebody else is asked instead."""

    WITHDRAWN = "withdrawn"
    ASKED_ELSEWHERE = "asked_elsewhere"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, and a borough where a borough's officers are meant."""

    unit: str
    borough: str = ""


TO_BE_SETTLED = Place("")
"""Whom an offer is made to when the supervisor is to name the unit."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the remit of the day names for a case, by which rule, in which words."""

    place: Place
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case as it stands before the night.

    `decided` is the unit that the remit named when it last decided on these facts. `answer` is whom the remit of the
    day names, or the sentence that says why it names nobody; an escalation that is not answered yet counts as not asked
    for. `if_accepted` is whom the remit of the day would name if what is asked of another unit were accepted.
    """

    reference: str
    owner: Place
    decided: str
    answer: Named | str
    state: State = State.RECEIVED
    offered_to: Place | None = None
    escalation: bool = False
    if_accepted: Place | None = None
    restricted: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What the night does with one case. `orphan` says why it would be left without a unit that exists, or is empty."""

    case: OpenCase
    after: Place
    cause: Cause | None = None
    fate: Fate | None = None
    asked: Place | None = None
    orphan: str = ""

    @property
    def before(self) -> Place:
        return self.case.owner

    @property
    def moves(self) -> bool:
        return self.cause is not None and not self.orphan

    @property
    def touched(self) -> bool:
        """Whether the night changes anything on it."""
        return self.moves or self.fate is not None

    @property
    def disputed(self) -> bool:
        return self.case.state in DISPUTED

    @property
    def rule(self) -> str:
        """The rule that moves it; empty where it stays."""
        return self.case.answer.rule if self.moves and isinstance(self.case.answer, Named) else ""

    @property
    def why(self) -> str:
        """In words; empty where it stays. Of a restricted case nothing is told that its facts say."""
        if self.cause is None or self.orphan:
            return ""
        said = (
            f"{self.before.unit} is not there any more."
            if self.cause is Cause.UNIT_ENDS
            else "The remit changed, and it stood where the remit had put it."
        )
        if self.case.restricted or not isinstance(self.case.answer, Named):
            return said
        return f"{said} {self.case.answer.why}"

    def as_dict(self) -> dict[str, object]:
        """As JSON prints it; of a restricted case without the rule, which tells of its facts."""
        case = self.case
        return {
            "reference": case.reference,
            "restricted": case.restricted,
            "from": self.before.unit,
            "from_borough": self.before.borough or None,
            "to": None if self.orphan else self.after.unit,
            "to_borough": None if self.orphan else self.after.borough or None,
            "moves": self.moves,
            "cause": self.cause and str(self.cause),
            "rule": None if case.restricted else self.rule or None,
            "why": self.why,
            "state": str(case.state),
            "offer": self.fate and str(self.fate),
            "offered_to": self.asked.unit if self.asked else None,
            "due": case.due.isoformat() if case.due else None,
            "orphan": self.orphan or None,
        }


@dataclass(frozen=True, slots=True)
class Load:
    """One unit's open cases before and after, and its officers; None where their number is not stated, or none are."""

    unit: str
    before: int
    after: int
    loses: int
    gains: int
    officers_before: int | None
    officers_after: int | None
    exists_after: bool

    def as_dict(self) -> dict[str, object]:
        return {
            "unit": self.unit,
            "before": self.before,
            "after": self.after,
            "loses": self.loses,
            "gains": self.gains,
            "officers_before": self.officers_before,
            "officers_after": self.officers_after,
            "exists_after": self.exists_after,
        }


@dataclass(frozen=True)
class Plan:
    """The night as it would be: a line for every open case, in the order they were given, and each unit's load."""

    day: date
    midnight: datetime
    lines: tuple[Line, ...]
    loads: tuple[Load, ...]

    @property
    def orphans(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.orphan)

    @property
    def moving(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.moves)

    @property
    def touched(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.touched)

    @property
    def disputed(self) -> tuple[Line, ...]:
        """What is offered, handed back and not settled, or in dispute."""
        return tuple(line for line in self.lines if line.disputed)

    @property
    def overdue(self) -> tuple[Line, ...]:
        """What is overdue when the night begins."""
        return tuple(line for line in self.lines if line.case.due and line.case.due < self.midnight)

    @property
    def running_out(self) -> tuple[Line, ...]:
        """What is due within two days after the night begins."""
        until = self.midnight + SOON
        return tuple(line for line in self.lines if line.case.due and self.midnight <= line.case.due < until)

    def as_dict(self) -> dict[str, object]:
        return {
            "on": self.day.isoformat(),
            "open": len(self.lines),
            "moving": len(self.moving),
            "orphans": [line.case.reference for line in self.orphans],
            "disputed": [line.case.reference for line in self.disputed],
            "overdue": [line.case.reference for line in self.overdue],
            "running_out": [line.case.reference for line in self.running_out],
            "units": [load.as_dict() for load in self.loads],
            "cases": [line.as_dict() for line in self.lines],
        }


@dataclass(frozen=True, slots=True)
class Alike:
    """Open cases of which the night does the same with each: one of them without its reference, and how many they are.

    `overdue` are overdue when the night begins, `running_out` are due within two days after.
    """

    case: OpenCase
    number: int
    overdue: int = 0
    running_out: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """The night as it would be, in numbers; `lines` says what becomes of each kind of case, in the order given."""

    lines: tuple[Line, ...]
    loads: tuple[Load, ...]
    open: int
    moving: int
    disputed: int
    overdue: int
    running_out: int
    orphans: int
    listed: int
    """How many the night touches or would leave without a unit that exists."""


def totals(kinds: Sequence[Alike], units: Units, midnight: datetime) -> Totals:
    """What `plan` would come to, from cases that were counted and not read one by one."""
    day = midnight.date()
    organisation = units.on(day)
    here = frozenset(there.id for there in organisation.units)
    lines = tuple(line_of(kind.case, here, units, day) for kind in kinds)
    before = units.on(max(day_before(day), units.start))
    counted = [(line, kind.number) for line, kind in zip(lines, kinds, strict=True)]

    def number(wanted: Callable[[Line], bool]) -> int:
        return sum(many for line, many in counted if wanted(line))

    return Totals(
        lines=lines,
        loads=tuple(loads(counted, before, organisation, here)),
        open=sum(kind.number for kind in kinds),
        moving=number(lambda line: line.moves),
        disputed=number(lambda line: line.disputed),
        overdue=sum(kind.overdue for kind in kinds),
        running_out=sum(kind.running_out for kind in kinds),
        orphans=number(lambda line: bool(line.orphan)),
        listed=number(lambda line: line.touched or bool(line.orphan)),
    )


def plan(cases: Iterable[OpenCase], units: Units, midnight: datetime, also: Iterable[str] = ()) -> Plan:
    """What the night that begins at `midnight` does with each case.

    `also` are units that exist although the organisation does not know them: those that a proposal sets up. Raises
    NoOrganisation for a day before the organisation is known.
    """
    day = midnight.date()
    organisation = units.on(day)
    here = frozenset({there.id for there in organisation.units} | set(also))
    lines = tuple(line_of(case, here, units, day) for case in cases)
    before = units.on(max(day_before(day), units.start))
    return Plan(day, midnight, lines, tuple(loads(((line, 1) for line in lines), before, organisation, here)))


def line_of(case: OpenCase, here: frozenset[str], units: Units, day: date) -> Line:
    """What becomes of one case, on a day on which the units of `here` exist."""
    stays = case.owner.unit in here
    if isinstance(case.answer, str):
        # where nothing can be decided on, a unit that is there keeps it
        return offers_of(case, here) if stays else Line(case, case.owner, Cause.UNIT_ENDS, orphan=case.answer)
    to = case.answer.place
    if not stays:
        cause = Cause.UNIT_ENDS
    elif to.unit != case.owner.unit and case.owner.unit == case.decided:
        cause = Cause.REMIT_CHANGED
    else:
        return offers_of(case, here)
    if to.unit not in here:
        known = units.names_on(day).get(to.unit, to.unit)
        return Line(case, to, cause, orphan=f"rule {case.answer.rule} names {known} ({to.unit}), not there on {day}")
    return Line(case, to, cause, fate=Fate.WITHDRAWN if case.offered_to is not None else None)


def offers_of(case: OpenCase, here: frozenset[str]) -> Line:
    """A case that stays: an offer to a unit that is not there any more goes to whoever can answer it instead."""
    asked = case.offered_to
    if asked is None or asked == TO_BE_SETTLED or asked.unit in here:
        return Line(case, case.owner)
    if case.state is State.IN_DISPUTE:
        # whoever had a claim is gone, so there is nothing left to settle
        return Line(case, case.owner, fate=Fate.WITHDRAWN)
    if not case.escalation:
        return Line(case, case.owner, fate=Fate.ASKED_ELSEWHERE, asked=TO_BE_SETTLED)
    heir = case.if_accepted
    if heir is None or heir.unit == case.owner.unit or heir.unit not in here:
        return Line(case, case.owner, fate=Fate.WITHDRAWN)
    return Line(case, case.owner, fate=Fate.ASKED_ELSEWHERE, asked=heir)


def loads(
    lines: Iterable[tuple[Line, int]], before: Organisation, after: Organisation, here: frozenset[str]
) -> Iterator[Load]:
    """Each unit that has a case before or after, by its id; of each line, how many cases it stands for."""
    had: Counter[str] = Counter()
    has: Counter[str] = Counter()
    loses: Counter[str] = Counter()
    gains: Counter[str] = Counter()
    for line, many in lines:
        had[line.before.unit] += many
        if line.orphan:
            loses[line.before.unit] += many
            continue
        has[line.after.unit] += many
        if line.moves:
            loses[line.before.unit] += many
            gains[line.after.unit] += many
    then = {there.id: there.officers for there in before.units}
    now = {there.id: there.officers for there in after.units}
    for unit in sorted(had | has):
        yield Load(unit, had[unit], has[unit], loses[unit], gains[unit], then.get(unit), now.get(unit), unit in here)
