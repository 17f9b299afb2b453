"""What is found by what somebody types, whichever way they write it, and in which order."""

from datetime import timedelta

import pytest

from palermo.domain.people import CaseRole
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.papers import actions as papers
from palermo.web.people import actions as people
from palermo.web.people.actions import NameGiven
from palermo.web.search import queries
from palermo.web.search.asking import asked
from palermo.web.search.queries import Place, Wanted
from web.cases.casebook import OF_SCD9, a_referral, accepted
from web.papers.files import a_picture
from web.papers.filing import a_decision, a_document, a_note, a_page, crimes, deciding, noted
from web.people.gathering import a_person, a_phone, a_vehicle, an_address, role_of
from web.search.looking_for import found, references, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(accounts):
    return accounts["borough"]


@pytest.fixture
def referral(officer, accounts):
    return a_referral(by=accounts["partner"], sender_reference="HP-2010-17", account="He slept above the Kitchen.")


def is_found(officer, referral, typed: str, place: Place, **narrowed: object) -> bool:
    """Whether the search leads to that referral alone, and to that place in it."""
    results = found(officer, typed, **narrowed)
    return [(one.reference, one.matches[0].place) for one in results] == [(referral.reference, place)]


def test_a_reference_is_found_whole_and_in_part(officer, referral, accounts):
    a_referral(by=accounts["partner"])
    whole = referral.reference
    first, second = whole.removeprefix("PAL-").split("-")

    for typed in (whole, whole.lower(), whole.replace("-", " "), whole.replace("-", ""), first + second, first, second):
        assert is_found(officer, referral, typed, Place.REFERENCE), typed
    assert is_found(officer, referral, first[:3], Place.REFERENCE)
    for typed in ("HP-2010-17", "hp 2010 17", "HP201017"):
        assert is_found(officer, referral, typed, Place.REFERENCE), typed


def test_a_crime_is_found_while_it_is_this_referrals(officer, referral):
    crimes(officer, referral, "4512345/10")

    assert is_found(officer, referral, "4512345/10", Place.CRIME)
    assert is_found(officer, referral, "4512345", Place.CRIME)

    crimes(officer, referral, "4598765/10", reason="another's number", seen=1)

    assert references(officer, "4512345/10") == []
    assert is_found(officer, referral, "4598765/10", Place.CRIME)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Radu Pop", "pop radu"),
        ("Rădu Pop", "RADU pop"),
        ("Radu Popescu", "radu pop"),
        ("Radu Popescu", "radu popesku"),
        ("Radu Popescu", "rdau popescu"),
        ("Łukasz Wałęsa", "walesa lukasz"),
        ("Nguyễn Thị Hằng", "hang nguyen"),
        ("O’Brien", "o'brien"),
        ("Anna-Maria Kowalska", "annamaria"),
        ("Van der Berg", "vanderberg"),
        ("Saltlane", "salt lane"),
        ("محمد الأحمد", "محمد الاحمد"),
        ("王小明", "小明"),
        ("Йосип Ґалаган", "галаган"),
    ],
)
def test_a_name_is_found_however_it_is_typed(officer, referral, name, typed):
    a_person(officer, referral, "Mircea Stan")
    a_person(officer, referral, name)

    assert is_found(officer, referral, typed, Place.PERSON)
    assert said(found(officer, typed)) == [name]


@pytest.mark.parametrize("typed", ["pop mircea", "adu", "escu radu", "rxxu popescu"])
def test_another_name_is_not_found(officer, referral, typed):
    a_person(officer, referral, "Radu Popescu")

    assert found(officer, typed) == []


def test_the_words_may_stand_in_several_names_of_one_person(officer, referral):
    subject = a_person(officer, referral, "Radu Pop")
    people.add_name(officer, referral.reference, subject.pk, NameGiven("alias", "Il Dottore"), "so he is called")

    assert said(found(officer, "dottore pop")) == ["Radu Pop, also Il Dottore"]


def test_a_person_is_found_by_as_much_of_a_date_of_birth_as_is_known(officer, referral):
    subject = a_person(officer, referral, "Radu Pop")
    people.change(officer, referral.reference, subject.pk, {"born": "1985-04"}, "passport", seen=1)

    for typed in ("pop 1985", "pop 1985-04", "pop 2.4.1985", "1985-04-02", "1985-04"):
        assert is_found(officer, referral, typed, Place.PERSON), typed
    for typed in ("pop 1986", "pop 2.5.1985", "stan 1985"):
        assert found(officer, typed) == [], typed


