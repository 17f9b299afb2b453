import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from palermo.cli.estimate import estimate

MSE = Path(__file__).parents[1] / "analytics" / "data" / "mse"
UK5 = str(MSE / "UKdat_5.csv")
KEYS = {"method", "observed", "estimate", "lower", "upper", "level", "model", "checks", "sensitivity", "warnings"}
KEYS |= {"seed", "seconds"}
THREE_LISTS = "police,charity,port,count\n1,0,0,50\n0,1,0,70\n1,1,0,20\n1,0,1,4\n0,1,1,3\n"

app = typer.Typer()
app.command()(estimate)


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "lists.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_json_is_one_line_in_the_shape_that_others_rely_on():
    done = run(UK5, "--json", "--resamples", "500")
    found = json.loads(done.stdout)

    assert done.exit_code == 0
    assert done.stdout.count("\n") == 1
    assert set(found) >= KEYS
    assert (found["method"], found["observed"], found["level"], found["model"]) == (
        "sparse",
        2744,
        0.95,
        "[12;13;24;25;35;45]",
    )
    assert found["estimate"] == pytest.approx(11312.99029, rel=1e-9)
    assert {"check", "passed", "says"} == set(found["checks"][0])
    assert {v["choice"] for v in found["sensitivity"]} >= {"bma", "bic-averaged"}


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (("--method", "bma"), (23016, 10408, 33481)),
        (("--method", "aic"), (11303.87, 9889.20, 13063.10)),
        (("--method", "loglinear", "--interval", "profile"), (13437.92, 11985.12, 15165.90)),
        (("--method", "loglinear", "--model", "LA*NG", "--interval", "profile"), (14211.10, 12608.36, 16131.12)),
    ],
)
def test_methods_give_their_published_figures(arguments, known):
    found = json.loads(run(UK5, "--json", *arguments).stdout)

    assert (found["estimate"], found["lower"], found["upper"]) == pytest.approx(known, abs=0.02)


def test_priors_can_be_given_for_the_example_of_madigan_and_york():
    done = run(
        str(MSE / "MadiganYork3.csv"), "--method", "bma", "--json", "--prior-cell", "1", "--prior-total", "13.14,55.17"
    )
    found = json.loads(done.stdout)

    assert (found["estimate"], found["lower"], found["upper"]) == (731, 682, 797)


def test_words_give_the_range_the_checks_and_the_other_choices():
    done = run(UK5, "--resamples", "500")

    assert done.stdout.startswith("11,313 people in all, ")
    assert "other defensible choices:" in done.stdout
    assert "publish the range" in done.stdout


def test_same_seed_same_answer(file):
    one, again = (json.loads(run(file(THREE_LISTS), "--json", "--seed", "3").stdout) for _ in range(2))

    assert one.pop("seconds") >= 0
    assert again.pop("seconds") >= 0
    assert one == again


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A,B,count\n1,0,50\n0,1,70\n", "nobody is on two lists"),
        ("A,B,C,count\n1,0,0,50\n0,1,0,70\n1,1,0,20\n0,0,1,9\n", "nobody on C is on any other list"),
        ("A,B,C,count\n1,0,0,50\n", "one list says nothing"),
        ("A,count\n1,50\n", "one list says nothing"),
        ("A,B,C,count\n1,1,1,40\n", "no finite estimate exists"),
    ],
)
@pytest.mark.parametrize("method", ["sparse", "bma", "chao", "loglinear", "latent-class", "bic"])
def test_counts_that_carry_no_estimate_exit_1_without_a_number(file, text, said, method):
    done = run(file(text), "--json", "--method", method)
    found = json.loads(done.stdout)

    assert done.exit_code == 1
    assert (found["estimate"], found["lower"], found["upper"]) == (None, None, None)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A,B,count\n1,0,5\n1,0,7\n", "line 3: the same combination as line 2"),
        ("A,B,count\n1,0,-5\n1,1,7\n", "line 2, count: '-5' is not a whole number"),
        ("A,B,count\n1,0,7.5\n1,1,7\n", "line 2, count: '7.5' is not a whole number"),
        ("A,B,count\n0,0,5\n1,1,7\n", "line 2: every list is 0"),
        ("", "it is empty"),
        (",".join(f"L{j}" for j in range(20)) + ",count\n" + "1," * 20 + "3\n", "20 lists are more than"),
    ],
)
def test_files_that_are_wrong_exit_2_with_the_place_and_nothing_on_stdout(file, text, said):
    done = run(file(text), "--json")

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--method", "magic"), "choose from chapman"),
        (("--method", "chapman"), "chapman is for two lists"),
        (("--prior-total", "1"), "give two numbers"),
        (("--prior-total", "-1,nan"), "must be above 0"),
        (("--level", "95"), "such as 0.95"),
        (("--suppress", "-1"), "the smallest count that may be shown"),
        (("--linked-version", str(MSE / "UKdat_4.csv")), "give the same lists in every version"),
    ],
)
def test_calls_that_are_wrong_exit_2_with_what_to_do(arguments, said):
    done = run(UK5, "--json", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_file_that_is_not_there_exits_2(tmp_path):
    done = run(str(tmp_path / "none.csv"))

    assert done.exit_code == 2
    assert "No such file" in done.stderr


def test_linked_versions_are_carried_through(file, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(THREE_LISTS.replace("1,1,0,20", "1,1,0,12"), encoding="utf-8")
    one = json.loads(run(file(THREE_LISTS), "--json", "--method", "chao").stdout)
    both = json.loads(run(file(THREE_LISTS), "--json", "--method", "chao", "--linked-version", str(other)).stdout)

    assert both["checks"][0]["check"] == "linkage carried through"
    assert both["upper"] - both["lower"] > one["upper"] - one["lower"]


def test_panel_and_typst_are_written_even_where_no_estimate_exists(tmp_path):
    html, typst = tmp_path / "panel.html", tmp_path / "panel.typ"
    done = run(str(MSE / "Artificial_3.csv"), "--panel", str(html), "--typst", str(typst))

    assert done.exit_code == 1
    assert "No estimate exists" in html.read_text(encoding="utf-8")
    assert "No estimate exists" in typst.read_text(encoding="utf-8")


def test_the_page_for_the_committee_is_a_pdf_that_small_counts_are_held_back_from(file, tmp_path):
    pdf, typst = tmp_path / "panel.pdf", tmp_path / "panel.typ"
    done = run(file(THREE_LISTS), "--pdf", str(pdf), "--typst", str(typst), "--suppress", "10", "--resamples", "200")

    assert done.exit_code == 0
    assert done.stderr.count("written: ") == 2
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.read_bytes().rstrip().endswith(b"%%EOF")
    assert "People seen: 145." in typst.read_text(encoding="utf-8")


def test_a_pdf_that_cannot_be_written_is_named(file, tmp_path):
    done = run(file(THREE_LISTS), "--pdf", str(tmp_path / "nowhere" / "panel.pdf"), "--resamples", "200")

    assert done.exit_code == 2
    assert "nowhere/panel.pdf: No such file or directory" in done.stderr


def test_thin_counts_give_a_number_when_asked_for_all_the_same():
    done = run(str(MSE / "Artificial_3.csv"), "--json", "--thin-anyway", "--resamples", "200")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["estimate"] == pytest.approx(539.0939294, rel=5e-7)


def test_suppressed_output_is_rounded():
    found = json.loads(run(UK5, "--json", "--method", "chao", "--suppress", "10").stdout)

    assert {found[name] % 5 for name in ("observed", "estimate", "lower", "upper")} == {0}
