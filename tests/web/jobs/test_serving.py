"""`palermo serve` and the worker beside it: started again when it is killed, and gone when the site is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))
from demonstration_site import free_port, own_database

from web.jobs.test_working import until

BEGIN = "from palermo.main import main; main()"


@pytest.fixture
def serving(tmp_path):
    """`palermo serve` as a process of its own, in a group of its own as a terminal would have it."""
    log = tmp_path / "serve.log"
    with own_database(os.environ["DATABASE_URL"]) as address, log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN, "serve", "--port", str(free_port()), "--workers", "1"],
            env={**os.environ, "DATABASE_URL": address, "PALERMO_VAR": str(tmp_path)},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            until(lambda: process.poll() is not None or is_ready(log.read_text()))
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            for one in all_of(process) if process.poll() is None else ():
                one.kill()
            process.wait()


def is_ready(said: str) -> bool:
    """Whether the site answers and its worker works at both kinds of jobs."""
    return "· ready in" in said and said.count("Starting worker on") == 2


def all_of(process: subprocess.Popen) -> list[psutil.Process]:
    there = psutil.Process(process.pid)
    return [*there.children(recursive=True), there]


def worker_of(process: subprocess.Popen) -> psutil.Process | None:
    for one in psutil.Process(process.pid).children():
        if one.status() != psutil.STATUS_ZOMBIE and one.cmdline()[-1:] == ["work"]:
            return one
    return None


def test_a_worker_that_is_killed_is_started_again_and_all_stop_with_the_site(serving):
    first = worker_of(serving)
    first.kill()
    until(lambda: (second := worker_of(serving)) and second.pid != first.pid)
    # stopped while it is starting, too
    processes = all_of(serving)
    serving.send_signal(signal.SIGTERM)

    assert serving.wait(timeout=120) == 0
    assert psutil.wait_procs(processes, timeout=10)[1] == []


def test_ctrl_c_stops_the_worker_with_the_site_and_starts_no_other(serving, tmp_path):
    processes = all_of(serving)
    os.killpg(serving.pid, signal.SIGINT)
    serving.wait(timeout=120)

    assert "starting it again" not in (tmp_path / "serve.log").read_text()
    assert psutil.wait_procs(processes, timeout=10)[1] == []
