"""Is the ledger as it was sealed? Every entry and every seal held against the tree and its signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice, pairwise

from django.db import transaction

from palermo.web.audit import queries
from palermo.web.audit.heads import is_signed, origin_of, read_note, signer
from palermo.web.audit.merkle import SIZE, grown, root_of_peaks
from palermo.web.audit.queries import Key, Seal

Row = tuple[int, int, bytes, bytes, bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed; `kind` is one of those that `palermo ledger verify` tells."""

    kind: str
    says: str
    entry: int | None = None
    seal: int | None = None


@dataclass
class Verified:
    """What was held against what, and all that is wrong; `head` is the newest head as it stands."""

    entries: int = 0
    sealed: int = 0
    seals: int = 0
    unsealed: int = 0
    unsealed_since: datetime | None = None
    head: str = ""
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Search:
    """Entries that are not where their seal has them, and those that are where no seal has them, by id."""

    missing: dict[int, int] = field(default_factory=dict)
    extra: dict[int, int] = field(default_factory=dict)


def verify(heads: Sequence[str] = (), pinned: bytes | None = None) -> Verified:
    """Hold the whole ledger against its seals, and these against heads that were kept elsewhere.

    `pinned` is the first public key, where somebody has kept it; without it the ledger's own word is taken for it.
    Raises NoHead for what is no head.
    """
    found = Verified()
    notes = [read_note(one) for one in heads]
    roots: dict[int, tuple[bytes, int]] = {}
    with transaction.atomic():
        known = queries.keys()
        found.faults += key_faults(known, pinned)
        publics = [bytes(one.public) for one in known]
        search = Search()
        peaks: list[bytes] = []
        newest: Seal | None = None
        place = queries.START
        for some in queries.seals():
            begun, place = place, (some[-1].last_tx, some[-1].last_id)
            rows = Ahead(queries.entries_between(begun, place))
            for seal in some:
                expected = (newest.number if newest else 0) + 1
                found.faults += [
                    Fault("seal_removed", f"seal {number} is not there", seal=number)
                    for number in range(expected, seal.number)
                ]
                found.faults += seal_faults(seal, newest, peaks, publics)
                check_entries(seal, rows, search, found)
                peaks = list(queries.cut(seal.peaks, SIZE))
                roots[seal.number] = (bytes(seal.root), seal.total)
                newest = seal
            # to the end, so that the next question can be asked
            search.extra |= {row[0]: some[-1].number for row in rows}
        for row in queries.entries_between(place, queries.END):
            found.entries += 1
            if not is_kept(row, row[3]):
                found.faults.append(changed(row, None))
            if row[0] in search.missing:
                search.extra[row[0]] = 0
            else:
                found.unsealed += 1
        found.unsealed_since = queries.unsealed(newest).since if found.unsealed else None
    if newest:
        found.seals, found.sealed = newest.number, newest.total
        found.head = queries.signed(newest, publics[0])
    found.faults += moved(search)
    for head, mark, signature in notes:
        if not publics or head.origin != origin_of(publics[0]):
            says = f"the head of {head.seals} seals is of another ledger, {head.origin}"
        elif signer(head, mark, signature, publics) is None:
            says = f"the head of {head.seals} seals is not signed by a key of this ledger"
        elif head.seals not in roots:
            says = f"the ledger has {found.seals} seals; a head was kept of {head.seals}. What came after is gone"
        elif roots[head.seals] != (head.root, head.entries):
            says = f"the ledger up to seal {head.seals} is not what it was when that head was kept"
        else:
            continue
        found.faults.append(Fault("head", says, seal=head.seals))
    return found


class Ahead(Iterator[Row]):
    """Rows one after another; some can be put back."""

    def __init__(self, rows: Iterator[Row]):
        self.rows = rows

    def __next__(self) -> Row:
        return next(self.rows)

    def take(self, number: int) -> list[Row]:
        """So many rows, or what is left."""
        return list(islice(self.rows, number))

    def put_back(self, rows: Sequence[Row]) -> None:
        self.rows = chain(rows, self.rows)


