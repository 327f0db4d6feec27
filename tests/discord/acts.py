"""What people do: they write, change their minds, react, begin threads."""

from __future__ import annotations

import re

from tests.discord.events import (
    REPLY,
    THREAD_STARTER,
    channel_payload,
    cleared_payload,
    deleted_payload,
    message_payload,
    reaction_payload,
    snapshot,
    typing_payload,
)
from tests.discord.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, may
from tests.discord.posting import mention
from tests.discord.refusals import CANNOT_DM, NO_PERMISSION, WRONG_CHANNEL_TYPE, Refused
from tests.discord.things import Channel, Kind, Message, Thread, User, iso
from tests.discord.world import World

HAS_SNAPSHOT, FORWARD = 1 << 14, 1  # a flag of messages, a type of references
LINK = re.compile(r"https?://[^\s>)]+")
THREAD_HOMES = {Kind.TEXT: Kind.PUBLIC_THREAD, Kind.NEWS: Kind.NEWS_THREAD}


def place(world: World, user: User, channel: str) -> Channel:
    """Where somebody does something: "general", "dm" (their own with the bot), an id."""
    return world.direct(user.id) if channel == "dm" else world.channel(channel)


def say(
    world: World, channel: str, person: str, text: str, reply_to: str = "", ping: bool = True
) -> str:
    """Write a message; its id. "<@id>" mentions, and so does a reply, unless `ping` is off."""
    user = world.user(person)
    where = place(world, user, channel)
    check_speaks(world, user, where)
    message = Message(world.clock.snowflake(), where.id, user.id, text)
    if reply_to:
        guild = {"guild_id": where.guild} if where.guild else {}
        world.message(where.id, reply_to)
        message.reference = {"channel_id": where.id, "message_id": reply_to, **guild}
        message.type = REPLY
    mention(world, message, None if ping else {"parse": ["users", "roles", "everyone"]})
    return posted(world, message).id


def forward(world: World, channel: str, person: str, message: str) -> str:
    """Forward a message to a channel; the id of the new one, which says nothing itself."""
    user, found = world.user(person), world.find_message(message)
    where = place(world, user, channel)
    check_speaks(world, user, where)
    made = Message(world.clock.snowflake(), where.id, user.id, "", flags=HAS_SNAPSHOT)
    guild = world.channels[found.channel].guild
    made.reference = {"type": FORWARD, "channel_id": found.channel, "message_id": found.id}
    made.reference |= {"guild_id": guild} if guild else {}
    made.snapshots = [snapshot(world, found)]
    return posted(world, made).id


def check_speaks(world: World, user: User, channel: Channel) -> None:
    """Refuse who may not write there."""
    if channel.is_dm:
        if user.id not in channel.recipients:
            raise Refused(CANNOT_DM)
        return
    needed = SEND_MESSAGES_IN_THREADS if channel.is_thread else SEND_MESSAGES
    if not may(world, user.id, channel, needed):
        raise Refused(NO_PERMISSION)
    if channel.kind is Kind.FORUM:
        raise Refused(WRONG_CHANNEL_TYPE)


def posted(world: World, message: Message) -> Message:
    """Make a person's message stand, and tell of it; an archived thread wakes up."""
    channel = world.channels[message.channel]
    join(world, channel, message.author)
    world.post(message)
    tell(world, "MESSAGE_CREATE", message)
    return message


def join(world: World, channel: Channel, user: str) -> None:
    """Who writes in a thread is in it, and opens it again."""
    if channel.thread is None:
        return
    if user not in channel.thread.members:
        channel.thread.members.append(user)
    if channel.thread.archived:
        archive(world, channel, archived=False)


def tell(world: World, event: str, message: Message) -> None:
    """Tell of a message, whole."""
    payload = message_payload(world, message, gateway=True)
    world.tell(event, payload, world.channels[message.channel].guild)


def edit(world: World, message: str, text: str) -> None:
    """Change the words of a message."""
    found = world.find_message(message)
    found.content, found.edited = text, iso(world.clock.now())
    mention(world, found, None)
    tell(world, "MESSAGE_UPDATE", found)


def delete(world: World, message: str) -> None:
    """Take a message away."""
    found = world.find_message(message)
    world.remove(found)
    guild = world.channels[found.channel].guild
    world.tell("MESSAGE_DELETE", deleted_payload(world, found), guild)


