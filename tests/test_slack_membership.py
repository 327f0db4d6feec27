"""Who reads what in Slack: established from what Slack tells, and less where it does not tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import Audience
from bot.platforms.slack.membership import CHANNEL_S, PEOPLE_S, Membership, Named
from bot.platforms.slack.reading import Me
from bot.stage import PlatformAway
from tests.slack.people import People
from tests.slack.settings import SCOPES
from tests.slack.world import BOT, BOT_TOKEN, BOT_USER, OTHER_TEAM, TEAM

ME = Me(TEAM, BOT_USER, BOT)
NAMED = Named(frozenset({"C0TEAM", "C0GUESTS", "C0AWAY"}), frozenset({"S0ENG"}))
INSIDE, OUTSIDE = Audience("C0X", outside=False, members=True), Audience("C0X")
LOOKS = ("conversations.info", "conversations.members", "users.list", "users.info")


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asking:
    """A membership, with the clock and the people that it asks about."""

    members: Membership
    clock: Clock
    people: People

    async def channel(self, *who: str, asker: str = "U0BEN", **more: Any) -> Audience:
        """The audience of a channel C0X with these people."""
        members = (BOT_USER, *who)
        await self.people.add_channel("C0X", "x", members=members, **more)
        return await self.members.in_channel("C0X", asker)

    async def calls(self, *methods: str) -> int:
        """How often these were called."""
        return sum([len(await self.people.calls(method)) for method in methods])


def membership(client: AsyncWebClient, clock: Clock, me: Me = ME) -> Membership:
    return Membership(client, me, NAMED, clock)


@pytest.fixture
async def client(people: People) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(BOT_TOKEN, people.api, session=session)


@pytest.fixture
def asking(client: AsyncWebClient, people: People) -> Asking:
    clock = Clock()
    return Asking(membership(client, clock), clock, people)


# -- channels ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
async def test_a_channel_of_members_reads_what_members_may(asking: Asking, kind: str) -> None:
    assert await asking.channel("U0BEN", "U0ANA", kind=kind) == INSIDE


@pytest.mark.parametrize("guest", ["U0GUEST", "U0SOLO"])
@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
async def test_one_guest_makes_it_a_channel_of_guests(
    asking: Asking, guest: str, kind: str
) -> None:
    told = await asking.channel("U0BEN", guest, kind=kind)
    assert told == replace(INSIDE, members=False)


@pytest.mark.parametrize("shared", ["is_ext_shared", "is_pending_ext_shared"])
async def test_a_channel_shared_with_another_organisation_is_outside(
    asking: Asking, shared: str
) -> None:
    how: dict[str, Any] = {shared: True}
    assert await asking.channel("U0BEN", **how) == OUTSIDE


async def test_a_channel_shared_twice_is_outside(asking: Asking) -> None:
    assert await asking.channel("U0BEN", is_org_shared=True, is_ext_shared=True) == OUTSIDE


async def test_a_channel_shared_within_the_enterprise_is_not_outside(
    client: AsyncWebClient, asking: Asking
) -> None:
    await asking.people.add_person("U0ORG", "org", team_id=OTHER_TEAM, enterprise_id="E1")
    members = membership(client, asking.clock, replace(ME, enterprise="E1"))
    await asking.channel("U0BEN", "U0ORG", is_org_shared=True)
    assert await members.in_channel("C0X", "U0ORG") == INSIDE


@pytest.mark.parametrize("enterprise", ["", "E2"])
async def test_who_is_of_another_enterprise_is_a_stranger(asking: Asking, enterprise: str) -> None:
    await asking.people.add_person("U0ORG", "org", team_id=OTHER_TEAM, enterprise_id=enterprise)
    assert await asking.channel("U0BEN", "U0ORG") == OUTSIDE


async def test_a_stranger_in_a_channel_that_seems_our_own_makes_it_outside(asking: Asking) -> None:
    assert await asking.channel("U0BEN", "U0FAY") == OUTSIDE


async def test_who_asks_from_another_team_gets_what_is_public(asking: Asking) -> None:
    assert await asking.channel("U0BEN", asker="U0FAY") == OUTSIDE


async def test_a_guest_who_asks_counts_before_slack_lists_them(asking: Asking) -> None:
    told = await asking.channel("U0BEN", asker="U0GUEST")
    assert told == replace(INSIDE, members=False)


async def test_other_bots_in_a_channel_do_not_change_who_reads_it(asking: Asking) -> None:
    assert await asking.channel("U0BEN", "U0ROBO") == INSIDE


async def test_a_channel_that_the_bot_cannot_see_is_outside(
    asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    told = await asking.members.in_channel("C0NOWHERE", "U0BEN")
    assert told == Audience("C0NOWHERE")
    assert "channel_not_found" in caplog.text


async def test_somebody_whom_slack_does_not_know_makes_a_channel_outside(asking: Asking) -> None:
    assert await asking.channel("U0BEN", "U0NOBODY") == OUTSIDE


async def test_a_channel_of_three_thousand_is_read_in_pages(asking: Asking) -> None:
    for n in range(30):
        await asking.people.add_person(f"U1{n:04d}", f"p{n}")
    many = [f"U1{n % 30:04d}" for n in range(2_999)]
    assert await asking.channel(*many, asker="U10001") == INSIDE
    assert await asking.channel(*many, "U0GUEST", asker="U10001") == INSIDE  # still believed
    asking.members.changed("C0X")
    told = await asking.members.in_channel("C0X", "U10001")
    assert told == replace(INSIDE, members=False)  # the last of four pages
    assert await asking.calls("conversations.members") == 8


# -- who reads alone -----------------------------------------------------------------------


async def test_a_member_alone_reads_what_their_channels_and_groups_may(asking: Asking) -> None:
    told = await asking.members.alone("U0BEN")
    assert (told.outside, told.members, told.channel) == (False, True, "")
    assert told.groups == {"S0ENG"}
    assert told.channels == {"C0TEAM", "C0GUESTS", "C0AWAY"}


async def test_a_guest_alone_is_no_member_but_reads_with_their_channels(asking: Asking) -> None:
    told = await asking.members.alone("U0GUEST")
    assert (told.outside, told.members) == (False, False)
    assert told.channels == {"C0GUESTS"}
    assert told.groups == set()


async def test_a_stranger_alone_reads_what_is_public(asking: Asking) -> None:
    await asking.people.add_channel("C0TEAM", "team", members=(BOT_USER, "U0FAY"))
    assert await asking.members.alone("U0FAY") == Audience()


async def test_a_direct_message_is_read_by_the_asker_alone(asking: Asking) -> None:
    channel = await asking.people.open_home("ben", "messages")
    assert await asking.members.in_channel(channel, "U0BEN") == await asking.members.alone("U0BEN")
    channel = await asking.people.open_home("fay", "messages")
    assert await asking.members.in_channel(channel, "U0FAY") == Audience()


async def test_who_left_the_company_is_no_member(asking: Asking) -> None:
    await asking.people.add_person("U0BEN", "ben", deleted=True)
    assert await asking.members.alone("U0BEN") == Audience()
    assert await asking.channel("U0BEN", "U0ANA", asker="U0ANA") == INSIDE


# -- what Slack does not tell ----------------------------------------------------------------


@pytest.mark.parametrize("scope", ["channels:read", "users:read"])
async def test_without_a_scope_a_channel_reads_what_is_public(
    asking: Asking, scope: str, caplog: pytest.LogCaptureFixture
) -> None:
    await asking.people.configure(scopes=SCOPES - {scope})
    assert await asking.channel("U0BEN") == OUTSIDE
    assert "missing_scope" in caplog.text


async def test_without_a_scope_nobody_is_in_a_group(
    asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    await asking.people.configure(scopes=SCOPES - {"usergroups:read"})
    told = await asking.members.alone("U0BEN")
    assert (told.members, told.groups) == (True, frozenset())
    assert "nobody is" in caplog.text


@pytest.mark.parametrize("method", LOOKS)
async def test_what_slack_refuses_to_tell_counts_as_outside(asking: Asking, method: str) -> None:
    await asking.people.fault(method, error="access_denied", times=20)
    if method == "users.list":  # then each person is asked for
        assert await asking.channel("U0BEN", "U0GUEST") == replace(INSIDE, members=False)
    elif method == "users.info":  # only of who is in no list
        assert await asking.channel("U0BEN", "U0NOBODY") == OUTSIDE
    else:
        assert await asking.channel("U0BEN") == OUTSIDE


async def test_a_list_that_slack_refuses_is_not_asked_for_with_every_person(
    asking: Asking,
) -> None:
    await asking.people.fault("users.list", error="access_denied", times=20)
    await asking.channel("U0BEN", "U0ANA", "U0GUEST")
    await asking.channel("U0BEN", "U0ANA", "U0GUEST")
    assert await asking.calls("users.list") == 1
    assert await asking.calls("users.info") == 3


@pytest.mark.parametrize("method", LOOKS[:3])
async def test_where_slack_is_away_nothing_is_assumed(asking: Asking, method: str) -> None:
    await asking.people.fault(method, status=429, retry_after_s=3600, times=20)
    with pytest.raises(PlatformAway):
        await asking.channel("U0BEN")
    with pytest.raises(PlatformAway):
        await asking.members.in_channel("C0X", "U0BEN")
    await asking.people.clear_faults()
    assert await asking.members.in_channel("C0X", "U0BEN") == INSIDE  # no error is remembered


async def test_where_slack_is_away_nobody_is_told_to_be_in_no_channel(asking: Asking) -> None:
    await asking.people.fault("conversations.members", status=429, retry_after_s=3600, times=20)
    with pytest.raises(PlatformAway):
        await asking.members.alone("U0BEN")


# -- what is remembered ----------------------------------------------------------------------


async def test_what_slack_said_is_believed_for_a_while(asking: Asking) -> None:
    await asking.channel("U0BEN")
    told = await asking.calls(*LOOKS)
    asking.clock.now += CHANNEL_S
    assert await asking.channel("U0BEN", "U0GUEST") == INSIDE
    assert await asking.calls(*LOOKS) == told
    asking.clock.now += 1
    assert await asking.members.in_channel("C0X", "U0BEN") == replace(INSIDE, members=False)


async def test_a_member_who_becomes_a_guest_is_noticed_in_a_while(asking: Asking) -> None:
    await asking.channel("U0BEN", "U0ANA")
    await asking.people.add_person("U0ANA", "ana", is_restricted=True)
    asking.clock.now += PEOPLE_S + 1
    assert await asking.members.in_channel("C0X", "U0BEN") == replace(INSIDE, members=False)


async def test_a_guest_who_joins_is_noticed_when_slack_tells(asking: Asking) -> None:
    await asking.channel("U0BEN")
    await asking.channel("U0BEN", "U0GUEST")
    asking.members.changed("C0X")
    assert await asking.members.in_channel("C0X", "U0BEN") == replace(INSIDE, members=False)


async def test_a_channel_that_is_shared_is_noticed_when_slack_tells(asking: Asking) -> None:
    await asking.channel("U0BEN")
    await asking.channel("U0BEN", is_ext_shared=True)
    asking.members.changed("C0X")
    assert await asking.members.in_channel("C0X", "U0BEN") == OUTSIDE


async def test_who_leaves_a_channel_of_a_space_loses_it_when_slack_tells(asking: Asking) -> None:
    assert "C0TEAM" in (await asking.members.alone("U0BEN")).channels
    await asking.people.add_channel("C0TEAM", "team", members=(BOT_USER, "U0ANA"))
    asking.members.changed("C0TEAM")
    assert "C0TEAM" not in (await asking.members.alone("U0BEN")).channels


async def test_people_and_groups_that_changed_are_asked_for_anew(asking: Asking) -> None:
    assert (await asking.members.alone("U0BEN")).groups == {"S0ENG"}
    await asking.people.add_group("S0ENG", "engineers", ("U0ANA",))
    await asking.people.add_person("U0BEN", "ben", is_restricted=True)
    asking.members.anew()
    told = await asking.members.alone("U0BEN")
    assert (told.members, told.groups) == (False, frozenset())


async def test_many_who_ask_at_once_ask_slack_once(asking: Asking) -> None:
    await asking.people.add_channel("C0X", "x", members=(BOT_USER, "U0BEN", "U0ANA"))
    for method in LOOKS:
        await asking.people.fault(method, delay_s=0.05)
    asked = [asking.members.in_channel("C0X", "U0BEN") for _ in range(50)]
    assert set(await asyncio.gather(*asked)) == {INSIDE}
    assert [await asking.calls(method) for method in LOOKS] == [1, 1, 1, 0]


async def test_who_gives_up_asking_takes_the_answer_from_nobody(asking: Asking) -> None:
    await asking.people.add_channel("C0X", "x", members=(BOT_USER, "U0BEN"))
    await asking.people.fault("conversations.info", delay_s=0.1)
    first = asyncio.create_task(asking.members.in_channel("C0X", "U0BEN"))
    second = asyncio.create_task(asking.members.in_channel("C0X", "U0BEN"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == INSIDE


# -- channels with endorsed answers --------------------------------------------------------


async def answering(client: AsyncWebClient, asking: Asking) -> Membership:
    """Of two channels with answers Ben is in one, which no space names."""
    named = Named(answered=lambda: frozenset({"C0X", "C0Y"}))
    await asking.people.add_channel("C0X", "x", kind="group", members=(BOT_USER, "U0BEN"))
    await asking.people.add_channel("C0Y", "y", kind="group", members=(BOT_USER, "U0ANA"))
    return Membership(client, ME, named, asking.clock)


async def test_who_is_alone_is_in_channels_with_answers_as_slack_tells(
    client: AsyncWebClient, asking: Asking
) -> None:
    members = await answering(client, asking)
    for _ in range(2):
        assert (await members.alone("U0BEN")).channels == {"C0X"}
    assert await asking.calls("users.conversations") == 1
    await asking.people.add_channel("C0X", "x", kind="group", members=(BOT_USER,))
    members.changed("C0X")
    assert (await members.alone("U0BEN")).channels == frozenset()


async def test_who_is_in_channels_with_answers_is_not_known_where_slack_refuses(
    client: AsyncWebClient, asking: Asking
) -> None:
    members = await answering(client, asking)
    await asking.people.fault("users.conversations", times=9, error="missing_scope")
    assert (await members.alone("U0BEN")).channels == frozenset()


async def test_nobody_is_looked_up_where_there_are_no_answers(asking: Asking) -> None:
    await asking.members.alone("U0BEN")
    assert await asking.calls("users.conversations") == 0
