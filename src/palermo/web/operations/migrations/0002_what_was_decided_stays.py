"""What was planned, scored, recorded, put before a meeting and decided is never rewritten, and closed minutes stand."""

from django.db import migrations

FIXED = (
    *("plan", "resource", "scoring", "use", "result", "cost", "report", "event"),
    *("meetingfor", "agendaline", "decision", "addendum"),
)
"""The tables that are only added to."""

# A row's end may be told, and nothing after it.
ENDED = {
    "meeting": "OLD.state IN ('closed', 'cancelled')",
    "task": "OLD.state <> 'open'",
    "linked": "OLD.ended_at IS NOT NULL",
}

IN_AN_OPEN_MEETING = """
CREATE FUNCTION palermo_in_an_open_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM operations_meeting WHERE id = NEW.meeting_id AND state = 'open') THEN
        RAISE EXCEPTION 'meeting % is not open: its agenda and decisions stand', NEW.meeting_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'what_a_meeting_decides_is_decided_in_it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_an_open_meeting BEFORE INSERT ON operations_decision
    FOR EACH ROW EXECUTE FUNCTION palermo_in_an_open_meeting();
CREATE TRIGGER in_an_open_meeting BEFORE INSERT ON operations_agendaline
    FOR EACH ROW EXECUTE FUNCTION palermo_in_an_open_meeting();
"""
ANYWHERE = """
DROP TRIGGER in_an_open_meeting ON operations_decision;
DROP TRIGGER in_an_open_meeting ON operations_agendaline;
DROP FUNCTION palermo_in_an_open_meeting();
"""


def append_only(table: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operations_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON operations_{table}",
    )


def over(table: str, when: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER over BEFORE UPDATE ON operations_{table} FOR EACH ROW WHEN ({when}) "
        "EXECUTE FUNCTION palermo_append_only();"
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON operations_{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER over ON operations_{table}; DROP TRIGGER kept ON operations_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        *(migrations.RunSQL(*append_only(table)) for table in FIXED),
        *(migrations.RunSQL(*over(table, when)) for table, when in ENDED.items()),
        migrations.RunSQL(IN_AN_OPEN_MEETING, ANYWHERE),
    ]
