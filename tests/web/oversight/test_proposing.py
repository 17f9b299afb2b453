import html
import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from palermo.domain.remit.compare import compare
from palermo.domain.remit.proposal import Proposal
from palermo.packs import load, propose
from palermo.web import policy
from palermo.web.oversight import proposing
from palermo.web.oversight.proposing import value_of, written

from .conftest import CHILD

OCTOBER = date(2010, 10, 1)
TRANSFER = {
    "effective": "2010-10-01",
    "units": "SCD-SWALE, SCD-GOLF",
    "heir-SWALE": "SCD-SWALE",
    "heir-GOLF": "SCD-GOLF",
    "count": "profiles",
}
ADDED = {
    "effective": "2010-10-01",
    "new-owner": "SCD5-PALADIN",
    "when-age": "adult",
    "when-matter": "trafficking",
    "when-port": "yes",
    "new-cites": "§11",
    "new-why": "Paladin is at the ports anyway.",
    "count": "profiles",
}


def engine(proposal):
    remit = policy.pack().remit
    return compare(remit.at(OCTOBER), remit.with_proposal(proposal).at(OCTOBER))


def test_the_proposals_of_the_pack_are_offered(words_of):
    page = words_of("analyst", "proposals")

    assert proposing.ready_proposals()
    for ready in proposing.ready_proposals():
        assert ready.title in page


def test_the_form_opens_with_a_ready_proposal_filled_in(words_of):
    page = words_of("analyst", "proposal", start="swale-golf")

    assert "Every possible referral would have exactly one owner" in page
    assert "go from SWALE to SCD-SWALE" in page
    assert "Nothing here becomes policy" in page


def test_a_ready_proposal_says_the_same_in_the_form_as_in_its_file(client, accounts, tmp_path):
    client.force_login(accounts["analyst"])
    form = client.get(reverse("oversight:proposal"), {"start": "swale-golf"})
    file = client.get(reverse("oversight:proposal-file") + form.url[form.url.index("?") :])
    path = tmp_path / "proposal.toml"
    path.write_bytes(file.content)

    pack = load("mps-2010")
    assert propose(pack, path)[0] == propose(pack, proposing.folder() / "swale-golf.toml")[0]


def test_what_a_transfer_moves_is_what_the_engine_says(words_of):
    page = words_of("analyst", "proposal", **TRANSFER)

    expected = engine(Proposal(OCTOBER, reassign={"SWALE": "SCD-SWALE", "GOLF": "SCD-GOLF"}))
    for (was, will), number in expected.matrix.items():
        assert f"{number:,} {'stay with' if was == will else f'go from {was} to'} {will}" in page
    assert "Nothing goes from a specialist team to a borough" in page
    assert "All that must always hold would hold" in page


def test_referrals_of_the_site_are_counted_too(words_of, received):
    received(6, {**CHILD, "matter": "facilitation", "reach": "borough"})

    page = words_of("auditor", "proposal", **{**TRANSFER, "count": "referrals"})
    assert "6 of 6 referrals go to another unit" in page
    assert "6 go from SWALE to SCD-SWALE" in page
    assert "About 5 of about 5" in words_of("analyst", "proposal", **{**TRANSFER, "count": "referrals"})


def test_a_later_day_can_be_compared(words_of):
    page = words_of("analyst", "proposal", **TRANSFER, at="2011-01-01")

    assert "With and without it on 1 January 2011" in page
    assert "SCD-GOLF:" not in page


def test_a_rule_that_ends_leaves_a_gap_in_the_words_of_the_engine(words_of):
    page = words_of("analyst", "proposal", effective="2010-10-01", end="F1", count="profiles")
    ended = policy.pack().remit.with_proposal(Proposal(OCTOBER, end=("F1",))).check(start=OCTOBER)

    assert ended.gaps
    for gap in ended.gaps:
        assert gap.says in page
    assert "so there is nothing to compare yet" in page


def test_an_added_rule_goes_before_those_it_meets(words_of):
    page = words_of("analyst", "proposal", **ADDED)

    assert "Every possible referral would have exactly one owner" in page
    assert re.search(r"[\d,]+ go from SCD9 to SCD5-PALADIN", page)


def test_an_added_rule_that_goes_before_none_is_in_dispute(words_of):
    page = words_of("analyst", "proposal", **ADDED, **{"new-first": "no"})

    assert "Two units would claim these" in page
    assert "N1" in page


def test_a_move_to_a_less_specialised_unit_is_named(words_of):
    page = words_of("analyst", "proposal", **{**ADDED, "new-owner": "TP"})

    assert re.search(r"What moves down .* SCD9 by A\d+ TP by N1", page)


