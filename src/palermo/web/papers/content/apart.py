"""Files are looked at in a process of their own, with limits of memory and time.

What decodes a hostile file may hang, or take all the memory there is. Here that ends a small process which knows
nothing: no database, no secret, not even the file's case.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from palermo.web.papers.content.kinds import FileRefused, Found

PATIENCE = 300
"""Seconds; the limits of the process itself are in `limited`."""
OUT_OF_MEMORY = 3
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "SYSTEMROOT")
AT_ONCE = 2
"""So many files are looked at by one process of the site; others wait, so that memory is enough for all."""
turn = threading.BoundedSemaphore(AT_ONCE)
TOO_MUCH = FileRefused(
    "effort", "The file takes too much memory or time to be looked at. Print it to PDF or make it smaller, and add that"
)


def check_apart(path: Path, name: str, clean_to: Path, *, most_pixels: int) -> Found:
    """`check`, in a process of its own. What that cannot do with its limits is refused."""
    question = json.dumps({"path": str(path), "name": name, "clean_to": str(clean_to), "most_pixels": most_pixels})
    try:
        with turn:
            done = subprocess.run(
                [sys.executable, "-m", "palermo.web.papers.content"],
                input=question,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            )
    except subprocess.TimeoutExpired:
        raise TOO_MUCH from None
    if done.returncode < 0 or done.returncode == OUT_OF_MEMORY:
        raise TOO_MUCH
    if done.returncode != 0:
        raise RuntimeError(f"looking at a file ended with {done.returncode}: {last_line(done.stderr)}")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise FileRefused(answer["code"], answer["refused"])
    return Found(**answer)


def last_line(text: str) -> str:
    """Which error it was; what it said may hold text of the file."""
    line = (text.strip().splitlines() or [""])[-1]
    return line.partition(":")[0]
