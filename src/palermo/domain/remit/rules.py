"""Rules: what does a row of the remit say, and which row goes before which?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from palermo.domain.policy import Basis, Period
from palermo.domain.remit.tables import double_versions
from palermo.domain.vocabulary import Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of referral, for one span of days, given to one unit."""

    id: str
    owner: str
    when: Condition
    period: Period
    basis: Basis
    cites: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    function: str | None = None
    why: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.id} ({self.owner})"


class RemitFaults(ValueError):
    """Raised for rules that are no remit; `faults` holds the id of a rule and a sentence for each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{rule}: {says}" for rule, says in faults))


def beneath(rules: Sequence[Rule]) -> dict[str, frozenset[str]]:
    """For each rule's id the ids it goes before: those it overrides, those which these override, and so on.

    Only among the rules given, which are those of one interval: a rule that is not in force hands nothing on.
    """
    here = {rule.id for rule in rules}
    direct = {rule.id: [other for other in rule.overrides if other in here] for rule in rules}
    found: dict[str, frozenset[str]] = {}
    for start in direct:
        seen: set[str] = set()
        ahead = list(direct[start])
        while ahead:
            rule = ahead.pop()
            if rule not in seen:
                seen.add(rule)
                ahead.extend(direct[rule])
        found[start] = frozenset(seen)
    return found


def circle(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The ids of one circle of overrides among rules in force together, its first id again at the end; or nothing."""
    under = beneath(rules)
    start = next((rule.id for rule in rules if rule.id in under[rule.id]), None)
    if start is None:
        return ()
    direct = {rule.id: rule.overrides for rule in rules}
    path = [start]
    while True:
        path.append(
            next(other for other in direct[path[-1]] if other == start or (other in under and start in under[other]))
        )
        if path[-1] in path[:-1]:
            return tuple(path[path.index(path[-1]) :])


def rule_faults(rules: Sequence[Rule], periods: Sequence[Period]) -> Iterator[tuple[str, str]]:
    """What is wrong with the rules as rules, before any table is made: the id of a rule and a sentence for each."""
    known = {rule.id for rule in rules}
    yield from double_versions(rules)
    for rule in rules:
        for other in rule.overrides:
            if other == rule.id:
                yield rule.id, "it overrides itself. Take that out."
            elif other not in known:
                yield rule.id, f"it overrides {other!r}, and there is no such rule. Correct the id or take it out."
        if rule.basis is Basis.ASSUMED and not rule.why:
            yield rule.id, "it is assumed and does not say why. Add `why`."
        if not rule.cites:
            yield rule.id, "it cites no paragraph. Add `cites`."
    told: set[frozenset[str]] = set()
    for period in periods:
        found = circle([rule for rule in rules if rule.period.meets(period)])
        if len(found) > 2 and frozenset(found) not in told:
            told.add(frozenset(found))
            yield found[0], f"overrides go in a circle: {' > '.join(found)}. Take one of them out."


def winner(holding: Sequence[int], rules: Sequence[Rule], under: Mapping[str, frozenset[str]]) -> int | None:
    """Of the rules that hold for a profile, the place of the one that decides; None where none does or two units claim.

    It overrides every other unit's rule that holds. Of several such, all of one unit, it is one that none of the
    others overrides, then the most specific, then the first in the file.
    """
    able = [
        place
        for place in holding
        if all(
            rules[other].owner == rules[place].owner or rules[other].id in under[rules[place].id] for other in holding
        )
    ]
    free = [place for place in able if not any(rules[place].id in under[rules[other].id] for other in able)]
    return min(free, key=lambda place: (len(rules[place].when), place), default=None)


def rivals(
    holding: Sequence[int], rules: Sequence[Rule], under: Mapping[str, frozenset[str]]
) -> tuple[tuple[int, int], ...]:
    """The pairs of rules of two units that hold for a profile and of which neither overrides the other.

    Of those, only pairs that no further rule goes before, unless there are none.
    """
    pairs = [
        (a, b)
        for place, a in enumerate(holding)
        for b in holding[place + 1 :]
        if rules[a].owner != rules[b].owner
        and rules[b].id not in under[rules[a].id]
        and rules[a].id not in under[rules[b].id]
    ]
    top = {a for a in holding if not any(rules[a].id in under[rules[b].id] for b in holding)}
    return tuple(pair for pair in pairs if top.issuperset(pair)) or tuple(pairs)
