"""Bad input is refused kindly: what is wrong, on which line, what to do; and what was typed is still there."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from palermo.web.intelligence.forms import LARGEST_FILE
from palermo.web.intelligence.models import Estimate

TWENTY = ",".join(f"L{n}" for n in range(20)) + ",count\n" + "1," * 20 + "4\n"
BAD = [
    ("A,B,count\n1,0,5\n1,0,6\n", "Line 3: the same combination as line 2: give each combination one row"),
    ("A,B,count\n1,0,-5\n", "Line 2, count: '-5' is not a whole number of people, 0 or more"),
    ("A,B,count\n1,0,2.5\n", "Line 2, count: '2.5' is not a whole number of people, 0 or more"),
    ("A,B,count\n0,0,5\n", "Line 2: every list is 0, so these people are on no list and cannot be counted: take it"),
    (TWENTY, "Line 1, header: 20 lists are more than the 10 that can be estimated from"),
    ("A,B\n1,0\n", "Line 1, header: it needs one column `count`, and has 0"),
    ("A,B,count\n1,2,5\n", "Line 2, B: '2' is neither 0 (not on the list) nor 1 (on it)"),
    ("A,B,count\n1,0\n", "Line 2: 2 values where the header names 3 columns"),
    ("A,B,count\n1,0,0\n", "The file: it counts nobody"),
    ('A,B,count\n"1,0,5\n', "The file: it is not CSV"),
    ("\n\nA,B,count\n1,2,5\n", "Line 4, B"),
]


def words(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def summary(response) -> list[str]:
    """The problems at the top of the page, each with where it leads."""
    top = re.search(r'class="govuk-error-summary".*?</ul>', response.content.decode(), re.S)
    return [html.unescape(f"{t} {h}") for h, t in re.findall(r'<a href="(#[^"]+)">([^<]+)</a>', top[0])]


@pytest.mark.parametrize(("table", "says"), BAD)
def test_a_table_is_refused_with_line_and_remedy_and_kept(asked, table, says):
    response = asked(table=table, area="London")

    assert response.status_code == 400
    assert [one for one in summary(response) if one.startswith(says) and one.endswith("#id_table")]
    text = html.unescape(response.content.decode()).replace("\r\n", "\n")
    assert f">\n{table}</textarea>" in text
    assert 'value="London"' in text
    assert not Estimate.objects.exists()


@pytest.mark.parametrize(("table", "says"), BAD)
def test_a_file_is_refused_in_the_same_words_and_can_be_corrected_in_the_page(asked, table, says):
    response = asked(source="file", table="", file=SimpleUploadedFile("lists.csv", table.encode()))

    assert response.status_code == 400
    assert [one for one in summary(response) if one.startswith(says) and one.endswith("#id_table")]
    assert f">\n{table}</textarea>" in html.unescape(response.content.decode())


def test_all_faults_are_said_at_once(asked):
    response = asked(title="", table="A,B,count\n1,2,5\n0,1,-1\n", seed="one")

    assert [one.split(":")[0] for one in summary(response)] == [
        "Enter a title, such as “Referrals to three bodies, 2009” #id_title",
        "Line 2, B",
        "Line 3, count",
        "The seed is a whole number, such as 1 #id_seed",
    ]


def test_a_table_wrong_in_every_line_does_not_bury_the_page(asked):
    response = asked(table="A,B,count\n" + "1,x,5\n" * 500)

    assert len(summary(response)) == 21
    assert "And 480 more of the kind: correct these first" in words(response)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"A,B,count\n1,0,5\xff\n", "it is not text in UTF-8"),
        (b"A\x00,B,count\n1,0,5\n", "is not text and cannot be kept"),
        (b"x" * (LARGEST_FILE + 1), "100,001 bytes"),
        (b"", "it is empty"),
    ],
)
def test_a_file_that_is_no_table_is_refused_kindly(asked, content, says):
    response = asked(source="file", table="", file=SimpleUploadedFile("lists.csv", content))

    assert response.status_code == 400
    assert says in summary(response)[0]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"source": ""}, "Select where the counts are"),
        ({"source": "file"}, "Select a CSV file"),
        ({"table": "  "}, "Paste the table, with its header"),
        ({"source": "example"}, "Select an example"),
        ({"source": "example", "example": "another"}, "Select one of the answers that are offered"),
        ({"smallest_shown": ""}, "Enter the smallest count that may be shown"),
        ({"smallest_shown": "-1"}, "The smallest count that may be shown is 0 or more"),
        ({"seed": "9999999999"}, "The seed is 2,147,483,647 or less"),
    ],
)
def test_an_answer_that_is_missing_or_wrong_is_asked_for(asked, changed, says):
    response = asked(**changed)

    assert response.status_code == 400
    assert summary(response)[0].startswith(says)


def test_what_stands_in_a_box_that_was_not_chosen_is_no_matter(asked):
    assert asked(source="example", example="uk-2013-six-lists", table="x\x00" * 200_000).status_code == 302


def test_a_table_copied_from_a_spreadsheet_is_read(asked):
    assert asked(table="A\tB\tcount\n1\t0\t50\n0\t1\t40\n1\t1\t20\n").status_code == 302


def test_counts_are_held_back_unless_somebody_asks_for_them(signed_in):
    page = signed_in("analyst").get("/estimates/new/").content.decode()
    box = re.search(r'<input[^>]*name="smallest_shown"[^>]*>', page)[0]

    assert 'value="5"' in box
