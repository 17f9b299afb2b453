"""Every write and every read of a person's record leaves an entry, in the same transaction."""

from typing import Protocol

from django.db import transaction

from palermo.web import clock
from palermo.web.audit.models import Duty, Entry


class Actor(Protocol):
    """What an entry needs to know of whoever acts."""

    @property
    def audit_name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def unit(self) -> str: ...


class OutsideTransaction(RuntimeError):
    """An entry was to be written apart from what it tells of."""


def record(actor: Actor, duty: Duty, action: str, subject: str, **detail: object) -> Entry:
    """Write the entry. Refuses to run outside a transaction: the act and its entry stand or fall together."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"{action} on {subject}: open transaction.atomic() around the act and its entry")
    return Entry.objects.create(
        at=clock.now(),
        actor=actor.audit_name,
        role=actor.role,
        unit=actor.unit,
        duty=duty,
        action=action,
        subject=subject,
        detail=detail,
    )
