"""After a sync: which answers rely on words that are gone, each put in line to be checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.errors import BotError, UnknownInteraction
from bot.inbox import Inbox
from bot.posts import Door, Heard, Post
from bot.stale.comparing import Pieces, Words, passages
from bot.stale.store import Relied, Seen, StaleStore, marked
from knowledge.errors import KnowledgeError

log = logging.getLogger(__name__)

ID = "stale-"
APART = timedelta(seconds=10)  # between two checks: people's questions go before them


@dataclass(frozen=True)
class Finding:
    """Finds stale answers by what SQL keeps of them; done twice, the second finds none."""

    store: StaleStore
    inbox: Inbox
    pieces: Pieces
    notes_in: Callable[[Relied], bool]  # may a note be posted there?
    within: timedelta | None  # how old an answer may be; None: none is checked
    curated: Callable[[str], object]  # withdraws people's answers on a source that changed
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def after_sync(self, source: str, fingerprints: Callable[[], Mapping[str, str]]) -> int:
        """Look at the answers that rely on a source; gives how many wait to be checked now.

        What goes wrong is logged and made up for after the next sync: a page counts as looked at
        when its answers are in line.
        """
        try:
            self.curated(source)
            return self._look(source, fingerprints) if self.within is not None else 0
        except (BotError, KnowledgeError) as error:
            log.warning("answers from %s were not looked at: %s", source, error)
            return 0

    def _look(self, source: str, fingerprints: Callable[[], Mapping[str, str]]) -> int:
        since = self.clock() - (self.within or timedelta())
        pages = self.store.relied(source, since)
        if not pages:
            return 0
        seen, held, line = self.store.seen(source), fingerprints(), 0
        for key, newest in pages.items():
            now, before = Seen(held.get(key, ""), newest), seen.get(marked(key))
            if now == before:
                continue
            same = before is not None and before.fingerprint == now.fingerprint
            after = before.upto if before is not None and same else 0
            line += self._page(source, key, now.fingerprint, since, after, line)
            self.store.see(source, key, now)
        return line

    def _page(
        self, source: str, key: str, version: str, since: datetime, after: int, line: int
    ) -> int:
        """Put the answers in line that rely on words which a page has no more; how many?"""
        words, count = Words(passages(self.pieces(source, key))), 0
        for one in self.store.relying(source, key, since, after):
            if self.notes_in(one) and not all(words.hold(quote) for quote in one.quotes):
                count += self._queue(one, version, (line + count) * APART)
        return count

    def _queue(self, one: Relied, version: str, wait: timedelta) -> int:
        try:
            heard = self.inbox.follow_up(note_on(one, version, self.clock()), one.interaction, wait)
        except UnknownInteraction:  # forgotten in this moment
            return 0
        return int(heard in (Heard.ACCEPTED, Heard.REVISED))


def note_on(one: Relied, version: str, now: datetime) -> Post:
    """The note on an answer; there is one of each answer, whatever changes when."""
    return Post(
        event="",
        id=f"{ID}{one.interaction}",
        place=one.place,
        author=one.asker,
        text=one.question,
        written_at=now,
        door=Door.NOTE,
        private=one.private,
        outsider=one.outsider,
        team=one.team,
        mode=one.mode,
        wording=f"{one.question}\n{version}",  # what was found to hold is checked when it changes
    )
