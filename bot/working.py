"""The workers: they take a platform's questions from the inbox and see each through to its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from bot.conversation import Interaction, Outcome, Question, Watcher
from bot.errors import DatabaseError, LeaseLost, apology, failure_code
from bot.feed import Doing, Feed, Found, Written
from bot.hands import Deadly, Hand, Interrupted, Pace
from bot.inbox import Inbox
from bot.living import is_gone, this_worker
from bot.posts import Item, Reason, Reply
from bot.stage import CannotReply, Canvas, PlatformAway, Stage
from bot.unasked import Speaker, Speechless, Told, is_note, known_here

log = logging.getLogger(__name__)

T = TypeVar("T")
SURE = (Outcome.CITED, Outcome.WRITTEN)  # what is said where nobody addressed the bot


class Answering(Protocol):
    """What answers."""

    def ask(self, question: Question, watcher: Watcher | None = None) -> Interaction:
        """Answer and record."""

    def recorded(self, id: int) -> Interaction:
        """An answer that was recorded before. Raises `UnknownInteraction`."""


@dataclass
class Worker:
    """Answers the items of one stage, several at a time, until it is cancelled.

    Every step is recorded before the next, so that whoever takes an item over after a crash
    goes on from there (see `bot.stage`).
    """

    stage: Stage
    inbox: Inbox
    assistant: Answering
    pace: Pace = field(default_factory=Pace)
    name: str = field(default_factory=this_worker)
    speaker: Speaker = field(default_factory=Speechless)

    def __post_init__(self) -> None:
        """Threads of its own: those who wait in the line must not hold the database up."""
        self._hands: dict[asyncio.Task[None], Hand] = {}
        self._free = asyncio.Semaphore(self.pace.at_once)
        self._news = asyncio.Event()
        self._asking = ThreadPoolExecutor(self.pace.at_once, thread_name_prefix="ask")
        self._keeping = ThreadPoolExecutor(4, thread_name_prefix="inbox")
        self._claiming: asyncio.Future[Item | None] | None = None
        self._release_at = 0.0  # on the monotonic clock

    def wake(self) -> None:
        """Something was accepted: look at once. Called in the event loop."""
        self._news.set()

    def stop(self, items: set[int]) -> None:
        """Stop pressed on these, in this process: end their writing at once."""
        for hand in self._hands.values():
            if hand.item.id in items:
                hand.feed.stop()

    async def run(self) -> None:
        """Work until cancelled; then finish what is in hand, or put it back, within 10 s."""
        try:
            while True:
                await self._free.acquire()
                item = await self._next()
                self._take_up(Hand(item, Feed()))
        finally:
            await self._wind_down()

    # -- taking ----------------------------------------------------------------------

    async def _next(self) -> Item:
        while True:
            self._news.clear()
            item = await self._claim()
            if item is not None:
                return item
            try:
                async with asyncio.timeout(self.pace.poll_s):  # `wait_for` may lose a cancellation
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _claim(self) -> Item | None:
        try:
            await self._release()
            self._claiming = self._run(self._keeping, self.inbox.claim, self.stage.name, self.name)
            item = await asyncio.shield(self._claiming)
        except DatabaseError as error:
            log.error("the inbox cannot be read: %s", error)
            item = None
        self._claiming = None  # not reached where it was cancelled: see `_wind_down`
        return item

    async def _release(self) -> None:
        """Let items go on whose workers' processes ended, sooner than their leases do."""
        if time.monotonic() < self._release_at:
            return
        self._release_at = time.monotonic() + self.pace.release_s
        if count := await self._keep(self.inbox.release, is_gone):
            log.warning("%d items were in the hands of a process that ended", count)

    def _take_up(self, hand: Hand) -> None:
        task = asyncio.create_task(self._work(hand), name=f"item {hand.item.id}")
        self._hands[task] = hand
        task.add_done_callback(self._put_down)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        self._hands.pop(task, None)
        self._free.release()
        self._news.set()  # the next of its thread may be due now

    async def _wind_down(self) -> None:
        if self._claiming is not None:
            await self._unclaim(self._claiming)
        await self._until_down(self.pace.grace_s)
        for hand in self._hands.values():
            hand.interrupt()
        await self._until_down(self.pace.grace_s / 3)
        for task in self._hands:
            task.cancel()
        await self._until_down(self.pace.grace_s / 6)
        self._asking.shutdown(wait=False, cancel_futures=True)
        self._keeping.shutdown(wait=False, cancel_futures=False)

    async def _unclaim(self, claiming: asyncio.Future[Item | None]) -> None:
        """Put back what was claimed in the moment of the end."""
        await asyncio.wait([claiming], timeout=self.pace.grace_s / 6)
        if claiming.done() and claiming.exception() is None and (item := claiming.result()):
            await self._give_back(item, "the process ends")

    async def _until_down(self, timeout_s: float) -> None:
        if self._hands:
            await asyncio.wait(list(self._hands), timeout=timeout_s)

    # -- one item --------------------------------------------------------------------

    async def _work(self, hand: Hand) -> None:
        item, beating = hand.item, asyncio.create_task(self._beat(hand))
        try:
            await self._see_through(hand)
        except LeaseLost:
            log.warning("item %d was taken over by another worker", item.id)
        except Interrupted:
            await self._give_back(item, "interrupted")
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(item, "the process ends"))
            raise
        except Exception as error:
            await self._after(hand, error)
        finally:
            beating.cancel()

    async def _see_through(self, hand: Hand) -> None:
        if hand.item.attempt > self.pace.attempts:
            raise Deadly(f"{self.pace.attempts} workers ended with it in hand")
        item = await self._whole(hand.item)
        canvas = self.stage.canvas(item, partial(self._note, item))
        if item.gone:
            await canvas.retract()
        elif item.notice:
            await self._keep(self.inbox.begin_posting, item)
            await canvas.say(await self.stage.notice(item))
        elif is_note(item):
            if not await self._speak(item, canvas):
                return
        else:
            interaction = await self._interaction(hand, item, canvas)
            if interaction is None:
                return
            await canvas.finish(interaction)
        await self._keep(self.inbox.done, item)

    async def _whole(self, item: Item) -> Item:
        """The item with the replies that a worker posted and died before it noted them."""
        if not item.begun:
            return item
        noted = {reply.message for reply in item.replies}
        found = [r for r in await self.stage.posted(item) if r.message not in noted]
        for reply in found:
            await self._note(item, reply)
        return replace(item, replies=tuple(sorted((*item.replies, *found), key=by_part)))

    async def _interaction(self, hand: Hand, item: Item, canvas: Canvas) -> Interaction | None:
        """The recorded answer; None: nobody asked for it and it is not sure, so silence."""
        if item.interaction is not None:
            return await self._keep(self.assistant.recorded, item.interaction)
        question = await self.stage.question(item)
        await self._keep(self.inbox.begin_posting, item)
        interaction = await self._ask(hand, question, canvas)
        if not await self._keep(self.inbox.answered, item, interaction.id):
            raise Interrupted  # the question was deleted meanwhile
        if item.quiet and interaction.answer.outcome not in SURE:
            await self._keep(self.inbox.fell_silent, item, silence(interaction))
            return None
        return interaction

    async def _speak(self, item: Item, canvas: Canvas) -> bool:
        """Say what nobody asked for; False: there is nothing to say, so silence."""
        answer = None
        if item.interaction is not None:
            answer = await self._keep(self.assistant.recorded, item.interaction)
        else:
            told = await self._compose(item)
            if told is None:
                await self._keep(self.inbox.fell_silent, item, Reason.NOTHING_NEW)
                return False
            if told.answer is None:
                await canvas.say(told.text)
                return True
            answer = told.answer
        await canvas.finish(self.speaker.shown(item, answer))
        return True

    async def _compose(self, item: Item) -> Told | None:
        """What is to be said now; an answer is linked to the item before it is shown."""
        question = await self.stage.question(item)
        await self._keep(self.inbox.begin_posting, item)
        known = known_here(self.stage, item, asyncio.get_running_loop())
        told = await self._run(self._asking, self.speaker.speak, item, question, known)
        if told is None or told.answer is None:
            return told
        if not await self._keep(self.inbox.answered, item, told.answer.id):
            raise Interrupted  # what it is about was deleted meanwhile
        return told

    async def _ask(self, hand: Hand, question: Question, canvas: Canvas) -> Interaction:
        showing = asyncio.create_task(self._show(hand, canvas))
        try:
            interaction = await self._run(self._asking, self.assistant.ask, question, hand.feed)
        except asyncio.CancelledError:
            showing.cancel()
            raise
        finally:
            hand.feed.end()
            await asyncio.wait([showing])
        showing.result()  # a bug is raised; what Slack refused was told there
        if hand.interrupted:
            await self._keep(self.inbox.discard, interaction.id)
            raise Interrupted
        return interaction

    async def _show(self, hand: Hand, canvas: Canvas) -> None:
        """Draw the signs as they come; where that fails, the whole answer is drawn at the end."""
        drawing = not hand.item.quiet
        async for sign in hand.feed.signs():
            if not drawing or hand.interrupted:
                continue
            try:
                await draw(sign, canvas)
                if canvas.stopped:
                    hand.feed.stop()
            except (PlatformAway, CannotReply) as error:
                log.warning("item %d: a sign was not shown: %s", hand.item.id, error)
                drawing = False

    async def _beat(self, hand: Hand) -> None:
        while True:
            await asyncio.sleep(self.pace.beat_s)
            try:
                told = await self._keep(self.inbox.beat, hand.item)
            except DatabaseError as error:
                log.error("item %d: the lease could not be kept: %s", hand.item.id, error)
                continue
            if not told.held or told.gone or told.revised:
                hand.interrupt()
            elif told.stopped:
                hand.feed.stop()

    # -- when it goes wrong ------------------------------------------------------------

    async def _after(self, hand: Hand, error: Exception) -> None:
        """Try again later; after the last attempt, or where that is of no use, give up."""
        item, code = hand.item, failure_code()
        known = isinstance(error, (PlatformAway, CannotReply, DatabaseError, Deadly))
        log.error(
            "%s: item %d, attempt %d: %s", code, item.id, item.attempt, error,
            exc_info=None if known else error,
        )  # fmt: skip
        try:
            if item.attempt < self.pace.attempts and not isinstance(error, CannotReply):
                wait_s = self.pace.backoff_s * 2 ** (item.attempt - 1)
                asked_s = getattr(error, "retry_after_s", None) or 0.0
                after = timedelta(seconds=max(wait_s, asked_s))
                await self._keep(self.inbox.give_back, item, after, f"{code} {error}")
            else:
                await self._give_up(item, code, error)
        except LeaseLost:
            log.warning("item %d was taken over by another worker", item.id)
        except DatabaseError as again:  # its lease runs out, and it is tried again
            log.error("%s: item %d stays leased: %s", code, item.id, again)

    async def _give_up(self, item: Item, code: str, error: Exception) -> None:
        try:
            if not (item.quiet or item.gone):
                begun = replace(item, begun=True)  # by this attempt, if not before
                whole = await self._whole(begun)
                canvas = self.stage.canvas(whole, partial(self._note, whole))
                await canvas.say(apology(error, code))
        except (PlatformAway, CannotReply) as again:
            log.error("%s: not even an apology could be posted: %s", code, again)
            if isinstance(again, PlatformAway) and age_s(item) < self.pace.patience_s:
                after = timedelta(seconds=max(self.pace.away_s, again.retry_after_s or 0.0))
                give = partial(self.inbox.give_back, item, after, f"{code} {again}")
                await self._keep(partial(give, count_attempt=False))
                return
        await self._keep(self.inbox.give_up, item, code)

    async def _give_back(self, item: Item, why: str) -> None:
        give = partial(self.inbox.give_back, item, timedelta(0), why, count_attempt=False)
        try:
            await self._keep(give)
        except (LeaseLost, DatabaseError) as error:
            log.warning("item %d could not be put back: %s", item.id, error)

    # -- threads -----------------------------------------------------------------------

    async def _note(self, item: Item, reply: Reply) -> None:
        await self._keep(self.inbox.note, item, reply)

    async def _keep(self, call: Callable[..., T], *given: object) -> T:
        return await self._run(self._keeping, call, *given)

    def _run(
        self, pool: ThreadPoolExecutor, call: Callable[..., T], *given: object
    ) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(pool, partial(call, *given))


def age_s(item: Item) -> float:
    """How long ago it was asked; seconds."""
    asked_at = item.accepted_at or item.post.written_at
    return (datetime.now(UTC) - asked_at).total_seconds()


def by_part(reply: Reply) -> int:
    """The order of the replies to one item."""
    return reply.part


def silence(interaction: Interaction) -> Reason:
    """Why an answer that nobody asked for is not shown."""
    failed = interaction.answer.outcome is Outcome.FAILED
    return Reason.FAILED if failed else Reason.NOT_CONFIDENT


async def draw(sign: object, canvas: Canvas) -> None:
    """Show one sign."""
    match sign:
        case Doing(text):
            await canvas.status(text)
        case Found(passages):
            await canvas.found(passages)
        case Written(text):
            await canvas.piece(text)
