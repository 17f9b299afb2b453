import re
from datetime import date

import pytest
from django.urls import reverse

from palermo.domain.figures import Figure
from palermo.web import policy
from palermo.web.oversight import reading


@pytest.fixture
def read(client, accounts):
    """A page of the policy; gives its text without tags."""
    client.force_login(accounts["administrator"])

    def page(name, *args, status=200, **query):
        response = client.get(reverse(f"oversight:{name}", args=args), query)
        assert response.status_code == status
        return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())

    return page


def test_the_pack_is_named_with_its_whole_hash(read):
    pack = policy.pack()

    assert pack.title in read("policy")
    assert pack.hash in read("policy")


def test_the_shares_of_an_interval_add_up_to_every_combination():
    (_, everything), (_, meant) = reading.shares()
    vocabulary = policy.pack().vocabulary

    assert {sum(share.profiles.values()) for share in everything} == {vocabulary.size}
    assert {sum(share.profiles.values()) for share in meant} == {vocabulary.size // vocabulary.sizes[0]}


def test_what_one_unit_can_ask_another_for_stands_among_the_tables(read):
    assert "Covert policing, from SCD-COVERT, where HTT, MAXIM, SCD5-PALADIN or SCD9 owns it" in read("tables")


def test_every_rule_is_in_the_table_with_its_paragraph(read):
    page = read("rules")

    assert f"{len(policy.pack().remit.rules)} rules." in page
    for rule in policy.pack().remit.rules:
        assert f" {rule.id} " in page
        assert rule.cites[0] in page


def test_rules_are_narrowed_by_day_and_basis(read):
    page = read("rules", on="2010-03-31", basis="stated")
    expected = [rule for rule in policy.pack().remit.rules if rule.basis == "stated" and str(rule.period.end) != "2009"]

    in_force = [rule for rule in expected if date(2010, 3, 31) in rule.period]

    assert f"{len(in_force)} rules in force on 31 March 2010, stated." in page
    assert " B1 " in page
    assert " A1 " not in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"basis": "reported"}, "Choose from the list; “reported” is not in it"),
        ({"on": "yesterday"}, "must be a real date"),
    ],
)
def test_a_wrong_filter_is_told(read, query, says):
    assert says in read("rules", status=400, **query)


def test_each_rule_has_a_page_with_its_reason_and_its_examples(read):
    for row in reading.rules():
        page = read("rule", row.id)
        assert f"Rule {row.id}" in page
        if row.rule.why:
            assert row.rule.why in page.replace("&#39;", "'").replace("&amp;", "&")


def test_a_rule_that_does_not_exist_is_not_found(read):
    assert "Page not found" in read("rule", "Z99", status=404)


def test_every_worked_example_comes_out_as_it_should(read):
    assert reading.examples()
    assert "All come out as they should." in read("examples")


def test_the_source_alone_leaves_gaps_and_the_overlap_of_two_units_before_april(read):
    page = read("silences")
    before = reading.silences()[0]

    assert before.unowned > 0
    assert {rule.owner for found in before.overlaps for rule in found.rules} >= {"CO14", "HTT"}
    assert "are given to nobody" in page


def test_each_silence_has_an_example_that_the_pack_can_decide(client, accounts):
    client.force_login(accounts["analyst"])
    for interval in reading.silences():
        for found in (*interval.gaps, *interval.overlaps):
            assert client.get(reverse("oversight:who-owns-this") + found.address).status_code == 200


def test_the_sums_that_do_not_hold_are_shown_and_those_that_do(read):
    page = read("figures")

    assert "39 + 17 + 10 + 14 + 8 = 88, stated 87 officers, difference +1" in page
    assert "84 + 15 = 99, stated 99" in page
    assert "350,000, stated 600,000" in page


def test_unverified_signs_are_marked_as_not_scored(read):
    page = read("definition")
    unscored = [sign for sign in policy.pack().definition.indicators if not sign.scored]

    assert unscored
    assert page.count("Unverified not scored") == len(unscored)


def test_a_long_list_of_values_is_told_by_what_it_leaves_out():
    pack = policy.pack()
    condition = pack.vocabulary.condition({"reach": "!borough"})

    assert [(limit.label, limit.values) for limit in reading.when_words(pack.vocabulary, condition)] == [
        ("Reach", "not borough")
    ]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (600_000, "GBP", "£600,000"),
        (1_600_000, "EUR", "€1,600,000"),
        (date(2010, 4, 1), "day", "1 April 2010"),
        ("2010-12", "month", "December 2010"),
        (2010, "year", "2010"),
        (3, "level", "level 3"),
        (1, "posts", "1 post"),
        (87, "officers", "87 officers"),
    ],
)
def test_figures_are_written_as_people_write_them(value, unit, words):
    assert reading.amount(Figure("a-figure", value, unit, "something", "§1")) == words
