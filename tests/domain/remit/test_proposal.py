from datetime import date

import pytest

from domain.remit.remits import a_remit, a_rule, a_vocabulary
from palermo.domain.remit import RemitFaults
from palermo.domain.remit.proposal import Proposal

BEFORE, DAY, LAPSE = date(2010, 9, 30), date(2010, 10, 1), date(2011, 1, 1)
WORDS = a_vocabulary()
REMIT = a_remit(
    WORDS,
    a_rule(WORDS, "C1", "PALADIN"),
    a_rule(WORDS, "C3", "GOLF", {"age": "child"}, overrides=("C1",), ends=LAPSE),
    a_rule(WORDS, "F1", "SWALE", {"age": "adult"}, overrides=("C1",)),
)
CHILD, ADULT, UNKNOWN = (WORDS.encode({"age": age, "reach": "borough"}) for age in ("child", "adult", "unknown"))


def owners(remit, day):
    return [remit.route(profile, day).owner for profile in (CHILD, ADULT, UNKNOWN)]


def test_reassigned_rules_keep_their_ids_their_days_and_what_they_override():
    proposed = REMIT.with_proposal(Proposal(DAY, reassign={"SWALE": "SCD-SWALE", "GOLF": "SCD-GOLF"}))

    assert owners(proposed, BEFORE) == owners(REMIT, BEFORE) == ["GOLF", "SWALE", "PALADIN"]
    assert owners(proposed, DAY) == ["SCD-GOLF", "SCD-SWALE", "PALADIN"]
    assert owners(proposed, LAPSE) == ["PALADIN", "SCD-SWALE", "PALADIN"]
    assert proposed.route(CHILD, DAY).rule.id == "C3"
    assert proposed.sound


def test_the_remit_itself_stays():
    REMIT.with_proposal(Proposal(DAY, reassign={"SWALE": "SCD-SWALE"}))

    assert owners(REMIT, DAY) == ["GOLF", "SWALE", "PALADIN"]


def test_rules_end_and_others_are_added():
    added = a_rule(WORDS, "N1", "NEW", {"age": "child"}, overrides=("C1",))
    proposed = REMIT.with_proposal(Proposal(DAY, end=("C3",), add=(added,)))

    assert owners(proposed, BEFORE) == ["GOLF", "SWALE", "PALADIN"]
    assert owners(proposed, DAY) == ["NEW", "SWALE", "PALADIN"]
    assert proposed.on(DAY).period.start == DAY


def test_a_rule_that_starts_later_is_taken_over_whole():
    remit = a_remit(WORDS, a_rule(WORDS, "A", "X", ends=LAPSE), a_rule(WORDS, "A", "Y", starts=LAPSE))
    proposed = remit.with_proposal(Proposal(DAY, reassign={"Y": "Z"}))

    assert [proposed.route(0, day).owner for day in (BEFORE, DAY, LAPSE)] == ["X", "X", "Z"]
    assert len(proposed.rules) == 2


def test_an_ended_rule_that_leaves_a_gap_is_found_by_the_check():
    proposed = a_remit(WORDS, a_rule(WORDS, "A")).with_proposal(Proposal(DAY, end=("A",)))

    assert not proposed.sound
    assert proposed.check().gaps[0].period.start == DAY


def test_what_a_proposal_moves_is_told_by_a_comparison():
    proposed = REMIT.with_proposal(Proposal(DAY, reassign={"SWALE": "SCD-SWALE"}))

    assert REMIT.at(DAY) != proposed.at(DAY)
    found = REMIT.at(DAY).remit.compare(proposed)
    assert {pair for pair in found.matrix if pair[0] != pair[1]} == {("SWALE", "SCD-SWALE")}


def test_all_that_does_not_fit_is_told_at_once():
    early = a_rule(WORDS, "N1", "NEW", starts=BEFORE)
    with pytest.raises(RemitFaults) as refused:
        REMIT.with_proposal(Proposal(DAY, reassign={"SWAL": "X", "GOLF": "GOLF"}, end=("Q",), add=(early,)))

    assert dict(refused.value.faults) == {
        "SWAL": "it owns nothing from 2010-10-01, so nothing can be reassigned. Did you mean SWALE?",
        "GOLF": "it is reassigned to itself. Take that out.",
        "Q": "there is no such rule in force from 2010-10-01, so it cannot end. Correct the id.",
        "N1": "it starts on 2010-09-30, before the proposal takes effect. Move one of them.",
    }


def test_a_unit_that_owns_nothing_any_more_cannot_be_reassigned():
    with pytest.raises(RemitFaults, match="GOLF: it owns nothing from 2011-01-01"):
        REMIT.with_proposal(Proposal(LAPSE, reassign={"GOLF": "X"}))
