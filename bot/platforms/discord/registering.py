"""Discord is told which commands there are, where that differs from what it knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BotError
from bot.platforms.discord.calls import calling

if TYPE_CHECKING:
    from bot.platforms.discord.parts import Parts

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
Bot = commands.AutoShardedBot

IN_DIRECT_MESSAGES = 1  # of the contexts that Discord knows
GLOBAL_ONLY = ("contexts", "integration_types", "dm_permission")  # not told of a server's own
COMPARED = (  # what we say of a command, an option or a choice; all else is Discord's own
    "type",
    "name",
    "description",
    "required",
    "autocomplete",
    "value",
    "min_length",
    "max_length",
    "nsfw",
    "default_member_permissions",
    "contexts",
    "integration_types",
)
NESTED = ("options", "choices")
REMEDY = "Add the bot to the server again, with the link of `tandem discord invite`"


@dataclass
class Registered:
    """What was compared already since the process began."""

    scopes: set[tuple[str, str]] = field(default_factory=set)  # places, and since when we are there
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Scope:
    """Where commands are registered."""

    place: str  # a server's id; empty: everywhere
    name: str  # in the log
    since: str  # when the bot joined: who throws it out throws its commands out, too
    fetch: Callable[[], Awaitable[Sequence[Payload]]]
    put: Callable[[list[dict[str, Any]]], Awaitable[object]]


async def register(bot: Bot, parts: Parts) -> None:
    """Have Discord know our commands, everywhere that the bot is and where it was not looked yet.

    Servers have their own, which are there at once; then direct messages have the global ones,
    and else all have them. Where nothing differs nothing is written. Nothing is raised: what
    Discord refuses is logged.
    """
    application, done = int(parts.me.application), parts.registered
    per_guild = parts.mine.commands == "guild"
    ours = payloads(bot.tree)
    async with done.alone:
        await _agree(everywhere(bot, application, per_guild), for_all(ours, direct=per_guild), done)
        for one in bot.guilds:
            wanted = for_guild(ours) if per_guild else []
            await _agree(in_guild(bot, application, one), wanted, done)


async def _agree(scope: Scope, wanted: list[dict[str, Any]], done: Registered) -> None:
    """Write what is wanted, where Discord has something else."""
    if (scope.place, scope.since) in done.scopes:
        return
    try:
        held = await calling("GET commands", scope.fetch())
        if comparable(for_guild(held) if scope.place else held) != comparable(wanted):
            await calling("PUT commands", scope.put(wanted))
            log.info("%d commands are registered for %s", len(wanted), scope.name)
    except BotError as error:
        log.error("the commands are not registered for %s: %s %s.", scope.name, error, REMEDY)
        return
    done.scopes.add((scope.place, scope.since))


def everywhere(bot: Bot, application: int, direct: bool) -> Scope:
    """The commands that are not a server's own; `direct`: those of direct messages alone."""
    return Scope(
        "",
        "direct messages" if direct else "all servers and direct messages",
        "",
        partial(bot.http.get_global_commands, application),
        partial(bot.http.bulk_upsert_global_commands, application),
    )


def in_guild(bot: Bot, application: int, guild: discord.Guild) -> Scope:
    """The commands of a server."""
    return Scope(
        str(guild.id),
        f"server {guild.id}",
        str(guild.me and guild.me.joined_at),
        partial(bot.http.get_guild_commands, application, guild.id),
        partial(bot.http.bulk_upsert_guild_commands, application, guild.id),
    )


# -- what is told --------------------------------------------------------------------------


def payloads(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """All commands, as Discord reads them."""
    return [command.to_dict(tree) for command in tree.get_commands()]


def for_all(ours: Iterable[Payload], *, direct: bool) -> list[dict[str, Any]]:
    """The global commands; `direct`: for direct messages alone, since servers have their own."""
    contexts = {"contexts": [IN_DIRECT_MESSAGES]} if direct else {}
    return [{**command, **contexts} for command in ours]


def for_guild(ours: Iterable[Payload]) -> list[dict[str, Any]]:
    """A server's own commands."""
    return [{k: v for k, v in one.items() if k not in GLOBAL_ONLY} for one in ours]


def comparable(commands: Iterable[Payload]) -> list[dict[str, Any]]:
    """Commands without what Discord adds, in an order of our own; by this they are compared."""
    told = [_comparable(command) for command in commands]
    return sorted(told, key=lambda one: (str(one.get("type")), str(one.get("name"))))


def _comparable(told: Payload) -> dict[str, Any]:
    """The parts that say something, of a command, an option or a choice."""
    kept = {key: _value(told[key]) for key in COMPARED if says(told.get(key))}
    for key in NESTED:
        within = told.get(key)
        if isinstance(within, list) and within:
            kept[key] = [_comparable(one) for one in within if isinstance(one, Mapping)]
    return kept


def says(value: object) -> bool:
    """Is it not what Discord takes it for anyway?"""
    return value is not None and value is not False and value not in ("", [])


def _value(value: object) -> object:
    """Permissions are told as text or number, and contexts in any order."""
    if isinstance(value, list):
        return sorted(str(one) for one in value)
    return str(value)
