"""Every write and every read of a person's record leaves an entry, in the same transaction; entries are sealed."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from palermo.web import clock
from palermo.web.audit import keys, queries
from palermo.web.audit.actors import Actor, Command
from palermo.web.audit.merkle import SIZE, grown, root_of_peaks
from palermo.web.audit.models import Duty, Entry, Key, Seal, Server

MOST = 20_000
"""Entries in one seal: what has to be hashed again to prove one of them."""


LEDGER = Command("command:ledger")


class OutsideTransaction(RuntimeError):
    """An entry was to be written apart from what it tells of."""


def record(actor: Actor, duty: Duty, action: str, subject: str, **detail: object) -> Entry:
    """Write the entry. Refuses to run outside a transaction: the act and its entry stand or fall together."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"{action} on {subject}: open transaction.atomic() around the act and its entry")
    return Entry.objects.create(
        at=clock.now(),
        actor=actor.audit_name,
        role=actor.role,
        unit=actor.unit,
        duty=duty,
        action=action,
        subject=subject,
        detail=detail,
    )


def seal() -> int:
    """Seal every entry that nothing can come before any more, and give how many there were.

    An entry of a transaction that began before another that still runs waits for that one. Safe to run at any time and
    twice at once. Raises NoKey.
    """
    sealed = 0
    while entries := seal_next():
        sealed += entries
        if entries < MOST:
            break
    return sealed


def seal_next() -> int:
    with transaction.atomic():
        one_at_a_time()
        last = queries.last_seal()
        found = queries.to_seal(last.last_tx if last else -1, last.last_id if last else -1, MOST)
        if not found:
            return 0
        private = keys.kept() if Key.objects.exists() else first_key()
        public = keys.public_of(private)
        known = queries.keys()
        if bytes(known[-1].public) != public:
            raise keys.NoKey(
                f"{settings.LEDGER_KEY}: this is not the key that the ledger was sealed with last. Put that one there, "
                "or begin a new one: palermo ledger new-key"
            )
        new = Seal(
            number=last.number + 1 if last else 1,
            sealed_at=now(),
            last_tx=found[-1][1],
            last_id=found[-1][0],
            total=(last.total if last else 0) + len(found),
            ids=b"".join(key.to_bytes(8, "big") for key, _, _ in found),
            leaves=b"".join(leaf for _, _, leaf in found),
            key=known[-1],
        )
        new.top = queries.top_of(new)
        peaks = grown(list(queries.cut(last.peaks, SIZE)) if last else [], new.number - 1, new.top)
        new.peaks, new.root = b"".join(peaks), root_of_peaks(peaks)
        new.signature = private.sign(queries.head_of(new, bytes(known[0].public)).text.encode())
        new.save(force_insert=True)
        return len(found)


def one_at_a_time() -> None:
    """Wait for whoever seals or changes the key, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('palermo ledger'))")


def now() -> datetime:
    """The database's own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def first_key() -> Ed25519PrivateKey:
    """The key of a ledger that has none: the one in the file, or one made there."""
    private = keys.kept() if settings.LEDGER_KEY.exists() else keys.made(settings.LEDGER_KEY)
    Key.objects.create(public=keys.public_of(private), since=now())
    return private


def new_key(*, lost: bool = False) -> Path:
    """Begin to seal with a new key, which the old one vouches for unless it is lost; give where the old one is now.

    Raises NoKey where the old one is neither there nor said to be lost.
    """
    with transaction.atomic():
        one_at_a_time()
        aside = settings.LEDGER_KEY.with_name(f"{settings.LEDGER_KEY.name}-{Key.objects.count()}")
        old = None if lost else keys.kept()
        if settings.LEDGER_KEY.exists():
            settings.LEDGER_KEY.rename(aside)
        public = keys.public_of(keys.made(settings.LEDGER_KEY))
        Key.objects.create(public=public, since=now(), vouched=old.sign(public) if old else b"")
    return aside


def adopt(reason: str) -> bool:
    """Let entries be written on this database server, after all that were written on others; False where they can be.

    A restored backup goes on in a server that counts its transactions from the beginning.
    """
    with transaction.atomic():
        one_at_a_time()
        if queries.knows_server():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(tx), 0) FROM audit_entry")
            last = cursor.fetchone()[0]
        Server.objects.create(system=queries.system(), shift=last + 1, since=now(), reason=reason)
        record(LEDGER, Duty.ALTERATION, "ledger_adopted", "ledger", shift=last + 1)
    return True
