"""The database folds words as `folding` does, and makes of them what an index can hold.

`palermo_fold` gives words with one space between them. `palermo_words` is what is searched of a text, `palermo_names`
of a name, an address or a code, where two words may as well be written as one, and `palermo_near` what a name shares
with those that are one letter off. None of them asks the database's own locale, so that an index stays true wherever
the database is moved to.
"""

from django.db import migrations

from palermo.web.search import folding


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def one_of(ranges: str) -> str:
    """The ranges as they stand between the brackets of one of the database's patterns."""
    return "".join(
        f"\\U{first:08X}" + (f"-\\U{last:08X}" if last > first else "") for first, last in folding.places(ranges)
    )


def several(text: str) -> str:
    for letter, typed in folding.SEVERAL.items():
        text = f"replace({text}, {quoted(letter)}, {quoted(typed)})"
    return text


TABLE = folding.letters()
FOLD = f"""
CREATE FUNCTION palermo_fold(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    t text := translate(left(given, {folding.LONGEST_TEXT}), {quoted(folding.APOSTROPHES)}, '');
BEGIN
    IF octet_length(t) > length(t) THEN
        t := left(normalize(t, NFKD), {folding.LONGEST_TEXT});
        t := regexp_replace(t, '[{one_of(folding.MARKS)}]+', '', 'g');
        t := regexp_replace(t, '[{one_of(folding.SEPARATORS)}]+', ' ', 'g');
    END IF;
    IF octet_length(t) > length(t) THEN
        t := translate({several("t")}, {quoted("".join(TABLE))}, {quoted("".join(TABLE.values()))});
        t := regexp_replace(t, '([{one_of(folding.ALONE)}])', ' \\1 ', 'g');
        t := regexp_replace(t, '([{one_of(folding.SYLLABLES)}])', ' \\1', 'g');
    END IF;
    t := regexp_replace(lower(t COLLATE "C"), '[\\x01-/:-@\\[-`{{-\\x7f]+', ' ', 'g');
    RETURN btrim(regexp_replace(t, '([^ ]{{{folding.LONGEST_WORD}}})[^ ]+', '\\1', 'g'), ' ');
END $$;
"""
# Numbers stand in the index from the last digit to the first.
NUMBERS = f"""
CREATE FUNCTION palermo_numbers(words text[]) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    word text;
    run text := '';
    found text[] := '{{}}';
BEGIN
    FOREACH word IN ARRAY words LOOP
        IF word !~ '^[0-9]+$' THEN
            run := '';
        ELSIF word <> '0' OR run = '' THEN
            run := right(run || word, {folding.LONGEST_NUMBER});
            IF length(run) >= {folding.SHORTEST_NUMBER} THEN
                found := found || ({quoted(folding.NUMBER)} || reverse(run));
            END IF;
        END IF;
    END LOOP;
    RETURN found;
END $$;
"""
# Each word with the next one, and all of them, as one.
JOINED = f"""
CREATE FUNCTION palermo_joined(words text[]) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(word || following), '{{}}') || left(array_to_string(words, ''), {folding.LONGEST_WORD})
    FROM (
        SELECT word, lead(word) OVER (ORDER BY place) AS following
        FROM unnest(words) WITH ORDINALITY AS listed (word, place)
    ) AS pairs
    WHERE following IS NOT NULL
);
"""  # noqa: S608 - numbers of our own
LEXEMES = f"""
CREATE FUNCTION palermo_words_of(words text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(words || palermo_numbers(words));
CREATE FUNCTION palermo_words(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN palermo_words_of(string_to_array(palermo_fold(given), ' '));
CREATE FUNCTION palermo_names_of(words text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(array_remove(words || palermo_numbers(words) || palermo_joined(words), ''));
CREATE FUNCTION palermo_names(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN palermo_names_of(string_to_array(palermo_fold(given), ' '));
CREATE FUNCTION palermo_near(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT array_to_tsvector(coalesce(array_agg({quoted(folding.NEAR)} || lexeme), '{{}}'))
    FROM unnest(string_to_array(palermo_fold(given), ' ')) AS word,
        LATERAL (
            SELECT word AS lexeme UNION ALL
            SELECT overlay(word PLACING '' FROM place FOR 1) FROM generate_series(1, length(word)) AS place
        ) AS lexemes
    WHERE length(word) >= {folding.SHORTEST_NEAR}
);
"""  # noqa: S608 - the same
UNDO = """
DROP FUNCTION palermo_near(text);
DROP FUNCTION palermo_names(text);
DROP FUNCTION palermo_names_of(text[]);
DROP FUNCTION palermo_words(text);
DROP FUNCTION palermo_words_of(text[]);
DROP FUNCTION palermo_joined(text[]);
DROP FUNCTION palermo_numbers(text[]);
DROP FUNCTION palermo_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunSQL(FOLD + NUMBERS + JOINED + LEXEMES, UNDO)]
