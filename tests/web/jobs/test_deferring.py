"""A job is kept or undone with what it is for; it carries keys; and every task is found by its name."""

import importlib
import inspect
import pkgutil

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

import palermo.web
from palermo.web import jobs
from palermo.web.audit.models import Entry
from web.background import make_due, run_jobs
from web.jobs import invented_tasks

pytestmark = pytest.mark.django_db


def marks() -> list[str]:
    return [subject.removeprefix("mark:") for subject in Entry.objects.order_by("id").values_list("subject", flat=True)]


def test_a_job_that_is_deferred_is_done_once():
    with transaction.atomic():
        jobs.defer("jobs.mark", mark="one")
    assert marks() == []

    assert run_jobs() == ["jobs.mark"]
    assert run_jobs() == []
    assert marks() == ["one"]


def test_what_is_rolled_back_leaves_no_job():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.defer("jobs.mark", mark="one")
        assert ProcrastinateJob.objects.count() == 1
        raise ZeroDivisionError

    assert ProcrastinateJob.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_deferred():
    with pytest.raises(TransactionManagementError, match=r"open transaction\.atomic"):
        jobs.defer("jobs.mark", mark="one")

    assert ProcrastinateJob.objects.count() == 0


def test_what_a_job_defers_is_done_too_and_undone_with_it():
    jobs.defer("jobs.mark_and_another", mark="one")
    assert run_jobs() == ["jobs.mark_and_another", "jobs.mark"]
    assert marks() == ["one", "one-more"]

    jobs.defer("jobs.break_after_deferring", mark="two")
    with pytest.raises(ZeroDivisionError):
        run_jobs()
    assert run_jobs() == []


def test_a_task_that_raises_is_tried_again_and_fails_in_the_end():
    job = jobs.defer("jobs.break_always", mark="one")
    for status in ("todo", "todo", "failed"):
        with pytest.raises(ZeroDivisionError):
            run_jobs()
        make_due()
        assert ProcrastinateJob.objects.get(pk=job).status == status


def test_a_task_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(jobs.NoSuchTask, match=r"'jobs\.mrak'; there are: .*jobs\.mark"):
        jobs.defer("jobs.mrak", mark="one")


@pytest.mark.parametrize("value", ["Ilinca Popescu", "", "a\nb", "x" * 121])
def test_a_job_carries_keys_and_codes_and_no_text(value):
    with pytest.raises(ValueError, match="not a key or a code"):
        jobs.defer("jobs.mark", mark=value)
    jobs.defer("jobs.mark", mark="PAL-BCDF-2345")


def test_a_task_can_be_called_as_the_function_that_it_is():
    invented_tasks.mark(mark="one")

    assert marks() == ["one"]


def test_every_task_of_the_site_is_found():
    """Each `tasks.py` there is was imported by the site itself; its tasks are called by the app's name."""
    for package in pkgutil.iter_modules(palermo.web.__path__, "palermo.web."):
        name = f"{package.name}.tasks"
        if package.ispkg and importlib.util.find_spec(name):
            module = importlib.import_module(name)
            own = [one for one in vars(module).values() if inspect.isfunction(one) and one.__module__ == name]
            app_name = package.name.split(".")[-1]
            assert {f"{app_name}.{one.__name__}" for one in own} <= set(app.tasks)
