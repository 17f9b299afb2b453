"""`palermo work --list` and `--retry`: how the queue stands, for whoever operates the site."""

import json

import pytest

from cli.calls import palermo
from palermo.web import jobs
from palermo.web.jobs.queries import State
from web.background import make_due, run_jobs
from web.jobs import invented_tasks  # noqa: F401 - its tasks

pytestmark = pytest.mark.django_db


def listed(*words: str):
    return palermo("work", "--list", *words)


def test_an_empty_queue_is_well():
    result = listed()

    assert (result.exit_code, result.stdout) == (0, "workers 0, waiting 0, running 0, left 0, failed 0\n")


def test_what_waits_while_no_worker_is_there_is_said_with_exit_1():
    job = jobs.defer("jobs.mark", mark="PAL-BCDF-2345")
    result = listed()

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "workers 0, waiting 1, running 0, left 0, failed 0"
    assert f"{job}  waiting  jobs.mark mark=PAL-BCDF-2345  since " in result.stdout


def test_what_has_failed_is_listed_until_it_is_put_back_and_done():
    job = jobs.defer("jobs.break_always", mark="one")
    for _attempt in range(3):
        with pytest.raises(ZeroDivisionError):
            run_jobs()
        make_due()
    result = listed("--json")
    (line,) = json.loads(result.stdout)["jobs"]

    assert result.exit_code == 1
    assert (line["job"], line["state"], line["attempts"], line["ids"]) == (job, State.FAILED, 3, {"mark": "one"})
    assert palermo("work", "--retry", str(job)).exit_code == 0
    assert json.loads(listed("--json").stdout)["waiting"] == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--retry", "4711"), 1, "--retry 4711: no job of that number has failed"),
        (("--json",), 2, "--json: it goes with --list"),
    ],
)
def test_what_cannot_be_done_is_refused(words, code, says):
    result = palermo("work", *words)

    assert result.exit_code == code
    assert says in result.stderr
