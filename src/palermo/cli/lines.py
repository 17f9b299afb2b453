"""Lines: JSON Lines in, JSON Lines out, one answer a line in the same order.

Every line that can be answered is; every other one is refused with its number, the field and what to do. Memory does
not grow with the file, and whoever sends lines one by one gets each answer before the next line is waited for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import typer

from palermo.cli.calling import WRONG, refuse, say
from palermo.domain.policy import nearest
from palermo.domain.referral import FactsRefused, Problem, shown

STANDARD_INPUT = "-"
BLOCK = 1 << 16
LONGEST = 1 << 20
"""Bytes of one line. A referral is a few hundred; a file without line ends must not fill the memory."""

UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class LineRefused(Exception):
    """The line holds no object that could be answered; the text says why and what to do."""


def answer_each(name: str, answer: Callable[[dict[str, Any]], str]) -> None:
    """Write the answer to each line of the file, or of standard input for `-`.

    `answer` raises FactsRefused for what cannot be answered. Leaves with exit 2 where any line was refused, and where
    there is no line at all.
    """
    lines = refused = 0
    with opened(name) as source, Answers() as answers:
        shown_name = "standard input" if name == STANDARD_INPUT else name
        for number, line in enumerate(lines_of(source, answers.flush), start=1):
            if number == 1:
                line = without_mark(line, shown_name)
            if not line.strip():
                # nothing is on it, so nothing is lost
                continue
            lines += 1
            try:
                answers.add(answer(object_on(line)))
            except (LineRefused, FactsRefused) as wrong:
                refused += 1
                for words in told(wrong):
                    say(f"{shown_name}:{number}: {words}")
    if not lines:
        refuse(f"{shown_name}: there is nothing in it; give one JSON object a line")
    if refused:
        say(f"{shown_name}: {refused:,} of {lines:,} lines refused, the others answered")
        raise typer.Exit(WRONG)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file's bytes; leaves with exit 2 where it cannot be read."""
    if name == STANDARD_INPUT:
        if sys.stdin is None:
            refuse("standard input is closed; pipe lines into it, or name a file")
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as failed:
        if failed.filename is None:
            raise
        refuse(f"{name}: {failed.strerror}; give a file that can be read, or - for standard input")


def lines_of(source: BinaryIO, before_waiting: Callable[[], None]) -> Iterator[bytes]:
    """Each line without its end; of one that is too long, a little more than is allowed, so that it shows."""
    read = getattr(source, "read1", source.read)
    rest = b""
    while True:
        before_waiting()
        block = read(BLOCK)
        if not block:
            break
        parts = (rest + block).split(b"\n")
        rest = parts.pop()[: LONGEST + 1]
        yield from parts
    if rest:
        yield rest


def without_mark(line: bytes, name: str) -> bytes:
    """The first line without the mark of its encoding; leaves with exit 2 for another encoding than UTF-8."""
    if line.startswith(UTF_16_MARKS):
        refuse(f"{name}:1: this is UTF-16; save the file as UTF-8")
    return line.removeprefix(UTF_8_MARK)


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LineRefused(f"{twice}: the name stands twice; keep one of them")
    return found


def no_number(name: str) -> NoReturn:
    raise LineRefused(f"{name} is no number in JSON; give one, or null where it is not known")


DECODER = json.JSONDecoder(object_pairs_hook=named_once, parse_constant=no_number)


def object_on(line: bytes) -> dict[str, Any]:
    """The JSON object on a line. Raises LineRefused."""
    if len(line) > LONGEST:
        raise LineRefused(f"the line is longer than {LONGEST:,} bytes; write one object a line")
    try:
        found = DECODER.decode(line.decode())
    except UnicodeDecodeError as wrong:
        raise LineRefused(f"byte {wrong.start + 1} of the line is not UTF-8; save the file as UTF-8") from None
    except json.JSONDecodeError as wrong:
        raise LineRefused(
            f"not JSON at character {wrong.pos + 1} ({wrong.msg}); write one JSON object on the line"
        ) from None
    except RecursionError:
        raise LineRefused("it is nested too deeply; write one flat JSON object on the line") from None
    except ValueError:
        # Python reads no whole number of more than some thousand digits
        raise LineRefused("a number in it is too long; correct it, or write it as text in quotes") from None
    if not isinstance(found, dict):
        raise LineRefused(
            f'{shown(found)} is not an object; write names and values in braces, {{"id": "R1", "age": "child"}}'
        )
    return found


def told(wrong: Exception) -> Iterator[str]:
    """What to say of a refused line: a sentence for each thing that is wrong with it."""
    if isinstance(wrong, FactsRefused):
        yield from map(of_problem, wrong.problems)
    else:
        yield str(wrong)


def of_problem(problem: Problem) -> str:
    """The field, what is wrong with it, and what to do."""
    says = problem.says.removeprefix(f"{problem.field} ").removeprefix(f"{problem.field}: ")
    if says.endswith(")") and problem.allowed:
        near = nearest(problem.value, problem.allowed, most=1) if isinstance(problem.value, str) else ()
        says += f"; did you mean {near[0]!r}?" if near else "; use one of these"
    return f"{problem.field}: {says}" if problem.field else says


class Answers:
    """Answers on their way to standard output, as UTF-8 whatever the terminal's own encoding.

    A reader that leaves early, as `head` does, is no fault; leaves with exit 2 where they cannot be written.
    """

    def __init__(self) -> None:
        self.kept: list[str] = []

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *error: object) -> None:
        self.flush()

    def add(self, answer: str) -> None:
        self.kept.append(answer)

    def flush(self) -> None:
        if not self.kept:
            return
        ready = "\n".join(self.kept) + "\n"
        self.kept.clear()
        try:
            sys.stdout.buffer.write(ready.encode())
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # nobody reads any more; without this Python would try again on leaving, and complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit() from None
        except OSError as failed:
            refuse(f"standard output: {failed.strerror}; make room, or write somewhere else")
