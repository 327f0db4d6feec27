"""Answers that people wrote: given to the same question again while their sources stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from bot import wording
from bot.alike import same
from bot.answer_cache import NEAR, TRIED, digest
from bot.answering import MARK, Citing, Claim, spoken
from bot.conversation import Answer, Feedback, Interaction, Outcome, Question
from bot.errors import UnknownInteraction
from bot.followups import standalone
from bot.inert import inert
from bot.learning.binding import Pieces, as_now, bound, told
from bot.learning.copied import Copied, vectors_of
from bot.learning.masking import masked
from bot.learning.preferences import relied_on
from bot.learning.words import Curated
from bot.support import Evidence
from knowledge.documents import Passage
from knowledge.embedding import Embedder
from knowledge.focus import Finding, said_in
from model.examples import Review

SEEN = 3  # passages that stand for the sources of an answer that cited none
CHANGED = "its source changed"
DISLIKED = "a thumbs-down where it was given again"


class CuratedShelf(Protocol):
    """Where curated answers are kept."""

    def curated(self) -> Sequence[Curated]:
        """Those that were accepted, of all workspaces, newest first."""

    def curated_marker(self) -> str:
        """Another one whenever these are others; cheap."""

    def set_curated_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        """Keep the vectors of their questions, by id."""

    def doubt_curated(self, id: int, why: str) -> None:
        """Have a person decide on one anew."""


def curation(interaction: Interaction, feedback: Feedback, review: Review) -> Curated | None:
    """A correction as an answer that may be given again; None: it has nothing to rest on."""
    relied, place = sources_of(interaction), interaction.question.place
    text = masked(feedback.correction.strip()).text
    if not relied or not MARK.sub("", text).strip():
        return None
    return Curated(
        masked(standalone(interaction.question)).text,
        text,
        tuple(sorted({p.chunk.source for p in interaction.answer.passages})),
        mark(relied),
        interaction.id,
        f"{place.platform}:{feedback.author}",
        feedback.given_at,
        review,
        b"",
        place.platform,
        place.workspace,
    )


def sources_of(interaction: Interaction) -> list[Passage]:
    """What a correction of the answer rests on: what was cited, else the first that was read."""
    return relied_on(interaction) or list(interaction.answer.passages[:SEEN])


def mark(passages: Sequence[Passage]) -> str:
    """Marks the texts of passages and where they stand; another text, another mark."""
    return digest(*(part for passage in passages for part in told(passage.chunk)))


@dataclass(frozen=True)
class Shelved:
    """All that may be given again: by platform and workspace, with the questions' vectors."""

    places: Mapping[tuple[str, str], Sequence[Curated]]
    vectors: Mapping[int, np.ndarray]  # by id


NOTHING = Shelved({}, {})


