"""The local Discord's gateway, told by the real discord.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import discord
import pytest

from tests.discord.hearing import Hearing, hearing, running, with_content
from tests.discord.ids import BOT, CHANNELS, FAR_GUILD, GUILD, PEOPLE, ROLES, TOKEN
from tests.discord.people import People
from tests.discord.permissions import VIEW_CHANNEL
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S

MENTION = f"<@{BOT}>"


def unread() -> discord.Intents:
    """The usual intents, without what people write."""
    return discord.Intents.default()


async def test_a_client_becomes_ready_and_knows_its_guild(discord_server: DiscordServer) -> None:
    async with hearing(discord_server) as client:
        assert client.user is not None
        assert str(client.user.id) == BOT == str(client.application_id)
        (guild,) = client.guilds
        assert (str(guild.id), guild.unavailable) == (GUILD, False)
        assert {c.name for c in guild.channels} == set(CHANNELS)
        assert {role.name for role in guild.roles} == {"@everyone", "tandem", "payroll"}
        assert str(guild.me.roles[-1].id) == ROLES["tandem"]
        assert isinstance(guild.get_channel(int(CHANNELS["forum"])), discord.ForumChannel)


async def test_what_people_do_is_told(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        said = await discord_people.say("general", "ben", "hello")
        await discord_people.edit(said, "hello all")
        await discord_people.react("ana", said, "👍")
        await discord_people.unreact("ana", said, "👍")
        await discord_people.delete(said)
        await client.until(lambda: client.deleted)
        assert (client.texts, client.heard[0].author.name) == (["hello"], "ben")
        assert [e.message.content for e in client.edited] == ["hello all"]
        assert client.edited[0].message.edited_at is not None
        assert client.reacted == ["+👍", "-👍"]
        assert client.deleted == [int(said)]


async def test_a_reply_names_what_it_answers_and_mentions_its_author(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        first = await discord_people.say("general", "ben", "hello")
        await discord_people.say("general", "ana", "hi", reply_to=first)
        await discord_people.say("general", "pia", "hm", reply_to=first, ping=False)
        await client.until(lambda: len(client.heard) == 3)
        _, loud, quiet = client.heard
        assert loud.type is discord.MessageType.reply
        assert loud.reference is not None
        assert isinstance(loud.reference.resolved, discord.Message)
        assert loud.reference.resolved.content == "hello"
        assert ([u.name for u in loud.mentions], quiet.mentions) == (["ben"], [])


async def test_a_thread_has_the_id_of_the_message_that_it_began_on(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        said = await discord_people.say("general", "ben", "a question")
        thread = await discord_people.begin_thread("ben", said, "A question")
        await discord_people.say("general", "ana", "in it", thread=thread)
        await client.until(lambda: client.texts[-1:] == ["in it"])
        assert [str(t.id) for t in client.began] == [said] == [thread]
        inside = client.heard[-1].channel
        assert isinstance(inside, discord.Thread)
        assert (str(inside.id), str(inside.parent_id)) == (said, CHANNELS["general"])


async def test_a_forum_post_begins_with_a_message_of_its_own_id(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        post = await discord_people.post_in_forum("forum", "ben", "A title", "a question")
        await client.until(lambda: client.heard)
        (heard,) = client.heard
        assert (str(heard.id), str(heard.channel.id), heard.content) == (post, post, "a question")
        assert client.began[0].parent_id == int(CHANNELS["forum"])


async def test_a_direct_message_comes_without_a_guild(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server, unread()) as client:
        await discord_people.say("dm", "ben", "between us")
        await client.until(lambda: client.heard)
        assert client.texts == ["between us"]
        assert isinstance(client.heard[0].channel, discord.DMChannel)


async def test_what_happens_where_the_bot_sees_nothing_is_not_told(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.overwrite("team", "tandem", deny=VIEW_CHANNEL)
        await discord_people.overwrite("team", "@everyone", deny=VIEW_CHANNEL)
        await discord_people.overwrite("team", "ben", allow=VIEW_CHANNEL)
        await discord_people.say("team", "ben", "a secret")
        await discord_people.say("general", "ben", "no secret")
        await client.until(lambda: client.heard)
        assert client.texts == ["no secret"]


async def test_without_the_intent_only_what_is_meant_for_the_bot_can_be_read(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server, unread()) as client:
        first = await discord_people.say("general", "ben", "not for the bot")
        await discord_people.say("general", "ben", f"{MENTION} for the bot", reply_to=first)
        await discord_people.unfurl(first)
        await client.until(lambda: len(client.heard) == 2 and client.edited)
        assert client.texts == ["", f"{MENTION} for the bot"]
        reference = client.heard[1].reference
        assert reference is not None
        assert isinstance(reference.resolved, discord.Message)
        assert reference.resolved.content == ""
        assert client.edited[0].message.embeds == []


async def test_a_preview_is_an_update_with_the_same_words(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        said = await discord_people.say("general", "ben", "see https://example.org/page")
        await discord_people.unfurl(said)
        await discord_people.unfurl(said, restamped=True)
        await client.until(lambda: len(client.edited) == 2)
        plain, restamped = (event.message for event in client.edited)
        assert plain.embeds[0].url == "https://example.org/page"
        assert (plain.content, plain.edited_at) == ("see https://example.org/page", None)
        assert restamped.edited_at is not None


async def test_an_intent_that_the_application_does_not_have_is_refused(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.set_content_intent(False)
    async with running(Hearing(with_content()), discord_server) as task:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await task
    assert (await discord_people.look()).closes[0].startswith("4014")


async def test_a_wrong_token_is_refused_with_4004(discord_server: DiscordServer) -> None:
    assert await closed_after(discord_server, identify(token="another")) == 4004


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("no JSON", 4002),
        ('{"op": 99, "d": null}', 4001),
        ('{"op": 8, "d": {"guild_id": "1"}}', 4003),
    ],
)
async def test_what_is_no_payload_ends_the_socket(
    discord_server: DiscordServer, sent: str, code: int
) -> None:
    assert await closed_after(discord_server, sent) == code


async def test_other_versions_unknown_intents_and_shards_are_refused(
    discord_server: DiscordServer,
) -> None:
    assert await closed_after(discord_server, version=9) == 4012
    assert await closed_after(discord_server, identify(intents=1 << 40)) == 4013
    assert await closed_after(discord_server, identify(shard=[2, 2])) == 4010


def identify(**changes: object) -> dict[str, object]:
    """An IDENTIFY."""
    return {"op": 2, "d": {"token": TOKEN, "intents": 1, "properties": {}, **changes}}


@asynccontextmanager
async def socket_of(
    server: DiscordServer, version: int = 10
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket of the gateway that speaks for itself, uncompressed."""
    url = f"{server.gateway}?v={version}&encoding=json"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        yield socket


