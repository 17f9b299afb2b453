"""Documents: what comes in, what is kept of it and where, and how it is given out again."""

import hashlib
import io
import json
import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from palermo.web.audit.models import Entry
from palermo.web.cases.actions import NoReferral, Refused
from palermo.web.intake.models import Event
from palermo.web.papers import actions, queries, store
from palermo.web.papers.actions import Filed
from palermo.web.papers.content.kinds import FileRefused
from palermo.web.papers.models import Document, Withdrawal
from palermo.web.papers.queries import PAGE, everything_of
from web.cases.casebook import OF_PALADIN, a_referral, text_of, told
from web.cases.test_referral_page import same_for_any
from web.papers import files
from web.papers.filing import a_decision, a_document, a_note, a_page, crimes

pytestmark = pytest.mark.django_db


def adding(referral) -> str:
    return f"/referrals/{referral.reference}/papers/document/"


def page_of(referral, number: int = 1) -> str:
    return f"/referrals/{referral.reference}/papers/documents/{number}/"


def sent(content: bytes, name: str, **other: object) -> dict[str, object]:
    """The form as a browser sends it."""
    return {"file": SimpleUploadedFile(name, content), "description": "The rota from the kitchen wall.", **other}


def in_store(settings) -> list[Path]:
    return [path for path in settings.FILES.rglob("*") if path.is_file()]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# Adding


def test_a_document_is_kept_as_it_came_with_its_hash(accounts, signed_in, settings):
    referral = a_referral(by=accounts["partner"])
    client, content = signed_in("borough"), files.a_pdf()

    response = client.post(adding(referral), sent(content, "rota.pdf"))

    assert response.url == f"/referrals/{referral.reference}/papers/?document=1"
    kept = Document.objects.get()
    assert (kept.number, kept.kind, kept.name, kept.size, kept.sha256) == (
        1,
        "pdf",
        "rota.pdf",
        len(content),
        sha256(content),
    )
    assert (kept.sha256_came, kept.removed, kept.sealed) == (kept.sha256, [], "")
    assert [path.read_bytes() for path in in_store(settings)] == [content]
    page = text_of(client.get(response.url))
    for words in ("Document 1 is added.", "rota.pdf", "The rota from the kitchen wall.", "PDF"):
        assert words in page
    page = text_of(client.get(page_of(referral)))
    for words in (sha256(content), "Officer, Newham borough", "it is kept as it came"):
        assert words in page


def test_a_picture_is_kept_without_where_it_was_taken_and_its_original_not_at_all(accounts, signed_in, settings):
    referral = a_referral(by=accounts["partner"])
    content = files.with_location()

    response = signed_in("borough").post(adding(referral), sent(content, "cellar.jpg"))

    kept = Document.objects.get()
    (path,) = in_store(settings)
    assert kept.sha256_came == sha256(content)
    assert kept.sha256 == sha256(path.read_bytes()) != kept.sha256_came
    assert kept.removed == ["location", "metadata"]
    assert b"Telephone" not in path.read_bytes()
    listed = text_of(signed_in("borough").get(response.url))
    assert "Left out of it: where it was taken and what the camera or a program wrote into it." in listed


def test_where_the_original_is_evidence_it_is_kept_sealed(accounts, signed_in, settings):
    referral = a_referral(by=accounts["partner"])
    content = files.with_location()

    signed_in("borough").post(adding(referral), sent(content, "cellar.jpg", sealed_because="It shows which house."))

    kept = Document.objects.get()
    assert kept.sealed_because == "It shows which house."
    assert store.path_of(kept.sealed).read_bytes() == content
    assert len(in_store(settings)) == 2
    assert "Its original is kept sealed." in Event.objects.latest("pk").says
    assert signed_in("borough").post(page_of(referral) + "download/").getvalue() != content


def test_only_of_a_picture_an_original_is_kept(accounts, signed_in, settings):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").post(adding(referral), sent(files.a_pdf(), "a.pdf", sealed_because="It matters."))

    assert response.status_code == 400
    assert "Only of pictures something is left out" in text_of(response)
    assert in_store(settings) == []


