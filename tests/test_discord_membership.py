"""Who reads what in Discord: established from what Discord tells, and less where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import discord
import pytest

from bot.conversation import Audience
from bot.platforms.discord.membership import SAID_S, Membership, Named, home
from bot.stage import PlatformAway
from tests.discord.hearing import hearing
from tests.discord.ids import BOT, CHANNELS, GUILD, OTHER_GUILD, PEOPLE, ROLES
from tests.discord.logins import logged_in
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.discord.things import Guild, Member

BEN, ANA, PIA = PEOPLE["ben"], PEOPLE["ana"], PEOPLE["pia"]
GENERAL, PAY, FORUM = CHANNELS["general"], CHANNELS["pay"], CHANNELS["forum"]
NAMED = Named(frozenset({GENERAL, PAY, "general", "123"}))
INSIDE = Audience(GENERAL, outside=False, members=True, guilds=frozenset({GUILD}))
OUTSIDE = Audience(GENERAL)
GUILDS, NOTHING = discord.Intents(guilds=True), frozenset[str]()
ROUTES = (
    "GET /guilds/{guild}",
    "GET /guilds/{guild}/channels",
    "GET /guilds/{guild}/members/{user}",
)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asking:
    """A membership, with the clock and the Discord that it asks."""

    client: discord.Client
    people: People
    server: DiscordServer
    clock: Clock
    members: Membership
    markers: Iterator[int] = field(default_factory=count)

    async def serving(self, *guilds: str) -> Membership:
        """Another one, for other servers."""
        self.members = Membership(self.client, guilds, NAMED, self.clock)
        await self.told()
        return self.members

    async def channel(self, channel: str = GENERAL, guild: str = GUILD) -> Audience:
        """Who reads a channel."""
        return await self.members.in_channel(guild, channel, BEN)

    async def calls(self) -> list[int]:
        """How often a server, its channels, a person were asked for."""
        return [len(await self.people.calls(route)) for route in ROUTES]

    async def told(self) -> None:
        """Wait until the gateway told of all that happened, and let that count."""
        if self.client.is_ready():
            marker = int(await self.people.add_role(f"marker-{next(self.markers)}"))
            guild = self.client.get_guild(int(GUILD))
            while guild is None or guild.get_role(marker) is None:
                await asyncio.sleep(0.005)
        for id in (GUILD, OTHER_GUILD):
            self.members.changed(id)

    @property
    def guild(self) -> Guild:
        """The team's own server."""
        return self.server.world.guilds[GUILD]

    def member(self, person: str, guild: str = GUILD) -> Member:
        """Somebody in a server."""
        return self.server.world.guilds[guild].members[person]


def asking_by(client: discord.Client, server: DiscordServer, people: People) -> Asking:
    clock = Clock()
    return Asking(client, people, server, clock, Membership(client, (GUILD,), NAMED, clock))


@pytest.fixture(params=["by REST", "by the gateway"])
async def asking(
    request: pytest.FixtureRequest, discord_server: DiscordServer, discord_people: People
) -> AsyncIterator[Asking]:
    """Before there is a session, and with one."""
    rest = request.param == "by REST"
    async with logged_in(discord_server) if rest else hearing(discord_server, GUILDS) as client:
        yield asking_by(client, discord_server, discord_people)


@pytest.fixture
async def by_rest(discord_server: DiscordServer, discord_people: People) -> AsyncIterator[Asking]:
    """Before there is a session: all is asked for."""
    async with logged_in(discord_server) as client:
        yield asking_by(client, discord_server, discord_people)


# -- channels ----------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [GENERAL, PAY, FORUM])
async def test_a_channel_of_the_team_s_server_is_read_by_its_members(
    asking: Asking, channel: str
) -> None:
    assert await asking.channel(channel) == replace(INSIDE, channel=channel)


async def test_a_server_that_is_not_the_team_s_is_outside(asking: Asking) -> None:
    await asking.people.add_guild(OTHER_GUILD, "other")
    there = asking.server.world.channel("other/general").id
    assert await asking.channel(there, OTHER_GUILD) == Audience(there)
    members = await asking.serving(OTHER_GUILD)
    assert await members.in_channel(GUILD, GENERAL, BEN) == OUTSIDE


async def test_a_channel_that_nobody_knows_is_outside(asking: Asking) -> None:
    for channel in ("123", "general", "", "-1", BOT):
        assert await asking.channel(channel) == Audience(channel)


async def test_a_channel_of_another_server_is_not_one_of_this(asking: Asking) -> None:
    await asking.people.add_guild(OTHER_GUILD, "other")
    members = await asking.serving(GUILD, OTHER_GUILD)
    assert await members.in_channel(OTHER_GUILD, GENERAL, BEN) == OUTSIDE


async def test_a_server_that_the_bot_is_not_in_is_outside(asking: Asking) -> None:
    members = await asking.serving(GUILD, OTHER_GUILD)
    assert await members.in_channel(OTHER_GUILD, GENERAL, BEN) == OUTSIDE
    assert await members.alone(OTHER_GUILD, BEN) == Audience()


