"""A question in the local Slack, and the answer that is written under it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.calls import Tries
from bot.platforms.slack.marked import Where
from bot.platforms.slack.streaming import Writing
from bot.posts import Reply
from tests.slack.faults import Fault
from tests.slack.server import serving
from tests.slack.workspace import Workspace
from tests.slack.world import BOT, BOT_TOKEN, BOT_USER, TEAM, Message

CHANNEL, BEN = "C0TEAM", "U0BEN"
QUICK = Tries(times=3, pause_s=0.0, longest_s=5.0)


class Clock:
    """A clock that is turned by hand; seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Thread:
    """A question in the local Slack, and the answer under it."""

    def __init__(self, slack: Workspace) -> None:
        self.slack, self.clock, self.noted = slack, Clock(), list[Reply]()
        self.client = AsyncWebClient(BOT_TOKEN, base_url=f"{slack.base}/api/")
        self.question = slack.world.post(Message(CHANNEL, slack.world.clock.ts(), BEN, "Leave?"))
        root = self.question.ts
        self.where = Where(CHANNEL, root, BEN, TEAM, own_user=BOT_USER, since=root)

    def writing(self, **options: Any) -> Writing:
        return Writing(
            self.client, self.where, mark, self.note, clock=self.clock, tries=QUICK, **options
        )

    async def note(self, reply: Reply) -> None:
        self.noted.append(reply)

    @property
    def messages(self) -> list[Message]:
        return [m for m in self.slack.world.thread(CHANNEL, self.question.ts) if m.bot_id == BOT]

    @property
    def texts(self) -> list[str]:
        """The Markdown of each message."""
        return [shown(message) for message in self.messages]

    def calls(self, method: str = "") -> list[str]:
        done = [call.method for call in self.slack.ledger.calls]
        return [name for name in done if not method or name == method]

    def fault(self, method: str, **trouble: Any) -> None:
        self.slack.faults.coming.append(Fault(method, **trouble))


def mark(part: int) -> str:
    return f"tandem-7-1-{part}"


def ending(part: int) -> list[dict[str, Any]]:
    text = {"type": "mrkdwn", "text": f"Sources under part {part}"}
    return [{"type": "section", "block_id": mark(part), "text": text}]


def blocks_of(message: Message) -> list[dict[str, Any]]:
    return [*(message.stream.blocks if message.stream else []), *message.blocks]


def shown(message: Message) -> str:
    return "".join(b["text"] for b in blocks_of(message) if b["type"] == "markdown")


def sources(thread: Thread) -> list[str]:
    """The endings, with the number of the message that each stands in."""
    return [
        f"{number}: {block['text']['text']}"
        for number, message in enumerate(thread.messages)
        for block in blocks_of(message)
        if block["type"] == "section"
    ]


def streaming(thread: Thread) -> list[str]:
    return [m.stream.state if m.stream else "posted" for m in thread.messages]


def part(read: str) -> int | None:
    return next((number for number in range(9) if mark(number) == read), None)


def expire(thread: Thread) -> None:
    """Slack closes the stream by itself."""
    stream = thread.messages[-1].stream
    assert stream is not None
    stream.state = "expired"


@asynccontextmanager
async def asked() -> AsyncIterator[Thread]:
    """Ask the question in a Slack of its own."""
    async with serving() as server:
        yield Thread(server.workspace)


@pytest.fixture
async def thread() -> AsyncIterator[Thread]:
    """A question that was just asked."""
    async with asked() as begun:
        yield begun
