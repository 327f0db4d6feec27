"""Trouble on demand: 429, errors, broken connections, slow answers, the tiers."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

from tests.slack.payloads import Limited

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
POSTING = {"chat.postMessage", "chat.update", "chat.delete"}


@dataclass
class Fault:
    """What goes wrong with the next calls of a method (`*`: any).

    One of `error` (in the body), `status` (of HTTP), `cut` (the connection ends before or after
    the call took effect); or only a delay in seconds.
    """

    method: str
    times: int = 1
    skip: int = 0  # calls that still go well before it
    error: str = ""
    status: int = 0
    retry_after_s: int | None = None  # with 429
    cut: Literal["", "before", "after"] = ""
    delay_s: float = 0.0


class Faults:
    """The faults to come, and how often each method was called lately."""

    def __init__(self) -> None:
        self.coming: list[Fault] = []
        self._called: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, method: str) -> Fault | None:
        """What goes wrong with this call; None: nothing."""
        for fault in self.coming:
            if fault.method not in (method, "*"):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            self.coming = [f for f in self.coming if f.times > 0]
            return fault
        return None

    def count(self, method: str, channel: str, tier: int, minute_s: float) -> None:
        """Note a call; one too many raises `Limited`."""
        if method == "chat.postMessage":
            self._window(f"{method} {channel}", 1, minute_s / 60)
        else:
            self._window(method, PER_MINUTE[tier], minute_s)

    def _window(self, key: str, most: int, seconds: float) -> None:
        called, now = self._called[key], time.monotonic()
        while called and called[0] <= now - seconds:
            called.popleft()
        if len(called) >= most:
            raise Limited(max(1, math.ceil(called[0] + seconds - now)))
        called.append(now)
