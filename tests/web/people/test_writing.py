"""Every write of people and places: what it keeps, what it refuses, and that two at once lose nothing."""

import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.domain.partial_dates import read
from palermo.domain.people import CaseRole, Grounds, Kind, Side, Tie, roles_of
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.intake.models import Event
from palermo.web.people import actions, queries
from palermo.web.people.actions import NameGiven, Overtaken
from palermo.web.people.forms import AddPerson, BornForm, NameForm
from palermo.web.people.models import Connection, Entity, Involvement, Name, PossibleSame
from palermo.web.people.showing import date_words, span_words
from web.cases.casebook import OF_SCD9, a_referral
from web.cases.test_at_once import at_once
from web.people.gathering import (
    SAID,
    a_person,
    a_phone,
    a_vehicle,
    an_address,
    connected,
    how,
    role_of,
    victim_of,
)

# Who may write


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "raised"),
    [
        ("borough", None),
        ("borough-supervisor", None),
        ("officer", None),  # supports it
        ("commander", Refused),
        ("auditor", Refused),
        ("paladin", NoReferral),
        ("analyst", NoReferral),
        ("partner", NoReferral),
    ],
)
def test_who_may_write(accounts, who, raised):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    victim, subject = victim_of(referral), a_person(officer, referral)
    user, reference = accounts[who], referral.reference
    row = connected(officer, referral, subject, Tie.KNOWS, victim)
    writes: list[Callable[[], object]] = [
        lambda: a_person(user, referral, "Somebody"),
        lambda: actions.change(user, reference, subject.pk, {"sex": "male"}, "seen", seen=1),
        lambda: actions.add_name(user, reference, subject.pk, NameGiven("alias", "Bate"), "heard"),
        lambda: actions.end_name(user, reference, subject.pk, subject.names.first().pk, "wrong"),
        lambda: actions.record_safe_contact(user, reference, victim.pk, "by letter", "she asked", seen=0),
        lambda: connected(user, referral, subject, Tie.CONTROLS, victim),
        lambda: actions.disconnect(user, reference, subject.pk, row.pk, "", "wrong"),
        lambda: actions.change_role(
            user, reference, role_of(subject, referral).pk, CaseRole.WITNESS, how(), "he helped"
        ),
        lambda: actions.end_role(user, reference, role_of(subject, referral).pk, "", "a mix-up"),
    ]
    before = Entry.objects.exclude(duty="consultation").count(), Event.objects.count()

    for write in writes:
        if raised is None:
            write()
        else:
            with pytest.raises(raised):
                write()

    after = Entry.objects.exclude(duty="consultation").count(), Event.objects.count()
    number = 0 if raised else len(writes)
    assert after == (before[0] + number, before[1] + number)


# What is kept, and what is refused


@pytest.mark.django_db
def test_a_record_is_only_what_its_kind_can_be(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    place = an_address(officer, referral)

    for role in set(CaseRole) - set(roles_of(Kind.ADDRESS)):
        with pytest.raises(Refused, match="does not stand in that role"):
            an_address(officer, referral, role=role)
        with pytest.raises(Refused, match="does not stand in that role"):
            actions.change_role(officer, referral.reference, role_of(place, referral).pk, role, how(), "why")
    assert Entity.objects.filter(kind="address").count() == 1
    assert role_of(place, referral).role == "exploited"


@pytest.mark.django_db
def test_a_place_that_is_about_somebody_of_another_case_is_not_added_at_all(accounts):
    here, there = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])

    for about in (victim_of(there).pk, uuid.uuid4()):
        with pytest.raises(Refused, match="does not stand in this case"):
            an_address(accounts["borough"], here, role=CaseRole.LIVES, about=about)
    assert not Entity.objects.filter(kind="address").exists()


@pytest.mark.django_db
def test_nothing_is_written_on_a_record_through_a_case_that_it_does_not_stand_in(accounts):
    here, there = a_referral(by=accounts["partner"]), a_referral(OF_SCD9, by=accounts["partner"])
    person, officer = a_person(accounts["officer"], there), accounts["borough"]
    own = victim_of(here)

    for write in (
        lambda: actions.change(officer, here.reference, person.pk, {"sex": "male"}, "seen", seen=1),
        lambda: actions.add_name(officer, here.reference, person.pk, NameGiven("alias", "X"), "heard"),
        lambda: connected(officer, here, own, Tie.KNOWS, person),
        lambda: actions.change_role(officer, here.reference, role_of(person, there).pk, CaseRole.WITNESS, how(), "why"),
        lambda: actions.end_role(officer, here.reference, role_of(person, there).pk, "", "why"),
    ):
        with pytest.raises(Refused, match="does not stand in this case"):
            write()
    with pytest.raises(NoReferral):
        actions.note_same(officer, here.reference, own.pk, person.pk, "the same scar")
    assert person.personversions.count() == 1


