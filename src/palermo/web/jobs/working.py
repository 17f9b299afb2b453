"""Who does the jobs? A worker: one process, until it is stopped or, asked for that, until nothing is due.

It does quick tasks and, beside them, at most two long ones. It takes up again what a worker that is gone has left, and
clears away what was finished long ago.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections, transaction
from django.utils import timezone
from procrastinate import sql
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from palermo.web.jobs import ATTEMPTS, LONG, QUEUE, QUICK, queries

AT_ONCE = {QUICK: 2, LONG: 2}
SWEEP = 20
"""Seconds between two looks for jobs that were left."""
CLEARING = 60 * 60
KEPT_HOURS = 30 * 24
GRACE = 10
"""Seconds that running jobs have to come to their end when the worker is stopped; then long ones are asked to pause."""
LAST = 30
"""Seconds after which a stopped worker ends whatever it does; another takes its jobs up."""
log = logging.getLogger(__name__)

Part = Coroutine[Any, Any, None]


def work(*, one_shot: bool = False) -> bool:
    """Do the jobs until told to stop; with `one_shot`, until nothing is due. False where it ended otherwise."""
    with app.replace_connector(app.connector.get_worker_connector()):
        return asyncio.run(working([until_nothing_is_due()] if one_shot else [*at_work(), sweeping(), clearing()]))


async def working(parts: list[Part]) -> bool:
    """Do the parts until one of them ends or the process is told to stop; then let the others come to an end."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    async with app.open_async():
        begun = [asyncio.create_task(part) for part in parts]
        waiting = asyncio.create_task(told.wait())
        await asyncio.wait([waiting, *begun], return_when=asyncio.FIRST_COMPLETED)
        # a job that heeds nothing must not keep the process: whoever stops it waits
        loop.call_later(LAST, os._exit, 1)
        ended_well = told.is_set() or (len(begun) == 1 and not begun[0].exception())
        for one in (waiting, *begun):
            one.cancel()
        for outcome in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a part of the worker ended: %s", outcome)
    return ended_well


def at_work(*, wait: bool = True) -> list[Part]:
    """The library's workers, one for each queue.

    Those that do not wait stop as soon as nothing more is to be begun, and then let all that runs come to its end.
    """
    return [
        app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=number,
            wait=wait,
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE if wait else None,
            update_heartbeat_interval=queries.HEARTBEAT,
            stalled_worker_timeout=queries.GONE.total_seconds(),
        )
        for queue, number in AT_ONCE.items()
    ]


async def until_nothing_is_due() -> None:
    await in_thread(take_up_again)
    while await in_thread(queries.anything_due):
        await asyncio.gather(*at_work(wait=False))
        # what is due may wait for the same task in another worker
        await asyncio.sleep(0.5)


async def sweeping() -> None:
    """Take up again what was left, again and again; while the database is away, wait for it."""
    while True:
        try:
            await in_thread(take_up_again)
        except (Error, ConnectorException) as reason:
            log.warning("could not look for jobs that were left: %s", reason)
        await asyncio.sleep(SWEEP)


async def clearing() -> None:
    """Remove what was finished long ago, well or badly."""
    while True:
        try:
            await app.job_manager.delete_old_jobs(
                KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )
        except ConnectorException as reason:
            log.warning("could not clear away old jobs: %s", reason)
        await asyncio.sleep(CLEARING)


async def in_thread(function: Callable[[], Any]) -> Any:
    """Call what uses Django's connection from a thread of its own."""

    def called() -> Any:
        close_old_connections()
        return function()

    return await sync_to_async(called)()


def take_up_again() -> list[int]:
    """Put the jobs whose worker is gone back into the queue, and give their keys.

    One that was begun as often as it may be fails instead: it may be what ends the workers.
    """
    with transaction.atomic():
        found = list(queries.left().select_for_update(of=("self",), skip_locked=True).order_by("id"))
        for job in found:
            known = app.tasks.get(job.task_name)
            attempts = known.retry_strategy.max_attempts if known and known.retry_strategy else ATTEMPTS
            if job.queueing_lock and queries.is_waiting(job.queueing_lock):
                # a periodic one, and its next run waits already
                finish(job.id, "aborted", delete=True)
            elif job.attempts < attempts:
                QUEUE.retry_job_by_id(job.id, retry_at=timezone.now())
            else:
                finish(job.id, "failed")
            log.warning("job %s of %s was left by its worker", job.id, job.task_name)
    return [job.id for job in found]


def finish(job: int, status: str, *, delete: bool = False) -> None:
    QUEUE.connector.execute_query(sql.queries["finish_job"], job_id=job, status=status, delete_job=delete)


def try_again(job: int) -> bool:
    """Put a job that has failed back into the queue; False where there is no such job."""
    with transaction.atomic():
        failed = queries.failed().select_for_update().filter(pk=job).exists()
        if failed:
            QUEUE.retry_job_by_id(job, retry_at=timezone.now())
    return failed
