"""Reads kept interactions as what can be learned from: texts masked, votes of those who agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.answering import MARK
from bot.conversation import Feedback, Interaction, Mode, Outcome, Place, Verdict
from bot.followups import standalone
from bot.learned_routing import work
from bot.learning.deciding import Case, Vote
from bot.learning.masking import masked
from bot.learning.preferences import relied_on
from bot.rows import EXCERPT_CHARS
from knowledge.documents import Passage
from model.examples import ANSWERS, Shown, What
from model.tasks import Task

QUOTED = re.compile(r"^> ?", re.MULTILINE)
LONGEST = 20_000  # characters of a text or an answer; nothing is learned from longer ones

DELETED = "deleted"
NOTHING = "failed or stopped"
NO_VOTES = "no vote stands"
OLD_VOTES = "votes too old to be learned from"
OBJECTS = "the asker objects to learning"
VOTERS_OBJECT = "all voters object to learning"
CHANNEL = "nothing is learned in its channel"
NO_TASK = "its task is not set any more"
NO_TEXT = "without text"
TOO_LONG = "too long"


@dataclass(frozen=True)
class Consent:
    """Who may be learned from, where, and since when."""

    person: Callable[[str, str], bool]  # platform, person
    place: Callable[[Place], bool]
    since: datetime | None = None  # verdicts from before say nothing any more; None: all do

    def refused(self, interaction: Interaction) -> str:
        """Why nothing is learned from it; empty: it may be."""
        place = interaction.question.place
        if not self.place(place):
            return CHANNEL
        return "" if self.person(place.platform, interaction.question.asker) else OBJECTS

    def lasting(self, verdicts: Sequence[Feedback]) -> Sequence[Feedback]:
        """Those that are not too old."""
        since = self.since
        return verdicts if since is None else [v for v in verdicts if v.given_at >= since]


@dataclass(frozen=True)
class Reading:
    """An answer with the votes on it that count."""

    interaction: Interaction
    verdicts: tuple[Feedback, ...]
    first: Interaction  # whose answer was given again; by default the same
    what: What
    task: Task | None  # of `What.STYLE`

    @property
    def id(self) -> int:
        """Of the interaction."""
        return self.interaction.id

    @property
    def task_name(self) -> str:
        """As examples name it."""
        return self.task.name if self.task else ANSWERS

    @cached_property
    def wish_and_text(self) -> tuple[str, str]:
        """What was wished for, and the text or question; both masked."""
        question = self.first.question
        wish, text = work(question, self.task.name) if self.task else ("", standalone(question))
        return masked(wish.strip()).text, masked(text.strip()).text

    @cached_property
    def answer(self) -> str:
        """What was answered, masked; empty: that the sources do not tell."""
        answer = self.interaction.answer
        if answer.outcome is Outcome.UNKNOWN:
            return ""
        plain = QUOTED.sub("", MARK.sub("", answer.text)) if self.task is None else answer.text
        return masked(plain.strip()).text

    @cached_property
    def votes(self) -> tuple[Vote, ...]:
        """The verdicts, masked."""
        return tuple(self._vote(verdict) for verdict in self.verdicts)

    def case(self, text: str, others: Sequence[Reading] = ()) -> Case:
        """With the same answer given elsewhere, under the text that stands for all."""
        every = sorted([self, *others], key=lambda reading: reading.id)
        return Case(
            self.what,
            self.task_name,
            text,
            self.answer,
            tuple(reading.id for reading in every),
            tuple(vote for reading in every for vote in reading.votes),
            self.wish_and_text[0],
            every[0].shown(),
            self.task.labels if self.task else (),
        )

    def shown(self) -> tuple[Shown, ...]:
        """The passages that were found, masked; `right` where they were cited."""
        if self.task is not None:
            return ()
        cited = relied_on(self.interaction)
        return tuple(_shown(p, p in cited) for p in self.interaction.answer.passages)

    def _vote(self, verdict: Feedback) -> Vote:
        given = verdict.correction.strip()
        correction = masked(given).text if len(given) <= LONGEST else ""
        return Vote(
            self._person(verdict.author),
            verdict.verdict is Verdict.UP,
            self.id,
            verdict.given_at.timestamp(),
            verdict.reason,
            correction if re.search(r"\w", correction) else "",
        )

    def _person(self, name: str) -> str:
        return f"{self.interaction.question.place.platform}:{name}"


def reading(
    interaction: Interaction,
    verdicts: Sequence[Feedback],
    first: Interaction,
    tasks: Mapping[str, Task],
    consent: Consent,
) -> Reading | str:
    """What can be learned from, or the reason why nothing can."""
    if not verdicts:
        return NO_VOTES
    asked = {each.id: each for each in (interaction, first)}  # mostly the same: it is asked once
    if refused := next(filter(None, map(consent.refused, asked.values())), ""):
        return refused
    lasting = consent.lasting(verdicts)
    if not lasting:
        return OLD_VOTES
    platform = interaction.question.place.platform
    counted = tuple(v for v in lasting if consent.person(platform, v.author))
    if not counted:
        return VOTERS_OBJECT
    return read_alone(interaction, counted, first, tasks)


def read_alone(
    interaction: Interaction,
    verdicts: tuple[Feedback, ...],
    first: Interaction,
    tasks: Mapping[str, Task],
) -> Reading | str:
    """The same, whoever may be learned from."""
    route, answer = interaction.route, interaction.answer
    style = route.mode is Mode.TUNED and answer.outcome is Outcome.WRITTEN
    found = route.mode is Mode.RAG and answer.outcome in (Outcome.CITED, Outcome.UNKNOWN)
    if not (style or found):
        return NOTHING
    task = tasks.get(route.task or "rewrite") if style else None
    if style and task is None:
        return NO_TASK
    made = Reading(interaction, verdicts, first, What.STYLE if style else What.ANSWERS, task)
    texts = (interaction.question.text, answer.text)
    if max(map(len, (*texts, *(turn.text for turn in first.question.thread)))) > LONGEST:
        return TOO_LONG
    written = bool(made.wish_and_text[1]) and (bool(made.answer) or not style)
    return made if written else NO_TEXT


def _shown(passage: Passage, cited: bool) -> Shown:
    chunk = passage.chunk
    text = masked(chunk.text[:EXCERPT_CHARS]).text
    return Shown(chunk.title, text, cited, chunk.source, chunk.key, chunk.ordinal)
