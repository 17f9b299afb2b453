"""A referral without an owner cannot be committed, and what was decided or told is never rewritten."""

from django.db import migrations

# Checked when the transaction ends, so that one transaction may end one ownership and begin the next.
ALWAYS_OWNED = """
CREATE FUNCTION palermo_always_owned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject uuid;
BEGIN
    IF TG_TABLE_NAME = 'intake_referral' THEN
        subject := NEW.id;
    ELSE
        subject := OLD.referral_id;
    END IF;
    IF EXISTS (SELECT 1 FROM intake_referral WHERE id = subject)
       AND NOT EXISTS (SELECT 1 FROM intake_ownership WHERE referral_id = subject AND upper_inf(period)) THEN
        RAISE EXCEPTION 'referral % would be left without an owner', subject
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_referral_always_has_an_owner';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER always_owned AFTER INSERT ON intake_referral
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION palermo_always_owned();
CREATE CONSTRAINT TRIGGER always_owned AFTER UPDATE OR DELETE ON intake_ownership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION palermo_always_owned();
"""
NOT_ALWAYS_OWNED = """
DROP TRIGGER always_owned ON intake_referral;
DROP TRIGGER always_owned ON intake_ownership;
DROP FUNCTION palermo_always_owned();
"""
FIXED = ("intake_referral", "intake_factversion", "intake_routedecision", "intake_event")


def trigger(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(ALWAYS_OWNED, NOT_ALWAYS_OWNED),
        *(migrations.RunSQL(*trigger(table)) for table in FIXED),
    ]
