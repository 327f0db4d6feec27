"""A page's HTML, given without its head, as Markdown."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from knowledge import reading
from knowledge.reading.plain import NotReadable

if TYPE_CHECKING:
    from bs4 import BeautifulSoup


def markdown_of(html: str, base: str = "") -> str:
    """HTML as Markdown; "" where it says nothing. `base` completes links. Raises `NotReadable`."""
    page = parsed(html)
    if base:
        completed(page, base)
    return written(page)


def parsed(html: str) -> BeautifulSoup:
    """The page as a tree, with all of it marked as its main part. Raises `NotReadable`."""
    from bs4 import BeautifulSoup

    from knowledge.reading.web import MAX_DEPTH, depth

    if depth(html.encode("utf-8", "replace")) > MAX_DEPTH:
        raise NotReadable(f"is nested more than {MAX_DEPTH} levels deep; simplify the page")
    own = re.sub(r"</?(main|html|body)\b[^>]*>", "", html)
    return BeautifulSoup(
        f"<html><head><meta charset='utf-8'></head><body><main>{own}</main></body></html>", "lxml"
    )


def written(page: BeautifulSoup) -> str:
    """The tree as Markdown. Raises `NotReadable`."""
    pictures(page)
    if not page.get_text().strip():
        return ""
    return reading.read(str(page).encode("utf-8", "replace"), "page.html").text


def completed(page: BeautifulSoup, base: str) -> None:
    """Links as they are from anywhere."""
    for tag in page.find_all("a", href=True):
        with suppress(ValueError):  # an address that is none stays as it is
            tag["href"] = urljoin(base, str(tag["href"]))


def pictures(page: BeautifulSoup) -> None:
    """Pictures as what they are said to show: their addresses may need a login."""
    for tag in page.find_all("img"):
        words = tag.get("data-emoji-fallback") or tag.get("alt") or ""
        tag.replace_with(str(words))
