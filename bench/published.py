"""Lessons from published sets in `../shared/data`: squad2, scifact and feedbackqa."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import corpora
from bench.hard import Corpus
from bench.scores import read_qrels
from knowledge.embedding import Embedder
from knowledge.reranker import Page
from knowledge.reranker.evidence import Told, flat, told
from knowledge.reranker.lessons import Candidate, Lesson, Lessons

ARTICLES = {  # of squad2 that are never trained on
    *("Sky_(United_Kingdom)", "Victoria_(Australia)", "Oxygen"),
    *("Amazon_rainforest", "Southern_California"),
}
OTHERS, FOUND, SHOWN, MEASURED = 2, 20, 12, 50
"""Other paragraphs of an article; documents searched for, then shown, in training; measured on."""


def is_third(query: str) -> bool:
    """Is this query of scifact never trained on? A third is."""
    return int(hashlib.md5(query.encode(), usedforsecurity=False).hexdigest(), 16) % 3 == 0


def squad(file: Path, most: int | None = None) -> Lessons:
    """Each question with its paragraph and the two likest of the same article."""
    articles = json.loads(file.read_text(encoding="utf-8"))["data"][:most]
    pages, lessons = dict[str, Page](), list[Lesson]()
    for article in articles:
        name, texts = article["title"], [p["context"] for p in article["paragraphs"]]
        said = [told(text) for text in texts]
        for number, each in enumerate(said):
            shown = tuple(t.shown for t in each)
            pages[f"squad2:{name}:{number}"] = Page(name.replace("_", " "), shown)
        lessons += _of_article(article, said, Corpus(texts, None))
    return Lessons(pages, tuple(lessons))


def _of_article(article: Any, said: Sequence[Sequence[Told]], corpus: Corpus) -> Iterator[Lesson]:
    name = article["title"]
    for number, paragraph in enumerate(article["paragraphs"]):
        for row in paragraph["qas"]:
            found = tuple(sorted({*_answering(row, paragraph["context"], said[number])}))
            if not found and not row["is_impossible"]:
                continue
            ranked = [i for i, _ in corpus.best(row["question"], OTHERS + 1) if i != number]
            places = [(number, found), *((i, ()) for i in ranked[:OTHERS])]
            candidates = tuple(
                Candidate(f"squad2:{name}:{i}", bool(e) if found else None, e) for i, e in places
            )
            texts = sorted({a["text"] for a in row["answers"]}, key=len)
            known = ("fact" if found else "unanswerable", texts[0] if texts and found else "")
            gold = (candidates[0].page,) if found else ()
            out = name in ARTICLES
            yield Lesson("squad2", row["id"], row["question"], candidates, out, gold, *known)


def _answering(row: Any, context: str, said: Sequence[Told]) -> Iterator[int]:
    """The statements in which the answers stand, by their places in the paragraph."""
    for answer in () if row["is_impossible"] else row["answers"]:
        wanted, begin, at = flat(answer["text"]), 0, None
        for place, each in enumerate(said):
            found = context.find(each.text[:25], begin)
            begin = max(begin, found)
            at = place if 0 <= found <= answer["answer_start"] else at
        if at is not None and wanted in flat(said[at].shown):
            yield at
        else:
            yield from [k for k, each in enumerate(said) if wanted in flat(each.shown)][:1]


def judged(
    name: str, folder: Path, part: str, held: Callable[[str], bool], embedder: Embedder | None
) -> Lessons:
    """The queries of a set in BEIR's layout, with documents that people judged or a search found.

    Of queries that are held out, only what the search finds is shown, best first.
    """
    rows = list(corpora.lines(folder / "corpus.jsonl"))
    keys = [str(row["_id"]) for row in rows]
    corpus = Corpus([f"{row['title']}\n{row['text']}" for row in rows], embedder)
    texts = {str(row["_id"]): str(row["text"]) for row in corpora.lines(folder / "queries.jsonl")}
    lessons = list[Lesson]()
    for query, gains in sorted(read_qrels(folder / "qrels" / f"{part}.tsv").items()):
        right = {key for key, gain in gains.items() if gain > 0}
        lessons.append(_judged(name, query, texts[query], keys, corpus, right, held(query)))
    shown = {c.page for lesson in lessons for c in lesson.candidates}
    pages = {
        f"{name}:{key}": Page(str(row["title"]), tuple(t.shown for t in told(str(row["text"]))))
        for key, row in zip(keys, rows, strict=True)
        if f"{name}:{key}" in shown
    }
    return Lessons(pages, tuple(lessons))


def _judged(
    name: str,
    query: str,
    text: str,
    keys: Sequence[str],
    corpus: Corpus,
    right: set[str],
    held_out: bool,
) -> Lesson:
    ranked = corpus.best(text, MEASURED if held_out else FOUND)
    scores: Mapping[str, float] = {keys[i]: score for i, score in ranked}
    gold = sorted(right & {*keys})
    shown = list(scores)
    if not held_out:
        shown = [*gold, *[key for key in scores if key not in right][:SHOWN]]
    candidates = tuple(
        Candidate(f"{name}:{key}", key in right, None, scores.get(key, 0.0)) for key in shown
    )
    return Lesson(name, query, text, candidates, held_out, tuple(f"{name}:{k}" for k in gold))


def some(lessons: Lessons, count: int) -> Lessons:
    """A few of the lessons, of both parts, drawn by chance but always the same."""
    parts = [lessons.part(held_out) for held_out in (False, True)]
    chosen = [x for part in parts for x in random.Random(1).sample(part, min(count, len(part)))]
    return Lessons(lessons.pages, tuple(chosen))
