"""`palermo assess`, `units`, `figures`, and the words that the command knows."""

import json

import pytest

from cli.calls import answers, palermo
from palermo.main import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    result = palermo(command, "--help" if command != "manage" else "--palermo-help")

    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_a_word_that_is_no_command_is_refused():
    result = palermo("remitt")

    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_an_adult_needs_a_means_and_a_child_does_not():
    told = {"acts": ["recruitment"], "purposes": ["forced_labour"]}
    given = "\n".join(json.dumps({"id": age, "age": age, **told}) for age in ("adult", "child", "unknown"))

    found = answers(palermo("assess", given=given))

    assert [(one["id"], one["finding"], one["elements"]["means"]) for one in found] == [
        ("adult", "insufficient", "missing"),
        ("child", "trafficking", "not_required"),
        ("unknown", "trafficking", "not_required"),
    ]
    assert list(found[0]) == ["id", "finding", "elements", "screening", "missing", "sources", "explanation"]


def test_the_two_organisations_of_the_source():
    before = json.loads(palermo("units", "--on", "2010-03-31", "--json").stdout)
    after = json.loads(palermo("units", "--on", "2010-04-01", "--json").stdout)
    ids = [{unit["id"] for unit in found["units"]} for found in (before, after)]

    assert ids[0] - ids[1] >= {"CO14", "HTT"}
    assert "SCD9" in ids[1] - ids[0]
    assert {gone["id"]: gone["successor"] for gone in after["gone"]}["CO14"] == "SCD9"


def test_units_as_a_table_show_the_establishment_and_what_became_of_the_others():
    result = palermo("units", "--on", "2010-03-31")
    later = palermo("units", "--on", "2010-04-01")

    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if line.split()[:1] == ["CO14"]]
    assert line.split()[1:6] == ["Clubs", "and", "Vice", "87", "18"]
    assert "32 boroughs" in result.stdout
    gone = later.stdout[later.stdout.index("\nGone") :]
    assert {"CO14", "HTT"} <= {line.split()[0] for line in gone.splitlines() if line.split()}


def test_output_that_is_no_terminal_has_no_colours():
    for words in (("figures",), ("units", "--on", "2010-04-01"), ("remit", "check")):
        assert "\x1b" not in palermo(*words).stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--on"),
        (("--on", "31.3.2010"), "--on 31.3.2010: not a date"),
        (("--on", "1990-01-01"), "--on 1990-01-01: 1990-01-01 is before this organisation is known. It starts on"),
    ],
)
def test_units_need_a_day_that_the_pack_knows(words, says):
    result = palermo("units", *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_figures_report_the_sums_that_do_not_hold_and_correct_nothing():
    result = palermo("figures", "--json")
    found = json.loads(result.stdout)
    sums = {one["id"]: one for one in found["sums"]}

    assert result.exit_code == 0
    assert [(sums[id_]["found"], sums[id_]["total"]["value"]) for id_ in found["do_not_hold"]] == [
        (88, 87),
        (350_000, 600_000),
    ]
    assert [one["found"] for one in sums.values() if one["holds"] and one["total"]["id"] == "swale-golf-officers"] == [
        99
    ]
    assert all(figure["source"] for figure in found["figures"])


def test_figures_as_text_say_so_too():
    result = palermo("figures")

    assert result.exit_code == 0
    assert "Sums that do not hold (2 of 8)" in result.stdout
    differing = [line for line in result.stdout.splitlines() if line.startswith("  DIFFERS")]
    assert ["= 88, stated 87 officers" in differing[0], "350,000, stated 600,000 GBP" in differing[1]] == [True, True]
    assert "84 + 15 = 99, stated 99 officers" in result.stdout
    assert "2,010" not in result.stdout
