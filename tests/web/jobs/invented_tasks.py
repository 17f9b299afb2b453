"""Tasks that no stage has, for the tests of the queue. Each leaves its mark in the audit trail, once."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from palermo.web import clock, jobs
from palermo.web.jobs import task


@dataclass(frozen=True)
class Somebody:
    audit_name: str = "command:test"
    role: str = ""
    unit: str = ""


@task()
def mark(mark: str) -> None:
    leave(mark)


@task()
def mark_and_another(mark: str) -> None:
    with transaction.atomic():
        leave(mark)
        jobs.defer("jobs.mark", mark=f"{mark}-more")


@task()
def break_after_deferring(mark: str) -> None:
    with transaction.atomic():
        jobs.defer("jobs.mark", mark=mark)
        raise ZeroDivisionError


@task(attempts=2)
def break_always(mark: str) -> None:
    raise ZeroDivisionError


@task()
def wait_in_the_middle(mark: str) -> None:
    """Leaves its mark and then, before that is committed, waits as long as there is a file that says so."""
    with transaction.atomic():
        leave(mark)
        folder = Path(os.environ["WAITING_IN"])
        (folder / "begun").touch()
        while (folder / "wait").exists():
            time.sleep(0.05)


@task(long=True)
def pause_when_asked(mark: str) -> None:
    folder = Path(os.environ["WAITING_IN"])
    (folder / "begun").touch()
    while (folder / "wait").exists():
        jobs.pause_here()
        time.sleep(0.05)
    leave(mark)


def leave(mark: str) -> None:
    # the stages above this one are imported when Django is ready
    from palermo.web.audit.actions import record
    from palermo.web.audit.models import Duty, Entry

    with transaction.atomic():
        if not Entry.objects.filter(subject=f"mark:{mark}").exists():
            record(Somebody(), Duty.ALTERATION, "marked", f"mark:{mark}", day=str(clock.today()))
