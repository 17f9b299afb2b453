from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.remit.remits import a_field, a_vocabulary
from palermo.domain.referral import Borough, Boroughs, FactsRefused, Reader

CAMDEN = Borough("E09000007", "Camden", {"olympic": "no"}, "Metropolitan Police Service")
HAMMERSMITH = Borough("E09000013", "Hammersmith and Fulham", {"olympic": "no"}, "Metropolitan Police Service")
NEWHAM = Borough("E09000025", "Newham", {"olympic": "yes"}, "Metropolitan Police Service")
BOOLEANS = ((True, "yes"), (False, "no"))


def a_reader():
    words = a_vocabulary(
        a_field("age", ("adult", "child", "unknown")),
        a_field("organised", ("yes", "no", "unknown"), booleans=BOOLEANS),
        a_field("victims", ("one", "multiple", "unknown"), numbers=((1, "one"), (2, "multiple"))),
        a_field("olympic", ("yes", "no"), booleans=BOOLEANS, derived_from="borough"),
    )
    return Reader(words, Boroughs([CAMDEN, HAMMERSMITH, NEWHAM]))


def read(**facts):
    return a_reader().read(facts)


def says(**facts):
    with pytest.raises(FactsRefused) as refused:
        read(**facts)
    return str(refused.value).split("\n")


def test_what_is_left_out_or_null_is_not_known():
    unknown = {"age": "unknown", "organised": "unknown", "victims": "unknown", "olympic": "no"}

    assert read().values == unknown
    assert read(age=None, borough=None, id=None, received=None, olympic=None).values == unknown
    assert (read().id, read().received, read().borough) == (None, None, None)


@pytest.mark.parametrize(
    ("facts", "field", "value"),
    [
        ({"age": "child"}, "age", "child"),
        ({"organised": True}, "organised", "yes"),
        ({"organised": False}, "organised", "no"),
        ({"victims": 1}, "victims", "one"),
        ({"victims": 2}, "victims", "multiple"),
        ({"victims": 10**12}, "victims", "multiple"),
        ({"victims": "multiple"}, "victims", "multiple"),
        ({"borough": "Newham"}, "olympic", "yes"),
        ({"borough": " newHAM  "}, "olympic", "yes"),
        ({"borough": "e09000025"}, "olympic", "yes"),
        ({"borough": "Camden"}, "olympic", "no"),
        ({"borough": "Newham", "olympic": True}, "olympic", "yes"),
        ({"olympic": "no"}, "olympic", "no"),
    ],
)
def test_each_way_to_write_a_fact(facts, field, value):
    assert read(**facts).values[field] == value


def test_a_borough_is_found_by_any_spelling_of_and():
    assert read(borough="hammersmith & fulham").borough == HAMMERSMITH


def test_the_profile_is_the_number_of_the_values():
    facts = read(age="child", borough="Newham", received="2010-04-01", id="R1")

    assert facts.profile == facts.vocabulary.encode(facts.values)
    assert (facts.id, facts.received, facts.borough) == ("R1", date(2010, 4, 1), NEWHAM)


@pytest.mark.parametrize("value", ["Child", " child", "", "chlid", 1, 0, True, 1.0, ["child"], {}, b"child"])
def test_a_value_outside_the_set_is_refused(value):
    (problem,) = says(age=value)

    assert problem == f"age {value!r} is not a value of age (adult, child, unknown)"


@pytest.mark.parametrize("value", [0, -1, True, False, 1.0, float("nan"), float("inf"), "1", "2"])
def test_a_count_is_a_whole_number_from_one(value):
    (problem,) = says(victims=value)

    assert problem == (
        f"victims {value!r} is not a value of victims (one, multiple, unknown, or a whole number from 1)"
    )


@pytest.mark.parametrize(
    "value",
    [
        "20100401",
        "2010-W13-4",
        "2010-4-1",
        "1 April 2010",
        "2010-02-30",
        "2010-04-01T10:00",
        "",
        20100401,
        1.5,
        True,
        datetime(2010, 4, 1),  # noqa: DTZ001
        "２010-04-01",
        " 2010-04-01",
    ],
)
def test_a_day_is_written_one_way(value):
    (problem,) = says(received=value)

    assert problem == f"received {value!r} is not a date; write it as year-month-day, 2010-04-01"


