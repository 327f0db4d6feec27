"""The sources under an answer: numbered, each a link that says where it leads, with its quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot import wording
from bot.addresses import address
from bot.conversation import Citation
from bot.measures import size
from bot.platforms.discord.inline import coded, linked, literal
from bot.platforms.discord.text import plain, words
from knowledge.documents import Passage

TITLE, QUOTE, KEY = 100, 220, 120  # units of each that are shown, before their marks are escaped
MOST = 20  # entries
LEFT = 400  # units of the line about those left out
NAMED = 5  # pages that are named when they are found


def sources(citations: Sequence[Citation], room: int) -> str:
    """A paragraph for each source, in at most `room` UTF-16 units; empty: there is none.

    Where not all fit, the later ones go without their quotes; those that do not fit even so are
    counted and named by their numbers. `room` is above `LEFT`.
    """
    entries, used = list[str](), LEFT
    for citation in citations[:MOST]:
        entry = _fitting(citation, room - used)
        if not entry:
            break
        entries.append(entry)
        used += size(entry) + 1
    left = citations[len(entries) :]
    return "\n".join([*entries, *([_left(left)] if left else [])])


def entry(citation: Citation, quoted: bool = True) -> str:
    """A source: number, link, quote."""
    named = f"**[{citation.number}]** {_linked(citation)}"
    quote = words(citation.quote, QUOTE) if quoted else ""
    return f"{named}\n“{quote}”" if quote else named


def titles(passages: Iterable[Passage]) -> list[str]:
    """What the pages that a search found are called, best first, only to be read."""
    pages = dict[tuple[str, str], str]()
    for passage in passages:
        pages.setdefault(passage.chunk.page, passage.chunk.title)
    named = list(pages.values())[:NAMED]
    return [words(title, TITLE // 2) or wording.UNTITLED for title in named]


def _fitting(citation: Citation, room: int) -> str:
    """The entry, without its quote if that is too long; empty: it does not fit even so."""
    entries = (entry(citation, quoted) for quoted in (True, False))
    return next((told for told in entries if size(told) <= room), "")


def _linked(citation: Citation) -> str:
    """The title as a link that names host and path; what is no page on the web, as code."""
    title, page = plain(citation.title, TITLE), address(citation.url)
    if page is None:
        where = plain(f"{citation.source}/{citation.key}", KEY).replace("`", "'") or "–"
        return f"{literal(title)} {coded(where)}".strip()
    return linked(f"{title or wording.UNTITLED} – {page.place}", page.url)


def _left(citations: Iterable[Citation]) -> str:
    """How many sources are left out, and their numbers."""
    numbers = [f"[{citation.number}]" for citation in citations]
    told = f"{wording.more(len(numbers))}: {' '.join(numbers)}"
    return told if len(told) <= LEFT else f"{told[: told.rindex(' ', 0, LEFT - 1)]} …"
