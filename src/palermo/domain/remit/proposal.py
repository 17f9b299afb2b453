"""Proposal: what if, from some day on, some rules were others?

A proposal is laid over a remit and makes another one; the remit itself stays. Rules keep their ids, so what overrides
them still does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from palermo.domain.policy import Period, listed, nearest
from palermo.domain.remit.rules import RemitFaults, Rule


@dataclass(frozen=True, slots=True)
class Proposal:
    """From a day on: units whose rules go to others, rules that end, and rules that are added."""

    effective: date
    title: str = ""
    reassign: Mapping[str, str] = field(default_factory=dict)
    end: tuple[str, ...] = ()
    add: tuple[Rule, ...] = ()


def proposal_faults(rules: tuple[Rule, ...], proposal: Proposal) -> Iterator[tuple[str, str]]:
    """What in a proposal does not fit the rules: the row and a sentence for each."""
    later = [rule for rule in rules if rule.period.end is None or rule.period.end > proposal.effective]
    owners = {rule.owner for rule in later}
    for unit, heir in proposal.reassign.items():
        if unit not in owners:
            near = nearest(unit, sorted(owners))
            hint = f"Did you mean {listed(near, 'or')}?" if near else f"Owners: {', '.join(sorted(owners))}."
            yield unit, f"it owns nothing from {proposal.effective}, so nothing can be reassigned. {hint}"
        if heir == unit:
            yield unit, "it is reassigned to itself. Take that out."
    known = {rule.id for rule in later}
    for id_ in proposal.end:
        if id_ not in known:
            yield id_, f"there is no such rule in force from {proposal.effective}, so it cannot end. Correct the id."
    for rule in proposal.add:
        if rule.period.start is not None and rule.period.start < proposal.effective:
            yield rule.id, f"it starts on {rule.period.start}, before the proposal takes effect. Move one of them."


def with_proposal(rules: tuple[Rule, ...], proposal: Proposal) -> tuple[Rule, ...]:
    """The rules as they would be. Raises RemitFaults with all that does not fit."""
    if faults := list(proposal_faults(rules, proposal)):
        raise RemitFaults(faults)
    found: list[Rule] = []
    for rule in rules:
        before, after = split(rule, proposal.effective)
        if before is not None and (after is None or touched(rule, proposal)):
            found.append(before)
        if after is None:
            continue
        if not touched(rule, proposal):
            found.append(rule)
        elif rule.id not in proposal.end:
            found.append(dataclasses.replace(after, owner=proposal.reassign[rule.owner]))
    for rule in proposal.add:
        found.append(dataclasses.replace(rule, period=Period(rule.period.start or proposal.effective, rule.period.end)))
    return tuple(found)


def touched(rule: Rule, proposal: Proposal) -> bool:
    return rule.id in proposal.end or rule.owner in proposal.reassign


def split(rule: Rule, day: date) -> tuple[Rule | None, Rule | None]:
    """The rule until a day, and the rule from that day on; None for a part that has no days."""
    before = Period(rule.period.start, min(day, rule.period.end or day))
    after = Period(max(day, rule.period.start or day), rule.period.end)
    starts_later = rule.period.start is not None and rule.period.start >= day
    return (
        None if starts_later else dataclasses.replace(rule, period=before),
        None if after.empty else dataclasses.replace(rule, period=after),
    )
