import pytest

from palermo.web import policy

GOLF_CHILD = {"age": "child", "nexus": "golf", "exploitation": "criminal", "borough": "Newham"}


def test_the_end_of_golf_says_which_rules_end_and_who_inherits(words_of):
    page = words_of("analyst", "sunset", on="2011-01-01")

    assert "GOLF owns nothing from this day" in page
    assert "Operation Golf ended with its European Union money" in page
    for lapse in policy.pack().remit.check().lapses:
        if lapse.day.year == 2011 and lapse.rule.owner == "GOLF":
            for owner, rules, profiles in lapse.heirs:
                assert f"{owner} through {', '.join(rules)} ({profiles:,})" in page


def test_without_a_day_the_last_one_is_shown(words_of):
    assert "Sunset report: 1 January 2011" in words_of("analyst", "sunset")


def test_past_referrals_are_counted_exactly_for_an_auditor_and_protected_for_others(words_of, received):
    received(2, GOLF_CHILD)

    assert "Past referrals that these rules decided: 2" in words_of("auditor", "sunset", on="2011-01-01")
    assert "Past referrals that these rules decided: held back" in words_of("analyst", "sunset", on="2011-01-01")


def test_a_unit_that_goes_on_with_its_work_under_other_rules_hands_nothing_over(words_of):
    page = words_of("analyst", "sunset", on="2010-04-01")

    assert "CO14 owns nothing from this day" in page
    assert "TP hands part of its work on" in page
    assert "SCD9 owns nothing" not in page


@pytest.mark.parametrize(("day", "says"), [("2010-05-05", "No rule ends on that day"), ("soon", "must be a real date")])
def test_a_day_on_which_nothing_ends_is_told(words_of, day, says):
    assert says in words_of("analyst", "sunset", status=400, on=day)
