"""The ids of the local Discord: people, roles, channels and the bot; and new snowflakes."""

from __future__ import annotations

import time

GUILD, OTHER_GUILD = "900000000000000001", "900000000000000002"
FAR_GUILD = "900000000004194305"  # of two shards, the one that GUILD is not on
BOT = "800000000000000001"  # the bot's user and its application
TOKEN = "bot-token"
OWNER = "700000000000000009"  # of the guilds; nobody who speaks has all permissions by that
PEOPLE = {
    "ben": "700000000000000001",
    "ana": "700000000000000002",
    "pia": "700000000000000003",
    "robo": "700000000000000004",  # a bot
}
ROLES = {
    "everyone": GUILD,
    "tandem": "910000000000000001",  # the bot's, with what the invite asks for
    "payroll": "910000000000000002",  # pia's
}
CHANNELS = {
    "general": "600000000000000001",
    "team": "600000000000000002",
    "pay": "600000000000000003",
    "auto": "600000000000000004",
    "mentions": "600000000000000005",
    "off": "600000000000000006",
    "forum": "600000000000000007",
}
EPOCH_MS = 1_420_070_400_000


class Clock:
    """The time in this Discord, which can be moved on, and its snowflakes: unique and rising."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self._last = 0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.ahead_s

    def snowflake(self) -> str:
        """The next id, of the present time."""
        made = snowflake_at(self.now())
        self._last = max(self._last + 1, made)
        return str(self._last)


def snowflake_at(unix_s: float) -> int:
    """The first snowflake of a time."""
    return (int(unix_s * 1000) - EPOCH_MS) << 22


def made_at(snowflake: str) -> float:
    """When an id was made, in Unix seconds."""
    return ((int(snowflake) >> 22) + EPOCH_MS) / 1000


def direct_channel(person: str) -> str:
    """The id of the DM channel of the bot with this person."""
    return str(int(person) - 50_000_000_000_000_000)


def shard_of(guild: str, count: int) -> int:
    """Which of `count` shards is told of a guild; "" and "@me" are direct messages."""
    return (int(guild) >> 22) % count if guild not in ("", "@me") else 0
