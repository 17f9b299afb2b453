"""How far it is; and a process that is gone is never shown as one that runs."""

import os
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from palermo.web.intelligence import actions, queries
from palermo.web.intelligence.models import Estimate, Outcome, Run


@pytest.fixture
def another_session(db):
    """A connection of another process, as far as the database can tell; closing it is that process's end."""
    import psycopg

    made = psycopg.connect(**connection.get_connection_params(), autocommit=True)
    yield made
    made.close()


def state() -> str:
    return queries.estimate_shown(Estimate.objects.get().pk).state


def test_progress_is_written_as_it_goes_and_shown(asked, started, signed_in, monkeypatch):
    address = asked().url
    seen = []
    told = actions.prevalence.panel

    def watched(*args, progress, **kwargs):
        def look(step):
            progress(step)
            seen.append(signed_in("auditor").get(address).content.decode())

        return told(*args, progress=look, **kwargs)

    monkeypatch.setattr(actions.prevalence, "panel", watched)
    assert b"It is about to begin" in signed_in("analyst").get(address).content
    actions.make_estimate(started[0])

    assert "Step 1 of at most 14: how the lists overlap." in seen[0]
    assert "Step 2 of at most 14: pairs of lists by forward steps." in seen[1]
    assert all('<meta http-equiv="refresh" content="2">' in page for page in seen)
    assert "http-equiv" not in signed_in("analyst").get(address).content.decode()


def test_the_page_stops_looking_again_where_asked(asked, signed_in):
    address = asked().url

    assert b"http-equiv" in signed_in("analyst").get(address).content
    assert b"http-equiv" not in signed_in("analyst").get(f"{address}?still=1").content


def test_a_run_whose_process_is_gone_is_stopped_and_can_be_started_again(
    asked, started, signed_in, another_session, django_capture_on_commit_callbacks
):
    address = asked().url
    another_session.execute("SELECT pg_advisory_lock(%s, %s)", [queries.LOCK_CLASS, started[0]])
    Run.objects.update(taken_up=True, step="bma", steps_begun=5)
    assert state() == queries.RUNNING

    another_session.close()
    for _ in range(100):
        if state() != queries.RUNNING:
            break
        time.sleep(0.05)
    page = signed_in("analyst").get(address).content.decode()

    assert state() == queries.STOPPED
    assert "gone before it came to an end, at “decomposable graphs, averaged”" in page
    assert "http-equiv" not in page
    assert "Stopped: start again" in signed_in("auditor").get("/estimates/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in("analyst").post(address, {"again": "yes"}).status_code == 302
    assert len(started) == 2
    assert actions.make_estimate(started[1])
    assert state() == queries.DONE


def test_a_process_that_never_begins_is_not_waited_for_for_ever(asked):
    asked()
    assert state() == queries.WAITING
    Run.objects.update(started_at=timezone.now() - 2 * queries.TO_BEGIN)

    assert state() == queries.STOPPED


def test_what_is_under_way_or_made_is_not_started_again(asked, started, accounts):
    asked()
    estimate = Estimate.objects.get()
    assert not actions.start_again(accounts["analyst"], estimate.pk)
    actions.make_estimate(started[0])

    assert not actions.start_again(accounts["analyst"], estimate.pk)
    assert Run.objects.count() == 1


def test_a_run_is_made_once_however_many_processes_try(asked, started, another_session):
    asked()
    another_session.execute("SELECT pg_advisory_lock(%s, %s)", [queries.LOCK_CLASS, started[0]])
    assert not actions.make_estimate(started[0])
    another_session.execute("SELECT pg_advisory_unlock_all()")

    assert actions.make_estimate(started[0])
    assert not actions.make_estimate(started[0])
    assert Outcome.objects.count() == 1


def test_no_more_than_two_run_at_once_and_what_was_entered_is_kept(asked, started, signed_in):
    first, _second = asked(seed="1").url, asked(seed="2")
    third = asked(seed="3", title="The third")

    assert third.status_code == 409
    assert "Wait until one of them is done" in third.content.decode()
    assert 'value="The third"' in third.content.decode()
    assert Estimate.objects.count() == 2
    actions.make_estimate(started[0])
    assert asked(seed="3").status_code == 302
    assert signed_in("analyst").get(first).status_code == 200


def test_starting_again_keeps_to_the_limit_too(asked, signed_in):
    first = asked(seed="1").url
    Run.objects.update(started_at=timezone.now() - 2 * queries.TO_BEGIN)
    asked(seed="2")
    asked(seed="3")
    response = signed_in("analyst").post(first, {"again": "yes"})

    assert response.status_code == 409
    assert "no more can be made at once" in response.content.decode()


def test_a_fault_of_ours_is_said_and_not_shown_as_running(asked, started, signed_in, monkeypatch, caplog):
    address = asked().url

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(actions.prevalence, "panel", broken)
    assert not actions.make_estimate(started[0])

    page = signed_in("analyst").get(address).content.decode()
    assert "Failed: start again" in page and "It has been noted" in page
    assert "ZeroDivisionError" not in page
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_process_of_its_own_makes_it(signed_in, answers, monkeypatch):
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", urlunsplit(parts._replace(path=f"/{name}")))
    address = signed_in("analyst").post("/estimates/new/", answers()).url
    for _ in range(600):
        if state() not in queries.UNDER_WAY:
            break
        time.sleep(0.1)

    assert state() == queries.DONE
    assert b"Methods side by side" in signed_in("analyst").get(address).content
    assert queries.held_runs() == frozenset()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_leaves_a_stopped_run(accounts, started, answers, signed_in):
    signed_in("analyst").post("/estimates/new/", answers())
    run = started[0]
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    waiting = (
        "import django, time; django.setup()\n"
        "from palermo.web.intelligence import actions\n"
        "actions.prevalence.panel = lambda *a, progress, **k: (progress('sparse'), time.sleep(600))\n"
        f"actions.make_estimate({run})"
    )
    process = subprocess.Popen([sys.executable, "-c", waiting], env={**os.environ, "DATABASE_URL": url})
    try:
        wait_for(queries.RUNNING)
        assert state() == queries.RUNNING
    finally:
        process.kill()
        process.wait()
    wait_for(queries.STOPPED)

    assert state() == queries.STOPPED


def wait_for(wanted: str) -> None:
    for _ in range(600):
        if state() == wanted:
            return
        time.sleep(0.1)
