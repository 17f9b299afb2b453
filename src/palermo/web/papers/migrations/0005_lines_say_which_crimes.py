"""How a referral stands to the crime records stands in its line: all are held against them, and the newest counts."""

from django.db import migrations

STAND = """
    SELECT DISTINCT ON (referral_id) referral_id, CASE
        WHEN cardinality(crimes) > 0 THEN 'recorded' WHEN none_because <> '' THEN 'none' ELSE 'neither'
    END AS crimes
    FROM papers_crimereference {where} ORDER BY referral_id, number DESC
"""
KEEP = f"""
CREATE FUNCTION palermo_queue_lines_crimes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_queueline AS line SET crimes = newest.crimes
    FROM ({STAND.format(where="WHERE referral_id IN (SELECT referral_id FROM changed)")}) AS newest
    WHERE line.referral_id = newest.referral_id AND line.crimes <> newest.crimes;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_lines_after_insert AFTER INSERT ON papers_crimereference REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_queue_lines_crimes();
ALTER TABLE cases_queueline DISABLE TRIGGER kept_by_the_database;
UPDATE cases_queueline AS line SET crimes = newest.crimes
FROM ({STAND.format(where="")}) AS newest WHERE line.referral_id = newest.referral_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE cases_queueline ENABLE TRIGGER kept_by_the_database;
"""  # noqa: S608 - the words are ours


class Migration(migrations.Migration):
    dependencies = [("papers", "0004_withdrawal"), ("cases", "0010_lines_say_what_decides")]
    operations = [
        migrations.RunSQL(
            KEEP,
            "DROP TRIGGER queue_lines_after_insert ON papers_crimereference;DROP FUNCTION palermo_queue_lines_crimes()",
        )
    ]
