"""Slack as a platform: over Socket Mode, or over HTTP with signed requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.posts import Speaking

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.health import Finding
    from bot.settings import Settings

BASE_URL = "https://slack.com/api/"


@dataclass(frozen=True)
class SlackPlatform:
    """A Slack workspace, as it is set."""

    name: str
    bot_token: str = field(repr=False)
    app_token: str | None = field(repr=False)
    signing_secret: str | None = field(repr=False)
    mode: Literal["socket", "http"]
    host: str
    port: int
    base_url: str
    sockets: int
    speaks: Speaking
    channels: Mapping[str, Speaking]
    allowed_bots: frozenset[str]
    stream: bool

    async def run(self, desk: Desk) -> None:
        """Listen and answer until cancelled. Raises `SlackSettingsWrong`, `CannotReply`."""
        from bot.platforms.slack.connecting import run

        await run(self, desk)


def platform(
    name: str,
    bot_token: str,
    app_token: str | None = None,
    signing_secret: str | None = None,
    mode: Literal["socket", "http"] = "socket",
    host: str = "127.0.0.1",
    port: int = 3000,
    base_url: str = BASE_URL,
    sockets: int = 1,
    speaks: Speaking = Speaking.THREAD,
    channels: Mapping[str, Speaking] | None = None,
    allowed_bots: tuple[str, ...] = (),
    stream: bool = True,
) -> SlackPlatform:
    """Answer in a Slack workspace.

    `mode` "socket" needs `app_token` and opens `sockets` connections; "http" listens on `host`
    and `port` and needs `signing_secret`. `speaks` says when the bot speaks up, `channels` where
    otherwise, by id. `allowed_bots` are answered where they address it. Raises
    `SlackSettingsWrong`.
    """
    from bot.platforms.slack.connecting import check

    made = SlackPlatform(
        name=name,
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        mode=mode,
        host=host,
        port=port,
        base_url=base_url.rstrip("/") + "/",
        sockets=sockets,
        speaks=speaks,
        channels=dict(channels or {}),
        allowed_bots=frozenset(allowed_bots),
        stream=stream,
    )
    check(made)
    return made


def checks(name: str, options: Mapping[str, object], settings: Settings) -> Iterator[Finding]:
    """What `tandem check` finds in this workspace."""
    from bot.platforms.slack import checking

    return checking.checks(name, options, settings)
