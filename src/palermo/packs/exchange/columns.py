"""Columns: how do referrals by the million become profile numbers?

A Parquet or CSV file is read a batch at a time, so memory does not grow with it. Each column holds one fact; a word in
it is looked up once for a batch, not once for a row. Every row is read before anything is refused, so that all kinds of
wrong values are told at once.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from palermo.domain.policy import LAST_YEAR, listed
from palermo.domain.referral import Borough, Problem, Reader, day_of, shown, word_of
from palermo.domain.vocabulary import Field, Profiles

PROFILE = "profile"
"""The column of stored profile numbers: all facts in one."""

OWN = ("id", "received", "borough")

BATCH = 1 << 17
"""Rows at a time: large enough that Python's share of the time does not show, a few megabytes of facts."""

BLOCK = 1 << 21
"""Bytes of a CSV file at a time; no line may be longer. Many are read ahead: larger ones take memory, not less time."""

MOST_KINDS = 1000
"""Wrong values that are remembered, so that a column of nonsense does not fill the memory."""

ALIKE = 0.85
"""Two names as alike as this are taken for a slip of the pen."""

BAD = np.iinfo(np.int32).min

Progress = Callable[[int, int | None], None]
"""Called after each batch with the rows so far and, where the file says, the rows in all."""


class ColumnsRefused(ValueError):
    """Raised once for a file: what is wrong with it as a table, a sentence each."""

    def __init__(self, *says: str) -> None:
        self.says = says
        super().__init__("\n".join(says))


@dataclass(frozen=True, slots=True)
class WrongValue:
    """One kind of wrong value: what is wrong, in which row first (the first below the names is 1), in how many."""

    problem: Problem
    row: int
    rows: int


class ValuesRefused(ValueError):
    """Raised once for a file, with the kinds of wrong values in the order of their first rows.

    `more` counts the rows with further kinds, where there are too many kinds to keep.
    """

    def __init__(self, kinds: Sequence[WrongValue], more: int, total: int) -> None:
        self.kinds = tuple(sorted(kinds, key=lambda kind: kind.row))
        self.more = more
        self.total = total
        super().__init__("\n".join(f"row {kind.row}: {kind.problem.says}" for kind in self.kinds))


class Source:
    """A table in a file, read batch by batch."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    @property
    def schema(self) -> pa.Schema:
        raise NotImplementedError

    @property
    def rows(self) -> int | None:
        """How many rows there are, where the file says so."""
        return None

    as_text = False
    """Whether every cell is text, so that numbers and true or false are written as words."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        raise NotImplementedError


