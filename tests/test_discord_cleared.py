"""Reactions that somebody who manages messages clears in Discord: what they were is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation import Verdict
from tests.bots import made
from tests.discord.ids import PEOPLE
from tests.discord.under_test import DiscordChat, discord
from tests.platforms import Knowing, Said, Stands

LEAVES = "@tandem How many days of leave do I get?"
ASKED, ANSWERED = "Where is the spare badge printer?", "The badge printer stands in room 4711."
TRUSTED = {"discord_roles": ["payroll"], "policy": "auto"}
UP, DOWN = Verdict.UP, Verdict.DOWN


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[DiscordChat]:
    """Pia is trusted."""
    with made(tmp_path, backend=Knowing(), given={"trusted": TRUSTED}) as bot:
        async with discord(bot) as chat:
            yield chat


async def voted(chat: DiscordChat) -> Stands:
    """An answer that Ana liked and Ben disliked by reactions, and Pia by button."""
    answer = await chat.answer_to(await chat.say("ben", LEAVES))
    await chat.react("ana", answer.last, UP)
    await chat.react("ben", answer.last, DOWN)
    await chat.vote("pia", answer.last, UP)
    assert await votes(chat, answer) == {("ana", UP), ("ben", DOWN), ("pia", UP)}
    return answer


async def votes(chat: DiscordChat, answer: Stands) -> set[tuple[str, Verdict]]:
    """Who thinks what of it, once all is settled."""
    await chat.settled()
    names = {id: name for name, id in PEOPLE.items()}
    every = chat.bot.store.verdicts(answer.number)
    return {(names[vote.author], vote.verdict) for vote in every}


async def endorsed(chat: DiscordChat) -> Said:
    """A reply of Ana's with a ✅ of Pia's."""
    asked = await chat.say("ben", ASKED)
    reply = await chat.say("ana", ANSWERED, asked)
    await chat.tick("pia", reply)
    await chat.settled()
    assert held(chat) == 1
    return reply


def held(chat: DiscordChat) -> int:
    """How many endorsed answers are kept."""
    assert chat.bot.desk.endorsing is not None
    return len(chat.bot.desk.endorsing.store.listed())


async def test_all_cleared_takes_back_the_votes_that_reactions_were(chat: DiscordChat) -> None:
    answer = await voted(chat)
    await chat.people.clear(answer.last.id)
    assert await votes(chat, answer) == {("pia", UP)}


async def test_a_cleared_sign_takes_back_the_votes_that_it_was(chat: DiscordChat) -> None:
    answer = await voted(chat)
    await chat.people.clear(answer.last.id, "👍")
    assert await votes(chat, answer) == {("ben", DOWN), ("pia", UP)}


async def test_a_button_that_was_pressed_after_the_reaction_keeps_its_vote(
    chat: DiscordChat,
) -> None:
    answer = await voted(chat)
    await chat.vote("ana", answer.last, UP)
    await chat.people.clear(answer.last.id)
    assert await votes(chat, answer) == {("ana", UP), ("pia", UP)}


async def test_told_again_it_takes_no_later_vote_back(chat: DiscordChat) -> None:
    answer = await voted(chat)
    await chat.people.clear(answer.last.id)
    await chat.settled()
    await chat.react("ana", answer.last, DOWN)
    await chat.settled()
    await chat.replay()
    assert await votes(chat, answer) == {("ana", DOWN), ("pia", UP)}


@pytest.mark.parametrize("sign", ["", "✅"])
async def test_a_check_mark_that_is_cleared_endorses_nothing(chat: DiscordChat, sign: str) -> None:
    reply = await endorsed(chat)
    await chat.people.clear(reply.id, sign)
    await chat.settled()
    assert held(chat) == 0


async def test_who_endorses_by_another_sign_still_does(chat: DiscordChat) -> None:
    reply = await endorsed(chat)
    await chat.people.react("pia", reply.id, "☑️")
    await chat.people.clear(reply.id, "✅")
    await chat.settled()
    assert held(chat) == 1


async def test_another_sign_that_is_cleared_takes_nothing_back(chat: DiscordChat) -> None:
    reply = await endorsed(chat)
    await chat.people.react("ben", reply.id, "🎉")
    await chat.people.clear(reply.id, "🎉")
    await chat.settled()
    assert held(chat) == 1
