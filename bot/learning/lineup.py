"""Who is served which version: what is live, and what a share of the places tries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Place
from bot.learning.words import ModelVersion
from model.examples import What


class Versions(Protocol):
    """What says which version is live, as `bot.learning.registry.Registry`."""

    def marker(self) -> str:
        """Changes whenever what is live, or a canary, changes."""

    def live(self, what: What) -> ModelVersion | None:
        """What everybody is served; None: the base."""

    def candidates(self, what: What) -> list[ModelVersion]:
        """Those that might go live, newest first."""

    def version(self, name: str) -> ModelVersion:
        """One version."""


def lineup_of(versions: Versions, what: What) -> Lineup:
    """Who is to be served what now. Raises `DatabaseUnavailable`."""
    tried = [version for version in versions.candidates(what) if version.canary > 0]
    return Lineup(versions.live(what), tuple(tried))


@dataclass(frozen=True)
class Lineup:
    """Who is to be served what."""

    live: ModelVersion | None = None  # None: the base
    tried: tuple[ModelVersion, ...] = ()  # on a share of the places each, newest first

    def chosen(self, place: Place, task: str | None = None) -> ModelVersion | None:
        """The version for people there: always the same one, while nothing is changed."""
        for version in self.tried:
            if taught(version, task) and lot(version.name, place) < version.canary:
                return version
        return self.live if self.live and taught(self.live, task) else None


def taught(version: ModelVersion, task: str | None) -> bool:
    """Was it taught the task? None: there is only one."""
    return task is None or task in version.tasks


def lot(version: str, place: Place) -> float:
    """A number from 0 to 1 that a place draws for a version: another version, another lot."""
    told = "\0".join((version, place.platform, place.workspace, place.channel))
    return int(hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:13], 16) / 16**13
