"""What people said on Discord: threads, forum posts, and conversations outside of threads.

It asks REST by our own client, not by discord.py: that one is asynchronous, keeps its address in
a global that the running bot uses too, waits by a clock of its own, and has neither our guard
nor our limits of size and time; its errors may quote what was sent. Our client has all of these
and is told here what else Discord wants: buckets that are used up are left alone until they open,
and what a 429 says in its body is heeded. No gateway is needed to read what was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from knowledge.net.guard import guarding
from knowledge.sources.discord.passing import DiscordSource
from knowledge.sources.discord.places import Wanted


def source(
    name: str,
    token: str,
    channels: Sequence[str],
    private: bool = False,
    bots: bool = False,
    loose: bool = True,
    days: Annotated[float, Field(ge=1)] = 7.0,
    gap_s: Annotated[float, Field(ge=1)] = 600.0,
    since: str = "",
    max_messages: Annotated[int, Field(ge=1)] = 50_000,
    base_url: str = "https://discord.com/api/v10",
    allow_private: bool | tuple[str, ...] = False,
) -> DiscordSource:
    """Read what people said in `channels` (ids or names): threads, forum posts, conversations.

    Channels that not everyone of the server may read, and private threads, are only read with
    `private = true`; direct messages never. What bots wrote is left out unless `bots`, what this
    bot wrote in any case. `loose`: also what is said outside of threads, where `gap_s` seconds of
    silence part conversations. Each pass looks `days` back for edits, deletions and late
    reactions; once a day all is listed. `since`, a date or an age ("365d"): nothing before.
    """
    wanted = Wanted(tuple(channels), private, bots, loose, days, gap_s, since, max_messages)
    url = base_url.strip().rstrip("/")
    return DiscordSource(name, url, token, wanted, guarding(allow_private))
