import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.remit.remits import a_field, a_vocabulary, every_profile, vocabularies
from palermo.domain.vocabulary import Condition, Field, Vocabulary, VocabularyFault


@given(vocabulary=vocabularies())
def test_every_combination_has_a_number_of_its_own(vocabulary):
    names = list(vocabulary.by_name)
    numbers = []
    for values in every_profile(vocabulary):
        facts = dict(zip(names, values, strict=True))
        numbers.append(vocabulary.encode(facts))
        assert vocabulary.decode(numbers[-1]) == facts
        assert {name: vocabulary.value(numbers[-1], name) for name in names} == facts

    assert numbers == list(range(vocabulary.size))


@given(vocabulary=vocabularies(), data=st.data())
def test_a_box_holds_the_profiles_of_its_values(vocabulary, data):
    when = {
        field.name: data.draw(st.lists(st.sampled_from(field.values), min_size=1, unique=True))
        for field in vocabulary.fields
        if data.draw(st.booleans())
    }
    box = vocabulary.condition(when)
    inside = [p for p in range(vocabulary.size) if vocabulary.within(box, p)]

    assert inside == [
        p for p in range(vocabulary.size) if all(vocabulary.value(p, name) in when[name] for name in when)
    ]
    assert len(box) == len(inside)
    assert vocabulary.one_of(box) in inside
    assert vocabulary.boxed(inside[0]) & box == vocabulary.boxed(inside[0])


@given(vocabulary=vocabularies(), data=st.data())
def test_columns_are_numbered_like_single_referrals(vocabulary, data):
    rows = data.draw(st.lists(st.integers(0, vocabulary.size - 1), max_size=20))
    columns = {name: [vocabulary.value(row, name) for row in rows] for name in vocabulary.by_name}

    assert vocabulary.encode_columns(columns).tolist() == rows


def test_a_column_left_out_or_a_none_is_missing():
    words = a_vocabulary()
    expected = words.encode({"age": "child", "reach": "unknown"})

    assert words.encode_columns({"age": ["child", "child"], "reach": [None, "unknown"]}).tolist() == [expected] * 2
    assert words.encode_columns({"age": ["child"]}).tolist() == [expected]


def test_bad_columns_are_told_with_their_first_bad_row():
    words = a_vocabulary()
    with pytest.raises(VocabularyFault) as refused:
        words.encode_columns({"age": ["child", "Child", "x"], "reach": ["borough", None, 3], "victim": ["a", "b", "c"]})

    assert refused.value.says == (
        "no field 'victim'. Fields: age, reach.",
        "row 1: age has no value 'Child'. Values: adult, child, unknown.",
        "row 2: reach has no value 3. Values: borough, national, unknown.",
    )
    with pytest.raises(VocabularyFault, match="differ in length: 1 and 2 rows"):
        words.encode_columns({"age": ["child"], "reach": [None, None]})


def test_not_lets_every_other_value_in():
    words = a_vocabulary()

    assert words.limits(words.condition({"age": "!adult"})) == {"age": ("child", "unknown")}
    assert words.words(words.condition({"age": "!adult", "reach": "borough"})) == (
        "age child or unknown, reach borough"
    )
    assert words.words(words.anything) == "every referral"


def test_all_that_is_wrong_with_a_condition_is_told():
    words = a_vocabulary(a_field("victims", ("one", "multiple", "unknown")), a_field("organised", ("yes", "no")))
    with pytest.raises(VocabularyFault) as refused:
        words.condition({"victims": "unknow", "victim": "one", "organised": True})

    assert refused.value.says == (
        "victims has no value 'unknow'. Values: one, multiple, unknown.",
        "no field 'victim'. Did you mean victims?",
        'organised has no value True. Values: yes, no. Write values as words: organised = "yes".',
    )


def test_an_empty_list_of_values_is_refused():
    with pytest.raises(VocabularyFault, match="age lets no value in"):
        a_vocabulary().condition({"age": []})


def test_incomplete_values_have_no_number():
    with pytest.raises(VocabularyFault, match="no reach is given; use 'unknown' if it is not known"):
        a_vocabulary().encode({"age": "child"})
    with pytest.raises(VocabularyFault, match=r"there is no profile 9\. They run from 0 to 8"):
        a_vocabulary().decode(9)


def test_a_vocabulary_too_large_to_look_through_is_refused_with_its_sizes():
    wards = a_field("ward", tuple(f"w{n}" for n in range(32)))
    rest = [a_field(f"f{n}", tuple("abcd")) for n in range(9)]

    assert Vocabulary(1, [a_field("w", tuple("abcdefgh")), *rest, a_field("g", ("a", "b"))]).size == 1 << 22
    with pytest.raises(VocabularyFault, match=r"10 fields: 8,388,608 profiles, limit 4,194,304. Largest: ward \(32\)"):
        Vocabulary(1, [wards, *rest])


def test_the_hash_depends_on_what_numbers_depend_on_and_on_nothing_else():
    first = a_vocabulary(a_field())

    assert a_vocabulary(a_field(label="Age", labels={"adult": "18 or older"})).hash == first.hash
    assert a_vocabulary(a_field(values=("child", "adult", "unknown"))).hash != first.hash
    assert a_vocabulary(a_field(missing="adult")).hash != first.hash
    assert Vocabulary(2, first.fields).hash != first.hash


def test_a_field_says_all_that_is_wrong_with_it():
    with pytest.raises(VocabularyFault) as refused:
        Field("age", ("a", "a"), "b", labels={"c": "x"}, numbers=((2, "a"), (1, "a")))

    assert refused.value.says == (
        "age lists 'a' twice. Keep one.",
        "age has no value 'b'. Values: a, a.",
        "age has no value 'c'. Values: a, a.",
        "age: the cut points of `numbers` must rise. They are 2 and 1.",
    )
    with pytest.raises(VocabularyFault, match="two fields have the same name"):
        Vocabulary(1, [a_field(), a_field()])


def test_a_count_falls_in_the_class_of_the_last_cut_point_it_reaches():
    victims = a_field("victims", ("one", "multiple", "unknown"), numbers=((1, "one"), (2, "multiple")))

    assert [victims.of_number(n) for n in (0, 1, 2, 900)] == [None, "one", "multiple", "multiple"]


def test_words_of_a_value():
    plain = a_field()
    worded = a_field(label="Age", labels={"adult": "18 or older"}, phrase={"adult": "the person is an adult"})

    assert (plain.words("adult"), plain.says("adult")) == ("adult", "age is adult")
    assert (worded.words("adult"), worded.says("adult")) == ("18 or older", "the person is an adult")


def test_boxes_meet_and_cover():
    words = a_vocabulary()
    child, local = words.condition({"age": "child"}), words.condition({"reach": "borough"})

    assert child.meets(local)
    assert not child.meets(words.condition({"age": "adult"}))
    assert child.covers(child & local)
    assert not local.covers(child)
    assert len(Condition((0, 1))) == 0
