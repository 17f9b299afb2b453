"""A database as full as years of work would make it: a year played by the site's own actions, then many times over.

Every table that hangs on a referral is copied with it, whatever stage it belongs to: the database's own catalogue says
which those are, so a table that is new is copied too. The copies have references, keys, moments, names and accounts of
their own. Triggers rest while it is filled; what they keep is copied like all else.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from django.db import connection, transaction

TEMPLATE = 1000
"""Referrals that the site's own actions play; the rest are copies of them."""
WORDS = 20_000
ROOT = "intake_referral"
NOT_COPIED = re.compile("procrastinate_|django_|auth_|accounts_|audit_")
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
    from palermo.web.operations.models import Operation

    if not Referral.objects.exists():
        make_accounts()
        told("the year that is copied", lambda: receive_samples(min(TEMPLATE, cases)))
    there = Referral.objects.count()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.2010)")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        # no trigger and no reference to another table is looked at: a copy is as right as what it is a copy of
        cursor.execute("SET LOCAL session_replication_role = replica")
        if there < cases:
            told("names and sentences", lambda: make_words(cursor))
            for name, statement in copies(cursor, cases // there):
                told(name, lambda statement=statement: cursor.execute(statement))
        if not Operation.objects.exists():
            import filling_more

            for name, act in filling_more.everything(cursor):
                told(name, act)
        if (missing := events - Event.objects.count()) > 0:
            told("more lines in the timelines", lambda: more_events(cursor, missing))
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        told("statistics", lambda: cursor.execute("VACUUM ANALYZE"))


def told(what: str, act) -> None:
    begun = time.monotonic()
    act()
    if (taken := time.monotonic() - begun) >= 0.1:
        print(f"· {what}: {taken:.1f} s", file=sys.stderr, flush=True)


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


# What the catalogue says


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    length: int | None
    needed: bool
    generated: bool
    serial: bool
    alone: bool
    """Whether the database allows each value once."""
    to: str
    """The table that it points to, if it does."""


@dataclass
class Table:
    name: str
    key: str
    columns: dict[str, Column] = field(default_factory=dict)

    def pointing(self, found: set[str] | dict[str, object]) -> Iterator[Column]:
        return (one for one in self.columns.values() if one.to in found)


CATALOGUE = """
    SELECT c.relname, a.attname, t.typname, a.atttypmod, a.attnotnull, a.attgenerated <> '',
        pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL,
        EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indkey::text = a.attnum::text),
        EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey::text = a.attnum::text),
        coalesce((SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
            WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1), '')
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname, a.attnum
"""


def tables(cursor) -> dict[str, Table]:
    """Every table that may hang on a referral and has rows."""
    cursor.execute(CATALOGUE)
    found: dict[str, Table] = {}
    for table, name, kind, modifier, needed, generated, serial, alone, key, to in cursor.fetchall():
        if NOT_COPIED.match(table):
            continue
        length = modifier - 4 if kind in ("varchar", "bpchar") and modifier > 0 else None
        there = found.setdefault(table, Table(table, ""))
        there.columns[name] = Column(name, kind, length, needed, generated, serial, alone, to)
        if key:
            there.key = name
    kept = {}
    for table in found.values():
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{table.name}")')
        if table.key and cursor.fetchone()[0]:
            kept[table.name] = table
    return kept


HANGS_OTHERWISE = {
    # who and what a case is about may be in several; a copy of it goes with the first
    "people_entity": "(SELECT entity_id AS one, min(referral_id::text)::uuid AS referral FROM people_involvement "
    "GROUP BY entity_id)",
}
"""Of tables that do not say in a column of their own which referral they are of: the pairs of key and referral."""


def hanging(known: dict[str, Table]) -> list[Table]:
    """Every table whose rows belong to one referral each, those that it points to before it."""
    found, grown = {ROOT}, True
    while grown:
        more = {
            table.name
            for table in known.values()
            if table.name in HANGS_OTHERWISE
            or any(one.needed for one in table.pointing(found))
            or ("reference" in table.columns and not any(table.pointing(found)))
        }
        grown = not more <= found
        found |= more
    before = {name: {one.to for one in known[name].pointing(found) if one.to != name} for name in found}
    return [known[name] for name in TopologicalSorter(before).static_order()]


# Copying


def copies(cursor, times: int) -> Iterator[tuple[str, str]]:
    """The statements that bring every referral, and all that hangs on it, to that many, by what each is about."""
    ordered = hanging(tables(cursor))
    found = {table.name for table in ordered}
    for table in ordered:
        yield f"copies of {table.name}", f"{mapped(table, found, times)}; {copied(table, found)}"
    yield "copies of the audit trail", AUDITED


def mapped(table: Table, found: set[str], times: int) -> str:
    """The old key of every copy, its new one, which copy it is of which referral, and how much earlier it happened."""
    parents = [one for one in table.pointing(found) if one.to != table.name and one.needed]
    of_the_parent = next((one for one in parents if one.name == table.key), None)
    if of_the_parent:
        new = "g.new"
    elif table.columns[table.key].kind == "uuid":
        new = "palermo_uuid7()"
    elif table.columns[table.key].serial:
        new = f"nextval(pg_get_serial_sequence('{table.name}', '{table.key}'))"
    else:
        raise LookupError(f"{table.name}: it is not known how a new {table.key} is made")
    source = f"map_{ROOT}"
    if table.name == ROOT:
        source = (
            f"(SELECT n, shift, was, {CODE} AS reference, old FROM (SELECT n, random() * interval '20 hours' AS shift, "
            f"reference AS was, {NUMBERED} AS x, id AS old FROM {ROOT}, generate_series(1, {times - 1}) AS n) AS each)"
        )
        join = f'g.old = t."{table.key}"'
    elif table.name in HANGS_OTHERWISE:
        source = f'{HANGS_OTHERWISE[table.name]} b ON b.one = t."{table.key}" JOIN {source}'
        join = "g.old = b.referral"
    elif parents:
        parent = of_the_parent or parents[0]
        source, join = f"map_{parent.to}", f'g.old = t."{parent.name}"'
    else:
        join = "g.was = t.reference"
    return (
        f'CREATE TEMP TABLE map_{table.name} ON COMMIT DROP AS SELECT t."{table.key}" AS old, g.n, {new} AS new, '
        f'g.shift, g.was, g.reference FROM "{table.name}" t JOIN {source} g ON {join}; '
        f"CREATE INDEX ON map_{table.name} (old, n); ANALYZE map_{table.name}"
    )


def copied(table: Table, found: set[str]) -> str:
    values, joins = {}, []
    for one in table.columns.values():
        if one.generated:
            continue
        if one.name == table.key:
            values[one.name] = "m.new"
        elif one.to in found:
            alias = f'"of_{one.name}"'
            values[one.name] = f"{alias}.new"
            joins.append(f'LEFT JOIN map_{one.to} {alias} ON {alias}.old = t."{one.name}" AND {alias}.n = m.n')
        else:
            values[one.name] = value_of(table, one)
    columns = ", ".join(f'"{name}"' for name in values)
    return (
        f'INSERT INTO "{table.name}" ({columns}) SELECT {", ".join(values.values())} FROM "{table.name}" t '
        f'JOIN map_{table.name} m ON m.old = t."{table.key}" {" ".join(joins)} '
        f"JOIN words w ON w.n = (hashtext(m.new::text) & 2147483647) % {WORDS}"
    )


LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
CODES = len(LETTERS) ** 8
NUMBERED = f"(row_number() OVER () * 190000000019) % {CODES}"
"""A number for each row, far from its neighbours' and no other row's: it has no factor in common with the codes."""
CODE = "regexp_replace({}, '(....)(....)', 'PAL-\\1-\\2')".format(
    "||".join(f"substr('{LETTERS}', 1 + (x / {len(LETTERS) ** place} % {len(LETTERS)})::int, 1)" for place in range(8))
)
OTHER_WORDS = {
    ("intake_referral", "sender_reference"): "t.sender_reference || '/' || m.n",
    ("intake_referral", "account"): "t.account || ' ' || w.says",
    ("intake_potentialvictim", "given_names"): "CASE WHEN t.given_names = '' THEN '' ELSE w.given END",
    ("intake_potentialvictim", "family_name"): "CASE WHEN t.family_name = '' THEN '' ELSE w.family END",
    ("people_name", "words"): "w.given || ' ' || w.family",
}
"""What is written otherwise in each copy."""


def value_of(table: Table, one: Column) -> str:
    """What a column of a copy has that points to nothing which is copied."""
    here = f't."{one.name}"'
    if (table.name, one.name) in OTHER_WORDS:
        return OTHER_WORDS[table.name, one.name]
    if one.name == "reference":
        return f"CASE WHEN {here} = m.was THEN m.reference ELSE {here} END"
    if one.alone and one.kind == "uuid":
        return "gen_random_uuid()"
    if one.alone and one.kind in ("varchar", "text", "bpchar"):
        return f"{here} || '-' || m.n" if (one.length or 100) > 40 else f"left(md5({here} || '-' || m.n), {one.length})"
    if one.kind == "timestamptz":
        return f"{here} - m.shift"
    if one.kind == "tstzrange":
        return f"tstzrange(lower({here}) - m.shift, upper({here}) - m.shift)"
    return here


AUDITED = f"""
    SET LOCAL session_replication_role = origin;
    INSERT INTO audit_entry (at, recorded_at, actor, role, unit, duty, action, subject, detail)
    SELECT e.at - m.shift, e.recorded_at, e.actor, e.role, e.unit, e.duty, e.action,
        'referral:' || m.reference, e.detail
    FROM map_{ROOT} m JOIN audit_entry e ON e.subject = 'referral:' || m.was;
    SET LOCAL session_replication_role = replica
"""
"""The trail of every copy: the same acts, on its own reference, each hashed by the database as it is written."""


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
