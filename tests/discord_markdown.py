"""What Discord's client reads in a message and what its server refuses; written from its docs.

Written apart from the drawing, so that each checks the other. The client looks for the leftmost
mark and reads to its end, across lines, code and links; what is within is read in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import discord

from bot.platforms.discord.drawn import Drawn, view

STYLED = r"(?:\\.|[^\\])+?"
RULES = {
    "escape": r"\\(?P<escaped>.)",
    "block": r"```(?:(?P<language>[\w+.-]*)\n)?(?P<lines>.*?[^\n].*?)```",
    "code": r"(?P<ticks>`+)(?P<within>.+?)(?<!`)(?P=ticks)(?!`)",
    "bold": rf"\*\*(?P<b>{STYLED})\*\*(?!\*)",
    "underline": rf"__(?P<u>{STYLED})__(?!_)",
    "italics": r"\*(?!\s)(?P<i>(?:\\.|\*\*|[^*\\])+?)(?<!\s) {0,2}\*(?!\*)",
    "slant": r"_(?P<s>(?:\\.|__|[^_\\])+?)_(?![A-Za-z0-9_])",
    "struck": r"~~(?P<t>.+?)~~(?!_)",
    "spoiler": r"\|\|.+?\|\|",
    "token": r"<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|/[^<>\n]+:\d+|id:\w+|\+\d+)>",
    "ping": r"@everyone|@here",
    "link": (
        r"\[(?P<label>(?:\[[^\]]*\]|[^\[\]])*[^\[]*)\]"
        r"\(\s*<?(?P<url>(?:\([^)]*\)|[^\s\\]|\\[^\n])*?)>?(?:\s+['\"].*?['\"])?\s*\)"
    ),
    "shown": r"<(?P<angled>[^: >]+:/[^ >]+)>",
    "bare": r"https?://[^\s<]+[^<.,:;\"'\]\s]",
    "invite": r"\bdiscord\.gg/\w",
    "subtext": r"^-# +[^\n]+",
    "rest": r"^ *>>> ",
    "quote": r"^ *> [^\n]*",
    "heading": r"^#{1,3} [^\n]+",
}
READ = re.compile("|".join(f"(?P<{n}>{r})" for n, r in RULES.items()), re.DOTALL | re.MULTILINE)
NESTED = {"bold": "b", "underline": "u", "italics": "i", "slant": "s", "struck": "t"}
NEVER = {"underline", "spoiler", "token", "ping", "bare", "invite", "subtext", "rest"}
EMOJI = re.compile("[\u2600-\u27bf\u2b50\u20e3\ufe0f\U0001f300-\U0001faff]")
HIDDEN = re.compile(
    "[\u202a-\u202e\u2066\u2067\u200e\u200f\u061c\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)


@dataclass(frozen=True)
class Seen:
    """A piece of a message as the client draws it."""

    kind: str  # of RULES, or "text"
    text: str  # the words; of a link its label
    url: str = ""


def read(text: str) -> Iterator[Seen]:
    """What the client draws."""
    at = 0
    for found in READ.finditer(text):
        if found.start() > at:
            yield Seen("text", text[at : found.start()])
        at = found.end()
        yield from _seen(found)
    if at < len(text):
        yield Seen("text", text[at:])


def _seen(found: re.Match[str]) -> Iterator[Seen]:
    kind = str(next(name for name in RULES if found[name] is not None))
    match kind:
        case "escape":
            yield Seen("text", found["escaped"])
        case "block" | "code":
            yield Seen(kind, found["lines"] or found["within"])
        case "link":
            drawn = _is_link(found["label"])
            yield Seen("link", found["label"], found["url"]) if drawn else Seen("text", found[0])
        case "shown":
            yield Seen("shown", found["angled"], found["angled"])
        case "heading" | "quote":
            yield Seen(kind, "")
            yield from read(re.sub(r"^[ #>]+", "", found[0]))
        case _ if kind in NESTED:
            yield Seen(kind, found[NESTED[kind]])
            yield from read(found[NESTED[kind]])
        case _:
            yield Seen(kind, found[0])


def _is_link(label: str) -> bool:
    """Does the client draw it? Not if its words look like a link, a mention or an emoji."""
    bare = re.sub("[\u200b\u2068\u2069]", "", label)
    inside = {seen.kind for seen in read(bare)}
    return bool(bare.strip()) and not inside & {"link", "shown", *NEVER} and not EMOJI.search(bare)


def dangers(text: str, cited: Collection[str] = ()) -> list[str]:
    """What in a message pings, hides, unfurls, or leads where it does not say."""
    found = [f"{hidden[0]!r} in {text!r}"] if (hidden := HIDDEN.search(text)) else []
    pages = {unquote(url) for url in cited}
    for seen in read(text):
        wrong = seen.kind in NEVER or (seen.url and unquote(seen.url) not in pages)
        hides = seen.kind == "link" and (urlsplit(seen.url).hostname or "?") not in seen.text
        stray = seen.kind == "text" and "`" in seen.text
        found += [f"{seen.kind} {seen.text!r} in {text!r}"] * bool(wrong or hides or stray)
    return found


def units(text: str) -> int:
    """UTF-16 units, of which there are never fewer than characters."""
    return len(text.encode("utf-16-le")) // 2


def problems(drawn: Drawn) -> list[str]:
    """What Discord would refuse in a message."""
    found = ["content"] * (not 0 < units(drawn.content.strip()) <= 2_000)
    found += ["embeds"] * (len(drawn.embeds) > 10)
    found += ["all embeds"] * (sum(_weight(embed) for embed in drawn.embeds) > 6_000)
    for embed in drawn.embeds:
        found += _embed_problems(embed)
    return [*found, *_button_problems(drawn)]


def _weight(embed: discord.Embed) -> int:
    return units((embed.title or "") + (embed.description or "") + (embed.footer.text or ""))


def _embed_problems(embed: discord.Embed) -> Iterator[str]:
    for part, text, most in (
        ("title", embed.title, 256),
        ("description", embed.description, 4_096),
        ("footer", embed.footer.text, 2_048),
    ):
        if text is not None and not 0 < units(text.strip()) <= most:
            yield part
    if not _weight(embed):
        yield "an embed without anything"


def _button_problems(drawn: Drawn) -> Iterator[str]:
    shown = view(drawn)
    rows: Sequence[Any] = shown.to_components() if shown else []
    ids = [button["custom_id"] for row in rows for button in row["components"]]
    if len(rows) > 5 or len(ids) != len(set(ids)) or any(not 0 < len(id) <= 100 for id in ids):
        yield "rows or ids"
    for button in (button for row in rows for button in row["components"]):
        label, emoji = button.get("label"), button.get("emoji")
        if not (label or emoji) or units(label or "") > 80:
            yield f"button {label!r}"
