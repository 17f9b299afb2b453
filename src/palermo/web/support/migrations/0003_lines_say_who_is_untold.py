"""Whether a child's safeguarding partner is still to be told stands in the line of its referral.

It follows from the newest decision, the present owner, and the contacts with partners, by which a partner is told of
the owner and the decision of that day: whatever changes one of them has the line worked out anew.
"""

from django.db import migrations

KEEP = """
CREATE FUNCTION palermo_keep_untold(changed uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE cases_queueline AS line SET untold = present.untold
    FROM (
        SELECT l.referral_id, newest.safeguarding_partner IS NOT NULL AND NOT EXISTS (
            SELECT FROM support_safeguardingcontact contact
            JOIN intake_ownership owner ON owner.id = contact.ownership_id AND upper(owner.period) IS NULL
            JOIN intake_routedecision told ON told.id = contact.decision_id
            JOIN intake_factversion then_known ON then_known.id = told.fact_version_id
            WHERE contact.referral_id = l.referral_id AND contact.kind = 'told' AND NOT EXISTS (
                SELECT FROM intake_factversion later
                JOIN intake_routedecision since ON since.fact_version_id = later.id
                WHERE later.referral_id = l.referral_id AND later.version > then_known.version
                AND since.safeguarding_partner IS DISTINCT FROM told.safeguarding_partner
            )
        ) AS untold
        FROM cases_queueline l LEFT JOIN intake_routedecision newest ON newest.fact_version_id = l.facts_id
        WHERE l.referral_id = ANY (changed)
    ) AS present
    WHERE line.referral_id = present.referral_id AND line.untold <> present.untold
$$;
CREATE FUNCTION palermo_queue_lines_untold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM palermo_keep_untold(ARRAY(SELECT referral_id FROM changed));
    RETURN NULL;
END $$;
CREATE FUNCTION palermo_queue_lines_untold_by_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM palermo_keep_untold(ARRAY(
        SELECT f.referral_id FROM changed JOIN intake_factversion f ON f.id = changed.fact_version_id
    ));
    RETURN NULL;
END $$;
ALTER TABLE cases_queueline DISABLE TRIGGER kept_by_the_database;
SELECT palermo_keep_untold(ARRAY(SELECT referral_id FROM cases_queueline));
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE cases_queueline ENABLE TRIGGER kept_by_the_database;
ANALYZE cases_queueline;
"""
DO_NOT_KEEP = """
DROP FUNCTION palermo_queue_lines_untold_by_decision();
DROP FUNCTION palermo_queue_lines_untold();
DROP FUNCTION palermo_keep_untold(uuid[]);
"""
BY_REFERRAL, BY_DECISION = "palermo_queue_lines_untold", "palermo_queue_lines_untold_by_decision"
FOLLOWS_FROM = (
    ("support_safeguardingcontact", "INSERT", BY_REFERRAL),
    ("intake_ownership", "INSERT", BY_REFERRAL),
    ("intake_ownership", "UPDATE", BY_REFERRAL),
    ("intake_routedecision", "INSERT", BY_DECISION),
)


def whenever(table: str, statement: str, function: str) -> migrations.RunSQL:
    # in the order of their names, triggers come after those that make the line
    name = f"queue_lines_untold_after_{statement.lower()}"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER {statement} ON {table} REFERENCING NEW TABLE AS changed "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("support", "0002_append_only"), ("cases", "0012_lines_say_who_is_untold")]
    operations = [
        migrations.RunSQL(KEEP, DO_NOT_KEEP),
        *(whenever(*one) for one in FOLLOWS_FROM),
    ]
