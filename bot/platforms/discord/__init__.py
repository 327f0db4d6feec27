"""Discord as a platform: over its gateway, in the servers (guilds) that the settings name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.posts import Speaking

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.health import Finding
    from bot.settings import Settings

API_URL = "https://discord.com/api/v10"


def unwarned() -> None:
    """Have discord.py import what it needs for voice, which is not used here, in silence."""
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)


unwarned()


@dataclass(frozen=True)
class DiscordPlatform:
    """A Discord bot, as it is set."""

    name: str
    token: str = field(repr=False)
    guilds: tuple[str, ...]
    commands: Literal["guild", "global"]
    answers: Literal["thread", "reply"]
    speaks: Speaking
    channels: Mapping[str, Speaking]
    allowed_bots: frozenset[str]
    message_content: bool | None
    stream: bool
    shards: int | None
    api_url: str
    gateway_url: str | None

    async def run(self, desk: Desk) -> None:
        """Listen and answer until cancelled. Raises `DiscordSettingsWrong`, `CannotReply`."""
        from bot.platforms.discord.connecting import run

        await run(self, desk)


def platform(
    name: str,
    token: str,
    guilds: tuple[str, ...] = (),
    commands: Literal["guild", "global"] = "guild",
    answers: Literal["thread", "reply"] = "thread",
    speaks: Speaking = Speaking.THREAD,
    channels: Mapping[str, Speaking] | None = None,
    allowed_bots: tuple[str, ...] = (),
    message_content: bool | None = None,
    stream: bool = True,
    shards: int | None = None,
    api_url: str = API_URL,
    gateway_url: str | None = None,
) -> DiscordPlatform:
    """Answer in Discord.

    `guilds` are the ids of the servers that are the team's own; elsewhere only what is public is
    told. None named: the only server that the bot is in is. `commands` says where slash commands
    are registered, `answers` whether a mention is answered in a thread of its own or by a reply.
    `speaks` says when the bot speaks up, `channels` where otherwise, by the id of the channel or
    forum. `message_content`: None asks for what people write where the app may have it. `shards`:
    None takes as many as Discord recommends. `api_url` and `gateway_url` say where REST and
    gateway lie. Raises `DiscordSettingsWrong`.
    """
    from bot.platforms.discord.connecting import check

    made = DiscordPlatform(
        name=name,
        token=token,
        guilds=guilds,
        commands=commands,
        answers=answers,
        speaks=speaks,
        channels=dict(channels or {}),
        allowed_bots=frozenset(allowed_bots),
        message_content=message_content,
        stream=stream,
        shards=shards,
        api_url=api_url.rstrip("/"),
        gateway_url=gateway_url,
    )
    check(made)
    return made


def checks(name: str, options: Mapping[str, object], settings: Settings) -> Iterator[Finding]:
    """What `tandem check` finds at Discord."""
    unwarned()  # again: importing weaviate, which was looked at before, shows all warnings
    from bot.platforms.discord import checking

    return checking.checks(name, options, settings)
