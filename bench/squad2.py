"""Answers on five articles of SQuAD 2.0 that nothing was trained on: given or withheld, and right.

Half of the questions, drawn by chance but always the same, have no answer. Each is asked of its own
paragraph among the three of its article that share most words with it, by the product's own steps:
the shipped reader chooses the statements, the model answers from them, and the confidence decides
whether that stands. The same is done with the model as it comes, without the adapter; and each of
the two is also believed by itself, where its first token says that it answers.
"""

from __future__ import annotations

import json
import math
import random
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import corpora, parts
from bench.commands import settle
from bench.common import Line, say
from bench.hard import Corpus
from bench.published import ARTICLES
from bot.app import build
from bot.judging import Bar, judge
from bot.ports import Manner
from bot.settings import load_settings
from bot.support import Evidence
from knowledge.documents import Chunk, Passage
from knowledge.focus import Focused, focus
from model.backends import Backend, Prompt, Sampling

DATA = corpora.SHARED / "data" / "squad2" / "train.json"
OTHERS = 3  # paragraphs of the same article beside the question's own
SEED = 18
FEW = 4  # questions of the short form
EVEN = 0.5  # the model's own probability that it answers, from which it is believed by itself
ARTICLE = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True)
class Asked:
    """A question with what it is asked of; no answers: it has none."""

    question: str
    answers: tuple[str, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Told:
    """What became of a question."""

    answers: tuple[str, ...]
    said: str  # the model's own words, empty where it did not answer
    shown: str  # what would be shown if nothing were withheld, its quotes included
    confidence: float  # that the answer is right
    leaning: float  # the model's own probability that it answers, by its first token


@dataclass(frozen=True)
class Judgement:
    """Which of the questions are answered."""

    name: str
    sign: str  # what it goes by
    least: float  # of that

    def by(self, told: Told) -> float:
        """The sign of one question."""
        return told.confidence if self.sign == "confidence" else told.leaning

    def answered(self, told: Told) -> bool:
        """Is anything shown for this question? A sure quote is, beside no words of the model."""
        shown = told.shown if self.sign == "confidence" else told.said
        return bool(shown) and self.by(told) >= self.least

    def score(self, told: Told) -> float:
        """F1 of the model's words; where nothing answers, 1 for silence."""
        if not told.answers:
            return float(not self.answered(told))
        return f1(told) if self.answered(told) else 0.0


def measured(short: bool, work: Path, count: int) -> tuple[list[Line], list[str]]:
    """The lines of the model with its adapter and of the plain one, for `count` questions."""
    if not DATA.is_file():
        return [], [f"squad2: not measured, {DATA} is missing"]
    asked = sampled(every(json.loads(DATA.read_text("utf-8"))["data"]), FEW if short else count)
    settle(work, {"weaviate": {"linger": "0s"}})
    environment = {"TANDEM_HOME": str(work / "home"), "TANDEM_CACHE": str(parts.cache())}
    with build(load_settings(environment, work)) as app:
        read = [focus(each.question, each.passages, app.reader) for each in asked]
        ours = told_by("adapter", app.backend, asked, read)
        plain = told_by("plain", app.writer, asked, read)
        least, model = app.settings.answers.min_confidence, app.settings.model.name
    rows = beside_plain(lines("Tandem", ours, least), lines("plain model", plain, least))
    return rows, notes(asked, model)


def beside_plain(ours: Iterable[Line], plain: Iterable[Line]) -> list[Line]:
    """Both models' lines, ours with how far each is above the plain one's."""
    pairs = list(zip(ours, plain, strict=True))
    above = (replace(a, ratio=(a.figure or 0.0) - (b.figure or 0.0)) for a, b in pairs)
    return [*above, *(b for _, b in pairs)]


def every(articles: Sequence[Mapping[str, Any]]) -> Iterator[Asked]:
    """All questions of the articles that both trainings held out."""
    for article in sorted(articles, key=lambda each: str(each["title"])):
        if article["title"] not in ARTICLES:
            continue
        texts = [str(paragraph["context"]) for paragraph in article["paragraphs"]]
        corpus = Corpus(texts, None)
        for number, paragraph in enumerate(article["paragraphs"]):
            for row in paragraph["qas"]:
                gold = () if row["is_impossible"] else {str(a["text"]) for a in row["answers"]}
                places = beside(corpus, str(row["question"]), number)
                found = tuple(passage(article["title"], texts, place) for place in places)
                yield Asked(str(row["question"]), tuple(sorted(gold)), found)


def beside(corpus: Corpus, question: str, own: int) -> list[int]:
    """The question's paragraph and those likest to have its answer, best first."""
    ranked = [place for place, _ in corpus.best(question, len(corpus.texts))]
    others = [place for place in ranked if place != own][:OTHERS]
    return [place for place in ranked if place == own or place in others]


def passage(title: str, texts: Sequence[str], place: int) -> Passage:
    """A paragraph as a search gives it."""
    key, head = f"{title}:{place}", title.replace("_", " ")
    return Passage(Chunk("squad2", key, head, key, (), 0, texts[place]), 1.0)


def sampled(asked: Iterator[Asked], count: int) -> list[Asked]:
    """So many, half of them without an answer, drawn by chance but always the same."""
    drawn = random.Random(SEED)
    pools: dict[bool, list[Asked]] = {True: [], False: []}
    for each in asked:
        pools[bool(each.answers)].append(each)
    halves = {True: count - count // 2, False: count // 2}
    return [x for kind, pool in pools.items() for x in drawn.sample(pool, halves[kind])]


def told_by(
    name: str, backend: Backend, asked: Sequence[Asked], read: Sequence[Focused]
) -> list[Told]:
    """What a model makes of all questions."""
    made = list[Told]()
    for number, (each, focused) in enumerate(zip(asked, read, strict=True), 1):
        made.append(told(each, focused, backend))
        if number % 25 == 0:
            say(f"squad2, {name}: {number} of {len(asked)}")
    return made


def told(asked: Asked, focused: Focused, backend: Backend) -> Told:
    """One question as in use, but answered whatever its confidence."""
    findings = focused.findings
    if not findings or not Evidence(findings, asked.question).knows(asked.question):
        return Told(asked.answers, "", "", 0.0, 0.0)

    def write(prompt: Prompt) -> str:
        return "".join(backend.complete(prompt, Sampling(max_tokens=Manner().max_tokens)))

    judged = judge(asked.question, focused, backend, write, Bar(), None)
    leaning = 1 / (1 + math.exp(-judged.signs["answered"]))
    shown = " ".join(claim.text for claim in judged.claims)
    return Told(asked.answers, judged.reply, shown, judged.confidence, leaning)


def lines(name: str, all_told: Sequence[Told], least: float) -> Iterator[Line]:
    """The rows of one model: with at least that confidence, and by its first token."""
    for way in (
        Judgement(f"{name}, confidence >= {least}", "confidence", least),
        Judgement(f"{name}, its first token alone", "leaning", EVEN),
    ):
        yield from scored(way, all_told)
    known = [one for one in all_told if one.answers]
    yield Line(f"{name}, whatever it writes: F1 of the answerable", mean(map(f1, known)))


def scored(way: Judgement, all_told: Sequence[Told]) -> Iterator[Line]:
    """Answerability and answers by one judgement."""
    given = [way.answered(one) for one in all_told]
    right = [one for one, shown in zip(all_told, given, strict=True) if shown and one.answers]
    known = [one for one in all_told if one.answers]
    precision, recall = share(len(right), sum(given)), share(len(right), len(known))
    both = share(2 * len(right), sum(given) + len(known))
    counted = f"precision {precision:.3f}, recall {recall:.3f}"
    yield Line(f"{way.name}: answerability F1", both, "", counted)
    yield Line(f"{way.name}: answer F1 of the answerable", mean(way.score(x) for x in known))
    told = "1 where silence is right"
    yield Line(f"{way.name}: answer F1 of all", mean(map(way.score, all_told)), "", told)
    if way.sign == "confidence":
        held = sum(holds(one) for one in right)
        yield Line(f"{way.name}: an answer's words shown", share(held, len(known)))
    yield Line(f"{way.name}: AUC, answerable or not", auc([(way.by(x), x) for x in all_told]))


def share(part: float, whole: float) -> float:
    """The part of the whole, 0 of nothing."""
    return part / whole if whole else 0.0


def mean(figures: Iterable[float]) -> float:
    """The mean, 0 of nothing."""
    held = list(figures)
    return share(sum(held), len(held))


def auc(told: Sequence[tuple[float, Told]]) -> float:
    """How surely the sign of an answerable question is above that of another; ties count half."""
    known = [sign for sign, one in told if one.answers]
    others = [sign for sign, one in told if not one.answers]
    above = sum((a > b) + 0.5 * (a == b) for a in known for b in others)
    return share(above, len(known) * len(others))


def f1(told: Told) -> float:
    """The words that the model's share with the likest right answer, as SQuAD counts them."""
    return max(shared(told.said, right) for right in told.answers)


def shared(said: str, right: str) -> float:
    """F1 of the words of two texts; of no words only no words are right."""
    ours, theirs = normal(said), normal(right)
    if not ours or not theirs:
        return float(ours == theirs)
    both = sum((Counter(ours) & Counter(theirs)).values())
    return share(2 * both, len(ours) + len(theirs))


def normal(text: str) -> list[str]:
    """The words as SQuAD compares them: without case, punctuation and articles."""
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return ARTICLE.sub(" ", bare).split()


def holds(told: Told) -> bool:
    """Does what would be shown hold a right answer?"""
    shown = f" {' '.join(normal(told.shown))} "
    return any(f" {' '.join(normal(right))} " in shown for right in told.answers)


def notes(asked: Sequence[Asked], model: str) -> list[str]:
    """What was asked, of what."""
    without = sum(not each.answers for each in asked)
    return [
        f"squad2: {len(asked)} questions, {without} of them unanswerable, of the articles "
        f"{', '.join(sorted(ARTICLES))}, each with its paragraph and {OTHERS} of the same article. "
        "Answered is what counts as positive; the words that are compared are the model's own, "
        f"without the quotes. {model}; the plain one gets the same prompts.",
    ]
