"""How quick is the remit: one referral, a million, fifty million; proof, comparison, and whole files?

    python3 -m venv /tmp/bench
    /tmp/bench/bin/pip install . zen-engine polars duckdb
    /tmp/bench/bin/python bench/remit.py [--pack mps-2010] [--large 50000000]

The other engines are for this script alone and in no lock file; what is not installed is skipped, and said to be. All
engines answer the same questions from the same rows, their answers are held against each other first, and they take
turns: CPU time, the best of the rounds, one thread each. Seconds swing with what else the machine does; ratios hold.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.metadata
import json
import operator
import os
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from palermo.domain.policy import Basis
from palermo.domain.remit import Remit, Rule
from palermo.domain.remit.compare import compare
from palermo.domain.remit.history import histogram
from palermo.domain.vocabulary import Condition
from palermo.packs import Pack, load
from palermo.packs.exchange import replays, rows
from palermo.packs.exchange.gathered import gather

SINGLE = 4_000
MILLION = 1_000_000


def engine(name: str) -> Any:
    """The other engine, or None where it is not installed."""
    # Polars reads this when it is loaded
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def race(runners: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """CPU seconds of each, the best of the rounds. They take turns, each once for itself before it is timed."""
    best = dict.fromkeys(runners, float("inf"))
    for _ in range(rounds):
        for name, run in runners.items():
            run()
            start = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - start)
    return best


def show(title: str, best: dict[str, float], per: int, unit: str, scale: float, ours: str) -> None:
    print(f"\n## {title}\n\n| | {unit} | against ours |\n|---|---|---|")
    for name, seconds in sorted(best.items(), key=lambda item: item[1]):
        print(f"| {name} | {scale * seconds / per:,.3g} | {seconds / best[ours]:,.2f} x |")


def target(says: str, value: float, limit: float, *, at_least: bool = False) -> None:
    reached = value >= limit if at_least else value <= limit
    print(f"- {'reached' if reached else 'NOT reached'}: {says}: {value:,.3g}, to reach {limit:g}")


def some_profiles(pack: Pack, count: int) -> np.ndarray:
    """Skewed, as referrals are: of each field the first values are the usual ones."""
    chance = np.random.default_rng(1)
    total = np.zeros(count, dtype=np.int32)
    for size, stride in zip(pack.vocabulary.sizes, pack.vocabulary.strides, strict=True):
        weights = 0.5 ** np.arange(size)
        # a table of shares is drawn from faster than weights are
        shares = np.repeat(np.arange(size), np.ceil(256 * weights / weights.sum()).astype(int)).astype(np.int32)
        total += shares[chance.integers(0, len(shares), count, dtype=np.uint16)] * np.int32(stride)
    return total


# One referral


def plain_loop(table: rows.Table) -> Callable[[dict[str, str]], str]:
    """The first row that matches, as one would write it."""
    conditions = [
        (tuple((name, frozenset(values)) for name, values in table.vocabulary.limits(row.when).items()), row.owner)
        for row in table.rows
    ]

    def decide(facts: dict[str, str]) -> str:
        for condition, owner in conditions:
            for name, values in condition:
                if facts[name] not in values:
                    break
            else:
                return owner
        raise LookupError(facts)

    return decide


def zen_table(table: rows.Table) -> dict[str, Any]:
    fields = table.vocabulary.fields
    inputs = [{"id": field.name, "name": field.name, "field": field.name} for field in fields]
    outputs = [{"id": name, "name": name, "field": name} for name in ("owner", "rule", "sources")]
    found = []
    for number, row in enumerate(table.rows):
        limits = table.vocabulary.limits(row.when)
        cells = {f.name: ",".join(f'"{v}"' for v in limits.get(f.name, ())) for f in fields}
        about = {"owner": row.owner, "rule": row.rule, "sources": "; ".join(row.cites)}
        found.append({"_id": str(number), **cells, **{name: json.dumps(text) for name, text in about.items()}})
    nodes = [("in", "inputNode", {}), ("t", "decisionTableNode", {}), ("out", "outputNode", {})]
    nodes[1] = ("t", "decisionTableNode", {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": found})
    return {
        "nodes": [
            {"id": id_, "name": id_, "type": kind, "position": {"x": 0, "y": 0}, "content": content}
            for id_, kind, content in nodes
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "t", "type": "edge"},
            {"id": "2", "sourceId": "t", "targetId": "out", "type": "edge"},
        ],
    }


def single(pack: Pack, day: date) -> None:
    table = rows.of_day(pack, day)
    vocabulary, remit = pack.vocabulary, pack.remit
    facts = [vocabulary.decode(profile) for profile in some_profiles(pack, SINGLE).tolist()]
    derived = {field.name for field in vocabulary.fields if field.derived_from}
    raws = [{name: value for name, value in one.items() if name not in derived} for one in facts]
    loop = plain_loop(table)

    encode, route = vocabulary.encode, remit.route
    expected = [route(encode(one), day).owner for one in facts]
    assert [loop(one) for one in facts] == expected
    ours = "owner, rule and citations"
    runners: dict[str, Callable[[], object]] = {
        ours: lambda: [route(encode(one), day) for one in facts],
        "a whole decision, read strictly, with level, support, clocks and explanation": lambda: [
            pack.decide(pack.read_facts(one), day) for one in raws
        ],
        "plain Python loop over the disjoint rows, owner only": lambda: [loop(one) for one in facts],
    }
    zen = engine("zen")
    if zen:
        found = zen.ZenEngine({"loader": {"type": "static", "content": {"owner": zen_table(table)}}})
        assert [found.evaluate("owner", one)["result"]["owner"] for one in facts] == expected
        runners["zen-engine evaluate, preloaded"] = lambda: [found.evaluate("owner", one) for one in facts]
    best = race(runners, 7)
    show(f"One referral on {day}, a dict in ({len(table.rows)} disjoint rows)", best, SINGLE, "µs", 1e6, ours)
    print()
    if zen:
        ratio = best["zen-engine evaluate, preloaded"] / best[ours]
        target("owner with citations against zen-engine's evaluate, times", ratio, 8, at_least=True)
    else:
        print("- zen-engine is not installed: skipped")


# Many


def many(pack: Pack, day: date, count: int, rounds: int) -> None:
    """Who owns each, from stored numbers; beside it what the same bytes take to be copied, and the query engines."""
    profiles = some_profiles(pack, count)
    policy = pack.policy
    outcomes = policy.outcomes[0]
    answers = policy.replay(profiles, day)
    days = np.array(day, dtype="datetime64[D]") - np.arange(count) % 700
    other, twin = np.empty_like(answers), np.empty_like(profiles)
    ours, copying = "replay from stored profile numbers, one day for all", "NumPy: copy of numbers and answers"

    def both() -> None:
        np.copyto(twin, profiles)
        np.copyto(other, answers)

    runners: dict[str, Callable[[], object]] = {
        ours: lambda: policy.replay(profiles, day, gather=gather),
        "replay by each row's own day": lambda: policy.replay(profiles, days, gather=gather),
        "the same without PyArrow, one day for all": lambda: policy.replay(profiles, day),
        "the same without PyArrow, by each row's own day": lambda: policy.replay(profiles, days),
        copying: both,
        "NumPy: numbers narrowed to answers": lambda: profiles.astype(answers.dtype),
    }
    size = profiles.itemsize + answers.itemsize
    print(f"\n(made {count:,} profiles; a copy reads and writes {size} bytes of each)", flush=True)
    owners = sorted({one.owner for one in outcomes})
    number = np.array([owners.index(one.owner) for one in outcomes])
    sums = np.bincount(number[answers], minlength=len(owners))
    for add in (add_polars, add_duckdb):
        add(runners, pack, day, profiles, owners, sums)
    best = race(runners, rounds)
    scale, unit = (1e3, "ms") if count <= MILLION else (1, "s")
    show(f"{count:,} referrals on {day}", best, 1, unit, scale, ours)
    print()
    target("replay against a copy of the same bytes, times", best[ours] / best[copying], 4)
    for name, seconds in best.items():
        if name.startswith("Polars"):
            target(f"against {name}, times", seconds / best[ours], 50, at_least=True)


def columns_of(pack: Pack, profiles: np.ndarray) -> dict[str, np.ndarray]:
    vocabulary = pack.vocabulary
    return {
        field.name: (profiles // stride % size).astype(np.uint8)
        for field, stride, size in zip(vocabulary.fields, vocabulary.strides, vocabulary.sizes, strict=True)
    }


def by_precedence(pack: Pack, day: date) -> list[Rule]:
    """The rules of a day as they are written, each after those that go before it: the first that matches decides.

    Of one unit's rules the one that says most comes first.
    """
    interval = pack.remit.on(day)
    left = sorted(interval.rules, key=lambda rule: len(rule.when))
    found: list[Rule] = []
    while left:
        free = next(rule for rule in left if not any(rule.id in interval.under[other.id] for other in left))
        left.remove(free)
        found.append(free)
    return found


def questions(pack: Pack, day: date) -> dict[str, list[tuple[Condition, str]]]:
    """The two ways to write who owns a referral as a list of cases: a condition and the owner, the first that holds."""
    apart, written = rows.of_day(pack, day).rows, by_precedence(pack, day)
    return {
        f"{len(apart)} rows that do not overlap": [(row.when, row.owner) for row in apart],
        f"{len(written)} rules as written, by precedence": [(rule.when, rule.owner) for rule in written],
    }


def add_polars(
    runners: dict[str, Any], pack: Pack, day: date, profiles: np.ndarray, owners: list[str], sums: np.ndarray
) -> None:
    pl = engine("polars")
    if not pl:
        print("\nPolars is not installed: skipped")
        return
    enums = {name: pl.Enum(field.values) for name, field in pack.vocabulary.by_name.items()}
    frame = pl.DataFrame(
        {name: pl.Series(codes).cat.to(enums[name]) for name, codes in columns_of(pack, profiles).items()}
    )

    def condition(when: Condition) -> Any:
        found = []
        for name, values in pack.vocabulary.limits(when).items():
            others = [value for value in pack.vocabulary.by_name[name].values if value not in values]
            if len(values) == 1:
                found.append(pl.col(name) == pl.lit(values[0], enums[name]))
            elif len(others) == 1:
                found.append(pl.col(name) != pl.lit(others[0], enums[name]))
            else:
                found.append(pl.col(name).is_in(list(values)))
        return functools.reduce(operator.and_, found) if found else pl.lit(True)

    def first_of(cases: list[tuple[Condition, int]]) -> Any:
        chain: Any = pl
        for when, answer in cases:
            # a byte, as a replay's answers are
            chain = chain.when(condition(when)).then(pl.lit(answer, pl.UInt8))
        return chain

    for name, cases in questions(pack, day).items():
        owner = first_of([(when, owners.index(unit)) for when, unit in cases]).alias("owner")
        assert np.array_equal(np.bincount(frame.select(owner)["owner"].to_numpy(), minlength=len(owners)), sums)
        runners[f"Polars when/then, Enum columns: owner, {name}"] = functools.partial(frame.select, owner)

    # all that a replay's answer says: the rule, and so owner and basis; the level; who else has a stated claim
    rules = by_precedence(pack, day)
    owner_of = pl.Series([owners.index(rule.owner) for rule in rules], dtype=pl.UInt8)
    rule = first_of([(one.when, place) for place, one in enumerate(rules)]).alias("rule")
    level = first_of([(row.when, row.level or 0) for row in pack.policy.era(day).levels.rows]).alias("level")
    contested = functools.reduce(
        operator.or_,
        [
            condition(one.when) & (pl.col("owner") != owners.index(one.owner))
            for one in rules
            if one.basis is Basis.STATED
        ],
    ).alias("contested")

    def whole() -> Any:
        with_rule = frame.with_columns(rule, level).with_columns(pl.lit(owner_of).gather(pl.col("rule")).alias("owner"))
        return with_rule.select("owner", "rule", "level", contested)

    outcomes, answers = pack.policy.outcomes[0], pack.policy.replay(profiles, day)
    place = {one.id: number for number, one in enumerate(rules)}
    found = whole()
    # an outcome of another day names a rule that is not among these
    for name, of in {
        "owner": lambda one: owners.index(one.owner),
        "rule": lambda one: place.get(one.rule, 255),
        "level": lambda one: one.level or 0,
        "contested": lambda one: bool(one.contested_by),
    }.items():
        assert np.array_equal(found[name].to_numpy(), np.array([of(one) for one in outcomes])[answers]), name
    del found
    runners[f"Polars when/then, Enum columns: whole answer, {len(rules)} rules as written, by precedence"] = whole


def add_duckdb(
    runners: dict[str, Any], pack: Pack, day: date, profiles: np.ndarray, owners: list[str], sums: np.ndarray
) -> None:
    duckdb = engine("duckdb")
    if not duckdb:
        print("\nDuckDB is not installed: skipped")
        return
    by_name = pack.vocabulary.by_name
    names = list(by_name)
    db = duckdb.connect(config={"threads": 1})
    for name in names:
        db.execute(f"create type enum_{name} as enum ({', '.join(map(quoted, by_name[name].values))})")
    db.execute(f"create table referral ({', '.join(f'{name} enum_{name}' for name in names)})")
    for start in range(0, len(profiles), MILLION):
        part = columns_of(pack, profiles[start : start + MILLION])
        words = {
            name: pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(by_name[name].values))
            for name, codes in part.items()
        }
        db.register("part", pa.table(words))
        db.execute(f"insert into referral select {', '.join(names)} from part")
        db.unregister("part")
    for name, cases in questions(pack, day).items():
        whens = []
        for when, unit in cases:
            tests = [
                f"{field} = {quoted(values[0])}"
                if len(values) == 1
                else f"{field} in ({', '.join(map(quoted, values))})"
                for field, values in pack.vocabulary.limits(when).items()
            ]
            whens.append(f"when {' and '.join(tests) or 'true'} then {owners.index(unit)}")
        # one number comes back, so that handing over the answers is not counted
        query = f"select sum((case {' '.join(whens)} end)::utinyint) from referral"
        assert db.execute(query).fetchone()[0] == int((sums * np.arange(len(owners))).sum())
        runners[f"DuckDB CASE, ENUM columns: owner (the sum alone), {name}"] = functools.partial(asked, db, query)


def asked(db: Any, query: str) -> Any:
    return db.execute(query).fetchone()


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# Proof, comparison, files


def proving(pack: Pack, day: date) -> None:
    remit = pack.remit
    before, after = remit.at(remit.start), remit.at(day)
    chance = np.random.default_rng(2)
    profiles = some_profiles(pack, MILLION)
    days = np.datetime64(remit.start, "D") + chance.integers(0, 1800, MILLION)
    history = histogram(pack.vocabulary, profiles, days, remit.starts)

    def compiled() -> Remit:
        return Remit(
            remit.id,
            pack.vocabulary,
            remit.rules,
            start=remit.start,
            tiers=remit.tiers,
            by_borough=remit.by_borough,
            in_place_of=remit.in_place_of,
        )

    compile_, whole = (
        "compile and prove: every profile on every day",
        "the same with the owner's table of every interval",
    )
    from_history = "compare two days from the histogram of a million referrals"
    best = race(
        {
            compile_: lambda: compiled().sound,
            whole: lambda: (made := compiled()).sound and made.stacked,
            "the full report of the check, with lapses": lambda: remit.check(),
            "invariants": pack.broken_invariants,
            "load the whole pack from its files, with proof, invariants and examples": lambda: load(pack.id),
            from_history: lambda: compare(before, after, history).matrix,
            "count a million referrals into the histogram": lambda: histogram(
                pack.vocabulary, profiles, days, remit.starts
            ),
        },
        7,
    )
    print("\n## Proof and comparison\n\n| | ms |\n|---|---|")
    for name, seconds in best.items():
        print(f"| {name} | {1e3 * seconds:,.3g} |")
    print()
    target("compile and prove the pack, ms", 1e3 * best[whole], 50)
    target("compare from a histogram, ms", 1e3 * best[from_history], 2)


def files(pack: Pack, day: date, count: int) -> None:
    """The whole of `palermo remit replay`, from text in a file to a file."""
    profiles = some_profiles(pack, count)
    words = {
        name: pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(pack.vocabulary.by_name[name].values)).cast(
            pa.string()
        )
        for name, codes in columns_of(pack, profiles).items()
        if not pack.vocabulary.by_name[name].derived_from
    }
    chance = random.Random(1)
    names = list(pack.boroughs)
    words["borough"] = pa.array(chance.choices(names, k=count))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.parquet"
        pq.write_table(pa.table(words), source)
        del words
        text = Path(folder) / "in.csv"
        with pa.csv.CSVWriter(text, pq.read_schema(source)) as out:
            for batch in pq.ParquetFile(source).iter_batches():
                out.write_batch(batch)
        best = race(
            {
                "Parquet to Parquet": lambda: replays.replay(pack, source, Path(folder) / "out.parquet", day),
                "CSV to CSV": lambda: replays.replay(pack, text, Path(folder) / "out.csv", day),
            },
            2,
        )
    print(
        f"\n## `palermo remit replay`, {count:,} rows of text in ten columns\n\n| | s | rows a second |\n|---|---|---|"
    )
    for name, seconds in best.items():
        print(f"| {name} | {seconds:.2f} | {count / seconds:,.0f} |")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pack", default="mps-2010")
    arguments.add_argument("--on", default="2010-04-01", type=date.fromisoformat)
    arguments.add_argument("--large", default=50_000_000, type=int, help="rows of the large run; 0 leaves it out")
    options = arguments.parse_args()
    pack = load(options.pack)
    engines = ("numpy", "pyarrow", "zen-engine", "polars", "duckdb")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores;", ", ".join(map(version, engines)))
    for day in sorted({options.on, options.on - timedelta(days=1)}):
        single(pack, day)
    proving(pack, options.on)
    files(pack, options.on, MILLION)
    for day in sorted({options.on, options.on - timedelta(days=1)}):
        many(pack, day, MILLION, 9)
    if options.large:
        many(pack, options.on, options.large, 2)
    print(f"\nLargest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:,.1f} GB")


def version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {name}"


if __name__ == "__main__":
    main()
