"""What was told of a breach, and what was done about it, is never rewritten."""

from django.db import migrations

TABLES = ("duties_breach", "duties_breachanswer")


def fixed(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("duties", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(*fixed(table)) for table in TABLES]
