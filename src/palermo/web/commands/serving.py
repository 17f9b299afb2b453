"""`palermo serve`: the site, with the database it needs."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from palermo.web.commands import django_ready

# the last day of the months that the demonstration's referrals fill
DEMONSTRATION_DAY = date(2010, 6, 30)
# the settings' own, which are read only after the day is fixed
LONDON = ZoneInfo("Europe/London")
PAUSE = 2
"""Seconds before a worker that has ended is started again: one that cannot start must not keep the machine busy."""


def serve(
    port: Annotated[int, typer.Option(help="the port on this machine")] = 8000,
    demonstration: Annotated[
        bool, typer.Option(help="demonstration accounts and invented referrals, in the days of the pack")
    ] = False,
    workers: Annotated[int, typer.Option(help="processes that answer requests")] = 2,
    background: Annotated[
        bool, typer.Option(help="keep a worker running for what is done in the background; see `palermo work`")
    ] = True,
) -> None:
    """Prepare the database and serve the site until it is stopped.

    With `DATABASE_URL` set, uses that PostgreSQL; without it, an embedded one in `var/`. A worker does beside it what
    is done in the background, is started again if it ends, and is stopped with the site.

    Example: `palermo serve --demonstration --port 9000`
    """
    started = time.monotonic()
    refuse_if_taken(port)
    say("database")
    if demonstration:
        os.environ["PALERMO_DEMONSTRATION"] = "1"
        fix_the_day(Path(os.environ.get("PALERMO_VAR", "var")))
    django_ready()
    from django.core.management import call_command

    say("tables")
    call_command("migrate", verbosity=0, interactive=False)
    if demonstration:
        fill_the_demonstration()
    say("static files")
    call_command("collectstatic", verbosity=0, interactive=False)
    os.environ.setdefault("PALERMO_HOSTS", "127.0.0.1,localhost")
    server = subprocess.Popen(gunicorn(port, workers))
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    over = threading.Event()
    with worker_beside(over) if background else nullcontext():
        wait_until_up(port, server)
        say(f"ready in {time.monotonic() - started:.0f} s")
        print(f"\nPalermo is at http://127.0.0.1:{port}/", flush=True)
        if demonstration:
            print_accounts()
        try:
            code = server.wait()
        except KeyboardInterrupt:
            # on a terminal, Ctrl-C has told the others at the same moment
            over.set()
            server.terminate()
            code = server.wait()
    sys.exit(max(code, 0))


@contextmanager
def worker_beside(over: threading.Event) -> Iterator[None]:
    """Keep a worker running meanwhile: started again when it ends before all is over, stopped at the end."""
    running = threading.Lock()
    process: list[subprocess.Popen] = []

    def attend() -> None:
        while True:
            with running:
                if over.is_set():
                    return
                process[:] = [subprocess.Popen([sys.executable, "-m", "palermo.main", "work"])]
            code = process[0].wait()
            if over.wait(PAUSE):
                return
            say(f"the worker ended ({code}); starting it again")

    attendant = threading.Thread(target=attend, daemon=True)
    attendant.start()
    try:
        yield
    finally:
        over.set()
        with running:
            if process:
                process[0].terminate()
        attendant.join()


def gunicorn(port: int, workers: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "palermo.web.wsgi:application",
        f"--bind=127.0.0.1:{port}",
        "--worker-class=gthread",
        f"--workers={workers}",
        "--threads=4",
        # an address may hold a whole proposal
        "--limit-request-line=8190",
        "--no-control-socket",
        "--log-level=warning",
    ]


def fix_the_day(var: Path) -> None:
    """Fix, once, how far the demonstration's date stands from today's: from then on its time runs as ours does."""
    kept = var / "days-shifted"
    if not kept.exists():
        var.mkdir(parents=True, exist_ok=True)
        kept.write_text(str((DEMONSTRATION_DAY - datetime.now(LONDON).date()).days))


def fill_the_demonstration() -> None:
    """Make the accounts and, where there is no referral yet, receive the invented ones."""
    from palermo.web.accounts.demonstration import make_accounts
    from palermo.web.commands.samples import receive_samples
    from palermo.web.intake.queries import anything_received

    make_accounts()
    if not anything_received():
        say("invented referrals")
        receive_samples()


def refuse_if_taken(port: int) -> None:
    """Leave with exit 2 where something else answers on the port, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as reason:
            say(f"port {port} cannot be had ({reason}). Name another: make run PORT=9000, or palermo serve --port 9000")
            sys.exit(2)


def wait_until_up(port: int, server: subprocess.Popen) -> None:
    """Return when the port answers; stop with the server's own exit code if it ends first."""
    while True:
        if server.poll() is not None:
            say("the site did not start; the lines above say why")
            sys.exit(server.returncode or 1)
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def print_accounts() -> None:
    from palermo.web.accounts.demonstration import ACCOUNTS, PASSWORD

    print(f"\nDemonstration sign-ins; the password of each is {PASSWORD}")
    width = max(len(account.username) for account in ACCOUNTS)
    for account in ACCOUNTS:
        print(f"  {account.username:<{width}}  {account.post}")
    print("\nStop with Ctrl-C.", flush=True)


def say(what: str) -> None:
    print(f"· {what}", file=sys.stderr, flush=True)
