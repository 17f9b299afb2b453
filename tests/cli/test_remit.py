"""`palermo remit decide` and `remit check`: the answers themselves. What is refused is in test_lines."""

import json
import random
import shutil
from datetime import date

import pytest

from cli.calls import answers, palermo
from palermo.packs import load
from palermo.packs.loader import find

PACK = load("mps-2010")
CONTRACT = [
    "id",
    "on",
    "pack",
    "pack_version",
    "owner",
    "function",
    "owner_borough",
    "basis",
    "rule",
    "sources",
    "contested_by",
    "support",
    "safeguarding_partner",
    "nim_level",
    "level_reason",
    "clocks",
    "explanation",
]


def test_a_decision_has_the_names_of_the_contract_in_their_order():
    result = palermo("remit", "decide", given='{"id": "r1", "received": "2010-05-06", "age": "child", "port": true}\n')

    assert (result.exit_code, result.stderr) == (0, "")
    (decision,) = answers(result)
    assert list(decision) == CONTRACT
    assert (decision["owner"], decision["on"], decision["pack"]) == ("SCD5-PALADIN", "2010-05-06", "mps-2010")
    assert [list(clock) for clock in decision["clocks"]] == [["clock", "starts", "due", "source"]] * 5


def test_answers_come_in_the_order_of_the_lines():
    given = "".join(f'{{"id": "{number}", "received": "2010-05-06"}}\n' for number in (3, 1, 2))

    assert [decision["id"] for decision in answers(palermo("remit", "decide", given=given))] == ["3", "1", "2"]


def test_the_command_says_what_the_pack_says_about_any_facts(tmp_path):
    rng = random.Random(7)
    rows = []
    for number in range(300):
        facts = {"id": str(number), "received": f"20{rng.choice(['09', '10', '11'])}-06-15"}
        facts |= {field.name: rng.choice(field.values) for field in PACK.vocabulary.fields if not field.derived_from}
        rows.append({**facts, "borough": rng.choice(list(PACK.boroughs))})
    file = tmp_path / "referrals.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))

    found = answers(palermo("remit", "decide", str(file)))

    # no bank holiday lies within five working days of these
    assert found == [PACK.decide(PACK.read_facts(row)).as_dict() for row in rows]


def test_clocks_of_working_days_leave_out_bank_holidays():
    # the Thursday before Easter 2010
    (decision,) = answers(palermo("remit", "decide", given='{"received": "2010-04-01", "age": "adult"}'))

    assert {clock["clock"]: clock["due"] for clock in decision["clocks"]}["acceptance"] == "2010-04-06"


def test_the_day_given_decides_in_place_of_the_day_of_receipt():
    facts = '{"received": "2010-05-06", "age": "adult", "exploitation": "sexual", "organised": true}'

    assert answers(palermo("remit", "decide", given=facts))[0]["owner"] == "SCD9"
    assert answers(palermo("remit", "decide", "--on", "2010-03-31", given=facts))[0]["owner"] == "HTT"


@pytest.mark.parametrize("day", ["2010-4-1", "01/04/2010", "20100401", "2010-02-29", "yesterday", ""])
def test_a_day_written_otherwise_is_refused_with_how_to_write_it(day):
    result = palermo("remit", "decide", "--on", day, given="{}")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"--on {day}: not a date; write it as year-month-day, such as 2010-04-01\n"


def test_a_day_without_a_remit_is_refused_once_and_not_for_each_line():
    result = palermo("remit", "decide", "--on", "1999-01-01", given="{}\n{}\n")

    assert result.exit_code == 2
    assert result.stderr == "--on 1999-01-01: 1999-01-01 is before this remit starts. It starts on 2007-04-01.\n"


@pytest.mark.parametrize("command", [("remit", "decide"), ("remit", "check"), ("assess",), ("figures",)])
def test_a_pack_that_is_not_there_is_refused_with_those_that_are(command):
    result = palermo(*command, "--pack", "mps-2011", given="{}")

    assert result.exit_code == 2
    assert "mps-2011: no pack of this id" in result.stderr
    assert "Did you mean mps-2010?" in result.stderr


def test_the_pack_leaves_nothing_to_nobody_and_nothing_to_two():
    result = palermo("remit", "check")

    assert result.exit_code == 0
    assert result.stdout.startswith("mps-human-trafficking: every possible referral has exactly one owner\n")


def test_what_the_source_alone_states_has_gaps_and_overlaps():
    result = palermo("remit", "check", "--stated", "--json")
    found = json.loads(result.stdout)

    assert result.exit_code == 1
    claimed = {(both["from"], both["to"], frozenset(both["owners"])) for both in found["overlaps"]}
    assert ("2007-04-01", "2010-04-01", frozenset({"CO14", "HTT"})) in claimed
    assert not any(since >= "2010-04-01" and "CO14" in owners for since, _, owners in claimed)
    # an adult, trafficked for sexual exploitation by nobody organised
    assert any(
        gap["from"] == "2010-04-01"
        and {"sexual", "adult", "no"}
        <= {*gap["when"]["exploitation"], *gap["when"].get("age", ["adult"]), *gap["when"]["organised"]}
        for gap in found["gaps"]
        if "exploitation" in gap["when"] and "organised" in gap["when"]
    )


