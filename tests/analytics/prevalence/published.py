"""Published tables and results, read for the tests beside this file."""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from palermo.analytics.prevalence import Lists, read_lists

MSE = Path(__file__).parents[1] / "data" / "mse"


@cache
def lists_of(name: str) -> Lists:
    return read_lists(MSE / f"{name}.csv")


@cache
def rows_of(name: str) -> tuple[dict[str, str], ...]:
    with (MSE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def histories_of(name: str) -> list[int]:
    """Return the cell of each row of a table, in the order of its file."""
    rows = rows_of(name)
    lists = [column for column in rows[0] if column != "count"]
    return [sum(1 << j for j, column in enumerate(lists) if row[column] == "1") for row in rows]


@cache
def boot_counts(name: str) -> np.ndarray:
    """Return the stored resamples of a table, one a column."""
    rows = rows_of(f"boot_counts_{name}")
    lists = len(next(iter(rows[0]))) - 1
    tables = np.zeros((1 << lists, len(rows)))
    for history in rows[0]:
        cell = sum(1 << j for j, digit in enumerate(history[1:]) if digit == "1")
        tables[cell] = [int(row[history]) for row in rows]
    return tables


def expected(dataset: str, method: str, candidates: str = "") -> dict[str, float]:
    """Return the limits that the stored resamples give."""
    row = next(
        r for r in rows_of("expected") if (r["dataset"], r["method"], r["candidates"]) == (dataset, method, candidates)
    )
    return {name: float(row[name]) for name in ("estimate", "q025", "q10", "q90", "q975", "ahat")}
