"""The bot that `bench.slack_load` asks: real but for search and model, which answer at once.

`python -m bench.slack_bot API HOME`.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.running import THREADS
from tests.bots import made
from tests.slack.bots import slack_platform

NO_LIMITS = {"limits": {"per_person": "none", "per_channel": "none"}}


async def run(api: str, home: Path) -> None:
    """Answer until ended."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="brief")
    asyncio.get_running_loop().set_default_executor(pool)
    with made(home, given=NO_LIMITS) as bot:
        await slack_platform(api).run(bot.desk)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2])))
