"""Is it a document or a workbook without programs, without files inside, and without threads to elsewhere?

It is kept as it came. It is a zip archive of XML: every part is unpacked once, counted, read as XML that may define
nothing, and thrown away.
"""

from __future__ import annotations

import re
import xml.sax
import zipfile
import zlib
from pathlib import Path
from xml.sax.handler import ContentHandler

import defusedxml.sax
from defusedxml import DefusedXmlException

from palermo.web.papers.content.kinds import MEGABYTE, FileRefused, Kind

SAVE = "Save it without them, or as PDF, and add that"
DAMAGED = "The file is damaged or not complete. Open it, save it again, and add that"
BOMB = FileRefused("bomb", "Unpacked, it is far larger than any document. Save it as PDF, and add that")
MOST_PARTS = 5_000
MOST_UNPACKED = 200 * MEGABYTE
MOST_TIMES = 150
"""How many times its own size a file may be when it is unpacked; more only a bomb is."""
SMALL = 10 * MEGABYTE
"""What is no larger than this, unpacked, is no bomb, however well it was packed."""
CHUNK = 256 * 1024
OLD_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")
MAIN = {"docx": "wordprocessingml.document.main+xml", "xlsx": "spreadsheetml.sheet.main+xml"}
PARTS = (
    (re.compile(r"vba(project|data)|macrosheets/|/intlmacrosheets"), "macros", "It holds macros, which are programs."),
    (re.compile(r"activex|customui|/attachedtoolbars"), "macros", "It holds controls, which are programs."),
    (
        re.compile(r"embeddings/|oleobject|/package"),
        "embedded",
        "It holds another file or a chart with its own workbook.",
    ),
    (
        re.compile(r"externallinks/|connections\.xml|querytables/|/webextensions/"),
        "linked",
        "It fetches data from elsewhere.",
    ),
)
PLAIN = re.compile(
    r"\.(xml|rels|vml|png|jpe?g|gif|emf|wmf|tiff?|bmp|wdp|webp|odttf|ttf|otf|thmx)$|printersettings\d*\.bin$"
)
FIELDS = re.compile(r"\bDDE(AUTO)?\b|\b(INCLUDEPICTURE|INCLUDETEXT|IMPORT|LINK)\b", re.I)


def look_at_office(path: Path, kind: Kind) -> list[str]:
    """Nothing to tell a reader; raises FileRefused for what is not a plain document or workbook."""
    with path.open("rb") as file:
        first = file.read(8)
    if first == OLD_OR_ENCRYPTED:
        raise FileRefused(
            "encrypted", "It is protected by a password, or in an old format. Save it without a password, or as PDF"
        )
    if not first.startswith(b"PK\3\4"):
        raise FileRefused("polyglot", f"It does not begin as a {kind.words} does. Open it, save it again, and add that")
    try:
        with zipfile.ZipFile(path) as archive:
            in_order(archive, path.stat().st_size)
            read_parts(archive, kind, path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, KeyError, IndexError):
        raise FileRefused("damaged", DAMAGED) from None
    return []


def in_order(archive: zipfile.ZipFile, size: int) -> None:
    """The archive's list of parts is one that a document can have; nothing is unpacked for that."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise BOMB
    declared = sum(part.file_size for part in parts)
    if declared > MOST_UNPACKED or (declared > SMALL and declared > MOST_TIMES * size):
        raise BOMB
    if archive.comment or min((part.header_offset for part in parts), default=1) != 0:
        raise FileRefused("polyglot", f"Something else stands in this file beside the document. {SAVE}")
    names = [part.filename.lower() for part in parts]
    if len(set(names)) < len(names):
        raise FileRefused("damaged", DAMAGED)
    for part, name in zip(parts, names, strict=True):
        if part.flag_bits & 0x1:
            raise FileRefused("encrypted", "It is protected by a password. Save it without one, or as PDF")
        if name.startswith(("/", "\\")) or ".." in name.split("/") or "\\" in name or ":" in name:
            raise FileRefused("damaged", DAMAGED)
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRefused("damaged", DAMAGED)
        if part.is_dir():
            continue
        for pattern, code, says in PARTS:
            if pattern.search(name):
                raise FileRefused(code, f"{says} {SAVE}")
        if not PLAIN.search(name):
            raise FileRefused("embedded", f"It holds another file. {SAVE}")


def read_parts(archive: zipfile.ZipFile, kind: Kind, size: int) -> None:
    """Unpack each part once, and read those that are XML."""
    unpacked = 0
    seen = Seen()
    for part in archive.infolist():
        parser = a_parser(seen) if part.filename.lower().endswith((".xml", ".rels", ".vml")) else None
        with archive.open(part) as content:
            while chunk := content.read(CHUNK):
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_TIMES * size):
                    raise BOMB
                if parser:
                    read_on(parser, chunk)
        if parser:
            read_on(parser, None)
    if seen.macros or not any(one.endswith(MAIN[kind.key]) for one in seen.types):
        if seen.macros:
            raise FileRefused("macros", f"It holds macros, which are programs. {SAVE}")
        raise FileRefused("type", f"It is called a {kind.words}, and is none. Open it, save it again, and add that")
    if seen.elsewhere:
        raise FileRefused("linked", f"It fetches something from elsewhere when it is opened. {SAVE}")
    if FIELDS.search(seen.fields):
        raise FileRefused("linked", f"It has fields that fetch something from elsewhere. {SAVE}")


class Seen(ContentHandler):
    """What the parts tell: the types of the parts, what they refer to, and the instructions of fields."""

    def __init__(self) -> None:
        super().__init__()
        self.types: set[str] = set()
        self.elsewhere = self.macros = False
        self.instructions: list[str] = []
        self.in_field = False

    @property
    def fields(self) -> str:
        return "".join(self.instructions)

    def startElement(self, name: str, attrs) -> None:  # noqa: N802 - the library's name
        bare = name.rpartition(":")[2]
        if bare in ("Override", "Default"):
            kind = attrs.get("ContentType", "")
            self.types.add(kind)
            self.macros = self.macros or "macroenabled" in kind.lower() or "vbaproject" in kind.lower()
        elif bare == "Relationship":
            kind = attrs.get("Type", "").rpartition("/")[2].lower()
            outward = attrs.get("TargetMode", "").lower() == "external"
            # a link that somebody has to press is no more than text
            self.elsewhere = self.elsewhere or kind == "afchunk" or (outward and kind != "hyperlink")
        elif bare in ("instrText", "delInstrText"):
            self.in_field = True
        elif bare == "fldSimple":
            self.instructions += [f" {attrs.getValue(key)} " for key in attrs.getNames() if key.endswith("instr")]

    def characters(self, content: str) -> None:
        if self.in_field:
            self.instructions.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the library's name
        if name.rpartition(":")[2] in ("instrText", "delInstrText"):
            self.in_field = False
        elif name.rpartition(":")[2] == "p":
            self.instructions.append(" ")


def a_parser(seen: Seen):
    parser = defusedxml.sax.make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(seen)
    return parser


def read_on(parser, chunk: bytes | None) -> None:
    """Give the parser more, or with None, end it."""
    try:
        parser.feed(chunk) if chunk is not None else parser.close()
    except DefusedXmlException:
        raise FileRefused("bomb", f"It defines more than a document needs. {SAVE}") from None
    except xml.sax.SAXException:
        raise FileRefused("damaged", DAMAGED) from None
