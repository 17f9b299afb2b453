"""Showing: the same answer as a table for people, or as one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 160
"""Columns where the output is no terminal: wide enough that files are read without broken lines."""


def console() -> Console:
    """Writes text as it is: a rule's brackets are not taken for colours."""
    found = Console(markup=False, highlight=False, emoji=False)
    if not found.is_terminal:
        found.width = PLAIN_WIDTH
    return found


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
) -> Table:
    """A table; `right` are the columns of numbers. None is shown as empty."""
    found = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        found.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        found.add_row(*("" if cell is None else str(cell) for cell in row))
    return found


def document(found: Mapping[str, object]) -> str:
    """One JSON document, readable."""
    return json.dumps(found, ensure_ascii=False, indent=2)
