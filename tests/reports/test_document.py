"""One description, three forms: each says all of it, and none of it becomes markup."""

from hypothesis import given
from hypothesis import strategies as st

from palermo.reports.document import Document, Pairs, Section, Table, as_dict, as_html, as_pdf, seen


def a_document(words: str = "A word") -> Document:
    return Document(
        title="A file",
        subtitle=words,
        marking="For whom it was made",
        sections=(
            Section("Pairs", (Pairs((("Label", words),)),)),
            Section("Rows", (Table("Things", ("One", "Two"), ((words, ""),)),)),
            Section("Nothing", (Table("Other things", ("One",), ()),), "Nothing of this kind."),
        ),
        made=(("Made", "today"),),
    )


def test_a_section_with_nothing_in_it_says_so_in_every_form():
    assert as_dict(a_document())["sections"][2]["blocks"] == [{"kind": "text", "text": "Nothing of this kind."}]
    assert "Nothing of this kind." in as_html(a_document())
    assert "Other things" not in as_html(a_document())


def test_what_is_written_stays_text_on_the_page():
    page = as_html(a_document("<script>alert(1)</script> & “quoted”"))

    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 3


def test_the_page_allows_itself_nothing_from_elsewhere():
    assert "default-src 'none'; style-src 'sha256-" in as_html(a_document())


def test_markup_of_the_pdfs_own_language_stays_text():
    as_pdf(a_document("#panic() $x$ *bold* @ref [content] \\ // /* <label> \n\n = heading"))


def test_the_same_document_gives_the_same_bytes():
    assert as_pdf(a_document("Łódź, Đặng, Ștefan")) == as_pdf(a_document("Łódź, Đặng, Ștefan"))
    assert as_pdf(a_document()).startswith(b"%PDF")


def test_a_pdf_is_made_of_names_that_its_fonts_lack():
    assert as_pdf(a_document("李小红, محمد, ნინო")).startswith(b"%PDF")


@given(st.text())
def test_nothing_that_can_be_seen_is_left_out(words):
    assert [one for one in seen(words) if one.isprintable()] == [one for one in words if one.isprintable()]
