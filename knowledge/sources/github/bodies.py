"""What people wrote, as documents: who said what, how it stands, and how it was received."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.reading.plain import clean, one_line
from knowledge.sources.github.threads import Said, Signal, Thread
from knowledge.visible import FENCED, visible

IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\([^)\s]*(?:\s+[\"'][^\"'\n]*[\"'])?\)")
TAG = re.compile(r"<img\b[^>]*?(?:\balt\s*=\s*(?P<q>[\"'])(?P<alt>.*?)(?P=q)[^>]*)?>", re.I | re.S)
NAMELESS = re.compile(r"image|img|screen ?shot\b.*|bild.*|[\w-]+\.(png|jpe?g|gif|webp)", re.I)
HEADING = re.compile(r"^( {0,3})(#{1,6})(?=[ \t]|$)", re.M)
UNDERLINED = re.compile(r"^ {0,3}(\S[^\n]*)\n {0,3}(=+|-{2,})[ \t]*$", re.M)
QUOTED = re.compile(r"[ \t]*([>|*+]|[-+] |\d+[.)] |#)")
FACES = {
    "THUMBS_UP": "👍",
    "THUMBS_DOWN": "👎",
    "LAUGH": "😄",
    "HOORAY": "🎉",
    "CONFUSED": "😕",
    "HEART": "❤️",
    "ROCKET": "🚀",
    "EYES": "👀",
}


@dataclass(frozen=True)
class Taste:
    """Whose words are left out."""

    bots: bool = False
    ignored: frozenset[str] = frozenset()  # logins in lower case

    def likes(self, login: str, is_bot: bool) -> bool:
        """Is what they write read?"""
        return (self.bots or not is_bot) and login.lower() not in self.ignored

    def keeps(self, said: Said) -> bool:
        """Is this read?"""
        return self.likes(said.login, said.is_bot) and not said.hidden and bool(said.body.strip())


def written(thread: Thread, place: str, taste: Taste) -> str:
    """A thread as Markdown; `place` is the repository."""
    parts = [about(thread, place), body(thread.opening.body, 1)]
    for said in ordered(thread.said):
        parts += section(said, 2, taste)
    return "\n\n".join(part for part in parts if part)


def about(thread: Thread, place: str) -> str:
    """The line above: what it is, how it stands, whose it is."""
    kind = f"{thread.kind.word} {place}#{thread.number}"
    told = [f"{kind}, {thread.state}, by {thread.opening.login} on {day(thread.opening)}."]
    told += [f"Category: {one_line(thread.category)}."] if thread.category else []
    told += [f"Labels: {', '.join(map(one_line, thread.labels))}."] if thread.labels else []
    return " ".join((*told, received(thread.opening.signals))).strip()


def ordered(said: Sequence[Said]) -> list[Said]:
    """As they were said, the accepted answer first."""
    return sorted(said, key=lambda one: not any(x.accepted for x in (one, *one.replies)))


def section(said: Said, level: int, taste: Taste) -> Iterator[str]:
    """A remark under a heading, and its replies."""
    if taste.keeps(said):
        what = "Accepted answer" if said.accepted else "Reply" if level > 2 else "Comment"
        more = f", {one_line(said.about)}" if said.about else ""
        yield f"{'#' * level} {what} by {said.login} on {day(said)}{more}"
        yield received(said.signals)
        yield body(said.body, level)
    for reply in said.replies:
        yield from section(reply, level + 1, taste)


def day(said: Said) -> str:
    """When, as people write it."""
    return f"{said.when:%Y-%m-%d}"


def received(signals: Sequence[Signal]) -> str:
    """The reactions in a line."""
    told = [f"{FACES.get(s.content, s.content.lower())} {s.count}" for s in signals]
    return f"Reactions: {', '.join(told)}." if told else ""


def body(text: str, below: int) -> str:
    """GitHub's Markdown as a reader sees it, its headings lower than level `below`."""
    shown = visible(clean(text))
    at, parts = 0, []
    for block in FENCED.finditer(shown):
        parts += [lowered(shown[at : block.start()], below), block[0]]
        at = block.end()
    return "".join((*parts, lowered(shown[at:], below))).strip("\n")


def lowered(text: str, below: int) -> str:
    """Text beside code: pictures as their words, headings lower."""
    text = TAG.sub(pictured, IMAGE.sub(pictured, text))
    text = UNDERLINED.sub(underlined, text)
    return HEADING.sub(lambda found: f"{found[1]}{'#' * min(6, len(found[2]) + below)}", text)


def pictured(found: re.Match[str]) -> str:
    """What a picture shows, if its author said so."""
    alt = one_line(found["alt"] or "")
    return "" if NAMELESS.fullmatch(alt) else alt


def underlined(found: re.Match[str]) -> str:
    """A heading that was underlined, with marks."""
    if QUOTED.match(found[1]):
        return found[0]
    return f"{'#' if found[2].startswith('=') else '##'} {found[1]}"
