"""discord.py kept alive whatever the gateway sends, and the id of the event that it tells.

discord.py ends the whole client when something of the gateway's cannot be read. Here such an
event is logged, without what it says, and skipped; and where the connection itself makes no sense
any more, it is opened anew.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.platforms.discord.heartbeats import on_socket

log = logging.getLogger(__name__)

EVENT: ContextVar[str] = ContextVar("EVENT", default="")
SOCKET: ContextVar[DiscordWebSocket | None] = ContextVar("SOCKET", default=None)

# When debugging, these log what people say, and tokens.
TELLS_ALL = ("discord.gateway", "discord.http", "discord.webhook.async_")
TRACES = (
    "app_commands.tree",
    "client",
    "ext.commands.bot",
    "shard",
    "state",
    "ui.modal",
    "ui.view",
)
PASSING = (discord.ConnectionClosed, OSError, aiohttp.ClientError, TimeoutError)
OVER = frozenset({4007, 4009})  # close codes of a session that cannot be resumed
LAST_SEQUENCE = 2**53
INTERVAL_MS = (10, 600_000)  # between heartbeats, at least and at most
HELLO = 10
FRAMES = 8  # of a trace that are told


class Unusable(aiohttp.ClientError):
    """The gateway's greeting makes no sense: another connection is opened after a while."""


class StreamBroken(Exception):
    """What comes cannot be unpacked any more."""


def guarded(client: discord.Client) -> None:
    """Have a client survive what its gateway sends. Called once, before it connects."""
    state = client._connection
    for name, parse in state.parsers.items():
        state.parsers[name] = told(parse)
    on_socket(client, lambda socket: Guard(socket).stand())
    client.on_error = on_error  # type: ignore[method-assign]  # as `Client.event` would set it
    for logger in map(logging.getLogger, TELLS_ALL):
        logger.addFilter(no_debugging)
    for name in TRACES:
        logging.getLogger(f"discord.{name}").addFilter(untraced)


def event_id() -> str:
    """What tells the gateway's event that is being heard from all others; a replay has the same.

    Empty outside of what the gateway tells. It goes along into the tasks that listen.
    """
    return EVENT.get()


def no_debugging(record: logging.LogRecord) -> bool:
    """Keep out what a logger tells only when debugging."""
    return record.levelno > logging.DEBUG


async def on_error(event: str, /, *_: object, **__: object) -> None:
    """Log that a listener failed, and where; not what the event or the error says."""
    error = sys.exc_info()[1]
    log.error("%s failed with %s", event[:60], failure(error))


def untraced(record: logging.LogRecord) -> bool:
    """Has the library tell in its line what failed, and where, not what the error says."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        record.msg, record.args = f"{record.getMessage()[:200]}: {failure(error)}", ()
        record.exc_info = record.exc_text = None
    return True


def failure(error: BaseException | None) -> str:
    """Of which kind an error is and where it came up, without its words."""
    if error is None:
        return "an unknown error"
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(error).__name__} at {where or '?'}"


def told(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A parser that says, while it runs, which event it parses."""

    def parsed(payload: Any) -> Any:
        socket = SOCKET.get()
        known = f"{socket.session_id}:{socket.sequence}"[:200] if socket else ""
        token = EVENT.set(known)
        try:
            return parse(payload)
        finally:
            EVENT.reset(token)

    return parsed


class Stream:
    """A decompressor that says when its stream is broken; text that is none breaks nothing."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.COMPRESSION_TYPE = inner, inner.COMPRESSION_TYPE

    def decompress(self, frame: bytes, /) -> str | None:
        """The text; None: there is more to come. Raises `StreamBroken`, `UnicodeDecodeError`."""
        try:
            text: str | None = self.inner.decompress(frame)
        except UnicodeDecodeError:
            raise
        except Exception as error:
            raise StreamBroken from error
        return text


class Guard:
    """Stands between a socket and what reads it."""

    def __init__(self, socket: DiscordWebSocket) -> None:
        self.socket, self.poll, self.receive = socket, socket.poll_event, socket.log_receive
        self.frame: object = ""  # the text that came last

    def stand(self) -> None:
        """Have the socket read through us; each has its own, so there is none to be unset."""
        socket = self.socket
        socket._decompressor = Stream(socket._decompressor)
        socket.poll_event = self.poll_event  # type: ignore[method-assign]  # of this one only
        socket.log_receive = self.received  # type: ignore[method-assign]  # of this one only

    def received(self, frame: Any, /) -> None:
        """Keep the text of a frame until the next comes, to tell which event it was.

        Heartbeats without a pause, or never, are worse than none: raises `Unusable`.
        """
        self.frame = frame
        if isinstance(frame, str) and "heartbeat_interval" in frame and not is_sensible(frame):
            raise Unusable("the gateway wants no sensible heartbeat")
        self.receive(frame)

    async def poll_event(self) -> None:
        """Read the next event. Raises what makes discord.py connect again, and what ends it."""
        sequence, mine = self.socket.sequence, SOCKET.set(self.socket)
        self.frame = ""
        try:
            await self.poll()
        except ReconnectWebSocket as error:
            raise self._again(error) from None
        except Unusable:
            await self.socket.close()
            raise
        except PASSING:
            raise
        except Exception as error:
            await self._skip(error)
        finally:
            SOCKET.reset(mine)
            if not is_sequence(self.socket.sequence):
                self.socket.sequence = sequence

    async def _skip(self, error: Exception) -> None:
        """Log what cannot be used; raises where nothing good can follow."""
        event, shard = named(self.frame), self.socket.shard_id
        if isinstance(error, StreamBroken) and self.socket._keep_alive is not None:
            log.warning("shard %s: what the gateway sends is garbled; connecting again", shard)
            await self.socket.close()
            raise ReconnectWebSocket(shard) from None
        log.warning("shard %s: skipped %s: %s", shard, event, failure(error))
        if self.socket._keep_alive is None or event == "READY":
            await self.socket.close()
            raise Unusable(f"the gateway began with {event}, which cannot be used") from None

    def _again(self, error: ReconnectWebSocket) -> ReconnectWebSocket:
        """Resumed with what Discord refuses, a session would be refused for ever."""
        if not error.resume or self.socket.socket.close_code not in OVER:
            return error
        self.socket.session_id = self.socket.sequence = None
        return ReconnectWebSocket(self.socket.shard_id, resume=False)


def is_sequence(number: object) -> bool:
    """Is that a number of an event? None: there was none yet."""
    return number is None or (type(number) is int and 0 <= number < LAST_SEQUENCE)


def is_sensible(frame: str) -> bool:
    """Can one live with the heartbeat that a frame asks for, if it is one that does?"""
    payload = unpacked(frame)
    if not isinstance(payload, dict) or payload.get("op") != HELLO:
        return True
    asks = payload.get("d")
    interval = asks.get("heartbeat_interval") if isinstance(asks, dict) else None
    least, most = INTERVAL_MS
    return isinstance(interval, int | float) and least <= interval <= most


def unpacked(frame: object) -> object:
    """What a frame holds; its own text where it is no JSON."""
    try:
        return json.loads(frame) if isinstance(frame, str | bytes) else frame
    except (ValueError, RecursionError):
        return frame


def named(frame: object) -> str:
    """Which event a frame tells, or what it is instead; nothing of what it says."""
    payload = unpacked(frame)
    if payload is frame:
        return "a frame that is no JSON"
    if not isinstance(payload, dict):
        return "a frame that is no event"
    event, op = payload.get("t"), payload.get("op")
    if isinstance(event, str) and event:
        return event[:60]
    return f"an op {op}" if type(op) is int else "a frame without an event"
