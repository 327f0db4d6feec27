"""The index in step with endorsed answers: soon after each change, and with every sync."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.conversation import Place
from bot.endorsed.source import AnswersSource
from bot.endorsed.words import SOURCE, Reply, place_of_source, source_of
from bot.errors import BotError
from knowledge.errors import KnowledgeError
from model.examples import Review

if TYPE_CHECKING:
    from bot.endorsed.store import EndorsedStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OwnSources:
    """The sources that no setting names: one for each channel with endorsed answers."""

    store: Callable[[], EndorsedStore]
    allowed: Callable[[Reply], bool]

    def names(self, indexed: Iterable[str] = ()) -> list[str]:
        """Of all channels that have any, and of those that the index holds still."""
        held = {name for name in indexed if name.startswith(SOURCE)}
        return sorted(held | {source_of(place) for place in self.store().channels()})

    def source(self, name: str) -> AnswersSource | None:
        """One by its name; None: it is none of these."""
        if not name.startswith(SOURCE) or name.count("/") < 2:
            return None
        place = place_of_source(name)
        return AnswersSource(
            name, lambda: self.store().listed(Review.ACCEPTED, place), self.allowed
        )


@dataclass(frozen=True)
class Soon:
    """Syncs a channel's answers in the background, one after the other."""

    sync: Callable[[Sequence[str]], Iterable[tuple[str, object]]]
    names: Callable[[], Sequence[str]]
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="answers")
    )

    def __call__(self, place: Place | None) -> None:
        """Of one channel, or of all; at once back."""
        self.pool.submit(self._bring, place)

    def _bring(self, place: Place | None) -> None:
        try:
            names = self.names() if place is None else [source_of(place)]
            for _, told in self.sync(names) if names else ():
                if isinstance(told, Exception):
                    log.warning("endorsed answers are not in the index yet: %s", told)
        except (BotError, KnowledgeError) as error:  # the next sync makes up for it
            log.warning("endorsed answers are not in the index yet: %s", error)
        except Exception:  # a bug; nobody waits for what is done here
            log.exception("endorsed answers are not in the index yet")

    def close(self) -> None:
        """Begin nothing more; wait for what was begun."""
        self.pool.shutdown(cancel_futures=True)