def test_the_timeline_and_the_trail_tell_of_it_without_its_name(accounts):
    referral = a_referral(by=accounts["partner"])
    kept = a_document(accounts["borough"], referral, b"x", "the shelter in Ilford.txt", description="Ilford")

    event, entry = Event.objects.latest("pk"), Entry.objects.get(action="document_added")
    assert event.says == "Document 1 was added."
    assert entry.detail == {
        "number": 1,
        "kind": "txt",
        "sha256_came": kept.sha256,
        "sha256": kept.sha256,
        "sealed": False,
    }
    assert "Ilford" not in f"{entry.detail}{event.says}"


def test_the_same_page_sent_twice_is_one_document_and_one_file(accounts, settings):
    referral = a_referral(by=accounts["partner"])
    page, filed = a_page(), Filed("a.txt", "a statement")

    for _ in range(2):
        actions.add_document(accounts["borough"], referral.reference, [b"one"], filed, page=page)

    assert Document.objects.count() == 1
    assert len(in_store(settings)) == 1
    actions.add_document(accounts["borough"], referral.reference, [b"two"], filed, page=page)
    assert Document.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/cron.d/rota.txt", "rota.txt"),
        ("C:\\Windows\\rota.txt", "rota.txt"),
        ("rota\u202etxt.exe.txt", "rotatxt.exe.txt"),
        ('"><script>alert(1)</script>.txt', "script_.txt"),
        ("rota;\r\nSet-Cookie: x.txt", "rota;Set-Cookie_ x.txt"),
        ("الجدول.txt", "الجدول.txt"),
    ],
)
def test_the_name_is_kept_as_text_and_nothing_else_comes_of_it(accounts, signed_in, settings, name, kept):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, b"x", name)
    client = signed_in("borough")

    given = client.post(page_of(referral) + "download/")

    assert Document.objects.get().name == kept
    assert "\n" not in given["Content-Disposition"]
    assert given["Content-Disposition"].startswith("attachment; filename")
    (path,) = in_store(settings)
    assert path.parent.parent.parent == settings.FILES
    assert path.name == Document.objects.get().stored
    assert "<script>alert" not in client.get(page_of(referral)).content.decode()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", None),
        (files.a_zip_bomb(), "a.docx", "bomb"),
        (files.a_pdf() + files.SCRIPT, "a.pdf", "polyglot"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + files.SCRIPT + b"</svg>", "a.svg", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + files.SCRIPT + b"</svg>", "a.png", "type"),
        (files.a_picture("PNG")[:50], "a.png", "damaged"),
        (files.a_picture("PNG"), "a.pdf", "type"),
        (files.a_pdf(files.script_on_opening), "a.pdf", "active"),
    ],
)
def test_of_a_file_that_is_refused_nothing_is_kept_and_what_was_typed_stays(
    accounts, signed_in, settings, content, name, code
):
    referral = a_referral(by=accounts["partner"])

    response = signed_in("borough").post(adding(referral), sent(content, name))

    page = text_of(response)
    assert response.status_code == 400
    assert "There is a problem" in page
    assert "The rota from the kitchen wall." in page
    assert (in_store(settings), list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())) == ([], [])
    assert not Document.objects.exists()
    assert "document_added" not in told(referral)
    noted = list(Entry.objects.filter(action="document_refused").values_list("detail", flat=True))
    assert noted == ([{"why": code, "size": len(content), "sha256": sha256(content)}] if code else [])


