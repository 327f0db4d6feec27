"""What every platform does at length, in trouble, with orders, and over the limit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot import wording
from bot.posts import Reason
from model.backends import Prompt, Sampling
from model.errors import BackendUnavailable
from tests.bots import LEAVE
from tests.fakes import FakeBackend
from tests.platforms import Chat, Chatting, broken_index, rows

LEAVES = "How many days of leave do I get?"
LUNCH = "When is lunch served?"
NOON = "Lunch is served at noon in the canteen."
DRAFT = "send the numbers asap"
CODE = re.compile(r"T-[0-9A-F]{4}")


# -- long answers ----------------------------------------------------------------------


async def test_a_long_answer_is_split_within_the_limits_with_thumbs_once(
    chatting: Chatting,
) -> None:
    lines = [f"line_{number} = {number}\n" for number in range(900)]
    told = ["Here is the code:\n", "```python\n", *lines, "```\n", "That was it."]
    chunks = ["".join(told[at : at + 20]) for at in range(0, len(told), 20)]
    async with chatting(writer=FakeBackend(*chunks)) as chat:
        asked = await chat.say("ben", f"@tandem tuned summarize: {DRAFT}")
        answer = await chat.answer_to(asked)
    assert len("".join(told)) > 12_000
    assert len(answer.parts) > 1
    assert max(len(part.text) for part in answer.parts) <= chat.longest
    assert re.findall(r"^ *line_(\d+) =", answer.text, re.M) == [str(n) for n in range(900)]
    assert [part.text.count("```") % 2 for part in answer.parts] == [0] * len(answer.parts)
    assert [part.thumbs for part in answer.parts] == [0] * (len(answer.parts) - 1) + [1]


async def test_the_sources_of_a_long_answer_stand_once_under_its_last_part(
    chatting: Chatting,
) -> None:
    said = "You get 27 days of leave" + " and one more for each year of service" * 400 + "."
    pages = {"handbook": {"leave": said}}
    async with chatting(
        backend=FakeBackend(f"Answer 1: {said}", context=50_000), pages=pages
    ) as chat:
        asked = await chat.say("ben", f"@tandem {LEAVES}")
        answer = await chat.answer_to(asked)
    assert len(answer.text) > 12_000
    assert [len(part.links) for part in answer.parts] == [0] * (len(answer.parts) - 1) + [1]
    assert [part.thumbs for part in answer.parts] == [0] * (len(answer.parts) - 1) + [1]


class Failing(FakeBackend):
    """A model that is away at first."""

    fails = True

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Its answer, once it is there."""
        if self.fails:
            raise BackendUnavailable("local", "the weights are gone", "Fetch them")
        return super().complete(prompt, sampling)


# -- trouble ---------------------------------------------------------------------------


async def test_a_broken_index_is_apologised_for_with_a_code_that_sql_knows(chat: Chat) -> None:
    chat.bot.desk.assistant.search = broken_index
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    answer = await chat.answer_to(asked)
    [code] = CODE.findall(answer.text)
    found = rows(
        chat.bot.settings.home, "SELECT error_detail FROM interaction WHERE code = ?", code
    )
    assert "10.0.0.7" in found[0][0]
    assert "10.0.0.7" not in await chat.transcript()
    assert answer.last.thumbs == 0


async def test_a_failed_answer_can_be_tried_again(chat: Chat) -> None:
    search, chat.bot.desk.assistant.search = chat.bot.desk.assistant.search, broken_index
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    failed = await chat.answer_to(asked)
    chat.bot.desk.assistant.search = search
    await chat.press("ben", failed.last, "Try again")
    answer = await chat.answer_to(asked)
    assert LEAVE in answer.text
    assert [part.id for part in answer.parts] == [part.id for part in failed.parts]


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        (f"rag: {LEAVES}", "rag: forced: rag"),
        (f"tuned summarize: {LUNCH}", "tuned/summarize: forced: tuned"),
    ],
)
async def test_an_answer_is_tried_again_in_the_mode_and_task_that_it_was_asked_in(
    chatting: Chatting, text: str, footer: str
) -> None:
    writer = Failing()
    async with chatting(writer=writer) as chat:
        search, chat.bot.desk.assistant.search = chat.bot.desk.assistant.search, broken_index
        asked = await chat.say("ben", f"@tandem {text}")
        failed = await chat.answer_to(asked)
        writer.fails, chat.bot.desk.assistant.search = False, search
        await chat.press("ben", failed.last, "Try again")
        answer = await chat.answer_to(asked)
    assert failed.last.buttons == ("Try again",)
    assert answer.last.footer.startswith(footer)


