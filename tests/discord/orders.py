"""Orders to the gateway: break off, close, reconnect, forget, tell again, tell nonsense."""

from __future__ import annotations

from tests.discord.gateway import Gateway
from tests.discord.refusals import Json
from tests.discord.sessions import DISPATCH, HEARTBEAT, INVALID_SESSION, RECONNECT, Line


def lines(gateway: Gateway, shard: int | None) -> list[Line]:
    """The sockets of a shard, or all of them."""
    identified = [talk for talk in gateway.talks if talk.session is not None]
    return [t.line for t in identified if t.session and shard in (None, t.session.shard[0])]


def cut(gateway: Gateway, shard: int | None = None) -> None:
    """Break the connections, without a word."""
    for line in lines(gateway, shard):
        line.cut()


async def close(gateway: Gateway, code: int, shard: int | None = None) -> None:
    """Close the sockets with a code."""
    for line in lines(gateway, shard):
        await line.close(code)


def reconnect(gateway: Gateway, shard: int | None = None) -> None:
    """Op 7: the client shall come back and resume."""
    for line in lines(gateway, shard):
        line.op(RECONNECT, None)


def invalidate(gateway: Gateway, resumable: bool = False, shard: int | None = None) -> None:
    """Op 9: the session is no good; without `resumable` it is forgotten at once."""
    for session in gateway.of_shard(shard):
        if session.line is not None:
            session.line.op(INVALID_SESSION, resumable)
        if not resumable:
            gateway.sessions.pop(session.id, None)


def expire(gateway: Gateway, shard: int | None = None) -> None:
    """Forget the sessions without a word: who resumes is told so then."""
    for session in gateway.of_shard(shard):
        gateway.sessions.pop(session.id, None)


def tell_again(gateway: Gateway, shard: int | None = None) -> None:
    """Break off; who resumes is told all of the session once more, from the first."""
    for session in gateway.of_shard(shard):
        session.told_again = True
    cut(gateway, shard)


async def drained(gateway: Gateway) -> None:
    """Ask all clients for a heartbeat (op 1), until each says that it got what it was told."""
    for session in gateway.connected():
        wanted, told = session.seq, None
        while session.heard < wanted and session in gateway.connected():
            if told is not session.line and session.line is not None:
                told = session.line
                told.op(HEARTBEAT, None)
            await gateway.world.changes.beyond(gateway.world.changes.count, 1.0)


def answer_heartbeats(gateway: Gateway, acks: bool) -> None:
    """Acknowledge heartbeats, or not."""
    gateway.acks = acks


def emit(gateway: Gateway, told: Json, shard: int | None = None) -> None:
    """Tell anything: `op` (0), `t`, `d`; a dispatch without `s` gets the session's next."""
    for session in gateway.of_shard(shard):
        session.put({"op": DISPATCH, **told})


def send(gateway: Gateway, text: str, shard: int | None = None) -> None:
    """Send any text as one payload, properly compressed: it need not be JSON."""
    for line in lines(gateway, shard):
        line.put(text)


def send_bytes(gateway: Gateway, hex_: str, shard: int | None = None) -> None:
    """Send bytes (in hexadecimal) as one frame, past the compression."""
    for line in lines(gateway, shard):
        line.put_raw(bytes.fromhex(hex_))
