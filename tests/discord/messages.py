"""Messages in channels: read, posted, edited, deleted; and that somebody types."""

from __future__ import annotations

from collections.abc import Sequence

from tests.discord import refusals
from tests.discord.access import (
    check_speakable,
    heard_channel,
    need,
    seen_channel,
    seen_message,
)
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.events import message_payload, typing_payload
from tests.discord.ids import BOT
from tests.discord.intents import blanked
from tests.discord.limits import check_message
from tests.discord.nonces import remember, sent_before
from tests.discord.permissions import MANAGE_MESSAGES, READ_MESSAGE_HISTORY, may
from tests.discord.posting import changed, composed, created, removed
from tests.discord.refusals import Json, Refused
from tests.discord.things import SUPPRESS_EMBEDS, Channel, Message
from tests.discord.world import World

ROUTE = "/channels/{channel}/messages"


def get_messages(call: Call) -> Answer:
    """A page of a channel's history, newest first; empty where the bot may not read it."""
    channel = heard_channel(call.world, call.id("channel"))
    limit = call.number("limit", 50, 1, 100)
    if not may(call.world, BOT, channel, READ_MESSAGE_HISTORY):
        return []
    found = page(call, call.world.history(channel.id), limit)
    return [told(call.world, channel, message) for message in reversed(found)]


def page(call: Call, history: Sequence[Message], limit: int) -> Sequence[Message]:
    """The part that is asked for, oldest first."""
    if before := call.asked_id("before"):
        return [m for m in history if int(m.id) < int(before)][-limit:]
    if after := call.asked_id("after"):
        return [m for m in history if int(m.id) > int(after)][:limit]
    if around := call.asked_id("around"):
        earlier = [m for m in history if int(m.id) < int(around)][-(limit // 2) :]
        later = [m for m in history if int(m.id) >= int(around)][: limit - len(earlier)]
        return [*earlier, *later]
    return history[-limit:]


def get_message(call: Call) -> Answer:
    """One message."""
    channel = heard_channel(call.world, call.id("channel"))
    need(call.world, channel, READ_MESSAGE_HISTORY)
    return told(call.world, channel, seen_message(call.world, channel, call.id("message")))


def told(world: World, channel: Channel, message: Message) -> Json:
    """A message as the bot may read it."""
    whole = message_payload(world, message)
    return whole if world.settings.content_intent else blanked(whole, channel.is_dm)


def post_message(call: Call) -> Answer:
    """Post a message, or give back the one that was sent under the same nonce before."""
    channel = seen_channel(call.world, call.id("channel"))
    check_speakable(call.world, channel, call.given)
    check_message(call.given)
    if before := sent_before(call.world, BOT, call.given):
        return message_payload(call.world, before)
    posted = created(call.world, composed(call.world, channel, call.given))
    if posted.nonce:
        remember(call.world, posted)
    return message_payload(call.world, posted)


def patch_message(call: Call) -> Answer:
    """Edit a message of the bot; of others it may only hide the embeds."""
    channel = seen_channel(call.world, call.id("channel"))
    message = seen_message(call.world, channel, call.id("message"))
    if message.author != BOT:
        check_only_hidden(call, channel)
    if channel.thread is not None and channel.thread.archived:
        raise Refused(refusals.ARCHIVED)
    return message_payload(call.world, changed(call.world, message, call.given))


def check_only_hidden(call: Call, channel: Channel) -> None:
    """Refuse to change what somebody else wrote."""
    hides = call.given.keys() == {"flags"} and int(call.given["flags"]) & SUPPRESS_EMBEDS
    if not hides:
        raise Refused(refusals.NOT_THE_AUTHOR)
    need(call.world, channel, MANAGE_MESSAGES)


def delete_message(call: Call) -> Answer:
    """Delete a message: the bot's own, or somebody's where it manages messages."""
    channel = seen_channel(call.world, call.id("channel"))
    message = seen_message(call.world, channel, call.id("message"))
    if message.author != BOT:
        if channel.is_dm:
            raise Refused(refusals.NOT_IN_DMS)
        need(call.world, channel, MANAGE_MESSAGES)
    removed(call.world, message)
    return None


def post_typing(call: Call) -> Answer:
    """Show that the bot types, for ten seconds or until it posts."""
    channel = seen_channel(call.world, call.id("channel"))
    check_speakable(call.world, channel, {})
    call.world.tell("TYPING_START", typing_payload(call.world, channel, BOT), channel.guild)
    return None


ENDPOINTS = (
    Endpoint("GET", ROUTE, get_messages),
    Endpoint("POST", ROUTE, post_message),
    Endpoint("GET", ROUTE + "/{message}", get_message),
    Endpoint("PATCH", ROUTE + "/{message}", patch_message),
    Endpoint("DELETE", ROUTE + "/{message}", delete_message),
    Endpoint("POST", "/channels/{channel}/typing", post_typing),
)