async def test_a_broken_model_is_apologised_for_with_a_code_that_sql_knows(
    chatting: Chatting,
) -> None:
    class Broken(FakeBackend):
        def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
            raise BackendUnavailable("local", "the weights at 10.0.0.9 are gone", "Fetch them")

    async with chatting(writer=Broken()) as chat:
        asked = await chat.say("ben", f"@tandem tuned: {DRAFT}")
        answer = await chat.answer_to(asked)
    [code] = CODE.findall(answer.text)
    assert "My model is not available" in answer.text
    assert "10.0.0.9" not in answer.text
    assert rows(chat.bot.settings.home, "SELECT id FROM interaction WHERE code = ?", code)


async def test_a_platform_that_takes_no_message_leaves_a_code_in_sql(chat: Chat) -> None:
    await chat.refuse_posts()
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    assert (await chat.answer_to(asked)).parts == ()
    [found] = rows(
        chat.bot.settings.home, "SELECT state, code FROM inbox WHERE message = ?", asked.id
    )
    assert found[0] == "failed"
    assert CODE.fullmatch(found[1])


# -- orders and limits -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("help", "Begin with rag:"),
        ("status", "I am here. "),
        ("privacy", "are kept by those who run Tandem"),
        ("privacy-channel-off", "I learn nothing from what is said in this channel"),
        ("privacy-channel-on", "I learn from what is said in this channel"),
        ("forget-me", "Deleted: 0 questions, 0 votes."),
        ("mute", "I am quiet in this channel"),
        ("unmute", "I am listening again in this channel"),
        ("dance", "I don't know that order"),
    ],
)
async def test_an_order_by_command_is_answered_to_its_giver_alone(
    chat: Chat, order: str, words: str
) -> None:
    assert words in await chat.order("ben", order)
    await chat.settled()
    assert words not in await chat.transcript()


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("help", "Begin with rag:"),
        ("status", "I am here. "),
        ("mute", "I am quiet in this thread"),
        ("unmute", "I am listening again in this thread"),
        ("privacy channel off", "I learn nothing from what is said in this channel"),
        ("privacy channel on", "I learn from what is said in this channel"),
    ],
)
async def test_an_order_by_mention_is_answered_in_its_thread(
    chat: Chat, order: str, words: str
) -> None:
    given = await chat.say("ben", f"@tandem {order}")
    assert words in (await chat.answer_to(given)).text


@pytest.mark.parametrize("text", ["@tandem", "@tandem help", "@tandem, help me please?"])
async def test_who_only_calls_the_bot_is_told_how_to_ask(chat: Chat, text: str) -> None:
    called = await chat.say("ben", text)
    for told in ((await chat.answer_to(called)).text, await chat.order("ben", "help")):
        assert [line for line in wording.HELP if line not in told] == []


@pytest.mark.parametrize("order", ["help", "status"])
async def test_no_thread_is_followed_for_an_order(chat: Chat, order: str) -> None:
    told = await chat.say("ben", f"@tandem {order}")
    [shown] = (await chat.answer_to(told)).parts
    said = await chat.say("ben", LEAVES, told)
    assert (await chat.answer_to(said)).parts == ()
    assert [one.reason for one in chat.bot.inbox.silences()] == [Reason.NOT_ADDRESSED]
    asked = await chat.say("ben", f"@tandem {LEAVES}", told)
    assert LEAVE in (await chat.answer_to(asked)).text
    await chat.delete(told)
    await chat.settled()
    assert shown.text not in await chat.transcript()


async def test_an_order_that_is_edited_to_a_question_is_followed(chat: Chat) -> None:
    told = await chat.say("ben", "@tandem help")
    await chat.answer_to(told)
    await chat.edit(told, f"@tandem {LEAVES}")
    assert LEAVE in (await chat.answer_to(told)).text
    said = await chat.say("ben", LUNCH, told)
    assert NOON in (await chat.answer_to(said)).text


async def test_an_order_in_a_thread_leaves_it_followed(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.answer_to(asked)
    await chat.answer_to(await chat.say("ben", "@tandem status", asked))
    for person in ("ben", "ana"):
        said = await chat.say(person, LUNCH, asked)
        assert NOON in (await chat.answer_to(said)).text


async def test_a_muted_channel_is_quiet_until_it_is_not(chat: Chat) -> None:
    await chat.order("ana", "mute")
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    assert (await chat.answer_to(asked)).parts == ()
    await chat.order("ana", "unmute")
    again = await chat.say("ben", f"@tandem {LEAVES}")
    assert LEAVE in (await chat.answer_to(again)).text


async def test_who_asks_too_much_is_told_once_when_to_come_back(chatting: Chatting) -> None:
    async with chatting(given={"limits": {"per_person": "1/h"}}) as chat:
        asked = [await chat.say("ben", f"@tandem {LEAVES}") for _ in range(3)]  # at once
        answers = [await chat.answer_to(one) for one in asked]
        other = await chat.answer_to(await chat.say("ana", f"@tandem {LEAVES}"))
    told = [answer.text for answer in answers]
    assert sum(LEAVE in text for text in told) == 1
    assert sum("Ask me again in 60 minutes" in text for text in told) == 1
    assert told.count("") == 1
    assert LEAVE in other.text
