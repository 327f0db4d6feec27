"""JSON Lines: each line is a document of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable, decode

IDS = ("_id", "id", "doc_id", "docid", "uuid", "key")
TITLES = ("title", "name", "subject", "headline", "question", "heading")
TEXTS = ("text", "body", "content", "contents", "markdown", "passage", "answer", "description")
DATES = ("modified_at", "updated_at", "modified", "updated", "date", "created_at", "timestamp")


def read_record(line: bytes) -> Mapping[str, object]:
    """The JSON object of a line; another value becomes the text of one."""
    try:
        value = json.loads(decode(line))
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"is not JSON ({error}); correct or remove the line") from error
    return value if isinstance(value, dict) else {"text": value}


def record_id(record: Mapping[str, object]) -> str | None:
    """What the record calls itself."""
    for name in IDS:
        value = record.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return str(value)
    return None


def record_content(record: Mapping[str, object]) -> Content:
    """The record's text and title where it has fields of such names, else all its fields."""
    title, text = first(record, TITLES), first(record, TEXTS)
    dates = (aware(record[name]) for name in DATES if name in record)
    if not text:
        text = "\n\n".join(lines(record, {*IDS}))
    return Content(text or title, title, next(filter(None, dates), None))


def first(record: Mapping[str, object], names: tuple[str, ...]) -> str:
    """The first of these fields that has words."""
    values = (record.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def lines(record: Mapping[str, object], without: set[str], above: str = "") -> list[str]:
    """Fields as `name: value` lines; nested ones by their path."""
    found = []
    for name, value in record.items():
        if name in without or value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            found += lines(value, set(), f"{above}{name}.")
        elif isinstance(value, list) and all(isinstance(each, str | int) for each in value):
            found.append(f"{above}{name}: {', '.join(map(str, value))}")
        else:
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append(f"{above}{name}: {said}")
    return found
