"""Application commands in the local Discord: registered, refused, offered."""

from __future__ import annotations

import pytest

from tests.discord.clients import raw
from tests.discord.ids import BOT, GUILD, OWNER
from tests.discord.people import People
from tests.discord.refusals import Json
from tests.discord.server import DiscordServer
from tests.discord.trouble import ControlRefused

COMMANDS = f"/applications/{BOT}/guilds/{GUILD}/commands"


async def test_a_command_is_registered_changed_and_taken_away(
    discord_server: DiscordServer,
) -> None:
    given = {"name": "ask", "description": "Ask", "options": [option("question")]}
    status, made, _ = await raw(discord_server, "POST", COMMANDS, given)
    assert (status, made["options"][0]["name"], made["guild_id"]) == (201, "question", GUILD)
    status, same, _ = await raw(discord_server, "POST", COMMANDS, given)
    assert (status, same) == (200, made)
    path = f"{COMMANDS}/{made['id']}"
    _, changed, _ = await raw(discord_server, "PATCH", path, {"description": "Ask me"})
    assert (changed["description"], changed["version"] == made["version"]) == ("Ask me", False)
    assert (await raw(discord_server, "DELETE", path))[0] == 204
    status, told, _ = await raw(discord_server, "GET", path)
    assert (status, told["code"]) == (404, 10063)


def option(name: str, **more: object) -> Json:
    return {"type": 3, "name": name, "description": "Words", **more}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"name": "ask"}, "description"),
        ({"name": "Ask", "description": "x"}, "name"),
        ({"name": "a b", "description": "x"}, "name"),
        ({"name": "x" * 33, "description": "x"}, "name"),
        ({"name": "ask", "description": "x" * 101}, "description"),
        ({"name": "Menu", "type": 3, "description": "x"}, "description"),
        (
            {"name": "ask", "description": "x", "options": [option(f"o{n}") for n in range(26)]},
            "options",
        ),
        (
            {"name": "ask", "description": "x", "options": [option("a"), option("a")]},
            "options.1",
        ),
        (
            {
                "name": "ask",
                "description": "x",
                "options": [option("a"), option("b", required=True)],
            },
            "options.1",
        ),
        (
            {"name": "ask", "description": "x", "options": [option("a", choices=[{"name": "x"}])]},
            "options.0.choices.0.value",
        ),
    ],
)
async def test_a_command_that_discord_does_not_take_is_refused_with_its_place(
    discord_server: DiscordServer, given: Json, place: str
) -> None:
    status, told, _ = await raw(discord_server, "POST", COMMANDS, given)
    assert (status, told["code"]) == (400, 50035)
    found = told["errors"]
    for part in place.split("."):
        found = found[part]
    assert found["_errors"]


async def test_a_command_for_those_who_manage_is_not_offered_to_others(
    discord_server: DiscordServer, discord_people: People
) -> None:
    manage = str(1 << 5)
    given = {"name": "ask", "description": "x", "default_member_permissions": manage}
    await raw(discord_server, "POST", COMMANDS, given)
    await discord_people.configure(first_response_s=0.05)
    with pytest.raises(ControlRefused, match="no command 'ask' here"):
        await discord_people.command("ben", "general", "ask")
    assert (await discord_people.command(OWNER, "general", "ask")).kind == "failed"


async def test_too_many_commands_and_two_of_one_name_are_refused(
    discord_server: DiscordServer,
) -> None:
    many = [{"name": f"Menu {number}", "type": 3} for number in range(16)]
    status, told, _ = await raw(discord_server, "PUT", COMMANDS, many)
    assert (status, told["code"]) == (400, 50035)
    assert (await raw(discord_server, "PUT", COMMANDS, many[:15]))[0] == 200
    status, told, _ = await raw(discord_server, "POST", COMMANDS, many[15])
    assert (status, told["code"]) == (400, 30032)
    status, told, _ = await raw(discord_server, "PUT", COMMANDS, [many[0], many[0]])
    error = told["errors"]["1"]["_errors"][0]["code"]
    assert (status, error) == (400, "APPLICATION_COMMANDS_DUPLICATE_NAME")
    assert len((await raw(discord_server, "GET", COMMANDS))[1]) == 15


async def test_the_commands_of_another_application_are_not_ours(
    discord_server: DiscordServer,
) -> None:
    status, told, _ = await raw(discord_server, "GET", f"/applications/{OWNER}/commands")
    assert (status, told["code"]) == (404, 10002)
