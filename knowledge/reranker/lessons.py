"""What the reader is trained on: questions, passages for each, and what people said of them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from knowledge.reranker import Page


@dataclass(frozen=True)
class Candidate:
    """A passage that a search found for a question, or that answers it."""

    page: str  # its key among the lessons' pages
    relevant: bool | None  # None: nobody judged
    evidence: tuple[int, ...] | None  # statements that answer; None: nobody looked for them
    score: float = 0.0  # of the search


@dataclass(frozen=True)
class Lesson:
    """A question with its candidates."""

    set: str
    id: str
    question: str  # standalone
    candidates: tuple[Candidate, ...]
    held_out: bool  # never trained on, so that it can be measured with
    gold: tuple[str, ...] = ()  # keys of all pages that answer, found or not
    kind: str = ""
    answer: str = ""
    turns: int = 1  # in an epoch

    @property
    def ranks(self) -> bool:
        """Is only known which passages are relevant, not by which statement?"""
        return any(candidate.evidence is None for candidate in self.candidates)

    @property
    def answerable(self) -> bool:
        """Does a candidate hold the answer?"""
        return any(candidate.evidence for candidate in self.candidates)


@dataclass(frozen=True)
class Lessons:
    """Lessons and the pages that they speak of, by key."""

    pages: Mapping[str, Page]
    lessons: tuple[Lesson, ...]

    def part(self, held_out: bool) -> list[Lesson]:
        """Those to measure with, or those to train on."""
        return [lesson for lesson in self.lessons if lesson.held_out == held_out]


def joined(parts: Iterable[Lessons]) -> Lessons:
    """All lessons, with the pages that they use."""
    pages, lessons = dict[str, Page](), list[Lesson]()
    for part in parts:
        used = {candidate.page for lesson in part.lessons for candidate in lesson.candidates}
        pages |= {key: page for key, page in part.pages.items() if key in used}
        lessons += part.lessons
    return Lessons(pages, tuple(lessons))


def counts(lessons: Sequence[Lesson]) -> dict[str, dict[str, int]]:
    """By set: lessons to train on, held out, and those of both that no candidate answers."""
    found: dict[str, dict[str, int]] = {}
    for lesson in lessons:
        row = found.setdefault(lesson.set, {"trained": 0, "held out": 0, "unanswerable": 0})
        row["held out" if lesson.held_out else "trained"] += 1
        row["unanswerable"] += not lesson.ranks and not lesson.answerable
    return found


def write(lessons: Lessons, file: Path) -> None:
    """As JSON Lines, gzipped: the pages, then the lessons; whole or not at all."""
    half = file.with_name(file.name + ".half")
    with gzip.open(half, "wt", encoding="utf-8") as rows:
        rows.writelines(line + "\n" for line in _lines(lessons))
    half.replace(file)


def read(file: Path) -> Lessons:
    """What `write` wrote. Raises `OSError`, `ValueError`."""
    pages, lessons = dict[str, Page](), list[Lesson]()
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            if "page" in row:
                pages[row["page"]] = Page(row["head"], tuple(row["statements"]))
            else:
                lessons.append(_lesson(row))
    return Lessons(pages, tuple(lessons))


def digest(lessons: Lessons) -> str:
    """Marks the whole: 16 hexadecimal digits."""
    made = hashlib.sha256()
    for line in _lines(lessons):
        made.update(line.encode("utf-8", "surrogatepass"))
    return made.hexdigest()[:16]


def _lines(lessons: Lessons) -> Iterator[str]:
    for key, page in lessons.pages.items():
        yield json.dumps({"page": key, "head": page.head, "statements": page.statements})
    for lesson in lessons.lessons:
        yield json.dumps(asdict(lesson))


def _lesson(row: dict[str, Any]) -> Lesson:
    candidates = tuple(
        Candidate(c["page"], c["relevant"], _places(c["evidence"]), c["score"])
        for c in row["candidates"]
    )
    return Lesson(**row | {"candidates": candidates, "gold": tuple(row["gold"])})


def _places(evidence: list[int] | None) -> tuple[int, ...] | None:
    return None if evidence is None else tuple(evidence)
