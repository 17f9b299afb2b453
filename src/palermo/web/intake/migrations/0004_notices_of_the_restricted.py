"""A notice about a restricted referral is for those who may open it: never for a whole unit.

See `notices.actions.To`. What a body outside is told is for whoever tells it to decide.
"""

from django.db import migrations

NARROW = """
CREATE FUNCTION palermo_narrow_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.account_id IS NULL AND NEW.body = '' AND NEW.role NOT IN ('supervisor', 'commander')
       AND EXISTS (SELECT 1 FROM intake_referral WHERE reference = NEW.reference AND restricted) THEN
        RAISE EXCEPTION 'notice % is about a restricted referral: tell supervisors, the commander or accounts', NEW.key
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_restricted_notice_is_narrow';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER narrow BEFORE INSERT ON notices_notice FOR EACH ROW EXECUTE FUNCTION palermo_narrow_notice();
"""
NOT_NARROW = "DROP TRIGGER narrow ON notices_notice; DROP FUNCTION palermo_narrow_notice()"


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_clocks_that_pause"), ("notices", "0001_initial")]
    operations = [migrations.RunSQL(NARROW, NOT_NARROW)]
