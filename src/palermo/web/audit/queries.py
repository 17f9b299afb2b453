"""What stands in the ledger?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from palermo.web.audit.heads import Head, note_of, origin_of
from palermo.web.audit.merkle import SIZE, leaf_of, levels_of, path_of, root_of
from palermo.web.audit.models import Key, Seal, Server

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HORIZON = """pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    + (SELECT shift FROM audit_server WHERE system = (SELECT system_identifier FROM pg_control_system()))"""
"""Whatever is below it in the order of the ledger is there, or never comes."""
START, END = (-1, -1), (2**63 - 1, 2**63 - 1)
"""Places before and after every entry."""
AT_ONCE = 50
"""Seals that are in memory together."""
PARTS = (
    "'1'",
    *(
        "salt",
        "id",
        "(extract(epoch FROM at) * 1000000)::bigint",
        "(extract(epoch FROM recorded_at) * 1000000)::bigint",
    ),
    *("actor", "role", "unit", "duty", "action", "subject", "told"),
)
NETSTRINGS = ", ".join(f"octet_length({part}::text), $n$:$n$, {part}, $n$,$n$" for part in PARTS)
CONTENT = f"convert_to(concat({NETSTRINGS}), 'UTF8')"
"""What is hashed of an entry, read from its columns by core functions alone."""


def last_seal() -> Seal | None:
    return Seal.objects.select_related("key").order_by("-number").first()


def keys() -> list[Key]:
    """The keys in the order in which they came."""
    return list(Key.objects.order_by("id"))


def system() -> int:
    """What tells this database server from every other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return cursor.fetchone()[0]


def knows_server() -> bool:
    """Whether entries can be written on this database server."""
    return Server.objects.filter(system=system()).exists()


def to_seal(last_tx: int, last_id: int, most: int) -> list[tuple[int, int, bytes]]:
    """The id, the place and the leaf of the next entries that nothing can come before, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, tx, leaf FROM audit_entry WHERE (tx, id) > (%s, %s) AND tx < {HORIZON}"  # noqa: S608 (constants)
            " ORDER BY tx, id LIMIT %s",
            [last_tx, last_id, most],
        )
        return [(key, place, bytes(leaf)) for key, place, leaf in cursor.fetchall()]


def head_of(seal: Seal, first: bytes) -> Head:
    """The head of the ledger as that seal left it; `first` is the ledger's first public key."""
    return Head(origin_of(first), seal.number, bytes(seal.root), seal.total, seal.sealed_at)


def note() -> str | None:
    """The newest head, signed, as it is printed; None where nothing is sealed."""
    seal = last_seal()
    return signed(seal, bytes(keys()[0].public)) if seal else None


def signed(seal: Seal, first: bytes) -> str:
    """The head of the ledger as that seal left it, with its signature."""
    return note_of(head_of(seal, first), bytes(seal.key.public), bytes(seal.signature))


def seals() -> Iterator[list[Seal]]:
    """Every seal in order, some at a time; between two of these lists other questions can be asked."""
    after = 0
    while found := list(Seal.objects.select_related("key").filter(number__gt=after).order_by("number")[:AT_ONCE]):
        yield found
        after = found[-1].number


def top_of(seal: Seal) -> bytes:
    """The leaf of a seal in the tree of all seals: its entries, and where they end."""
    about = f"{seal.number} {seal.last_tx} {seal.last_id} {seal.total} {micros(seal.sealed_at)} "
    return leaf_of(about.encode() + root_of(list(cut(seal.leaves, SIZE))))


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def cut(joined: bytes, size: int) -> Iterator[bytes]:
    """The pieces of what was joined."""
    content = bytes(joined)
    return (content[at : at + size] for at in range(0, len(content), size))


def ids_of(seal: Seal) -> list[int]:
    return [int.from_bytes(one, "big") for one in cut(seal.ids, 8)]


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What is not in the ledger yet: how many entries, and since when the oldest waits."""

    entries: int
    since: datetime | None


def unsealed(seal: Seal | None) -> Unsealed:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(recorded_at) FROM audit_entry WHERE (tx, id) > (%s, %s)",
            [seal.last_tx, seal.last_id] if seal else START,
        )
        return Unsealed(*cursor.fetchone())


def entries_between(after: tuple[int, int], up_to: tuple[int, int]) -> Iterator[tuple[int, int, bytes, bytes, bool]]:
    """The entries after one place, a transaction and an id, up to another, in order: id, transaction, what is hashed of
    it, the leaf kept, and whether detail and `told` agree.

    Streamed, so that a ledger of any size is read in little memory; until the last, nothing else can be asked. Inside a
    transaction of the caller's.
    """
    query = (
        f"COPY (SELECT id, tx, {CONTENT}, leaf, told::jsonb = detail FROM audit_entry"  # noqa: S608 (constants)
        " WHERE (tx, id) > (%s, %s) AND (tx, id) <= (%s, %s) ORDER BY tx, id) TO STDOUT (FORMAT BINARY)"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(query, [*after, *up_to]) as rows:
            rows.set_types(["int8", "int8", "bytea", "bytea", "bool"])
            yield from rows.rows()


def proofs_of(subject: str) -> dict[str, object]:
    """What shows that the entries of a record are in the ledger: each with its path to a seal, and on to a head.

    It is complete for whoever has it: what was hashed, the paths, the head and its key. What is not sealed is counted.
    In a fixed number of queries, and each tree is built once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, tx, {CONTENT} FROM audit_entry WHERE subject = %s ORDER BY tx, id",  # noqa: S608 (constants)
            [subject],
        )
        rows = cursor.fetchall()
        ends = list(Seal.objects.order_by("number").values_list("number", "last_tx", "last_id", "top"))
        places = [(last_tx, last_id) for _, last_tx, last_id, _ in ends]
        # what is beyond the last seal waits; of the rest, each with the seal that it is in
        held = [(key, bytes(content).decode(), bisect_left(places, (tx, key))) for key, tx, content in rows]
        sealed = [(key, content, ends[at][0]) for key, content, at in held if at < len(ends)]
        used = Seal.objects.in_bulk({number for _, _, number in sealed})
        known = keys()
        newest = last_seal()
    batches = {
        number: ({key: at for at, key in enumerate(ids_of(seal))}, levels_of(list(cut(seal.leaves, SIZE))))
        for number, seal in used.items()
    }
    tops = levels_of([bytes(top) for *_, top in ends])
    return {
        "version": 1,
        "head": newest and signed(newest, bytes(known[0].public)),
        "keys": [{"public": bytes(one.public).hex(), "vouched": bytes(one.vouched).hex()} for one in known],
        "entries": [
            {
                "id": key,
                "content": content,
                "seal": number,
                "place": batches[number][0][key],
                "path": hexes(path_of(batches[number][1], batches[number][0][key])),
            }
            for key, content, number in sealed
        ],
        "seals": [
            {
                "number": number,
                "entries": len(batches[number][0]),
                "last_tx": seal.last_tx,
                "last_id": seal.last_id,
                "total": seal.total,
                "sealed_at": micros(seal.sealed_at),
                "path": hexes(path_of(tops, number - 1)),
            }
            for number, seal in used.items()
        ],
        "unsealed": len(held) - len(sealed),
    }


def hexes(hashes: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in hashes]