def test_a_file_must_be_chosen_again_where_something_else_is_wrong(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")

    for given in (sent(files.a_pdf(), "a.pdf", description=""), {"description": "", "file": ""}):
        response = client.post(adding(referral), {**given, "sealed_because": "It shows the house."})
        page = text_of(response)
        assert response.status_code == 400
        assert "What is it?: write it in a few words" in page
        assert ("Choose the file again" in page) is bool(given["file"])
        assert ("Choose a file" in page) is not bool(given["file"])
        assert "It shows the house." in page
    assert not Document.objects.exists()


# How large


def test_a_file_beyond_the_limit_is_said_to_be_before_and_after(accounts, signed_in, settings):
    settings.FILE_LIMIT = 1024 * 1024
    referral = a_referral(by=accounts["partner"])
    client = signed_in("borough")
    just, beyond = b"x" * settings.FILE_LIMIT, b"x" * (settings.FILE_LIMIT + 1)

    before = text_of(client.get(adding(referral)))
    after = client.post(adding(referral), sent(beyond, "a.txt", sealed_because="It matters."))

    assert "Up to 1 MB" in before
    assert 'data-most-bytes="1048576"' in before
    assert after.status_code == 400
    page = text_of(after)
    assert page.count("The file is larger than 1 MB.") == 2
    assert "Choose a file" not in page
    assert "The rota from the kitchen wall." in page
    assert "It matters." in page
    assert (in_store(settings), list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())) == ([], [])
    assert client.post(adding(referral), sent(just, "a.txt")).status_code == 302
    with pytest.raises(FileRefused, match="larger than 1 MB"):
        actions.add_document(accounts["borough"], referral.reference, [just, b"x"], Filed("a.txt", "x"), page="p")


def test_a_file_is_never_whole_in_memory(accounts, settings):
    """Of a large file that comes in pieces, two are never there at once."""
    referral = a_referral(by=accounts["partner"])
    alive: list[int] = []

    class Piece(bytes):
        def __del__(self):
            alive[0] -= 1

    def pieces():
        alive.append(0)
        for _ in range(20):
            alive[0] += 1
            assert alive[0] <= 2
            yield Piece(b"x" * 100_000)

    made = actions.add_document(accounts["borough"], referral.reference, pieces(), Filed("a.txt", "x"), page="p")

    assert made.size == 2_000_000
    assert alive == [0]


def test_what_comes_stands_on_the_disk_while_it_comes_and_nowhere_afterwards(
    accounts, signed_in, settings, monkeypatch
):
    referral = a_referral(by=accounts["partner"])
    seen = []

    def look(*args: object, **how: object):
        seen.append(list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()))
        raise FileRefused("kind", "No.")

    monkeypatch.setattr(actions, "check_apart", look)
    signed_in("borough").post(adding(referral), sent(b"x", "a.txt"))

    assert len(seen[0]) == 1
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    assert in_store(settings) == []


def test_nobody_who_is_not_signed_in_leaves_a_file(client, accounts, settings, monkeypatch):
    from palermo.web.papers import uploads

    begun = []
    new_file = uploads.TemporaryFileUploadHandler.new_file
    monkeypatch.setattr(
        uploads.TemporaryFileUploadHandler, "new_file", lambda self, *a, **k: begun.append(a) or new_file(self, *a, **k)
    )
    referral = a_referral(by=accounts["partner"])

    client.post("/sign-in/", {"username": "x", **sent(b"x", "a.txt")})
    client.post(adding(referral), sent(b"x", "a.txt"))
    assert begun == []
    client.force_login(accounts["borough"])
    client.post(adding(referral), sent(b"x", "a.txt"))
    assert len(begun) == 1


def test_two_files_at_once_are_not_taken(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    two = {**sent(b"x", "a.txt"), "other": SimpleUploadedFile("b.txt", b"y")}

    assert signed_in("borough").post(adding(referral), two).status_code == 400
    assert not Document.objects.exists()


# The store


def test_a_file_is_on_the_disk_before_its_row_is_committed(accounts, monkeypatch):
    referral = a_referral(by=accounts["partner"])
    done: list[str] = []
    fsync, rename, create = os.fsync, Path.rename, Document.objects.create
    monkeypatch.setattr(os, "fsync", lambda file: done.append("synced") or fsync(file))
    monkeypatch.setattr(Path, "rename", lambda self, to: done.append("moved") or rename(self, to))

    def kept(**row: object) -> Document:
        made = create(**row)
        done.append("row")
        return made

    monkeypatch.setattr(Document.objects, "create", kept)
    a_document(accounts["borough"], referral, b"x", "a.txt")

    assert done == ["synced", "moved", "synced", "synced", "row"]


def test_where_the_row_cannot_be_kept_no_file_stays(accounts, settings, monkeypatch):
    referral = a_referral(by=accounts["partner"])

    def broken(*args: object, **how: object):
        assert len(in_store(settings)) == 2
        raise ZeroDivisionError

    monkeypatch.setattr(actions, "note_in_trail", broken)
    with pytest.raises(ZeroDivisionError):
        a_document(accounts["borough"], referral, files.with_location(), "a.jpg", sealed_because="It matters.")

    assert in_store(settings) == []
    assert not Document.objects.exists()


def test_nobody_else_on_the_machine_can_read_the_store(accounts, settings):
    settings.FILES.mkdir(mode=0o755)
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, files.a_picture(), "a.jpg")

    there = [settings.FILES, *settings.FILES.rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in there if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in there if path.is_file()} == {0o600}


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_only_a_key_leads_into_the_store(key):
    with pytest.raises(ValueError, match="no key"):
        store.path_of(key)


