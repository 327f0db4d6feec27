"""What of Discord must not be read, and what goes wrong, in passes over the local Discord."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.documents import Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources import OfChannels
from tests.discord import acts, rooms
from tests.discord.chats import MESSAGES, PAY, TEAM, Chat, chat_at
from tests.discord.faults import Fault
from tests.discord.ids import CHANNELS, GUILD, PEOPLE, ROLES, TOKEN
from tests.discord.permissions import READ_MESSAGE_HISTORY, VIEW_CHANNEL
from tests.discord.server import DiscordServer
from tests.discord.things import Kind
from tests.discord.threads import begin
from tests.passes import keys, read


@pytest.fixture
def chat(discord_server: DiscordServer) -> Chat:
    return chat_at(discord_server)


# -- what must not be read -----------------------------------------------------------


async def test_a_channel_that_is_not_open_to_all_is_refused_unless_a_setting_says_so(
    discord_server: DiscordServer,
) -> None:
    chat = chat_at(discord_server, PAY)
    chat.by_bot("The bonus is 7.", PAY)
    chat.say("pia", "Is it?", where=PAY)
    [refused] = [item for item in await chat.next() if isinstance(item, Unreadable)]
    assert "not open to everyone" in refused.reason
    assert "`private = true`" in refused.reason
    assert chat.asked() == 0
    chat.say("ben", "It is.", where=PAY)
    [text] = await chat_at(discord_server, PAY, private=True).texts()
    assert "It is." in text


async def test_a_channel_that_is_closed_later_is_forgotten(chat: Chat) -> None:
    chat.say("ana", "Is it Tuesday?")
    assert len(keys(await chat.next())) == 1
    rooms.overwrite(chat.world, TEAM, "@everyone", deny=VIEW_CHANNEL)
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"], allow=VIEW_CHANNEL)
    assert keys(await chat.next()) == [TEAM]
    assert chat.passes.held == {}


@pytest.mark.parametrize(("private", "count"), [(False, 0), (True, 2)])
async def test_private_threads_are_left_out_unless_a_setting_says_so(
    discord_server: DiscordServer, private: bool, count: int
) -> None:
    chat = chat_at(discord_server, private=private, loose=False)
    world = chat.world
    for archived in (False, True):
        id, kind = world.clock.snowflake(), Kind.PRIVATE_THREAD
        made = begin(world, world.channel(TEAM), kind, id, PEOPLE["ben"], "Secret", 60)
        chat.say("ben", "Psst.", where=id)
        chat.by_bot("?", id)  # so it is in it
        chat.say("pia", "No.", where=id)
        acts.archive(world, made, archived)
    items = await chat.next()
    assert len(read(items)) == count


async def test_a_channel_whose_settings_forbid_it_is_not_asked_for_and_forgotten(
    chat: Chat,
) -> None:
    chat.say("ana", "Is it Tuesday?")
    await chat.next()
    asked, heard = chat.asked(), list[tuple[str, str, str]]()
    mine = chat.passes.source
    assert isinstance(mine, OfChannels)

    def allowed(platform: str, workspace: str, channel: str) -> bool:
        heard.append((platform, workspace, channel))
        return False

    chat.passes.source = mine.within(allowed)
    assert keys(await chat.next()) == []
    assert (heard, chat.asked()) == ([("discord", GUILD, TEAM)], asked)
    chat.passes.source = mine
    assert len(await chat.texts()) == 1, "it is read whole when it is switched on again"
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"], deny=VIEW_CHANNEL)
    chat.passes.source = mine.within(allowed)
    assert keys(await chat.next()) == [], "also where Discord does not let us see it any more"


async def test_direct_messages_are_never_read(discord_server: DiscordServer) -> None:
    chat = chat_at(discord_server, discord_server.world.direct(PEOPLE["ben"]).id, private=True)
    [refused] = [item for item in await chat.next() if isinstance(item, Unreadable)]
    assert "direct conversation" in refused.reason
    assert chat.asked() == 0


# -- what goes wrong -----------------------------------------------------------------


async def failing(chat: Chat) -> str:
    with pytest.raises(SourceUnreadable) as error:
        await chat.next()
    assert TOKEN not in str(error.value)
    return str(error.value)


async def test_a_token_that_ended_is_named(chat: Chat) -> None:
    chat.world.faults.coming.append(Fault("*", times=9, status=401))
    assert "Make a new token" in await failing(chat)


async def test_without_the_intent_for_words_nothing_is_read(chat: Chat) -> None:
    chat.world.settings = replace(chat.world.settings, content_intent=False)
    assert "Message Content Intent" in await failing(chat)


async def test_a_channel_that_the_bot_lost_is_named_and_what_is_held_stays(chat: Chat) -> None:
    chat.say("ana", "Is it Tuesday?")
    held = keys(await chat.next())
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"], deny=VIEW_CHANNEL)
    assert "Missing Access" in await failing(chat)
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"], deny=READ_MESSAGE_HISTORY)
    assert "read its history" in await failing(chat), "Discord gives an empty one, without error"
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"])
    assert keys(await chat.next()) == held


async def test_a_lost_channel_leaves_the_others(discord_server: DiscordServer) -> None:
    chat = chat_at(discord_server, TEAM, "#general")
    first = chat.say("ana", "Is it Tuesday?")
    chat.say("ben", "Good morning.", where="general")
    held = sorted(keys(await chat.next()))
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"], deny=VIEW_CHANNEL)
    told = await chat.next()
    assert [item.key for item in told if isinstance(item, Unreadable)] == [TEAM]
    assert sorted(chat.passes.held) == held
    rooms.overwrite(chat.world, TEAM, ROLES["tandem"])
    acts.edit(chat.world, first, "Is it Monday?")
    assert len(await chat.texts()) == 1


async def test_a_deleted_channel_is_named_and_forgotten(discord_server: DiscordServer) -> None:
    chat = chat_at(discord_server, TEAM, "general")
    chat.say("ana", "Is it Tuesday?")
    chat.say("ben", "Good morning.", where="general")
    await chat.next()
    rooms.delete_channel(chat.world, TEAM)
    [gone] = [item for item in await chat.next() if isinstance(item, Unreadable)]
    assert (gone.key, "Take it out of `channels`".lower() in gone.reason.lower()) == (TEAM, True)
    assert [key.partition("/")[0] for key in chat.passes.held] == [CHANNELS["general"]]


@pytest.mark.parametrize("is_global", [False, True])
async def test_limits_are_waited_for_as_discord_asks(chat: Chat, is_global: bool) -> None:
    chat.say("ana", "Is it Tuesday?")
    fault = Fault(MESSAGES, status=429, retry_after_s=2.4, is_global=is_global)
    chat.world.faults.coming.append(fault)
    assert len(await chat.texts()) == 1
    assert chat.slept == [3.0]  # the header has whole seconds


async def test_one_thread_that_discord_fails_at_leaves_the_others(
    discord_server: DiscordServer,
) -> None:
    chat = chat_at(discord_server, loose=False)
    for number in range(2):
        acts.begin_thread(chat.world, "ana", chat.say("ana", f"No. {number}?"), f"T{number}")
    chat.world.faults.coming.append(Fault(MESSAGES, times=3, status=500))
    items = await chat.next()
    assert (len(read(items)), sum(isinstance(item, Unreadable) for item in items)) == (1, 1)
    assert len(await chat.texts()) == 1


async def test_a_channel_is_found_by_its_name_also_when_it_has_another_later(
    discord_server: DiscordServer,
) -> None:
    chat = chat_at(discord_server, "#team")
    chat.say("ana", "Is it Tuesday?")
    held = keys(await chat.next())
    chat.world.channel(TEAM).name = "crew"
    assert keys(await chat.next()) == held
    assert "name of no channel" in await failing(chat_at(discord_server, "tem"))


async def test_a_name_that_two_servers_have_is_no_name(discord_server: DiscordServer) -> None:
    rooms.add_guild(discord_server.world, "900000000000000002", "other")
    assert "Copy Channel ID" in await failing(chat_at(discord_server, "general"))
