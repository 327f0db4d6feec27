"""The stylistic tasks: what the serving model is told, and its words as people get them."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from bot.conversation import Watcher
from bot.errors import OnlyRepeats
from bot.inert import inert_pieces
from bot.learning.serving import Serving
from model.backends import Prompt
from model.labels import nearest_label
from model.repetition import Circle, Straight, circles
from model.tasks import Task, task_prompt, taught_prompt

log = logging.getLogger(__name__)

PHRASE = 3  # words; who says less than that again and again says nothing


@dataclass
class Cut:
    """A person's Stop as the writing heeds it: asked before each piece, and never once all is."""

    watcher: Watcher
    made: bool = False  # there was more to come

    @property
    def stopped(self) -> bool:
        """Is the piece at hand to be left out, and what follows it?"""
        self.made = self.made or self.watcher.stopped
        return self.made


def prompt(task: Task, text: str, wish: str, serving: Serving) -> Prompt:
    """A version that was taught the task needs no examples; the base model is shown the best."""
    if serving.taught:
        return taught_prompt(task, text, wish)
    shown = replace(task, examples=(*task.examples, *serving.shots))
    return task_prompt(shown, text, wish)


def pieces(task: Task, written: Iterator[str]) -> Iterator[str]:
    """The model's words, with nothing that pings; of a task with labels the one that is meant."""
    if task.labels:
        text = "".join(written)
        written = iter([nearest_label(text, task.labels)] if text.strip() else [])
    return inert_pieces(written)


def straight(
    task: Task, given: str, written: Generator[str, None, None], writer: str
) -> Iterator[str]:
    """The model's words up to where they go in circles: there the writing is stopped.

    Nothing is cut where the text that is `given` goes in circles itself. `writer` is who is named
    in the log. Raises `OnlyRepeats` where nothing is left.
    """
    if circles(given):
        yield from written
        return
    watched = Straight()
    with closing(written):
        yield from watched.pieces(written)
    if watched.circle is not None:
        _told(task, watched.circle, writer)


def _told(task: Task, circle: Circle, writer: str) -> None:
    told = "%s goes in circles (%s): of %d characters %d are kept, and it was stopped"
    log.warning(told, writer, task.name, circle.written, len(circle.kept))
    phrase, before = circle.kept[circle.begins :], circle.kept[: circle.begins]
    alone = not re.search(r"\w", before) and len(re.findall(r"\w+", phrase)) < PHRASE
    if alone and not task.labels:
        raise OnlyRepeats(writer)
