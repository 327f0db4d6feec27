"""Generated and quoted text as it may be shown: it pings nobody, fetches nothing, leads nowhere.

A link is drawn as one only where it leads to a page that is cited. Any other address stays to
be read, as code, which no platform makes a link of or looks up; images give their words only,
since a client that draws one has told its server what stood in the address.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from bot.backticks import Code, code_in
from knowledge.visible import seen

MENTION = re.compile(r"<(?=[!@#&])|@(?=everyone\b|here\b|channel\b)")
PING = re.compile(  # what pings where a chat should not take it for code; other code stays whole
    r"<(?=!(?:here|channel|everyone|group|subteam|date)|[@#][a-z0-9]|@[!&][0-9])"
    r"|@(?=everyone|here|channel)",
    re.IGNORECASE,
)
URL = r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>|`\"']+|www\.[^\s<>|`\"']+"
BLANK = re.compile(r"\n[ \t]*\n")
LONGEST_CODE, LONGEST_BLOCK = 2_000, 20_000  # characters
# No repetition gives back what it took, and no label holds a bracket: so each is linear in time.
PLACE = r"(?:[^()]++|\([^()]*+\))*+"
IMAGE = re.compile(rf"!\[([^\[\]]*+)\](?:\({PLACE}\)|\[[^\]]*+\])")
LINK = re.compile(
    r"\[([^\[\]]*+)\]\(\s*+<?((?:[^()\s>]++|\([^()]*+\))*+)>?[^()]*+\)",
)
REFERENCE = re.compile(
    r"\[(?!\d+\])([^\[\]\n]++)\]\[[^\]\n]*+\]|^ {0,3}\[[^\[\]\n]++\]:[ \t]*+\S.*$",
    re.MULTILINE,
)
KEPT = re.compile(r"\[[^\[\]]*+\]\((?P<url>(?:[^()\s]++|\([^()]*+\))*+)\)|`[^`]*`")
ANGLED = re.compile(rf"<({URL}|mailto:[^\s<>|]+)(?:\|([^<>]*))?>", re.IGNORECASE)
BARE = re.compile(rf"(?<![\w`/@.-])(?:{URL})", re.IGNORECASE)
ACTIVE = re.compile(r"\b(?:data:[\w.+-]+/[\w.+-]+[;,]|javascript:|vbscript:)\S*", re.IGNORECASE)
# Names that platforms make links of by themselves, in the domains that are asked for most.
NAKED = re.compile(
    r"(?<![\w`/@.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|info|biz|xyz|top|site|online|app|dev|co|ru)"
    r"(?:/[^\s<>|`\"']*)?(?![\w`@-])",
    re.IGNORECASE,
)
ELEMENT = re.compile(
    r"</?(?:img|a|iframe|script|style|object|embed|video|audio|link|meta)\b[^>]*>?", re.I
)
ENDING = ".,;:!?)]}'\""
HELD = 600  # characters that a stream holds back at most, waiting for the end of a link


def inert(text: str, links: Collection[str] = ()) -> str:
    """The same to read, but nobody is pinged, nothing is fetched, and only `links` are links."""
    parts, at = list[str](), 0
    blanks = [blank.start() for blank in BLANK.finditer(text)]
    for code in code_in(text, partial(_is_code, blanks)):
        parts += [_inert(text[at : code.start], links), code_unpinged(text[code.start : code.stop])]
        at = code.stop
    return "".join([*parts, _inert(text[at:], links)])


def code_unpinged(code: str) -> str:
    """Code that pings nobody; what is no mention is left as it is, for people copy it."""
    return PING.sub(lambda found: f"{found[0]}\u200b", code)


def _is_code(blanks: Sequence[int], code: Code) -> bool:
    """Is it code, or two stray marks? Within a line's code there is no blank line."""
    size = code.end - code.begin
    if code.ticks >= 3:
        return size <= LONGEST_BLOCK
    return size <= LONGEST_CODE and bisect_left(blanks, code.begin) == bisect_left(blanks, code.end)


def inert_pieces(pieces: Iterable[str], links: Collection[str] = ()) -> Iterator[str]:
    """A stream made inert as it comes: cut at white space outside of links and code."""
    held = ""
    for piece in pieces:
        held += piece
        if end := _whole(held):
            yield inert(held[:end], links)
            held = held[end:]
    if held:
        yield inert(held, links)


def _whole(text: str) -> int:
    """How much of the beginning can be judged without what follows."""
    if len(text) > HELD:
        return len(text)
    ends = [found.end() for found in re.finditer(r"\s+", text)]
    return next((end for end in reversed(ends) if not _open(text[:end])), 0)


def _open(text: str) -> bool:
    """Does a link, an element or code begin here that is not ended?"""
    opened = text.rfind("[") > text.rfind("]") or text.rfind("](") > text.rfind(")")
    return opened or text.rfind("<") > text.rfind(">") or text.count("`") % 2 == 1


def _inert(text: str, links: Collection[str]) -> str:
    text = seen(text)
    text = IMAGE.sub(r"\1", text)
    text = LINK.sub(lambda m: _link(m[1], m[2], links), text)
    text = REFERENCE.sub(lambda m: m[1] or "", text)
    text = ANGLED.sub(lambda m: f"{m[2] or ''} {_address(m[1], links)}".strip(), text)
    text = ACTIVE.sub("", ELEMENT.sub("", text))
    text = _outside_links(text, links)
    return _unpinged(text)


def _link(words: str, url: str, links: Collection[str]) -> str:
    """A link to a cited page as it is; another's words, with its address where it has one."""
    if url in links:
        return f"[{words}]({url})"
    address = _address(url, ()) if re.match(URL, url, re.IGNORECASE) else ""
    return words if not address or url in words else f"{words} ({address})"


def _address(url: str, links: Collection[str]) -> str:
    """An address: bare where it may be a link, else as code."""
    bare = url.rstrip(ENDING)
    if bare in links or url in links:
        return url
    return f"`{bare}`{url[len(bare) :]}"


def _outside_links(text: str, links: Collection[str]) -> str:
    """Bare addresses as code, but for those within the links that stay and the code just made."""
    parts, at, begin = list[str](), 0, 0
    while found := KEPT.search(text, begin):
        stays = found["url"] is None or found["url"] in links
        begin = found.end() if stays else found.start() + 1
        if stays:
            parts += [_bare(text[at : found.start()], links), found[0]]
            at = begin
    return "".join([*parts, _bare(text[at:], links)])


def _bare(text: str, links: Collection[str]) -> str:
    parts, at = list[str](), 0
    for found in BARE.finditer(text):
        parts += [_naked(text[at : found.start()]), _address(found[0], links)]
        at = found.end()
    return "".join([*parts, _naked(text[at:])])


def _naked(text: str) -> str:
    return NAKED.sub(lambda m: _address(m[0], ()), text)


def _unpinged(text: str) -> str:
    return MENTION.sub(lambda m: m.group() + "\u200b", text)
