"""Each potential victim that a referral tells of stands in people at once, whichever way the referral came.

Intake stands beneath this stage and knows nothing of it, so the database adds the records: no way of receiving a
referral can forget it. What arrived is never changed from here on; what is found out later are versions. Nothing here
is rewritten or removed: a row is added, and may be ended once.
"""

from django.db import migrations

# Keys that were made in one millisecond do not sort as they came, so the order is that of the array.
ARRIVE = """
CREATE FUNCTION palermo_people_arrived(arrived uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO people_entity (id, kind, arrived_id, recorded_at)
        SELECT v.id, 'person', v.id, r.received_at
        FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id WHERE v.id = ANY (arrived);
    INSERT INTO people_personversion
        (entity_id, number, referral_id, recorded_at, reason, born, sex, nationalities, languages, papers)
        SELECT v.id, 1, r.id, r.received_at, '', v.date_of_birth, v.sex,
            array_remove(ARRAY[v.nationality::text], ''), array_remove(ARRAY[v.language::text], ''), '{}'
        FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id WHERE v.id = ANY (arrived);
    INSERT INTO people_name (entity_id, sort, words, given, family, referral_id, recorded_at, reason, ended_because)
        SELECT id, sort, words, given, family, referral_id, received_at, '', '' FROM (
            SELECT v.id, 1 AS place, 'referred' AS sort,
                btrim(v.given_names || ' ' || v.family_name) AS words, v.given_names AS given, v.family_name AS family,
                v.referral_id, r.received_at
            FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id WHERE v.id = ANY (arrived)
            UNION ALL
            SELECT v.id, 2, 'other', btrim(v.other_names), '', '', v.referral_id, r.received_at
            FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id WHERE v.id = ANY (arrived)
        ) AS named WHERE words <> '' ORDER BY id, place;
    INSERT INTO people_involvement
        (entity_id, referral_id, role, grounds, said, source, since, until, recorded_at, reason, ended_because)
        SELECT v.id, r.id, 'potential_victim', 'allegation', coalesce(nullif(btrim(r.referring_body), ''), 'not said'),
            'the referral', '', '', r.received_at, '', ''
        FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id
        JOIN unnest(arrived) WITH ORDINALITY AS came (id, place) ON came.id = v.id ORDER BY came.place;
    INSERT INTO people_safecontact (entity_id, number, referral_id, recorded_at, reason, words)
        SELECT v.id, 1, r.id, r.received_at, '', v.safe_contact
        FROM intake_potentialvictim v JOIN intake_referral r ON r.id = v.referral_id
        WHERE v.id = ANY (arrived) AND v.safe_contact <> '';
$$;
CREATE FUNCTION palermo_people_with_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM palermo_people_arrived(ARRAY(SELECT id FROM arrived));
    RETURN NULL;
END $$;
CREATE TRIGGER people_with_referral AFTER INSERT ON intake_potentialvictim
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION palermo_people_with_referral();
SELECT palermo_people_arrived(ARRAY(SELECT id FROM intake_potentialvictim ORDER BY id));
"""
DO_NOT_ARRIVE = """
DROP TRIGGER people_with_referral ON intake_potentialvictim;
DROP FUNCTION palermo_people_with_referral();
DROP FUNCTION palermo_people_arrived(uuid[]);
"""

# The first argument is the column that says when a row ended; the others may be written with it, and with nothing else.
ENDS_ONCE = """
CREATE FUNCTION palermo_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> TG_ARGV[0] IS NULL AND to_jsonb(NEW) ->> TG_ARGV[0] IS NOT NULL
       AND to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is added to and ended, never rewritten: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
VERSIONS = ("personversion", "addressversion", "vehicleversion", "phoneversion", "safecontact")
ENDED = "'ended_at', 'ended_by_id', 'ended_because'"
ENDINGS = {"name": ENDED, "possiblesame": ENDED, "involvement": f"{ENDED}, 'until'", "connection": f"{ENDED}, 'until'"}
FIXED = ("people_entity", "intake_potentialvictim")


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER append_only ON {table}",
    )


def ends_once(table: str, columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER ends_once AFTER UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION palermo_ends_once({columns});"
        f"CREATE TRIGGER stays BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only()",
        f"DROP TRIGGER ends_once ON {table}; DROP TRIGGER stays ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(ARRIVE, DO_NOT_ARRIVE),
        migrations.RunSQL(ENDS_ONCE, "DROP FUNCTION palermo_ends_once()"),
        *(ends_once(f"people_{name}", "'replaced_at'") for name in VERSIONS),
        *(ends_once(f"people_{name}", columns) for name, columns in ENDINGS.items()),
        *(append_only(table) for table in FIXED),
    ]
