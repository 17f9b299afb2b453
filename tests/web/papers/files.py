"""Files of every kind, plain and hostile, made here."""

import io
import struct
import warnings
import zipfile
import zlib

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

LONDON = {1: "N", 2: (51.0, 32.0, 13.0), 3: "E", 4: (0.0, 1.0, 30.0)}
"""Where a picture was taken, as a phone writes it."""
SCRIPT = b"<script>alert(document.cookie)</script>"
UPSIDE_DOWN = 3


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **beside: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    made = io.BytesIO()
    picture.save(made, kind, **beside)
    return made.getvalue()


def with_location(kind: str = "JPEG", orientation: int = 0) -> bytes:
    """A picture that says where it was taken, with which phone, and which way up."""
    exif = Image.Exif()
    exif[0x010F] = "Telephone of the witness"
    if orientation:
        exif[0x0112] = orientation
    exif.get_ifd(0x8825).update(LONDON)
    beside: dict[str, object] = {"exif": exif}
    if kind == "PNG":
        beside["pnginfo"] = PngInfo()
        beside["pnginfo"].add_text("Comment", "the shelter in Ilford")
    return a_picture(kind, **beside)


def a_moving_picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(
        made, "PNG", save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")], duration=100
    )
    return made.getvalue()


def of_many_pixels(side: int) -> bytes:
    """A small PNG that says it is very large."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


# PDF


def a_pdf(change=None, **how: object) -> bytes:
    """A PDF of one empty page; `change` may do something to it first."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 200))
        if change:
            change(pdf)
        made = io.BytesIO()
        pdf.save(made, **how)
    return made.getvalue()


def action(**entries: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(**entries)


def script_on_opening(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = action(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def script_in_an_object_stream(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names = pdf.make_indirect(
        pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["x", action(S=pikepdf.Name.JavaScript, JS="1")]))
    )


def a_file_inside(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["list.exe"] = b"MZ"


def a_program_to_start(pdf: pikepdf.Pdf) -> None:
    launch = action(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=launch)
    pdf.pages[0].Annots = pikepdf.Array([link])


def a_page_that_calls_home(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = action(S=pikepdf.Name.URI, URI=pikepdf.String("http://elsewhere.example/"))


def a_form_that_sends(pdf: pikepdf.Pdf) -> None:
    button = pdf.make_indirect(pikepdf.Dictionary(Subtype=pikepdf.Name.Widget, A=action(S=pikepdf.Name.SubmitForm)))
    pdf.pages[0].Annots = pikepdf.Array([button])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[button])


def a_deed_of_a_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].AA = pikepdf.Dictionary(O=action(S=pikepdf.Name.URI, URI=pikepdf.String("http://x.example/")))


def a_form_of_scripts(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp/>"))


def data_from_elsewhere(pdf: pikepdf.Pdf) -> None:
    stream = pdf.make_stream(b"")
    stream.F = pikepdf.String("http://elsewhere.example/page")
    pdf.pages[0].Contents = stream


def a_link_to_press(pdf: pikepdf.Pdf) -> None:
    link = action(S=pikepdf.Name.URI, URI=pikepdf.String("https://www.example.org/"))
    pdf.pages[0].Annots = pikepdf.Array(
        [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=link)]
    )
    pdf.Root.OpenAction = pikepdf.Array([pdf.pages[0].obj, pikepdf.Name.Fit])


def nested(depth: int):
    def change(pdf: pikepdf.Pdf) -> None:
        inner = pikepdf.Array([])
        for _ in range(depth):
            inner = pikepdf.Array([inner])
        pdf.Root.Deep = inner

    return change


# Word and Excel

TYPES = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DOCX = f"{TYPES}wordprocessingml.document.main+xml"
XLSX = f"{TYPES}spreadsheetml.sheet.main+xml"


def office(
    main: str = DOCX, parts: dict[str, bytes] | None = None, *, relations: str = "", body: str = "", twice: str = ""
) -> bytes:
    """A document of few parts: its types, its relations, and whatever else it is given."""
    where = "word/document.xml" if "word" in main else "xl/workbook.xml"
    there = {
        "[Content_Types].xml": f'<Types><Override PartName="/{where}" ContentType="{main}"/></Types>'.encode(),
        "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="{where}"/>'
        f"{relations}</Relationships>".encode(),
        where: f'<w:document xmlns:w="urn:w"><w:p>{body}</w:p></w:document>'.encode(),
        **(parts or {}),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in there.items():
            archive.writestr(name, content)
        if twice:
            with warnings.catch_warnings(action="ignore"):
                archive.writestr(twice, b"<other/>")
    return made.getvalue()


def relation(kind: str, target: str = "http://elsewhere.example/x", mode: str = "External") -> str:
    return f'<Relationship Id="r9" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def a_zip_bomb(declares: int | None = None) -> bytes:
    """A document of a few kilobytes that unpacks to 300 MB; `declares` is what it says instead."""
    large = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = b"\0" * (1024 * 1024)
    packed = b"".join(large.compress(zeros) for _ in range(300)) + large.flush()
    plain = office(parts={"word/media/image1.png": b"?"})
    if declares is None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.writestr("[Content_Types].xml", b"<Types/>")
            with archive.open("word/media/image1.png", "w") as part:
                for _ in range(300):
                    part.write(zeros)
        return made.getvalue()
    return forged(plain, "word/media/image1.png", packed, declares)


def forged(archive: bytes, name: str, packed: bytes, declares: int) -> bytes:
    """The archive with one part whose content is other than its header says."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part))
        place = made.tell()
        encoded = name.encode()
        header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, 0, len(packed), declares, len(encoded), 0)
        made.write(header + encoded + packed)
        info = zipfile.ZipInfo(name)
        info.compress_type, info.header_offset = zipfile.ZIP_DEFLATED, place
        info.compress_size, info.file_size, info.CRC = len(packed), declares, 0
        new.filelist.append(info)
        new.NameToInfo[name] = info
        new.start_dir = made.tell()
        new._didModify = True
    return made.getvalue()


def a_zip(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
