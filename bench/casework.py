"""How long does a page take with 100,000 cases and eight people at work?

Run by hand: `python bench/casework.py`. It fills a database of its own (an embedded PostgreSQL in `var/bench`), serves
it as `palermo serve` does, signs eight people of different roles in, and lets all of them open every list and page at
once, each the next one as soon as the last is there. Addresses are found as people find them, by following links;
`ASKED` has what only a form leads to.

Other work may share the machine. So beside each page stands how many times as long it took as a page without a list in
the same run, and with `--alone` the processor time that site and database spent on it.
"""

from __future__ import annotations

import argparse
import html
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 300
"""Milliseconds within which 95 of 100 openings of each page are to be answered."""
PEOPLE = (
    "officer",
    "borough",
    "supervisor",
    "borough-supervisor",
    "paladin",
    "commander",
    "auditor",
    "partner",
)
SLOW = 1.0
"""Seconds after which an address is told of while it is looked for."""
SAMPLES = 2
"""Addresses of one kind that one person opens in turn."""
ENOUGH = 1
"""So many of them are measured where one person opens them after another."""
WHICH_ONE = {"reference", "key", "person", "id", "unit", "operation"}
"""Parts of an address that say in words which record: a few stand for all, as of those that are numbers."""
QUEUE = (
    "?sort=received",
    "?sort=-received",
    "?sort=-due",
    "?sort=state",
    "?sort=exploitation",
    "?sort=reference",
    "?page=2",
    "?page=400",
    "?due=overdue",
    "?officer=nobody",
    "?state=received",
    "?exploitation=sexual",
    "?age=child&due=overdue",
)
ASKED = {
    "cases:my-queue": QUEUE,
    "cases:mine": ("?sort=received", "?due=overdue"),
    "cases:unit-queue": QUEUE,
    "cases:changeover": ("?on=2010-04-01", "?on=2010-04-01&page=3", "?on=2010-07-05"),
    "cases:notices": ("?page=2", "?page=300"),
    "cases:notices-not-sent": ("?page=2",),
    "duties:breaches": ("?page=2", "?page=200", "?step=nobody", "?step=commander", "?answered=no", "?unit=SCD9"),
    "papers:crimes": ("?page=2", "?page=200", "?kind=recorded", "?kind=none", "?unit=SCD9"),
    "support:list": ("?page=2",),
    "support:untold": ("?page=2", "?page=50"),
    "operations:operations": ("?page=2", "?state=running", "?state=ended"),
    "operations:meetings": ("?page=2",),
    "operations:tasks": ("?show=answered", "?page=2"),
    "operations:agenda": ("?page=2", "?page=200"),
    "intake:sent": ("?page=2", "?page=200"),
    "oversight:who-owns-this": ("?on=2010-03-31&and=2010-04-01&age=adult&exploitation=sexual&organised=yes",),
    "oversight:changes": ("?count=profiles",),
    "oversight:heat": ("?kind=two&at=sexual.national",),
}
"""What a form on the page asks for."""
SENT = {
    "people:find": tuple(
        {"words": words, "side": "potential-victim"} for words in ("Sandu", "mari", "Street", "AB1234", "07700000123")
    ),
    "search:search": tuple({"words": words} for words in ("Sandu", "PAL", "Alder Street", "07700000123", "car wash")),
}
"""What a form sends that only reads."""
TRIVIAL = "intake:start"


