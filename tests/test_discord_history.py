"""What was said before a question in Discord, and where our own record has to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from bot.conversation import Audience, Place, Turn
from bot.posts import Item
from tests.bots import LEAVE as ANSWER
from tests.bots import Made
from tests.discord import acts
from tests.discord.ids import CHANNELS, GUILD
from tests.discord.server import DiscordServer
from tests.discord.staging import BEN, LEAVE, TEAM, Staged, broken, staged

MORE = "And how many of them may I keep?"
READ = "GET /channels/{channel}/messages"


Opening = Callable[..., AbstractAsyncContextManager[Staged]]


@pytest.fixture
def opening(discord_server: DiscordServer, chooser: Made) -> Opening:
    return partial(staged, discord_server, chooser)


@pytest.fixture
async def there(opening: Opening) -> AsyncIterator[Staged]:
    async with opening() as there:
        yield there


async def turns(there: Staged, item: Item | None = None) -> list[str]:
    """What was said before the question that is next."""
    question = await there.stage.question(item or there.item())
    return [f"{turn.role}: {turn.text}" for turn in question.thread]


async def test_a_question_that_begins_a_thread_has_nothing_before_it(there: Staged) -> None:
    acts.say(there.world, "team", "ana", "Good morning.")
    there.ask()
    assert await turns(there) == []


async def test_a_follow_up_has_the_question_its_answer_and_what_others_said(
    there: Staged,
) -> None:
    root = there.ask()
    await there.answered()
    acts.say(there.world, root.id, "ana", "I have 30.")
    there.ask(MORE, thread=root.id)
    acts.say(there.world, root.id, "ana", "Good question.")
    assert await turns(there) == [
        f"user: {LEAVE}",
        f"assistant: {there.said(root.id)[0].content}",
        "user: I have 30.",
    ]


async def test_the_signs_of_an_unfinished_answer_are_no_words(there: Staged) -> None:
    root = there.ask()
    item = there.item()
    await there.stage.canvas(item, nowhere).piece("You get ")
    there.made.inbox.done(item)
    there.ask(MORE, thread=root.id)
    assert await turns(there) == [f"user: {LEAVE}", "assistant: You get"]


async def test_who_asks_twice_has_the_first_answer_before_the_second(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    there.ask(thread=thread)
    second = there.ask(MORE, thread=thread)
    first_item = there.item()
    there.made.inbox.begin_posting(first_item)
    await there.answer(first_item)
    item = there.item()
    assert item.post.id == second.id
    answer = there.said(thread)[0]
    assert int(answer.id) > int(second.id)
    assert await turns(there, item) == [
        "user: Leave, anybody?",
        f"user: {LEAVE}",
        f"assistant: {answer.content}",
    ]


async def test_answers_to_later_questions_are_left_out_and_so_is_our_own(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    first = there.ask(thread=thread)
    await there.answered()
    there.ask(MORE, thread=thread)
    await there.answered()
    place = Place("discord", GUILD, thread)
    [answer, _] = there.said(thread)
    assert there.made.desk.redo(place, answer.id, first.place, first.mode, None)
    assert await turns(there) == ["user: Leave, anybody?"]


async def test_a_forum_post_begins_with_its_first_message_and_its_title(there: Staged) -> None:
    thread = acts.post_in_forum(there.world, "forum", "ana", "Days off", "I plan my summer.")
    there.ask(MORE, channel=CHANNELS["forum"], thread=thread)
    assert await turns(there) == ["user: Days off\nI plan my summer."]


async def test_of_a_long_thread_the_first_and_the_last_are_told(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "The first.")
    thread = acts.begin_thread(there.world, "ana", root, "Long")
    for number in range(620):
        acts.say(there.world, thread, "ana", f"Message {number}.")
    there.ask(MORE, thread=thread)
    told = await turns(there)
    assert told == ["user: The first.", *(f"user: Message {n}." for n in range(580, 620))]


async def test_what_was_asked_elsewhere_in_private_was_said_in_the_direct_conversation(
    there: Staged,
) -> None:
    there.ask(f"private: {LEAVE}")
    await there.answered()
    there.ask(MORE, channel="@me")
    asked, answer = await turns(there)
    assert asked == f"user: {LEAVE}"
    assert answer.startswith("assistant: ")
    assert LEAVE not in answer


async def test_a_direct_conversation_goes_back_to_its_last_long_pause(there: Staged) -> None:
    acts.say(there.world, "dm-ben", "ben", "Something of this morning.")
    there.world.clock.ahead_s += 3700
    acts.say(there.world, "dm-ben", "ben", "I mean the leave of 2026.")
    there.world.clock.ahead_s += 3500
    there.ask(channel="@me")
    assert await turns(there) == ["user: I mean the leave of 2026."]


async def test_a_chain_of_replies_is_followed(there: Staged) -> None:
    first = acts.say(there.world, "team", "ana", "The leave of 2026.")
    second = acts.say(there.world, "team", "ben", "You mean 2027.", reply_to=first)
    acts.say(there.world, "team", "ana", "What is for lunch?")
    third = acts.say(there.world, "team", "ana", "No.", reply_to=second)
    message = acts.say(there.world, "team", "ben", LEAVE, reply_to=third)
    there.hear(message, LEAVE, Place("discord", GUILD, TEAM, first))
    assert await turns(there) == [
        "user: The leave of 2026.",
        "user: You mean 2027.",
        "user: No.",
    ]


async def test_a_chain_ends_where_a_message_was_deleted(there: Staged) -> None:
    first = acts.say(there.world, "team", "ana", "The leave of 2026.")
    second = acts.say(there.world, "team", "ben", "You mean 2027.", reply_to=first)
    message = acts.say(there.world, "team", "ben", LEAVE, reply_to=second)
    acts.delete(there.world, first)
    there.hear(message, LEAVE, Place("discord", GUILD, TEAM, first))
    assert await turns(there) == ["user: You mean 2027."]


async def test_a_chain_that_begins_at_an_answer_to_a_command_has_question_and_answer(
    there: Staged,
) -> None:
    there.command()
    await there.answered()
    [answer] = there.said(TEAM)
    message = acts.say(there.world, "team", "ben", MORE, reply_to=answer.id)
    there.hear(message, MORE, Place("discord", GUILD, TEAM, answer.id))
    told = await turns(there)
    assert told[0] == f"user: {LEAVE}"
    assert ANSWER in told[1]
    assert len(told) == 2


async def test_an_answer_to_a_command_in_a_thread_tells_what_was_asked(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    there.command(thread=thread)
    await there.answered()
    there.ask(MORE, thread=thread)
    told = await turns(there)
    assert told[:2] == ["user: Leave, anybody?", f"user: {LEAVE}"]
    assert told[2].startswith(f"assistant: {ANSWER}")


async def test_what_a_mention_replies_to_comes_first(there: Staged) -> None:
    about = acts.say(there.world, "team", "ana", "We get 30 days, I think.")
    message = acts.say(there.world, "team", "ben", LEAVE, reply_to=about)
    there.hear(message, LEAVE, Place("discord", GUILD, TEAM, message), about=about)
    assert await turns(there) == ["user: We get 30 days, I think."]


async def test_what_a_mention_replies_to_may_be_gone(there: Staged) -> None:
    about = acts.say(there.world, "team", "ana", "We get 30 days, I think.")
    message = acts.say(there.world, "team", "ben", LEAVE, reply_to=about)
    there.hear(message, LEAVE, Place("discord", GUILD, TEAM, message), about=about)
    acts.delete(there.world, about)
    assert await turns(there) == []


async def test_a_command_has_nothing_before_it(there: Staged) -> None:
    root = there.ask()
    await there.answered()
    there.command(MORE, thread=root.id)
    assert await turns(there) == []


# Where Discord does not tell.


@pytest.mark.parametrize(
    "trouble", [{"status": 403, "code": 50001}, {"status": 404, "code": 10003}]
)
async def test_a_thread_that_cannot_be_read_is_told_from_our_record(
    there: Staged, trouble: dict[str, int]
) -> None:
    root = there.ask()
    await there.answered()
    there.ask(MORE, thread=root.id)
    there.fault(READ, **trouble)
    told = await turns(there)
    assert (told[0], ANSWER in told[1], len(told)) == (f"user: {LEAVE}", True, 2)


async def test_without_the_content_intent_the_thread_is_told_from_our_record(
    opening: Opening,
) -> None:
    async with opening(content=False) as there:
        root = there.ask()
        await there.answered()
        acts.say(there.world, root.id, "ana", "I have 30.")
        there.ask(MORE, thread=root.id)
        told = await turns(there)
        assert (told[0], ANSWER in told[1], len(told)) == (f"user: {LEAVE}", True, 2)


async def test_without_the_content_intent_direct_messages_are_read(opening: Opening) -> None:
    async with opening(content=False) as there:
        acts.say(there.world, "dm-ben", "ben", "I mean the leave of 2026.")
        there.ask(channel="@me")
        assert await turns(there) == ["user: I mean the leave of 2026."]


async def test_a_message_that_nobody_can_read_does_no_harm(there: Staged) -> None:
    root = there.ask()
    await there.answered()
    there.world.post(broken(there, root.id))
    there.ask(MORE, thread=root.id)
    assert (await turns(there))[0] == f"user: {LEAVE}"


async def test_who_reads_it_is_asked_for_the_channel_of_the_thread(there: Staged) -> None:
    root = there.ask()
    await there.answered()
    there.readers.asked.clear()
    there.ask(MORE, thread=root.id)
    question = await there.stage.question(there.item())
    assert question.audience == Audience(TEAM, outside=False, members=True)
    assert there.readers.asked == [f"{GUILD} {TEAM} {BEN}"]
    assert all(isinstance(turn, Turn) for turn in question.thread)


async def nowhere(reply: object) -> None:
    """Nothing is noted."""
