"""One answer's text on its way into a Slack thread: when it is sent, and into which message."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.blocks import Block
from bot.platforms.slack.calls import Refused, Tries, plain
from bot.platforms.slack.marked import Where
from bot.platforms.slack.pages import Page, flowing
from bot.platforms.slack.pens import Desk, Pen, StreamPen, UpdatePen
from bot.platforms.slack.standing import retract
from bot.posts import Reply
from bot.stage import Note, PlatformAway

log = logging.getLogger(__name__)

NOWHERE = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "not_allowed_token_type"}
)
NOT_TO_THEM = frozenset({"user_not_found", "team_not_found"})  # a bot, or of another organisation
NOT_HERE = frozenset({"channel_type_not_supported"})
TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "markdown_text_too_long"})
MOST_TROUBLE = 8  # refusals that one answer rides out


@dataclass(frozen=True)
class Pace:
    """How quickly an answer is written; seconds and characters."""

    rotate_after_s: float = 240.0  # Slack closes a stream after some 300
    append_every_s: float = 1.0
    update_every_s: float = 1.5
    stream_chars: int = 11_000  # of one streamed message
    update_chars: int = 3_900  # of one that is written by updates
    message_chars: int = 12_500  # of a message with its sources


@dataclass
class Refusals:
    """Where a workspace refused to stream, so that the next answer does not try again."""

    last_s: float = 3600.0
    until: dict[str, float] = field(
        default_factory=dict
    )  # by channel, or with whom; "": everywhere

    def add(self, code: str, where: Where, now: float) -> None:
        """Remember a refusal, as far as it says something about the next answer."""
        if code in NOWHERE:
            self.until[""] = now + self.last_s
        elif code in NOT_HERE or code.startswith("method_not_supported"):
            self.until[where.channel] = now + self.last_s
        elif code in NOT_TO_THEM:
            self.until[f"{where.channel} {where.recipient_user}"] = now + self.last_s

    def hold(self, where: Where, now: float) -> bool:
        """Is there no use in trying now?"""
        keys = ("", where.channel, f"{where.channel} {where.recipient_user}")
        return any(self.until.get(key, now) > now for key in keys)


class Writing:
    """Writes one answer, streamed where Slack lets us, else posted and updated.

    Its calls come one after another and raise `PlatformAway` and `CannotReply`.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        where: Where,
        mark: Callable[[int], str],
        noted: Note,
        stream: bool = True,
        clock: Callable[[], float] = time.monotonic,
        limits: Pace | None = None,
        refusals: Refusals | None = None,
        tries: Tries | None = None,
        session: str = "",
    ) -> None:
        """`mark` gives a part's block id; `noted` is told of each message at once.

        `session` is what the agent session is to be when a stream ends, where there is one.
        """
        self._desk = Desk(plain(client), where, mark, tries or Tries(), session)
        self._noted, self._clock, self._pace = noted, clock, limits or Pace()
        self._refusals = refusals if refusals is not None else Refusals()
        self._streams = stream and bool(where.thread)
        self._streams = self._streams and not self._refusals.hold(where, clock())
        self._page, self._part, self._waiting = Page(), 0, ""
        self._cards: list[Block] = []
        self._pen: Pen = self._new_pen()
        self._begun = self._sent = self._not_before = float("-inf")
        self._replies: dict[int, Reply] = {}
        self._trouble = 0
        self.text = ""  # all that was added
        self.stopped = False  # the person pressed Stop in Slack

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The messages that stand, by their part."""
        return tuple(self._replies[part] for part in sorted(self._replies))

    @property
    def session_ended(self) -> bool:
        """Did the end of the stream end the agent session too?"""
        return isinstance(self._pen, StreamPen) and self._pen.ended

    async def add(self, text: str) -> None:
        """Write on: at once if it is time, else with what comes next. After Stop: nothing."""
        if self.stopped:
            return
        self.text += text
        self._waiting += text
        await self._advance()

    async def tasks(self, chunks: Sequence[Block]) -> None:
        """Show task cards, where the answer is streamed; a card with a known id is changed."""
        if isinstance(self._pen, StreamPen) and not self.stopped:
            self._cards += chunks
            await self._advance()

    async def finish(self, ending: Callable[[int], Sequence[Block]]) -> None:
        """Make the whole text stand with the `ending` of the last part under it."""
        await self._wait()
        while len(piece := self._page.take(self._waiting, self._limit)) < len(self._waiting):
            await self._turn(piece)
        blocks = ending(self._part)
        page = self._page.plus(piece)
        if page.shown.strip() and weight(page.whole, blocks) > self._pace.message_chars:
            await self._apart(piece, ending)
            return
        try:
            await self._close(piece, blocks)
        except Refused as refused:
            if refused.code not in TOO_LONG or not page.shown.strip() or not blocks:
                raise
            await self._apart(piece, ending)

    async def drop(self) -> None:
        """Take away all that was written."""
        await retract(self._desk.client, self._desk.where, self.replies, tries=self._desk.tries)
        self._replies, self._waiting, self._cards = {}, "", []

    async def _wait(self) -> None:
        """Wait as long as Slack said; what is too long is left to the worker."""
        rest = max(0.0, self._not_before - self._clock())
        if rest > self._desk.tries.longest_s:
            raise PlatformAway("slack", "the answer is written too quickly", rest)
        await asyncio.sleep(rest)

    async def _apart(self, piece: str, ending: Callable[[int], Sequence[Block]]) -> None:
        """Close the last page and put the ending into a message of its own."""
        await self._turn(piece)
        self._page = Page()
        await self._close("", ending(self._part))

    async def _advance(self) -> None:
        while not self.stopped and self._clock() >= max(self._not_before, self._sent + self._every):
            fresh = flowing(self._waiting)
            if not (fresh.strip() or self._cards):
                return
            await self._send(fresh)

    async def _send(self, fresh: str) -> None:
        """Send what flows, once, and turn the page where it is full or old."""
        piece = self._page.take(fresh, self._limit)
        full, age = len(piece) < len(fresh), self._clock() - self._begun
        if not full and self._pen.message and self._streams and age >= self._pace.rotate_after_s:
            line_end = piece.rfind("\n") + 1
            late = age >= self._pace.rotate_after_s * 1.1
            full, piece = bool(line_end) or late, piece[:line_end] if line_end else piece
        try:
            await (self._turn(piece) if full else self._write(piece))
        except PlatformAway as away:
            if away.retry_after_s is None:
                raise
            self._not_before = self._clock() + max(away.retry_after_s, self._every)
        except Refused as refused:
            await self._ride(refused)

    async def _write(self, piece: str) -> None:
        page, cards, new = self._page.plus(piece), tuple(self._cards), not self._pen.message
        await self._pen.write(page, piece, cards)
        self._sent = self._clock()
        self._begun = self._sent if new else self._begun
        self._took(piece)
        del self._cards[: len(cards)]
        await self._note(isinstance(self._pen, StreamPen))

    async def _turn(self, piece: str) -> None:
        """Close this message with `piece` and go on in the next."""
        await self._close(piece, ())
        self._next_page()

    async def _close(self, piece: str, ending: Sequence[Block]) -> None:
        await self._pen.close(self._page.plus(piece), piece, ending)
        self._sent = self._clock()
        self._took(piece)
        await self._note(streaming=False)

    def _took(self, piece: str) -> None:
        self._page, self._waiting = self._page.plus(piece), self._waiting[len(piece) :]

    def _next_page(self) -> None:
        self._page, self._part = self._page.next(), self._part + 1
        self._pen = self._new_pen()

    async def _note(self, streaming: bool) -> None:
        reply = Reply(self._desk.where.channel, self._pen.message, self._part, streaming)
        if self._pen.message and self._replies.get(self._part) != reply:
            self._replies[self._part] = reply
            await self._noted(reply)

    async def _ride(self, refused: Refused) -> None:
        """Go on by another way after a refusal. Raises it where there is none."""
        self._trouble += 1
        log.info("slack: %s on %s", refused.code, refused.method)
        if self._trouble > MOST_TROUBLE:
            raise refused
        if refused.code == "stopped_by_user":
            self.stopped = True
        elif refused.code in TOO_LONG and self._page.shown:
            await self._turn("")
        elif refused.code == "message_not_found":
            self._anew()
        elif self._closed_by_slack(refused.code):
            await self._turn("")
        elif isinstance(self._pen, StreamPen):
            self._refuse_streams(refused.code)
        else:
            raise refused

    def _anew(self) -> None:
        """Somebody deleted the message: write its page again."""
        self._waiting = self._page.text + self._waiting
        self._page = Page(self._page.opening)
        self._pen = self._new_pen()

    def _closed_by_slack(self, code: str) -> bool:
        old = self._clock() - self._begun >= self._pace.rotate_after_s / 2
        return code == "message_not_in_streaming_state" and old

    def _refuse_streams(self, code: str) -> None:
        """Write the rest of this answer by updates, first of all in this message."""
        message = self._pen.message
        if not message:
            self._refusals.add(code, self._desk.where, self._clock())
        self._streams, self._cards = False, []
        self._pen = UpdatePen(self._desk, self._part, message)

    def _new_pen(self) -> Pen:
        kind = StreamPen if self._streams else UpdatePen
        return kind(self._desk, self._part)

    @property
    def _limit(self) -> int:
        return self._pace.stream_chars if self._streams else self._pace.update_chars

    @property
    def _every(self) -> float:
        return self._pace.append_every_s if self._streams else self._pace.update_every_s


def weight(text: str, blocks: Sequence[Block]) -> int:
    """Count a message's characters roughly as Slack does: all words in it, no markup."""
    return len(text) + sum(_words(block) for block in blocks)


def _words(part: object) -> int:
    if isinstance(part, dict):
        return sum(_words(value) for name, value in part.items() if name not in ("type", "value"))
    if isinstance(part, list):
        return sum(map(_words, part))
    return len(part) if isinstance(part, str) else 0
