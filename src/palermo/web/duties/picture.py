"""How do a referral's clocks stand, drawn to scale? Numbers for a picture, which a table beside it says in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

WIDTH, EDGE = 720, 20
"""In units of the picture: how wide it is, and what stays free on either side."""
TOP, ROW, BAR = 34, 46, 14
TICKS = 6
"""At most so many days or hours are named along the top."""
STEPS = (1, 3, 6, 12, 24, 48, 120, 168, 336, 672, 1344, 2688, 8736)
"""Hours between two of them."""
LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Span:
    """What is drawn of one clock: its label, and from when until when; `met` is when it was done or ended.

    Of each pause its two ends; one that goes on has no second.
    """

    label: str
    started: datetime
    due: datetime
    met: datetime | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()

    @property
    def still(self) -> datetime | None:
        """Since when it stands still, if it does."""
        return next((start for start, end in self.pauses if end is None), None)


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a clock's line: time used, left, gone by while it was paused, or after it was due; as `kind` says."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """One clock: its label, where it stands, its parts, and where it is due and was done."""

    label: str
    y: int
    bars: tuple[Bar, ...]
    due: float
    met: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment named along the top."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    height: int
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    now: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a moment stands from left to right."""

    first: datetime
    last: datetime

    def x(self, moment: datetime) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * ((moment - self.first) / (self.last - self.first)), 1)


def picture(spans: Sequence[Span], now: datetime) -> Picture | None:
    """The picture of these clocks as they stand now; None where there are none."""
    if not spans:
        return None
    first = min([now, *(span.started for span in spans)])
    last = max([now, first + timedelta(hours=1), *(moment for span in spans for moment in (span.due, span.met or now))])
    scale = Scale(first, last)
    return Picture(
        height=TOP + ROW * len(spans),
        ticks=tuple(ticks(scale)),
        rows=tuple(row(span, TOP + ROW * place, scale, now) for place, span in enumerate(spans)),
        now=scale.x(now),
    )


def row(span: Span, y: int, scale: Scale, now: datetime) -> Row:
    label = span.label if len(span.label) <= LONGEST_LABEL else f"{span.label[: LONGEST_LABEL - 1].rstrip()}…"
    return Row(
        label=label,
        y=y,
        bars=tuple(bar(kind, start, end, scale) for kind, start, end in parts(span, now) if start < end),
        due=scale.x(span.due),
        met=scale.x(span.met) if span.met else None,
    )


def parts(span: Span, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """What was used of its time, what is left of it, what is over it, and laid over these when it was paused."""
    until = span.met or span.still or now
    yield "met" if span.met else "run", span.started, min(until, span.due)
    if not span.met:
        yield "left", max(until, span.started), span.due
    yield "late", span.due, until
    for start, end in span.pauses:
        yield "paused", start, end or now


def bar(kind: str, start: datetime, end: datetime, scale: Scale) -> Bar:
    x = scale.x(start)
    # what is there is seen, however short it was
    return Bar(kind, x, max(round(scale.x(end) - x, 1), 1.0))


def ticks(scale: Scale) -> Iterator[Tick]:
    hours = (scale.last - scale.first) / timedelta(hours=1)
    step = next((step for step in STEPS if hours / step <= TICKS), STEPS[-1])
    midnight = timezone.localtime(scale.first).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(int((hours + 24) // step) + 2):
        # on the wall, so that days begin at midnight when the clocks have changed
        moment = midnight + timedelta(hours=step * number)
        if scale.first <= moment <= scale.last:
            yield Tick(scale.x(moment), tick_words(moment, step))


def tick_words(moment: datetime, step: int) -> str:
    day = f"{moment.day} {moment:%b}"
    return day if step >= 24 else f"{moment.hour % 12 or 12}{'am' if moment.hour < 12 else 'pm'}, {day}"
