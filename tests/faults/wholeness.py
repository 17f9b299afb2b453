"""Is every referral there once, and wholly? Asked of the tables themselves, past the site's own code."""

from collections import Counter
from dataclasses import dataclass

import psycopg

OF_EACH = """
SELECT submission_key,
    (SELECT count(*) FROM intake_factversion WHERE referral_id = r.id),
    (SELECT count(*) FROM intake_routedecision d JOIN intake_factversion f ON f.id = d.fact_version_id
        WHERE f.referral_id = r.id),
    (SELECT count(*) FROM intake_ownership WHERE referral_id = r.id AND upper_inf(period)),
    (SELECT count(*) FROM cases_case WHERE referral_id = r.id),
    (SELECT count(*) FROM cases_queueline WHERE referral_id = r.id),
    (SELECT count(*) FROM audit_entry WHERE action = 'referral_received' AND subject = 'referral:' || r.reference),
    (SELECT count(*) FROM intake_clock WHERE referral_id = r.id),
    (SELECT count(*) FROM intake_event WHERE referral_id = r.id),
    (SELECT count(*) FROM intake_draft WHERE id::text = r.submission_key)
FROM intake_referral r
"""
ONCE = (1, 1, 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Stored:
    """How often each key is there, how much of everything with each, which drafts are left, and entries of receipt."""

    keys: Counter
    shapes: set[tuple[int, ...]]
    drafts: set[str]
    entries: int


def stored(address: str) -> Stored:
    with psycopg.connect(address) as connection:
        rows = connection.execute(OF_EACH).fetchall()
        drafts = {str(key) for (key,) in connection.execute("SELECT id FROM intake_draft")}
        entries = connection.execute("SELECT count(*) FROM audit_entry WHERE action = 'referral_received'").fetchone()
    return Stored(Counter(row[0] for row in rows), {tuple(row[1:]) for row in rows}, drafts, entries[0])


def assert_whole(address: str, keys: list[str], acknowledged: set[str]) -> Stored:
    """Everything that was acknowledged is there once; what is there is whole; what is not is a draft as before."""
    found = stored(address)
    assert set(found.keys.values()) <= {1}
    assert acknowledged <= set(found.keys)
    # a referral or a draft, never both and never neither
    assert set(found.keys) | found.drafts == set(keys)
    assert not set(found.keys) & found.drafts
    # of the same answers follow the same clocks and the same lines: one shape, or something is half
    (shape,) = found.shapes
    assert shape[:6] == ONCE
    assert min(shape[6:8]) > 0
    assert shape[8] == 0
    assert found.entries == len(found.keys)
    return found
