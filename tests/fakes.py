"""Fakes of our own ports; a library is never patched."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from bot.conversation import (
    Answer,
    Citation,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Turn,
)
from bot.errors import UnknownInteraction
from knowledge.documents import (
    Checkpoint,
    Chunk,
    Document,
    Item,
    Keyed,
    Passage,
    Reached,
    Unchanged,
    Unreadable,
)
from knowledge.embedding import Vectors
from knowledge.errors import SourceUnreadable
from knowledge.objects import Entry, chunk_objects, document_id, record
from knowledge.reranker import Page, Reading
from model.backends import Prompt, Sampling
from model.errors import PromptTooLong
from model.generation import until


class Recorder(Protocol):
    """What records interactions."""

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction: ...


@dataclass
class FakeStore:
    """A store in memory, for those who do not care where it is kept."""

    rows: dict[int, Interaction] = field(default_factory=dict)
    details: dict[int, str] = field(default_factory=dict)
    votes: dict[tuple[int, str], Feedback] = field(default_factory=dict)

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction:
        id = len(self.rows) + 1
        self.rows[id] = Interaction(id, question, route, answer, timings, asked_at)
        self.details[id] = error_detail
        return self.rows[id]

    def interaction(self, id: int) -> Interaction:
        if id not in self.rows:
            raise UnknownInteraction(id)
        return self.rows[id]

    def error_detail(self, id: int) -> str:
        return self.details[self.interaction(id).id]

    def rate(self, feedback: Feedback) -> None:
        place = (self.interaction(feedback.interaction).id, feedback.author)
        held = self.votes.get(place)
        if held is None or held.given_at <= feedback.given_at:
            self.votes[place] = feedback

    def withdraw(self, interaction: int, author: str) -> bool:
        return self.votes.pop((interaction, author), None) is not None

    def verdicts(self, interaction: int) -> list[Feedback]:
        found = [vote for (id, _), vote in self.votes.items() if id == interaction]
        return sorted(found, key=lambda vote: vote.given_at)


def kept(
    store: Recorder,
    text: str = "How many days of leave do I get?",
    asker: str = "ben",
    place: tuple[str, str, str, str] = ("terminal", "default", "", ""),
    thread: Sequence[str] = (),
    route: tuple[Mode, str | None] = (Mode.RAG, None),
    answer: Answer | None = None,
    asked_at: datetime | None = None,
    error_detail: str = "",
) -> Interaction:
    """Let `store` record a question of which only what matters is given."""
    question = Question(text, asker, Place(*place), tuple(Turn("user", turn) for turn in thread))
    chosen = Route(*route, reason="it asks for a fact", confidence=0.75)
    timings = Timings(route_ms=0.5, search_ms=12.25, total_ms=900.0)
    when = asked_at or datetime.now(UTC)
    return store.record(question, chosen, answer or an_answer(), timings, when, error_detail)


def an_answer() -> Answer:
    """A cited answer with two passages."""
    texts = ("You get 27 days.", "Leave is booked in the calendar.")
    chunks = [
        Chunk("handbook", "leave.md", "Leave", "file:///leave.md#days", ("Days",), ordinal, text)
        for ordinal, text in enumerate(texts)
    ]
    cited = Citation(1, "Leave", "file:///leave.md#days", "handbook", "leave.md", "27 days")
    passages = tuple(Passage(chunk, 0.5, {"vector": 0.75, "keyword": 2.5}) for chunk in chunks)
    return Answer("27 days [1].", Outcome.CITED, (cited,), passages, model="fake")


def paragraphs(document: Document) -> list[Chunk]:
    """Cut at empty lines."""
    parts = [part for part in document.text.split("\n\n") if part]
    return [
        Chunk(document.source, document.key, document.title, document.url, (), place, part)
        for place, part in enumerate(parts)
    ]


@dataclass
class FakeEmbedder:
    """Vectors drawn by the text's digest; it remembers what it was given."""

    name: str = "fake"
    dims: int = 8
    max_tokens: int = 512
    seen: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        drawn = [self.draw(text) for text in texts]
        return np.asarray(drawn, np.float32).reshape(len(texts), self.dims)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def draw(self, text: str) -> Any:
        sight = " ".join(text.split(" ")[: self.max_tokens])
        digest = hashlib.sha256(f"{self.name}\n{sight}".encode("utf-8", "surrogatepass")).digest()
        drawn = np.random.default_rng(list(digest)).normal(size=self.dims)
        return drawn / np.linalg.norm(drawn)


@dataclass
class FakeReader:
    """Every statement answers as surely as told; it remembers what it was asked.

    `scores` are those of statements that hold some words, log-odds; a passage is as relevant as
    its best statement answers.
    """

    sure: float = 3.0
    scores: Mapping[str, float] = field(default_factory=dict)
    name: str = "fake"
    asked: list[tuple[str, tuple[Page, ...]]] = field(default_factory=list)

    def read(self, question: str, pages: Sequence[Page]) -> list[Reading]:
        self.asked.append((question, tuple(pages)))
        return [self._reading([self._score(said) for said in page.statements]) for page in pages]

    def _score(self, statement: str) -> float:
        return next((s for words, s in self.scores.items() if words in statement), self.sure)

    def _reading(self, evidence: list[float]) -> Reading:
        best = max(evidence, default=-12.0)
        return Reading(best, best, tuple(evidence))


