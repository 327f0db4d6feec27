"""What was said before a question: in its thread, its direct conversation, its chain of replies."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import discord
from discord.utils import time_snowflake

from bot.brief import brief
from bot.conversation import Audience, Interaction, Place, Turn
from bot.desk import Desk
from bot.earlier import recorded
from bot.errors import UnknownInteraction
from bot.platforms.discord.calls import UNKNOWN_MESSAGE, Refused, Unsure
from bot.platforms.discord.controls import SHARE
from bot.platforms.discord.looking import ids_in, read, senseless, spot
from bot.platforms.discord.places import Places, asked_by
from bot.platforms.discord.posting import again
from bot.platforms.discord.reading import DIRECT, PLATFORM, SPOKEN, Me, spoken, titled
from bot.posts import Door, Item, Post

log = logging.getLogger(__name__)

MOST = 500  # messages that are read
LATER = 100  # messages behind the question in which earlier ones may be answered
TURNS = 40  # the last of them, beside the first
CHAIN = 20  # replies to replies that are followed
PAUSE = timedelta(hours=1)  # after which a direct conversation is another
QUOTE, SIGN = "> ", "-# "  # how our own lines begin: a command's question, what is still written
OWN = SPOKEN | {
    discord.MessageType.chat_input_command,
    discord.MessageType.context_menu_command,
}
Messages = list[discord.Message]


class History:
    """Reads the turns before a question. Raises `PlatformAway`."""

    def __init__(self, client: discord.Client, desk: Desk, me: Me, places: Places) -> None:
        self.client, self.desk, self.me, self.places = client, desk, me, places

    async def turns(self, item: Item, audience: Audience) -> tuple[Turn, ...]:
        """The turns, oldest first; where Discord does not show them, as our record has them."""
        if item.post.door not in (Door.CHANNEL, Door.DIRECT):
            return ()
        turns = await self._earlier(item, audience)
        return (*await self._title(item.post, turns), *turns)

    async def _title(self, post: Post, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """What a forum's post is called, where its first message does not say so."""
        thread = await self.places.thread(post.place) if self.places.in_forum(post.place) else None
        title, first = thread.name.strip() if thread else "", turns[0].text if turns else post.text
        known = title.casefold() in first.casefold()
        return () if known else (Turn("user", title),)

    async def _earlier(self, item: Item, audience: Audience) -> tuple[Turn, ...]:
        post = item.post
        if not (self.me.content or post.place.workspace == DIRECT):
            return await self._recorded(post, audience)
        try:
            return await self._read(item)
        except (Refused, Unsure) as error:
            if isinstance(error, Unsure) and not senseless(error):
                raise
            log.warning("what was said before cannot be read, so our record has to do: %s", error)
            return await self._recorded(post, audience)

    async def _read(self, item: Item) -> tuple[Turn, ...]:
        post, thread, tries = item.post, None, self.places.tries
        direct = post.place.workspace == DIRECT
        if post.begins_thread:
            return await self._about(post, post.place.channel, ())
        if not direct and (thread := await self.places.thread(post.place)) is None:
            return await self._chain(post)
        there = thread or spot(self.client, post.place, post.place.channel)
        said = [m async for m in read(there, MOST, tries, before=asked_at(post))][::-1]
        said = since_pause(said, post) if direct else await self._with_first(said, post.place)
        said += await self._answers_below(item, there)
        own = {reply.message for reply in item.replies}
        turns = [turn for m in said if str(m.id) not in own for turn in self._turns(m)]
        known = {str(m.id) for m in said}
        if post.about and post.about not in known:
            return await self._about(post, str(getattr(there, "id", "")), few(turns))
        return few(turns)

    async def _with_first(self, said: Messages, place: Place) -> Messages:
        """What was said in a thread, with the message that it began on, in its parent."""
        if any(str(message.id) == place.thread for message in said):
            return said
        first = await self._fetched(place, place.channel, place.thread)
        return [first, *said] if first else said

    async def _answers_below(self, item: Item, there: discord.abc.Messageable) -> Messages:
        """Our answers to questions before it, though they stand below it.

        Who asks twice in a row has the first answer before the second.
        """
        after = asked_at(item.post)
        below = [
            m async for m in read(there, LATER, self.places.tries, after=after) if self._is_ours(m)
        ]
        places = {
            m.id: Place(PLATFORM, item.post.place.workspace, str(m.channel.id)) for m in below
        }
        known = [await brief(self.desk.answered, places[m.id], str(m.id)) for m in below]
        return [m for m, one in zip(below, known, strict=True) if one and one.item < item.id]

    async def _about(self, post: Post, channel: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """What a mention is about, which replies to it, comes first."""
        found = await self._fetched(post.place, channel, post.about) if post.about else None
        return (*(self._turns(found) if found else ()), *turns)

    async def _chain(self, post: Post) -> tuple[Turn, ...]:
        """What a reply replies to, and so on, oldest first."""
        turns, begin = list[Turn](), asked_by(post)
        message = await self._fetched(post.place, post.place.channel, begin)
        for _ in range(CHAIN):
            message = await self._replied(message, post.place) if message else None
            if message is None:
                break
            turns[:0] = await self._told(message, post.place)
        return tuple(turns)

    async def _replied(self, message: discord.Message, place: Place) -> discord.Message | None:
        reference = message.reference
        if message.type is not discord.MessageType.reply or reference is None:
            return None
        if reference.channel_id != message.channel.id:
            return None
        told = reference.resolved
        if isinstance(told, discord.Message) and told.type is not discord.MessageType.reply:
            return told  # of a reply Discord does not tell what it replies to
        return await self._fetched(place, place.channel, str(reference.message_id))

    async def _told(self, message: discord.Message, place: Place) -> Sequence[Turn]:
        """A message of a chain; of ours the whole answer, for the chain names one part of it."""
        kept = await self._interaction(message, place) if self._is_ours(message) else None
        if kept is None:
            return self._turns(message)
        answer = Turn("assistant", kept.answer.text)
        replies = message.reference is not None
        return [answer] if replies else [Turn("user", kept.question.text), answer]

    async def _interaction(self, message: discord.Message, place: Place) -> Interaction | None:
        raw = Place(PLATFORM, place.workspace, str(message.channel.id))
        answered = await brief(self.desk.answered, raw, str(message.id))
        if answered is None or answered.interaction is None:
            return None
        try:
            return await brief(self.desk.assistant.recorded, answered.interaction)
        except UnknownInteraction:
            return None

    async def _fetched(self, place: Place, channel: str, message: str) -> discord.Message | None:
        """A message by its id; None: it is gone."""
        there = spot(self.client, place, channel)
        try:
            return await again(
                "GET message", lambda: there.fetch_message(int(message)), self.places.tries
            )
        except Refused as refused:
            if refused.code != UNKNOWN_MESSAGE:
                raise
            return None

    def _turns(self, message: discord.Message) -> list[Turn]:
        """What a message says: a command's answer also tells what was asked."""
        if self._is_ours(message):
            return own_turns(message) if message.type in OWN else []
        text = titled(message, spoken(message, self.me).text) if message.type in SPOKEN else ""
        return [Turn("user", text)] if text.strip() else []

    def _is_ours(self, message: discord.Message) -> bool:
        return str(message.author.id) == self.me.user

    async def _recorded(self, post: Post, audience: Audience) -> tuple[Turn, ...]:
        if post.begins_thread:
            return ()
        return await brief(recorded, self.desk, post.place, audience, TURNS)


def asked_at(post: Post) -> discord.Object:
    """What has a higher id came later; an answer that is shared has no message of its own."""
    own = post.id.isdecimal()
    return discord.Object(int(post.id) if own else time_snowflake(post.written_at))


def own_turns(message: discord.Message) -> list[Turn]:
    """What a message of ours says, without its signs; first the question, where it quotes one."""
    lines = [line for line in message.content.split("\n") if not line.startswith(SIGN)]
    asked = [lines.pop(0)[len(QUOTE) :]] if quotes(message, lines) else []
    said = "\n".join(lines).strip()
    turns = [Turn("user", text) for text in asked if text.strip()]
    return [*turns, *([Turn("assistant", said)] if said else [])]


def quotes(message: discord.Message, lines: Sequence[str]) -> bool:
    """Does it begin with what was asked: by a command, or elsewhere to be answered in private?"""
    asked = message.interaction_metadata is not None or any(map(SHARE.fullmatch, ids_in(message)))
    return asked and bool(lines) and lines[0].startswith(QUOTE)


def since_pause(said: Messages, post: Post) -> Messages:
    """What was said in a direct conversation since its last long pause, oldest first."""
    kept, next_at = Messages(), post.written_at
    for message in reversed(said):
        if next_at - message.created_at > PAUSE:
            break
        kept.insert(0, message)
        next_at = message.created_at
    return kept


def few(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The first turn and the last ones."""
    return tuple(turns if len(turns) <= TURNS else [turns[0], *turns[-TURNS:]])
