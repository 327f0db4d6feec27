"""Threads and forum posts: begun, changed, joined, listed."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.access import need, seen_channel, seen_guild, seen_message
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.events import (
    THREAD_STARTER,
    channel_payload,
    message_payload,
    thread_gone_payload,
    thread_member_payload,
)
from tests.discord.ids import BOT
from tests.discord.limits import bad_name, check_message, check_thread
from tests.discord.permissions import (
    CREATE_PRIVATE_THREADS,
    CREATE_PUBLIC_THREADS,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    allowed,
    may,
)
from tests.discord.posting import composed, created, tell_message
from tests.discord.refusals import Json, Refused, check
from tests.discord.things import Channel, Kind, Message, Thread, iso
from tests.discord.world import World

HAS_THREAD = 1 << 5  # of a message
DAY_MINUTES = 1440


def begin_on(
    world: World, message: Message, owner: str, name: str, minutes: int = DAY_MINUTES
) -> Channel:
    """Begin a thread on a message: it has the message's id. Tells of it."""
    parent = world.channels[message.channel]
    if message.thread or message.id in world.channels:
        raise Refused(refusals.THREAD_EXISTS)
    kind = Kind.NEWS_THREAD if parent.kind is Kind.NEWS else Kind.PUBLIC_THREAD
    thread = begin(world, parent, kind, message.id, owner, name, minutes)
    message.thread, message.flags = thread.id, message.flags | HAS_THREAD
    tell_message(world, "MESSAGE_UPDATE", message)
    reference = {"channel_id": parent.id, "message_id": message.id, "guild_id": parent.guild}
    starter = Message(world.clock.snowflake(), thread.id, owner, "", type=THREAD_STARTER)
    starter.reference = reference
    world.post(starter)
    count_back(thread)
    tell_message(world, "MESSAGE_CREATE", starter)
    return thread


def begin(
    world: World, parent: Channel, kind: Kind, id: str, owner: str, name: str, minutes: int
) -> Channel:
    """Make a thread, with its owner in it, and tell of it."""
    thread = Channel(id, kind, name.strip(), parent.guild, parent.id)
    thread.thread = Thread(owner, auto_archive_minutes=minutes, members=[owner])
    world.channels[id] = thread
    told = channel_payload(world, thread) | {"newly_created": True}
    world.tell("THREAD_CREATE", told, parent.guild)
    return thread


def begin_post(
    world: World, forum: Channel, owner: str, name: str, minutes: int = DAY_MINUTES
) -> Channel:
    """Begin a post in a forum; its first message is to have its id."""
    kind = Kind.PUBLIC_THREAD
    return begin(world, forum, kind, world.clock.snowflake(), owner, name, minutes)


def count_back(thread: Channel) -> None:
    """A thread's first message does not count."""
    if thread.thread is not None:
        thread.thread.message_count -= 1


def post_on_message(call: Call) -> Answer:
    """The bot begins a thread on a message."""
    channel = seen_channel(call.world, call.id("channel"))
    message = seen_message(call.world, channel, call.id("message"))
    if channel.kind not in (Kind.TEXT, Kind.NEWS):
        raise Refused(refusals.WRONG_CHANNEL_TYPE)
    need(call.world, channel, CREATE_PUBLIC_THREADS | READ_MESSAGE_HISTORY)
    check_thread(call.given)
    minutes = call.given.get("auto_archive_duration") or DAY_MINUTES
    thread = begin_on(call.world, message, BOT, call.given["name"], minutes)
    return channel_payload(call.world, thread)


def post_thread(call: Call) -> Answer:
    """The bot begins a thread without a message, or a post in a forum."""
    channel = seen_channel(call.world, call.id("channel"))
    check_thread(call.given)
    if channel.kind is Kind.FORUM:
        return post_in_forum(call, channel)
    if channel.kind not in (Kind.TEXT, Kind.NEWS):
        raise Refused(refusals.WRONG_CHANNEL_TYPE)
    kind = Kind(call.given.get("type") or Kind.PRIVATE_THREAD)
    private = kind is Kind.PRIVATE_THREAD
    need(call.world, channel, CREATE_PRIVATE_THREADS if private else CREATE_PUBLIC_THREADS)
    id, minutes = call.world.clock.snowflake(), call.given.get("auto_archive_duration")
    thread = begin(call.world, channel, kind, id, BOT, call.given["name"], minutes or DAY_MINUTES)
    return channel_payload(call.world, thread)