@dataclass
class FakeSource:
    """Texts by key; `unreadable` ones cannot be read, and before `fails_at` it breaks.

    At the end it says that it has reached `reaches`; `told` has the states that it was given.
    """

    texts: Mapping[str, str]
    name: str = "handbook"
    unreadable: Sequence[str] = ()
    fails_at: str | None = None
    reaches: str = ""
    read: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    before_each: Callable[[str], None] = lambda key: None

    def expected(self) -> int | None:
        return len(self.texts)

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        self.told.append(since.state if since is not None else "")
        yield from self._pages(since)
        if self.reaches:
            yield Reached(self.reaches)

    def _pages(self, since: Checkpoint | None) -> Iterator[Keyed]:
        for key, text in self.texts.items():
            self.before_each(key)
            if key == self.fails_at:
                raise SourceUnreadable(self.name, "the line is dead", "Mend it")
            fingerprint = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            if key in self.unreadable:
                yield Unreadable(key, "it is encrypted; store it without a password")
            elif since is not None and since.has(key, fingerprint):
                yield Unchanged(key)
            else:
                self.read.append(key)
                title = text.split("\n\n")[0]
                yield Document(self.name, key, title, text, f"https://docs/{key}", fingerprint)


@dataclass
class FakeIndex:
    """What an index holds, in memory: the objects that Weaviate would be given, by id.

    A sync writes one batch while it looks up the vectors of the next: both hold `busy`.
    """

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    chunks: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)  # vectors by chunk id
    done: dict[str, str] = field(default_factory=dict)  # the state that each source reached
    refuses: Collection[str] = ()  # keys of documents that it does not take
    busy: Any = field(default_factory=threading.RLock, repr=False, compare=False)

    def fingerprints(self, source: str) -> dict[str, str]:
        rows = [row for row in self.records.values() if row["source"] == source]
        return {row["key"]: row["fingerprint"] for row in rows}

    def vectors(self, digests: Iterable[str]) -> dict[str, Any]:
        wanted = set(digests)
        with self.busy:
            rows = [(row["digest"], self.held[id]) for id, row in self.chunks.items()]
        return {digest: vector for digest, vector in rows if digest in wanted}

    def put(self, entries: Sequence[Entry]) -> dict[str, str]:
        with self.busy:
            refused = [e for e in entries if e.document.key in self.refuses]
            for entry in entries:
                if entry not in refused:
                    self._put(entry)
        return {entry.document.key: "is not to its taste" for entry in refused}

    def _put(self, entry: Entry) -> None:
        document = entry.document
        if entry.replaces:
            self.forget_chunks(document_id(document.source, document.key))
        made = record(document, document.fingerprint, len(entry.chunks))
        self.records[made.uuid] = made.properties
        for chunk in chunk_objects(entry):
            self.chunks[chunk.uuid] = chunk.properties
            self.held[chunk.uuid] = np.asarray(chunk.vector, np.float32)

    def drop(self, source: str, keys: Sequence[str]) -> None:
        for key in keys:
            self.forget_chunks(document_id(source, key))
            del self.records[document_id(source, key)]

    def forget_chunks(self, document: str) -> None:
        for id in [id for id, row in self.chunks.items() if row["document"] == document]:
            del self.chunks[id], self.held[id]

    def state(self, source: str) -> str:
        return self.done.get(source, "")

    def mark_complete(self, source: str, state: str = "") -> None:
        self.done[source] = state

    def complete(self, source: str) -> bool:
        return source in self.done


class FakeBackend:
    """Says its pieces to every prompt, and remembers what it heard."""

    def __init__(
        self,
        *pieces: str,
        name: str = "fake",
        context: int = 4096,
        likely: tuple[float, ...] | None = None,
        points: tuple[float, ...] | None = None,
    ) -> None:
        self.pieces, self.closed, self.likely = pieces, False, likely
        self.points = points  # how likely it names each note; None: it goes on after nothing
        self.heard: list[Prompt] = []  # and was to answer
        self.weighed: list[Prompt] = []  # and was to say how likely an answer is
        self._name, self._context = name, context

    @property
    def name(self) -> str:
        return self._name

    @property
    def context(self) -> int:
        return self._context

    @property
    def continues(self) -> bool:
        return self.points is not None

    def load(self) -> None: ...

    def count(self, prompt: Prompt) -> int:
        return sum(len(message.text.split()) + 1 for message in prompt.messages)

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        if self.count(prompt) + sampling.max_tokens > self._context:
            raise PromptTooLong(self.count(prompt), self._context)
        self.heard.append(prompt)
        return self._say(sampling)

    def likelihoods(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        if self.count(prompt) >= self._context:
            raise PromptTooLong(self.count(prompt), self._context)
        self.weighed.append(prompt)
        return self.points if prompt.begun else self.likely

    def _say(self, sampling: Sampling) -> Iterator[str]:
        try:
            yield from until(self.pieces[: sampling.max_tokens], sampling.stop)
        except GeneratorExit:
            self.closed = True
            raise
