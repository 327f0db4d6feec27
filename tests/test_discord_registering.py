"""How Discord is told of the commands: compared first, and written only where it differs."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from bot.platforms.discord.registering import comparable, for_all, for_guild, register
from tests.bots import Made
from tests.discord.choosing import Choosing, choosing
from tests.discord.ids import BOT, GUILD, OTHER_GUILD
from tests.discord.payloads import guild_create_payload
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S

ASK = {
    "name": "ask",
    "description": "Ask Tandem",
    "type": 1,
    "options": [
        {"type": 3, "name": "question", "description": "What", "required": True},
        {"type": 5, "name": "private", "description": "Who sees it", "required": False},
    ],
    "nsfw": False,
    "dm_permission": True,
    "default_member_permissions": None,
    "contexts": [0, 1],
    "integration_types": [0],
}
MENU = {"name": "Ask about this", "type": 3, "contexts": [0, 1], "integration_types": [0]}
OURS: list[dict[str, Any]] = [ASK, MENU]


def as_told(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as Discord gives it back: with its own, without what is usual, in any order."""
    told = copy.deepcopy(commands)
    for number, command in enumerate(told):
        command |= {"id": str(number), "version": "17", "application_id": "8", "handler": None}
        command |= {"name_localizations": None, "description": command.get("description", "")}
        command["contexts"] = list(reversed(command.get("contexts") or [])) or None
        for option in command.get("options", []):
            if not option["required"]:
                del option["required"]
    return told[::-1]


def test_what_discord_adds_and_leaves_out_is_no_difference() -> None:
    assert comparable(as_told(OURS)) == comparable(OURS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "ask-us"),
        (("description",), "Ask us"),
        (("contexts",), [0]),
        (("default_member_permissions",), "8"),
        (("nsfw",), True),
        (("options", 0, "description"), "Which question"),
        (("options", 0, "required"), False),
        (("options", 1, "type"), 3),
        (("options", 0, "autocomplete"), True),
        (("options",), []),
    ],
)
def test_whatever_people_would_notice_is_a_difference(
    path: tuple[str | int, ...], value: object
) -> None:
    changed = copy.deepcopy(OURS)
    at: Any = changed[0]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert comparable(as_told(changed)) != comparable(OURS)


def test_a_command_that_is_gone_or_new_is_a_difference() -> None:
    assert comparable(OURS[:1]) != comparable(OURS)
    assert comparable([*OURS, MENU | {"name": "Summarize"}]) != comparable(OURS)


def test_permissions_are_the_same_as_number_and_as_text() -> None:
    number, text = ({"default_member_permissions": told} for told in (8, "8"))
    assert comparable([ASK | number]) == comparable([ASK | text])


def test_a_server_s_own_commands_have_no_contexts() -> None:
    assert [set(one) & {"contexts", "integration_types"} for one in for_guild(OURS)] == [set()] * 2


def test_where_servers_have_their_own_the_global_ones_are_for_direct_messages() -> None:
    assert [one["contexts"] for one in for_all(OURS, direct=True)] == [[1], [1]]
    assert for_all(OURS, direct=False) == OURS


# -- on the local Discord --------------------------------------------------------------------

NAMES = [
    *("ask", "rag", "tuned", "tandem"),
    *("Ask Tandem about this", "Summarize in our style", "Rewrite in our style"),
]
EVERYWHERE, HERE = "PUT /commands", f"PUT /guilds/{GUILD}/commands"
THERE = f"PUT /guilds/{OTHER_GUILD}/commands"


async def registered(people: People, guild: str = GUILD) -> list[str]:
    """The names of a server's own commands, or of the global ones."""
    told = (await people.registered())["commands"]
    return [command["name"] for command in told if command["guild"] == guild]


async def written(people: People) -> list[str]:
    """What was written so far, without the names."""
    writes = (await people.registered())["writes"]
    return [" ".join(write.split()[:2]) for write in writes]


