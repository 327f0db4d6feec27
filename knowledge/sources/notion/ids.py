"""Notion's ids, as addresses and settings write them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

HOME = "https://www.notion.so"
PLAIN = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z", re.I)


def id_of(told: str) -> str:
    """The id in an address, or one that stands alone, with its dashes; "" where there is none."""
    try:
        parts = urlsplit(told.strip())
    except ValueError:
        return ""
    peeked = parse_qs(parts.query).get("p", [""])[0]  # a row that is looked at above its table
    found = PLAIN.search(peeked) or PLAIN.search(parts.path.rstrip("/"))
    return str(UUID(found[0])) if found else ""


def dashed(told: object) -> str:
    """An id of an answer as we write it; "" for what is none."""
    return id_of(told) if isinstance(told, str) else ""


def link(id: str) -> str:
    """The address of a page or a database."""
    return f"{HOME}/{id.replace('-', '')}"


def absolute(href: str) -> str:
    """An address of a text; Notion writes those within itself without a host."""
    return f"{HOME}{href}" if href.startswith("/") else href
