"""Requests to a host with a pause between them."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from knowledge.net.asking import Outside
from knowledge.sources.website.finding import Robots

STEP_S = 1.0  # after so long, who waits looks whether that is still wanted


class Pace:
    """Spaces the requests to each host."""

    def __init__(self, outside: Outside, robots: Robots, delay_s: float, until: float) -> None:
        self.outside, self.robots, self.delay_s = outside, robots, delay_s
        self.until = until  # what has its turn later than that is not waited for
        self.lock = threading.Lock()
        self.free: dict[str, float] = {}  # from when on a host may be asked again
        self.over = False

    def wait(self, url: str) -> bool:
        """Until the host may be asked again; false: the pass ends before."""
        host, now = urlsplit(url).netloc, self.outside.clock()
        delay = max(self.delay_s, self.robots.delay_s(url))
        if not delay:
            return not self.over
        with self.lock:
            begin = max(now, self.free.get(host, 0.0))
            if begin > self.until:
                return False
            self.free[host] = begin + delay
        while not self.over and (left := begin - self.outside.clock()) > 0:
            self.outside.sleep(min(left, STEP_S))
        return not self.over
