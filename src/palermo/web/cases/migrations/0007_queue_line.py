"""A line of each referral for queues and counts, kept by the database with whatever it follows from.

It changes in the same transaction, and no way of moving a case can forget it. The lines of all that one statement
changed are made at once, so a changeover of thousands costs one more statement, not thousands. They are locked before
they are made: of two transactions that change one referral, the second makes its line from what the first has left.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP = """
CREATE FUNCTION palermo_keep_queue_lines(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cases_queueline WHERE referral_id = ANY (changed) ORDER BY referral_id FOR NO KEY UPDATE;
    INSERT INTO cases_queueline AS line (
        referral_id, reference, received_at, restricted, unit, borough, state, officer_id, exploitation, age,
        due_at, due_what
    )
    SELECT r.id, r.reference, r.received_at, r.restricted, o.unit, o.borough, c.state, c.officer_id,
        coalesce(known.facts ->> 'exploitation', ''), coalesce(known.facts ->> 'age', ''),
        next.due_at, coalesce(next.label, '')
    FROM intake_referral r
    JOIN intake_ownership o ON o.referral_id = r.id AND upper(o.period) IS NULL
    JOIN cases_case c ON c.referral_id = r.id
    CROSS JOIN LATERAL (
        SELECT f.facts FROM intake_factversion f WHERE f.referral_id = r.id ORDER BY f.version DESC LIMIT 1
    ) AS known
    LEFT JOIN LATERAL (
        SELECT k.due_at, k.label FROM intake_clock k
        WHERE k.referral_id = r.id AND k.met_at IS NULL AND k.paused_at IS NULL ORDER BY k.due_at, k.id LIMIT 1
    ) AS next ON true
    WHERE r.id = ANY (changed)
    ORDER BY r.id
    ON CONFLICT (referral_id) DO UPDATE SET
        (unit, borough, state, officer_id, exploitation, age, due_at, due_what) = (
            excluded.unit, excluded.borough, excluded.state, excluded.officer_id, excluded.exploitation, excluded.age,
            excluded.due_at, excluded.due_what
        )
    WHERE line IS DISTINCT FROM excluded;
END $$;
CREATE FUNCTION palermo_queue_lines_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    referrals uuid[] := ARRAY(SELECT DISTINCT referral_id FROM changed);
BEGIN
    IF referrals <> '{}' THEN
        PERFORM palermo_keep_queue_lines(referrals);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION palermo_kept_by_the_database() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION '% is kept by the database: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
SELECT palermo_keep_queue_lines(ARRAY(SELECT id FROM intake_referral));
CREATE TRIGGER kept_by_the_database BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON cases_queueline
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_kept_by_the_database();
"""
DO_NOT_KEEP = """
DROP FUNCTION palermo_queue_lines_changed();
DROP FUNCTION palermo_keep_queue_lines(uuid[]);
DROP TRIGGER kept_by_the_database ON cases_queueline;
DROP FUNCTION palermo_kept_by_the_database();
"""
FOLLOWS_FROM = {
    "intake_ownership": ("INSERT", "UPDATE"),
    "intake_clock": ("INSERT", "UPDATE", "DELETE"),
    "intake_factversion": ("INSERT",),
    "cases_case": ("UPDATE",),
}
"""Which statements can change a line. A referral and its case are there before it, and no present ownership goes."""


def whenever(table: str, statement: str) -> migrations.RunSQL:
    rows = "OLD" if statement == "DELETE" else "NEW"
    name = f"queue_lines_after_{statement.lower()}"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER {statement} ON {table} REFERENCING {rows} TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_queue_lines_changed()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_the_life_of_a_case"),
        ("intake", "0003_clocks_that_pause"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="QueueLine",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="line",
                        serialize=False,
                        to="intake.referral",
                    ),
                ),
                ("reference", models.CharField(max_length=20)),
                ("received_at", models.DateTimeField()),
                ("restricted", models.BooleanField()),
                ("unit", models.CharField(max_length=40)),
                ("borough", models.CharField(blank=True, max_length=60)),
                ("state", models.CharField(max_length=20)),
                ("exploitation", models.CharField(max_length=40)),
                ("age", models.CharField(max_length=40)),
                ("due_at", models.DateTimeField(help_text="of the running clock that is due next", null=True)),
                ("due_what", models.CharField(blank=True, max_length=200)),
                (
                    "officer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["unit", "borough"], name="lines_of_a_unit"),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["due_at", "received_at", "referral"],
                        name="open_lines_by_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["received_at", "referral"],
                        name="open_lines_by_receipt",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["reference"],
                        name="open_lines_by_reference",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["state", "received_at", "referral"],
                        name="open_lines_by_state",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["exploitation", "received_at", "referral"],
                        name="open_lines_by_exploitation",
                    ),
                ],
            },
        ),
        # on a site at work there are many lines to be made, once
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, DO_NOT_KEEP),
        *(whenever(table, one) for table, statements in FOLLOWS_FROM.items() for one in statements),
    ]
