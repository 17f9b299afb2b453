import html
import json
import re
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from palermo.analytics import prevalence
from palermo.web.audit.models import Entry
from palermo.web.intelligence import actions, queries
from palermo.web.intelligence.examples import EXAMPLES
from palermo.web.intelligence.models import Estimate, Outcome, Run
from web.background import run_jobs

UK5 = Path(__file__).parents[2] / "analytics" / "data" / "mse" / "UKdat_5.csv"


def words(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def file(name: str, content: bytes):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content, content_type="text/csv")


def entries(subject: str) -> list[tuple[str, str]]:
    return list(Entry.objects.filter(subject=subject).order_by("id").values_list("duty", "action"))


@pytest.fixture(scope="module")
def of_the_library():
    lists = prevalence.read_lists(UK5)
    return prevalence.panel(lists, prevalence.Options(seed=1), scope=EXAMPLES["uk-2013-five-lists"].scope)


def test_an_estimate_of_the_published_lists_is_the_librarys_own(asked, signed_in, of_the_library):
    response = asked(source="file", file=file("lists.csv", UK5.read_bytes()), table="", **scope_answers())
    address = response.url
    run_jobs()

    sent = signed_in("commander").post(address, {"download": "json"})
    found, expected = sent.json(), of_the_library.as_dict()

    assert sent["Content-Disposition"].endswith('.json"')
    for one in (found, expected):
        del one["seconds"]
        for estimate in one["estimates"]:
            del estimate["seconds"]
    assert found == json.loads(json.dumps(expected))
    shown = words(signed_in("auditor").get(address))
    assert of_the_library.headline.says in shown
    assert {e.method for e in of_the_library.estimates} <= set(shown.split())
    assert of_the_library.lists.digest in shown


def scope_answers():
    scope = EXAMPLES["uk-2013-five-lists"].scope
    return {
        "population": scope.population,
        "area": scope.area,
        "period": scope.period,
        "definition": scope.definition,
        "referrals": scope.referrals_between_lists,
    }