class ParquetSource(Source):
    """Raises ColumnsRefused where the file is no Parquet."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path, size)
        try:
            self.file = pyarrow.parquet.ParquetFile(path)
        except pa.ArrowException as wrong:
            raise ColumnsRefused(f"not a Parquet file: {wrong}") from None

    @property
    def schema(self) -> pa.Schema:
        return self.file.schema_arrow

    @property
    def rows(self) -> int | None:
        return int(self.file.metadata.num_rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self.file.iter_batches(batch_size=self.size)
        except pa.ArrowException as wrong:
            raise ColumnsRefused(f"cannot be read to its end: {wrong}") from None


class CsvSource(Source):
    """Every cell is text, so that what is passed through stays as it was written."""

    as_text = True

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path, size)
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                self.names = next(csv.reader(lines), [])
        except (UnicodeDecodeError, csv.Error) as wrong:
            raise ColumnsRefused(f"cannot be read as CSV in UTF-8: {wrong}; save it as such") from None
        if not self.names:
            raise ColumnsRefused("there is nothing in it; give a first line with the names of the columns")

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in self.names])

    def batches(self) -> Iterator[pa.RecordBatch]:
        uneven: list[str] = []

        def noted(row: Any) -> str:
            if len(uneven) < MOST_KINDS:
                uneven.append(
                    f"line {row.number} has {row.actual_columns} cells, the first line {row.expected_columns}"
                )
            return "skip"

        try:
            reader = pyarrow.csv.open_csv(
                self.path,
                # on one thread lines are numbered
                read_options=pyarrow.csv.ReadOptions(block_size=BLOCK, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=noted),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name: pa.string() for name in self.names}, strings_can_be_null=False
                ),
            )
            for batch in reader:
                for start in range(0, batch.num_rows, self.size):
                    yield batch.slice(start, self.size)
        except pa.ArrowException as wrong:
            raise ColumnsRefused(f"cannot be read as CSV in UTF-8: {wrong}") from None
        if uneven:
            raise ColumnsRefused(*uneven)


KINDS: dict[str, type[Source]] = {".parquet": ParquetSource, ".pq": ParquetSource, ".csv": CsvSource}


def kind_of(path: Path) -> type[Source]:
    """How a file of this name is read. Raises ColumnsRefused for a name that does not say."""
    found = KINDS.get(path.suffix.lower())
    if found is None:
        raise ColumnsRefused(f"the name must end in {listed(list(KINDS), 'or')}, so that its kind is known")
    return found


def opened(path: Path, size: int = BATCH) -> Source:
    """The table in the file. Raises ColumnsRefused, and OSError where it cannot be read at all."""
    return kind_of(path)(path, size)


@contextmanager
def put_in_place(path: Path) -> Iterator[Path]:
    """A name to write under. The file takes its own name when all went well, and else is taken away."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Writes batches to a file of the kind that its name says; nothing is left of it where something fails."""
    kind = kind_of(path)
    with put_in_place(path) as part:
        if kind is ParquetSource:
            with pyarrow.parquet.ParquetWriter(part, schema) as parquet:
                yield parquet.write_batch
        else:
            if nested := [field.name for field in schema if pa.types.is_nested(field.type)]:
                raise ColumnsRefused(f"{listed(nested)}: lists and structures have no place in CSV; write Parquet")
            with pyarrow.csv.CSVWriter(part, flat(schema)) as lines:
                yield lambda batch: lines.write_batch(batch.cast(flat(schema)))


def flat(schema: pa.Schema) -> pa.Schema:
    """The schema with words instead of their numbers in a dictionary, which CSV has not."""
    return pa.schema(
        [(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type) for field in schema]
    )


class Encoded(NamedTuple):
    """A batch as the remit reads it. `days` is None where no day is asked for."""

    profiles: Profiles
    days: npt.NDArray[np.datetime64] | None


@dataclass(frozen=True)
class Words:
    """A column as places in a list of its different values; the place after the last stands for a missing one."""

    values: list[Any]
    places: npt.NDArray[np.intp]

    @cached_property
    def counts(self) -> npt.NDArray[np.intp]:
        """For each value in how many rows it stands."""
        return np.bincount(self.places, minlength=len(self.values) + 1)

    @cached_property
    def firsts(self) -> npt.NDArray[np.intp]:
        """For each value the first row in which it stands."""
        found = np.zeros(len(self.values) + 1, dtype=np.intp)
        # of several rows for one place the last one written stays
        found[self.places[::-1]] = np.arange(len(self.places))[::-1]
        return found


