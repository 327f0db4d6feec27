"""The text of a message in Markdown: its own words, and its attachments where they are wanted."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import getaddresses
from itertools import islice

from knowledge.reading import read
from knowledge.reading.mail import MAX_ATTACHMENTS, attached
from knowledge.reading.plain import NotReadable, clean, one_line
from knowledge.reading.web import MAX_DEPTH, depth, html_text
from knowledge.sources.mailbox import encodings
from knowledge.sources.mailbox.answers import Fetched, sent_s
from knowledge.sources.mailbox.encodings import unescaped
from knowledge.sources.mailbox.mails import ids
from knowledge.sources.mailbox.trimming import trim_page, trimmed

PREFIX = re.compile(r"^\s*((re|aw|sv|antw|fwd?|wg|rv|tr)\s*(\[\d+\])?\s*:\s*)+", re.I)
MOST_CHARS = 1_000_000  # of a message's own words
FOOTER = re.compile(r"\s*[_=*-]{5,}")  # how a mailing list begins what it adds
CHARSET = re.compile(r"<meta[^>]+charset[^>]*>", re.I)  # of the page before it was mail
BUNDLES = ("multipart/mixed", "multipart/signed")
STUB = 80  # characters of a plain text that only says that the message is HTML


@dataclass(frozen=True)
class Letter:
    """A message that was read."""

    message_id: str
    subject: str  # without "Re:"
    sender: str  # the name, where there is one
    sent_at: datetime | None
    text: str  # what its sender wrote, in Markdown; may be empty
    whole: str  # the same with quotes and signature
    attachments: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """It under who wrote it, and when."""
        when = f", {self.sent_at:%Y-%m-%d}" if self.sent_at else ""
        heading = f"## {self.sender or 'Somebody'}{when}"
        return "\n\n".join(filter(None, (heading, self.text, *self.attachments)))


def letter_of(found: Fetched, with_attachments: bool) -> Letter:
    """A message by its bytes. Raises `NotReadable`."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(found.raw)
        subject = worded(message, "Subject")
        whole, own = body_of(message, subject)
        parts = () if found.is_cut or not with_attachments else attachments_of(message)
    except NotReadable:
        raise
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as e:
        raise NotReadable(f"is no message as it should be ({type(e).__name__})") from e
    told = ids(head_text(message, "Message-ID"))
    when = sent_s(head_text(message, "Date")) or found.arrived_s
    sent_at = datetime.fromtimestamp(when, UTC) if when else None
    bare = one_line(PREFIX.sub("", subject))
    return Letter(told[0] if told else "", bare, sender_of(message), sent_at, own, whole, parts)


def head_text(message: EmailMessage, name: str) -> str:
    """A head as it stands there, however odd."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(unescaped(str(raw)).split())


def worded(message: EmailMessage, name: str) -> str:
    """A head as it was meant: encoded words decoded."""
    raw = head_text(message, name)
    try:
        return one_line(str(make_header(decode_header(raw))))
    except (MessageError, LookupError, ValueError):
        return one_line(raw)


def sender_of(message: EmailMessage) -> str:
    """The sender's name, or what stands before the @."""
    [(name, address), *_] = getaddresses([worded(message, "From")]) or [("", "")]
    return one_line(name or address.partition("@")[0])[:100]


def body_of(message: EmailMessage, subject: str) -> tuple[str, str]:
    """The message's words: whole, and without quotes and signature."""
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    text = text_of(plain) + further(message) if plain is not None else ""
    if html is None or len(text.strip()) > STUB:
        return as_markdown(text), as_markdown(trimmed(text, subject))
    page = text_of(html)
    own = html_body(page, subject)
    if own and len(own) < len(text.strip()):  # a short page beside a short text
        return as_markdown(text), as_markdown(trimmed(text, subject))
    return html_body(page, None), own


def further(message: EmailMessage) -> str:
    """What plain text follows between pictures and files; not what a mailing list adds below."""
    texts = (text_of(part) for part in message.iter_attachments() if is_further(part))
    return "".join(f"\n\n{text}" for text in texts if not FOOTER.match(text))


def is_further(part: MIMEPart) -> bool:
    """Is it a piece of the message's plain text, and no file?"""
    is_file = part.is_attachment() or part.get_filename()
    return part.get_content_type() == "text/plain" and not is_file


def text_of(part: MIMEPart) -> str:
    """A part's text in the encoding that it tells, else in the one that fits."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    told = part.get_content_charset("")
    if not told and part.get_content_subtype() == "html":
        return html_text(raw)[:MOST_CHARS]  # as the page itself tells
    return encodings.worded(raw, told)[:MOST_CHARS]


def as_markdown(text: str) -> str:
    """Plain text in which no line is a heading."""
    return re.sub(r"^( {0,3})(#+ )", r"\1\\\2", clean(text), flags=re.M)


def html_body(source: str, subject: str | None) -> str:
    """What a page says; without quotes and signature where a subject is given."""
    data = CHARSET.sub("", source).encode("utf-8", "replace")
    if depth(data) > MAX_DEPTH:
        raise NotReadable(f"is nested more than {MAX_DEPTH} levels deep")
    if not data.strip():
        return ""
    if subject is not None:
        data = trimmed_page(data, subject)
    try:
        text = read(data, "message.html").text
    except NotReadable:  # nothing is left
        return ""
    return lowered(trimmed(text, subject) if subject is not None else text)


def trimmed_page(data: bytes, subject: str) -> bytes:
    """The page without what its marks tell to be quotes and signatures."""
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XML, which reads well enough
        page = BeautifulSoup(html_text(data), "lxml")
    trim_page(page, subject)
    return str(page).encode("utf-8", "replace")


def lowered(text: str) -> str:
    """Headings below the one that tells who wrote it."""
    return re.sub(r"^(#{1,6})(?= )", lambda m: "#" * min(6, len(m[1]) + 2), text, flags=re.M)


def attachments_of(message: EmailMessage) -> tuple[str, ...]:
    """The attachments that can be read."""
    parts = islice(files_of(message), MAX_ATTACHMENTS)
    texts = (attached(part) for part in parts if not is_signature(part))
    return tuple("#" + lowered_below(text) for text in texts if text.startswith("## "))


def files_of(message: EmailMessage) -> Iterator[EmailMessage]:
    """What is attached, also within bundles: a seal, or a mailing list, puts all into one."""
    for part in message.iter_attachments():
        if part.get_content_type() in BUNDLES:
            yield from files_of(part)
        elif not is_further(part):
            yield part


def is_signature(part: EmailMessage) -> bool:
    """Is it a seal or a card, which no one reads?"""
    return part.get_content_type() in (
        "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
        "application/pgp-keys", "text/vcard", "text/calendar",
    )  # fmt: skip


def lowered_below(text: str) -> str:
    """An attachment's own headings below its name."""
    name, _, rest = text.partition("\n")
    return f"{name}\n{lowered(rest)}"
