"""E-mail, with the attachments that can be read."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable, one_line

SHOWN = ("From", "To", "Cc", "Date")
MAX_ATTACHMENTS = 50


def read_mail(data: bytes, name: str) -> Content:
    """The message under its subject; then each attachment under its name."""
    del name
    message = BytesParser(policy=policy.default).parsebytes(data)
    heads = [f"- {head}: {one_line(str(message[head]))}" for head in SHOWN if message[head]]
    parts = ["\n".join(heads), body_of(message)]
    for number, attachment in enumerate(message.iter_attachments()):
        if number < MAX_ATTACHMENTS:
            parts.append(attached(attachment))
    text = "\n\n".join(filter(None, parts))
    return Content(text, one_line(str(message["Subject"] or "")), aware(str(message["Date"] or "")))


def body_of(message: EmailMessage) -> str:
    """The message's text; of HTML, what it says."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = str(body.get_content())
    if body.get_content_type() != "text/html":
        return text
    from knowledge.reading.web import read_html

    return read_html(text.encode(), "body.html").text


def attached(part: EmailMessage) -> str:
    """An attachment's text under its name; of one that cannot be read, the name and why."""
    from knowledge.reading import read

    name = one_line(part.get_filename() or part.get_content_type())
    data: Any = part.get_payload(decode=True)
    if data is None:  # a message or a bundle of parts, which has no bytes of its own
        inner: Any = part.get_payload()
        data = b"".join(bytes(each) for each in inner) if isinstance(inner, list) else b""
        name = f"{name}.eml"
    try:
        return f"## Attachment: {name}\n\n{read(data, name).text}"
    except NotReadable as error:
        return f"Attachment: {name} (not read: {error})"
