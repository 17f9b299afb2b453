"""Telling somebody: every write of this stage, in the transaction of what is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from palermo.domain.access import Role
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actions import Actor, OutsideTransaction, record
from palermo.web.audit.models import Duty
from palermo.web.notices.models import Notice


@dataclass(frozen=True, slots=True)
class To:
    """Whom a notice is for: a unit (of a borough, in a role), everybody in a role, one account, or a body outside."""

    unit: str = ""
    borough: str = ""
    role: Role | None = None
    account: User | None = None
    body: str = ""


def notify(
    by: Actor, to: To, *, key: str, kind: str, says: str, reference: str = "", at: datetime | None = None
) -> Notice | None:
    """Tell them, once for each key; None where they have been told already.

    Call inside the transaction of what is told: both stand or fall together. `says` goes out by e-mail, so it carries
    references, posts and dates, and never what a record says.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"notice {key}: open transaction.atomic() around what is told and the notice of it")
    notice, new = Notice.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "reference": reference,
            "says": says,
            "at": at or clock.now(),
            "unit": to.unit,
            "borough": to.borough,
            "role": to.role or "",
            "account": to.account,
            "body": to.body,
        },
    )
    if not new:
        return None
    record(
        by, Duty.DISCLOSURE, "notice_given", f"referral:{reference}" if reference else f"notice:{notice.pk}", kind=kind
    )
    return notice
