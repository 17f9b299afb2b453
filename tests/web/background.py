"""The work in the background, for tests: done here and now, or by a worker that is a process of its own.

A test of what a job does asks for `db` as usual, does what defers the job, and calls `run_jobs()`: every job that is
due is then done, and so are those that it defers, in the test's own thread, connection and transaction:

    actions.tell_commander(…)
    assert run_jobs() == ["duties.tell_commander"]

A job that raises is put back or has failed, as in a worker, and what it raised goes on to the test. Only tests of the
queue itself need `a_worker()`, which sees what is committed: mark them `django_db(transaction=True)`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from procrastinate import sql
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from palermo.web.jobs import QUEUE, working


def run_jobs() -> list[str]:
    """Do every job that is due, and give the names of their tasks in the order in which they were done."""
    ask = QUEUE.connector.execute_query_one
    worker = ask(sql.queries["register_worker"])["worker_id"]
    done = []
    while key := ask(sql.queries["fetch_job"], queues=None, worker_id=worker)["id"]:
        job = ProcrastinateJob.objects.get(pk=key).procrastinate_job
        known = app.tasks[job.task_name]
        try:
            known(**job.task_kwargs)
        except Exception as raised:
            again = known.get_retry_exception(raised, job)
            if again:
                QUEUE.retry_job_by_id(job.id, retry_at=again.retry_decision.retry_at)
            else:
                working.finish(job.id, "failed")
            raise
        working.finish(job.id, "succeeded")
        done.append(job.task_name)
    return done


def make_due() -> None:
    """Let the pauses before a job is tried again be over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def in_hand(job: int) -> None:
    """Let a worker that lives have the job."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [cursor.fetchone()[0], job]
        )


def database_address() -> str:
    """The address of the test's own database, for another process."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))


@contextmanager
def a_worker(*words: str, modules: str = "", **environment: str) -> Iterator[subprocess.Popen]:
    """`palermo work` as a process of its own on the test's database; killed at the end if it is still there.

    `modules`, separated by commas, are imported first: invented tasks, say.
    """
    begin = f"import sys{modules and ', ' + modules}; from palermo.main import main; sys.argv[0] = 'palermo'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", begin, "work", *words],
        env={
            **os.environ,
            "DATABASE_URL": database_address(),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "DJANGO_SETTINGS_MODULE": "palermo.web.settings",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
