"""Before and after: who hands what to whom, between two days of a remit or between a remit and a proposal?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Protocol
from urllib.parse import urlencode

import numpy as np
from django.http import QueryDict

from palermo.analytics.disclosure import TOTAL
from palermo.domain.policy import Period, day_before
from palermo.domain.remit import OutsideRemit, Rule
from palermo.domain.remit.compare import Comparison, Version, compare, shared_cuts
from palermo.domain.remit.proof import worked
from palermo.domain.remit.tables import Grid
from palermo.domain.vocabulary import Condition
from palermo.packs import Pack
from palermo.web.oversight.asking import main_change
from palermo.web.oversight.counting import EXACT, UNTOLD, Counted, Numbers, Shown
from palermo.web.oversight.days import PARTS, DayAsked, of_day, read_day
from palermo.web.oversight.reading import Limit, facts_in_words, when_words

REFERRALS, PROFILES = "referrals", "profiles"
COUNTS = {REFERRALS: "The referrals of this site", PROFILES: "Every combination of facts, once"}
WORDS = {REFERRALS: "referrals", PROFILES: "combinations of facts"}
MOST = 6
"""So many boxes of one pair of rules are told, the largest first; a sentence says how many more there are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the address, and the element that puts it right."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What goes from one owner to another; `words` are its number, empty where no rule does that."""

    before: str
    after: str
    words: str

    @property
    def stays(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the matrix: all that one owner had."""

    owner: str
    cells: tuple[Cell, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Box:
    """Referrals alike, in words, with one of them to try."""

    when: tuple[Limit, ...]
    profiles: int
    words: str
    example: str
    address: str


@dataclass(frozen=True, slots=True)
class Move:
    """What goes from a rule to another; `count` is a number of referrals or of profiles, as was asked for."""

    was: Rule
    will: Rule
    profiles: int
    count: int
    shown: Shown
    down: bool

    @property
    def words(self) -> str:
        return self.shown.words

    @property
    def held_back(self) -> bool:
        return self.shown.words == UNTOLD.words


@dataclass(frozen=True)
class Weighed:
    """Two versions, each held fast at one day, over every profile and, where asked for, over counted referrals."""

    before: Version
    after: Version
    counted: Counted | None
    numbers: Numbers

    @cached_property
    def structure(self) -> Comparison:
        """Over each profile once: what can move, whether or not a referral did."""
        return compare(self.before, self.after)

    @cached_property
    def comparison(self) -> Comparison:
        """Over what is counted."""
        if self.counted is None:
            return self.structure
        return compare(self.before, self.after, self.counted.history(shared_cuts(self.before, self.after)))

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """Every pair of rules that shares a profile, also those that stay with their unit; the largest first."""
        was, will = self.before.remit, self.after.remit
        found = []
        for old, new in np.argwhere(self.structure.pairs).tolist():
            first, then = was.rules[old], will.rules[new]
            count = int(self.comparison.pairs[old, new])
            found.append(
                Move(
                    first,
                    then,
                    int(self.structure.pairs[old, new]),
                    count,
                    UNTOLD,
                    was.tier(first.owner) > will.tier(then.owner),
                )
            )
        told = self.numbers.table({(move.was.id, move.will.id): move.count for move in found})
        ordered = sorted(found, key=lambda move: (-told[move.was.id, move.will.id].size, -move.profiles))
        return tuple(replace(move, shown=told[move.was.id, move.will.id]) for move in ordered)

    @cached_property
    def sums(self) -> dict[tuple[str, str], int]:
        """How many go from which owner to which, those included that could and of which there is none."""
        found: dict[tuple[str, str], int] = {}
        for move in self.moves:
            pair = move.was.owner, move.will.owner
            found[pair] = found.get(pair, 0) + move.count
        return found

    @cached_property
    def told(self) -> dict[tuple[str, str], Shown]:
        """The same as it may be shown, with totals, the largest first."""
        return dict(sorted(self.numbers.table(self.sums).items(), key=lambda item: -item[1].size))

    @cached_property
    def sizes(self) -> dict[tuple[str, str], int]:
        """What the flows may be drawn by."""
        return {pair: shown.size for pair, shown in self.told.items() if pair in self.sums}

    @cached_property
    def givers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(was for was, _ in self.sizes))

    @cached_property
    def takers(self) -> tuple[str, ...]:
        return tuple(takers(self.sizes))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(
                giver,
                tuple(Cell(giver, taker, self.words(giver, taker)) for taker in self.takers),
                self.told[giver, TOTAL].words,
            )
            for giver in self.givers
        )

    @cached_property
    def totals(self) -> tuple[str, ...]:
        return tuple(self.told[TOTAL, taker].words for taker in self.takers)

    def words(self, giver: str, taker: str) -> str:
        """How many go from one to the other; nothing where no rule does that."""
        return self.told[giver, taker].words if (giver, taker) in self.sums else ""

    @cached_property
    def flows(self) -> tuple[Cell, ...]:
        """The moves from unit to unit, the largest first."""
        return tuple(Cell(was, will, self.words(was, will)) for was, will in self.sizes if was != will)

    @cached_property
    def drawing(self) -> Drawing:
        return draw(self.sizes, self.label)

    def label(self, unit: str, *, giving: bool) -> str:
        return f"{unit}: {self.told[(unit, TOTAL) if giving else (TOTAL, unit)].words}"

    @property
    def total(self) -> str:
        return self.numbers.words(self.comparison.total)

    @property
    def moved(self) -> str:
        return self.numbers.words(self.comparison.moved)

    @cached_property
    def downgrades(self) -> tuple[Move, ...]:
        """What goes to a less specialised unit."""
        return tuple(move for move in self.moves if move.down)

    def between(self, giver: str, taker: str) -> tuple[Move, ...]:
        """The rules that take from one unit and give to another, or the same."""
        return tuple(move for move in self.moves if (move.was.owner, move.will.owner) == (giver, taker))

    def boxes(self, move: Move, pack: Pack) -> tuple[tuple[Box, ...], int]:
        """What moves from a rule to another, in boxes that share nothing, the largest first; and how many are not told.

        Values that no rule of the two days tells apart stay together, so that the boxes are few.
        """
        was, will = self.before, self.after
        days = was.day or was.remit.start, will.day or will.remit.start
        here = [*was.remit.on(days[0]).rules, *will.remit.on(days[1]).rules]
        vocabulary = pack.vocabulary
        grid = Grid(vocabulary, [rule.when for rule in here])
        firsts = np.ix_(*([(mask & -mask).bit_length() - 1 for mask in classes] for classes in grid.classes))
        cells = (was.winners(days[0]).reshape(vocabulary.sizes)[firsts] == was.remit.rules.index(move.was)) & (
            will.winners(days[1]).reshape(vocabulary.sizes)[firsts] == will.remit.rules.index(move.will)
        )
        parts = sorted(grid.parts(cells), key=len, reverse=True)
        words = self.words_of(move, parts)
        shown = tuple(box_of(pack, part, days, told) for part, told in zip(parts[:MOST], words, strict=False))
        return shown, len(parts) - len(shown)

    def words_of(self, move: Move, parts: Sequence[Condition]) -> list[str]:
        """How many referrals lie in each of a move's boxes; held back where the move's own number is."""
        if self.counted is None:
            return [""] * len(parts)
        if move.held_back:
            return [move.words] * len(parts)
        history = self.comparison.history
        counts = {(move.was.id, str(place)): history.count(Period(), part) or 0 for place, part in enumerate(parts)}
        told = self.numbers.table(counts)
        return [told[cell].words for cell in counts]


def box_of(pack: Pack, part: Condition, days: tuple[date, ...], words: str = "") -> Box:
    """A box of profiles in words, with an example and the address that tries it on these days."""
    facts = worked(pack.remit, part, Period(days[0])).facts
    example = facts_in_words(pack.read_facts(facts), {**facts, **pack.vocabulary.limits(part)})
    asked = dict(zip(("on", "and"), (day.isoformat() for day in dict.fromkeys(days)), strict=False))
    return Box(
        when_words(pack.vocabulary, part), len(part), words, example, f"?{urlencode([*asked.items(), *facts.items()])}"
    )


# The drawing: two columns of units and a band for each flow. No library draws it without styles in the page.

BETWEEN, BAR, TALL, APART, LABEL, BESIDE, THIN = 260, 12, 300, 8, 22, 8, 1.5
LETTER = 9
"""How wide a letter of a label is, on the whole and at most: the reader's system decides which letters it has."""


class Label(Protocol):
    """Gives the words beside a unit's bar, on the side that gives or on the one that takes."""

    def __call__(self, unit: str, *, giving: bool) -> str: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """A unit on one side, with its label beside it."""

    x: int
    y: float
    height: float
    label: str
    label_x: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Band:
    """What goes from a unit to a unit, as the outline of a path."""

    path: str
    title: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The flows as shapes, in the units of the picture."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]


def draw(sums: dict[tuple[str, str], int], label: Label) -> Drawing:
    """Two columns of bars and the bands between them; a flow however small is drawn, so that none is lost."""
    total = sum(sums.values()) or 1
    thick = {pair: max(THIN, TALL * count / total) for pair, count in sums.items()}
    columns = list(dict.fromkeys(was for was, _ in sums)), takers(sums)
    labels = [{unit: label(unit, giving=not side) for unit in units} for side, units in enumerate(columns)]
    margin = BESIDE + LETTER * max((len(words) for words_of in labels for words in words_of.values()), default=0)
    xs = margin, margin + BETWEEN
    bars: list[Bar] = []
    tops: list[dict[str, float]] = []
    bottom = 0.0
    for side, units in enumerate(columns):
        y, found = 0.0, {}
        for unit in units:
            height = sum(size for pair, size in thick.items() if pair[side] == unit)
            room = max(height, LABEL)
            found[unit] = y + (room - height) / 2
            bars.append(
                Bar(
                    x=xs[side],
                    y=found[unit],
                    height=height,
                    label=labels[side][unit],
                    label_x=xs[1] + BAR + BESIDE if side else xs[0] - BESIDE,
                    anchor="start" if side else "end",
                )
            )
            y += room + APART
        bottom = max(bottom, y)
        tops.append(found)
    left, right = tops
    bands = []
    for was in columns[0]:
        for will in columns[1]:
            if (was, will) in thick:
                size = thick[was, will]
                bands.append(Band(ribbon(xs, left[was], right[will], size), f"{was} to {will}", was == will))
                left[was] += size
                right[will] += size
    return Drawing(xs[1] + BAR + margin, round(bottom), tuple(bars), tuple(bands))


def takers(sums: dict[tuple[str, str], int]) -> list[str]:
    """The owners after, each about level with those it has its share from, so that few bands cross."""
    places = {unit: place for place, unit in enumerate(dict.fromkeys(was for was, _ in sums))}

    def middle(unit: str) -> float:
        shares = [(places[was], count) for (was, will), count in sums.items() if will == unit]
        whole = sum(count for _, count in shares)
        return sum(place * (count if whole else 1) for place, count in shares) / (whole or len(shares))

    return sorted(dict.fromkeys(will for _, will in sums), key=middle)


def ribbon(xs: tuple[int, int], left: float, right: float, size: float) -> str:
    """The outline of a band from the left column to the right one, by the tops of its ends."""
    begin, end = xs[0] + BAR, xs[1]
    middle = (begin + end) // 2
    return (
        f"M{begin},{left:.1f} C{middle},{left:.1f} {middle},{right:.1f} {end},{right:.1f} "
        f"V{right + size:.1f} C{middle},{right + size:.1f} {middle},{left + size:.1f} {begin},{left + size:.1f} Z"
    )


# What an address asks for


@dataclass(frozen=True)
class Changes:
    """The two days that an address asks for, held against each other."""

    pack: Pack
    query: QueryDict
    counted: Counted
    numbers: Numbers

    @cached_property
    def days(self) -> tuple[DayAsked, DayAsked]:
        """The two days; without any, the day before the pack's largest change and that day."""
        first, second = (
            read_day(self.query, "on", words="The first day"),
            read_day(self.query, "and", words="The second day"),
        )
        if not first.given and not second.given:
            change = main_change(self.pack)
            return of_day("on", day_before(change)), of_day("and", change)
        return tuple(
            day if day.given else DayAsked(day.name, problem=f"Enter the {which} day")
            for day, which in ((first, "first"), (second, "second"))
        )

    @cached_property
    def count(self) -> str:
        """What is counted: what was asked for; without that, referrals if there are any."""
        asked = self.query.get("count", "")
        return asked if asked in COUNTS else REFERRALS if self.counted else PROFILES

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        found = [Problem(day.problem, f"#{day.first_box}") for day in self.days if day.problem]
        for day in self.days:
            if day.day:
                try:
                    self.pack.remit.on(day.day)
                except OutsideRemit as outside:
                    found.append(Problem(str(outside), f"#{day.first_box}"))
        asked = self.query.get("count", "")
        if asked and asked not in COUNTS:
            found.append(Problem(f"Choose what to count from the list; “{asked}” is not in it", "#count"))
        return tuple(found)

    @cached_property
    def weighed(self) -> Weighed | None:
        """The comparison; None while anything is wrong."""
        if self.problems:
            return None
        first, second = (self.pack.remit.at(day.day) for day in self.days)
        return weigh(first, second, self.count, self.counted, self.numbers)

    @property
    def tidy(self) -> bool:
        """Whether the address is without the boxes of the form."""
        boxes = {f"{day.name}-{part}" for day in self.days for part in PARTS}
        return bool(self.problems) or not boxes & set(self.query)

    def address(self, **more: str) -> str:
        """The query that asks this, and more."""
        pairs = {day.name: day.day.isoformat() for day in self.days if day.day}
        if self.query.get("count") in COUNTS:
            pairs["count"] = self.count
        return f"?{urlencode({**pairs, **more})}"

    @property
    def changes(self) -> tuple[tuple[date, str], ...]:
        """The days on which rules change, each with the address of that change."""
        count = {"count": self.count} if self.query.get("count") in COUNTS else {}
        return tuple(
            (day, f"?{urlencode({'on': day_before(day).isoformat(), 'and': day.isoformat(), **count})}")
            for day in self.pack.remit.starts[1:]
        )


def weigh(before: Version, after: Version, count: str, counted: Counted, numbers: Numbers) -> Weighed:
    """Two versions held against each other, over referrals or over profiles; profiles are nobody's secret."""
    if count == REFERRALS:
        return Weighed(before, after, counted, numbers)
    return Weighed(before, after, None, EXACT)
