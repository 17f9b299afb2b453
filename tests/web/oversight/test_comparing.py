from datetime import date

import pytest
from django.urls import reverse

from palermo.domain.remit.compare import compare
from palermo.web import policy
from palermo.web.oversight.comparing import draw
from palermo.web.oversight.counting import Numbers, count_referrals

from .conftest import ADULT_IN_THE_SEX_TRADE, CHILD

APRIL = {"on": "2010-03-31", "and": "2010-04-01"}


def engine(before, after):
    remit = policy.pack().remit
    return compare(remit.at(date.fromisoformat(before)), remit.at(date.fromisoformat(after)))


def test_without_days_the_largest_change_is_shown(words_of):
    page = words_of("analyst", "changes", count="profiles")

    assert "once under the rules of 31 March 2010 and once under those of 1 April 2010" in page


def test_the_matrix_over_profiles_has_the_numbers_of_the_engine(words_of):
    page = words_of("analyst", "changes", **APRIL, count="profiles")

    for (was, will), number in engine("2010-03-31", "2010-04-01").matrix.items():
        verb = "stay with" if was == will else f"go from {was} to"
        assert f"{number:,} {verb} {will}" in page


def test_any_two_days_can_be_chosen_in_boxes(words_of):
    boxes = {
        "on-day": "31",
        "on-month": "12",
        "on-year": "2010",
        "and-day": "1",
        "and-month": "1",
        "and-year": "2011",
        "count": "profiles",
    }

    assert (
        f"{engine('2010-12-31', '2011-01-01').moved:,} of 204,120 combinations of facts go to another unit"
        in words_of("analyst", "changes", **boxes)
    )


def test_the_same_rules_on_both_days_move_nothing(words_of):
    page = words_of("analyst", "changes", **{"on": "2010-05-01", "and": "2010-05-02"}, count="profiles")

    assert "Nothing goes to another unit" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"on": "yesterday", "and": "2010-04-01"}, "The first day in the address must be a real date"),
        ({"on": "2010-04-01"}, "Enter the second day"),
        ({"on": "1990-01-01", "and": "2010-04-01"}, "is before this remit starts"),
        ({**APRIL, "count": "people"}, "“people” is not in it"),
    ],
)
def test_a_wrong_question_is_told(words_of, query, says):
    assert says in words_of("analyst", "changes", status=400, **query)


def test_referrals_are_counted_exactly_for_an_auditor(words_of, received):
    received(3, ADULT_IN_THE_SEX_TRADE)
    received(7, CHILD)

    page = words_of("auditor", "changes", **APRIL)
    assert "3 of 10 referrals go to another unit" in page
    assert "3 go from CO14 to SCD9" in page
    assert "7 stay with SCD5-PALADIN" in page


def test_small_numbers_of_referrals_are_protected_for_whoever_may_not_open_them(words_of, received):
    received(3, ADULT_IN_THE_SEX_TRADE)
    received(7, CHILD)

    for username in ("analyst", "administrator", "commander", "officer"):
        page = words_of(username, "changes", **APRIL)
        assert "Fewer than 5 of about 10 referrals go to another unit" in page
        assert "3 go from" not in page
        assert "7 stay with" not in page
        assert "held back" in page


def test_without_referrals_combinations_are_counted(words_of):
    assert "204,120 combinations of facts go to another unit" in words_of("analyst", "changes", **APRIL)
    assert "No referral has been received yet" in words_of("analyst", "changes", **APRIL, count="referrals")


def test_a_protected_number_does_not_tell_its_neighbours_apart():
    protected = Numbers(exact=False)

    assert {protected.words(n) for n in range(5)} == {"fewer than 5"}
    assert {protected.words(n) for n in range(8, 13)} == {"about 10"}


def test_a_number_that_is_held_back_does_not_follow_from_its_row():
    shown = Numbers(exact=False).table({("A", "X"): 3, ("A", "Y"): 23, ("B", "X"): 60, ("B", "Y"): 41})

    assert [shown["A", "X"].words, shown["A", "Y"].words] == ["held back", "held back"]
    assert shown["A", "X"].size == shown["A", "Y"].size


def test_each_cell_of_the_matrix_leads_to_the_rules_that_did_it(words_of):
    page = words_of("analyst", "move", **APRIL, count="profiles", giver="HTT", taker="SCD9")
    moves = [m for m in engine("2010-03-31", "2010-04-01").by_rule if m.before.owner == "HTT"]

    assert len(moves) > 5
    for move in moves:
        assert f"{move.before.id} to {move.after.id} Combinations of facts {move.referrals:,} Before" in page
        assert move.before.cites[0] in page