@dataclass(frozen=True)
class Curating:
    """Gives people's own answers to who may read all their sources.

    What is on the shelf is read again when it changed, by whichever process.
    """

    shelf: CuratedShelf
    interaction: Callable[[int], Interaction]
    pieces: Pieces
    embedder: Callable[[], Embedder]

    def find(self, question: Question, sources: Sequence[str] | None) -> Answer | None:
        """The answer that a person wrote to the same question, if it still stands.

        `sources` are those that may be read; None: all. One whose sources changed goes back to
        whoever decides on it. Raises `EmbeddingFailed`, `IndexUnavailable`, `BotError`.
        """
        for curated in self._alike(question, sources)[:TRIED]:
            try:
                first = self.interaction(curated.interaction)
            except UnknownInteraction:  # forgotten meanwhile
                continue
            standing = self._standing(curated, first)
            if standing is not None:
                return given_again(curated, first, standing)
            self.shelf.doubt_curated(curated.id, CHANGED)
        return None

    def withdraw_changed(self, source: str) -> None:
        """Have those decided on anew that rest on a page of the source which changed.

        Raises `IndexUnavailable`, `BotError`.
        """
        for curated in self.shelf.curated():
            if source in curated.sources:
                try:
                    first = self.interaction(curated.interaction)
                except UnknownInteraction:
                    continue
                if self._standing(curated, first) is None:
                    self.shelf.doubt_curated(curated.id, CHANGED)

    def _alike(self, question: Question, sources: Sequence[str] | None) -> list[Curated]:
        """Those for this reader whose question asks the same, nearest first."""
        held, place = self._shelved() if inside(question) else NOTHING, question.place
        here = held.places.get((place.platform, place.workspace), ())
        mine = [c for c in here if sources is None or set(c.sources) <= set(sources)]
        if not mine:
            return []
        asked = masked(standalone(question)).text
        some = [c for c in mine if same(c.question, asked)]
        if not some:
            return []
        cosines = np.stack([held.vectors[c.id] for c in some]) @ self.embedder().embed([asked])[0]
        order = np.argsort(-cosines, kind="stable")
        return [some[i] for i in order if cosines[i] >= NEAR]

    def rests_on_now(self, curated: Curated) -> Sequence[Passage]:
        """What it would rest on from now on; nothing: its pages are gone.

        Raises `UnknownInteraction`, `IndexUnavailable`.
        """
        held = curated.rests_on or sources_of(self.interaction(curated.interaction))
        return bound(held, self.pieces)

    @cached_property
    def _shelved(self) -> Copied[Shelved]:
        return Copied(self.shelf.curated_marker, self._read)

    def _read(self) -> Shelved:
        held, places = self.shelf.curated(), defaultdict[tuple[str, str], list[Curated]](list)
        for each in held:
            places[each.platform, each.workspace].append(each)
        if not held:  # nothing needs an embedder
            return NOTHING
        made, keep = self.embedder(), self.shelf.set_curated_vectors
        return Shelved(places, vectors_of(held, made.name, made.embed, keep))

    def _standing(self, curated: Curated, first: Interaction) -> list[Passage] | None:
        """What it rests on, as it is now; None: something of it is another, or gone."""
        held = curated.rests_on or sources_of(first)
        found = [as_now(each, self.pieces(*each.chunk.page)) for each in held]
        now = [passage for passage in found if passage is not None]
        return now if len(now) == len(held) and mark(now) == curated.trace else None


def inside(question: Question) -> bool:
    """Do only the team's own people read it? A correction is theirs, and no document."""
    if question.audience is None:
        return question.place.platform == "terminal"
    return not question.audience.outside


def given_again(curated: Curated, first: Interaction, passages: Sequence[Passage]) -> Answer:
    """A person's words, each sentence with the passage that supports it, if one does.

    Its passages are also those that the first answer was written from, in other sources: who may
    be shown it must be able to read them all.
    """
    citing = Citing(passages, "")
    if said(citing, curated):
        others = [p.chunk.title for p in passages if p.chunk.page not in citing.numbers]
        titles = [inert(title) for title in dict.fromkeys(others)]
        citing.text += f"\n{wording.said_by_team(titles, bool(citing.numbers))}"
    outcome = Outcome.CITED if citing.numbers else Outcome.WRITTEN
    here = {passage.chunk.source for passage in passages}
    beside = [p for p in first.answer.passages if p.chunk.source not in here]
    answer = replace(citing.answer(), outcome=outcome, passages=(*passages, *beside))
    return replace(answer, curated_from=curated.interaction)


def said(citing: Citing, curated: Curated) -> bool:
    """Say the sentences of a correction; is there one that no passage supports?"""
    evidence, alone = Evidence(list(statements_of(citing.passages)), curated.question), False
    for before, sentence in spoken([curated.answer]):
        text = MARK.sub("", sentence).strip()  # a number that a person wrote cites nothing here
        support = evidence.support(text)
        if support is not None:
            citing.add(Claim(inert(text), before, support))
        elif text:
            citing.text += (before or " ") * bool(citing.text) + inert(text)
            alone = True
    return alone


def statements_of(passages: Sequence[Passage]) -> Iterator[Finding]:
    """All that passages say."""
    for rank, passage in enumerate(passages):
        for place, statement in enumerate(said_in(passage)):
            yield Finding(passage, statement, rank, place, 0.0)
