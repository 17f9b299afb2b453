"""Papers are numbered within their referral without a gap, refer only to papers of the same one, and never change."""

from django.db import migrations

TABLES = ("papers_note", "papers_policydecision", "papers_document", "papers_crimereference")

NUMBER = """
CREATE FUNCTION palermo_number_of_paper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last integer;
BEGIN
    -- whoever adds to the same referral waits here, so that no number is given twice and none is left out
    PERFORM 1 FROM cases_case WHERE referral_id = NEW.referral_id FOR NO KEY UPDATE;
    EXECUTE format('SELECT coalesce(max(number), 0) FROM %I WHERE referral_id = $1', TG_TABLE_NAME)
        INTO last USING NEW.referral_id;
    NEW.number := last + 1;
    RETURN NEW;
END $$;
"""


def numbered(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER numbered BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION palermo_number_of_paper()",
        f"DROP TRIGGER numbered ON {table}",
    )


def fixed(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


def of_the_same_referral(table: str, column: str) -> tuple[str, str]:
    """A reference to another row of the table, which must be of the same referral."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {column}_and_referral UNIQUE (id, referral_id); "
        f"ALTER TABLE {table} ADD CONSTRAINT {column}_of_the_same_referral "
        f"FOREIGN KEY ({column}_id, referral_id) REFERENCES {table} (id, referral_id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {column}_of_the_same_referral; "
        f"ALTER TABLE {table} DROP CONSTRAINT {column}_and_referral",
    )


WHOLE_OPTIONS = (
    "ALTER TABLE papers_policydecision ADD CONSTRAINT each_option_is_weighed CHECK ("
    "jsonb_typeof(options) = 'array' AND jsonb_path_query_array(options, "
    """'$[*] ? (@.course != "" && @.for != "" && @.against != "")') = options)""",
    "ALTER TABLE papers_policydecision DROP CONSTRAINT each_option_is_weighed",
)


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0001_initial"),
        ("audit", "0002_append_only"),
        ("cases", "0003_a_case_with_each_referral"),
    ]
    operations = [
        migrations.RunSQL(NUMBER, "DROP FUNCTION palermo_number_of_paper()"),
        *(migrations.RunSQL(*numbered(table)) for table in TABLES),
        *(migrations.RunSQL(*fixed(table)) for table in TABLES),
        migrations.RunSQL(*of_the_same_referral("papers_note", "supersedes")),
        migrations.RunSQL(*of_the_same_referral("papers_policydecision", "earlier")),
        migrations.RunSQL(*WHOLE_OPTIONS),
    ]
