"""Reads one file: exported from Google's editors, or as it lies there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from knowledge import reading
from knowledge.documents import Document
from knowledge.net.asking import MEBIBYTE
from knowledge.net.errors import Garbled, NetError, Refused, TooLarge
from knowledge.reading.plain import Content, NotReadable
from knowledge.sources.googledrive.api import whole
from knowledge.sources.googledrive.entries import Entry
from knowledge.sources.googledrive.formats import EXPORTS, MARKDOWN, PARTIAL, SUFFIXES, named, tidy
from knowledge.sources.googledrive.lists import SEES, Lists
from knowledge.sources.googledrive.memory import Unread, fingerprint
from knowledge.sources.googledrive.tree import Path

EMPTY = b"\xef\xbb\xbf"  # what Drive gives of an empty document, as plain text


@dataclass(frozen=True)
class Found:
    """A file that is to be read, and how it was come by."""

    entry: Entry
    place: str  # the id of the folder, or of the shortcut
    path: Path  # the names that lead there

    def fingerprint(self, shape: str) -> str:
        """The mark of this version."""
        return fingerprint(self.entry.mark, self.entry.name, self.path, shape, self.place)


@dataclass(frozen=True)
class Files:
    """Reads files. Raises `NetError` for what may go better the next time."""

    source: str
    lists: Lists
    max_bytes: int
    shape: str

    def read(self, found: Found) -> Document | Unread:
        """A file as a document, or why it gives none."""
        entry = found.entry
        try:
            if entry.mime in EXPORTS:
                return self.document(found, self.exported(entry))
            return self.downloaded(found)
        except NotReadable as error:
            # An empty document of Google's own is nothing to report.
            blank = entry.mime in EXPORTS and "no text" in error.reason
            return Unread(found.fingerprint(self.shape), "" if blank else error.reason)

    def document(self, found: Found, content: Content) -> Document:
        """Content as a document; where it lies stands above it."""
        entry, place = found.entry, " / ".join(found.path)
        text = f"Folder: {place}\n\n{content.text}" if place else content.text
        mark = found.fingerprint(self.shape)
        changed_at = entry.changed_at or content.modified_at
        return Document(self.source, entry.id, content.title, text, entry.url, mark, changed_at)

    # -- what lies there as it is ----------------------------------------------------

    def downloaded(self, found: Found) -> Document:
        """A file of bytes. Raises `NotReadable`."""
        entry = found.entry
        if entry.size > self.max_bytes:
            most = f"is over {self.max_bytes / MEBIBYTE:g} MiB"
            raise NotReadable(f"{most}; raise `max_bytes` or leave it out")
        answer = self.lists.drive.get(f"/files/{entry.id}", {**SEES, "alt": "media"})
        if entry.md5 and md5(answer.body) != entry.md5:  # another version by now, or broken
            entry = self.lists.entry(entry.id)
            if md5(answer.body) != entry.md5:
                raise answer.garbled("is not what Drive says that it is")
        return self.document(replace(found, entry=entry), reading.read(answer.body, named(entry)))

    # -- what Google's editors hold --------------------------------------------------

    def exported(self, entry: Entry) -> Content:
        """In the best format that Drive gives it in. Raises `NotReadable`."""
        failed: NetError | None = None
        for media in EXPORTS[entry.mime]:
            try:
                body = self.export(entry, media)
            except (TooLarge, Garbled) as error:
                failed = failed or error
            except Refused as error:
                raise error if failed is None or whole(error) else failed from error
            else:
                return content(body, entry, media)
        raise failed or Refused(entry.name, "cannot be exported", "Leave it out")

    def export(self, entry: Entry, media: str) -> bytes:
        """What Drive exports; an answer of another kind, or without a byte, is not believed."""
        answer = self.lists.drive.get(f"/files/{entry.id}/export", {"mimeType": media})
        if answer.media != media:
            raise answer.garbled(f"came as {answer.media or 'nothing'}, not as {media}")
        if not answer.body:
            raise answer.garbled("came empty")
        return answer.body


def content(body: bytes, entry: Entry, media: str) -> Content:
    """What was exported as Markdown, called as people call it. Raises `NotReadable`."""
    if media == MARKDOWN:
        body = tidy(body.decode("utf-8", "replace")).encode()
        if not body.strip():
            raise NotReadable("has no text")
    if not body.strip(EMPTY + b" \r\n\t"):
        raise NotReadable("has no text")
    made = reading.read(body, f"{entry.name}{SUFFIXES[media]}")
    text = f"{PARTIAL[media]}\n\n{made.text}" if media in PARTIAL else made.text
    return replace(made, text=text, title=entry.name)


def md5(body: bytes) -> str:
    """As Drive marks bytes."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