@pytest.mark.parametrize("typed", ["salt lane", "lane salt 12", "12 Sált Lane E15 9ZZ", "e159zz", "saltlane"])
def test_an_address_is_found(officer, referral, typed):
    an_address(officer, referral, "12 Salt Lane\nStratford", postcode="E15 9ZZ")

    assert is_found(officer, referral, typed, Place.ADDRESS)
    assert said(found(officer, typed)) == ["12 Salt Lane, Stratford, E15 9ZZ"]


@pytest.mark.parametrize("typed", ["AB10 CDE", "ab10cde", "AB 10 CDE", "ab10", "white transit"])
def test_a_vehicle_is_found(officer, referral, typed):
    a_vehicle(officer, referral, "AB10CDE", description="White Transit")

    assert is_found(officer, referral, typed, Place.VEHICLE)


@pytest.mark.parametrize(
    "typed", ["+44 20 7946 0000", "0044 20 7946 0000", "02079460000", "020-7946-0000", "7946 0000", "(020) 79460000"]
)
@pytest.mark.parametrize("given", ["020 7946 0000", "+44 (0)20 7946 0000", "+442079460000"])
def test_a_phone_is_found_with_its_country_code_and_without(officer, referral, given, typed):
    a_phone(officer, referral, given)

    assert is_found(officer, referral, typed, Place.PHONE)


def test_texts_are_found_by_their_words(officer, referral):
    a_note(officer, referral, "The landlord of the corner house rang.")
    a_document(officer, referral, a_picture("PNG"), "lease.png", "The lease of the cellar.")
    a_decision(officer, referral, decision="The warehouse is watched.", reason="Nobody is hurt.")

    for typed, place in (
        ("kitchen slept", Place.ACCOUNT),
        ("landlord", Place.NOTE),
        ("cellar lease", Place.DOCUMENT),
        ("lease.png", Place.DOCUMENT),
        ("warehouse watch", Place.DECISION),
        ("warrant found", Place.DECISION),
        ("neighbour noon", Place.DECISION),
    ):
        assert is_found(officer, referral, typed, place), typed
    assert found(officer, "landlord cellar") == []


def test_a_number_is_found_in_a_text(officer, referral):
    a_note(officer, referral, "He rings +44 20 7946 0000 every night.")

    assert is_found(officer, referral, "020 7946 0000", Place.NOTE)


def test_a_note_that_was_replaced_is_found_and_says_so(officer, referral):
    old = a_note(officer, referral, "The lantern was green.")
    papers.correct_note(officer, referral.reference, old.number, noted("The lantern was red."), "red", page=a_page())

    assert [(match.number, match.replaced) for match in found(officer, "lantern")[0].matches] == [(2, False), (1, True)]


def test_a_withdrawn_document_is_not_found(officer, referral):
    document = a_document(officer, referral, a_picture("PNG"), "lease.png", "The lease of the cellar.")
    supervisor = officer.__class__.objects.get(username="borough-supervisor")

    assert references(officer, "cellar")
    papers.withdraw_document(supervisor, referral.reference, document.number, "another's")

    assert references(officer, "cellar") == []
    assert references(officer, "lease.png") == []


def test_what_has_ended_or_was_replaced_is_not_found(officer, referral):
    subject, place = a_person(officer, referral, "Radu Pop"), an_address(officer, referral, "12 Salt Lane")
    people.change(officer, referral.reference, place.pk, {"lines": "14 Salt Lane"}, "the sign says so", seen=1)
    people.end_role(officer, referral.reference, role_of(subject, referral).pk, "", "it was somebody else")

    assert references(officer, "radu pop") == []
    assert references(officer, "12 salt lane") == []
    assert references(officer, "14 salt lane") == [referral.reference]


def test_how_it_is_safe_to_reach_somebody_is_not_searched(officer, accounts):
    a_referral(by=accounts["partner"], potential_victims=({"family_name": "Sandu", "safe_contact": "Ring Lighthouse"},))

    assert references(officer, "sandu")
    assert references(officer, "lighthouse") == []


# In which order


def test_a_reference_comes_first_then_people_and_things_then_those_nearly_called_so_then_texts(officer, accounts):
    partner = accounts["partner"]
    text = a_referral(by=partner, account="A lantern hung there.")
    near, person, code = (
        a_referral(by=partner),
        a_referral(by=partner),
        a_referral(by=partner, sender_reference="lantern"),
    )
    a_person(officer, near, "Radu Lanterm")
    a_person(officer, person, "Radu Lantern")

    assert references(officer, "lantern") == [one.reference for one in (code, person, near, text)]


def test_among_equals_the_newest_referral_comes_first(officer, accounts):
    now = clock.now()
    made = [
        a_referral(by=accounts["partner"], account="A lantern.", received_at=now - timedelta(days=days))
        for days in (2, 1, 3)
    ]

    assert references(officer, "lantern") == [made[place].reference for place in (1, 0, 2)]


