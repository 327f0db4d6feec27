"""What the bot says of Discord itself when somebody asks how things are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import wording
from bot.conversation import Place
from bot.doors import Order
from bot.platforms.discord.remarks import Remarks
from tests.bots import made
from tests.discord.bots import listening
from tests.discord.people import people_at
from tests.discord.server import serving
from tests.discord.settings import Settings

HOME, FOREIGN, DIRECT = (Place("discord", guild, "6") for guild in ("9", "8", "@me"))


def told(place: Place, content: bool = True) -> list[str]:
    return list(Remarks(content, lambda guild: guild == "9")(place))


def test_where_all_is_as_usual_nothing_is_remarked() -> None:
    assert told(HOME) == told(DIRECT) == []


@pytest.mark.parametrize("place", [HOME, DIRECT])
def test_that_it_hears_only_mentions_is_told_everywhere(place: Place) -> None:
    assert told(place, content=False) == [wording.MENTION_ONLY]


def test_a_server_that_is_not_the_team_s_is_told_so() -> None:
    assert told(FOREIGN) == [wording.NOT_SERVED]
    assert told(FOREIGN, content=False) == [wording.MENTION_ONLY, wording.NOT_SERVED]


def test_the_status_ends_with_the_remarks_of_its_platform(tmp_path: Path) -> None:
    with made(tmp_path) as bot:
        before = bot.desk.obey(Order.STATUS, "7", HOME)
        bot.desk.remarks["discord"] = Remarks(False, lambda _: True)
        assert bot.desk.obey(Order.STATUS, "7", HOME) == f"{before}\n{wording.MENTION_ONLY}"
        assert bot.desk.obey(Order.STATUS, "U7", Place("slack", "T1", "C1")) == before


async def test_a_bot_that_has_just_begun_does_not_take_its_server_for_another_s(
    tmp_path: Path,
) -> None:
    async with serving() as server, people_at(server.base) as ben:
        with made(tmp_path) as bot:
            async with listening(bot, ben, guilds=()):
                told = await ben.command("ben", "general", "tandem status")
                seen = await ben.wait_for(lambda seen: "I am here." in seen)
    assert wording.NOT_SERVED not in seen.message(told.message).content


@pytest.mark.parametrize("content", [True, False])
async def test_a_bot_that_may_not_read_messages_says_so_by_command(
    tmp_path: Path, content: bool
) -> None:
    async with serving(Settings(content_intent=content)) as server, people_at(server.base) as ben:
        with made(tmp_path) as bot:
            async with listening(bot, ben):
                told = await ben.command("ben", "general", "tandem status")
                seen = await ben.wait_for(lambda seen: "I am here." in seen)
    assert (wording.MENTION_ONLY in seen.message(told.message).content) is not content
