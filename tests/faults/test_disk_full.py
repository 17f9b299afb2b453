"""The database's disk is full, in earnest: on a file system of 160 MB in memory."""

import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.cluster import PATIENCE, Cluster, a_cluster, a_folder
from faults.site import Site, a_site
from faults.wholeness import assert_whole

SIZE = "160m"
LIBC = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    with a_folder() as folder:
        if LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={SIZE},mode=755".encode()):
            reason = os.strerror(ctypes.get_errno())
            pytest.skip(f"a file system cannot be mounted here ({reason}): this needs root, or CAP_SYS_ADMIN")
        try:
            yield folder
        finally:
            # detached at once, whoever still has something open there
            LIBC.umount2(bytes(folder), 2)


@pytest.fixture
def site(small_disk: Path, tmp_path: Path) -> Iterator[Site]:
    small = ("min_wal_size=2MB", "max_wal_size=8MB", "autovacuum=off")
    with a_cluster(small_disk, *small) as cluster, a_site(cluster, tmp_path, 300) as running:
        yield running


def fill(disk: Path) -> Path:
    """Take all the room that there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return ballast


def is_up(cluster: Cluster) -> bool:
    return cluster.process.poll() is None


def test_nothing_that_was_acknowledged_is_lost_when_the_disk_is_full_and_the_rest_is_taken_when_there_is_room(
    site: Site, small_disk: Path
):
    keys, session = site.prepared["keys"], site.prepared["sessions"][0]
    acknowledged = {key for key in keys[:20] if site.send(key, session).acknowledged}
    assert len(acknowledged) == 20
    ballast = fill(small_disk)
    answers = []
    for key in keys[20:]:
        answer = site.send(key, session)
        answers.append(answer.status)
        if answer.acknowledged:
            acknowledged.add(key)
        elif answers[-5:] == [503] * 5:
            break
    refused = len(answers) - answers.count(302)

    # there was no room: a page said so, and no other answer was given
    assert set(answers) <= {302, 503}
    assert refused >= 5
    # a page that shows no record of a person comes, unless the server ends itself for want of room for its own log; the
    # others leave an entry, and show nothing where there is no room for it
    for _ in range(PATIENCE):
        if not is_up(site.cluster) or site.ask("GET", "/refer/", session=session).status == 200:
            break
        time.sleep(0.5)
    else:
        raise AssertionError("the server is up, and nothing can be read")
    ballast.unlink()
    stopped = not is_up(site.cluster)
    if stopped:
        # what supervises it starts it again
        site.cluster.start()
    for key in keys:
        for _ in range(PATIENCE):
            if site.send(key, session).acknowledged:
                break
            time.sleep(0.5)
    assert set(keys) == set(assert_whole(site.cluster.address(), keys, acknowledged).keys)
    print(f"\n{len(acknowledged)} taken, {refused} refused with 503; the server {'ended' if stopped else 'stayed up'}")