def test_an_example_brings_its_counts_and_what_they_are_about(asked):
    asked(source="example", example="uk-2013-five-lists", table="")
    estimate = Estimate.objects.get()

    assert prevalence.parse_lists(estimate.table).digest == prevalence.read_lists(UK5).digest
    assert estimate.scope == {**estimate.scope, "area": "United Kingdom", "period": "2013"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_read(name):
    assert prevalence.parse_lists(EXAMPLES[name].text).seen == 2744


def test_the_list_says_when_by_whom_of_what_and_how_it_stands(asked, signed_in):
    asked()
    before = words(signed_in("auditor").get("/estimates/"))
    run_jobs()
    after = words(signed_in("auditor").get("/estimates/"))
    estimate, outcome = Estimate.objects.get(), Outcome.objects.get()

    assert "Analyst, SCD9 intelligence" in after
    assert "police, charity, port" in after
    assert estimate.inputs_sha256[:12] in after and estimate.inputs_sha256 not in after
    assert f"{outcome.lowest:,.0f} to {outcome.highest:,.0f}" in after
    assert ("Waiting" in before, "Made" in after) == (True, True)


def test_the_same_counts_and_seed_again_lead_to_what_was_made_before(asked, signed_in):
    first = asked().url
    # another name and another order of the rows are no other question
    table = "police,charity,port,count\n" + "\n".join(reversed(Estimate.objects.get().table.split("\n")[1:]))
    second = asked("commander", title="Once more", table=table)
    other_seed = asked(seed="2")

    assert second.url == f"{first}?told=before"
    assert "Made before" in words(signed_in("commander").get(second.url))
    assert other_seed.url != first
    assert run_jobs() == ["intelligence.make_estimate"] * 2


def test_what_was_asked_and_what_came_out_are_never_rewritten(asked):
    asked()
    run_jobs()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Estimate.objects.update(title="another")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Outcome.objects.update(lowest=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Outcome.objects.all().delete()


def test_small_counts_are_nowhere_to_be_read(asked, signed_in):
    """29 is a count of people that is rounded, 3 and 8 are held back."""
    table = "police,charity,port,count\n1,0,0,503\n0,1,0,707\n0,0,1,301\n1,1,0,29\n1,0,1,8\n0,1,1,43\n1,1,1,3\n"
    asked(table=table)
    address = asked(table=table, smallest_shown="10").url
    run_jobs()
    open_one, held = (Estimate.objects.get(smallest_shown=size) for size in (0, 10))
    client = signed_in("analyst")

    def counts(estimate):
        outcome = Outcome.objects.get(estimate=estimate)
        overlaps = {d["diagnostic"]: d for d in json.loads(outcome.document)["diagnostics"]}["overlaps"]
        return [row[1] for row in overlaps["rows"]], re.findall(r'<td class="n">(\d+)</td>', outcome.sections)

    assert counts(open_one)[0] == [32, 11, 46]
    assert counts(held)[0] == ["30", "10", "45"]
    shown = words(client.get(address))
    assert "fewer than 10" in shown
    assert "People seen: 1,595." in shown
    downloads = b"".join(client.post(address, {"download": kind}).content for kind in actions.DOWNLOADS)
    assert held.inputs_sha256.encode() not in downloads
    assert open_one.inputs_sha256.encode() in client.post(f"/estimates/{open_one.pk}/", {"download": "html"}).content


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF-"), ("html", b"<!DOCTYPE html>"), ("json", b"{")])
def test_each_download_leaves_an_entry_of_disclosure(asked, signed_in, kind, start):
    address = asked().url
    run_jobs()
    estimate = Estimate.objects.get()
    response = signed_in("auditor").post(address, {"download": kind})

    assert response.content.startswith(start)
    assert response["Content-Disposition"] == f'attachment; filename="estimate-{estimate.pk}.{kind}"'
    assert entries(f"estimate:{estimate.pk}") == [
        ("collection", "estimate asked for"),
        ("combination", "estimate made"),
        ("disclosure", "estimate downloaded"),
    ]


def test_nothing_can_be_downloaded_before_it_is_made_nor_in_another_form(asked, signed_in):
    address = asked().url
    client = signed_in("analyst")
    assert client.post(address, {"download": "pdf"}).status_code == 404
    run_jobs()

    assert client.post(address, {"download": "exe"}).status_code == 404
    assert client.post(address, {"download": "pdf"}).status_code == 200


def test_an_entry_that_cannot_be_written_keeps_the_estimate_from_being_asked_for(asked, monkeypatch):
    def broken(*_args, **_kwargs):
        raise DatabaseError("no room")

    monkeypatch.setattr(actions, "record", broken)
    with pytest.raises(DatabaseError):
        asked()

    assert not Estimate.objects.exists()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("A,B,count\n1,0,50\n0,1,70\n", "nobody is on two lists"),
        ("A,count\n1,10\n", "one list says nothing about people on no list"),
        ("A,B,C,count\n1,1,1,50\n", "no finite estimate exists"),
    ],
)
def test_counts_that_carry_no_estimate_get_the_reason_and_no_number(asked, signed_in, table, why):
    address = asked(table=table).url
    run_jobs()
    shown = words(signed_in("analyst").get(address))

    assert "No estimate exists for these lists." in shown
    assert why in shown.replace("One list", "one list").replace("Nobody", "nobody")
    assert Outcome.objects.get().lowest is None
    assert "No estimate exists" in words(signed_in("analyst").get("/estimates/"))


def test_the_page_has_charts_beside_tables_and_no_style_of_its_own(asked, signed_in):
    address = asked().url
    run_jobs()
    text = signed_in("analyst").get(address).content.decode()

    assert text.count("<svg") >= 4
    assert text.count("<table") > text.count("<svg")
    assert re.findall(r"<style|\sstyle=|<script(?! type=\"module\" src=)|\son\w+=", text) == []


def test_names_of_lists_cannot_become_markup(asked, signed_in):
    address = asked(title="<b>bold</b>", table="<script>x</script>,B,count\n1,0,50\n0,1,70\n1,1,20\n").url
    run_jobs()
    client = signed_in("analyst")

    for text in (client.get(address).content.decode(), client.get("/estimates/").content.decode()):
        assert "<script>x" not in text and "<b>bold" not in text
        assert "&lt;script&gt;x" in text


def test_every_step_of_a_panel_has_words():
    told = []
    for text in (UK5.read_text(), "A,B,count\n1,0,50\n0,1,70\n1,1,20\n"):
        prevalence.panel(prevalence.parse_lists(text), prevalence.Options(resamples=200), progress=told.append)
        assert len(told) <= queries.MOST_STEPS
        assert set(told) <= set(queries.STEPS)
        told.clear()


def test_an_estimate_that_is_not_there_is_not_found(signed_in):
    assert signed_in("analyst").get("/estimates/00000000-0000-7000-8000-000000000000/").status_code == 404
    assert not Run.objects.exists()
