"""Which version of a model serves whom: loaded beside the old one, swapped between answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Place
from bot.errors import BotError
from bot.learning.lineup import Lineup, Versions, lineup_of, taught
from bot.learning.loaded import Loaded
from bot.learning.words import ModelVersion, State
from model.backends import Backend
from model.examples import What
from model.tasks import Shot

log = logging.getLogger(__name__)

LOOK_S = 2.0  # how old what is known of the registry may be

Shots = Callable[[str], tuple[Shot, ...]]
"""What people wrote for a task, by its name: examples for the base model."""


@dataclass(frozen=True)
class Serving:
    """What writes one answer, from its first word to its last."""

    backend: Backend
    taught: bool = False  # the version was taught the task: it gets `taught_prompt`
    version: str = ""  # empty: the base model
    shots: tuple[Shot, ...] = ()  # beside the task's own, where it was not taught


class Serves(Protocol):
    """What gives an answer its model."""

    def writer(self, task: str, place: Place, /) -> AbstractContextManager[Serving]:
        """What does a stylistic task, held until the context ends."""

    def answerer(self, place: Place, /) -> AbstractContextManager[Serving]:
        """What answers from the documents, held until the context ends."""

    def answers_version(self, place: Place, /) -> str:
        """The version that would answer from the documents now; empty: none."""

    def set_aside(self, version: str, error: Exception, /) -> bool:
        """A version broke; True: what served before does, and can be asked instead."""

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why versions that should serve do not, by their names."""


class Unchanging:
    """The same models for all, whatever is learned."""

    def __init__(self, answers: Backend, style: Backend | None = None) -> None:
        self._answers, self._style = answers, style or answers

    @contextmanager
    def writer(self, _task: str, _place: Place) -> Iterator[Serving]:
        """The base model."""
        yield Serving(self._style)

    @contextmanager
    def answerer(self, _place: Place) -> Iterator[Serving]:
        """The base model."""
        yield Serving(self._answers)

    def answers_version(self, _place: Place) -> str:
        """There is none."""
        return ""

    def set_aside(self, _version: str, _error: Exception) -> bool:
        """There is nothing else to ask."""
        return False

    @property
    def trouble(self) -> Mapping[str, str]:
        """There are no versions."""
        return {}


