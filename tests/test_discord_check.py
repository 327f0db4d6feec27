"""`tandem check` on Discord: what it finds in the local one, and that it says what to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.health import Finding, platform
from bot.platforms.discord.checking import checks
from bot.platforms.discord.permissions import BITS, EMBED, HISTORY, PERMISSIONS, SEND, Permission
from bot.platforms.discord.probing import DiscordRefused, ask
from bot.settings import Settings
from bot.settings.sections import Platform
from tests.discord.faults import Fault
from tests.discord.houses import found_guild
from tests.discord.ids import BOT, CHANNELS, GUILD, OTHER_GUILD, ROLES, TOKEN
from tests.discord.permissions import ADMINISTRATOR, INVITED
from tests.discord.server import DiscordServer
from tests.discord.things import Channel, Guild, Kind, Overwrite, Role
from tests.discord.world import World

GENERAL, FORUM, PAY = CHANNELS["general"], CHANNELS["forum"], CHANNELS["pay"]
NEW = "600000000000000099"
SERVER, COMMANDS = f"server {GUILD}", f"commands in {GUILD}"


@dataclass
class Checked:
    """A bot in the local Discord, as the settings have it, and what is found of it."""

    server: DiscordServer
    home: Path

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def guild(self) -> Guild:
        return self.world.guilds[GUILD]

    def set(self, **changes: Any) -> None:
        """Change how this Discord is."""
        self.world.settings = replace(self.world.settings, **changes)

    async def found(self, space: dict[str, list[str]] | None = None, **given: Any) -> list[Finding]:
        """All findings; `space` is whom a space names, `given` the platform's options."""
        options = {"token": TOKEN, "guilds": (GUILD,), "api_url": self.server.api} | given
        settings = settled(self.home, space or {})
        found = await asyncio.to_thread(lambda: list(checks("discord", options, settings)))
        assert all(one.name.startswith("discord ") and one.told.isprintable() for one in found)
        return found

    async def wrong(
        self, space: dict[str, list[str]] | None = None, **given: Any
    ) -> dict[str, str]:
        """What is not well, by its name."""
        found = await self.found(space, **given)
        return {called(one): one.told for one in found if not one.ok}

    async def well(self, space: dict[str, list[str]] | None = None, **given: Any) -> dict[str, str]:
        """What is well."""
        return {called(one): one.told for one in await self.found(space, **given) if one.ok}


def called(finding: Finding) -> str:
    return finding.name.removeprefix("discord ")


def settled(home: Path, space: dict[str, list[str]]) -> Settings:
    """Settings with a source of one space."""
    docs = {"use": "folder", "path": str(home), "spaces": ["engineering"]}
    told = {"sources": {"docs": docs}, "spaces": {"engineering": space}}
    return Settings.model_validate({"home": home, "cache": home, **told})


@pytest.fixture
def team(discord_server: DiscordServer, tmp_path: Path) -> Checked:
    """The local Discord with the bot in one server, that of the team."""
    return Checked(discord_server, tmp_path)


async def test_where_all_is_well_each_part_is_told(team: Checked) -> None:
    space = {"discord_channels": [PAY, FORUM], "discord_roles": ["payroll"]}
    found = await team.found(space)
    assert {called(one): one.told for one in found} == {
        "token": f"tandem#0000 ({BOT})",
        "message content": "the app may read it",
        "gateway": "can be opened; 1000 of 1000 sessions left for today, shards: 1",
        "app": "only its owners may add it to servers",
        "servers": "in 1 of the 1 that `guilds` names",
        SERVER: "team: sees 7 of 7 channels",
        COMMANDS: "none yet: `tandem run` registers them",
        f"channel {PAY}": "#pay, set to thread",
        f"channel {FORUM}": "#forum, set to thread: a post is answered where it mentions the bot",
        "role payroll": f"@payroll in team ({ROLES['payroll']})",
    }
    assert all(one.ok for one in found)


async def test_the_local_discord_invites_with_what_we_ask_for(team: Checked) -> None:
    assert INVITED == BITS


