"""The address that adds the bot to a server: what it asks for, and for which app."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.inviting import InviteWrong, client_id_of, invite, printed
from bot.platforms.discord.permissions import (
    ADMINISTRATOR,
    BITS,
    EMBED,
    PERMISSIONS,
    SEND,
    Kind,
    Permission,
    missing,
)
from bot.platforms.discord.probing import DiscordRefused
from bot.settings import Settings
from tests.commands import Terminal
from tests.discord.ids import BOT, GUILD, TOKEN
from tests.discord.server import DiscordServer

ASKED = {
    "client_id": [BOT],
    "scope": ["bot applications.commands"],
    "permissions": [str(BITS)],
    "integration_type": ["0"],
}


def asked(url: str) -> dict[str, list[str]]:
    """What an address asks Discord for."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://discord.com/oauth2/authorize"
    assert "+" not in parts.query
    return parse_qs(parts.query)


# -- permissions -------------------------------------------------------------------------


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda one: str(one.name))
def test_each_permission_is_one_that_discord_knows(permission: Permission) -> None:
    assert [name for name, on in discord.Permissions(permission.bit) if on] == [
        {"view_channel": "read_messages"}.get(permission.name, permission.name)
    ]


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda one: str(one.name))
def test_each_permission_says_what_it_is_for_and_what_fails_without_it(
    permission: Permission,
) -> None:
    assert permission.reason.endswith(".")
    assert permission.without
    assert missing(BITS & ~permission.bit) == (permission,)


def test_nothing_that_moderates_is_asked_for() -> None:
    assert BITS & discord.Permissions.elevated().value == 0


def test_an_administrator_lacks_nothing() -> None:
    assert missing(ADMINISTRATOR) == ()
    assert missing(0)[0].name == "view_channel"


def test_who_may_not_send_is_not_told_to_lack_what_goes_with_it() -> None:
    assert missing(BITS & ~(SEND.bit | EMBED.bit)) == (SEND,)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.TEXT, {one.name for one in PERMISSIONS} - {"connect"}),
        (
            Kind.FORUM,
            {"view_channel", "send_messages_in_threads", "read_message_history", "embed_links"},
        ),
        (
            Kind.VOICE,
            {"view_channel", "send_messages", "read_message_history", "embed_links", "connect"},
        ),
    ],
)
def test_a_channel_needs_what_its_kind_uses(kind: Kind, names: set[str]) -> None:
    assert {one.name for one in PERMISSIONS if kind in one.kinds} == names


# -- the address -------------------------------------------------------------------------


def test_the_address_asks_for_exactly_what_is_needed() -> None:
    assert asked(invite(BOT).url) == ASKED


def test_a_server_may_be_chosen_already() -> None:
    assert asked(invite(BOT, GUILD).url) == ASKED | {"guild_id": [GUILD]}


def test_the_json_has_the_reason_of_each_permission() -> None:
    told = json.loads(printed(invite(BOT, GUILD)))
    assert told["url"] == invite(BOT, GUILD).url
    assert (told["client_id"], told["guild"], told["permissions"]) == (BOT, GUILD, str(BITS))
    assert told["scopes"] == ["bot", "applications.commands"]
    assert [one["permission"] for one in told["needs"]] == [one.name for one in PERMISSIONS]


def made_of(id: str, guild: str) -> str:
    """The app that is invited, or in words why none is."""
    try:
        return asked(invite(id, guild).url)["client_id"][0]
    except InviteWrong as error:
        return str(error)


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9]{1,25}\Z"), st.text(max_size=40))
def test_any_id_is_taken_or_refused_in_words(id: str, guild: str) -> None:
    told = made_of(id, guild)
    assert told == id or told.startswith(("--client-id: ", "--guild: "))
    assert told == id or " is no id of Discord's. Give " in told


# -- whose token it is -------------------------------------------------------------------


def settings(home: Path, **platforms: dict[str, Any]) -> Settings:
    return Settings.model_validate({"home": home, "cache": home, "platforms": platforms})


@pytest.fixture
async def option(discord_server: DiscordServer) -> dict[str, Any]:
    """The options of a platform in the local Discord."""
    return {"use": "discord", "token": TOKEN, "api_url": discord_server.api}


async def test_without_an_id_discord_is_asked_whose_token_is_set(
    option: dict[str, Any], tmp_path: Path
) -> None:
    told = await asyncio.to_thread(client_id_of, settings(tmp_path, acme=option))
    assert told == BOT


async def test_a_token_that_discord_does_not_know_is_told(
    option: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(DiscordRefused, match="Discord does not know the token"):
        await asyncio.to_thread(client_id_of, settings(tmp_path, acme=option | {"token": "other"}))


def test_without_a_platform_it_says_where_the_id_stands(tmp_path: Path) -> None:
    slack = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    with pytest.raises(InviteWrong, match=r"none is Discord's.* Give --client-id: the App"):
        client_id_of(settings(tmp_path, slack={"use": "slack"} | slack))


def test_of_two_platforms_none_is_guessed(tmp_path: Path) -> None:
    one = {"use": "discord", "token": "x"}
    with pytest.raises(InviteWrong, match=r"several are Discord's\. Give --client-id"):
        client_id_of(settings(tmp_path, acme=one, other=one))


# -- the command -------------------------------------------------------------------------


def test_the_command_prints_the_address_and_beside_it_what_it_asks_for(tmp_path: Path) -> None:
    person = Terminal(tmp_path / "home", tmp_path)
    told = person.tandem("discord", "invite", "--client-id", BOT, "--guild", GUILD)
    assert (told.code, told.out) == (0, invite(BOT, GUILD).url + "\n")
    assert "It asks for: View Channels, Send Messages" in told.err


async def test_the_command_asks_discord_by_the_token_of_the_settings(
    discord_server: DiscordServer, tmp_path: Path
) -> None:
    person = Terminal(tmp_path / "home", tmp_path)
    person.write("token.txt", TOKEN)
    where = f'token = {{ file = "token.txt" }}\napi_url = "{discord_server.api}"\n'
    source = '[sources.docs]\nuse = "folder"\npath = "."\n'
    person.write("tandem.toml", f"{source}[platforms.discord]\n{where}")
    told = await asyncio.to_thread(person.tandem, "discord", "invite", "--json")
    assert (told.code, [row["client_id"] for row in told.rows]) == (0, [BOT])


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    told = Terminal(tmp_path / "home", tmp_path).tandem("discord", "invite", "--client-id", "me")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("--client-id: 'me' is no id of Discord's. Give the Application ID")
