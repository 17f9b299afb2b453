"""What was told, where it went and who has read it is added and never rewritten."""

from django.db import migrations

FIXED = ("notices_notice", "notices_delivery", "notices_step", "notices_reading")


def trigger(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_deliveries"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(*trigger(table)) for table in FIXED]