def test_of_one_referral_some_places_are_shown_and_the_others_counted(officer, referral):
    a_person(officer, referral, "Lantern")
    for _ in range(4):
        a_note(officer, referral, "A lantern.")

    (one,) = found(officer, "lantern")

    assert [(match.place, match.number) for match in one.matches] == [
        (Place.PERSON, 0), (Place.NOTE, 4), (Place.NOTE, 3)
    ]  # fmt: skip
    assert one.more == 2


# Among what


def test_a_search_is_narrowed(officer, accounts, referral):
    supervisor = accounts["supervisor"]
    other = accepted(
        supervisor, OF_SCD9, account="The kitchen of a hotel.", received_at=clock.now() - timedelta(days=9)
    )
    auditor = accounts["auditor"]
    today, before = clock.today(), clock.today() - timedelta(days=9)

    assert references(auditor, "kitchen") == [referral.reference, other.reference]
    for narrowed, wanted in (
        ({"unit": "SCD9"}, other),
        ({"unit": "TP"}, referral),
        ({"state": "accepted"}, other),
        ({"since": today}, referral),
        ({"until": before}, other),
    ):
        assert references(auditor, "kitchen", **narrowed) == [wanted.reference], narrowed
    assert references(auditor, "kitchen", since=before, until=before) == [other.reference]
    assert references(auditor, "kitchen", kind="account") == [referral.reference, other.reference]
    for kind in queries.KINDS.keys() - {"account"}:
        assert references(auditor, "kitchen", kind=kind) == []


def test_every_kind_is_a_place_and_every_place_of_a_kind():
    assert sorted(place for _, places in queries.KINDS.values() for place in places) == sorted(Place)


# How much


def test_too_much_is_too_broad_and_shows_nothing(officer, referral, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 2)
    for _ in range(2):
        a_note(officer, referral, "A lantern.")
    assert len(found(officer, "lantern")) == 1

    a_note(officer, referral, "A lantern.")

    assert queries.found_for(officer, Wanted(asked("lantern"))).page is None
    assert Entry.objects.latest("pk").detail == {"found": 0, "references": [], "records": []}


def test_where_there_are_too_many_names_those_one_letter_off_are_left_out(officer, referral, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 2)
    for name in ("Radu Lantern", "Mircea Lantern", "Ion Lanterm"):
        a_person(officer, referral, name)

    assert said(found(officer, "lantern")) == ["Mircea Lantern", "Radu Lantern"]


def test_pages_follow_one_another_without_gap_or_overlap(officer, accounts, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    made = {a_referral(by=accounts["partner"], account="A lantern.").reference for _ in range(5)}
    wanted = Wanted(asked("lantern"))

    pages = [[one.reference for one in queries.found_for(officer, wanted, page).page] for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {one for page in pages for one in page} == made


def everything(officer, partner) -> None:
    """A referral in which the same word stands everywhere."""
    referral = a_referral(by=partner, account="Lantern", sender_reference="Lantern")
    a_person(officer, referral, "Lantern")
    an_address(officer, referral, "Lantern")
    an_address(officer, referral, "Lantern", CaseRole.LIVES, secret=True)
    a_vehicle(officer, referral, "", description="Lantern")
    a_phone(officer, referral, "lantern", sort="online", service="forum")
    a_note(officer, referral, "Lantern")
    a_document(officer, referral, a_picture("PNG"), "lantern.png", "Lantern")
    papers.decide(officer, referral.reference, deciding("Lantern"), page=a_page())
    crimes(officer, referral, "LANTERN/10")


def test_the_database_is_asked_as_often_for_many_as_for_one(officer, accounts, django_assert_num_queries, monkeypatch):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    monkeypatch.setattr(queries, "SHOWN", 20)
    everything(officer, accounts["partner"])
    with CaptureQueriesContext(connection) as one:
        assert len(found(officer, "lantern")[0].matches) == 10
    for _ in range(3):
        everything(officer, accounts["partner"])

    with CaptureQueriesContext(connection) as many:
        assert [len(result.matches) for result in found(officer, "lantern")] == [10] * 4
    assert len(many) == len(one)


def test_the_trail_says_what_was_shown_and_never_what_was_looked_for(officer, referral):
    subject = a_person(officer, referral, "Radu Lantern")

    found(officer, "lantern radu")

    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.duty, entry.subject) == ("search_made", "consultation", f"account:{officer.pk}")
    assert entry.detail == {"found": 1, "references": [referral.reference], "records": [str(subject.pk)]}
