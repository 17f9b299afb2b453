"""Whom a referral tells of stands in people from the moment the referral is kept, and what arrived stays as it was."""

import unicodedata

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palermo.web import clock
from palermo.web.intake.models import PotentialVictim
from palermo.web.people.models import Entity, Involvement, Name, PersonVersion, SafeContact
from web.cases.casebook import a_referral

pytestmark = pytest.mark.django_db

ILINCA = {
    "given_names": "Ilinca",
    "family_name": "Sandu",
    "other_names": "Ilinka; Ли",
    "date_of_birth": "1991-04",
    "sex": "female",
    "nationality": "Romanian",
    "language": "Romanian",
    "safe_contact": "Only through her support worker",
}


def removed(model) -> None:
    """Remove every row, past what Django itself forbids."""
    model.objects.all()._raw_delete("default")


def test_each_person_of_a_referral_is_a_record_at_once(accounts):
    referral = a_referral(by=accounts["partner"], potential_victims=(ILINCA, {}, {"given_names": "Văn"}))

    first, second, third = Entity.objects.filter(involvements__referral=referral).order_by("involvements")
    assert [one.arrived.given_names for one in (first, second, third)] == ["Ilinca", "", "Văn"]
    assert {one.kind for one in (first, second, third)} == {"person"}
    present = first.personversions.get()
    assert (present.born, present.sex, present.nationalities, present.languages, present.papers) == (
        "1991-04",
        "female",
        ["Romanian"],
        ["Romanian"],
        [],
    )
    assert list(first.names.order_by("pk").values_list("sort", "words", "given", "family")) == [
        ("referred", "Ilinca Sandu", "Ilinca", "Sandu"),
        ("other", "Ilinka; Ли", "", ""),
    ]
    assert first.safecontacts.get().words == "Only through her support worker"
    assert (second.names.count(), second.safecontacts.count(), second.personversions.get().nationalities) == (0, 0, [])
    assert third.names.get().words == "Văn"


def test_that_somebody_is_a_potential_victim_is_the_referring_bodys_word(accounts):
    stands = Involvement.objects.get(referral=a_referral(by=accounts["partner"]))

    assert (stands.role, stands.grounds, stands.said) == ("potential_victim", "allegation", "Harbour Project")
    assert stands.recorded_at == stands.referral.received_at
    assert stands.ended_at is None


def test_nobody_is_there_of_whom_nothing_was_told(accounts):
    a_referral(by=accounts["partner"], potential_victims=())

    assert not Entity.objects.exists()


def test_many_rows_at_once_are_each_a_record(accounts):
    referral = a_referral(by=accounts["partner"], potential_victims=())

    PotentialVictim.objects.bulk_create(PotentialVictim(referral=referral, given_names=f"N{n}") for n in range(20))

    assert set(Name.objects.values_list("words", flat=True)) == {f"N{n}" for n in range(20)}
    assert Involvement.objects.filter(referral=referral).count() == 20


def test_those_who_came_before_this_stage_are_added_by_the_migrations_own_function(accounts):
    referral = a_referral(by=accounts["partner"], potential_victims=())
    with connection.cursor() as cursor:
        # as it was before there was a trigger
        cursor.execute("SET session_replication_role = replica")
        there = PotentialVictim.objects.create(referral=referral, **ILINCA)
        cursor.execute("SET session_replication_role = origin")
        assert not Entity.objects.exists()
        cursor.execute("SELECT palermo_people_arrived(ARRAY(SELECT id FROM intake_potentialvictim ORDER BY id))")

    assert Entity.objects.get().arrived == there
    assert Involvement.objects.get().referral == referral


def test_what_arrived_is_never_changed(accounts):
    a_referral(by=accounts["partner"])

    for attempt in (lambda: PotentialVictim.objects.update(given_names="Ana"), lambda: removed(PotentialVictim)):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attempt()


@pytest.mark.parametrize("model", [Name, PersonVersion, Involvement, SafeContact, Entity])
def test_no_row_is_rewritten_or_removed(accounts, model):
    a_referral(by=accounts["partner"], potential_victims=(ILINCA,))

    for attempt in (lambda: model.objects.update(recorded_at=clock.now()), lambda: removed(model)):
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_a_row_ends_once_and_nothing_else_changes_with_it(accounts):
    a_referral(by=accounts["partner"], potential_victims=(ILINCA,))
    found = Involvement.objects.all()
    ended = {"ended_at": clock.now(), "ended_because": "it was somebody else"}

    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        found.update(**ended, role="subject")
    with pytest.raises(IntegrityError, match="has_a_reason"), transaction.atomic():
        found.update(ended_at=clock.now())
    found.update(**ended)
    for again in (ended, {"ended_at": None, "ended_because": ""}, {"until": "2010"}):
        with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
            found.update(**again)


def test_a_person_has_one_role_in_a_case_at_a_time(accounts):
    a_referral(by=accounts["partner"])
    stands = Involvement.objects.get()
    stands.pk, stands.role = None, "subject"

    with pytest.raises(IntegrityError, match="one_role_at_a_time"), transaction.atomic():
        stands.save(force_insert=True)
    Involvement.objects.update(ended_at=clock.now(), ended_because="she sold others")
    stands.save(force_insert=True)

    assert list(Involvement.objects.order_by("pk").values_list("role", flat=True)) == ["potential_victim", "subject"]


# Names in any script

SCRIPTS = st.characters(categories=("L", "M", "N", "P", "Zs"), exclude_characters="\x00")
NAMES = st.text(SCRIPTS, min_size=1, max_size=60)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_name=NAMES, family_name=NAMES)
def test_a_name_in_any_script_arrives_as_it_was_written(accounts, given_name, family_name):
    with transaction.atomic():
        a_referral(by=accounts["partner"], potential_victims=({"given_names": given_name, "family_name": family_name},))
        kept = Name.objects.filter(sort="referred").first()
        transaction.set_rollback(True)

    if f"{given_name} {family_name}".strip(" "):
        assert (kept.given, kept.family) == (given_name, family_name)
        assert kept.words == f"{given_name} {family_name}".strip(" ")
    else:
        assert kept is None


def key_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT palermo_name_key(%s)", [name])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ilincă Ştefănescu", "ILINCA STEFANESCU"),
        ("Nguyễn Thị Hoa", "nguyen thi hoa"),
        ("ОКСАНА", "Оксана"),
        ("وَلاء", "ولاء"),
        ("\u202eIlinca\u202c", "Ilinca"),
        ("Ｉｌｉｎｃａ", "Ilinca"),
    ],
)
def test_a_name_is_searched_without_case_and_marks(one, other):
    assert key_of(one) == key_of(other)


@settings(max_examples=50)
@given(NAMES)
def test_a_name_is_the_same_however_its_accents_are_put_together(name):
    assert key_of(unicodedata.normalize("NFD", name)) == key_of(unicodedata.normalize("NFC", name))
