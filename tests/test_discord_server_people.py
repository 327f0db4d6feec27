"""The people of the local Discord: what they do, what they see, and what they cannot do."""

from __future__ import annotations

import asyncio
import signal
import sys

import aiohttp
import pytest

from tests.discord.clients import raw
from tests.discord.hearing import hearing
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE, snowflake_at
from tests.discord.people import People, people_at
from tests.discord.permissions import ADMINISTRATOR, SEND_MESSAGES
from tests.discord.server import DiscordServer
from tests.discord.things import EPHEMERAL, LOADING, Message
from tests.discord.trouble import ControlRefused

GENERAL = CHANNELS["general"]


async def post(server: DiscordServer, channel: str, **body: object) -> str:
    """The bot posts something; its id."""
    status, told, _ = await raw(server, "POST", f"/channels/{channel}/messages", body)
    assert status == 200, told
    return str(told["id"])


async def test_a_channel_is_drawn_as_a_person_sees_it(
    discord_server: DiscordServer, discord_people: People
) -> None:
    asked = await discord_people.say("general", "ben", f"<@{BOT}> how many days\nof leave?")
    thread = await discord_people.begin_thread("ben", asked, "Leave")
    embed = {"title": "Sources", "description": "1. Leave\n2. Sick days", "footer": {"text": "#1"}}
    row = [button(None, "up", emoji={"name": "👍"}), button("Redo as …", "redo")]
    answer = await post(
        discord_server,
        thread,
        content="27 days. [1]",
        embeds=[embed],
        components=[{"type": 1, "components": row}],
    )
    await discord_people.react("ana", answer, "🎉")
    await discord_people.edit(await discord_people.say("general", "ana", "lunch"), "Lunch?")
    assert (await discord_people.transcript("general")).split("\n") == [
        "#general",
        "ben: @tandem how many days",
        "  of leave?",
        "    #general › Leave",
        "    tandem: 27 days. [1]",
        "      | Sources",
        "      | 1. Leave",
        "      | 2. Sick days",
        "      | #1",
        "      [👍] [Redo as …]",
        "      🎉 1",
        "ana: Lunch? (edited)",
    ]


def button(label: str | None, custom_id: str, **more: object) -> dict[str, object]:
    """A button."""
    made = {"type": 2, "style": 2, "label": label, "custom_id": custom_id, **more}
    return {name: value for name, value in made.items() if value is not None}


async def test_what_is_for_one_person_and_who_thinks_is_drawn_so(
    discord_server: DiscordServer, discord_people: People
) -> None:
    world, ben = discord_server.world, PEOPLE["ben"]
    deferred = Message(world.clock.snowflake(), GENERAL, BOT, "", flags=LOADING)
    world.post(deferred)
    secret = Message(world.clock.snowflake(), GENERAL, BOT, "psst", flags=EPHEMERAL)
    secret.ephemeral_for = ben
    world.post(secret)
    seen = await discord_people.look("general")
    assert seen.text.split("\n") == [
        "#general",
        "tandem: tandem is thinking…",
        "tandem: psst (only ben sees this)",
    ]
    assert [(m.deferred, m.only_for) for m in seen.messages] == [(True, ""), (False, ben)]
    assert secret.id not in [m.id for m in world.history(GENERAL)]


async def test_a_reply_says_whom_it_answers(discord_people: People) -> None:
    first = await discord_people.say("general", "ben", "hello")
    await discord_people.say("general", "ana", "hi", reply_to=first)
    assert "ana: hi (answers ben)" in await discord_people.look("general")
    await discord_people.delete(first)
    seen = await discord_people.look("general")
    assert "ana: hi (answers a message that is gone)" in seen
    assert seen.messages[0].replies_to == first


