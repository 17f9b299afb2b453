"""Page: the panel for people to read, as one HTML file, or as PDF or its Typst source for the committee report.

The HTML needs nothing else: no script, no font, no style sheet from elsewhere,
and it forbids itself all of them. Every chart stands beside its table. Counts
of people below a given size can be held back; then all others are rounded, so
that no sum gives them away.
"""

from __future__ import annotations

import base64
import hashlib
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from palermo.analytics.prevalence import charts
from palermo.analytics.prevalence.diagnostics import Cell, Diagnostic
from palermo.analytics.prevalence.estimate import Estimate
from palermo.analytics.prevalence.lists import Lists
from palermo.analytics.prevalence.panel import Headline, Panel, headline_of

_STYLE = (
    "body{font:16px/1.5 Arial,Helvetica,sans-serif;color:#0b0c0c;background:#fff;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}"
    "h1{font-size:2rem;line-height:1.2}h2{font-size:1.4rem;margin-top:2.5rem}"
    "table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:700;padding:.3rem 0}"
    "th,td{border-bottom:1px solid #b1b4b6;padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".wide{overflow-x:auto}svg{max-width:100%;height:auto}"
    ".headline{border-left:.5rem solid #1d70b8;padding:.2rem 1rem;font-size:1.2rem}"
    ".said{border-left:.3rem solid #b1b4b6;padding-left:1rem}"
    "@media print{body{margin:0}h2{break-after:avoid}table,svg{break-inside:avoid}}"
)


_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co"})  # marks of direction and of order, and codes that stand for nothing
_COUNTS = frozenset({"known size", "people seen"})  # columns that count people seen


@dataclass(frozen=True, slots=True)
class Showing:
    """How counts of people may be shown. With `smallest` 0 they are shown as they are."""

    smallest: int = 0
    round_to: int = 5

    def count(self, people: float) -> str:
        """Return a count as it may be read: itself, rounded, or `fewer than` the smallest shown."""
        if not self.smallest:
            return f"{people:,.0f}"
        if 0 < people < self.smallest:
            return f"fewer than {self.smallest}"
        return f"{self.round_to * round(people / self.round_to):,}"

    def most_first(self, lists: Lists) -> list[int]:
        """Return the combinations seen, most people first; the order tells no more than the counts as shown do."""

        def shown(cell: int) -> float:
            people = float(lists.counts[cell])
            if not self.smallest:
                return people
            return 0.0 if people < self.smallest else float(round(people / self.round_to))

        return sorted((c for c in range(1, lists.counts.size) if lists.counts[c] > 0), key=lambda c: (-shown(c), c))

    def fingerprint(self, panel: Panel) -> str:
        """Return what identifies the counts; nothing where some are held back, for it would let them be guessed."""
        return "" if self.smallest else f"counts with SHA-256 {panel.lists.digest}"

    def estimate(self, found: Estimate) -> Estimate:
        return found.rounded(self.round_to) if self.smallest else found

    def headline(self, panel: Panel) -> Headline | None:
        """Return the range as it may be read: over the rounded figures where counts are held back."""
        if not self.smallest:
            return panel.headline
        return headline_of([self.estimate(found) for found in panel.estimates], panel.diagnostics)

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        """Return the diagnostic as it may be read: its columns that count people seen as `count` has them."""
        if not self.smallest:
            return found
        if found.key == "overlaps":
            says = "Counts of people below the smallest that may be shown are held back, and all others rounded."
            # what is worked out from a pair's exact count would give it away
            rows = tuple((row[0], self.count(float(row[1] or 0))) for row in found.rows)
            return replace(found, says=says, columns=found.columns[:2], rows=rows)
        return replace(
            found,
            rows=tuple(
                tuple(
                    self.count(value) if name in _COUNTS and isinstance(value, int | float) else value
                    for name, value in zip(found.columns, row, strict=True)
                )
                for row in found.rows
            ),
        )


def html(panel: Panel, showing: Showing | None = None) -> str:
    """Return the panel as a self-contained page."""
    policy = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{policy}'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How many are on none of the lists?</title><style>{_STYLE}</style></head><body><main>\n"
        "<h1>How many are on none of the lists?</h1>\n" + sections(panel, showing) + "\n</main></body></html>\n"
    )


