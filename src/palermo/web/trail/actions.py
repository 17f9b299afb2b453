"""What a supervisor finds in the sample of a month."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.trail import queries
from palermo.web.trail.models import Review


class NotInSample(LookupError):
    """The opening is not in the sample that the account is to look at, or was looked at already."""


def review(user: User, entry: int, finding: str, note: str) -> Review:
    """Keep what was found about one opening. Raises NotInSample."""
    month = queries.month_before(clock.today())
    if entry not in {one.pk for one in queries.sample(user.viewer, month)}:
        raise NotInSample
    try:
        with transaction.atomic():
            made = Review.objects.create(entry=entry, finding=finding, note=note, by=user, at=clock.now())
            record(user, Duty.ALTERATION, "sample_reviewed", f"entry:{entry}", finding=finding)
    except IntegrityError:
        raise NotInSample from None
    return made
