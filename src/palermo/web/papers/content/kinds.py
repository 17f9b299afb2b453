"""Which kinds of file are taken, and what is said of those that are not?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

MEGABYTE = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."


class FileRefused(Exception):
    """The file is not kept. `says` is why and what to do instead, `code` what the audit trail calls it."""

    def __init__(self, code: str, says: str):
        super().__init__(says)
        self.code, self.says = code, says


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is: its kind, whether it was written anew and what is gone from it, what a reader should know."""

    kind: str
    cleaned: bool = False
    removed: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. `guessed` is what its first bytes may look like; empty: text has no first bytes of its own."""

    key: str
    words: str
    endings: tuple[str, ...]
    media_type: str
    guessed: tuple[str, ...] = ()
    picture: bool = False
    text: bool = False


KINDS = {
    kind.key: kind
    for kind in (
        Kind("pdf", "PDF", (".pdf",), "application/pdf", ("application/pdf",)),
        Kind("jpeg", "JPEG picture", (".jpg", ".jpeg"), "image/jpeg", ("image/jpeg",), picture=True),
        Kind("png", "PNG picture", (".png",), "image/png", ("image/png", "image/apng"), picture=True),
        Kind("webp", "WebP picture", (".webp",), "image/webp", ("image/webp",), picture=True),
        Kind(
            "docx",
            "Word document",
            (".docx",),
            f"{OFFICE}wordprocessingml.document",
            (f"{OFFICE}wordprocessingml.document", "application/zip"),
        ),
        Kind(
            "xlsx",
            "Excel workbook",
            (".xlsx",),
            f"{OFFICE}spreadsheetml.sheet",
            (f"{OFFICE}spreadsheetml.sheet", "application/zip"),
        ),
        Kind("csv", "table as text (CSV)", (".csv",), "text/csv", text=True),
        Kind("txt", "plain text", (".txt",), "text/plain", text=True),
    )
}
BY_ENDING = {ending: kind for kind in KINDS.values() for ending in kind.endings}
TAKEN = ", ".join(sorted(BY_ENDING))

NOT_TAKEN = {
    (".heic", ".heif"): "Pictures of this kind cannot be checked here. Set the phone’s camera to its most compatible "
    "format, or save the picture as JPEG",
    (".eml", ".msg", ".mht"): "Messages cannot be checked here: what one mail program shows, another hides. Save the "
    "message as PDF, and add each of its attachments by itself",
    (".doc", ".dot", ".xls", ".xlt", ".ppt", ".rtf", ".odt", ".ods"): "Save it as .docx, .xlsx or PDF",
    (".docm", ".dotm", ".xlsm", ".xltm", ".xlsb", ".pptm"): "It can hold macros, which are programs. Save it as .docx, "
    ".xlsx or PDF",
    (
        ".svg",
        ".html",
        ".htm",
        ".xhtml",
        ".xml",
    ): "It can hold programs. Print it to PDF, or save a picture of it as PNG",
    (".zip", ".rar", ".7z", ".tar", ".gz"): "Take the files out, and add each by itself",
    (".gif", ".bmp", ".tif", ".tiff", ".avif"): "Save the picture as JPEG or PNG",
}


def ending_of(name: str) -> str:
    return PurePosixPath(name.strip().lower()).suffix


def kind_of(name: str) -> Kind:
    """The kind that a file claims to be by the end of its name. Raises FileRefused for one that is not taken."""
    ending = ending_of(name)
    if kind := BY_ENDING.get(ending):
        return kind
    for endings, instead in NOT_TAKEN.items():
        if ending in endings:
            raise FileRefused("kind", f"Files that end in {ending} are not taken. {instead}")
    what = f"Files that end in {ending} are not taken" if ending else "Its name has no ending that says what it is"
    raise FileRefused("kind", f"{what}. These are taken: {TAKEN}")
