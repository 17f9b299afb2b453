"""What a page of one side may say of the others: a table of what is shown beside what is not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.access import Custody, Role, Viewer
from palermo.domain.people import (
    ROLES,
    THINGS,
    TIE_OF_ROLE,
    CaseRole,
    CaseView,
    Grounds,
    Kind,
    Opened,
    Shown,
    Side,
    Tie,
    address_key,
    code_key,
    mentions,
    phone_key,
    plain,
    roles_of,
    shows_address,
    shows_person,
    shows_role,
    ties_between,
    view_of,
)

SEES = CaseView(seen=True)
WORKS = CaseView(seen=True, works=True)
OWNS = CaseView(seen=True, works=True, owns=True)
NOT_THEIRS = CaseView()
PEOPLE_SIDES = (Side.VICTIM, Side.SUBJECT, Side.OTHER)

# Who is what to a case

OFFICER = Viewer(1, Role.OFFICER, unit="unit-a")
SUPPORTING = Viewer(2, Role.OFFICER, unit="unit-b")
ASKED = Viewer(3, Role.SUPERVISOR, unit="unit-c")
STRANGER = Viewer(4, Role.OFFICER, unit="unit-d")
COMMANDER = Viewer(5, Role.COMMANDER, unit="unit-a")
AUDITOR = Viewer(6, Role.AUDITOR)
ANALYST = Viewer(7, Role.ANALYST, unit="unit-a")
PARTNER = Viewer(8, Role.PARTNER, body="Harbour Project")
CUSTODY = Custody(
    owner="unit-a",
    supporting=frozenset({"unit-b"}),
    asked=frozenset({"unit-c"}),
    sent_by_account=8,
    sent_by_body="Harbour Project",
)


@pytest.mark.parametrize(
    ("viewer", "view"),
    [
        (OFFICER, OWNS),
        (SUPPORTING, WORKS),
        (ASKED, SEES),
        (COMMANDER, SEES),
        (AUDITOR, SEES),
        (STRANGER, NOT_THEIRS),
        (ANALYST, NOT_THEIRS),
        (PARTNER, NOT_THEIRS),
    ],
)
def test_what_a_case_is_to_whom(viewer, view):
    assert view_of(viewer, CUSTODY) == view


def test_a_restricted_case_is_nothing_to_its_own_unit_but_for_those_named():
    restricted = Custody(owner="unit-a", restricted=True)
    assert view_of(OFFICER, restricted) == NOT_THEIRS
    assert view_of(OFFICER, Custody(owner="unit-a", restricted=True, involved=frozenset({1}))) == OWNS


# What a page says of people


@pytest.mark.parametrize(
    ("page", "other", "sees", "works"),
    [
        (Side.VICTIM, Side.VICTIM, Shown.NAMED, Shown.NAMED),
        (Side.VICTIM, Side.SUBJECT, Shown.NAMED, Shown.NAMED),
        (Side.VICTIM, Side.OTHER, Shown.NAMED, Shown.NAMED),
        (Side.SUBJECT, Side.VICTIM, Shown.UNNAMED, Shown.LINKED),
        (Side.SUBJECT, Side.SUBJECT, Shown.NAMED, Shown.NAMED),
        (Side.SUBJECT, Side.OTHER, Shown.UNNAMED, Shown.LINKED),
        (Side.OTHER, Side.VICTIM, Shown.UNNAMED, Shown.NAMED),
        (Side.OTHER, Side.SUBJECT, Shown.NAMED, Shown.NAMED),
        (Side.OTHER, Side.OTHER, Shown.NAMED, Shown.NAMED),
        (Side.THING, Side.VICTIM, Shown.UNNAMED, Shown.LINKED),
        (Side.THING, Side.SUBJECT, Shown.NAMED, Shown.NAMED),
        (Side.THING, Side.OTHER, Shown.UNNAMED, Shown.LINKED),
    ],
)
def test_how_a_page_speaks_of_a_person(page, other, sees, works):
    assert shows_person(page, other, SEES) is sees
    assert shows_person(page, other, WORKS) is works
    assert shows_person(page, other, OWNS) is works
    assert shows_person(page, other, NOT_THEIRS) is Shown.HIDDEN


@pytest.mark.parametrize("page", [Side.SUBJECT, Side.THING])
@pytest.mark.parametrize("case", [SEES, WORKS, OWNS, NOT_THEIRS])
def test_no_subjects_page_ever_names_a_potential_victim(page, case):
    assert shows_person(page, Side.VICTIM, case) is not Shown.NAMED


@pytest.mark.parametrize(
    ("page", "other", "case", "said"),
    [
        (Side.SUBJECT, Side.VICTIM, SEES, False),
        (Side.SUBJECT, Side.VICTIM, WORKS, True),
        (Side.SUBJECT, Side.OTHER, SEES, True),
        (Side.OTHER, Side.VICTIM, SEES, False),
        (Side.OTHER, Side.VICTIM, WORKS, True),
        (Side.OTHER, Side.SUBJECT, SEES, True),
        (Side.VICTIM, Side.SUBJECT, SEES, True),
        (Side.VICTIM, Side.SUBJECT, NOT_THEIRS, False),
        (Side.SUBJECT, Side.VICTIM, NOT_THEIRS, False),
    ],
)
def test_where_a_page_says_that_the_same_person_stands_on_another_side(page, other, case, said):
    assert shows_role(page, other, case) is said


@pytest.mark.parametrize(
    ("page", "kept", "case", "opened"),
    [
        (Side.VICTIM, True, OWNS, Opened.BY_OPENING),
        (Side.VICTIM, True, WORKS, Opened.KEPT),
        (Side.VICTIM, True, SEES, Opened.KEPT),
        (Side.VICTIM, True, NOT_THEIRS, Opened.HIDDEN),
        (Side.SUBJECT, True, OWNS, Opened.KEPT),
        (Side.OTHER, True, OWNS, Opened.KEPT),
        (Side.THING, True, OWNS, Opened.KEPT),
        (Side.SUBJECT, False, SEES, Opened.PLAIN),
        (Side.VICTIM, False, SEES, Opened.PLAIN),
        (Side.THING, False, NOT_THEIRS, Opened.HIDDEN),
    ],
)
def test_how_a_page_shows_an_address(page, kept, case, opened):
    assert shows_address(page, kept, case) is opened


# Names in texts


@pytest.mark.parametrize(
    ("text", "names", "named"),
    [
        ("Told by Ilinca on 3 June", ["Ilincă Sandu"], True),
        ("Told by ILINCĂ", ["Ilinca Sandu"], True),
        ("Told by a potential victim", ["Ilincă Sandu"], False),
        ("A sandbank by the river", ["Ilinca Sand"], False),
        ("Wu opened the door", ["Wu"], True),
        ("Wunderlich opened the door", ["Wu"], False),
        ("陈伟在门口", ["陈伟"], True),
        ("قالت وولاء إنها", ["ولاء حسن"], True),
        ("Сказала Оксана", ["ОКСАНА Коваль"], True),
        ("Thi rang back", ["Nguyễn Thị Hoa"], True),
        ("An officer rang back", ["", "  ", "\u202e"], False),
        ("", ["Ilinca"], False),
    ],
)
def test_whether_a_text_names_somebody(text, names, named):
    assert mentions(text, names) is named


def test_a_name_that_is_shared_with_whom_the_text_is_about_tells_nothing():
    victim, own = ["Ilinca Sandu"], ["Radu Sandu"]

    assert mentions("Mr Sandu’s car", victim)
    assert not mentions("Mr Sandu’s car", victim, besides=own)
    assert mentions("Ilinca in Mr Sandu’s car", victim, besides=own)
    assert not mentions("He is called so himself", victim, besides=victim)


NAMES = st.text(min_size=1, max_size=40).filter(plain)


@given(name=NAMES, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_whole_name_in_a_text_is_always_found(name, before, after):
    assert mentions(f"{before} {name} {after}", [name])
    assert mentions(f"{before} {unicodedata.normalize('NFD', name).upper()} {after}", [name])


# Numbers


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("020 7946 0000", "+442079460000"),
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("0044 20 7946-0000", "+442079460000"),
        ("+40 721 000 000", "+40721000000"),
        ("020 7946 0000 ext. 12", "+442079460000"),
        ("٠٢٠ ٧٩٤٦ ٠٠٠٠", "+442079460000"),
        ("７９４６ ００００", "79460000"),
        ("946 0000", "9460000"),
        ("none known", ""),
        ("+", ""),
    ],
)
def test_phone_numbers_written_differently_are_the_same(given, key):
    assert phone_key(given) == key


@given(st.text())
def test_a_phone_number_is_digits_whatever_was_typed(text):
    assert phone_key(text).removeprefix("+").isdigit() or phone_key(text) == ""
    assert phone_key(text).isascii()


def test_codes_and_online_names_are_compared_without_their_dress():
    assert code_key(" ab12-cde ") == code_key("AB12 CDE") == "AB12CDE"
    assert code_key("e15 4ab") == "E154AB"
    assert address_key(" @Nail.Studio ") == "nail.studio"
    assert address_key("Info@Example.org") == "info@example.org"


# The tables


def test_every_role_and_connection_has_its_row():
    assert set(ROLES) == set(CaseRole)
    assert all(tie.rule.words and tie.rule.back for tie in Tie)
    assert all(grounds.words for grounds in Grounds)
    for kind in Kind:
        assert roles_of(kind)
        assert kind is Kind.PERSON or ties_between(Kind.PERSON, kind)


def test_only_people_have_a_side_and_things_have_none():
    for role in CaseRole:
        assert (role.side in PEOPLE_SIDES) is (Kind.PERSON in role.rule.kinds)
        assert role.rule.kinds <= (THINGS if role.side is Side.THING else {Kind.PERSON})


@pytest.mark.parametrize("role", TIE_OF_ROLE)
def test_what_a_role_says_of_a_person_is_a_connection_of_those_kinds(role):
    for kind in role.rule.kinds:
        assert TIE_OF_ROLE[role] in ties_between(Kind.PERSON, kind)
