"""How one Slack message is written while its text grows: as a stream, or by updates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot import wording
from bot.platforms.slack.blocks import Block
from bot.platforms.slack.calls import Refused, Tries, Unsure, calling, once, posting
from bot.platforms.slack.drawing import fallback
from bot.platforms.slack.marked import Where, find_marked, first_id, metadata
from bot.platforms.slack.pages import Page

log = logging.getLogger(__name__)

SHORT = 3_900  # characters of a message's `text`; Slack refuses longer ones in updates
GONE = frozenset({"message_not_found", "thread_not_found"})
FIXED = frozenset({"cant_update_message", "edit_window_closed"})
ENDED = frozenset({"message_not_in_streaming_state", "stopped_by_user"})
STREAMING = "streaming_state_conflict"


@dataclass(frozen=True)
class Desk:
    """All that is needed to write one answer, whichever message it goes into."""

    client: AsyncWebClient
    where: Where
    mark: Callable[[int], str]
    tries: Tries = field(default_factory=Tries)
    session: str = ""  # what the agent session is when the stream ends; empty: there is none


class Pen(Protocol):
    """Writes one message. Calls raise `PlatformAway` and `Refused`."""

    message: str  # its ts; empty until it stands

    async def write(self, page: Page, new: str, cards: Sequence[Block]) -> None:
        """Show `page`, of which `new` is new; `PlatformAway` at once where Slack is busy."""

    async def close(self, page: Page, new: str, ending: Sequence[Block]) -> None:
        """Make the whole page stand with `ending` under it; waits while Slack is busy."""


class StreamPen:
    """Streams a message, so that people see it being typed."""

    def __init__(self, desk: Desk, part: int) -> None:
        self.desk, self.part = desk, part
        self.message = ""
        self.doubtful = False  # an append broke off: it may be there or not
        self.ended = False  # by us, and with it the agent session

    async def write(self, page: Page, new: str, cards: Sequence[Block]) -> None:
        """Begin the stream, or append to it."""
        if not self.message:
            self.message = await self._start(page, cards)
        else:
            await self._append(new, cards)

    async def close(self, page: Page, new: str, ending: Sequence[Block]) -> None:
        """Stop the stream; where it ended by itself, its last state is set by an update."""
        if self.message and not self.doubtful:
            self.ended = await self._stopped(new + page.closing, ending)
            if self.ended:
                return
        elif self.message:
            await stop(self.desk, self.message)
        rest = UpdatePen(self.desk, self.part, self.message)
        await rest.close(page, new, ending)
        self.message = rest.message

    async def _start(self, page: Page, cards: Sequence[Block]) -> str:
        chunks, mark = [*_markdown(page.shown), *cards], self.desk.mark(self.part)
        if any(card.get("id") == mark for card in cards):
            return await self._begin(chunks)  # the card bears the mark
        try:
            return await self._begin([_opening(mark, self.part), *chunks])
        except Refused as refused:
            if not refused.code.startswith("invalid_"):
                raise
            log.info("slack: no blocks in a stream (%s)", refused.code)
            return await self._begin(chunks)

    async def _begin(self, chunks: Sequence[Block]) -> str:
        where, recipient = self.desk.where, {}
        if not where.direct:
            recipient = {
                "recipient_user_id": where.recipient_user or None,
                "recipient_team_id": where.recipient_team or None,
            }
        return await posting(
            "chat.startStream",
            lambda: self.desk.client.chat_startStream(
                channel=where.channel, thread_ts=where.thread, chunks=chunks, **recipient
            ),
            lambda: landed(self.desk, self.desk.mark(self.part)),
            self.desk.tries,
            patient=False,
        )

    async def _append(self, new: str, cards: Sequence[Block]) -> None:
        chunks = [*_markdown(new), *cards]  # what began with chunks goes on with chunks
        try:
            await once(
                "chat.appendStream",
                lambda: self.desk.client.chat_appendStream(
                    channel=self.desk.where.channel, ts=self.message, chunks=chunks
                ),
                self.desk.tries,
                patient=False,
            )
        except Unsure as unsure:  # said again, the words might stand twice
            log.warning("%s", unsure)
            self.doubtful = True

    async def _stopped(self, new: str, ending: Sequence[Block]) -> bool:
        """Stop the stream with its last words; False: it has to be set by an update."""
        try:
            await self._stop(new, ending)
        except Refused as refused:
            log.info("slack: %s; the message is set by an update", refused.code)
            if refused.code not in ENDED:
                await stop(self.desk, self.message)
            return False
        return True

    async def _stop(self, new: str, ending: Sequence[Block]) -> None:
        await calling(
            "chat.stopStream",
            lambda: self.desk.client.chat_stopStream(
                channel=self.desk.where.channel,
                ts=self.message,
                chunks=_markdown(new) or None,
                blocks=list(ending) or None,
                metadata=metadata(self.desk.mark(self.part)),
                session_status=self.desk.session or None,
            ),
            self.desk.tries,
        )


class UpdatePen:
    """Posts a message and changes it as it grows, where there are no streams."""

    def __init__(self, desk: Desk, part: int, message: str = "") -> None:
        self.desk, self.part, self.message = desk, part, message

    async def write(self, page: Page, new: str, cards: Sequence[Block]) -> None:  # noqa: ARG002 - as `Pen` has it
        """Post the page or update it; task cards are for streams only."""
        if page.shown.strip():
            await self._set(page, (), patient=False)

    async def close(self, page: Page, new: str, ending: Sequence[Block]) -> None:  # noqa: ARG002 - as `Pen` has it
        """Set the page and what stands under it."""
        if page.shown.strip() or ending:
            await self._set(page, ending, patient=True)

    async def _set(self, page: Page, ending: Sequence[Block], patient: bool) -> None:
        mark, text = self.desk.mark(self.part), fallback(page.whole)
        blocks = [*_text_block(mark, page.whole), *ending]
        if self.message:
            try:
                await update(self.desk, self.message, mark, text, blocks, patient)
                return
            except Refused as refused:
                if refused.code not in GONE | FIXED:
                    raise
        old = self.message
        self.message = await post(self.desk, mark, text, blocks, {old}, patient)
        if old:
            await delete(self.desk, old)


async def post(
    desk: Desk,
    mark: str,
    text: str,
    blocks: Sequence[Block],
    besides: Collection[str] = (),
    patient: bool = True,
) -> str:
    """Post one message, once, and return its ts; those in `besides` are others."""
    return await posting(
        "chat.postMessage",
        lambda: desk.client.chat_postMessage(
            channel=desk.where.channel,
            thread_ts=desk.where.thread or None,
            text=text[:SHORT] or "…",
            blocks=list(blocks),
            metadata=metadata(mark),
            unfurl_links=False,
            unfurl_media=False,
        ),
        lambda: landed(desk, mark, besides),
        desk.tries,
        patient,
    )


async def update(
    desk: Desk, message: str, mark: str, text: str, blocks: Sequence[Block], patient: bool = True
) -> None:
    """Set a message that stands; a stream in it is stopped first."""
    try:
        await _update(desk, message, mark, text, blocks, patient)
    except Refused as refused:
        if refused.code != STREAMING:
            raise
        await stop(desk, message)
        await _update(desk, message, mark, text, blocks, patient)


async def _update(
    desk: Desk, message: str, mark: str, text: str, blocks: Sequence[Block], patient: bool
) -> None:
    await calling(
        "chat.update",
        lambda: desk.client.chat_update(
            channel=desk.where.channel,
            ts=message,
            text=text[:SHORT] or "…",
            blocks=list(blocks),
            metadata=metadata(mark),
        ),
        desk.tries,
        patient,
    )


async def stop(desk: Desk, message: str) -> None:
    """Stop the stream in a message, whatever state it is in."""
    channel = desk.where.channel
    try:
        await calling(
            "chat.stopStream",
            lambda: desk.client.chat_stopStream(channel=channel, ts=message),
            desk.tries,
        )
    except Refused as refused:
        log.debug("slack: the stream %s had ended (%s)", message, refused.code)


async def delete(desk: Desk, message: str) -> bool:
    """Take a message away, also while it streams. False: Slack keeps it."""
    try:
        await _delete(desk, message)
    except Refused as refused:
        if refused.code in GONE:
            return True
        if refused.code != STREAMING:
            log.warning("%s", refused)
            return False
        await stop(desk, message)
        await _delete(desk, message)
    return True


async def _delete(desk: Desk, message: str) -> None:
    channel = desk.where.channel
    await calling(
        "chat.delete", lambda: desk.client.chat_delete(channel=channel, ts=message), desk.tries
    )


async def landed(desk: Desk, mark: str, besides: Collection[str] = ()) -> str:
    """Look for the message of a call that broke off; empty: it was not posted."""
    found = await find_marked(
        desk.client, desk.where, lambda read: 0 if read == mark else None, desk.tries
    )
    return next((reply.message for reply in found if reply.message not in besides), "")


def _markdown(text: str) -> list[Block]:
    return [{"type": "markdown_text", "text": text}] if text else []


def _text_block(mark: str, text: str) -> list[Block]:
    if not text.strip():
        return []
    return [{"type": "markdown", "block_id": first_id(mark), "text": text}]


def _opening(mark: str, part: int) -> Block:
    words = wording.ANSWER + (f", continued ({part + 1})" if part else "")
    context = [{"type": "plain_text", "text": words}]
    block = {"type": "context", "block_id": first_id(mark), "elements": context}
    return {"type": "blocks", "blocks": [block]}
