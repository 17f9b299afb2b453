import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.analytics.prevalence.models import NotAModel, all_models, closed, in_words, notation, parse

NAMES = ("police", "charity", "port", "council")


@pytest.mark.parametrize(("lists", "order", "number"), [(2, 1, 1), (3, 2, 8), (4, 3, 113), (5, 4, 6893), (6, 2, 32768)])
def test_hierarchical_models_are_as_many_as_are_known(lists, order, number):
    models = all_models(lists, order)

    assert models.shape[1] == number
    assert len({models[:, k].tobytes() for k in range(number)}) == number


@given(st.integers(0, 112))
def test_what_is_written_is_read_back(place):
    terms = all_models(4, 3)[:, place]

    assert (parse(notation(terms), NAMES) == terms).all()


@given(st.integers(0, 112))
def test_every_model_holds_the_subsets_of_its_terms(place):
    terms = all_models(4, 3)[:, place]

    assert (closed([int(t) for t in np.flatnonzero(terms)], 4) == terms).all()


def test_a_model_can_be_written_with_names():
    assert notation(parse("police*charity + port", NAMES)) == "[12;3;4]"
    assert notation(parse("independence", NAMES)) == "[1;2;3;4]"
    assert notation(parse("pairs", NAMES)) == "[12;13;14;23;24;34]"


def test_a_model_is_said_in_words():
    assert in_words(parse("[12;3;4]", NAMES), NAMES) == "police with charity"
    assert in_words(parse("[1;2;3;4]", NAMES), NAMES) == "all lists independent of each other"


def test_ten_lists_are_written_with_points():
    names = [f"L{j}" for j in range(10)]

    assert notation(parse("[1.10;2]", names)).startswith("[1.10;2;3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1234]", "leave that term out"),
        ("[15]", "lists are numbered 1 to 4, so 5 cannot stand"),
        ("[1;x]", "write it as"),
        ("police*harbour", "'harbour', which is not a list here"),
    ],
)
def test_what_names_no_model_is_refused_with_what_to_write(text, said):
    with pytest.raises(NotAModel) as refused:
        parse(text, NAMES)
    assert said in str(refused.value)


def test_too_many_models_are_refused():
    with pytest.raises(NotAModel, match="too many models"):
        all_models(7, 2)
    with pytest.raises(NotAModel, match="too many models"):
        all_models(6, 3)
