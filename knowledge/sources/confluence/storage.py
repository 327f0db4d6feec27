"""Confluence's storage format: what an editor saved, with its macros, as plain HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.S)
ALONE = re.compile(r"<((?:ac|ri):[\w-]+)((?:[^<>\"]|\"[^\"]*\")*)/>")
VERBATIM = frozenset({"code", "noformat", "markdown"})
BOXES = {"info": "Info", "note": "Note", "warning": "Warning", "tip": "Tip", "panel": ""}
INCLUDES = frozenset({"include", "excerpt-include"})


def plain_html(storage: str) -> str:
    """XML's own notations as HTML has them: a parser of HTML drops or misreads those."""
    text = CDATA.sub(lambda m: escape(m[1], quote=False), storage)
    return ALONE.sub(r"<\1\2></\1>", text)


def unfold(page: BeautifulSoup, base: str, space: str) -> None:
    """Replace all macros, links and tasks, the inmost first."""
    for tag in reversed(page.find_all(re.compile(r"^(ac|ri):"))):
        kind = tag.name.partition(":")[2]
        if kind in ("structured-macro", "macro"):
            macro(page, tag)
        elif kind == "link":
            link(page, tag, base, space)
        elif kind in ENDS:
            ENDS[kind](tag)


def macro(page: BeautifulSoup, tag: Tag) -> None:
    """A macro: its body in a form that tells what it is; without a body, what it names."""
    name = str(tag.get("ac:name", "")).lower()
    body = tag.find("ac:rich-text-body", recursive=False)
    if name in VERBATIM:
        verbatim(page, tag)
    elif name in BOXES:
        boxed(page, tag, "blockquote", parameter(tag, "title") or BOXES[name])
    elif name == "expand":
        boxed(page, tag, "div", parameter(tag, "title"))
    elif name == "status":
        tag.replace_with(parameter(tag, "title"))
    elif name == "jira":
        tag.replace_with(parameter(tag, "key"))
    elif name in INCLUDES:
        title = named(tag) or parameter(tag, "")  # the link within was unfolded before
        tag.replace_with(new(page, "p", f"See the page “{title}”.") if title else "")
    elif body is not None:
        boxed(page, tag, "div", parameter(tag, "title"))
    else:
        tag.decompose()


def verbatim(page: BeautifulSoup, tag: Tag) -> None:
    """Code, with its title above."""
    body = tag.find("ac:plain-text-body", recursive=False)
    block = page.new_tag("div")
    if title := parameter(tag, "title"):
        block.append(new(page, "p", title))
    block.append(new(page, "pre", body.get_text() if body else ""))
    tag.replace_with(block)


def boxed(page: BeautifulSoup, tag: Tag, around: str, title: str) -> None:
    """The body of a macro within a tag, under its title."""
    box = page.new_tag(around)
    if title:
        head = page.new_tag("p")
        head.append(new(page, "strong", title))
        box.append(head)
    body = tag.find("ac:rich-text-body", recursive=False)
    for child in list(body.children) if body is not None else []:
        box.append(child.extract())
    tag.replace_with(box)


def link(page: BeautifulSoup, tag: Tag, base: str, space: str) -> None:
    """A link to a page or a file; one to a person is dropped, who has only an id here."""
    target = tag.find("ri:page")
    words = tag.find(["ac:link-body", "ac:plain-text-link-body"])
    title = named(tag)
    text = (words.get_text().strip() if words else "") or title
    if target is None or not title:
        tag.replace_with(text)
        return
    home = str(target.get("ri:space-key") or space)
    made = new(page, "a", text)
    made["href"] = f"{base}/display/{quote_plus(home)}/{quote_plus(title)}"
    tag.replace_with(made)


def named(tag: Tag) -> str:
    """The title of the page, or the name of the file, that a macro or a link is about."""
    found = tag.find(["ri:page", "ri:blog-post", "ri:attachment"])
    if found is None:
        return ""
    return str(found.get("ri:content-title") or found.get("ri:filename") or "")


def parameter(tag: Tag, name: str) -> str:
    """A macro's own parameter."""
    found = tag.find("ac:parameter", {"ac:name": name}, recursive=False)
    return " ".join(found.get_text().split()) if found is not None else ""


def new(page: BeautifulSoup, name: str, text: str) -> Tag:
    """A tag with a text."""
    made = page.new_tag(name)
    made.string = text
    return made


def image(tag: Tag) -> None:
    """A picture: what it is said to show."""
    tag.replace_with(str(tag.get("ac:alt") or ""))


def task(tag: Tag) -> None:
    """A task, and whether it is done."""
    status, body = tag.find("ac:task-status"), tag.find("ac:task-body")
    done = status is not None and status.get_text().strip() == "complete"
    words = list(body.children) if body is not None else []
    tag.clear()
    tag.name = "li"
    tag.append("[x] " if done else "[ ] ")
    for child in words:
        tag.append(child)


def tasks(tag: Tag) -> None:
    """A list of tasks."""
    tag.name = "ul"


def face(tag: Tag) -> None:
    """An emoji as its character."""
    tag.replace_with(str(tag.get("ac:emoji-fallback") or ""))


def nothing(tag: Tag) -> None:
    """What says nothing to a reader."""
    tag.decompose()


def extension(tag: Tag) -> None:
    """What the new editor saved: its own form, and beside that a plain one."""
    plain = tag.find("ac:adf-fallback")
    if plain is not None:
        tag.replace_with(plain.extract())
    else:
        tag.decompose()


ENDS: dict[str, Callable[[Any], None]] = {
    "image": image,
    "task": task,
    "task-list": tasks,
    "emoticon": face,
    "placeholder": nothing,
    "adf-extension": extension,
}
