"""kill -9 of the database and of the site in the middle of 2,000 submissions from eight clients."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import pytest

from faults.cluster import PATIENCE, PROGRAMS, a_cluster, a_folder
from faults.site import Sending, Site, a_site
from faults.wholeness import Stored, assert_whole

DRAFTS = 2000
KILLS = tuple(islice(cycle(("database", "process", "database", "site")), 12))
"""The database six times; one of the site's two processes, and the whole site with its sealer, three times each."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the site as it stands, what was told to the clients, and how often what was killed."""

    site: Site
    sending: Sending
    kills: list[str]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> Iterator[Outcome]:
    var = tmp_path_factory.mktemp("var")
    with a_folder() as folder, a_cluster(folder) as cluster, a_site(cluster, var, DRAFTS) as site:
        sending, kills = Sending(site), []
        clients = sending.begin()
        for number, what in enumerate(KILLS):
            # spread over the work that is done, not over time: a slow machine meets as many
            due = (number + 1) * DRAFTS * 0.8 / len(KILLS)
            while len(sending.acknowledged) < due and any(one.is_alive() for one in clients):
                time.sleep(0.02)
            if not all(one.is_alive() for one in clients):
                break
            kills.append(what)
            if what == "process":
                site.kill_one_process()
            else:
                hit = {"database": cluster, "site": site}[what]
                hit.kill()
                hit.start()
        for one in clients:
            one.join(PATIENCE * 3)
        yield Outcome(site, sending, kills)


def test_what_was_acknowledged_is_there_once_and_the_rest_wholly_or_not_at_all(outcome: Outcome):
    sending = outcome.sending
    found = assert_whole(outcome.site.cluster.address(), outcome.site.prepared["keys"], sending.acknowledged)

    # every kill came while all were sending, every draft was either taken or let go, and some were let go
    assert outcome.kills == list(KILLS)
    assert len(sending.acknowledged) + len(sending.abandoned) == DRAFTS
    assert sending.abandoned and sending.retries
    tell(sending, found)


def tell(sending: Sending, found: Stored) -> None:
    """The figures for docs/reliability.md; seen with `pytest -s`."""
    taken = sending.abandoned & set(found.keys)
    print(
        f"\n{len(sending.acknowledged)} acknowledged, {len(sending.abandoned)} let go ({len(taken)} of them stored), "
        f"{sending.retries} sent again, {len(found.keys)} stored; {sending.answers}"
    )


def test_whoever_sends_again_gets_the_referral_of_the_first_time(outcome: Outcome):
    site, session = outcome.site, outcome.site.prepared["sessions"][0]
    for key in sorted(outcome.sending.acknowledged)[:5]:
        assert site.send(key, session).acknowledged
        assert "PAL-" in site.ask("GET", f"/refer/{key}/done/", session=session).text
    assert_whole(site.cluster.address(), site.prepared["keys"], outcome.sending.acknowledged)


def test_the_ledger_is_sealed_to_the_end_and_verifies(outcome: Outcome):
    found = json.loads(outcome.site.inside("verify"))

    assert found["faults"] == []
    assert found["sealed"] == found["entries"] > DRAFTS * 0.5
    print(f"\n{found['seals']} seals over {found['entries']} entries")


def test_a_backup_goes_on_in_another_cluster(outcome: Outcome, tmp_path):
    """It has another identity and counts its transactions from the beginning, as after the loss of the machine."""
    site, environment = outcome.site, outcome.site.environment
    assert_done(palermo("backup", "--out", str(tmp_path / "backup"), **environment))
    with a_folder() as folder, a_cluster(folder) as other:
        words = ("restore", str(tmp_path / "backup"), "--into", other.address())
        told = json.loads(assert_done(palermo(*words, **environment)))
        found = assert_whole(other.address(), site.prepared["keys"], outcome.sending.acknowledged)
        verified = json.loads(site.inside("verify", database=other.address()))

    assert (told["faults"], told["adopted"]) == ([], True)
    assert verified["sealed"] == verified["entries"] == told["ledger"]["entries"]
    print(f"\n{told['rows']} rows restored, {len(found.keys)} referrals, {verified['entries']} entries verified")


def test_a_filled_database_is_migrated_and_everything_stays(outcome: Outcome):
    """The migrations of the queues' lines and of the ledger's hashes fill in what was there before them."""
    site = outcome.site
    before = assert_whole(site.cluster.address(), site.prepared["keys"], outcome.sending.acknowledged)
    site.kill()
    site.inside("migrate", "cases 0006", "audit 0002", "")

    assert assert_whole(site.cluster.address(), site.prepared["keys"], outcome.sending.acknowledged) == before
    found = json.loads(site.inside("verify"))
    assert (found["faults"], found["sealed"]) == ([], found["entries"])


def palermo(*words: str, **environment: str) -> subprocess.CompletedProcess:
    begin = "from palermo.main import main; main()"
    path = os.pathsep.join((str(PROGRAMS), environment["PATH"]))
    command = [sys.executable, "-c", begin, *words]
    return subprocess.run(command, env={**environment, "PATH": path}, capture_output=True, text=True, check=False)


def assert_done(result: subprocess.CompletedProcess) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout
