"""How long do prevalence estimates take, against the targets and against R where it is installed?

    python bench/prevalence.py                 the table of docs/performance-prevalence.md
    python bench/prevalence.py --exhaustive    also BIC over all 6,519 models on all stored resamples (minutes)
    python bench/prevalence.py --coverage 500  also coverage of the intervals by simulation (minutes)

CPU seconds of one thread, each job in a process of its own so that peak memory is its own too. On a busy machine
seconds swing and ratios hold: where `Rscript` and a package are found, the same work runs there in the same run, and
otherwise the ratio is to the seconds stored with the test data, measured on another machine of the same kind.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from palermo.analytics.prevalence import Lists, Options, estimate, panel, read_lists
from palermo.analytics.prevalence.existence import Checker
from palermo.analytics.prevalence.fitting import fit
from palermo.analytics.prevalence.forward import forward
from palermo.analytics.prevalence.graphs import average
from palermo.analytics.prevalence.models import all_models, closed
from palermo.analytics.prevalence.modelspace import best_of, explore
from palermo.analytics.prevalence.resampling import bca, leave_one_out, resamples

ROOT = Path(__file__).parents[1]
MSE = ROOT / "tests" / "analytics" / "data" / "mse"


def table(name: str) -> Lists:
    return read_lists(MSE / f"{name}.csv")


def stored_resamples(name: str) -> np.ndarray:
    with (MSE / f"boot_counts_{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    tables = np.zeros((1 << (len(header[0]) - 1), len(rows)))
    for column, history in enumerate(header):
        cell = sum(1 << j for j, digit in enumerate(history[1:]) if digit == "1")
        tables[cell] = [int(row[column]) for row in rows]
    return tables


def stepwise(name: str) -> str:
    found = estimate(table(name), "sparse", Options(resamples=1000))
    return f"{found.people:,.0f} [{found.lower:,.0f}, {found.upper:,.0f}]"


def every_model(name: str, order: int) -> str:
    counts = table(name).counts[:, None]
    models = all_models(table(name).number, order)
    admissible = models[:, Checker().statuses(counts, models) == 0]
    return f"{models.shape[1]:,} models, {int(fit(counts, admissible).converged.sum()):,} admissible"


def graphs(name: str) -> str:
    found = average(table(name).counts)
    return f"{found.quantile(0.5):,.0f} [{found.quantile(0.025):,.0f}, {found.quantile(0.975):,.0f}]"


def bic(name: str, candidates: int, order: int | None = None) -> str:
    counts = table(name).counts
    space = explore(counts, order=order)
    people, _chosen = best_of(stored_resamples(name), space, candidates)
    fewer, weights = leave_one_out(counts)
    found = bca(float(space.people[0]), people, best_of(fewer, space, candidates)[0], weights, ties_count=0)
    return f"{space.people[0]:,.0f} [{found.lower:,.0f}, {found.upper:,.0f}]"


def existence() -> str:
    checker = Checker()
    with (MSE / "existence_checks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = 0
    for row in rows:
        cells = 1 << int(row["lists"])
        seen = np.flatnonzero(table(row["dataset"]).counts)
        counts, terms = np.zeros((cells, 1)), np.zeros((cells, 1), dtype=bool)
        counts[_file_order(row["dataset"], seen), 0] = [int(x) for x in row["counts"].split()]
        terms[[int(x) for x in row["params"].split()]] = True
        right += int(checker.statuses(counts, terms)[0]) == int(row["status"])
    return f"{right} of {len(rows)} right, one at a time"


def _file_order(name: str, seen: np.ndarray) -> list[int]:
    with (MSE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        _header, *rows = list(csv.reader(file))
    found = [sum(1 << j for j, digit in enumerate(row[:-1]) if digit == "1") for row in rows]
    assert sorted(found) == sorted(seen.tolist())
    return found


def latent(name: str) -> str:
    found = estimate(table(name), "latent-class")
    return f"{found.people:,.0f} [{found.lower:,.0f}, {found.upper:,.0f}], 4 chains of 17,000 steps"


def whole_panel(name: str) -> str:
    found = panel(table(name))
    assert found.headline is not None
    return f"{found.headline.lowest:,.0f} to {found.headline.highest:,.0f}"


def command(name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from palermo.main import main; main()", "estimate", str(MSE / f"{name}.csv")],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()[0]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: the seconds it may take, and the stored CPU seconds of the same work in a peer."""

    run: Callable[[], str]
    may_take: float | None = None
    peer: str = ""
    peer_seconds: float | None = None
    in_r: str = ""


_READ = "d <- as.matrix(read.csv('{mse}/{name}.csv')); "
JOBS: dict[str, Job] = {
    "stepwise, 1,000 resamples, jackknife, BCa: six lists": Job(
        lambda: stepwise("UKdat"),
        1.5,
        "SparseMSE",
        341.2,
        _READ.format(mse=MSE, name="UKdat") + "SparseMSE::estimatepopulation(d, nboot=1000, pthresh=0.02, iseed=1234)",
    ),
    "stepwise, 1,000 resamples, jackknife, BCa: five lists": Job(
        lambda: stepwise("UKdat_5"),
        None,
        "SparseMSE",
        145.6,
        _READ.format(mse=MSE, name="UKdat_5")
        + "SparseMSE::estimatepopulation(d, nboot=1000, pthresh=0.02, iseed=1234)",
    ),
    "all hierarchical models of five lists, checked and fitted": Job(
        lambda: every_model("UKdat_5", 4),
        1.0,
        "MultipleSystemsEstimation",
        20.93,
        _READ.format(mse=MSE, name="UKdat_5")
        + "MultipleSystemsEstimation:::assemble_bic(d, maxorder=4, checkexist=TRUE)",
    ),
    "all models of pairs of six lists, checked and fitted": Job(
        lambda: every_model("UKdat", 2), None, "MultipleSystemsEstimation", 133.2
    ),
    "BIC, 100 candidates, stored resamples, BCa: five lists": Job(
        lambda: bic("UKdat_5", 100), None, "MultipleSystemsEstimation", 163.3
    ),
    "averaging over decomposable graphs: six lists": Job(lambda: graphs("UKdat"), 2.0),
    "averaging over decomposable graphs: five lists": Job(lambda: graphs("UKdat_5"), None, "dga", 0.05),
    "existence, 557 stored checks": Job(existence),
    "latent classes: five lists": Job(lambda: latent("UKdat_5"), None, "LCMCR", 1.816),
    "the whole panel: five lists": Job(lambda: whole_panel("UKdat_5")),
    "the whole panel: six lists": Job(lambda: whole_panel("UKdat")),
    "first result on the command line, cold, 5,000 resamples: six lists": Job(lambda: command("UKdat"), 2.0),
}
EXHAUSTIVE = {
    "BIC, all 6,519 models, stored resamples, BCa: five lists": Job(lambda: bic("UKdat_5", 6519, 4)),
}


def in_own_process(name: str) -> tuple[float, float, str]:
    """Run a job in a new process; return its CPU seconds, its peak memory in MB and what it found."""
    done = subprocess.run([sys.executable, __file__, "--job", name], capture_output=True, text=True, check=True)
    seconds, memory, found = done.stdout.strip().split("\t")
    return float(seconds), float(memory), found


def run_here(name: str) -> None:
    job = (JOBS | EXHAUSTIVE)[name]
    began = _cpu()
    found = job.run()
    seconds = _cpu() - began
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{seconds}\t{memory / 1024}\t{found}")


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def r_seconds(job: Job) -> float | None:
    """Return the CPU seconds of the same work in R, or None where R or the package is not installed."""
    if not (job.in_r and shutil.which("Rscript")):
        return None
    code = f"if (!requireNamespace('{job.peer}', quietly=TRUE)) quit(status=3); t <- system.time({{{job.in_r}}}); "
    code += "cat(sum(t[1:2], t[4:5], na.rm=TRUE))"
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def coverage(times: int) -> None:
    """Print how often the intervals hold the truth, on tables drawn from the UK's five-list model."""
    lists = table("UKdat_5")
    terms = closed([0b00011, 0b00101, 0b01010, 0b10010, 0b10100, 0b11000], 5)[:, None]
    means = fit(lists.counts[:, None], terms).means[:, 0]
    truth = float(means.sum())
    random = np.random.default_rng(1)
    held = {0.95: 0, 0.8: 0}
    errors = []
    for number in range(times):
        counts = random.poisson(means).astype(float)
        counts[0] = 0
        point = forward(counts[:, None])
        drawn = forward(resamples(counts, 1000, number)).people
        fewer, weights = leave_one_out(counts)
        left_out = forward(fewer).people
        errors.append(float(point.people[0]))
        for level in held:
            found = bca(float(point.people[0]), drawn, left_out, weights, level=level)
            held[level] += found.lower <= truth <= found.upper
    people = np.array(errors)
    print(f"truth {truth:,.0f}, {times} tables, stepwise p < 0.02, BCa from 1,000 resamples")
    print(f"root mean square error {np.sqrt(((people - truth) ** 2).mean()):,.0f}", end="; ")
    print(f"of the log {np.sqrt((np.log(people / truth) ** 2).mean()):.2f}")
    for level, times_held in held.items():
        print(f"{level:.0%} intervals hold the truth {times_held / times:.1%} of the time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--exhaustive", action="store_true")
    parser.add_argument("--coverage", type=int, metavar="TABLES", default=0)
    chosen = parser.parse_args()
    if chosen.job:
        run_here(chosen.job)
        return
    late = []
    versions = f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, NumPy {np.__version__}"
    print(f"| job ({versions}) | CPU s | MB | target | ratio | result |")
    print("|---|---|---|---|---|---|")
    for name, job in (JOBS | (EXHAUSTIVE if chosen.exhaustive else {})).items():
        seconds, memory, found = in_own_process(name)
        in_r = r_seconds(job)
        there = in_r if in_r is not None else job.peer_seconds
        where = "beside it" if in_r is not None else "stored"
        ratio = f"{there / seconds:,.0f} x {job.peer} ({where})" if there else ""
        target = f"{job.may_take:g} s" if job.may_take else ""
        print(f"| {name} | {seconds:.2f} | {memory:.0f} | {target} | {ratio} | {found} |", flush=True)
        if job.may_take and seconds > job.may_take:
            late.append(name)
    if chosen.coverage:
        coverage(chosen.coverage)
    if late:
        sys.exit("slower than the target: " + "; ".join(late))


if __name__ == "__main__":
    main()