@dataclass
class Person:
    """Somebody signed in, with a connection of their own."""

    username: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, body, and where it leads."""
        body = urlencode(form) if form is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
                self.connection.request("GET" if form is None else "POST", path, body, headers)
                answer = self.connection.getresponse()
                text = answer.read().decode(errors="replace")
                break
            except (http.client.HTTPException, ConnectionError):
                # the server closes a connection that stood still
                self.connection = None
                if attempt == 2:
                    raise
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text, answer.headers.get("Location", "")

    def sign_in(self, password: str) -> str:
        """Sign in; gives the address of the first page."""
        _, page, _ = self.ask("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        status, _, where = self.ask(
            "/sign-in/", {"csrfmiddlewaretoken": token, "username": self.username, "password": password}
        )
        if status != 302:
            raise RuntimeError(f"{self.username} could not sign in: {status}")
        while status == 302:
            status, _, following = self.ask(where)
            where = following or where
        return where

    def addresses(self, first: str) -> dict[str, list[str]]:
        """The addresses of each kind that this person comes to by links, a few of each."""
        found: dict[str, list[str]] = defaultdict(list)
        ahead, known = deque([first]), set()
        while ahead:
            path = ahead.popleft()
            kind = kind_of(path)
            if kind is None or path in known or len(found[kind]) >= SAMPLES:
                continue
            known.add(path)
            begun = time.monotonic()
            status, page, where = self.ask(path)
            if (taken := time.monotonic() - begun) > SLOW:
                print(f"  {self.username} at {path}: {taken:.1f} s", file=sys.stderr, flush=True)
            if status == 302:
                ahead.append(where)
                continue
            if status != 200:
                continue
            found[kind].append(path)
            ahead.extend(html.unescape(link).partition("#")[0] for link in re.findall(r'<a [^>]*href="(/[^"]*)"', page))
            if "?" not in path:
                ahead.extend(path + more for more in ASKED.get(kind, ()))
        return {kind: paths for kind, paths in found.items() if paths}


def kind_of(path: str) -> str | None:
    """What kind of page an address is: its name, the choices in it, and which form asked; None if not ours."""
    from django.urls import Resolver404, resolve

    parts = urlsplit(path)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return None
    name = found.view_name
    if parts.path.startswith("/static/"):
        return None
    chosen = [
        str(value)
        for name_of_it, value in sorted(found.kwargs.items())
        if name_of_it not in WHICH_ONE and not isinstance(value, int | UUID)
    ]
    asked = f"?{parts.query}" if f"?{parts.query}" in ASKED.get(name, ()) else ""
    if parts.query and not asked:
        return None
    return " ".join([name, *chosen, asked]).rstrip()


# Serving


def prepared(var: Path, cases: int, events: int) -> None:
    """The environment of a demonstration that stands in `var`, its database filled."""
    var.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "PALERMO_VAR": str(var),
        "PALERMO_ASSETS": str(ROOT / "var" / "assets"),
        "PALERMO_DEMONSTRATION": "1",
        "DJANGO_SETTINGS_MODULE": "palermo.web.settings",
    }
    os.environ.pop("DATABASE_URL", None)
    from palermo.web.commands import django_ready
    from palermo.web.commands.serving import fix_the_day

    fix_the_day(var)
    django_ready()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    import filling

    filling.fill(cases, events)


def serve() -> tuple[subprocess.Popen[bytes], int]:
    from palermo.web.commands.serving import gunicorn, wait_until_up

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(gunicorn(port, workers=2))
    wait_until_up(port, server)
    return server, port


# The load


@dataclass(frozen=True, order=True)
class Opening:
    """A page to open, or a form to send that only reads."""

    kind: str
    path: str
    form: tuple[tuple[str, str], ...] = ()

    def by(self, person: Person) -> tuple[int, str, str]:
        if not self.form:
            return person.ask(self.path)
        return person.ask(self.path, {**dict(self.form), "csrfmiddlewaretoken": person.cookies["csrftoken"]})


def openings(found: dict[str, list[str]], only: str) -> list[Opening]:
    """All that one person opens, of the kinds that have that in their name; and always the page without a list."""
    pages = [Opening(kind, path) for kind, paths in found.items() for path in paths]
    pages += [
        Opening(f"{kind} {form['words']}", path, tuple(form.items()))
        for kind, forms in SENT.items()
        for path in sorted({path for name, paths in found.items() if name.split()[0] == kind for path in paths})
        for form in forms
    ]
    return [one for one in pages if only in one.kind or one.kind == TRIVIAL]


def at_work(person: Person, pages: list[Opening], until: float, times: dict[str, list[float]], reading: float) -> None:
    """Open one page after the other, in an order of chance, until the time is over; read each for about so long."""
    dice = random.Random(person.username)
    while time.monotonic() < until:
        one = dice.choice(pages)
        begun = time.perf_counter()
        status, page, _ = one.by(person)
        times[one.kind].append(1000 * (time.perf_counter() - begun))
        if status != 200:
            print(f"{person.username} at {one.path}: {status}: {page[:200]}", file=sys.stderr, flush=True)
        if reading:
            # as long as chance has it, so that people do not come to go in step
            time.sleep(dice.expovariate(1 / reading))


def percentile(values: list[float], share: float) -> float:
    """The value that so many of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, -(-len(values) * int(100 * share) // 100) - 1)]


def report(times: dict[str, list[float]]) -> list[str]:
    """Print how long each kind of page took; gives those beyond the limit."""
    trivial = percentile(times[TRIVIAL], 0.5)
    print(f"\n| page | opened | p50 ms | p95 ms | longest ms | p50 / {TRIVIAL} |\n|---|---|---|---|---|---|")
    beyond = []
    for kind, taken in sorted(times.items(), key=lambda one: -percentile(one[1], 0.95)):
        p50, p95 = percentile(taken, 0.5), percentile(taken, 0.95)
        mark = " **over**" if p95 > LIMIT else ""
        beyond += [kind] if mark else []
        print(f"| `{kind}` | {len(taken)} | {p50:.0f} | {p95:.0f}{mark} | {max(taken):.0f} | {p50 / trivial:.1f} |")
    everything = [one for taken in times.values() for one in taken]
    p50, p95 = percentile(everything, 0.5), percentile(everything, 0.95)
    print(f"\n{len(everything):,} pages: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    return beyond


# One after another


@dataclass
class Taken:
    """What the openings of one kind of page took by themselves: milliseconds, and of them the processor's."""

    elapsed: list[float] = field(default_factory=list)
    site: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)


def by_themselves(people: list[Person], pages: list[list[Opening]], server: int, database: int) -> dict[str, Taken]:
    """Open everything, one person after another; each page once to warm, then three times that are measured."""
    found: dict[str, Taken] = defaultdict(Taken)
    for person, theirs in zip(people, pages, strict=True):
        often: dict[str, int] = defaultdict(int)
        for one in theirs:
            often[one.kind] += 1
            if often[one.kind] > ENOUGH:
                continue
            one.by(person)
            for _ in range(3):
                before, begun = (spent(server), spent(database)), time.perf_counter()
                one.by(person)
                taken = found[one.kind]
                taken.elapsed.append(1000 * (time.perf_counter() - begun))
                taken.site.append(1000 * (spent(server) - before[0]))
                taken.database.append(1000 * (spent(database) - before[1]))
    return found


def spent(root: int) -> float:
    """Seconds of processor time of a process and all below it, as far as they still run (Linux)."""
    total, ahead = 0.0, [root]
    while ahead:
        one = ahead.pop()
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            for task in tasks:
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
                ahead += map(int, (task / "children").read_text().split())
        except FileNotFoundError:
            # it has ended since
            continue
    return total


def report_alone(found: dict[str, Taken]) -> None:
    trivial = percentile(found[TRIVIAL].elapsed, 0.5)
    print(f"\n| page | opened | ms | site’s CPU ms | database’s CPU ms | longest ms | ms / {TRIVIAL} |")
    print("|---|---|---|---|---|---|---|")
    for kind, taken in sorted(found.items(), key=lambda one: -percentile(one[1].elapsed, 0.5)):
        middle = [percentile(one, 0.5) for one in (taken.elapsed, taken.site, taken.database)]
        cells = " | ".join(f"{one:.0f}" for one in (*middle, max(taken.elapsed)))
        print(f"| `{kind}` | {len(taken.elapsed)} | {cells} | {middle[0] / trivial:.1f} |")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cases", default=100_000, type=int)
    arguments.add_argument("--events", default=1_000_000, type=int)
    arguments.add_argument("--seconds", default=300, type=int, help="how long they work")
    arguments.add_argument("--reading", default=0.0, type=float, help="seconds that they read a page, on average")
    arguments.add_argument("--var", default=ROOT / "var" / "bench", type=Path, help="kept for the next run")
    arguments.add_argument("--only", default="", help="kinds of page that have this in their name")
    arguments.add_argument("--alone", action="store_true", help="one person after another: what a page takes by itself")
    options = arguments.parse_args()
    var = options.var.resolve()
    prepared(var, options.cases, options.events)
    from palermo.web.accounts.demonstration import PASSWORD

    beyond: list[str] = []
    server, port = serve()
    try:
        people = [Person(name, port) for name in PEOPLE]
        pages = []
        for person in people:
            found = person.addresses(person.sign_in(PASSWORD))
            pages.append(openings(found, options.only))
            print(f"· {person.username}: {len(found)} kinds of page", file=sys.stderr, flush=True)
        if options.alone:
            database = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
            report_alone(by_themselves(people, pages, server.pid, database))
        else:
            times: dict[str, list[float]] = defaultdict(list)
            until = time.monotonic() + options.seconds
            threads = [
                threading.Thread(target=at_work, args=(person, theirs, until, times, options.reading))
                for person, theirs in zip(people, pages, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            beyond = report(times)
    finally:
        server.terminate()
        server.wait()
    if beyond:
        print(f"\nover {LIMIT} ms at the 95th percentile: {', '.join(beyond)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
