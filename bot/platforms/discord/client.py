"""The client: discord.py's sharded bot, with nothing switched on that Tandem does not need."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.platforms.discord.buckets import LONGEST_WAIT_S, with_room
from bot.platforms.discord.guarding import guarded
from bot.platforms.discord.heartbeats import Ending
from bot.platforms.discord.returning import come_back_soon

log = logging.getLogger(__name__)

SERVERS_S = 0.5  # between two servers that a session tells of; who comes later is read later

Cleared = discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent
Client = commands.AutoShardedBot


@dataclass(frozen=True)
class Hooks:
    """What is called when Discord tells something."""

    begun: Callable[[], Awaitable[None]]  # a shard's session is new: the servers are known
    ready: Callable[[int], Awaitable[None]]  # they have told of themselves: what was missed?
    joined: Callable[[], Awaitable[None]]
    changed: Callable[[discord.Guild], None]  # who may read what there
    heard: Callable[[discord.Message], Awaitable[None]]
    edited: Callable[[discord.RawMessageUpdateEvent], Awaitable[None]]
    removed: Callable[[int | None, int, int], Awaitable[None]]  # guild, channel, message
    thread_removed: Callable[[discord.RawThreadDeleteEvent], Awaitable[None]]
    reacted: Callable[[discord.RawReactionActionEvent, bool], Awaitable[None]]  # added?
    cleared: Callable[[Cleared], Awaitable[None]]
    submitted: Callable[[discord.Interaction[Any]], Awaitable[bool]]  # was it one of our forms?
    pressed: Callable[[discord.Interaction[Any]], Awaitable[None]]  # our buttons know it themselves


class TandemBot(Ending, Client):
    """Listens for what `Hooks` name. It caches no messages and no members: SQL and REST tell."""

    hooks: Hooks

    def __init__(self, intents: discord.Intents, shards: int) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=intents,
            shard_count=shards,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=SERVERS_S,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=LONGEST_WAIT_S,
        )
        self._named: set[int] = set()  # the servers that sessions began with
        with_room(self)
        come_back_soon(self)

    async def setup_hook(self) -> None:
        """After login, before the gateway."""
        guarded(self)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote."""
        await self.hooks.heard(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Somebody changed what they wrote, or Discord added to it."""
        await self.hooks.edited(payload)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message is gone."""
        await self.hooks.removed(payload.guild_id, payload.channel_id, payload.message_id)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages are gone."""
        for message in sorted(payload.message_ids):
            await self.hooks.removed(payload.guild_id, payload.channel_id, message)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread is gone with all that was said in it; Discord tells of no message then."""
        await self.hooks.thread_removed(payload)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """A reaction was given."""
        await self.hooks.reacted(payload, True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """A reaction was taken back."""
        await self.hooks.reacted(payload, False)

    async def on_raw_reaction_clear(self, payload: discord.RawReactionClearEvent) -> None:
        """All reactions to a message were taken away."""
        await self.hooks.cleared(payload)

    async def on_raw_reaction_clear_emoji(
        self, payload: discord.RawReactionClearEmojiEvent
    ) -> None:
        """All reactions to a message with one sign were taken away."""
        await self.hooks.cleared(payload)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was sent, or a button pressed; commands and our buttons find their way."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self.hooks.submitted(interaction)
        if interaction.type is discord.InteractionType.component:
            await self.hooks.pressed(interaction)

    async def on_shard_connect(self, _: int) -> None:
        """A session is new, and says which servers there are."""
        self._named |= {guild.id for guild in self.guilds}
        await self.hooks.begun()

    async def on_shard_ready(self, shard_id: int) -> None:
        """The servers of a new session are known; what was said before it was not told."""
        await self.hooks.ready(shard_id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        self.hooks.changed(guild)
        await self.hooks.joined()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is told of after the start; if the session did not name it, it is a new one."""
        self.hooks.changed(guild)
        if guild.id not in self._named:
            self._named.add(guild.id)
            await self.hooks.joined()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was taken out of a server."""
        self.hooks.changed(guild)

    async def on_guild_update(self, _: discord.Guild, guild: discord.Guild) -> None:
        """A server changed."""
        self.hooks.changed(guild)

    async def on_guild_role_create(self, role: discord.Role) -> None:
        """A role is new."""
        self.hooks.changed(role.guild)

    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """A role may do something else, or has another name."""
        self.hooks.changed(role.guild)

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is gone."""
        self.hooks.changed(role.guild)

    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Who may see a channel may have changed."""
        self.hooks.changed(channel.guild)

    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Somebody's roles changed; told only of the bot itself where the app may not see more."""
        self.hooks.changed(member.guild)


def intents(content: bool) -> discord.Intents:
    """What the gateway is asked to tell: no presences, no members, and no more than is used."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        guild_reactions=True,
        dm_reactions=True,
        message_content=content,
    )


def point(api_url: str) -> None:
    """Set where REST lies, for all clients of this process."""
    logging.getLogger("discord.client").setLevel(logging.WARNING)  # it logs each login
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    Route.BASE = api_url


def begin_at(gateway: str) -> None:
    """Set where sessions begin; discord.py asks nobody where their number is given."""
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
