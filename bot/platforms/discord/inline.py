"""A line of an answer's Markdown in Discord's: what is code, what is a link, and nothing else.

Discord looks for its tokens everywhere outside of code, so each is parted by a character that
nobody sees. Code within a line has one backtick on each side, and no other backtick is left;
links stand as `[words](<address>)`, which shows no preview.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator

from bot.addresses import Address, address
from bot.backticks import code_in
from bot.inert import ENDING, code_unpinged, inert
from bot.measures import GAP, shortened, size, tidy
from bot.platforms.discord.emphasis import balanced

HOLE = "\ue000"  # stands for nothing while text is made inert, so that no definition is read
LONGEST_CODE = 1_000  # characters of code within a line; longer ones are text
LONGEST_URL, LABEL = 500, 200  # characters of a link's address, units of its words
TOKENS = re.compile(  # what Discord makes something of, with the place where it is parted
    r"@(?=everyone|here)|\|(?=\|)|-(?=#)|>(?=>)|:(?=//)|\](?=\()|(?<=discord)\.(?=gg/)|`"
    r"|(?<!\\)(?P<before>\\*)<(?! )(?:(?=(?P<token>[@#/:+&!]|[\w.-]{1,64}[:@])))?",
    re.IGNORECASE,
)
PIECE = re.compile(
    r"`(?P<code>[^`]*)`|\[(?P<words>[^\[\]]*)\]\((?P<target>(?:[^()\s]++|\([^()\s]*+\))*+)\)"
    r"|(?P<bare>https?://[^\s<>`|\"']+)",
)
# No link may have these in its words: Discord then shows it as it is written.
WORDLESS = re.compile(
    r"[\[\]<>`*~|\\@\u200b\u2068\u2069]|:(?=\w+:)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|(?i:[a-z][a-z0-9+.-]*)?[:;\u2236\uff1a]?[/\u2044\u2215\u29f8\u2571\u27cb]{2,}"
    r"|[\u203c\u2049\u20e3\u200d\u2194-\u21aa\u2300-\u23ff\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    r"\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
)
BREAK = re.compile(r"(?<!\\)((?:\\\\)*)\\\s*\Z")  # it would take the line's end along
LITERAL = re.compile(r"[\\*_~\[]|^[ ]{0,3}(?:>|#(?=[# ]))", re.MULTILINE)


def inline(line: str, links: Collection[str] = (), unfinished: bool = False) -> str:
    """A line outside of code blocks; only `links` are links, and each names its host.

    Of an `unfinished` line, bold and the like are closed where they are still open.
    """
    drawn, line = "", BREAK.sub(r"\1", line).rstrip()
    for code, text in _spans(line):
        for piece in [coded(text)] if code else _pieces(text, links):
            drawn += GAP * _joins(drawn, piece) + piece
    return balanced(drawn, unfinished)


def literal(text: str) -> str:
    """Lines that are only read: no mark of Markdown does anything in them."""
    return "\n".join(parted(LITERAL.sub(_shown, line)) for line in tidy(text).split("\n"))


def parted(text: str) -> str:
    """Text outside of code in which Discord finds no token of its own."""
    return TOKENS.sub(_parted, text)


def _parted(found: re.Match[str]) -> str:
    before, token = found["before"], found["token"]
    if before is None:
        return "'" if found[0] == "`" else found[0] + GAP
    # An address in brackets begins at any `<` before it that no white space parts from it.
    escape = "\\" if len(before) % 2 == 0 else ""
    return f"{before}{escape}<{GAP if token else ''}"


def coded(text: str) -> str:
    """Code within a line."""
    return f"`{code_unpinged(text)}`"


def linked(words: str, url: str) -> str:
    """A link with its words, which name the address's host; code, where it may be none."""
    page = address(url)
    target = _unmarked(page.url) if page else ""
    if page is None or len(target) > LONGEST_URL:
        return f"{literal(words)} {coded(url.replace('`', '')) if url else ''}".strip()
    return f"[{_label(words, page)}](<{target}>)"


def _spans(line: str) -> Iterator[tuple[bool, str]]:
    """Code (true) and what lies between, as CommonMark reads runs of backticks; text has none."""
    at = 0
    for found in code_in(line, lambda code: code.end - code.begin <= LONGEST_CODE):
        code = line[found.begin : found.end].replace("`", "'")
        yield False, line[at : found.start]
        yield bool(code.strip()), code
        at = found.stop
    yield False, line[at:]


def _pieces(text: str, links: Collection[str]) -> Iterator[str]:
    """Text that is no code, with its addresses as code or as links."""
    text = tidy(html.unescape(text).replace("`", "'")).replace("]:", f"]{HOLE}:")
    text, at = inert(text, links).replace(HOLE, ""), 0
    for found in PIECE.finditer(text):
        piece = _piece(found, links)
        if piece is not None:
            yield from (parted(text[at : found.start()].replace(GAP, "")), piece[0])
            at = found.start() + piece[1]
    yield parted(text[at:].replace(GAP, ""))


def _piece(found: re.Match[str], links: Collection[str]) -> tuple[str, int] | None:
    """What stands for code, a link or an address, and how much of the text that is."""
    if found["code"] is not None:
        return coded(found["code"]), len(found[0])
    if found["words"] is not None:
        target = found["target"]
        return (linked(found["words"], target), len(found[0])) if target in links else None
    url = next((url for url in _bare(found["bare"]) if url in links), "")
    short = 0 < len(url) <= LONGEST_URL
    return (f"<{_unmarked(url)}>" if short else coded(url), len(url)) if url else None


def _bare(url: str) -> tuple[str, str]:
    """An address, and the same without what may end the sentence."""
    return url, url.rstrip(ENDING)


def _joins(before: str, piece: str) -> bool:
    """Would the piece's first mark be read otherwise behind what stands before it?"""
    return bool(before and piece) and (
        (before[-1] == "\\" and piece[0] in "`[<") or (before[-1] == piece[0] == "`")
        or (before[-1] == "]" and piece[0] == "(")
    )  # fmt: skip


def _label(words: str, page: Address) -> str:
    """A link's words without what keeps Discord from drawing it; they name its host."""
    told = " ".join(WORDLESS.sub(" ", tidy(words)).split())
    short = shortened(told or page.place, LABEL + size(page.place))
    return short if page.host in short else f"{shortened(told, LABEL)} ({page.host})"


def _unmarked(url: str) -> str:
    """An address without the characters that Discord takes for marks; it leads to the same."""
    for mark in "()*~":
        url = url.replace(mark, f"%{ord(mark):02X}")
    return re.sub(r"_(?![A-Za-z0-9])|(?<=_)_", "%5F", url)


def _shown(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\{found[0][-1]}"