# -- the token and the way to Discord ----------------------------------------------------


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "`token` is missing. Copy it from the developer portal: your app, Bot, Reset Token."),
        ("of-another-app", "Discord does not know the token. Copy it from"),
        (f"Bot {TOKEN}", "`token` begins with the word Bot. Write the token alone."),
        ("two words", "`token` has spaces or odd characters in it."),
        ("tök\x00en", "`token` has spaces or odd characters in it."),
        (BOT, "`token` looks like the id of an app or a person, not like a bot's token."),
        ("0f" * 32, "`token` looks like the app's public key, not like a bot's token."),
        ("s3cret" * 5 + "-_", "`token` looks like the app's client secret, not like a bot's"),
    ],
)
async def test_a_token_that_is_wrong_is_told_without_being_shown(
    team: Checked, token: str, says: str
) -> None:
    found = await team.found(token=token)
    [only] = found
    assert (called(only), only.ok) == ("token", False)
    assert only.told.startswith(says)
    assert not token or len(token) < 9 or token not in only.told


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("*", status=503), "Discord failed with 503. Try again in a minute"),
        (Fault("*", status=429, retry_after_s=60), "it is asked too often. Try again in 60 s."),
        (Fault("*", status=403), "the answer to who the token is is not Discord's (403). Check"),
        (Fault("*", times=9, cut="before"), "/api/v10 cannot be reached ("),
    ],
)
async def test_trouble_on_the_way_is_told(team: Checked, fault: Fault, says: str) -> None:
    team.world.faults.coming.append(fault)
    wrong = await team.wrong()
    assert list(wrong) == ["token"]
    assert says in wrong["token"]


async def test_without_a_network_it_says_where_it_looked(team: Checked) -> None:
    with socket.socket() as taken:  # bound and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v10"
        wrong = await team.wrong(api_url=url)
    assert wrong["token"].startswith(f"{url} cannot be reached (")
    assert wrong["token"].endswith("Check the network, and `api_url`.")


async def test_a_call_that_takes_too_long_is_told() -> None:
    with pytest.raises(DiscordRefused, match="gave no good answer within 0 s"):
        await ask(asyncio.Event().wait(), "its gateway", timeout_s=0.01)


async def test_a_gateway_that_cannot_be_opened_is_told(team: Checked) -> None:
    url = team.server.gateway + "/of-nobody"
    assert "cannot be reached" in (await team.wrong(gateway_url=url))["gateway"]


async def test_sessions_that_are_used_up_are_told(team: Checked) -> None:
    team.set(session_starts=0)
    wrong = await team.wrong()
    assert wrong["gateway"] == "only 0 of 0 sessions are left for today. Wait 24 h with a restart."


async def test_fewer_shards_than_discord_advises_are_told(team: Checked) -> None:
    team.set(shards=4)
    assert "shards: 2; Discord advises 4 shards" in (await team.well(shards=2))["gateway"]
    assert (await team.well())["gateway"].endswith("shards: 4")


async def test_the_check_begins_no_session(team: Checked) -> None:
    await team.found()
    assert team.server.sockets.identified == 0


# -- the app -----------------------------------------------------------------------------


async def test_without_the_content_intent_it_says_mention_only_and_what_that_is(
    team: Checked,
) -> None:
    team.set(content_intent=False)
    told = (await team.well())["message content"]
    assert told.startswith("mention only: the app may not read it, so it hears mentions, replies")
    assert told.endswith("Switch on Message Content Intent: developer portal, your app, Bot")


async def test_mention_only_by_the_settings_is_told_as_such(team: Checked) -> None:
    told = (await team.well(message_content=False))["message content"]
    assert told.startswith("mention only: `message_content` is false, so")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"message_content": True}, "`message_content` is true, and the app may not read it."),
        ({"speaks": "auto"}, "so what is set to auto (`speaks`) cannot be. Switch on Message"),
        ({"channels": {GENERAL: "auto"}}, f"so what is set to auto ({GENERAL}) cannot be."),
    ],
)
async def test_settings_that_need_the_content_intent_are_told(
    team: Checked, options: dict[str, Any], says: str
) -> None:
    team.set(content_intent=False)
    assert says in (await team.wrong(**options))["message content"]


async def test_an_app_that_anyone_may_add_wants_the_servers_named(team: Checked) -> None:
    team.set(public=True)
    wrong = (await team.wrong(guilds=()))["app"]
    assert f'Set guilds = ["{GUILD}"], or take its Install Link away' in wrong
    assert (await team.well())["app"].startswith("anyone may add it; only public sources")


