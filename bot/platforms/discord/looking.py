"""How the bot finds its own messages again, some of which it may not have noted."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import discord

from bot.brief import brief
from bot.conversation import Place
from bot.platforms.discord.calls import (
    MALFORMED,
    NO_ACCESS,
    NO_PERMISSION,
    UNKNOWN_CHANNEL,
    Refused,
    Unsure,
)
from bot.platforms.discord.controls import REDO, SHARE, marked
from bot.platforms.discord.posting import Tries, again
from bot.platforms.discord.reading import PLATFORM, Me
from bot.posts import Answered, Item, Reply

log = logging.getLogger(__name__)

BEFORE = timedelta(seconds=60)  # the clocks may differ
PAGE = 100  # messages that Discord gives at a time
MOST = 1_000  # messages of a channel that are looked through
NOWHERE = frozenset({UNKNOWN_CHANNEL, NO_ACCESS, NO_PERMISSION})  # nothing stands, or none can look

Lookup = Callable[[Place, str], Answered | None]


async def read(
    there: discord.abc.Messageable,
    limit: int,
    tries: Tries,
    before: discord.Object | None = None,
    after: discord.Object | None = None,
) -> AsyncIterator[discord.Message]:
    """Messages of a channel: from `after` on, else back from `before`. Raises as `calling`."""
    for _ in range(-(-limit // PAGE)):
        page = await again("GET messages", partial(_page, there, before, after), tries)
        for message in page:
            yield message
        if len(page) < PAGE:
            return
        last = discord.Object(page[-1].id)
        before, after = (before, last) if after else (last, None)


async def _page(
    there: discord.abc.Messageable, before: discord.Object | None, after: discord.Object | None
) -> list[discord.Message]:
    return [message async for message in there.history(limit=PAGE, before=before, after=after)]


def senseless(error: Unsure) -> bool:
    """Is it what Discord told that makes no sense, and will make none the next time?"""
    return isinstance(error.__cause__, MALFORMED)


def spot(client: discord.Client, place: Place, channel: str) -> discord.PartialMessageable:
    """A channel of that place by its id, known to the client or not."""
    guild = int(place.workspace) if place.workspace.isdecimal() else None
    return client.get_partial_messageable(int(channel), guild_id=guild)


class Looking:
    """Finds what was posted for an item."""

    def __init__(
        self, client: discord.Client, me: Me, answered: Lookup, tries: Tries | None = None
    ) -> None:
        """`answered` tells what a message that was noted answers."""
        self.client, self.me, self.tries = client, me, tries or Tries()
        self._answered = answered

    async def posted(self, item: Item, channels: Iterable[str]) -> Sequence[Reply]:
        """The replies to an item that stand in these channels, oldest first."""
        found = list[Reply]()
        for channel in dict.fromkeys(channels):
            found += await self._in(item, channel)
        return found

    async def _in(self, item: Item, channel: str) -> list[Reply]:
        accepted = item.accepted_at or item.post.written_at
        since = discord.Object(discord.utils.time_snowflake(accepted - BEFORE))
        found, part = list[Reply](), 0
        there = spot(self.client, item.post.place, channel)
        try:
            async for message in read(there, MOST, self.tries, after=since):
                if (reply := await self._reply(message, item, channel, part)) is not None:
                    found.append(reply)
                    part = reply.part + 1
        except (Refused, Unsure) as error:
            known = error.code in NOWHERE if isinstance(error, Refused) else senseless(error)
            if not known:
                raise
            log.warning("item %d: what was posted cannot be looked for: %s", item.id, error)
        return found

    async def _reply(
        self, message: discord.Message, item: Item, channel: str, part: int
    ) -> Reply | None:
        """The reply that a message is; `part` is the next one where it bears no mark."""
        if str(message.author.id) != self.me.user or message.flags.loading:
            return None  # of others, or only the sign that the bot is thinking
        reply, whose = Reply(channel, str(message.id), part), list(items_in(message))
        if whose:
            mark = next(filter(None, map(marked, ids_in(message))), None)
            mine = item.id in whose
            return None if not mine else replace(reply, part=mark.part) if mark else reply
        if not may_answer(message, item, channel):
            return None
        place = Place(PLATFORM, item.post.place.workspace, channel)
        known = await brief(self._answered, place, reply.message)
        return reply if known is None or known.item == item.id else None


def ids_in(message: discord.Message) -> Iterator[str]:
    """The ids of a message's buttons."""
    for row in message.components:
        for part in getattr(row, "children", ()):
            yield str(getattr(part, "custom_id", None) or "")


def items_in(message: discord.Message) -> Iterator[int]:
    """The items that the buttons of a message name."""
    for id in ids_in(message):
        if mark := marked(id):
            yield mark.item
        for kind in (REDO, SHARE):
            if found := kind.fullmatch(id):
                yield int(found["item"])


def may_answer(message: discord.Message, item: Item, channel: str) -> bool:
    """May a message of ours without a mark be a reply to that item, if it is to no other?

    In a thread or a direct conversation nothing else is answered at the same time.
    """
    if (asked := message.interaction_metadata) is not None:
        return str(asked.id) == item.post.id
    if message.type not in (discord.MessageType.default, discord.MessageType.reply):
        return False
    replied = message.reference.message_id if message.reference else None
    if replied is not None:
        return str(replied) == item.post.id
    return channel == item.post.place.thread