@pytest.mark.django_db
def test_a_change_that_changes_nothing_is_refused(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    person = a_person(officer, referral)
    reference, role = referral.reference, role_of(person, referral)

    for write in (
        lambda: actions.change(officer, reference, person.pk, {"sex": ""}, "seen", seen=1),
        lambda: actions.record_safe_contact(officer, reference, victim_of(referral).pk, "", "seen", seen=0),
        lambda: actions.change_role(officer, reference, role.pk, CaseRole.SUBJECT, how(), "seen"),
    ):
        with pytest.raises(Refused, match="what the record says already"):
            write()
    actions.change_role(officer, reference, role.pk, CaseRole.SUBJECT, how(Grounds.OPINION), "nobody verified it")
    assert role_of(person, referral).grounds == "opinion"


@pytest.mark.django_db
def test_safe_contact_is_for_potential_victims_of_the_case(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    subject = a_person(officer, referral)

    with pytest.raises(Refused, match="for potential victims of the case"):
        actions.record_safe_contact(officer, referral.reference, subject.pk, "by letter", "asked", seen=0)
    with pytest.raises(Refused, match="does not stand in this case"):
        actions.record_safe_contact(
            officer, referral.reference, a_vehicle(officer, referral).pk, "by letter", "asked", seen=0
        )


@pytest.mark.django_db
def test_a_record_is_linked_to_a_case_once_at_a_time(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    person = a_person(officer, referral)

    with pytest.raises(Refused, match="stands in this case already"):
        actions.link(officer, referral.reference, person.pk, CaseRole.WITNESS, how(), "why")
    actions.end_role(officer, referral.reference, role_of(person, referral).pk, "", "a mix-up")
    actions.link(officer, referral.reference, person.pk, CaseRole.WITNESS, how(), "it was him after all")

    assert list(person.involvements.order_by("pk").values_list("role", flat=True)) == ["subject", "witness"]


@pytest.mark.django_db
def test_a_thing_may_stand_in_several_roles_and_in_each_once(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    van = a_vehicle(officer, referral)

    actions.link(officer, referral.reference, van.pk, CaseRole.TRANSIT, how(), "seen at the ferry")
    with pytest.raises(Refused, match="stands in this case already"):
        actions.link(officer, referral.reference, van.pk, CaseRole.TRANSIT, how(), "again")
    with pytest.raises(Refused, match="stands in this case already"):
        seen = van.involvements.get(role="seen")
        actions.change_role(officer, referral.reference, seen.pk, CaseRole.TRANSIT, how(), "the same")

    assert list(van.involvements.filter(ended_at=None).order_by("pk").values_list("role", flat=True)) == [
        "seen",
        "transit",
    ]
    assert Entry.objects.filter(action="vehicle_role_added", duty="alteration").count() == 1


@pytest.mark.django_db
def test_a_kept_address_is_not_linked_to_another_case(accounts):
    here, there = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    home = an_address(accounts["borough"], there, role=CaseRole.LIVES, about=victim_of(there).pk)

    with pytest.raises(NoReferral):
        actions.link(accounts["borough"], here.reference, home.pk, CaseRole.FOUND, how(), "why")


@pytest.mark.django_db
def test_a_kept_address_is_changed_by_those_alone_who_answer_for_the_case(accounts):
    referral = a_referral(by=accounts["partner"])
    home = an_address(accounts["borough"], referral, role=CaseRole.LIVES, about=victim_of(referral).pk)

    with pytest.raises(Refused):
        actions.change(accounts["officer"], referral.reference, home.pk, {"lines": "X"}, "it is at X", seen=1)
    actions.change(accounts["borough"], referral.reference, home.pk, {"lines": "Y"}, "it is at Y", seen=1)

    # the reason may say where it is, and the timeline is read by more
    assert Event.objects.filter(referral=referral).latest("pk").reason == ""
    assert home.addressversions.get(number=2).reason == "it is at Y"


@pytest.mark.django_db
def test_the_same_connection_is_there_once_from_whichever_end(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    one, other = a_person(officer, referral, "A"), a_person(officer, referral, "B")

    first = connected(officer, referral, one, Tie.RELATIVE_OF, other)
    assert connected(officer, referral, one, Tie.RELATIVE_OF, other) == first
    assert connected(officer, referral, other, Tie.RELATIVE_OF, one) == first
    # who controls whom is another thing from either end
    assert connected(officer, referral, one, Tie.CONTROLS, other) != connected(
        officer, referral, other, Tie.CONTROLS, one
    )
    for pair in ((one, Tie.LIVES_AT, other), (one, Tie.KNOWS, one)):
        with pytest.raises(Refused, match="cannot be connected so"):
            connected(officer, referral, *pair)


@pytest.mark.django_db
def test_a_name_is_there_once(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    person = a_person(officer, referral, "Radu Pop")

    for _ in range(2):
        actions.add_name(officer, referral.reference, person.pk, NameGiven("alias", "Bate"), "heard")

    assert list(person.names.order_by("pk").values_list("words", flat=True)) == ["Radu Pop", "Bate"]


@pytest.mark.django_db
def test_two_records_are_noted_as_possibly_the_same_once_whichever_comes_first(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    one, other = a_person(officer, referral, "A"), a_person(officer, referral, "B")

    first = actions.note_same(officer, referral.reference, one.pk, other.pk, "the same scar")
    assert actions.note_same(officer, referral.reference, other.pk, one.pk, "another reason") == first
    with pytest.raises(NoReferral):
        actions.note_same(officer, referral.reference, one.pk, one.pk, "the same")
    with pytest.raises(NoReferral):
        actions.note_same(officer, referral.reference, one.pk, a_vehicle(officer, referral).pk, "the same")
    actions.drop_same(officer, referral.reference, other.pk, first.pk, "another scar")
    assert not PossibleSame.objects.filter(ended_at=None).exists()
    with pytest.raises(Refused):
        actions.drop_same(officer, referral.reference, one.pk, first.pk, "again")


@pytest.mark.django_db
def test_records_of_gives_later_stages_everything_with_what_is_kept_marked(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    subject = a_person(officer, referral)
    an_address(officer, referral, role=CaseRole.LIVES, about=victim_of(referral).pk)
    a_phone(officer, referral, about=subject.pk)
    actions.end_role(officer, referral.reference, role_of(subject, referral).pk, "", "a mix-up")

    found = queries.records_of(referral)

    assert [(one.side, one.record.title, one.kept, one.over) for one in found] == [
        (Side.VICTIM, "Ilinca Sandu", False, False),
        (Side.SUBJECT, "Radu Pop", False, True),
        (Side.THING, "12 Salt Lane", True, False),
        (Side.THING, "020 7946 0000", False, False),
    ]


# What the database holds to by itself


@pytest.mark.django_db
def test_what_must_never_be_cannot_be_kept(accounts):
    referral, officer = a_referral(by=accounts["partner"]), accounts["borough"]
    one, other = a_person(officer, referral, "A"), a_person(officer, referral, "B")
    row = connected(officer, referral, one, Tie.KNOWS, other)
    known = {"referral": referral, "recorded_at": clock.now(), "grounds": "fact", "said": "seen", "source": "s"}

    for wrong in (
        lambda: Connection.objects.create(one=one, other=one, tie="knows", **known),
        lambda: Connection.objects.create(one=one, other=other, tie="knows", **known),
        lambda: Connection.objects.create(one=one, other=other, tie="controls", **{**known, "said": ""}),
        lambda: Involvement.objects.create(entity=one, role="witness", **known),
        lambda: Involvement.objects.create(entity=one, role="used", **{**known, "source": ""}),
        lambda: one.personversions.create(number=2, referral=referral, recorded_at=clock.now(), reason="why"),
        lambda: one.personversions.create(number=1, referral=referral, recorded_at=clock.now()),
        lambda: Connection.objects.filter(pk=row.pk).update(ended_at=clock.now()),
        lambda: Name.objects.create(entity=one, sort="alias", words="", referral=referral, recorded_at=clock.now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


# Two at once


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_record_at_once_the_second_is_told(accounts):
    here, there = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    officer, supervisor = accounts["borough"], accounts["borough-supervisor"]
    person = a_person(officer, here)
    actions.link(officer, there.reference, person.pk, CaseRole.SUBJECT, how(), "the same scar")

    # through two cases, so that neither waits for the other's
    found = at_once(
        lambda: told(lambda: actions.change(officer, here.reference, person.pk, {"sex": "male"}, "seen", seen=1)),
        lambda: told(
            lambda: actions.change(supervisor, there.reference, person.pk, {"languages": ["Twi"]}, "heard", seen=1)
        ),
    )

    assert sorted(str(type(one).__name__) for one in found) == ["Overtaken", "PersonVersion"]
    assert person.personversions.count() == 2
    assert person.personversions.get(replaced_at=None).number == 2


def told(write: Callable[[], object]) -> object:
    """What was written, or that somebody else was first."""
    try:
        return write()
    except Overtaken as overtaken:
        return overtaken


@pytest.mark.django_db(transaction=True)
def test_two_who_connect_two_records_at_once_from_either_end_connect_them_once(accounts):
    referral = a_referral(by=accounts["partner"])
    officer, supervisor = accounts["borough"], accounts["borough-supervisor"]
    one, other = a_person(officer, referral, "A"), a_person(officer, referral, "B")

    found = at_once(
        lambda: connected(officer, referral, one, Tie.PARTNER_OF, other),
        lambda: connected(supervisor, referral, other, Tie.PARTNER_OF, one),
    )

    assert found[0] == found[1] == Connection.objects.get()


# Names in many scripts and dates of any kind, there and back

SCRIPTS = st.characters(categories=("L", "M", "N", "P", "Zs"), exclude_characters="\x00")
NAMES = st.text(SCRIPTS, min_size=1, max_size=80).filter(lambda text: any(letter.isalpha() for letter in text))


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=NAMES, second=NAMES)
def test_a_name_in_any_script_is_kept_as_it_was_typed(accounts, first, second):
    officer = accounts["borough"]
    with transaction.atomic():
        referral = a_referral(by=accounts["partner"])
        form = AddPerson({"words": first, "role": "subject", **SAID}, today=clock.today())
        assert form.is_valid(), form.errors
        person = actions.add_record(
            officer, referral.reference, Kind.PERSON, form.role, form.how, {}, key=uuid.uuid4(), name=form.name
        )
        more = NameForm({"sort": "birth", "words": second, "given": first[:40], "reason": "heard"}, today=clock.today())
        assert more.is_valid(), more.errors
        actions.add_name(officer, referral.reference, person.pk, more.name, "heard")
        kept = queries.present([person.pk])[person.pk]
        transaction.set_rollback(True)

    assert [(name.sort, name.words) for name in kept.names] == [("used", first.strip()), ("birth", second.strip())]
    assert kept.title == first.strip()
    assert kept.names[1].given == first[:40].strip()


@st.composite
def dates_as_typed(draw) -> tuple[dict[str, str], str]:
    """What is typed as a date of birth, and what is to be kept of it."""
    length = draw(st.sampled_from((4, 7, 10)))
    first = draw(st.dates(clock.today().replace(1900, 1, 1), clock.today().replace(1990, 1, 1))).isoformat()[:length]
    sure = draw(st.sampled_from(("", "about", "between")))
    last = draw(st.dates(clock.today().replace(1991, 1, 1), clock.today().replace(2005, 1, 1))).isoformat()
    typed = {"sure": sure, "reason": "told", **boxes("first", first)}
    if sure == "between":
        return {**typed, **boxes("last", last)}, f"{first}/{last}"
    return typed, f"{first}~" if sure == "about" else first


def boxes(name: str, text: str) -> dict[str, str]:
    return {f"{name}-{part}": digits for part, digits in zip(("year", "month", "day"), text.split("-"), strict=False)}


@given(dates_as_typed())
def test_a_date_of_birth_is_kept_as_far_as_it_is_known_and_shown_again_as_it_was_typed(one):
    typed, kept = one
    form = BornForm(typed, today=clock.today())

    assert form.is_valid(), form.errors
    assert form.changed == {"born": kept}
    assert read(kept).text == kept
    again = BornForm(today=clock.today(), initial=BornForm.initial_of({"born": kept}))
    shown = {
        f"{name}-{part}": digits
        for name in ("first", "last")
        for part, digits in again.fields[name].prepare_value(again.initial[name]).items()
        if digits
    }
    assert shown == {key: value.lstrip("0") for key, value in typed.items() if "-" in key}
    assert (again.initial["sure"], read(kept).about) == (typed["sure"], typed["sure"] == "about")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1991", "1991"),
        ("1991-04", "April 1991"),
        ("1991-04-02", "2 April 1991"),
        ("1991-04~", "about April 1991"),
        ("1990/1993-06", "between 1990 and June 1993"),
    ],
)
def test_a_partial_date_in_words(text, words):
    assert date_words(text) == words


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("", "", ""),
        ("2009", "", "since 2009"),
        ("2009", "2010-06", "from 2009 until June 2010"),
        ("", "2010", "until 2010"),
    ],
)
def test_a_span_in_words(since, until, words):
    assert span_words(since, until) == words
