"""Gateway intents: which events a session is told, and what it may read in them."""

from __future__ import annotations

from tests.discord.ids import BOT
from tests.discord.refusals import Json

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_REACTIONS = 1 << 10
GUILD_TYPING = 1 << 11
DIRECT_MESSAGES = 1 << 12
DIRECT_REACTIONS = 1 << 13
DIRECT_TYPING = 1 << 14
MESSAGE_CONTENT = 1 << 15
KNOWN = (1 << 26) - 1
ALWAYS = -1

# What an event needs: in a guild, in a DM. What is not here needs none (INTERACTION_CREATE).
NEEDED: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        "GUILD_CREATE GUILD_UPDATE GUILD_DELETE GUILD_ROLE_CREATE GUILD_ROLE_UPDATE "
        "GUILD_ROLE_DELETE CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE CHANNEL_PINS_UPDATE "
        "THREAD_CREATE THREAD_UPDATE THREAD_DELETE THREAD_LIST_SYNC THREAD_MEMBER_UPDATE "
        "THREAD_MEMBERS_UPDATE".split(),
        (GUILDS, GUILDS),
    ),
    **dict.fromkeys(
        "GUILD_MEMBER_ADD GUILD_MEMBER_REMOVE GUILD_MEMBER_UPDATE".split(),
        (GUILD_MEMBERS, GUILD_MEMBERS),
    ),
    **dict.fromkeys(
        "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_DELETE_BULK".split(),
        (GUILD_MESSAGES, DIRECT_MESSAGES),
    ),
    **dict.fromkeys(
        "MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL "
        "MESSAGE_REACTION_REMOVE_EMOJI".split(),
        (GUILD_REACTIONS, DIRECT_REACTIONS),
    ),
    "TYPING_START": (GUILD_TYPING, DIRECT_TYPING),
    "PRESENCE_UPDATE": (GUILD_PRESENCES, GUILD_PRESENCES),
}
READ = ("content", "embeds", "attachments", "components")  # what the content intent is for


def wanted(event: str, payload: Json, guild: str, asked: int) -> bool:
    """Is a session that asked for these intents told of an event?"""
    if event == "GUILD_MEMBER_UPDATE" and payload.get("user", {}).get("id") == BOT:
        return True
    in_guild, in_dm = NEEDED.get(event, (ALWAYS, ALWAYS))
    return bool(asked & (in_guild if guild else in_dm))


def readable(payload: Json, in_dm: bool) -> bool:
    """Is a message's content told without the intent: in DMs, to the mentioned, to the author?"""
    author = payload.get("author", {}).get("id")
    mentioned = any(user.get("id") == BOT for user in payload.get("mentions", []))
    return in_dm or author == BOT or mentioned


def blanked(payload: Json, in_dm: bool = False) -> Json:
    """A message as it is told without the content intent; what it answers is judged by itself."""
    told = dict(payload)
    if not readable(payload, in_dm):
        told |= {name: "" if name == "content" else [] for name in READ}
        if "message_snapshots" in told:
            told["message_snapshots"] = [blank_shot(one) for one in told["message_snapshots"]]
    if isinstance(answered := told.get("referenced_message"), dict):
        told["referenced_message"] = blanked(answered, in_dm)
    return told


def blank_shot(told: Json) -> Json:
    """What is told so of what a message forwards."""
    empty = {name: "" if name == "content" else [] for name in READ}
    return {"message": told["message"] | empty}


def seen(event: str, payload: Json, guild: str, has_content: bool) -> Json:
    """An event's payload as a session may read it."""
    if has_content or event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        return payload
    return blanked(payload, in_dm=not guild)
