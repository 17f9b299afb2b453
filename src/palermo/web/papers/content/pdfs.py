"""Is it a whole PDF that does nothing but show its pages?

It is kept as it came, since a signature on it would not outlive a rewriting. So whatever could act is refused: scripts,
programs to start, files inside, forms that send, and anything before or after the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf

from palermo.web.papers.content.kinds import FileRefused

AGAIN = "Open it, print it to PDF, and add that"
DAMAGED = f"The PDF is damaged or not complete. {AGAIN}"
MOST_OBJECTS = 500_000
DEEPEST = 100
END = b"%%EOF"
ACTIONS = {
    "/JavaScript": "holds a script",
    "/Launch": "starts a program",
    "/GoToE": "holds another file",
    "/SubmitForm": "sends what is filled in",
    "/ImportData": "fetches data from elsewhere",
    "/Rendition": "plays sound or film",
    "/Movie": "plays sound or film",
    "/Sound": "plays sound or film",
    "/RichMediaExecute": "plays sound or film",
}
ANNOTATIONS = {
    "/FileAttachment": "holds another file",
    "/RichMedia": "plays sound or film",
    "/Screen": "plays sound or film",
    "/Movie": "plays sound or film",
    "/Sound": "plays sound or film",
    "/3D": "holds a model that can run scripts",
}
KEYS = {
    "/JS": "holds a script",
    "/AA": "does something by itself while it is read",
    "/EF": "holds another file",
    "/EmbeddedFiles": "holds another file",
    "/XFA": "is a form that can run scripts",
    "/RichMediaContent": "plays sound or film",
}


def look_at_pdf(path: Path) -> list[str]:
    """Nothing to tell a reader; raises FileRefused for a PDF that is not whole, or does more than show pages."""
    stands_alone(path)
    try:
        # a damaged file is not mended here: another program might mend it into something else
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise FileRefused("encrypted", f"The PDF is protected by a password or against changes. {AGAIN}")
            if len(pdf.objects) > MOST_OBJECTS:
                raise FileRefused("bomb", f"The PDF has more parts than any document needs. {AGAIN}")
            if not len(pdf.pages):
                raise FileRefused("damaged", "The PDF has no page")
            for found in deeds(pdf):
                raise FileRefused("active", f"The PDF {found}. {AGAIN}")
            if pdf.get_warnings():
                raise FileRefused("damaged", DAMAGED)
    except pikepdf.PasswordError:
        raise FileRefused("encrypted", f"The PDF is protected by a password. {AGAIN}") from None
    except (pikepdf.PdfError, RuntimeError, ValueError, KeyError, TypeError):
        raise FileRefused("damaged", DAMAGED) from None
    return []


def stands_alone(path: Path) -> None:
    """Nothing before the PDF's first bytes, and nothing after its end."""
    with path.open("rb") as file:
        first = file.read(5)
        file.seek(max(0, path.stat().st_size - 2048))
        last = file.read().rstrip(b"\0\t\n\f\r ")
    if first != b"%PDF-":
        raise FileRefused("polyglot", f"Something stands before the PDF in this file. {AGAIN}")
    if not last.endswith(END):
        raise FileRefused("polyglot", f"The PDF is not complete, or something stands behind it. {AGAIN}")


def deeds(pdf: pikepdf.Pdf) -> Iterator[str]:
    """What the document can do beyond showing pages."""
    opening = pdf.Root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and str(opening.get("/S")) != "/GoTo":
        yield "does something by itself when it is opened"
    for part in pdf.objects:
        if isinstance(part, pikepdf.Stream) and "/F" in part.stream_dict:
            yield "fetches data from elsewhere"
        for found in dictionaries(part):
            for key, does in KEYS.items():
                if key in found:
                    yield does
            kinds = {str(found[key]) for key in ("/S", "/Subtype", "/Type") if isinstance(found.get(key), pikepdf.Name)}
            for name, does in (*ACTIONS.items(), *ANNOTATIONS.items()):
                if name in kinds:
                    yield does
            if "/EmbeddedFile" in kinds:
                yield "holds another file"


def dictionaries(part: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionaries that a part is made of, without following references: those are parts of their own."""
    ahead = [(part, 0)]
    while ahead:
        one, depth = ahead.pop()
        if depth > DEEPEST:
            raise FileRefused("bomb", f"The PDF is nested deeper than any document needs. {AGAIN}")
        if isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            yield one
            inside = list(
                dict(one.items() if isinstance(one, pikepdf.Dictionary) else one.stream_dict.items()).values()
            )
        elif isinstance(one, pikepdf.Array):
            inside = list(one)
        else:
            continue
        ahead += [(child, depth + 1) for child in inside if isinstance(child, pikepdf.Object) and not child.is_indirect]
