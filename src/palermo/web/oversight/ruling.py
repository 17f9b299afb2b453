"""One rule among the others: which it goes before and where, what leads to it, and who would own without it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from palermo.domain.policy import Period
from palermo.domain.remit import NOBODY, Interval, Remit, Rule
from palermo.domain.remit.tables import Cells
from palermo.packs import Pack
from palermo.web.oversight.comparing import Box, box_of
from palermo.web.oversight.counting import Counted, Numbers

NOT_OWNED = {NOBODY: "Nobody"}
TWO = "Two units at once"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a rule of another unit holds too: how many combinations, and the largest box of them."""

    other: Rule
    profiles: int
    box: Box
    boxes: int


@dataclass(frozen=True, slots=True)
class Lead:
    """A value which, put in place of another one, gives the referral to the rule: from whom, and how many."""

    says: str
    giving: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Heir:
    """Who would own without the rule, through which rules."""

    owner: str
    rules: tuple[str, ...]
    profiles: int
    referrals: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The rule in one span of days in which no rule changes."""

    period: Period
    profiles: int
    beats: tuple[Meeting, ...]
    beaten: tuple[Meeting, ...]
    leads: tuple[Lead, ...]
    heirs: tuple[Heir, ...]


def standings(pack: Pack, rule: Rule, counted: Counted, numbers: Numbers) -> tuple[Standing, ...]:
    """How the rule stands in each span of its days."""
    remit = pack.remit
    history = counted.history(remit.starts)
    other = without(remit, rule)
    found: list[Standing] = []
    for interval, counts in zip(remit.intervals, history.counts, strict=True):
        if rule not in interval.rules:
            continue
        mine = interval.winners == interval.numbers[interval.rules.index(rule)]
        found.append(
            Standing(
                interval.period,
                int(mine.sum()),
                meetings(pack, interval, rule, beats=True),
                meetings(pack, interval, rule, beats=False),
                leads(pack, interval, rule, mine),
                heirs(other, interval, rule, mine, counts, numbers),
            )
        )
    return tuple(found)


def without(remit: Remit, rule: Rule) -> Remit:
    """The remit as if the rule had never been."""
    rest = [one for one in remit.rules if one is not rule]
    known = {one.id for one in rest}
    return remit.replaced(replace(one, overrides=tuple(id_ for id_ in one.overrides if id_ in known)) for one in rest)


def meetings(pack: Pack, interval: Interval, rule: Rule, *, beats: bool) -> tuple[Meeting, ...]:
    """The rules of other units that hold where this one decides, or that decide where it holds; most first."""
    held = interval.holding
    labels: dict[int, list[int]] = {}
    for label, (combination, place) in enumerate(zip(held.combinations, interval.deciding, strict=True)):
        here = [n for n in combination if interval.rules[n].owner != rule.owner]
        mine = any(interval.rules[n] is rule for n in combination)
        if beats and place >= 0 and interval.rules[place] is rule:
            for n in here:
                labels.setdefault(n, []).append(label)
        elif not beats and mine and place in here:
            labels.setdefault(place, []).append(label)
    found = []
    for place, wanted in labels.items():
        cells: Cells = held.cells_where([label in wanted for label in range(len(held.combinations))])
        boxes = held.grid.boxes(cells)
        day = interval.period.start or pack.remit.start
        told = box_of(pack, boxes[0], (day,))
        found.append(Meeting(interval.rules[place], held.count(cells), told, len(boxes)))
    return tuple(sorted(found, key=lambda one: -one.profiles))


def leads(pack: Pack, interval: Interval, rule: Rule, mine: np.ndarray) -> tuple[Lead, ...]:
    """The values that lead to the rule when one fact alone changes, and from which units."""
    vocabulary = pack.vocabulary
    owners = {number: pack.remit.rules[number].owner for number in set(interval.winners.tolist()) if number >= 0}
    winners, cells = interval.winners.reshape(vocabulary.sizes), mine.reshape(vocabulary.sizes)
    found = []
    for axis, field in enumerate(vocabulary.fields):
        for place, value in enumerate(field.values):
            reached = np.take(cells, [place], axis=axis)
            if not reached.any():
                continue
            numbers, counts = np.unique(winners[np.broadcast_to(reached, cells.shape)], return_counts=True)
            giving: Counter[str] = Counter()
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                if number >= 0 and owners[number] != rule.owner:
                    giving[owners[number]] += count
            if giving:
                found.append(Lead(f"If {field.says(value)}", tuple(giving.most_common())))
    return tuple(found)


def heirs(
    other: Remit, interval: Interval, rule: Rule, mine: np.ndarray, counts: np.ndarray, numbers: Numbers
) -> tuple[Heir, ...]:
    """Who would own what the rule decides if it lapsed, most first; `counts` are the referrals of the span."""
    after = other.on(interval.period.start or other.start).winners
    profiles: Counter[str] = Counter()
    referrals: Counter[str] = Counter()
    through: dict[str, list[str]] = {}
    for number in np.unique(after[mine]).tolist():
        here = mine & (after == number)
        owner = other.rules[number].owner if number >= 0 else NOT_OWNED.get(number, TWO)
        profiles[owner] += int(here.sum())
        referrals[owner] += int(counts[here].sum())
        through.setdefault(owner, []).extend([other.rules[number].id] if number >= 0 else [])
    told = numbers.table({(rule.id, owner): referrals[owner] for owner in profiles}) if profiles else {}
    return tuple(
        Heir(owner, tuple(through[owner]), count, told[rule.id, owner].words) for owner, count in profiles.most_common()
    )
