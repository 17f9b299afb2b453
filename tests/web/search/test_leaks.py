"""What is found may hang beside a subject's page: nothing in it says who or where a potential victim is."""

import pytest

from palermo.domain.people import CaseRole, Shown, Tie
from palermo.web.papers.models import Note
from palermo.web.people import actions
from palermo.web.people.models import Entity
from palermo.web.search import queries
from web.cases.casebook import a_referral
from web.papers.files import a_picture
from web.papers.filing import a_decision, a_document, a_note
from web.people.gathering import a_person, an_address, connected, how, role_of, victim_of
from web.people.test_leaks import Household, telling
from web.search.looking_for import found, references, said

pytestmark = pytest.mark.django_db

WHO = ("borough", "borough-supervisor", "commander", "auditor")
ASKED = (
    *("radu pop", "pop", "zoltana", "quellmann", "zoltana quellmann", "zoltan", "piroska"),
    *("quiet close", "5 quiet close", "e15 9zz", "e159zz", "lighthouse", "van driven", "driven", "lantern"),
)


@pytest.fixture
def household(accounts) -> Household:
    made = Household(accounts)
    officer, referral = accounts["borough"], made.referral
    a_note(officer, referral, "A lantern hung where Radu Pop met Zoltána.")
    a_note(officer, referral, "A lantern hung at 5 Quiet Close, and Radu Pop was there.")
    a_note(officer, referral, "Radu Pop carried a lantern to E15 9ZZ.")
    a_document(officer, referral, a_picture("PNG"), "lantern.png", "The lantern of Miss Quellmann.")
    a_decision(officer, referral, decision="The lantern of Zoltána is kept.")
    return made


def tells(accounts, who: str) -> list[str]:
    return telling(" ".join(words for typed in ASKED for words in said(found(accounts[who], typed))))


def test_without_the_rules_the_results_would_tell_all_of_it(household, accounts, monkeypatch):
    def named(found, stands, page, view, hidden):
        role = CaseRole(stands.role)
        return queries.Card(found.kind, Shown.NAMED, stands.referral.reference, found.id, found.title, role)

    monkeypatch.setattr(queries, "card_of", named)
    monkeypatch.setattr(queries, "keeping", Entity.objects.none)
    monkeypatch.setattr(queries.Rows, "hides", lambda *_: False)

    assert tells(accounts, "borough") == ["Zolt", "Quellmann", "Quiet Close", "E15 9ZZ"]


@pytest.mark.parametrize("who", WHO)
def test_no_result_tells_who_or_where_she_is(household, accounts, who):
    assert tells(accounts, who) == []


def test_who_works_with_her_finds_her_by_a_link_and_who_does_not_by_her_case(household, accounts):
    for who, shown, there in (("borough", Shown.LINKED, household.victim.pk), ("auditor", Shown.UNNAMED, None)):
        (one,) = found(accounts[who], "quellmann zoltana", kind="person")
        assert [(match.card.shown, match.card.id, match.parts) for match in one.matches] == [(shown, there, ())]


def test_a_subject_is_named(household, accounts):
    assert said(found(accounts["auditor"], "pop radu", kind="person")) == ["Radu Pop"]


def test_an_address_that_is_kept_is_not_even_counted(household, accounts):
    for who in WHO:
        assert references(accounts[who], "5 quiet close", kind="address") == []
        assert references(accounts[who], "e15 9zz", kind="address") == []


def test_a_text_that_names_her_is_left_out_with_the_reason(household, accounts):
    (one,) = found(accounts["borough"], "lantern", kind="note")

    assert [(match.parts, match.because) for match in one.matches] == [((), queries.NAMES_SOMEBODY)] * 3
    assert Note.objects.filter(referral=household.referral).count() == 3


def test_who_is_called_as_the_subject_does_not_hide_what_is_about_him(accounts):
    officer = accounts["borough"]
    referral = a_referral(by=accounts["partner"], potential_victims=({"given_names": "Ana", "family_name": "Pop"},))
    a_person(officer, referral, "Radu Pop")
    a_note(officer, referral, "Pop was seen at the station.")

    assert said(found(officer, "pop")) == ["Radu Pop", "linked", "Pop was seen at the station."]
    assert said(found(officer, "station")) == [queries.NAMES_SOMEBODY]


def test_who_was_a_potential_victim_before_is_not_named_either(household, accounts):
    officer, referral = accounts["borough"], household.referral
    role = role_of(household.victim, referral).pk
    actions.change_role(officer, referral.reference, role, CaseRole.WITNESS, how(), "she was not exploited")

    for who in WHO:
        assert tells(accounts, who) == []


def test_an_address_that_comes_to_be_kept_is_not_found_any_more(accounts):
    officer = accounts["borough"]
    referral = a_referral(by=accounts["partner"])
    place = an_address(officer, referral, "9 Salt Lane")
    assert references(officer, "salt lane") == [referral.reference]

    connected(officer, referral, victim_of(referral), Tie.LIVES_AT, place)

    assert references(officer, "salt lane") == []