def test_a_day_may_be_given_as_one():
    assert read(received=date(2010, 4, 1)).received == date(2010, 4, 1)


@pytest.mark.parametrize("value", [1, True, ["R1"], {}])
def test_an_id_is_text(value):
    assert says(id=value) == [f"id {value!r} is not text; write it in quotes"]


def test_an_unknown_name_is_refused_with_the_nearest():
    assert says(victim="one") == ["no field 'victim'. Did you mean victims?"]
    assert says(zzz=None) == ["no field 'zzz'. Fields: age, organised, victims, olympic, id, received, borough"]


@pytest.mark.parametrize("value", ["Camdn", "camden town"])
def test_an_unknown_borough_is_refused_with_the_nearest(value):
    assert says(borough=value) == [f"borough {value!r} is not one of this pack. Did you mean Camden?"]


@pytest.mark.parametrize("value", ["", 7, True, "Atlantis on Thames", ["Camden"]])
def test_what_is_no_borough_at_all_is_refused(value):
    assert says(borough=value) == [f"borough {value!r} is not one of this pack. Give a borough's name or its GSS code"]


def test_olympic_follows_from_the_borough_and_from_nothing_else():
    assert says(olympic=True) == [
        "olympic True does not follow from the borough: no borough gives no. "
        "Leave olympic out and give the right borough"
    ]
    assert says(olympic="no", borough="Newham") == [
        "olympic 'no' does not follow from the borough: Newham gives yes. Leave olympic out and give the right borough"
    ]


def test_all_problems_are_told_at_once_with_field_value_and_what_is_allowed():
    with pytest.raises(FactsRefused) as refused:
        read(age="Child", received="never", borough="Camdn", organised="maybe", vctims=1, id=3, olympic="perhaps")

    problems = refused.value.problems
    assert [(problem.field, problem.value) for problem in problems] == [
        ("age", "Child"),
        ("received", "never"),
        ("borough", "Camdn"),
        ("organised", "maybe"),
        ("vctims", 1),
        ("id", 3),
        ("olympic", "perhaps"),
    ]
    assert problems[0].allowed == ("adult", "child", "unknown")
    assert str(refused.value).count("\n") == 6


def test_a_long_value_is_cut_short_in_the_message():
    (problem,) = says(age="x" * 500)

    assert len(problem) < 130


@pytest.mark.parametrize("raw", [[], "child", None, 3, [{"age": "child"}]])
def test_what_is_no_object_is_no_referral(raw):
    with pytest.raises(FactsRefused, match="a referral is an object of names and values, not"):
        a_reader().read(raw)


def test_a_year_that_is_a_slip_is_refused():
    assert read(received="2999-12-31").received == date(2999, 12, 31)
    assert says(received="9999-12-31") == ["received 9999-12-31 is after the year 2999; check the year"]


def test_an_id_that_cannot_be_written_out_again_is_refused():
    assert read(id="Zoë ✓ 😀").id == "Zoë ✓ 😀"
    assert says(id="\ud800") == ["id '\\ud800' has half a character in it; send it as UTF-8"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["child", "Newham", "yes"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["id", "received", "borough", "age", "organised", "victims", "olympic"]) | st.text()


@given(raw=st.dictionaries(names, anything, max_size=6))
def test_whatever_is_sent_is_read_or_refused_with_a_reason(raw):
    reader = a_reader()
    try:
        facts = reader.read(raw)
    except FactsRefused as refused:
        assert refused.problems
        assert all(problem.says for problem in refused.problems)
    else:
        assert list(reader.problems(raw)) == []
        assert {name: value for name, value in facts.values.items() if raw.get(name) == value} == {
            name: value for name, value in raw.items() if name in facts.values and isinstance(value, str)
        }
