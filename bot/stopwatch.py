"""How long the steps of an answer take."""

from __future__ import annotations

import time

from bot.conversation import Timings


class Stopwatch:
    """Notes moments since it was made, in milliseconds."""

    def __init__(self) -> None:
        self.started = self.last = time.perf_counter()
        self.noted: dict[str, float] = {}

    def note(self, step: str) -> None:
        """A step ended: what passed since the one before."""
        now = time.perf_counter()
        self.noted[step], self.last = (now - self.last) * 1000, now

    def first(self, moment: str) -> None:
        """A moment came, counted from the start, the first time only."""
        self.noted.setdefault(moment, (time.perf_counter() - self.started) * 1000)

    def timings(self) -> Timings:
        """All of it, with the time in all."""
        return Timings(
            route_ms=self.noted.get("route"),
            wait_ms=self.noted.get("wait"),
            search_ms=self.noted.get("search"),
            first_piece_ms=self.noted.get("first_piece"),
            total_ms=(time.perf_counter() - self.started) * 1000,
        )
