"""A potential victim is never where a subject's page is: first that it could be, then that it is not."""

import html

import pytest

from palermo.domain.people import CaseRole, Shown, Side, Tie
from palermo.web.audit.models import Entry
from palermo.web.intake.models import Event
from palermo.web.people import actions, queries
from palermo.web.people.models import Entity
from web.cases.casebook import OF_PALADIN, OF_SCD9, a_referral
from web.people.gathering import (
    a_person,
    a_phone,
    a_vehicle,
    an_address,
    case_page_of,
    connected,
    how,
    page_of,
    role_of,
    victim_of,
)

pytestmark = pytest.mark.django_db

ZOLTANA = {
    "given_names": "Zoltána",
    "family_name": "Quellmann",
    "safe_contact": "Ring the Lighthouse after noon",
}
HOME = "5 Quiet Close"
TELLTALE = ("Zolt", "Quellmann", "Lighthouse", "Quiet Close", "E15 9ZZ")
"""What tells who or where she is."""


class Household:
    """A case in which everything about a potential victim hangs together with a subject."""

    def __init__(self, accounts):
        officer = accounts["borough"]
        self.referral = a_referral(by=accounts["partner"], potential_victims=(ZOLTANA,))
        self.victim = victim_of(self.referral)
        self.subject = a_person(officer, self.referral, "Radu Pop", said="told by Zoltána", source="her aunt Quellmann")
        self.partner = a_person(officer, self.referral, "Mircea Pop")
        self.sister = a_person(officer, self.referral, "Piroska Quellmann", CaseRole.RELATIVE)
        self.home = an_address(officer, self.referral, HOME, CaseRole.LIVES, about=self.victim.pk, postcode="E15 9ZZ")
        self.phone = a_phone(officer, self.referral, about=self.subject.pk)
        self.car = a_vehicle(officer, self.referral, description="the car that Zoltana was driven in")
        for one, tie, other in (
            (self.subject, Tie.CONTROLS, self.victim),
            (self.subject, Tie.CONTROLS, self.sister),
            (self.subject, Tie.KNOWS, self.partner),
            (self.subject, Tie.OWNS, self.car),
            (self.victim, Tie.USES, self.phone),
        ):
            connected(officer, self.referral, one, tie, other, said="Zoltána Quellmann said so")
        # he lives where she does
        actions.change(officer, self.referral.reference, self.home.pk, {"secret": True}, "she is in danger", seen=1)
        connected(officer, self.referral, self.subject, Tie.LIVES_AT, self.home)
        actions.change(
            officer,
            self.referral.reference,
            self.subject.pk,
            {"papers": ["passport held by Quellmann"]},
            "Zoltána saw it",
            seen=1,
        )

    @property
    def others(self) -> tuple[Entity, ...]:
        """Every record whose page is no potential victim's, nor of those who stand by her."""
        return self.subject, self.partner, self.phone, self.car


@pytest.fixture
def household(accounts) -> Household:
    return Household(accounts)


def telling(page: str) -> list[str]:
    return [word for word in TELLTALE if word.casefold() in page.casefold()]


def test_without_the_rules_a_subjects_page_would_tell_all_of_it(household, signed_in, monkeypatch):
    monkeypatch.setattr(queries, "shows_person", lambda page, other, case: Shown.NAMED)
    monkeypatch.setattr(queries, "mentions", lambda text, names, besides=(): False)
    monkeypatch.setattr(queries, "kept", lambda ids: frozenset())

    page = page_of(signed_in("borough"), household.subject, household.referral)

    assert telling(page) == ["Zolt", "Quellmann", "Quiet Close", "E15 9ZZ"]


@pytest.mark.parametrize("rule", ["shows_person", "mentions", "kept"])
def test_each_rule_is_needed(household, signed_in, monkeypatch, rule):
    off = {
        "shows_person": lambda page, other, case: Shown.NAMED,
        "mentions": lambda text, names, besides=(): False,
        "kept": lambda ids: frozenset(),
    }
    monkeypatch.setattr(queries, rule, off[rule])

    assert telling(page_of(signed_in("borough"), household.subject, household.referral))


@pytest.mark.parametrize("who", ["borough", "borough-supervisor", "officer", "commander", "auditor"])
def test_no_page_but_hers_tells_who_or_where_she_is(household, signed_in, who):
    client = signed_in(who)

    for record in household.others:
        assert telling(page_of(client, record, household.referral)) == []
        assert telling(page_of(client, record)) == []


def test_her_own_page_says_who_she_is_and_not_where(household, signed_in):
    page = page_of(signed_in("borough"), household.victim, household.referral)

    assert telling(page) == ["Zolt", "Quellmann", "Lighthouse"]
    assert "Radu Pop" in page
    assert "An address that is kept secret" in page


