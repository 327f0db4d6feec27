"""The answer service: all that a platform sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from bot.answer_cache import AnswerCache, Asked
from bot.answering import Citing
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
from bot.inert import inert_pieces
from bot.judging import Bar, Judged, judge, together
from bot.learned_routing import work
from bot.line import Line
from bot.parts import parts
from bot.routing import Router, choose_route
from bot.stopwatch import Stopwatch
from bot.support import Evidence, Proof
from knowledge.documents import Passage
from knowledge.errors import KnowledgeError
from knowledge.focus import Focused
from model.backends import Backend, Prompt, Sampling
from model.errors import ModelError
from model.tasks import Task, task_named, task_prompt

log = logging.getLogger(__name__)

WHOLE = 6  # passages of the whole question that are read for each thing it asks
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


Focus = Callable[[str, Sequence[Passage]], Focused]
"""The statements of the passages that answer the question, and the signs that any does."""


@dataclass(frozen=True)
class Manner:
    """How to answer."""

    max_tokens: int = 80
    quotes: int = 3  # of the deciding statements at most, beside what the model wrote
    min_confidence: float = 0.4  # that the answer is right (`bot.confidence`); below it: unknown


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
        writer: Callable[[], Backend] | None = None,
        proof: Proof | None = None,
    ) -> None:
        self.search, self.focus, self.backend, self.memory = search, focus, backend, memory
        self.writer = writer or (lambda: backend)  # of the stylistic tasks
        self.tasks, self.readable, self.manner = tasks, readable, manner or Manner()
        self.router = router or partial(choose_route, tasks=frozenset(tasks))
        self.line, self.cache, self.proof = line or Line(AT_ONCE), cache, proof

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
        found = self._found(standalone(question), self.readable(question))
        watch.note("search")
        watcher.status("Reading what was found")
        citing = Citing([p for _, passages in found for p in passages], self.backend.name)
        judged = list[tuple[str, Judged]]()
        for part, passages in found:
            said = question.text if len(found) == 1 else part
            judged.append((part, self._judge(part, said, passages, watcher)))
            if watcher.stopped:
                return stopped()
        told = together(judged, self.manner.min_confidence)
        show(map(citing.add, told.claims), watcher, watch)
        show(citing.gaps(told.opened), watcher, watch)
        return replace(citing.answer(), confidence=told.confidence)

    def _found(
        self, asked: str, readable: Sequence[str] | None
    ) -> list[tuple[str, Sequence[Passage]]]:
        """The passages for each thing asked; for one of several also the whole question's best."""
        found = [(part, self.search(part, readable)) for part in parts(asked)]
        if len(found) == 1:
            return found
        whole = self.search(asked, readable)[:WHOLE]
        return [(part, with_more(passages, whole)) for part, passages in found]

    def _judge(
        self, asked: str, said: str, passages: Sequence[Passage], watcher: Watcher
    ) -> Judged:
        """What may be said to one question; nothing if what was `said` names an unknown code."""
        focused = self.focus(asked, passages)
        known = Evidence(focused.findings, asked).knows(said)
        if watcher.stopped or not known:
            return Judged()

        def write(prompt: Prompt) -> str:
            return "" if watcher.stopped else "".join(self._pieces(self.backend, prompt, watcher))

        bar = Bar(self.manner.min_confidence, self.manner.quotes)
        return judge(asked, focused, self.backend, write, bar, self.proof)

    def _write(
        self, question: Question, route: Route, watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        task = task_named(self.tasks, route.task or "rewrite")
        watcher.status(f"Working on it ({task.name})")
        text, writer = "", self.writer()
        wish, given = work(question, task.name)
        written = self._pieces(writer, task_prompt(task, given, wish), watcher, task.max_tokens)
        for piece in inert_pieces(written):
            watch.first("first_piece")
            watcher.piece(piece)
            text += piece
        return Answer(text.strip(), Outcome.WRITTEN, model=writer.name)

    def _pieces(
        self, backend: Backend, prompt: Prompt, watcher: Watcher, max_tokens: int | None = None
    ) -> Iterator[str]:
        """The backend's pieces until the person presses Stop."""
        sampling = Sampling(max_tokens=max_tokens or self.manner.max_tokens)
        pieces = backend.complete(prompt, sampling)
        try:
            for piece in pieces:
                if watcher.stopped:
                    return
                yield piece
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()


def with_more(passages: Sequence[Passage], more: Sequence[Passage]) -> Sequence[Passage]:
    """The passages, and behind them those of `more` that are not among them."""
    held = {(passage.chunk.page, passage.chunk.ordinal) for passage in passages}
    return [*passages, *(m for m in more if (m.chunk.page, m.chunk.ordinal) not in held)]


def show(pieces: Iterable[str], watcher: Watcher, watch: Stopwatch) -> None:
    """Hand pieces to who watches, and note when the first came."""
    for piece in pieces:
        watch.first("first_piece")
        watcher.piece(piece)


def stopped() -> Answer:
    """Stop was pressed in the line."""
    return Answer("Stopped before it was answered.", Outcome.STOPPED)


def _failed(error: Exception, question: Question) -> Answer:
    code = failure_code()
    log.error("%s: could not answer in %s", code, question.place, exc_info=error)
    return Answer(apology(error, code), Outcome.FAILED, code=code)
