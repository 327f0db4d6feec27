"""Answer text as Slack may show it: its Markdown stays, its powers go.

What is code is decided here and written so that every reader of Markdown agrees: a fence is
three backticks at the beginning of a line, code within a line one backtick on each side, and no
other backtick is left. Whatever is not code is made inert (`bot.inert`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator

from bot.addresses import address
from bot.backticks import code_in
from bot.inert import code_unpinged, inert
from bot.measures import GAP, clipped, isolated, size, tidy

FENCE = re.compile(r"[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]{0,30})[^`\n]*\n?")
PINGS = re.compile(r"<(?=[!@#&]|[a-z][a-z0-9+.-]{0,20}:)|@(?=everyone|here|channel)", re.IGNORECASE)
ENTITY = re.compile(r"&(?=#?\w{1,32};)")
LINKED = re.compile(r"\]\(((?:[^()\s]|\([^()\s]*\))*)\)")
ESCAPED_LINK = re.compile(r"\\(?=\[[^\[\]\n]*\]\()")  # a link has lost its beginning then
HOLE = "\ue000"  # stands for a gap while text is made inert, which takes gaps away
LONGEST_CODE = 1_000  # characters of code within a line; longer ones are text
LONGEST_LABEL = 300  # characters of a link's words
HELD = 600  # characters of a line that a stream holds back at most


def shown(text: str, links: Collection[str] = ()) -> str:
    """The whole text as Markdown for Slack; only `links` are links, and each names its host."""
    flow = Flow(links)
    return flow.add(text) + flow.rest()


class Flow:
    """Text made fit for Slack while it is written."""

    def __init__(self, links: Collection[str] = ()) -> None:
        self.links, self._fence, self._held = links, "", ""
        self._middle = False  # a line was begun

    def add(self, piece: str) -> str:
        """What of the text so far may be shown next."""
        *lines, self._held = (self._held + tidy(piece)).split("\n")
        done = "".join(self._line(f"{line}\n") for line in lines)
        if end := self._whole():
            done += self._line(self._held[:end])
            self._held = self._held[end:]
        return done

    def rest(self) -> str:
        """What was held back, with an open fence closed."""
        last = self._line(self._held) if self._held else ""
        closing = "" if not self._fence else "```" if last[-1:] in ("", "\n") else "\n```"
        self._held, self._fence, self._middle = "", "", False
        return last + closing

    def _whole(self) -> int:
        """How much of the line begun can be judged without what follows."""
        line = self._held
        if self._fence or (not self._middle and re.match(r"[ \t]*(?:[`~]|$)", line)):
            return 0
        ends = [space.end() for space in re.finditer(r"\s+", line)]
        if len(line) > HELD:
            return ends[-1] if ends else 0
        return next((end for end in reversed(ends) if not _open(line[:end])), 0)

    def _line(self, line: str) -> str:
        begins, self._middle = not self._middle, not line.endswith("\n")
        found = FENCE.fullmatch(line) if begins else None
        if self._fence:
            return self._code(line, found)
        if found:
            self._fence = found["marks"]
            return f"```{found['language']}\n"
        return _inline(line, self.links)

    def _code(self, line: str, found: re.Match[str] | None) -> str:
        if found and found["marks"].startswith(self._fence) and line.strip() == found["marks"]:
            self._fence = ""
            return "```\n" if line.endswith("\n") else "```"
        return code_unpinged(re.sub("`(?=``)", f"`{GAP}", line))


def _open(text: str) -> bool:
    """Does a link, an element or code begin here that is not ended?"""
    opened = text.rfind("[") > text.rfind("]") or text.rfind("](") > text.rfind(")")
    return opened or text.rfind("<") > text.rfind(">") or "`" in text


def _inline(line: str, links: Collection[str]) -> str:
    """A line outside of fences."""
    pieces = [_piece(code, text, links) for code, text in _spans(line)]
    told = "".join(pieces).replace("``", "` `").replace("\\`", f"\\{GAP}`")
    return ESCAPED_LINK.sub(f"\\\\{GAP}", _named(told, links))


def _piece(code: bool, text: str, links: Collection[str]) -> str:
    if code:
        return f"`{code_unpinged(text)}`"
    text = html.unescape(text).replace("`", "'")
    text = re.sub(r"~{3,}", "~~", tidy(text)).replace("]:", f"]{HOLE}:")
    text = _unpinged(inert(text, links).replace(HOLE, GAP))
    return ENTITY.sub(f"&{GAP}", text)


def _spans(line: str) -> Iterator[tuple[bool, str]]:
    """Code (true) and what lies between, as CommonMark reads runs of backticks; text has none."""
    at = 0
    for found in code_in(line, lambda code: code.end - code.begin <= LONGEST_CODE):
        code = line[found.begin : found.end].replace("`", "'")
        yield False, line[at : found.start]
        yield bool(code.strip()), code
        at = found.stop
    yield False, line[at:]


def _named(line: str, links: Collection[str]) -> str:
    """Each link that stays says its host; what else looks like one is parted."""
    parts, at = list[str](), 0
    for found in re.finditer(r"`[^`]*`|\]\(", line):
        if found[0] == "](":
            parts += [line[at : found.start()], _target(line, found.start(), links)]
            at = found.end()
    return "".join([*parts, line[at:]])


def _target(line: str, end: int, links: Collection[str]) -> str:
    """What joins a link's words, which end at `end`, to its address."""
    link, begin = LINKED.match(line, end), line.rfind("[", 0, end) + 1
    page = address(link[1]) if link and link[1] in links else None
    if page is None or not 0 < begin <= end <= begin + LONGEST_LABEL:
        return f"]{GAP}("
    return "](" if page.host in line[begin:end] else f" ({page.host})]("


def _unpinged(text: str) -> str:
    return PINGS.sub(lambda found: found[0] + GAP, text)


def plain(text: str, most: int) -> str:
    """A line of at most `most` characters for Slack's plain text, which is never parsed."""
    return isolated(" ".join(_unpinged(tidy(text)).split()), most)


def words(text: str, most: int) -> str:
    """A line for Slack's mrkdwn that is only read, of at most `most` characters before escaping."""
    return escaped(unlinked(plain(text, most)))


def lines(text: str, most: int) -> str:
    """Lines for Slack's mrkdwn that are only read, at most `most` characters after escaping."""
    read = (unlinked(plain(line, most)) for line in tidy(text).split("\n"))
    return escaped_within("\n".join(read).strip(), most)


def escaped(text: str) -> str:
    """The text with the characters escaped that are Slack's syntax."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_within(text: str, most: int) -> str:
    """The same, cut so that it is at most `most` characters long; no escape is cut in two."""
    if size(escaped(text)) <= most:
        return escaped(text)
    short = clipped(text, most - 1)
    while size(escaped(short)) >= most:
        short = short[: len(short) * 9 // 10]
    return f"{escaped(short)}…"


def unlinked(text: str) -> str:
    """A line in which a client finds no code to style and no address to link by itself."""
    return text.replace("`", "'").replace("://", f":{GAP}//").replace("www.", f"www{GAP}.")