@pytest.mark.parametrize(
    ("who", "linked"), [("borough", True), ("officer", True), ("commander", False), ("auditor", False)]
)
def test_a_subjects_page_has_a_person_in_the_case_and_a_link_for_those_who_work_with_her(
    household, signed_in, who, linked
):
    page = page_of(signed_in(who), household.subject, household.referral)

    # who works on the case is also offered to end the connection, which says it again
    assert page.count(f"A person in case {household.referral.reference}") == (4 if linked else 2)
    assert (f"/people/{household.victim.pk}/" in page) is linked
    assert (f"/people/{household.sister.pk}/" in page) is linked
    assert str(household.home.pk) not in page
    assert "Mircea Pop" in page


def test_what_a_page_keeps_back_it_says_so(household, signed_in):
    page = page_of(signed_in("borough"), household.subject, household.referral)

    assert queries.NAMES_SOMEBODY in page
    assert "An address that is kept secret" in page


def test_no_list_of_the_case_says_where_she_lives(household, signed_in):
    for who in ("borough", "commander", "auditor"):
        page = case_page_of(signed_in(who), household.referral)
        assert telling(page) == ["Zolt", "Quellmann"]
        assert str(household.home.pk) not in page


def test_neither_the_timeline_nor_the_trail_names_anybody(household):
    told = " ".join(f"{event.says} {event.reason}" for event in Event.objects.filter(referral=household.referral))
    trail = " ".join(str(entry.detail) for entry in Entry.objects.all())

    assert "Pop" not in told + trail
    assert "Quiet Close" not in told + trail
    assert "Quellmann" not in trail
    assert "Lighthouse" not in told + trail


# Where an address is kept


def test_an_address_is_kept_for_each_of_its_reasons_and_for_no_other(accounts):
    officer = accounts["borough"]
    referral = a_referral(by=accounts["partner"])
    victim, subject = victim_of(referral), a_person(officer, referral)
    plain = an_address(officer, referral, "1 A Street")
    hers = an_address(officer, referral, "2 A Street", CaseRole.LIVES, about=victim.pk)
    his = an_address(officer, referral, "3 A Street", CaseRole.LIVES, about=subject.pk)
    nobody_knows_whose = an_address(officer, referral, "4 A Street", CaseRole.LIVES)
    secret = an_address(officer, referral, "5 A Street", secret=True)
    found = {one.pk for one in (plain, hers, his, nobody_knows_whose, secret)}

    assert queries.kept(found) == {hers.pk, nobody_knows_whose.pk, secret.pk}

    # he turns out to be a potential victim, and she moves out
    actions.change_role(
        officer, referral.reference, role_of(subject, referral).pk, CaseRole.POTENTIAL_VICTIM, how(), "he was sold"
    )
    moved = next(row for row in queries.connections_of(victim, [referral.pk]) if row.other_id == hers.pk)
    actions.disconnect(officer, referral.reference, victim.pk, moved.pk, "2010-06", "moved")
    actions.end_role(officer, referral.reference, role_of(hers, referral).pk, "", "nobody lives there")

    assert queries.kept(found) == {his.pk, nobody_knows_whose.pk, secret.pk}


def test_where_a_former_potential_victim_lives_stays_kept(accounts):
    officer = accounts["borough"]
    referral = a_referral(by=accounts["partner"])
    victim = victim_of(referral)
    home = an_address(officer, referral, HOME, CaseRole.LIVES, about=victim.pk)
    role = role_of(victim, referral).pk

    actions.change_role(officer, referral.reference, role, CaseRole.SUBJECT, how(), "she recruits others")

    assert queries.kept([home.pk]) == {home.pk}


@pytest.mark.parametrize(
    ("who", "opens"),
    [
        ("borough", True),
        ("borough-supervisor", True),
        ("officer", False),  # supports it
        ("commander", False),
        ("auditor", False),
        ("paladin", False),
        ("analyst", False),
    ],
)
def test_a_kept_address_is_opened_by_those_who_answer_for_the_case(accounts, household, signed_in, who, opens):
    row = next(
        row for row in queries.connections_of(household.victim, [household.referral.pk]) if row.tie == "lives_at"
    )
    address = f"/people/{household.victim.pk}/address/{row.pk}/"

    response = signed_in(who).get(address)

    assert response.status_code == (200 if opens else 404)
    assert (HOME in html.unescape(response.content.decode())) is opens
    noted = Entry.objects.filter(subject=f"address:{household.home.pk}", duty="consultation").latest("pk")
    assert noted.action == ("secret_address_opened" if opens else "secret_address_refused")
    assert noted.actor == accounts[who].audit_name
    assert noted.detail == {"person": str(household.victim.pk), "case": household.referral.reference}


def test_a_kept_address_has_no_page_of_its_own_and_is_not_opened_from_a_subjects(household, signed_in):
    client = signed_in("borough")
    his = next(
        row
        for row in queries.connections_of(household.subject, [household.referral.pk])
        if row.other_id == household.home.pk
    )

    assert client.get(f"/people/{household.home.pk}/").status_code == 404
    assert client.get(f"/people/{household.subject.pk}/address/{his.pk}/").status_code == 404
    assert client.get(f"/people/{household.victim.pk}/address/{his.pk}/").status_code == 404
    assert "Open this address" in page_of(client, household.victim, household.referral)
    assert "Open this address" not in page_of(client, household.subject, household.referral)


