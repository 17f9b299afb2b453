"""The units that the newest decision names as support stand in the line too: lines alone say what one may open."""

import django.contrib.postgres.fields
from django.db import migrations, models

KEEP = """
CREATE OR REPLACE FUNCTION palermo_keep_queue_lines(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cases_queueline WHERE referral_id = ANY (changed) ORDER BY referral_id FOR NO KEY UPDATE;
    INSERT INTO cases_queueline AS line (
        referral_id, reference, received_at, restricted, unit, borough, state, officer_id, exploitation, age,
        supporting, due_at, due_what
    )
    SELECT r.id, r.reference, r.received_at, r.restricted, o.unit, o.borough, c.state, c.officer_id,
        coalesce(known.facts ->> 'exploitation', ''), coalesce(known.facts ->> 'age', ''),
        ARRAY(
            SELECT named ->> 'unit'
            FROM jsonb_array_elements(known.document -> 'support') WITH ORDINALITY AS each (named, place) ORDER BY place
        ),
        next.due_at, coalesce(next.label, '')
    FROM intake_referral r
    JOIN intake_ownership o ON o.referral_id = r.id AND upper(o.period) IS NULL
    JOIN cases_case c ON c.referral_id = r.id
    CROSS JOIN LATERAL (
        SELECT f.facts, d.document
        FROM intake_factversion f LEFT JOIN intake_routedecision d ON d.fact_version_id = f.id
        WHERE f.referral_id = r.id ORDER BY f.version DESC LIMIT 1
    ) AS known
    LEFT JOIN LATERAL (
        SELECT k.due_at, k.label FROM intake_clock k
        WHERE k.referral_id = r.id AND k.met_at IS NULL AND k.paused_at IS NULL ORDER BY k.due_at, k.id LIMIT 1
    ) AS next ON true
    WHERE r.id = ANY (changed)
    ORDER BY r.id
    ON CONFLICT (referral_id) DO UPDATE SET
        (unit, borough, state, officer_id, exploitation, age, supporting, due_at, due_what) = (
            excluded.unit, excluded.borough, excluded.state, excluded.officer_id, excluded.exploitation, excluded.age,
            excluded.supporting, excluded.due_at, excluded.due_what
        )
    WHERE line IS DISTINCT FROM excluded;
END $$;
CREATE FUNCTION palermo_queue_lines_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM palermo_keep_queue_lines(ARRAY(
        SELECT DISTINCT f.referral_id FROM changed JOIN intake_factversion f ON f.id = changed.fact_version_id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER queue_lines_after_insert AFTER INSERT ON intake_routedecision REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_queue_lines_decided();
ALTER TABLE cases_queueline DISABLE TRIGGER kept_by_the_database;
SELECT palermo_keep_queue_lines(ARRAY(SELECT id FROM intake_referral));
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE cases_queueline ENABLE TRIGGER kept_by_the_database;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_requests_for_support_in_stages")]
    operations = [
        # on a site at work there are many lines to be made, once
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="queueline",
            name="supporting",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=list,
                help_text="the units that the newest decision names as support",
                size=None,
            ),
        ),
        # back is only to nothing: the function of before is made by the migration that is undone next
        migrations.RunSQL(
            KEEP,
            "DROP TRIGGER queue_lines_after_insert ON intake_routedecision;DROP FUNCTION palermo_queue_lines_decided()",
        ),
    ]
