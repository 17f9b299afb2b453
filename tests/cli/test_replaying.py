"""Whole files at once: the same answers as one by one, refused whole, in constant memory."""

import csv
import json
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo.cli import replaying
from palermo.packs import load
from palermo.packs.exchange import columns, replays

PACK = load("mps-2010")
FIELDS = [field for field in PACK.vocabulary.fields if not field.derived_from]
ANSWERS = ["owner", "rule", "nim_level", "basis"]
EVE, CHANGE = "2010-03-31", "2010-04-01"

app = typer.Typer()
replaying.register(app)


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def some_referrals(rows: int, seed: int = 1, *, missing: float = 0.2) -> list[dict[str, object]]:
    chance = random.Random(seed)
    boroughs = list(PACK.boroughs)

    def one(number: int) -> dict[str, object]:
        raw: dict[str, object] = {"id": f"R{number}"}
        raw["received"] = (date(2009, 6, 1) + timedelta(days=chance.randrange(800))).isoformat()
        for field in FIELDS:
            raw[field.name] = None if chance.random() < missing else chance.choice(field.values)
        raw["borough"] = None if chance.random() < missing else chance.choice(boroughs)
        return raw

    return [one(number) for number in range(rows)]


def one_by_one(rows, on=None) -> list[dict[str, object]]:
    found = (PACK.decide(PACK.read_facts(raw), on).as_dict() for raw in rows)
    return [{name: decision[name] for name in ANSWERS} for decision in found]


def write_csv(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: list[dict[str, object]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read_csv(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers(rows) -> list[dict[str, object]]:
    return [{name: row[name] for name in ANSWERS} for row in rows]


def as_text(rows) -> list[dict[str, str]]:
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


# The same answers as one by one


@pytest.mark.parametrize("on", [None, EVE, CHANGE, "2011-01-01"])
def test_a_replay_says_of_each_row_what_a_single_decision_says(tmp_path, on):
    rows = some_referrals(3000)

    done = run(
        "replay", write_parquet(tmp_path / "in.parquet", rows), tmp_path / "out.parquet", *(["--on", on] if on else [])
    )

    assert done.exit_code == 0, done.stderr
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert answers(found) == one_by_one(rows, date.fromisoformat(on) if on else None)
    assert [{name: row[name] for name in rows[0]} for row in found] == rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "received": st.dates(date(2007, 4, 1), date(2012, 1, 1)),
                "borough": st.none() | st.sampled_from([*PACK.boroughs, *(b.gss for b in PACK.boroughs.values())]),
                **{field.name: st.none() | st.sampled_from(field.values) for field in FIELDS},
            }
        ),
        min_size=1,
        max_size=30,
    )
)
def test_csv_and_parquet_give_the_answers_of_single_decisions(tmp_path, rows):
    expected = one_by_one(rows)
    text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]

    assert run("replay", write_parquet(tmp_path / "in.parquet", rows), tmp_path / "out.csv").exit_code == 0
    assert run("replay", write_csv(tmp_path / "in.csv", text), tmp_path / "out.parquet").exit_code == 0

    assert answers(pq.read_table(tmp_path / "out.parquet").to_pylist()) == expected
    assert answers(read_csv(tmp_path / "out.csv")) == as_text(expected)