def test_a_kept_address_is_changed_by_those_alone_who_may_open_it(household, signed_in):
    page = f"/referrals/{household.referral.reference}/people/{household.home.pk}/change/address/"

    assert HOME in html.unescape(signed_in("borough").get(page).content.decode())
    assert Entry.objects.filter(action="secret_address_opened", subject=f"address:{household.home.pk}").count() == 1
    refused = signed_in("officer").get(page)
    assert refused.status_code == 404
    assert HOME not in html.unescape(refused.content.decode())


# Found


def test_a_search_names_her_to_those_alone_who_look_for_a_potential_victim(accounts, household):
    officer, commander = accounts["borough"], accounts["commander"]

    def found(user, side: Side) -> list[tuple[str, str, bool]]:
        cards = queries.found_for(user, queries.Kind.PERSON, "quellmann", side)
        return sorted((card.title, card.shown, bool(card.id)) for card in cards)

    assert found(officer, Side.VICTIM) == [
        ("Piroska Quellmann", "named", True),
        ("Zoltána Quellmann", "named", True),
    ]
    assert found(officer, Side.SUBJECT) == [("", "linked", True)] * 2
    assert found(commander, Side.SUBJECT) == [("", "unnamed", False)] * 2
    assert found(accounts["paladin"], Side.VICTIM) == []


def test_a_search_finds_no_kept_address(accounts, household):
    for words in (HOME, "e15 9zz", "quiet"):
        assert queries.found_for(accounts["borough"], queries.Kind.ADDRESS, words, Side.THING) == []


def test_nothing_of_another_units_case_is_found_or_counted(accounts):
    a_referral(OF_PALADIN, by=accounts["partner"], potential_victims=(ZOLTANA,))
    a_referral(by=accounts["partner"], potential_victims=(ZOLTANA,), restricted=True)

    assert queries.found_for(accounts["borough"], queries.Kind.PERSON, "Quellmann", Side.VICTIM) == []
    assert len(queries.found_for(accounts["borough-supervisor"], queries.Kind.PERSON, "Quellmann", Side.VICTIM)) == 1


# One person, two sides


def test_a_person_who_is_a_subject_here_and_a_potential_victim_there_has_two_pages(accounts, signed_in):
    officer, specialist = accounts["borough"], accounts["officer"]
    there = a_referral(OF_SCD9, by=accounts["partner"], potential_victims=(ZOLTANA,))
    here = a_referral(by=accounts["partner"])
    person = victim_of(there)
    # SCD9 supports the borough, and sees both
    actions.link(specialist, here.reference, person.pk, CaseRole.SUBJECT, how(), "the same fingerprints")

    as_subject = page_of(signed_in("officer"), person, here)
    assert "Lighthouse" not in as_subject
    assert f"in={there.reference}" in as_subject
    as_victim = page_of(signed_in("officer"), person, there)
    assert "Lighthouse" in as_victim
    assert f"Subject in {here.reference}" in as_victim

    # the borough sees the one case, and nothing says that there is another
    borough = page_of(signed_in("borough"), person, here)
    assert there.reference not in borough
    assert "otential victim" not in borough
    assert "the referral" not in borough
    assert signed_in("borough").get(f"/people/{person.pk}/", {"in": there.reference}).status_code == 404
    assert signed_in("borough").get(f"/people/{person.pk}/", {"as": "potential-victim"}).status_code == 404
    # who may see both and works on neither is told of no potential victim from a subject's page
    commander = page_of(signed_in("commander"), person, here)
    assert there.reference not in commander
    assert officer.viewer.unit != specialist.viewer.unit


def test_a_potential_victim_who_was_a_subject_is_none_to_those_who_only_look(accounts, signed_in):
    officer = accounts["borough"]
    referral = a_referral(by=accounts["partner"])
    person = a_person(officer, referral, "Radu Pop")
    actions.change_role(
        officer, referral.reference, role_of(person, referral).pk, CaseRole.POTENTIAL_VICTIM, how(), "he was sold"
    )

    assert "he was sold" in page_of(signed_in("borough"), person, referral, "subject")
    assert signed_in("auditor").get(f"/people/{person.pk}/", {"as": "subject"}).status_code == 404
    page = page_of(signed_in("auditor"), person, referral)
    assert "Potential victim in" in page
    assert "Before" not in case_page_of(signed_in("auditor"), referral)
    assert "Before" in case_page_of(signed_in("borough"), referral)


def test_reasons_written_in_another_case_stay_there(accounts, signed_in):
    specialist = accounts["officer"]
    there, here = a_referral(OF_SCD9, by=accounts["partner"]), a_referral(by=accounts["partner"])
    person = a_person(specialist, there)
    actions.link(specialist, here.reference, person.pk, CaseRole.SUBJECT, how(), "the same car")
    actions.change(specialist, there.reference, person.pk, {"sex": "male"}, "a source in the other case", seen=1)

    assert "a source in the other case" in page_of(signed_in("officer"), person, here)
    page = page_of(signed_in("borough"), person, here)
    assert "a source in the other case" not in page
    assert queries.OTHER_CASE in page
    assert there.reference not in page