def test_the_report_for_people_has_the_dates_and_a_worked_example_of_each():
    result = palermo("remit", "check", "--stated")
    found = json.loads(palermo("remit", "check", "--stated", "--json").stdout)

    assert result.exit_code == 1
    said = result.stdout
    for one in found["gaps"] + found["overlaps"]:
        example = json.dumps(one["example"]["facts"], ensure_ascii=False)
        assert f"{one['says']}\n    Example, on {one['example']['on']}: {example}\n" in said


def test_worked_examples_of_gaps_are_held_by_no_stated_rule():
    found = json.loads(palermo("remit", "check", "--stated", "--json").stdout)

    for gap in found["gaps"]:
        profile = PACK.read_facts(gap["example"]["facts"]).profile
        day = date.fromisoformat(gap["example"]["on"])
        stated = [rule for rule in PACK.remit.rules if rule.basis == "stated" and day in rule.period]
        assert [rule.id for rule in stated if PACK.vocabulary.within(rule.when, profile)] == []


def test_check_counts_the_past_referrals_in_each_gap_and_overlap(tmp_path):
    days = {"2010-03-31": 3, "2010-04-01": 4, "2010-05-01": 5}
    source = tmp_path / "in.csv"
    lines = [f"{day},adult,sexual,no" for day, times in days.items() for _ in range(times)]
    source.write_text("\n".join(["received,age,exploitation,organised", *lines, ""]), encoding="utf-8")
    palermo("remit", "histogram", str(source), str(tmp_path / "h.parquet"))

    for file in (source, tmp_path / "h.parquet"):
        found = json.loads(palermo("remit", "check", "--stated", "--json", str(file)).stdout)
        past = {
            gap["from"]: gap["past_referrals"]
            for gap in found["gaps"]
            if "sexual" in gap["when"].get("exploitation", ())
        }
        # before the change CO14 has them by a rule that is stated
        assert past["2010-04-01"] == 9
        assert "2007-04-01" not in past
    assert "9 past referrals fall here" in palermo("remit", "check", "--stated", str(source)).stdout
    from_may = json.loads(palermo("remit", "check", "--stated", "--from", "2010-05-01", "--json", str(source)).stdout)
    assert max(gap["past_referrals"] for gap in from_may["gaps"] if gap["from"] == "2010-05-01") == 5
    refused = palermo("remit", "check", "--stated", "--from", "2010-05-01", str(tmp_path / "h.parquet"))
    assert (refused.exit_code, "count it again: palermo remit histogram … --cut 2010-05-01" in refused.stderr) == (
        2,
        True,
    )


def test_check_looks_at_the_days_asked_for_and_at_no_others():
    found = json.loads(palermo("remit", "check", "--from", "2010-03-31", "--to", "2010-04-01", "--json").stdout)

    assert [(span["from"], span["to"]) for span in found["intervals"]] == [
        ("2010-03-31", "2010-04-01"),
        ("2010-04-01", "2010-04-02"),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2010-05-02", "--to", "2010-05-01"), "the last day is before the first"),
        (("--to", "2000-01-01"), "the remit has no rules before 2007-04-01"),
        (("--from", "soon"), "--from soon: not a date"),
        (("--to", "soon"), "--to soon: not a date"),
        (("--from", ""), "--from : not a date"),
    ],
)
def test_check_refuses_days_that_make_no_sense(words, says):
    result = palermo("remit", "check", *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_days_before_the_remit_are_said_not_to_be_looked_at():
    result = palermo("remit", "check", "--from", "2001-01-01")

    assert result.exit_code == 0
    assert "The remit starts on 2007-04-01" in result.stderr


def test_a_pack_with_a_gap_is_shown_and_not_refused(tmp_path):
    folder = tmp_path / "gap"
    shutil.copytree(find("mps-2010"), folder)
    remit = folder / "remit.toml"
    remit.write_text("\n".join(line for line in remit.read_text().splitlines() if 'id = "F5"' not in line))

    result = palermo("remit", "check", "--pack", str(folder))

    assert result.exit_code == 1
    assert "Gaps: nobody owns these" in result.stdout
    assert "matter facilitation, reach unknown" in result.stdout


def test_a_broken_pack_is_refused_with_all_its_faults(tmp_path):
    (tmp_path / "pack.toml").write_text('id = "broken"\n')

    result = palermo("remit", "check", "--pack", str(tmp_path))

    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) > 3
