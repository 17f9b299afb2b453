"""Capacity against load as a picture: a bar a function, drawn on the server. The table beside it says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, LEFT, RIGHT = 860, 330, 120
ROW, BAR = 34, 16


@dataclass(frozen=True, slots=True)
class Bar:
    """A function: what it has as an outline, what is tasked of it filled, and beyond that in another colour."""

    label: str
    y: int
    has: float
    tasked: float
    over: float
    says: str

    @property
    def text_y(self) -> int:
        return self.y + BAR - 3

    @property
    def over_x(self) -> float:
        return LEFT + self.tasked

    @property
    def end_x(self) -> float:
        return LEFT + max(self.has, self.tasked + self.over) + 8


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture."""

    bars: tuple[Bar, ...]
    width: int = WIDTH
    left: int = LEFT
    bar: int = BAR

    @property
    def height(self) -> int:
        return ROW * len(self.bars) + 10


def drawn(rows: Iterable[tuple[str, int | None, int]]) -> Drawing | None:
    """The picture of rows of a label, what there is and what is tasked, in tenths; None where there is nothing to draw.

    A function whose officers are not stated has no outline.
    """
    rows = list(rows)
    most = max((max(has or 0, tasked) for _, has, tasked in rows), default=0)
    if not most:
        return None
    scale = (WIDTH - LEFT - RIGHT) / most
    return Drawing(
        tuple(
            Bar(
                label=label,
                y=5 + ROW * place,
                has=round((has or 0) * scale, 1),
                tasked=round((tasked if has is None else min(has, tasked)) * scale, 1),
                over=round((0 if has is None else max(tasked - has, 0)) * scale, 1),
                says=says(has, tasked),
            )
            for place, (label, has, tasked) in enumerate(rows)
        )
    )


def says(has: int | None, tasked: int) -> str:
    """Beside the bar: what is tasked of what there is."""
    of = "not stated" if has is None else f"{has / 10:,.0f}"
    return f"{tasked / 10:,.0f} of {of}"
