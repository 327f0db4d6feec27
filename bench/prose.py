"""Short pieces of prose to work on: help pages of feedbackqa, else the example handbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bench import corpora

HELP = corpora.SHARED / "data" / "feedbackqa" / "corpus.jsonl"
FEWEST, MOST = 60, 90  # words of a piece
FEW = 20  # words of one of the handbook, which has shorter paragraphs
PARAGRAPH = re.compile(r"\n\s*\n")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
ENDED = re.compile(r"[.!?]$")
NO_PROSE = re.compile(r"[<>|•*@#_`\[\]]|https?|www")


def pieces(most: int | None = None) -> list[str]:
    """Whole sentences of `FEWEST` to `MOST` words, each piece once; `most`: no more of them.

    Each is taken as it stands by any task: nothing in it is masked, or looks like an order.
    """
    from bot.form import parted
    from bot.learning.masking import masked
    from bot.learning.merging import Texts

    seen, found, fewest = Texts(), list[str](), FEWEST if HELP.is_file() else FEW
    for page in pages():
        text = cut(prose(page), fewest)
        plain = is_prose(text) and parted(text) == (text, "") and masked(text).text == text
        if plain and seen.find(text) is None:
            seen.add(text)
            found.append(text)
        if len(found) == most:
            break
    return found


def pages() -> Iterator[str]:
    """The help pages; the handbook's paragraphs where those are missing."""
    if HELP.is_file():
        for line in HELP.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield headless(row["text"], row["metadata"].get("section_headers") or ())
        return
    for file in sorted(corpora.EXAMPLE.rglob("*.md")):
        yield from PARAGRAPH.split(file.read_text("utf-8"))


def headless(text: str, headers: list[str] | tuple[str, ...]) -> str:
    """A text without the headers that it begins with."""
    for header in headers:
        text = text.removeprefix(header).lstrip()
    return text


def prose(text: str) -> str:
    """The paragraphs that end as sentences do, in one line."""
    whole = (" ".join(paragraph.split()) for paragraph in PARAGRAPH.split(text))
    return " ".join(paragraph for paragraph in whole if ENDED.search(paragraph))


def cut(text: str, fewest: int = FEWEST) -> str:
    """Its first sentences, as many as fit; empty: they have too few words."""
    kept = list[str]()
    for sentence in SENTENCE.split(text):
        if sum(len(each.split()) for each in (*kept, sentence)) > MOST:
            break
        kept.append(sentence)
    made = " ".join(kept)
    return made if len(made.split()) >= fewest else ""


def is_prose(text: str) -> bool:
    """Is it whole sentences and nothing else?"""
    return bool(text) and ENDED.search(text) is not None and NO_PROSE.search(text) is None