def test_words_in_a_dictionary_numbers_truths_and_days_of_every_kind_are_read(tmp_path):
    plain = [
        {"received": "2010-04-01", "age": "adult", "exploitation": "labour", "victims": "one", "organised": "no"},
        {"received": "2010-03-31", "age": "child", "exploitation": None, "victims": "multiple", "organised": "yes"},
        {"received": "2011-05-01", "age": None, "exploitation": "labour", "victims": None, "organised": None},
    ]
    days = [date.fromisoformat(str(row["received"])) for row in plain]
    table = pa.table(
        {
            "received": pa.array(days).cast(pa.timestamp("ns")),
            "age": pa.array([row["age"] for row in plain]).dictionary_encode(),
            "exploitation": pa.array([row["exploitation"] for row in plain], pa.large_string()),
            "victims": pa.array([1.0, 7.0, None]),
            "organised": pa.array([False, True, None]),
            "port": pa.nulls(3),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")

    assert run("replay", tmp_path / "in.parquet", tmp_path / "out.parquet").exit_code == 0

    found = pq.read_table(tmp_path / "out.parquet")
    assert answers(found.to_pylist()) == one_by_one(plain)
    assert found.select(table.column_names).equals(table)


def test_a_csv_file_may_say_numbers_and_truths_in_its_own_way(tmp_path):
    (tmp_path / "in.csv").write_text(
        "\ufeffage,exploitation,reach,victims,organised\nadult,labour,borough,3,False\nadult,labour,borough,1,true\n",
        encoding="utf-8",
    )

    assert run("replay", "--on", CHANGE, tmp_path / "in.csv", tmp_path / "out.csv").exit_code == 0

    told = [("multiple", "no"), ("one", "yes")]
    same = [
        {"age": "adult", "exploitation": "labour", "reach": "borough", "victims": v, "organised": o} for v, o in told
    ]
    assert answers(read_csv(tmp_path / "out.csv")) == as_text(one_by_one(same, date(2010, 4, 1)))


def test_stored_profile_numbers_stand_for_all_facts(tmp_path):
    rows = some_referrals(500)
    facts = [PACK.read_facts(raw) for raw in rows]
    stored = [{"profile": one.profile, "received": one.received} for one in facts]

    assert run("replay", write_parquet(tmp_path / "in.parquet", stored), tmp_path / "out.parquet").exit_code == 0
    assert run("replay", write_csv(tmp_path / "in.csv", stored), tmp_path / "out.csv").exit_code == 0

    assert answers(pq.read_table(tmp_path / "out.parquet").to_pylist()) == one_by_one(rows)
    assert answers(read_csv(tmp_path / "out.csv")) == as_text(one_by_one(rows))


def test_columns_that_are_no_facts_pass_through_as_they_are(tmp_path):
    (tmp_path / "in.csv").write_text(
        'age,notes,code\nchild,"two\nlines, one ""cell""",007\nadult,=1+1,\n', encoding="utf-8"
    )

    done = run("replay", "--on", CHANGE, tmp_path / "in.csv", tmp_path / "out.csv")

    assert done.exit_code == 0
    found = read_csv(tmp_path / "out.csv")
    assert [row["notes"] for row in found] == ['two\nlines, one "cell"', "=1+1"]
    assert [row["code"] for row in found] == ["007", ""]
    assert "Passed on unread: notes, code." in done.stderr
    assert "No column tells, so for every row: matter trafficking, exploitation unknown, " in done.stderr


def test_the_file_says_by_which_pack_it_was_decided(tmp_path):
    run("replay", "--on", CHANGE, write_parquet(tmp_path / "in.parquet", some_referrals(3)), tmp_path / "out.parquet")

    about = pq.read_schema(tmp_path / "out.parquet").metadata
    assert (about[b"palermo.pack"], about[b"palermo.pack_version"]) == (b"mps-2010", PACK.version.encode())


def test_a_file_with_no_rows_has_no_decisions(tmp_path):
    (tmp_path / "in.csv").write_text("age,reach\n", encoding="utf-8")

    assert run("replay", "--on", CHANGE, tmp_path / "in.csv", tmp_path / "out.parquet").exit_code == 0
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


# Refused whole


def refused(tmp_path, text: str, *options: object) -> str:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    before = set(tmp_path.iterdir())

    done = run("replay", *options, tmp_path / "in.csv", tmp_path / "out.parquet")

    assert done.exit_code == 2
    assert done.stdout == ""
    assert set(tmp_path.iterdir()) == before, "nothing is left of what was not finished"
    return done.stderr.replace(str(tmp_path / "in.csv"), "in.csv")


def test_every_kind_of_wrong_value_is_told_with_its_row_and_the_values_allowed(tmp_path):
    text = "received,age,reach,borough,victims\n2010-04-01,Child,borough,Camden,1\n2010-02-30,adult,far,Camdem,none\n"
    text += "2006-01-01,Child,,,\n,child,,,\n"

    assert refused(tmp_path, text).splitlines() == [
        "in.csv: row 1: age: 'Child' is not a value of age (adult, child, unknown); did you mean 'child'? "
        "(and in 1 more rows)",
        "in.csv: row 2: reach: 'far' is not a value of reach (borough, cross_borough, national, international, "
        "unknown); use one of these",
        "in.csv: row 2: victims: 'none' is not a value of victims (one, multiple, unknown, or a whole number from 1); "
        "did you mean 'one'?",
        "in.csv: row 2: borough: 'Camdem' is not one of this pack. Did you mean Camden?",
        "in.csv: row 2: received: '2010-02-30' is not a date; write it as year-month-day, 2010-04-01",
        "in.csv: row 3: received: 2006-01-01 is before this remit starts. It starts on 2007-04-01",
        "in.csv: row 4: received: is missing; give each row the day it was received, or one day for all with --on",
        "in.csv: nothing was decided; correct these values, row 1 being the first below the names",
    ]


def test_a_long_list_of_wrong_values_is_cut(tmp_path):
    says = refused(tmp_path, "age\n" + "".join(f"wrong{n}\n" for n in range(2000)), "--on", CHANGE).splitlines()

    assert len(says) == replaying.MOST_TOLD + 2
    assert says[-2] == "in.csv: and 1,980 more wrong values"


def test_a_file_of_nothing_but_different_wrong_values_is_refused_in_time(tmp_path):
    rows = "".join(f"town{n},far{n},200{n}-1,yes\n" for n in range(50_000))

    told = refused(tmp_path, f"borough,reach,received,olympic\n{rows}").splitlines()

    # how far it is, is told besides where it takes a while
    says = [line for line in told if not line.startswith("50,000 rows, ")]
    assert len(says) == replaying.MOST_TOLD + 2
    assert says[0].startswith("in.csv: row 1: ")


def test_an_unknown_borough_is_told_once_and_not_for_what_follows_from_it(tmp_path):
    says = refused(tmp_path, "borough,olympic\nCamdem,yes\nNewham,yes\n", "--on", CHANGE).splitlines()

    assert [line for line in says if "row" in line][:-1] == [
        "in.csv: row 1: borough: 'Camdem' is not one of this pack. Did you mean Camden?"
    ]


def test_the_command_line_starts_without_the_library_for_columns():
    script = "import sys, palermo.cli.replaying; sys.exit('pyarrow' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_wrong_values_in_a_later_batch_leave_nothing_either(tmp_path):
    rows = [{"age": "adult"}] * 300 + [{"age": "Adult"}]

    with pytest.raises(columns.ValuesRefused) as wrong:
        replays.replay(
            PACK, write_parquet(tmp_path / "in.parquet", rows), tmp_path / "out.parquet", date(2010, 4, 1), size=100
        )

    assert [(kind.row, kind.rows) for kind in wrong.value.kinds] == [(301, 1)]
    assert not (tmp_path / "out.parquet").exists()


def test_an_older_answer_stays_where_the_new_one_is_refused(tmp_path):
    (tmp_path / "out.parquet").write_bytes(b"older")

    refused(tmp_path, "age\nChild\n", "--on", CHANGE)

    assert (tmp_path / "out.parquet").read_bytes() == b"older"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Age\nchild\n", "no fact is named 'Age'; did you mean 'age'?"),
        ("age,exploitaton\nchild,labour\n", "no fact is named 'exploitaton'; did you mean 'exploitation'?"),
        ("age,prot\nchild,yes\n", "no fact is named 'prot'; did you mean 'port'?"),
        ("age,age\nchild,adult\n", "two columns are named 'age'; rename one of them"),
        ("age,owner,basis\nchild,TP,stated\n", "it already has owner, basis: a replay adds columns of these names"),
        ("profile,age,reach\n1,adult,\n", "profile already says what age and reach say"),
        ("colour\nred\n", "no column holds a fact"),
        ("", "there is nothing in it"),
        ("age\nchild,adult\n", "line 2 has 2 cells, the first line 1"),
        ("profile\n204120\n", "profile: '204120' is no profile number; they run from 0 to 204119"),
        ("profile\n-1\n", "profile: '-1' is no profile number"),
        ("age,olympic\nadult,yes\n", "olympic: 'yes' does not follow from the borough: no borough gives no"),
        ("borough,olympic\nNewham,no\n", "olympic: 'no' does not follow from the borough: Newham gives yes"),
    ],
)
def test_a_table_that_could_be_misread_is_refused(tmp_path, text, says):
    assert says in refused(tmp_path, text, "--on", CHANGE)


