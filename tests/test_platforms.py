"""What every platform does: answer, follow up, stop, and answer anew what is edited or deleted.

Forced modes, trouble, votes, silence and privacy have files of their own (`test_platforms_*.py`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from bot.conversation import Turn
from model.backends import Prompt, Sampling
from tests.bots import LEAVE, SlowBackend
from tests.patience import PATIENCE_S
from tests.platforms import Chat, Chatting, Knowing, counted, kept, rows

LEAVES = "How many days of leave do I get?"
LUNCH = "When is lunch served?"
NOON = "Lunch is served at noon in the canteen."
DRAFT = "send the numbers asap"
WORDS = [f"word{number} " for number in range(100)]


# -- asking ----------------------------------------------------------------------------


async def test_a_mention_is_answered_in_its_thread_with_sources_and_thumbs(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    answer = await chat.answer_to(asked)
    [shown] = answer.parts
    assert LEAVE in answer.text
    assert shown.links == ("https://docs.example/handbook/leave",)
    assert shown.thumbs == 1


async def test_a_direct_message_needs_no_mention(chat: Chat) -> None:
    asked = await chat.say("ben", LEAVES, channel="dm")
    assert LEAVE in (await chat.answer_to(asked)).text


async def test_a_command_is_answered_where_its_question_is_shown(chat: Chat) -> None:
    asked = await chat.command("ben", "ask", LEAVES)
    assert LEAVE in (await chat.answer_to(asked)).text
    assert LEAVES in await chat.transcript()


async def test_a_question_from_a_message_s_menu_is_answered_to_its_chooser_alone(
    chat: Chat,
) -> None:
    wondered = await chat.say("ana", LEAVES)
    assert LEAVE in await chat.choose("ben", "ask", wondered)
    assert LEAVE not in await chat.transcript()


async def test_the_footer_says_mode_task_what_wrote_it_and_time(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem tuned rewrite: {DRAFT}")
    [shown] = (await chat.answer_to(asked)).parts
    assert re.fullmatch(r"tuned/rewrite: forced: tuned · base model · \d+\.\d s · #1", shown.footer)


async def test_what_the_sources_do_not_say_is_told(chat: Chat) -> None:
    asked = await chat.say("ben", "@tandem Who rules the planet Mars?")
    answer = await chat.answer_to(asked)
    assert "don't say" in answer.text
    assert answer.last.links == ()


async def test_two_questions_of_a_thread_are_answered_in_order(
    chatting: Chatting, tmp_path: Path
) -> None:
    class Waiting(Knowing):
        def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
            answered.append(counted(tmp_path, "interaction"))
            asyncio.run_coroutine_threadsafe(second.wait(), loop).result(PATIENCE_S)
            return super().complete(prompt, sampling)

    answered, second, loop = list[int](), asyncio.Event(), asyncio.get_running_loop()
    async with chatting(backend=Waiting()) as chat:
        one = await chat.say("ben", f"@tandem {LEAVES}")
        await chat.heard()
        two = await chat.say("ben", f"@tandem {LUNCH}", one)
        await chat.heard()
        second.set()
        assert NOON in (await chat.answer_to(two)).text
    assert answered == [0, 1]  # the second is begun when the first is recorded
    [(turns,)] = rows(tmp_path, "SELECT turns FROM interaction WHERE question LIKE '%unch%'")
    assert LEAVE.split(".")[0] in turns  # and knows its answer, though that stands below


async def test_what_the_platform_tells_twice_is_answered_once(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.replay()
    before = await chat.answer_to(asked)
    await chat.replay()
    assert await chat.answer_to(asked) == before
    assert len(before.parts) == 1
    assert counted(chat.bot.settings.home, "interaction") == 1


# -- following up ----------------------------------------------------------------------


async def test_a_follow_up_needs_no_mention_and_knows_the_turns_before(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.answer_to(asked)
    again = await chat.say("ben", LUNCH, asked)
    assert NOON in (await chat.answer_to(again)).text
    assert chat.bot.asked[-1].thread == (
        Turn("user", LEAVES),
        Turn("assistant", f"{LEAVE} [1]"),
    )


async def test_a_thread_in_a_direct_message_knows_its_turns(chat: Chat) -> None:
    asked = await chat.say("ben", LEAVES, channel="dm")
    await chat.answer_to(asked)
    again = await chat.say("ben", LUNCH, asked)
    assert NOON in (await chat.answer_to(again)).text
    assert [turn.role for turn in chat.bot.asked[-1].thread] == ["user", "assistant"]


async def test_a_follow_up_to_a_command_needs_no_mention(chat: Chat) -> None:
    asked = await chat.command("ben", "ask", LEAVES)
    again = await chat.say("ben", LUNCH, asked)
    assert NOON in (await chat.answer_to(again)).text
    assert LEAVES in chat.bot.asked[-1].thread[0].text


# -- stopping --------------------------------------------------------------------------


async def test_stop_ends_the_writing_and_leaves_what_was_written(chatting: Chatting) -> None:
    writer = SlowBackend(*WORDS, wait_s=0.05)
    async with chatting(writer=writer) as chat:
        asked = await chat.say("ben", f"@tandem tuned: {DRAFT}")
        await chat.sees("word0")
        await chat.stop("ben", asked)
        answer = await chat.answer_to(asked)
    assert "word0" in answer.text
    assert WORDS[-1].strip() not in answer.text
    assert writer.closed
    assert answer.last.footer.startswith("Stopped. tuned/")
    assert (answer.last.thumbs, "Try again" in answer.last.buttons) == (0, True)


# -- edits and deletions ---------------------------------------------------------------


async def test_an_edited_question_is_answered_anew_in_place(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    before = await chat.answer_to(asked)
    await chat.edit(asked, f"@tandem {LUNCH}")
    after = await chat.answer_to(asked)
    assert [part.id for part in after.parts] == [part.id for part in before.parts]
    assert NOON in after.text
    assert LEAVE not in after.text


async def test_an_edit_that_takes_the_mention_away_is_answered_too(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.answer_to(asked)
    await chat.edit(asked, LUNCH)
    assert NOON in (await chat.answer_to(asked)).text


async def test_an_edit_that_adds_the_mention_asks(chat: Chat) -> None:
    asked = await chat.say("ben", LUNCH)
    assert (await chat.answer_to(asked)).parts == ()
    await chat.edit(asked, f"@tandem {LUNCH}")
    assert NOON in (await chat.answer_to(asked)).text


async def test_an_edit_while_it_is_written_leads_to_one_answer(chatting: Chatting) -> None:
    async with chatting(writer=SlowBackend(*WORDS, wait_s=0.05)) as chat:
        asked = await chat.say("ben", f"@tandem tuned: {DRAFT}")
        await chat.sees("word0")
        await chat.edit(asked, f"@tandem rag: {LUNCH}")
        answer = await chat.answer_to(asked)
    assert NOON in answer.text
    assert "word0" not in answer.text
    assert sum(part.thumbs for part in answer.parts) == 1


async def test_a_link_s_preview_changes_nothing(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    before = await chat.answer_to(asked)
    await chat.unfurl(asked)
    assert await chat.answer_to(asked) == before
    assert counted(chat.bot.settings.home, "interaction") == 1


async def test_a_deleted_question_takes_its_answer_and_all_stored_words_with_it(
    chat: Chat,
) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES} Yours, Benedict Cumulus")
    assert LEAVE in (await chat.answer_to(asked)).text
    await chat.delete(asked)
    assert (await chat.answer_to(asked)).parts == ()
    home = chat.bot.settings.home
    assert "Cumulus" not in kept(home)
    assert (counted(home, "interaction"), counted(home, "passage")) == (0, 0)


async def test_a_question_that_is_deleted_while_it_is_answered_leaves_nothing(
    chatting: Chatting,
) -> None:
    async with chatting(writer=SlowBackend(*WORDS, wait_s=0.05)) as chat:
        asked = await chat.say("ben", "@tandem tuned: yours, Benedict Cumulus")
        await chat.sees("word0")
        await chat.delete(asked)
        assert (await chat.answer_to(asked)).parts == ()
        assert "word0" not in await chat.transcript()
    stored = kept(chat.bot.settings.home)
    assert "Cumulus" not in stored
    assert "word0" not in stored
