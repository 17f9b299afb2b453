"""Random remits, and whose referral it is by the plainest way there is: rule by rule, with nothing prepared."""

from datetime import date
from itertools import product

from hypothesis import strategies as st

from palermo.domain.policy import Basis, Period
from palermo.domain.remit import Remit, Rule
from palermo.domain.vocabulary import Field, Vocabulary

START = date(2007, 4, 1)
DAYS = (date(2009, 1, 1), date(2010, 4, 1), date(2011, 1, 1))


def a_field(name="age", values=("adult", "child", "unknown"), **more):
    return Field(name, tuple(values), more.pop("missing", values[-1]), **more)


def a_vocabulary(*fields):
    return Vocabulary(1, fields or (a_field(), a_field("reach", ("borough", "national", "unknown"))))


def a_rule(vocabulary, id="A1", owner="SPECIALIST", when=None, starts=None, ends=None, **more):
    more = {"basis": Basis.STATED, "cites": ("§1",), **more}
    return Rule(id, owner, vocabulary.condition(when or {}), Period(starts, ends), **more)


def a_remit(vocabulary, *rules, **more):
    return Remit("a-remit", vocabulary, rules, start=START, **more)


def every_profile(vocabulary):
    return product(*(field.values for field in vocabulary.fields))


def holds(rule, values, vocabulary):
    limits = vocabulary.limits(rule.when)
    return all(values[name] in allowed for name, allowed in limits.items())


def overrides(rule, other, rules):
    """Whether one goes before the other, followed from rule to rule by hand."""
    by_id = {r.id: r for r in rules}
    seen, ahead = set(), list(rule.overrides)
    while ahead:
        id_ = ahead.pop()
        if id_ in by_id and id_ not in seen:
            seen.add(id_)
            ahead += by_id[id_].overrides
    return other.id in seen


def naive_winner(remit, values, day):
    """The rule that decides; None for nobody; "disputed" for two units."""
    rules = [rule for rule in remit.rules if day in rule.period]
    there = [rule for rule in rules if holds(rule, values, remit.vocabulary)]
    if not there:
        return None
    able = [
        rule for rule in there if all(other.owner == rule.owner or overrides(rule, other, rules) for other in there)
    ]
    able = [rule for rule in able if not any(overrides(other, rule, rules) for other in able)]
    if not able:
        return "disputed"
    return min(able, key=lambda rule: (len(rule.when), remit.rules.index(rule)))


class Bits:
    """The same by another way: sets of rules as the bits of a number, of each value those that let it in."""

    def __init__(self, remit, day):
        self.names = list(remit.vocabulary.by_name)
        self.rules = [rule for rule in remit.rules if day in rule.period]
        self.letting_in = [
            {value: self.of(rule for rule in self.rules if rule.when.masks[place] >> n & 1) for n, value in values}
            for place, values in enumerate(list(enumerate(field.values)) for field in remit.vocabulary.fields)
        ]
        self.own = [self.of(other for other in self.rules if other.owner == rule.owner) for rule in self.rules]
        self.under = [self.of(other for other in self.rules if other.id in rule.overrides) for rule in self.rules]
        for middle in range(len(self.rules)):
            for place in range(len(self.rules)):
                if self.under[place] >> middle & 1:
                    self.under[place] |= self.under[middle]

    def of(self, rules):
        return sum(1 << self.rules.index(rule) for rule in rules)

    def winner(self, values):
        there = (1 << len(self.rules)) - 1
        for name, letting_in in zip(self.names, self.letting_in, strict=True):
            there &= letting_in[values[name]]
        places = [place for place in range(len(self.rules)) if there >> place & 1]
        able = [place for place in places if not there & ~self.own[place] & ~self.under[place]]
        free = [place for place in able if not any(self.under[other] >> place & 1 for other in able)]
        best = min(free, key=lambda place: (len(self.rules[place].when), place), default=None)
        return "disputed" if best is None and there else None if best is None else self.rules[best]


@st.composite
def vocabularies(draw):
    sizes = draw(st.lists(st.integers(2, 4), min_size=2, max_size=4))
    return Vocabulary(
        1, [Field(f"f{n}", tuple(f"v{v}" for v in range(size)), f"v{size - 1}") for n, size in enumerate(sizes)]
    )


@st.composite
def remits(draw, complete=False):
    """Remits of one to eight rules with random boxes, days, overrides; with `complete` a last rule for all the rest."""
    vocabulary = draw(vocabularies())
    rules = []
    for number in range(draw(st.integers(1, 8))):
        when = {
            field.name: draw(st.lists(st.sampled_from(field.values), min_size=1, unique=True))
            for field in vocabulary.fields
            if draw(st.booleans())
        }
        starts, ends = draw(st.sampled_from([(None, None), (None, DAYS[1]), (DAYS[1], None), (DAYS[0], DAYS[2])]))
        earlier = [rule.id for rule in rules]
        below = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=4))) if earlier else ()
        if complete:
            below = tuple(earlier)
        owner = draw(st.sampled_from(["X", "Y", "Z"]))
        basis = draw(st.sampled_from([Basis.STATED, Basis.INFERRED]))
        rules.append(a_rule(vocabulary, f"R{number}", owner, when, starts, ends, overrides=below, basis=basis))
    if complete:
        rules = [
            a_rule(vocabulary, "REST", "W"),
            *[a_rule_over(rule, "REST") for rule in rules],
        ]
    return Remit("random", vocabulary, rules, start=START, tiers={"X": 2, "Y": 1, "Z": 1, "W": 0})


def a_rule_over(rule, *more):
    from dataclasses import replace

    return replace(rule, overrides=(*rule.overrides, *more))
