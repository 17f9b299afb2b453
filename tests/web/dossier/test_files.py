"""The duty-to-investigate file: who may have it, what is in it, and that no change of it goes unseen."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from palermo.reports.checking import NoSuchFile, check
from palermo.web import clock
from palermo.web.audit.models import Entry
from palermo.web.cases import actions as moves
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.dossier import actions, queries
from palermo.web.dossier.models import CaseFile
from palermo.web.intake.models import Event
from palermo.web.papers.actions import withdraw_document
from web.background import run_jobs
from web.cases.casebook import OF_A_BOROUGH, OF_SCD9, a_referral, accepted, escalated, seen, text_of
from web.papers.filing import a_document

pytestmark = pytest.mark.django_db
RECIPIENT, REASON = "Reviewing lawyer", "a claim was received"


def a_file(accounts, referral) -> CaseFile:
    asked = actions.ask_for_file(accounts["supervisor"], referral.reference, RECIPIENT, REASON)
    run_jobs()
    asked.refresh_from_db()
    return asked


def content(accounts, referral, asked) -> bytes:
    _, file = actions.give_away(accounts["supervisor"], referral.reference, asked.pk)
    with file:
        return file.read()


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("supervisor", True),
        ("commander", True),
        ("auditor", True),
        ("officer", False),
        ("paladin", False),
        ("analyst", False),
        ("partner", False),
        ("administrator", False),
    ],
)
def test_who_may_have_the_file(accounts, signed_in, who, may):
    referral = accepted(accounts["officer"], OF_SCD9)

    if may:
        actions.ask_for_file(accounts[who], referral.reference, RECIPIENT, REASON)
    else:
        with pytest.raises((Refused, NoReferral)):
            actions.ask_for_file(accounts[who], referral.reference, RECIPIENT, REASON)
    assert CaseFile.objects.exists() is may
    story = signed_in(who).get(f"/referrals/{referral.reference}/file/story/")
    assert (story.status_code == 200) is may


def test_asking_is_told_noted_and_made_in_the_background(accounts):
    referral = accepted(accounts["officer"], OF_SCD9)
    asked = actions.ask_for_file(accounts["supervisor"], referral.reference, RECIPIENT, REASON)

    assert asked.made_at is None
    assert Event.objects.filter(referral=referral, kind="file_asked", reason=REASON).exists()
    entry = Entry.objects.filter(duty="disclosure", action="file_asked").get()
    assert RECIPIENT not in str(entry.detail)
    assert run_jobs() == ["dossier.make_file"]
    asked.refresh_from_db()
    assert asked.made_at is not None
    assert actions.make_file(asked.pk) is False


def test_the_file_tells_the_whole_story_and_can_be_checked(accounts, tmp_path):
    referral = escalated(accounts["borough"], sent_by_borough="Newham", account="He was told never to speak.")
    moves.accept_offer(accounts["officer"], referral.reference, seen(referral))
    asked = a_file(accounts, referral)

    path = tmp_path / "a.zip"
    path.write_bytes(content(accounts, referral, asked))
    with zipfile.ZipFile(path) as parts:
        page = parts.read("file.html").decode()
        data = json.loads(parts.read("file.json"))
        assert parts.read("file.pdf").startswith(b"%PDF")
    for words in (
        "He was told never to speak.",
        "Ilinca",
        "beyond the borough",
        "Territorial Policing, Newham",
        "Officer, SCD9",
        "Accept the referral or hand it back",
        "file asked",
    ):
        assert words in page, words
    titles = [section["title"] for section in data["sections"]]
    assert titles[0] == "What arrived"
    assert "Who has seen it" in titles
    found = check(path)
    assert (found.faults, found.manifest_sha256) == ((), asked.manifest_sha256)


def test_of_a_document_that_was_withdrawn_the_file_tells_only_that_it_was(accounts, tmp_path):
    referral = accepted(accounts["officer"], OF_SCD9)
    a_document(accounts["officer"], referral, b"the rota of the kitchen", "rota.txt")
    a_document(accounts["officer"], referral, b"the shelter in Ilford", "Ilford.txt", "the rooms in Ilford")

    def parts_of(name: str) -> dict[str, bytes]:
        path = tmp_path / name
        path.write_bytes(content(accounts, referral, a_file(accounts, referral)))
        assert check(path).faults == ()
        with zipfile.ZipFile(path) as parts:
            return {one: parts.read(one) for one in parts.namelist()}

    before = parts_of("before.zip")
    assert before["documents/002.txt"] == b"the shelter in Ilford"
    assert b"Ilford" in before["file.html"]
    withdraw_document(accounts["officer"], referral.reference, 2, "It is of another woman.")
    after = parts_of("after.zip")

    assert after["documents/001.txt"] == b"the rota of the kitchen"
    assert "documents/002.txt" not in after
    assert not [name for name, part in after.items() if b"Ilford" in part]
    assert b"It is of another woman." in after["file.html"]


def test_how_somebody_is_reached_safely_is_in_no_file(accounts):
    referral = accepted(
        accounts["officer"],
        OF_SCD9,
        potential_victims=({"given_names": "Ilinca", "safe_contact": "through the aunt on 555"},),
    )
    asked = a_file(accounts, referral)

    with zipfile.ZipFile(io.BytesIO(content(accounts, referral, asked))) as parts:
        assert b"Ilinca" in parts.read("file.html")
        assert not any(b"aunt" in parts.read(name) for name in parts.namelist())


@pytest.mark.parametrize("change", ["altered", "missing", "more"])
def test_every_change_of_the_file_is_found(accounts, tmp_path, change):
    referral = accepted(accounts["officer"], OF_SCD9)
    whole = content(accounts, referral, a_file(accounts, referral))
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            if change == "missing" and name == "file.json":
                continue
            altered = old.read(name).replace(b"SCD9", b"SCD8") if change == "altered" and name == "file.html" else None
            new.writestr(name, old.read(name) if altered is None else altered)
        if change == "more":
            new.writestr("documents/999.txt", "put in afterwards")

    said = {
        "altered": "file.html is not as it was made",
        "missing": "file.json is missing",
        "more": "documents/999.txt is not in the list",
    }
    assert check(changed).faults == (said[change],)


def test_what_is_no_such_file_is_said_to_be_none(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")

    with pytest.raises(NoSuchFile, match="Give the ZIP as it was made"):
        check(path)


def test_a_file_is_cleared_off_the_disk_and_what_is_kept_of_it_stays(accounts, settings):
    referral = accepted(accounts["officer"], OF_SCD9)
    asked = a_file(accounts, referral)
    assert list((settings.FILES / "made").iterdir())

    assert actions.remove_old(clock.now() + timedelta(days=6)) == 0
    assert actions.remove_old(clock.now() + timedelta(days=8)) == 1

    assert not list((settings.FILES / "made").iterdir())
    asked.refresh_from_db()
    assert asked.removed_at and asked.sha256
    assert actions.give_away(accounts["supervisor"], referral.reference, asked.pk) is None


def test_a_story_takes_as_many_queries_for_a_long_life_as_for_a_short_one(accounts):
    def count(referral) -> int:
        with CaptureQueriesContext(connection) as made:
            queries.story_for(accounts["commander"], referral.reference)
        return len(made)

    short, long = a_referral(OF_SCD9, by=accounts["partner"]), escalated(accounts["borough"])
    moves.accept_offer(accounts["officer"], long.reference, seen(long))
    for value in ("national", "international", "cross_borough"):
        moves.correct(accounts["officer"], long.reference, seen(long), "reach", value, "it was seen")

    assert count(short) == count(long)


def test_the_pages_ask_wait_and_give(accounts, signed_in):
    referral = accepted(accounts["officer"], OF_SCD9)
    supervisor, address = signed_in("supervisor"), f"/referrals/{referral.reference}/file/"

    refused = supervisor.post(address, {"recipient": "", "reason": "a claim"})
    assert refused.status_code == 400
    assert "Who is it for? Write the post and the body" in text_of(refused)
    assert "a claim" in text_of(refused)

    waiting = supervisor.post(address, {"recipient": RECIPIENT, "reason": REASON}, follow=True)
    assert "The file is being made" in text_of(waiting)
    assert waiting.headers["Refresh"] == "2"
    run_jobs()
    ready = supervisor.get(waiting.request["PATH_INFO"])
    assert "The file is ready" in text_of(ready)
    given = supervisor.post(f"{waiting.request['PATH_INFO']}download/")
    assert given.headers["Content-Disposition"] == f'attachment; filename="{referral.reference}.zip"'
    assert Entry.objects.filter(action="file_given", duty="disclosure").count() == 1
    assert b"".join(given.streaming_content).startswith(b"PK")


def test_the_file_of_one_referral_is_not_given_under_another(accounts, signed_in):
    mine, other = accepted(accounts["officer"], OF_SCD9), a_referral(OF_A_BOROUGH, by=accounts["partner"])
    asked = a_file(accounts, mine)

    assert signed_in("commander").get(f"/referrals/{other.reference}/file/{asked.pk}/").status_code == 404
    assert signed_in("officer").post(f"/referrals/{mine.reference}/file/{asked.pk}/download/").status_code == 404
