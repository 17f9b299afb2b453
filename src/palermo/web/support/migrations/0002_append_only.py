"""What was told to a safeguarding partner is never rewritten."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("support", "0001_safeguarding_contacts"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON support_safeguardingcontact "
            "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
            "DROP TRIGGER append_only ON support_safeguardingcontact",
        )
    ]
