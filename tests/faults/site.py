"""The real site on such a cluster: gunicorn as `palermo serve` starts it, and clients that send drafts to it."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil

from faults.cluster import PATIENCE, Cluster
from palermo.web.commands.serving import gunicorn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from demonstration_site import free_port  # noqa: E402

TOKEN = "a" * 32
"""What stands against forged requests: the cookie and the header have to agree."""


class Site:
    """Gunicorn with two processes, and a process that seals the ledger."""

    def __init__(self, cluster: Cluster, var: Path, drafts: int):
        self.cluster, self.var, self.port = cluster, var, free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": cluster.address(),
            "PALERMO_VAR": str(var),
            "PALERMO_ASSETS": str(ROOT / "var" / "assets"),
            "PALERMO_DEMONSTRATION": "1",
            "PALERMO_LOG": "CRITICAL",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))),
        }
        self.prepared = json.loads(self.inside("prepare", str(drafts)))
        self.server = self.sealer = None

    def inside(self, *words: str, database: str = "") -> str:
        """What `inside.py` says on the cluster's database, or on another."""
        environment = {**self.environment, "DATABASE_URL": database or self.cluster.address()}
        done = subprocess.run(
            [sys.executable, "-m", "faults.inside", *words], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self.var / "log").open("ab") as log:
            self.server, self.sealer = (
                subprocess.Popen(words, env=self.environment, stdout=log, stderr=log, start_new_session=True)
                for words in (gunicorn(self.port, 2), [sys.executable, "-m", "faults.inside", "seal"])
            )
        for _ in range(PATIENCE * 10):
            try:
                self.ask("GET", "/sign-in/")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError((self.var / "log").read_text()[-4000:])

    def kill(self) -> None:
        """kill -9 of the site and of the sealer, with all their processes."""
        there = [one for started in (self.server, self.sealer) for one in family(started)]
        for one in there:
            one.kill()
        for started in (self.server, self.sealer):
            started.wait()
        psutil.wait_procs(there, timeout=PATIENCE)

    def kill_one_process(self) -> None:
        """kill -9 of one of the two processes that answer; gunicorn starts another."""
        family(self.server)[1].kill()

    def ask(self, method: str, path: str, given: dict[str, str] | None = None, session: str = "") -> "Answer":
        """One request on a connection of its own. Raises OSError or HTTPException where no whole answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": f"session={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        if given is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(given) if given is not None else None, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def send(self, key: str, session: str) -> "Answer":
        """Send a draft, as its last page does."""
        return self.ask("POST", f"/refer/{key}/check/", {"shown": self.prepared["shown"]}, session)


def family(process: subprocess.Popen) -> list[psutil.Process]:
    try:
        there = psutil.Process(process.pid)
        return [there, *there.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def acknowledged(self) -> bool:
        """Whether the referral is taken: the page that says so is where the client is sent."""
        return self.status == 302 and self.headers["Location"].endswith("/done/")


@contextmanager
def a_site(cluster: Cluster, var: Path, drafts: int) -> Iterator[Site]:
    site = Site(cluster, var, drafts)
    site.start()
    try:
        yield site
    finally:
        site.kill()


@dataclass
class Sending:
    """Eight clients that send all drafts, and what became of each."""

    site: Site
    acknowledged: set[str] = field(default_factory=set)
    abandoned: set[str] = field(default_factory=set)
    retries: int = 0
    answers: dict[int | str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> list[threading.Thread]:
        keys, sessions = self.site.prepared["keys"], self.site.prepared["sessions"]
        threads = [
            threading.Thread(target=self.client, args=(keys[place :: len(sessions)], session), daemon=True)
            for place, session in enumerate(sessions)
        ]
        for one in threads:
            one.start()
        return threads

    def client(self, keys: list[str], session: str) -> None:
        """Every second draft is sent until it is acknowledged; the others are let go when something was in the way."""
        for number, key in enumerate(keys):
            for _ in range(PATIENCE * 2):
                told = self.told(key, session)
                with self.lock:
                    self.answers[told] = self.answers.get(told, 0) + 1
                    if told == "acknowledged":
                        self.acknowledged.add(key)
                        break
                    # nobody listened: the request never went out, and is no matter of doubt
                    if number % 2 and told != "refused":
                        self.abandoned.add(key)
                        break
                    self.retries += 1
                time.sleep(0.5)
            else:
                return
            if key in self.abandoned:
                time.sleep(0.5)

    def told(self, key: str, session: str) -> str:
        try:
            answer = self.site.send(key, session)
        except ConnectionRefusedError:
            return "refused"
        except (OSError, http.client.HTTPException):
            return "cut off"
        return "acknowledged" if answer.acknowledged else str(answer.status)
