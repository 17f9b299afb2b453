"""Policy: what does every dated rule share?

A rule holds from a day up to, and without, another; it rests on a paragraph, and says how firmly. A file of rules is
read whole: every fault in it is collected, and then all are told at once.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LAST_YEAR = 2999
"""A later year is a slip of the pen, and near the end of the calendar no clock could run."""


class Basis(StrEnum):
    """How firmly a row stands on its source."""

    STATED = "stated"
    INFERRED = "inferred"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to, and without, `end`. None on either side: no limit there."""

    start: date | None = None
    end: date | None = None

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def meets(self, other: Period) -> bool:
        """Whether some day lies in both."""
        return (self.start is None or other.end is None or self.start < other.end) and (
            other.start is None or self.end is None or other.start < self.end
        )

    @property
    def empty(self) -> bool:
        return self.start is not None and self.end is not None and self.start >= self.end

    @property
    def words(self) -> str:
        """As messages say it: "from 2010-04-01 to 2011-01-01", the second day being the first one without."""
        if self.start is None and self.end is None:
            return "on every date"
        if self.start is None:
            return f"before {self.end}"
        return f"from {self.start} to {self.end}" if self.end else f"from {self.start}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a pack: in which file, at which row, and what to do about it."""

    file: str
    row: str
    says: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.row}: {self.says}" if self.row else f"{where}: {self.says}"


class PolicyFaults(ValueError):
    """Raised once for a pack, with every fault found in it; as text, one fault a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def content_hash(*parts: bytes | str) -> str:
    """The SHA-256 of the parts in order, in hexadecimal. Lengths count: ("ab", "c") is not ("a", "bc")."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def cuts(periods: Iterable[Period], *, start: date) -> tuple[date, ...]:
    """The days on which something changes, in order: `start`, and every later first or last limit of a period."""
    days = {start}
    for period in periods:
        days.update(day for day in (period.start, period.end) if day is not None and day > start)
    return tuple(sorted(days))


def is_day(value: object) -> bool:
    """Whether it is a day, and not also a time (a `datetime` is a `date` to Python)."""
    return isinstance(value, date) and not isinstance(value, datetime)


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def nearest(word: str, words: Sequence[str], most: int = 3) -> tuple[str, ...]:
    """The words most like this one, for "did you mean"; none where nothing is near."""
    folded = {known.casefold(): known for known in words}
    return tuple(folded[found] for found in difflib.get_close_matches(word.casefold(), folded, n=most, cutoff=0.6))


def listed(words: Sequence[str], last: str = "and") -> str:
    """One, two and three."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
