"""Notion's rich text as a line of Markdown, and as plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from knowledge.reading.plain import one_line
from knowledge.sources._services.refusals import Json
from knowledge.sources.notion.ids import absolute
from knowledge.sources.notion.service import objects, part

AROUND = (("strikethrough", "~~"), ("italic", "*"), ("bold", "**"))


@dataclass(frozen=True)
class Style:
    """How a piece of text looks, and where it leads."""

    signs: tuple[str, ...] = ()  # the inmost first
    code: bool = False
    href: str = ""


def markdown(rich: object) -> str:
    """Rich text as Markdown; neighbours that look the same are one piece."""
    told = [(style(one), said(one)) for one in objects(rich)]
    runs = groupby((each for each in told if each[1]), key=lambda each: each[0])
    return "".join(marked(look, "".join(text for _, text in run)) for look, run in runs)


def plain(rich: object) -> str:
    """Rich text without its looks, on one line."""
    return one_line("".join(said(one) for one in objects(rich)))


def style(one: Json) -> Style:
    """How a piece looks."""
    looks = part(one, "annotations")
    signs = tuple(sign for name, sign in AROUND if looks.get(name) is True)
    href = one.get("href")
    leads = href if isinstance(href, str) and one.get("type") != "equation" else ""
    return Style(signs, looks.get("code") is True, absolute(leads))


def said(one: Json) -> str:
    """The words of a piece: of a mention the name, of an equation what it says."""
    if one.get("type") == "equation":
        return f"${part(one, 'equation').get('expression') or ''}$"
    mention = part(one, "mention")
    if mention.get("type") == "date":
        return date(mention.get("date"))
    name = part(mention, "user").get("name") if mention.get("type") == "user" else None
    return f"@{name}" if name else str(one.get("plain_text") or "")


def date(told: object) -> str:
    """A day or a time, or from when to when."""
    if not isinstance(told, dict):
        return ""
    ends = (moment(told.get(name)) for name in ("start", "end"))
    return " – ".join(end for end in ends if end)


def moment(told: object) -> str:
    """2026-11-23, or 2026-11-23 09:00."""
    text = told if isinstance(told, str) else ""
    return f"{text[:10]} {text[11:16]}".strip() if "T" in text else text


def marked(look: Style, text: str) -> str:
    """A text with its signs, which stand next to its first and last letters."""
    inner = text.strip()
    if not inner:
        return text
    made = quoted(inner) if look.code else inner
    for sign in look.signs:
        made = f"{sign}{made}{sign}"
    if look.href:
        made = f"[{made}]({look.href})" if inner != look.href else f"<{inner}>"
    before, _, after = text.partition(inner)
    return f"{before}{made}{after}"


def quoted(text: str) -> str:
    """Code within a line, between more backticks than it has."""
    ticks = "`" * (longest(text) + 1)
    return f"{ticks}{text}{ticks}" if ticks == "`" else f"{ticks} {text} {ticks}"


def fenced(text: str, language: str) -> str:
    """Code in a block of its own."""
    fence = "`" * max(3, longest(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def longest(text: str) -> int:
    """How many backticks stand together."""
    return max((len(list(run)) for char, run in groupby(text) if char == "`"), default=0)


def names(people: object) -> Iterator[str]:
    """The names of people that are told; without the capability, there are only ids."""
    for one in objects(people):
        if name := one_line(str(one.get("name") or "")):
            yield name
