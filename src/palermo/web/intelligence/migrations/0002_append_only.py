"""What was asked and what came out is never rewritten; only how far a run is."""

from django.db import migrations

FIXED = ("intelligence_estimate", "intelligence_outcome")


def trigger(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("intelligence", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(*trigger(table)) for table in FIXED]
