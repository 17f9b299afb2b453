"""How many decisions a second, from a line of JSON to a line of JSON, on one core?

    .venv/bin/python bench/remit_decide.py [--pack mps-2010] [--lines 200000]

Two streams: uniform, in which every fact is as likely as any other, and skewed, as referrals are. CPU time, the best of
three rounds. Run by hand on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from datetime import date, timedelta

from palermo.packs import Pack, load

FIRST = date(2009, 7, 1)


def line(pack: Pack, rng: random.Random, number: int, *, skewed: bool) -> str:
    facts: dict[str, object] = {
        "id": f"R{number:07}",
        "received": (FIRST + timedelta(days=rng.randrange(365))).isoformat(),
    }
    if rng.random() < 0.9:
        facts["borough"] = rng.choice(list(pack.boroughs))
    for field in pack.vocabulary.fields:
        if field.derived_from:
            continue
        # as referrals are: most fields at what is usual, some not known
        weights = [0.5**place for place in range(len(field.values))] if skewed else None
        facts[field.name] = rng.choices(field.values, weights)[0]
    return json.dumps(facts)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pack", default="mps-2010")
    arguments.add_argument("--lines", type=int, default=200_000)
    options = arguments.parse_args()
    rng = random.Random(1)
    for name, skewed in (("uniform", False), ("skewed", True)):
        pack = load(options.pack)
        lines = [line(pack, rng, number, skewed=skewed) for number in range(options.lines)]
        rounds = []
        for _ in range(3):
            pack = load(options.pack)
            start = time.process_time()
            for text in lines:
                pack.decide(pack.read_facts(json.loads(text))).to_json()
            rounds.append(time.process_time() - start)
        best = min(rounds)
        print(f"{name}: {options.lines / best:,.0f} decisions a second, {1e6 * best / options.lines:.1f} µs each")


if __name__ == "__main__":
    main()
