"""Routing by the learned classifier; the patterns stand in where it cannot be had."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.classifying import QUESTION, Sorter
from bot.conversation import Mode, Question, Route
from bot.form import brings_text, parted
from bot.routing import Router, choose_route
from knowledge.errors import KnowledgeError
from model.errors import ModelError
from model.tasks import Task

log = logging.getLogger(__name__)


class LearnedRouter:
    """Chooses a route by what the classifier says of the message. Safe to use from threads."""

    def __init__(
        self,
        make: Callable[[], Sorter],
        tasks: Mapping[str, Task],
        min_confidence: float = 0.5,
        patterns: Router = choose_route,
    ) -> None:
        self.make, self.tasks, self.min_confidence = make, tasks, min_confidence
        self.patterns = patterns
        self._lock = threading.Lock()
        self._sorter: Sorter | None = None

    def __call__(self, question: Question) -> Route:
        """A forced mode as it is; else what the message reads like."""
        if question.mode is Mode.RAG or (question.mode is Mode.TUNED and question.task):
            return self.patterns(question)
        try:
            shares = self.sorter().shares(question.text)
        except (KnowledgeError, ModelError) as error:
            log.warning("routing by patterns: %s", error)
            route = self.patterns(question)
            return replace(route, reason=f"{route.reason} (by patterns: no embedder at hand)")
        if question.mode is Mode.TUNED:
            return Route(Mode.TUNED, likeliest(shares), "forced: tuned", 1.0)
        return self._judged(question, shares)

    def sorter(self) -> Sorter:
        """The classifier, made at the first need."""
        with self._lock:
            if self._sorter is None:
                self._sorter = self.make()
            return self._sorter

    def prepare(self) -> None:
        """Have the classifier before the first question; a failure waits for that one."""
        try:
            self.sorter()
        except (KnowledgeError, ModelError) as error:
            log.warning("the router could not be prepared: %s", error)

    def _judged(self, question: Question, shares: Mapping[str, float]) -> Route:
        asked = shares.get(QUESTION, 0.0)
        task, sure = likeliest(shares), round(1 - asked, 2)
        if sure < self.min_confidence:
            reason = f"reads like a question for the documents ({asked:.2f})"
            return Route(Mode.RAG, None, reason, round(asked, 2))
        material = _material(question, task)
        if material is None:
            reason = f"reads like a request to {task}, but brings no text: a question ({sure:.2f})"
            return Route(Mode.RAG, None, reason, 0.5)
        reason = f"reads like a request to {task} {material} ({sure:.2f})"
        return Route(Mode.TUNED, task, reason, sure)


def likeliest(shares: Mapping[str, float]) -> str:
    """The task with the largest share."""
    tasks = {label: share for label, share in shares.items() if label != QUESTION}
    return max(tasks, key=lambda label: tasks[label])


def _material(question: Question, task: str) -> str | None:
    """Where the text to work on is, in words; None: there is none."""
    if brings_text(question.text):
        return "what it tells" if task == "draft" else "the text that it brings"
    if question.thread:
        return "what the thread says"
    return "a new text" if task == "draft" else None


def work(question: Question, task: str) -> tuple[str, str]:
    """The wish and the text to work on: what the message brings, else the last turn before it.

    The wish is empty where the two cannot be told apart; then the text holds both.
    """
    if question.thread and not brings_text(question.text):
        return question.text.strip(), question.thread[-1].text
    wish, text = parted(question.text)
    if task == "draft" or not text:  # a draft's facts stand on both sides of a quote
        return "", question.text
    return wish, text
