"""Discord's part of `tandem check`: the token, the app, the gateway, and the team's servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.health import Finding, word
from bot.platforms.discord.connecting import may_read
from bot.platforms.discord.naming import channels, guilds, roles
from bot.platforms.discord.probing import DiscordRefused, Setup, ask, reached
from bot.platforms.discord.surveying import Joined, Server, commands, servers, survey, surveyed
from bot.posts import Speaking
from bot.settings import Settings

HELLO = 10  # the op code of what the gateway says first
UNREAD = (
    "it hears mentions, replies to it, direct messages, commands and message menus; not"
    " follow-ups without a mention, nor questions in channels set to auto"
)
SWITCH = "Switch on Message Content Intent: developer portal, your app, Bot"


def checks(name: str, options: Mapping[str, object], settings: Settings) -> Iterator[Finding]:
    """One finding for each part of the platform called `name`; nothing at Discord is changed."""
    yield from asyncio.run(found(Setup.of(name, options), settings))


async def found(setup: Setup, settings: Settings) -> list[Finding]:
    """All findings; the token alone where Discord does not take it."""
    try:
        async with reached(setup) as client:
            return [finding async for finding in look(client, setup, settings)]
    except DiscordRefused as refused:
        return [Finding(f"{setup.name} token", False, str(refused))]


async def look(client: discord.Client, setup: Setup, settings: Settings) -> AsyncIterator[Finding]:
    """One part after the other."""
    user = client.user
    yield Finding(f"{setup.name} token", True, f"{word(user)} ({user.id if user else '?'})")
    yield content(client.application_flags, setup)
    yield await gateway(client, setup)
    joined = await servers(client, setup)
    for finding in (*app(client, setup, joined), *joined.findings):
        yield finding
    there = list[Server]()
    for guild in joined.served:
        server = await survey(client, guild)
        for finding in surveyed(setup, server):
            yield finding
        if isinstance(server, Server):
            there.append(server)
            yield await commands(client, setup, server)
    async for finding in named(client, setup, settings, there):
        yield finding


async def named(
    client: discord.Client, setup: Setup, settings: Settings, there: Sequence[Server]
) -> AsyncIterator[Finding]:
    """The channels and roles that the settings name; where no server was read, none is told."""
    if not there:
        return
    async for finding in channels(client, setup, settings, there):
        yield finding
    for finding in (*guilds(setup, settings, there), *roles(setup, settings, there)):
        yield finding


def content(flags: discord.ApplicationFlags, setup: Setup) -> Finding:
    """May the app read what people write without mentioning it?"""
    name = f"{setup.name} message content"
    granted = may_read(flags)
    if granted and setup.message_content is not False:
        return Finding(name, True, "the app may read it")
    if setup.message_content and not granted:
        told = f"`message_content` is true, and the app may not read it. {SWITCH}."
        return Finding(name, False, told)
    why = "`message_content` is false" if granted else "the app may not read it"
    remedy = "Set `message_content` to true" if granted else SWITCH
    wanting = [channel for channel, when in setup.channels.items() if when == Speaking.AUTO]
    if setup.speaks == Speaking.AUTO or wanting:
        where = ", ".join(map(word, wanting)) or "`speaks`"
        told = f"{why}, so what is set to auto ({where}) cannot be. {remedy}, or do not set it so."
        return Finding(name, False, told)
    return Finding(name, True, f"mention only: {why}, so {UNREAD}. For those: {remedy}")


@dataclass(frozen=True)
class Starts:
    """What REST says of the gateway."""

    url: str
    shards: int  # that are advised
    left: int  # sessions that may be begun today
    total: int
    reset_h: float  # hours until there are `total` again


async def gateway(client: discord.Client, setup: Setup) -> Finding:
    """Can events come in, and may sessions still be begun today?"""
    name = f"{setup.name} gateway"
    try:
        now = await ask(starts(client), "its gateway")
        await ask(greeted(client, setup.gateway_url or now.url), "the gateway's greeting")
    except DiscordRefused as refused:
        return Finding(name, False, str(refused))
    sessions = f"{now.left} of {now.total} sessions"
    if now.left < now.shards:
        told = f"only {sessions} are left for today. Wait {now.reset_h:.0f} h with a restart."
        return Finding(name, False, told)
    few = setup.shards is not None and setup.shards < now.shards
    advice = f"; Discord advises {now.shards} shards: remove `shards`, or raise it" if few else ""
    told = f"can be opened; {sessions} left for today, shards: {setup.shards or now.shards}"
    return Finding(name, True, told + advice)


async def starts(client: discord.Client) -> Starts:
    """Ask for it. Raises what discord.py raises, and TypeError or ValueError."""
    shards, url, limit = await client.http.get_bot_gateway()
    left, total, reset_ms = (int(limit[key]) for key in ("remaining", "total", "reset_after"))
    return Starts(str(url), int(shards), left, total, reset_ms / 3_600_000)


async def greeted(client: discord.Client, url: str) -> None:
    """Open a socket as far as its greeting, which begins no session. Raises ValueError."""
    socket = await client.http.ws_connect(f"{url.rstrip('/')}/?v=10&encoding=json")
    try:
        said = await socket.receive_json()
    finally:
        await socket.close()
    if not isinstance(said, dict) or said.get("op") != HELLO:
        raise ValueError("no greeting")


def app(client: discord.Client, setup: Setup, joined: Joined) -> Iterator[Finding]:
    """What on the app's page keeps people out, or lets in whom nobody wants."""
    name, told = f"{setup.name} app", client.application
    if told is None:
        return
    if told.interactions_endpoint_url:
        remedy = "Clear Interactions Endpoint URL under General Information"
        yield Finding(name, False, f"commands and buttons go to another address. {remedy}.")
    if told.bot_require_code_grant:
        yield Finding(
            name, False, "the invite would not work. Switch off Requires OAuth2 Code Grant: Bot."
        )
    if told.bot_public and not setup.guilds:
        yield Finding(name, False, open_to_all(joined))
    else:
        yield Finding(name, True, anyone(told.bot_public))


def anyone(public: bool) -> str:
    """Who may add the bot to a server."""
    if public:
        return "anyone may add it; only public sources are told in servers that `guilds` leaves out"
    return "only its owners may add it to servers"


def open_to_all(joined: Joined) -> str:
    """Why an app that anyone may add wants its servers named."""
    ids = ", ".join(f'"{guild.id}"' for guild in joined.served) or '"ID"'
    return (
        "anyone may add it to a server of theirs, and `guilds` does not say which ones are the"
        f" team's. Set guilds = [{ids}], or take its Install Link away (Installation) and switch"
        " off Public Bot (Bot)."
    )
