"""The local Slack as a process: `python -m tests.slack PORT [SETTINGS-AS-JSON]`.

Prints its address as one line when it listens, and runs until it gets SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from tests.slack.server import serving
from tests.slack.settings import Settings


async def run(port: int, settings: Settings) -> None:
    """Serve until told to end."""
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with serving(settings, port) as server:
        sys.stdout.write(f"{server.base}\n")
        sys.stdout.flush()
        await ended.wait()


def read_settings(text: str) -> Settings:
    """Settings from a JSON object; lists become what the fields hold."""
    given = json.loads(text)
    for name in {"scopes", "events"} & given.keys():
        given[name] = frozenset(given[name])
    if "retry_after_s" in given:
        given["retry_after_s"] = tuple(given["retry_after_s"])
    return Settings(**given)


if __name__ == "__main__":
    words = [*sys.argv[1:], "0", "{}"] if len(sys.argv) < 2 else [*sys.argv[1:], "{}"]
    asyncio.run(run(int(words[0]), read_settings(words[1])))