def sections(panel: Panel, showing: Showing | None = None) -> str:
    """Return what stands below the heading of that page, for a page of somebody else's: no style of its own.

    Wide charts and tables stand in `div.wide`, to be moved sideways on a small screen.
    """
    showing = showing or Showing()
    estimates = [showing.estimate(found) for found in panel.estimates]
    headline = showing.headline(panel)
    body = [
        f'<p class="headline">{escape(headline.says if headline else _no_headline(panel))}</p>',
        f"<p>Lists: {escape(', '.join(panel.lists.names))}. People seen: {showing.count(panel.lists.seen)}.</p>",
        _methods(panel, estimates),
        _overlap_section(panel.lists, showing),
    ]
    body += [_section(showing.diagnostic(diagnostic)) for diagnostic in panel.diagnostics]
    body.append(_assumptions(estimates))
    body.append(f"<h2>How this was made</h2><p>{_made(panel, showing)}</p>")
    return "\n".join(body)


def as_dict(panel: Panel, showing: Showing | None = None) -> dict[str, object]:
    """Return the panel in the shape other software reads; where counts are held back, without their fingerprint."""
    showing = showing or Showing()
    whole = panel.as_dict()
    if not showing.smallest:
        return whole
    headline = showing.headline(panel)
    return {
        **whole,
        "headline": headline.as_dict() if headline else None,
        "observed": showing.round_to * round(panel.lists.seen / showing.round_to),
        "inputs_sha256": None,
        "estimates": [showing.estimate(found).as_dict() for found in panel.estimates],
        "diagnostics": [showing.diagnostic(diagnostic).as_dict() for diagnostic in panel.diagnostics],
        "smallest_shown": showing.smallest,
        "rounded_to": showing.round_to,
    }


def _made(panel: Panel, showing: Showing) -> str:
    parts = (f"Seed {panel.seed}", f"level {panel.level:.0%}", showing.fingerprint(panel))
    return "; ".join(part for part in parts if part) + "."


def _no_headline(panel: Panel) -> str:
    reasons = dict.fromkeys(says for _method, says in panel.refused)
    return "No estimate exists for these lists. " + " ".join(f"{says[:1].upper()}{says[1:]}." for says in reasons)


def _methods(panel: Panel, estimates: Sequence[Estimate]) -> str:
    parts = ["<h2>Methods side by side</h2>"]
    if estimates:
        parts.append(_wide("Chart: methods side by side", charts.side_by_side(estimates)))
        parts.append(
            _table(
                f"The total by each method, with {panel.level:.0%} limits",
                ("method", "estimate", "lower", "upper", "model"),
                [(e.method, e.people, e.lower, e.upper, e.model) for e in estimates],
            )
        )
        failed = [(e.method, c.check, c.says) for e in estimates for c in e.checks if not c.passed]
        if failed:
            parts.append(_table("Checks not passed", ("method", "check", "what it says"), failed))
        warned = [(e.method, words) for e in estimates for words in e.warnings]
        if warned:
            parts.append(_table("Warnings", ("method", "what it says"), warned))
    if panel.refused:
        parts.append(_table("Methods that give nothing here", ("method", "why"), list(panel.refused)))
    return "\n".join(parts)


def _overlap_section(lists: Lists, showing: Showing) -> str:
    shown = [showing.count(float(people)) for people in lists.counts]
    order = showing.most_first(lists)
    rows: list[tuple[Cell, ...]] = [
        (" and ".join(name for j, name in enumerate(lists.names) if cell >> j & 1), shown[cell]) for cell in order
    ]
    return (
        "<h2>Who is on which lists</h2>\n"
        + _wide("Chart: who is on which lists", charts.upset(lists, shown, order))
        + _table("People by the exact combination of lists they are on", ("lists", "people"), rows)
    )


def _section(diagnostic: Diagnostic) -> str:
    verdict = {True: "Passed. ", False: "Not passed. ", None: ""}[diagnostic.passed]
    chart = ""
    if diagnostic.key == "model-space":
        chart = _wide("Chart: models", charts.model_plot(diagnostic))
    elif diagnostic.key in ("leave-one-list-out", "bayesian"):
        chart = _wide(f"Chart: {diagnostic.title}", charts.ranges(diagnostic, diagnostic.title))
    return (
        f'<h2>{escape(diagnostic.title)}</h2><p class="said"><strong>{verdict}</strong>{escape(diagnostic.says)}</p>'
        + chart
        + _table(diagnostic.title, diagnostic.columns, diagnostic.rows)
    )


