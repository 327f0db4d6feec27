"""The answer service: all that a platform sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from bot.answer_cache import AnswerCache, Asked
from bot.answering import Citing, compose, inert, not_known, quoted, supported
from bot.conversation import (
    Answer,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Question,
    Route,
    Timings,
    Unwatched,
    Watcher,
)
from bot.errors import BotError, apology, failure_code
from bot.followups import standalone
from bot.learned_routing import work
from bot.line import Line
from bot.routing import Router, choose_route
from bot.stopwatch import Stopwatch
from bot.support import Evidence
from knowledge.documents import Passage
from knowledge.errors import KnowledgeError
from knowledge.focus import Finding
from model.backends import Backend, Prompt, Sampling
from model.errors import ModelError
from model.tasks import Task, task_named, task_prompt

log = logging.getLogger(__name__)

AT_ONCE = 4  # answers that are written at a time, where nothing else is set

Search = Callable[[str, Sequence[str] | None], Sequence[Passage]]
"""The passages for a standalone question, in these sources (None: all), best first."""


class Memory(Protocol):
    """What the assistant keeps."""

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction:
        """Keep a question and its answer."""

    def rate(self, feedback: Feedback) -> None:
        """Keep a verdict; a later one of the same person replaces it."""


Focus = Callable[[str, Sequence[Passage]], Sequence[Finding]]
"""The statements of the passages that matter for the question, best first."""


@dataclass(frozen=True)
class Manner:
    """How to answer."""

    max_tokens: int = 120
    min_similarity: float = 0.5  # of the best passage (cosine); below it the model is not asked
    quotes: int = 3  # of the nearest statements at most, beside what the model wrote
    min_score: float = 0.8  # of the best statement (see `knowledge.focus`); below it likewise


class Assistant:
    """Answers questions and takes verdicts. Safe to use from several threads."""

    def __init__(
        self,
        search: Search,
        focus: Focus,
        backend: Backend,
        memory: Memory,
        tasks: Mapping[str, Task],
        readable: Callable[[Question], Sequence[str] | None] = lambda _: None,
        manner: Manner | None = None,
        line: Line | None = None,
        cache: AnswerCache | None = None,
        router: Router | None = None,
    ) -> None:
        self.search, self.focus, self.backend, self.memory = search, focus, backend, memory
        self.tasks, self.readable, self.manner = tasks, readable, manner or Manner()
        self.router = router or partial(choose_route, tasks=frozenset(tasks))
        self.line, self.cache = line or Line(AT_ONCE), cache

    def ask(
        self, question: Question, watcher: Watcher | None = None, fresh: bool = False
    ) -> Interaction:
        """Answer `question` and keep both. A failure is an answer too: it apologises.

        `fresh`: write the answer anew even where one was given before.
        """
        asked_at, watch, detail = datetime.now(UTC), Stopwatch(), ""
        watcher, asked = watcher or Unwatched(), None
        route = self.router(question)
        watch.note("route")
        try:
            asked = self._asked(question, route)
            again = None if fresh else self._again(asked, watcher, watch)
            watch.note("cache")
            answer = again or self._in_turn(question, route, watcher, watch)
        except (KnowledgeError, ModelError, BotError) as error:
            answer, detail = _failed(error, question), f"{type(error).__name__}: {error}"
        except Exception as error:  # a bug: the person gets an apology, the operator the trace
            answer, detail = _failed(error, question), f"{type(error).__name__}: {error}"
        timings = watch.timings()
        interaction = self.memory.record(
            question, route, answer, timings, asked_at, error_detail=detail
        )
        if not watcher.stopped:
            self._keep(asked, interaction)
        return interaction

    def rate(self, feedback: Feedback) -> None:
        """Keep one person's verdict on one interaction."""
        self.memory.rate(feedback)

    def _asked(self, question: Question, route: Route) -> Asked | None:
        """What an answer may be kept by; None: answers of this kind are not."""
        if self.cache is None or route.mode is not Mode.RAG:
            return None
        return self.cache.asked(standalone(question), self.readable(question))

    def _again(self, asked: Asked | None, watcher: Watcher, watch: Stopwatch) -> Answer | None:
        """The answer that was given before, if it still stands; that costs no turn in the line."""
        if self.cache is None or asked is None:
            return None
        found = self.cache.find(asked)
        if found is not None:
            watch.first("first_piece")
            watcher.piece(found.text)
        return found

    def _keep(self, asked: Asked | None, interaction: Interaction) -> None:
        """Keep the answer to be given again; that this fails is no failure of the answer."""
        if self.cache is None or asked is None:
            return
        try:
            self.cache.keep(asked, interaction)
        except BotError:
            log.exception("could not keep the answer of interaction %d", interaction.id)

    def _in_turn(
        self, question: Question, route: Route, watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        """Answer when it is this person's turn."""
        with self.line.turn(question.asker, watcher) as begun:
            watch.note("wait")
            return self._answer(question, route, watcher, watch) if begun else stopped()

    def _answer(
        self, question: Question, route: Route, watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        if route.mode is Mode.TUNED:
            return self._write(question, route, watcher, watch)
        watcher.status("Searching the documents")
        passages = self.search(standalone(question), self.readable(question))
        watch.note("search")
        if not self._near(passages):
            return not_known(())
        watcher.status("Reading what was found")
        return self._cite(question, passages, watcher, watch)

    def _near(self, passages: Sequence[Passage]) -> bool:
        """Is anything found that may be about the question?"""
        similarities = [p.scores["vector"] for p in passages if "vector" in p.scores]
        keyword = any("keyword" in p.scores for p in passages) and not similarities
        return keyword or max(similarities, default=0.0) >= self.manner.min_similarity

    def _cite(
        self, question: Question, passages: Sequence[Passage], watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        asked = standalone(question)
        findings = self.focus(asked, passages)
        evidence = Evidence(findings, asked)
        near = bool(findings) and findings[0].score >= self.manner.min_score
        if not near or not evidence.knows(asked):
            return not_known(passages)
        citing = Citing(passages, self.backend.name)
        pieces = self._pieces(compose(question, findings), watcher)
        for claim in supported(pieces, evidence):
            watch.first("first_piece")
            watcher.piece(citing.add(claim))
        if not watcher.stopped:
            for claim in quoted(findings, self.manner.quotes):
                watch.first("first_piece")
                watcher.piece(citing.add(claim))
        return citing.answer()

    def _write(
        self, question: Question, route: Route, watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        task = task_named(self.tasks, route.task or "rewrite")
        watcher.status(f"Working on it ({task.name})")
        text = ""
        wish, given = work(question, task.name)
        for piece in self._pieces(task_prompt(task, given, wish), watcher, task.max_tokens):
            watch.first("first_piece")
            watcher.piece(inert(piece))
            text += piece
        return Answer(inert(text.strip()), Outcome.WRITTEN, model=self.backend.name)

    def _pieces(
        self, prompt: Prompt, watcher: Watcher, max_tokens: int | None = None
    ) -> Iterator[str]:
        """The backend's pieces until the person presses Stop."""
        sampling = Sampling(max_tokens=max_tokens or self.manner.max_tokens)
        pieces = self.backend.complete(prompt, sampling)
        try:
            for piece in pieces:
                if watcher.stopped:
                    return
                yield piece
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()


def stopped() -> Answer:
    """Stop was pressed in the line."""
    return Answer("Stopped before it was answered.", Outcome.STOPPED)


def _failed(error: Exception, question: Question) -> Answer:
    code = failure_code()
    log.error("%s: could not answer in %s", code, question.place, exc_info=error)
    return Answer(apology(error, code), Outcome.FAILED, code=code)
