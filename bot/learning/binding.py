"""What a person's answer rests on, found again in its pages as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.rows import EXCERPT_CHARS
from knowledge.documents import Chunk, Passage
from knowledge.words import stems

Pieces = Callable[[str, str], Sequence[Chunk]]
"""The pieces of a page, by its source and key, as it is indexed now; none: it is gone."""


def as_now(passage: Passage, pieces: Sequence[Chunk]) -> Passage | None:
    """A passage, of which the beginning was kept, as the page has it now; None: it has not."""
    for start, first in enumerate(pieces):
        text = ""
        for piece in pieces[start:]:
            text = f"{text}\n\n{piece.text}" if text else piece.text
            now = replace(first, text=text)
            if told(now) == told(passage.chunk):
                return replace(passage, chunk=now)
            if not passage.chunk.text.startswith(text[:EXCERPT_CHARS]):
                break
    return None


def told(chunk: Chunk) -> tuple[str, ...]:
    """What makes it the same: where it stands, whatever its line, and its beginning."""
    page = chunk.url.partition("#")[0]
    return chunk.source, chunk.key, page, chunk.path, chunk.text[:EXCERPT_CHARS]


def bound(held: Sequence[Passage], pieces: Pieces) -> list[Passage]:
    """The passages as they are now, or what came in their place; of pages that are gone, none."""
    found: dict[tuple[str, str, int], Passage] = {}
    for passage in held:
        page = pieces(*passage.chunk.page)
        now = as_now(passage, page) or likest(passage, page)
        if now is not None:
            found.setdefault((*now.chunk.page, now.chunk.ordinal), now)
    return list(found.values())


def likest(passage: Passage, pieces: Sequence[Chunk]) -> Passage | None:
    """The piece of the page that says most nearly the same; None: there is no piece."""
    words, place = set(stems(passage.chunk.embedded_text)), passage.chunk.ordinal

    def likeness(piece: Chunk) -> tuple[float, int]:
        theirs = set(stems(piece.embedded_text))
        return len(words & theirs) / max(1, len(words | theirs)), -abs(piece.ordinal - place)

    best = max(pieces, key=likeness, default=None)
    return None if best is None else replace(passage, chunk=best)
