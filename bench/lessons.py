"""All lessons for the reader and the answering adapter, made once and kept: `lessons(...)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import corpora, parts, published, written
from bench.common import say
from knowledge.reranker.lessons import Lessons, joined, read, write

DATA = corpora.SHARED / "data"
FILE = "lessons.jsonl.gz"
FEW = 24  # lessons of a set in the short form, for each of its two parts


def lessons(folder: Path, short: bool) -> Lessons:
    """The lessons that `folder` keeps, else all that can be made here; missing sets are told."""
    file = folder / FILE
    if file.is_file():
        say(f"lessons: as {file} has them")
        return read(file)
    folder.mkdir(parents=True, exist_ok=True)
    made = joined(_short() if short else _all())
    write(made, file)
    return made


def _short() -> Iterator[Lessons]:
    """A few of what the project itself holds, found by words alone: no weights are needed."""
    ruler = written.Ruler(_words, None)
    for name in ("larkspur", written.HELD_OUT):
        yield published.some(written.organisation(name, ruler), FEW)


def _words(texts: Sequence[str]) -> list[int]:
    """About as many tokens as a text has, without a tokenizer."""
    return [2 + len(text) // 4 for text in texts]


def _all() -> Iterator[Lessons]:
    embedder = parts.Remembering(parts.embedder(), parts.cache() / "bench" / "lessons.npz")
    ruler = written.Ruler(embedder.count, embedder)
    yield written.handbook(ruler)
    for name in written.organisations():
        yield written.organisation(name, ruler)
    embedder.keep()

    def judged(name: str, part: str, held: Callable[[str], bool]) -> Lessons:
        return published.judged(name, DATA / name, part, held, embedder)

    shared: dict[str, tuple[str, Callable[[], Lessons]]] = {
        "questions on the PEPs": ("peps", lambda: written.peps(ruler, DATA / "peps")),
        "questions on help pages": (
            "feedbackqa",
            lambda: written.help_pages(ruler, DATA / "feedbackqa"),
        ),
        "squad2": ("squad2", lambda: published.squad(DATA / "squad2" / "train.json")),
        "scifact": ("scifact", lambda: judged("scifact", "train", published.is_third)),
        "feedbackqa train": ("feedbackqa", lambda: judged("feedbackqa", "train", lambda _: False)),
        "feedbackqa valid": ("feedbackqa", lambda: judged("feedbackqa", "valid", lambda _: True)),
    }
    for told, (name, make) in shared.items():
        if not (DATA / name).is_dir():
            say(f"lessons: {told} are left out, for {DATA / name} is missing")
            continue
        made = make()
        embedder.keep()
        say(f"lessons: {len(made.lessons)} of {told}")
        yield made
