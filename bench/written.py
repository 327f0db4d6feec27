"""Lessons from the questions that were written for training: `examples/training/questions`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import corpora
from bench.common import ROOT, say
from bench.hard import Corpus
from bot.conversation import Place, Question, Turn
from bot.followups import standalone
from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Document
from knowledge.embedding import Embedder
from knowledge.reranker import Page
from knowledge.reranker.evidence import Told, holding, marked, told
from knowledge.reranker.lessons import Candidate, Lesson, Lessons
from knowledge.sources.folder import source
from knowledge.splitting import Count
from knowledge.visible import visible

HOME = ROOT / "examples" / "training"
HELD_OUT = "wexcombe"  # the organisation that is never trained on
EIGHTH = 8  # and the pages whose MD5 it divides, of the other sets
FOUND, SHOWN = 12, 10  # passages that are searched for; others that training shows
OTHERS = 30  # PEPs that nobody asks about, to search among
TWICE = 2  # in an epoch: these questions are dearer than published ones


@dataclass(frozen=True)
class Asked:
    """A question that somebody wrote."""

    text: str  # standalone
    kind: str
    pages: tuple[str, ...]
    quotes: tuple[str, ...]  # what answers, in the page's words,
    digests: tuple[str, ...]  # or where those are not ours, the digests of the statements
    answer: str

    @property
    def answerable(self) -> bool:
        """Is there something that answers?"""
        return bool(self.quotes or self.digests)

    def evidence(self, said: Sequence[Told]) -> tuple[int, ...]:
        """The places of the statements that answer."""
        if self.quotes:
            return holding(self.quotes, said)
        return marked(self.digests, said)


@dataclass(frozen=True)
class Passages:
    """A corpus cut into passages, each with its page's key and its statements."""

    keys: tuple[str, ...]  # of the passages
    pages: tuple[str, ...]
    heads: tuple[str, ...]
    said: tuple[tuple[Told, ...], ...]
    corpus: Corpus

    def as_pages(self) -> Mapping[str, Page]:
        """As the reader sees them."""
        rows = zip(self.keys, self.heads, self.said, strict=True)
        return {key: Page(head, tuple(t.shown for t in said)) for key, head, said in rows}


def questions(name: str) -> list[Asked]:
    """The questions of a file of `examples/training/questions`."""
    return [_asked(row) for row in corpora.lines(HOME / "questions" / f"{name}.jsonl")]


def _asked(row: Mapping[str, Any]) -> Asked:
    thread = tuple(Turn(turn["role"], turn["text"]) for turn in row.get("thread", ()))
    question = Question(row["question"], "asker", Place("terminal"), thread)
    quotes, digests = tuple(row.get("evidence", ())), tuple(row.get("statements", ()))
    text = standalone(question) if thread else question.text
    return Asked(text, row["kind"], tuple(row["pages"]), quotes, digests, row["answer"])


def organisations() -> list[str]:
    """The made-up ones, by their folders."""
    return sorted(
        path.name for path in HOME.iterdir() if path.is_dir() and path.name != "questions"
    )


def is_held_out(key: str) -> bool:
    """Is this page never trained on?"""
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), 16) % EIGHTH == 0


def of_folder(name: str, root: Path, include: Sequence[str], ruler: Ruler) -> Passages:
    """The passages of some of a folder's files, cut as the index cuts them."""
    found = source(name, str(root), include=include).documents(None)
    documents = [item for item in found if isinstance(item, Document)]
    chunks = [c for d in documents for c in chunk(d, ruler.count, ChunkLimits())]
    return Passages(
        tuple(f"{name}:{c.key}:{c.ordinal}" for c in chunks),
        tuple(c.key for c in chunks),
        tuple(" > ".join(dict.fromkeys((c.title, *c.headings))) for c in chunks),
        tuple(tuple(told(visible(c.text))) for c in chunks),
        Corpus([c.embedded_text for c in chunks], ruler.embedder),
    )


@dataclass(frozen=True)
class Ruler:
    """What measures texts: how many tokens, and, where it is here, how near."""

    count: Count
    embedder: Embedder | None


