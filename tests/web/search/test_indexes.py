"""The database answers out of the indexes that the migration made, and the migration can be taken back."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from palermo.web import clock
from palermo.web.people.models import AddressVersion, Entity, Name, PersonVersion, PhoneVersion, VehicleVersion
from palermo.web.search import queries
from palermo.web.search.asking import asked
from palermo.web.search.queries import Wanted
from web.cases.casebook import a_referral

pytestmark = pytest.mark.django_db

INDEXES = set(import_module("palermo.web.search.migrations.0002_what_is_searched").INDEXES)


def there() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'searched%%'")
        return {name for (name,) in cursor.fetchall()}


def explained(viewer, typed: str) -> str:
    """How the database goes about a search."""
    told = []

    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT hit."):
            execute(f"EXPLAIN {sql}", params, many, context)
            told.extend(row[0] for row in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        queries.hits_of(viewer, Wanted(asked(typed)))
    return "\n".join(told)


@pytest.fixture
def many(accounts):
    """So many rows of each kind that to read all of them would not pay."""
    referral = a_referral(by=accounts["partner"])
    now = clock.now()
    here = {"referral": referral, "recorded_at": now}
    for kind, model, says in (
        ("person", PersonVersion, {"born": "1970"}),
        ("address", AddressVersion, {"lines": "1 Side Street"}),
        ("vehicle", VehicleVersion, {"description": "a van"}),
        ("phone", PhoneVersion, {"sort": "phone", "given": "020 7946 0000"}),
    ):
        made = Entity.objects.bulk_create(Entity(id=uuid4(), kind=kind, recorded_at=now) for _ in range(300))
        model.objects.bulk_create(model(entity=one, number=1, **here, **says) for one in made)
    people = Entity.objects.filter(kind="person")
    Name.objects.bulk_create(Name(entity=one, sort="used", words=f"Somebody {one.pk}", **here) for one in people)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE people_personversion, people_addressversion, people_vehicleversion, people_phoneversion"
        )
        # the other tables stay small
        cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.parametrize("who", ["borough", "supervisor", "commander", "auditor"])
@pytest.mark.usefixtures("many")
def test_every_place_is_looked_for_in_its_index(accounts, who):
    plan = explained(accounts[who].viewer, "radu pop 2.4.1985")

    assert {name for name in INDEXES if f" {name} " in plan} == INDEXES


def test_the_migration_can_be_taken_back_and_made_again(accounts):
    assert there() == INDEXES

    call_command("migrate", "search", "0001", verbosity=0)
    assert there() == set()
    call_command("migrate", "search", verbosity=0)

    assert there() == INDEXES
