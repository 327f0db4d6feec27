"""Reactions: added, taken away, listed; at most twenty signs at one message."""

from __future__ import annotations

import re

from tests.discord import refusals
from tests.discord.access import need, seen_channel, seen_message
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.events import reaction_payload, user_payload
from tests.discord.ids import BOT
from tests.discord.permissions import ADD_REACTIONS, MANAGE_MESSAGES, READ_MESSAGE_HISTORY
from tests.discord.refusals import Refused
from tests.discord.things import Message
from tests.discord.world import World

ROUTE = "/channels/{channel}/messages/{message}/reactions"
CUSTOM = re.compile(r"\w{2,32}:\d{15,20}", re.ASCII)
MOST_SIGNS = 20


def react(world: World, message: Message, user: str, emoji: str) -> None:
    """Add somebody's reaction, and tell of it; once for each sign."""
    users = message.reactions.setdefault(emoji, [])
    if user in users:
        return
    users.append(user)
    tell(world, message, user, emoji, added=True)


def unreact(world: World, message: Message, user: str, emoji: str) -> None:
    """Take somebody's reaction away, and tell of it, where there is one."""
    users = message.reactions.get(emoji, [])
    if user not in users:
        return
    users.remove(user)
    if not users:
        del message.reactions[emoji]
    tell(world, message, user, emoji, added=False)


def tell(world: World, message: Message, user: str, emoji: str, added: bool) -> None:
    """The event of a reaction."""
    event = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
    told = reaction_payload(world, message, user, emoji, added)
    if user != BOT or world.settings.echoes:
        world.tell(event, told, world.channels[message.channel].guild)


def put_reaction(call: Call) -> Answer:
    """The bot reacts."""
    message, emoji = reacted(call)
    channel = call.world.channels[message.channel]
    need(call.world, channel, READ_MESSAGE_HISTORY)
    if emoji not in message.reactions:
        need(call.world, channel, ADD_REACTIONS)
        if len(message.reactions) >= MOST_SIGNS:
            raise Refused(refusals.REACTIONS_FULL)
    react(call.world, message, BOT, emoji)
    return None


def delete_own(call: Call) -> Answer:
    """The bot takes its reaction back."""
    message, emoji = reacted(call)
    unreact(call.world, message, BOT, emoji)
    return None


def delete_of_user(call: Call) -> Answer:
    """The bot takes somebody's reaction away, where it manages messages."""
    message, emoji = reacted(call)
    need(call.world, call.world.channels[message.channel], MANAGE_MESSAGES)
    unreact(call.world, message, call.id("user"), emoji)
    return None


def get_users(call: Call) -> Answer:
    """Who reacted so, by their ids; `after` one of them."""
    message, emoji = reacted(call)
    limit, after = call.number("limit", 25, 1, 100), call.asked_id("after") or "0"
    users = sorted(message.reactions.get(emoji, []), key=int)
    later = [user for user in users if int(user) > int(after)]
    return [user_payload(call.world.user(user)) for user in later[:limit]]


def reacted(call: Call) -> tuple[Message, str]:
    """The message and the sign: an emoji, or "name:id" of a guild's own."""
    channel = seen_channel(call.world, call.id("channel"))
    message, emoji = seen_message(call.world, channel, call.id("message")), call.path["emoji"]
    if emoji.isascii() and not CUSTOM.fullmatch(emoji):
        raise Refused(refusals.UNKNOWN_EMOJI)
    return message, emoji


ENDPOINTS = (
    Endpoint("PUT", ROUTE + "/{emoji}/@me", put_reaction),
    Endpoint("DELETE", ROUTE + "/{emoji}/@me", delete_own),
    Endpoint("DELETE", ROUTE + "/{emoji}/{user}", delete_of_user),
    Endpoint("GET", ROUTE + "/{emoji}", get_users),
)
