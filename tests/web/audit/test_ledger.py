"""The ledger: what is sealed cannot be changed, removed, inserted or put elsewhere unseen, whoever does it."""

import ast
import hashlib
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from palermo.reports import verify as verifier
from palermo.web.audit import actions, keys, queries
from palermo.web.audit.actions import LEDGER, record
from palermo.web.audit.heads import NoHead, read_note
from palermo.web.audit.models import Duty, Entry, Seal
from palermo.web.audit.verifying import verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key_of_its_own(settings, tmp_path):
    settings.LEDGER_KEY = tmp_path / "ledger-key"


def written(number: int = 1, subject: str = "referral:PAL-TEST-TEST") -> list[int]:
    """So many entries, each in a transaction of its own; gives their ids."""
    made = []
    for _ in range(number):
        with transaction.atomic():
            made.append(record(LEDGER, Duty.CONSULTATION, "looked", subject, note="é", number=len(made)).pk)
    return made


def tamper(sql: str, *values: object) -> None:
    """Do what only whoever owns the whole server can."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)


def wrong() -> list[tuple[str, int | None]]:
    return [(fault.kind, fault.entry or fault.seal) for fault in verify().faults]


@pytest.fixture
def sealed() -> list[int]:
    """Five entries in a seal, and four in the next."""
    first = written(5)
    assert actions.seal() == 5
    second = written(4)
    assert actions.seal() == 4
    return first + second


def test_what_was_sealed_and_left_alone_holds(sealed):
    waiting = written(2)

    found = verify()

    assert found.faults == []
    assert (found.entries, found.sealed, found.seals, found.unsealed) == (11, 9, 2, 2)
    assert found.unsealed_since == Entry.objects.get(pk=waiting[0]).recorded_at
    assert actions.seal() == 2
    assert actions.seal() == 0


def test_nothing_written_is_nothing_sealed():
    assert actions.seal() == 0
    assert (verify().seals, verify().faults, queries.note()) == (0, [], None)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'user:9'",
        "at = at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 day'",
        "subject = 'referral:PAL-OTHR-OTHR'",
        "detail = '{}'",
        "told = told || ' '",
        "detail = '{}', told = '{}'",
        "leaf = sha256('x')",
        "salt = gen_random_uuid()",
        "role = unit, unit = role || 'x'",
    ],
)
def test_a_changed_entry_is_named(sealed, change):
    tamper(f"UPDATE audit_entry SET {change} WHERE id = %s", sealed[2])

    assert wrong() == [("changed", sealed[2])]


def test_an_entry_changed_together_with_its_own_hash_is_named(sealed):
    tamper("UPDATE audit_entry SET actor = 'user:9' WHERE id = %s", sealed[6])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {queries.CONTENT} FROM audit_entry WHERE id = %s", [sealed[6]])
        leaf = hashlib.sha256(b"\x00" + bytes(cursor.fetchone()[0])).digest()
    tamper("UPDATE audit_entry SET leaf = %s WHERE id = %s", leaf, sealed[6])

    assert wrong() == [("changed", sealed[6])]


@pytest.mark.parametrize("place", [0, 2, 4, 5, 8])
def test_a_removed_entry_is_named_wherever_it_stood(sealed, place):
    tamper("DELETE FROM audit_entry WHERE id = %s", sealed[place])

    assert wrong() == [("removed", sealed[place])]


@pytest.mark.parametrize("place", [0, 4, 7])
def test_an_entry_inserted_among_the_sealed_is_named(sealed, place):
    tamper(
        "INSERT INTO audit_entry SELECT 999, at, recorded_at, actor, role, unit, duty, action, subject, detail, salt,"
        " tx, told, leaf FROM audit_entry WHERE id = %s",
        sealed[place],
    )

    assert wrong() == [("inserted", 999)]


def test_an_entry_put_into_another_seal_or_behind_all_is_named(sealed):
    tamper("UPDATE audit_entry SET tx = (SELECT max(tx) FROM audit_entry) WHERE id = %s", sealed[1])
    assert wrong() == [("reordered", sealed[1])]

    tamper("UPDATE audit_entry SET tx = tx + 100000 WHERE id = %s", sealed[1])
    assert wrong() == [("reordered", sealed[1])]


def test_entries_that_changed_places_are_named(sealed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tx FROM audit_entry WHERE id = ANY(%s) ORDER BY id", [sealed[1:3]])
        first, second = (tx for (tx,) in cursor.fetchall())
    tamper("UPDATE audit_entry SET tx = CASE WHEN tx = %s THEN %s ELSE %s END WHERE id = ANY(%s)",
           first, second, first, sealed[1:3])  # fmt: skip

    assert wrong() == [("reordered", sealed[2]), ("reordered", sealed[1])]


@pytest.mark.parametrize(
    "change",
    [
        "total = total + 1",
        "leaves = overlay(leaves placing '\\x00'::bytea from 3)",
        "sealed_at = sealed_at - interval '1 hour'",
        "root = sha256('x')",
        "signature = overlay(signature placing '\\x00'::bytea from 1)",
        "peaks = sha256('x')",
    ],
)
def test_a_changed_seal_is_named(sealed, change):
    tamper(f"UPDATE audit_seal SET {change} WHERE number = 1")

    assert ("seal_changed", 1) in wrong()


def test_a_removed_seal_is_named(sealed):
    tamper("DELETE FROM audit_seal WHERE number = 1")

    assert ("seal_removed", 1) in wrong()


def test_that_the_end_was_cut_off_shows_against_a_head_that_was_kept(sealed):
    head = queries.note()
    tamper("DELETE FROM audit_seal WHERE number = 2")
    tamper("DELETE FROM audit_entry WHERE id = ANY(%s)", sealed[5:])

    assert verify().faults == []
    assert [fault.says for fault in verify([head]).faults] == [
        "the ledger has 1 seals; a head was kept of 2. What came after is gone"
    ]


def test_a_ledger_sealed_anew_with_the_same_key_is_not_the_one_whose_head_was_kept(sealed):
    head = queries.note()
    tamper("DELETE FROM audit_seal")
    tamper("UPDATE audit_entry SET actor = 'user:9', leaf = sha256('x') WHERE id = %s", sealed[0])
    actions.seal()
    written()
    actions.seal()

    assert "head" in [fault.kind for fault in verify([head]).faults]


def test_a_kept_head_holds_while_the_ledger_goes_on(sealed):
    head = queries.note()
    written(3)
    actions.seal()

    assert verify([head]).faults == []
    assert read_note(head)[0].entries == 9


@pytest.mark.parametrize(
    "spoil", [lambda head: head[:-8] + "AAAAAA=\n", lambda head: "", lambda head: head.replace("palermo", "oslo")]
)
def test_what_is_no_head_is_refused_or_does_not_hold(sealed, spoil):
    try:
        kinds = [fault.kind for fault in verify([spoil(queries.note())]).faults]
    except NoHead as refused:
        assert "palermo ledger head" in str(refused)
    else:
        assert kinds == ["head"]


def test_a_new_key_is_vouched_for_by_the_old_one(sealed, settings):
    old = queries.keys()[0]
    aside = actions.new_key()
    written()
    actions.seal()

    assert verify(pinned=bytes(old.public)).faults == []
    assert aside.exists()
    assert Seal.objects.get(number=3).key.public != old.public
    assert settings.LEDGER_KEY.stat().st_mode & 0o777 == 0o600


def test_a_key_that_nobody_vouches_for_is_told(sealed, settings):
    settings.LEDGER_KEY.unlink()
    with pytest.raises(keys.NoKey, match="new-key --lost"):
        actions.new_key()
    written()
    with pytest.raises(keys.NoKey, match="cannot be read"):
        actions.seal()
    actions.new_key(lost=True)
    actions.seal()

    assert [fault.kind for fault in verify().faults] == ["key"]


def test_a_stolen_database_sealed_with_another_key_is_not_the_one_whose_key_was_kept(sealed):
    kept = bytes(queries.keys()[0].public)
    tamper("DELETE FROM audit_seal")
    tamper("DELETE FROM audit_key")
    keys.made(keys.settings.LEDGER_KEY.with_name("another"))
    keys.settings.LEDGER_KEY.with_name("another").rename(keys.settings.LEDGER_KEY)
    actions.seal()

    assert verify().faults == []
    assert [fault.kind for fault in verify(pinned=kept).faults] == ["key"]


def test_another_key_in_the_file_seals_nothing(sealed, settings):
    settings.LEDGER_KEY.unlink()
    keys.made(settings.LEDGER_KEY)
    written()

    with pytest.raises(keys.NoKey, match="not the key that the ledger was sealed with last"):
        actions.seal()


# The order


def test_an_entry_of_a_transaction_that_still_runs_is_waited_for_and_never_skipped():
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(LEDGER, Duty.CONSULTATION, "slow", "referral:PAL-TEST-TEST")
            begun.set()
            go_on.wait(30)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(30)
    written(3)
    assert actions.seal() == 0
    go_on.set()
    thread.join()

    assert actions.seal() == 4
    assert verify().faults == []


def test_many_writers_beside_the_sealer_lose_and_double_nothing():
    def write() -> None:
        written(40)
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        actions.seal()
    actions.seal()

    ids = [key for seal in Seal.objects.order_by("number") for key in queries.ids_of(seal)]
    assert len(ids) == len(set(ids)) == 240
    assert verify().faults == []


def test_a_server_that_the_ledger_does_not_know_writes_nothing_until_it_is_adopted(sealed):
    tamper("DELETE FROM audit_server")
    with pytest.raises(DatabaseError, match="does not know this database server"):
        written()

    assert actions.adopt("restored after a fire")
    assert not actions.adopt("again")
    written()

    assert actions.seal() == 2
    assert verify().faults == []
    assert Entry.objects.filter(action="ledger_adopted").count() == 1


# The proof for one referral


def checked(told: dict, tmp_path, *key: str) -> subprocess.CompletedProcess[str]:
    """What the program in the file says, run by itself as whoever gets the file runs it."""
    file = tmp_path / "file.zip"
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("ledger.json", json.dumps(told, ensure_ascii=False))
    command = [sys.executable, "-I", verifier.__file__, str(file), *key]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def told(sealed) -> dict:
    for _ in range(6):
        written(2, "referral:PAL-OTHR-OTHR")
        written()
        actions.seal()
    written()
    return queries.proofs_of("referral:PAL-TEST-TEST")


def test_the_proof_of_one_referral_is_checked_with_nothing_but_python(told, tmp_path):
    result = checked(told, tmp_path, bytes(queries.keys()[0].public).hex())

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "15 entries are as they were sealed; 1 were not sealed yet\n"
    assert "PAL-OTHR" not in json.dumps(told)


def test_a_proof_still_holds_under_a_key_that_the_old_one_vouched_for(told, tmp_path):
    actions.new_key()
    actions.seal()

    again = queries.proofs_of("referral:PAL-TEST-TEST")
    assert checked(again, tmp_path, bytes(queries.keys()[0].public).hex()).returncode == 0
    again["keys"][1]["vouched"] = "00" * 64
    assert "key 2 is not vouched for" in checked(again, tmp_path).stdout


@pytest.mark.parametrize(
    "forge",
    [
        lambda told: told["entries"][3].update(content=told["entries"][3]["content"].replace("looked", "closed")),
        lambda told: told["entries"][3].update(id=told["entries"][4]["id"]),
        lambda told: told["entries"][3].update(place=told["entries"][3]["place"] + 1),
        lambda told: told["entries"][3]["path"].pop(),
        lambda told: told["entries"][3]["path"].append("00" * 32),
        lambda told: told["seals"][0].update(entries=told["seals"][0]["entries"] + 1),
        lambda told: told["seals"][0].update(total=1),
        lambda told: told["seals"][0]["path"].reverse(),
        lambda told: told["seals"].pop(),
        lambda told: told.update(head=told["head"].replace("\n8\n", "\n7\n")),
        lambda told: told.update(head=told["head"].replace(" entries", "0 entries")),
        lambda told: told["keys"].insert(0, {"public": "11" * 32, "vouched": ""}),
    ],
)
def test_a_forged_proof_does_not_hold(told, forge, tmp_path):
    forge(told)

    assert checked(told, tmp_path).returncode == 1


def test_the_proof_says_whose_ledger_it_is_only_with_the_key_that_somebody_kept(told, tmp_path):
    assert "not the one that was given" in checked(told, tmp_path, "22" * 32).stdout


@given(st.binary(max_size=80), st.integers(0, 63), st.integers(0, 7))
def test_the_verifiers_own_signature_check_agrees_with_the_library(content, byte, bit):
    private = Ed25519PrivateKey.generate()
    public, signature = keys.public_of(private), private.sign(content)
    spoilt = bytearray(signature)
    spoilt[byte] ^= 1 << bit

    assert verifier.is_signed(public, signature, content)
    assert not verifier.is_signed(public, bytes(spoilt), content)
    assert not verifier.is_signed(public, signature, content + b"x")


def test_the_verifier_is_short_and_needs_nothing_of_palermo():
    source = Path(verifier.__file__).read_text(encoding="utf-8")

    assert len(source.splitlines()) < 150
    assert {node.names[0].name if isinstance(node, ast.Import) else node.module for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Import | ast.ImportFrom)} <= sys.stdlib_module_names  # fmt: skip
