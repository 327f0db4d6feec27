"""Versions in memory: loaded beside each other, lent to answers, closed when nobody uses them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.learning.words import ModelVersion
from model.backends import Backend

log = logging.getLogger(__name__)

KEEP = 4  # live and tried ones, of style and of answers
RETRY_S = 60.0  # after which a version that could not be loaded is tried again


class Loader(Protocol):
    """What makes a backend of a version. Any call may raise what it likes."""

    def load(self, version: ModelVersion) -> Backend:
        """Have it ready to write."""

    def retire(self, name: str, backend: Backend) -> None:
        """Nobody is served by it any more."""

    def end(self, backend: Backend) -> None:
        """Let it go in this process; others may go on with it."""


@dataclass
class _Held:
    """A version that is loaded."""

    backend: Backend
    used_at: float
    users: int = 0
    broken: bool = False  # serves nobody any more


@dataclass(frozen=True)
class _Failure:
    """A version that could not be loaded, or that broke."""

    told: str
    again_at: float


class Loaded:
    """The versions that this process has loaded, for any number of threads.

    One that could not be loaded is told in the log, once for each reason, and tried again a
    minute later. Of those that are wanted, `keep` are held at once: the ones used longest ago
    are closed first. One that is not wanted is closed with its last answer.
    """

    def __init__(
        self, loader: Loader, keep: int = KEEP, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._loader, self._keep, self._clock = loader, keep, clock
        self._changed = threading.Condition()
        self._held: dict[str, _Held] = {}
        self._loading: dict[str, threading.Thread | None] = {}  # None: by who needs it at once
        self._failures: dict[str, _Failure] = {}
        self._wanted: frozenset[str] = frozenset()
        self._ended = False

    @property
    def names(self) -> frozenset[str]:
        """What is loaded now."""
        with self._changed:
            return frozenset(name for name, held in self._held.items() if not held.broken)

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why versions that are wanted are not loaded, by their names."""
        with self._changed:
            return {name: failure.told for name, failure in self._failures.items()}

    def failed(self, name: str) -> bool:
        """Could it not be loaded lately?"""
        with self._changed:
            failure = self._failures.get(name)
            return failure is not None and self._clock() < failure.again_at

    def take(self, names: Iterable[str]) -> tuple[str, Backend] | None:
        """The first of these that is loaded, until it is given back; None: none is."""
        with self._changed:
            for name in names:
                held = self._held.get(name)
                if held is not None and not held.broken:
                    held.users += 1
                    held.used_at = self._clock()
                    return name, held.backend
        return None

    def give_back(self, name: str) -> None:
        """An answer has ended."""
        with self._changed:
            held = self._held.get(name)
            if held is not None:
                held.users -= 1
        self._tidy()

    def begin(self, version: ModelVersion) -> None:
        """Load it beside what is there; nobody waits. Not again soon after a failure."""
        with self._changed:
            if not self._may_load(version.name):
                return
            name = f"version {version.name}"
            thread = threading.Thread(target=self._load, args=(version,), name=name, daemon=True)
            self._loading[version.name] = thread
        thread.start()

    def load(self, version: ModelVersion) -> None:
        """Have it loaded when this returns, unless it cannot be."""
        with self._changed:
            self._changed.wait_for(lambda: version.name not in self._loading)
            if not self._may_load(version.name):
                return
            self._loading[version.name] = None
        self._load(version)

    def set_aside(self, name: str, told: str) -> None:
        """It broke while it was used: it serves nobody until it was loaded anew."""
        with self._changed:
            if name in self._held:
                self._held[name].broken = True
            self._fail(name, told)
        self._tidy()

    def want(self, names: Collection[str]) -> None:
        """Only these are of use from now on."""
        with self._changed:
            self._wanted = frozenset(names)
            kept = {name: told for name, told in self._failures.items() if name in self._wanted}
            self._failures = kept
        self._tidy()

    def close(self) -> None:
        """Close them all; what is being loaded is waited for."""
        with self._changed:
            self._ended = True
            threads = [thread for thread in self._loading.values() if thread is not None]
        for thread in threads:
            thread.join()
        with self._changed:
            held, self._held = self._held, {}
        for name, one in held.items():
            self._close(name, one)

    def _may_load(self, name: str) -> bool:
        """Is it wanted, neither there nor coming, nor known to fail? To be asked locked."""
        failure = self._failures.get(name)
        waits = failure is not None and self._clock() < failure.again_at
        there = name in self._held or name in self._loading
        return name in self._wanted and not (self._ended or waits or there)

    def _load(self, version: ModelVersion) -> None:
        name, made, told = version.name, None, ""
        try:
            made = self._loader.load(version)
        except Exception as error:  # whatever is wrong with it, the previous one goes on
            told = str(error) or type(error).__name__
        with self._changed:
            self._loading.pop(name, None)
            if made is None:
                self._fail(name, told)
            else:
                self._held[name] = _Held(made, self._clock())
                self._failures.pop(name, None)
                log.info("%s is loaded", name)
            self._changed.notify_all()
        self._tidy()

    def _fail(self, name: str, told: str) -> None:
        """Note, and tell once, why it does not serve. To be called under the lock."""
        before = self._failures.get(name)
        if before is None or before.told != told:
            log.error("%s does not serve, what served before goes on: %s", name, told)
        self._failures[name] = _Failure(told, self._clock() + RETRY_S)

    def _tidy(self) -> None:
        """Close what is idle and of no use, then the idle ones that were used longest ago."""
        with self._changed:
            idle = [(held.used_at, name) for name, held in self._held.items() if not held.users]
            names = [name for _, name in sorted(idle)]
            out = [name for name in names if self._useless(name)]
            over = len(self._held) - len(out) - self._keep
            out += [name for name in names if name not in out][: max(0, over)]
            closing = [(name, self._held.pop(name)) for name in out]
            retired = {name for name in out if name not in self._wanted}
        for name, held in closing:
            self._close(name, held, name in retired)

    def _useless(self, name: str) -> bool:
        return name not in self._wanted or self._held[name].broken

    def _close(self, name: str, held: _Held, retired: bool = False) -> None:
        try:
            if retired:
                self._loader.retire(name, held.backend)
            else:
                self._loader.end(held.backend)
        except Exception as error:  # it serves nobody; nobody needs to wait for it
            log.warning("%s could not be closed: %s", name, error)
        else:
            log.info("%s is closed", name)
