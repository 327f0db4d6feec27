"""Commands and menus in Discord: what is asked is kept, and then deferred, within a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from bot import wording
from bot.conversation import Mode
from bot.desk import Desk, Ears
from bot.errors import DatabaseUnavailable
from bot.posts import Door, Heard, Post
from tests.bots import Made
from tests.discord.callbacks import COMMAND
from tests.discord.choosing import Choosing, choosing
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE, direct_channel
from tests.discord.interactions import Interactions
from tests.discord.people import People
from tests.discord.refusals import Json
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S

LEAVE = "How many days of leave do I get?"
GENERAL, BEN = CHANNELS["general"], PEOPLE["ben"]
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


async def heard(there: Choosing) -> Post:
    """What was asked, as soon as it is kept."""
    while (item := there.made.inbox.claim("discord", "w")) is None:
        await asyncio.sleep(0.01)
    return item.post


# -- asking --------------------------------------------------------------------------------


async def test_a_question_is_kept_and_thought_about_where_all_see_it(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    assert (told.kind, told.ephemeral) == ("deferred", False)
    post = (await there.taken()).post
    assert (post.event, post.id) == (told.id, told.id)
    assert (post.place.workspace, post.place.channel, post.place.thread) == (GUILD, GENERAL, "")
    assert (post.door, post.author, post.text) == (Door.COMMAND, BEN, LEAVE)
    assert post.back == f"{BOT}/{told.token}"
    assert (post.mode, post.private, post.addressed) == (Mode.AUTO, False, True)


async def test_only_the_asker_sees_that_a_private_question_is_thought_about(
    there: Choosing,
) -> None:
    options = {"question": LEAVE, "private": True}
    told = await there.people.command("ben", "general", "ask", options)
    assert (told.kind, told.ephemeral) == ("deferred", True)
    assert (await there.taken()).post.private


async def test_private_may_also_be_said_in_the_question(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": f"private: {LEAVE}"})
    assert told.ephemeral
    post = (await there.taken()).post
    assert (post.private, post.text) == (True, LEAVE)


async def test_an_order_given_as_a_question_is_answered_to_who_gave_it(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": "status"})
    assert (told.kind, told.ephemeral) == ("deferred", True)
    item = await there.taken()
    assert item.post.private
    assert "I am here" in item.notice


async def test_rag_and_tuned_force_a_mode(there: Choosing) -> None:
    await there.people.command("ben", "general", "rag", {"question": LEAVE})
    text = "Send the numbers."
    await there.people.command("ben", "general", "tuned", {"text": text, "task": "ReWrite"})
    await there.people.command("ben", "general", "tuned", {"text": text})
    posts = [(await there.taken()).post for _ in range(3)]
    forced = [(post.mode, post.task) for post in posts]
    assert forced == [(Mode.RAG, None), (Mode.TUNED, "rewrite"), (Mode.TUNED, None)]


async def test_a_task_that_nobody_knows_is_left_to_the_assistant(there: Choosing) -> None:
    await there.people.command("ben", "general", "tuned", {"text": "x", "task": "Sing "})
    assert (await there.taken()).post.task == "Sing"


async def test_tasks_are_offered_while_they_are_typed(there: Choosing) -> None:
    told = await there.people.autocomplete("ben", "general", "tuned", "task", "R")
    names = [choice["name"] for choice in told.choices]
    assert told.kind == "choices"
    assert names == sorted(task for task in there.made.desk.tasks if "r" in task)


async def test_a_question_in_a_thread_is_asked_in_that_thread(there: Choosing) -> None:
    root = await there.people.say("general", "ana", "Let us talk.")
    thread = await there.people.begin_thread("ana", root, "Talk")
    await there.people.command("ben", thread, "ask", {"question": LEAVE})
    place = (await there.taken()).post.place
    assert (place.workspace, place.channel, place.thread) == (GUILD, GENERAL, root)


async def test_commands_are_given_in_direct_messages_too(there: Choosing) -> None:
    told = await there.people.command("ben", "dm", "ask", {"question": LEAVE})
    assert told.kind == "deferred"
    place, channel = (await there.taken()).post.place, direct_channel(BEN)
    assert (place.workspace, place.channel, place.thread) == ("@me", channel, channel)


async def test_who_asks_nothing_is_asked_for_a_question(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": f" <@{BOT}> "})
    assert await there.said(told) == wording.NOTHING_ASKED
    assert there.idle()


async def test_what_a_question_mentions_is_read_by_its_name(there: Choosing) -> None:
    text = f"May <@{PEOPLE['ana']}> read <#{CHANNELS['pay']}>, <@&910000000000000002>?"
    await there.people.command("ben", "general", "ask", {"question": text})
    asked = (await there.taken()).post
    assert asked.text == f"May @{PEOPLE['ana']} read #pay, @payroll?"
    told = await there.people.command("ben", "general", "tandem help")
    payload = dict(there.server.world.interactions[told.token].payload)
    ana = {"id": PEOPLE["ana"], "username": "ana", "global_name": "Ana"}
    users = {PEOPLE["ana"]: ana | {"discriminator": "0", "avatar": None}}
    inside = payload["data"] | {"name": "ask", "resolved": {"users": users}}
    inside["options"] = [{"name": "question", "type": 3, "value": text}]
    await there.people.emit("INTERACTION_CREATE", payload | {"data": inside})
    assert (await heard(there)).text == "May @Ana read #pay, @payroll?"


@pytest.mark.parametrize(
    "house_settings", [{"limits": {"per_person": "1/h", "per_channel": "none"}}]
)
async def test_who_was_told_of_the_limit_already_is_told_again(there: Choosing) -> None:
    for _ in range(2):  # the second is told of it
        await there.people.command("ben", "general", "ask", {"question": LEAVE})
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    assert await there.said(told) == wording.LIMITED


# -- menus ---------------------------------------------------------------------------------


async def test_a_message_is_asked_about_from_its_menu_without_the_content_intent(
    there: Choosing,
) -> None:
    await there.people.set_content_intent(False)
    message = await there.people.say("general", "ana", LEAVE)
    told = await there.people.menu("ben", "general", message, wording.MENU_ASK)
    assert (told.kind, told.ephemeral) == ("deferred", True)
    post = (await there.taken()).post
    assert (post.door, post.author, post.text) == (Door.SHORTCUT, BEN, LEAVE)
    assert (post.about, post.private, post.mode) == (message, True, Mode.AUTO)
    assert (post.place.channel, post.place.thread) == (GENERAL, "")
    assert post.back == f"{BOT}/{told.token}"


@pytest.mark.parametrize(
    ("name", "task"),
    [(wording.MENU_SUMMARIZE, "summarize"), (wording.MENU_REWRITE, "rewrite")],
)
async def test_a_message_is_worked_on_in_our_style(there: Choosing, name: str, task: str) -> None:
    message = await there.people.say("general", "ana", "Send the numbers.")
    await there.people.menu("ben", "general", message, name)
    post = (await there.taken()).post
    assert (post.mode, post.task) == (Mode.TUNED, task)


async def test_in_a_thread_it_is_about_the_thread_and_takes_no_part_in_it(
    there: Choosing,
) -> None:
    root = await there.people.say("general", "ana", "Let us talk.")
    thread = await there.people.begin_thread("ana", root, "Talk")
    message = await there.people.say("general", "ana", LEAVE, thread=thread)
    await there.people.menu("ben", thread, message, wording.MENU_ASK)
    post = (await there.taken()).post
    assert (post.place.channel, post.place.thread, post.about) == (GENERAL, "", thread)


async def test_in_direct_messages_it_stays_there(there: Choosing) -> None:
    message = await there.people.say("dm", "ben", LEAVE)
    await there.people.menu("ben", "dm", message, wording.MENU_ASK)
    post, channel = (await there.taken()).post, direct_channel(BEN)
    assert (post.place.workspace, post.place.thread, post.about) == ("@me", channel, "")
    assert post.private


async def test_a_message_without_words_cannot_be_asked_about(there: Choosing) -> None:
    message = await there.people.say("general", "ana", f"<@{BOT}>")
    told = await there.people.menu("ben", "general", message, wording.MENU_ASK)
    assert await there.said(told) == wording.NO_TEXT
    assert there.idle()


# -- when it goes wrong ----------------------------------------------------------------------


class Desks(Desk):
    """A desk that hears when it is let, and may then fail."""

    let: threading.Event
    fails = False

    @classmethod
    def of(cls, desk: Desk) -> Desks:
        parts = (desk.assistant, desk.inbox, desk.store, desk.people, desk.settings, desk.tasks)
        made = cls(*parts, desk.openness)
        made.let = threading.Event()
        return made

    def hear(self, post: Post, ears: Ears) -> Heard:
        assert self.let.wait(PATIENCE_S)
        if self.fails:
            raise DatabaseUnavailable("sqlite:///x", "it is locked by robo", "Wait")
        return super().hear(post, ears)


@pytest.fixture
async def slow(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> AsyncIterator[tuple[Choosing, Desks]]:
    """A Discord with a bot whose desk is slow."""
    desk = Desks.of(chooser.desk)
    async with choosing(discord_server, discord_people, chooser, desk) as there:
        try:
            yield there, desk
        finally:
            desk.let.set()


async def test_what_takes_long_to_keep_is_thought_about_meanwhile(
    slow: tuple[Choosing, Desks],
) -> None:
    there, desk = slow
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    assert told.kind == "deferred"
    assert there.idle()
    desk.let.set()
    assert (await heard(there)).id == told.id


@pytest.mark.parametrize("private", [False, True])
async def test_where_a_question_cannot_be_kept_its_asker_alone_is_told(
    slow: tuple[Choosing, Desks], private: bool, caplog: pytest.LogCaptureFixture
) -> None:
    there, desk = slow
    desk.fails = True
    desk.let.set()
    options = {"question": LEAVE, "private": private}
    told = await there.people.command("ben", "general", "ask", options)
    text = await there.said(told)
    assert "(code T-" in text
    assert "robo" not in text
    code = text.split("code ")[1].rstrip(")")
    assert any(code in record.message for record in caplog.records)


@pytest.mark.parametrize("private", [False, True])
async def test_nothing_is_thought_about_for_ever(
    slow: tuple[Choosing, Desks], private: bool
) -> None:
    there, desk = slow
    desk.fails = True
    options = {"question": LEAVE, "private": private}
    told = await there.people.command("ben", "general", "ask", options)
    assert told.kind == "deferred"
    desk.let.set()
    seen = await there.people.wait_for(lambda seen: "(code T-" in seen and len(seen.by_bot()) == 1)
    assert [(message.only_for, message.deferred) for message in seen.by_bot()] == [(BEN, False)]


async def test_what_the_gateway_tells_twice_is_asked_once(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    await there.taken()
    world = there.server.world
    world.tell("INTERACTION_CREATE", world.interactions[told.token].payload, GUILD)
    await there.people.command("ben", "general", "tandem help")  # heard after it
    assert there.idle()
    assert len(await there.people.calls(CALLBACK)) == 2


async def test_what_another_process_kept_is_left_to_it(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    await there.taken()
    payload = there.server.world.interactions[told.token].payload
    async with choosing(there.server, there.people, there.made) as second:
        there.server.world.tell("INTERACTION_CREATE", payload, GUILD)
        await second.people.command("ana", "general", "ask", {"question": LEAVE})
        assert (await second.taken()).post.author == PEOPLE["ana"]
        assert second.idle()
        seen = await second.people.look("general")
    assert [message.deferred for message in seen.by_bot()] == [True, True]


async def test_a_question_is_kept_where_discord_takes_no_deferral(
    there: Choosing, caplog: pytest.LogCaptureFixture
) -> None:
    await there.people.fault(CALLBACK, status=404, code=10062, message="Unknown interaction")
    await there.people.configure(first_response_s=0.5)
    told = await there.people.command("ben", "general", "ask", {"question": LEAVE})
    assert told.kind == "failed"
    assert (await there.taken()).post.id == told.id
    await there.parts.deferrals.settled(told.id, 60)
    assert "10062" in caplog.text


async def test_a_command_that_is_no_more_is_said_to_be_unknown(there: Choosing) -> None:
    old: Json = {"name": "old", "description": "Was ours once", "type": 1}
    await there.bot.http.upsert_guild_command(int(BOT), int(GUILD), old)
    told = await there.people.command("ben", "general", "old")
    assert await there.said(told) == wording.UNKNOWN_COMMAND


@pytest.mark.parametrize(
    "change",
    [
        {"resolved": {"users": {"1": {}}}},
        {"options": [{"name": "question", "type": 3}]},
        {"options": [{"name": "else", "type": 3, "value": "x"}]},
        {"options": None},
        {"name": None},
        {"type": 3, "target_id": "7"},
    ],
)
async def test_a_command_that_cannot_be_read_is_apologised_for(
    there: Choosing, change: Json, caplog: pytest.LogCaptureFixture
) -> None:
    inside = {"id": "1", "name": "ask", "type": 1, "options": []} | change
    interactions = Interactions(there.server.world)
    user, where = there.server.world.user("ben"), there.server.world.channel("general")
    made = interactions._begun(COMMAND, user, where, inside)
    text = await there.said(await interactions._answer(made))
    assert text == wording.UNKNOWN_COMMAND or text.split("code ")[1].rstrip(")") in caplog.text
    assert there.idle()