async def test_who_types_is_seen_until_they_write(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await raw(discord_server, "POST", f"/channels/{GENERAL}/typing")
    seen = await discord_people.look("general")
    assert seen.typing == {GENERAL: (BOT,)}
    assert "(tandem is typing…)" in seen
    await post(discord_server, GENERAL, content="there")
    assert (await discord_people.look()).typing == {}
    await discord_people.types("ben", "general")
    await discord_people.move_clock(11)
    assert (await discord_people.look()).typing == {}


async def test_the_buttons_of_a_message_are_found_by_what_stands_on_them(
    discord_server: DiscordServer, discord_people: People
) -> None:
    row = {"type": 1, "components": [button("Stop", "tandem:stop:1"), button("More", "more:7")]}
    id = await post(discord_server, GENERAL, content="…", components=[row])
    shown = (await discord_people.look()).message(id)
    assert shown.button("Stop") == shown.button("tandem:stop:1") == shown.button("tandem:stop")
    assert [b.label for b in shown.buttons] == ["Stop", "More"]
    with pytest.raises(AssertionError, match="no button 'Redo'"):
        shown.button("Redo")


async def test_nobody_writes_where_they_may_not(discord_people: People) -> None:
    with pytest.raises(ControlRefused, match="50013"):
        await discord_people.say("pay", "ana", "what do you earn?")
    await discord_people.say("pay", "ben", "hush")
    await discord_people.grant("ana", "payroll")
    await discord_people.say("pay", "ana", "now")
    await discord_people.revoke("ana", "payroll")
    with pytest.raises(ControlRefused, match="50013"):
        await discord_people.say("pay", "ana", "and then?")
    with pytest.raises(ControlRefused, match="50024"):
        await discord_people.say("forum", "ben", "no post")
    with pytest.raises(ControlRefused, match="50007"):
        await discord_people.say("dm-ben", "ana", "in another's conversation")


async def test_overwrites_and_roles_decide_as_in_discord(discord_people: People) -> None:
    await discord_people.overwrite("general", "@everyone", deny=SEND_MESSAGES)
    with pytest.raises(ControlRefused, match="50013"):
        await discord_people.say("general", "pia", "no")
    await discord_people.overwrite("general", "payroll", allow=SEND_MESSAGES)
    await discord_people.say("general", "pia", "her role may")
    await discord_people.overwrite("general", "pia", deny=SEND_MESSAGES)
    with pytest.raises(ControlRefused, match="50013"):
        await discord_people.say("general", "pia", "but she may not")
    await discord_people.add_role("payroll", permissions=ADMINISTRATOR)
    await discord_people.say("general", "pia", "who may all is not stopped")
    await discord_people.delete_role("payroll")
    with pytest.raises(ControlRefused, match="50013"):
        await discord_people.say("general", "pia", "again not")


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("say", {"channel": "general", "person": "nobody", "text": "x"}, "10013"),
        ("say", {"channel": "nowhere", "person": "ben", "text": "x"}, "10003"),
        ("say", {"channel": "general", "person": "ben"}, "missing 1 required"),
        ("edit", {"message": "1", "text": "x"}, "10008"),
        ("configure", {"colour": "red"}, "colour"),
        ("dance", {}, "no such control"),
    ],
)
async def test_what_cannot_be_done_is_said(
    discord_people: People, name: str, args: dict[str, object], told: str
) -> None:
    url = f"{discord_people.base}/control/{name}"
    async with aiohttp.ClientSession() as http, http.post(url, json=args) as answer:
        assert answer.status in (400, 404)
        assert told in (await answer.json())["error"]


async def test_a_post_in_an_archived_thread_opens_it(discord_people: People) -> None:
    asked = await discord_people.say("general", "ben", "hello")
    thread = await discord_people.begin_thread("ben", asked, "A talk")
    await discord_people.archive_thread(thread)
    assert "#general › A talk (archived)" in await discord_people.look("general")
    await discord_people.say("general", "ana", "again", thread=thread)
    assert "(archived)" not in await discord_people.look("general")


