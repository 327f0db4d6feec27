"""What Discord tells of messages, reactions and interactions; and of all else, from `payloads`."""

from __future__ import annotations

from tests.discord.ids import BOT
from tests.discord.payloads import (
    channel_payload,
    dm_payload,
    guild_create_payload,
    guild_payload,
    member_payload,
    role_payload,
    thread_member_payload,
    user_payload,
)
from tests.discord.permissions import allowed
from tests.discord.refusals import Json, Refused
from tests.discord.things import Channel, Interaction, Message
from tests.discord.world import World

REPLY, THREAD_STARTER = 19, 21  # types of messages
__all__ = [
    "channel_payload",
    "cleared_payload",
    "deleted_payload",
    "dm_payload",
    "emoji_payload",
    "guild_create_payload",
    "guild_payload",
    "interaction_payload",
    "member_payload",
    "message_payload",
    "reaction_payload",
    "role_payload",
    "snapshot",
    "thread_gone_payload",
    "thread_member_payload",
    "typing_payload",
    "user_payload",
]


def message_payload(world: World, message: Message, gateway: bool = False) -> Json:
    """A message, whole; with what only the gateway tells of it: guild, member."""
    told = words(world, message) | author(world, message)
    if message.reactions:
        told["reactions"] = reactions(message)
    if message.nonce:
        told["nonce"] = message.nonce
    if message.interaction is not None:
        told["interaction_metadata"] = message.interaction
    if message.reference is not None:
        told |= referenced(world, message)
    if message.snapshots:
        told["message_snapshots"] = [{"message": shot} for shot in message.snapshots]
    if message.thread in world.channels and message.thread:
        told["thread"] = channel_payload(world, world.channels[message.thread])
    return told | (where(world, message) if gateway else {})


def words(world: World, message: Message) -> Json:
    """What a message says."""
    return {
        "id": message.id,
        "channel_id": message.channel,
        "type": message.type,
        "content": message.content,
        "timestamp": message.timestamp,
        "edited_timestamp": message.edited or None,
        "tts": message.tts,
        "mention_everyone": message.mention_everyone,
        "mentions": [user_payload(world.user(user)) for user in message.mentions],
        "mention_roles": list(message.mention_roles),
        "attachments": message.attachments,
        "embeds": message.embeds,
        "components": message.components,
        "pinned": message.pinned,
        "flags": message.flags,
    }


def snapshot(world: World, message: Message) -> Json:
    """What is forwarded of a message: what it says, without who wrote it, when it is forwarded."""
    told = words(world, message)
    without = ("id", "channel_id", "tts", "mention_everyone", "pinned")
    return {name: value for name, value in told.items() if name not in without}


def author(world: World, message: Message) -> Json:
    """Who wrote it, and for which application."""
    told: Json = {"author": user_payload(world.user(message.author))}
    if message.application:
        told |= {"application_id": message.application}
    if message.interaction is not None and message.application:
        told |= {"webhook_id": message.application}
    return told


def referenced(world: World, message: Message) -> Json:
    """The message that it answers, one deep; null where that is gone."""
    reference = dict(message.reference or {})
    told: Json = {"message_reference": {"type": 0, **reference}}
    if message.type not in (REPLY, THREAD_STARTER):
        return told
    try:
        channel, id = str(reference.get("channel_id")), str(reference.get("message_id"))
        found = world.message(channel, id)
    except Refused:
        return told | {"referenced_message": None}
    return told | {"referenced_message": words(world, found) | author(world, found)}


def reactions(message: Message) -> list[Json]:
    """How people reacted, as the bot sees it."""
    return [
        {
            "emoji": emoji_payload(emoji),
            "count": len(users),
            "count_details": {"normal": len(users), "burst": 0},
            "me": BOT in users,
            "me_burst": False,
            "burst_colors": [],
        }
        for emoji, users in message.reactions.items()
        if users
    ]


def emoji_payload(emoji: str) -> Json:
    """A reaction's emoji: a sign, or "name:id" for a guild's own."""
    name, _, id = emoji.partition(":")
    return {"id": id or None, "name": name}


