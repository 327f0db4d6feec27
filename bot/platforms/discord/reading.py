"""What discord.py tells, in our words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import discord

from bot.conversation import Place
from bot.gate import asks
from bot.posts import Door, Post

PLATFORM, DIRECT = "discord", "@me"
SPOKEN = frozenset({discord.MessageType.default, discord.MessageType.reply})
USER = re.compile(r"<@!?(\d{1,20})>")
ROLE = re.compile(r"<@&(\d{1,20})>")
CHANNEL = re.compile(r"<#(\d{1,20})>")
EMOJI = re.compile(r"<a?(:\w{2,32}:)\d{1,20}>")
COMMAND = re.compile(r"<(/[^:<>]{1,100}):\d{1,20}>")
LEADING = re.compile(r"^[\s,:;–—-]+(?=\w)")


@dataclass(frozen=True)
class Me:
    """Who the bot is, and what it may read."""

    user: str
    application: str
    content: bool  # the app asked for what people write, and may have it


@dataclass(frozen=True)
class Hung:
    """What a message hangs on, where it replies to one."""

    message: str  # the id of that one; empty: it replies to none
    author: str = ""
    thread: str = ""  # of the question that that one answers: it is the bot's


@dataclass(frozen=True)
class Spoken:
    """A text without markup, and whom it speaks to."""

    text: str
    addressed: bool
    others: tuple[str, ...]  # people and roles


def place_of(channel: object, message: int | str = "") -> Place | None:
    """Where a message in that channel stands; None: the channel is not known.

    Outside of threads the thread is the message's own: that which would begin on it.
    """
    match channel:
        case discord.Thread():
            return Place(PLATFORM, str(channel.guild.id), str(channel.parent_id), str(channel.id))
        case discord.DMChannel():
            return Place(PLATFORM, DIRECT, str(channel.id), str(channel.id))
        case discord.abc.GuildChannel():
            return Place(PLATFORM, str(channel.guild.id), str(channel.id), str(message))
    return None


def raw_place(guild: int | None, channel: int) -> Place:
    """The very channel or thread that a message stands in: what replies are looked up by."""
    return Place(PLATFORM, str(guild) if guild else DIRECT, str(channel))


def guild_of(message: discord.Message) -> int | None:
    """The server that a message was written in, known or not; None: it is a direct message."""
    if message.guild is not None:
        return message.guild.id
    channel = message.channel
    return channel.guild_id if isinstance(channel, discord.PartialMessageable) else None


def is_said(message: discord.Message, me: Me) -> bool:
    """Did somebody else say something, that is meant to be read by all who are there?"""
    ours = str(message.author.id) == me.user
    return message.type in SPOKEN and not ours and not message.flags.ephemeral


def event_of(message: discord.Message) -> str:
    """The id of what was told: the same for a message that is told again as it was."""
    edited = message.edited_at
    return f"m{message.id}:{edited.isoformat()}" if edited else f"m{message.id}"


def hung_on(message: discord.Message) -> Hung:
    """The message that this one replies to, as far as it was told."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return Hung("")
    resolved = reference.resolved
    author = str(resolved.author.id) if isinstance(resolved, discord.Message) else ""
    return Hung(str(reference.message_id or ""), author)


def read_message(message: discord.Message, me: Me, place: Place, hung: Hung) -> Post:
    """What was said, in `place` (see `place_of`).

    A reply to the bot goes on in the thread of what it replies to; where a reply to somebody else
    mentions the bot, it is about that message.
    """
    said = spoken(message, me)
    to_us = hung.author == me.user
    others = [*said.others, *([hung.author] if hung.author and not to_us else [])]
    if to_us and not isinstance(message.channel, discord.Thread | discord.DMChannel):
        place = replace(place, thread=hung.thread or hung.message)
    direct = place.workspace == DIRECT
    return Post(
        event=event_of(message),
        id=str(message.id),
        place=place,
        author=str(message.author.id),
        text=titled(message, said.text),
        written_at=message.created_at,
        door=Door.DIRECT if direct else Door.CHANNEL,
        addressed=direct or said.addressed or to_us,
        others=tuple(dict.fromkeys(others)),
        by_bot=message.author.bot or message.webhook_id is not None,
        edited=message.edited_at is not None,
        about="" if to_us else hung.message,
    )


def titled(message: discord.Message, text: str) -> str:
    """What begins a forum's post asks with its title, where it does not ask by itself.

    A title is often no more than a subject, which as a part of the question would mislead.
    """
    channel = message.channel
    if not isinstance(channel, discord.Thread) or channel.id != message.id:
        return text
    title = channel.name.strip()
    known = asks(text) or title.casefold() in text.casefold()
    return text if known else f"{title}\n{text}".strip()


def spoken(message: discord.Message, me: Me) -> Spoken:
    """What is said, without Discord's markup; mentions of the bot are taken out.

    A mention of the role that Discord made for the bot means the bot: many pick that by mistake.
    """
    own_roles = roles_of_ours(message)
    text, names = message.content, names_in(message)
    people, roles = ([found[1] for found in kind.finditer(text)] for kind in (USER, ROLE))
    others = [one for one in (*people, *roles) if one != me.user and one not in own_roles]
    called = me.user in people or not own_roles.isdisjoint(roles)
    text = unmarked(text, names, own_roles | {me.user})
    return Spoken(text, called, tuple(dict.fromkeys(others)))


def unmarked(text: str, names: Mapping[str, str], own: Collection[str]) -> str:
    """A text without markup: things by their `names`, which are by id; without our `own` ids."""
    for kind in (USER, ROLE):
        text = kind.sub(lambda m: "" if m[1] in own else f"@{names.get(m[1], m[1])}", text)
    text = CHANNEL.sub(lambda m: f"#{names.get(m[1], m[1])}", text)
    return LEADING.sub("", COMMAND.sub(r"\1", EMOJI.sub(r"\1", text)).strip())


def roles_of_ours(message: discord.Message) -> frozenset[str]:
    """The role that belongs to the bot in that server."""
    role = message.guild.self_role if message.guild else None
    return frozenset() if role is None else frozenset({str(role.id)})


def names_in(message: discord.Message) -> dict[str, str]:
    """The names of people, roles and channels that a message mentions, by id."""
    named: Iterable[tuple[int, str]] = (
        *((user.id, user.display_name) for user in message.mentions),
        *((role.id, role.name) for role in message.role_mentions),
        *((channel.id, channel.name) for channel in message.channel_mentions),
    )
    return {str(id): name for id, name in named}


async def who_gave(reaction: discord.Reaction) -> list[str]:
    """The ids of the people who gave it."""
    return [str(user.id) async for user in reaction.users()]
