"""How many decisions a second does `palermo remit decide` make, from a file to its output, on one core?

    .venv/bin/python bench/decide.py [--pack mps-2010] [--lines 200000]

The whole command without its start: reading, checking, deciding, writing. Beside it, in the same run, the same lines
only read as JSON and written again: on a busy machine seconds swing and the ratio holds. CPU time, the best of three
rounds that take turns. What the engine alone takes is in bench/remit_decide.py.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from remit_decide import line

from palermo.cli.lines import answer_each
from palermo.cli.remit import deciding
from palermo.packs import load

TARGET = 20_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pack", default="mps-2010")
    arguments.add_argument("--lines", type=int, default=200_000)
    options = arguments.parse_args()
    rng = random.Random(1)
    pack = load(options.pack)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number in range(options.lines):
            file.write(line(pack, rng, number, skewed=True) + "\n")
        file.flush()
        jobs = {
            "decide": lambda: answer_each(file.name, deciding(load(options.pack))),
            "json alone": lambda: json_alone(Path(file.name)),
        }
        best = dict.fromkeys(jobs, float("inf"))
        for _ in range(3):
            for name, job in jobs.items():
                best[name] = min(best[name], seconds(job))
    rates = {name: options.lines / found for name, found in best.items()}
    for name, rate in rates.items():
        say(f"{name}: {rate:,.0f} lines a second, {1e6 / rate:.1f} µs each")
    say(f"ratio: {best['decide'] / best['json alone']:.1f} times the time of JSON alone")
    say(f"target: {TARGET:,} a second, {'reached' if rates['decide'] >= TARGET else 'MISSED'}")
    say(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def json_alone(path: Path) -> None:
    with path.open("rb") as file, open(os.devnull, "w", encoding="utf-8") as out:  # noqa: PTH123
        for text in file:
            out.write(json.dumps(json.loads(text), ensure_ascii=False) + "\n")


def seconds(job: Callable[[], None]) -> float:
    """CPU seconds of the job, its standard output going nowhere."""
    kept = sys.stdout
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        sys.stdout = nowhere
        try:
            start = time.process_time()
            job()
            return time.process_time() - start
        finally:
            sys.stdout = kept


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    main()
