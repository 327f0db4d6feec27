"""Which embedder the documents are found by: the live version's, or the base's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from bot.learning.version_rows import Promotion
from bot.learning.words import ModelVersion
from model.errors import VersionUnusable
from model.examples import What
from model.versions import version_folder

LOOK_EVERY_S = 2.0
EMBEDDER = "embedder"  # the folder within a version's


class Lives(Protocol):
    """What knows which version is live."""

    def live(self, what: What) -> ModelVersion | None:
        """The live version; None: the base."""


class Promoted(Lives, Protocol):
    """What also knows how it came to be."""

    def promotions(self, what: What | None = None, limit: int = 50) -> Sequence[Promotion]:
        """The last changes of what is live, newest first."""


def going_back(registry: Promoted, base: str) -> set[str]:
    """The embedders that a rollback may lead to: the base, and what was live before."""
    last = registry.promotions(What.RETRIEVER, 1)
    names = {name or base for one in last for name in (one.version, one.previous)}
    return names | {base} if last else set()


class LiveRetriever:
    """The live version's name, looked up every few seconds. Safe to use from several threads."""

    def __init__(self, lives: Lives, home: Path, clock: Callable[[], float] = time.monotonic):
        self.lives, self.home, self.clock = lives, home, clock
        self._looked_at, self._name = float("-inf"), ""

    @property
    def name(self) -> str:
        """Empty: the base. Raises `VersionUnusable` where its folder is not on this machine."""
        if self.clock() - self._looked_at >= LOOK_EVERY_S:
            live = self.lives.live(What.RETRIEVER)
            self._name, self._looked_at = live.name if live else "", self.clock()
        if self._name and embedder_folder(self.home, self._name) is None:
            folder = version_folder(self.home, self._name)
            raise VersionUnusable(
                self._name, f"{folder} is not here; bring it here or `tandem rollback`"
            )
        return self._name

    def look(self) -> None:
        """Look anew at the next need, as something was changed."""
        self._looked_at = float("-inf")


def embedder_folder(home: Path, name: str) -> Path | None:
    """Where a version's embedder lies; None: that is no version's name, or it is not here."""
    folder = version_folder(home, name) / EMBEDDER
    known = name and Path(name).name == name and (folder / "model.onnx").is_file()
    return folder if known else None