async def test_a_server_has_its_own_and_direct_messages_the_global_ones(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    async with choosing(discord_server, discord_people, chooser):
        assert await registered(discord_people) == NAMES
        assert await registered(discord_people, "") == NAMES
        told = (await discord_people.registered())["commands"]
        contexts = [one["told"]["contexts"] for one in told if not one["guild"]]
        assert contexts == [[1]] * len(NAMES)


async def test_a_second_start_writes_nothing(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    for _ in range(2):
        async with choosing(discord_server, discord_people, chooser):
            assert await written(discord_people) == [EVERYWHERE, HERE]


async def test_what_another_hand_changed_is_put_right_and_nothing_else_written(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    async with choosing(discord_server, discord_people, chooser) as there:
        ask = next(c for c in discord_server.world.commands.values() if c.guild == GUILD)
        edit = there.bot.http.edit_guild_command
        await edit(int(BOT), int(GUILD), int(ask.id), {"description": "Hacked"})
    async with choosing(discord_server, discord_people, chooser):
        assert discord_server.world.commands[ask.id].told["description"] != "Hacked"
    puts = [write for write in await written(discord_people) if write.startswith("PUT")]
    assert puts == [EVERYWHERE, HERE, HERE]


async def test_by_setting_they_are_the_same_everywhere_and_leftovers_go(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    for kind in ("guild", "global", "global", "guild"):
        async with choosing(discord_server, discord_people, chooser, commands=kind):
            own = await registered(discord_people)
            assert own == (NAMES if kind == "guild" else [])
            assert await registered(discord_people, "") == NAMES
            told = await discord_people.command("ben", "general", "tandem help")
            assert told.kind == "answered"
    assert await written(discord_people) == [EVERYWHERE, HERE] * 3


async def test_a_server_that_the_bot_joins_later_gets_them_too(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    async with choosing(discord_server, discord_people, chooser) as there:
        joining = asyncio.create_task(there.bot.wait_for("guild_join", timeout=PATIENCE_S))
        await asyncio.sleep(0)  # it listens now
        await discord_people.add_guild(OTHER_GUILD, "other")
        await joining
        await register(there.bot, there.parts)
        assert await registered(discord_people, OTHER_GUILD) == NAMES
        assert await written(discord_people) == [EVERYWHERE, HERE, THERE]


async def test_what_was_compared_is_not_asked_for_again_until_the_bot_comes_anew(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    route = "GET /applications/{application}/guilds/{guild}/commands"
    async with choosing(discord_server, discord_people, chooser) as there:
        await register(there.bot, there.parts)  # as when a shard has a new session
        assert len(await discord_people.calls(route)) == 1
        await thrown_out_and_back(there)
        await register(there.bot, there.parts)
        assert len(await discord_people.calls(route)) == 2


async def thrown_out_and_back(there: Choosing) -> None:
    """The bot leaves the server, and joins it a year later."""
    world = there.server.world
    told = guild_create_payload(world, world.guild(GUILD), 0)
    del told["unavailable"]
    me = {"joined_at": "2027-11-23T00:00:00+00:00"}
    told["members"] = [member | me for member in told["members"]]
    joining = asyncio.create_task(there.bot.wait_for("guild_join", timeout=PATIENCE_S))
    await asyncio.sleep(0)  # it listens now
    await there.people.emit("GUILD_DELETE", {"id": GUILD})
    await there.people.emit("GUILD_CREATE", told)
    await joining


async def test_where_discord_refuses_it_is_said_what_to_do_and_the_others_get_theirs(
    discord_server: DiscordServer,
    discord_people: People,
    chooser: Made,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await discord_people.add_guild(OTHER_GUILD, "other")
    route = "PUT /applications/{application}/guilds/{guild}/commands"
    await discord_people.fault(route, status=403, code=50001, message="Missing Access")
    async with choosing(discord_server, discord_people, chooser) as there:
        named = [await registered(discord_people, guild) for guild in (GUILD, OTHER_GUILD)]
        assert sorted(named) == [[], NAMES]
        assert "tandem discord invite" in caplog.text
        await register(there.bot, there.parts)  # as when a shard has a new session
        named = [await registered(discord_people, guild) for guild in (GUILD, OTHER_GUILD)]
        assert named == [NAMES, NAMES]
