"""Replays: the decisions on a whole file, and the history that it makes.

A replay reads the same tables as a single decision. What it writes has every column of what it read, and the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from palermo.domain.remit.history import Histogram, histogram
from palermo.packs.exchange.columns import BATCH, ColumnsRefused, Encoder, Progress, Source, opened, writing
from palermo.packs.exchange.gathered import gather
from palermo.packs.loader import Pack

ANSWERS = (("owner", pa.string()), ("rule", pa.string()), ("nim_level", pa.int8()), ("basis", pa.string()))
"""The columns that a replay adds, in the names of a decision."""

PACK_KEY = b"palermo.pack"
VERSION_KEY = b"palermo.pack_version"
VOCABULARY_KEY = b"palermo.vocabulary"


def silent(rows: int, of: int | None) -> None:
    """Progress that nobody follows."""


def encoder(pack: Pack, source: Source, *, start: date, dated: bool) -> Encoder:
    """What reads a source for a pack. Raises ColumnsRefused, also for profile numbers of another vocabulary."""
    found = Encoder(pack.reader, source, start=start, dated=dated)
    theirs = (source.schema.metadata or {}).get(VOCABULARY_KEY)
    if found.has_profile and theirs is not None and theirs.decode() != pack.vocabulary.hash:
        raise ColumnsRefused(
            "its profile numbers are those of another vocabulary, and mean other facts here; "
            "give the facts themselves, or the pack it was made with"
        )
    return found


def replay(
    pack: Pack, source: Path, target: Path, on: date | None, *, progress: Progress = silent, size: int = BATCH
) -> Encoder:
    """Write the rows of one file with their decisions to another; the encoder that comes back tells what was read.

    Decided by the day `on`, or else by each row's day of receipt. Raises ColumnsRefused or ValuesRefused, and OSError;
    then no file is left. Raises OutsideRemit for an `on` before the remit starts.
    """
    table = opened(source, size)
    reading = encoder(pack, table, start=pack.remit.start, dated=on is None)
    taken = [name for name, _ in ANSWERS if name in table.schema.names]
    if taken:
        raise ColumnsRefused(
            f"it already has {', '.join(taken)}: a replay adds columns of these names; rename them or take them out"
        )
    if on is not None:
        pack.remit.on(on)
    outcomes = pack.policy.outcomes[0]
    words = (
        pa.array([one.owner for one in outcomes], pa.string()),
        pa.array([one.rule for one in outcomes], pa.string()),
        pa.array([one.level for one in outcomes], pa.int8()),
        pa.array([str(one.basis) for one in outcomes], pa.string()),
    )
    with writing(target, answered(table.schema, pack)) as write:
        for batch in table.batches():
            encoded = reading.encode(batch)
            if not reading.wrong:
                day = on if on is not None else encoded.days
                assert day is not None  # noqa: S101 - an encoder that is dated gives days
                numbers = pa.array(pack.policy.replay(encoded.profiles, day, gather=gather))
                answers = [one.take(numbers) for one in words]
                write(pa.RecordBatch.from_arrays([*batch.columns, *answers], schema=answered(batch.schema, pack)))
            progress(reading.rows, table.rows)
        reading.finish()
    return reading


def answered(schema: pa.Schema, pack: Pack) -> pa.Schema:
    """The schema with the answers' columns, and by which pack they were found."""
    for name, type_ in ANSWERS:
        schema = schema.append(pa.field(name, type_))
    about = {PACK_KEY: pack.id, VERSION_KEY: pack.version, VOCABULARY_KEY: pack.vocabulary.hash}
    return schema.with_metadata({**(schema.metadata or {}), **about})


def count(
    pack: Pack, source: Path, cuts: Sequence[date], *, dated: bool, progress: Progress = silent, size: int = BATCH
) -> Histogram:
    """How many rows of a file have which profile, between the cuts; with `dated` off, all of them from the first cut.

    Raises ColumnsRefused or ValuesRefused, and OSError.
    """
    table = opened(source, size)
    reading = encoder(pack, table, start=cuts[0], dated=dated)
    counts = np.zeros((len(cuts), pack.vocabulary.size), dtype=np.int64)
    for batch in table.batches():
        encoded = reading.encode(batch)
        if not reading.wrong:
            days = cuts[0] if encoded.days is None else encoded.days
            counts += histogram(pack.vocabulary, encoded.profiles, days, cuts).counts
        progress(reading.rows, table.rows)
    reading.finish()
    return Histogram(pack.vocabulary, tuple(cuts), counts)
