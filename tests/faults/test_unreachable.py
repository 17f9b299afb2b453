"""The database refuses, freezes, is locked, and comes back: what do those at the pages see, and is anything lost?"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from faults.cluster import PATIENCE, a_cluster, a_folder
from faults.site import Answer, Site, a_site
from faults.wholeness import assert_whole

DRAFTS = 200


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("var")
    with a_folder() as folder, a_cluster(folder) as cluster, a_site(cluster, var, DRAFTS) as running:
        yield running


@pytest.fixture
def drafts(site: Site) -> Iterator[list[str]]:
    """Some that no test has sent yet; after the test everything is there once and whole."""
    keys = [site.prepared["keys"].pop() for _ in range(20)]
    site.prepared.setdefault("used", []).extend(keys)
    yield keys
    assert_whole(site.cluster.address(), site.prepared["keys"] + site.prepared["used"], set())


def sent(site: Site, key: str) -> Answer:
    return site.send(key, site.prepared["sessions"][0])


def until_taken(site: Site, key: str) -> list[int]:
    """Send every second until it is acknowledged; what was answered on the way."""
    answers = []
    for _ in range(PATIENCE):
        answer = sent(site, key)
        answers.append(answer.status)
        if answer.acknowledged:
            return answers
        time.sleep(1)
    raise AssertionError(f"never taken: {answers}")


def test_while_the_database_refuses_the_page_says_so_and_a_client_that_sends_for_a_minute_is_taken_once(site, drafts):
    key = drafts[0]
    site.cluster.stop()
    answer = sent(site, key)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert "cannot reach its records just now" in answer.text
    again = threading.Timer(60, site.cluster.start)
    again.start()
    answers = until_taken(site, key)
    again.join()

    assert (set(answers[:-1]), answers[-1]) == ({503}, 302)
    assert len(answers) > 10
    print(f"\n{len(answers) - 1} times refused, then taken")
    # and once more, as a client that lost the answer does
    assert sent(site, key).acknowledged


def test_what_came_while_the_database_was_frozen_is_taken_when_it_moves_again(site, drafts):
    # the site is at work when it happens, with connections open
    assert sent(site, drafts[0]).acknowledged
    with ThreadPoolExecutor(8) as pool:
        with site.cluster.frozen():
            waiting = [pool.submit(sent, site, key) for key in drafts[1:9]]
            time.sleep(5)
            assert not any(one.done() for one in waiting)
        for key, one in zip(drafts[1:9], waiting, strict=True):
            assert one.result(PATIENCE).acknowledged or until_taken(site, key)
    # nothing hangs on: as many again at once
    with ThreadPoolExecutor(8) as pool:
        assert all(one.acknowledged for one in pool.map(lambda key: sent(site, key), drafts[9:17]))


def test_whoever_waits_for_a_lock_is_told_and_the_others_go_on(site, drafts):
    held, other = drafts[:2]
    with psycopg.connect(site.cluster.address()) as connection:
        connection.execute("SELECT 1 FROM intake_draft WHERE id = %s FOR UPDATE", [held])
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(sent, site, held)
            assert sent(site, other).acknowledged
            answer = waiting.result(PATIENCE)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert sent(site, held).acknowledged


def test_one_draft_sent_by_twenty_at_once_is_one_referral(site, drafts):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sent(site, drafts[0]), range(20)))

    assert all(answer.acknowledged for answer in answers)