class Encoder:
    """Turns batches into profile numbers, and remembers what is wrong with them.

    Raises ColumnsRefused for names and types that no fact may have. With `dated`, each row must have a day from
    `start` on.
    """

    def __init__(self, reader: Reader, source: Source, *, start: date, dated: bool) -> None:
        self.reader = reader
        self.vocabulary = reader.vocabulary
        self.as_text = source.as_text
        self.start = start
        self.dated = dated
        self.names = tuple(source.schema.names)
        self.has_profile = PROFILE in self.names
        self.fields = tuple(field for field in self.vocabulary.fields if field.name in self.names)
        if faults := [*self.name_faults(), *self.type_faults(source.schema)]:
            raise ColumnsRefused(*faults)
        self.rows = 0
        self.kinds: dict[tuple[str, str], WrongValue] = {}
        self.more = 0

    @property
    def facts(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name in self.names if name in (*self.vocabulary.by_name, *OWN, PROFILE))

    @property
    def lacking(self) -> tuple[str, ...]:
        """The facts that no column tells of, so that they are missing for every row."""
        if self.has_profile:
            return ()
        asked = [field.name for field in self.vocabulary.fields if not field.derived_from]
        return tuple(name for name in (*asked, "borough") if name not in self.names)

    @property
    def passed(self) -> tuple[str, ...]:
        """The columns that are not read and only passed on."""
        return tuple(name for name in self.names if name not in self.facts)

    def name_faults(self) -> Iterator[str]:
        for name in sorted({name for name in self.names if self.names.count(name) > 1}):
            yield f"two columns are named {name!r}; rename one of them"
        known = (*self.vocabulary.by_name, "received", "borough", PROFILE)
        for name in self.names:
            meant = None if name in (*known, *OWN) else slip_of(name, known)
            if meant:
                yield f"no fact is named {name!r}; did you mean {meant!r}? Rename the column, or take it out"
        doubled = [name for name in self.names if name in self.vocabulary.by_name or name == "borough"]
        if self.has_profile and doubled:
            yield (
                f"{PROFILE} already says what {listed(doubled)} {'say' if len(doubled) > 1 else 'says'}; "
                "keep the profile numbers, or the facts"
            )
        if self.dated and "received" not in self.names:
            yield "there is no column `received`; add it, or give one day for all with --on"
        if not self.has_profile and not self.fields and "borough" not in self.names:
            yield f"no column holds a fact; name them {', '.join(known)}"

    def type_faults(self, schema: pa.Schema) -> Iterator[str]:
        for name in self.facts:
            for field in schema:
                if field.name == name and name != "id" and not readable(name, field.type):
                    takes = "days" if name == "received" else "whole numbers" if name == PROFILE else "words"
                    yield f"column {name} holds {field.type}, and {takes} are read here; convert it"

    def encode(self, batch: pa.RecordBatch) -> Encoded:
        """The batch's profile numbers and days. A wrong value is noted and read as missing: `finish` refuses."""
        if self.has_profile:
            profiles = self.stored(batch.column(PROFILE))
        else:
            profiles = np.full(batch.num_rows, self.base, dtype=np.int32)
            for field in self.fields:
                if field.name not in self.reader.derived:
                    profiles += self.steps(field, words_of(batch.column(field.name)))
            profiles += self.following(batch)
        days = self.days(batch)
        self.rows += batch.num_rows
        return Encoded(profiles, days)

    def finish(self) -> None:
        """Raise ValuesRefused where any value was wrong."""
        if self.kinds:
            raise ValuesRefused(list(self.kinds.values()), self.more, self.rows)

    @property
    def wrong(self) -> bool:
        return bool(self.kinds)

    @property
    def base(self) -> int:
        """What the facts without a column add to each profile number."""
        return sum(
            self.vocabulary.steps[field.name][field.missing]
            for field in self.vocabulary.fields
            if field not in self.fields and field.name not in self.reader.derived
        )

    def steps(self, field: Field, words: Words) -> npt.NDArray[np.int32]:
        """What each row's value adds to its profile number."""
        table = [self.step(field, value) for value in words.values]
        missing = self.vocabulary.steps[field.name][field.missing]
        for place, step in enumerate(table):
            if step == BAD:
                self.note({field.name: words.values[place]}, field.name, words, place)
                table[place] = missing
        return np.array([*table, missing], dtype=np.int32)[words.places]

    def step(self, field: Field, value: Any) -> int:
        meant = self.meant(field, value)
        if meant is None:
            return self.vocabulary.steps[field.name][field.missing]
        word = word_of(field, meant)
        return self.vocabulary.steps[field.name][word] if word is not None else int(BAD)

    def meant(self, field: Field, value: Any) -> Any:
        """The value in the types of a referral: text of a CSV file may be a number or a truth; None is missing."""
        if isinstance(value, float):
            # where some are missing, whole numbers often come as these
            return int(value) if field.numbers and value.is_integer() else value
        if not self.as_text:
            return value
        if value == "":
            return None
        if value in field.values:
            return value
        if field.booleans and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if field.numbers and value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        return value

    def following(self, batch: pa.RecordBatch) -> npt.NDArray[np.int32]:
        """What the fields that follow from the borough add; those given as columns must say the same."""
        there = "borough" in self.names
        words = words_of(batch.column("borough")) if there else Words([], np.zeros(batch.num_rows, dtype=np.intp))
        boroughs: list[Borough | None] = []
        wrong = set()
        for place, value in enumerate(words.values):
            none = value is None or (self.as_text and value == "")
            found = None if none else self.reader.boroughs.find(value)
            if found is None and not none:
                wrong.add(place)
                self.note({"borough": value}, "borough", words, place)
            boroughs.append(found)
        added = [self.reader.located[one.name] if one else self.reader.unlocated for one in boroughs]
        for field in self.fields:
            if field.name in self.reader.derived:
                self.hold_against(field, words_of(batch.column(field.name)), words, boroughs, wrong)
        return np.array([*added, self.reader.unlocated], dtype=np.int32)[words.places]

    def hold_against(
        self, field: Field, given: Words, places: Words, boroughs: Sequence[Borough | None], wrong: Collection[int]
    ) -> None:
        """Note where a field that follows from the borough is given and says something else."""
        distinct = list(dict.fromkeys([*boroughs, None]))
        number = {borough: place for place, borough in enumerate(distinct)}
        # a borough that is none has been noted, and that says enough
        of_place = [-1 if place in wrong else number[borough] for place, borough in enumerate(boroughs)]
        of_row = np.array([*of_place, number[None]], dtype=np.intp)[places.places]
        for place, value in enumerate(given.values):
            step = self.step(field, value)
            if step == BAD:
                self.note({field.name: value}, field.name, given, place)
            elif self.meant(field, value) is not None:
                for other, borough in enumerate(distinct):
                    follows = borough.facts.get(field.name, field.missing) if borough else field.missing
                    if step != self.vocabulary.steps[field.name][follows]:
                        raw = {field.name: self.meant(field, value), "borough": borough and borough.name}
                        elsewhere = (given.places != place) | (of_row != other)
                        self.note(raw, field.name, Words([value], elsewhere.astype(np.intp)), 0)

    def stored(self, column: pa.Array) -> Profiles:
        """Stored profile numbers as they are; what is none is noted."""
        if self.as_text:
            words = words_of(column)
            numbers = [
                int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1 for text in words.values
            ]
            found = np.array([*numbers, -1], dtype=np.int64)[words.places]
        else:
            # a missing number is none either
            found = pc.fill_null(pc.cast(column, pa.int64()), -1).to_numpy(zero_copy_only=False)
        size = self.vocabulary.size
        wrong = (found < 0) | (found >= size)
        if wrong.any():
            row = int(np.argmax(wrong))
            value = column[row].as_py()
            says = f"{PROFILE} {shown(value)} is no profile number; they run from 0 to {size - 1}"
            self.put_down(Problem(PROFILE, value, (), says), row, int(wrong.sum()))
            found = np.where(wrong, 0, found)
        return found.astype(np.int32)

    def days(self, batch: pa.RecordBatch) -> npt.NDArray[np.datetime64] | None:
        """Each row's day of receipt; a column that is there is checked also where one day is given for all."""
        if "received" not in self.names:
            return None
        words = words_of(self.without_times(batch.column("received")))
        table: list[date | None] = []
        for place, value in enumerate(words.values):
            if value is None or (self.as_text and value == ""):
                table.append(None)
                continue
            day, problem = self.day(value)
            table.append(self.start if problem else day)
            if problem:
                self.put_down(problem, int(words.firsts[place]), int(words.counts[place]))
        days = np.array([*table, None], dtype="datetime64[D]")[words.places]
        if not self.dated:
            return None
        if (missing := np.isnat(days)).any():
            says = "received is missing; give each row the day it was received, or one day for all with --on"
            self.put_down(Problem("received", None, (), says), int(np.argmax(missing)), int(missing.sum()))
        return days

    def without_times(self, column: pa.Array) -> pa.Array:
        """The days of moments: some programs write each day as its first moment. Another moment is noted."""
        if not pa.types.is_timestamp(column.type):
            return column
        days = pc.floor_temporal(column, unit="day")
        moments = pc.fill_null(pc.not_equal(days, column), False).to_numpy(zero_copy_only=False)
        if moments.any():
            row = int(np.argmax(moments))
            says = f"received {column[row]} is a moment; give the day"
            self.put_down(Problem("received", str(column[row]), (), says), row, int(moments.sum()))
        return days.cast(pa.date32())

    def day(self, value: Any) -> tuple[date | None, Problem | None]:
        """The day that a cell means, and what is wrong with it."""
        day = day_of(value)
        if day is None or day.year > LAST_YEAR:
            problems = self.reader.problems({"received": value})
            return None, next(problems)
        if self.dated and day < self.start:
            says = f"received {day} is before this remit starts. It starts on {self.start}"
            return None, Problem("received", str(day), (), says)
        return day, None

    def note(self, raw: dict[str, Any], name: str, words: Words, place: int) -> None:
        """Note what the reader of single referrals says of the value at a place, where it stands in any row."""
        count = int(words.counts[place])
        if count and len(self.kinds) >= MOST_KINDS:
            # what is wrong with it takes time to say, and would not be told
            self.more += count
        elif count:
            for problem in self.reader.problems(raw):
                if problem.field == name:
                    self.put_down(problem, int(words.firsts[place]), count)

    def put_down(self, problem: Problem, row: int, count: int) -> None:
        """Remember a kind of wrong value: the first row of the batch that has it, and in how many of it."""
        key = (problem.field, problem.says if problem.field != PROFILE else PROFILE)
        before = self.kinds.get(key)
        if before is not None:
            self.kinds[key] = WrongValue(before.problem, before.row, before.rows + count)
        elif len(self.kinds) < MOST_KINDS:
            self.kinds[key] = WrongValue(problem, self.rows + row + 1, count)
        else:
            self.more += count


