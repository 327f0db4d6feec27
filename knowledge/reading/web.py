"""HTML: the main text of a page, with its headings, tables and links."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable, decode

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MAX_DEPTH = 200  # libraries for HTML call themselves for each level
AROUND = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "form", "button")
OUTSIDE_MAIN = (
    "header, footer, aside, [role=navigation], [role=banner], [role=contentinfo], "
    "[class*=breadcrumb], [class*=cookie], [id*=sidebar], [class*=sidebar], [class*=navbar]"
)
MAIN = "main, [role=main], #main-content, #content, .main-content"
KEPT = 0.8  # of the words
TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>")
VOID = {b"br", b"hr", b"img", b"input", b"link", b"meta", b"p", b"li", b"td", b"tr", b"th",
        b"dt", b"dd", b"option", b"col", b"area", b"base", b"embed", b"source", b"wbr"}  # fmt: skip
DATED = ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified", "date",
         "article:published_time")  # fmt: skip


def read_html(data: bytes, name: str) -> Content:
    """The page's main part; where it names none, what trafilatura takes for it."""
    del name
    if depth(data) > MAX_DEPTH:
        raise NotReadable(f"is nested more than {MAX_DEPTH} levels deep; simplify the page")
    from bs4 import BeautifulSoup

    html = html_text(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XML, which reads well enough
        page = BeautifulSoup(html, "lxml")
    title, date = title_of(page), date_of(page)
    main = main_of(page)
    whole = markdown(main or page.body or page)
    if main is None:
        chosen = chosen_by_trafilatura(html)
        # It leaves too much out of pages that are not articles: it may drop menus, not more.
        share = len(chosen.split()) / max(1, len(whole.split()))
        whole = chosen if KEPT <= share < 1 else whole
    return Content(whole, title, date)


def html_text(data: bytes) -> str:
    """The page's source in the encoding that it declares, else in the one that fits."""
    declared = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", data[:4096], re.I)
    if declared:
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def depth(data: bytes) -> int:
    """How deep tags are nested, about."""
    level = deepest = 0
    for closing, name, alone in TAG.findall(data):
        if name.lower() in VOID or alone:
            continue
        level = max(0, level - 1) if closing else level + 1
        deepest = max(deepest, level)
    return deepest


def title_of(page: BeautifulSoup) -> str:
    """The first heading of the first level when there is one only, else the page's title."""
    heads = [head for head in page.find_all("h1") if head.get_text(strip=True)]
    if len(heads) == 1:
        return heads[0].get_text(" ", strip=True)
    if page.title and page.title.get_text(strip=True):
        return page.title.get_text(" ", strip=True)
    return heads[0].get_text(" ", strip=True) if heads else ""


def date_of(page: BeautifulSoup) -> datetime | None:
    """The date that the page's head tells."""
    told: dict[str, Any] = {}
    for meta in page.find_all("meta"):
        key = meta.get("property") or meta.get("name") or meta.get("http-equiv") or ""
        told.setdefault(str(key).lower(), meta.get("content"))
    dates = (aware(told[key]) for key in DATED if key in told)
    return next(filter(None, dates), None)


def main_of(page: BeautifulSoup) -> Tag | None:
    """The part that the page marks as its main one, freed of what is no text."""
    for tag in page(AROUND):
        tag.decompose()
    found = page.select(MAIN) or page.find_all("article")
    if len(found) == 1 or (found and found[0].name == "main"):
        return found[0]
    for tag in page.select(OUTSIDE_MAIN):
        tag.decompose()
    return None


def markdown(part: Tag) -> str:
    """A part of a page in Markdown."""
    from markdownify import MarkdownConverter

    converter = MarkdownConverter(
        heading_style="atx", bullets="-", escape_misc=False, escape_underscores=False,
        escape_asterisks=False, table_infer_header=True,
    )  # fmt: skip
    text: str = converter.convert_soup(part)
    text = re.sub(r"!\[([^\]]*)\]\(data:[^)]*\)", r"\1", text)
    return re.sub(r"[ \t]+\n", "\n", re.sub(r"\n{3,}", "\n\n", text))


def chosen_by_trafilatura(html: str) -> str:
    """The main text of a page that does not say where it is; empty when none is found."""
    from trafilatura import extract

    chosen = extract(
        html, output_format="markdown", include_tables=True, include_links=True,
        include_formatting=True, favor_recall=True, deduplicate=False,
    )  # fmt: skip
    return chosen or ""
