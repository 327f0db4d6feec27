"""A Slack workspace as a worker sees it: questions with their threads, and where answers go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot import wording
from bot.conversation import Audience, Place, Question, Turn
from bot.desk import Desk
from bot.earlier import recorded
from bot.platforms.slack import pens
from bot.platforms.slack.calls import Refused, Tries, calling, plain
from bot.platforms.slack.canvas import OPENING, ThreadCanvas, Workspace
from bot.platforms.slack.controls import mark, marked
from bot.platforms.slack.fields import TIME, Malformed, word
from bot.platforms.slack.marked import Where, find_marked, marks_in
from bot.platforms.slack.membership import Membership
from bot.platforms.slack.personal import CommandCanvas, ModalCanvas, PrivateCanvas
from bot.platforms.slack.personal import opening as opening_of
from bot.platforms.slack.reading import PLATFORM, Me, spoken
from bot.posts import Door, Item, Post, Reply
from bot.stage import Canvas, Note

log = logging.getLogger(__name__)

PAGE, PAGES = 200, 5  # messages of a thread that are read
TURNS = 40  # the last of them, beside the first


class SlackStage:
    """One workspace."""

    name = PLATFORM

    def __init__(self, desk: Desk, workspace: Workspace, me: Me, membership: Membership) -> None:
        self.desk, self.workspace, self.me, self.membership = desk, workspace, me, membership
        self.client = plain(workspace.client)

    async def question(self, item: Item) -> Question:
        """The question, with the turns before it and the audience that Slack establishes."""
        post, audience = item.post, await self.audience(item)
        turns = await self._turns(item, audience)
        return Question(
            post.text, post.author, post.place, turns, post.mode, post.task, audience=audience
        )

    async def audience(self, item: Item) -> Audience:
        """Who will read the answer."""
        post = item.post
        alone = post.private or post.door in (Door.DIRECT, Door.SHORTCUT)
        if post.outsider and not self.me.enterprise:
            return Audience("" if alone else post.place.channel)
        if alone:
            return await self.membership.alone(post.author)
        asker = post.author or self.me.user  # nobody asks where the bot speaks by itself
        return await self.membership.in_channel(post.place.channel, asker)

    async def notice(self, item: Item) -> str:
        """The notice, with what those may read who will read it."""
        if wording.READS not in item.notice:
            return item.notice
        post, audience = item.post, await self.audience(item)
        return self.desk.noticed(item.notice, post.author, post.place, audience)

    async def known_in(self, channel: str, place: Place) -> bool:
        """May every member of the workspace who reads the channel read that place, too?"""
        return channel == place.channel or await self.membership.open(place.channel)

    async def posted(self, item: Item) -> Sequence[Reply]:
        """Our messages that bear the item's mark, whatever revision they are of."""

        def part(text: str) -> int | None:
            read = marked(text)
            return read.part if read and read.item == item.id else None

        if item.post.door is Door.SHORTCUT and not item.replies:
            return ()
        if item.post.door is Door.COMMAND and not item.post.private:
            channel = self._beside(item, item.post.place.channel)
            roots = await find_marked(self.client, channel, part)
            found = [Reply(r.channel, r.message, OPENING) for r in roots if r.part == OPENING]
            threads = [self._under(item, reply) for reply in (*item.replies, *found)[:1]]
            return [*found, *[r for t in threads for r in await find_marked(self.client, t, part)]]
        return await find_marked(self.client, await self._where(item), part)

    def canvas(self, item: Item, note: Note) -> Canvas:
        """The thread; for who asked in private, the direct message or the modal."""
        where = partial(self._where, item)
        if item.post.door is Door.SHORTCUT:
            instead = PrivateCanvas(self.workspace, item, note, where)
            return ModalCanvas(self.workspace, item, instead)
        if item.post.private:
            return PrivateCanvas(self.workspace, item, note, where)
        if item.post.door is Door.COMMAND:
            where = partial(self._opened, item, note)
            return CommandCanvas(self.workspace, item, note, where)
        return ThreadCanvas(self.workspace, item, note, where)

    # -- where -------------------------------------------------------------------------

    async def _where(self, item: Item) -> Where:
        post = item.post
        if post.private or post.door is Door.SHORTCUT:
            return self._beside(item, await self._direct(post.author))
        if not TIME.fullmatch(post.id):  # no message: an answer that is shared
            beside = self._beside(item, post.place.channel)
            return replace(beside, thread=post.place.thread)
        thread = post.place.thread or post.id
        return self._at(item, post.place.channel, thread, since=post.id)

    async def _direct(self, person: str) -> str:
        told = await calling(
            "conversations.open", lambda: self.client.conversations_open(users=person)
        )
        channel = told.get("channel")
        return word(channel if isinstance(channel, dict) else {}, "id", "a direct message")

    async def _opened(self, item: Item, note: Note) -> Where:
        """The thread of a slash command, whose first message is posted where it is missing."""
        held = next((reply for reply in item.replies if reply.part == OPENING), None)
        if held is None:
            beside = self._beside(item, item.post.place.channel)
            posting = opening_of(item)
            name = mark(item.id, item.revision, OPENING)
            desk = pens.Desk(self.client, beside, str, Tries())
            message = await pens.post(desk, name, posting.text, posting.blocks)
            held = Reply(beside.channel, message, OPENING)
            await note(held)
        return self._under(item, held)

    def _under(self, item: Item, reply: Reply) -> Where:
        return self._at(item, reply.channel, reply.message, since=reply.message)

    def _beside(self, item: Item, channel: str) -> Where:
        """The channel itself; what is older than the item is none of its replies."""
        accepted = item.accepted_at or item.post.written_at
        return self._at(item, channel, "", since=f"{accepted.timestamp() - 60:.6f}")

    def _at(self, item: Item, channel: str, thread: str, since: str) -> Where:
        post = item.post
        return Where(
            channel,
            thread,
            recipient_user=post.author,
            recipient_team=post.team or self.me.team,
            direct=channel.startswith("D"),
            own_user=self.me.user,
            since=since,
        )

    # -- the turns before --------------------------------------------------------------

    async def _turns(self, item: Item, audience: Audience) -> tuple[Turn, ...]:
        post = item.post
        if post.begins_thread or post.door not in (Door.CHANNEL, Door.DIRECT):
            return ()
        try:
            return await self._read_thread(item)
        except (Refused, Malformed) as error:
            log.warning("the thread cannot be read, so our own record has to do: %s", error)
            return await asyncio.to_thread(recorded, self.desk, post.place, audience, TURNS)

    async def _read_thread(self, item: Item) -> tuple[Turn, ...]:
        own = {reply.message for reply in item.replies}
        turns, cursor = list[Turn](), ""
        for _ in range(PAGES):
            told = await calling(
                "conversations.replies",
                partial(
                    self.client.conversations_replies,
                    channel=item.post.place.channel,
                    ts=item.post.place.thread,
                    limit=PAGE,
                    cursor=cursor or None,
                ),
            )
            messages = told.get("messages")
            for message in messages if isinstance(messages, list) else ():
                turn = self._turn(message, item, own)
                turns += [turn] if turn else []
            cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return tuple(turns if len(turns) <= TURNS else [turns[0], *turns[-TURNS:]])

    def _turn(self, message: Mapping[str, Any], item: Item, own: set[str]) -> Turn | None:
        """What was said before the question; of ours also what answers a question before it.

        Who asks twice in a row has the first answer before the second, though it stands below.
        """
        ts, text = str(message.get("ts", "")), message.get("text")
        if ts in own or not TIME.fullmatch(ts) or not isinstance(text, str) or not text.strip():
            return None
        mine = {message.get("user"), message.get("bot_id")} & self.me.ids
        marks = [read for name in marks_in(message) if (read := marked(name))] if mine else []
        answers = any(read.item < item.id for read in marks)
        if float(ts) >= asked_at(item.post) and not answers:
            return None
        asked = any(read.part == OPENING for read in marks)
        return Turn("assistant" if mine and not asked else "user", spoken(text, self.me).text)


def asked_at(post: Post) -> float:
    """When a question was asked, in Unix seconds; an answer that is shared has no message."""
    return float(post.id) if TIME.fullmatch(post.id) else post.written_at.timestamp()