async def test_a_voice_channel_may_have_guests(asking: Asking) -> None:
    id = await asking.people.add_channel("call", kind="voice")
    await asking.told()
    assert await asking.channel(id) == Audience(id, outside=False)


async def test_strangers_read_what_everyone_may_in_a_server_that_discord_lists(
    by_rest: Asking,
) -> None:
    by_rest.guild.features.append("DISCOVERABLE")
    assert await by_rest.channel() == OUTSIDE
    assert await by_rest.channel(PAY) == replace(INSIDE, channel=PAY)


async def test_a_direct_message_is_no_channel_of_a_server(asking: Asking) -> None:
    assert await asking.channel(GENERAL, "@me") == OUTSIDE


# -- who reads alone -----------------------------------------------------------------------


async def test_a_member_alone_reads_what_their_roles_and_channels_may(asking: Asking) -> None:
    told = await asking.members.alone(GUILD, PIA)
    role = ROLES["payroll"]
    assert told == Audience(
        outside=False,
        members=True,
        guilds=frozenset({GUILD}),
        roles=frozenset({role, f"{GUILD}/payroll", "payroll"}),
        channels=frozenset({GENERAL, PAY}),
    )
    assert await asking.members.alone("@me", PIA) == told


@pytest.mark.parametrize(("person", "sees"), [(ANA, {GENERAL}), (BEN, {GENERAL, PAY})])
async def test_nobody_has_roles_or_channels_that_are_not_theirs(
    asking: Asking, person: str, sees: set[str]
) -> None:
    told = await asking.members.alone(GUILD, person)
    assert (told.roles, told.channels) == (NOTHING, frozenset(sees))


async def test_who_is_no_member_reads_what_is_public(asking: Asking) -> None:
    await asking.people.leave("ben", GUILD)
    for guild in (GUILD, "@me", OTHER_GUILD, ""):
        assert await asking.members.alone(guild, BEN) == Audience()
    for nobody in ("123", "", "U0BEN"):
        assert await asking.members.alone(GUILD, nobody) == Audience()


@pytest.mark.parametrize("guest", [False, True])
async def test_who_was_not_let_in_fully_reads_what_is_public(asking: Asking, guest: bool) -> None:
    member = asking.member(PIA)
    member.pending, member.flags = not guest, (1 << 4) * guest
    assert await asking.members.alone(GUILD, PIA) == Audience()
    assert await asking.members.alone("@me", PIA) == Audience()


async def test_with_several_servers_a_role_s_name_alone_says_nothing(asking: Asking) -> None:
    await asking.people.add_guild(OTHER_GUILD, "other")
    theirs = await asking.people.add_role("payroll", OTHER_GUILD)
    await asking.people.grant("pia", "payroll", OTHER_GUILD)
    members = await asking.serving(GUILD, OTHER_GUILD)
    ours = {ROLES["payroll"], f"{GUILD}/payroll"}
    assert (await members.alone(GUILD, PIA)).roles == ours
    assert (await members.alone(OTHER_GUILD, PIA)).roles == {theirs, f"{OTHER_GUILD}/payroll"}
    both = await members.alone("@me", PIA)
    assert both.roles == {*ours, theirs, f"{OTHER_GUILD}/payroll"}
    assert both.guilds == {GUILD, OTHER_GUILD}


async def test_of_two_servers_a_person_has_only_what_they_have_in_the_one_they_ask_in(
    asking: Asking,
) -> None:
    await asking.people.add_guild(OTHER_GUILD, "other")
    members = await asking.serving(GUILD, OTHER_GUILD)
    told = await members.alone(OTHER_GUILD, PIA)
    assert told == Audience(outside=False, members=True, guilds=frozenset({OTHER_GUILD}))
    await asking.people.leave("pia", OTHER_GUILD)
    members = await asking.serving(GUILD, OTHER_GUILD)
    assert await members.alone(OTHER_GUILD, PIA) == Audience()
    assert (await members.alone("@me", PIA)).guilds == {GUILD}


@pytest.mark.parametrize("name", [ROLES["payroll"], f"{GUILD}/payroll"])
async def test_a_role_that_is_called_like_another_s_id_is_not_that_other(
    asking: Asking, name: str
) -> None:
    made = await asking.people.add_role(name)
    await asking.people.grant("ana", made)
    await asking.told()
    told = await asking.members.alone(GUILD, ANA)
    assert told.roles == {made, f"{GUILD}/{name}"}


# -- whose servers ---------------------------------------------------------------------------


def test_the_servers_that_are_named_are_the_team_s() -> None:
    assert home(("1", "2"), {"1", "3"}) == {"1", "2"}


def test_where_none_is_named_the_only_one_is() -> None:
    assert home((), {"1"}) == {"1"}
    assert home((), ()) == home((), {"1", "2"}) == frozenset()


