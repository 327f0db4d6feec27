"""The bot that `bench.discord_load` asks: real but for search and model, which answer at once.

`python -m bench.discord_bot API GATEWAY HOME`.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.platforms.discord import DiscordPlatform, platform
from bot.running import THREADS
from tests.bots import made
from tests.discord.ids import FAR_GUILD, GUILD, TOKEN

GUILDS = (GUILD, FAR_GUILD)  # one to a shard
NO_LIMITS = {"limits": {"per_person": "none", "per_channel": "none"}}


def two_shards(api: str, gateway: str) -> DiscordPlatform:
    """Discord there, by two shards."""
    return platform(
        "discord", TOKEN, guilds=GUILDS, shards=len(GUILDS), api_url=api, gateway_url=gateway
    )


async def run(api: str, gateway: str, home: Path) -> None:
    """Answer until ended."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="brief")
    asyncio.get_running_loop().set_default_executor(pool)
    with made(home, given=NO_LIMITS) as bot:
        await two_shards(api, gateway).run(bot.desk)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
