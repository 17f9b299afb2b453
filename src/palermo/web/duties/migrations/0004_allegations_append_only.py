"""What reached the force is never rewritten, and is judged again only within its own referral."""

from django.db import migrations

FIXED = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON duties_allegation "
    "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
    "DROP TRIGGER append_only ON duties_allegation",
)
OF_THE_SAME_REFERRAL = (
    "ALTER TABLE duties_allegation ADD CONSTRAINT allegation_and_referral UNIQUE (id, referral_id); "
    "ALTER TABLE duties_allegation ADD CONSTRAINT replaces_of_the_same_referral "
    "FOREIGN KEY (replaces_id, referral_id) REFERENCES duties_allegation (id, referral_id)",
    "ALTER TABLE duties_allegation DROP CONSTRAINT replaces_of_the_same_referral; "
    "ALTER TABLE duties_allegation DROP CONSTRAINT allegation_and_referral",
)


class Migration(migrations.Migration):
    dependencies = [("duties", "0003_first_known"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(*FIXED), migrations.RunSQL(*OF_THE_SAME_REFERRAL)]
