"""Calling Discord: which failures are tried again, which are final, and what to do about those."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.platforms.discord.guarding import failure
from bot.stage import CannotReply, PlatformAway

log = logging.getLogger(__name__)

T = TypeVar("T")

NAME = "discord"
BEGIN_TRIES, BEGIN_PAUSE_S = 6, 1.0  # at the start; the pause is doubled each time
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
NO_ACCESS, NO_PERMISSION, CANNOT_DM, TOKEN_EXPIRED = 50001, 50013, 50007, 50027
THREAD_EXISTS, LOCKED = 160004, 160005
ALLOW = "Give the bot the permissions that `tandem check` names for that channel"
REMEDIES = {
    UNKNOWN_CHANNEL: "The channel or thread was deleted; ask in another",
    NO_ACCESS: "Let the bot see the channel: add its role to it",
    NO_PERMISSION: ALLOW,
    CANNOT_DM: "The person does not take direct messages from this server's members",
    LOCKED: "The thread is locked; unlock it or ask in another",
}
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What discord.py raises where an answer of Discord's is not as it should be."""


class Refused(CannotReply):
    """Discord answered a call with an error that another try does not change."""

    def __init__(self, call: str, code: int, status: int, text: str = "") -> None:
        self.call, self.code, self.status = call, code, status
        remedy = REMEDIES.get(code, "Run `tandem check`, which tells what the bot may not do")
        super().__init__(NAME, f"{call} was refused with {status} ({code} {text[:200]})", remedy)


class Unsure(PlatformAway):
    """A call broke off, and nobody knows whether it took effect."""


async def calling(name: str, call: Awaitable[T]) -> T:
    """Await a call of discord.py's, which itself waits for rate limits and tries again.

    Raises `PlatformAway` (with Discord's Retry-After where it is not waited for), `Unsure`,
    and `Refused` for all else.
    """
    try:
        return await call
    except discord.RateLimited as error:
        raise PlatformAway(NAME, f"{name} came too often", error.retry_after) from error
    except discord.DiscordServerError as error:
        raise Unsure(NAME, f"{name} failed with {error.status}") from error
    except discord.HTTPException as error:
        if error.status == 429:
            raise PlatformAway(NAME, f"{name} came too often", 1.0) from error
        raise Refused(name, error.code, error.status, error.text) from error
    except aiohttp.ClientConnectorError as error:
        raise Unsure(NAME, f"{name}: {error.host} cannot be reached") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unsure(NAME, f"{name} broke off ({type(error).__name__})") from error
    except MALFORMED as error:  # as a proxy's page in place of JSON
        raise Unsure(NAME, f"{name} got an answer without sense ({failure(error)})") from error


async def patiently(name: str, make: Callable[[], Awaitable[T]]) -> T:
    """Call at the start of a process, when Discord or the network may not be there yet.

    Raises as `calling` does after the last try.
    """
    for turn in range(BEGIN_TRIES - 1):
        try:
            return await calling(name, make())
        except PlatformAway as error:
            wait_s = error.retry_after_s or BEGIN_PAUSE_S * 2**turn
            log.warning("%s: %s; again in %.0f s", NAME, error.problem, wait_s)
            await asyncio.sleep(wait_s)
    return await calling(name, make())


async def log_in(client: discord.Client, token: str) -> None:
    """Log in, patiently. Raises as `patiently` does, and `discord.LoginFailure`."""

    async def once() -> None:
        try:
            await client.login(token)
        except BaseException:
            await client.http.close()  # the next try makes a session anew and forgets this one
            client.http.connector = discord.utils.MISSING
            raise

    await patiently("login", once)