def test_what_must_always_hold_and_would_not_is_told(words_of):
    page = words_of(
        "analyst", "proposal", **{"effective": "2010-10-01", "heir-SCD5-PALADIN": "TP", "count": "profiles"}
    )

    assert "What must always hold, and would not" in page


def test_a_cell_leads_to_the_rules_with_paragraphs_and_boxes(words_of):
    page = words_of("analyst", "proposal-move", **ADDED, giver="SCD9", taker="SCD5-PALADIN")

    assert "to N1 Combinations of facts" in page
    assert "Paladin is at the ports anyway." in page
    assert "At a port: yes" in page or "port: yes" in page.lower()
    words_of("analyst", "proposal-move", **ADDED, giver="GOLF", taker="SWALE", status=404)


def test_the_file_of_an_added_rule_is_read_as_the_form_says(client, accounts, tmp_path):
    client.force_login(accounts["analyst"])
    query = {**ADDED, "title": 'Ports, "whoever" is found there', "end": "C5"}
    path = tmp_path / "proposal.toml"
    path.write_bytes(client.get(reverse("oversight:proposal-file"), query).content)
    read, remit = propose(load("mps-2010"), path)

    assert read.title == query["title"]
    assert read.end == ("C5",)
    assert [(rule.id, rule.owner, rule.why) for rule in read.add] == [("N1", "SCD5-PALADIN", ADDED["new-why"])]
    assert remit.sound


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"title": "No day"}, "Enter the day the proposal begins"),
        ({"effective": "2007-04-01"}, "must be after 1 April 2007"),
        ({"effective-day": "31", "effective-month": "2", "effective-year": "2011"}, "must be a real date"),
        ({"effective": "2010-10-01", "end": "Z9"}, "there is no such rule in force"),
        ({"effective": "2010-10-01", "heir-SWALE": "MARS"}, "there is no unit 'MARS'"),
        ({"effective": "2010-10-01", "heir-CO14": "SWALE"}, "it owns nothing from 2010-10-01"),
        ({"effective": "2010-10-01", "units": "A unit!"}, "letters, digits and hyphens"),
        ({"effective": "2010-10-01", "when-age": "adult"}, "Choose who owns what the new rule decides"),
        ({**ADDED, "when-age": "old"}, "age has no value 'old'"),
        ({**ADDED, "new-cites": "§99"}, "it cites '§99'"),
        ({**ADDED, "new-id": "C1"}, "an id that no rule of the pack has"),
        ({**ADDED, "new-why": "a" * 500}, "Shorten new-why to 400 characters"),
        ({"effective": "2010-10-01", "count": "people"}, "“people” is not in it"),
        ({"effective": "9999-12-31"}, "Check the year"),
        ({"effective": "2010-10-01", "at": "9999-12-31"}, "Check the year"),
        ({"effective": "2010-10-01", "title": "\x00", "when-colour": "red", "new-owner": "TP"}, "Enter the paragraph"),
        ({**ADDED, "when-colour": "red"}, "no field 'colour'"),
        ({"effective": "2010-10-01", "start": "../remit"}, "no proposal “../remit” to start from"),
        ({"effective": "2010-10-01", "at": "2010-01-01"}, "must not be before the proposal begins"),
    ],
)
def test_a_proposal_that_is_none_is_told_what_is_wrong(words_of, query, says):
    assert says in words_of("analyst", "proposal", status=400, **query)


def test_a_file_is_given_for_a_proposal_alone(client, accounts):
    client.force_login(accounts["analyst"])
    response = client.get(reverse("oversight:proposal-file"), {"title": "No day"}, follow=True)

    assert response.status_code == 400
    assert "Enter the day the proposal begins" in html.unescape(response.content.decode())


def test_a_ready_proposal_that_is_not_there_is_not_found(words_of):
    words_of("analyst", "proposal", start="mars", status=404)


def test_the_address_is_short_and_holds_the_whole_form(client, accounts):
    client.force_login(accounts["analyst"])
    sent = {**TRANSFER, "heir-SCD9": "SCD9", "title": "", "new-first": "yes", "new-id": "N1", "new-owner": ""}
    response = client.get(reverse("oversight:proposal"), sent)

    assert response.status_code == 302
    assert "SCD9" not in response.url
    assert "new-" not in response.url
    assert client.get(response.url).status_code == 200


def test_what_is_written_is_read_again():
    import tomllib

    document = {
        "title": 'A "quoted" \\ one\x7f\n£',
        "days": [date(2010, 1, 2)],
        "of": {"a b": ["x"], "n": 3, "t": True},
    }

    assert tomllib.loads(written(document)) == document
    with pytest.raises(TypeError, match="no value of a proposal"):
        value_of(2.5)


def test_proposals_stand_beside_the_pack():
    assert proposing.folder() == Path(proposing.find("mps-2010")) / "proposals"
