"""Where an answer goes: a thread, a channel, a direct conversation; threads are begun here."""

from __future__ import annotations

import logging
from typing import Literal

import discord

from bot import wording
from bot.conversation import Place
from bot.measures import shortened, tidy
from bot.platforms.discord.buckets import LONGEST_WAIT_S
from bot.platforms.discord.calls import (
    NO_ACCESS,
    THREAD_EXISTS,
    UNKNOWN_CHANNEL,
    Refused,
    calling,
)
from bot.platforms.discord.posting import Tries, Where, again
from bot.platforms.discord.reading import DIRECT
from bot.posts import Door, Item, Post
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

NAME = 100  # units of a thread's name
ARCHIVED_AFTER_MIN: Literal[1440] = 1440


class Places:
    """Finds where answers go. Calls raise `PlatformAway` and `CannotReply`."""

    def __init__(
        self, client: discord.Client, answers: Literal["thread", "reply"], tries: Tries
    ) -> None:
        self.client, self.answers, self.tries = client, answers, tries

    async def of(self, item: Item) -> Where:
        """Where the answer to an item goes that all may read who read the question."""
        post = item.post
        if post.place.workspace == DIRECT:
            return Where(post.place.channel)
        if post.door is Door.COMMAND:
            return Where(raw_channel(post.place))
        if item.notice and item.accepted_at is None:
            return await self.beside(item)
        return self._at(await self._channel(item), post)

    async def beside(self, item: Item) -> Where:
        """A reply to the question itself, for a notice; no thread is begun for it."""
        place = item.post.place
        thread = await self.thread(place)
        return self._at(place.thread if thread else place.channel, item.post)

    async def direct(self, person: str) -> Where:
        """The direct conversation with a person."""
        channel = await again(
            "POST DM", lambda: self.client.create_dm(discord.Object(int(person))), self.tries
        )
        return Where(str(channel.id))

    async def thread(self, place: Place) -> discord.Thread | None:
        """The thread of a place; None: there is none, the place is a chain of replies."""
        if not place.thread.isdecimal():
            return None
        known = self.client.get_channel(int(place.thread))
        found = known or await self._fetched(place.thread)
        return found if isinstance(found, discord.Thread) else None

    async def rename(self, post: Post, text: str) -> None:
        """Name the thread that the bot began on a question after its words as they are now.

        Discord allows that twice in ten minutes; nobody waits, and where it fails that is told.
        """
        thread = await self.thread(post.place) if begins(post) else None
        me = self.client.user
        if thread is None or me is None or thread.owner_id != me.id or thread.name == named(text):
            return
        try:
            await calling("PATCH channel", thread.edit(name=named(text), archived=False))
        except (PlatformAway, Refused) as error:
            log.warning("the thread %d keeps its name: %s", thread.id, error)

    async def _channel(self, item: Item) -> str:
        """The id of the thread or channel, where the first replies stand already if there are."""
        place = item.post.place
        here = (place.thread, place.channel)
        if held := next((r.channel for r in item.replies if r.channel in here), ""):
            return held
        if begins(item.post) and self.answers == "thread" and not self.in_forum(place):
            return await self._begun(item.post)
        return place.thread if await self.thread(place) else place.channel

    def _at(self, channel: str, post: Post) -> Where:
        """In a thread that hangs on the question itself, the answer need not refer to it."""
        if channel == post.place.thread == asked_by(post):
            return Where(channel, else_in=post.place.channel)
        return Where(channel, asked_by(post))

    async def _begun(self, post: Post) -> str:
        """Begin a thread on the question; the channel itself where that cannot be, or not soon."""
        place, name = post.place, named(post.text)
        try:
            await again(
                "POST thread",
                lambda: self.client.http.start_thread_with_message(
                    place.channel,
                    place.thread,
                    name=name,
                    auto_archive_duration=ARCHIVED_AFTER_MIN,
                ),
                self.tries,
            )
        except Refused as refused:
            if refused.code == THREAD_EXISTS or await self.thread(place):
                return place.thread
            log.info("%s; answered by a reply", refused)
            return place.channel
        except PlatformAway as away:
            if (away.retry_after_s or 0.0) <= LONGEST_WAIT_S:
                raise
            log.info("%s; answered by a reply", away)
            return place.channel
        return place.thread

    def in_forum(self, place: Place) -> bool:
        """Is its channel a forum, in which each thread is a post with a title?"""
        parent = self.client.get_channel(int(place.channel))
        return isinstance(parent, discord.ForumChannel)

    async def _fetched(self, channel: str) -> object:
        try:
            return await again(
                "GET channel", lambda: self.client.fetch_channel(int(channel)), self.tries
            )
        except Refused as refused:
            if refused.code in (UNKNOWN_CHANNEL, NO_ACCESS):
                return None
            raise


def raw_channel(place: Place) -> str:
    """The id of the channel or thread in which a command was given."""
    return place.thread or place.channel


def asked_by(post: Post) -> str:
    """The message that asks; of an answer that is shared: the one that it was asked about."""
    return post.id if post.id.isdecimal() else post.place.thread


def begins(post: Post) -> bool:
    """Is a thread to be begun on the message that asks?"""
    return bool(post.place.thread) and post.place.thread == asked_by(post)


def named(text: str) -> str:
    """A thread's name: the question in one line."""
    return shortened(" ".join(tidy(text).split()), NAME) or wording.NAME
