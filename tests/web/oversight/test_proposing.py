import html
import re
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
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
    "new-1-owner": "SCD5-PALADIN",
    "new-1-when-age": "adult",
    "new-1-when-matter": "trafficking",
    "new-1-when-port": "yes",
    "new-1-cites": "§11",
    "new-1-why": "Paladin is at the ports anyway.",
    "count": "profiles",
}


SECOND = {
    "new-2-owner": "SCD9",
    "new-2-when-age": ["child", "unknown"],
    "new-2-when-port": "yes",
    "new-2-when-victims": "multiple",
    "new-2-cites": "§11, §12",
    "new-2-why": "What is found at a port is followed up where it leads.",
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
    page = words_of("analyst", "proposal", **ADDED, **{"new-1-first": "no"})

    assert "Two units would claim these" in page
    assert "N1" in page


def proposal_in(client, tmp_path, query):
    """The proposal that the page gives away as a file for this address, and the remit with it."""
    path = tmp_path / "proposal.toml"
    path.write_bytes(client.get(reverse("oversight:proposal-file"), query).content)
    return propose(load("mps-2010"), path)


def test_several_rules_are_added_and_the_later_goes_before_the_earlier(client, accounts, words_of, tmp_path):
    page = words_of("analyst", "proposal", **{**ADDED, **SECOND, "new-2-when-age": ["adult", "child"]})
    read, remit = proposal_in(client, tmp_path, {**ADDED, **SECOND, "new-2-when-age": ["adult", "child"]})

    assert "Every possible referral would have exactly one owner" in page
    first, second = read.add
    assert (first.id, second.id) == ("N1", "N2")
    assert "N1" in second.overrides
    assert "N2" not in first.overrides
    vocabulary = policy.pack().vocabulary
    assert vocabulary.limits(second.when)["age"] == ("adult", "child")
    at_a_port = vocabulary.encode({**vocabulary.missing, "age": "adult", "port": "yes", "victims": "multiple"})
    assert remit.route(at_a_port, OCTOBER).rule.id == "N2"


def test_a_rule_is_put_into_the_proposal_on_a_page_of_its_own(client, accounts):
    client.force_login(accounts["analyst"])
    held = {**TRANSFER, **ADDED}
    page = client.get(reverse("oversight:proposal-rule"), {**held, "rule": "new"})
    assert page.status_code == 200
    assert 'id="new-2-owner"' in page.content.decode()

    sent = {**held, **SECOND, "rule": "2", "save": "yes", "new-2-id": "N2", "new-2-basis": "assumed"}
    saved = client.get(reverse("oversight:proposal-rule"), sent)
    back, _, query = saved.url.partition("?")
    assert back == reverse("oversight:proposal")
    assert QueryDict(query) == QueryDict(urlencode({**held, **SECOND}, doseq=True))
    assert client.get(saved.url).status_code == 200


def test_a_rule_that_was_added_is_edited_and_taken_out(client, accounts):
    client.force_login(accounts["analyst"])
    held = {**ADDED, **SECOND}
    page = client.get(reverse("oversight:proposal-rule"), {**held, "rule": "2"}).content.decode()
    boxes = re.findall(r'<input[^>]*name="new-2-when-age"[^>]*>', page)
    assert [re.search('value="(.*?)"', box)[1] for box in boxes if " checked" in box] == ["child", "unknown"]
    assert 'name="new-1-owner" value="SCD5-PALADIN"' in page

    sent = {**held, "rule": "2", "save": "yes", "new-2-when-age": "child"}
    saved = client.get(reverse("oversight:proposal-rule"), sent)
    assert QueryDict(saved.url.partition("?")[2]).getlist("new-2-when-age") == ["child"]
    gone = client.get(reverse("oversight:proposal"), {**held, "remove": "1"})
    assert QueryDict(gone.url.partition("?")[2]) == QueryDict(
        urlencode({"effective": "2010-10-01", "count": "profiles", **SECOND}, doseq=True)
    )


def test_what_is_wrong_with_a_rule_is_told_beside_it_and_all_that_was_typed_stays(client, accounts):
    client.force_login(accounts["analyst"])
    sent = {
        **ADDED,
        "rule": "1",
        "save": "yes",
        "new-1-cites": "§99",
        "new-1-until-day": "3",
        "new-1-until-month": "May",
    }
    page = client.get(reverse("oversight:proposal-rule"), sent)
    text = html.unescape(page.content.decode())
    assert page.status_code == 400
    assert 'href="#new-1-until-day">The day it ends must include a year' in text
    assert 'value="May"' in text

    del sent["new-1-until-day"], sent["new-1-until-month"]
    text = html.unescape(client.get(reverse("oversight:proposal-rule"), sent).content.decode())
    assert "href=\"#new-1-cites\">it cites '§99'" in text
    assert 'value="§99"' in text


def test_a_rule_of_the_pack_is_changed_in_its_place(client, accounts, words_of, tmp_path):
    client.force_login(accounts["analyst"])
    held = {"effective": "2010-10-01", "count": "profiles"}
    copied = client.get(reverse("oversight:proposal-rule"), {**held, "rule": "copy", "copy": "A1"})
    query = QueryDict(copied.url.partition("?")[2]).dict()
    pack = load("mps-2010")
    before = next(rule for rule in pack.remit.on(OCTOBER).rules if rule.id == "A1")

    assert query["new-1-for"] == "A1"
    as_it_is, same = proposal_in(client, tmp_path, {**query, "new-1-why": "As it is."})
    assert [(rule.id, rule.owner, rule.when, rule.overrides) for rule in as_it_is.add] == [
        (before.id, before.owner, before.when, before.overrides)
    ]
    assert as_it_is.end == ("A1",)
    assert (
        same.owners_of(same.on(OCTOBER).winners).tolist()
        == pack.remit.owners_of(pack.remit.on(OCTOBER).winners).tolist()
    )
    other = "TP" if before.owner != "TP" else "SCD9"
    page = words_of("analyst", "proposal", **{**query, "new-1-owner": other, "new-1-why": "To see."})
    assert "A1 in place of the pack’s A1" in page
    assert re.search(rf"[\d,]+ go from {before.owner} to {other}", page)


def test_a_rule_that_ends_by_itself_still_ends_where_it_is_changed(client, accounts, tmp_path):
    client.force_login(accounts["analyst"])
    ending = next(rule for rule in policy.pack().remit.on(OCTOBER).rules if rule.period.end)
    held = {"effective": "2010-10-01", "count": "profiles", "rule": "copy", "copy": ending.id}
    copied = client.get(reverse("oversight:proposal-rule"), held)
    query = QueryDict(copied.url.partition("?")[2])

    assert query["new-1-until"] == ending.period.end.isoformat()
    page = client.get(copied.url).content.decode()
    back = html.unescape(re.search(r'href="([^"]*)" class="govuk-back-link"', page)[1])
    assert "new-" not in back
    client.get(back)


def test_only_rules_in_force_are_changed(words_of):
    words_of("analyst", "proposal-rule", effective="2010-10-01", rule="copy", copy="Z9", status=404)
    words_of("analyst", "proposal-rule", effective="2010-10-01", rule="100", status=404)


def test_a_ready_proposal_that_adds_rules_is_opened_with_them(client, accounts, monkeypatch, tmp_path):
    text = written(
        {
            "title": "Ports",
            "effective": OCTOBER,
            "add": [
                {
                    "id": "P1",
                    "owner": "SCD5-PALADIN",
                    "when": {"age": "adult", "port": "yes", "reach": ["national", "international"], "victims": "!one"},
                    "until": date(2011, 4, 1),
                    "overrides": ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"],
                    "cites": ["§11"],
                    "basis": "inferred",
                }
            ],
        }
    )
    (tmp_path / "ports.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(proposing, "folder", lambda: tmp_path)
    client.force_login(accounts["analyst"])

    opened = client.get(reverse("oversight:proposal"), {"start": "ports"})
    file = client.get(reverse("oversight:proposal-file") + opened.url[opened.url.index("?") :]).content.decode()
    assert tomllib.loads(file) == tomllib.loads(text)


def test_a_move_to_a_less_specialised_unit_is_named(words_of):
    page = words_of("analyst", "proposal", **{**ADDED, "new-1-owner": "TP"})

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
    assert [(rule.id, rule.owner, rule.why) for rule in read.add] == [("N1", "SCD5-PALADIN", ADDED["new-1-why"])]
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
        ({"effective": "2010-10-01", "new-1-when-age": "adult"}, "N1: Choose who owns what the rule decides"),
        ({**ADDED, "new-1-when-age": "old"}, "N1: age has no value 'old'"),
        ({**ADDED, "new-1-cites": "§99"}, "N1: it cites '§99'"),
        ({**ADDED, "new-1-id": "C1"}, "C1: Give the rule an id that no other rule has"),
        ({**ADDED, **SECOND, "new-2-id": "N1"}, "N1: Give the rule an id that no other rule has"),
        ({**ADDED, "new-1-why": "a" * 500}, "Shorten new-1-why to 400 characters"),
        ({**ADDED, "new-1-first": "some"}, "N1: Enter the ids of the rules it goes before"),
        ({**ADDED, "new-1-first": "some", "new-1-over": "Z9"}, "N1: it overrides 'Z9'"),
        ({**ADDED, "new-1-first": "last"}, "N1: Choose which rules it goes before"),
        ({**ADDED, "new-1-basis": "hoped"}, "N1: Choose how firmly the rule stands"),
        ({**ADDED, "new-1-from": "2010-05-01"}, "N1: it starts on 2010-05-01, before the proposal takes effect"),
        ({**ADDED, "new-1-from": "2011-05-01", "new-1-until": "2011-04-01"}, "N1: it ends on 2011-04-01"),
        ({**ADDED, "new-1-until": "9999-05-01"}, "Check the year"),
        ({**ADDED, "new-1-until-day": "3"}, "N1: The day it ends must include a month and year"),
        ({**ADDED, **SECOND, "new-2-for": "Z9"}, "Z9: there is no such rule in force"),
        (
            {"effective": "2010-10-01", **{f"new-{n}-why": "a" * 390 for n in range(1, 17)}},
            "it is longer than an address can be",
        ),
        ({"effective": "2010-10-01", "count": "people"}, "“people” is not in it"),
        ({"effective": "9999-12-31"}, "Check the year"),
        ({"effective": "2010-10-01", "at": "9999-12-31"}, "Check the year"),
        ({"effective": "2010-10-01", "title": "\x00", "new-1-owner": "TP"}, "N1: Enter the paragraph"),
        ({**ADDED, "new-1-when-colour": "red"}, "N1: no field 'colour'"),
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
    sent = {**TRANSFER, "heir-SCD9": "SCD9", "title": "", "new-1-first": "yes", "new-1-id": "N1", "new-1-owner": ""}
    response = client.get(reverse("oversight:proposal"), sent)

    assert response.status_code == 302
    assert "SCD9" not in response.url
    assert "new-" not in response.url
    assert client.get(response.url).status_code == 200


def test_what_is_written_is_read_again():
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