def test_names_that_are_only_somewhat_like_a_fact_are_free(tmp_path):
    (tmp_path / "in.csv").write_text("age,report,notes,uid,export,case\nchild,,,,,\n", encoding="utf-8")

    assert run("replay", "--on", CHANGE, tmp_path / "in.csv", tmp_path / "out.csv").exit_code == 0


def test_without_a_day_for_all_each_row_needs_its_own(tmp_path):
    assert "no column `received`; add it, or give one day for all with --on" in refused(tmp_path, "age\nchild\n")


def test_a_day_before_the_remit_is_refused(tmp_path):
    assert "--on 2001-01-01: 2001-01-01 is before this remit starts" in refused(
        tmp_path, "age\nchild\n", "--on", "2001-01-01"
    )


def test_moments_and_lists_are_no_facts(tmp_path):
    moments = pa.table({"received": pa.array([1], pa.timestamp("s")), "age": ["child"]})
    moments = moments.set_column(0, "received", pa.array([86400 * 15000 + 60], pa.timestamp("s")))
    pq.write_table(moments, tmp_path / "moments.parquet")
    pq.write_table(pa.table({"age": [["child"]]}), tmp_path / "lists.parquet")

    assert (
        "row 1: received: 2011-01-26 00:01:00 is a moment; give the day"
        in run("replay", tmp_path / "moments.parquet", tmp_path / "out.csv").stderr
    )
    assert (
        "column age holds list<"
        in run("replay", "--on", CHANGE, tmp_path / "lists.parquet", tmp_path / "out.csv").stderr
    )


