"""Discord's rate limits as discord.py keeps them: who finds room in one does not wait."""

from __future__ import annotations

from typing import Any

import discord
from discord.http import Ratelimit

LONGEST_WAIT_S = 30.0  # for a rate limit; what would take longer is left to the worker


class Bucket(Ratelimit):
    """The calls that one limit counts.

    With a longest wait discord.py refuses each call of a bucket whose time ends later than that,
    also where there is room: of 50 threads in five minutes all but the first.
    """

    __slots__ = ()

    def update(self, response: Any, *, use_clock: bool = False) -> None:
        """Note what Discord told; while there is room, as if its time ended soon."""
        super().update(response, use_clock=use_clock)
        if self.remaining > 0:
            self.reset_after = min(self.reset_after, LONGEST_WAIT_S)
            self.expires = self._loop.time() + self.reset_after


def with_room(client: discord.Client) -> None:
    """Have a client keep its limits so. Called once, before it calls Discord."""
    http = client.http

    def bucket(key: str) -> Ratelimit:
        if key not in http._buckets:
            http._buckets[key] = Bucket(http.max_ratelimit_timeout)
            http._try_clear_expired_ratelimits()
        return http._buckets[key]

    http.get_ratelimit = bucket  # type: ignore[method-assign]  # it has no hook for that
