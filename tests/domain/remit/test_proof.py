from datetime import date

import numpy as np
import pytest
import z3
from hypothesis import given, settings

from domain.remit.remits import START, a_field, a_remit, a_rule, a_vocabulary, every_profile, naive_winner, remits
from palermo.domain.policy import Basis, Period
from palermo.domain.remit.history import histogram
from palermo.domain.remit.rules import beneath

CHANGE, END = date(2010, 4, 1), date(2011, 1, 1)


def z3_formulas(remit, interval):
    """The values as integers, and for each rule in force whether it holds: nothing shared with the tables."""
    values = [z3.Int(field.name) for field in remit.vocabulary.fields]
    known = z3.And(*(z3.And(v >= 0, v < len(f.values)) for v, f in zip(values, remit.vocabulary.fields, strict=True)))
    holds = [
        z3.And(
            *(
                z3.Or(*(value == n for n in range(len(field.values)) if mask >> n & 1))
                for value, field, mask in zip(values, remit.vocabulary.fields, rule.when.masks, strict=True)
            )
        )
        for rule in interval.rules
    ]
    return known, holds


def z3_sound(remit, interval):
    known, holds = z3_formulas(remit, interval)
    under = beneath(interval.rules)
    rules = interval.rules
    decides = [
        z3.And(
            holds[a],
            *(
                z3.Not(holds[b])
                for b in range(len(rules))
                if rules[a].owner != rules[b].owner and rules[b].id not in under[rules[a].id]
            ),
        )
        for a in range(len(rules))
    ]
    solver = z3.Solver()
    solver.add(known, z3.Not(z3.Or(*decides)) if decides else known)
    return solver.check() == z3.unsat


@settings(max_examples=60)
@given(remit=remits())
def test_z3_agrees_where_there_is_a_gap_or_an_overlap(remit):
    for interval in remit.intervals:
        report = remit.check(start=interval.period.start, end=interval.period.end)
        assert (not report.gaps and not report.overlaps) == z3_sound(remit, interval)


@settings(max_examples=60)
@given(remit=remits())
def test_boxes_hold_all_that_is_wrong_and_nothing_else(remit):
    report = remit.check()
    names = list(remit.vocabulary.by_name)
    for interval, looked in zip(remit.intervals, report.intervals, strict=True):
        unowned = disputed = 0
        gaps = [gap.box for gap in report.gaps if gap.period == interval.period]
        overlaps = [box for found in report.overlaps if found.period == interval.period for box in found.boxes]
        for values in every_profile(remit.vocabulary):
            facts = dict(zip(names, values, strict=True))
            profile = remit.vocabulary.encode(facts)
            winner = naive_winner(remit, facts, interval.period.start)
            unowned += winner is None
            disputed += winner == "disputed"
            assert any(remit.vocabulary.within(box, profile) for box in gaps) == (winner is None)
            assert any(remit.vocabulary.within(box, profile) for box in overlaps) == (winner == "disputed")
        assert (looked.unowned, looked.disputed) == (unowned, disputed)


@settings(max_examples=60)
@given(remit=remits(complete=True))
def test_a_remit_with_a_rule_for_all_the_rest_has_no_gap(remit):
    report = remit.check()

    assert report.gaps == ()
    assert report.overlaps == ()
    assert remit.sound == report.ok


@settings(max_examples=40)
@given(remit=remits())
def test_a_gap_cannot_be_made_larger_and_its_example_lies_in_it(remit):
    for gap in remit.check().gaps:
        limits = remit.vocabulary.limits(gap.box)
        assert remit.vocabulary.limits(remit.vocabulary.condition({k: list(v) for k, v in limits.items()})) == limits
        values = {**remit.vocabulary.missing, **gap.example.facts}
        assert remit.vocabulary.within(gap.box, remit.vocabulary.encode(values))
        assert naive_winner(remit, values, gap.example.on) is None
        for name, allowed in limits.items():
            for other in set(remit.vocabulary.by_name[name].values) - set(allowed):
                wider = {**{k: list(v) for k, v in limits.items()}, name: [other]}
                box = remit.vocabulary.condition(wider)
                inside = [p for p in range(remit.vocabulary.size) if remit.vocabulary.within(box, p)]
                winners = remit.winners(np.array(inside, dtype=np.int32), gap.example.on)
                assert (winners != -1).any()


def gap_of_children():
    words = a_vocabulary()
    return words, a_remit(
        words,
        a_rule(words, "A1", when={"age": "adult"}),
        a_rule(words, "A2", when={"age": "unknown", "reach": "borough"}, starts=CHANGE),
        a_rule(words, "A3", when={"age": "unknown"}, ends=CHANGE),
        a_rule(words, "A4", when={"age": "unknown", "reach": "!borough"}, starts=CHANGE),
        a_rule(words, "A5", when={"age": "child", "reach": ["borough", "unknown"]}, starts=CHANGE),
        a_rule(words, "A6", when={"age": "child"}, ends=CHANGE),
    )


