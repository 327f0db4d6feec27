"""Messages of the bot: how one is written, changed, taken away, and told of."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from tests.discord import refusals
from tests.discord.events import REPLY, channel_payload, deleted_payload, message_payload
from tests.discord.ids import BOT
from tests.discord.limits import check_fields, is_empty
from tests.discord.mentions import mentioned
from tests.discord.permissions import READ_MESSAGE_HISTORY, may
from tests.discord.refusals import FORM, Json, Problem, Refused
from tests.discord.things import COMPONENTS_V2, LOADING, SUPPRESS_EMBEDS, Channel, Message, iso
from tests.discord.world import World

SUPPRESS_NOTIFICATIONS = 1 << 12
SETTABLE = SUPPRESS_EMBEDS | COMPONENTS_V2 | SUPPRESS_NOTIFICATIONS
SYSTEM_TYPES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 21, 22}


def composed(world: World, channel: Channel, given: Json) -> Message:
    """A new message of the bot, not posted yet; what is given was checked before."""
    message = Message(world.clock.snowflake(), channel.id, BOT, "")
    message.nonce = str(given.get("nonce") or "")
    message.tts = bool(given.get("tts"))
    message.reference = reference(world, channel, given.get("message_reference"))
    message.type = REPLY if message.reference else 0
    write(world, message, given)
    return message


def write(world: World, message: Message, given: Json) -> None:
    """Put what is given into a message; what is not given stays as it is."""
    if "content" in given:
        message.content = str(given["content"] or "").strip()
    if "embeds" in given:
        message.embeds = [stored_embed(embed) for embed in given["embeds"] or []]
    if "components" in given:
        message.components = numbered(given["components"] or [])
    if "attachments" in given:
        message.attachments = [*(given["attachments"] or [])]
    if given.get("flags") is not None:
        kept = message.flags & ~SETTABLE
        message.flags = kept | (int(given["flags"]) & SETTABLE)
    if "content" in given or "allowed_mentions" in given:
        mention(world, message, given.get("allowed_mentions"))


def mention(world: World, message: Message, allowed: Json | None) -> None:
    """Note whom a message mentions; the pings are those of its first form."""
    channel = world.channels[message.channel]
    replied = replied_user(world, message)
    found = mentioned(world, channel, message.author, message.content, allowed, replied)
    message.mentions, message.mention_roles = list(found.users), list(found.roles)
    message.mention_everyone = found.everyone
    if not message.edited:
        message.pinged = found.pinged


def replied_user(world: World, message: Message) -> str:
    """The author of the message that it answers; empty: there is none."""
    if message.type != REPLY or message.reference is None or message.application:
        return ""
    replied = str(message.reference["message_id"])
    try:
        return world.message(message.channel, replied).author
    except Refused:
        return ""


def reference(world: World, channel: Channel, given: Json | None) -> Json | None:
    """What a message answers; None: nothing, or what is gone where that is no failure."""
    if not given:
        return None
    if not may(world, BOT, channel, READ_MESSAGE_HISTORY):
        raise Refused(refusals.NO_HISTORY)
    elsewhere = str(given.get("channel_id") or channel.id) != channel.id
    found = found_in(world, channel, str(given.get("message_id")))
    if found is None or elsewhere:
        if given.get("fail_if_not_exists", True):
            told = Problem("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            raise Refused(FORM, [told])
        return None
    if found.type in SYSTEM_TYPES:
        told = Problem("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "No")
        raise Refused(FORM, [told])
    guild = {"guild_id": channel.guild} if channel.guild else {}
    return {"channel_id": channel.id, "message_id": found.id, **guild}


def found_in(world: World, channel: Channel, id: str) -> Message | None:
    """A message of a channel that all see; None: there is none."""
    try:
        found = world.message(channel.id, id)
    except Refused:
        return None
    return None if found.ephemeral_for else found


def changed(world: World, message: Message, given: Json, at: str = "") -> Message:
    """Edit a message of the bot: its whole new form is checked, then told."""
    check_fields(given, at)
    check_not_emptied(message, given)
    is_first = message.is_deferred
    message.flags &= ~LOADING
    if not is_first and given.keys() - {"flags"}:
        message.edited = iso(world.clock.now())
    write(world, message, given)
    tell_message(world, "MESSAGE_UPDATE", message)
    return message


def check_not_emptied(message: Message, given: Json) -> None:
    """Refuse an edit that leaves nothing to show."""
    before = {
        "content": message.content,
        "embeds": message.embeds,
        "components": message.components,
        "attachments": message.attachments,
    }
    if is_empty(before | given):
        raise Refused(refusals.EMPTY)


def created(world: World, message: Message) -> Message:
    """Make a message stand, and tell of it; an archived thread wakes up."""
    wake(world, world.channels[message.channel])
    world.post(message)
    tell_message(world, "MESSAGE_CREATE", message)
    return message


def wake(world: World, channel: Channel) -> None:
    """A post in an archived thread opens it again, and its author joins it."""
    if channel.thread is None:
        return
    if BOT not in channel.thread.members:
        channel.thread.members.append(BOT)
    if channel.thread.archived:
        channel.thread.archived = False
        channel.thread.archived_at = iso(world.clock.now())
        world.tell("THREAD_UPDATE", channel_payload(world, channel), channel.guild)


def removed(world: World, message: Message) -> None:
    """Take a message away, and tell of it."""
    world.remove(message)
    guild = world.channels[message.channel].guild
    if world.settings.echoes:
        world.tell("MESSAGE_DELETE", deleted_payload(world, message), guild)


def tell_message(world: World, event: str, message: Message) -> None:
    """Tell of a message. An ephemeral one comes without its guild, one of a webhook without member.

    That is as Discord does it, and what trips those who take a message without guild for a DM.
    """
    if not world.settings.echoes:
        world.changes.tell()
        return
    told = message_payload(world, message, gateway=True)
    if message.ephemeral_for or "webhook_id" in told:
        told.pop("member", None)
    if message.ephemeral_for:
        told.pop("guild_id", None)
    world.tell(event, told, world.channels[message.channel].guild)


def stored_embed(embed: Json) -> Json:
    """An embed as Discord keeps it: of its own kind, spaces at the ends taken away."""
    told = trimmed(embed)
    assert isinstance(told, dict)
    return {**told, "type": "rich", "content_scan_version": 0}


def trimmed(value: object) -> object:
    """Every text in it without the spaces at its ends."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [trimmed(part) for part in value]
    if isinstance(value, dict):
        return {name: trimmed(part) for name, part in value.items()}
    return value


def numbered(components: list[Json]) -> list[Json]:
    """Components as Discord keeps them: each with an id of its own, from 1."""
    told = copy.deepcopy(components)
    for number, part in enumerate(every(told), 1):
        part.setdefault("id", number)
    return told


def every(components: list[Json]) -> Iterator[Json]:
    """All components, the outer before the inner."""
    for part in components:
        yield part
        inside = [*(part.get("components") or []), part.get("accessory"), part.get("component")]
        yield from every([inner for inner in inside if isinstance(inner, dict)])
