from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings

from domain.remit.remits import (
    DAYS,
    START,
    Bits,
    a_field,
    a_remit,
    a_rule,
    a_vocabulary,
    every_profile,
    naive_winner,
    remits,
)
from palermo.domain.policy import Basis
from palermo.domain.remit import DISPUTED, NOBODY, NoOwner, OutsideRemit, RemitFaults

EVE, CHANGE = date(2010, 3, 31), date(2010, 4, 1)


@settings(max_examples=150)
@given(remit=remits())
def test_the_table_gives_what_rule_by_rule_gives_and_what_sets_of_rules_give(remit):
    names = list(remit.vocabulary.by_name)
    for interval in remit.intervals:
        day = interval.period.start
        bits = Bits(remit, day)
        for values in every_profile(remit.vocabulary):
            facts = dict(zip(names, values, strict=True))
            profile = remit.vocabulary.encode(facts)
            number = int(interval.winners[profile])
            found = {NOBODY: None, DISPUTED: "disputed"}.get(number) if number < 0 else remit.rules[number]
            assert found == naive_winner(remit, facts, day) == bits.winner(facts)


@settings(max_examples=60)
@given(remit=remits())
def test_single_and_bulk_and_disjoint_rows_agree(remit):
    profiles = np.arange(remit.vocabulary.size, dtype=np.int32)
    for day in (START, *DAYS):
        bulk = remit.winners(profiles, day)
        column = remit.winners(profiles, np.full(len(profiles), np.datetime64(day)))
        assert bulk.tolist() == column.tolist()
        rows = remit.disjoint_rows(day)
        assert sum(len(box) for _, box in rows) == (bulk >= 0).sum()
        for profile in profiles.tolist():
            covering = [rule for rule, box in rows if remit.vocabulary.within(box, profile)]
            if bulk[profile] < 0:
                assert covering == []
                with pytest.raises(NoOwner):
                    remit.route(profile, day)
            else:
                assert covering == [remit.route(profile, day).rule] == [remit.rules[bulk[profile]]]


def test_old_version_decides_until_the_day_before_the_change():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words, owner="OLD", ends=CHANGE), a_rule(words, owner="NEW", starts=CHANGE))

    assert remit.route(0, EVE).owner == "OLD"
    assert remit.route(0, CHANGE).owner == "NEW"
    assert remit.starts == (START, CHANGE)


def test_a_day_before_the_start_is_refused_with_the_first_day():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words))

    with pytest.raises(OutsideRemit, match=r"2007-03-31 is before this remit starts\. It starts on 2007-04-01"):
        remit.route(0, date(2007, 3, 31))
    with pytest.raises(OutsideRemit, match="1998-02-01"):
        remit.winners(np.zeros(2, dtype=np.int32), np.array(["2010-01-01", "1998-02-01"], dtype="datetime64[D]"))


def test_a_missing_day_in_a_column_is_refused_with_its_row():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words))

    with pytest.raises(ValueError, match="row 1 has no day"):
        remit.winners(np.zeros(2, dtype=np.int32), np.array(["2010-01-01", "NaT"], dtype="datetime64[D]"))


def test_a_column_of_days_may_be_empty_or_of_moments_but_not_of_slips():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words, owner="OLD", ends=CHANGE), a_rule(words, owner="NEW", starts=CHANGE))
    profiles = np.zeros(2, dtype=np.int32)
    moments = np.array(["2010-03-31T23:59:59", "2010-04-01T00:00:00"], dtype="datetime64[s]")

    assert remit.owners_of(remit.winners(profiles, moments)).tolist() == ["OLD", "NEW"]
    assert remit.winners(profiles[:0], moments[:0]).tolist() == []
    with pytest.raises(OutsideRemit, match=r"3010-04-01 is after the year 2999\. Check the year"):
        remit.winners(profiles, np.array(["2010-03-31", "3010-04-01"], dtype="datetime64[D]"))


@pytest.mark.parametrize("stray", [-1, 9])
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_a_number_that_is_no_profile_is_refused(stray, kind):
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words))

    with pytest.raises(IndexError, match="from 0 to 8"):
        remit.winners(np.array([0, stray], dtype=kind), CHANGE)
    with pytest.raises(IndexError, match="from 0 to 8"):
        remit.route(stray, CHANGE)


