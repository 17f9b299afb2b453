"""What waits, what runs, and what has failed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

HEARTBEAT = 10
"""Seconds between two signs of life of a worker."""
GONE = timedelta(seconds=60)
"""A worker that has given no sign of life for this long is gone, and its jobs are taken up again."""


class State(StrEnum):
    """How a job stands; of one that is not in the queue any more there is nothing to say."""

    WAITING = "waiting"
    RUNNING = "running"
    LEFT = "left"
    """Its worker is gone; the next sweep puts it back into the queue."""
    DONE = "done"
    FAILED = "failed"


STATES = {"todo": State.WAITING, "succeeded": State.DONE}


@dataclass(frozen=True, slots=True)
class Line:
    """One job as an operator sees it."""

    job: int
    state: State
    task: str
    ids: Mapping[str, object]
    attempts: int
    since: datetime
    not_before: datetime | None

    def as_dict(self) -> dict[str, object]:
        return {
            "job": self.job,
            "state": self.state,
            "task": self.task,
            "ids": self.ids,
            "attempts": self.attempts,
            "since": self.since.isoformat(timespec="seconds"),
            "not_before": self.not_before and self.not_before.isoformat(timespec="seconds"),
        }


def unfinished() -> list[Line]:
    """Every job that is not done, the oldest first: waiting, running, left by its worker, failed."""
    found = (
        ProcrastinateJob.objects.exclude(status="succeeded")
        .select_related("worker")
        .annotate(since=Max("procrastinateevent__at", filter=~Q(procrastinateevent__type="scheduled")))
        .annotate(now=Now())
        .order_by("id")
    )
    return [
        Line(job.id, state_of(job), job.task_name, job.args, job.attempts, job.since, job.scheduled_at) for job in found
    ]


def states(jobs: Iterable[int]) -> dict[int, State]:
    """How these jobs stand, in one query. What was finished long ago is not there any more."""
    found = ProcrastinateJob.objects.filter(pk__in=list(jobs)).select_related("worker")
    return {job.id: state_of(job) for job in found.annotate(now=Now())}


def state_of(job: ProcrastinateJob) -> State:
    """The state of a job with `now`, the database's own clock, on it."""
    if job.status != "doing":
        return STATES.get(job.status, State.FAILED)
    there = job.worker is not None and job.worker.last_heartbeat >= job.now - GONE
    return State.RUNNING if there else State.LEFT


def left() -> QuerySet[ProcrastinateJob]:
    """The jobs whose worker is gone."""
    gone = Q(worker=None) | Q(worker__last_heartbeat__lt=Now() - GONE)
    return ProcrastinateJob.objects.filter(gone, status="doing")


def failed() -> QuerySet[ProcrastinateJob]:
    """The jobs that are not tried again by themselves."""
    return ProcrastinateJob.objects.filter(status="failed")


def is_waiting(queueing_lock: str) -> bool:
    """Whether a job of that lock waits: there may be one."""
    return ProcrastinateJob.objects.filter(queueing_lock=queueing_lock, status="todo").exists()


def anything_due() -> bool:
    """Whether a worker would find something to do now."""
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=Now())
    return ProcrastinateJob.objects.filter(due, status="todo").exists()


def workers() -> int:
    """How many workers have given a sign of life lately."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=Now() - GONE).count()
