"""How far it is; and what waits, or has lost its worker, is never shown as being made."""

import signal

import pytest
from django.db import OperationalError, connection, transaction

from palermo.web.intelligence import actions, queries
from palermo.web.intelligence.models import Estimate, Outcome, Run
from palermo.web.jobs import working
from web.background import a_worker, make_due, run_jobs
from web.jobs.test_working import silent_for, take, until


def state() -> str:
    return queries.estimate_shown(Estimate.objects.get().pk).state


def page(client, address: str) -> str:
    return client.get(address).content.decode()


def test_progress_is_written_as_it_goes_and_shown(asked, signed_in, monkeypatch):
    address = asked().url
    seen = []
    told = actions.prevalence.panel

    def watched(*args, progress, **kwargs):
        def look(step):
            progress(step)
            seen.append(page(signed_in("auditor"), address))

        return told(*args, progress=look, **kwargs)

    monkeypatch.setattr(actions.prevalence, "panel", watched)
    assert "Nobody is at work at the moment" in page(signed_in("analyst"), address)
    assert run_jobs() == ["intelligence.make_estimate"]

    assert "Step 1 of at most 14: how the lists overlap." in seen[0]
    assert "Step 2 of at most 14: pairs of lists by forward steps." in seen[1]
    assert all('<meta http-equiv="refresh" content="2">' in text for text in seen)
    assert "http-equiv" not in page(signed_in("analyst"), address)


def test_one_that_waits_says_so_while_others_are_made(asked, signed_in):
    address = asked().url
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")

    assert "It waits for its turn." in page(signed_in("analyst"), address)
    assert "Waiting" in page(signed_in("analyst"), "/estimates/")


def test_the_page_stops_looking_again_where_asked(asked, signed_in):
    address = asked().url

    assert "http-equiv" in page(signed_in("analyst"), address)
    assert "http-equiv" not in page(signed_in("analyst"), f"{address}?still=1")


def test_one_whose_worker_is_gone_waits_for_another_and_is_not_shown_as_being_made(asked, signed_in):
    address = asked().url
    take(Run.objects.get().job)
    Run.objects.update(step="bma", steps_begun=5)

    assert state() == queries.WAITING
    assert "Step 5" not in page(signed_in("analyst"), address)
    working.take_up_again()
    make_due()
    run_jobs()
    assert state() == queries.DONE


def test_one_that_ends_its_workers_is_stopped_and_can_be_started_again(asked, signed_in):
    address = asked().url
    for _worker in range(3):
        take(Run.objects.get().job)
        working.take_up_again()
    Run.objects.update(step="bma", steps_begun=5)
    shown = page(signed_in("analyst"), address)

    assert state() == queries.STOPPED
    assert "never came to an end, the last time at “decomposable graphs, averaged”" in shown
    assert "http-equiv" not in shown
    assert "Stopped: start again" in page(signed_in("auditor"), "/estimates/")
    assert signed_in("analyst").post(address, {"again": "yes"}).status_code == 302
    run_jobs()
    assert state() == queries.DONE


def test_one_whose_job_was_cleared_away_long_ago_is_stopped(asked):
    asked()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    assert state() == queries.STOPPED


def test_what_is_under_way_or_made_is_not_started_again(asked, accounts):
    asked()
    estimate = Estimate.objects.get()
    assert not actions.start_again(accounts["analyst"], estimate.pk)
    run_jobs()

    assert not actions.start_again(accounts["analyst"], estimate.pk)
    assert Run.objects.count() == 1


def test_a_run_that_is_made_twice_has_one_outcome(asked, monkeypatch):
    asked()
    run = Run.objects.get().pk
    told = actions.prevalence.panel

    def meanwhile(*args, **kwargs):
        # another worker had taken this one for dead, and is done first
        monkeypatch.setattr(actions.prevalence, "panel", told)
        actions.make_estimate(run)
        return told(*args, **kwargs)

    monkeypatch.setattr(actions.prevalence, "panel", meanwhile)
    run_jobs()
    actions.make_estimate(run)

    assert Outcome.objects.count() == 1


def test_what_is_asked_is_not_there_without_its_job(accounts, answers):
    from palermo.web.intelligence.forms import EstimateForm

    form = EstimateForm(answers())
    assert form.is_valid()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.ask_for_estimate(accounts["analyst"], form.request)
        raise ZeroDivisionError

    assert not Estimate.objects.exists()
    assert run_jobs() == []


def test_a_fault_of_ours_is_said_and_not_shown_as_running(asked, signed_in, monkeypatch, caplog):
    address = asked().url

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(actions.prevalence, "panel", broken)
    run_jobs()

    shown = page(signed_in("analyst"), address)
    assert "Failed: start again" in shown and "It has been noted" in shown
    assert "ZeroDivisionError" not in shown
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    signed_in("analyst").post(address, {"again": "yes"})
    run_jobs()
    assert state() == queries.DONE


def test_one_that_takes_too_long_is_given_up(asked, signed_in, monkeypatch):
    address = asked().url
    monkeypatch.setattr(actions, "LONGEST", -1)
    run_jobs()

    assert "It was given up after ten minutes" in page(signed_in("analyst"), address)


def test_a_database_that_is_away_is_no_fault_of_the_estimate(asked, monkeypatch):
    asked()
    told = actions.prevalence.panel

    def away(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr(actions.prevalence, "panel", away)
    with pytest.raises(OperationalError):
        run_jobs()
    assert state() == queries.WAITING
    monkeypatch.setattr(actions.prevalence, "panel", told)
    make_due()
    run_jobs()

    assert state() == queries.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_it_to_the_next(signed_in, answers):
    address = signed_in("analyst").post("/estimates/new/", answers()).url
    with a_worker(modules="web.intelligence.slow_panel") as worker:
        until(lambda: Run.objects.get().step == "sparse")
        assert state() == queries.RUNNING
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    silent_for(61)
    assert state() == queries.WAITING
    with a_worker("--one-shot") as worker:
        said = worker.communicate(timeout=300)[0]
        assert worker.returncode == 0, said

    assert state() == queries.DONE, said
    assert b"Methods side by side" in signed_in("analyst").get(address).content