class Writers:
    """The models that write, as the registry says at the time: see `Serves`.

    A change is seen within two seconds. The new version is loaded while the old one goes on, and
    serves from the first answer after that; the old one is closed with its last answer. Only a
    process that served nobody yet waits for what it loads. A version that cannot be loaded leaves
    its place to the one before, or to the base model: no answer fails by it.
    """

    def __init__(
        self,
        registry: Callable[[], Versions],
        bases: Mapping[What, Callable[[], Backend]],
        loaded: Loaded,
        shots: Shots = lambda _: (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry, self._bases, self._loaded = registry, bases, loaded
        self._shots, self._clock = shots, clock
        self._looking = threading.Lock()
        self._marker: str | None = None
        self._look_at = float("-inf")
        self._lineups = dict.fromkeys(bases, Lineup())
        self._served = set[What]()  # of these somebody was served
        self._before: dict[What, ModelVersion | None] = {}  # the one before; None: the base

    # -- what answers ask --------------------------------------------------------------

    @contextmanager
    def writer(self, task: str, place: Place) -> Iterator[Serving]:
        """What does a stylistic task, held until the context ends."""
        with self._held(What.STYLE, place, task) as (version, backend):
            shots = () if version else self._shots(task)
            yield Serving(backend, bool(version), version, shots)

    @contextmanager
    def answerer(self, place: Place) -> Iterator[Serving]:
        """What answers from the documents, held until the context ends."""
        with self._held(What.ANSWERS, place) as (version, backend):
            yield Serving(backend, bool(version), version)

    def answers_version(self, place: Place) -> str:
        """The version that would answer from the documents now; empty: none."""
        self.refresh()
        lineup, before = self._lineups[What.ANSWERS], self._before.get(What.ANSWERS)
        wanted = lineup.chosen(place)
        if wanted is None:
            return ""
        if What.ANSWERS not in self._served and not self._loaded.failed(wanted.name):
            return wanted.name  # it is waited for
        there = self._loaded.names
        return next((n for n in options(wanted, lineup.live, before, None) if n in there), "")

    def set_aside(self, version: str, error: Exception) -> bool:
        """A version broke; True: what served before does, and can be asked instead."""
        if version:
            self._loaded.set_aside(version, str(error))
        return bool(version)

    # -- what a service asks -----------------------------------------------------------

    @property
    def tried(self) -> frozenset[str]:
        """The candidates that a share of the places is given, as last known."""
        return frozenset(v.name for lineup in self._lineups.values() for v in lineup.tried)

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why versions that should serve do not, by their names."""
        return self._loaded.trouble

    def load(self, what: What) -> None:
        """Have ready what most people are served. Raises `ModelError` for a base model."""
        self.refresh()
        live = self._lineups[what].live
        if live is not None:
            self._loaded.load(live)
        self._served.add(what)
        if live is None or live.name not in self._loaded.names:
            self._bases[what]().load()

    def refresh(self) -> None:
        """Look whether something else shall serve, if that was not done just now."""
        first = self._marker is None  # then nothing is known, and whoever comes waits for it
        if not first and self._clock() < self._look_at:
            return
        if not self._looking.acquire(blocking=first):
            return
        try:
            if self._clock() >= self._look_at:
                self._look_at = self._clock() + LOOK_S
                self._look()
        except BotError as error:  # the database: what serves goes on
            log.warning("which versions are live cannot be read now: %s", error)
        finally:
            self._looking.release()

    def close(self) -> None:
        """Close all versions."""
        self._loaded.close()

    # -- within ------------------------------------------------------------------------

    def _look(self) -> None:
        """Read who is to be served what, begin to load it, and let go what serves nobody."""
        marker, lineups = self._registry().marker(), self._lineups
        if marker != self._marker:
            lineups = {what: lineup_of(self._registry(), what) for what in self._bases}
            self._before |= dict(self._past())
        useful = {what: list(self._useful(what, lineup)) for what, lineup in lineups.items()}
        self._loaded.want({version.name for wanted in useful.values() for version in wanted})
        self._lineups, self._marker = lineups, marker
        for what, wanted in useful.items():
            for version in wanted if what in self._served else ():
                self._loaded.begin(version)  # else who asks first waits for it

    def _past(self) -> Iterator[tuple[What, ModelVersion | None]]:
        """What served until now; one that never did leaves it to the one before."""
        for what, lineup in self._lineups.items():
            gone_by = lineup.live is None or lineup.live.name in self._loaded.names
            if what in self._served and gone_by:
                yield what, lineup.live

    def _useful(self, what: What, lineup: Lineup) -> Iterator[ModelVersion]:
        """What shall serve, and what goes on until that is loaded."""
        yield from filter(None, (lineup.live, *lineup.tried))
        live, before = lineup.live, self._before.get(what)
        if live is None or before is None or live.name in self._loaded.names:
            return
        if not self._no_stand_in(live, before):
            yield before

    def _no_stand_in(self, live: ModelVersion, before: ModelVersion) -> bool:
        """One that was taken back bridges the time of loading only, not a failure."""
        if not self._loaded.failed(live.name):
            return False
        return self._registry().version(before.name).state is State.REFUSED

    @contextmanager
    def _held(
        self, what: What, place: Place, task: str | None = None
    ) -> Iterator[tuple[str, Backend]]:
        """The version's name and its backend, lent until the context ends; "": the base."""
        self.refresh()
        lineups = self._lineups
        lent = self._lent(lineups[what], what, place, task)
        while lent is None and lineups is not self._lineups:  # they changed in between
            lineups = self._lineups
            lent = self._lent(lineups[what], what, place, task)
        self._served.add(what)
        if lent is None:
            yield "", self._bases[what]()
            return
        try:
            yield lent
        finally:
            self._loaded.give_back(lent[0])

    def _lent(
        self, lineup: Lineup, what: What, place: Place, task: str | None
    ) -> tuple[str, Backend] | None:
        """What serves now, taken; None: the base."""
        before = self._before.get(what)
        wanted = lineup.chosen(place, task)
        if wanted is None:
            return None
        if what in self._served:
            self._loaded.begin(wanted)
        else:
            self._loaded.load(wanted)
        return self._loaded.take(options(wanted, lineup.live, before, task))


def options(
    wanted: ModelVersion, live: ModelVersion | None, before: ModelVersion | None, task: str | None
) -> list[str]:
    """What may serve, best first; behind it comes the base."""
    others = [other.name for other in (live, before) if other and taught(other, task)]
    return [wanted.name, *others]
