"""What the demonstration's year has none of: papers, places, breaches told, operations, meetings, notices read.

The rows are written as the site's actions would have left them, many at a time; the agenda of each opened meeting is
gathered by the site itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

UNITS = (("SCD9", ""), ("SCD5-PALADIN", ""), ("TP", "Newham"))
OPERATIONS = 600
MEETINGS = 200
SAMPLE = "('x' || substr(md5(r.id::text), 1, 8))::bit(32)::int & 1023"
"""A number below 1024 of each referral, always the same, to choose some."""


def everything(cursor) -> Iterator[tuple[str, Callable[[], object]]]:
    for what, statements in WRITTEN.items():
        yield what, lambda statements=statements: [cursor.execute(one) for one in statements]
    yield "operations", lambda: operations(cursor)
    yield "statistics for what follows", lambda: cursor.execute("ANALYZE")
    yield "tasking meetings", lambda: meetings(cursor)


SOME = f"""
    CREATE TEMP TABLE some_referral ON COMMIT DROP AS
    SELECT r.id, r.received_at AS at, o.id AS ownership, o.unit, o.borough, {SAMPLE} AS n,
        row_number() OVER (ORDER BY r.id) AS place,
        (SELECT u.id FROM accounts_user u WHERE u.unit = o.unit AND u.borough IN ('', o.borough) AND u.role = 'officer'
            ORDER BY u.id LIMIT 1) AS officer
    FROM intake_referral r JOIN intake_ownership o ON o.referral_id = r.id AND upper(o.period) IS NULL;
    UPDATE some_referral SET officer = (SELECT id FROM accounts_user WHERE username = 'officer') WHERE officer IS NULL;
    CREATE INDEX ON some_referral (id)
