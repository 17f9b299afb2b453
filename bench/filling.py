"""A database as full as years of work would make it: a year played by the site's own actions, then many times over.

Every table that hangs on a referral is copied with it, whatever stage it belongs to: the models say which those are.
The copies have references, keys, moments, names and accounts of their own; the database's constraints and triggers hold
them as they hold everything else.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import connection, models, transaction

TEMPLATE = 1000
"""Referrals that the site's own actions play; the rest are copies of them."""
WORDS = 20_000
KEPT_BY_TRIGGERS: frozenset[str] = frozenset()
"""Tables whose rows the database makes itself, key and all."""
SYLLABLES = re.findall("..", "badefigolumunapayerosatevuyazokalimonurisotemavikoesbideela")
STREETS = ("Alder", "Beech", "Cedar", "Damson", "Elm", "Fern", "Gorse", "Hazel", "Ivy", "Juniper", "Larch", "Maple")
PLACES = ("nail bar", "car wash", "restaurant kitchen", "private flat", "farm", "building site", "massage parlour")
DONE = (
    "Called the number {phone}; a man answered and hung up.",
    "Drove past {house} {street} Street; a van {plate} stood outside.",
    "The landlord of {house} {street} Street names the tenant as {name}.",
    "The interpreter says that {name} is known to the others.",
    "Nobody at the {place} would speak without {name}.",
)


def fill(cases: int, events: int) -> None:
    """Make the tables and fill them, unless they are as full as that already."""
    from palermo.web.accounts.demonstration import make_accounts
    from palermo.web.commands.samples import receive_samples
    from palermo.web.intake.models import Event, Referral

    if not Referral.objects.exists():
        make_accounts()
        told("the year that is copied", lambda: receive_samples(min(TEMPLATE, cases)))
    there = Referral.objects.count()
    if there < cases:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.2010)")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL work_mem = '256MB'")
            told("names and sentences", lambda: make_words(cursor))
            for name, statement in copies(cases // there):
                told(name, lambda statement=statement: cursor.execute(statement))
    if (missing := events - Event.objects.count()) > 0:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            told("more lines in the timelines", lambda: more_events(cursor, missing))
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        told("statistics", lambda: cursor.execute("VACUUM ANALYZE"))


def told(what: str, act) -> None:
    begun = time.monotonic()
    act()
    print(f"· {what}: {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)


def make_words(cursor) -> None:
    """Names and sentences that the copies take theirs from."""
    dice = random.Random(2010)

    def name() -> str:
        return "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((2, 2, 3)))).capitalize()

    def sentence() -> str:
        letters = "".join(dice.choices("BCDFGHJK", k=3))
        return dice.choice(DONE).format(
            phone=f"07{dice.randrange(10**9):09}",
            house=dice.randrange(1, 250),
            street=dice.choice(STREETS) + dice.choice(SYLLABLES),
            plate=f"{dice.choice('ABKLN')}{dice.choice('CDEFG')}{dice.randrange(51, 61)} {letters}",
            place=dice.choice(PLACES),
            name=f"{name()} {name()}",
        )

    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS words (n int PRIMARY KEY, given text, family text, says text)")
    cursor.execute("TRUNCATE words")
    with cursor.copy("COPY words FROM STDIN") as copy:
        for number in range(WORDS):
            copy.write_row((number, name(), name(), sentence()))
    cursor.execute("ANALYZE words")


# Copying


def hanging() -> list[type[models.Model]]:
    """Every model whose rows belong to one referral, those it points to before it."""
    root = apps.get_model("intake", "Referral")
    found, grown = {root}, True
    while grown:
        more = {
            model
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed and any(there in found for _, there in pointing(model))
        }
        grown = not more <= found
        found |= more
    found = {model for model in found if model._meta.db_table not in KEPT_BY_TRIGGERS}
    before = {model: {there for _, there in pointing(model) if there in found and there != model} for model in found}
    return list(TopologicalSorter(before).static_order())


def pointing(model: type[models.Model]) -> Iterator[tuple[models.ForeignKey, type[models.Model]]]:
    for one in model._meta.concrete_fields:
        if isinstance(one, models.ForeignKey):
            yield one, one.related_model


def copies(times: int) -> Iterator[tuple[str, str]]:
    """The statements that bring every referral, and all that hangs on it, to that many, by what each is about."""
    found = hanging()
    for model in found:
        table = model._meta.db_table
        yield f"copies of {table}", f"{mapped(model, found, times)}; {copied(model, found)}"
    yield "copies of the audit trail", audited()


def mapped(model: type[models.Model], found: list[type[models.Model]], times: int) -> str:
    """The old key of every copy, its new one, the number of the copy, and how much earlier it all happened."""
    table, key = model._meta.db_table, model._meta.pk
    if model is found[0]:
        new, shift, source = (
            "palermo_uuid7()",
            "random() * interval '20 hours'",
            f"generate_series(1, {times - 1}) AS g(n)",
        )
    else:
        parent, there = next((one, there) for one, there in pointing(model) if there in found and not one.null)
        source = f"map_{there._meta.db_table} g ON g.old = t.{parent.column}"
        shift = "g.shift"
        if isinstance(key, models.OneToOneField):
            new = "g.new"
        elif isinstance(key, models.UUIDField):
            new = "palermo_uuid7()"
        else:
            new = f"nextval(pg_get_serial_sequence('{table}', '{key.column}'))"
    join = "CROSS JOIN" if model is found[0] else "JOIN"
    return (
        f"CREATE TEMP TABLE map_{table} ON COMMIT DROP AS SELECT t.{key.column} AS old, g.n, {new} AS new, "
        f"{shift} AS shift FROM {table} t {join} {source}; CREATE INDEX ON map_{table} (old, n); ANALYZE map_{table}"
    )


def copied(model: type[models.Model], found: list[type[models.Model]]) -> str:
    table, key = model._meta.db_table, model._meta.pk
    columns, joins = {key.column: "m.new"}, []
    for one in model._meta.concrete_fields:
        if one.primary_key or getattr(one, "generated", False):
            continue
        target = one.related_model if isinstance(one, models.ForeignKey) else None
        if target in found:
            alias = f"of_{one.column}"
            columns[one.column] = f"{alias}.new"
            joins.append(
                f"LEFT JOIN map_{target._meta.db_table} {alias} ON {alias}.old = t.{one.column} AND {alias}.n = m.n"
            )
        else:
            columns[one.column] = other_words(table, one) or moved(one)
    upsert = ""
    if isinstance(key, models.OneToOneField):
        # the database makes some of these rows with the referral itself
        rest = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key.column)
        upsert = f"ON CONFLICT ({key.column}) DO UPDATE SET {rest}"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {table} t "
        f"JOIN map_{table} m ON m.old = t.{key.column} {' '.join(joins)} "
        f"JOIN words w ON w.n = (hashtext(m.new::text) & 2147483647) % {WORDS} {upsert}"
    )


