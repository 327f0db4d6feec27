"""Markdown, with its front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, decode

DATES = ("modified", "updated", "last_modified_at", "last_updated", "lastmod", "date")
FIRST_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S[^\n]*)\n=+[ \t]*$", re.M)


def read_markdown(data: bytes, name: str) -> Content:
    """Markdown; title and date from its front matter, else the title from its first heading."""
    del name
    settings, text = apart(decode(data))
    title = settings.get("title")
    dates = (aware(settings[key]) for key in DATES if key in settings)
    return Content(text, str(title or "") or first_title(text), next(filter(None, dates), None))


def apart(text: str) -> tuple[Mapping[str, object], str]:
    """Front matter and text; what cannot be parsed as front matter is text."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n")
    if not text.startswith(("---\n", "+++\n", ";;;\n")):
        return {}, text
    import frontmatter

    try:
        settings, rest = frontmatter.parse(text)
    except Exception:  # whichever of YAML, TOML and JSON it was written in, each has its errors
        return {}, text
    return settings, rest


def first_title(text: str) -> str:
    """The text of the first heading of the first level, if it opens the text."""
    from knowledge.blocks import plain_text

    found = FIRST_HEADING.search(text[:4000])
    if found is None or found.start() != len(text) - len(text.lstrip()):
        return ""
    return plain_text(found[1] or found[2])
