"""Invented referrals: in the published shares, the same each time, and nothing that the pack would refuse."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.policy import PolicyFaults
from palermo.packs import load
from palermo.packs.sampling import Dice, apportion, has_samples, read_sampling

PUBLISHED = {
    "ukba": 238,
    "police": 166,
    "local_authorities": 57,
    "poppy": 27,
    "kalayaan": 19,
    "tara": 9,
    "migrant_helpline": 8,
    "cps": 2,
    "nhs": 1,
}


@pytest.fixture(scope="module")
def pack():
    return load("mps-2010")


@pytest.fixture(scope="module")
def sampling(pack):
    return read_sampling(pack, "mps-2010")


@pytest.fixture(scope="module")
def made(sampling):
    return sampling.samples(700, sampling.seed)


def test_the_margins_are_the_published_counts(sampling):
    assert {margin.id: margin.count for margin in sampling.margins} == PUBLISHED
    assert sum(PUBLISHED.values()) == 527
    assert all(margin.source and margin.confidence for margin in sampling.margins)


@pytest.mark.parametrize("seed", [0, 1, 61])
def test_seven_hundred_follow_the_margins_exactly(sampling, seed):
    found = Counter(one.margin for one in sampling.samples(700, seed))
    assert found == {
        "ukba": 316,
        "police": 220,
        "local_authorities": 76,
        "poppy": 36,
        "kalayaan": 25,
        "tara": 12,
        "migrant_helpline": 11,
        "cps": 3,
        "nhs": 1,
    }


def test_as_many_as_were_published_are_the_published_numbers(sampling):
    assert Counter(one.margin for one in sampling.samples(527, 5)) == PUBLISHED


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 500), min_size=1), st.integers(0, 2_000))
def test_shares_add_up_and_are_never_further_off_than_one(shares, count):
    total = sum(shares.values())
    if not total:
        with pytest.raises(ValueError, match="every share is 0"):
            apportion(shares, count)
        return
    found = apportion(shares, count)
    assert sum(found.values()) == count
    for name, share in shares.items():
        assert abs(found[name] * total - count * share) < total


@given(st.integers(0, 2**64), st.lists(st.integers(), max_size=30))
def test_shuffling_loses_nothing(seed, things):
    assert sorted(Dice(seed).shuffled(things)) == sorted(things)


def test_the_same_seed_gives_the_same_referrals(sampling, made):
    assert sampling.samples(700, sampling.seed) == made
    assert sampling.samples(700, sampling.seed + 1) != made


def test_neither_the_order_of_hashes_nor_a_new_process_changes_a_byte(made):
    program = (
        "import json; from palermo.packs import load; from palermo.packs.sampling import read_sampling;"
        "s = read_sampling(load('mps-2010'), 'mps-2010');"
        "print(json.dumps([one.as_dict() for one in s.samples(700, s.seed)]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env={"PYTHONHASHSEED": "7"}
    ).stdout.strip()
    here = json.dumps([one.as_dict() for one in made]).encode()
    assert hashlib.sha256(told).hexdigest() == hashlib.sha256(here).hexdigest()


def test_every_referral_is_decided_and_assessed(pack, made):
    for one in made:
        decision = pack.decide(pack.read_facts(one.as_facts()))
        assert decision.owner
        assert pack.assess({**one.elements, "age": one.facts["age"]}).finding


def test_they_are_in_order_within_the_twelve_months(made):
    days = [(one.received, one.at) for one in made]
    assert days == sorted(days)
    assert date(2009, 7, 1) <= days[0][0] < days[-1][0] <= date(2010, 6, 30)
    assert len({one.id for one in made}) == 700


def test_most_people_are_female_or_children_and_most_often_from_romania_and_lithuania(made):
    trafficked = [one for one in made if one.facts["matter"] == "trafficking"]
    female_or_child = [one for one in trafficked if one.people[0]["sex"] == "female" or one.facts["age"] == "child"]
    assert len(female_or_child) > len(trafficked) / 2
    commonest = Counter(one.people[0]["nationality"] for one in trafficked).most_common(2)
    assert [nationality for nationality, _ in commonest] == ["Romania", "Lithuania"]


def test_every_unit_that_could_be_asked_gets_something(pack, made):
    before = {pack.decide(pack.read_facts(one.as_facts())).owner for one in made if one.received < date(2010, 4, 1)}
    after = {pack.decide(pack.read_facts(one.as_facts())).owner for one in made if one.received >= date(2010, 4, 1)}
    assert before >= {"CO14", "HTT", "MAXIM", "SWALE", "GOLF", "SCD5-PALADIN", "TP"}
    assert after >= {"SCD9", "GOLF", "SCD5-PALADIN", "TP"}


def test_the_demonstrations_partner_is_among_the_bodies_and_invented(made):
    theirs = [one for one in made if one.referring_body == "Harbour Project"]
    assert len(theirs) == 36
    assert all(one.invented_body and one.margin == "poppy" for one in theirs)


def test_a_charity_that_is_named_in_the_counts_refers_nothing_itself(sampling, made):
    published = {margin.published_as for margin in sampling.margins} - {"UKBA", "Police", "CPS", "NHS"}
    assert not [one for one in made if one.referring_body in published]


def test_whoever_is_stopped_at_a_port_is_referred_from_its_borough(made):
    at_ports = [one for one in made if one.facts["port"] == "yes"]
    assert {one.facts["borough"] for one in at_ports} == {"Hillingdon", "Newham", "Camden"}
    assert all(one.account.startswith("Stopped on arrival") for one in at_ports if one.people)


def test_a_date_of_birth_agrees_with_the_age(made):
    for one in made:
        for person in one.people:
            if born := person["date_of_birth"]:
                year, month, day = (int(part) for part in [*born.split("-"), "1", "1"][:3])
                age = one.received.year - year - ((one.received.month, one.received.day) < (month, day))
                assert (age < 18) == (one.facts["age"] == "child"), one


def test_what_it_is_for_agrees_with_the_kind_of_exploitation(made):
    expected = {
        "sexual": {"exploitation_of_the_prostitution_of_others", "other_forms_of_sexual_exploitation"},
        "labour": {"forced_labour_or_services"},
        "domestic_servitude": {"servitude", "forced_labour_or_services"},
        "criminal": {"other", "forced_labour_or_services"},
        "organ_removal": {"removal_of_organs"},
        "unknown": set(),
    }
    for one in made:
        if one.facts["matter"] == "trafficking":
            assert set(one.elements["purposes"] or ()) <= expected[one.facts["exploitation"]]


def test_indicators_are_those_of_the_persons_age(pack, made):
    for one in made:
        meant = {indicator.code for indicator in pack.definition.for_age(one.facts["age"])}
        assert set(one.elements["indicators"]) <= meant


def test_names_come_in_many_scripts(made):
    letters = "".join(person["given_names"] + person["family_name"] for one in made for person in one.people)
    for letter in "Șėễ例मอአ":
        assert letter in letters


def test_a_pack_without_the_folder_says_so():
    pack = load("uk-nrm")
    assert not has_samples("uk-nrm")
    with pytest.raises(PolicyFaults, match="no folder sample"):
        read_sampling(pack, "uk-nrm")


def test_every_fault_of_the_folder_is_told_at_once(pack, tmp_path):
    import shutil

    from palermo.packs.loader import find

    folder = tmp_path / "copy"
    shutil.copytree(find("mps-2010"), folder)
    scenarios = folder / "sample" / "scenarios.toml"
    text = scenarios.read_text(encoding="utf-8")
    text = text.replace('age = "adult", exploitation = "sexual"', 'age = "Adult", exploitation = "sexual"', 1)
    scenarios.write_text(text.replace('purposes = ["servitude"]', 'purposes = ["service"]', 1), encoding="utf-8")
    margins = folder / "sample" / "margins.csv"
    margins.write_text(margins.read_text(encoding="utf-8").replace("CPS,2", "CPS,two"), encoding="utf-8")
    work = folder / "sample" / "work.toml"
    text = work.read_text(encoding="utf-8")
    work.write_text(text.replace('resource = "tactical_advice"', 'resource = "covert_policing"'), encoding="utf-8")
    with pytest.raises(PolicyFaults) as told:
        read_sampling(pack, folder)
    for words in ("'Adult'", "'service'", "'two'", "TP can ask nobody for 'covert_policing'"):
        assert words in str(told.value)
