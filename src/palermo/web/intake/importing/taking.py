"""What becomes of each row: taken, there already, or refused. Rows are taken a chunk at a time, each chunk whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from django.db import transaction

from palermo.domain.policy import listed
from palermo.domain.referral import Problem
from palermo.web.audit.actors import Command
from palermo.web.intake import queries
from palermo.web.intake.actions import receive_referral
from palermo.web.intake.importing.rows import Reading, Told, digest, read, short
from palermo.web.intake.importing.tables import Row, Table

CHUNK = 100


class Status(StrEnum):
    """What can become of a row."""

    TAKEN = "taken"
    THERE = "there already"
    REFUSED = "refused"
    WOULD = "would be taken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row, and under which reference it is kept."""

    row: int
    line: int
    status: Status
    reference: str | None = None
    problems: tuple[Problem, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {
            "row": self.row,
            "line": self.line,
            "status": str(self.status),
            "reference": self.reference,
            "problems": [
                {
                    "field": problem.field,
                    "value": short(str(problem.value)),
                    "says": problem.says,
                    "allowed": list(problem.allowed),
                }
                for problem in self.problems
            ],
        }


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier row of the same file: what it said, as a digest, and what became of it."""

    row: int
    content: str
    reference: str | None


class Taking:
    """Takes the rows of one file, or only says what would become of them.

    Of each earlier row its key and the digest of its content are remembered, some hundred bytes, and nothing else.
    """

    def __init__(self, table: Table, by: Reading):
        self.table = table
        self.by = by
        self.actor = Command("command:import")

    def dry(self) -> Iterator[Outcome]:
        """What would become of each row. Nothing is written."""
        before: dict[str, Before] = {}
        for chunk in chunks(self.table.rows()):
            yield from self.settle(chunk, before, keep=False)

    def good_rows(self) -> Iterator[Outcome]:
        """Take the good rows and refuse the others. An outcome is given only once its chunk is committed."""
        before: dict[str, Before] = {}
        for chunk in chunks(self.table.rows()):
            with transaction.atomic():
                outcomes = self.settle(chunk, before, keep=True)
            yield from outcomes

    def all_or_nothing(self) -> Iterator[Outcome]:
        """Take every row in one transaction or, where one is bad, none."""
        outcomes = list(self.dry())
        if not refused(outcomes):
            try:
                with transaction.atomic():
                    before: dict[str, Before] = {}
                    taken = [
                        outcome
                        for chunk in chunks(self.table.rows())
                        for outcome in self.settle(chunk, before, keep=True)
                    ]
                    if refused(taken):
                        # somebody else took one of them with other content since it was tried
                        raise OneRefused
                    outcomes = taken
            except OneRefused:
                outcomes = list(self.dry())
        yield from outcomes

    def settle(self, chunk: Sequence[Row], before: dict[str, Before], *, keep: bool) -> list[Outcome]:
        """What becomes of each row of a chunk, against the rows before it and what was kept before."""
        told = [(row, read(row, self.by)) for row in chunk]
        kept = queries.kept_under(one.submission.key for _, one in told if isinstance(one, Told))
        return [
            self.one(one, before, kept, keep=keep)
            if isinstance(one, Told)
            else Outcome(row.number, row.line, Status.REFUSED, problems=one)
            for row, one in told
        ]

    def one(self, told: Told, before: dict[str, Before], kept: Mapping[str, queries.Kept], *, keep: bool) -> Outcome:
        row, key = told.row, told.submission.key
        if earlier := before.get(key):
            problem = twice(told, earlier)
            status = Status.REFUSED if problem else Status.THERE
            return Outcome(row.number, row.line, status, earlier.reference, (problem,) if problem else ())
        there = kept.get(key)
        status = Status.THERE if there else Status.WOULD
        reference = there.reference if there else None
        if there is None and keep:
            received = receive_referral(told.submission, self.actor)
            reference = received.referral.reference
            status = Status.TAKEN if received.new else Status.THERE
            if not received.new:
                there = queries.kept_under([key])[key]
        if there and (problem := otherwise(told, there)):
            return Outcome(row.number, row.line, Status.REFUSED, reference, (problem,))
        before[key] = Before(row.number, digest(told.content), reference)
        return Outcome(row.number, row.line, status, reference)


class OneRefused(Exception):
    """Undoes the transaction of a file that is taken whole or not at all."""


def refused(outcomes: Iterable[Outcome]) -> bool:
    return any(outcome.status is Status.REFUSED for outcome in outcomes)


def twice(told: Told, earlier: Before) -> Problem | None:
    """What is wrong with a row that has the key of an earlier one; None where it is the same row with the same id."""
    if not told.given_id:
        return Problem(
            "id",
            "",
            (),
            f"the row says the same as row {earlier.row} and neither has an id, so it may be another person or the "
            "same one again. Give each an id, or delete one of the two",
        )
    if digest(told.content) == earlier.content:
        return None
    says = f"row {earlier.row} has the same id and says something else. Give each referral an id of its own"
    return Problem("id", told.given_id, (), says)


def otherwise(told: Told, kept: queries.Kept) -> Problem | None:
    """What is wrong where the referral exists and says something else; None where it says the same."""
    differ = [name for name, value in told.content.items() if name in kept.content and kept.content[name] != value]
    if not differ:
        return None
    return Problem(
        "id",
        told.given_id,
        (),
        f"the referral {kept.reference} has this id and exists with other content ({listed(differ)}). Correct it on "
        "its page; if it is another referral, give it an id of its own",
    )


def chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