# Giving


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (files.a_pdf(), "rota.pdf", "application/pdf"),
        (b"a,b\n", "list.csv", "text/csv"),
        (files.office(files.XLSX), "list.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_file_is_given_to_be_saved_and_can_run_nothing(accounts, signed_in, content, name, media_type):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, content, name)

    given = signed_in("borough").post(page_of(referral) + "download/")

    assert given.getvalue() == content
    assert {
        header: given[header]
        for header in (
            "Content-Type",
            "Content-Disposition",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Cross-Origin-Resource-Policy",
            "Cache-Control",
            "Content-Length",
        )
    } == {
        "Content-Type": media_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Content-Length": str(len(content)),
    }
    entry = Entry.objects.get(duty="disclosure")
    assert (entry.action, entry.subject, entry.detail) == (
        "document_given",
        f"referral:{referral.reference}",
        {"number": 1, "sha256": sha256(content)},
    )


def test_a_link_gives_nothing(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, b"x", "a.txt")

    assert signed_in("borough").get(page_of(referral) + "download/").status_code == 405
    assert not Entry.objects.filter(duty="disclosure").exists()


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_file_that_is_not_what_was_kept_is_given_to_nobody(accounts, signed_in, damage):
    referral = a_referral(by=accounts["partner"])
    kept = a_document(accounts["borough"], referral, b"what she said", "a.txt")
    path = store.path_of(kept.stored)
    path.write_bytes(b"what he said ") if damage == "changed" else path.unlink()

    given = signed_in("borough").post(page_of(referral) + "download/")

    assert given.status_code == 500
    assert "what he said" not in text_of(given)
    assert "is not what was kept" in text_of(given)
    assert not Entry.objects.filter(action="document_given").exists()
    assert Entry.objects.get(action="document_not_as_kept").detail == {"number": 1}


def test_the_sealed_original_is_given_only_for_a_reason_that_stands_on_record(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    content = files.with_location()
    a_document(accounts["borough"], referral, content, "cellar.jpg", sealed_because="It shows the house.")
    client = signed_in("borough-supervisor")
    address = page_of(referral) + "original/"

    assert "Open the sealed original" in text_of(client.get(page_of(referral)))
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 400
    assert not Entry.objects.filter(action="sealed_original_given").exists()
    given = client.post(address, {"reason": "The court asks where it was taken."})

    assert given.getvalue() == content
    assert given["Content-Type"] == "application/octet-stream"
    assert given["Content-Disposition"] == 'attachment; filename="original cellar.jpg"'
    assert given["Content-Security-Policy"] == "sandbox; default-src 'none'"
    event, entry = Event.objects.latest("pk"), Entry.objects.get(action="sealed_original_given")
    assert (event.kind, event.reason) == ("seal_broken", "The court asks where it was taken.")
    assert (entry.duty, entry.detail) == ("disclosure", {"number": 1, "sha256": sha256(content)})


def test_where_nothing_is_sealed_there_is_nothing_to_open(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, files.a_picture(), "cellar.jpg")

    assert signed_in("borough").get(page_of(referral) + "original/").status_code == 404
    with pytest.raises(Refused, match="no original is sealed"):
        actions.break_seal(accounts["borough"], referral.reference, 1, "x")


def test_a_text_is_shown_with_what_it_hides(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, "He said \u202eno\u202c <b>".encode(), "a.txt")

    raw = signed_in("borough").get(page_of(referral)).content.decode()

    assert "He said ⟨U+202E⟩no⟨U+202C⟩ &lt;b&gt;" in raw
    assert "characters that nobody sees" in raw


# Withdrawing


def test_a_document_on_the_wrong_referral_is_withdrawn_and_nobody_reads_it(accounts, signed_in, settings):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, b"the shelter in Ilford", "Ilford.txt", description="the rooms in Ilford")
    client = signed_in("borough")
    pages = (page_of(referral), f"/referrals/{referral.reference}/papers/")
    assert all("Ilford" in text_of(client.get(page)) for page in pages)

    assert client.post(page_of(referral) + "withdraw/", {"reason": ""}).status_code == 400
    response = client.post(page_of(referral) + "withdraw/", {"reason": "It is of another woman."})

    assert response.url == page_of(referral)
    for page in pages:
        shown = text_of(client.get(page))
        assert "Ilford" not in shown
        for words in ("ithdrawn", "It is of another woman.", "Officer, Newham borough"):
            assert words in shown
    given = client.post(page_of(referral) + "download/")
    assert (given.status_code, "Ilford" in text_of(given)) == (409, False)
    assert not Entry.objects.filter(action="document_given").exists()
    event, entry = Event.objects.latest("pk"), Entry.objects.get(action="document_withdrawn")
    assert (event.kind, event.says) == ("document_withdrawn", "Document 1 was withdrawn.")
    assert entry.detail == {"number": 1, "sha256": sha256(b"the shelter in Ilford")}
    assert len(in_store(settings)) == 1


def test_what_is_withdrawn_is_not_unsealed_and_not_withdrawn_again(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, files.with_location(), "a.jpg", sealed_because="It matters.")
    actions.withdraw_document(accounts["borough"], referral.reference, 1, "It is of another woman.")
    client = signed_in("borough")

    for address in ("original/", "withdraw/"):
        assert client.get(page_of(referral) + address).status_code == 409
        again = client.post(page_of(referral) + address, {"reason": "It is needed."})
        assert again.status_code == 409
        assert "document 1 was withdrawn by Officer, Newham borough" in text_of(again)
        assert "It is needed." in text_of(again)
    assert "/original/" not in text_of(client.get(page_of(referral)))
    assert client.get(page_of(referral, 2) + "withdraw/").status_code == 404
    with pytest.raises(Refused, match="no such document"):
        actions.withdraw_document(accounts["borough"], referral.reference, 2, "x")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Withdrawal.objects.all().delete()


# Who


@pytest.mark.parametrize(
    ("who", "reads", "adds", "opens"),
    [
        ("borough", 200, 200, 200),
        ("borough-supervisor", 200, 200, 200),
        ("officer", 200, 200, 403),  # named as support
        ("commander", 200, 403, 200),
        ("auditor", 200, 403, 403),
        ("paladin", 404, 404, 404),
        ("analyst", 404, 404, 404),
        ("administrator", 404, 404, 404),
        ("partner", 404, 404, 404),
    ],
)
def test_who_reads_who_adds_and_who_opens_what_is_sealed(accounts, signed_in, who, reads, adds, opens):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, files.with_location(), "a.jpg", sealed_because="It matters.")
    client = signed_in(who)

    assert client.get(page_of(referral)).status_code == reads
    assert client.post(page_of(referral) + "download/").status_code == reads
    assert client.get(adding(referral)).status_code == adds
    assert client.get(page_of(referral) + "original/").status_code == opens
    assert client.get(page_of(referral) + "withdraw/").status_code == opens
    given = client.post(page_of(referral) + "original/", {"reason": "x"})
    assert given.get("Content-Type") == ("application/octet-stream" if opens == 200 else given["Content-Type"])
    assert Entry.objects.filter(action="sealed_original_given").exists() is (opens == 200)
    client.post(adding(referral), sent(b"x", "a.txt"))
    assert Document.objects.count() == (2 if adds == 200 else 1)
    client.post(page_of(referral) + "withdraw/", {"reason": "x"})
    assert Withdrawal.objects.exists() is (opens == 200)


