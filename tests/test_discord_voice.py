"""What is asked in the chat of Discord's voice channels and stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bots import made
from tests.discord.ids import BOT
from tests.discord.permissions import CONNECT
from tests.discord.under_test import discord
from tests.platforms import Knowing

ASKED = f"<@{BOT}> When does the office open for visitors?"
HISTORY = "GET /channels/{channel}/messages"


@pytest.mark.parametrize("kind", ["voice", "stage"])
@pytest.mark.parametrize("joins", [True, False], ids=["it may join", "it may not"])
async def test_it_is_answered_by_a_reply_with_what_was_said_before_or_without(
    tmp_path: Path, kind: str, joins: bool
) -> None:
    with made(tmp_path, backend=Knowing()) as bot:
        async with discord(bot) as chat:
            room = await chat.people.add_channel("lounge", kind=kind)
            if not joins:
                await chat.people.overwrite("lounge", "@everyone", deny=CONNECT)
                await chat.people.overwrite("lounge", "tandem", deny=CONNECT)
            said = await chat.people.say("lounge", "ana", "I wonder about visitors.")
            asked = await chat.people.say("lounge", "ben", ASKED, reply_to=said)
            await chat.settled()
            [answer] = [m for m in await chat.people.messages("lounge") if m.author == BOT]
    assert (answer.channel, answer.replies_to) == (room, asked)
    assert "nine" in answer.content
    turns = [turn.text for turn in bot.asked[-1].thread]
    assert turns == (["I wonder about visitors."] if joins else [])