def _wide(label: str, inside: str) -> str:
    """Return what may be wider than the screen, in a box of its own that the keyboard can move; nothing for nothing."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">{inside}</div>' if inside else ""


def _assumptions(estimates: Sequence[Estimate]) -> str:
    rows = [(e.method, words) for e in estimates for words in e.assumptions]
    return "<h2>What each method assumes</h2>" + _table("Assumptions", ("method", "it assumes"), rows) if rows else ""


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    numeric = [any(isinstance(row[j], int | float) for row in rows) and j > 0 for j in range(len(columns))]
    head = "".join(f'<th scope="col"{_class(numeric[j])}>{escape(name)}</th>' for j, name in enumerate(columns))
    lines = []
    for row in rows:
        first = f'<th scope="row">{escape(_cell(row[0], columns[0]))}</th>'
        rest = "".join(
            f"<td{_class(numeric[j])}>{escape(_cell(value, columns[j]))}</td>" for j, value in enumerate(row) if j
        )
        lines.append(f"<tr>{first}{rest}</tr>")
    return _wide(
        caption,
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>",
    )


def _class(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def _cell(value: Cell, column: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    if isinstance(value, str):
        return value
    if value == math.inf:
        return "no limit"
    if "share" in column or column == "change":
        return f"{value:.1%}"
    if column in ("chance of that", "mass near the end"):
        return f"{value:.2g}"
    if abs(value) < 100 and isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def pdf(panel: Panel, showing: Showing | None = None) -> bytes:
    """Return that page of Typst as PDF, tagged for screen readers (PDF/UA-1), with the fonts that come with Typst.

    The same panel gives the same bytes. Where a name has a letter that these fonts lack, the machine's own fonts help
    out, and the PDF does not claim that standard, which wants every letter shown. Typst is imported here: nothing else
    of this library needs it.
    """
    import typst as compiler

    source = typst(panel, showing).encode()
    try:
        made = compiler.compile(source, format="pdf", ignore_system_fonts=True, pdf_standards="ua-1")
    except compiler.TypstError as fault:
        if "could not be displayed" not in fault.message:
            raise
        made = compiler.compile(source, format="pdf")
    return bytes(made)


def typst(panel: Panel, showing: Showing | None = None) -> str:
    """Return the panel as a page of Typst source for the committee report: headline, methods, diagnostics, sources."""
    showing = showing or Showing()
    estimates = [showing.estimate(found) for found in panel.estimates]
    headline = showing.headline(panel)
    lines = [
        '#set page(paper: "a4", margin: 2cm)',
        '#set document(title: "How many are on none of the lists?", date: none)',
        '#set text(lang: "en", region: "GB", size: 10pt)',
        "= How many are on none of the lists?",
        "",
        f"*{_typst(headline.says if headline else _no_headline(panel))}*",
        "",
        f"Lists: {_typst(', '.join(panel.lists.names))}. People seen: {showing.count(panel.lists.seen)}.",
        "",
        *_stated(panel),
        "",
        "== Methods side by side",
    ]
    if estimates:
        lines.append("#table(columns: 4, align: (left, right, right, right),")
        lines.append("  table.header([Method], [Estimate], [Lower], [Upper]),")
        lines += [
            "  " + ", ".join(f"[{_typst(_cell(v, ''))}]" for v in (e.method, e.people, e.lower, e.upper)) + ","
            for e in estimates
        ]
        lines.append(")")
    lines += [f"- {_typst(method)}: {_typst(says)}" for method, says in panel.refused]
    lines += ["", "== What weakens it"]
    for diagnostic in panel.diagnostics:
        if showing.smallest and diagnostic.key == "overlaps":
            continue
        verdict = {True: "passed", False: "not passed", None: "to know"}[diagnostic.passed]
        lines.append(f"- *{_typst(diagnostic.title)}* ({verdict}): {_typst(diagnostic.says)}")
    lines += ["", _made(panel, showing), ""]
    return "\n".join(lines)


def _stated(panel: Panel) -> list[str]:
    """Return whom the lists are about, where, when and by what definition, or that nobody has said."""
    scope = panel.diagnostic("scope")
    return [f"- {_typst(f'{str(what).capitalize()}: {stated}')}" for what, stated in (scope.rows if scope else ())]


def _typst(words: str) -> str:
    """Return the words as Typst source: its marks escaped, and without characters that nobody can see."""
    seen = (c for c in words if unicodedata.category(c) not in _UNSEEN)
    return "".join(f"\\{c}" if c in "\\#$*_`<>@[]~=-+/'\"" else c for c in seen)
