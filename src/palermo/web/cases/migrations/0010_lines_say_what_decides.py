"""What the remit decides on stands in the line too: a changeover is rehearsed by kinds of case, and not by cases."""

import django.db.models.deletion
from django.db import migrations, models

KEEP = """
CREATE OR REPLACE FUNCTION palermo_keep_queue_lines(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cases_queueline WHERE referral_id = ANY (changed) ORDER BY referral_id FOR NO KEY UPDATE;
    INSERT INTO cases_queueline AS line (
        referral_id, reference, received_at, restricted, unit, borough, state, officer_id, exploitation, age,
        supporting, facts_id, profile, vocabulary, known_borough, decided, due_at, due_what
    )
    SELECT r.id, r.reference, r.received_at, r.restricted, o.unit, o.borough, c.state, c.officer_id,
        coalesce(known.facts ->> 'exploitation', ''), coalesce(known.facts ->> 'age', ''),
        ARRAY(
            SELECT named ->> 'unit'
            FROM jsonb_array_elements(known.document -> 'support') WITH ORDINALITY AS each (named, place) ORDER BY place
        ),
        known.id, known.profile, coalesce(known.vocabulary_hash, ''), known.borough, coalesce(known.owner, ''),
        next.due_at, coalesce(next.label, '')
    FROM intake_referral r
    JOIN intake_ownership o ON o.referral_id = r.id AND upper(o.period) IS NULL
    JOIN cases_case c ON c.referral_id = r.id
    CROSS JOIN LATERAL (
        SELECT f.id, f.facts, f.profile, f.borough, d.document, d.vocabulary_hash, d.owner
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
        (
            unit, borough, state, officer_id, exploitation, age, supporting, facts_id, profile, vocabulary,
            known_borough, decided, due_at, due_what
        ) = (
            excluded.unit, excluded.borough, excluded.state, excluded.officer_id, excluded.exploitation, excluded.age,
            excluded.supporting, excluded.facts_id, excluded.profile, excluded.vocabulary, excluded.known_borough,
            excluded.decided, excluded.due_at, excluded.due_what
        )
    WHERE (
        line.unit, line.borough, line.state, line.officer_id, line.exploitation, line.age, line.supporting,
        line.facts_id, line.profile, line.vocabulary, line.known_borough, line.decided, line.due_at, line.due_what
    ) IS DISTINCT FROM (
        excluded.unit, excluded.borough, excluded.state, excluded.officer_id, excluded.exploitation, excluded.age,
        excluded.supporting, excluded.facts_id, excluded.profile, excluded.vocabulary, excluded.known_borough,
        excluded.decided, excluded.due_at, excluded.due_what
    );
END $$;
ALTER TABLE cases_queueline DISABLE TRIGGER kept_by_the_database;
SELECT palermo_keep_queue_lines(ARRAY(SELECT id FROM intake_referral));
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE cases_queueline ENABLE TRIGGER kept_by_the_database;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_units_named_as_support"),
        ("intake", "0005_the_safeguarding_partner_of_a_decision"),
    ]

    operations = [
        migrations.AddField(
            model_name="queueline",
            name="crimes",
            field=models.CharField(
                db_default="neither",
                help_text="how it stands to the crime records; kept by the stage of the papers",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="queueline",
            name="decided",
            field=models.CharField(blank=True, default="", help_text="whom the newest decision names", max_length=40),
        ),
        migrations.AddField(
            model_name="queueline",
            name="facts",
            field=models.ForeignKey(
                db_index=False,
                help_text="the newest",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="intake.factversion",
            ),
        ),
        migrations.AddField(
            model_name="queueline",
            name="known_borough",
            field=models.CharField(blank=True, default="", help_text="of the newest facts", max_length=60),
        ),
        migrations.AddField(
            model_name="queueline",
            name="profile",
            field=models.IntegerField(default=0, help_text="of the newest facts, by the vocabulary of their decision"),
        ),
        migrations.AddField(
            model_name="queueline",
            name="vocabulary",
            field=models.CharField(blank=True, default="", help_text="its hash", max_length=64),
        ),
        # back is only to nothing: the function of before is made by the migration that is undone next
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="queueline", name="lines_of_a_unit"),
        migrations.AddIndex(
            model_name="queueline",
            index=models.Index(
                fields=["unit", "borough", "crimes"],
                include=["restricted", "state", "officer", "referral"],
                name="lines_of_a_unit",
            ),
        ),
        migrations.AddIndex(
            model_name="queueline",
            index=models.Index(
                fields=["due_at"], condition=models.Q(("due_at__isnull", False)), name="lines_with_something_due"
            ),
        ),
        migrations.AddIndex(
            model_name="queueline",
            index=models.Index(fields=["unit"], condition=models.Q(("restricted", True)), name="restricted_lines"),
        ),
        migrations.AddIndex(
            model_name="queueline",
            index=models.Index(fields=["crimes", "received_at", "referral"], name="lines_by_crimes"),
        ),
    ]
