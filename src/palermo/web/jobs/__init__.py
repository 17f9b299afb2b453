"""What is done in the background, and how is a task added?

The queue is a table of the same database, so a job is kept or undone together with what it is for. There is one way:

1. The work is an action like every other, in its app's `actions.py`, with its own transaction and audit entry. A job
   may run again: its worker may have been killed, or just not have said in time that it is done. So the action first
   looks whether its effect is there (`select_for_update`, a unique row), and does nothing then.
2. Its task stands in the app's `tasks.py`, which is found by itself, and does nothing but call the action. Its
   arguments are keys and codes, never a person or a text: they stand in the queue and in the logs.

        from palermo.web.duties import actions
        from palermo.web.jobs import task

        @task()
        def tell_commander(breach: int) -> None:
            actions.tell_commander(breach)

        @task(every="*/5 * * * *")
        def look_for_breaches() -> None:
            actions.look_for_breaches()

   `every` is a line of cron by the machine's own clock, in UTC. What a run finds to do it asks the site's clock and the
   rows, never how often it ran: runs that were missed while no worker was there are not made up for. `long=True` is for
   what takes more than a few seconds: at most two of those run at once, and quick tasks never wait behind them.
3. Whoever wants it done defers it by name, inside the transaction of what it is for:

        with transaction.atomic():
            ...
            jobs.defer("duties.tell_commander", breach=breach.pk)

   It is put into the queue by the same connection, in the same transaction: rolled back, there never was a job; and no
   worker sees it before the commit. So no `transaction.on_commit` is needed, and none must be used: a process that dies
   between the commit and its callback would lose the job. In the same way a task may defer further ones. (The
   library's own `defer` is not for us: inside a worker it uses another connection. `task` gives the plain function.)

A task that raises is tried again after growing pauses, `attempts` times, and then stands as failed until somebody has
seen to it (`palermo work --list`, `--retry`). A periodic one is not: it comes again. A long task calls `pause_here`
between its steps, so that a worker can be stopped without waiting for it.

In tests, `web.background.run_jobs()` does all that is due, in the test's own thread and transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.transaction import TransactionManagementError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import JobAborted as Paused
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

if TYPE_CHECKING:
    from procrastinate.worker import Worker

QUICK, LONG = "quick", "long"
ATTEMPTS = 7
"""How often a task is tried again: after 4 seconds, 16, 64 … the last time some six hours after the first."""
QUEUE = JobManager(DjangoConnector())
"""The queue by Django's own connection, and so in its transaction; inside a worker too, whose own is another."""
ID = re.compile(r"[\w:./-]{1,120}")

running: ContextVar[JobContext | None] = ContextVar("running", default=None)
Function = TypeVar("Function", bound=Callable[..., None])


class NoSuchTask(LookupError):
    """A job was to be deferred for a task that no `tasks.py` knows."""


def task(*, every: str = "", long: bool = False, attempts: int = ATTEMPTS) -> Callable[[Function], Function]:
    """Make a function of an app's `tasks.py` a task, called by the app's name and its own: `duties.look_for_breaches`.

    Gives the function as it is, to be called at once; `defer` has it called by a worker.
    """

    def made(function: Function) -> Function:
        name = f"{function.__module__.split('.')[-2]}.{function.__name__}"
        options: dict[str, Any] = {"name": name, "queue": LONG if long else QUICK, "task_middleware": [in_sight]}
        if not every:
            again = RetryStrategy(max_attempts=attempts, exponential_wait=4)
            app.task(retry=again, **options)(function)
            return function

        def at_its_time(timestamp: int) -> None:
            function()

        # one at a time, and one that waits: a run that takes longer than its period piles nothing up
        app.periodic(cron=every)(app.task(lock=name, queueing_lock=name, **options)(at_its_time))
        return function

    return made


def in_sight(call_next: Callable[[], None], context: JobContext, worker: Worker) -> None:
    """Around every task: what it is run as, for `pause_here`."""
    token = running.set(context)
    try:
        call_next()
    finally:
        running.reset(token)


def defer(name: str, **ids: int | str) -> int:
    """Have a task done once the transaction that this is called in is committed; give the job's key."""
    if not transaction.get_connection().in_atomic_block:
        raise TransactionManagementError(f"{name}: open transaction.atomic() around the job and what it is for")
    known = app.tasks.get(name)
    if known is None:
        raise NoSuchTask(f"no tasks.py has {name!r}; there are: {', '.join(sorted(app.tasks))}")
    for word, value in ids.items():
        if not ID.fullmatch(str(value)):
            raise ValueError(f"{name}: {word} is not a key or a code; a job carries nothing else")
    job = Job(task_name=name, queue=known.queue, lock=None, queueing_lock=None, task_kwargs=ids)
    return QUEUE.defer_job(job).id


def pause_here() -> None:
    """Let a worker that is being stopped stop here, by raising Paused: the job is put back, and begins anew later."""
    context = running.get()
    if context and context.should_abort():
        raise Paused
