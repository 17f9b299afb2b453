import pytest

from palermo.domain.operations import name_faults


@pytest.mark.parametrize("name", ["Harrow", "Blue Heron", "St Anne’s Gate", "Tern-Bay"])
def test_a_code_name_says_nothing(name):
    assert list(name_faults(name, ["Ilinca Sandu"])) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Romanian Winter", "“romanian” says where people come from"),
        ("ALBANIA", "“albania” says where people come from"),
        ("Brothel Street", "“brothel” says what is suspected"),
        ("Șandu", "somebody on a linked case is called so"),
        ("Blue ilinca", "somebody on a linked case is called so"),
        ("Heron 7", "a code name is one to three words of letters, 40 characters at most"),
        ("Heron\u202e", "a code name is one to three words of letters, 40 characters at most"),
        ("", "a code name is one to three words of letters, 40 characters at most"),
        ("One Two Three Four", "a code name is one to three words of letters, 40 characters at most"),
        ("a" * 41, "a code name is one to three words of letters, 40 characters at most"),
    ],
)
def test_a_name_that_says_something_is_refused_with_the_reason(name, why):
    assert list(name_faults(name, ["Ilinca Sandu"])) == [why]
