"""Discord's own manner, through the whole bot: what the parity suite has no word for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.conversation import Turn
from bot.posts import Reason, Speaking
from tests.bots import LEAVE, made
from tests.discord.bots import discord_platform
from tests.discord.ids import BOT, CHANNELS, FAR_GUILD, GUILD, PEOPLE, ROLES
from tests.discord.people import people_at
from tests.discord.seen import Shown
from tests.discord.server import serving
from tests.discord.settings import Settings
from tests.discord.under_test import DiscordChat, discord
from tests.platforms import Knowing

LEAVES = "How many days of leave do I get?"
LUNCH = "When is lunch served?"
NOON = "Lunch is served at noon in the canteen."
BEGIN = "POST /channels/{channel}/messages/{message}/threads"
ME = f"<@{BOT}>"


@asynccontextmanager
async def chatting(
    home: Path, settings: Settings | None = None, given: Any = None, **options: Any
) -> AsyncIterator[DiscordChat]:
    """The whole bot in a Discord of its own; `options` of the platform."""
    with made(home, backend=Knowing(), given=given) as bot:
        async with discord(bot, settings, **options) as chat:
            yield chat


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[DiscordChat]:
    """The usual one."""
    async with chatting(tmp_path) as chat:
        yield chat


async def written(chat: DiscordChat, channel: str = "") -> list[Shown]:
    """What the bot wrote, once all is settled."""
    await chat.settled()
    messages = await chat.people.messages(channel)
    told = [m for m in messages if m.author == BOT and m.raw["type"] in (0, 19, 20, 23)]
    return sorted(told, key=lambda message: int(message.id))


# -- how the bot is called ---------------------------------------------------------------


async def test_a_mention_of_the_bot_s_own_role_means_the_bot(chat: DiscordChat) -> None:
    await chat.people.say("general", "ben", f"<@&{ROLES['tandem']}> {LEAVES}")
    [answer] = await written(chat)
    assert LEAVE in answer.content


async def test_a_mention_of_another_role_does_not(chat: DiscordChat) -> None:
    await chat.people.say("general", "ben", f"<@&{ROLES['payroll']}> {LEAVES}")
    assert await written(chat) == []


async def test_what_is_said_to_a_role_in_a_thread_is_not_for_the_bot(chat: DiscordChat) -> None:
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}")
    await chat.settled()
    await chat.people.say("general", "ben", f"<@&{ROLES['payroll']}> {LUNCH}", thread=asked)
    [_] = await written(chat)
    assert [one.reason for one in chat.bot.inbox.silences()] == [Reason.OTHER]


async def test_a_reply_to_the_bot_goes_on_with_its_turns_and_no_mention(tmp_path: Path) -> None:
    async with chatting(tmp_path, answers="reply") as chat:
        asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}")
        [answer] = await written(chat)
        assert (answer.channel, answer.replies_to) == (CHANNELS["general"], asked)
        again = await chat.people.say("general", "ben", LUNCH, reply_to=answer.id, ping=False)
        answers = await written(chat)
    assert NOON in answers[-1].content
    assert answers[-1].replies_to == again
    assert [turn.role for turn in chat.bot.asked[-1].thread] == ["user", "assistant"]


async def test_a_mention_in_reply_to_somebody_is_about_what_they_wrote(chat: DiscordChat) -> None:
    said = await chat.people.say("general", "ana", "I always forget when lunch is served.")
    await chat.people.say("general", "ben", f"{ME} when is it?", reply_to=said)
    [answer] = await written(chat)
    assert "I always forget when lunch is served." in chat.bot.asked[-1].thread[0].text
    assert answer.content


async def test_direct_messages_are_one_conversation(chat: DiscordChat) -> None:
    await chat.people.say("dm-ben", "ben", LEAVES)
    await chat.settled()
    await chat.people.say("dm-ben", "ben", LUNCH)
    answers = await written(chat, "dm-ben")
    assert NOON in answers[-1].content
    assert [turn.role for turn in chat.bot.asked[-1].thread] == ["user", "assistant"]


@pytest.mark.parametrize(("text", "threads"), [(ME, 0), (f"{ME} help", 0), (f"{ME} {LEAVES}", 1)])
async def test_no_thread_is_begun_for_who_only_wants_help(
    chat: DiscordChat, text: str, threads: int
) -> None:
    await chat.people.say("general", "ben", text)
    [told] = await written(chat)
    assert len(await chat.people.calls(BEGIN)) == threads
    assert bool(told.replies_to) is (threads == 0)


# -- forums and threads ------------------------------------------------------------------


async def test_a_forum_s_post_is_answered_where_the_forum_is_set_so(tmp_path: Path) -> None:
    channels = {CHANNELS["forum"]: Speaking.AUTO}
    async with chatting(tmp_path, channels=channels) as chat:
        post = await chat.people.post_in_forum("forum", "ben", "Leave", LEAVES)
        [answer] = await written(chat, "forum")
        assert answer.channel == post
        assert LEAVE in answer.content
        await chat.people.say("forum", "ben", LUNCH, thread=post)
        answers = await written(chat, "forum")
    assert NOON in answers[-1].content


async def test_the_title_of_a_forum_s_post_asks_too(tmp_path: Path) -> None:
    channels = {CHANNELS["forum"]: Speaking.AUTO}
    async with chatting(tmp_path, channels=channels) as chat:
        await chat.people.post_in_forum("forum", "ben", LEAVES, "I am new here.")
        [answer] = await written(chat, "forum")
    assert LEAVE in answer.content


async def test_a_title_that_the_post_does_not_say_was_said_before_it(tmp_path: Path) -> None:
    async with chatting(tmp_path, channels={CHANNELS["forum"]: Speaking.AUTO}) as chat:
        post = await chat.people.post_in_forum("forum", "ben", "Holidays in Porto", LEAVES)
        await written(chat, "forum")
        first = chat.bot.asked[-1]
        await chat.people.say("forum", "ben", LUNCH, thread=post)
        await written(chat, "forum")
    told = Turn("user", "Holidays in Porto")
    assert (first.text, first.thread) == (LEAVES, (told,))
    assert chat.bot.asked[-1].thread[:2] == (told, Turn("user", LEAVES))


async def test_a_title_that_the_post_says_is_said_once(tmp_path: Path) -> None:
    async with chatting(tmp_path, channels={CHANNELS["forum"]: Speaking.AUTO}) as chat:
        await chat.people.post_in_forum("forum", "ben", "Days of leave", LEAVES)
        await written(chat, "forum")
    assert chat.bot.asked[-1].thread == ()


async def test_a_forum_s_post_is_left_alone_where_it_is_not(chat: DiscordChat) -> None:
    await chat.people.post_in_forum("forum", "ben", "Leave", LEAVES)
    assert await written(chat, "forum") == []


async def test_a_mention_in_a_thread_that_people_began_is_answered_there(chat: DiscordChat) -> None:
    said = await chat.people.say("general", "ana", "About leave:")
    thread = await chat.people.begin_thread("ana", said, "Leave")
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}", thread=thread)
    [answer] = await written(chat)
    assert (answer.channel, answer.replies_to) == (thread, asked)


@pytest.mark.parametrize("archived", [False, True])
async def test_a_deleted_question_leaves_no_words_in_the_name_of_its_thread(
    chat: DiscordChat, archived: bool
) -> None:
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}")
    await chat.settled()
    if archived:
        await chat.people.archive_thread(asked)
    await chat.people.delete(asked)
    await chat.settled()
    assert "leave" not in await chat.people.transcript("general")


async def test_the_thread_of_an_edited_question_is_named_anew(chat: DiscordChat) -> None:
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES} I am Ben Example.")
    await chat.settled()
    await chat.people.edit(asked, f"{ME} {LUNCH}")
    await chat.settled()
    seen = await chat.people.transcript("general")
    assert f"#general › {LUNCH}" in seen
    assert "Example" not in seen


async def test_a_thread_that_people_began_keeps_its_name(chat: DiscordChat) -> None:
    asked = await chat.people.say("general", "ben", LEAVES)
    await chat.people.begin_thread("ana", asked, "A talk")
    await chat.people.edit(asked, f"{ME} {LEAVES}")
    [_] = await written(chat)
    await chat.people.delete(asked)
    assert await written(chat) == []
    assert "#general › A talk" in await chat.people.transcript("general")


async def test_a_forum_s_post_that_is_deleted_takes_all_that_was_stored_along(
    tmp_path: Path,
) -> None:
    async with chatting(tmp_path, channels={CHANNELS["forum"]: Speaking.AUTO}) as chat:
        post = await chat.people.post_in_forum("forum", "ben", "Leave", LEAVES)
        await written(chat, "forum")
        await chat.people.say("forum", "ben", LUNCH, thread=post)
        await written(chat, "forum")
        assert len(chat.bot.store.interactions()) == 2
        await chat.people.delete_channel(post)
        await chat.settled()
        assert chat.bot.store.interactions() == []


async def test_a_thread_that_is_deleted_takes_what_was_asked_in_it_along(chat: DiscordChat) -> None:
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}")
    await chat.settled()
    await chat.people.say("general", "ben", LUNCH, thread=asked)
    await chat.settled()
    await chat.people.delete_channel(asked)
    await chat.settled()
    assert [one.question.text for one in chat.bot.store.interactions()] == [LEAVES]


async def test_where_no_thread_may_be_begun_the_answer_is_a_reply(chat: DiscordChat) -> None:
    await chat.people.fault(BEGIN, times=9, status=403, code=50013)
    asked = await chat.people.say("general", "ben", f"{ME} {LEAVES}")
    [answer] = await written(chat)
    assert (answer.channel, answer.replies_to) == (CHANNELS["general"], asked)


# -- without the message-content intent --------------------------------------------------


async def test_without_the_message_content_intent_mentions_and_menus_are_answered(
    tmp_path: Path,
) -> None:
    async with chatting(tmp_path, Settings(content_intent=False)) as chat:
        asked = await chat.say("ben", f"@tandem {LEAVES}")
        assert LEAVE in (await chat.answer_to(asked)).text
        wondered = await chat.say("ana", LUNCH)
        assert NOON in await chat.choose("ben", "ask", wondered)
        await chat.people.say("dm-ben", "ben", LUNCH)
        assert NOON in (await written(chat, "dm-ben"))[-1].content
        status = await chat.order("ben", "status")
    assert "Mention only" in status


async def test_without_it_a_follow_up_without_a_mention_is_not_waited_for(tmp_path: Path) -> None:
    async with chatting(tmp_path, Settings(content_intent=False)) as chat:
        asked = await chat.say("ben", f"@tandem {LEAVES}")
        await chat.answer_to(asked)
        again = await chat.say("ben", LUNCH, asked)
        assert (await chat.answer_to(again)).parts == ()
        called = await chat.say("ben", f"@tandem {LUNCH}", asked)
        assert NOON in (await chat.answer_to(called)).text
    assert {one.reason for one in chat.bot.inbox.silences()} <= {
        Reason.EMPTY,
        Reason.MENTION_ONLY,
        Reason.NOT_ADDRESSED,
    }


# -- two servers -------------------------------------------------------------------------

TENANTS = {
    "sources": {
        "handbook": {"use": "folder", "path": "x", "spaces": ["ours"]},
        "payroll": {"use": "folder", "path": "y", "spaces": ["theirs"]},
    },
    "spaces": {"ours": {"discord_guilds": [GUILD]}, "theirs": {"discord_guilds": [FAR_GUILD]}},
}
PAID = "When are the salaries paid?"


async def test_two_servers_with_two_sets_of_sources_on_two_shards_do_not_cross(
    tmp_path: Path,
) -> None:
    settings = Settings(shards=1)
    async with chatting(tmp_path, settings, TENANTS, guilds=(GUILD, FAR_GUILD)) as chat:
        await chat.people.add_guild(FAR_GUILD, "far")
        for channel in ("general", "far/general"):
            for text in (LEAVES, PAID):
                await chat.people.say(channel, "ben", f"{ME} {text}")
                await chat.settled()
        ours = "\n".join(m.content for m in await written(chat, "general"))
        theirs = "\n".join(m.content for m in await written(chat, "far/general"))
    assert LEAVE in ours
    assert "25th" not in ours
    assert "25th" in theirs
    assert LEAVE not in theirs


async def test_a_server_that_is_not_the_team_s_reads_what_is_public(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        await chat.people.add_guild(FAR_GUILD, "far")
        for text in (LEAVES, "When does the office open for visitors?"):
            await chat.people.say("far/general", "ben", f"{ME} {text}")
            await chat.settled()
        answers = "\n".join(m.content for m in await written(chat, "far/general"))
    assert LEAVE not in answers
    assert "nine" in answers


# -- what goes along ---------------------------------------------------------------------


async def test_names_stand_for_mentions_in_what_is_asked(chat: DiscordChat) -> None:
    await chat.people.say("general", "ben", f"{ME} may <@{PEOPLE['ana']}> take leave?")
    await chat.settled()
    assert chat.bot.asked[-1].text == "may @Ana take leave?"


async def test_many_messages_deleted_at_once_take_their_answers_along(chat: DiscordChat) -> None:
    asked = [await chat.say("ben", f"@tandem {LEAVES}") for _ in range(2)]
    await chat.settled()
    told = {"ids": [one.id for one in asked], "channel_id": CHANNELS["general"], "guild_id": GUILD}
    await chat.people.emit("MESSAGE_DELETE_BULK", told)
    assert await written(chat) == []


@pytest.mark.parametrize(("shards", "of"), [(3, (0, 3)), (None, (0, 2))])
async def test_shards_are_as_many_as_set_else_as_advised_at_the_gateway_that_rest_names(
    tmp_path: Path, shards: int | None, of: tuple[int, int]
) -> None:
    async with serving(Settings(shards=2)) as server, people_at(server.base) as people:
        with made(tmp_path) as bot:
            mine = discord_platform(people, shards=shards, gateway_url=None)
            running = asyncio.create_task(mine.run(bot.desk))
            try:
                await people.connected()
                assert {session.shard for session in server.sockets.connected()} == {of}
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