def slip_of(name: str, known: Sequence[str]) -> str | None:
    """The known name that this one is most likely a slip of."""
    plain = folded(name)
    for other in known:
        letters = folded(other)
        if plain == letters or sorted(plain) == sorted(letters):
            return other
    scores = [(SequenceMatcher(None, plain, folded(other)).ratio(), other) for other in known]
    best = max(scores)
    return best[1] if best[0] >= ALIKE else None


def folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def readable(name: str, type_: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(type_):
        return readable(name, type_.value_type)
    if types.is_null(type_):
        return True
    text = types.is_string(type_) or types.is_large_string(type_)
    if name == PROFILE:
        return bool(text or types.is_integer(type_))
    if name == "received":
        return bool(text or types.is_date(type_) or (types.is_timestamp(type_) and type_.tz is None))
    if name == "borough":
        return bool(text)
    return bool(text or types.is_boolean(type_) or types.is_integer(type_) or types.is_floating(type_))


def words_of(column: pa.Array) -> Words:
    """The column's different values, and for each row the place of its own."""
    if pa.types.is_null(column.type):
        return Words([], np.zeros(len(column), dtype=np.intp))
    found = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    values = found.dictionary.to_pylist()
    places = pc.fill_null(pc.cast(found.indices, pa.int64()), len(values))
    return Words(values, places.to_numpy(zero_copy_only=False))