async def closed_after(
    server: DiscordServer, sent: str | dict[str, object] | None = None, version: int = 10
) -> int | None:
    """The code with which the gateway closes after this was sent."""
    async with socket_of(server, version) as socket, asyncio.timeout(PATIENCE_S):
        if sent is not None:
            await socket.send_str(sent if isinstance(sent, str) else json.dumps(sent))
        async for _ in socket:
            pass
        return socket.close_code


async def test_a_cut_is_resumed_and_nothing_is_lost(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.say("general", "ben", "1")
        await client.until(lambda: client.heard)
        for number in range(2, 22):
            await discord_people.cut()
            await discord_people.say("general", "ben", str(number))
        await client.until(lambda: len(client.heard) == 21)
        assert client.texts == [str(number) for number in range(1, 22)]
        assert (await discord_people.look()).identified == 1
        assert client.readies == 1


@pytest.mark.parametrize("code", [1000, 1001, 4000, 4009])
async def test_a_closed_socket_is_resumed(
    discord_server: DiscordServer, discord_people: People, code: int
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.close(code)
        await discord_people.say("general", "ben", "meanwhile")
        await client.until(lambda: client.heard)
        assert (client.texts, client.resumes) == (["meanwhile"], 1)


async def test_a_reconnect_on_order_is_resumed(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.reconnect()
        await client.until(lambda: client.resumes)
        await discord_people.say("general", "ben", "after")
        await client.until(lambda: client.heard)
        assert (client.texts, client.readies) == (["after"], 1)


async def test_an_invalid_session_that_is_resumable_is_resumed(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.invalidate(resumable=True)
        await client.until(lambda: client.resumes)
        assert (await discord_people.look()).identified == 1


async def test_after_an_invalid_session_the_client_identifies_anew(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.invalidate()
        await client.until(lambda: client.readies == 2)
        await discord_people.say("general", "ben", "after")
        await client.until(lambda: client.heard)
        seen = await discord_people.look()
        assert (seen.identified, seen.resumed, client.texts) == (2, 0, ["after"])


async def test_who_resumes_a_session_that_is_forgotten_identifies_anew(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.expire()
        await discord_people.cut()
        await client.until(lambda: client.readies == 2)
        assert (await discord_people.look()).identified == 2


async def test_a_session_outlives_its_socket_only_for_its_time(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(resume_window_s=0.0)
    async with hearing(discord_server) as client:
        await discord_people.cut()
        await client.until(lambda: client.readies == 2)
        assert (client.resumes, (await discord_people.look()).identified) == (0, 2)


async def test_on_order_a_resume_tells_everything_again(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.say("general", "ben", "1")
        await discord_people.say("general", "ben", "2")
        await client.until(lambda: len(client.heard) == 2)
        await discord_people.tell_again()
        await client.until(lambda: client.resumes)
        assert client.texts == ["1", "2", "1", "2"]
        assert client.heard[0].id == client.heard[2].id
        await discord_people.cut()
        await client.until(lambda: client.resumes == 2)
        assert len(client.heard) == 4


async def test_heartbeats_come_and_are_acknowledged(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(heartbeat_s=0.02)
    async with hearing(discord_server) as client:
        await discord_people.wait_for(lambda seen: seen.heartbeats > 5)
        assert client.latency < 10


async def test_a_client_whose_heartbeats_nobody_answers_comes_back(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(heartbeat_s=0.05)
    async with hearing(discord_server, patience_s=0.3) as client:
        await discord_people.answer_heartbeats(False)
        await discord_people.wait_for(lambda seen: seen.resumed)
        await discord_people.answer_heartbeats(True)
        await discord_people.say("general", "ben", "still there?")
        await client.until(lambda: client.heard)
        assert (client.texts, client.readies) == (["still there?"], 1)


async def test_a_client_without_heartbeats_is_thrown_out(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(heartbeat_s=0.05)
    assert await closed_after(discord_server, identify()) == 4009


async def test_two_shards_are_told_of_their_own_guilds_and_one_of_direct_messages(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.add_guild(FAR_GUILD, "far")
    async with hearing(discord_server, shards=2) as client:
        assert {str(g.id): g.shard_id for g in client.guilds} == {GUILD: 1, FAR_GUILD: 0}
        await discord_people.say("general", "ben", "at home")
        await discord_people.say("far/general", "ben", "far away")
        await discord_people.say("dm", "ben", "directly")
        await client.until(lambda: len(client.heard) == 3)
        told = await discord_people.told("MESSAGE_CREATE")
        shards = {event["id"]: event["shard"] for event in told}
        assert [shards[str(m.id)] for m in client.heard] == [
            0 if m.guild is None or str(m.guild.id) == FAR_GUILD else 1 for m in client.heard
        ]
        assert len(told) == 3


async def test_only_the_shard_that_is_cut_comes_back(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.add_guild(FAR_GUILD, "far")
    async with hearing(discord_server, shards=2) as client:
        await discord_people.cut(shard=1)
        await discord_people.say("general", "ben", "at home")
        await discord_people.say("far/general", "ben", "far away")
        await client.until(lambda: len(client.heard) == 2)
        assert sorted(client.texts) == ["at home", "far away"]
        assert (client.resumes, (await discord_people.look()).resumed) == (1, 1)


async def test_who_identifies_before_its_turn_has_an_invalid_session(
    discord_server: DiscordServer, discord_people: People
) -> None:
    world = discord_server.world
    world.settings = replace(world.settings, identify_every_s=60.0)
    async with socket_of(discord_server) as first, socket_of(discord_server) as second:
        await first.send_json(identify())
        assert [(await first.receive_json())["op"] for _ in range(2)] == [10, 0]
        await second.send_json(identify())
        assert [(await second.receive_json())["op"] for _ in range(2)] == [10, 9]


async def test_a_new_guild_and_changed_roles_are_told(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.add_guild(FAR_GUILD, "far")
        channel = await discord_people.add_channel("new")
        role = await discord_people.add_role("engineers")
        await discord_people.say("new", "ben", "told in order")
        await client.until(lambda: client.heard)
        assert {g.name for g in client.guilds} == {"team", "far"}
        home = client.get_guild(int(GUILD))
        assert home is not None
        assert home.get_channel(int(channel)) is not None
        assert home.get_role(int(role)) is not None


async def test_members_are_not_listed_without_their_intent(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        assert [str(m.id) for m in client.guilds[0].members] == [BOT]
    await discord_people.configure(members_intent=True)
    asked = with_content()
    asked.members = True
    async with hearing(discord_server, asked) as client:
        assert {m.name for m in client.guilds[0].members} >= set(PEOPLE)
        await discord_people.grant("ben", "payroll")
        await discord_people.say("general", "ben", "told in order")
        await client.until(lambda: client.heard)
        ben = client.guilds[0].get_member(int(PEOPLE["ben"]))
        assert ben is not None
        assert [role.name for role in ben.roles] == ["@everyone", "payroll"]


async def test_payloads_in_a_flood_end_the_socket(discord_server: DiscordServer) -> None:
    async with socket_of(discord_server) as socket, asyncio.timeout(PATIENCE_S):
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        async for _message in socket:
            pass
        assert socket.close_code == 4008
