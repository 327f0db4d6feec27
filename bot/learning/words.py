"""The words of learning: judged passages, snapshots, runs, versions, evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from knowledge.documents import Passage
from model.examples import Review, What


@dataclass(frozen=True)
class Judged:
    """A passage that people found right, or wrong, for a question."""

    question: str  # made standalone, masked
    source: str
    key: str
    ordinal: int
    chunk: str  # `Chunk.digest` of the passage as it was, or of its excerpt: another text, no say
    text: str  # of the passage, as it was; at most 2,000 characters
    value: float  # -1 to 1: the voters' mean
    interaction: int
    judged_at: datetime  # aware UTC
    platform: str = ""  # where it was judged: there it counts
    workspace: str = ""
    voters: tuple[str, ...] = ()  # "platform:person"; nobody counts twice
    vector: bytes = b""  # of the question, float32, unit length; empty: not made yet
    embedder: str = ""  # whose vector
    id: int = 0


@dataclass(frozen=True)
class Curated:
    """An answer that a person wrote to a question, given again while its sources stay as they are.

    `trace` marks the cited passages (`bot.answer_cache.trace`); `sources` must all be readable.
    """

    question: str  # standalone
    answer: str
    sources: tuple[str, ...]  # that the first audience could read; a reader must read them all
    trace: str
    interaction: int
    author: str
    written_at: datetime
    review: Review
    vector: bytes  # of the question, float32, unit length; empty: not made yet
    platform: str
    workspace: str
    id: int = 0
    doubt: str = ""  # why it waits again, after it was accepted
    rests_on: tuple[Passage, ...] = ()  # since it was accepted anew; before, what was cited
    embedder: str = ""  # whose vector


class State(StrEnum):
    """Where a version is in its life."""

    CANDIDATE = "candidate"  # trained; perhaps tried on a share of the places
    LIVE = "live"
    RETIRED = "retired"  # was live
    REFUSED = "refused"  # by the gate, or rolled back


class RunState(StrEnum):
    """How far a training is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Snapshot:
    """The examples that a training learns from, as they were."""

    what: What
    digest: str
    examples: tuple[int, ...]  # ids, ascending
    made_at: datetime
    id: int = 0


@dataclass(frozen=True)
class TrainingRun:
    """What one training did."""

    what: What
    tasks: tuple[str, ...]
    snapshot: int
    recipe: Mapping[str, object]
    state: RunState
    begun_at: datetime
    ended_at: datetime | None = None
    folder: str = ""
    error: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True)
class ModelVersion:
    """A trained version and its standing."""

    name: str
    what: What
    tasks: tuple[str, ...]
    base: str
    run: int
    state: State
    made_at: datetime
    changed_at: datetime  # of the state
    why: str = ""  # of the state: who forced it, what the gate said
    retrain: str = ""  # why it should be trained again; "": it need not
    canary: float = 0.0  # the share of places that it serves as a candidate
    id: int = 0


@dataclass(frozen=True)
class Evaluation:
    """The scores of a version (empty name: the base model) beside what it was compared with."""

    version: str
    against: str
    scores: Mapping[str, object]  # as model.evaluation gives them, JSON
    passed: bool
    reasons: Sequence[str]  # of the gate, each a sentence
    made_at: datetime
    id: int = 0


@dataclass(frozen=True)
class Votes:
    """What people think of a version's answers."""

    up: int = 0
    down: int = 0
