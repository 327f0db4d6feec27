"""What Discord tells of users, members, roles, channels and guilds."""

from __future__ import annotations

from tests.discord import intents
from tests.discord.ids import BOT, made_at
from tests.discord.permissions import allowed
from tests.discord.refusals import Json
from tests.discord.things import THREADS, Channel, Guild, Kind, Member, Role, User, iso
from tests.discord.world import World

JOINED_AT = "2026-01-01T09:00:00.000000+00:00"


def user_payload(user: User) -> Json:
    """A user."""
    told: Json = {
        "id": user.id,
        "username": user.name,
        "discriminator": "0000" if user.bot else "0",
        "global_name": None if user.bot else user.name.title(),
        "avatar": None,
        "public_flags": 0,
    }
    return told | ({"bot": True} if user.bot else {})


def member_payload(world: World, member: Member, with_user: bool = True) -> Json:
    """A member of a guild; in messages without the user."""
    told: Json = {
        "roles": list(member.roles),
        "nick": member.nick or None,
        "avatar": None,
        "joined_at": JOINED_AT,
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": member.pending,
        "flags": member.flags,
    }
    return told | ({"user": user_payload(world.user(member.user))} if with_user else {})


def role_payload(role: Role) -> Json:
    """A role; the one that came with the bot is managed, and says whose it is."""
    managed = role.name == "tandem"
    told: Json = {
        "id": role.id,
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": role.position,
        "permissions": str(role.permissions),
        "managed": managed,
        "mentionable": False,
        "flags": 0,
    }
    return told | ({"tags": {"bot_id": BOT}} if managed else {})


def channel_payload(world: World, channel: Channel) -> Json:
    """A channel, a thread or a DM."""
    if channel.is_dm:
        return dm_payload(world, channel)
    told: Json = {
        "id": channel.id,
        "type": int(channel.kind),
        "guild_id": channel.guild,
        "name": channel.name,
        "parent_id": channel.parent or None,
        "last_message_id": channel.last_message_id or None,
        "rate_limit_per_user": 0,
        "flags": 0,
    }
    return told | (of_thread(channel) if channel.is_thread else of_channel(channel))


def of_channel(channel: Channel) -> Json:
    """What only a guild's own channels have."""
    told: Json = {
        "position": channel.position,
        "permission_overwrites": [
            {
                "id": overwrite.id,
                "type": 0 if overwrite.of == "role" else 1,
                "allow": str(overwrite.allow),
                "deny": str(overwrite.deny),
            }
            for overwrite in channel.overwrites
        ],
        "nsfw": channel.nsfw,
        "topic": channel.topic or None,
        "default_auto_archive_duration": 1440,
    }
    forum: Json = {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
    voice: Json = {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    own = {Kind.FORUM: forum | {"default_forum_layout": 0}, Kind.VOICE: voice}
    own[Kind.STAGE] = voice
    return told | own.get(channel.kind, {})


def of_thread(channel: Channel) -> Json:
    """What only threads have; with the bot's membership, where it joined."""
    thread = channel.thread
    assert thread is not None
    told: Json = {
        "owner_id": thread.owner,
        "message_count": thread.message_count,
        "total_message_sent": thread.message_count,
        "member_count": len(thread.members),
        "applied_tags": [],
        "thread_metadata": {
            "archived": thread.archived,
            "locked": thread.locked,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": thread.archived_at or iso(made_at(channel.id)),
            "create_timestamp": iso(made_at(channel.id)),
        },
    }
    if BOT in thread.members:
        told["member"] = thread_member_payload(channel, BOT)
    return told


def thread_member_payload(channel: Channel, user: str) -> Json:
    """That a user is in a thread."""
    joined = iso(made_at(channel.id))
    return {"id": channel.id, "user_id": user, "join_timestamp": joined, "flags": 0}


def dm_payload(world: World, channel: Channel) -> Json:
    """A DM channel."""
    return {
        "id": channel.id,
        "type": int(channel.kind),
        "last_message_id": channel.last_message_id or None,
        "flags": 0,
        "recipients": [user_payload(world.user(user)) for user in channel.recipients],
    }


def guild_payload(world: World, guild: Guild) -> Json:
    """A guild, as REST tells it."""
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": guild.owner,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role_payload(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": list(guild.features),
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
    }


def guild_create_payload(world: World, guild: Guild, asked: int) -> Json:
    """GUILD_CREATE, for a session with these intents: without that of members, the bot alone."""
    all_of_them = bool(asked & intents.GUILD_MEMBERS)
    members = [m for m in guild.members.values() if all_of_them or m.user == BOT]
    channels = [c for c in world.channels.values() if c.guild == guild.id]
    threads = [c for c in world.threads(guild.id) if allowed(world, BOT, c)]
    return guild_payload(world, guild) | {
        "joined_at": JOINED_AT,
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [member_payload(world, member) for member in members],
        "channels": [channel_payload(world, c) for c in channels if c.kind not in THREADS],
        "threads": [channel_payload(world, thread) for thread in threads],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