def test_a_file_is_not_even_opened_for_somebody_who_may_not_add_it(accounts, signed_in, monkeypatch):
    referral = a_referral(by=accounts["partner"])
    monkeypatch.setattr(actions, "check_apart", lambda *a, **k: pytest.fail("it was opened"))

    assert signed_in("commander").post(adding(referral), sent(b"x", "a.txt")).status_code == 409
    with pytest.raises(NoReferral):
        a_document(accounts["paladin"], referral, b"x", "a.txt")


def test_a_restricted_referrals_documents_answer_as_if_there_were_none(accounts, signed_in):
    hidden = a_referral(OF_PALADIN, by=accounts["partner"], restricted=True)
    a_document(
        accounts["paladin-supervisor"],
        hidden,
        files.with_location(),
        "Ilford.jpg",
        sealed_because="It shows the house.",
    )
    client = signed_in("paladin")

    assert "Ilford.jpg" in text_of(signed_in("paladin-supervisor").get(page_of(hidden)))
    for address in ("documents/1/", "documents/1/original/", "documents/1/withdraw/", "document/"):
        there = client.get(f"/referrals/{hidden.reference}/papers/{address}")
        not_there = client.get(f"/referrals/PAL-BBBB-BBBB/papers/{address}")
        assert there.status_code == not_there.status_code == 404
        assert same_for_any(there, hidden.reference) == same_for_any(not_there, "PAL-BBBB-BBBB")
    for address in ("documents/1/download/", "documents/1/original/", "documents/1/withdraw/"):
        assert client.post(f"/referrals/{hidden.reference}/papers/{address}", {"reason": "x"}).status_code == 404
    assert not Entry.objects.filter(duty="disclosure", action__in=("document_given", "sealed_original_given")).exists()
    assert not Withdrawal.objects.exists()