async def test_switches_on_the_app_s_page_that_keep_people_out_are_told(team: Checked) -> None:
    team.set(code_grant=True, interactions_url="https://example.com/in")
    told = [one.told for one in await team.found() if called(one) == "app" and not one.ok]
    assert len(told) == 2
    assert any("Clear Interactions Endpoint URL under General Information." in one for one in told)
    assert any("Switch off Requires OAuth2 Code Grant: Bot." in one for one in told)


# -- servers -----------------------------------------------------------------------------


async def test_with_none_named_the_only_server_counts_as_the_team_s(team: Checked) -> None:
    told = (await team.well(guilds=()))["servers"]
    assert told == f"only in team ({GUILD}), which counts as the team's"


async def test_with_none_named_and_several_joined_none_counts_and_that_is_told(
    team: Checked,
) -> None:
    found_guild(team.world, OTHER_GUILD, "other")
    wrong = await team.wrong(guilds=())
    assert "none counts as the team's: public sources alone are told" in wrong["servers"]
    assert f'Set guilds = ["{GUILD}"]' in wrong["servers"]


async def test_a_bot_in_no_server_is_told_how_it_comes_into_one(team: Checked) -> None:
    del team.guild.members[BOT]
    wrong = await team.wrong(guilds=())
    expected = "the bot is in none yet. Open the address that `tandem discord invite` prints."
    assert wrong["servers"] == expected


async def test_a_named_server_that_it_is_not_in_is_told_with_the_invite(team: Checked) -> None:
    wrong = await team.wrong(guilds=(GUILD, OTHER_GUILD, "acme"))
    told = (
        f"the bot is not in it. Open the address that `tandem discord invite --guild {OTHER_GUILD}`"
    )
    assert wrong[f"server {OTHER_GUILD}"].startswith(told)
    assert wrong["server acme"].startswith("this is not the id of a server. Copy it by a right")


async def test_other_servers_that_it_is_in_are_told_to_read_what_is_public(team: Checked) -> None:
    found_guild(team.world, OTHER_GUILD, "other")
    told = (await team.well())["servers"]
    assert told.endswith(f"names; only public sources are told in: other ({OTHER_GUILD})")


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda one: str(one.name))
async def test_a_permission_that_is_missing_everywhere_is_told_with_what_fails(
    team: Checked, permission: Permission
) -> None:
    channel(team, Kind.VOICE)
    deny(team, permission)
    found = [one.told for one in await team.found() if called(one) == SERVER and not one.ok]
    assert len(found) == 1
    assert found[0].startswith(f"team: {permission.label} is missing: {permission.without}. Allow")


def deny(team: Checked, *permissions: Permission) -> None:
    """Take permissions from all roles that the bot has."""
    for role in team.guild.roles.values():
        for permission in permissions:
            role.permissions &= ~permission.bit
    for channel in team.world.channels.values():
        for overwrite in channel.overwrites:
            overwrite.allow &= ~sum(permission.bit for permission in permissions)


async def test_each_missing_permission_is_a_finding_of_its_own(team: Checked) -> None:
    deny(team, EMBED, HISTORY)
    found = [one.told for one in await team.found() if called(one) == SERVER and not one.ok]
    assert len(found) == 2


async def test_a_server_whose_channels_hide_from_the_bot_is_no_success(team: Checked) -> None:
    everyone = [Overwrite(GUILD, "role", deny=INVITED)]
    for id in CHANNELS.values():
        team.world.channels[id].overwrites = everyone
    deny(team)
    wrong = await team.wrong()
    assert wrong[SERVER].startswith("team: View Channels is missing: nothing is heard there")


async def test_channels_with_less_are_counted_and_are_no_failure(team: Checked) -> None:
    for name in ("general", "off"):
        team.world.channels[CHANNELS[name]].overwrites = [Overwrite(GUILD, "role", deny=SEND.bit)]
    told = (await team.well())[SERVER]
    assert told == "team: sees 7 of 7 channels; not everything is allowed in #general, #off"


async def test_an_administrator_lacks_nothing_and_is_told_to_be_too_much(team: Checked) -> None:
    team.guild.roles[ROLES["tandem"]].permissions = ADMINISTRATOR
    told = (await team.well())[SERVER]
    assert told.endswith("sees 7 of 7 channels; it is an administrator, which it need not be")


async def test_a_server_that_discord_lists_is_told_to_have_strangers(team: Checked) -> None:
    team.guild.features.append("DISCOVERABLE")
    assert "Discord lists the server, so only public sources" in (await team.well())[SERVER]


