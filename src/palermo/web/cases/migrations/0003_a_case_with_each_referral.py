"""Each referral has its row of work from the moment it is kept, whichever way it came.

Intake stands beneath this stage and knows nothing of it, so the database makes the row: no way of receiving a referral
can forget it.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION palermo_case_with_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cases_case (referral_id, state, version) VALUES (NEW.id, 'received', 1);
    RETURN NULL;
END $$;
CREATE TRIGGER case_with_referral AFTER INSERT ON intake_referral
    FOR EACH ROW EXECUTE FUNCTION palermo_case_with_referral();
INSERT INTO cases_case (referral_id, state, version)
    SELECT id, 'received', 1 FROM intake_referral ON CONFLICT (referral_id) DO NOTHING;
"""
STOP = """
DROP TRIGGER case_with_referral ON intake_referral;
DROP FUNCTION palermo_case_with_referral();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_named"), ("intake", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, STOP)]