def unfurl(world: World, message: str, restamped: bool = False) -> None:
    """Discord adds previews of the links: an update with the same words.

    `restamped`: told as if it was edited just now, as some of those updates are.
    """
    found = world.find_message(message)
    links = LINK.findall(found.content) or ["https://example.org/"]
    found.edited = iso(world.clock.now()) if restamped else found.edited
    found.embeds = [*found.embeds, *({"type": "link", "url": url, "title": url} for url in links)]
    tell(world, "MESSAGE_UPDATE", found)


def react(world: World, person: str, message: str, emoji: str) -> None:
    """Add a reaction; a second time nothing happens."""
    user, found = world.user(person), world.find_message(message)
    users = found.reactions.setdefault(emoji, [])
    if user.id not in users:
        users.append(user.id)
        told = reaction_payload(world, found, user.id, emoji, added=True)
        world.tell("MESSAGE_REACTION_ADD", told, world.channels[found.channel].guild)


def unreact(world: World, person: str, message: str, emoji: str) -> None:
    """Take a reaction back."""
    user, found = world.user(person), world.find_message(message)
    if user.id in found.reactions.get(emoji, []):
        found.reactions[emoji].remove(user.id)
        told = reaction_payload(world, found, user.id, emoji, added=False)
        world.tell("MESSAGE_REACTION_REMOVE", told, world.channels[found.channel].guild)


def clear(world: World, message: str, emoji: str = "") -> None:
    """Somebody who manages messages takes all reactions away, or all of one sign."""
    found = world.find_message(message)
    gone = [emoji] if emoji else [*found.reactions]
    if not any(found.reactions.pop(sign, []) for sign in gone):
        return
    event = "MESSAGE_REACTION_REMOVE_EMOJI" if emoji else "MESSAGE_REACTION_REMOVE_ALL"
    guild = world.channels[found.channel].guild
    world.tell(event, cleared_payload(world, found, emoji), guild)


def types(world: World, person: str, channel: str) -> None:
    """Begin to type."""
    user = world.user(person)
    where = place(world, user, channel)
    world.tell("TYPING_START", typing_payload(world, where, user.id), where.guild)


def begin_thread(world: World, person: str, message: str, name: str) -> str:
    """Begin a thread on a message: it has the message's id."""
    user, root = world.user(person), world.find_message(message)
    home = world.channels[root.channel]
    if home.kind not in THREAD_HOMES:
        raise Refused(WRONG_CHANNEL_TYPE)
    thread = opened(world, home, user, root.id, name)
    root.thread, root.flags = thread.id, root.flags | 1 << 5
    reference = {"channel_id": home.id, "message_id": root.id, "guild_id": home.guild}
    starter = Message(world.clock.snowflake(), thread.id, root.author, "", THREAD_STARTER)
    starter.reference = reference
    world.post(starter)
    tell(world, "MESSAGE_UPDATE", root)
    tell(world, "MESSAGE_CREATE", starter)
    return thread.id


def opened(world: World, home: Channel, user: User, id: str, name: str) -> Channel:
    """A new thread with its first member, told of."""
    kind = THREAD_HOMES.get(home.kind, Kind.PUBLIC_THREAD)
    made = Channel(id, kind, name[:100], home.guild, home.id)
    made.thread = Thread(user.id, members=[user.id])
    world.channels[id] = made
    told = channel_payload(world, made) | {"newly_created": True}
    world.tell("THREAD_CREATE", told, made.guild)
    return made


def post_in_forum(world: World, forum: str, person: str, title: str, text: str) -> str:
    """Write a post: a thread, whose first message has the thread's id."""
    user, home = world.user(person), world.channel(forum)
    if home.kind is not Kind.FORUM:
        raise Refused(WRONG_CHANNEL_TYPE)
    if not may(world, user.id, home, SEND_MESSAGES):
        raise Refused(NO_PERMISSION)
    thread = opened(world, home, user, world.clock.snowflake(), title)
    home.last_message_id = thread.id
    message = Message(thread.id, thread.id, user.id, text)
    mention(world, message, None)
    return posted(world, message).id


def archive(world: World, channel: Channel, archived: bool = True, locked: bool = False) -> None:
    """Archive a thread, lock it, or open it again."""
    if channel.thread is None:
        raise Refused(WRONG_CHANNEL_TYPE)
    channel.thread.archived, channel.thread.locked = archived, locked
    channel.thread.archived_at = iso(world.clock.now())
    world.tell("THREAD_UPDATE", channel_payload(world, channel), channel.guild)
