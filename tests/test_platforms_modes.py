"""The doors through which a mode is forced on every platform, and how long it stays."""

from __future__ import annotations

import pytest

from tests.platforms import Chat

LEAVES = "How many days of leave do I get?"
LUNCH = "When is lunch served?"
NOON = "Lunch is served at noon in the canteen."
DRAFT = "send the numbers asap"
KIND = "Kindly send the numbers."


@pytest.mark.parametrize(
    ("command", "footer"), [("rag", "rag: forced: rag"), ("tuned", "tuned/rewrite: forced: tuned")]
)
async def test_a_command_forces_its_mode(chat: Chat, command: str, footer: str) -> None:
    asked = await chat.command("ben", command, LUNCH)
    assert (await chat.answer_to(asked)).last.footer.startswith(footer)


async def test_a_command_names_a_task(chat: Chat) -> None:
    asked = await chat.command("ben", "tuned", f"summarize: {DRAFT}")
    assert (await chat.answer_to(asked)).last.footer.startswith("tuned/summarize")


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        (f"rag: {LUNCH}", "rag: forced: rag"),
        (f"tuned: {DRAFT}", "tuned/rewrite: forced: tuned"),
        (f"tuned summarize: {DRAFT}", "tuned/summarize: forced: tuned"),
    ],
)
async def test_a_keyword_in_a_mention_forces_a_mode(chat: Chat, text: str, footer: str) -> None:
    asked = await chat.say("ben", f"@tandem {text}")
    assert (await chat.answer_to(asked)).last.footer.startswith(footer)


async def test_a_keyword_in_a_thread_forces_a_mode(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.answer_to(asked)
    again = await chat.say("ben", f"tuned: {DRAFT}", asked)
    answer = await chat.answer_to(again)
    assert KIND in answer.text
    assert answer.last.footer.startswith("tuned/rewrite: forced: tuned")


@pytest.mark.parametrize("task", ["rewrite", "summarize"])
async def test_a_message_s_menu_forces_a_task(chat: Chat, task: str) -> None:
    written = await chat.say("ana", DRAFT)
    result = await chat.choose("ben", task, written)
    assert KIND in result
    assert f"tuned/{task}: forced: tuned" in result


async def test_redo_answers_in_the_other_mode_in_place(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LUNCH}")
    before = await chat.answer_to(asked)
    await chat.press("ben", before.last, "Redo as tuned")
    after = await chat.answer_to(asked)
    assert [part.id for part in after.parts] == [part.id for part in before.parts]
    assert after.last.footer.startswith("tuned/rewrite: forced: tuned")
    assert NOON not in after.text
    assert after.last.buttons == ("Redo as rag",)


async def test_redo_is_for_the_asker_alone(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LUNCH}")
    before = await chat.answer_to(asked)
    await chat.press("ana", before.last, "Redo as tuned")
    assert await chat.answer_to(asked) == before
    assert "Only the person who asked" in (await chat.alone("ana")).text


async def test_a_forced_mode_sticks_to_its_thread_until_changed(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem tuned: {DRAFT}")
    footers = [(await chat.answer_to(asked)).last.footer]
    for text in (LUNCH, f"rag: {LUNCH}", LUNCH, f"auto: {LUNCH}", LUNCH):
        again = await chat.say("ben", text, asked)
        footers.append((await chat.answer_to(again)).last.footer)
    assert [footer.split(" · ")[0] for footer in footers] == [
        "tuned/rewrite: forced: tuned",
        "tuned/rewrite: forced: tuned",
        "rag: forced: rag",
        "rag: forced: rag",
        "rag: a question for the documents",
        "rag: a question for the documents",
    ]


async def test_a_forced_mode_is_of_one_thread_only(chat: Chat) -> None:
    await chat.answer_to(await chat.say("ben", f"@tandem tuned: {DRAFT}"))
    other = await chat.say("ben", f"@tandem {LUNCH}")
    assert "a question for the documents" in (await chat.answer_to(other)).last.footer


async def test_the_mode_of_a_redo_sticks_to_the_thread(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LUNCH}")
    await chat.press("ben", (await chat.answer_to(asked)).last, "Redo as tuned")
    await chat.answer_to(asked)
    again = await chat.say("ben", LUNCH, asked)
    assert "forced: tuned" in (await chat.answer_to(again)).last.footer


async def test_the_mode_of_a_command_sticks_to_its_thread(chat: Chat) -> None:
    asked = await chat.command("ben", "tuned", DRAFT)
    again = await chat.say("ben", LUNCH, asked)
    assert "forced: tuned" in (await chat.answer_to(again)).last.footer
    back = await chat.say("ben", f"auto: {LUNCH}", asked)
    assert "a question for the documents" in (await chat.answer_to(back)).last.footer


async def test_a_thread_that_was_muted_for_a_while_keeps_its_mode(chat: Chat) -> None:
    asked = await chat.command("ben", "tuned", DRAFT)
    for order in ("mute", "unmute"):
        await chat.answer_to(await chat.say("ben", f"@tandem {order}", asked))
    again = await chat.say("ben", LUNCH, asked)
    assert "forced: tuned" in (await chat.answer_to(again)).last.footer


async def test_a_task_that_nobody_knows_is_told_with_those_that_there_are(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem tuned sing: {DRAFT}")
    assert "I know: rewrite, summarize, classify, draft" in (await chat.answer_to(asked)).text
