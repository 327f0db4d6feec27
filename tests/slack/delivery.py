"""Events on their way to the app: tried, tried again, given up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from tests.slack.ledger import Ledger, Sending
from tests.slack.payloads import Json
from tests.slack.settings import Settings


@dataclass(frozen=True)
class Reply:
    """What the app made of one try."""

    acked: bool
    payload: Json | None = None  # what it answered with
    reason: str = ""  # why the try failed
    no_retry: bool = False  # the app wants no further try


class Way(Protocol):
    """How envelopes reach the app."""

    async def send(self, sending: Sending, reason: str, timeout_s: float) -> Reply:
        """Try once; `reason` is why the try before failed, empty for the first."""


class Delivery:
    """Sends every event until it is acknowledged or given up."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings, self.ledger = settings, ledger
        self._running: set[asyncio.Task[None]] = set()

    def send(self, way: Way, sending: Sending) -> None:
        """Let an event go its way, as often as it takes."""
        self.ledger.sending(sending)
        self._start(self._until_acked(way, sending))

    async def ask(self, way: Way, sending: Sending) -> Reply:
        """Send an interaction or a command once, and give what the app answered."""
        self.ledger.sending(sending)
        return await self._once(way, sending, "", self.settings.answer_timeout_s)

    def again(self, way: Way, sending: Sending, reason: str) -> None:
        """Send an event once more, as a retry, whatever became of it."""
        self._start(self._retry(way, sending, reason))

    async def close(self) -> None:
        """Forget what is on its way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _until_acked(self, way: Way, sending: Sending) -> None:
        reply = await self._once(way, sending, "", self.settings.ack_timeout_s)
        for wait_s in self.settings.retry_after_s:
            if reply.acked or reply.no_retry:
                break
            await asyncio.sleep(wait_s)
            reply = await self._once(way, sending, reply.reason, self.settings.ack_timeout_s)
        sending.given_up = not reply.acked

    async def _retry(self, way: Way, sending: Sending, reason: str) -> None:
        await self._once(way, sending, reason, self.settings.ack_timeout_s)

    async def _once(self, way: Way, sending: Sending, reason: str, timeout_s: float) -> Reply:
        sending.tries += 1
        reply = await way.send(sending, reason, timeout_s)
        if reply.acked:
            sending.acked_at = sending.acked_at or asyncio.get_running_loop().time()
        else:
            sending.reasons.append(reply.reason)
        return reply
