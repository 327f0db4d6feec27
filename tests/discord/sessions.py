"""Sessions of the gateway: what each was told, kept for the time when its socket is gone."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
import zlib
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from tests.discord import intents
from tests.discord.ids import shard_of
from tests.discord.refusals import Json
from tests.discord.world import Event

DISPATCH, HEARTBEAT, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 7, 9, 10, 11
ONCE = {"READY", "RESUMED"}  # never told again


@dataclass(frozen=True)
class Frame:
    """One dispatch as it was told: `text` is its JSON."""

    seq: int
    name: str
    text: str


class Line:
    """One socket: what goes through it, in order, compressed as it was asked for."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket, self._transport = socket, request.transport
        self.closed_here = False
        zipped = request.query.get("compress") == "zlib-stream"
        self._zip = zlib.compressobj() if zipped else None
        self._queue: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def put(self, text: str) -> None:
        """Send a payload; compressed where that is so."""
        self._queue.put_nowait(text)

    def put_raw(self, sent: bytes) -> None:
        """Send bytes as they are: no gateway would."""
        self._queue.put_nowait(sent)

    def op(self, op: int, inside: object) -> None:
        """Send what is no dispatch."""
        self.put(json.dumps({"op": op, "d": inside, "s": None, "t": None}))

    async def close(self, code: int) -> None:
        """Send what is on its way, then close."""
        self.closed_here = True
        await self._queue.join()
        await self.socket.close(code=code)

    def cut(self) -> None:
        """Break the connection, without a word."""
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    @property
    def said_goodbye(self) -> bool:
        """Did the client close it for good? It does not come back to its session then."""
        return not self.closed_here and self.socket.close_code in (1000, 1001)

    def end(self) -> None:
        """The socket is closed: nothing more is sent."""
        self._writer.cancel()

    async def _write(self) -> None:
        while True:
            sent = await self._queue.get()
            with suppress(ConnectionError, RuntimeError):  # who is gone is told later, on resuming
                await self._send(sent)
            self._queue.task_done()

    async def _send(self, sent: str | bytes) -> None:
        if isinstance(sent, bytes):
            await self.socket.send_bytes(sent)
        elif self._zip is None:
            await self.socket.send_str(sent)
        else:
            whole = self._zip.compress(sent.encode()) + self._zip.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(whole)


@dataclass
class Session:
    """What one shard of the bot was told since it identified."""

    shard: tuple[int, int]
    intents: int
    keep: int
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    seq: int = 0
    heard: int = 0  # the last that the client said it had got, with a heartbeat
    line: Line | None = None
    left_at: float = field(default_factory=time.monotonic)  # when its socket went
    ready: bool = False
    told_again: bool = False  # at the next resume all, from the first

    def __post_init__(self) -> None:
        self._kept: deque[Frame] = deque(maxlen=self.keep)

    def fits(self, event: Event) -> bool:
        """Is this session told of that event?"""
        mine = shard_of(event.guild, self.shard[1]) == self.shard[0]
        return mine and intents.wanted(event.name, event.payload, event.guild, self.intents)

    def tell(self, name: str, payload: object) -> Frame:
        """Tell an event, or keep it for when the socket is there again."""
        self.seq += 1
        text = json.dumps({"op": DISPATCH, "d": payload, "s": self.seq, "t": name})
        frame = Frame(self.seq, name, text)
        self._kept.append(frame)
        if self.line is not None:
            self.line.put(text)
        return frame

    def put(self, told: Json) -> None:
        """Tell anything; a dispatch gets the session's next number, unless it brings its own."""
        if told.get("op") == DISPATCH and "s" not in told:
            self.seq += 1
            told = {**told, "s": self.seq}
            self._kept.append(Frame(self.seq, str(told.get("t")), json.dumps(told)))
        if self.line is not None:
            self.line.put(json.dumps(told))

    def holds(self, seq: int) -> bool:
        """Is all after `seq` still kept?"""
        return seq == self.seq or (bool(self._kept) and self._kept[0].seq <= seq + 1)

    def missed(self, seq: int) -> Iterable[Frame]:
        """What came after `seq`; all from the first, where that was ordered."""
        after = 0 if self.told_again else seq
        self.told_again = False
        return [frame for frame in self._kept if frame.seq > after and frame.name not in ONCE]

    def leave(self) -> None:
        """Its socket is gone."""
        self.line, self.left_at = None, time.monotonic()
