"""Files of many formats are read as Markdown with title and date; bad ones are refused."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage

import openpyxl
import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Document
from knowledge.reading import READERS, read
from knowledge.reading.plain import NotReadable


def text_of(source: str | bytes, name: str) -> str:
    return read(source.encode() if isinstance(source, str) else source, name).text


def refused(data: bytes, name: str) -> str:
    with pytest.raises(NotReadable) as caught:
        read(data, name)
    assert "\n" not in caught.value.reason
    return caught.value.reason


def pdf(*pages: list[tuple[int, str]], password: str | None = None, title: str = "") -> bytes:
    """A PDF with lines of (size, text) on each page."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        drawn = [
            f"BT /F1 {s} Tf 72 {800 - 16 * n} Td ({t}) Tj ET" for n, (s, t) in enumerate(lines)
        ]
        stream = DecodedStreamObject()
        stream.set_data("\n".join(drawn).encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    if title:
        writer.add_metadata({"/Title": title, "/ModDate": "D:20260203100000Z"})
    if password is not None:
        writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def packed(**members: bytes) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def docx(body: str) -> bytes:
    """A Word file with this XML in its body."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
        'document.main+xml"/></Types>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    document = f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
    files = {"[Content_Types].xml": types, "_rels/.rels": rels, "word/document.xml": document}
    return packed(**{name: text.encode() for name, text in files.items()})


class TestMarkdown:
    def test_title_and_date_come_from_the_front_matter(self) -> None:
        content = read(b"---\ntitle: Leave\ndate: 2026-02-03\n---\n# Other\n\n25 days.", "a.md")
        assert (content.title, content.text) == ("Leave", "# Other\n\n25 days.")
        assert content.modified_at == datetime(2026, 2, 3, tzinfo=UTC)

    def test_else_the_title_is_the_first_heading(self) -> None:
        assert read(b"\n# The `leave` *policy*\n\nx", "a.md").title == "The leave policy"
        assert read(b"Leave\n=====\n\nx", "a.md").title == "Leave"

    def test_else_the_title_is_the_files_name(self) -> None:
        assert read(b"x\n\n# Later", "hr/annual-leave_2026.md").title == "annual leave 2026"

    def test_broken_front_matter_is_text(self) -> None:
        assert "title: [" in text_of("---\ntitle: [\n---\nBody", "a.md")

    def test_front_matter_alone_is_no_text(self) -> None:
        assert "has no text" in refused(b"---\ntitle: Leave\n---\n", "a.md")


RST = """\
PEP: 8
Title: Style
Created: 05-Jul-2001

.. a comment

First
=====

See :pep:`20`, ``code_here``, `the docs <https://x.test/docs>`__ and site_.
The rule::

    # not a heading
    x = 1

Inner
-----

* one

  - nested
* two

term
    its definition

====  =====
Name  Value
====  =====
a     1
b     2
====  =====

+---+-----+
| c | d   |
+===+=====+
| 3 | 4 5 |
+---+-----+

.. note:: Take care.

.. code-block:: python

   print(1)

.. list-table::
   :header-rows: 1

   * - City
     - Rate
   * - Porto
     - 90

.. [1] A footnote
.. _site: https://x.test/site

Second
======

    quoted
"""


class TestRestructuredText:
    def test_the_header_gives_title_and_date(self) -> None:
        content = read(RST.encode(), "pep-0008.rst")
        assert content.title == "PEP 8: Style"
        assert content.modified_at == datetime(2001, 7, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        "expected",
        [
            "\n# First\n",
            "\n## Inner\n",
            "\n# Second\n",
            "See PEP 20, `code_here`, [the docs](https://x.test/docs) and "
            "[site](https://x.test/site).\nThe rule:\n",
            "```\n# not a heading\nx = 1\n```",
            "- one\n\n  - nested\n",
            "- term:\n  its definition",
            "| Name | Value |\n| --- | --- |\n| a | 1 |\n| b | 2 |",
            "| c | d |\n| --- | --- |\n| 3 | 4 5 |",
            "**Note:**\nTake care.",
            "```python\nprint(1)\n```",
            "| City | Rate |\n| --- | --- |\n| Porto | 90 |",
            "- [1] A footnote",
            "> quoted",
        ],
    )
    def test_its_markup_becomes_markdown(self, expected: str) -> None:
        assert expected in text_of(RST, "pep-0008.rst")

    def test_comments_are_left_out(self) -> None:
        assert "a comment" not in text_of(RST, "a.rst")

    def test_an_overlined_title_is_the_title(self) -> None:
        assert read(b"=====\nLeave\n=====\n\nDays\n----\n\nx", "a.rst").title == "Leave"


class TestHtml:
    PAGE = """<html><head><title>Leave | Acme</title>
    <meta property="article:modified_time" content="2026-02-03T10:00:00Z"></head><body>
    <nav><a href="/">Home page</a></nav><header>Acme Intranet</header>{}
    <footer>Imprint</footer><script>alert(1)</script></body></html>"""
    BODY = """<h1>Leave</h1><p>You get <b>25</b> days, see <a href="https://x.test/p">rules</a>.</p>
    <h2>Rates</h2><table><tr><th>City</th><th>Rate</th></tr><tr><td>Porto</td><td>90</td></tr>
    </table><ul><li>one</li></ul><pre>x = 1\ny = 2</pre>"""

    @pytest.mark.parametrize("body", [BODY, f"<main>{BODY}</main><p>Teaser</p>"])
    def test_the_main_part_is_kept_with_its_structure(self, body: str) -> None:
        content = read(self.PAGE.format(body).encode(), "leave.html")
        assert content.title == "Leave"
        assert content.modified_at == datetime(2026, 2, 3, 10, tzinfo=UTC)
        for kept in (
            "# Leave",
            "[rules](https://x.test/p)",
            "## Rates",
            "| City | Rate |\n| --- | --- |\n| Porto | 90 |",
            "- one",
            "x = 1\ny = 2",
        ):
            assert kept in content.text
        for dropped in ("Home page", "Acme Intranet", "Imprint", "alert", "Teaser"):
            assert dropped not in content.text

    def test_a_declared_encoding_is_followed(self) -> None:
        page = '<html><head><meta charset="iso-8859-1"></head><body>Grüße</body></html>'
        assert text_of(page.encode("latin-1"), "a.html") == "Grüße"

    def test_it_is_known_without_its_ending(self) -> None:
        assert text_of("<!DOCTYPE html><html><body><h2>A</h2></body></html>", "page") == "## A"

    @pytest.mark.parametrize("tag", ["div", "b", "span", "table"])
    def test_what_is_nested_beyond_reason_is_refused(self, tag: str) -> None:
        assert "nested" in refused(f"<{tag}>".encode() * 50_000 + b"x", "deep.html")


class TestPdf:
    def test_headings_and_pages_are_told_apart(self) -> None:
        first = [(20, "Leave"), (10, "You get 25 days."), (10, "Ask first."), (14, "Carry over")]
        content = read(pdf([*first, (10, "Five days.")], [(10, "More.")]), "leave.pdf")
        assert content.title == "Leave"
        assert content.text == (
            "<!-- page 1 -->\n\n# Leave\n\nYou get 25 days.\nAsk first.\n\n## Carry over\n\n"
            "Five days.\n\n<!-- page 2 -->\n\nMore."
        )

    def test_its_own_title_and_date_are_taken(self) -> None:
        content = read(pdf([(10, "x")], title="Annual leave"), "a.pdf")
        assert content.title == "Annual leave"
        assert content.modified_at == datetime(2026, 2, 3, 10, tzinfo=UTC)

    def test_chunks_point_to_the_page(self) -> None:
        text = text_of(pdf([(10, "One two three four.")], [(10, "Five six seven eight.")]), "a.pdf")
        document = Document("s", "a.pdf", "A", text, "file:///a.pdf", "1")
        made = chunk(document, lambda texts: [len(t) for t in texts], ChunkLimits(32, 4))
        assert {each.url for each in made} == {"file:///a.pdf#page=1", "file:///a.pdf#page=2"}

    def test_a_locked_one_is_refused_and_one_that_anybody_may_open_is_not(self) -> None:
        assert "password" in refused(pdf([(10, "x")], password="secret"), "a.pdf")
        assert "You get 25" in text_of(pdf([(10, "You get 25 days.")], password=""), "a.pdf")

    def test_corrupt_and_scanned_ones_are_refused(self) -> None:
        assert "corrupt" in refused(pdf([(10, "x")])[:200], "a.pdf")
        assert "corrupt" in refused(b"not a pdf at all", "a.pdf")
        assert "recognise its text" in refused(pdf([]), "a.pdf")


class TestOffice:
    def test_word_keeps_tables(self) -> None:
        cells = "".join(
            f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("City", "Rate")
        )
        body = (
            "<w:p><w:r><w:t>Our rates</w:t></w:r></w:p>"
            f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl><w:p/>"
        )
        text = text_of(docx(body), "rates.docx")
        assert text.startswith("Our rates")
        assert "| City | Rate |" in text

    def test_sheets_become_tables_under_their_names(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "Rates"
        for row in (["City", "Rate", "From"], [None] * 3, ["Porto|N", 90.5, datetime(2027, 1, 1)]):
            sheet.append(row)
        book.create_sheet("Empty")
        book.properties.title = "Rates 2027"
        out = io.BytesIO()
        book.save(out)
        content = read(out.getvalue(), "rates.xlsx")
        assert content.title == "Rates 2027"
        assert content.text == (
            "## Rates\n\n| City | Rate | From |\n| --- | --- | --- |\n"
            "| Porto\\|N | 90.5 | 2027-01-01 |"
        )

    def test_slides_are_read(self) -> None:
        import pptx

        deck = pptx.Presentation()
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "Plan"
        slide.placeholders[1].text = "First step"
        out = io.BytesIO()
        deck.save(out)
        content = read(out.getvalue(), "deck.pptx")
        assert content.text.startswith("# Plan")
        assert "First step" in content.text

    @pytest.mark.parametrize("ending", ["docx", "pptx", "xlsx"])
    def test_a_zip_bomb_is_not_opened(self, ending: str) -> None:
        bomb = packed(**{"word/document.xml": b" " * (64 * 2**20)})
        assert len(bomb) < 100_000
        assert "zip bomb" in refused(bomb, f"a.{ending}")

    @pytest.mark.parametrize("ending", ["docx", "pptx", "xlsx"])
    def test_corrupt_and_locked_ones_are_refused(self, ending: str) -> None:
        assert "corrupt" in refused(b"PK\x03\x04 garbage", f"a.{ending}")
        assert "could not be read" in refused(packed(nothing=b"x"), f"a.{ending}")
        assert "encrypted" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100, f"a.{ending}")


class TestTables:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_a_small_one_becomes_a_table(self, separator: str) -> None:
        rows = [["City", "Rate"], ["Porto", "90"], ["Lisbon", "120"]]
        text = "\n".join(separator.join(row) for row in rows)
        assert text_of(text, "a.tsv" if separator == "\t" else "a.csv") == (
            "| City | Rate |\n| --- | --- |\n| Porto | 90 |\n| Lisbon | 120 |"
        )

    def test_a_wide_one_becomes_records(self) -> None:
        names, values = [f"name{n}" for n in range(12)], [f"value{n}" for n in range(12)]
        text = text_of(f"{','.join(names)}\n{','.join(values)}\n", "a.csv")
        assert text.startswith("- name0: value0\n  name1: value1\n")


class TestMail:
    def test_a_message_is_told_with_its_attachments(self) -> None:
        mail = EmailMessage()
        mail["Subject"], mail["From"] = "Türen", "a@x.test"
        mail["Date"] = "Tue, 03 Feb 2026 10:00:00 +0100"
        mail.set_content("They close at 8.\n> When?\n")
        mail.add_attachment(b"# Note\n\nKeys", maintype="text", subtype="md", filename="n.md")
        mail.add_attachment(b"\0\1" * 9, maintype="a", subtype="b", filename="x.bin")
        content = read(mail.as_bytes(), "doors.eml")
        assert content.title == "Türen"
        assert content.modified_at == datetime(2026, 2, 3, 9, tzinfo=UTC)
        assert "They close at 8.\n> When?" in content.text
        assert "## Attachment: n.md\n\n# Note\n\nKeys" in content.text
        assert "Attachment: x.bin (not read: is a binary file" in content.text

    def test_a_message_within_is_read_too(self) -> None:
        inner, outer = EmailMessage(), EmailMessage()
        inner["Subject"] = "Keys"
        inner.set_content("They hang by the door.")
        outer.set_content("See below.")
        outer.add_attachment(inner)
        assert "They hang by the door." in text_of(outer.as_bytes(), "a.eml")

    def test_html_alone_is_read_too(self) -> None:
        mail = EmailMessage()
        mail.set_content("<p>They <b>close</b> at 8.</p>", subtype="html")
        assert "They **close** at 8." in text_of(mail.as_bytes(), "a.eml")


def test_subtitles_lose_their_times_and_keep_their_speakers() -> None:
    vtt = (
        "WEBVTT\n\nNOTE draft\n\n1\n00:00:01.000 --> 00:00:02.000\n<v Ann>We <i>start</i>\n\n"
        "00:02.000 --> 00:03.000\n<v Ann>at 8.\n\n00:03.000 --> 00:04.000\n<v Bo>Why &amp; how?\n"
    )
    assert text_of(vtt, "a.vtt") == "Ann: We start\nat 8.\n\nBo: Why & how?"
    srt = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:02,000 --> 00:00:03,000\nyou"
    srt = srt.replace("\n", "\r\n")
    assert text_of(srt, "a.srt") == "Hello\nyou"


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
    def test_any_encoding_is_read(self, encoding: str) -> None:
        text = "Grüße aus Köln, schöne Straßen über die Brücke"
        assert text_of(text.encode(encoding), "a.txt") == text

    def test_it_is_composed_and_free_of_control_characters(self) -> None:
        assert text_of("Cafe\u0301\x07 one\r\ntwo\u2028three" + "." * 99, "a").startswith(
            "Café one\ntwo\nthree"
        )

    def test_a_few_nul_characters_are_dropped(self) -> None:
        assert text_of("a" * 200 + "\0" + "b", "a.txt") == "a" * 200 + "b"

    def test_code_and_settings_are_text(self) -> None:
        assert text_of("answer: 42\n", "a.yaml") == "answer: 42"


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.md", "is empty"),
        (b" \n\t\n", "a.txt", "is empty"),
        (bytes(range(256)) * 40, "a.dat", "binary file of an unknown format"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "is a picture"),
        (b"PK\x03\x04", "a.zip", "is an archive"),
        (b"\xff\xfe", "a.txt", "has no text"),
    ],
)
def test_what_holds_no_text_is_refused_with_its_reason(data: bytes, name: str, reason: str) -> None:
    assert reason in refused(data, name)


@pytest.mark.parametrize("ending", sorted(" ".join(READERS).split()))
@pytest.mark.parametrize("data", [b"\0" * 5000, bytes(range(256)) * 20, b"<" * 5000, b"{" * 20_000])
def test_no_garbage_breaks_a_reader(ending: str, data: bytes) -> None:
    with suppress(NotReadable):
        assert read(data, f"a{ending}").text