def test_profile_numbers_of_another_vocabulary_are_refused(tmp_path):
    table = pa.table({"profile": pa.array([1], pa.int32())}).replace_schema_metadata({"palermo.vocabulary": "another"})
    pq.write_table(table, tmp_path / "in.parquet")

    done = run("replay", "--on", CHANGE, tmp_path / "in.parquet", tmp_path / "out.parquet")

    assert done.exit_code == 2
    assert "its profile numbers are those of another vocabulary" in done.stderr


def test_files_that_are_not_there_or_of_another_kind_are_refused(tmp_path):
    (tmp_path / "no.parquet").write_bytes(b"age\nchild\n")
    (tmp_path / "in.csv").write_text("age\nchild\n")
    (tmp_path / "latin.csv").write_bytes("age\nchild\u00e9\n".encode("latin-1"))
    for source, target, says in (
        ("gone.parquet", "out.csv", "No such file"),
        ("gone.csv", "out.csv", "No such file"),
        ("in.txt", "out.csv", "the name must end in .parquet, .pq or .csv"),
        ("in.csv", "out.xlsx", "the name must end in .parquet, .pq or .csv"),
        ("no.parquet", "out.csv", "not a Parquet file"),
        ("latin.csv", "out.csv", "UTF-8"),
        ("in.csv", "in.csv", "that is also the file to read"),
        ("in.csv", "nowhere/out.csv", "No such file"),
    ):
        done = run("replay", "--on", CHANGE, tmp_path / source, tmp_path / target)
        assert (done.exit_code, says in done.stderr) == (2, True), (source, target, done.stderr)


# Constant memory


