"""Explanation: why this unit, in words an officer can read?

The words come from the rule and the table, not from a record of how they were gone through: what the rule asks and what
the referral says to it, the paragraph, and which rules it was put before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from palermo.domain.policy import Basis, listed
from palermo.domain.remit.compiled import Interval, Route
from palermo.domain.remit.rules import Rule
from palermo.domain.vocabulary import Vocabulary

Naming = Callable[[str], str]
"""From a unit's id its name that day, with the id where they differ."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field whose other values would give the referral to another unit, and by which rule."""

    field: str
    values: tuple[str, ...]
    owner: str
    rule: str
    says: str


def because(route: Route, profile: int, vocabulary: Vocabulary) -> dict[str, str]:
    """The facts that decided: the fields that the rule asks about, with the referral's values."""
    return {name: vocabulary.value(profile, name) for name in vocabulary.limits(route.rule.when)}


def why(route: Route, profile: int, vocabulary: Vocabulary, naming: Naming) -> str:
    """The explanation of a route: owner, facts, paragraph, and what the rule was put before."""
    rule = route.rule
    facts = [vocabulary.by_name[field].says(value) for field, value in because(route, profile, vocabulary).items()]
    reasons = f" because {listed(facts)}" if facts else ", whatever is known of it"
    said = [f"{naming(rule.owner)} owns this referral{reasons}.", standing(rule, contested=bool(route.contested))]
    if route.contested:
        claims = [f"{naming(other.owner)} by rule {other.id}, {listed(other.cites)}" for other in route.contested]
        said.append(f"The source also gives it to {listed(claims)}; this pack puts rule {rule.id} first.")
    silent = [other for other in route.overrode if other not in route.contested]
    if silent:
        said.append(f"Rule {rule.id} goes before {listed([f'{r.id} of {naming(r.owner)}' for r in silent])}.")
    return " ".join(said)


def standing(rule: Rule, *, contested: bool) -> str:
    """The rule and its paragraph, and how firmly it stands on it."""
    cites = listed(rule.cites)
    reason = f" {sentence(rule.why)}" if rule.why else ""
    if rule.basis is Basis.STATED:
        return f"Rule {rule.id}, stated in {cites}." + (reason if contested else "")
    if rule.basis is Basis.INFERRED:
        return f"Rule {rule.id}, inferred from {cites}.{reason}"
    return f"Rule {rule.id}, assumed where the source is silent or divided (see {cites}).{reason}"


def sentence(words: str) -> str:
    """Words with a capital in front and a full stop behind."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def otherwise(
    interval: Interval, profile: int, vocabulary: Vocabulary, naming: Naming, fixed: Sequence[str] = ()
) -> tuple[Change, ...]:
    """For each field, in order, the values that alone would move the referral to another unit, joined by unit and rule.

    Fields in `fixed` are left alone.
    """
    here = interval.routes[interval.combination[profile]]
    found: list[Change] = []
    for place, field in enumerate(vocabulary.fields):
        if field.name in fixed:
            continue
        stride = vocabulary.strides[place]
        base = profile - profile // stride % vocabulary.sizes[place] * stride
        moved: dict[tuple[str, str], list[str]] = {}
        for number, value in enumerate(field.values):
            route = interval.routes[interval.combination[base + number * stride]]
            if route is not None and (here is None or route.owner != here.owner):
                moved.setdefault((route.owner, route.rule.id), []).append(value)
        for (owner, rule), values in moved.items():
            facts = listed([field.says(value) for value in values], "or")
            says = f"If {facts}, {naming(owner)} would own it (rule {rule})."
            found.append(Change(field.name, tuple(values), owner, rule, says))
    return tuple(found)