def test_a_gap_is_told_with_its_box_its_past_referrals_and_the_nearest_rules():
    words, remit = gap_of_children()
    profiles = np.array([words.encode({"age": "child", "reach": "national"})] * 3, dtype=np.int32)
    days = np.array(["2010-03-31", "2010-04-01", "2012-01-01"], dtype="datetime64[D]")

    report = remit.check(history=histogram(words, profiles, days, remit.starts))

    assert not report.ok
    assert [gap.says for gap in report.gaps] == [
        "Nobody owns 1 of 9 profiles from 2010-04-01: age child, reach national. 2 past referrals fall here. "
        "Nearest: A4 (needs age unknown), A5 (needs reach borough or unknown), A1 (needs age adult)."
    ]
    assert report.gaps[0].example.as_dict() == {"facts": {"age": "child", "reach": "national"}, "on": "2010-04-01"}
    assert report.as_dict()["gaps"][0]["past_referrals"] == 2


def test_an_overlap_is_told_with_both_rules_and_the_remedy():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "A2", "SCD9", when={"age": "adult"}),
        a_rule(words, "A3", "TP", when={"reach": "borough"}),
        a_rule(words, "A4", "SCD9", when={"age": "!adult", "reach": "!borough"}),
    )

    assert [overlap.says for overlap in remit.check().overlaps] == [
        "A2 (SCD9) and A3 (TP) both claim 1 profile from 2007-04-01: age adult, reach borough. "
        'Say which wins: add overrides = ["A3"] to A2, or the reverse, or narrow one.'
    ]


def test_two_rules_over_the_same_third_are_told_as_such():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "B1", "X"),
        a_rule(words, "B9", "Y", when={"age": "adult"}, overrides=("B1",)),
        a_rule(words, "B11", "Z", when={"reach": "borough"}, overrides=("B1",)),
    )

    assert (
        remit.check()
        .overlaps[0]
        .says.startswith("B9 (Y) and B11 (Z) both override B1 and neither overrides the other: both claim 1 profile")
    )


def test_a_rule_that_never_decides_is_told_with_what_decides_instead():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words, "A3", "TP"), a_rule(words, "A6", overrides=("A3",)))

    assert [dead.says for dead in remit.check().dead] == [
        "A3 never wins: A6 overrides it everywhere it applies. Take it out or narrow them."
    ]
    assert not remit.sound


def test_a_rule_covered_by_more_specific_ones_of_its_unit_is_told_as_such():
    words = a_vocabulary()
    local, rest = a_rule(words, "A2", when={"reach": "borough"}), a_rule(words, "A3", when={"reach": "!borough"})
    remit = a_remit(words, a_rule(words, "A1"), local, rest)

    assert [dead.says for dead in remit.check().dead] == [
        "A1 never wins: A2 and A3 cover it everywhere it applies. Take it out or narrow them."
    ]


def test_what_lapses_is_a_note_with_its_heirs():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "C1", "PALADIN"),
        a_rule(words, "C3", "GOLF", when={"age": "child"}, overrides=("C1",), ends=END),
    )
    profiles = np.array([words.encode({"age": "child", "reach": "borough"})] * 2, dtype=np.int32)
    history = histogram(words, profiles, date(2010, 5, 1), remit.starts)

    report = remit.check(history=history)

    assert report.ok
    assert [lapse.says for lapse in report.lapses] == [
        "C3 (GOLF) ends on 2011-01-01. From then PALADIN owns its profiles through C1. "
        "2 past referrals were decided by it."
    ]


def test_a_new_version_for_the_same_unit_is_no_lapse():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words, ends=END), a_rule(words, starts=END, cites=("§2",)))

    assert remit.check().lapses == ()


def test_stated_leaves_out_what_the_pack_filled_in_and_every_override():
    words = a_vocabulary(a_field())
    remit = a_remit(
        words,
        a_rule(words, "A1", "X", when={"age": ["adult", "child"]}, overrides=("A2",)),
        a_rule(words, "A2", "Y", when={"age": "child"}, starts=CHANGE),
        a_rule(words, "A3", "Y", when={"age": "unknown"}, basis=Basis.ASSUMED, why="silence"),
    )

    assert remit.check().overlaps == remit.check().gaps == ()
    report = remit.check(stated=True)
    assert [gap.period for gap in report.gaps] == [Period(START, CHANGE), Period(CHANGE, None)]
    assert [overlap.says for overlap in report.overlaps] == [
        "A1 (X) in §1 and A2 (Y) in §1 are both given 1 profile from 2010-04-01: age child."
    ]


def test_a_span_of_days_is_all_that_is_looked_at():
    _words, remit = gap_of_children()

    assert remit.check(end=CHANGE).ok
    report = remit.check(start=date(2010, 5, 1), end=date(2010, 6, 1))
    assert [gap.period for gap in report.gaps] == [Period(date(2010, 5, 1), date(2010, 6, 1))]
    assert report.gaps[0].example.on == date(2010, 5, 1)


def test_the_report_says_what_it_looked_at():
    _words, remit = gap_of_children()

    assert list(remit.check().lines())[:3] == [
        "a-remit: not sound",
        "3 rules, 9 profiles from 2007-04-01 to 2010-04-01: 0 owned by nobody (0.0 %), 0 claimed by two units (0.0 %)",
        "4 rules, 9 profiles from 2010-04-01: 1 owned by nobody (11.1 %), 0 claimed by two units (0.0 %)",
    ]


@pytest.mark.parametrize("days", [(None, None), (START, None)])
def test_past_referrals_of_half_a_span_are_not_guessed(days):
    words, _remit = gap_of_children()
    history = histogram(words, np.zeros(1, dtype=np.int32), CHANGE, (START,))

    counted = history.count(Period(*days), words.anything)
    assert counted == 1
    assert history.count(Period(CHANGE, None), words.anything) is None