def check_entries(seal: Seal, rows: Ahead, search: Search, found: Verified) -> None:
    """Hold the entries that stand where a seal has its own against what was sealed."""
    ids, leaves = queries.ids_of(seal), list(queries.cut(seal.leaves, SIZE))
    taken = rows.take(len(ids))
    if [row[0] for row in taken] == ids and all(is_kept(row, leaf) for row, leaf in zip(taken, leaves, strict=True)):
        found.entries += len(taken)
        return
    end = (seal.last_tx, seal.last_id)
    here = [row for row in taken if (row[1], row[0]) <= end]
    if len(here) < len(taken):
        rows.put_back(taken[len(here) :])
    else:
        for row in rows:
            if (row[1], row[0]) > end:
                rows.put_back([row])
                break
            here.append(row)
    found.entries += len(here)
    sealed = dict(zip(ids, leaves, strict=True))
    there = [row[0] for row in here]
    for row in here:
        if row[0] not in sealed:
            search.extra[row[0]] = seal.number
        elif not is_kept(row, sealed[row[0]]):
            found.faults.append(changed(row, seal.number))
    search.missing |= dict.fromkeys(set(ids) - set(there), seal.number)
    before, after = [key for key in ids if key in set(there)], [key for key in there if key in sealed]
    found.faults += [
        Fault("reordered", f"entry {now} stands where entry {was} was sealed", entry=now, seal=seal.number)
        for was, now in zip(before, after, strict=True)
        if was != now
    ]


def is_kept(row: Row, leaf: bytes) -> bool:
    """Whether what stands in the columns of an entry gives that leaf, the one that it carries too."""
    return hashlib.sha256(b"\x00" + row[2]).digest() == leaf == row[3] and row[4]


def changed(row: Row, seal: int | None) -> Fault:
    return Fault("changed", f"entry {row[0]} is not what was written", entry=row[0], seal=seal)


def moved(search: Search) -> Iterator[Fault]:
    """Of what is missing in one place and too much in another, that it was moved; of the rest, what was done."""
    for key, seal in sorted(search.missing.items()):
        if key in search.extra:
            yield Fault("reordered", f"entry {key} does not stand where seal {seal} has it", entry=key, seal=seal)
        else:
            yield Fault("removed", f"entry {key} of seal {seal} is not there", entry=key, seal=seal)
    for key, seal in sorted(search.extra.items()):
        if key not in search.missing:
            says = f"entry {key} stands among those of seal {seal}, which has it not"
            yield Fault("inserted", says, entry=key, seal=seal)


def seal_faults(seal: Seal, before: Seal | None, peaks: Sequence[bytes], keys: Sequence[bytes]) -> Iterator[Fault]:
    """What is wrong with a seal itself, given the one before it."""
    number = seal.number

    def fault(says: str) -> Fault:
        return Fault("seal_changed", f"seal {number} {says}", seal=number)

    ids = queries.ids_of(seal)
    if len(seal.ids) != 8 * len(ids) or len(seal.leaves) != SIZE * len(ids) or not ids:
        yield fault("does not list an id and a hash for each of its entries")
    elif (before.total if before else 0) + len(ids) != seal.total or ids[-1] != seal.last_id:
        yield fault("does not count its entries as it lists them")
    if queries.top_of(seal) != bytes(seal.top):
        yield fault("is not what was sealed")
    expected = before.number + 1 if before else 1
    if number == expected and (
        b"".join(grown(peaks, number - 1, bytes(seal.top))) != bytes(seal.peaks)
        or root_of_peaks(list(queries.cut(seal.peaks, SIZE))) != bytes(seal.root)
    ):
        yield fault("does not follow from the one before it")
    if not is_signed(bytes(seal.key.public), bytes(seal.signature), queries.head_of(seal, keys[0]).text.encode()):
        yield fault("is not signed by its key")


def key_faults(keys: Sequence[Key], pinned: bytes | None) -> Iterator[Fault]:
    """What is wrong with the keys: the first must be the one that somebody kept, the others be vouched for."""
    if pinned is not None and (not keys or bytes(keys[0].public) != pinned):
        yield Fault("key", "the ledger’s first key is not the one that was kept")
    for old, new in pairwise(keys):
        if not is_signed(bytes(old.public), bytes(new.vouched), bytes(new.public)):
            says = f"the key since {new.since:%d %B %Y} is not vouched for by the one before it"
            yield Fault("key", says)