def lessons(
    name: str, asked: Sequence[Asked], among: Passages, held: Callable[[Asked], bool]
) -> Lessons:
    """Each question with what answers and what a search finds beside it.

    A question whose answer is on its page no more, because the page is another or is read
    otherwise, is left out and told.
    """
    made = list(_lessons(name, asked, among, held))
    if len(made) < len(asked):
        say(f"{name}: {len(asked) - len(made)} of {len(asked)} questions no longer fit their pages")
    return Lessons(among.as_pages(), tuple(made))


def _lessons(
    name: str, asked: Sequence[Asked], among: Passages, held: Callable[[Asked], bool]
) -> Iterator[Lesson]:
    for number, each in enumerate(asked):
        places = [i for i, page in enumerate(among.pages) if page in each.pages]
        evidence = {i: found for i in places if (found := each.evidence(among.said[i]))}
        if each.answerable and not evidence:
            continue
        ranked, out = [i for i, _ in among.corpus.best(each.text, FOUND)], held(each)
        shown = ranked if out else _taught(ranked, evidence)
        yield lesson(f"{name}-{number}", name, each, out, among, shown, evidence)


def _taught(ranked: Sequence[int], evidence: Mapping[int, object]) -> list[int]:
    return [*evidence, *[i for i in ranked if i not in evidence][:SHOWN]]


def lesson(
    id: str,
    name: str,
    asked: Asked,
    held_out: bool,
    among: Passages,
    shown: Sequence[int],
    evidence: Mapping[int, tuple[int, ...]],
) -> Lesson:
    """The lesson with these passages. Where nothing answers, relevance means nothing."""
    candidates = tuple(
        Candidate(among.keys[i], (i in evidence) if evidence else None, evidence.get(i, ()))
        for i in shown
    )
    gold = tuple(among.keys[i] for i in evidence)
    known = (asked.kind, asked.answer, TWICE)
    return Lesson(name, id, asked.text, candidates, held_out, gold, *known)


def handbook(ruler: Ruler) -> Lessons:
    """The questions about the example handbook."""
    among = of_folder("handbook", corpora.EXAMPLE, (), ruler)
    return lessons(
        "handbook", questions("handbook"), among, lambda asked: is_held_out(asked.pages[0])
    )


def organisation(name: str, ruler: Ruler) -> Lessons:
    """The questions about a made-up organisation."""
    among = of_folder("training", HOME, (f"{name}/**",), ruler)
    return lessons(f"organisation:{name}", questions(name), among, lambda _: name == HELD_OUT)


def peps(ruler: Ruler, folder: Path) -> Lessons:
    """The questions about the shared PEPs."""
    asked = questions("peps")
    used = {page for each in asked for page in each.pages}
    rest = sorted(path.name for path in folder.glob("pep-*.rst") if path.name not in used)
    random.Random(3).shuffle(rest)
    among = of_folder("peps", folder, sorted(used | {*rest[:OTHERS]}), ruler)
    return lessons("peps", asked, among, lambda each: is_held_out(each.pages[0]))


def help_pages(ruler: Ruler, folder: Path) -> Lessons:
    """The questions about the shared feedbackqa, whose passages are short and much alike.

    Others beside those labelled may answer too, so that only some from further down are shown.
    """
    rows = list(corpora.lines(folder / "corpus.jsonl"))
    keys = tuple(str(row["_id"]) for row in rows)
    heads = tuple(str(row["title"]) for row in rows)
    texts = [f"{row['title']}\n{row['text']}" for row in rows]
    said = tuple(tuple(told(str(row["text"]))) for row in rows)
    named = tuple(f"feedbackqa:{key}" for key in keys)
    among = Passages(named, keys, heads, said, Corpus(texts, ruler.embedder))
    made = list(_help_lessons(questions("feedbackqa"), among))
    return Lessons(among.as_pages(), tuple(made))


def _help_lessons(asked: Sequence[Asked], among: Passages) -> Iterator[Lesson]:
    place = {key: i for i, key in enumerate(among.pages)}
    for number, each in enumerate(asked):
        own = [place[page] for page in each.pages if page in place]
        evidence = {i: found for i in own if (found := each.evidence(among.said[i]))}
        if each.answerable and not evidence:
            continue
        ranked = [i for i, _ in among.corpus.best(each.text, 8) if i not in own]
        shown = [*dict.fromkeys((*evidence, *own)), *ranked[3:6]]
        out = is_held_out(each.pages[0])
        yield lesson(f"help-{number}", "help pages", each, out, among, shown, evidence)
