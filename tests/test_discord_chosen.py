"""What people choose and press, through the whole bot: from a command to the vote on its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import wording
from bot.conversation import Verdict
from tests.bots import LEAVE, Made
from tests.discord.bots import listening
from tests.discord.ids import CHANNELS, PEOPLE
from tests.discord.people import People
from tests.discord.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS
from tests.discord.seen import Seen, Shown

ASKED = "How many days of leave do I get?"
BEN = PEOPLE["ben"]


@pytest.fixture
async def people(discord_people: People, chooser: Made) -> AsyncIterator[People]:
    """People, and the whole bot."""
    async with listening(chooser, discord_people, stream=False):  # which would wait between edits
        yield discord_people


def answers(seen: Seen) -> list[Shown]:
    """What the bot answered, whole."""
    return [one for one in seen.by_bot() if LEAVE in one.content and one.embeds]


async def answer(people: People, count: int = 1) -> Shown:
    """The last of so many answers."""
    return answers(await people.wait_for(lambda seen: len(answers(seen)) >= count))[-1]


async def test_a_command_is_answered_where_it_was_given_and_voted_on(
    people: People, chooser: Made
) -> None:
    told = await people.command("ben", "general", "ask", {"question": ASKED})
    shown = await answer(people)
    assert (shown.id, shown.only_for, shown.channel) == (told.message, "", CHANNELS["general"])
    assert ASKED in shown.content
    assert (await people.press("ana", shown.id, "👍")).kind == "answered"
    assert (await people.press("ana", shown.id, "👎")).kind == "modal"
    await people.submit("ana", {"reason": "wrong", "correction": "28 days."})
    [vote] = chooser.store.verdicts(chooser.store.interactions()[0].id)
    assert (vote.author, vote.verdict, vote.reason) == (PEOPLE["ana"], Verdict.DOWN, "wrong")


async def test_a_private_answer_is_shared_in_the_channel_that_it_was_asked_in(
    people: People,
) -> None:
    options = {"question": ASKED, "private": True}
    told = await people.command("ben", "general", "ask", options)
    shown = await answer(people)
    assert (shown.id, shown.only_for) == (told.message, BEN)
    pressed = await people.press("ben", shown.id, wording.SHARE_IN_CHANNEL)
    assert wording.POSTED_TO_CHANNEL in (await people.look()).message(pressed.message).content
    shared = await answer(people, 2)
    assert (shared.only_for, shared.channel) == ("", CHANNELS["general"])
    assert shared.content.startswith(f"> {ASKED}\n")
    assert not any(button.label.startswith("Share") for button in shared.buttons)


async def test_what_is_answered_again_is_shared_again(people: People, chooser: Made) -> None:
    options = {"question": ASKED, "private": True}
    await people.command("ben", "general", "ask", options)
    shown = await answer(people)
    await people.press("ben", shown.id, wording.SHARE_IN_CHANNEL)
    await answer(people, 2)
    await people.press("ben", shown.id, "Redo as tuned")
    await people.wait_for(
        lambda seen: seen.message(shown.id).embeds and "Kindly" in seen.message(shown.id).content
    )
    for _ in range(2):
        await people.press("ben", shown.id, wording.SHARE_IN_CHANNEL)
    await people.wait_for(lambda _: not chooser.inbox.waiting("discord"))
    told = [one for one in await people.messages("general") if "Kindly" in one.content]
    assert [one.only_for for one in told] == [BEN, ""]


async def test_what_a_menu_tells_is_shared_in_a_thread_at_its_message(people: People) -> None:
    message = await people.say("general", "ana", ASKED)
    told = await people.menu("ben", "general", message, wording.MENU_ASK)
    shown = await answer(people)
    assert (shown.id, shown.only_for) == (told.message, BEN)
    await people.press("ben", shown.id, wording.SHARE)
    shared = await answer(people, 2)
    assert (shared.only_for, shared.channel) == ("", message)


async def test_in_a_thread_it_is_shared_there(people: People) -> None:
    root = await people.say("general", "ana", "Let us talk.")
    thread = await people.begin_thread("ana", root, "Talk")
    message = await people.say("general", "ana", ASKED, thread=thread)
    told = await people.menu("ben", thread, message, wording.MENU_ASK)
    shown = await answer(people)
    assert (shown.id, shown.only_for, shown.channel) == (told.message, BEN, thread)
    await people.press("ben", shown.id, wording.SHARE)
    assert (await answer(people, 2)).channel == thread


@pytest.mark.parametrize("within", [True, False], ids=["a thread", "a channel"])
async def test_what_cannot_be_posted_there_is_not_said_to_be(people: People, within: bool) -> None:
    root = await people.say("general", "ana", ASKED)
    where = await people.begin_thread("ana", root, "Talk") if within else "general"
    message = await people.say("general", "ana", ASKED, thread=where) if within else root
    await people.overwrite("general", "tandem", deny=SEND_MESSAGES | SEND_MESSAGES_IN_THREADS)
    await people.menu("ben", where, message, wording.MENU_ASK)
    shown = await answer(people)
    pressed = await people.press("ben", shown.id, wording.SHARE)
    told = (await people.look()).message(pressed.message).content
    assert told == wording.MAY_NOT_WRITE


async def test_a_message_is_worked_on_in_our_style_for_who_chose_that(people: People) -> None:
    message = await people.say("general", "ana", "send me the numbers")
    told = await people.menu("ben", "general", message, wording.MENU_REWRITE)
    seen = await people.wait_for(lambda seen: "Kindly send the numbers." in seen)
    assert seen.message(told.message).only_for == BEN


async def test_a_forwarded_message_is_asked_about_with_what_it_forwards(people: People) -> None:
    message = await people.say("team", "ana", ASKED)
    forwarded = await people.forward("general", "ana", message)
    told = await people.menu("ben", "general", forwarded, wording.MENU_ASK)
    assert ((await answer(people)).id, (await answer(people)).only_for) == (told.message, BEN)


async def test_a_task_that_nobody_knows_is_told_with_those_that_there_are(people: People) -> None:
    options = {"text": "send me the numbers", "task": "sing"}
    told = await people.command("ben", "general", "tuned", options)
    seen = await people.wait_for(lambda seen: "I know no task of that name" in seen)
    assert "rewrite" in seen.message(told.message).content


async def test_an_answer_is_redone_in_place_by_who_asked(people: People, chooser: Made) -> None:
    told = await people.command("ben", "general", "ask", {"question": ASKED})
    shown = await answer(people)
    again = next(button for button in shown.buttons if button.custom_id.startswith("tandem:redo"))
    other = await people.press("ana", shown.id, again.custom_id)
    assert wording.NOT_YOURS in (await people.look()).message(other.message).content
    assert (await people.press("ben", shown.id, again.custom_id)).kind == "acknowledged"
    await people.wait_for(lambda seen: len(chooser.store.interactions()) == 2)
    seen = await people.wait_for(
        lambda seen: (
            seen.message(told.message).content != shown.content
            or seen.message(told.message).embeds != shown.embeds
        )
    )
    assert seen.message(told.message).channel == CHANNELS["general"]


async def test_commands_are_answered_in_direct_messages(people: People) -> None:
    told = await people.command("ben", "dm", "rag", {"question": ASKED})
    assert (await answer(people)).id == told.message


async def test_an_order_given_as_a_question_is_answered_to_who_gave_it(people: People) -> None:
    told = await people.command("ben", "general", "ask", {"question": "privacy"})
    seen = await people.wait_for(lambda seen: wording.LEARNING_ON in seen)
    assert seen.message(told.message).only_for == BEN
