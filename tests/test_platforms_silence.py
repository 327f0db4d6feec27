"""When every platform is silent: for a reason that SQL tells, and with no visible sign at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.posts import Reason
from tests.platforms import Chat, Chatting, Said, broken_index

LEAVES = "How many days of leave do I get?"
LEAVE = "You get 27 days of leave."
UNKNOWABLE = "How do I reset the flux capacitor of the time machine?"


@dataclass(frozen=True)
class Post:
    """What is said, and by whom."""

    text: str
    person: str = "ben"
    thread: Said | None = None
    channel: str = "general"


async def asked(chat: Chat, channel: str = "general") -> Said:
    """A question with its answer."""
    said = await chat.say("ben", f"@tandem {LEAVES}", channel=channel)
    assert LEAVE in (await chat.answer_to(said)).text
    return said


async def off(chat: Chat) -> Post:
    """The channel is set so."""
    return Post(f"@tandem {LEAVES}", channel="off")


async def bot(chat: Chat) -> Post:
    """Another bot, even with a mention."""
    return Post(f"@tandem {LEAVES}", "robo")


async def empty(chat: Chat) -> Post:
    """Only thanks, in a thread with the bot."""
    return Post("Thanks a lot!", thread=await asked(chat))


async def muted(chat: Chat) -> Post:
    """A thread that was muted by mention."""
    thread = await asked(chat)
    await chat.answer_to(await chat.say("ben", "@tandem mute", thread))
    return Post(f"@tandem {LEAVES}", thread=thread)


async def not_addressed(chat: Chat) -> Post:
    """A question in a channel, to nobody."""
    return Post(LEAVES)


async def other(chat: Chat) -> Post:
    """Somebody else is asked in a thread with the bot."""
    return Post("@ana what do you think, how many days of leave?", thread=await asked(chat))


async def mention_only(chat: Chat) -> Post:
    """A follow-up where only mentions are heard."""
    return Post(LEAVES, thread=await asked(chat, "mentions"))


async def people(chat: Chat) -> Post:
    """Others remark on the answer."""
    return Post("I had fewer in my first year.", "ana", await asked(chat))


async def statement(chat: Chat) -> Post:
    """The asker says what comes of the answer, and asks nothing."""
    return Post("ok, I'll tell my boss tomorrow", thread=await asked(chat))


async def no_question(chat: Chat) -> Post:
    """Nothing is asked where the bot listens to all."""
    return Post("Good morning everybody, the coffee is ready.", channel="auto")


async def not_confident(chat: Chat) -> Post:
    """The documents don't say."""
    return Post(UNKNOWABLE, channel="auto")


async def limited(chat: Chat) -> Post:
    """The person was told already."""
    for _ in range(3):
        await chat.answer_to(await chat.say("ben", f"@tandem {LEAVES}"))
    return Post(f"@tandem {LEAVES}")


async def failed(chat: Chat) -> Post:
    """The index is down, and nobody had asked the bot."""
    chat.bot.desk.assistant.search = broken_index
    return Post(LEAVES, channel="auto")


Scene = Callable[[Chat], Awaitable[Post]]
SCENES: dict[Reason, Scene] = {
    Reason.OFF: off,
    Reason.BOT: bot,
    Reason.EMPTY: empty,
    Reason.MUTED: muted,
    Reason.NOT_ADDRESSED: not_addressed,
    Reason.OTHER: other,
    Reason.MENTION_ONLY: mention_only,
    Reason.PEOPLE: people,
    Reason.STATEMENT: statement,
    Reason.NO_QUESTION: no_question,
    Reason.NOT_CONFIDENT: not_confident,
    Reason.LIMITED: limited,
    Reason.FAILED: failed,
}
# Below, in the platforms' own tests, and in `test_platforms_unasked`.
BESIDE = {Reason.OWN, Reason.EARLIER, Reason.NOTHING_NEW}


def test_every_reason_has_its_scene() -> None:
    assert SCENES.keys() | BESIDE == set(Reason)


@pytest.mark.parametrize("reason", SCENES)
async def test_silence_has_its_reason_in_sql_and_no_visible_sign(
    chatting: Chatting,
    reason: Reason,
) -> None:
    async with chatting(given={"limits": {"per_person": "2/h"}}) as chat:
        post = await SCENES[reason](chat)
        signs, seen = await chat.signs(), await chat.transcript(post.channel)
        said = await chat.say(post.person, post.text, post.thread, post.channel)
        await chat.settled()
        found = {one.id: one.reason for one in chat.bot.inbox.silences()}
        assert found.get(said.id) is reason
        assert await chat.signs() == signs
        assert (await chat.transcript(post.channel)).startswith(seen)
        assert (await chat.answer_to(said)).parts == ()


async def test_the_bot_does_not_answer_itself(chatting: Chatting) -> None:
    pages = {"handbook": {"leave": "Ask @tandem: how many days of leave do I get?"}}
    async with chatting(pages=pages) as chat:
        said = await chat.say("ben", LEAVES, channel="dm")
        answer = await chat.answer_to(said)
        assert len(answer.parts) == 1
        assert chat.bot.inbox.silences() == []


async def test_an_auto_channel_gets_an_answer_that_is_sure_with_no_sign_before(
    chat: Chat,
) -> None:
    said = await chat.say("ben", LEAVES, channel="auto")
    assert LEAVE in (await chat.answer_to(said)).text
    assert await chat.statuses() == 0


async def test_a_mention_in_an_auto_channel_is_answered_even_if_unsure(chat: Chat) -> None:
    said = await chat.say("ben", f"@tandem {UNKNOWABLE}", channel="auto")
    assert "don't say" in (await chat.answer_to(said)).text


async def test_after_people_talked_the_asker_needs_a_mention(chat: Chat) -> None:
    thread = await asked(chat)
    await chat.say("ana", "I had fewer in my first year.", thread)
    await chat.heard()
    said = await chat.say("ben", LEAVES, thread)
    assert (await chat.answer_to(said)).parts == ()
    again = await chat.say("ben", f"@tandem {LEAVES}", thread)
    assert LEAVE in (await chat.answer_to(again)).text


async def test_a_muted_thread_still_obeys_unmute(chat: Chat) -> None:
    thread = await asked(chat)
    await chat.answer_to(await chat.say("ben", "@tandem mute", thread))
    await chat.answer_to(await chat.say("ben", "@tandem unmute", thread))
    said = await chat.say("ben", LEAVES, thread)
    assert LEAVE in (await chat.answer_to(said)).text


@pytest.mark.parametrize(
    "text",
    ["shorter please", "and for part-timers", "@tandem I'll tell Ana", "rag: I'll tell Ana"],
)
async def test_a_request_without_a_question_mark_is_answered(chat: Chat, text: str) -> None:
    thread = await asked(chat)
    assert (await chat.answer_to(await chat.say("ben", text, thread))).parts != ()


async def test_where_tuned_is_forced_a_statement_is_worked_on(chat: Chat) -> None:
    thread = await chat.say("ben", "@tandem tuned rewrite: send the numbers asap")
    await chat.answer_to(thread)
    said = await chat.say("ben", "We moved the meeting to Tuesday", thread)
    assert "Kindly" in (await chat.answer_to(said)).text


async def test_the_asker_is_answered_after_a_statement(chat: Chat) -> None:
    thread = await asked(chat)
    await chat.say("ben", "Thanks, that's good to know!", thread)
    await chat.heard()
    said = await chat.say("ben", LEAVES, thread)
    assert LEAVE in (await chat.answer_to(said)).text