async def test_a_server_that_cannot_be_read_is_told_and_the_rest_goes_on(team: Checked) -> None:
    team.world.faults.coming.append(Fault("GET /guilds/{guild}", status=403, code=50001))
    wrong = await team.wrong()
    assert wrong[SERVER].startswith("team: Discord refused a server (403, 50001")
    assert "token" in await team.well()


async def test_commands_that_are_not_allowed_are_told_with_the_invite(team: Checked) -> None:
    route = "GET /applications/{application}/guilds/{guild}/commands"
    team.world.faults.coming.append(Fault(route, status=403, code=50001))
    wrong = await team.wrong()
    assert "the scope applications.commands is missing). Open the address" in wrong[COMMANDS]


# -- channels ----------------------------------------------------------------------------


def channel(team: Checked, kind: Kind, guild: str = GUILD) -> str:
    """One more channel, called "new"; its id."""
    team.world.channels[NEW] = Channel(NEW, kind, "new", guild)
    return NEW


@pytest.mark.parametrize(
    ("speaks", "says"),
    [
        ("mention", "#general, set to mention"),
        ("off", "#general: off, it is silent there"),
        ("auto", "#general, set to auto"),
    ],
)
async def test_a_channel_is_told_with_when_it_speaks_there(
    team: Checked, speaks: str, says: str
) -> None:
    assert (await team.well(channels={GENERAL: speaks}))[f"channel {GENERAL}"] == says


async def test_a_forum_that_is_set_to_auto_is_told_to_answer_new_posts(team: Checked) -> None:
    told = (await team.well(channels={FORUM: "auto"}))[f"channel {FORUM}"]
    assert told == "#forum, set to auto: new posts are answered without a mention"


async def test_a_named_channel_lacks_what_its_overwrites_take(team: Checked) -> None:
    bits = HISTORY.bit | EMBED.bit
    team.world.channels[GENERAL].overwrites = [Overwrite(BOT, "member", deny=bits)]
    wrong = await team.wrong({"discord_channels": [GENERAL]})
    assert wrong[f"channel {GENERAL}"] == (
        f"#general: not allowed: Read Message History ({HISTORY.without});"
        f" Embed Links ({EMBED.without})."
        " Allow it for the bot in the channel's settings, Permissions."
    )


async def test_a_channel_that_is_off_needs_no_permission(team: Checked) -> None:
    team.world.channels[GENERAL].overwrites = [Overwrite(GUILD, "role", deny=BITS)]
    assert f"channel {GENERAL}" in await team.well(channels={GENERAL: "off"})


async def test_a_forum_needs_no_permission_to_send_in_channels(team: Checked) -> None:
    team.world.channels[FORUM].overwrites = [Overwrite(GUILD, "role", deny=SEND.bit)]
    assert f"channel {FORUM}" in await team.well(channels={FORUM: "auto"})


@pytest.mark.parametrize(
    ("arrange", "says"),
    [
        (lambda team: "general", "this is not the id of a channel. Copy it by a right click"),
        (lambda team: NEW, "there is no such channel. Copy it by a right click on it"),
        (
            lambda team: channel(team, Kind.CATEGORY),
            "#new is a category, in which nobody writes. Name its channels.",
        ),
        (
            lambda team: elsewhere(team),
            f"it is in the server {OTHER_GUILD}, which is none of the team's. Add it to `guilds`",
        ),
    ],
)
async def test_a_channel_that_cannot_be_meant_is_told(
    team: Checked, arrange: Callable[[Checked], str], says: str
) -> None:
    id = arrange(team)
    assert (await team.wrong(channels={id: "mention"}))[f"channel {id}"].startswith(says)


def elsewhere(team: Checked) -> str:
    """A channel of a server that is not the team's."""
    found_guild(team.world, OTHER_GUILD, "other")
    return channel(team, Kind.TEXT, OTHER_GUILD)


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.STAGE], ids=["voice", "stage"])
async def test_a_voice_channel_s_chat_needs_no_threads(team: Checked, kind: Kind) -> None:
    id = channel(team, kind)
    team.world.channels[id].overwrites = [Overwrite(GUILD, "role", deny=1 << 35 | 1 << 38)]
    assert (await team.well(channels={id: "mention"}))[f"channel {id}"] == "#new, set to mention"


