"""The hand that breaks things in the local Discord, and turns its dials: over the control API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp


class ControlRefused(AssertionError):
    """The server cannot do what a test asked for."""


@dataclass
class Trouble:
    """A client of the control API. `shard` None: all of them."""

    base: str
    http: aiohttp.ClientSession

    @property
    def api(self) -> str:
        """Where REST lies: the setting `api_url`."""
        return f"{self.base}/api/v10"

    @property
    def gateway(self) -> str:
        """Where the gateway lies: the setting `gateway_url`."""
        return self.base.replace("http", "ws", 1) + "/gateway"

    async def configure(self, **changes: Any) -> None:
        """Turn dials of `Settings` while the server runs."""
        await self._do("configure", **changes)

    async def set_content_intent(self, granted: bool) -> None:
        """May the application read what people write?"""
        await self.configure(content_intent=granted)

    async def move_clock(self, seconds: float) -> None:
        """Let the time go by, as tokens and nonces know it."""
        await self._do("move_clock", seconds=seconds)

    async def fault(self, route: str, **fault: Any) -> None:
        """Let the next calls of a route go wrong; the fields of `Fault`."""
        await self._do("fault", route=route, **fault)

    async def clear_faults(self) -> None:
        """Let all go well again."""
        await self._do("clear_faults")

    async def cut(self, shard: int | None = None) -> None:
        """The sockets break."""
        await self._do("cut", shard=shard)

    async def close(self, code: int, shard: int | None = None) -> None:
        """Discord closes the sockets, with this code."""
        await self._do("close", code=code, shard=shard)

    async def reconnect(self, shard: int | None = None) -> None:
        """Discord asks the client to come back (op 7)."""
        await self._do("reconnect", shard=shard)

    async def invalidate(self, resumable: bool = False, shard: int | None = None) -> None:
        """Discord says that the session is no good (op 9)."""
        await self._do("invalidate", resumable=resumable, shard=shard)

    async def expire(self, shard: int | None = None) -> None:
        """Discord forgets the sessions; whoever resumes is told so."""
        await self._do("expire", shard=shard)

    async def tell_again(self, shard: int | None = None) -> None:
        """The sockets break; after the resume all of the session is told once more."""
        await self._do("tell_again", shard=shard)

    async def drained(self) -> None:
        """Wait until the bot got all that the gateway told it so far."""
        await self._do("drained")

    async def answer_heartbeats(self, acks: bool) -> None:
        """Acknowledge heartbeats, or not."""
        await self._do("answer_heartbeats", acks=acks)

    async def emit(self, t: str | None, d: object, shard: int | None = None, **more: Any) -> None:
        """Tell any event, well made or not; `more`: `op`, `s`."""
        await self._do("emit", told={"t": t, "d": d, **more}, shard=shard)

    async def send(self, text: str, shard: int | None = None) -> None:
        """Send any text as a payload: it need not be JSON."""
        await self._do("send", text=text, shard=shard)

    async def send_bytes(self, sent: bytes, shard: int | None = None) -> None:
        """Send any bytes as a frame, past the compression."""
        await self._do("send_bytes", hex_=sent.hex(), shard=shard)

    async def _do(self, control: str, /, **args: Any) -> Any:
        async with self.http.post(f"{self.base}/control/{control}", json=args) as answer:
            told = await answer.json()
            if answer.status != 200:
                raise ControlRefused(f"{control}: {told['error']}")
            return told
