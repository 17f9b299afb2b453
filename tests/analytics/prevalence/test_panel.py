import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from analytics.prevalence.published import lists_of
from palermo.analytics.prevalence import Lists, Options, Panel, Scope, panel
from palermo.analytics.prevalence.charts import side_by_side
from palermo.analytics.prevalence.page import Showing, as_dict, html, pdf, typst
from palermo.analytics.prevalence.shape import peaks_of_draws

SCOPE = Scope("potential victims", "United Kingdom", "2013", "National Referral Mechanism", "unknown")


@pytest.fixture(scope="module")
def uk() -> Panel:
    return panel(lists_of("UKdat_5"), Options(resamples=300), scope=SCOPE, thresholds=[20_000])


def test_headline_is_a_range_with_what_speaks_against_it(uk):
    assert uk.headline is not None
    assert (round(uk.headline.lowest), round(uk.headline.highest)) == (11_313, 25_311)
    assert "models that fit as well disagree" in uk.headline.says
    assert "nobody has said in full whom it counts" not in uk.headline.says


def test_panel_holds_every_method_that_fits_and_every_diagnostic(uk):
    methods = "sparse bic bic-averaged bma chao latent-class loglinear"
    keys = "assumption bayesian bootstrap leave-one-list-out linkage-error list-as-truth model-space overlaps scope"
    assert " ".join(e.method for e in uk.estimates) == methods
    assert " ".join(sorted(d.key for d in uk.diagnostics)) == f"{keys} trajectory"
    assert all(d.says and d.rows and all(len(row) == len(d.columns) for row in d.rows) for d in uk.diagnostics)


def test_panel_is_json_without_numbers_that_json_does_not_have(uk):
    found = json.loads(json.dumps(uk.as_dict(), allow_nan=False))

    assert found["inputs_sha256"] == lists_of("UKdat_5").digest
    assert found["observed"] == 2744


def test_counts_too_thin_have_diagnostics_and_no_estimates():
    found = panel(lists_of("Artificial_3"), Options(resamples=200))

    assert (found.estimates, found.headline) == ((), None)
    assert {method for method, _says in found.refused} >= {"sparse", "bma"}
    assert "No estimate exists for these lists" in html(found)


def test_two_lists_have_a_panel_too():
    lists = Lists.of(["police", "charity"], {("police",): 40, ("charity",): 30, ("police", "charity"): 20})
    found = panel(lists, Options(resamples=200))

    assert [e.method for e in found.estimates][:2] == ["chapman", "sparse"]
    assert "chapman" in html(found)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_page_needs_nothing_from_elsewhere_and_forbids_it(uk):
    page = Page()
    page.feed(html(uk))
    attributes = {name for _tag, attrs in page.tags for name in attrs}

    assert {"script", "link", "img", "iframe"}.isdisjoint(tag for tag, _attrs in page.tags)
    assert not attributes & {"style", "src", "href", "onclick"}
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_charts_are_well_formed_named_and_beside_a_table(uk):
    text = html(uk)
    charts = re.findall(r"<svg.*?</svg>", text, re.S)

    assert len(charts) == 5
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.attrib["role"] == "img"
        assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
        assert text.index("<table", text.index(chart)) > 0
    assert len(re.findall(r'id="([^"]+)"', text)) == len(set(re.findall(r'id="([^"]+)"', text)))


def test_names_of_lists_cannot_become_markup():
    lists = Lists.of(["<b>x", 'q"&'], {("<b>x",): 40, ('q"&',): 30, ("<b>x", 'q"&'): 20})
    text = html(panel(lists, Options(resamples=200)))

    assert "<b>x" not in text
    assert "&lt;b&gt;x" in text


def test_small_counts_are_held_back_and_the_others_rounded(uk):
    plain, held_back = html(uk), html(uk, Showing(smallest=10))
    small = re.compile(r"(LA and NG and GO|NG and GP|LA and GO)</th><td[^>]*>(\d+)</td>")

    assert {name for name, _count in small.findall(plain)} == {"LA and NG and GO", "NG and GP", "LA and GO"}
    assert not small.search(held_back)
    assert "fewer than 10" in held_back
    assert "2,744" not in held_back
    assert "2,745" in held_back
    assert uk.lists.digest in plain
    assert uk.lists.digest not in held_back + typst(uk, Showing(smallest=10))


def test_json_with_counts_held_back_has_neither_them_nor_their_fingerprint(uk):
    plain, held_back = as_dict(uk), as_dict(uk, Showing(smallest=10))
    overlaps = {d["diagnostic"]: d for d in held_back["diagnostics"]}["overlaps"]

    assert plain == uk.as_dict()
    assert (held_back["observed"], held_back["inputs_sha256"]) == (2745, None)
    assert ["LA with GO", "fewer than 10"] in overlaps["rows"]
    assert overlaps["columns"] == ["pair", "on both"]
    assert uk.lists.digest not in json.dumps(held_back)
    assert {e["observed"] for e in held_back["estimates"]} == {2745}


def test_pdf_is_the_same_bytes_for_the_same_panel(uk):
    made = pdf(uk)

    assert made.startswith(b"%PDF-")
    assert made == pdf(uk)
    assert made != pdf(uk, Showing(smallest=10))


@pytest.mark.parametrize("name", ["شرطة", "警察", "- = + // /* x */ #let @a <b>", "\u202eabc\ufeff", "https://x.y/z"])
def test_names_in_any_script_and_with_any_mark_come_into_the_pdf(name):
    lists = Lists.of([name, "B"], {(name,): 40, ("B",): 30, (name, "B"): 20})

    assert pdf(panel(lists, Options(resamples=200))).startswith(b"%PDF-")


def test_an_interval_without_a_limit_is_drawn_and_written_as_one(uk):
    endless = replace(uk.estimates[0], upper=math.inf)

    assert "<path d=" in side_by_side([endless])
    assert "no limit" in html(replace(uk, estimates=(endless,)))


def test_typst_page_holds_headline_and_methods_with_marks_escaped(uk):
    text = typst(uk)

    assert text.startswith("#set page")
    assert "11,313" in text
    assert "- Area: " in text
    assert "table.header([Method], [Estimate], [Lower], [Upper])" in text
    assert "leave\\-one" not in text


def test_two_heaps_of_draws_are_two_peaks():
    random = np.random.default_rng(5)
    one, two = random.normal(9, 0.1, 1000), random.normal(10, 0.1, 1000)

    assert peaks_of_draws(np.exp(one)) == 1
    assert peaks_of_draws(np.exp(np.concatenate([one, two]))) == 2


def test_importing_it_needs_neither_django_nor_a_database():
    code = (
        "import sys; from palermo.analytics import prevalence; "
        "heavy = {'django', 'psycopg', 'typer', 'scipy.optimize', 'scipy.stats', 'pandas'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_headline_is_rounded_with_what_it_is_a_range_of(uk):
    held_back = as_dict(uk, Showing(smallest=10))["headline"]

    assert all(held_back[name] % 5 == 0 for name in ("lowest", "highest", "lower", "upper"))
    assert held_back["lower"] <= uk.headline.lower
    assert uk.headline.upper <= held_back["upper"]
    assert uk.headline.says not in html(uk, Showing(smallest=10)) + typst(uk, Showing(smallest=10))
