"""What is in a file: plain ones are taken, hostile ones are refused, and pictures lose what stands beside them."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from palermo.web.papers.content import apart, limited, office
from palermo.web.papers.content.apart import check_apart
from palermo.web.papers.content.checking import check
from palermo.web.papers.content.kinds import BY_ENDING, KINDS, NOT_TAKEN, FileRefused, Found, kind_of
from palermo.web.papers.content.names import LONGEST, hides, safe_name, shown
from palermo.web.papers.content.texts import beginning
from web.papers import files

MOST_PIXELS = 50_000_000


def look(tmp_path: Path, content: bytes, name: str) -> tuple[Found, Path]:
    """What the file is found to be, and where it is written anew."""
    came, cleaned = tmp_path / "came", tmp_path / "cleaned"
    came.write_bytes(content)
    return check(came, name, cleaned, most_pixels=MOST_PIXELS), cleaned


def refused(tmp_path: Path, content: bytes, name: str) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        look(tmp_path, content, name)
    assert not (tmp_path / "cleaned").exists()
    return refusal.value


def a_workbook() -> bytes:
    made = io.BytesIO()
    book = Workbook()
    book.active.append(["name", 1, "=SUM(1,2)"])
    book.save(made)
    return made.getvalue()


# What is taken


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("rota.pdf", files.a_pdf(), "pdf"),
        ("rota.pdf", files.a_pdf(files.a_link_to_press), "pdf"),
        ("rota.pdf", files.a_pdf() + b"\r\n\0\n", "pdf"),
        ("ROTA.PDF", files.a_pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate), "pdf"),
        ("report.docx", files.office(), "docx"),
        ("report.docx", files.office(relations=files.relation("hyperlink")), "docx"),
        ("report.docx", files.office(parts={"word/media/image1.jpeg": files.a_picture()}), "docx"),
        ("list.xlsx", files.office(files.XLSX), "xlsx"),
        ("list.xlsx", a_workbook(), "xlsx"),
        ("statement.txt", "Ilinca said: «I could not leave». नमस्ते ولا".encode(), "txt"),
        ("statement.txt", b"BMW, grey; MZ 12; %PDF-1.4", "txt"),
        ("statement.txt", "I could not leave.".encode("utf-16"), "txt"),
        ("calls.csv", b"\xef\xbb\xbfnumber,minutes\n+442079460000,-3\n", "csv"),
    ],
)
def test_a_plain_file_is_taken_as_it_came(tmp_path, name, content, kind):
    assert look(tmp_path, content, name) == (Found(kind), tmp_path / "cleaned")
    assert not (tmp_path / "cleaned").exists()


@pytest.mark.parametrize(
    ("content", "name", "noticed"),
    [
        ("He said \u202eno\u202c.".encode(), "a.txt", ["hidden"]),
        (b"alarm \x07", "a.txt", ["hidden"]),
        (b"x,=HYPERLINK(0)\n", "a.csv", ["formulas"]),
        (b'x,"\n @SUM(1)"\n', "a.csv", ["formulas"]),
        (b"x,+cmd|0\n", "a.csv", ["formulas"]),
        ("x,=1,\u200b".encode(), "a.csv", ["hidden", "formulas"]),
        (b"=1", "a.txt", []),
    ],
)
def test_what_a_reader_should_know_of_a_text_is_noticed(tmp_path, content, name, noticed):
    assert look(tmp_path, content, name)[0].noticed == noticed


# Pictures


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "cellar.jpg"), ("PNG", "cellar.png"), ("WEBP", "cellar.webp")])
def test_a_picture_is_written_anew_without_where_it_was_taken(tmp_path, kind, name):
    content = files.with_location(kind)
    with Image.open(io.BytesIO(content)) as before:
        assert before.getexif().get_ifd(0x8825)[2] == (51.0, 32.0, 13.0)
    assert b"Telephone" in content

    found, cleaned = look(tmp_path, content, name)

    assert (found.kind, found.cleaned, found.removed) == (kind_of(name).key, True, ["location", "metadata"])
    with Image.open(cleaned) as after:
        assert not after.getexif()
        assert not {"exif", "xmp", "Comment", "comment", "icc_profile"} & set(after.info)
    left = cleaned.read_bytes()
    for words in (b"Telephone", b"GPS", b"Exif", b"Ilford"):
        assert words not in left


def test_what_a_picture_says_of_its_place_in_xmp_is_noticed_and_gone(tmp_path):
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>51,32.2N</exif:GPSLatitude></x:xmpmeta>'

    found, cleaned = look(tmp_path, files.a_picture(xmp=packet), "cellar.jpeg")

    assert found.removed == ["location", "metadata"]
    assert b"51,32.2N" not in cleaned.read_bytes()


def test_a_picture_stays_upright(tmp_path):
    """The camera was held upside down; what it wrote of that is gone, and the picture is turned instead."""
    _, cleaned = look(tmp_path, files.with_location(orientation=files.UPSIDE_DOWN), "cellar.jpg")

    with Image.open(cleaned) as after:
        left, right = after.getpixel((5, 10)), after.getpixel((35, 10))
    assert left[2] > 200 > left[0]
    assert right[0] > 200 > right[2]


@pytest.mark.parametrize(
    ("mode", "kind", "name"),
    [
        ("L", "JPEG", "a.jpg"),
        ("CMYK", "JPEG", "a.jpg"),
        ("1", "PNG", "a.png"),
        ("P", "PNG", "a.png"),
        ("LA", "PNG", "a.png"),
        ("RGBA", "PNG", "a.png"),
        ("I;16", "PNG", "a.png"),
        ("RGBA", "WEBP", "a.webp"),
    ],
)
def test_a_picture_of_every_make_keeps_its_size(tmp_path, mode, kind, name):
    made = io.BytesIO()
    Image.new(mode, (31, 17)).save(made, kind)

    found, cleaned = look(tmp_path, made.getvalue(), name)

    assert found.removed == []
    with Image.open(cleaned) as after:
        assert after.size == (31, 17)
        assert ("A" in after.getbands()) is ("A" in mode)


def test_a_picture_with_bare_patches_keeps_them_bare(tmp_path):
    made = io.BytesIO()
    Image.new("P", (8, 8), 0).save(made, "PNG", transparency=0)

    _, cleaned = look(tmp_path, made.getvalue(), "a.png")

    with Image.open(cleaned) as after:
        assert after.getpixel((0, 0))[3] == 0


def test_what_hangs_behind_a_picture_is_gone(tmp_path):
    film = b"ftypmp42" + b"\0" * 100

    _, cleaned = look(tmp_path, files.a_picture() + film, "cellar.jpg")

    assert b"ftypmp42" not in cleaned.read_bytes()


@given(
    red=st.integers(0, 255),
    green=st.integers(0, 255),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
)
def test_every_pixel_of_a_png_stays_as_it_is(tmp_path_factory, red, green, width, height):
    picture = Image.new("RGB", (width, height), (red, green, 7))
    picture.putpixel((width - 1, height - 1), (green, red, 9))
    made = io.BytesIO()
    picture.save(made, "PNG")

    _, cleaned = look(tmp_path_factory.mktemp("png"), made.getvalue(), "a.png")

    with Image.open(cleaned) as after:
        assert after.tobytes() == picture.tobytes()


# What is refused


REFUSED = [
    # empty, cut short, not what they are called
    ("a.pdf", b"", "empty", "The file is empty"),
    ("a.txt", b"", "empty", "The file is empty"),
    ("a.pdf", files.a_pdf()[:-30], "polyglot", "not complete"),
    ("a.jpg", files.a_picture(size=(400, 300))[:900], "damaged", "damaged or not complete"),
    ("a.png", files.a_picture("PNG")[:60], "damaged", "damaged or not complete"),
    ("a.webp", files.a_picture("WEBP")[:-9], "damaged", "damaged or not complete"),
    ("a.docx", files.office()[:-30], "damaged", "damaged or not complete"),
    ("a.png", files.a_picture("JPEG"), "type", "called a PNG picture, and what is in it is a JPEG picture"),
    ("a.pdf", files.a_picture("JPEG"), "type", "what is in it is a JPEG picture"),
    ("a.jpg", files.a_pdf(), "type", "what is in it is a PDF"),
    ("a.pdf", b"not a pdf at all", "type", "and it is not one"),
    ("a.docx", files.a_pdf(), "type", "what is in it is a PDF"),
    ("a.docx", files.office(files.XLSX), "type", "what is in it is an Excel workbook"),
    ("a.docx", files.office(files.DOCX.replace("document.main", "slideshow.main")), "type", "and is none"),
    ("a.docx", files.a_zip(list=b"x"), "embedded", "another file"),
    ("a.txt", b"\x89PNG\r\n\x1a\n\0\0", "text", "not text in UTF-8"),
    ("a.txt", "Ilin\u0103".encode("iso8859-2"), "text", "not text in UTF-8"),
    ("a.txt", b"one\0two", "text", "not text in UTF-8"),
    ("a.txt", b"\xed\xa0\x80", "text", "not text in UTF-8"),
    ("a.csv", b'x,"' + b"y" * 1_100_000, "damaged", "a cell has no end"),
    # kinds that are not taken
    ("a.svg", b"<svg onload='x'/>", "kind", "PDF, or save a picture of it as PNG"),
    ("a.html", files.SCRIPT, "kind", "can hold programs"),
    ("a.heic", b"x", "kind", "save the picture as JPEG"),
    ("a.eml", b"x", "kind", "as PDF"),
    ("a.docm", files.office(), "kind", "macros"),
    ("a.doc", b"x", "kind", "Save it as .docx"),
    ("a.zip", files.a_zip(a=b"x"), "kind", "Take the files out"),
    ("a.exe", b"MZ", "kind", "These are taken: .csv, .docx"),
    ("rota", b"x", "kind", "no ending"),
    ("a.pdf.exe", files.a_pdf(), "kind", "end in .exe"),
    # two things at once
    ("a.txt", b"\xef\xbb\xbf \n<svg xmlns='x'>" + files.SCRIPT, "polyglot", "a web page or a drawing"),
    ("a.csv", b"<!DOCTYPE html>", "polyglot", "a web page or a drawing"),
    ("a.pdf", files.SCRIPT + files.a_pdf(), "type", "it is not one"),
    ("a.pdf", b"%PDF-1.4\n%<html>" + files.SCRIPT + files.a_pdf()[8:], "polyglot", "a PDF and a web page at once"),
    ("a.pdf", files.a_pdf() + files.SCRIPT, "polyglot", "a PDF and a web page at once"),
    ("a.pdf", files.a_pdf() + b"MZ a program", "polyglot", "stands behind it"),
    ("a.pdf", files.a_pdf() + files.a_zip(a=b"x"), "polyglot", "an archive with other files at once"),
    ("a.png", files.a_picture("PNG") + files.a_zip(a=b"x"), "polyglot", "an archive with other files at once"),
    ("a.jpg", files.a_picture(comment=b"%PDF-1.4 "), "polyglot", "a JPEG picture and a PDF at once"),
    ("a.jpg", files.a_picture(comment=files.SCRIPT), "polyglot", "a JPEG picture and a web page at once"),
    ("a.docx", b"MZ" + files.office(), "type", "what is in it is"),
    # pictures beyond measure
    ("a.png", files.of_many_pixels(60_000), "pixels", "million are taken"),
    ("a.png", files.a_moving_picture(), "moving", "moving picture"),
    # PDFs that act
    ("a.pdf", files.a_pdf(files.script_on_opening), "active", "holds a script|by itself"),
    ("a.pdf", files.a_pdf(files.a_file_inside), "active", "holds another file"),
    ("a.pdf", files.a_pdf(files.a_program_to_start), "active", "starts a program"),
    ("a.pdf", files.a_pdf(files.a_page_that_calls_home), "active", "by itself when it is opened"),
    ("a.pdf", files.a_pdf(files.a_form_that_sends), "active", "sends what is filled in"),
    ("a.pdf", files.a_pdf(files.a_deed_of_a_page), "active", "by itself while it is read"),
    ("a.pdf", files.a_pdf(files.a_form_of_scripts), "active", "a form that can run scripts"),
    ("a.pdf", files.a_pdf(files.data_from_elsewhere), "active", "fetches data from elsewhere"),
    ("a.pdf", files.a_pdf(files.nested(150)), "bomb", "nested deeper"),
    ("a.pdf", files.a_pdf(encryption=pikepdf.Encryption(user="x", owner="y")), "encrypted", "password"),
    ("a.pdf", files.a_pdf(encryption=pikepdf.Encryption(user="", owner="y")), "encrypted", "against changes"),
    # documents that act
    ("a.docx", files.office(parts={"word/vbaProject.bin": b"x"}), "macros", "macros"),
    ("a.docx", files.office(files.DOCX.replace("document.main", "document.macroEnabled.main")), "macros", "macros"),
    ("a.docx", files.office(parts={"word/embeddings/oleObject1.bin": b"x"}), "embedded", "another file"),
    ("a.docx", files.office(parts={"word/activeX/activeX1.xml": b"<x/>"}), "macros", "controls"),
    ("a.docx", files.office(parts={"word/run.js": b"x"}), "embedded", "another file"),
    ("a.xlsx", files.office(files.XLSX, {"xl/externalLinks/externalLink1.xml": b"<x/>"}), "linked", "elsewhere"),
    ("a.xlsx", files.office(files.XLSX, {"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros", "macros"),
    ("a.docx", files.office(relations=files.relation("attachedTemplate")), "linked", "when it is opened"),
    ("a.docx", files.office(relations=files.relation("image")), "linked", "when it is opened"),
    ("a.docx", files.office(relations=files.relation("aFChunk", "x.html", "")), "linked", "when it is opened"),
    (
        "a.docx",
        files.office(body="<w:instrText>DD</w:instrText><w:r/><w:instrText>EAUTO c:\\cmd</w:instrText>"),
        "linked",
        "fields that fetch",
    ),
    ("a.docx", files.office(body='<w:fldSimple w:instr="INCLUDEPICTURE x"/>'), "linked", "fields that fetch"),
    ("a.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "encrypted", "password"),
    ("a.docx", files.office(twice="word/document.xml"), "damaged", "damaged"),
    ("a.docx", files.office(parts={"../../etc/x.xml": b"<x/>"}), "damaged", "damaged"),
    ("a.docx", files.office(parts={"word/styles.xml": b"<x>"}), "damaged", "damaged"),
    # bombs
    ("a.docx", files.a_zip_bomb(), "bomb", "far larger than any document"),
    ("a.docx", files.a_zip_bomb(declares=1000), "damaged", "damaged"),
    (
        "a.docx",
        files.office(parts={"word/styles.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}),
        "bomb",
        "defines more",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    REFUSED,
    ids=[f"{place}-{one[0]}-{one[2]}" for place, one in enumerate(REFUSED)],
)
def test_what_is_not_to_be_kept_is_refused_with_what_to_do(tmp_path, name, content, code, says):
    refusal = refused(tmp_path, content, name)

    assert (refusal.code, bool(re.search(says, refusal.says))) == (code, True), refusal.says


def test_a_script_is_found_wherever_the_pdf_puts_it(tmp_path):
    packed = files.a_pdf(
        files.script_in_an_object_stream, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True
    )

    assert b"JavaScript" not in packed
    assert refused(tmp_path, packed, "a.pdf").code == "active"


def test_an_archive_is_unpacked_no_further_than_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(office, "MOST_UNPACKED", 3000)
    monkeypatch.setattr(office, "MOST_PARTS", 5)
    large = files.office(parts={"word/styles.xml": b"<x>" + b" " * 4000 + b"</x>"})
    many = files.office(parts={f"word/{name}.xml": b"<x/>" for name in "abc"})

    assert refused(tmp_path, large, "a.docx").code == "bomb"
    assert refused(tmp_path, many, "a.docx").code == "bomb"
    assert look(tmp_path, files.office(), "a.docx")[0] == Found("docx")


@given(content=st.binary(max_size=300), name=st.sampled_from(sorted(BY_ENDING)))
def test_whatever_comes_is_found_to_be_its_kind_or_refused(tmp_path_factory, content, name):
    beginnings = {"pdf": b"%PDF-1.4\n", "jpeg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n", "docx": b"PK\3\4"}
    kind = BY_ENDING[name]

    try:
        found, _ = look(tmp_path_factory.mktemp("any"), beginnings.get(kind.key, b"") + content, f"a{name}")
    except FileRefused as refusal:
        assert refusal.says
    else:
        assert found.kind == kind.key
        assert kind.text


def test_every_kind_has_an_ending_and_none_of_those_that_are_not_taken():
    assert all(kind.endings and kind.words and kind.media_type for kind in KINDS.values())
    assert not set(BY_ENDING) & {ending for endings in NOT_TAKEN for ending in endings}


# Apart


def test_a_file_is_looked_at_in_a_process_of_its_own(tmp_path):
    came = tmp_path / "came"
    came.write_bytes(files.with_location())

    found = check_apart(came, "cellar.jpg", tmp_path / "cleaned", most_pixels=MOST_PIXELS)

    assert found == Found("jpeg", cleaned=True, removed=["location", "metadata"])
    came.write_bytes(files.a_pdf(files.script_on_opening))
    with pytest.raises(FileRefused) as refusal:
        check_apart(came, "a.pdf", tmp_path / "cleaned", most_pixels=MOST_PIXELS)
    assert refusal.value.code == "active"


def test_that_process_knows_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("PALERMO_SECRET_KEY", "secret")
    asked = []
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **how: asked.append(how) or subprocess.CompletedProcess(command, 0, '{"kind": "txt"}', ""),
    )

    check_apart(Path("x"), "the name of a person.txt", Path("y"), most_pixels=1)

    assert "secret" not in str(asked[0]["env"])
    assert set(asked[0]["env"]) <= set(apart.PASSED_ON)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import time; time.sleep(60)", "effort"),
        ("raise SystemExit(3)", "effort"),
        ("import os; os.kill(os.getpid(), 9)", "effort"),
    ],
)
def test_what_takes_too_much_is_refused(monkeypatch, program, code):
    run = subprocess.run
    monkeypatch.setattr(apart, "PATIENCE", 3)
    monkeypatch.setattr(
        subprocess, "run", lambda command, **how: run([sys.executable, "-c", program], **{**how, "input": ""})
    )

    with pytest.raises(FileRefused) as refusal:
        check_apart(Path("x"), "a.pdf", Path("y"), most_pixels=1)

    assert refusal.value.code == code


def test_a_fault_of_ours_is_no_refusal_and_tells_nothing_of_the_file(monkeypatch):
    run = subprocess.run
    program = "raise ValueError('the shelter in Ilford')"
    monkeypatch.setattr(
        subprocess, "run", lambda command, **how: run([sys.executable, "-c", program], **{**how, "input": ""})
    )

    with pytest.raises(RuntimeError, match="ended with 1: ValueError") as fault:
        check_apart(Path("x"), "a.pdf", Path("y"), most_pixels=1)
    assert "Ilford" not in str(fault.value)


def test_the_process_sets_its_limits_and_loads_nothing_of_the_site():
    program = (
        "import resource, sys\n"
        "from palermo.web.papers.content import limited\n"
        "limited.limit_ourselves()\n"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0] == limited.MEMORY)\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0] == 0)\n"
        "print('django' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "True", "False"]


def test_the_site_itself_loads_no_decoder():
    program = "import sys, palermo.web.papers.content.apart; print({'PIL', 'pikepdf'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_memory_that_runs_out_is_told_to_whoever_waits(monkeypatch, capsys):
    def all_of_it(question):
        raise MemoryError

    monkeypatch.setattr(limited, "limit_ourselves", lambda: None)
    monkeypatch.setattr(limited, "answer", all_of_it)
    monkeypatch.setattr(sys, "stdin", io.StringIO("{}"))

    assert limited.main() == apart.OUT_OF_MEMORY
    assert capsys.readouterr().out == ""


# Names


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("rota.pdf", "rota.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\officer\\rota.pdf", "rota.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("a\0b\r\nc\t.pdf", "abc.pdf"),
        ("Ștefania – поезд – 列車.pdf", "Ștefania – поезд – 列車.pdf"),
        ("S\u0326tefania.pdf", "Ștefania.pdf"),
        ('a"<b>|c?.pdf', "a__b__c_.pdf"),
        ("  .. .pdf", "file.pdf"),
        ("", "file"),
        ("...", "file"),
        (".htaccess", "file.htaccess"),
        ("rota.pdf. ", "rota.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_kept_as_text_that_does_nothing(name, kept):
    assert safe_name(name) == kept


@given(st.text(max_size=300))
def test_every_name_is_short_and_hides_nothing(name):
    kept = safe_name(name)

    assert 0 < len(kept) <= LONGEST
    assert not any(map(hides, kept))
    assert not set(kept) & set('/\\"<>:|?*\r\n')
    assert not kept.startswith(".")
    assert safe_name(kept) == kept


def test_what_hides_is_shown_by_its_number():
    assert shown("a\u202eb\u200b\x07\nc") == "a⟨U+202E⟩b⟨U+200B⟩⟨U+0007⟩\nc"


def test_a_text_is_shown_from_its_beginning(tmp_path):
    file = tmp_path / "a"
    file.write_bytes("Zażółć".encode("utf-16"))

    assert beginning(file, 3) == ("Zaż", True)
    assert beginning(file, 6) == ("Zażółć", False)
