"""The pages of people and places, as somebody without JavaScript uses them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from palermo.domain.people import CaseRole, Kind, Tie
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.intake.models import Event
from palermo.web.people import actions, queries, urls
from palermo.web.people.forms import CHANGES
from palermo.web.people.models import Entity, Involvement
from web.cases.casebook import OF_SCD9, a_referral, text_of
from web.people.gathering import (
    SAID,
    a_person,
    a_phone,
    a_vehicle,
    an_address,
    case_page_of,
    connected,
    hidden_fields,
    how,
    page_of,
    role_of,
    victim_of,
)

pytestmark = pytest.mark.django_db


def address_of(referral, *parts: object) -> str:
    return f"/referrals/{referral.reference}/people/{''.join(f'{part}/' for part in parts)}"


def send(client, address: str, **typed: object):
    """Open the page, fill it in, and send it."""
    opened = client.get(address)
    assert opened.status_code == 200, (address, opened.status_code)
    return client.post(address, {**hidden_fields(opened), **typed})


def a_case(accounts):
    return a_referral(by=accounts["partner"])


# The case's page


def test_the_referrals_page_leads_to_people_and_places_and_keeps_what_arrived(accounts, signed_in):
    referral = a_case(accounts)

    page = text_of(signed_in("borough").get(f"/referrals/{referral.reference}/"))

    assert f'href="/referrals/{referral.reference}/people/"' in page
    assert "Ilinca" in page
    assert "As the referral told of them" in page


def test_records_stand_under_what_they_are_in_the_case(accounts, signed_in):
    referral, officer = a_case(accounts), accounts["borough"]
    a_person(officer, referral, "Radu Pop")
    a_person(officer, referral, "", CaseRole.WITNESS)
    an_address(officer, referral, "12 Salt Lane\nStratford", postcode="E15 1AA")
    a_vehicle(officer, referral)
    a_phone(officer, referral)

    page = case_page_of(signed_in("borough"), referral)

    def section(key: str) -> str:
        return re.search(rf'aria-labelledby="{key}">(.*?)</section>', page, re.S)[1]

    assert "Ilinca Sandu" in section("potential-victims")
    assert "Allegation" in section("potential-victims")
    assert "Radu Pop" in section("subjects")
    assert "Name not known" in section("others")
    assert "12 Salt Lane, Stratford, E15 1AA" in section("places")
    assert "AB10 CDE" in section("vehicles")
    assert "020 7946 0000" in section("phones")
    assert "Pop" not in section("potential-victims") + section("others")


@pytest.mark.parametrize(
    ("who", "sees", "adds"),
    [
        ("borough", 200, True),
        ("officer", 200, True),  # named as support
        ("commander", 200, False),
        ("auditor", 200, False),
        ("paladin", 404, False),
        ("analyst", 404, False),
        ("administrator", 404, False),
        ("partner", 404, False),
    ],
)
def test_who_sees_the_pages_and_who_adds_to_them(accounts, signed_in, who, sees, adds):
    referral = a_case(accounts)
    person, client = victim_of(referral), signed_in(who)

    response = client.get(address_of(referral))
    assert response.status_code == sees
    assert ("Add a person" in text_of(response)) is adds
    assert client.get(f"/people/{person.pk}/").status_code == sees
    writing = client.get(address_of(referral, "add", "person")).status_code
    assert writing == (200 if adds else 403 if sees == 200 else 404)


def test_what_may_not_be_seen_answers_as_what_is_not_there(accounts, signed_in):
    hidden = a_referral(by=accounts["partner"], restricted=True)
    person, client = victim_of(hidden), signed_in("borough")
    pages = [
        "",
        "add/person/",
        "find/phone/",
        f"{person.pk}/name/",
        f"{person.pk}/change/born/",
        f"{person.pk}/contact/",
    ]

    for page in pages:
        there = client.get(f"/referrals/{hidden.reference}/people/{page}")
        not_there = client.get(f"/referrals/PAL-AAAA-AAAA/people/{page}")
        assert (there.status_code, not_there.status_code) == (404, 404)
        assert client.post(f"/referrals/{hidden.reference}/people/{page}", {}).status_code in (404, 405)
    assert client.get(f"/people/{person.pk}/").status_code == 404
    assert client.get(f"/people/{uuid.uuid4()}/").status_code == 404


def test_each_opening_is_noted_with_the_case_and_the_side_and_so_is_one_that_was_refused(accounts, signed_in):
    referral = a_case(accounts)
    person = victim_of(referral)

    page_of(signed_in("borough"), person)
    signed_in("paladin").get(f"/people/{person.pk}/")

    noted = Entry.objects.filter(subject=f"person:{person.pk}").order_by("pk")
    assert [(entry.duty, entry.actor, entry.action, entry.detail) for entry in noted] == [
        (
            "consultation",
            accounts["borough"].audit_name,
            "person_opened",
            {"case": referral.reference, "side": "potential-victim"},
        ),
        ("consultation", accounts["paladin"].audit_name, "person_refused", {}),
    ]


def test_opening_the_case_is_noted_once(accounts, signed_in):
    referral = a_case(accounts)

    case_page_of(signed_in("auditor"), referral)

    noted = Entry.objects.get(duty="consultation", subject=f"referral:{referral.reference}")
    assert (noted.action, noted.detail) == ("referral_opened", {"page": "people"})


def test_the_number_of_queries_does_not_grow_with_the_records(accounts, signed_in):
    officer, client = accounts["borough"], signed_in("borough")
    few, many = a_case(accounts), a_case(accounts)

    def fill(referral, times: int) -> Entity:
        subject = a_person(officer, referral)
        for n in range(times):
            other = a_person(officer, referral, f"Somebody {n}", CaseRole.WITNESS)
            place = an_address(officer, referral, f"{n} Salt Lane")
            connected(officer, referral, subject, Tie.KNOWS, other)
            connected(officer, referral, subject, Tie.WORKS_AT, place)
            a_vehicle(officer, referral)
            a_phone(officer, referral, about=subject.pk)
            actions.add_name(officer, referral.reference, subject.pk, actions.NameGiven("alias", f"A{n}"), "told")
            actions.change(officer, referral.reference, subject.pk, {"papers": [str(n)]}, "seen", seen=n + 1)
        return subject

    subjects = {few: fill(few, 1), many: fill(many, 6)}

    def number(open_page) -> int:
        with CaptureQueriesContext(connection) as asked:
            open_page()
        return len(asked)

    for referral in (few, many):
        # the session and its account are read once
        case_page_of(client, referral)
    assert number(lambda: case_page_of(client, many)) == number(lambda: case_page_of(client, few))
    assert number(lambda: page_of(client, subjects[many])) == number(lambda: page_of(client, subjects[few]))
    assert number(lambda: queries.records_of(many)) == number(lambda: queries.records_of(few))

    def finding(words: str) -> int:
        return number(lambda: queries.found_for(officer, Kind.PERSON, words, queries.Side.OTHER))

    assert finding("Somebody") == finding("Somebody 5")


def test_every_page_is_reached_by_links_and_what_is_found_by_a_search(accounts, signed_in):
    referral, officer, client = a_case(accounts), accounts["borough"], signed_in("borough")
    victim, subject, other = victim_of(referral), a_person(officer, referral), a_person(officer, referral, "Radu Popp")
    an_address(officer, referral, role=CaseRole.LIVES, about=victim.pk)
    a_vehicle(officer, referral)
    connected(officer, referral, subject, Tie.CONTROLS, victim)
    actions.note_same(officer, referral.reference, subject.pk, other.pk, "the same scar")
    found = re.search(
        r'href="([^"]+/same/[^"]+)"', text_of(send(client, address_of(referral, subject.pk, "same"), words="popp"))
    )
    ahead, opened = [f"/referrals/{referral.reference}/", found[1]], set()

    while ahead:
        address = ahead.pop()
        page = resolve(address.partition("?")[0])
        kind = (page.view_name, *(value for name, value in sorted(page.kwargs.items()) if name != "key"))
        if kind in opened or not (page.app_name == "people" or page.view_name == "cases:referral"):
            continue
        response = client.get(address)
        assert response.status_code == 200, address
        opened.add(kind)
        ahead += re.findall(r'href="(/(?:people|referrals)/[^"#]+)"', text_of(response))

    names = {kind[0].partition(":")[2] for kind in opened} - {"referral"}
    assert names == {one.name for one in urls.urlpatterns}


# Adding


def test_a_person_is_added_in_one_page(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")

    response = send(client, address_of(referral, "add", "person"), words="Оксана Коваль", role="witness", **SAID)

    made = Entity.objects.exclude(arrived__isnull=False).get()
    assert response.url == f"/people/{made.pk}/?in={referral.reference}&done=added"
    page = text_of(client.get(response.url))
    assert '<bdi class="palermo-written" dir="auto">Оксана Коваль</bdi></h1>' in page
    assert "Added to this case." in page
    assert "passport seen" in page
    # names are on the page and in no browser's history
    assert "<title>Somebody else in the case in PAL-" in page
    stands = made.involvements.get()
    assert (stands.role, stands.grounds, stands.recorded_by) == ("witness", "fact", accounts["borough"])
    assert Event.objects.filter(referral=referral).latest("pk").says == (
        "Added to people and places: a person, witness."
    )


def test_the_same_page_sent_twice_adds_one_record(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    opened = client.get(address_of(referral, "add", "vehicle"))
    typed = {**hidden_fields(opened), "registration": "AB10 CDE", "role": "seen", **SAID}

    first = client.post(address_of(referral, "add", "vehicle"), typed)
    second = client.post(address_of(referral, "add", "vehicle"), typed)

    assert (first.status_code, first.url) == (302, second.url)
    assert Entity.objects.filter(kind="vehicle").count() == 1


def test_a_pages_key_does_not_open_anothers_record(accounts, signed_in):
    other = a_referral(OF_SCD9, by=accounts["partner"])
    there = a_person(accounts["officer"], other)
    referral, client = a_case(accounts), signed_in("borough")

    response = client.post(
        address_of(referral, "add", "person"), {"page": str(there.pk), "words": "X", "role": "subject", **SAID}
    )

    assert response.status_code == 409
    assert client.get(f"/people/{there.pk}/").status_code == 404
    assert (
        client.post(address_of(referral, "add", "person"), {"words": "X", "role": "subject", **SAID}).status_code == 400
    )


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("person", {"words": "X"}, "Select who this is in the case"),
        ("person", {"words": "X", "role": "subject", "grounds": "", "said": ""}, "Select how this is known"),
        ("person", {"words": "X", "role": "subject", "said": " "}, "Enter how it was verified, or whose opinion"),
        ("address", {"role": "found"}, "Enter the address, as much of it as is known"),
        ("vehicle", {"role": "seen"}, "Registration: enter it, or describe the vehicle below"),
        ("phone", {"role": "used", "given": "1"}, "Select what it is"),
        ("address", {"lines": "X", "role": "used"}, "Select one of the answers that are offered"),
        ("person", {"role": "subject", "since-day": "1"}, "Since when: enter the year"),
    ],
)
def test_a_fault_is_said_with_how_to_put_it_right_and_keeps_what_was_typed(accounts, signed_in, kind, typed, says):
    referral, client = a_case(accounts), signed_in("borough")

    response = send(client, address_of(referral, "add", kind), **{**SAID, "source": "report 12", **typed})

    page = text_of(response)
    assert response.status_code == 400
    assert page.count(says) >= 2  # in the list at the top and at the field
    assert "report 12" in page
    assert "<title>Error: " in page
    assert not Entity.objects.filter(arrived=None).exists()


def test_a_place_is_added_with_whom_it_is_about(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    subject = a_person(accounts["borough"], referral)
    page = f"{address_of(referral, 'add', 'address')}?whose={subject.pk}"

    # from a subject's page nobody else is named
    assert "Ilinca" not in text_of(client.get(page))
    assert "Ilinca Sandu (potential victim)" in text_of(client.get(address_of(referral, "add", "address")))
    response = send(client, page, lines="3 High Street", role="lives", about=str(subject.pk), **SAID)

    assert response.status_code == 302
    assert "Lives at" in page_of(client, subject)
    assert "3 High Street" in page_of(client, subject)


def test_a_potential_victims_home_leads_back_to_her_page(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    victim = victim_of(referral)

    response = send(
        client,
        f"{address_of(referral, 'add', 'address')}?whose={victim.pk}",
        lines="5 Quiet Close",
        role="lives",
        about=str(victim.pk),
        **SAID,
    )

    assert response.url == f"/people/{victim.pk}/?in={referral.reference}&done=added"
    page = text_of(client.get(response.url))
    assert "5 Quiet Close" not in page
    opened = client.get(re.search(rf"/people/{victim.pk}/address/\d+/", page)[0])
    assert "5 Quiet Close" in text_of(opened)


# Finding and linking


def test_what_is_there_is_looked_for_before_it_is_added(accounts, signed_in):
    client, officer = signed_in("officer"), accounts["officer"]
    there, here = a_referral(OF_SCD9, by=accounts["partner"]), a_case(accounts)
    person = a_person(officer, there, "Radu Pop")

    found = send(client, address_of(here, "find", "person"), words="pop RADU", side="subject")
    page = text_of(found)
    assert "Radu Pop" in page
    assert f"Subject in {there.reference}" in page
    assert f'href="{address_of(here, "add", "person")}"' in page
    link = re.search(r'href="(/referrals/[^"]+/link/\?as=subject)"', page)[1]
    response = send(client, link, role="subject", reason="the same fingerprints", **SAID)

    assert response.url == f"/people/{person.pk}/?in={here.reference}&done=linked"
    assert person.involvements.count() == 2
    assert Entity.objects.filter(pk=person.pk).count() == 1
    both = page_of(client, person, here)
    assert there.reference in both
    assert "the same fingerprints" in both
    noted = Entry.objects.get(action="person_linked")
    assert (noted.duty, noted.subject, noted.detail["case"]) == ("combination", f"person:{person.pk}", here.reference)


@pytest.mark.parametrize(
    ("kind", "words", "found"),
    [
        ("phone", "+44 20 7946 0000", True),
        ("phone", "7946", False),
        ("vehicle", "ab10cde", True),
        ("vehicle", "grey van", False),
        ("address", "e151aa", True),
        ("address", "salt", True),
        ("address", "--", False),
        ("person", "pop", True),
        ("person", "pop ilinca", False),
        ("person", "p%p", False),
    ],
)
def test_how_things_are_found(accounts, kind, words, found):
    referral, officer = a_case(accounts), accounts["borough"]
    a_person(officer, referral, "Radu Pop")
    an_address(officer, referral, postcode="E15 1AA")
    a_vehicle(officer, referral)
    a_phone(officer, referral)

    cards = queries.found_for(officer, Kind(kind), words, queries.Side.SUBJECT)

    assert bool(cards) is found
    assert Entry.objects.filter(action="records_searched").latest("pk").detail == {
        "kind": kind,
        "found": [str(card.id) for card in cards],
    }


def test_a_place_of_the_case_stands_in_one_more_role(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    place = an_address(accounts["borough"], referral)

    link = re.search(r'href="(/referrals/[^"]+/link/)"', page_of(client, place))[1]
    response = send(client, link, role="found", reason="two of them were there", **SAID)

    page = text_of(client.get(response.url))
    assert "Where somebody was exploited" in page
    assert "Where somebody was found" in page
    assert send(client, link, role="found", reason="again", **SAID).status_code == 409
    assert "Add one more role" not in page_of(client, victim_of(referral))


def test_nobody_links_what_they_may_not_see_or_where_they_may_not_add(accounts, signed_in):
    there, here = a_referral(OF_SCD9, by=accounts["partner"]), a_case(accounts)
    person = a_person(accounts["officer"], there)

    assert signed_in("borough").get(address_of(here, person.pk, "link")).status_code == 404
    assert signed_in("commander").get(address_of(here, person.pk, "link")).status_code == 403
    with pytest.raises(actions.NoReferral):
        actions.link(accounts["borough"], here.reference, person.pk, CaseRole.SUBJECT, how(), "why")
    assert person.involvements.count() == 1


# One record


def test_everything_that_is_known_is_changed_on_a_page_of_its_own(accounts, signed_in):
    referral, client, officer = a_case(accounts), signed_in("borough"), accounts["borough"]
    records = {
        Kind.PERSON: a_person(officer, referral),
        Kind.ADDRESS: an_address(officer, referral),
        Kind.VEHICLE: a_vehicle(officer, referral),
        Kind.PHONE: a_phone(officer, referral),
    }
    typed = {
        "born": {"first-year": "1970", "sure": "between", "last-year": "1972", "last-month": "march"},
        "sex": {"sex": "male"},
        "nationalities": {"nationalities": "Romanian\n Moldovan \n\nRomanian"},
        "languages": {"languages": "Romanian"},
        "papers": {"papers": "passport 051234567, Romania"},
        "address": {"lines": "14 Salt Lane", "postcode": "e15 1ab", "borough": "Newham"},
        "secret": {},
        "vehicle": {"registration": "B 55 XYZ", "country": "Romania", "description": "grey van"},
        "phone": {"sort": "online", "given": "@nail.studio", "service": "a messaging app"},
    }
    shown = {
        "born": "Between 1970 and March 1972",
        "sex": "Male",
        "nationalities": "Romanian\nMoldovan",
        "languages": "Romanian",
        "papers": "051234567",
        "address": "14 Salt Lane",
        "vehicle": "grey van",
        "phone": "@nail.studio",
    }
    assert set(typed) == {what for forms in CHANGES.values() for what in forms}

    for kind, record in records.items():
        for what in CHANGES[kind]:
            address = address_of(referral, record.pk, "change", what)
            response = send(client, address, reason="seen on the day", **typed[what])
            if what == "secret":
                assert response.status_code == 409  # nothing changed
                continue
            assert response.status_code == 302, (what, text_of(response))
            assert shown[what] in page_of(client, record)
    phone = records[Kind.PHONE].phoneversions.get(replaced_at=None)
    assert (phone.given, phone.key, phone.number) == ("@nail.studio", "nail.studio", 2)
    place = records[Kind.ADDRESS].addressversions.get(replaced_at=None)
    assert (place.postcode, place.postcode_key) == ("e15 1ab", "E151AB")
    assert records[Kind.PERSON].personversions.count() == 6


def test_what_stood_there_before_is_in_the_history_with_who_and_why(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    victim = victim_of(referral)

    send(client, address_of(referral, victim.pk, "change", "sex"), sex="female", reason="she said so")
    send(client, address_of(referral, victim.pk, "change", "languages"), languages="Twi", reason="interpreter")

    page = page_of(client, victim)
    history = page.partition('id="history"')[2]
    assert re.findall(r"<strong>(Version \d)</strong>", history) == [
        "Version 3",
        "Version 2",
        "Version 1",
    ]
    for words in ("she said so", "interpreter", "by <bdi", "Officer, Newham borough", "the referral", "Twi"):
        assert words in history


def test_the_second_of_two_is_told_and_loses_nothing_typed(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    person = a_person(accounts["borough"], referral)
    address = address_of(referral, person.pk, "change", "papers")
    opened = client.get(address)
    actions.change(accounts["borough-supervisor"], referral.reference, person.pk, {"sex": "male"}, "seen", seen=1)

    typed = {**hidden_fields(opened), "papers": "passport 12", "reason": "it was found"}
    response = client.post(address, typed)

    page = text_of(response)
    assert response.status_code == 409
    for words in ("Somebody changed this record", "Male", "passport 12", "it was found"):
        assert words in page
    again = client.post(address, {**typed, **hidden_fields(response)})
    assert again.status_code == 302
    present = person.personversions.get(replaced_at=None)
    assert (present.number, present.sex, present.papers) == (3, "male", ["passport 12"])


def test_names_are_added_and_taken_back(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    person = a_person(accounts["borough"], referral, "Radu Pop")

    response = send(
        client,
        address_of(referral, person.pk, "name"),
        sort="birth",
        words="Раду Поп",
        given="Раду",
        family="Поп",
        reason="birth certificate",
    )
    page = text_of(client.get(response.url))
    assert "Given at birth" in page
    assert "birth certificate" in page
    taken = re.findall(r'href="(/referrals/[^"]+/name/\d+/end/)"', page)[0]
    send(client, taken, reason="that is his brother")

    page = page_of(client, person)
    assert "that is his brother" in page.partition('id="history"')[2]
    assert ">Раду Поп</bdi></h1>" in page
    assert client.get(taken).status_code == 404


def test_safe_contact_is_recorded_for_potential_victims_alone(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    victim, subject = victim_of(referral), a_person(accounts["borough"], referral)
    address = address_of(referral, victim.pk, "contact")

    response = send(client, address, words="Ring after noon", reason="she asked for it")

    assert "Ring after noon" in text_of(client.get(response.url))
    assert client.get(address_of(referral, subject.pk, "contact")).status_code == 404
    again = send(client, address, words="", reason="the phone is lost")
    assert "Ring after noon" not in text_of(client.get(again.url))
    assert [one.words for one in victim.safecontacts.order_by("number")] == ["Ring after noon", ""]


def test_a_role_is_changed_with_its_reason_and_the_history_stays(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    victim = victim_of(referral)
    role = role_of(victim, referral)

    send(
        client,
        address_of(referral, victim.pk, "role", role.pk),
        role="subject",
        reason="she recruited others",
        **SAID,
    )

    assert list(victim.involvements.order_by("pk").values_list("role", "ended_because")) == [
        ("potential_victim", "she recruited others"),
        ("subject", ""),
    ]
    page = case_page_of(client, referral)
    assert "Ended because: " in page
    told = Event.objects.filter(referral=referral).latest("pk")
    assert (told.says, told.reason) == (
        "Potential victim: stands as subject from now on.",
        "she recruited others",
    )
    assert "Stands as something else" in text_of(client.get(f"/referrals/{referral.reference}/"))


def test_a_record_is_taken_out_and_its_connections_end(accounts, signed_in):
    referral, client, officer = a_case(accounts), signed_in("borough"), accounts["borough"]
    one, other = a_person(officer, referral, "Radu Pop"), a_person(officer, referral, "Mircea Pop")
    row = connected(officer, referral, one, Tie.KNOWS, other)
    address = address_of(referral, one.pk, "role", role_of(one, referral).pk, "end")

    response = send(client, address, reason="a mix-up", **{"until-year": "2010"})

    assert response.url == f"{address_of(referral)}?done=ended"
    row.refresh_from_db()
    ended = Involvement.objects.get(entity=one)
    assert (row.ended_because, ended.ended_because, ended.until) == ("a mix-up", "a mix-up", "2010")
    assert "a mix-up" in case_page_of(client, referral)
    assert client.get(address).status_code == 404
    assert client.get(address_of(referral, one.pk, "name")).status_code == 404


def test_records_are_connected_from_either_end(accounts, signed_in):
    referral, client, officer = a_case(accounts), signed_in("borough"), accounts["borough"]
    victim, subject, van = victim_of(referral), a_person(officer, referral), a_vehicle(officer, referral)

    send(
        client,
        address_of(referral, victim.pk, "connect"),
        other=str(subject.pk),
        tie="controls-back",
        **{**SAID, "since-year": "2009"},
    )
    send(client, address_of(referral, van.pk, "connect"), other=str(subject.pk), tie="owns-back", **SAID)

    hers, his = page_of(client, victim), page_of(client, subject)
    assert "Controlled by" in hers
    assert "since 2009" in hers
    assert "Controls" in his
    assert "Owns" in his
    row = queries.connections_of(subject, [referral.pk])[0]
    assert (row.one, row.other, row.tie) == (subject, victim, "controls")
    end = address_of(referral, subject.pk, "connection", row.pk, "end")
    assert send(client, end, reason="he is in prison").status_code == 302
    assert "he is in prison" in page_of(client, victim)


def test_what_does_not_go_together_is_refused_in_words(accounts, signed_in):
    referral, client, officer = a_case(accounts), signed_in("borough"), accounts["borough"]
    subject, van = a_person(officer, referral), a_vehicle(officer, referral)

    response = send(client, address_of(referral, subject.pk, "connect"), other=str(van.pk), tie="knows", **SAID)

    assert response.status_code == 400
    assert "“knows” does not go with a vehicle" in text_of(response)


def test_from_a_subjects_page_nobody_is_offered_whom_it_may_not_name(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    subject = a_person(accounts["borough"], referral)
    a_person(accounts["borough"], referral, "Mircea Pop")

    page = text_of(client.get(address_of(referral, subject.pk, "connect")))

    assert "Mircea Pop" in page
    assert "Ilinca" not in page
    victims = text_of(client.get(address_of(referral, victim_of(referral).pk, "connect")))
    assert "Radu Pop" in victims


def test_two_records_that_may_be_the_same_stay_two(accounts, signed_in):
    client, officer = signed_in("officer"), accounts["officer"]
    there, here = a_referral(OF_SCD9, by=accounts["partner"]), a_case(accounts)
    one, other = a_person(officer, there, "Radu Pop"), a_person(officer, here, "Radu Popp")

    found = text_of(send(client, address_of(here, other.pk, "same"), words="radu"))
    address = re.search(r'href="(/referrals/[^"]+/same/[^"]+)"', found)[1]
    send(client, address, reason="the same scar")
    send(client, address, reason="the same scar")

    for person, far in ((one, "Radu Popp"), (other, "Radu Pop")):
        page = page_of(client, person)
        assert "May be the same as" in page
        assert f">{far}</bdi>" in page
    assert Entity.objects.filter(arrived=None).count() == 2
    # who sees the one case alone knows nothing of it
    assert "May be the same" not in page_of(signed_in("borough"), other)
    end = re.search(r'href="(/referrals/[^"]+/same/\d+/end/)"', page_of(client, other))[1]
    send(client, end, reason="another scar")
    assert "May be the same as" not in page_of(client, one)
    assert client.get(end).status_code == 404


def test_what_others_wrote_stays_text_in_its_own_direction(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    person = a_person(accounts["borough"], referral, "<b>\u202eولا</b>", said="<script>alert(1)</script>")

    raw = client.get(f"/people/{person.pk}/").content.decode()
    listed = client.get(address_of(referral)).content.decode()

    assert "<b>\u202e" not in raw + listed
    assert "<script>alert" not in raw
    for page in (raw, listed):
        assert '<bdi class="palermo-written" dir="auto">&lt;b&gt;\u202eولا&lt;/b&gt;</bdi>' in page


def test_a_write_page_without_its_number_is_not_ours(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    person = a_person(accounts["borough"], referral)

    for seen in ("", "x", "٣"):
        sent = {"seen": seen, "sex": "male", "reason": "seen"}
        assert client.post(address_of(referral, person.pk, "change", "sex"), sent).status_code == 400
    assert client.get(address_of(referral, person.pk, "change", "nonsense")).status_code == 404
    assert client.get(address_of(referral, "add", "nonsense")).status_code == 404


def test_a_person_is_not_born_tomorrow(accounts, signed_in):
    referral, client = a_case(accounts), signed_in("borough")
    day = clock.today() + timedelta(days=1)
    address = address_of(referral, victim_of(referral).pk, "change", "born")

    def said(**typed: str) -> str:
        return text_of(send(client, address, reason="told", **{name.replace("_", "-"): v for name, v in typed.items()}))

    assert "must be in the past" in said(first_year=str(day.year), first_month=str(day.month), first_day=str(day.day))
    assert "enter the later of the two dates" in said(first_year="1990", sure="between")
    assert "must not be before the first date" in said(first_year="1990", sure="between", last_year="1989")
    assert "leave it empty, or select that it lies between" in said(first_year="1990", last_year="1991")
    assert "enter it, or leave the rest empty as well" in said(sure="about")
    assert Entry.objects.filter(action="person_changed").count() == 0
