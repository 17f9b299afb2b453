"""Histograms: a history of counts in a file, so that what-ifs need no referrals.

A small Parquet file: the first day of the span, the profile number, the count. Its fields, values and cuts are noted in
the file, since a profile number means nothing without them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from palermo.domain.remit.history import Histogram
from palermo.domain.vocabulary import Vocabulary
from palermo.packs.exchange.columns import ColumnsRefused, put_in_place
from palermo.packs.exchange.replays import VOCABULARY_KEY

CUTS_KEY = b"palermo.cuts"
COLUMNS = pa.schema([("from", pa.date32()), ("profile", pa.int32()), ("count", pa.int64())])


def write(found: Histogram, path: Path) -> int:
    """Write the counts that are not 0, and return how many there are."""
    spans, profiles = np.nonzero(found.counts)
    days = np.array(found.cuts, dtype="datetime64[D]")[spans]
    about = {VOCABULARY_KEY: found.vocabulary.hash, CUTS_KEY: " ".join(map(str, found.cuts))}
    columns = [pa.array(days), pa.array(profiles.astype(np.int32)), pa.array(found.counts[spans, profiles])]
    table = pa.Table.from_arrays(columns, schema=COLUMNS.with_metadata(about))
    with put_in_place(path) as part:
        pyarrow.parquet.write_table(table, part)
    return len(profiles)


def is_histogram(path: Path) -> bool:
    """Whether the file holds counts, and not referrals."""
    if path.suffix.lower() not in (".parquet", ".pq"):
        return False
    try:
        about = pyarrow.parquet.read_schema(path).metadata
    except pa.ArrowException:
        return False
    return CUTS_KEY in (about or {})


def read(path: Path, vocabulary: Vocabulary) -> Histogram:
    """The counts in a file. Raises ColumnsRefused where they are of another vocabulary or do not hold together."""
    try:
        table = pyarrow.parquet.read_table(path)
    except pa.ArrowException as wrong:
        raise ColumnsRefused(f"not a Parquet file: {wrong}") from None
    about = table.schema.metadata or {}
    if about.get(VOCABULARY_KEY, b"").decode() != vocabulary.hash:
        raise ColumnsRefused(
            "its counts are of profiles of another vocabulary, and mean other facts here; "
            "count again with this pack: palermo remit histogram"
        )
    if not table.schema.equals(COLUMNS):
        raise ColumnsRefused(f"its columns are not those of a histogram ({', '.join(COLUMNS.names)}); count again")
    try:
        cuts = tuple(date.fromisoformat(day) for day in about[CUTS_KEY].decode().split())
        places = {day: place for place, day in enumerate(cuts)}
        spans = np.array([places[day] for day in table["from"].to_pylist()], dtype=np.intp)
        if not cuts or list(cuts) != sorted(places):
            raise ValueError("its cuts do not rise")
        profiles, counted = table["profile"].to_numpy(), table["count"].to_numpy()
        if profiles.size and (profiles.min() < 0 or profiles.max() >= vocabulary.size or counted.min() < 0):
            raise ValueError("a profile or a count is out of range")
    except (KeyError, TypeError, ValueError) as wrong:
        raise ColumnsRefused(f"it was changed after it was counted ({wrong}); count again") from None
    counts = np.zeros((len(cuts), vocabulary.size), dtype=np.int64)
    np.add.at(counts, (spans, profiles), counted)
    return Histogram(vocabulary, cuts, counts)
