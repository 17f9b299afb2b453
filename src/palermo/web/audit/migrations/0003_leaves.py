"""Every entry is hashed as it is written, and takes its place in the order in which transactions began.

What is hashed are the columns as netstrings (their length in bytes, a colon, the text, a comma), so that no two entries
have the same. `told` is the detail as this server writes it, kept because another may write the same value otherwise.
The salt keeps a hash, which stands in the proofs of other referrals, from telling what is in the entry.

The place is the number of the transaction, by which the sealer knows what can still come before an entry. A server that
a backup is restored into counts from the beginning; so each server has a shift of its own, and until it has one
(`palermo ledger adopt`) nothing is written.
"""

from django.db import migrations, models

PARTS = (
    "'1'",
    "one.salt",
    "one.id",
    "(extract(epoch FROM one.at) * 1000000)::bigint",
    "(extract(epoch FROM one.recorded_at) * 1000000)::bigint",
    *(f"one.{name}" for name in ("actor", "role", "unit", "duty", "action", "subject", "told")),
)
NETSTRINGS = ", ".join(f"octet_length({part}::text), ':', {part}, ','" for part in PARTS)
LEAF = f"sha256('\\x00'::bytea || convert_to(concat({NETSTRINGS}), 'UTF8'))"

FORWARD = """
INSERT INTO audit_server (system, shift, since, reason)
    SELECT system_identifier, 0, now(), 'the first' FROM pg_control_system();
ALTER TABLE audit_entry
    ADD COLUMN salt uuid, ADD COLUMN tx bigint, ADD COLUMN told text, ADD COLUMN leaf bytea,
    DISABLE TRIGGER append_only;
UPDATE audit_entry SET salt = gen_random_uuid(), tx = 0, told = detail::text;
UPDATE audit_entry one SET leaf = @leaf@;
ALTER TABLE audit_entry
    ENABLE TRIGGER append_only,
    ALTER salt SET NOT NULL, ALTER tx SET NOT NULL, ALTER told SET NOT NULL, ALTER leaf SET NOT NULL;
CREATE INDEX audit_entry_tx_id_idx ON audit_entry (tx, id);

CREATE FUNCTION palermo_entry_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one audit_entry := NEW;
BEGIN
    one.tx := pg_current_xact_id()::text::bigint
        + (SELECT shift FROM audit_server WHERE system = (SELECT system_identifier FROM pg_control_system()));
    IF one.tx IS NULL THEN
        RAISE EXCEPTION 'the ledger does not know this database server'
            USING ERRCODE = 'integrity_constraint_violation', HINT = 'after a restore, run: palermo ledger adopt';
    END IF;
    one.salt := gen_random_uuid();
    one.told := one.detail::text;
    one.leaf := @leaf@;
    RETURN one;
END $$;
CREATE TRIGGER leaf BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION palermo_entry_leaf();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_server
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_key
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION palermo_append_only();
""".replace("@leaf@", LEAF)
BACK = """
DROP TRIGGER append_only ON audit_seal;
DROP TRIGGER append_only ON audit_key;
DROP TRIGGER append_only ON audit_server;
DROP TRIGGER leaf ON audit_entry;
DROP FUNCTION palermo_entry_leaf();
ALTER TABLE audit_entry DROP COLUMN salt, DROP COLUMN tx, DROP COLUMN told, DROP COLUMN leaf;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="Server",
            fields=[
                ("system", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shift", models.BigIntegerField()),
                ("since", models.DateTimeField()),
                ("reason", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public", models.BinaryField(max_length=32, unique=True)),
                ("since", models.DateTimeField()),
                (
                    "vouched",
                    models.BinaryField(blank=True, help_text="the signature of the key before it", max_length=64),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed_at", models.DateTimeField(help_text="by the database's own clock")),
                ("last_tx", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("total", models.BigIntegerField(help_text="the entries of this seal and of all before it")),
                ("ids", models.BinaryField(help_text="of its entries, eight bytes each, in their order")),
                ("leaves", models.BinaryField(help_text="of its entries, 32 bytes each")),
                ("top", models.BinaryField(help_text="its leaf in the tree of all seals", max_length=32)),
                ("peaks", models.BinaryField(help_text="of the tree of all seals so far")),
                ("root", models.BinaryField(help_text="of the tree of all seals so far", max_length=32)),
                ("signature", models.BinaryField(max_length=64)),
                (
                    "key",
                    models.ForeignKey(on_delete=models.PROTECT, to="audit.key"),
                ),
            ],
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
