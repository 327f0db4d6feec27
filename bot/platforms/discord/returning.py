"""How soon a shard comes back to a gateway that was out of reach for a while."""

from __future__ import annotations

from discord.ext import commands

DOUBLINGS = 5  # of one second: at most so long is waited between two tries


def come_back_soon(client: commands.AutoShardedBot) -> None:
    """Have its shards wait half a minute at most. Called once, before they connect.

    discord.py doubles the wait with every try, up to 17 minutes, and begins anew only after 34
    good ones; so long nobody would be heard though Discord is there again.
    """

    async def connected(shard_id: int) -> None:
        shard = client.get_shard(shard_id)
        if shard is not None:
            shard._parent._backoff._max = DOUBLINGS

    client.add_listener(connected, "on_shard_connect")