def post_in_forum(call: Call, forum: Channel) -> Answer:
    """A forum's post begins with a message, which has the post's id."""
    need(call.world, forum, SEND_MESSAGES)
    given = call.given.get("message") or {}
    check_message(given, "message.")
    minutes = call.given.get("auto_archive_duration") or DAY_MINUTES
    thread = begin_post(call.world, forum, BOT, call.given["name"], minutes)
    first = composed(call.world, thread, given)
    first.id = thread.id
    created(call.world, first)
    count_back(thread)
    told = channel_payload(call.world, thread)
    return told | {"message": message_payload(call.world, first)}


def patch_channel(call: Call) -> Answer:
    """Rename, archive, lock a thread: the bot's own, or where it manages threads.

    Who may post in a thread that is not locked may also open it again.
    """
    channel = seen_channel(call.world, call.id("channel"))
    if channel.thread is None:
        raise Refused(refusals.NO_PERMISSION)
    opens = call.given == {"archived": False} and not channel.thread.locked
    if opens:
        need(call.world, channel, SEND_MESSAGES_IN_THREADS)
    elif channel.thread.owner != BOT or "locked" in call.given:
        need(call.world, channel, MANAGE_THREADS)
    if channel.thread.archived and call.given.get("archived") is not False:
        raise Refused(refusals.ARCHIVED)
    check([] if call.given.get("name") is None else bad_name(call.given["name"]))
    change_thread(call.world, channel, call.given)
    return channel_payload(call.world, channel)


def change_thread(world: World, channel: Channel, given: Json) -> None:
    """Change a thread, and tell of it: its name, archived, locked, auto_archive_duration."""
    thread = channel.thread
    assert thread is not None
    channel.name = given.get("name") or channel.name
    if given.get("archived", thread.archived) is not thread.archived:
        thread.archived, thread.archived_at = not thread.archived, iso(world.clock.now())
    thread.locked = bool(given.get("locked", thread.locked))
    pause = given.get("auto_archive_duration")
    thread.auto_archive_minutes = pause or thread.auto_archive_minutes
    world.tell("THREAD_UPDATE", channel_payload(world, channel), channel.guild)


def delete_channel(call: Call) -> Answer:
    """Delete a thread, where the bot manages threads."""
    channel = seen_channel(call.world, call.id("channel"))
    if channel.thread is None:
        raise Refused(refusals.NO_PERMISSION)
    need(call.world, channel, MANAGE_THREADS)
    told = channel_payload(call.world, channel)
    delete_thread(call.world, channel)
    return told


def delete_thread(world: World, thread: Channel) -> None:
    """Take a thread away with all that was said in it, and tell of it."""
    world.channels.pop(thread.id, None)
    world.messages.pop(thread.id, None)
    world.tell("THREAD_DELETE", thread_gone_payload(thread), thread.guild)


def get_members(call: Call) -> Answer:
    """Who is in a thread."""
    channel, thread = a_thread(call)
    return [thread_member_payload(channel, user) for user in thread.members]


def get_member(call: Call) -> Answer:
    """Is somebody in a thread? Unknown Member, if not."""
    channel, thread = a_thread(call)
    if call.id("user") not in thread.members:
        raise Refused(refusals.UNKNOWN_MEMBER)
    return thread_member_payload(channel, call.id("user"))


def put_member(call: Call) -> Answer:
    """The bot joins a thread, or takes somebody into it."""
    channel, thread = a_thread(call)
    user = BOT if call.path["user"] == "@me" else call.id("user")
    if thread.archived:
        raise Refused(refusals.ARCHIVED)
    if user not in thread.members:
        thread.members.append(user)
        world = call.world
        told: Json = {"id": channel.id, "guild_id": channel.guild}
        told |= {"member_count": len(thread.members)}
        told["added_members"] = [thread_member_payload(channel, user)]
        world.tell("THREAD_MEMBERS_UPDATE", told, channel.guild)
    return None