async def test_a_voice_channel_s_chat_is_read_by_who_may_connect(team: Checked) -> None:
    id = channel(team, Kind.VOICE)
    team.world.channels[id].overwrites = [Overwrite(GUILD, "role", deny=1 << 20)]
    team.world.channels[id].overwrites += [Overwrite(ROLES["tandem"], "role", deny=1 << 20)]
    assert (
        "Connect (what was said before"
        in (await team.wrong(channels={id: "mention"}))[f"channel {id}"]
    )


async def test_a_channel_that_the_bot_may_not_see_is_told(team: Checked) -> None:
    route = "GET /channels/{channel}"
    team.world.faults.coming.append(Fault(route, status=403, code=50001))
    wrong = await team.wrong(channels={NEW: "auto"})
    assert wrong[f"channel {NEW}"].startswith("the bot may not see it. Let the bot's role see it")


# -- roles and servers of spaces ---------------------------------------------------------


def role(team: Checked, id: str, name: str) -> None:
    """One more role."""
    team.guild.roles[id] = Role(id, name, 0, 5)


@pytest.mark.parametrize(
    "entry", ["payroll", ROLES["payroll"], f"{GUILD}/payroll"], ids=["name", "id", "both"]
)
async def test_a_role_may_be_named_in_three_ways(team: Checked, entry: str) -> None:
    assert f"role {entry}" in await team.well({"discord_roles": [entry]})


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("Payrol", "there is no such role in team. Did you mean 'payroll'?"),
        ("@payroll", "there is no such role in team. Did you mean 'payroll'?"),
        ("queens", "there is no such role in team. Write a role's name or id."),
        ("910000000000000099", "there is no such role. Copy it by a right click on it"),
        (GUILD, "this is @everyone of team. For all members of a server, use `discord_guilds`"),
        ("@everyone", "that is everybody in team. For all members of a server"),
        (f"{OTHER_GUILD}/payroll", f"{OTHER_GUILD} is none of the team's servers. Correct it"),
    ],
)
async def test_a_role_that_nobody_has_is_told(team: Checked, entry: str, says: str) -> None:
    assert (await team.wrong({"discord_roles": [entry]}))[f"role {entry}"].startswith(says)


async def test_a_name_that_two_roles_have_is_told(team: Checked) -> None:
    role(team, "910000000000000077", "payroll")
    wrong = await team.wrong({"discord_roles": ["payroll"]})
    assert wrong["role payroll"].startswith("2 roles in team are called that. Write the id of one")


async def test_with_several_servers_a_name_alone_is_not_enough(team: Checked) -> None:
    found_guild(team.world, OTHER_GUILD, "other")
    both = (GUILD, OTHER_GUILD)
    wrong = await team.wrong({"discord_roles": ["payroll"]}, guilds=both)
    assert wrong["role payroll"].startswith("with several servers, a name alone names no role.")
    assert f'"{GUILD}/payroll"' in wrong["role payroll"]
    fine = await team.well({"discord_roles": [f"{GUILD}/payroll"]}, guilds=both)
    assert f"role {GUILD}/payroll" in fine


async def test_a_space_s_server_that_is_not_the_team_s_is_told(team: Checked) -> None:
    wrong = await team.wrong({"discord_guilds": [GUILD, OTHER_GUILD]})
    assert wrong[f"server {OTHER_GUILD}"].startswith("a space names it, and it is none of the")
    assert SERVER not in wrong


# -- whatever the names and the settings -------------------------------------------------


async def test_names_that_steer_a_terminal_are_printed_without_their_powers(team: Checked) -> None:
    odd = "eng\n\x1b[2J\u202egne" + "x" * 5_000
    team.guild.name = team.world.channels[GENERAL].name = odd
    found = await team.found(channels={GENERAL: "auto"})
    [told] = [one.told for one in found if called(one) == f"channel {GENERAL}"]
    assert told.startswith("#eng [2J gnexxx")
    assert all(len(one.told) < 300 for one in found)


async def test_discord_is_looked_at_by_the_name_that_the_settings_give_it(team: Checked) -> None:
    options = {"use": "discord", "token": TOKEN, "api_url": team.server.api, "guilds": [GUILD]}
    section = Platform.model_validate(options)
    settings = settled(team.home, {}).model_copy(update={"platforms": {"acme": section}})
    found = await asyncio.to_thread(lambda: list(platform(settings, "acme")))
    assert [one.name for one in found if one.ok][:2] == ["acme token", "acme message content"]
