"""Workers: stopped, killed and replaced, and every job has its effect once."""

import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from procrastinate.periodic import PeriodicDeferrer

from palermo.web import clock, jobs
from palermo.web.audit.models import Entry
from palermo.web.jobs import queries, working
from palermo.web.jobs.queries import State
from web.background import a_worker, run_jobs
from web.jobs import invented_periodic, invented_tasks  # noqa: F401 - their tasks

pytestmark = pytest.mark.django_db(transaction=True)
INVENTED = "web.jobs.invented_tasks"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where an invented task says that it has begun, and waits."""
    monkeypatch.setenv("WAITING_IN", str(tmp_path))
    (tmp_path / "wait").touch()
    return tmp_path


def deferred(task: str, mark: str) -> int:
    with transaction.atomic():
        return jobs.defer(task, mark=mark)


def marks() -> list[str]:
    found = Entry.objects.filter(subject__startswith="mark:").order_by("id")
    return [subject.removeprefix("mark:") for subject in found.values_list("subject", flat=True)]


def unfinished() -> list[queries.Line]:
    """What of the invented tasks is not done."""
    return [line for line in queries.unfinished() if line.task.startswith("jobs.")]


def until(holds) -> None:
    """Wait as long as it takes on a loaded machine, and no longer than a test may."""
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


def silent_for(seconds: int) -> None:
    """Let the workers' last sign of life be that long ago."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - %s", [timedelta(seconds=seconds)])


def test_a_worker_does_what_is_due_and_ends():
    deferred("jobs.mark_and_another", "one")
    with a_worker("--one-shot", modules=INVENTED) as worker:
        assert worker.wait(timeout=120) == 0, worker.stdout.read()

    assert marks() == ["one", "one-more"]
    assert unfinished() == []


def test_what_a_broken_job_had_deferred_in_a_worker_is_undone_with_it():
    deferred("jobs.break_after_deferring", "one")
    with a_worker("--one-shot", modules=INVENTED) as worker:
        assert worker.wait(timeout=120) == 0

    (line,) = unfinished()
    assert (line.task, line.state, line.attempts) == ("jobs.break_after_deferring", State.WAITING, 1)
    assert line.not_before > line.since


def test_a_job_whose_worker_is_killed_in_the_middle_is_taken_up_again_and_done_once(folder):
    job = deferred("jobs.wait_in_the_middle", "one")
    with a_worker(modules=INVENTED) as worker:
        until((folder / "begun").exists)
        assert queries.states([job]) == {job: State.RUNNING}
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    (folder / "wait").unlink()
    # what the killed worker had written was never committed
    assert marks() == []
    assert queries.states([job]) == {job: State.RUNNING}
    assert working.take_up_again() == []
    silent_for(61)
    assert queries.states([job]) == {job: State.LEFT}

    with a_worker("--one-shot", modules=INVENTED) as worker:
        assert worker.wait(timeout=120) == 0, worker.stdout.read()

    assert marks() == ["one"]
    assert queries.states([job]) == {job: State.DONE}


def test_a_job_that_ends_its_workers_fails_in_the_end():
    job = deferred("jobs.break_always", "one")
    for attempts in range(3):
        take(job)
        assert working.take_up_again() == [job]
        assert ProcrastinateJob.objects.get(pk=job).attempts == attempts + 1
    assert queries.states([job]) == {job: State.FAILED}

    assert working.try_again(job)
    assert queries.states([job]) == {job: State.WAITING}
    assert not working.try_again(job)


def take(job: int) -> None:
    """Let a worker take the job, and be gone."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE id = %s", [job])


def test_a_worker_that_is_told_to_stop_lets_a_quick_job_end(folder):
    deferred("jobs.wait_in_the_middle", "one")
    with a_worker(modules=INVENTED) as worker:
        until((folder / "begun").exists)
        worker.send_signal(signal.SIGTERM)
        (folder / "wait").unlink()
        assert worker.wait(timeout=120) == 0

    assert marks() == ["one"]
    assert not ProcrastinateWorker.objects.exists()


def test_a_worker_that_is_told_to_stop_puts_a_long_job_back(folder):
    job = deferred("jobs.pause_when_asked", "one")
    with a_worker(modules=INVENTED) as worker:
        until((folder / "begun").exists)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(timeout=120) == 0

    assert queries.states([job]) == {job: State.WAITING}
    assert marks() == []


def test_a_worker_that_ends_when_nothing_is_due_lets_a_long_job_end_first(folder):
    deferred("jobs.pause_when_asked", "one")
    with a_worker("--one-shot", modules=INVENTED) as worker:
        until((folder / "begun").exists)
        # longer than a worker that is told to stop would wait
        time.sleep(working.GRACE + 3)
        (folder / "wait").unlink()
        assert worker.wait(timeout=120) == 0

    assert marks() == ["one"]


def test_a_periodic_task_is_deferred_once_for_each_time_however_many_workers_there_are():
    at = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_periodic_defers")
        assert cursor.fetchone() == (0,)
    for _worker in range(3):
        each_minute(at)
    assert [line.task for line in unfinished()] == ["jobs.mark_each_minute"]

    assert run_jobs() == ["jobs.mark_each_minute"]
    each_minute(at)
    assert run_jobs() == []
    each_minute(at + 60)
    assert run_jobs() == ["jobs.mark_each_minute"]


def each_minute(at: float) -> None:
    """What a worker does about periodic tasks at a moment."""
    from asgiref.sync import async_to_sync

    deferrer = PeriodicDeferrer(app.periodic_registry)
    due = [one for one in deferrer.get_previous_tasks(at) if one[0].task.name == "jobs.mark_each_minute"]
    async_to_sync(deferrer.defer_jobs)(due)


def test_a_periodic_job_that_was_left_is_put_back_unless_the_next_waits_already():
    at = time.time()
    each_minute(at)
    job = unfinished()[0].job
    take(job)
    working.take_up_again()
    assert queries.states([job]) == {job: State.WAITING}

    take(job)
    each_minute(at + 60)
    working.take_up_again()
    assert [(line.job == job, line.state) for line in unfinished()] == [(False, State.WAITING)]


def test_the_days_of_a_demonstration_are_the_workers_too(tmp_path):
    deferred("jobs.mark", "one")
    (tmp_path / "days-shifted").write_text("-3650")
    with a_worker("--one-shot", modules=INVENTED, PALERMO_DEMONSTRATION="1", PALERMO_VAR=str(tmp_path)) as worker:
        assert worker.wait(timeout=120) == 0, worker.stdout.read()

    shifted = clock.today() - timedelta(days=3650)
    assert abs((shifted - type(shifted).fromisoformat(Entry.objects.get(subject="mark:one").detail["day"])).days) <= 1


def test_the_log_names_tasks_and_keys():
    deferred("jobs.mark", "PAL-BCDF-2345")
    with a_worker("--one-shot", modules=INVENTED) as worker:
        said = worker.communicate(timeout=120)[0]

    assert "Job jobs.mark[" in said and "(mark='PAL-BCDF-2345') ended with status: Success" in said
