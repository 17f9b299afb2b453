"""The process in which one file is looked at: its limits, the question, and the answer."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from palermo.web.papers.content.apart import OUT_OF_MEMORY
from palermo.web.papers.content.checking import check
from palermo.web.papers.content.kinds import MEGABYTE, FileRefused

MEMORY = 2048 * MEGABYTE
LARGEST_WRITTEN = 400 * MEGABYTE
SECONDS = 60
"""Of the processor; a busy machine may take longer for them."""


def answer(question: dict[str, object]) -> dict[str, object]:
    """What `check` finds or refuses, to be written as JSON."""
    try:
        found = check(
            Path(str(question["path"])),
            str(question["name"]),
            Path(str(question["clean_to"])),
            most_pixels=int(str(question["most_pixels"])),
        )
    except FileRefused as refused:
        return {"refused": refused.says, "code": refused.code}
    return asdict(found)


def main() -> int:
    limit_ourselves()
    try:
        print(json.dumps(answer(json.load(sys.stdin))))  # noqa: T201 - the answer
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def limit_ourselves() -> None:
    """Set the limits before anything of the file is read; no core dump, which would hold what the file held."""
    try:
        import resource
    except ImportError:
        # not on every system; the limit of time is held from outside
        return
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: LARGEST_WRITTEN,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in limits.items():
        # a lower limit from outside stays
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))