def test_memory_goes_by_the_batch_and_not_by_the_file(tmp_path, request):
    pool, usual = pa.system_memory_pool(), pa.default_memory_pool()
    pa.set_memory_pool(pool)
    request.addfinalizer(lambda: pa.set_memory_pool(usual))
    seen = []
    for rows in (20_000, 200_000):
        table = pa.table({"age": pa.array(["adult", "child"] * (rows // 2)), "reach": pa.array(["borough"] * rows)})
        pq.write_table(table, tmp_path / "in.parquet", row_group_size=10_000)
        del table
        before = pool.bytes_allocated()
        peaks = []
        replays.replay(
            PACK,
            tmp_path / "in.parquet",
            tmp_path / "out.parquet",
            date(2010, 4, 1),
            size=5_000,
            progress=lambda done, of: peaks.append(pool.bytes_allocated() - before),  # noqa: B023
        )
        assert len(peaks) == rows // 5_000
        assert pq.ParquetFile(tmp_path / "out.parquet").metadata.num_rows == rows
        seen.append(max(peaks))

    assert seen[1] < 2 * seen[0]


# Compare


def compared(*arguments: object) -> dict:
    done = run("compare", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_two_days_are_compared_over_all_profiles_where_nothing_is_given():
    found = compared("--on", EVE, "--on", CHANGE)

    assert (found["before"], found["after"], found["counts"]) == (
        f"mps-2010 on {EVE}",
        f"mps-2010 on {CHANGE}",
        "profiles",
    )
    assert found["total"] == PACK.vocabulary.size == sum(cell["count"] for cell in found["matrix"])
    assert {(cell["from"], cell["to"]) for cell in found["matrix"]} >= {("CO14", "SCD9"), ("HTT", "SCD9"), ("TP", "TP")}
    assert "no referrals were given" in run("compare", "--on", EVE, "--on", CHANGE).stdout


def test_each_example_moves_as_the_rules_beside_it_say():
    moves = compared("--on", EVE, "--on", CHANGE)["by_rule"]

    assert len(moves) > 10
    for move in moves:
        before, after = (
            PACK.decide(PACK.read_facts(move["example"]), date.fromisoformat(day)) for day in (EVE, CHANGE)
        )
        assert (before.rule, before.owner) == (move["from_rule"], move["from"])
        assert (after.rule, after.owner) == (move["to_rule"], move["to"])


def test_a_comparison_counts_what_single_decisions_count(tmp_path):
    rows = some_referrals(2000)
    expected: dict[tuple[str, str], int] = {}
    for was, will in zip(one_by_one(rows, date(2010, 3, 31)), one_by_one(rows, date(2010, 4, 1)), strict=True):
        expected[was["owner"], will["owner"]] = expected.get((was["owner"], will["owner"]), 0) + 1

    found = compared("--on", EVE, "--on", CHANGE, write_csv(tmp_path / "in.csv", rows))

    assert {(cell["from"], cell["to"]): cell["count"] for cell in found["matrix"]} == expected


@pytest.mark.parametrize("arguments", [("--on", EVE, "--on", CHANGE), ("--proposal", "swale-golf")])
def test_a_histogram_gives_what_the_rows_give(tmp_path, arguments):
    source = write_parquet(tmp_path / "in.parquet", some_referrals(3000, missing=0.5))
    done = run("histogram", source, tmp_path / "history.parquet", "--cut", "2010-10-01")

    assert done.exit_code == 0, done.stderr
    assert compared(*arguments, tmp_path / "history.parquet") == compared(*arguments, source)


def test_a_histogram_that_lacks_a_cut_is_refused_with_the_way_to_it(tmp_path):
    source = write_parquet(tmp_path / "in.parquet", some_referrals(300))
    run("histogram", source, tmp_path / "history.parquet")

    done = run("compare", "--proposal", "swale-golf", tmp_path / "history.parquet")

    assert done.exit_code == 2
    assert "--cut 2010-10-01" in done.stderr


def test_a_histogram_of_another_vocabulary_is_refused(tmp_path):
    source = write_parquet(tmp_path / "in.parquet", [{"age": "child", "received": "2020-01-01"}])
    assert run("histogram", source, tmp_path / "history.parquet", "--pack", "uk-nrm").exit_code == 0

    done = run("compare", "--on", EVE, "--on", CHANGE, tmp_path / "history.parquet")

    assert done.exit_code == 2
    assert "another vocabulary" in done.stderr


def test_a_histogram_that_was_changed_is_refused(tmp_path):
    run("histogram", write_parquet(tmp_path / "in.parquet", some_referrals(30)), tmp_path / "history.parquet")
    table = pq.read_table(tmp_path / "history.parquet")
    wrong = table.set_column(1, table.schema.field(1), pa.array(np.full(len(table), 204120, dtype=np.int32)))
    pq.write_table(wrong, tmp_path / "history.parquet")

    done = run("compare", "--on", EVE, "--on", CHANGE, tmp_path / "history.parquet")

    assert (done.exit_code, "count again" in done.stderr) == (2, True)


def test_packs_that_see_other_things_in_a_referral_are_not_compared():
    done = run("compare", "--pack", "mps-2010", "--pack", "uk-nrm")

    assert done.exit_code == 2
    assert (
        "these packs cannot be compared, as they see other things in a referral: only the first asks for" in done.stderr
    )


def test_a_pack_compared_with_itself_moves_nothing():
    found = compared("--pack", "mps-2010", "--pack", "mps-2010", "--on", CHANGE)

    assert (found["moved"], found["by_rule"], found["downgrades"]) == (0, [], [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing to compare with"),
        (("--on", EVE), "nothing to compare with"),
        (("--on", EVE, "--on", CHANGE, "--on", CHANGE), "two are compared"),
        (("--pack", "mps-2010", "--pack", "mps-2010", "--proposal", "swale-golf"), "not both"),
        (("--on", "1 April", "--on", CHANGE), "not a date"),
        (("--on", "1999-01-01", "--on", CHANGE), "before this remit starts"),
        (("--proposal", "swale-gulf"), "proposals of this pack: swale-golf"),
        (("--on", EVE, "--on", CHANGE, "--export", "moves.xlsx"), "ends in .csv"),
        (("--on", EVE, "--on", CHANGE, "--round-to", "0"), "--round-to 0"),
        (("--on", EVE, "--on", CHANGE, "gone.parquet"), "gone.parquet"),
    ],
)
def test_a_call_that_compares_nothing_is_refused(arguments, says):
    done = run("compare", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_proposal_with_faults_is_refused_with_all_of_them(tmp_path):
    (tmp_path / "wrong.toml").write_text('effective = 2010-10-01\nreassign = { SWALLE = "SCD9" }\nend = ["Z9"]\n')

    done = run("compare", "--proposal", tmp_path / "wrong.toml")

    assert done.exit_code == 2
    assert "SWALLE" in done.stderr
    assert "Z9" in done.stderr


def test_a_move_downwards_is_said_in_words(tmp_path):
    (tmp_path / "down.toml").write_text('effective = 2010-10-01\nreassign = { SWALE = "TP" }\n')

    done = run("compare", "--proposal", tmp_path / "down.toml", "--on", "2010-10-01")

    assert done.exit_code == 0
    assert "Moves to a less specialised unit" in done.stdout
    assert "SWALE to TP: matter facilitation" in done.stdout


# What leaves


def exported(tmp_path, *arguments: object) -> dict[tuple[str, str], str]:
    done = run("compare", "--on", EVE, "--on", CHANGE, *arguments, "--export", tmp_path / "moves.csv")
    assert done.exit_code == 0, done.stderr
    return {(row["from"], row["to"]): row["count"] for row in read_csv(tmp_path / "moves.csv")}


def test_small_counts_are_held_back_on_export(tmp_path):
    source = write_csv(tmp_path / "in.csv", some_referrals(200, missing=0.6))
    exact = {
        (cell["from"], cell["to"]): cell["count"] for cell in compared("--on", EVE, "--on", CHANGE, source)["matrix"]
    }
    assert any(count < 5 for count in exact.values()), "there must be something to hold back"

    found = exported(tmp_path, source)

    assert ("all", "all") in found
    for pair, count in exact.items():
        assert found[pair] == replaying.HELD_BACK or int(found[pair]) % 5 == 0
        assert count >= 5 or found[pair] == replaying.HELD_BACK


def test_what_could_happen_and_did_not_is_held_back_alike(tmp_path):
    source = write_csv(tmp_path / "in.csv", [{"age": "child"}] * 50)

    found = exported(tmp_path, source)

    assert found["HTT", "SCD9"] == replaying.HELD_BACK
    assert found["SCD5-PALADIN", "SCD5-PALADIN"] in ("50", replaying.HELD_BACK)


def test_threshold_and_rounding_can_be_given(tmp_path):
    source = write_csv(tmp_path / "in.csv", some_referrals(200, missing=0.6))

    found = exported(tmp_path, source, "--smallest-shown", "0", "--round-to", "1")

    exact = {
        (cell["from"], cell["to"]): cell["count"] for cell in compared("--on", EVE, "--on", CHANGE, source)["matrix"]
    }
    assert {pair: found[pair] for pair in exact} == {pair: str(count) for pair, count in exact.items()}


def test_profiles_are_nobody_and_are_not_held_back(tmp_path):
    found = exported(tmp_path)

    assert found["TP", "TP"] == "192"


# Sunset


def test_golf_ends_with_its_money_and_its_heirs_are_named():
    found = json.loads(run("sunset", "--json").stdout)["ends"]

    golf = [one for one in found if one["owner"] == "GOLF"]
    assert {(one["on"], one["owns_nothing_after"]) for one in golf} == {("2011-01-01", True)}
    assert {one["rule"]: [heir["owner"] for heir in one["heirs"]] for one in golf} == {
        "C3": ["SCD5-PALADIN"],
        "C6": ["SCD5-PALADIN"],
        "C4": ["SCD9"],
    }
    assert "On 2011-01-01: from then GOLF owns nothing" in run("sunset").stdout


def test_the_sunset_counts_the_past_referrals_that_a_rule_decided(tmp_path):
    rows = [{**raw, "nexus": "golf", "exploitation": "criminal"} for raw in some_referrals(800)]
    source = write_parquet(tmp_path / "in.parquet", rows)
    run("histogram", source, tmp_path / "history.parquet")
    decided = [row["rule"] for row in one_by_one(rows)]

    for file in (source, tmp_path / "history.parquet"):
        found = json.loads(run("sunset", file, "--json").stdout)["ends"]
        past = {one["rule"]: one["past"] for one in found}
        assert {rule: past[rule] for rule in ("C3", "C4", "C6")} == {r: decided.count(r) for r in ("C3", "C4", "C6")}
        assert all(one["past"] == sum(heir["past"] for heir in one["heirs"]) for one in found)


# Tables for other programs


@pytest.mark.parametrize(("command", "name"), [("dmn", "owner.dmn"), ("rules-csv", "owner.csv")])
def test_a_table_that_was_written_is_the_same_when_reread(tmp_path, command, name):
    assert run(command, "--on", CHANGE, tmp_path / name).exit_code == 0

    same, other = (run("reread", "--on", day, tmp_path / name) for day in (CHANGE, EVE))

    assert (same.exit_code, "the same owner as mps-2010 on 2010-04-01 for all 204,120 profiles" in same.stdout) == (
        0,
        True,
    )
    assert (other.exit_code, "CO14 owns, and here SCD9 does: matter " in other.stdout) == (1, True)


def test_a_table_with_faults_is_refused(tmp_path):
    (tmp_path / "owner.csv").write_text("owner,age\nTP,adult\nSCD9,adult\n")

    done = run("reread", "--on", CHANGE, tmp_path / "owner.csv")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "line 2 (TP) and line 3 (SCD9) both claim 68,040 profiles: age adult; narrow one of them" in done.stderr
    assert "no row covers 136,080 of 204,120 profiles: age child or unknown; add a row" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("dmn", "--on", CHANGE, "owner.xml"),
        ("rules-csv", "--on", CHANGE, "owner.xlsx"),
        ("dmn", "--on", "1999-01-01", "owner.dmn"),
        ("dmn", "--on", CHANGE, "nowhere/owner.dmn"),
        ("reread", "--on", CHANGE, "gone.dmn"),
        ("reread", "--on", CHANGE, "owner.xml"),
        ("histogram", "gone.csv", "out.csv"),
        ("histogram", "gone.csv", "out.parquet"),
        ("histogram", "gone.csv", "out.parquet", "--cut", "1999-01-01"),
    ],
)
def test_other_wrong_calls_are_refused_with_a_reason(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)

    done = run(*arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert list(tmp_path.iterdir()) == []