def moved(one: models.Field) -> str:
    if isinstance(one, models.DateTimeField):
        return f"t.{one.column} - m.shift"
    if one.get_internal_type() == "DateTimeRangeField":
        return f"tstzrange(lower(t.{one.column}) - m.shift, upper(t.{one.column}) - m.shift)"
    return f"t.{one.column}"


def other_words(table: str, one: models.Field) -> str:
    """What is written otherwise in each copy."""
    letters = "BCDFGHJKLMNPQRSTVWXZ23456789"
    code = "||".join(f"substr('{letters}', 1 + floor(random() * {len(letters)})::int, 1)" for _ in range(8))
    return {
        ("intake_referral", "reference"): f"regexp_replace({code}, '(....)(....)', 'PAL-\\1-\\2')",
        ("intake_referral", "submission_key"): "t.submission_key || '-' || m.n",
        ("intake_referral", "sender_reference"): "t.sender_reference || '/' || m.n",
        ("intake_referral", "account"): "t.account || ' ' || w.says",
        ("intake_potentialvictim", "given_names"): "CASE WHEN t.given_names = '' THEN '' ELSE w.given END",
        ("intake_potentialvictim", "family_name"): "CASE WHEN t.family_name = '' THEN '' ELSE w.family END",
    }.get((table, one.column), "")


def audited() -> str:
    """The trail of every copy: the same acts, on its own reference."""
    return """
        INSERT INTO audit_entry (at, recorded_at, actor, role, unit, duty, action, subject, detail)
        SELECT e.at - m.shift, e.recorded_at, e.actor, e.role, e.unit, e.duty, e.action,
            'referral:' || r.reference, e.detail
        FROM map_intake_referral m
        JOIN intake_referral old ON old.id = m.old
        JOIN intake_referral r ON r.id = m.new
        JOIN audit_entry e ON e.subject = 'referral:' || old.reference
    """


def more_events(cursor, many: int) -> None:
    """Lines as people write them, spread over all referrals by chance."""
    make_words(cursor)
    cursor.execute(
        """
        WITH numbered AS MATERIALIZED (
            SELECT r.id, r.received_at, o.unit, row_number() OVER () AS n, count(*) OVER () AS many
            FROM intake_referral r JOIN intake_ownership o ON o.referral_id = r.id AND upper(o.period) IS NULL
        ), drawn AS MATERIALIZED (
            SELECT 1 + floor(random() * (SELECT count(*) FROM intake_referral))::bigint AS n,
                   floor(random() * 20000)::int AS w, random() AS later
            FROM generate_series(1, %s)
        )
        INSERT INTO intake_event (referral_id, at, by_words, kind, says, reason)
        SELECT numbered.id, least(numbered.received_at + later * interval '60 days', timestamptz '2010-06-30'),
               'Officer, ' || numbered.unit, 'clock_met', 'Done: first enquiries.', words.says
        FROM drawn JOIN numbered USING (n) JOIN words ON words.n = drawn.w
        """,
        [many],
    )
