"""A page's HTML as Markdown: as Confluence shows it, or as it was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.sources._services.pages import parsed, written
from knowledge.sources.confluence.storage import new, plain_html, unfold

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

NOISE = (
    ".toc-macro, .toc, .hidden, .aui-icon, .expand-control-icon, .plugin_pagetree, style, script, "
    ".children-macro, .recently-updated, .conf-macro[data-macro-name=anchor], .expand-icon"
)
BOX = ".confluence-information-macro, .panel:not(.code):not(.preformatted)"
TITLES = ".title, .panelHeader, .codeHeader, .expand-control, .expand-control-text"


def markdown_of(html: str, kind: str, base: str = "", space: str = "") -> str:
    """HTML of a page, as `export_view`, `view` or `storage`; "" where it says nothing.

    `base` and `space` complete links to other pages. Raises `NotReadable`.
    """
    source = plain_html(html) if kind == "storage" else html
    page = parsed(source)
    if kind == "storage":
        unfold(page, base, space)
    else:
        unwrap(page)
    return written(page)


def unwrap(page: BeautifulSoup) -> None:
    """What Confluence draws its macros with, as what they mean."""
    for tag in page.select(NOISE):
        tag.decompose()
    for tag in page.select(TITLES):
        words = tag.get_text(" ", strip=True)
        head = page.new_tag("p")
        if words:
            head.append(new(page, "strong", words))
        tag.replace_with(head)
    for tag in page.select(BOX):
        tag.name = "blockquote"
    for tag in page.select("ul.inline-task-list > li"):
        done = "checked" in (tag.get("class") or [])
        tag.insert(0, "[x] " if done else "[ ] ")