def where(world: World, message: Message) -> Json:
    """The guild and the member, as the gateway adds them."""
    channel = world.channels[message.channel]
    told: Json = {"channel_type": int(channel.kind)}
    if not channel.guild:
        return told
    told["guild_id"] = channel.guild
    members = world.guilds[channel.guild].members
    if message.author in members:
        told["member"] = member_payload(world, members[message.author], with_user=False)
    told["mentions"] = [
        user_payload(world.user(user))
        | ({"member": member_payload(world, members[user], False)} if user in members else {})
        for user in message.mentions
    ]
    return told


def deleted_payload(world: World, message: Message) -> Json:
    """MESSAGE_DELETE."""
    guild = world.channels[message.channel].guild
    told: Json = {"id": message.id, "channel_id": message.channel}
    return told | ({"guild_id": guild} if guild else {})


def reaction_payload(world: World, message: Message, user: str, emoji: str, added: bool) -> Json:
    """MESSAGE_REACTION_ADD or MESSAGE_REACTION_REMOVE."""
    guild = world.channels[message.channel].guild
    told: Json = {
        "user_id": user,
        "channel_id": message.channel,
        "message_id": message.id,
        "emoji": emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    if added:
        told["message_author_id"] = message.author
    if guild and added and user in world.guilds[guild].members:
        told["member"] = member_payload(world, world.guilds[guild].members[user])
    return told | ({"guild_id": guild} if guild else {})


def cleared_payload(world: World, message: Message, emoji: str) -> Json:
    """MESSAGE_REACTION_REMOVE_ALL; of one emoji MESSAGE_REACTION_REMOVE_EMOJI."""
    guild = world.channels[message.channel].guild
    told: Json = {"channel_id": message.channel, "message_id": message.id}
    told |= {"emoji": emoji_payload(emoji)} if emoji else {}
    return told | ({"guild_id": guild} if guild else {})


def typing_payload(world: World, channel: Channel, user: str) -> Json:
    """TYPING_START."""
    told: Json = {"channel_id": channel.id, "user_id": user, "timestamp": int(world.clock.now())}
    if not channel.guild:
        return told
    member = world.guilds[channel.guild].members[user]
    return told | {"guild_id": channel.guild, "member": member_payload(world, member)}


def thread_gone_payload(channel: Channel) -> Json:
    """THREAD_DELETE."""
    told: Json = {"id": channel.id, "guild_id": channel.guild, "parent_id": channel.parent}
    return told | {"type": int(channel.kind)}


def interaction_payload(world: World, interaction: Interaction, inside: Json) -> Json:
    """INTERACTION_CREATE; `inside` is its `data`. The message of a component is told whole."""
    channel = world.channels[interaction.channel]
    told: Json = {
        "id": interaction.id,
        "application_id": BOT,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": inside,
        "channel_id": channel.id,
        "channel": channel_payload(world, channel),
        "locale": world.user(interaction.user).locale,
        "entitlements": [],
        "app_permissions": str(allowed(world, BOT, channel)),
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if interaction.message:
        message = world.message(channel.id, interaction.message)
        told["message"] = message_payload(world, message)
    return told | (from_guild(world, interaction) if channel.guild else from_dm(world, interaction))


def from_guild(world: World, interaction: Interaction) -> Json:
    """What is told of an interaction in a guild."""
    guild = world.guilds[interaction.guild]
    member = member_payload(world, guild.members[interaction.user])
    channel = world.channels[interaction.channel]
    return {
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "context": 0,
        "authorizing_integration_owners": {"0": guild.id},
        "member": member | {"permissions": str(allowed(world, interaction.user, channel))},
    }


def from_dm(world: World, interaction: Interaction) -> Json:
    """What is told of an interaction in the DM with the bot."""
    return {
        "context": 1,
        "authorizing_integration_owners": {"0": "0"},
        "user": user_payload(world.user(interaction.user)),
    }
