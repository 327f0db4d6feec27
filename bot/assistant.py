"""The answer service: all that a platform sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from bot.answer_cache import AnswerCache, Asked
from bot.answering import Citing
from bot.conversation import (
    Answer,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Unwatched,
    Watcher,
)
from bot.errors import BotError, apology, failure_code
from bot.followups import standalone
from bot.judging import Bar, Judged, judge, together
from bot.learned_routing import work
from bot.learning.serving import Serves, Serving, Unchanging
from bot.learning.whereabouts import asked_in
from bot.line import Line
from bot.parts import parts
from bot.ports import Curator, Focus, Manner, Memory, Search
from bot.routing import Router, choose_route
from bot.stopwatch import Stopwatch
from bot.support import Evidence, Proof
from bot.writing import Cut, pieces, prompt, straight
from knowledge.documents import Passage
from knowledge.errors import KnowledgeError
from model.backends import Backend, Prompt, Sampling
from model.errors import BackendUnavailable, ModelError
from model.tasks import Task, task_named

log = logging.getLogger(__name__)

WHOLE = 6  # passages of the whole question that are read for each thing it asks
AT_ONCE = 4  # answers that are written at a time, where nothing else is set


@dataclass(frozen=True)
class Inquiry:
    """A question, how it is answered, and the sources that may be read for it (None: all)."""

    question: Question
    route: Route
    sources: Sequence[str] | None = ()


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
        serves: Serves | None = None,
        proof: Proof | None = None,
        voted: Callable[[int], None] = lambda _: None,
        curator: Curator = lambda _question, _sources: None,
    ) -> None:
        self.search, self.focus, self.backend, self.memory = search, focus, backend, memory
        self.serves = serves or Unchanging(backend)
        self.tasks, self.readable, self.manner = tasks, readable, manner or Manner()
        self.router = router or partial(choose_route, tasks=frozenset(tasks))
        self.line, self.cache, self.proof = line or Line(AT_ONCE), cache, proof
        self.curator = curator
        self.voted = voted  # told which interaction a verdict was kept on

    def ask(
        self, question: Question, watcher: Watcher | None = None, fresh: bool = False
    ) -> Interaction:
        """Answer `question` and keep both. A failure is an answer too: it apologises.

        `fresh`: write the answer anew even where one was given before.
        """
        with asked_in(question.place):
            return self._ask(question, watcher or Unwatched(), fresh)

    def _ask(self, question: Question, watcher: Watcher, fresh: bool) -> Interaction:
        asked_at, watch, detail = datetime.now(UTC), Stopwatch(), ""
        route, asked = self.router(question), None
        watch.note("route")
        try:
            inquiry = self._inquiry(question, route)
            asked = self._asked(inquiry)
            again = None if fresh else self._again(inquiry, asked, watcher, watch)
            watch.note("cache")
            answer = again or self._in_turn(inquiry, watcher, watch)
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

    def would_say(self, question: Question, sources: Sequence[str]) -> Answer | None:
        """The answer that these sources give now; None: not to all that is asked, or not surely.

        Nothing is kept, and no turn in the line taken. Raises `KnowledgeError`, `ModelError`,
        `BotError`.
        """
        with asked_in(question.place):
            route = Route(Mode.RAG, None, "asked again", 1.0)
            curated = self.curator(question, sources)
            if curated is not None:
                return curated
            answer = self._answer(Inquiry(question, route, sources), Unwatched(), Stopwatch())
        sure = (answer.confidence or 0.0) >= self.manner.min_confidence
        return answer if answer.outcome is Outcome.CITED and sure else None

    def model(self, place: Place) -> str:
        """What answers from the documents there: the trained version, else the model."""
        return self.serves.answers_version(place) or self.backend.name

    def recorded(self, id: int) -> Interaction:
        """An answer that was given before. Raises `UnknownInteraction`."""
        return self.memory.interaction(id)

    def rate(self, feedback: Feedback) -> None:
        """Keep one person's verdict on one interaction."""
        self.memory.rate(feedback)
        self._heard(feedback.interaction)

    def withdraw(self, interaction: int, author: str) -> bool:
        """Take a person's verdict back, as if there had been none; was there one?"""
        withdrawn = self.memory.withdraw(interaction, author)
        self._heard(interaction)
        return withdrawn

    def _heard(self, interaction: int) -> None:
        """Let a verdict count at once; that this fails is no failure of the vote."""
        try:
            self.voted(interaction)
        except Exception:  # a later harvest makes up for it
            log.exception("could not heed the verdicts on interaction %d", interaction)

    def _inquiry(self, question: Question, route: Route) -> Inquiry:
        """What may be read is asked once; a stylistic task reads nothing."""
        if route.mode is not Mode.RAG:
            return Inquiry(question, route)
        return Inquiry(question, route, self.readable(question))

    def _asked(self, inquiry: Inquiry) -> Asked | None:
        """What an answer may be kept by; None: answers of this kind are not."""
        if self.cache is None or inquiry.route.mode is not Mode.RAG:
            return None
        asked = self.cache.asked(standalone(inquiry.question), inquiry.sources)
        version = self.serves.answers_version(inquiry.question.place)
        return replace(asked, edition=edition_with(asked.edition, version))

    def _again(
        self, inquiry: Inquiry, asked: Asked | None, watcher: Watcher, watch: Stopwatch
    ) -> Answer | None:
        """The answer that was given before, if it still stands; that costs no turn in the line.

        What a person wrote goes before what the model wrote.
        """
        found = None
        if inquiry.route.mode is Mode.RAG:
            found = self.curator(inquiry.question, inquiry.sources)
        if found is None and self.cache is not None and asked is not None:
            found = self.cache.find(asked)
        if found is not None:
            watch.first("first_piece")
            watcher.piece(found.text)
        return found

    def _keep(self, asked: Asked | None, interaction: Interaction) -> None:
        """Keep the answer to be given again; that this fails is no failure of the answer."""
        if self.cache is None or asked is None:
            return
        if not asked.edition.endswith(edition_with("", interaction.answer.version)):
            return  # another version wrote it than the one that was to be expected
        try:
            self.cache.keep(asked, interaction)
        except BotError:
            log.exception("could not keep the answer of interaction %d", interaction.id)

    def _in_turn(self, inquiry: Inquiry, watcher: Watcher, watch: Stopwatch) -> Answer:
        """Answer when it is this person's turn."""
        with self.line.turn(inquiry.question.asker, watcher) as begun:
            watch.note("wait")
            return self._answer(inquiry, watcher, watch) if begun else stopped()

    def _answer(self, inquiry: Inquiry, watcher: Watcher, watch: Stopwatch) -> Answer:
        if inquiry.route.mode is Mode.TUNED:
            return self._write(inquiry.question, inquiry.route, watcher, watch)
        held = partial(self.serves.answerer, inquiry.question.place)
        return self._served(held, partial(self._cite, inquiry, watcher, watch), watch)

    def _served(
        self,
        held: Callable[[], AbstractContextManager[Serving]],
        answer: Callable[[Serving], Answer],
        watch: Stopwatch,
    ) -> Answer:
        """The answer of whatever serves now; a version that breaks leaves it to the one before."""
        while True:
            with held() as serving:
                try:
                    return replace(answer(serving), version=serving.version)
                except BackendUnavailable as error:
                    shown = "first_piece" in watch.noted
                    if shown or not self.serves.set_aside(serving.version, error):
                        raise

    def _cite(
        self, inquiry: Inquiry, watcher: Watcher, watch: Stopwatch, serving: Serving
    ) -> Answer:
        """An answer from the documents, written by what serves."""
        question = inquiry.question
        watcher.status("Searching the documents")
        found = self._found(standalone(question), inquiry.sources)
        watch.note("search")
        watcher.status("Reading what was found")
        watcher.found([passage for _, passages in found for passage in passages])
        citing = Citing([p for _, passages in found for p in passages], serving.backend.name)
        judged = list[tuple[str, Judged]]()
        for part, passages in found:
            said = question.text if len(found) == 1 else part
            judged.append((part, self._judge(part, said, passages, serving.backend, watcher)))
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
        self,
        asked: str,
        said: str,
        passages: Sequence[Passage],
        backend: Backend,
        watcher: Watcher,
    ) -> Judged:
        """What may be said to one question; nothing if what was `said` names an unknown code."""
        focused = self.focus(asked, passages)
        known = Evidence(focused.findings, asked).knows(said)
        if watcher.stopped or not known:
            return Judged()

        def write(prompt: Prompt) -> str:
            return "" if watcher.stopped else "".join(self._pieces(backend, prompt, watcher))

        bar = Bar(self.manner.min_confidence, self.manner.quotes)
        return judge(asked, focused, backend, write, bar, self.proof)

    def _write(
        self, question: Question, route: Route, watcher: Watcher, watch: Stopwatch
    ) -> Answer:
        task = task_named(self.tasks, route.task or "rewrite")
        watcher.status(f"Working on it ({task.name})")
        wish, given = work(question, task.name)

        def write(serving: Serving) -> Answer:
            told, text, cut = prompt(task, given, wish, serving), "", Cut(watcher)
            written = self._pieces(serving.backend, told, cut, task.max_tokens)
            writer = serving.version or serving.backend.name
            for piece in pieces(task, straight(task, f"{wish}\n{given}", written, writer)):
                watch.first("first_piece")
                watcher.piece(piece)
                text += piece
            if cut.made and not text.strip():
                return stopped()
            outcome = Outcome.STOPPED if cut.made else Outcome.WRITTEN
            return Answer(text.strip(), outcome, model=serving.backend.name)

        return self._served(partial(self.serves.writer, task.name, question.place), write, watch)

    def _pieces(
        self,
        backend: Backend,
        prompt: Prompt,
        watcher: Watcher | Cut,
        max_tokens: int | None = None,
    ) -> Generator[str, None, None]:
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


def edition_with(edition: str, version: str) -> str:
    """Marks answers of a trained version: another one does not give them again."""
    return f"{edition}+{version}"


def stopped() -> Answer:
    """Stop was pressed before there was anything to show."""
    return Answer("Stopped before it was answered.", Outcome.STOPPED)


def _failed(error: Exception, question: Question) -> Answer:
    code = failure_code()
    log.error("%s: could not answer in %s", code, question.place, exc_info=error)
    return Answer(apology(error, code), Outcome.FAILED, code=code)