def test_overrides_hand_on():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "A", "X"),
        a_rule(words, "B", "Y", overrides=("A",)),
        a_rule(words, "C", "Z", overrides=("B",)),
    )

    route = remit.route(0, CHANGE)
    assert route.rule.id == "C"
    assert [rule.id for rule in route.overrode] == ["A", "B"]


def test_a_rule_not_in_force_hands_nothing_on():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "A", "X"),
        a_rule(words, "B", "Y", overrides=("A",), ends=CHANGE),
        a_rule(words, "C", "Z", overrides=("B",)),
    )

    assert remit.route(0, EVE).rule.id == "C"
    with pytest.raises(NoOwner, match=r"two units claim .* A \(X\) with C \(Z\)"):
        remit.route(0, CHANGE)


def test_of_two_rules_of_one_unit_the_more_specific_decides():
    words = a_vocabulary()
    wide, narrow = a_rule(words, "A"), a_rule(words, "B", when={"age": "child"})
    child, adult = (
        words.encode({"age": "child", "reach": "borough"}),
        words.encode({"age": "adult", "reach": "borough"}),
    )

    assert a_remit(words, wide, narrow).route(child, CHANGE).rule == narrow
    assert a_remit(words, wide, narrow).route(adult, CHANGE).rule == wide


def test_of_two_alike_rules_of_one_unit_the_first_decides():
    words = a_vocabulary()

    assert a_remit(words, a_rule(words, "B"), a_rule(words, "A")).route(0, CHANGE).rule.id == "B"


def test_a_stated_rule_of_another_unit_contests_and_makes_the_basis_assumed():
    words = a_vocabulary()
    silent = a_rule(words, "B", "Y", basis=Basis.INFERRED)
    stated = a_rule(words, "C", "Z")
    first = a_rule(words, "A", "X", overrides=("B", "C"))

    contested = a_remit(words, first, silent, stated).route(0, CHANGE)
    alone = a_remit(words, first, silent, a_rule(words, "C", "Z", when={"age": "child"})).route(0, CHANGE)

    assert (contested.contested_by, contested.basis) == (("Z",), Basis.ASSUMED)
    assert (alone.contested_by, alone.basis) == ((), Basis.STATED)


def test_faults_of_rules_are_told_all_at_once():
    words = a_vocabulary(a_field())
    with pytest.raises(RemitFaults) as refused:
        a_remit(
            words,
            a_rule(words, "A", overrides=("B",)),
            a_rule(words, "B", overrides=("C",)),
            a_rule(words, "C", overrides=("A",)),
            a_rule(words, "D", overrides=("Q", "D")),
            a_rule(words, "E", starts=CHANGE, ends=CHANGE),
            a_rule(words, "F"),
            a_rule(words, "F", starts=CHANGE),
            a_rule(words, "G", basis=Basis.ASSUMED),
            a_rule(words, "H", cites=()),
        )

    assert dict(refused.value.faults) == {
        "E": "it ends on 2010-04-01, not after it starts on 2010-04-01. Change one of them.",
        "F": "it has two versions in force on 2010-04-01. End one before the other starts.",
        "D": "it overrides itself. Take that out.",
        "G": "it is assumed and does not say why. Add `why`.",
        "H": "it cites no paragraph. Add `cites`.",
        "A": "overrides go in a circle: A > B > C > A. Take one of them out.",
    }
    assert ("D", "it overrides 'Q', and there is no such rule. Correct the id or take it out.") in refused.value.faults


def test_a_circle_of_rules_never_in_force_together_is_none():
    words = a_vocabulary()
    remit = a_remit(
        words,
        a_rule(words, "A", "X", overrides=("B",), ends=CHANGE),
        a_rule(words, "B", "Y"),
        a_rule(words, "A", "X", when={"age": "child"}, starts=CHANGE),
    )
    remit = remit.replaced([*remit.rules[:1], a_rule(words, "B", "Y", ends=CHANGE), *remit.rules[2:]])

    assert remit.route(words.encode({"age": "child", "reach": "borough"}), CHANGE).owner == "X"


def test_facts_of_a_profile_leave_out_what_missing_means_and_read_back():
    words = a_vocabulary()
    remit = a_remit(words, a_rule(words), in_place_of={("reach", "borough"): ("borough", "Camden")})

    assert remit.facts_of(words.encode({"age": "child", "reach": "borough"})) == {"age": "child", "borough": "Camden"}
    assert remit.facts_of(words.encode(words.missing)) == {}
