"""Answers that are given again: to a question that asks the same, while nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

import bot
from bot.alike import same
from bot.conversation import Answer, Earlier, Interaction, Outcome
from bot.errors import UnknownInteraction
from knowledge.documents import Passage
from knowledge.embedding import Vectors

NEAR = 0.93  # cosine of two questions that may be the same; `bot.alike` decides
TRIED = 3  # kept answers whose passages are looked up again, for one question
PACKAGES, NO_PART = ("bot", "knowledge", "model"), (".pyc", ".md")


@dataclass(frozen=True)
class Asked:
    """What must agree for an answer to be given again."""

    text: str  # the question, standalone
    sources: tuple[str, ...] | None  # that may be read; None: all
    edition: str  # of model, settings and code
    vector: bytes  # of the text, float32, unit length

    @property
    def audience(self) -> str:
        """Marks the set of sources: who may read others never meets this answer."""
        told = None if self.sources is None else sorted(set(self.sources))
        return digest(json.dumps(told))


@dataclass(frozen=True)
class Kept:
    """An answer that may be given again."""

    interaction: int
    question: str
    audience: str
    edition: str
    trace: str  # of the passages that were found for the question
    vector: bytes
    kept_at: datetime  # aware UTC


class Shelf(Protocol):
    """Where answers are kept."""

    def keep(self, kept: Kept, most: int) -> None:
        """Keep an answer in place of an older one to the very question, `most` in all.

        Raises `UnknownInteraction`.
        """

    def kept(self, audience: str, edition: str, since: datetime) -> Sequence[Kept]:
        """Answers for these readers by this edition, but none that has a thumbs-down."""

    def unkeep(self, interaction: int) -> None:
        """Never give that answer again."""

    def interaction(self, id: int) -> Interaction:
        """The whole answer. Raises `UnknownInteraction`."""


@dataclass(frozen=True)
class Room:
    """How much is kept."""

    most: int = 1000  # answers
    age: timedelta = timedelta(days=7)


class AnswerCache:
    """Gives answers again, at the cost of one search.

    What the model says follows from the question, the passages, the settings and the model. So an
    answer stands as long as its question, searched anew, finds the very same passages: a page
    that was changed, removed, or added where it matters shows there, and a page that does not
    matter spoils nothing. `search` is asked with the sources that may be read, so that nothing is
    compared with what may not.
    """

    def __init__(
        self,
        shelf: Shelf,
        embed: Callable[[Sequence[str]], Vectors],
        search: Callable[[str, Sequence[str] | None], Sequence[Passage]],
        edition: Callable[[], str],
        room: Room | None = None,
    ) -> None:
        self.shelf, self.embed, self.search = shelf, embed, search
        self.edition, self.room = edition, room or Room()

    def asked(self, text: str, sources: Sequence[str] | None) -> Asked:
        """The question with all that must agree. Raises `EmbeddingFailed`."""
        vector = np.asarray(self.embed([text])[0], np.float32).tobytes()
        return Asked(text, None if sources is None else tuple(sources), self.edition(), vector)

    def find(self, asked: Asked) -> Answer | None:
        """The answer that was given to the same question, if it still stands."""
        since = datetime.now(UTC) - self.room.age
        held = self.shelf.kept(asked.audience, asked.edition, since)
        for kept in alike(asked, held)[:TRIED]:
            passages = self.search(kept.question, asked.sources)
            if trace(passages) == kept.trace:
                return self._again(kept, passages)
            self.shelf.unkeep(kept.interaction)
        return None

    def _again(self, kept: Kept, passages: Sequence[Passage]) -> Answer | None:
        try:
            first = self.shelf.interaction(kept.interaction)
        except UnknownInteraction:  # forgotten meanwhile
            return None
        earlier = Earlier(first.id, first.asked_at)
        return replace(first.answer, passages=tuple(passages), cached_from=earlier)

    def keep(self, asked: Asked, interaction: Interaction) -> None:
        """Keep an answer if it may be given again: one from the documents, whole, written now."""
        answer = interaction.answer
        again = answer.cached_from is not None or answer.curated_from is not None
        if answer.outcome is not Outcome.CITED or again:
            return
        kept = Kept(
            interaction.id,
            asked.text,
            asked.audience,
            asked.edition,
            trace(answer.passages),
            asked.vector,
            datetime.now(UTC),
        )
        self.shelf.keep(kept, self.room.most)


def alike(asked: Asked, held: Sequence[Kept]) -> list[Kept]:
    """Those whose question asks the same, nearest first."""
    if not held:
        return []
    vectors = np.stack([np.frombuffer(kept.vector, np.float32) for kept in held])
    cosines = vectors @ np.frombuffer(asked.vector, np.float32)
    nearest = [held[i] for i in np.argsort(-cosines, kind="stable") if cosines[i] >= NEAR]
    return [kept for kept in nearest if same(kept.question, asked.text)]


def trace(passages: Sequence[Passage]) -> str:
    """Marks these very passages in this order: their texts, titles and addresses."""
    chunks = [passage.chunk for passage in passages]
    return digest(json.dumps([[c.source, c.key, c.ordinal, c.url, c.digest] for c in chunks]))


def digest(*parts: str) -> str:
    """A short mark of texts."""
    whole = json.dumps(parts).encode()
    return hashlib.sha256(whole).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Marks the code that answers and the weights that ship with it.

    A changed prompt or a retrained reader does not meet old answers. Read once per process
    (31 MB: 0.1 s).
    """
    hashed = hashlib.sha256()
    for file in code_files():
        with file.open("rb") as opened:
            hashed.update(hashlib.file_digest(opened, "sha256").digest())
    return hashed.hexdigest()[:32]


def code_files() -> Iterator[Path]:
    """The files of our packages, what was learned among them: JSON, ONNX, safetensors."""
    home = Path(bot.__file__).resolve().parent.parent
    for package in PACKAGES:
        for file in sorted((home / package).rglob("*")):
            if file.is_file() and file.suffix not in NO_PART:
                yield file


@cache
def weights_mark(names: tuple[str, ...]) -> str:
    """Marks the weights of a person's own that lie at those of `names` that are paths.

    They may be gigabytes, so their files' sizes and times stand for them. As they lie when it
    is first asked: that is what this process has loaded.
    """
    places = [Path(name).expanduser() for name in names if name]
    files = [file for place in places for file in (place, *sorted(place.rglob("*")))]
    held = [(file, file.stat()) for file in files if file.is_file()]
    return digest(*(f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in held))