def delete_member(call: Call) -> Answer:
    """The bot leaves a thread."""
    channel, thread = a_thread(call)
    user = BOT if call.path["user"] == "@me" else call.id("user")
    if user != BOT:
        need(call.world, channel, MANAGE_THREADS)
    if user in thread.members:
        thread.members.remove(user)
    return None


def a_thread(call: Call) -> tuple[Channel, Thread]:
    """The thread that is meant; any other channel is refused."""
    channel = seen_channel(call.world, call.id("channel"))
    if channel.thread is None:
        raise Refused(refusals.WRONG_CHANNEL_TYPE)
    return channel, channel.thread


def get_active(call: Call) -> Answer:
    """The threads of a guild that are not archived, newest first, as far as the bot sees them."""
    guild = seen_guild(call.world, call.id("guild"))
    return listed(call.world, call.world.threads(guild.id))


def get_archived(call: Call) -> Answer:
    """A page of the archived public threads of a channel, that which was archived last first."""
    channel = seen_channel(call.world, call.id("channel"))
    limit, before = call.number("limit", 50, 1, 100), call.query.get("before", "9999")
    found = []
    if may(call.world, BOT, channel, READ_MESSAGE_HISTORY):
        archived = call.world.threads(channel.guild, archived=True)
        mine = [t for t in archived if t.parent == channel.id and t.kind is not Kind.PRIVATE_THREAD]
        found = sorted((t for t in mine if archived_at(t) < before), key=archived_at, reverse=True)
    page = listed(call.world, found[:limit])
    page["threads"].sort(
        key=lambda told: told["thread_metadata"]["archive_timestamp"], reverse=True
    )
    return page | {"has_more": len(found) > limit}


def get_joined(call: Call) -> Answer:
    """The archived private threads of a channel that the bot is in; all on one page."""
    channel = seen_channel(call.world, call.id("channel"))
    archived = call.world.threads(channel.guild, archived=True)
    mine = [t for t in archived if t.parent == channel.id and t.kind is Kind.PRIVATE_THREAD]
    joined = [t for t in mine if t.thread is not None and BOT in t.thread.members]
    return listed(call.world, joined) | {"has_more": False}


def archived_at(channel: Channel) -> str:
    """When a thread was archived."""
    return channel.thread.archived_at if channel.thread is not None else ""


def listed(world: World, threads: list[Channel]) -> Json:
    """Threads with the bot's memberships."""
    seen = [thread for thread in threads if allowed(world, BOT, thread)]
    mine = [c for c in seen if c.thread is not None and BOT in c.thread.members]
    return {
        "threads": [channel_payload(world, c) for c in sorted(seen, key=by_id, reverse=True)],
        "members": [thread_member_payload(thread, BOT) for thread in mine],
    }


def by_id(channel: Channel) -> int:
    """In the order of their making."""
    return int(channel.id)


ENDPOINTS = (
    Endpoint("POST", "/channels/{channel}/messages/{message}/threads", post_on_message, 201),
    Endpoint("POST", "/channels/{channel}/threads", post_thread, 201),
    Endpoint("PATCH", "/channels/{channel}", patch_channel),
    Endpoint("DELETE", "/channels/{channel}", delete_channel),
    Endpoint("GET", "/channels/{channel}/thread-members", get_members),
    Endpoint("GET", "/channels/{channel}/thread-members/{user}", get_member),
    Endpoint("PUT", "/channels/{channel}/thread-members/{user}", put_member),
    Endpoint("DELETE", "/channels/{channel}/thread-members/{user}", delete_member),
    Endpoint("GET", "/channels/{channel}/threads/archived/public", get_archived),
    Endpoint("GET", "/channels/{channel}/users/@me/threads/archived/private", get_joined),
    Endpoint("GET", "/guilds/{guild}/threads/active", get_active),
)
