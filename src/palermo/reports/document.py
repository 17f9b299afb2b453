"""A document of sections, from one description: as an HTML page that needs nothing else, as PDF, and as data.

What stands in the cells is text and never markup: the page escapes it, and the PDF gets it as data beside a fixed
template. Text written in any script keeps its own direction.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

TEMPLATE = Path(__file__).with_name("document.typ")
STYLE = (
    "body{font:16px/1.5 Arial,Helvetica,sans-serif;color:#0b0c0c;background:#fff;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}"
    "h1{font-size:1.8rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2.5rem}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}caption{text-align:left;font-weight:700;padding:.3rem 0}"
    "th,td{border-bottom:1px solid #b1b4b6;padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}"
    "dl{display:grid;grid-template-columns:minmax(8rem,1fr) 3fr;gap:.3rem 1rem}dt{font-weight:700}dd{margin:0}"
    "bdi{white-space:pre-wrap;overflow-wrap:anywhere}.wide{overflow-x:auto}"
    ".marking{border:2px solid #0b0c0c;padding:.3rem 1rem;font-weight:700}"
    "@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}"
)
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""What a PDF has no sign for: marks of direction and order, and codes that stand for nothing."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels and what is known of each."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column heads."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = str | Pairs | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it: paragraphs, pairs and tables. With nothing, `empty` is said."""

    title: str
    blocks: tuple[Block, ...]
    empty: str = "Nothing is recorded."

    @property
    def shown(self) -> tuple[Block, ...]:
        """The blocks that hold something, or the sentence that there is nothing."""
        held = tuple(block for block in self.blocks if (block if isinstance(block, str) else block.rows))
        return held or (self.empty,)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says. `marking` is the handling that stands on every page of it."""

    title: str
    subtitle: str
    marking: str
    sections: tuple[Section, ...]
    made: tuple[tuple[str, str], ...] = field(default=())


def as_dict(document: Document) -> dict[str, object]:
    """The document as data: sections in order, their blocks as they are shown."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "marking": document.marking,
        "made": [list(row) for row in document.made],
        "sections": [
            {"title": section.title, "blocks": [block_data(block) for block in section.shown]}
            for section in document.sections
        ],
    }


def block_data(block: Block) -> dict[str, object]:
    if isinstance(block, str):
        return {"kind": "text", "text": block}
    if isinstance(block, Pairs):
        return {"kind": "pairs", "rows": [list(row) for row in block.rows]}
    return {
        "kind": "table",
        "caption": block.caption,
        "columns": list(block.columns),
        "rows": [list(row) for row in block.rows],
    }


# As a page


def as_html(document: Document) -> str:
    """The document as one page: no script, no font and no style sheet from elsewhere, and it forbids itself all."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(document.title)}</title><style>{STYLE}</style></head><body><main>\n"
        f'<p class="marking">{escape(document.marking)}</p>\n'
        f"<h1>{escape(document.title)}</h1>\n<p>{escape(document.subtitle)}</p>\n"
        + sections_html(document)
        + "\n<h2>How this was made</h2>\n"
        + "".join(html_of(Pairs(document.made)))
        + "\n</main></body></html>\n"
    )


def sections_html(document: Document) -> str:
    """The sections alone, for a page that has a heading and a style of its own."""
    return "\n".join(
        f"<h2>{escape(section.title)}</h2>\n" + "\n".join(part for block in section.shown for part in html_of(block))
        for section in document.sections
    )


def html_of(block: Block) -> Iterator[str]:
    if isinstance(block, str):
        yield f"<p>{said(block)}</p>"
    elif isinstance(block, Pairs):
        yield f"<dl>{''.join(f'<dt>{escape(label)}</dt><dd>{said(words)}</dd>' for label, words in block.rows)}</dl>"
    else:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.columns)
        rows = "".join(
            f'<tr><th scope="row">{said(row[0])}</th>{"".join(f"<td>{said(cell)}</td>" for cell in row[1:])}</tr>'
            for row in block.rows
        )
        yield (
            f'<div class="wide" tabindex="0" role="region" aria-label="{escape(block.caption)}">'
            f"<table><caption>{escape(block.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


def said(words: str) -> str:
    """What a person may have written: in its own direction, its lines kept."""
    return f'<bdi dir="auto">{escape(words)}</bdi>' if words else "–"


# As PDF


def as_pdf(document: Document) -> bytes:
    """The document as PDF, tagged for screen readers (PDF/UA-1); the same document gives the same bytes.

    Where the fonts that come with Typst lack a letter, those of the machine help out, and the PDF does not claim that
    standard, which wants every letter shown.
    """
    # imported here: only the making of a PDF needs it
    import typst

    data = {"data": seen(json.dumps(as_dict(document), ensure_ascii=False))}
    source = TEMPLATE.read_bytes()
    try:
        made = typst.compile(
            source, format="pdf", sys_inputs=data, ignore_system_fonts=True, pdf_standards="ua-1", timestamp=0
        )
    except typst.TypstError as fault:
        if "could not be displayed" not in fault.message:
            raise
        made = typst.compile(source, format="pdf", sys_inputs=data, timestamp=0)
    return bytes(made)


def seen(text: str) -> str:
    """The text without characters that nobody can see, but for the ends of lines."""
    return "".join(
        character for character in text if character == "\n" or unicodedata.category(character) not in UNSEEN
    )
