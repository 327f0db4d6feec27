"""`tandem check` on a Discord that answers oddly: findings, and no crash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from discord import ApplicationFlags
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.health import Finding
from bot.platforms.discord.checking import checks
from bot.platforms.discord.connecting import may_read
from bot.settings import Settings
from tests.discord.ids import BOT, CHANNELS, GUILD, TOKEN
from tests.discord.server import DiscordServer

CALLS = (  # how the paths end that the check asks
    "/users/@me",
    "/oauth2/applications/@me",
    "/gateway/bot",
    "/users/@me/guilds",
    f"/guilds/{GUILD}",
    f"/guilds/{GUILD}/channels",
    f"/members/{BOT}",
    f"/guilds/{GUILD}/commands",
    f"/channels/{CHANNELS['general']}",
)
KEYS = st.sampled_from(
    ["id", "name", "type", "roles", "permissions", "url", "shards", "user", "code", "message"]
) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@dataclass(frozen=True)
class Bend:
    """A change of one thing within an answer."""

    at: int  # which thing, counted in any way
    to: object

    def of(self, whole: Any) -> Any:
        """The answer with that thing changed."""
        holders = [*holding(whole)]
        if holders:
            holder, key = holders[self.at % len(holders)]
            holder[key] = self.to
        return whole


def holding(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object and list with each of its keys."""
    listed = dict(enumerate(value)) if isinstance(value, list) else value
    for key, inner in listed.items() if isinstance(listed, dict) else ():
        yield value, key
        yield from holding(inner)


@dataclass
class Between:
    """A proxy before the local Discord, which answers some calls itself."""

    api: str  # of the local Discord
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    bent: dict[str, Bend] = field(default_factory=dict)
    url: str = ""

    async def serve(self, request: web.Request) -> web.Response:
        for ending, (status, body) in self.answers.items():
            if request.path.endswith(ending):
                return answered(status, body)
        headers = {"Authorization": request.headers["Authorization"]}
        url = self.api + request.path_qs
        async with ClientSession() as session, session.get(url, headers=headers) as answer:
            whole = await answer.json()
            for ending, bend in self.bent.items():
                if request.path.endswith(ending):
                    whole = bend.of(whole)
            return answered(answer.status, json.dumps(whole).encode())


def answered(status: int, body: bytes) -> web.Response:
    """As JSON, in the very words by which discord.py knows it."""
    return web.Response(status=status, body=body, headers={"Content-Type": "application/json"})


@pytest.fixture
async def between(discord_server: DiscordServer) -> AsyncIterator[Between]:
    """One that listens."""
    made, app = Between(discord_server.api), web.Application()
    app.router.add_get("/{rest:.*}", made.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield made
    await runner.cleanup()


async def looked(between: Between, home: Path) -> list[Finding]:
    """What is found through the proxy."""
    space = {"discord_roles": ["payroll"], "discord_channels": [CHANNELS["general"]]}
    settings = Settings.model_validate({"home": home, "cache": home, "spaces": {"team": space}})
    options = {"token": TOKEN, "guilds": (GUILD,), "api_url": between.url}
    return await asyncio.to_thread(lambda: list(checks("discord", options, settings)))


async def test_through_a_proxy_all_is_as_without_it(between: Between, tmp_path: Path) -> None:
    found = await looked(between, tmp_path)
    assert [one.told for one in found if not one.ok] == []
    assert len(found) == 9


@pytest.mark.parametrize("status", [200, 400, 404])
@pytest.mark.parametrize("body", [b"", b"<html>a proxy</html>", b"[1]", b"null", b'{"id": []}'])
async def test_what_is_not_discord_is_told_as_such(
    between: Between, tmp_path: Path, status: int, body: bytes
) -> None:
    between.answers[""] = (status, body)
    [only] = await looked(between, tmp_path)
    assert not only.ok
    assert only.told.endswith("Check `api_url`, and what answers there.")


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.sampled_from(CALLS), told=JSON, status=st.sampled_from([200, 200, 400, 403, 404]))
async def test_odd_answers_are_findings_and_no_crash(
    between: Between, tmp_path: Path, call: str, told: Any, status: int
) -> None:
    between.answers = {call: (status, json.dumps(told).encode())}
    found = await looked(between, tmp_path)
    assert found
    assert all(one.told.isprintable() and len(one.told) < 600 for one in found)


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.sampled_from(CALLS), at=st.integers(0, 999), told=JSON)
async def test_an_answer_that_is_odd_in_one_place_is_no_crash(
    between: Between, tmp_path: Path, call: str, at: int, told: Any
) -> None:
    between.bent = {call: Bend(at, told)}
    found = await looked(between, tmp_path)
    assert found
    assert all(one.told.isprintable() and len(one.told) < 600 for one in found)


@pytest.mark.parametrize("value", [None, "8", [1], {}, 1.5])
def test_flags_that_are_no_number_allow_nothing(value: Any) -> None:
    assert not may_read(ApplicationFlags._from_value(value))


def test_flags_allow_reading_by_either_of_their_bits() -> None:
    for bit in (18, 19):  # GATEWAY_MESSAGE_CONTENT and …_LIMITED in Discord's documentation
        assert may_read(ApplicationFlags._from_value(1 << bit))
    assert not may_read(ApplicationFlags._from_value(0))
