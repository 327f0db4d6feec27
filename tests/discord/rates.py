"""Discord's rate limits: a bucket per route and major parameter, one for all calls, and headers."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.discord.refusals import Json
from tests.discord.settings import Settings


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds, from the first of them on."""

    calls: int
    seconds: float


LENIENT = Limit(1000, 1.0)  # what stands in the headers where nothing is limited
MESSAGES = "/channels/{channel}/messages"
REACTION = MESSAGES + "/{message}/reactions/{emoji}"
LIMITS = {
    f"POST {MESSAGES}": Limit(5, 5.0),
    f"PATCH {MESSAGES}/{{message}}": Limit(5, 5.0),
    f"DELETE {MESSAGES}/{{message}}": Limit(5, 1.0),
    f"PUT {REACTION}/@me": Limit(1, 0.25),
    f"DELETE {REACTION}/@me": Limit(1, 0.25),
    f"DELETE {REACTION}/{{user}}": Limit(1, 0.25),
    "POST /channels/{channel}/typing": Limit(5, 5.0),
    f"POST {MESSAGES}/{{message}}/threads": Limit(50, 300.0),
    "POST /channels/{channel}/threads": Limit(50, 300.0),
    "POST /webhooks/{application}/{token}": Limit(5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": Limit(5, 5.0),
}
INVALID, INVALID_WINDOW_S = (401, 403, 429), 600.0
MAJOR = ("channel", "guild", "token")  # parameters that have buckets of their own


@dataclass
class Window:
    """The calls of one bucket since its first one."""

    bucket: str
    limit: Limit
    began: float  # of time.monotonic()
    used: int = 0

    @property
    def reset_after(self) -> float:
        """Seconds until it begins anew."""
        return max(0.0, self.began + self.limit.seconds - time.monotonic())

    def headers(self) -> dict[str, str]:
        """As Discord tells them with every answer."""
        after = self.reset_after
        return {
            "X-RateLimit-Limit": str(self.limit.calls),
            "X-RateLimit-Remaining": str(max(0, self.limit.calls - self.used)),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": self.bucket,
        }


class Limited(Exception):
    """A call too many: HTTP 429."""

    def __init__(self, window: Window, is_global: bool = False) -> None:
        self.retry_after_s = window.reset_after
        self.body: Json = {
            "message": "You are being rate limited.",
            "retry_after": round(self.retry_after_s, 3),
            "global": is_global,
        }
        scope = {"X-RateLimit-Scope": "global" if is_global else "user"}
        told = scope | ({"X-RateLimit-Global": "true"} if is_global else window.headers())
        # A 429 without `Via` comes from Cloudflare, not from Discord.
        self.headers = told | waiting(self.retry_after_s)
        super().__init__(f"come back in {self.retry_after_s} s")


def waiting(seconds: float) -> dict[str, str]:
    """The headers of every 429 of Discord's own; `Retry-After` is in whole seconds."""
    return {"Retry-After": str(math.ceil(seconds)), "Via": "1.1 google"}


@dataclass
class Rates:
    """How often each route was called lately, and how often that was wrong."""

    settings: Callable[[], Settings] = Settings  # the present ones: they may change
    _invalid: deque[float] = field(default_factory=deque)  # when answers were 401, 403, 429
    _windows: dict[str, Window] = field(default_factory=dict)

    def take(self, route: str, parameters: Mapping[str, str], exempt: bool = False) -> Window:
        """Count a call of "METHOD /path/{channel}"; one too many raises `Limited`.

        `exempt` calls (of interactions) do not count for the global limit.
        """
        if self.settings().rate_limits and not exempt:
            self._global()
        majors = [parameters[name] for name in MAJOR if name in parameters]
        window = self._window(f"{route} {' '.join(majors)}", route)
        if window.used >= window.limit.calls and self.settings().rate_limits:
            raise Limited(window)
        window.used += 1
        return window

    def answered(self, status: int) -> None:
        """Count what makes Discord ban an app for some time."""
        if status in INVALID:
            self._invalid.append(time.monotonic())

    @property
    def banned(self) -> bool:
        """Were too many calls invalid within ten minutes?"""
        since = time.monotonic() - INVALID_WINDOW_S
        while self._invalid and self._invalid[0] < since:
            self._invalid.popleft()
        return len(self._invalid) >= self.settings().invalid_requests

    def _global(self) -> None:
        limit = Limit(self.settings().requests_a_second, 1.0)
        window = self._open("global", limit, "global")
        if window.used >= limit.calls:
            raise Limited(window, is_global=True)
        window.used += 1

    def _window(self, key: str, route: str) -> Window:
        bucket = hashlib.blake2b(route.encode(), digest_size=16).hexdigest()
        return self._open(key, self._limit(route), bucket)

    def _open(self, key: str, limit: Limit, bucket: str) -> Window:
        window = self._windows.get(key)
        if window is None or window.limit != limit or window.reset_after <= 0:
            window = self._windows[key] = Window(bucket, limit, time.monotonic())
        return window

    def _limit(self, route: str) -> Limit:
        if not self.settings().rate_limits:
            return LENIENT
        told = json.loads(self.settings().bucket_limits or "{}")
        return Limit(*told[route]) if route in told else LIMITS.get(route, LENIENT)
