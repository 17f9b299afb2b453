"""What time is it? Only views and commands ask, and they ask here.

A demonstration plays in the days of its pack: the first load fixes how far its date stands from today's, and from then
on its time runs as ours does. Everywhere else the shift is nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """The present moment, with its time zone; in a demonstration, the demonstration's."""
    return standing.get() or shifted(timezone.now())


def today():
    """The present day in the force's own time zone."""
    return timezone.localdate(now())


def shifted(moment: datetime) -> datetime:
    """The moment that many days away at the same time of day on the wall, whatever summer time says on either day."""
    if not settings.DAYS_SHIFTED:
        return moment
    on_the_wall = timezone.make_naive(moment) + timedelta(days=settings.DAYS_SHIFTED)
    return timezone.make_aware(on_the_wall)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at a moment, for loading what was done then. No page does this, only commands."""
    before = standing.set(moment)
    try:
        yield
    finally:
        standing.reset(before)
