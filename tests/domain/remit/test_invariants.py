from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.remit.remits import a_field, a_remit, a_rule, a_vocabulary, every_profile, remits
from palermo.domain.policy import Period
from palermo.domain.remit.invariants import Always, Monotone, Never, NoSilentDowngrade, UnknownNeverLess

CHANGE = date(2010, 4, 1)
WORDS = a_vocabulary(
    a_field("age", ("adult", "child", "unknown")), a_field("organised", ("no", "unknown", "yes"), missing="unknown")
)
TIERS = {"SCD9": 1, "PALADIN": 2, "TP": 0}


def remit_of(*rules):
    return a_remit(WORDS, *rules, tiers=TIERS)


def about(kind, when=None, starts=None, ends=None, **more):
    return kind("it holds", WORDS.condition(when or {}), Period(starts, ends), **more)


def broken(remit, *invariants):
    return [(found.profiles, WORDS.words(found.box), found.owners) for found in remit.broken(invariants)]


SOUND = remit_of(
    a_rule(WORDS, "C1", "PALADIN", {"age": "!adult"}),
    a_rule(WORDS, "A1", "SCD9", {"age": "adult", "organised": "yes"}),
    a_rule(WORDS, "A2", "TP", {"age": "adult", "organised": "!yes"}),
)


def test_a_sound_remit_breaks_nothing():
    assert (
        broken(
            SOUND,
            about(Never, {"age": "child"}, owners=("TP",)),
            about(Always, {"age": "child"}, owners=("PALADIN",)),
            about(UnknownNeverLess, fields=("age", "organised")),
            about(Monotone, field="organised", order=("no", "unknown", "yes")),
            about(NoSilentDowngrade),
        )
        == []
    )


def test_a_unit_that_must_never_own_is_found_with_the_whole_box():
    assert broken(SOUND, about(Never, {"age": "adult"}, owners=("TP",))) == [
        (2, "age adult, organised no or unknown", ("TP",))
    ]
    assert broken(SOUND, about(Always, owners=("TP", "PALADIN"))) == [(1, "age adult, organised yes", ("SCD9",))]


def test_only_the_days_of_the_invariant_count():
    remit = remit_of(a_rule(WORDS, "A1", "TP", ends=CHANGE), a_rule(WORDS, "A2", "SCD9", starts=CHANGE))
    found = remit.broken([about(Never, owners=("TP",))])

    assert [item.period for item in found] == [Period(remit.start, CHANGE)]
    assert broken(remit, about(Never, starts=CHANGE, owners=("TP",))) == []
    assert str(found[0]) == ("not so: it holds. 9 profiles from 2007-04-01 to 2010-04-01 go to TP: every referral.")


def test_the_unknown_may_not_get_less_than_every_known_value():
    remit = remit_of(a_rule(WORDS, "C1", "PALADIN", {"age": "!unknown"}), a_rule(WORDS, "C2", "TP", {"age": "unknown"}))

    assert broken(remit, about(UnknownNeverLess, fields=("age",))) == [(3, "age unknown", ("TP",))]


def test_the_unknown_may_not_get_an_owner_that_no_known_value_gives():
    remit = remit_of(
        a_rule(WORDS, "C1", "SCD9", {"age": "!unknown"}), a_rule(WORDS, "C2", "PALADIN", {"age": "unknown"})
    )

    assert broken(remit, about(UnknownNeverLess, fields=("age",))) == [(3, "age unknown", ("PALADIN",))]


def test_a_fall_along_the_order_is_found_even_over_a_value_between():
    remit = remit_of(
        a_rule(WORDS, "A1", "PALADIN", {"organised": "no"}),
        a_rule(WORDS, "A2", "TP", {"organised": "unknown"}),
        a_rule(WORDS, "A3", "SCD9", {"organised": "yes"}),
    )

    assert broken(remit, about(Monotone, field="organised", order=("no", "unknown", "yes"))) == [
        (6, "organised unknown or yes", ("SCD9", "TP"))
    ]


def test_a_move_down_is_found_unless_it_is_declared_for_that_day():
    remit = remit_of(a_rule(WORDS, "A1", "SCD9", ends=CHANGE), a_rule(WORDS, "A2", "TP", starts=CHANGE))
    children, rest = WORDS.condition({"age": "child"}), WORDS.condition({"age": "!child"})

    assert broken(remit, about(NoSilentDowngrade)) == [(9, "every referral", ("TP",))]
    assert broken(remit, about(NoSilentDowngrade, declared=((CHANGE, rest),))) == [(3, "age child", ("TP",))]
    assert broken(remit, about(NoSilentDowngrade, declared=((CHANGE, rest), (CHANGE, children)))) == []
    assert len(broken(remit, about(NoSilentDowngrade, declared=((date(2011, 1, 1), WORDS.anything),)))) == 1


@settings(max_examples=60)
@given(remit=remits(complete=True), data=st.data())
def test_profile_by_profile_says_the_same(remit, data):
    words = remit.vocabulary
    field = data.draw(st.sampled_from(words.fields))
    unknown = field.values[-1]
    whole = words.anything
    never = Never("n", whole, owners=("X",))
    less = UnknownNeverLess("u", whole, fields=(field.name,), unknown=unknown)
    rising = Monotone("m", whole, field=field.name, order=field.values)
    names = list(words.by_name)
    for interval in remit.intervals:
        day = interval.period.start
        counts = dict.fromkeys("num", 0)
        for values in every_profile(words):
            facts = dict(zip(names, values, strict=True))
            owner = {
                value: remit.route(words.encode({**facts, field.name: value}), day).owner for value in field.values
            }
            here = facts[field.name]
            counts["n"] += owner[here] == "X"
            if here == unknown:
                known = [owner[value] for value in field.values[:-1]]
                counts["u"] += remit.tier(owner[here]) < min(map(remit.tier, known)) or owner[here] not in known
            before = field.values[: field.values.index(here)]
            counts["m"] += any(remit.tier(owner[value]) > remit.tier(owner[here]) for value in before)
        found = {
            b.invariant.says: b.profiles for b in remit.broken([never, less, rising]) if b.period == interval.period
        }
        assert {key: found.get(key, 0) for key in counts} == counts


@pytest.mark.parametrize("owners", [("TP",), ("SCD9", "TP")])
def test_an_example_of_what_is_broken_lies_in_it(owners):
    found = SOUND.broken([about(Never, owners=owners)])[0]
    values = {**WORDS.missing, **found.example.facts}

    assert SOUND.route(WORDS.encode(values), found.example.on).owner in owners
