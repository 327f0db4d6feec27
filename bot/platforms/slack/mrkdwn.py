"""Markdown in Slack's older markup, for modals, where Slack draws no Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot import wording
from bot.cutting import cut
from bot.measures import size
from bot.platforms.slack.blocks import SECTION, Block, context, section, weight
from bot.platforms.slack.text import escaped, unlinked

PIECE, SMALL = 1_500, 500  # characters of Markdown in a section; of one with much to escape
CODE = re.compile(r"(`[^`\n]*`)")
LINK = re.compile(r"(\[[^\[\]\n]*\]\([^\s()]*(?:\([^\s()]*\)[^\s()]*)*\))")
LINK_PARTS = re.compile(r"\[(?P<words>.*)\]\((?P<url>[^\s]*)\)")
HEADING = re.compile(r"#{1,6}\s+(?P<words>.*?)\s*#*")
BULLET = re.compile(r"(?P<indent>\s*)[-*+]\s+(?P<rest>.*)")
QUOTE = re.compile(r"(?P<marks>\s*>\s?)(?P<rest>.*)")


def sections(markdown: str, room: int) -> list[Block]:
    """Markdown that `shown` gave, in blocks of at most `room` characters in all.

    It says so if not all fits.
    """
    blocks = list[Block]()
    for text in _texts(markdown):
        room -= weight([section(text)])
        if room < 0:
            return [*blocks, context(wording.REST_LEFT)]
        blocks += [section(text)] * bool(text.strip())
    return blocks


def _texts(markdown: str) -> Iterator[str]:
    for piece in cut(markdown, PIECE):
        text = of(piece)
        if size(text) <= SECTION:
            yield text
        else:
            yield from (of(small) for small in cut(piece, SMALL))


def of(markdown: str) -> str:
    """The same in Slack's markup, escaped; a link only where the Markdown has one."""
    fenced, lines = False, list[str]()
    for line in markdown.split("\n"):
        mark = line.startswith("```")
        lines.append("```" if mark else escaped(line) if fenced else _line(line))
        fenced ^= mark
    return "\n".join(lines)


def _line(line: str) -> str:
    if heading := HEADING.fullmatch(line):
        return f"*{_inline(heading['words'])}*"
    if bullet := BULLET.fullmatch(line):
        return f"{bullet['indent']}• {_inline(bullet['rest'])}"
    if quote := QUOTE.fullmatch(line):
        return f"> {_inline(quote['rest'])}"
    return _inline(line)


def _inline(text: str) -> str:
    parts = CODE.split(text)
    return "".join(escaped(p) if at % 2 else _linked(p) for at, p in enumerate(parts))


def _linked(text: str) -> str:
    parts = LINK.split(text)
    return "".join(_link(p) if at % 2 else _bold(p) for at, p in enumerate(parts))


def _link(text: str) -> str:
    found = LINK_PARTS.fullmatch(text)
    if found is None or not re.match(r"https?://", found["url"]):
        return _bold(text)
    return f"<{escaped(found['url'])}|{escaped(unlinked(found['words']))}>"


def _bold(text: str) -> str:
    return re.sub(r"(\*\*|__)(\S(?:.*?\S)?)\1", r"*\2*", escaped(unlinked(text)))
