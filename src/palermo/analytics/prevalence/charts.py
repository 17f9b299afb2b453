"""Charts: pictures of the panel as plain SVG, without script or style from anywhere else.

Each chart has a title and a description for those who hear it, and always
stands beside the table it draws. Colours have a contrast of 3:1 or more on
white and never carry meaning alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from palermo.analytics.prevalence.diagnostics import Diagnostic
from palermo.analytics.prevalence.estimate import Estimate
from palermo.analytics.prevalence.lattice import sizes
from palermo.analytics.prevalence.lists import Lists

_INK = "#0b0c0c"
_MARK = "#1d70b8"
_FAINT = "#b1b4b6"
_WIDTH = 720
_LEFT = 190
_RIGHT = 24
_ROW = 28
_MOST_BARS = 40


def upset(lists: Lists, shown: Sequence[str], order: Sequence[int]) -> str:
    """Return the overlaps as an UpSet plot: one bar a combination seen, dots below for the lists it is on.

    `order` has the combinations from left to right and `shown` each one's count as it may be published, by cell; a
    count held back has an empty bar of one height.
    """
    held = sizes(lists.number)
    left_out = len(order) - _MOST_BARS
    order = order[:_MOST_BARS]
    bars, gap = 170, 22
    step = min(26.0, (_WIDTH - _LEFT - _RIGHT) / max(1, len(order)))
    height = 30 + bars + gap + lists.number * gap + 10
    most = math.sqrt(max(float(lists.counts[c]) for c in order))
    parts = []
    for j, name in enumerate(lists.names):
        y = 30 + bars + gap + j * gap
        if j % 2 == 0:
            parts.append(f'<rect x="0" y="{y - gap / 2:.1f}" width="{_WIDTH}" height="{gap}" fill="#f3f2f1"/>')
        parts.append(_text(_LEFT - 14, y + 4, _short(name), anchor="end"))
    for place, cell in enumerate(order):
        x = _LEFT + (place + 0.5) * step
        hidden = not shown[cell].replace(",", "").isdigit()
        tall = 6.0 if hidden else max(2.0, bars * math.sqrt(float(shown[cell].replace(",", ""))) / most)
        fill = "none" if hidden else _MARK
        parts.append(
            f'<rect x="{x - step * 0.36:.1f}" y="{30 + bars - tall:.1f}" width="{step * 0.72:.1f}" height="{tall:.1f}" '
            f'fill="{fill}" stroke="{_MARK}"/>'
        )
        parts.append(_text(x, 30 + bars - tall - 5, "" if hidden else shown[cell], anchor="middle", size=10))
        on = [j for j in range(lists.number) if cell >> j & 1]
        top, bottom = (30 + bars + gap + j * gap for j in (on[0], on[-1]))
        if held[cell] > 1:
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{_INK}" stroke-width="2"/>')
        for j in range(lists.number):
            fill = _INK if j in on else _FAINT
            parts.append(
                f'<circle cx="{x:.1f}" cy="{30 + bars + gap + j * gap}" r="{5 if j in on else 3}" fill="{fill}"/>'
            )
    title = "People by the combination of lists they are on"
    described = (
        f"{len(order)} combinations, most people first; the height of a bar is the square root of its count"
        + (f"; {left_out} smaller ones are in the table only" if left_out > 0 else "")
        + "."
    )
    return _svg("upset", title, described, height, parts)


def side_by_side(estimates: Sequence[Estimate]) -> str:
    """Return the methods' figures with their intervals, on a log scale; an arrow means no upper limit."""
    rows = [(e.method, e.people, e.lower, e.upper) for e in estimates]
    return _ranges("methods", "Methods side by side", rows, "Each line is a method's interval, the dot its figure.")


def ranges(diagnostic: Diagnostic, label: str) -> str:
    """Return a diagnostic's rows as ranges: its columns `estimate` or `median`, with `lower` and `upper`."""
    place = {name: j for j, name in enumerate(diagnostic.columns)}
    middle = place.get("estimate", place.get("median", 1))
    rows = []
    for row in diagnostic.rows:
        values = [_float(row[j]) for j in (middle, place.get("lower", middle), place.get("upper", middle))]
        if not math.isnan(values[0]):
            rows.append((str(row[0]), values[0], values[1], values[2]))
    return _ranges(diagnostic.key, label, rows, diagnostic.says) if rows else ""


