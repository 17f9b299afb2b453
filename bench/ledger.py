"""How long does the ledger take: to verify, and of the time that a referral's intake takes?

Run by hand: `python bench/ledger.py [--entries 1000000] [--referrals 400]`. It makes two databases in an embedded
PostgreSQL in `var/bench`: one as Palermo makes it, with a sealer beside it every second, and one from which the hashing
of entries, its columns' rules and its index are taken out. Referrals are received by the site's own action, in turns of
twenty in the one and in the other, by a process each, so that whatever else the machine does falls on both. Then the
first is filled up with entries and sealed, and the whole is verified.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "bench"
TURN = 20
WITHOUT = """
DROP TRIGGER leaf ON audit_entry;
DROP INDEX audit_entry_tx_id_idx;
ALTER TABLE audit_entry ALTER salt DROP NOT NULL, ALTER tx DROP NOT NULL, ALTER told DROP NOT NULL,
    ALTER leaf DROP NOT NULL;
"""
FILL = """
INSERT INTO audit_entry (at, actor, role, unit, duty, action, subject, detail)
SELECT now(), 'user:' || mod(n, 97), 'officer', 'SCD9', 'consultation', 'referral_opened',
    'referral:PAL-' || substr(md5(n::text), 1, 9), jsonb_build_object('clock', n, 'version', mod(n, 7))
FROM generate_series(1, %s) n
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--entries", type=int, default=1_000_000)
    asked.add_argument("--referrals", type=int, default=400)
    given = asked.parse_args()
    os.environ |= {"PALERMO_VAR": str(VAR), "DJANGO_SETTINGS_MODULE": "palermo.web.settings"}
    VAR.mkdir(parents=True, exist_ok=True)
    from palermo.web import embedded

    server = embedded.start(VAR)
    own = f"{os.getpid()}"
    with_ledger, without = (database(server, f"ledger_{kind}_{own}") for kind in ("with", "without"))
    run_sql(without, WITHOUT)
    try:
        intake(with_ledger, without, given.referrals)
        verification(with_ledger, given.entries)
    finally:
        for address in (with_ledger, without):
            run_sql(server, f'DROP DATABASE "{urlsplit(address).path[1:]}" WITH (FORCE)')


def database(server: str, name: str) -> str:
    """A database of that name with Palermo's tables; gives its address."""
    run_sql(server, f'CREATE DATABASE "{name}"')
    address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    child(address, "migrate").wait()
    return address


def run_sql(address: str, sql: str, *values: object) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql, values or None)


def child(address: str, what: str) -> subprocess.Popen[str]:
    """A process of its own on that database."""
    return subprocess.Popen(
        [sys.executable, __file__, "--part", what],
        env={**os.environ, "DATABASE_URL": address, "PALERMO_LOG": "WARNING"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def intake(with_ledger: str, without: str, referrals: int) -> None:
    """Receive referrals in turns in both, and tell how much longer the ledger makes it."""
    both = {"with": child(with_ledger, "receive"), "without": child(without, "receive")}
    sealer, stop = child(with_ledger, "seal"), threading.Event()

    def seal_each_second() -> None:
        while not stop.wait(1):
            ask(sealer)

    thread = threading.Thread(target=seal_each_second)
    thread.start()
    for one in both.values():
        ask(one)
    took: dict[str, list[float]] = {name: [] for name in both}
    for turn in range(referrals // TURN):
        # the one that comes first changes, so that none has the warmer cache
        for name in (tuple(both), tuple(reversed(both)))[turn % 2]:
            took[name].append(ask(both[name]))
    stop.set()
    thread.join()
    for one in (*both.values(), sealer):
        one.stdin.close()
        one.wait()
    each = {name: statistics.median(turns) / TURN * 1000 for name, turns in took.items()}
    ratio = statistics.median(a / b for a, b in zip(took["with"], took["without"], strict=True))
    print(f"a referral: {each['with']:.2f} ms with the ledger, {each['without']:.2f} ms without (medians of turns)")
    print(f"with against without, turn by turn: {ratio:.3f} (at most 1.10 is wanted)")


def ask(one: subprocess.Popen[str]) -> float:
    """Have a part do its work once; gives the seconds that it took."""
    one.stdin.write("go\n")
    one.stdin.flush()
    return float(one.stdout.readline())


def verification(address: str, entries: int) -> None:
    """Fill the ledger up, seal it, verify it; tells how long each took."""
    for done in range(0, entries, 50_000):
        run_sql(address, FILL, min(50_000, entries - done))
    run_sql(address, "VACUUM ANALYZE audit_entry")
    for what, words in (("seal", "sealing"), ("verify", "verifying"), ("verify", "verifying again")):
        part = child(address, what)
        print(f"{words} {entries:,} entries: {ask(part):.1f} s{' (at most 30 is wanted)' if what == 'verify' else ''}")
        part.stdin.close()
        part.wait()


def part(what: str) -> None:
    """One of the processes: does its work at each line that comes in, and tells how long it took."""
    import django

    django.setup()
    from django.core.management import call_command

    from palermo.web import clock
    from palermo.web.audit.actions import LEDGER, seal
    from palermo.web.audit.verifying import verify
    from palermo.web.intake.actions import Submission, receive_referral

    def receive() -> None:
        for _ in range(TURN):
            receive_referral(
                Submission(
                    key=uuid.uuid4().hex,
                    channel="bench",
                    received_at=clock.now(),
                    referring_body="Harbour Project",
                    facts={"victims": "one", "age": "adult", "exploitation": "labour", "organised": "no",
                           "reach": "borough", "port": "no", "borough": "Newham", "matter": "trafficking"},
                    account="He was promised a job in a kitchen.",
                ),
                LEDGER,
            )  # fmt: skip

    def verified() -> None:
        found = verify()
        if found.faults or not found.sealed:
            raise SystemExit(f"the ledger does not hold: {found.faults[:3]}")

    if what == "migrate":
        call_command("migrate", verbosity=0)
        return
    work = {"receive": receive, "seal": seal, "verify": verified}[what]
    for _ in sys.stdin:
        begun = time.perf_counter()
        work()
        print(time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        part(sys.argv[2])
    else:
        main()
