"""Whatever Discord's gateway sends, the client lives on, and logs nothing of what people said."""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import discord
import pytest
from aiohttp import WSMsgType, web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.platforms.discord.guarding import event_id, guarded, is_sequence, named
from bot.platforms.discord.heartbeats import Ending
from tests.discord.ids import BOT, CHANNELS, GUILD, TOKEN
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.patience import until

GENERAL = CHANNELS["general"]
MALFORMED: list[tuple[object, object]] = [  # name and content of events
    ("MESSAGE_CREATE", None),
    ("MESSAGE_CREATE", {}),
    ("MESSAGE_CREATE", []),
    ("MESSAGE_CREATE", {"id": "1", "channel_id": "x", "author": 5, "content": "secret"}),
    ("MESSAGE_UPDATE", {"id": {}, "channel_id": GENERAL}),
    ("MESSAGE_DELETE", "secret"),
    ("MESSAGE_DELETE_BULK", {"ids": 5}),
    ("MESSAGE_REACTION_ADD", {"emoji": "secret"}),
    ("INTERACTION_CREATE", {"id": "1", "type": "secret"}),
    ("GUILD_CREATE", {"id": GUILD, "channels": "secret"}),
    ("GUILD_UPDATE", {"id": "x"}),
    ("GUILD_ROLE_CREATE", {"guild_id": GUILD, "role": None}),
    ("CHANNEL_UPDATE", {"id": GENERAL, "guild_id": GUILD, "type": "secret"}),
    ("THREAD_CREATE", {"id": "1", "guild_id": GUILD}),
    ("GUILD_MEMBER_UPDATE", {"guild_id": GUILD, "user": "secret"}),
    ("RESUMED", None),
    ("NOBODY_KNOWS_THIS", {"secret": True}),
    (["MESSAGE_CREATE"], {}),
    ({"t": 1}, 5),
    (5, {}),
]
FRAMES = [  # which are no events at all
    *("no JSON", "[]", "5", "null", '"secret"', "{", "{}", "[" * 50_000),
    *('{"op": 99, "d": "secret"}', '{"op": "odd"}', '{"op": null, "t": "X"}', '{"op": 0}'),
    *('{"op": 11, "d": []}', '{"op": {}, "s": "x"}'),
]


class Ear(Ending, discord.AutoShardedClient):
    """A client that keeps what it hears, and the ids of those events."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__(intents=intents, max_messages=None, guild_ready_timeout=0.05)
        self.heard: list[tuple[str, str]] = []

    async def setup_hook(self) -> None:
        guarded(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No other shard waits for its turn."""

    async def on_message(self, message: discord.Message) -> None:
        await asyncio.sleep(0)
        self.heard.append((message.content, event_id()))
        if message.content == "trouble":
            raise ValueError("secret")

    @property
    def words(self) -> list[str]:
        return [words for words, _ in self.heard]


@asynccontextmanager
async def at(api: str, gateway: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ear]:
    """A client that listens there until the block ends; that it ended before is a failure."""
    monkeypatch.setattr(Route, "BASE", api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(gateway))
    async with Ear() as client:
        client.shard_count = 1
        await client.login(TOKEN)
        running = asyncio.create_task(client.connect())
        try:
            await until(lambda: running.done() or client.is_ready(), "ready")
            yield client
            assert not running.done(), running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def ear(discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ear]:
    async with at(discord_server.api, discord_server.gateway, monkeypatch) as client:
        yield client


async def hears(client: Ear, people: People, words: str = "still there?") -> None:
    """Does it hear what is said now?"""
    await people.say("general", "ben", words)
    await until(lambda: words in client.words, words)


async def test_malformed_events_are_skipped(ear: Ear, discord_people: People) -> None:
    for name, content in MALFORMED:
        await discord_people.emit(name, content)  # type: ignore[arg-type]  # that is the point
    await hears(ear, discord_people)
    seen = await discord_people.look()
    assert (seen.identified, seen.resumed) == (1, 0)


async def test_frames_that_are_no_events_are_skipped(ear: Ear, discord_people: People) -> None:
    for frame in FRAMES:
        await discord_people.send(frame)
    await hears(ear, discord_people)
    seen = await discord_people.look()
    assert (seen.identified, seen.resumed) == (1, 0)


