"""Who is answered now, and who waits: at most so many at once, the others in a fair order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from bot.conversation import Watcher

LOOK_S = 0.05  # how often those who wait look whether Stop was pressed, by anyone


@dataclass(frozen=True, eq=False)
class Ticket:
    """One who is answered or waits."""

    asker: str
    round: int  # a person has one ticket in each
    watcher: Watcher


class Line:
    """Lets at most `at_once` in; safe to use from any number of threads.

    People take turns: there are rounds, and each person has one question in each, so that ten
    questions of one person do not hold back the first of another. Who presses Stop frees the
    place within `LOOK_S`, though the work on that answer may take longer to end.
    """

    def __init__(
        self,
        at_once: int,
        noticed: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.at_once = at_once
        self._noticed = noticed  # held by each who waits or is inside
        self._moved = threading.Condition()
        self._inside: list[Ticket] = []
        self._waiting: list[Ticket] = []  # in the order in which they get in
        self._round = 0  # of the last one who got in

    @contextmanager
    def turn(self, asker: str, watcher: Watcher) -> Iterator[bool]:
        """Wait until it is this asker's turn and hold it; False: Stop was pressed before that.

        The watcher is told how many stand before, whenever that changes.
        """
        with self._noticed():
            ticket = self._come(asker, watcher)
            try:
                yield self._wait(ticket)
            finally:
                self._leave(ticket)

    def _come(self, asker: str, watcher: Watcher) -> Ticket:
        with self._moved:
            theirs = [held for held in (*self._inside, *self._waiting) if held.asker == asker]
            turn = max([self._round, *(held.round + 1 for held in theirs)])
            ticket = Ticket(asker, turn, watcher)
            self._waiting.append(ticket)
            self._waiting.sort(key=lambda held: held.round)
            self._let_in()
        return ticket

    def _wait(self, ticket: Ticket) -> bool:
        """Is it the ticket's turn at last? The watcher is told outside the lock: it may be slow."""
        told = 0
        while not ticket.watcher.stopped:
            with self._moved:
                if told and told == self._place(ticket):
                    self._moved.wait(LOOK_S)
                    self._let_in()  # in the place of one inside who pressed Stop
                place = self._place(ticket)
            if place == 0:
                return True
            if place != told:
                ticket.watcher.status(f"Waiting: {place} before you")
                told = place
        return False

    def _leave(self, ticket: Ticket) -> None:
        with self._moved:
            (self._inside if ticket in self._inside else self._waiting).remove(ticket)
            self._let_in()
            self._moved.notify_all()

    def _let_in(self) -> None:
        room = self.at_once - sum(not held.watcher.stopped for held in self._inside)
        for first in self._waiting[: max(room, 0)]:
            self._round = first.round
            self._waiting.remove(first)
            self._inside.append(first)
            self._moved.notify_all()

    def _place(self, ticket: Ticket) -> int:
        """0: inside; else how many answers must end before this one begins."""
        return 0 if ticket in self._inside else self._waiting.index(ticket) + 1
