"""Would a slip in a rule be noticed? One value at a time is changed, and the nets are counted that catch it.

The summary beside this file is the last net: it changes with almost every profile that moves. After a change that is
meant, write it anew with `.venv/bin/python tests/packs/test_mutations.py`, and look at what git says has moved.
"""

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from palermo.domain.policy import Period
from palermo.domain.remit import NoOwner, RemitFaults
from palermo.domain.vocabulary import Condition
from palermo.packs import load

SUMMARY = Path(__file__).parent / "mps-2010.summary.json"
TRIED = 300


@pytest.fixture(scope="module")
def pack():
    return load("mps-2010")


def mutants(pack):
    """Every change of one value of one rule: a value in or out of its condition, its owner, a day, an override."""
    remit = pack.remit
    for place, rule in enumerate(remit.rules):
        for axis, size in enumerate(pack.vocabulary.sizes):
            for value in range(size):
                masks = list(rule.when.masks)
                masks[axis] ^= 1 << value
                if masks[axis]:
                    yield place, replace(rule, when=Condition(tuple(masks)))
        for owner in remit.owners:
            if owner != rule.owner:
                yield place, replace(rule, owner=owner)
        for days in (-31, -1, 1, 31):
            shift = timedelta(days=days)
            if rule.period.start:
                yield place, replace(rule, period=Period(rule.period.start + shift, rule.period.end))
            if rule.period.end:
                yield place, replace(rule, period=Period(rule.period.start, rule.period.end + shift))
        for other in rule.overrides:
            yield place, replace(rule, overrides=tuple(id_ for id_ in rule.overrides if id_ != other))
        for other in {other.id for other in remit.rules} - {rule.id, *rule.overrides}:
            yield place, replace(rule, overrides=(*rule.overrides, other))


def owners_on(remit, day):
    names = np.array([*(rule.owner for rule in remit.rules), "two", "nobody"])
    return names[remit.on(day).winners]


def moves(before, after):
    """Whether some profile has another owner on some day."""
    days = sorted({*before.starts, *after.starts})
    return any((owners_on(before, day) != owners_on(after, day)).any() for day in days)


def example_differs(pack, remit):
    for example in pack.examples:
        route = remit.route(pack.read_facts(example.facts).profile, example.on)
        found = {"owner": route.owner, "rule": route.rule.id, "contested_by": list(route.contested_by)}
        if any(example.expects[name] != found[name] for name in found if name in example.expects):
            return True
    return False


def caught_by(pack, rules):
    """The first net that catches these rules; "nothing", or None where no profile moves."""
    try:
        remit = pack.remit.replaced(rules)
    except RemitFaults:
        return "rules"
    if not moves(pack.remit, remit):
        return None
    try:
        if not remit.sound:
            return "proof"
        if remit.broken(pack.invariants):
            return "invariants"
        if example_differs(pack, remit):
            return "examples"
    except NoOwner:
        return "proof"
    return "summary" if remit.summary() != pack.remit.summary() else "nothing"


def test_the_committed_summary_is_that_of_the_pack(pack):
    assert json.loads(SUMMARY.read_text(encoding="utf-8")) == pack.remit.summary(), (
        "the remit moves profiles: look at what moves, then write the summary anew (see the head of this file)"
    )


def test_of_the_slips_that_move_a_profile_nearly_all_are_caught(pack):
    every = list(mutants(pack))
    nets: dict[str | None, int] = {}
    for place, rule in random.Random(date(2010, 4, 1).toordinal()).sample(every, TRIED):
        rules = [*pack.remit.rules[:place], rule, *pack.remit.rules[place + 1 :]]
        net = caught_by(pack, rules)
        nets[net] = nets.get(net, 0) + 1
    moved = sum(count for net, count in nets.items() if net is not None)

    assert moved >= TRIED / 3
    assert 1 - nets.get("nothing", 0) / moved >= 0.95, nets
    # the summary alone would be a net that people learn to write anew without looking
    assert 1 - (nets.get("nothing", 0) + nets.get("summary", 0)) / moved >= 0.9, nets


if __name__ == "__main__":
    SUMMARY.write_text(json.dumps(load("mps-2010").remit.summary(), indent=1) + "\n", encoding="utf-8")
