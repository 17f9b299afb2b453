"""Clocks: what is due, and when? And what has run out: to whom does that go up, and when?

A clock starts at an event and is due after hours, days or working days. Given a moment, it answers with moments;
given a day, with days. How far a breach has gone up follows from the moment that was due and from now, and from nothing
else: nobody counts, so nothing is lost by not looking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from palermo.domain.policy import Basis, Period, listed
from palermo.domain.vocabulary import Condition

END_OF_DAY = time(23, 59, 59)
COUNTED = ("hours", "days", "working_days")
RECEIVED = "received"
"""The event with which a decision starts clocks: the referral came in."""
CREDIBLE_ALLEGATION = "credible_allegation"
"""The event that the duty to investigate starts with: the force came to know, in whatever way. See `allegations`."""
ON_RECEIPT = (RECEIVED, CREDIBLE_ALLEGATION)
"""What the receipt of a referral is: it counts as a credible allegation, where none came before it."""


HELD_HERE = ("owner", "supervisor", "offered", "asked", "safeguarding", "commander")
"""The holders of clocks that somebody in the force has to see to: each of these goes up when it runs out.

Of the others those do that a pack names.
"""
SUPERVISOR, COMMANDER = "supervisor", "commander"
LADDER = (SUPERVISOR, COMMANDER)
"""To whom the breach of a clock goes up, one after the other."""


class Lasting:
    """A row that says how long something lasts: exactly one of its three lengths is set."""

    __slots__ = ()
    id: str
    basis: Basis
    cites: tuple[str, ...]
    hours: int | None
    days: int | None
    working_days: int | None

    @property
    def length(self) -> str:
        """How long it lasts, in words."""
        for number, unit in ((self.hours, "hour"), (self.days, "day"), (self.working_days, "working day")):
            if number is not None:
                return f"{number} {unit}{'' if number == 1 else 's'}"
        raise ValueError(f"row {self.id} has no length")

    @property
    def counted(self) -> str:
        """What its length is counted in: hours, days or working days."""
        return next(name for name in COUNTED if getattr(self, name) is not None)

    @property
    def at_once(self) -> bool:
        """Whether it lasts no time at all."""
        return self.hours == 0

    @property
    def source(self) -> str:
        """Its paragraphs, and that it is assumed where no source sets it."""
        words = ", ".join(self.cites)
        if self.basis is Basis.STATED:
            return words
        return f"{self.basis} ({words})" if words else str(self.basis)


@dataclass(frozen=True, slots=True)
class ClockRow(Lasting):
    """How long one clock runs, for one kind of referral."""

    id: str
    clock: str
    label: str
    when: Condition
    period: Period
    basis: Basis
    starts: str = RECEIVED
    pausable: bool = True
    hours: int | None = None
    days: int | None = None
    working_days: int | None = None
    owner: tuple[str, ...] = ()
    holder: str = "owner"
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class BreachRow(Lasting):
    """How long after a clock was due its breach goes up to somebody, for one kind of referral.

    With `clock`, it is about those; else about all that somebody in the force has to see to.
    """

    id: str
    to: str
    when: Condition
    period: Period
    basis: Basis
    hours: int | None = None
    days: int | None = None
    working_days: int | None = None
    clock: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs: since when, until when, and who has to see to it."""

    clock: str
    label: str
    starts: date
    due: date
    source: str
    holder: str
    counted: str = "hours"

    def as_dict(self) -> dict[str, object]:
        return {
            "clock": self.clock,
            "starts": self.starts.isoformat(),
            "due": self.due.isoformat(),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a breach: to whom it goes up, after which moment, and by which row."""

    to: str
    after: datetime
    row: str


@dataclass(frozen=True, slots=True)
class Breach:
    """How far a breach has gone up: the steps so far in their order, and the next one if there is any left."""

    reached: tuple[Step, ...]
    next: Step | None


def deadline(row: Lasting, start: date, holidays: Container[date] = ()) -> date:
    """When what lasts so long ends: a moment for a moment, a day for a day.

    Hours are counted on the clock of the world, so the night on which the clocks change makes no difference. Days end
    at 23:59:59 of the last one, by the start's time zone. The day of the start is not counted. Where only the day of
    the start is known, hours count from its first moment: a clock is then never later than it would have been.
    Raises ValueError for a moment without a time zone.
    """
    if isinstance(start, datetime):
        if start.tzinfo is None:
            raise ValueError(f"row {row.id}: the moment {start} has no time zone. Give it one.")
        if row.hours is not None:
            return (start.astimezone(UTC) + timedelta(hours=row.hours)).astimezone(start.tzinfo)
        return datetime.combine(last_day(row, start.date(), holidays), END_OF_DAY, tzinfo=start.tzinfo)
    if row.hours is not None:
        return start + timedelta(days=row.hours // 24)
    return last_day(row, start, holidays)


def last_day(row: Lasting, start: date, holidays: Container[date]) -> date:
    if row.days is not None:
        return start + timedelta(days=row.days)
    return after_working_days(start, row.working_days or 0, holidays)


def after_working_days(start: date, left: int, holidays: Container[date]) -> date:
    """The last of so many working days after a day; that day itself where there are none."""
    day = start
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, holidays)
    return day


def is_working_day(day: date, holidays: Container[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def due_after_pause(
    counted: str, due: datetime, paused: datetime, restarted: datetime, holidays: Container[date] = ()
) -> datetime:
    """When a clock is due that stood still for a while: what was left of it when it was paused is left again.

    Hours are left to the second. Of days and working days those are left that were still to come after the day of the
    pause, and the clock ends at the end of the last one. All moments are in the force's own time zone. Raises
    ValueError for a clock that was overdue when it was paused, or a pause that ends before it begins.
    """
    if due < paused:
        raise ValueError("a clock that is overdue is not paused")
    if restarted < paused:
        raise ValueError("a pause does not end before it begins")
    if counted == "hours":
        # of two moments of one time zone Python takes the difference on the wall
        away = restarted.astimezone(UTC) - paused.astimezone(UTC)
        return (due.astimezone(UTC) + away).astimezone(due.tzinfo)
    ahead = (due.date() - paused.date()).days
    if counted == "days":
        day = restarted.date() + timedelta(days=ahead)
    else:
        days = (paused.date() + timedelta(days=number) for number in range(1, ahead + 1))
        day = after_working_days(restarted.date(), sum(is_working_day(one, holidays) for one in days), holidays)
    return datetime.combine(day, END_OF_DAY, tzinfo=restarted.tzinfo)


def start_clocks(rows: Iterable[ClockRow], start: date, holidays: Container[date] = ()) -> tuple[Clock, ...]:
    """The clocks that start now, those due first before the others."""
    clocks = [
        Clock(row.clock, row.label, start, deadline(row, start, holidays), row.source, row.holder, row.counted)
        for row in rows
    ]
    return tuple(sorted(clocks, key=lambda clock: clock.due))


def applying(rows: Sequence[ClockRow], owner: str) -> tuple[ClockRow, ...]:
    """Of the rows that hold for a referral with this owner, the most specific of each clock.

    Raises ValueError, naming both, where two rows of one clock are equally specific: a pack with such rows is refused.
    """
    able = [row for row in rows if not row.owner or owner in row.owner]
    return tuple(
        narrowest(
            [row for row in able if row.clock == clock],
            lambda row: row.owner,
            f"clock {clock}: {{}} both hold for {owner} and neither is more specific",
        )
        for clock in dict.fromkeys(row.clock for row in able)
    )


def going_up(rows: Sequence[BreachRow], clock: str, holder: str) -> tuple[BreachRow, ...]:
    """Of the rows that hold for a referral, the most specific for this clock of each that a breach goes up to.

    Raises ValueError like `applying`.
    """
    able = [row for row in rows if clock in row.clock or (not row.clock and holder in HELD_HERE)]
    return tuple(
        narrowest(
            [row for row in able if row.to == to],
            lambda row: row.clock,
            f"breach of {clock} to the {to}: {{}} both hold and neither is more specific",
        )
        for to in LADDER
        if any(row.to == to for row in able)
    )


R = TypeVar("R", ClockRow, BreachRow)


def narrowest(able: Sequence[R], names: Callable[[R], Collection[str]], says: str) -> R:
    """The row that takes in least; of two that take in alike, the one that names for whom, or for what, it is."""
    sized = sorted(((len(row.when), len(names(row)) or 1 << 30, place) for place, row in enumerate(able)))
    first, *others = (able[place] for *_, place in sized)
    if others and sized[0][:2] == sized[1][:2]:
        raise ValueError(f"{says.format(listed([first.id, others[0].id]))}. Narrow one of them.")
    return first


# Breaches


def steps(rows: Collection[BreachRow], due: datetime, holidays: Container[date] = ()) -> tuple[Step, ...]:
    """To whom a clock that was due then goes up if nothing is done, and when; no step comes before the one below it.

    At most one row for each that it goes up to, as `going_up` gives them.
    """
    found: list[Step] = []
    for to in LADDER:
        for row in (row for row in rows if row.to == to):
            after = deadline(row, due, holidays)
            assert isinstance(after, datetime)  # noqa: S101 - a moment gives a moment
            found.append(Step(to, max([after, *(step.after for step in found)]), row.id))
    return tuple(found)


def passed_on(found: Iterable[Step], absent: Container[str]) -> tuple[Step, ...]:
    """The same steps where there is nobody to hear of some: the next one up then hears of it at once."""
    kept: list[Step] = []
    waiting: Step | None = None
    for step in found:
        waiting = waiting or step
        if step.to not in absent:
            kept.append(Step(step.to, waiting.after, waiting.row))
            waiting = None
    if waiting is not None:
        kept.append(Step(LADDER[-1], waiting.after, waiting.row))
    return tuple(kept)


def gone_up(found: Sequence[Step], now: datetime) -> Breach:
    """How far a breach has gone up by now. A clock is not late at its due moment, but after it; so it is with steps."""
    reached = tuple(step for step in found if step.after < now)
    return Breach(reached, found[len(reached)] if len(reached) < len(found) else None)
