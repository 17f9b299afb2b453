"""Indexes over what is searched, on the tables where it stands: nothing is kept twice, and no row can be forgotten.

Each is over a function of the columns, so that the words are those of the folding and are worked out once, when a row
is written. Only what is present of people and things is in them. `search.queries` asks by the same functions.
"""

from django.db import migrations

FUNCTIONS = {
    "palermo_searched_referral(reference text, sender_reference text)": (
        "palermo_names(reference) || palermo_names(sender_reference)"
    ),
    "palermo_searched_crimes(crimes text[])": (
        "(SELECT array_to_tsvector(coalesce(array_agg(lexeme), '{}')) "
        "FROM unnest(crimes) AS crime, unnest(tsvector_to_array(palermo_names(crime))) AS lexeme)"
    ),
    "palermo_searched_name(words text)": "palermo_names(words) || palermo_near(words)",
    "palermo_searched_address(lines text, postcode text)": "palermo_names(lines || ' ' || postcode)",
    "palermo_searched_vehicle(registration text, description text)": (
        "palermo_names(registration) || palermo_words(description)"
    ),
    "palermo_searched_document(name text, description text)": "palermo_words(name || ' ' || description)",
    "palermo_searched_decision(decision text, options jsonb, reason text, based_on text)": (
        "palermo_words(decision || ' ' || coalesce((SELECT string_agg(option #>> '{}', ' ') "
        "FROM jsonb_path_query(options, '$[*].*') AS option), '') || ' ' || reason || ' ' || based_on)"
    ),
}
INDEXES = {
    "searched_referrals": "intake_referral USING gin (palermo_searched_referral(reference, sender_reference))",
    "searched_accounts": "intake_referral USING gin (palermo_words(account))",
    "searched_crimes": "papers_crimereference USING gin (palermo_searched_crimes(crimes::text[]))",
    "searched_names": "people_name USING gin (palermo_searched_name(words)) WHERE ended_at IS NULL",
    "searched_births": "people_personversion (born varchar_pattern_ops) WHERE replaced_at IS NULL",
    "searched_addresses": (
        "people_addressversion USING gin (palermo_searched_address(lines, postcode)) WHERE replaced_at IS NULL"
    ),
    "searched_vehicles": (
        "people_vehicleversion USING gin (palermo_searched_vehicle(registration, description)) "
        "WHERE replaced_at IS NULL"
    ),
    "searched_phones": "people_phoneversion USING gin (palermo_names(given)) WHERE replaced_at IS NULL",
    "searched_notes": "papers_note USING gin (palermo_words(text))",
    "searched_documents": "papers_document USING gin (palermo_searched_document(name, description))",
    "searched_decisions": (
        "papers_policydecision USING gin (palermo_searched_decision(decision, options, reason, based_on))"
    ),
}
# To fold a text takes as long as to read many rows; the database, if it is not told, takes it for nothing, and would
# rather fold every row than look into an index.
DEAR, AS_IT_WAS = 10_000, 100
FOLDING = ("palermo_fold", "palermo_words", "palermo_names", "palermo_near")


def costs(name: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER FUNCTION {name}(text) COST {DEAR}", f"ALTER FUNCTION {name}(text) COST {AS_IT_WAS}"
    )


def function(head: str, says: str) -> migrations.RunSQL:
    name = head.partition("(")[0]
    return migrations.RunSQL(
        f"CREATE FUNCTION {head} RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST {DEAR} "
        f"RETURN {says}",
        f"DROP FUNCTION {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_folding"),
        ("intake", "0005_the_safeguarding_partner_of_a_decision"),
        ("people", "0002_kept_as_they_arrive"),
        ("papers", "0004_withdrawal"),
    ]
    operations = [
        *(costs(name) for name in FOLDING),
        *(function(head, says) for head, says in FUNCTIONS.items()),
        *(migrations.RunSQL(f"CREATE INDEX {name} ON {over}", f"DROP INDEX {name}") for name, over in INDEXES.items()),
    ]