async def test_the_only_server_is_the_team_s(asking: Asking) -> None:
    await asking.serving()
    assert await asking.channel() == INSIDE
    assert (await asking.members.alone("@me", PIA)).roles >= {"payroll"}
    assert asking.members.served(GUILD) is asking.client.is_ready()
    assert not asking.members.served(OTHER_GUILD)


async def test_of_several_servers_none_is_the_team_s_unless_named(asking: Asking) -> None:
    await asking.serving()
    assert await asking.channel() == INSIDE
    await asking.people.add_guild(OTHER_GUILD, "other")
    await asking.told()
    assert await asking.channel() == OUTSIDE
    assert await asking.members.alone("@me", PIA) == Audience()
    assert not asking.members.served(GUILD)
    await asking.serving(GUILD)
    assert await asking.channel() == INSIDE
    assert asking.members.served(GUILD)


async def test_the_only_server_left_is_not_the_one_that_was_the_only_one(asking: Asking) -> None:
    await asking.serving()
    assert await asking.channel() == INSIDE
    await asking.people.add_guild(OTHER_GUILD, "other")
    await asking.told()
    await asking.people.leave("tandem", GUILD)
    await gone(asking)
    there = asking.server.world.channel("other/general").id
    assert await asking.channel(there, OTHER_GUILD) == Audience(there)
    assert not asking.members.served(OTHER_GUILD)


async def gone(asking: Asking) -> None:
    """Wait until the gateway told that the bot left the team's server."""
    while asking.client.is_ready() and asking.client.get_guild(int(GUILD)):
        await asyncio.sleep(0.005)
    asking.members.changed(GUILD)


# -- what is remembered ----------------------------------------------------------------------


async def test_a_role_that_is_taken_away_counts_for_two_minutes_at_most(asking: Asking) -> None:
    assert "payroll" in (await asking.members.alone(GUILD, PIA)).roles
    await asking.people.revoke("pia", "payroll")
    asking.clock.now += SAID_S
    assert "payroll" in (await asking.members.alone(GUILD, PIA)).roles
    asking.clock.now += 1
    told = await asking.members.alone(GUILD, PIA)
    assert (told.roles, told.channels) == (NOTHING, frozenset({GENERAL}))


async def test_what_changed_in_a_server_counts_when_discord_tells(asking: Asking) -> None:
    assert PAY in (await asking.members.alone(GUILD, BEN)).channels
    await asking.people.overwrite("pay", "ben")
    await asking.people.grant("ben", "payroll")
    await asking.people.delete_channel("general")
    await asking.told()
    told = await asking.members.alone(GUILD, BEN)
    assert told.channels == {PAY}
    assert "payroll" in told.roles
    assert await asking.channel() == OUTSIDE


async def test_many_who_ask_at_once_ask_discord_once(by_rest: Asking) -> None:
    asked = [by_rest.members.alone(GUILD, PIA) for _ in range(20)]
    assert len(set(await asyncio.gather(*asked))) == 1
    assert await by_rest.channel() == INSIDE
    assert await by_rest.calls() == [1, 1, 1]


async def test_with_a_session_only_people_are_asked_for(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server, GUILDS) as client:
        asking = asking_by(client, discord_server, discord_people)
        assert await asking.channel() == INSIDE
        assert (await asking.members.alone("@me", PIA)).members
        assert await asking.calls() == [0, 0, 1]


# -- what Discord does not tell ----------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
async def test_what_discord_refuses_to_tell_counts_as_outside(
    by_rest: Asking, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    await by_rest.people.fault(route, status=403, code=20012, times=9)
    assert await by_rest.members.alone(GUILD, PIA) == Audience()
    asked_for = route == ROUTES[2]
    assert await by_rest.channel() == (INSIDE if asked_for else OUTSIDE)
    assert "is not known" in caplog.text
    await by_rest.people.clear_faults()
    assert (await by_rest.members.alone(GUILD, PIA)).members  # no refusal is remembered


async def test_where_its_servers_are_not_told_none_is_the_team_s(by_rest: Asking) -> None:
    await by_rest.serving()
    await by_rest.people.fault("GET /users/@me/guilds", status=403, code=20012)
    assert await by_rest.channel() == OUTSIDE


@pytest.mark.parametrize("route", ROUTES)
async def test_where_discord_is_away_nothing_is_assumed(by_rest: Asking, route: str) -> None:
    await by_rest.people.fault(route, status=429, retry_after_s=3600, times=9)
    with pytest.raises(PlatformAway):
        await by_rest.members.alone("@me", PIA)
    await by_rest.people.clear_faults()


async def test_channels_of_a_kind_that_is_not_known_yet_are_outside(by_rest: Asking) -> None:
    by_rest.server.world.channel("team").kind = 99  # type: ignore[assignment]  # of the future
    assert await by_rest.channel() == OUTSIDE
