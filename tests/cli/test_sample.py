"""`palermo sample`: invented referrals that the other commands take as they are."""

import csv
import io
import json

import pytest

from cli.calls import answers, palermo
from palermo.packs import load
from palermo.web.intake.importing import rows


def test_what_it_prints_can_be_decided_as_it_is():
    made = palermo("sample", "--count", "200")
    assert made.exit_code == 0
    decided = palermo("remit", "decide", given=made.stdout)
    assert decided.exit_code == 0
    assert [one["id"] for one in answers(decided)] == [one["id"] for one in answers(made)]


def test_it_prints_exactly_the_facts_of_the_contract():
    (one,) = answers(palermo("sample", "--count", "1"))
    assert list(one) == [
        "id",
        "received",
        "matter",
        "age",
        "exploitation",
        "organised",
        "reach",
        "victims",
        "nexus",
        "escalation",
        "port",
        "borough",
    ]


def test_whole_tells_the_person_the_body_and_the_account_and_that_a_charity_is_invented():
    made = answers(palermo("sample", "--whole"))
    partner = next(one for one in made if one["referring_body"] == "Harbour Project")
    assert (partner["stands_for_margin"], partner["invented_body"]) == ("poppy", True)
    assert partner["account"]
    assert partner["people"][0]["family_name"] or not partner["people"][0]["given_names"]
    assert list(partner["elements"]) == ["acts", "means", "purposes", "consent", "indicators"]


def test_the_same_seed_prints_the_same_and_another_does_not():
    first = palermo("sample", "--seed", "3", "--whole").stdout
    assert palermo("sample", "--seed", "3", "--whole").stdout == first
    assert palermo("sample", "--seed", "4", "--whole").stdout != first


def test_the_table_has_the_columns_of_import():
    made = palermo("sample", "--count", "40", "--format", "csv", "--whole")
    table = csv.DictReader(io.StringIO(made.stdout))
    assert set(table.fieldnames) <= set(rows.names(load("mps-2010")))
    assert len(list(table)) == 40


def test_the_table_and_the_lines_say_the_same():
    lines = answers(palermo("sample", "--count", "40"))
    table = list(csv.DictReader(io.StringIO(palermo("sample", "--count", "40", "--format", "csv").stdout)))
    assert table == [{name: value or "" for name, value in one.items()} for one in lines]


@pytest.mark.parametrize("words", [("--count", "0"), ("--count", "many"), ("--seed", "-1"), ("--format", "xml")])
def test_a_wrong_call_is_refused(words):
    assert palermo("sample", *words).exit_code == 2


@pytest.mark.parametrize(("pack", "says"), [("mps-2011", "mps-2010"), ("uk-nrm", "no folder sample")])
def test_a_pack_that_cannot_be_used_is_refused_with_words(pack, says):
    made = palermo("sample", "--pack", pack)
    assert made.exit_code == 2
    assert says in made.stderr
    assert not made.stdout


def test_nothing_but_the_referrals_goes_to_standard_output():
    made = palermo("sample", "--count", "5")
    assert len([json.loads(line) for line in made.stdout.splitlines()]) == 5
    assert "invented" in made.stderr
