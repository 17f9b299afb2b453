"""Is it text, all of it, and does it hide anything?"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from palermo.web.papers.content.kinds import FileRefused, Kind
from palermo.web.papers.content.names import hides

CHUNK = 64 * 1024
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
MARKUP = re.compile(
    r"\s*<\s*(?:!doctype|\?xml|\?php|html|head|body|svg|script|iframe|object|embed|meta|style|!--)", re.I
)
# what a spreadsheet program would work out; a sign before a number is a number
FORMULA = re.compile(r"\s*(?:[=@]|[+\-](?![\d\s.,]))")
NOT_TEXT = "It is not text in UTF-8. Open it in the program that it comes from, and save it as text in UTF-8"
LONGEST_CELL = 1_000_000


def encoding_of(path: Path) -> str:
    """What the file is written in: UTF-8, unless its first bytes say UTF-16."""
    with path.open("rb") as file:
        first = file.read(4)
    return next((encoding for mark, encoding in MARKS if first.startswith(mark)), "utf-8")


def pieces(path: Path) -> Iterator[str]:
    """The text in pieces. Raises FileRefused at the first byte that is no text."""
    try:
        with path.open(encoding=encoding_of(path), errors="strict", newline="") as file:
            while piece := file.read(CHUNK):
                if "\0" in piece:
                    raise FileRefused("text", NOT_TEXT)
                yield piece
    except UnicodeError:
        raise FileRefused("text", NOT_TEXT) from None


def look_at_text(path: Path, kind: Kind) -> list[str]:
    """What a reader should know of the text: `hidden` characters, `formulas` in a table."""
    hidden = False
    for place, piece in enumerate(pieces(path)):
        if place == 0 and MARKUP.match(piece):
            raise FileRefused(
                "polyglot", f"It is called {kind.words}, and is a web page or a drawing. Print it to PDF, and add that"
            )
        hidden = hidden or any(map(hides, piece))
    noticed = ["hidden"] if hidden else []
    if kind.key == "csv" and has_formulas(path):
        noticed.append("formulas")
    return noticed


def has_formulas(path: Path) -> bool:
    """Whether a spreadsheet program would take a cell of it for a formula."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding=encoding_of(path), newline="") as file:
            return any(FORMULA.match(cell) for row in csv.reader(file) for cell in row)
    except csv.Error:
        raise FileRefused(
            "damaged", "It cannot be read as a table: a cell has no end. Save it as CSV again, or as plain text"
        ) from None
    finally:
        csv.field_size_limit(before)


def beginning(path: Path, characters: int) -> tuple[str, bool]:
    """The first characters of a kept text, and whether there is more."""
    with path.open(encoding=encoding_of(path), errors="replace") as file:
        text = file.read(characters + 1)
    return text[:characters], len(text) > characters
