"""Socket Mode: the sockets that the app holds open, and the envelopes through them."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.patience import PATIENCE_S
from tests.slack.delivery import Reply
from tests.slack.ledger import Sending
from tests.slack.payloads import Json
from tests.slack.world import APP, Changes

log = logging.getLogger(__name__)
MOST_SOCKETS = 10
ANSWERED = {"slash_commands", "interactive"}  # kinds whose acknowledgement may carry a payload


@dataclass
class Line:
    """One connection, and the envelopes that are not acknowledged yet."""

    transport: asyncio.BaseTransport | None
    unacked: set[str] = field(default_factory=set)


class Sockets:
    """The open sockets of one app; each envelope goes to one of them."""

    def __init__(self, seed: int, changes: Changes) -> None:
        self._random, self._changes = random.Random(seed), changes
        self._open: dict[web.WebSocketResponse, Line] = {}
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self.stray: list[str] = []  # what the app said that no envelope asked for

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def ticket(self) -> str:
        """Good for opening one socket."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request, ping_s: float) -> web.StreamResponse:
        """Serve one socket until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="no such ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=ping_s)
        await socket.prepare(request)
        if self.count >= MOST_SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(socket, Line(request.transport))
        return socket

    async def send(self, sending: Sending, reason: str, timeout_s: float) -> Reply:
        """Send through one socket and wait for its acknowledgement; see `Way`."""
        try:
            return await asyncio.wait_for(self._send(sending, reason), timeout_s)
        except TimeoutError:
            return Reply(False, reason="timeout")

    async def raw(self, text: str) -> None:
        """Say anything at all through one socket."""
        await (await asyncio.wait_for(self._one(), PATIENCE_S)).send_str(text)

    async def disconnect(self, reason: str, closes: bool) -> None:
        """Tell every socket to go, as Slack does before a restart; `closes`: and close them."""
        told = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}}
        for socket in list(self._open):
            with suppress(ConnectionError):
                await socket.send_json(told)
            if closes:
                await socket.close()

    def drop(self) -> None:
        """Cut every connection, without a word."""
        for line in list(self._open.values()):
            if isinstance(line.transport, asyncio.WriteTransport):
                line.transport.abort()

    async def _serve(self, socket: web.WebSocketResponse, line: Line) -> None:
        self._open[socket] = line
        self._changes.tell()
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(message.data)
        except ConnectionError as error:
            log.info("a socket broke: %s", error)
        finally:
            self._gone(socket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count,
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink", "approximate_connection_time": 18060},
        }

    def _gone(self, socket: web.WebSocketResponse) -> None:
        """What a closed socket had not acknowledged counts as failed."""
        for envelope_id in self._open.pop(socket).unacked:
            self._answer(envelope_id, Reply(False, reason="timeout"))
        self._changes.tell()

    def _heard(self, text: str) -> None:
        try:
            told = json.loads(text)
            envelope_id = str(told["envelope_id"])
        except (ValueError, TypeError, KeyError):
            envelope_id, told = "", {}
        if envelope_id not in self._waiting:
            self.stray = [*self.stray[-99:], text]
        payload = told.get("payload")
        self._answer(envelope_id, Reply(True, payload if isinstance(payload, dict) else None))

    def _answer(self, envelope_id: str, reply: Reply) -> None:
        waiting = self._waiting.get(envelope_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    async def _send(self, sending: Sending, reason: str) -> Reply:
        socket, envelope_id = await self._one(), str(uuid.uuid4())
        self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        line = self._open[socket]
        line.unacked.add(envelope_id)
        try:
            await socket.send_json(envelope(envelope_id, sending, reason))
            return await self._waiting[envelope_id]
        except ConnectionError:
            return Reply(False, reason="timeout")
        finally:
            self._waiting.pop(envelope_id, None)
            line.unacked.discard(envelope_id)

    async def _one(self) -> web.WebSocketResponse:
        """One of the open sockets; waits for the first."""
        while not (able := [socket for socket in self._open if not socket.closed]):
            await self._changes.beyond(self._changes.count, 1)
        return self._random.choice(able)


def envelope(envelope_id: str, sending: Sending, reason: str) -> Json:
    """The envelope of one try."""
    made: Json = {
        "envelope_id": envelope_id,
        "type": sending.kind,
        "payload": sending.payload,
        "accepts_response_payload": sending.kind in ANSWERED,
    }
    if sending.kind == "events_api":
        made |= {"retry_attempt": sending.tries - 1, "retry_reason": reason}
    return made
