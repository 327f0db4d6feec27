"""The local Discord as a process: `python -m tests.discord PORT [SETTINGS-AS-JSON]`.

Prints its address as one line when it listens, and runs until it gets SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from tests.discord.server import serving
from tests.discord.settings import Settings


async def run(port: int, settings: Settings) -> None:
    """Serve until told to end."""
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with serving(settings, port) as server:
        sys.stdout.write(f"{server.base}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    words = [*sys.argv[1:], "0", "{}"] if len(sys.argv) < 2 else [*sys.argv[1:], "{}"]
    asyncio.run(run(int(words[0]), Settings(**json.loads(words[1]))))
