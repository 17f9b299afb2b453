"""Audit entries stay."""

import pytest
from django.db import DatabaseError, transaction

from palermo.web.audit.actions import OutsideTransaction, record
from palermo.web.audit.models import Duty, Entry


def test_an_entry_cannot_be_changed_or_removed(accounts):
    entry = record(accounts["auditor"], Duty.CONSULTATION, "looked", "referral:PAL-TEST-TEST")

    for act in (lambda: Entry.objects.filter(pk=entry.pk).update(actor="nobody"), lambda: entry.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()

    assert Entry.objects.get(pk=entry.pk).actor == accounts["auditor"].audit_name


@pytest.mark.django_db(transaction=True)
def test_an_entry_apart_from_its_act_is_refused():
    class Somebody:
        audit_name, role, unit = "command:test", "", ""

    with pytest.raises(OutsideTransaction, match="open transaction"):
        record(Somebody(), Duty.CONSULTATION, "looked", "referral:PAL-TEST-TEST")
