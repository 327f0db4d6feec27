"""`tandem run`: how it begins, and how it ends with questions in hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nursery import ANSWER, Bot
from tests.slack.houses import LEAVE, House, answers, check

pytestmark = pytest.mark.endurance
WITHIN_S = 10.0
SOURCE = '[sources.handbook]\nuse = "folder"\npath = "."\n'


async def ended(house: House, bot: Bot) -> int:
    """The exit code of a bot that was told to end; it has so long for it."""
    house.living.remove(bot)
    return await bot.ended(WITHIN_S + 2)  # of a busy machine


async def goes_on(house: House, asked: list[str]) -> None:
    """Nobody holds what was put back, and the next bot answers all of it."""
    assert house.inbox.release(lambda _: True) == 0
    assert house.inbox.waiting("slack") == len(asked)
    await house.born()
    check(await house.settled(), asked)


# How it ends


async def test_a_bot_that_is_idle_ends_at_once(house: House) -> None:
    bot = await house.born()
    bot.kill(signal.SIGTERM)
    assert await ended(house, bot) == 0


async def test_what_is_nearly_answered_is_finished_before_the_end(house: House) -> None:
    bot = await house.born(wait_s=0.3)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.people.wait_for(lambda seen: answers(seen, ts))
    bot.kill(signal.SIGTERM)
    assert await ended(house, bot) == 0
    check(await house.people.look(), [ts])
    assert not house.inbox.waiting("slack")


@pytest.mark.parametrize("wait_s", [0.2, 120.0], ids=["writes for long", "does not hear"])
async def test_what_takes_too_long_is_put_back_and_completed_by_the_next(
    house: House, wait_s: float
) -> None:
    bot = await house.born(says=(*ANSWER, *["!"] * 200), wait_s=wait_s)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.people.wait_for(lambda seen: answers(seen, ts))
    began = answers(await house.people.look(), ts)[0].ts
    bot.kill(signal.SIGTERM)
    assert await ended(house, bot) == 0
    await goes_on(house, [ts])
    assert answers(await house.people.look(), ts)[0].ts == began


async def test_those_who_wait_in_the_line_are_put_back_also_when_told_twice(house: House) -> None:
    bot = await house.born(says=(*ANSWER, *["!"] * 200), wait_s=0.2, at_once=1)
    asked = [
        await house.people.say(channel, person, LEAVE)
        for channel in ("general", "team")
        for person in ("ben", "ana")
    ]
    await house.people.wait_for(lambda seen: "before you" in seen.text)
    bot.kill(signal.SIGTERM)
    bot.kill(signal.SIGTERM)
    assert await ended(house, bot) == 0
    await goes_on(house, asked)


async def test_a_slack_that_answers_slowly_does_not_hold_the_end_up(house: House) -> None:
    await house.people.fault("chat.stopStream", delay_s=20.0)
    bot = await house.born()
    ts = await house.people.say("general", "ben", LEAVE)
    await house.begun()
    bot.kill(signal.SIGTERM)
    assert await ended(house, bot) == 0
    await goes_on(house, [ts])


async def test_a_database_that_another_holds_does_not_hold_the_end_up(house: House) -> None:
    bot = await house.born(says=(*ANSWER, *["!"] * 200), wait_s=0.2)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.people.wait_for(lambda seen: answers(seen, ts))
    with house.locked():
        bot.kill(signal.SIGTERM)
        assert await ended(house, bot) == 0
    await house.born()
    check(await house.settled(), [ts])


# How it begins


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ({"bot_token": "xoxb-wrong"}, 1, "auth.test was refused with invalid_auth. Install the"),
        ({"app_token": "xapp-wrong"}, 1, "apps.connections.open was refused with invalid_auth"),
        ({"app_token": None}, 2, "[platforms.slack]: Socket Mode needs an `app_token`. Add"),
        ({"mode": "http", "signing_secret": None}, 2, "HTTP mode needs a `signing_secret`. Add"),
    ],
    ids=["bot token", "app token", "no app token", "no secret"],
)
async def test_what_cannot_begin_says_why(
    house: House, options: dict[str, object], code: int, sentence: str
) -> None:
    bot = await house.bots.start(replace(house.life, options=options))
    assert await bot.ended() == code
    told = bot.log.read_text()
    assert sentence in told
    assert "Traceback" not in told


async def test_a_port_that_another_has_is_named(house: House) -> None:
    port = int(house.people.base.rpartition(":")[2])
    options = {"mode": "http", "port": port}
    bot = await house.bots.start(replace(house.life, options=options))
    assert await bot.ended() == 2
    assert f"cannot listen on 127.0.0.1:{port}" in bot.log.read_text()


async def test_a_slack_that_is_away_for_a_while_is_waited_for(house: House) -> None:
    await house.people.fault("auth.test", status=503)
    await house.people.fault("apps.connections.open", cut="before")
    await house.born()
    ts = await house.people.say("general", "ben", LEAVE)
    check(await house.settled(), [ts])


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        ((), "", "Nothing to run: no platform is set. Add [platforms.slack]"),
        (("--only", "slack"), "", "No platform 'slack' is set. There are: none."),
        ((), '[platforms.slack]\nbot_token = { env = "SET" }', "Socket Mode needs an `app_token`"),
        ((), '[platforms.slack]\nbot_token = { env = "NOT_SET" }', "NOT_SET"),
    ],
    ids=["nothing set", "not set", "no app token", "no secret"],
)
def test_what_is_set_wrong_is_told_before_anything_is_set_up(
    tmp_path: Path, arguments: tuple[str, ...], settings: str, sentence: str
) -> None:
    (tmp_path / "tandem.toml").write_text(SOURCE + settings)
    told = subprocess.run(
        [sys.executable, "-m", "bot", "run", *arguments],
        cwd=tmp_path,
        env=os.environ | {"SET": "xoxb-1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 2, told.stderr
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
