"""Mail that is not as it should be: encodings, heads, and parts in the place of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.sources.mailbox.encodings import worded
from tests.imap_server import ImapServer, serving
from tests.test_mailbox_contract import mailbox

SAID = "Größe und Übermut: das Öl ist heiß, für alle Fälle."
HEADS = "From: Ana <ana@acme.example>\r\nTo: team@acme.example\r\n"
BEFORE, AFTER = "The kiln is cold before the picture.", "It is hot after it: 1240 degrees."


@pytest.fixture
def post() -> Iterator[ImapServer]:
    with serving() as made:
        yield made


def mail(body: bytes, *heads: str, id: str = "1", subject: bytes = b"Kilns") -> bytes:
    """A message as it comes over the line."""
    told = [HEADS.encode() + b"Subject: " + subject, *(head.encode() for head in heads)]
    told += [f"Message-ID: <{id}@acme.example>".encode()] if id else []
    return b"\r\n".join([*told, b"", body])


def bundle(*parts: tuple[str, bytes], kind: str = "mixed", mark: str = "B") -> tuple[bytes, str]:
    """Parts, each with its type, as a body; and the head that tells of them."""
    told = [f"--{mark}\r\nContent-Type: {type}\r\n\r\n".encode() + body for type, body in parts]
    whole = b"\r\n".join([*told, f"--{mark}--\r\n".encode()])
    return whole, f'Content-Type: multipart/{kind}; boundary="{mark}"'


def found(post: ImapServer, *letters: bytes, **options: bool) -> list[Document]:
    for letter in letters:
        post.inbox.put(letter)
    items = mailbox(post, **options).documents(None)
    return [item for item in items if isinstance(item, Document)]


@pytest.mark.parametrize(
    ("charset", "spoken"),
    [
        (None, "utf-8"), (None, "latin-1"), ("us-ascii", "utf-8"), ("utf-8", "latin-1"),
        ("unknown-8bit", "utf-8"), ("x-nowhere", "cp1252"), ("iso-8859-1", "cp1252"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_words_are_read_whatever_is_told_of_their_encoding(
    post: ImapServer, kind: str, charset: str | None, spoken: str
) -> None:
    words = SAID if kind == "plain" else f"<html><body><p>{SAID}</p></body></html>"
    told = f"; charset={charset}" if charset else ""
    heads = (f"Content-Type: text/{kind}{told}", "Content-Transfer-Encoding: 8bit")
    [document] = found(post, mail(words.encode(spoken), *heads))
    assert SAID in document.text


@pytest.mark.parametrize("head", ["text/html; charset=utf-8", "text/html"])
def test_a_page_is_read_by_the_mails_encoding_else_by_its_own(post: ImapServer, head: str) -> None:
    page = f"<html><head><meta charset=iso-8859-1></head><body><p>{SAID}</p></body></html>"
    raw = page.encode("utf-8" if "charset" in head else "iso-8859-1")
    heads = (f"Content-Type: {head}", "Content-Transfer-Encoding: 8bit")
    [document] = found(post, mail(raw, *heads))
    assert SAID in document.text


@pytest.mark.parametrize("spoken", ["utf-8", "latin-1"])
def test_a_subject_in_bytes_is_read(post: ImapServer, spoken: str) -> None:
    [document] = found(post, mail(b"Words.", subject="Größe".encode(spoken)))
    assert document.title == "Größe"


def test_an_encoding_that_nearly_fits_is_kept() -> None:
    cut = SAID.encode()[:-20] + "ß".encode()[:1]  # a message of which the end is missing
    assert worded(cut, "utf-8").startswith("Größe und Übermut")
    assert worded("朱镕基 喆".encode("gbk"), "gb2312") == "朱镕基 喆"
    assert worded("สวัสดี".encode("cp874"), "windows-874") == "สวัสดี"
    assert worded(b"\x80\x93 It\x92s", "ISO-8859-1") == "€“ It’s"


def test_messages_without_an_id_are_told_apart(post: ImapServer) -> None:
    dated = "Date: Fri, 20 Nov 2026 10:00:00 +0000"
    texts = ["The disk is full.", "All is well again.", "One second.", "The other of it."]
    told = [mail(texts[0].encode(), id=""), mail(texts[1].encode(), id="")]
    told += [mail(text.encode(), dated, id="") for text in texts[2:]]
    said = " ".join(document.text for document in found(post, *told))
    assert all(text in said for text in texts)


def test_text_after_a_picture_is_read_and_a_mailing_lists_footer_is_not(post: ImapServer) -> None:
    footer = ("text/plain", b"_______________\r\nkilns mailing list\r\n")
    parts = [
        ("text/plain", BEFORE.encode()),
        ("image/png", b"\x89PNG"),
        ("text/plain", AFTER.encode()),
    ]
    body, head = bundle(*parts, footer)
    [document] = found(post, mail(body, head), attachments=True)
    assert document.text.count(BEFORE) == document.text.count(AFTER) == 1
    assert "mailing list" not in document.text


@pytest.mark.parametrize("kind", ["mixed", "signed"])
def test_what_lies_in_a_bundle_of_bundles_is_read_once(post: ImapServer, kind: str) -> None:
    note = ('text/plain; name="heat.txt"', b"Heat it slowly.")
    inner, head = bundle(("text/plain", BEFORE.encode()), note, mark="I")
    type = head.removeprefix("Content-Type: ")
    body, outer = bundle((type, inner), ("application/pgp-signature", b"-"), kind=kind)
    [document] = found(post, mail(body, outer), attachments=True)
    assert document.text.count(BEFORE) == document.text.count("Heat it slowly.") == 1
    assert "Attachment: heat.txt" in document.text


def test_text_that_comes_after_what_is_too_large_is_told(post: ImapServer) -> None:
    body, head = bundle(("application/zip", b"x" * 4000), ("text/plain", AFTER.encode()))
    post.inbox.put(mail(body, head))
    [item, *_] = mailbox(post, max_bytes=2048).documents(None)
    assert isinstance(item, Unreadable)
    assert "raise `max_bytes`" in item.reason
