"""Answers that people give each other on every platform, and that somebody trusted endorsed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.conversation import Place
from bot.endorsed.words import Endorsed
from model.examples import Review
from tests.discord.ids import PEOPLE
from tests.platforms import Chat, Chatting, Said

ASKED, ANSWERED = "Where is the spare badge printer?", "The badge printer stands in room 4711."
TRUSTED = {
    "slack_people": ["U0PAYER"],
    "discord_roles": ["payroll"],
    "policy": "auto",
}


@pytest.fixture
async def chat(chatting: Chatting) -> AsyncIterator[Chat]:
    """Pia is trusted."""
    async with chatting(given={"trusted": TRUSTED}) as chat:
        yield chat


def held(chat: Chat) -> list[Endorsed]:
    assert chat.bot.desk.endorsing is not None
    return chat.bot.desk.endorsing.store.listed()


def documents(chat: Chat) -> list[str]:
    """What is indexed of endorsed answers."""
    pages = chat.bot.pages.items()
    return [text for name, texts in pages if name.startswith("answers:") for text in texts.values()]


async def replied(chat: Chat, channel: str = "general") -> tuple[Said, Said]:
    """A question of Ben's in a channel, and Ana's reply."""
    asked = await chat.say("ben", ASKED, channel=channel)
    reply = await chat.say("ana" if channel == "general" else "pia", ANSWERED, asked)
    await chat.settled()
    return asked, reply


async def test_a_trusted_person_makes_a_reply_a_document(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    [one] = held(chat)
    assert (one.reply.question, one.reply.answer, one.review) == (ASKED, ANSWERED, Review.ACCEPTED)
    assert one.reply.link.startswith("http")
    assert one.reply.message in one.reply.link.replace("/p", "").replace(".", "") or (
        one.reply.message.replace(".", "") in one.reply.link
    )
    [document] = documents(chat)
    assert ASKED in document
    assert ANSWERED in document


async def test_others_endorse_nothing(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("ben", reply)
    await chat.settled()
    assert held(chat) == []


async def test_only_a_reply_to_somebody_is_endorsed(chat: Chat) -> None:
    asked, _ = await replied(chat)
    await chat.tick("pia", asked)
    await chat.settled()
    assert held(chat) == []


async def test_taken_back_it_is_no_document(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.untick("pia", reply)
    await chat.settled()
    assert (held(chat), documents(chat)) == ([], [])


async def test_an_edited_reply_waits_for_a_decision(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    await chat.edit(reply, "It stands in room 4712.")
    await chat.settled()
    [one] = held(chat)
    assert (one.reply.answer, one.review) == ("It stands in room 4712.", Review.WAITING)
    assert documents(chat) == []


async def test_a_deleted_reply_is_no_document(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    await chat.delete(reply)
    await chat.settled()
    assert (held(chat), documents(chat)) == ([], [])


async def test_a_deleted_question_takes_its_answers_along(chat: Chat) -> None:
    asked, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    await chat.delete(asked)
    await chat.settled()
    assert (held(chat), documents(chat)) == ([], [])


async def test_it_answers_in_its_channel_and_in_no_other(chat: Chat) -> None:
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    here = await chat.say("ben", f"@tandem {ASKED}")
    assert "4711" in (await chat.answer_to(here)).text
    there = await chat.say("ben", f"@tandem {ASKED}", channel="team")
    assert "4711" not in (await chat.answer_to(there)).text
    assert "4711" not in await chat.transcript("team")


@pytest.mark.parametrize(("asker", "told"), [("ben", True), ("ana", False)])
async def test_who_belongs_to_the_channel_is_told_in_a_direct_message(
    chatting: Chatting, asker: str, told: bool
) -> None:
    """Ana is not in the channel, which no space names."""
    spaces = {"payroll": {"people": ["U0PAYER"], "discord_roles": ["payroll"]}}
    async with chatting(given={"trusted": TRUSTED, "spaces": spaces}) as chat:
        asked = await chat.say("ben", ASKED, channel="pay")
        reply = await chat.say("pia", ANSWERED, asked)
        await chat.tick("pia", reply)
        await chat.settled()
        assert len(documents(chat)) == 1
        direct = await chat.answer_to(await chat.say(asker, ASKED, channel="dm"))
        assert ("4711" in direct.text) is told


async def test_who_wants_nothing_learned_is_not_endorsed(chat: Chat) -> None:
    author = PEOPLE["ana"] if chat.name == "discord" else "U0ANA"
    _, reply = await replied(chat)
    chat.bot.desk.choose(author, Place(chat.name), may_learn=False)
    await chat.tick("pia", reply)
    await chat.settled()
    assert held(chat) == []


async def test_who_objects_later_is_no_document_any_more(chat: Chat) -> None:
    author = PEOPLE["ana"] if chat.name == "discord" else "U0ANA"
    _, reply = await replied(chat)
    await chat.tick("pia", reply)
    await chat.settled()
    chat.bot.desk.choose(author, Place(chat.name), may_learn=False)
    assert documents(chat) == []
    chat.bot.desk.forget(author, Place(chat.name))
    assert held(chat) == []