def model_plot(diagnostic: Diagnostic) -> str:
    """Return the models' estimates against how much worse than the best their BIC is."""
    rows = [(float(row[1] or 0), float(row[2] or 0)) for row in diagnostic.rows]
    top, height = 30, 300
    worst = max(1.0, max(row[0] for row in rows))
    scale = _Scale([row[1] for row in rows], _LEFT - 100, _WIDTH - _RIGHT)
    parts = scale.axis(top, height - 40)
    parts.append(_text(10, top - 8, "BIC above the best", size=12))
    for tick in range(0, int(worst) + 1, max(1, round(worst / 5))):
        y = top + 10 + (height - top - 60) * tick / worst
        parts.append(_text(_LEFT - 112, y + 4, str(tick), anchor="end", size=11))
    for above, people in rows:
        y = top + 10 + (height - top - 60) * above / worst
        parts.append(f'<circle cx="{scale.at(people):.1f}" cy="{y:.1f}" r="4.5" fill="{_MARK}" stroke="#ffffff"/>')
    return _svg(diagnostic.key, "Models that fit about as well", diagnostic.says, height, parts)


def _ranges(key: str, title: str, rows: Sequence[tuple[str, float, float, float]], described: str) -> str:
    finite = [x for row in rows for x in row[1:] if math.isfinite(x) and x > 0]
    scale = _Scale(finite, _LEFT, _WIDTH - _RIGHT - 12)
    top = 16
    height = top + len(rows) * _ROW + 44
    parts = scale.axis(top, top + len(rows) * _ROW + 6)
    for place, (name, people, lower, upper) in enumerate(rows):
        y = top + (place + 0.6) * _ROW
        parts.append(_text(_LEFT - 14, y + 4, _short(name), anchor="end"))
        low = scale.at(lower) if math.isfinite(lower) else scale.at(people)
        endless = upper == math.inf
        high = _WIDTH - _RIGHT if endless else scale.at(upper) if math.isfinite(upper) else scale.at(people)
        parts.append(
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_INK}" stroke-width="2"/>'
        )
        if endless:
            tip = f"M{high - 8:.1f} {y - 5:.1f} L{high:.1f} {y:.1f} L{high - 8:.1f} {y + 5:.1f} Z"
            parts.append(f'<path d="{tip}" fill="{_INK}"/>')
        parts.append(f'<circle cx="{scale.at(people):.1f}" cy="{y:.1f}" r="5.5" fill="{_MARK}" stroke="#ffffff"/>')
    return _svg(key, title, described, height, parts)


class _Scale:
    """A log scale of people from left to right, with round numbers marked."""

    def __init__(self, values: Sequence[float], left: float, right: float) -> None:
        low, high = min(values), max(values)
        if high < low * 1.2:
            low, high = low / 1.1, high * 1.1
        self.low, self.high = math.log(low * 0.97), math.log(high * 1.03)
        self.left, self.right = left, right

    def at(self, value: float) -> float:
        share = (math.log(max(value, 1e-9)) - self.low) / (self.high - self.low)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def axis(self, top: float, bottom: float) -> list[str]:
        parts, last = [], -math.inf
        for mark in self._marks():
            x = self.at(mark)
            if x - last < 56:
                continue
            last = x
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{_FAINT}"/>')
            parts.append(_text(x, bottom + 18, f"{mark:,.0f}", anchor="middle", size=12))
        return parts

    def _marks(self) -> list[float]:
        low, high = math.exp(self.low), math.exp(self.high)
        decade = 10 ** math.floor(math.log10(low))
        if high / low < 2.5:
            steps = [1 + k / 10 for k in range(90)]
        else:
            steps = [1, 1.5, 2, 3, 4, 5, 7] if high / low < 30 else [1, 3]
        found = [decade * 10**power * step for power in range(9) for step in steps]
        return [mark for mark in found if low <= mark <= high]


def _svg(key: str, title: str, described: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'width="{_WIDTH}" height="{height:.0f}" '
        f'role="img" aria-labelledby="{key}-title {key}-desc" font-family="Arial, Helvetica, sans-serif">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(described)}</desc>'
        + "".join(parts)
        + "</svg>"
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{_INK}">{escape(words)}</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