def test_a_document_is_not_found_under_another_referral(accounts, signed_in):
    first, second = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    a_document(accounts["borough"], first, b"x", "a.txt")
    client = signed_in("borough")

    assert client.get(page_of(second)).status_code == 404
    assert client.post(page_of(second) + "download/").status_code == 404
    assert client.get(page_of(first, 2)).status_code == 404


# What the database holds


def test_the_database_changes_no_document(accounts):
    referral = a_referral(by=accounts["partner"])
    made = a_document(accounts["borough"], referral, b"x", "a.txt")
    connection.check_constraints()

    for statement in ("UPDATE papers_document SET name = 'x'", "DELETE FROM papers_document"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    alike = {
        field.attname: getattr(made, field.attname)
        for field in Document._meta.concrete_fields
        if field.name not in ("id", "number", "key", "stored")
    }
    for other, name in (
        ({"stored": made.stored}, "stored"),
        ({"stored": "b" * 32, "sealed": "c" * 32}, "sealed_original_has_a_reason"),
        ({"stored": "b" * 32, "size": 0}, "not_empty"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Document.objects.create(**{**alike, "key": a_page(), **other})


# Reading


def test_long_lists_have_pages_of_their_own(accounts, signed_in, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    referral = a_referral(by=accounts["partner"])
    for number in range(3):
        a_document(accounts["borough"], referral, b"x%d" % number, f"file-{number}.txt")
        a_note(accounts["borough"], referral, f"note {number}")
    address = f"/referrals/{referral.reference}/papers/"
    client = signed_in("borough")

    first = text_of(client.get(address))
    second = text_of(client.get(address, {"documents": "2", "notes": "2"}))

    assert "file-2.txt" in first
    assert "file-0.txt" not in first
    assert "file-0.txt" in second
    assert "?documents=2&notes=1#notes" in second
    assert PAGE > 2


def test_more_documents_are_no_more_queries(accounts, signed_in):
    def asked(referral) -> int:
        client = signed_in("borough")
        with CaptureQueriesContext(connection) as found:
            client.get(f"/referrals/{referral.reference}/papers/")
        return len(found)

    one, many = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    a_document(accounts["borough"], one, b"x", "a.txt")
    a_note(accounts["borough"], one)
    a_note(accounts["borough"], many)
    for number in range(5):
        a_document(accounts["borough"], many, b"%d" % number, "a.txt")

    assert asked(one) == asked(many)


def test_everything_of_a_referral_comes_in_a_fixed_number_of_queries(accounts):
    def asked(referral) -> tuple[int, dict[str, int]]:
        with CaptureQueriesContext(connection) as found:
            everything = everything_of(referral)
            counts = {
                "notes": len([(note.text, note.supersedes) for note in everything.notes]),
                "documents": len(everything.documents),
                "decisions": len([(one.facts.version, one.met, list(one.later.all())) for one in everything.decisions]),
                "crimes": len(everything.crimes),
            }
        return len(found), counts

    one, many = a_referral(by=accounts["partner"]), a_referral(by=accounts["partner"])
    for referral, times in ((one, 1), (many, 3)):
        for number in range(times):
            a_note(accounts["borough"], referral, f"note {number}")
            a_document(accounts["borough"], referral, b"%d" % number, "a.txt")
            a_decision(accounts["borough"], referral, decision=f"decision {number}")
            crimes(accounts["borough"], referral, f"123{number}/10", reason="x", seen=number)

    assert asked(one) == (5, dict.fromkeys(("notes", "documents", "decisions", "crimes"), 1))
    assert asked(many) == (5, dict.fromkeys(("notes", "documents", "decisions", "crimes"), 3))


# palermo files check


def check_files(capsys) -> tuple[int, list[dict[str, object]]]:
    import typer

    from palermo.web.commands.filing import check

    with pytest.raises(typer.Exit) as ended:
        check()
    return ended.value.exit_code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_store_is_held_against_the_documents(accounts, settings, capsys):
    referral = a_referral(by=accounts["partner"])
    whole = a_document(accounts["borough"], referral, files.with_location(), "a.jpg", sealed_because="It matters.")
    assert check_files(capsys) == (0, [])

    changed = a_document(accounts["borough"], referral, b"changed", "a.txt")
    missing = a_document(accounts["borough"], referral, b"missing", "a.txt")
    store.path_of(changed.stored).write_bytes(b"charged")
    store.path_of(missing.stored).unlink()
    store.path_of(whole.sealed).write_bytes(b"other")
    orphan = settings.FILES / "kept" / "ab" / ("ab" * 16)
    left = settings.FILES / "incoming" / ("cd" * 16)
    upload = settings.FILE_UPLOAD_TEMP_DIR / "x.upload"
    orphan.parent.mkdir(exist_ok=True)
    for path in (orphan, left, upload):
        path.write_bytes(b"x")
    of_it = {"reference": referral.reference}
    documents = [
        {"fault": "changed", "file": whole.sealed, **of_it, "document": 1},
        {"fault": "changed", "file": changed.stored, **of_it, "document": 2},
        {"fault": "missing", "file": missing.stored, **of_it, "document": 3},
    ]
    assert check_files(capsys) == (1, documents)
    for path in (orphan, left, upload):
        os.utime(path, (0, time.time() - 2 * store.YOUNG))

    nobodys = {"reference": "", "document": None}
    code, found = check_files(capsys)
    assert (code, found[:3]) == (1, documents)
    assert sorted(found[3:], key=str) == sorted(
        [
            {"fault": "orphaned", "file": str(orphan), **nobodys},
            {"fault": "left_over", "file": str(left), **nobodys},
            {"fault": "left_over", "file": str(upload), **nobodys},
        ],
        key=str,
    )


def test_a_picture_that_is_given_is_a_picture(accounts, signed_in):
    referral = a_referral(by=accounts["partner"])
    a_document(accounts["borough"], referral, files.with_location("PNG"), "a.png")

    given = signed_in("borough").post(page_of(referral) + "download/")

    with Image.open(io.BytesIO(given.getvalue())) as picture:
        assert picture.size == (40, 20)
