"""A classifier of messages: questions for the documents, and requests for each task."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.form import BINS, excerpt, features, parted
from knowledge.embedding import Embedder
from model.tasks import BUILT_IN, Task

log = logging.getLogger(__name__)

EXAMPLES = Path(__file__).with_name("routing_examples.jsonl")
QUESTION = "question"  # the class of what goes to the documents
VERSION = 1  # of the features and the fit; another one makes what is cached void
MEANING, WORDS, FORM, INVERSE_PENALTY = 2.0, 1.5, 0.5, 8.0  # by cross-validation on the examples
SHOTS = 8  # texts that a task of the settings is taught with
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """A message and its class: a task's name, or `QUESTION`."""

    text: str
    label: str


class Sorter(Protocol):
    """What tells the classes of messages."""

    def shares(self, text: str) -> Mapping[str, float]:
        """How probable each class is; they add up to 1."""


@dataclass(frozen=True)
class Fitted:
    """Multinomial logistic regression on meaning, words and form of a message."""

    embedder: Embedder
    labels: tuple[str, ...]
    weights: Floats  # (labels, features)
    biases: Floats  # (labels,)

    def shares(self, text: str) -> dict[str, float]:
        """How probable each class is; one embedding. Raises `EmbeddingFailed`."""
        scores = self.weights @ rows([text], self.embedder)[0] + self.biases
        powers = np.exp(scores - scores.max())
        return dict(zip(self.labels, (powers / powers.sum()).tolist(), strict=True))


def read_examples(path: Path = EXAMPLES) -> list[Labelled]:
    """The written messages of a JSON Lines file with `text`, `mode` and `task`."""
    told = map(json.loads, path.read_text("utf-8").splitlines())
    return [Labelled(row["text"], row["task"] or QUESTION) for row in told]


def taught(task: Task, texts: Sequence[str]) -> Iterator[Labelled]:
    """Messages for a task of the settings, by its name, its instruction and its examples."""
    name = task.name.replace("_", " ").replace("-", " ")
    orders = [f"{name}: ", f"{name} this: ", f"please {name} this:\n", f"{task.instruction}\n"]
    orders += [f"can you {name} the following?\n", f"for {name}: ", f"do the {name} thing: "]
    for text in [*(shot.text for shot in task.examples), *texts][:SHOTS]:
        yield from (Labelled(order + text, task.name) for order in orders)
    for order in (f"{name} that", f"{name} please", f"can you {name} this", f"{name} the above"):
        yield Labelled(order, task.name)
    asked = ("what is our {} process?", "who may {} things", "where are the rules on {}")
    yield from (Labelled(text.format(name), QUESTION) for text in asked)


def lessons(tasks: Mapping[str, Task]) -> list[Labelled]:
    """All that the classifier for these tasks learns from."""
    written = [each for each in read_examples() if each.label in (QUESTION, *tasks)]
    stock = [text for each in written[::17] if len(text := parted(each.text)[1]) > 30]
    built_in = {task.name for task in BUILT_IN}
    own = [task for name, task in tasks.items() if name not in built_in]
    return [*written, *(each for task in own for each in taught(task, stock))]


def rows(texts: Sequence[str], embedder: Embedder) -> Floats:
    """What is known of each message; float32, (texts, features). Raises `EmbeddingFailed`."""
    meaning = embedder.embed([excerpt(text) for text in texts])
    form = np.stack([features(text) for text in texts])
    return np.hstack([MEANING * meaning, WORDS * form[:, :BINS], FORM * form[:, BINS:]])


def fit(messages: Sequence[Labelled], embedder: Embedder) -> Fitted:
    """Learn from messages; takes seconds. Raises `EmbeddingFailed`."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    known, labels = rows([each.text for each in messages], embedder), [e.label for e in messages]
    with threadpool_limits(1):  # threads that wait for each other on a busy machine take minutes
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=300, tol=1e-3).fit(known, labels)
    weights, biases = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    if len(model.classes_) == 2:  # then only the second one's weights are given
        weights, biases = np.vstack([0 * weights, weights]), np.concatenate([0 * biases, biases])
    return Fitted(embedder, tuple(map(str, model.classes_)), weights, biases)


def classifier(tasks: Mapping[str, Task], embedder: Embedder, cache: Path) -> Fitted:
    """The fitted classifier, from the cache where it holds one for all that it depends on.

    Raises `EmbeddingFailed`.
    """
    messages = lessons(tasks)
    path = cache / "routing" / f"{digest(messages, embedder.name)}.npz"
    held = read_fitted(path, embedder)
    if held is None:
        held = fit(messages, embedder)
        keep(held, path)
    return held


def digest(messages: Sequence[Labelled], embedder: str) -> str:
    """Of the messages, the embedder and the code's version."""
    told = [VERSION, embedder, [[each.text, each.label] for each in messages]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def read_fitted(path: Path, embedder: Embedder) -> Fitted | None:
    """What was kept; None: nothing, or it is broken."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            labels = tuple(map(str, kept["labels"]))
            weights, biases = kept["weights"].astype(np.float32), kept["biases"].astype(np.float32)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is broken and made anew (%s)", path, error)
        return None
    fits = weights.ndim == 2 and weights.shape[0] == len(labels) == len(biases)
    return Fitted(embedder, labels, weights, biases) if fits else None


def keep(fitted: Fitted, path: Path) -> None:
    """Write it, so that no half of it is ever seen; where that fails it is only said."""
    aside = path.with_name(f"{path.stem}-{os.getpid()}.part.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(aside, labels=fitted.labels, weights=fitted.weights, biases=fitted.biases)
        aside.replace(path)
    except OSError as error:
        log.warning("the router could not be kept: %s", error)
