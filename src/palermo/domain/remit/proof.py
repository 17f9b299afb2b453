"""Proof: has every possible referral exactly one owner, on every date?

There are finitely many profiles and finitely many spans of days, so each is looked at. What is wrong is told as the
largest box of profiles that is wrong throughout, with the rules nearest to it and a worked example.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from palermo.domain.policy import Basis, Period, listed
from palermo.domain.remit.compiled import DISPUTED, NOBODY, Compiled, Interval
from palermo.domain.remit.history import Histogram
from palermo.domain.remit.rules import Rule
from palermo.domain.vocabulary import Condition


@dataclass(frozen=True, slots=True)
class Worked:
    """A referral to try it with: facts in the contract's names, what is missing left out, and a day."""

    facts: dict[str, str]
    on: date

    def as_dict(self) -> dict[str, object]:
        return {"facts": self.facts, "on": self.on.isoformat()}


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that would hold if it were not for some fields, with the values it needs there."""

    rule: Rule
    needs: dict[str, tuple[str, ...]]

    @property
    def says(self) -> str:
        needs = [f"{name} {listed(values, 'or')}" for name, values in self.needs.items()]
        return f"{self.rule.id} (needs {listed(needs)})"


@dataclass(frozen=True, slots=True)
class Gap:
    """Profiles that no rule gives to anyone."""

    period: Period
    box: Condition
    limits: dict[str, tuple[str, ...]]
    profiles: int
    past: int | None
    nearest: tuple[Near, ...]
    example: Worked
    says: str

    def as_dict(self) -> dict[str, object]:
        return {
            **dates(self.period),
            "when": {name: list(values) for name, values in self.limits.items()},
            "profiles": self.profiles,
            "past_referrals": self.past,
            "nearest": [
                {"rule": near.rule.id, "needs": {n: list(v) for n, v in near.needs.items()}} for near in self.nearest
            ],
            "example": self.example.as_dict(),
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Overlap:
    """Profiles that two rules of different units claim, neither going before the other. `boxes`: largest first."""

    period: Period
    rules: tuple[Rule, Rule]
    boxes: tuple[Condition, ...]
    limits: dict[str, tuple[str, ...]]
    profiles: int
    past: int | None
    example: Worked
    says: str

    def as_dict(self) -> dict[str, object]:
        return {
            **dates(self.period),
            "rules": [rule.id for rule in self.rules],
            "owners": [rule.owner for rule in self.rules],
            "sources": [list(rule.cites) for rule in self.rules],
            "when": {name: list(values) for name, values in self.limits.items()},
            "profiles": self.profiles,
            "past_referrals": self.past,
            "example": self.example.as_dict(),
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Dead:
    """A rule that never decides anything, and the rules that do in its place."""

    rule: Rule
    instead: tuple[str, ...]
    says: str

    def as_dict(self) -> dict[str, object]:
        return {"rule": self.rule.id, **dates(self.rule.period), "instead": list(self.instead), "says": self.says}


@dataclass(frozen=True, slots=True)
class Lapse:
    """A rule that ends, and who owns from then on what it decided: (unit, rules, profiles). A note, no fault."""

    rule: Rule
    day: date
    heirs: tuple[tuple[str, tuple[str, ...], int], ...]
    past: int | None
    says: str

    def as_dict(self) -> dict[str, object]:
        return {
            "rule": self.rule.id,
            "on": self.day.isoformat(),
            "owner": self.rule.owner,
            "heirs": [{"owner": owner, "rules": list(rules), "profiles": count} for owner, rules, count in self.heirs],
            "past_referrals": self.past,
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """One interval that was looked at: how many rules, and how many profiles have no owner or two."""

    period: Period
    rules: int
    profiles: int
    unowned: int
    disputed: int

    @property
    def says(self) -> str:
        parts = [f"{self.rules} rules, {self.profiles:,} profiles {self.period.words}"]
        for count, words in ((self.unowned, "owned by nobody"), (self.disputed, "claimed by two units")):
            parts.append(f"{count:,} {words} ({100 * count / self.profiles:.1f} %)")
        return ": ".join([parts[0], ", ".join(parts[1:])])

    def as_dict(self) -> dict[str, object]:
        return {
            **dates(self.period),
            "rules": self.rules,
            "profiles": self.profiles,
            "unowned": self.unowned,
            "disputed": self.disputed,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found. Lapses are notes; the rest must be empty for the remit to be sound."""

    remit: str
    stated: bool
    intervals: tuple[Looked, ...]
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]
    dead: tuple[Dead, ...]
    lapses: tuple[Lapse, ...]

    @property
    def ok(self) -> bool:
        return not (self.gaps or self.overlaps or self.dead)

    def as_dict(self) -> dict[str, object]:
        return {
            "remit": self.remit,
            "stated": self.stated,
            "ok": self.ok,
            "intervals": [looked.as_dict() for looked in self.intervals],
            "gaps": [gap.as_dict() for gap in self.gaps],
            "overlaps": [overlap.as_dict() for overlap in self.overlaps],
            "dead": [dead.as_dict() for dead in self.dead],
            "lapses": [lapse.as_dict() for lapse in self.lapses],
        }

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence for each gap, overlap and dead rule."""
        gaps = [gap.says for gap in self.gaps]
        overlaps = [overlap.says for overlap in self.overlaps]
        return (*gaps, *overlaps, *(dead.says for dead in self.dead))

    def lines(self) -> Iterator[str]:
        """The report for people: intervals, then faults, then notes, one a line."""
        which = f"{self.remit}, only what the source states" if self.stated else self.remit
        yield f"{which}: {'every possible referral has exactly one owner' if self.ok else 'not sound'}"
        yield from (looked.says for looked in self.intervals)
        yield from self.faults
        yield from (f"Note: {lapse.says}" for lapse in self.lapses)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def check(
    remit: Compiled,
    *,
    stated: bool = False,
    start: date | None = None,
    end: date | None = None,
    history: Histogram | None = None,
) -> Report:
    """Look at every profile on every day, or on those from `start` up to, and without, `end`.

    With `stated`, only rules that the source itself states count, and none of them goes before another: what is left is
    what the source alone leaves to nobody, or to two. A `history` adds how many past referrals fall in each box; it
    counts where its cuts are those of the remit.
    """
    span = Period(start, end)
    if stated:
        remit = only_stated(remit)
    looking = [
        (interval, clipped(interval.period, span)) for interval in remit.intervals if interval.period.meets(span)
    ]
    return Report(
        remit=remit.id,
        stated=stated,
        intervals=tuple(look(remit, interval, period) for interval, period in looking),
        gaps=tuple(gap for interval, period in looking for gap in gaps(remit, interval, period, history)),
        overlaps=tuple(
            overlap
            for interval, period in looking
            for overlap in overlaps(remit, interval, period, history, stated=stated)
        ),
        dead=() if stated else tuple(dead_rules(remit, [interval for interval, _ in looking])),
        lapses=() if stated else tuple(lapse for lapse in lapses(remit, history) if lapse.day in span),
    )


def only_stated(remit: Compiled) -> Compiled:
    """The remit of the source alone: its stated rules, none going before another."""
    return remit.replaced(dataclasses.replace(rule, overrides=()) for rule in remit.rules if rule.basis is Basis.STATED)


def clipped(period: Period, span: Period) -> Period:
    starts = [day for day in (period.start, span.start) if day is not None]
    ends = [day for day in (period.end, span.end) if day is not None]
    return Period(max(starts, default=None), min(ends, default=None))


def look(remit: Compiled, interval: Interval, period: Period) -> Looked:
    counts = {
        kind: interval.holding.count(interval.holding.cells_where([n == kind for n in interval.deciding]))
        for kind in (NOBODY, DISPUTED)
    }
    return Looked(period, len(interval.rules), remit.vocabulary.size, counts[NOBODY], counts[DISPUTED])


def gaps(remit: Compiled, interval: Interval, period: Period, history: Histogram | None) -> Iterator[Gap]:
    vocabulary = remit.vocabulary
    wrong = interval.holding.cells_where([place == NOBODY for place in interval.deciding])
    for box in interval.holding.grid.boxes(wrong):
        past = history.count(period, box) if history else None
        near = nearest(remit, interval.rules, box)
        says = f"Nobody owns {len(box):,} of {vocabulary.size:,} profiles {period.words}: {vocabulary.words(box)}."
        if past is not None:
            says += f" {past:,} past referrals fall here."
        if near:
            says += " Nearest: " + ", ".join(other.says for other in near) + "."
        yield Gap(period, box, vocabulary.limits(box), len(box), past, near, worked(remit, box, period), says)


def nearest(remit: Compiled, rules: Sequence[Rule], box: Condition, most: int = 4) -> tuple[Near, ...]:
    """The rules that miss the box by the fewest fields, the most specific first, and what they need there."""
    found = []
    for rule in sorted(rules, key=lambda rule: len(rule.when)):
        apart = [place for place, (a, b) in enumerate(zip(rule.when.masks, box.masks, strict=True)) if not a & b]
        needs = remit.vocabulary.limits(rule.when)
        names = [remit.vocabulary.fields[place].name for place in apart]
        found.append(Near(rule, {name: needs[name] for name in names}))
    fewest = min((len(near.needs) for near in found), default=0)
    return tuple(near for near in found if len(near.needs) == fewest)[:most]


def overlaps(
    remit: Compiled, interval: Interval, period: Period, history: Histogram | None, *, stated: bool
) -> Iterator[Overlap]:
    held = interval.holding
    pairs: dict[tuple[str, str], tuple[tuple[Rule, Rule], list[int]]] = {}
    for label, place in enumerate(interval.deciding):
        if place == DISPUTED:
            for pair in interval.rivals(label):
                pairs.setdefault((pair[0].id, pair[1].id), (pair, []))[1].append(label)
    for pair, labels in pairs.values():
        cells = held.cells_where([label in labels for label in range(len(held.combinations))])
        boxes = held.grid.boxes(cells)
        profiles = held.count(cells)
        past = total(history, period, boxes)
        where = remit.vocabulary.words(boxes[0])
        if len(boxes) > 1:
            where += f"; and {len(boxes) - 1} more like it"
        count = f"{profiles:,} profile{'' if profiles == 1 else 's'}"
        says = both_claim(pair, interval, f"{count} {period.words}: {where}.", stated=stated)
        if past is not None:
            says += f" {past:,} past referrals fall here."
        yield Overlap(
            period,
            pair,
            boxes,
            remit.vocabulary.limits(boxes[0]),
            profiles,
            past,
            worked(remit, boxes[0], period),
            says,
        )


def both_claim(pair: tuple[Rule, Rule], interval: Interval, where: str, *, stated: bool) -> str:
    a, b = pair
    if stated:
        return f"{a} in {listed(a.cites)} and {b} in {listed(b.cites)} are both given {where}"
    shared = sorted(interval.under[a.id] & interval.under[b.id])
    if shared:
        start = f"{a} and {b} both override {listed(shared)} and neither overrides the other: both claim {where}"
    else:
        start = f"{a} and {b} both claim {where}"
    return f'{start} Say which wins: add overrides = ["{b.id}"] to {a.id}, or the reverse, or narrow one.'


def total(history: Histogram | None, period: Period, boxes: Sequence[Condition]) -> int | None:
    """Past referrals in boxes that may share profiles, each counted once; None where there is no exact count."""
    if history is None:
        return None
    seen: list[Condition] = []
    found = 0
    for box in boxes:
        for part in apart(box, seen):
            counted = history.count(period, part)
            if counted is None:
                return None
            found += counted
        seen.append(box)
    return found


def apart(box: Condition, others: Sequence[Condition]) -> list[Condition]:
    """What is left of a box without others, as boxes that share nothing."""
    left = [box]
    for other in others:
        left = [part for whole in left for part in without(whole, other)]
    return left


def without(box: Condition, other: Condition) -> Iterator[Condition]:
    if not box.meets(other):
        yield box
        return
    masks = list(box.masks)
    for place, mask in enumerate(other.masks):
        if rest := masks[place] & ~mask:
            yield Condition((*masks[:place], rest, *masks[place + 1 :]))
        masks[place] &= mask


def dead_rules(remit: Compiled, intervals: Sequence[Interval]) -> Iterator[Dead]:
    """The rules that decide nothing in any of these intervals, though in force in some."""
    in_force = {(rule.id, rule.period): rule for interval in intervals for rule in interval.rules}
    alive = {
        (interval.rules[place].id, interval.rules[place].period)
        for interval in intervals
        for place in interval.deciding
        if place >= 0
    }
    # where units dispute a profile, the rules in the dispute are not dead but the dispute's
    alive |= {
        (rule.id, rule.period)
        for interval in intervals
        for label, place in enumerate(interval.deciding)
        if place == DISPUTED
        for pair in interval.rivals(label)
        for rule in pair
    }
    for key, rule in in_force.items():
        if key in alive:
            continue
        instead = sorted(
            {
                interval.rules[place].id
                for interval in intervals
                for combination, place in zip(interval.holding.combinations, interval.deciding, strict=True)
                if place >= 0 and any(interval.rules[n] is rule for n in combination)
            }
        )
        there = [interval.under for interval in intervals if rule.id in interval.under]
        over = all(rule.id in under[other] for under in there for other in instead if other in under)
        verb = ("override" if over else "cover") + ("s" if len(instead) == 1 else "")
        says = f"{rule.id} never wins: {listed(instead)} {verb} it everywhere it applies. Take it out or narrow them."
        yield Dead(rule, tuple(instead), says)


def lapses(remit: Compiled, history: Histogram | None = None) -> Iterator[Lapse]:
    """Who owns, from the day a rule ends, what it decided on the day before."""
    for before, after in zip(remit.intervals, remit.intervals[1:], strict=False):
        day = after.period.start
        if day is None:
            continue
        for place, rule in enumerate(before.rules):
            if rule.period.end != day:
                continue
            profiles = np.flatnonzero(before.winners == before.numbers[place])
            found = lapse(remit, rule, day, profiles, after, history) if profiles.size else None
            # a new version of the same rule for the same unit hands nothing over
            if found and [(owner, rules) for owner, rules, _ in found.heirs] != [(rule.owner, (rule.id,))]:
                yield found


def lapse(
    remit: Compiled,
    rule: Rule,
    day: date,
    profiles: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    after: Interval,
    history: Histogram | None,
) -> Lapse:
    numbers, counts = np.unique(after.winners[profiles], return_counts=True)
    heirs: dict[str, tuple[list[str], int]] = {}
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        if number >= 0:
            owner, through = remit.rules[number].owner, [remit.rules[number].id]
        else:
            owner, through = "nobody" if number == NOBODY else "two units at once", []
        ids, so_far = heirs.get(owner, ([], 0))
        heirs[owner] = (ids + through, so_far + count)
    ordered = sorted(heirs.items(), key=lambda item: -item[1][1])
    parts = []
    for owner, (ids, count) in ordered:
        share = "its" if len(ordered) == 1 else f"{count:,} of its"
        parts.append(f"{owner} owns {share} profiles" + (f" through {listed(ids)}" if ids else ""))
    past = None
    if history is not None:
        past = sum(
            int(counted[profiles].sum())
            for span, counted in zip(history.periods, history.counts, strict=True)
            if span.start is not None and span.start < day and span.start in rule.period
        )
    says = f"{rule.id} ({rule.owner}) ends on {day}. From then {listed(parts)}."
    if past is not None:
        says += f" {past:,} past referrals were decided by it."
    return Lapse(rule, day, tuple((owner, tuple(ids), count) for owner, (ids, count) in ordered), past, says)


def worked(remit: Compiled, box: Condition, period: Period) -> Worked:
    """A referral in the box: known is what the box is about; what is derived is given by what it follows from."""
    return Worked(remit.facts_of(remit.vocabulary.one_of(box)), period.start or remit.start)


def dates(period: Period) -> dict[str, object]:
    return {
        "from": period.start.isoformat() if period.start else None,
        "to": period.end.isoformat() if period.end else None,
    }
