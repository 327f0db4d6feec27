"""The threads that keep sessions at Discord alive end before the event loop that they call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import discord
import pytest
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from bot.platforms.discord.heartbeats import Ending, ended, heartbeats
from tests.discord.clients import pointed_at
from tests.discord.hearing import Hearing, hearing, with_content
from tests.discord.ids import TOKEN
from tests.discord.server import DiscordServer
from tests.patience import until


class Socket:
    """A socket of which a heartbeat sees all that it asks for; a beat takes until it is let."""

    HEARTBEAT, sequence, _max_heartbeat_timeout = 1, 0, 600.0

    def __init__(self, shard: int = 0) -> None:
        self.loop, self.thread_id = asyncio.get_running_loop(), threading.get_ident()
        self.begun, self.let = asyncio.Event(), asyncio.Event()
        self.shard_id, self.told, self.open = shard, 0, True

    async def send_heartbeat(self, _: Any) -> None:
        self.begun.set()
        await self.let.wait()
        self.told += 1

    async def close(self) -> None:
        self.open = False


def beating(client: Ending, socket: Any) -> KeepAliveHandler:
    """A heartbeat of the client's, that begins at once."""
    ws: DiscordWebSocket = socket
    client._connection._update_references(ws)  # as discord.py does with each
    made = KeepAliveHandler(ws=ws, interval=0.001, shard_id=ws.shard_id)
    made.start()
    return made


class Quiet(Ending, discord.AutoShardedClient):
    """A client that never connects."""


@pytest.fixture
async def client() -> AsyncIterator[Quiet]:
    async with Quiet(intents=discord.Intents.none()) as made:
        yield made


async def test_a_client_is_closed_when_its_last_beat_is_over(client: Quiet) -> None:
    socket = Socket()
    heartbeat = beating(client, socket)
    await socket.begun.wait()
    closing = asyncio.create_task(client.close())
    await until(heartbeat._stop_ev.is_set)
    assert not closing.done()
    socket.let.set()
    await closing
    assert (socket.told, socket.open, heartbeat.is_alive()) == (1, False, False)


async def test_who_closes_and_is_cancelled_waits_for_it_too(client: Quiet) -> None:
    socket = Socket()
    heartbeat = beating(client, socket)
    await socket.begun.wait()
    closing = asyncio.create_task(client.close())
    await until(heartbeat._stop_ev.is_set)
    closing.cancel()
    again = asyncio.create_task(client.close())
    await asyncio.sleep(0)
    assert not closing.done()
    socket.let.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await again
    assert (socket.open, heartbeat.is_alive()) == (False, False)


async def test_another_clients_heartbeat_goes_on(client: Quiet) -> None:
    async with Quiet(intents=discord.Intents.none()) as other:
        socket = Socket()
        heartbeat = beating(other, socket)
        await client.close()
        await socket.begun.wait()
        assert (socket.open, heartbeat._stop_ev.is_set()) == (True, False)
        socket.let.set()
    assert (socket.open, heartbeat.is_alive()) == (False, False)


async def test_a_beat_that_never_ends_is_told_of(
    client: Quiet, caplog: pytest.LogCaptureFixture
) -> None:
    socket = Socket()
    beating(client, socket)
    await socket.begun.wait()
    await ended(client._opened, longest_s=0.01)
    assert "did not end" in caplog.text
    socket.let.set()


async def test_only_the_last_session_of_a_shard_is_kept(client: Quiet) -> None:
    old, other, new = Socket(3), Socket(4), Socket(3)
    for socket in (old, other):
        beating(client, socket)
    client._begin(new)  # type: ignore[arg-type]  # it is all that is asked of one
    await until(lambda: not old.open)
    assert (other.open, new.open) == (True, True)
    for socket in (old, other):
        socket.let.set()


async def test_sockets_of_long_ago_are_not_remembered(client: Quiet) -> None:
    for _ in range(5):
        socket = Socket()
        client._begin(socket)  # type: ignore[arg-type]  # it is all that is asked of one
        await socket.close()
    assert [one.open for one in client._opened] == [False]


async def test_a_connected_client_is_closed_without_a_heartbeat(
    discord_server: DiscordServer,
) -> None:
    async with hearing(discord_server) as client:
        [heartbeat] = heartbeats(client._opened)
    assert not heartbeat.is_alive()


class Hesitant(Hearing):
    """Gets the gateway's greeting, and never says who it is."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await asyncio.Event().wait()


async def test_a_session_that_broke_off_while_it_began_is_ended_too(
    discord_server: DiscordServer,
) -> None:
    client = Hesitant(with_content())
    with pointed_at(discord_server):
        async with client:
            starting = asyncio.create_task(client.start(TOKEN))
            await until(lambda: heartbeats(client._opened))
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            [heartbeat], [socket] = heartbeats(client._opened), client._opened
            assert socket.open
    assert (socket.open, heartbeat.is_alive()) == (False, False)
