"""What Drive tells of a file or a folder, as values, and the mark of its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import one_line

Json = Mapping[str, Any]
FIELDS = (
    "id,name,mimeType,parents,modifiedTime,md5Checksum,version,size,webViewLink,driveId,trashed,"
    "shortcutDetails(targetId,targetMimeType)"
)
ID = re.compile(r"[\w-]+", re.ASCII)
FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"


class Odd(Exception):
    """What was told is not what was asked for."""


@dataclass(frozen=True)
class Entry:
    """A file, a folder, or a shortcut to one."""

    id: str
    name: str
    mime: str
    parent: str = ""  # the folder that it lies in; "": none that we may see
    changed_at: datetime | None = None  # aware UTC
    md5: str = ""  # of its bytes; "" for what Google's editors hold
    version: str = ""  # rises with each change
    size: int = 0  # bytes
    url: str = ""  # where people see it
    drive: str = ""  # the shared drive that it is in
    trashed: bool = False
    target: str = ""  # of a shortcut
    target_mime: str = ""

    @property
    def mark(self) -> str:
        """The mark of what it says now."""
        return self.md5 or f"v{self.version}"


def entry(told: object) -> Entry:
    """An entry of a list. Raises `Odd`."""
    if not isinstance(told, Mapping):
        raise Odd("an entry that is no object")
    id, mime, parents = told.get("id"), told.get("mimeType"), told.get("parents")
    if not isinstance(id, str) or not ID.fullmatch(id) or not isinstance(mime, str):
        raise Odd("an entry without an id and a type")
    details = told.get("shortcutDetails")
    led = details if isinstance(details, Mapping) else {}
    target = str(led.get("targetId") or "")
    return Entry(
        id,
        one_line(str(told.get("name") or "")) or id,
        mime,
        str(parents[0]) if isinstance(parents, list) and parents else "",
        aware(told.get("modifiedTime")),
        str(told.get("md5Checksum") or ""),
        str(told.get("version") or told.get("modifiedTime") or ""),
        whole_number(told.get("size")),
        str(told.get("webViewLink") or f"https://drive.google.com/open?id={id}"),
        str(told.get("driveId") or ""),
        told.get("trashed") is True,
        target if ID.fullmatch(target) else "",
        str(led.get("targetMimeType") or ""),
    )


def whole_number(told: object) -> int:
    """A number that is written as text, as large ones are; 0 where it is none."""
    text = str(told or 0)
    return int(text) if text.isdecimal() and len(text) < 20 else 0
