"""Who is answered now, and who waits: at most so many at once, the others in a fair order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.conversation import Watcher

LOOK_S = 0.05  # how often one who waits looks whether Stop was pressed


@dataclass(frozen=True, eq=False)
class Ticket:
    """One who is answered or waits."""

    asker: str
    round: int  # a person has one ticket in each


class Line:
    """Lets at most `at_once` in; safe to use from any number of threads.

    People take turns: there are rounds, and each person has one question in each, so that ten
    questions of one person do not hold back the first of another.
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._moved = threading.Condition()
        self._inside: list[Ticket] = []
        self._waiting: list[Ticket] = []  # in the order in which they get in
        self._round = 0  # of the last one who got in

    @contextmanager
    def turn(self, asker: str, watcher: Watcher) -> Iterator[bool]:
        """Wait until it is this asker's turn and hold it; False: Stop was pressed before that.

        The watcher is told how many stand before, whenever that changes.
        """
        ticket = self._come(asker)
        try:
            yield self._wait(ticket, watcher)
        finally:
            self._leave(ticket)

    def _come(self, asker: str) -> Ticket:
        with self._moved:
            theirs = [held for held in (*self._inside, *self._waiting) if held.asker == asker]
            ticket = Ticket(asker, max([self._round, *(held.round + 1 for held in theirs)]))
            self._waiting.append(ticket)
            self._waiting.sort(key=lambda held: held.round)
            self._let_in()
        return ticket

    def _wait(self, ticket: Ticket, watcher: Watcher) -> bool:
        """Is it the ticket's turn at last? The watcher is told outside the lock: it may be slow."""
        told = 0
        while not watcher.stopped:
            with self._moved:
                if told and told == self._place(ticket):
                    self._moved.wait(LOOK_S)
                place = self._place(ticket)
            if place == 0:
                return True
            if place != told:
                watcher.status(f"Waiting: {place} before you")
                told = place
        return False

    def _leave(self, ticket: Ticket) -> None:
        with self._moved:
            (self._inside if ticket in self._inside else self._waiting).remove(ticket)
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and len(self._inside) < self.at_once:
            first = self._waiting.pop(0)
            self._round = first.round
            self._inside.append(first)
        self._moved.notify_all()

    def _place(self, ticket: Ticket) -> int:
        """0: inside; else how many answers must end before this one begins."""
        return 0 if ticket in self._inside else self._waiting.index(ticket) + 1
