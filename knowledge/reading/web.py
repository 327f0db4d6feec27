"""HTML: the main text of a page, with its headings, tables and links."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable, decode

MAX_DEPTH = 200  # libraries for HTML call themselves for each level
AROUND = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "form", "button")
OUTSIDE_MAIN = ("header", "footer", "aside")
OUTSIDE_ROLES = ("navigation", "banner", "contentinfo")
OUTSIDE_CLASSES = ("breadcrumb", "cookie", "sidebar", "navbar")  # parts of their names
MAIN_IDS = ("main-content", "content")
KEPT = 0.8  # of the words
TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>")
VOID = {b"br", b"hr", b"img", b"input", b"link", b"meta", b"p", b"li", b"td", b"tr", b"th",
        b"dt", b"dd", b"option", b"col", b"area", b"base", b"embed", b"source", b"wbr"}  # fmt: skip
ALONE = {"br", "hr", "img", "input", "link", "meta", "area", "base", "col", "embed", "source",
         "track", "wbr", "param"}  # fmt: skip
DATED = ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified", "date",
         "article:published_time")  # fmt: skip


def read_html(data: bytes, name: str) -> Content:
    """The page's main part; where it names none, what trafilatura takes for it."""
    del name
    if depth(data) > MAX_DEPTH:
        raise NotReadable(f"is nested more than {MAX_DEPTH} levels deep; simplify the page")
    html = html_text(data)
    page = parsed(html)
    if page is None:
        return Content("")
    title, date = title_of(page), date_of(page)
    main = main_of(page)
    whole = markdown(main if main is not None else body_of(page))
    if main is None:
        chosen = chosen_by_trafilatura(html)
        # It leaves too much out of pages that are not articles: it may drop menus, not more.
        share = len(chosen.split()) / max(1, len(whole.split()))
        whole = chosen if KEPT <= share < 1 else whole
    return Content(whole, title, date)


def parsed(html: str) -> Any:
    """The page as a tree of lxml, which is searched in a tenth of BeautifulSoup's time, or None."""
    from lxml import etree  # type: ignore[import-untyped]  # it has no types
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser)
    except etree.ParserError:  # there is nothing in it
        return None


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


def title_of(page: Any) -> str:
    """The first heading of the first level when there is one only, else the page's title."""
    heads = list(filter(None, map(text_of, page.iter("h1"))))
    if len(heads) == 1:
        return heads[0]
    title = next(map(text_of, page.iter("title")), "")
    return title or (heads[0] if heads else "")


def text_of(tag: Any) -> str:
    """What it says, in one line."""
    return " ".join(part.strip() for part in tag.itertext() if part.strip())


def date_of(page: Any) -> datetime | None:
    """The date that the page's head tells."""
    told: dict[str, Any] = {}
    for meta in page.iter("meta"):
        key = meta.get("property") or meta.get("name") or meta.get("http-equiv") or ""
        told.setdefault(key.lower(), meta.get("content"))
    dates = (aware(told[key]) for key in DATED if key in told)
    return next(filter(None, dates), None)


def body_of(page: Any) -> Any:
    """The page's body, or all of it."""
    found = page.find("body")
    return page if found is None else found


def main_of(page: Any) -> Any:
    """The part that the page marks as its main one, freed of what is no text, or None."""
    drop(list(page.iter(*AROUND)))
    found = [tag for tag in page.iter() if is_main(tag)] or list(page.iter("article"))
    if len(found) == 1 or (found and found[0].tag == "main"):
        return found[0]
    drop([tag for tag in page.iter() if is_outside(tag)])
    return None


def drop(tags: Sequence[Any]) -> None:
    """Take tags out of their page; the text that follows them stays."""
    for tag in tags:
        if tag.getparent() is not None:
            tag.drop_tree()


def is_main(tag: Any) -> bool:
    """Does it say that it is the main part?"""
    named = tag.get("role") == "main" or tag.get("id") in MAIN_IDS
    return tag.tag == "main" or named or "main-content" in tag.get("class", "").split()


def is_outside(tag: Any) -> bool:
    """Does it say that it is no part of the text: a menu, a footer, a note about cookies?"""
    named = tag.get("role") in OUTSIDE_ROLES or "sidebar" in tag.get("id", "")
    classes = tag.get("class", "")
    return tag.tag in OUTSIDE_MAIN or named or any(part in classes for part in OUTSIDE_CLASSES)


def markdown(part: Any) -> str:
    """A part of a page in Markdown."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    converter = MarkdownConverter(
        heading_style="atx", bullets="-", escape_misc=False, escape_underscores=False,
        escape_asterisks=False, table_infer_header=True,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XML, which reads well enough
        soup = BeautifulSoup(written(part), "lxml")
    text: str = converter.convert_soup(soup.find(part.tag) or soup)
    text = re.sub(r"!\[([^\]]*)\]\(data:[^)]*\)", r"\1", text)
    return re.sub(r"[ \t]+\n", "\n", re.sub(r"\n{3,}", "\n\n", text))


def written(part: Any) -> str:
    """A part of a page as HTML again; lxml's own way of it would escape addresses."""
    from lxml import etree

    for tag in part.iter():
        if tag.text is None and not len(tag) and tag.tag not in ALONE:
            tag.text = ""  # else it would be written as if it stood alone
    html: str = etree.tostring(part, encoding="unicode", with_tail=False)
    return html


def chosen_by_trafilatura(html: str) -> str:
    """The main text of a page that does not say where it is; empty when none is found."""
    from trafilatura import extract

    chosen = extract(
        html, output_format="markdown", include_tables=True, include_links=True,
        include_formatting=True, favor_recall=True, deduplicate=False,
    )  # fmt: skip
    return chosen or ""
