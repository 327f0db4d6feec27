"""What an embedder learns from: a question, a passage that is right and one that is not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from knowledge.documents import Chunk
from knowledge.embedding import Vectors

FIRST, LAST = 3, 30  # ranks of passages that are near a question and yet taken as wrong for it
LEAST_WORDS = 12  # of a passage that a heading stands for


@dataclass(frozen=True)
class Lesson:
    """A question, a passage that answers it, and one that does not; passages as embedded."""

    question: str
    right: str
    wrong: str = ""  # empty: none is known
    mixed: bool = False  # from the documents themselves, so that nothing is forgotten


def from_headings(chunks: Iterable[Chunk]) -> Iterator[Lesson]:
    """The heading of each section as a question for its text; the text stands without it."""
    for chunk in chunks:
        if chunk.headings and len(chunk.text.split()) >= LEAST_WORDS:
            yield Lesson(" ".join((chunk.title, chunk.headings[-1])), chunk.text, mixed=True)


def with_wrong(
    lessons: Sequence[Lesson],
    passages: Sequence[str],
    embed: Callable[[Sequence[str]], Vectors],
    right: Callable[[str, str], bool],
    seed: int = 1,
) -> list[Lesson]:
    """Each lesson with a wrong passage: where none is known, one that is near the question.

    The nearest few are left out, as they may answer too; `right` tells what does for certain.
    """
    lacking = [lesson for lesson in lessons if not lesson.wrong]
    if not lacking or not passages:
        return list(lessons)
    cosines = embed([lesson.question for lesson in lacking]) @ embed(passages).T
    found = dict[Lesson, str]()
    for lesson, row in zip(lacking, cosines, strict=True):
        ranked = [passages[i] for i in np.argsort(-row, kind="stable")[FIRST:LAST]]
        near = [text for text in ranked if not right(lesson.question, text)]
        chance = random.Random(f"{seed}.{lesson.question}")  # noqa: S311  # no secret hangs on it
        found[lesson] = chance.choice(near or list(passages))
    return [replace(one, wrong=one.wrong or found[one]) for one in lessons]


def lines_of(lessons: Iterable[Lesson]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(asdict(lesson), ensure_ascii=False) + "\n" for lesson in lessons)


def read_lessons(file: Path) -> list[Lesson]:
    """The lessons of a file. Raises `ValueError`, `TypeError` or `OSError` where it is damaged."""
    rows = file.read_text("utf-8").split("\n")
    return [Lesson(**json.loads(row)) for row in rows if row]