def test_the_boxes_of_a_move_add_up_to_it(client, accounts):
    from palermo.web.oversight.comparing import PROFILES, weigh

    pack = policy.pack()
    days = date(2010, 3, 31), date(2010, 4, 1)
    weighed = weigh(*(pack.remit.at(day) for day in days), PROFILES, count_referrals(pack.vocabulary), Numbers(True))
    told = 0
    for move in weighed.moves:
        boxes, more = weighed.boxes(move, pack)
        assert boxes
        if not more:
            told += 1
            assert sum(box.profiles for box in boxes) == move.profiles
    assert told > len(weighed.moves) / 2


def test_an_example_of_a_move_is_decided_by_the_two_rules(client, accounts):
    from palermo.web.oversight.comparing import PROFILES, weigh

    pack = policy.pack()
    days = date(2010, 3, 31), date(2010, 4, 1)
    weighed = weigh(*(pack.remit.at(day) for day in days), PROFILES, count_referrals(pack.vocabulary), Numbers(True))
    client.force_login(accounts["analyst"])
    for move in weighed.between("HTT", "SCD9"):
        boxes, _ = weighed.boxes(move, pack)
        page = client.get(reverse("oversight:who-owns-this") + boxes[0].address, follow=True).content.decode()
        assert f">{move.was.id}</a>" in page
        assert f">{move.will.id}</a>" in page


def test_a_cell_that_is_not_there_is_not_found(words_of):
    words_of("analyst", "move", **APRIL, giver="TP", taker="GOLF", status=404)
    words_of("analyst", "move", status=404)


def test_the_bands_of_a_drawing_fill_their_bars():
    drawing = draw({("A", "X"): 70, ("A", "Y"): 20, ("B", "X"): 10}, lambda unit, *, giving: unit)

    assert [bar.label for bar in drawing.bars] == ["A", "B", "Y", "X"]
    assert [round(bar.height) for bar in drawing.bars] == [270, 30, 60, 240]
    assert len(drawing.bands) == 3
    assert all(bar.y + bar.height <= drawing.height for bar in drawing.bars)


def test_labels_however_long_stand_within_the_drawing():
    drawing = draw({("A", "X"): 1, ("B", "X"): 2}, lambda unit, *, giving: f"UNIT-{unit}: about 1,234,567 referrals")

    for bar in drawing.bars:
        room = bar.label_x if bar.anchor == "end" else drawing.width - bar.label_x
        assert room >= 8 * len(bar.label)


def test_the_same_number_of_queries_for_few_referrals_and_for_many(
    client, accounts, received, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(accounts["analyst"])
    address = reverse("oversight:changes")
    received(1, CHILD)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    received(6, ADULT_IN_THE_SEX_TRADE)
    with django_assert_num_queries(len(few)):
        client.get(address)


def test_a_corrected_referral_is_counted_once_by_its_newest_facts(received):
    from palermo.web import clock
    from palermo.web.intake import actions

    pack = policy.pack()
    (referral,) = received(1, CHILD)
    facts = pack.read_facts({**CHILD, "age": "adult", "received": "2010-06-30"})
    version = actions.keep_facts(referral, facts, {}, at=clock.now(), by=None, version=2, reason="Born in 1985.")
    actions.decide(version, facts, pack)

    assert count_referrals(pack.vocabulary).fitting[1].tolist() == [facts.profile]


def test_the_boxes_of_a_move_that_is_held_back_are_held_back_too(words_of, received):
    received(3, ADULT_IN_THE_SEX_TRADE)
    received(9, CHILD)
    page = words_of("analyst", "move", **APRIL, count="referrals", giver="CO14", taker="SCD9")

    assert "B1 to A9 Referrals held back" in page
    assert "about" not in page.split("What that is", 1)[1].split("Numbers of referrals are protected")[0].replace(
        "is about", ""
    )


def test_the_boxes_of_a_move_that_is_told_are_told_as_far_as_they_may(words_of, received):
    received(12, ADULT_IN_THE_SEX_TRADE)
    received(9, {"age": "adult", "exploitation": "sexual", "organised": "no", "escalation": "accepted"})
    received(2, {"age": "adult", "exploitation": "criminal", "organised": "no", "escalation": "accepted"})
    query = {**APRIL, "count": "referrals", "giver": "HTT", "taker": "SCD9"}

    assert "B3 to A9 Referrals 11 Before" in words_of("auditor", "move", **query)
    protected = words_of("commander", "move", **query)
    assert "B3 to A9 Referrals about 10 Before" in protected
    assert "held back" in protected
