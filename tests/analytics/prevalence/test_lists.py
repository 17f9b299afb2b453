import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.analytics.prevalence import Lists, ListsRefused, parse_lists, read_lists

TWO = "police,charity,count\n1,0,40\n0,1,30\n1,1,20\n"


def problems_of(text: str) -> list[str]:
    with pytest.raises(ListsRefused) as refused:
        parse_lists(text)
    return [str(problem) for problem in refused.value.problems]


def test_a_file_becomes_counts_by_combination(tmp_path):
    file = tmp_path / "lists.csv"
    file.write_text("\ufeff" + TWO.replace("\n", "\r\n"), encoding="utf-8")

    lists = read_lists(file)

    assert lists.names == ("police", "charity")
    assert lists.counts.tolist() == [0, 40, 30, 20]
    assert (lists.seen, lists.shared, lists.list_sizes) == (90, 20, {"police": 60, "charity": 50})


def test_everything_wrong_is_said_at_once():
    text = "A,B,count\n1,0,-5\n0,1,7.5\n1,1,3\n1,1,3\n2,x,\n0,0,4\n1,1\n"

    assert problems_of(text) == [
        "line 2, count: '-5' is not a whole number of people, 0 or more",
        "line 3, count: '7.5' is not a whole number of people, 0 or more",
        "line 5: the same combination as line 4: give each combination one row",
        "line 6, A: '2' is neither 0 (not on the list) nor 1 (on it)",
        "line 6, B: 'x' is neither 0 (not on the list) nor 1 (on it)",
        "line 6, count: there is no count",
        "line 7: every list is 0, so these people are on no list and cannot be counted: take it out",
        "line 8: 2 values where the header names 3 columns",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file: it is empty; it needs a header of list names and `count`"),
        ("A,B\n1,0\n", "line 1, header: it needs one column `count`, and has 0"),
        ("A,B,count,Count\n1,0,1,1\n", "line 1, header: it needs one column `count`, and has 2"),
        ("A,a,count\n1,0,1\n", "line 1, header: the list 'a' stands twice: name each list once"),
        ("A,,count\n1,0,1\n", "line 1, header: column 2 has no name: name the list"),
        ("count\n1\n", "line 1, header: it names no list: give one 0/1 column for each list"),
        ("A,B,count\n", "the file: it counts nobody: give at least one row with a count above 0"),
        ("A,B,count\n1,0,0\n", "the file: it counts nobody: give at least one row with a count above 0"),
        ("A,B,count\n1,0,99999999999\n", "line 2, count: 99999999999 is more people than can be meant"),
        ('A,B,count\n1,0,"5\n', "the file: it is not CSV (unexpected end of data)"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_the_place(text, said):
    assert problems_of(text) == [said]


def test_twenty_lists_are_refused_with_what_to_do():
    (said,) = problems_of(",".join(f"L{j}" for j in range(20)) + ",count\n" + "1," * 20 + "3\n")

    assert said.startswith("line 1, header: 20 lists are more than the 10 that can be estimated from: merge lists")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "lists.csv"
    file.write_bytes(b"\xff\xfe\x00count")

    with pytest.raises(ListsRefused, match="not text in UTF-8"):
        read_lists(file)


@given(st.text(max_size=200))
def test_no_text_ends_in_anything_but_lists_or_a_reason(text):
    try:
        assert parse_lists(text).seen > 0
    except ListsRefused as refused:
        assert refused.problems


def test_leaving_a_list_out_forgets_those_on_it_alone():
    lists = Lists.of("ABC", {("A",): 1, ("B",): 2, ("A", "B"): 4, ("C",): 8, ("A", "C"): 16, ("A", "B", "C"): 32})

    fewer = lists.without("C")

    assert fewer.counts.tolist() == [0, 17, 2, 36]
    assert fewer.seen == lists.seen - 8


def test_two_lists_made_one_keep_everybody():
    lists = Lists.of("ABC", {("A",): 1, ("B",): 2, ("A", "B"): 4, ("C",): 8, ("A", "C"): 16})

    merged = lists.merged("A", "B")

    assert merged.names == ("C", "A+B")
    assert merged.counts.tolist() == [0, 8, 7, 16]


def test_people_on_one_list_are_seen_by_the_others():
    lists = Lists.of("ABC", {("A",): 1, ("A", "B"): 4, ("C",): 8, ("A", "C"): 16, ("A", "B", "C"): 32})

    assert lists.within("A").counts.tolist() == [0, 4, 16, 32]


def test_unlinked_and_empty_lists_are_told_apart():
    lists = Lists.of("ABCD", {("A", "B"): 3, ("A",): 1, ("C",): 9})

    assert (lists.unlinked(), lists.empty()) == (("C",), ("D",))


def test_the_digest_does_not_hang_on_the_order_of_rows_and_does_on_the_counts():
    other = "police,charity,count\n1,1,20\n0,1,30\n1,0,40\n"

    assert parse_lists(TWO).digest == parse_lists(other).digest
    assert parse_lists(TWO).digest != parse_lists(TWO.replace("40", "41")).digest


def test_counts_that_are_no_counts_are_refused_in_code_too():
    with pytest.raises(ValueError, match="not negative"):
        Lists(("A",), [0, -1])
    with pytest.raises(ValueError, match="need 4 counts"):
        Lists(("A", "B"), [0, 1])
    with pytest.raises(ValueError, match="names of their own"):
        Lists(("A", "A"), [0, 1, 1, 1])
