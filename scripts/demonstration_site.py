"""A demonstration site of its own: for the browser tests and for the README's pictures.

It has its own folder, database and port, so it meets no other site on this machine, and leaves nothing behind.
"""

from __future__ import annotations

import html
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from playwright.sync_api import Page
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300
"""Seconds until the site has to answer: the invented referrals take a while on a loaded machine."""

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: where it answers, and the password of each of its demonstration accounts."""

    address: str
    password: str


@contextmanager
def demonstration_site(var: Path, server: str | None = None) -> Iterator[Site]:
    """Serve a demonstration out of `var` until the block ends.

    `server` is the address of a PostgreSQL, on which a database is made and dropped again; without one, the site
    starts its embedded server in `var`. Raises RuntimeError with the end of the site's own output where it does not
    come up.
    """
    var.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PALERMO_VAR": str(var)}
    environment.setdefault("PALERMO_ASSETS", str(ROOT / "var" / "assets"))
    environment.pop("DATABASE_URL", None)
    if server is None:
        with serving(var, environment) as site:
            yield site
        return
    with own_database(server) as address, serving(var, {**environment, "DATABASE_URL": address}) as site:
        yield site


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Make a database on the server and drop it afterwards, whoever is still connected to it."""
    name = f"palermo_site_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def serving(var: Path, environment: dict[str, str]) -> Iterator[Site]:
    """Run `palermo serve --demonstration` on a free port; stop it, and all that it started, afterwards."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = var / "serve.log"
    command = [str(Path(sys.prefix) / "bin" / "palermo"), "serve", "--demonstration", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=var, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        page = first_answer(f"{address}/sign-in/", process, log)
        yield Site(address, password=demonstration_password(page))
    finally:
        stop(process)


def sign_in(page: Page, site: Site, username: str) -> None:
    """Sign in under one of the demonstration's names; the page is then at the place where its role starts."""
    page.goto(f"{site.address}/sign-in/")
    page.get_by_label("Sign-in name").fill(username)
    page.get_by_label("Password", exact=True).fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    """The page that the site answers with as soon as it is up."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the demonstration site ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.read().decode()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"the demonstration site did not answer in {PATIENCE} s:\n{log.read_text()[-4000:]}")


def demonstration_password(page: str) -> str:
    """The password of the demonstration's accounts, as the sign-in page shows it."""
    shown = re.search(r"The password of each is <strong>(.+?)</strong>", page)
    if shown is None:
        raise RuntimeError("the sign-in page shows no password of the demonstration's accounts")
    return html.unescape(shown[1])


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the site and its children: kindly first, so that an embedded database is put away in order."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def browser_path() -> str:
    """Where Chromium stands: `PALERMO_BROWSER`, or the first one on the path. Raises RuntimeError without one."""
    named = os.environ.get("PALERMO_BROWSER")
    for found in (named, *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        if found:
            return found
    raise RuntimeError("no browser found: install chromium, or set PALERMO_BROWSER to the path of one")
