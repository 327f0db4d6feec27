"""One answer while it is drawn into a Slack thread, a direct message or a modal."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import wording
from bot.conversation import Interaction
from bot.platforms.slack.calls import Refused, Tries, calling
from bot.platforms.slack.controls import Controls, mark
from bot.platforms.slack.drawing import (
    Posting,
    ending,
    notice,
    sources_found,
    status,
    stop_button,
    whole,
)
from bot.platforms.slack.marked import Where
from bot.platforms.slack.standing import complete, retract
from bot.platforms.slack.streaming import Refusals, Writing
from bot.platforms.slack.text import Flow, plain
from bot.posts import Door, Item, Reply
from bot.stage import Note, PlatformAway
from knowledge.documents import Passage

log = logging.getLogger(__name__)

ONCE = Tries(times=1)
OPENING = 999  # the part of the message that a slash command's thread hangs on
TITLE = 60  # characters of a session's title, which stands in the list of one's own threads
BUSY, IDLE = "processing", "active"  # an agent session
NEVER = float("-inf")
STATUS_EVERY_S = 1.5  # a status that comes sooner is not worth a call
SLOW_S = 2.0  # of writing, after which a Stop button is worth its place


@dataclass
class Workspace:
    """What a workspace's canvases share."""

    client: AsyncWebClient
    stream: bool = True
    refusals: Refusals = field(default_factory=Refusals)
    clock: Callable[[], float] = time.monotonic
    sessions_refused_until: float = 0.0  # on the clock; Slack's own Stop button is not there

    @property
    def sessions(self) -> bool:
        """Is it worth asking Slack for its own Stop button?"""
        return self.clock() >= self.sessions_refused_until


class ThreadCanvas:
    """Draws into a thread: streamed the first time, in place when something stands already.

    `where` is asked for at the first sign; for a slash command it posts the message that the
    thread hangs on.
    """

    def __init__(
        self, workspace: Workspace, item: Item, note: Note, where: Callable[[], Awaitable[Where]]
    ) -> None:
        self.workspace, self.item, self._note = workspace, item, note
        self._find = where
        self._place: Where | None = None
        self._flow, self._raw = Flow(), ""
        self._writing: Writing | None = None
        self._began = workspace.clock()
        self._button = False
        self._told = NEVER  # on the clock, when the last status was set
        self._in_session = False

    async def status(self, text: str) -> None:
        """Slack's passing line under the thread; that it cannot be set is no failure."""
        where = await self._where()
        if not where.thread or self.workspace.clock() - self._told < STATUS_EVERY_S:
            return
        self._told = self.workspace.clock()
        await asyncio.gather(self._set_status(where, status(text)), self._begin_session(where))

    async def found(self, passages: Sequence[Passage]) -> None:
        """The task card that names the pages."""
        if self._fresh and passages:
            writing = await self._write()
            card = {"id": mark(self.item.id, self.item.revision, 0)}  # so it bears the mark
            await writing.tasks([chunk | card for chunk in sources_found(passages)])

    async def piece(self, text: str) -> None:
        """Write on, unless replies stand already: those are changed at the end."""
        self._raw += text
        if not self._fresh:
            return
        writing = await self._write()
        await writing.add(self._flow.add(text))
        await self._offer_stop(writing)

    @property
    def stopped(self) -> bool:
        """Slack takes no more of the stream, since Stop was pressed."""
        return self._writing is not None and self._writing.stopped

    async def finish(self, interaction: Interaction) -> None:
        """End the stream with sources and thumbs, or set the whole answer in place."""
        writing, answer = self._writing, interaction.answer
        if writing is not None and self._raw.strip() == answer.text.strip() and not self._button:
            await writing.add(self._flow.rest())
            await writing.finish(lambda part: ending(interaction, self._controls(part)))
        else:
            await self._stand(whole(interaction, self._controls(0)))
        await self._end_session()

    async def say(self, text: str) -> None:
        """A notice in place of whatever stood."""
        await self._stand([notice(text, mark(self.item.id, self.item.revision, 0))])
        await self._end_session()

    async def retract(self) -> None:
        """Take the replies away."""
        gone = notice(wording.GONE, mark(self.item.id, self.item.revision, 0))
        if self.item.replies:
            await retract(self.workspace.client, await self._where(), self.item.replies, gone)
        elif self.item.post.door is Door.COMMAND:
            return  # nothing stands, and no thread is to be opened now
        await self._end_session()

    # -- parts -------------------------------------------------------------------------

    @property
    def _fresh(self) -> bool:
        return not self._standing

    @property
    def _standing(self) -> tuple[Reply, ...]:
        return tuple(reply for reply in self.item.replies if reply.part != OPENING)

    def _controls(self, part: int) -> Controls:
        post = self.item.post
        private = post.private or post.door is Door.SHORTCUT
        return Controls(self.item.id, self.item.revision, part, private)

    async def _where(self) -> Where:
        if self._place is None:
            self._place = await self._find()
        return self._place

    async def _write(self) -> Writing:
        if self._writing is None:
            item, where = self.item, await self._where()
            self._writing = Writing(
                self.workspace.client,
                where,
                lambda part: mark(item.id, item.revision, part),
                self._note,
                self.workspace.stream,
                self.workspace.clock,
                refusals=self.workspace.refusals,
                session=IDLE if self._in_session else "",
            )
        return self._writing

    async def _stand(self, postings: Sequence[Posting]) -> None:
        written = self._writing.replies if self._writing else ()
        where = await self._where()
        standing = (*self._standing, *written)
        await complete(self.workspace.client, where, standing, postings, self._note)
        if standing and self._told > NEVER:  # only a new message takes the status away
            await self._set_status(where, "")

    async def _set_status(self, where: Where, text: str) -> None:
        await self._try(
            "assistant.threads.setStatus",
            lambda: self.workspace.client.assistant_threads_setStatus(
                channel_id=where.channel, thread_ts=where.thread, status=text
            ),
        )

    async def _offer_stop(self, writing: Writing) -> None:
        """A button of ours where Slack has none of its own, and the writing takes a while."""
        slow = self.workspace.clock() - self._began > SLOW_S
        if slow and not self._button and not self.workspace.sessions:
            self._button = True
            await writing.tasks([{"type": "blocks", "blocks": [stop_button(self.item.id)]}])

    async def _begin_session(self, where: Where) -> None:
        """Tell Slack's agent sessions, which bring a Stop button, where the workspace has them."""
        if self._in_session or not (self.workspace.sessions and self._fresh):
            return
        self._in_session = await self._set_session(where, BUSY)
        if not self._in_session:
            self.workspace.sessions_refused_until = self.workspace.clock() + 3600

    async def _end_session(self) -> None:
        """The Stop button goes, also that of a worker before us; our stream takes it along."""
        begun = self._in_session or (self.item.begun and self.workspace.sessions)
        if not begun or (self._writing and self._writing.session_ended):
            return
        where = await self._where()
        if where.thread:
            await self._set_session(where, IDLE)

    async def _set_session(self, where: Where, state: str) -> bool:
        return await self._try(
            "agents.sessions.setStatus",
            lambda: self.workspace.client.agents_sessions_setStatus(
                channel_id=where.channel,
                thread_ts=where.thread,
                status=state,
                title=plain(self.item.post.text, TITLE) if where.direct else None,
            ),
        )

    async def _try(self, method: str, call: Callable[[], Awaitable[Any]]) -> bool:
        try:
            await calling(method, call, ONCE, patient=False)
        except PlatformAway as away:
            log.info("%s", away)
        except Refused as refused:
            log.info("%s", refused)
            return False
        return True
