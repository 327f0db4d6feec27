"""What readers of LlamaIndex give: documents with an id, a text and metadata of their own words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from knowledge import reading
from knowledge.reading.dates import aware
from knowledge.reading.plain import one_line

TITLES = ("title", "page_title", "name", "file_name", "filename", "subject")
LINKS = ("url", "source_url", "link", "web_url", "html_url", "source", "URL")
DATES = ("last_modified_date", "last_modified", "modified_at", "updated_at", "last_edited_time",
         "date")  # fmt: skip
VOLATILE = ("last_accessed_date", "accessed_at", "fetched_at", "retrieved_at", "score")
PLACES = (*LINKS, "file_path", "id", "page_id", "page_label", "document_id", "path", "key")


def metadata_of(made: Any) -> Mapping[str, Any]:
    """What is told of a document."""
    told = getattr(made, "metadata", None)
    return told if isinstance(told, Mapping) else {}


def text_of(made: Any) -> str:
    """A document's text; "" of what has none."""
    try:
        told = getattr(made, "text", None)
        told = told if isinstance(told, str) else made.get_content()
    except Exception:  # an image that is not there
        return ""
    return told if isinstance(told, str) else ""


def is_image(made: Any) -> bool:
    """Is it a picture?"""
    return any("image" in base.__name__.lower() for base in type(made).__mro__) or bool(
        getattr(made, "image_resource", None) or getattr(made, "image", None)
    )


def key_of(made: Any) -> str | None:
    """A document's stable key: its id where that is one, else a digest of where it is.

    LlamaIndex gives a random UUID to what has no id: such an id is another each time.
    """
    id, metadata = getattr(made, "id_", None), metadata_of(made)
    if not isinstance(id, str) or not hasattr(made, "get_content"):
        return None
    if id and not is_random(id):
        return id.encode("utf-8", "replace").decode()
    places = {name: metadata[name] for name in PLACES if name in metadata}
    places = places or {n: v for n, v in metadata.items() if n not in (*VOLATILE, *DATES)}
    return "digest:" + digest(places) if places else "text:" + digest(text_of(made))


def is_random(id: str) -> bool:
    """Is this a UUID of version 4, as LlamaIndex makes them?"""
    try:
        return UUID(id).version == 4
    except ValueError:
        return False


def digest(value: object) -> str:
    """A short mark of anything that JSON can say."""
    told = json.dumps(value, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:32]


def marked(text: str, metadata: Mapping[str, Any]) -> str:
    """A fingerprint of what a document shows: its text, title, address and date."""
    shown = {name: metadata[name] for name in (*TITLES, *LINKS, *DATES) if name in metadata}
    return f"{reading.VERSION}:{digest([text, shown])}"


def first(metadata: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first text among some metadata."""
    told = (metadata.get(name) for name in names)
    return next((one_line(value) for value in told if isinstance(value, str) and value.strip()), "")


def modified_at(metadata: Mapping[str, Any]) -> datetime | None:
    """When a document changed, where it tells that."""
    dates = (aware(metadata[name]) for name in DATES if name in metadata)
    return next(filter(None, dates), None)
