"""Is a file what it is called, and may it be kept? One answer, by its kind."""

from __future__ import annotations

import re
from pathlib import Path

import filetype

from palermo.web.papers.content.kinds import KINDS, FileRefused, Found, Kind, kind_of
from palermo.web.papers.content.office import OLD_OR_ENCRYPTED, look_at_office
from palermo.web.papers.content.pdfs import look_at_pdf
from palermo.web.papers.content.pictures import clean_picture
from palermo.web.papers.content.texts import look_at_text

HEAD = 1024
"""So far into a file, programs look for what it is."""
MARKUP = re.compile(rb"<(?:!doctype html|html|script|svg|iframe|\?php)", re.I)
END_OF_ZIP = b"PK\5\6"
LONGEST_COMMENT = 65_535


def check(path: Path, name: str, clean_to: Path, *, most_pixels: int) -> Found:
    """What the file is; a picture is written anew to `clean_to`. Raises FileRefused for one that is not to be kept."""
    kind = kind_of(name)
    if not path.stat().st_size:
        raise FileRefused("empty", "The file is empty")
    if kind.text:
        return Found(kind.key, noticed=look_at_text(path, kind))
    is_what_it_is_called(path, kind)
    is_nothing_else(path, kind)
    if kind.picture:
        return Found(kind.key, cleaned=True, removed=clean_picture(path, kind, clean_to, most_pixels=most_pixels))
    noticed = look_at_pdf(path) if kind.key == "pdf" else look_at_office(path, kind)
    return Found(kind.key, noticed=noticed)


def is_what_it_is_called(path: Path, kind: Kind) -> None:
    """Its first bytes are those of its kind."""
    guess = filetype.guess(str(path))
    if guess is not None and guess.mime in kind.guessed:
        return
    with path.open("rb") as file:
        if kind.key in ("docx", "xlsx") and file.read(8) == OLD_OR_ENCRYPTED:
            # what it says of those is more to the point
            return
    is_it = f"and what is in it is {a_name_of(guess.mime, guess.extension)}" if guess else "and it is not one"
    raise FileRefused(
        "type", f"It is called a {kind.words}, {is_it}. Save it as what it is called, or give it the right ending"
    )


def a_name_of(mime: str, ending: str) -> str:
    words = next((kind.words for kind in KINDS.values() if mime in kind.guessed), f"a file of the kind “{ending}”")
    if words.startswith("a "):
        return words
    return f"an {words}" if words.startswith("E") else f"a {words}"


def is_nothing_else(path: Path, kind: Kind) -> None:
    """No other program would take it for something of its own: a web page, a PDF, an archive."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - LONGEST_COMMENT - 22))
        tail = file.read()
    also = ""
    if MARKUP.search(head):
        also = "a web page"
    elif kind.key != "pdf" and b"%PDF-" in head:
        also = "a PDF"
    elif "application/zip" not in kind.guessed and ends_as_zip(tail):
        also = "an archive with other files"
    if also:
        raise FileRefused(
            "polyglot", f"The file is a {kind.words} and {also} at once. Open it, save it again, and add that"
        )


def ends_as_zip(tail: bytes) -> bool:
    """Whether the last bytes close an archive: its end record, with a comment that reaches to the end of the file."""
    place = tail.rfind(END_OF_ZIP)
    while place >= 0:
        comment = int.from_bytes(tail[place + 20 : place + 22], "little")
        if len(tail) >= place + 22 and place + 22 + comment == len(tail):
            return True
        place = tail.rfind(END_OF_ZIP, 0, place)
    return False
