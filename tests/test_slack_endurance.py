"""What a bot rides out: a busy or broken Slack, cut sockets, a database that is away or full."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.sockets import fresh
from tests.bots import Made, SlowBackend, made
from tests.nursery import ANSWER
from tests.patience import PATIENCE_S, until
from tests.slack.bots import listening
from tests.slack.houses import LEAVE, LOOK_S, House, check
from tests.slack.people import People
from tests.slack.server import SlackServer
from tests.slack.world import APP_TOKEN, BOT_TOKEN

pytestmark = pytest.mark.endurance
TROUBLE: dict[str, dict[str, Any]] = {
    "busy": {"status": 429, "retry_after_s": 1},
    "stumbling": {"status": 500},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
}
STREAMED = ("chat.startStream", "chat.stopStream", "conversations.info", "auth.test")
PIECES = ("Answer 1: ", "You ", "get ", "27 ", "days ", "of leave.")
PASSING = ("assistant.threads.setStatus", "agents.sessions.setStatus")  # signs that may fail
UNKEPT = "disk I/O error. Look whether the disk is full or broken"
POSTED = ("chat.postMessage", "chat.update")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    with made(tmp_path, SlowBackend(*PIECES)) as built:
        yield built


@pytest.fixture
async def channel(bot: Made, people: People) -> AsyncIterator[People]:
    """People whose channels the bot is in; Slack sends again soon what is not acknowledged."""
    await people.configure(retry_after_s=[0.05] * 200)
    async with listening(bot, people):
        yield people


async def settled(bot: Made, people: People, asked: list[str]) -> None:
    """Each of these was answered, once, and nothing is left to be done."""
    async with asyncio.timeout(PATIENCE_S):
        while any(s["kind"] == "events_api" and not s["acked_at"] for s in await people.sendings()):
            await asyncio.sleep(LOOK_S)
        while bot.inbox.waiting("slack"):
            await asyncio.sleep(LOOK_S)
    check(await people.look(), asked)


# A Slack that is busy or broken


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("method", [*STREAMED, *PASSING])
async def test_trouble_with_one_call_leaves_one_answer(
    bot: Made, people: People, slack: SlackServer, method: str, trouble: dict[str, Any]
) -> None:
    await people.fault(method, **trouble)
    async with listening(bot, people):
        ts = await people.say("general", "ben", LEAVE)
        await settled(bot, people, [ts])
    assert not slack.workspace.faults.coming


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("method", POSTED)
async def test_trouble_with_a_posted_answer_leaves_one(
    bot: Made, channel: People, slack: SlackServer, method: str, trouble: dict[str, Any]
) -> None:
    assert isinstance(bot.backend, SlowBackend)
    bot.backend.wait_s = 0.3  # so that it is posted before it is whole
    await channel.configure(streaming_refused="unknown_method")
    await channel.fault(method, **trouble)
    ts = await channel.say("general", "ben", LEAVE)
    await settled(bot, channel, [ts])
    assert not slack.workspace.faults.coming


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
async def test_trouble_in_the_middle_of_a_stream_leaves_one_answer(
    people: People, slack: SlackServer, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    with made(tmp_path, SlowBackend(*PIECES, wait_s=0.4)) as bot:
        async with listening(bot, people):
            await people.fault("chat.appendStream", **trouble)
            ts = await people.say("general", "ben", LEAVE)
            await settled(bot, people, [ts])
    assert not slack.workspace.faults.coming


# Sockets


@pytest.mark.parametrize("sockets", [1, 3])
@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled", "dropped"])
async def test_cut_sockets_lose_no_question_and_double_none(
    bot: Made, people: People, reason: str, sockets: int
) -> None:
    await people.configure(retry_after_s=[0.05] * 200, ack_timeout_s=1.0)
    async with listening(bot, people, sockets=sockets):
        asked = []
        for turn in range(3):
            asked += [await people.say(c, p, LEAVE) for c in ("general", "team") for p in PEOPLE]
            if reason == "dropped":
                await people.drop()
            else:
                await people.disconnect(reason, closes=turn > 0)
            asked += [await people.say(c, p, LEAVE) for c in ("general", "team") for p in PEOPLE]
        await settled(bot, people, asked)


PEOPLE = ("ben", "ana")


async def test_an_address_that_is_too_old_is_asked_for_anew(people: People) -> None:
    web = AsyncWebClient(BOT_TOKEN, base_url=people.api)
    socket = SocketModeClient(APP_TOKEN, web_client=web, ping_interval=0.05)
    socket.wss_uri = f"{people.base}/link/?ticket=too-old"
    looking = asyncio.create_task(fresh(socket))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await socket.connect()  # type: ignore[no-untyped-call]  # the SDK's has no types
        await people.connected()
    finally:
        looking.cancel()
        await socket.close()  # type: ignore[no-untyped-call]  # the SDK's has no types


# A database that does not take what is to be kept


async def tried(people: People, times: int) -> None:
    """Wait until Slack sent some event so often."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(sending["tries"] >= times for sending in await people.sendings()):
            await asyncio.sleep(LOOK_S)


async def test_a_question_that_could_not_be_kept_in_time_is_sent_again_and_answered_once(
    house: House,
) -> None:
    await house.people.configure(ack_timeout_s=0.3)
    await house.born()
    with house.locked():
        ts = await house.people.say("general", "ben", LEAVE)
        await tried(house.people, 3)
    check(await house.settled(), [ts])


@pytest.mark.postgres
async def test_a_database_that_is_away_for_a_while_loses_nothing(
    people: People, postgres_url: str, tmp_path: Path
) -> None:
    server, _, name = postgres_url.rpartition("/")
    await people.configure(retry_after_s=[0.05] * 400, ack_timeout_s=0.5)
    with made(tmp_path, SlowBackend(*ANSWER), database_url=postgres_url) as bot:
        async with listening(bot, people):
            with closing(psycopg.connect(f"{server}/postgres", autocommit=True)) as other:
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [name],
                )
                ts = await people.say("general", "ben", LEAVE)
                await tried(people, 3)
                assert not (await people.look()).by_bot()
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
            await settled(bot, people, [ts])


async def test_a_full_disk_is_told_and_loses_nothing(house: House) -> None:
    await house.people.configure(ack_timeout_s=0.3)
    bot = await house.born()
    before = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (12_000, -1))
    ts = await house.people.say("general", "ben", LEAVE)
    await tried(house.people, 3)
    assert not any(s["acked_at"] for s in await house.people.sendings())
    await until(lambda: UNKEPT in bot.log.read_text())
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, before)
    check(await house.settled(), [ts])
