"""The sources under an answer: numbered, each a link that says where it leads, with its quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot import wording
from bot.addresses import address
from bot.conversation import Citation
from bot.platforms.slack.blocks import Block, context, weight
from bot.platforms.slack.text import escaped, plain, words
from knowledge.documents import Passage

TITLE, QUOTE, KEY = 100, 220, 120  # characters of each that are shown
MOST = 20  # entries
LEFT = 400  # characters of the numbers of those left out
CARD_SOURCES = 10  # of a task card


def sources(citations: Sequence[Citation], room: int) -> list[Block]:
    """A block for each source, of at most `room` characters in all.

    Where not all fit, the later ones go without their quotes; those that do not fit even so are
    counted and named by their numbers.
    """
    entries = list[Block]()
    for citation in citations[:MOST]:
        entry = _fitting(citation, room - weight(entries) - LEFT)
        if entry is None:
            break
        entries.append(entry)
    left = citations[len(entries) :]
    return entries + ([context(_left(left))] if left else [])


def _fitting(citation: Citation, room: int) -> Block | None:
    """The entry, without its quote if that is too long, or none."""
    entries = (context(entry(citation, quoted)) for quoted in (True, False))
    return next((block for block in entries if weight([block]) <= room), None)


def entry(citation: Citation, quoted: bool = True) -> str:
    """A source in Slack's markup: number, link, quote."""
    named = f"*[{citation.number}]* {_linked(citation)}"
    quote = words(citation.quote, QUOTE) if quoted else ""
    return f"{named}\n“{quote}”" if quote else named


def _linked(citation: Citation) -> str:
    """The title as a link that names host and path; what is no page on the web, as code."""
    title, page = words(citation.title, TITLE), address(citation.url)
    if page is None:
        where = words(f"{citation.source}/{citation.key}", KEY) or "–"
        return f"{title} `{where}`".strip()
    return f"<{escaped(page.url)}|{title or wording.UNTITLED} – {escaped(page.place)}>"


def _left(citations: Iterable[Citation]) -> str:
    """How many sources are left out, and their numbers."""
    numbers = [f"[{citation.number}]" for citation in citations]
    told = f"{wording.more(len(numbers))}: {' '.join(numbers)}"
    return told if len(told) <= LEFT else f"{told[: told.rindex(' ', 0, LEFT - 1)]} …"


def card_sources(passages: Iterable[Passage]) -> list[dict[str, Any]]:
    """The pages that a search found, as a task card shows them; only those on the web."""
    found = dict[str, str]()
    for passage in passages:
        page = address(passage.chunk.url)
        if page is not None:
            title = plain(passage.chunk.title, TITLE) or wording.UNTITLED
            found.setdefault(page.url, f"{title} – {page.host}")
    pairs = list(found.items())[:CARD_SOURCES]
    return [{"type": "url", "url": url, "text": text} for url, text in pairs]