"""
PAPER = "referral_id, number, key, written_at, recorded_at, by_id, by_words"
OF_A_PAPER = "r.id, g, 'fill-' || g, r.at + g * interval '1 hour', r.at + g * interval '1 hour', r.officer, 'Officer'"
KNOWN = "referral_id, recorded_at, recorded_by_id, reason, ended_because, grounds, said, source, since, until"
OF_WHAT_IS_KNOWN = "r.id, r.at, r.officer, '', '', 'allegation', 'A neighbour', 'Statement', '', ''"


def things(kind: str, numbers: str, role: str, content: dict[str, str]) -> str:
    """Records of one kind, of which each stands in one case or two."""
    versions = f"people_{kind}version"
    return f"""
        CREATE TEMP TABLE new_{kind} ON COMMIT DROP AS
        SELECT palermo_uuid7() AS entity, r.* FROM some_referral r WHERE {numbers};
        INSERT INTO people_entity (id, kind, recorded_at, recorded_by_id)
        SELECT entity, '{kind}', at, officer FROM new_{kind};
        INSERT INTO {versions} (entity_id, number, referral_id, recorded_at, recorded_by_id, reason,
            {", ".join(content)})
        SELECT r.entity, 1, r.id, r.at, r.officer, '', {", ".join(content.values())} FROM new_{kind} r
            JOIN words w ON w.n = r.place % 20000;
        INSERT INTO people_involvement (entity_id, role, {KNOWN})
        SELECT r.entity, '{role}', {OF_WHAT_IS_KNOWN} FROM new_{kind} r;
        INSERT INTO people_involvement (entity_id, role, {KNOWN})
        SELECT r.entity, '{role}', other.id, r.at, r.officer, '', '', 'allegation', 'A neighbour', 'Statement', '', ''
        FROM new_{kind} r JOIN some_referral other ON other.place = r.place + 1 WHERE r.place % 4 = 0;
        INSERT INTO people_connection (one_id, other_id, tie, {KNOWN})
        SELECT DISTINCT ON (r.entity) person.entity_id, r.entity, '{"exploited_at" if kind == "address" else "uses"}',
            {OF_WHAT_IS_KNOWN}
        FROM new_{kind} r JOIN people_involvement person ON person.referral_id = r.id
        JOIN people_entity e ON e.id = person.entity_id AND e.kind = 'person'
        ORDER BY r.entity, person.id
    """


WRITTEN = {
    "which referrals": [SOME],
    "restricted referrals, and who is named on them": [
        """
        UPDATE intake_referral SET restricted = true FROM some_referral s WHERE s.id = intake_referral.id AND s.n < 30;
        UPDATE cases_queueline SET restricted = true FROM some_referral s WHERE s.id = referral_id AND s.n < 30;
        INSERT INTO cases_named (referral_id, user_id, by_id, at, reason)
        SELECT id, officer, officer, at, 'Works on it.' FROM some_referral WHERE n < 15
        """
    ],
    "notes": [
        f"""
        INSERT INTO papers_note ({PAPER}, kind, standing, text, happened_at, time_known, reason)
        SELECT {OF_A_PAPER}, 'contact', 'fact', w.says, r.at, true, '' FROM some_referral r, generate_series(1, 3) g
            JOIN words w ON w.n = 7 * g WHERE r.n < 400
        """
    ],
    "crime references": [
        f"""
        INSERT INTO papers_crimereference ({PAPER}, crimes, none_because, reason)
        SELECT {OF_A_PAPER}, ARRAY[(2400000 + r.place)::text || '/10'], '', CASE WHEN g = 1 THEN '' ELSE 'One more.' END
        FROM some_referral r, generate_series(1, 2) g WHERE r.n < 600 AND (g = 1 OR r.n % 10 = 0);
        INSERT INTO papers_crimereference ({PAPER}, crimes, none_because, reason)
        SELECT {OF_A_PAPER}, '{{}}', 'Recorded by another force.', '' FROM some_referral r, generate_series(1, 1) g
        WHERE r.n BETWEEN 600 AND 800
        """
    ],
    "decisions of the log": [
        f"""
        INSERT INTO papers_policydecision ({PAPER}, decision, options, chosen, reason, based_on, facts_id, taken_at,
            time_known, review_on, sensitive_because, on_investigation, follows)
        SELECT {OF_A_PAPER}, 'Visit the house before dawn.', '[{{"course": "a", "for": "b", "against": "c"}}, '
            '{{"course": "d", "for": "e", "against": "f"}}]', 1, 'It is safest.', 'What is known.',
            (SELECT f.id FROM intake_factversion f WHERE f.referral_id = r.id ORDER BY f.version DESC LIMIT 1), r.at,
            true, r.at::date + 30, '', false, ''
        FROM some_referral r, generate_series(1, 2) g WHERE r.n < 200
        """
    ],
    "allegations": [
        """
        INSERT INTO duties_allegation (referral_id, key, reached_at, time_known, "to", source, credible, why,
            recorded_at, by_id, by_words, reason)
        SELECT r.id, 'fill-' || r.id, r.at - interval '20 days', true, 'Front counter', 'victim', true, 'He named it.',
            r.at, r.officer, 'Officer', '' FROM some_referral r WHERE r.n BETWEEN 100 AND 200
        """
    ],
    "addresses": [
        things(
            "address",
            "r.n < 300",
            "exploited",
            {
                "lines": "r.n || ' ' || w.family || ' Street'",
                "borough": "r.borough",
                "postcode": "'E' || r.n % 20 || ' ' || r.n % 10 || 'AB'",
                "postcode_key": "'E' || r.n % 20 || r.n % 10 || 'AB'",
                "country": "''",
                "secret": "false",
            },
        )
    ],
    "vehicles": [
        things(
            "vehicle",
            "r.n BETWEEN 300 AND 400",
            "used",
            {
                "registration": "'AB' || r.place",
                "registration_key": "'AB' || r.place",
                "country": "''",
                "description": "'a white van of ' || w.given",
            },
        )
    ],
    "phones": [
        things(
            "phone",
            "r.n BETWEEN 200 AND 500",
            "used",
            {
                "sort": "'phone'",
                "given": "'07' || (700000000 + r.place)",
                "key": "'447' || (700000000 + r.place)",
                "service": "''",
            },
        )
    ],
    "breaches that were told": [
        """
        INSERT INTO duties_breach (clock_id, "to", unit, borough, row, pack_hash, due_at, after, told_at, told)
        SELECT k.id, step.to, r.unit, r.borough, 'B1', '', k.due_at, k.due_at + step.later,
            k.due_at + step.later + interval '1 hour', 'whoever leads'
        FROM intake_clock k JOIN some_referral r ON r.id = k.referral_id
        CROSS JOIN (VALUES ('supervisor', interval '1 day'), ('commander', interval '3 days')) AS step("to", later)
        WHERE k.met_at IS NULL AND k.due_at < '2010-06-20' AND (step.to = 'supervisor' OR r.n < 700);
        INSERT INTO duties_breachanswer (clock_id, key, text, by_id, by_words, at)
        SELECT k.id, 'fill-' || k.id, 'Somebody goes there today.', r.officer, 'Officer', k.due_at + interval '1 day'
        FROM intake_clock k JOIN some_referral r ON r.id = k.referral_id
        WHERE k.met_at IS NULL AND k.due_at < '2010-06-20' AND r.n < 500
        """
    ],
    "notices that were read": [
        """
        UPDATE notices_notice SET recorded_at = recorded_at - interval '30 days';
        INSERT INTO notices_reading (notice_id, account_id, at)
        SELECT n.id, u.id, n.at + interval '1 hour' FROM notices_notice n
        JOIN accounts_user u ON u.is_active AND u.role IN ('officer', 'supervisor', 'commander', 'administrator')
            AND (n.account_id = u.id OR n.account_id IS NULL
                AND (n.unit = u.unit AND n.borough IN ('', u.borough) OR n.unit = '' AND n.role = u.role))
        WHERE n.id % 400 > 0
        ON CONFLICT DO NOTHING
        """
    ],
}


def operations(cursor) -> None:
    """Operations of every state, each with a plan, officers, a score, cases, and what they used, reached and cost."""
    cursor.execute(
        f"""
        CREATE TEMP TABLE new_operation ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('operations_operation', 'id')) AS id, n,
            (ARRAY['proposed', 'approved', 'running', 'refused', 'ended', 'ended', 'ended', 'ended'])[1 + n % 8]
                AS state,
            (ARRAY['SCD9', 'SCD9', 'SCD5-PALADIN', 'TP'])[1 + n % 4] AS unit,
            CASE WHEN n % 4 = 3 THEN 'Newham' ELSE '' END AS borough,
            timestamptz '2010-06-20' - n * interval '8 hours' AS at,
            date '2010-06-21' - n / 3 + 7 AS first, (SELECT id FROM accounts_user WHERE username = 'supervisor') AS by
        FROM generate_series(1, {OPERATIONS}) n;
        INSERT INTO operations_operation (id, key, begun_as, name, state, version, proposed_at, proposed_by_id)
        SELECT o.id, upper(substr(md5('op' || o.n), 1, 8)), gen_random_uuid(), w.given || ' ' || w.family || ' ' ||
            translate(o.n::text, '0123456789', 'abcdefghij'), state, 1, at, by
        FROM new_operation o JOIN words w ON w.n = o.n;
        INSERT INTO operations_plan (operation_id, version, objective, kind, nim_level, lead_unit, lead_borough,
            starts_on, ends_on, reason, at, by_id)
        SELECT id, v, 'Find who runs the flats.', 'proactive', 2, unit, borough, first, first + 25,
            CASE WHEN v = 1 THEN '' ELSE 'Another week.' END, at, by FROM new_operation, generate_series(1, 2) v;
        INSERT INTO operations_resource (plan_id, unit, borough, function, officer_days)
        SELECT p.id, p.lead_unit, p.lead_borough, '', 10 FROM operations_plan p
        JOIN new_operation o ON o.id = p.operation_id;
        INSERT INTO operations_event (operation_id, kind, says, reason, at, by_id, by_words)
        SELECT id, 'operation_proposed', 'Proposed.', '', at, by, 'Supervisor, SCD9'
        FROM new_operation, generate_series(1, 12);
        INSERT INTO operations_linked (operation_id, referral_id, reason, at, by_id, ended_because)
        SELECT DISTINCT o.id, r.id, 'The same flats.', o.at, o.by, '' FROM new_operation o
        JOIN some_referral r ON r.place % {OPERATIONS} = o.n AND r.place < {OPERATIONS * 20};
        INSERT INTO operations_use (operation_id, day, note, at, by_id, unit, borough, function, officer_days)
        SELECT id, first + d, '', at, by, unit, borough, '', 1.5 FROM new_operation, generate_series(1, 10) d
        WHERE state IN ('running', 'ended');
        INSERT INTO operations_result (operation_id, day, note, at, by_id, kind, number)
        SELECT id, first + d, '', at, by, 'arrests', d FROM new_operation, generate_series(1, 5) d
        WHERE state IN ('running', 'ended');
        INSERT INTO operations_cost (operation_id, day, note, at, by_id, kind, certainty, pounds)
        SELECT id, first + d, '', at, by, 'overtime', 'spent', 100 * d FROM new_operation, generate_series(1, 5) d
        WHERE state IN ('running', 'ended')
        """
    )
    scores()


def scores() -> None:
    from palermo.web import clock, policy
    from palermo.web.operations.actions.operations import Level
    from palermo.web.operations.models import Operation, Scoring

    pack, day = policy.pack(), clock.today()
    criteria = pack.tasking.matrix.on(day)
    Scoring.objects.bulk_create(
        Scoring(
            operation=one,
            version=1,
            pack=pack.id,
            pack_hash=pack.hash,
            matrix_hash=pack.tasking.matrix.version(day),
            points=sum(criterion.weight for criterion in criteria),
            most=3 * sum(criterion.weight for criterion in criteria),
            levels=[
                {
                    "id": criterion.id,
                    "name": criterion.name,
                    "weight": criterion.weight,
                    "level": Level(one.pk % 3, "").level,
                    "words": "as it is known",
                    "reason": "what is known",
                    "highest": criterion.highest,
                }
                for criterion in criteria
            ],
            at=one.proposed_at,
            by=one.proposed_by,
        )
        for one in Operation.objects.select_related("proposed_by")
    )


def meetings(cursor) -> None:
    """Many meetings that are over, with what they decided; of each kind of chair one that sits, and one ahead."""
    from django.contrib.auth import get_user_model

    from palermo.web import clock
    from palermo.web.cases.actions import Seen
    from palermo.web.operations.actions import meetings as actions
    from palermo.web.operations.models import Meeting

    cursor.execute(
        f"""
        CREATE TEMP TABLE new_meeting ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('operations_meeting', 'id')) AS id, n,
            (ARRAY['SCD9', 'SCD5-PALADIN', 'TP'])[1 + n % 3] AS unit,
            CASE WHEN n % 3 = 2 THEN 'Newham' ELSE '' END AS borough,
            date '2010-06-20' - n AS day, (SELECT id FROM accounts_user WHERE username = 'commander') AS by
        FROM generate_series(1, {MEETINGS}) n;
        INSERT INTO operations_meeting (id, day, state, version, planned_by_id, planned_at, chair_id, present, since,
            opened_at, fixed_at, ahead_from, ahead_to, closed_at, cancelled_because, minutes, minutes_hash)
        SELECT id, day, 'closed', 3, by, day - 3, by, '["Commander, SCD"]', day - 14, day, day, day, day + 14, day, '',
            '{{}}', md5(id::text) FROM new_meeting;
        INSERT INTO operations_meetingfor (meeting_id, unit, borough) SELECT id, unit, borough FROM new_meeting;
        INSERT INTO operations_decision (meeting_id, number, kind, referral_id, says, reason, beyond, at, by_id)
        SELECT m.id, k, CASE WHEN k % 2 = 0 THEN 'case' ELSE 'other' END, CASE WHEN k % 2 = 0 THEN r.id END,
            'Visit the house again.', 'Nobody was there.', '[]', m.day, m.by
        FROM new_meeting m, generate_series(1, 20) k JOIN some_referral r ON r.place = 17 * k;
        INSERT INTO operations_task (decision_id, unit, borough, due_on, state, version, answered_at, answered_by_id,
            note)
        SELECT d.id, m.unit, m.borough, m.day + 10, CASE WHEN d.number < 8 THEN 'done' ELSE 'open' END, 1,
            CASE WHEN d.number < 8 THEN m.day END, CASE WHEN d.number < 8 THEN m.by END,
            CASE WHEN d.number < 8 THEN 'Done.' ELSE '' END
        FROM operations_decision d JOIN new_meeting m ON m.id = d.meeting_id
        """
    )
    # what the site itself does is kept as ever, audit trail and all
    cursor.execute("SET LOCAL session_replication_role = origin")
    users = {one.username: one for one in get_user_model().objects.all()}
    for chair, places in (
        ("supervisor", [("SCD9", "")]),
        ("borough-supervisor", [("TP", "Newham")]),
        ("commander", []),
    ):
        sits = actions.plan(users[chair], clock.today(), places)
        actions.open_meeting(users[chair], sits.pk, Seen(Meeting.objects.get(pk=sits.pk).version, 0), ())
        actions.plan(users[chair], clock.today() + timedelta(days=14), places)
