"""The local Discord's REST API, called by the real discord.py and barely."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.discord.calls import Answer, Call
from tests.discord.clients import logged_in, raw
from tests.discord.commands import post_command, put_commands
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE, ROLES, TOKEN
from tests.discord.messages import post_message
from tests.discord.people import People
from tests.discord.permissions import EMBED_LINKS, SEND_MESSAGES, VIEW_CHANNEL
from tests.discord.refusals import Json, Refused, check
from tests.discord.server import DiscordServer
from tests.discord.shapes import LISTS, NUMBERS, OBJECTS, TEXTS, shape_problems
from tests.discord.threads import post_thread
from tests.discord.world import World

GENERAL = f"/channels/{CHANNELS['general']}"
POST = "POST /channels/{channel}/messages"
NOBODY = discord.AllowedMentions.none()


@pytest.fixture
async def bot(discord_server: DiscordServer) -> AsyncIterator[discord.Client]:
    """The bot, logged in; the gateway tells it nothing."""
    async with logged_in(discord_server) as client:
        yield client


async def text_channel(bot: discord.Client, name: str) -> discord.TextChannel:
    channel = await bot.fetch_channel(int(CHANNELS[name]))
    assert isinstance(channel, discord.TextChannel)
    return channel


@pytest.fixture
async def general(bot: discord.Client) -> discord.TextChannel:
    return await text_channel(bot, "general")


async def test_a_message_is_posted_edited_and_deleted(
    general: discord.TextChannel, discord_people: People
) -> None:
    posted = await general.send(" Hello. ", embed=discord.Embed(title="Leave", description="30"))
    await posted.edit(content="Hello again.")
    (seen,) = await discord_people.messages("general")
    assert (seen.content, seen.edited, seen.embeds[0]["title"]) == ("Hello again.", True, "Leave")
    await posted.delete()
    assert await discord_people.messages("general") == []


async def test_what_is_too_long_is_refused_with_its_place(general: discord.TextChannel) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await general.send("x" * 2001)
    assert (refused.value.status, refused.value.code) == (400, 50035)
    assert "In content: Must be 2000 or fewer in length." in str(refused.value)


def button(**more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Yes", "custom_id": "yes", **more}


def rows(*parts: Json) -> list[Json]:
    return [{"type": 1, "components": list(parts)}]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"content": 7}, "content"),
        ({"content": "x", "nonce": "n" * 26}, "nonce"),
        ({"content": "x", "enforce_nonce": True}, "nonce"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
        ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description"),
        ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text"),
        ({"embeds": [{"fields": [{"name": "x", "value": ""}]}]}, "embeds.0.fields.0.value"),
        ({"embeds": [{"fields": [{"name": "x" * 257, "value": "y"}]}]}, "embeds.0.fields.0.name"),
        ({"embeds": [{"fields": [{"name": "x", "value": "y"}] * 26}]}, "embeds.0.fields"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds"),
        ({"embeds": [{"title": "x"}] * 11}, "embeds"),
        ({"embeds": [{"title": "x", "url": "no address"}]}, "embeds.0.url"),
        ({"content": "x", "components": rows() * 6}, "components"),
        ({"content": "x", "components": rows(*[button()] * 6)}, "components.0.components"),
        ({"content": "x", "components": rows(button(), button())}, "components"),
        (
            {"content": "x", "components": rows(button(custom_id="x" * 101))},
            "components.0.components.0.custom_id",
        ),
        (
            {"content": "x", "components": rows(button(label="x" * 81))},
            "components.0.components.0.label",
        ),
        (
            {"content": "x", "components": rows({"type": 3, "custom_id": "s", "options": []})},
            "components.0.components.0.options",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
        ),
    ],
)
async def test_every_limit_of_a_message_refuses_and_names_the_field(
    discord_server: DiscordServer, body: Json, place: str
) -> None:
    status, told, _ = await raw(discord_server, "POST", f"{GENERAL}/messages", body)
    assert (status, told["code"], told["message"]) == (400, 50035, "Invalid Form Body")
    found = told["errors"]
    for part in place.split("."):
        found = found[part]
    assert found["_errors"][0]["code"]


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"content": " " * 50 + "x" * 2000},
        {"embeds": [{"description": "x" * 4096, "title": "y" * 256}]},
        {"embeds": [{"description": "x" * 3000}] * 2},
        {"content": "x", "components": rows(*[button(custom_id=str(n)) for n in range(5)]) * 1},
        {"content": "x", "nonce": "n" * 25, "enforce_nonce": True},
    ],
)
async def test_what_just_fits_is_taken(discord_server: DiscordServer, body: Json) -> None:
    status, _, _ = await raw(discord_server, "POST", f"{GENERAL}/messages", body)
    assert status == 200


async def test_an_empty_message_is_refused_and_so_is_emptying_one(
    general: discord.TextChannel,
) -> None:
    for empty in (general.send(" "), (await general.send("x")).edit(content="")):
        with pytest.raises(discord.HTTPException) as refused:
            await empty
        assert (refused.value.status, refused.value.code) == (400, 50006)


async def test_what_is_sent_twice_under_one_nonce_stands_once_and_deleted_not_again(
    general: discord.TextChannel, discord_people: People
) -> None:
    first = await general.send("Hello.", nonce="7-1-0")
    second = await general.send("Hello.", nonce="7-1-0")
    assert (second.id, len(await discord_people.messages("general"))) == (first.id, 1)
    await first.delete()
    with pytest.raises(discord.NotFound) as refused:
        await general.send("Hello.", nonce="7-1-0")
    assert refused.value.code == 10008
    await discord_people.move_clock(301)
    assert (await general.send("Hello.", nonce="7-1-0")).id != first.id


async def test_only_those_are_pinged_who_may_be(
    general: discord.TextChannel, discord_people: People
) -> None:
    ben, ana = PEOPLE["ben"], PEOPLE["ana"]
    text = f"<@{ben}> <@{ana}> @everyone <@&{ROLES['payroll']}> `<@{PEOPLE['pia']}>`"
    await general.send(text, allowed_mentions=NOBODY)
    assert await discord_people.pings() == []
    await general.send(text, allowed_mentions=discord.AllowedMentions(users=[discord.Object(ana)]))
    assert await discord_people.pings() == [ana]
    await general.send(text)
    assert await discord_people.pings() == [ana, ben, ana]


async def test_a_reply_pings_whom_it_answers_unless_told_not_to(
    general: discord.TextChannel, discord_people: People
) -> None:
    question = general.get_partial_message(int(await discord_people.say("general", "ben", "Hm?")))
    await question.reply("So.", allowed_mentions=NOBODY)
    assert await discord_people.pings() == []
    answer = await question.reply("So.")
    assert answer.type is discord.MessageType.reply
    assert await discord_people.pings() == [PEOPLE["ben"]]


async def test_a_reply_to_what_is_gone_is_refused_or_becomes_a_plain_message(
    general: discord.TextChannel,
) -> None:
    gone = await general.send("x")
    await gone.delete()
    with pytest.raises(discord.HTTPException, match="Unknown message"):
        await general.send("So.", reference=gone)
    plain = await general.send("So.", reference=gone.to_reference(fail_if_not_exists=False))
    assert (plain.type, plain.reference) == (discord.MessageType.default, None)


async def test_a_history_is_read_in_pages(general: discord.TextChannel) -> None:
    sent = [await general.send(str(number)) for number in range(7)]

    async def read(**where: Any) -> list[str]:
        return [message.content async for message in general.history(**where)]

    assert await read(limit=3) == ["6", "5", "4"]
    assert await read(limit=2, before=sent[3]) == ["2", "1"]
    assert await read(limit=2, after=sent[3]) == ["4", "5"]
    assert await read(limit=3, around=sent[3]) == ["4", "3", "2"]


async def test_without_the_content_intent_only_what_is_meant_for_the_bot_is_read(
    bot: discord.Client, general: discord.TextChannel, discord_people: People
) -> None:
    await discord_people.set_content_intent(False)
    await discord_people.say("general", "ben", "just talk")
    await discord_people.say("general", "ben", f"<@{BOT}> a question")
    await general.send("mine")
    read = [message.content async for message in general.history()]
    assert read == ["mine", f"<@{BOT}> a question", ""]
    direct = await (await bot.fetch_user(int(PEOPLE["ben"]))).create_dm()
    await discord_people.say("dm", "ben", "between us")
    assert [message.content async for message in direct.history()] == ["between us"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/channels/600000000000000099", 404, 10003),
        ("GET", "/channels/general", 400, 50035),
        ("GET", "/guilds/900000000000000099", 404, 10004),
        ("GET", f"/guilds/{GUILD}/members/700000000000000099", 404, 10013),
        ("GET", f"{GENERAL}/messages/600000000000000099", 404, 10008),
        ("GET", f"{GENERAL}/messages?limit=101", 400, 50035),
        ("POST", f"/channels/{CHANNELS['forum']}/messages", 400, 50008),
        ("PATCH", f"/webhooks/{BOT}/no-such-token/messages/@original", 404, 10015),
        ("POST", "/interactions/1/no-such-token/callback", 404, 10062),
        ("GET", "/no/such/route", 404, 0),
    ],
)
async def test_what_is_not_there_is_refused_with_its_code(
    discord_server: DiscordServer, method: str, path: str, status: int, code: int
) -> None:
    body = {"content": "x", "type": 4} if method != "GET" else None
    got, told, _ = await raw(discord_server, method, path, body)
    assert (got, told["code"]) == (status, code)


NAMES = (
    sorted(LISTS | OBJECTS | NUMBERS | TEXTS) + "content nonce parse users value required".split()
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 60) | st.floats(-1, 99) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)
GENERAL_CALL = {"channel": CHANNELS["general"], "application": BOT}


@given(ANYTHING, st.sampled_from([post_message, post_thread, post_command, put_commands]))
@settings(max_examples=300, deadline=None)
def test_any_json_at_all_is_taken_or_refused_and_breaks_nothing(
    body: object, act: Callable[[Call], Answer]
) -> None:
    with suppress(Refused):
        check(shape_problems(body))
        act(Call(World(), GENERAL_CALL, body=body))


async def test_nothing_is_told_without_the_right_token(discord_server: DiscordServer) -> None:
    for token in ("", "another"):
        status, told, _ = await raw(discord_server, "GET", "/users/@me", token=token)
        assert (status, told) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_no_json_is_refused(discord_server: DiscordServer) -> None:
    headers = {"Authorization": f"Bot {TOKEN}", "Content-Type": "application/json"}
    url = f"{discord_server.api}{GENERAL}/messages"
    async with aiohttp.request("POST", url, data="{", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)


@pytest.mark.parametrize(
    ("denied", "code"), [(VIEW_CHANNEL, 50001), (SEND_MESSAGES, 50013), (EMBED_LINKS, 50013)]
)
async def test_what_the_bot_may_not_is_refused(
    general: discord.TextChannel, discord_people: People, denied: int, code: int
) -> None:
    await discord_people.overwrite("general", "tandem", deny=denied)
    with pytest.raises(discord.Forbidden) as refused:
        await general.send("x", embed=discord.Embed(title="y"))
    assert refused.value.code == code


async def test_a_person_who_takes_no_direct_messages_gets_none(
    bot: discord.Client, discord_people: People
) -> None:
    await discord_people.add_person("ben", takes_dms=False)
    with pytest.raises(discord.Forbidden) as refused:
        await (await bot.fetch_user(int(PEOPLE["ben"]))).send("Psst.")
    assert refused.value.code == 50007


async def test_the_words_of_others_are_not_the_bots_to_change(
    general: discord.TextChannel, discord_people: People
) -> None:
    theirs = general.get_partial_message(int(await discord_people.say("general", "ben", "Mine.")))
    for code, change in ((50005, theirs.edit(content="x")), (50013, theirs.delete())):
        with pytest.raises(discord.Forbidden) as refused:
            await change
        assert refused.value.code == code


async def test_a_thread_begun_on_a_message_has_its_id_and_there_is_one(
    general: discord.TextChannel,
) -> None:
    message = await general.send("How?")
    thread = await message.create_thread(name="How?")
    await thread.send("So.")
    assert thread.id == message.id
    assert [m.type.value async for m in thread.history()] == [0, 21]
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="How?")
    assert refused.value.code == 160004
    with pytest.raises(discord.HTTPException, match="Must be between 1 and 100 in length"):
        await (await general.send("x")).create_thread(name="x" * 101)


async def test_a_post_wakes_an_archived_thread_and_a_locked_one_refuses(
    bot: discord.Client, general: discord.TextChannel, discord_people: People
) -> None:
    thread = await (await general.send("How?")).create_thread(name="How?")
    await discord_people.archive_thread(str(thread.id))
    await thread.send("So.")
    fresh = await bot.fetch_channel(thread.id)
    assert isinstance(fresh, discord.Thread)
    assert not fresh.archived
    await discord_people.archive_thread(str(thread.id), archived=False, locked=True)
    with pytest.raises(discord.Forbidden) as refused:
        await thread.send("More.")
    assert refused.value.code == 160005


async def test_a_forum_takes_posts_whose_first_message_has_their_id(bot: discord.Client) -> None:
    forum = await bot.fetch_channel(int(CHANNELS["forum"]))
    assert isinstance(forum, discord.ForumChannel)
    made = await forum.create_thread(name="Lunch", content="When?")
    assert made.thread.id == made.message.id
    assert [m.content async for m in made.thread.history()] == ["When?"]


async def test_the_bot_reacts_and_sees_who_did(
    bot: discord.Client, general: discord.TextChannel, discord_people: People
) -> None:
    message = await general.send("Good?")
    await message.add_reaction("👍")
    await discord_people.react("ben", str(message.id), "👍")
    (reaction,) = (await general.fetch_message(message.id)).reactions
    assert {user.id async for user in reaction.users()} == {int(PEOPLE["ben"]), int(BOT)}
    assert bot.user is not None
    await message.remove_reaction("👍", bot.user)
    (seen,) = await discord_people.messages("general")
    assert seen.reactions == {"👍": (PEOPLE["ben"],)}
    with pytest.raises(discord.HTTPException) as refused:
        await message.add_reaction("thumbsup")
    assert refused.value.code == 10014


async def test_a_member_has_roles_and_a_stranger_is_unknown(
    bot: discord.Client, discord_people: People
) -> None:
    guild = await bot.fetch_guild(int(GUILD))
    pia = await guild.fetch_member(int(PEOPLE["pia"]))
    assert [role.name for role in pia.roles] == ["@everyone", "payroll"]
    stranger = await discord_people.add_person("zoe", guild="")
    with pytest.raises(discord.NotFound) as refused:
        await guild.fetch_member(int(stranger))
    assert refused.value.code == 10007


@pytest.mark.parametrize("granted", [True, False])
async def test_the_application_says_whether_it_may_read_what_people_write(
    bot: discord.Client, discord_people: People, granted: bool
) -> None:
    await discord_people.set_content_intent(granted)
    info = await bot.application_info()
    assert info.flags.gateway_message_content_limited is granted


async def test_limits_are_told_and_the_call_beyond_is_refused(
    discord_server: DiscordServer, discord_people: People
) -> None:
    limits = f'{{"{POST}": [5, 600]}}'
    await discord_people.configure(rate_limits=True, bucket_limits=limits)
    path, left = f"{GENERAL}/messages", []
    for _ in range(5):
        _, _, headers = await raw(discord_server, "POST", path, {"content": "x"})
        left.append(headers["X-RateLimit-Remaining"])
    status, told, headers = await raw(discord_server, "POST", path, {"content": "x"})
    assert (left, status, told["global"]) == (["4", "3", "2", "1", "0"], 429, False)
    assert 0 < told["retry_after"] <= 600
    assert headers["X-RateLimit-Scope"] == "user"
    other = f"/channels/{CHANNELS['team']}/messages"
    assert (await raw(discord_server, "POST", other, {"content": "x"}))[0] == 200


async def test_a_limit_is_ridden_out_and_nothing_is_lost(
    general: discord.TextChannel, discord_people: People
) -> None:
    limits = f'{{"{POST}": [2, 0.2]}}'
    await discord_people.configure(rate_limits=True, bucket_limits=limits)
    for number in range(5):
        await general.send(str(number))
    shown = await discord_people.messages("general")
    assert [message.content for message in shown] == ["0", "1", "2", "3", "4"]


async def test_too_many_calls_of_all_kinds_are_refused_but_not_those_of_interactions(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(rate_limits=True, requests_a_second=0)
    status, told, headers = await raw(discord_server, "GET", "/users/@me")
    assert (status, told["global"], headers["X-RateLimit-Global"]) == (429, True, "true")
    free = await raw(discord_server, "GET", f"/webhooks/{BOT}/none/messages/@original")
    assert free[0] == 404


async def test_whom_nothing_stops_from_wrong_calls_is_banned(
    discord_server: DiscordServer, discord_people: People
) -> None:
    await discord_people.configure(invalid_requests=2)
    for status in (401, 401, 429):
        assert (await raw(discord_server, "GET", "/users/@me", token="wrong"))[0] == status
    status, told, headers = await raw(discord_server, "GET", "/users/@me")
    assert (status, told, "Via" in headers) == (429, None, False)


async def test_a_429_on_order_is_ridden_out(
    general: discord.TextChannel, discord_people: People
) -> None:
    await discord_people.fault(POST, status=429, retry_after_s=0.05, times=2)
    await general.send("At last.")
    calls = await discord_people.calls(POST)
    assert [call["status"] for call in calls] == [429, 429, 200]


@pytest.mark.parametrize(("cut", "standing"), [("before", []), ("after", ["Hello."])])
async def test_a_call_breaks_off_on_order_before_or_after_it_took_effect(
    general: discord.TextChannel, discord_people: People, cut: str, standing: list[str]
) -> None:
    await discord_people.fault(POST, cut=cut)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await general.send("Hello.")
    assert [m.content for m in await discord_people.messages("general")] == standing
