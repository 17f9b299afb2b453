"""Clocks: what is due, and when?

A clock starts at an event and is due after hours, days or working days. Given a moment, it answers with moments;
given a day, with days.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from palermo.domain.policy import Basis, Period
from palermo.domain.vocabulary import Condition

END_OF_DAY = time(23, 59, 59)
RECEIVED = "received"
"""The event with which a decision starts clocks: the referral came in."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """How long one clock runs, for one kind of referral. Exactly one of the three lengths is set."""

    id: str
    clock: str
    label: str
    when: Condition
    period: Period
    basis: Basis
    starts: str = RECEIVED
    hours: int | None = None
    days: int | None = None
    working_days: int | None = None
    owner: tuple[str, ...] = ()
    holder: str = "owner"
    cites: tuple[str, ...] = ()
    why: str = ""
    line: int | None = None

    @property
    def length(self) -> str:
        """How long it runs, in words."""
        for number, unit in ((self.hours, "hour"), (self.days, "day"), (self.working_days, "working day")):
            if number is not None:
                return f"{number} {unit}{'' if number == 1 else 's'}"
        raise ValueError(f"clock row {self.id} has no length")

    @property
    def source(self) -> str:
        """Its paragraphs, and that it is assumed where no source sets it."""
        words = ", ".join(self.cites)
        if self.basis is Basis.STATED:
            return words
        return f"{self.basis} ({words})" if words else str(self.basis)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs: since when, until when, and who has to see to it."""

    clock: str
    label: str
    starts: date
    due: date
    source: str
    holder: str

    def as_dict(self) -> dict[str, object]:
        return {
            "clock": self.clock,
            "starts": self.starts.isoformat(),
            "due": self.due.isoformat(),
            "source": self.source,
        }


def deadline(row: ClockRow, start: date, holidays: Container[date] = ()) -> date:
    """When the clock is due: a moment for a moment, a day for a day.

    Hours are counted on the clock of the world, so the night on which the clocks change makes no difference. Days end
    at 23:59:59 of the last one, by the start's time zone. The day of the start is not counted. Where only the day of
    the start is known, hours count from its first moment: a clock is then never later than it would have been.
    Raises ValueError for a moment without a time zone.
    """
    if isinstance(start, datetime):
        if start.tzinfo is None:
            raise ValueError(f"clock {row.clock}: the moment {start} has no time zone. Give it one.")
        if row.hours is not None:
            return (start.astimezone(UTC) + timedelta(hours=row.hours)).astimezone(start.tzinfo)
        return datetime.combine(last_day(row, start.date(), holidays), END_OF_DAY, tzinfo=start.tzinfo)
    if row.hours is not None:
        return start + timedelta(days=row.hours // 24)
    return last_day(row, start, holidays)


def last_day(row: ClockRow, start: date, holidays: Container[date]) -> date:
    if row.days is not None:
        return start + timedelta(days=row.days)
    left = row.working_days or 0
    day = start
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            left -= 1
    return day


def start_clocks(rows: Iterable[ClockRow], start: date, holidays: Container[date] = ()) -> tuple[Clock, ...]:
    """The clocks that start now, those due first before the others."""
    clocks = [
        Clock(row.clock, row.label, start, deadline(row, start, holidays), row.source, row.holder) for row in rows
    ]
    return tuple(sorted(clocks, key=lambda clock: clock.due))


def applying(rows: Sequence[ClockRow], owner: str) -> tuple[ClockRow, ...]:
    """Of the rows that hold for a referral with this owner, the most specific of each clock.

    Raises ValueError, naming both, where two rows of one clock are equally specific: a pack with such rows is refused.
    """
    chosen = []
    for clock in dict.fromkeys(row.clock for row in rows):
        able = sorted((row for row in rows if row.clock == clock and (not row.owner or owner in row.owner)), key=reach)
        if len(able) > 1 and reach(able[0]) == reach(able[1]):
            raise ValueError(
                f"clock {clock}: {able[0].id} and {able[1].id} both hold for {owner} and neither is more specific. "
                "Narrow one of them."
            )
        chosen += able[:1]
    return tuple(chosen)


def reach(row: ClockRow) -> tuple[int, int]:
    """How much a row takes in: less is more specific. Of two alike, one that names owners takes in less."""
    return len(row.when), len(row.owner) or 1 << 30
