"""Contacts with the safeguarding partner as short calls."""

from datetime import datetime, timedelta
from itertools import count

from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral
from palermo.web.support import actions
from palermo.web.support.actions import Contact
from palermo.web.support.models import SafeguardingContact

pages = count(1)
BOARD = "{} Local Safeguarding Children Board"
Kind, How = SafeguardingContact.Kind, SafeguardingContact.How


def a_contact(kind: Kind = Kind.TOLD, at: datetime | None = None, **other: object) -> Contact:
    return Contact(
        **{
            "kind": kind,
            "at": at or clock.now() - timedelta(minutes=5),
            "how": How.TELEPHONE,
            "to_post": "Duty social worker, emergency team",
            "says": "A girl of about fifteen is at the hostel",
            **other,
        }
    )


def told(user: User, referral: Referral, **other: object) -> SafeguardingContact:
    """The partner is told, on a page of its own."""
    return actions.add_contact(user, referral.reference, a_contact(**other), page=f"page-{next(pages)}")
