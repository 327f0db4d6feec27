"""Discord asked over REST by a token that may be wrong: what it says, or in words why not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import discord
from discord.http import Route

from bot.errors import BotError
from bot.health import word
from bot.platforms.discord import API_URL
from bot.platforms.discord.calls import NO_ACCESS

T = TypeVar("T")

TIMEOUT_S = 10.0  # for each call
LONGEST_S = 30.0  # of a rate limit, as discord.py has it at least: a longer one is told at once
WHERE = "Copy it from the developer portal: your app, Bot, Reset Token"
BEGIN_AT = "Check `api_url`, and what answers there"
LOOKS = (  # what is often taken for the token
    (r"\d{17,20}", "the id of an app or a person"),
    (r"[0-9a-f]{64}", "the app's public key"),
    (r"[\w-]{32}", "the app's client secret"),
)
# What discord.py raises when an answer is not what Discord would say.
ODD = (
    *(discord.ClientException, LookupError, TypeError, ValueError, AttributeError),
    ArithmeticError,
)


@dataclass(frozen=True)
class Setup:
    """The options of the platform that are looked at."""

    name: str
    token: str = field(repr=False)
    guilds: tuple[str, ...] = ()
    commands: str = "guild"
    speaks: str = "thread"
    channels: Mapping[str, str] = field(default_factory=dict)  # when it speaks there, by id
    message_content: bool | None = None
    shards: int | None = None
    api_url: str = API_URL
    gateway_url: str | None = None

    @classmethod
    def of(cls, name: str, options: Mapping[str, object]) -> Setup:
        """Read from the options of `platform(...)`."""
        words = {key: str(options[key]) for key in ("commands", "speaks") if options.get(key)}
        guilds, channels = options.get("guilds"), options.get("channels")
        content, shards = options.get("message_content"), options.get("shards")
        return cls(
            name,
            str(options.get("token") or ""),
            guilds=tuple(map(str, guilds)) if isinstance(guilds, list | tuple) else (),
            channels=_texts(channels) if isinstance(channels, Mapping) else {},
            message_content=content if isinstance(content, bool) else None,
            shards=shards if isinstance(shards, int) else None,
            api_url=str(options.get("api_url") or API_URL).rstrip("/"),
            gateway_url=str(options.get("gateway_url") or "") or None,
            **words,
        )


class DiscordRefused(BotError):
    """Discord did not do what was asked, or was not reached."""

    def __init__(self, problem: str, remedy: str, code: int = 0) -> None:
        self.problem, self.remedy, self.code = problem, remedy, code  # of Discord's error, or 0
        super().__init__(f"{problem}. {remedy}.")


NO_ANSWER = DiscordRefused("there is no gateway at that address", BEGIN_AT)


@asynccontextmanager
async def reached(setup: Setup, timeout_s: float = TIMEOUT_S) -> AsyncIterator[discord.Client]:
    """A client that is logged in, without a session at the gateway. Raises `DiscordRefused`."""
    shaped(setup.token)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    before, Route.BASE = Route.BASE, setup.api_url
    try:
        intents = discord.Intents(guilds=True)
        async with discord.Client(intents=intents, max_ratelimit_timeout=LONGEST_S) as client:
            await ask(client.login(setup.token), "who the token is", timeout_s)
            yield client
    finally:
        Route.BASE = before


def shaped(token: str) -> None:
    """Could it be a bot's token, by its look? Raises `DiscordRefused`."""
    if not token.strip():
        raise DiscordRefused("`token` is missing", WHERE)
    if token.startswith("Bot "):
        raise DiscordRefused("`token` begins with the word Bot", "Write the token alone")
    if re.search(r"[^\x21-\x7e]", token):
        raise DiscordRefused("`token` has spaces or odd characters in it", WHERE)
    for looks, told in LOOKS:
        if re.fullmatch(looks, token):
            raise DiscordRefused(f"`token` looks like {told}, not like a bot's token", WHERE)


async def ask(call: Awaitable[T], what: str, timeout_s: float = TIMEOUT_S) -> T:
    """Await a call of discord.py's; `what` says what it asks for. Raises `DiscordRefused`."""
    try:
        return await asyncio.wait_for(call, timeout_s)
    except discord.LoginFailure as error:
        raise DiscordRefused("Discord does not know the token", WHERE) from error
    except discord.RateLimited as error:
        remedy = f"Try again in {error.retry_after:.0f} s"
        raise DiscordRefused("Discord says that it is asked too often", remedy) from error
    except discord.HTTPException as error:
        raise refusal(error, what) from error
    except discord.GatewayNotFound as error:
        cause = error.__cause__
        told = refusal(cause, what) if isinstance(cause, discord.HTTPException) else NO_ANSWER
        raise told from error
    except TimeoutError as error:
        problem = f"asked for {what}, Discord gave no good answer within {timeout_s:.0f} s"
        raise DiscordRefused(problem, "Try again in a minute; see whether it is up") from error
    except (aiohttp.ClientError, OSError) as error:
        problem = f"{Route.BASE} cannot be reached ({word(error) if str(error) else 'no answer'})"
        raise DiscordRefused(problem, "Check the network, and `api_url`") from error
    except ODD as error:
        raise DiscordRefused(f"the answer to {what} is not Discord's", BEGIN_AT) from error


def refusal(error: discord.HTTPException, what: str) -> DiscordRefused:
    """What an answer that is not ok means."""
    code = error.code if isinstance(error.code, int) else 0  # whatever answers there
    if error.status == 429:
        problem = "Discord says that it is asked too often"
        return DiscordRefused(problem, "Try again in a minute", code)
    if error.status >= 500:
        problem = f"asked for {what}, Discord failed with {error.status}"
        return DiscordRefused(problem, "Try again in a minute; see whether it is up", code)
    if code == 0:
        return DiscordRefused(f"the answer to {what} is not Discord's ({error.status})", BEGIN_AT)
    problem = f"Discord refused {what} ({error.status}, {code}: {word(error.text)})"
    remedy = "Add the bot to the server again" if code == NO_ACCESS else "See docs/discord.md"
    return DiscordRefused(problem, remedy, code)


def _texts(given: Mapping[object, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in given.items()}
