"""What serves, but sampling: for benches in which people are to choose among different answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.conversation import Place
from bot.learning.serving import Serves, Serving
from model.backends import Backend, Prompt, Sampling
from model.examples import group_of

TEMPERATURE, TOP_P = 0.8, 0.95


class Warm:
    """A backend that samples where it was to write greedily; what, follows from the prompt."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def name(self) -> str:
        """Which model writes."""
        return self._backend.name

    @property
    def continues(self) -> bool:
        """Whether it goes on after `Prompt.begun`."""
        return self._backend.continues

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may take together."""
        return self._backend.context

    def load(self) -> None:
        """Have it ready."""
        self._backend.load()

    def count(self, prompt: Prompt) -> int:
        """Tokens that the prompt takes."""
        return self._backend.count(prompt)

    def likelihoods(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        """How likely the answer is to begin so."""
        return self._backend.likelihoods(prompt, choices)

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Pieces of an answer, the same for the same prompt."""
        seed = int(group_of("\n".join(message.text for message in prompt.messages))[:7], 16)
        warm = replace(sampling, temperature=TEMPERATURE, top_p=TOP_P, seed=seed)
        return self._backend.complete(prompt, warm)


class Lively:
    """Gives the tasks what would serve them, warm. See `bot.learning.serving.Serves`."""

    def __init__(self, serves: Serves) -> None:
        self._serves = serves

    @contextmanager
    def writer(self, task: str, place: Place) -> Iterator[Serving]:
        """What does a stylistic task."""
        with self._serves.writer(task, place) as serving:
            yield replace(serving, backend=Warm(serving.backend))

    @contextmanager
    def answerer(self, place: Place) -> Iterator[Serving]:
        """What answers from the documents, as it is."""
        with self._serves.answerer(place) as serving:
            yield serving

    def answers_version(self, place: Place) -> str:
        """The version that would answer from the documents now."""
        return self._serves.answers_version(place)

    def set_aside(self, version: str, error: Exception) -> bool:
        """A version broke."""
        return self._serves.set_aside(version, error)

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why versions that should serve do not."""
        return self._serves.trouble