async def test_a_bot_that_is_thrown_out_hears_nothing_more(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        await discord_people.leave("tandem", "team")
        await discord_people.say("general", "ben", "gone?")
        await discord_people.say("dm", "ben", "still here")
        await client.until(lambda: client.heard)
        assert (list(client.guilds), client.texts) == ([], ["still here"])


async def test_names_of_channels_can_be_told_apart_by_their_guild(
    discord_people: People,
) -> None:
    await discord_people.add_guild("900000000000000002", "other")
    here = await discord_people.say("team/general", "ben", "here")
    there = await discord_people.say("other/general", "ben", "there")
    seen = await discord_people.look()
    assert seen.message(here).channel == GENERAL != seen.message(there).channel


async def test_any_event_can_be_told_and_any_nonsense(
    discord_server: DiscordServer, discord_people: People
) -> None:
    url = f"{discord_server.gateway}?v=10&encoding=json"
    told = {"token": "bot-token", "intents": 1, "properties": {}}
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_json({"op": 2, "d": told})
        assert [(await socket.receive_json())["t"] for _ in range(3)][1:] == [
            "READY",
            "GUILD_CREATE",
        ]
        await discord_people.emit("MESSAGE_CREATE", ["no", "message"])
        await discord_people.emit(None, None, op=77)
        await discord_people.emit("OLD", {}, s=1)
        await discord_people.send("{no JSON")
        await discord_people.send_bytes(b"\x00\xff")
        emitted = [await socket.receive_json() for _ in range(3)]
        assert emitted[0] == {"op": 0, "t": "MESSAGE_CREATE", "d": ["no", "message"], "s": 3}
        assert emitted[1] == {"op": 77, "t": None, "d": None}
        assert emitted[2]["s"] == 1
        assert await socket.receive_str() == "{no JSON"
        assert await socket.receive_bytes() == b"\x00\xff"


async def test_faults_and_calls_are_told_by_their_route(
    discord_server: DiscordServer, discord_people: People
) -> None:
    route = "POST /channels/{channel}/messages"
    await discord_people.fault("POST /channels/{}/messages", status=500, skip=1)
    path = f"/channels/{GENERAL}/messages"
    sent = [await raw(discord_server, "POST", path, {"content": "x"}) for _ in range(3)]
    assert [status for status, _, _ in sent] == [200, 500, 200]
    await discord_people.wait_for_calls(route, 3)
    calls = await discord_people.calls(route)
    assert [(c["status"], c["path"], c["args"]) for c in calls] == [
        (status, path, {"content": "x"}) for status in (200, 500, 200)
    ]


async def test_how_soon_the_bot_answered_is_told(
    discord_server: DiscordServer, discord_people: People
) -> None:
    async with hearing(discord_server) as client:
        silent = await discord_people.say("general", "ben", "unanswered")
        replied = await discord_people.say("general", "ben", "1")
        threaded = await discord_people.say("general", "ben", "2")
        await client.until(lambda: len(client.heard) == 3)
        await post(discord_server, GENERAL, content="x", message_reference={"message_id": replied})
        thread = f"/channels/{GENERAL}/messages/{threaded}/threads"
        await raw(discord_server, "POST", thread, {"name": "x"})
        found = {t.id: t for t in await discord_people.timings()}
        assert list(found) == [silent, replied, threaded]
        assert found[silent].first_sign_at is None
        for id in (replied, threaded):
            assert (found[id].first_sign_at or 0) > found[id].told_at


async def test_waiting_for_what_never_comes_fails_with_what_stands_there(
    discord_people: People,
) -> None:
    await discord_people.say("general", "ben", "hello")
    with pytest.raises(AssertionError, match="ben: hello"):
        await discord_people.wait_for(lambda seen: "bye" in seen, timeout_s=0.0)


async def test_new_ids_rise_and_tell_their_time(discord_server: DiscordServer) -> None:
    clock = discord_server.world.clock
    before = snowflake_at(clock.now())
    made = [int(clock.snowflake()) for _ in range(1000)]
    assert made == sorted(set(made))
    assert before <= made[0]
    clock.ahead_s = 60
    assert int(clock.snowflake()) - made[-1] > 50_000 << 22


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.discord", "0", '{"members_intent": true}'),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    base = (await process.stdout.readline()).decode().strip()
    async with people_at(base) as people:
        await people.say("general", "ben", "hello")
        assert "ben: hello" in await people.look()
        path = f"{people.api}/guilds/{GUILD}/members/{PEOPLE['pia']}"
        token = {"Authorization": "Bot bot-token"}
        async with people.http.get(path, headers=token) as answer:
            assert (await answer.json())["user"]["username"] == "pia"
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