async def test_a_garbled_stream_is_opened_anew_and_nothing_is_lost(
    ear: Ear, discord_people: People
) -> None:
    await discord_people.send_bytes(b"garbled\x00\x00\xff\xff")
    await discord_people.say("general", "ben", "meanwhile")
    await hears(ear, discord_people)
    seen = await discord_people.look()
    assert (seen.identified, seen.resumed) == (1, 1)
    assert ear.words == ["meanwhile", "still there?"]


@pytest.mark.parametrize("number", ["secret", -5, 10**40, 1.5, {"x": 1}])
async def test_a_number_that_is_none_does_not_spoil_the_resume(
    ear: Ear, discord_people: People, number: object
) -> None:
    await discord_people.emit("NOBODY_KNOWS_THIS", {}, s=number)
    await discord_people.cut()
    await hears(ear, discord_people)
    seen = await discord_people.look()
    assert (seen.identified, seen.resumed, seen.closes) == (1, 1, ())


async def test_nothing_of_what_was_said_is_logged(
    ear: Ear, discord_people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, content in MALFORMED:
        await discord_people.emit(name, content)  # type: ignore[arg-type]  # that is the point
    for frame in FRAMES:
        await discord_people.send(frame)
    await hears(ear, discord_people)
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "skipped MESSAGE_CREATE: " in told
    assert "secret" not in told
    assert "secret" not in "".join(record.exc_text or "" for record in caplog.records)


async def test_a_listener_that_fails_is_told_without_words(
    ear: Ear, discord_people: People, caplog: pytest.LogCaptureFixture
) -> None:
    await hears(ear, discord_people, "trouble")
    await until(lambda: "on_message failed with ValueError" in caplog.text)
    assert "on_message" in caplog.text
    assert "test_discord_guarding.py" in caplog.text, "where it failed is told"
    assert "secret" not in caplog.text
    await hears(ear, discord_people)


async def test_each_event_has_an_id_of_its_own_and_its_replay_the_same(
    ear: Ear, discord_people: People
) -> None:
    await hears(ear, discord_people, "one")
    await hears(ear, discord_people, "two")
    first, second = (id for _, id in ear.heard)
    session, number = first.split(":")
    assert second == f"{session}:{int(number) + 1}"
    await discord_people.tell_again()
    await until(lambda: len(ear.heard) == 4)
    assert ear.heard[2:] == ear.heard[:2]
    assert event_id() == ""


async def test_a_new_session_gives_other_ids(ear: Ear, discord_people: People) -> None:
    await hears(ear, discord_people, "one")
    await discord_people.invalidate()
    await discord_people.wait_for(lambda seen: seen.identified == 2 and seen.shards == 1)
    await hears(ear, discord_people, "two")
    sessions = {id.split(":")[0] for _, id in ear.heard}
    assert len(sessions) == 2


@pytest.mark.parametrize("code", [4007, 4009])
async def test_a_session_that_cannot_be_resumed_is_not_tried_for_ever(
    ear: Ear, discord_people: People, code: int
) -> None:
    await discord_people.close(code)
    await discord_people.wait_for(lambda seen: seen.identified == 2 and seen.shards == 1)
    await hears(ear, discord_people)
    assert (await discord_people.look()).resumed == 0


# How the gateway begins


GOOD_HELLO = json.dumps({"op": 10, "d": {"heartbeat_interval": 40_000}})


@dataclass
class Greeter:
    """A gateway that greets as it is told, and well when it is told nothing more."""

    hellos: list[str] = field(default_factory=list)
    readies: list[object] = field(default_factory=list)
    url: str = ""
    greeted: int = 0
    ready: int = 0
    resumed: int = 0
    beats: int = 0
    socket: web.WebSocketResponse | None = None

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """One connection."""
        self.socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.greeted += 1
        await socket.send_str(self.hellos.pop(0) if self.hellos else GOOD_HELLO)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self.answer(json.loads(message.data), socket)
        return socket

    async def answer(self, told: dict[str, object], socket: web.WebSocketResponse) -> None:
        """What a client is answered to what it says."""
        self.beats += told["op"] == 1
        self.resumed += told["op"] == 6
        if told["op"] == 6:
            await socket.send_json({"op": 9, "d": False})
        if told["op"] == 2:
            d = self.readies.pop(0) if self.readies else self.welcome()
            await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": d})
            self.ready += 1

    def welcome(self) -> dict[str, object]:
        """What READY says."""
        return {
            "session_id": f"session-{self.ready}",
            "resume_gateway_url": self.url,
            "shard": [0, 1],
            "guilds": [],
            "user": {"id": BOT, "username": "tandem", "discriminator": "0", "avatar": None},
            "application": {"id": BOT, "flags": 0},
        }

    async def send(self, *frames: bytes) -> None:
        """Send frames in one compressed stream."""
        assert self.socket is not None
        stream = zlib.compressobj()
        for frame in frames:
            await self.socket.send_bytes(stream.compress(frame) + stream.flush(zlib.Z_SYNC_FLUSH))

    async def begin_again(self) -> None:
        """Have the client come back."""
        assert self.socket is not None
        await self.socket.send_json({"op": 7, "d": None})


@pytest.fixture
async def greeter() -> AsyncIterator[Greeter]:
    """Listens on loopback."""
    made, app = Greeter(), web.Application()
    app.router.add_get("/", made.accept)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "ws://{}:{}/".format(*runner.addresses[0][:2])
    yield made
    await runner.cleanup()


BAD_HELLOS = [
    *("no JSON", "[]", '{"op": 10}', '{"op": 10, "d": {"heartbeat_interval": "soon"}}'),
    *('{"op": 10, "d": {"heartbeat_interval": 0}}', '{"op": 10, "d": {"heartbeat_interval": NaN}}'),
    '{"op": 10, "d": {"heartbeat_interval": 1e300}}',
]


@pytest.mark.parametrize("hello", [BAD_HELLOS[1], BAD_HELLOS[4]])
async def test_a_greeting_that_makes_no_sense_is_tried_again(
    greeter: Greeter, discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch, hello: str
) -> None:
    async with at(discord_server.api, greeter.url, monkeypatch):
        greeter.hellos.append(hello)
        await greeter.begin_again()
        await until(lambda: greeter.greeted == 3 and greeter.ready == 2, "ready again")
    assert greeter.resumed == 0, "nothing is said to who greets like that"


async def test_a_session_that_begins_badly_is_begun_again(
    greeter: Greeter, discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(discord_server.api, greeter.url, monkeypatch) as client:
        greeter.readies.append({"session_id": "x", "resume_gateway_url": greeter.url})
        await greeter.begin_again()
        await until(lambda: greeter.ready == 3, "ready again")
        assert not client.is_closed()


async def test_text_that_is_none_is_skipped(
    greeter: Greeter, discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(discord_server.api, greeter.url, monkeypatch):
        before = greeter.beats
        await greeter.send(b"\xff\xfe\xff", b'{"op": 1}')
        await until(lambda: greeter.beats > before, "a heartbeat, as it was asked for")
    assert greeter.greeted == 1


@pytest.mark.soak
@pytest.mark.parametrize("hello", BAD_HELLOS)
async def test_no_greeting_ends_the_client(
    greeter: Greeter, discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch, hello: str
) -> None:
    async with at(discord_server.api, greeter.url, monkeypatch):
        greeter.hellos += [hello, hello]
        await greeter.begin_again()
        await until(lambda: greeter.ready == 2, "ready again")


# What an event is called in the log


@given(st.text() | st.binary() | st.none() | st.integers())
def test_whatever_a_frame_is_it_is_named(frame: object) -> None:
    assert named(frame)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each)))
def test_an_event_is_named_by_its_name_alone(content: object) -> None:
    assert named(json.dumps({"op": 0, "t": "MESSAGE_CREATE", "d": content})) == "MESSAGE_CREATE"
    assert named(json.dumps({"op": 7, "d": content})) == "an op 7"


@pytest.mark.parametrize(("number", "is_one"), [(None, True), (0, True), (7, True), (True, False)])
def test_an_event_is_numbered_by_a_whole_number(number: object, is_one: bool) -> None:
    assert is_sequence(number) is is_one
