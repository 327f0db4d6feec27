"""A reply that people see is ours also before the inbox knows it: pressed then, it counts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from bot.conversation import Mode, Verdict
from bot.noted import noted
from bot.platforms.discord import controls
from bot.posts import Item, Reply
from tests.bots import Made, made
from tests.discord.bots import listening as in_discord
from tests.discord.choosing import HERE, Choosing
from tests.discord.ids import BOT
from tests.discord.people import People as DiscordPeople
from tests.patience import PATIENCE_S, until
from tests.slack.bots import listening
from tests.slack.people import People

LEAVE = "How many days of leave do I get?"


class Notes:
    """The inbox of a bot, which keeps whose replies are only when it is let; and who looked."""

    def __init__(self, bot: Made, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let, self.looked = threading.Event(), 0
        self._note = bot.inbox.note
        monkeypatch.setattr(bot.inbox, "note", self.note)
        for name in ("item_of", "replies"):
            monkeypatch.setattr(bot.inbox, name, partial(self._look, getattr(bot.inbox, name)))

    def note(self, item: Item, reply: Reply) -> None:
        assert self.let.wait(PATIENCE_S)
        self._note(item, reply)

    def _look(self, look: Callable[..., object], *told: object) -> object:
        found = look(*told)
        self.looked += 1
        return found

    async def let_when_looked_for(self) -> None:
        """Whoever looks now finds nothing; then it is kept."""
        before = self.looked
        await until(lambda: self.looked > before)
        self.let.set()


class Blind:
    """Finds nothing."""

    often = 0

    def __call__(self) -> str | None:
        self.often += 1
        return None


@pytest.fixture
async def channel(bot: Made, people: People) -> AsyncIterator[People]:
    """People whose channels the bot is in."""
    async with listening(bot, people):
        yield people


async def just_shared(
    channel: People, bot: Made, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Notes]:
    """The ts of an answer that Ben shares, and which is not noted until the notes are let."""
    await channel.say("general", "ben", f"<@U0TANDEM> private: {LEAVE}")
    seen = await channel.wait_for(lambda seen: "(thumbs)" in seen)
    [private] = seen.by_bot()
    notes = Notes(bot, monkeypatch)
    await channel.press("ben", private.channel, private.ts, "share")
    seen = await channel.wait_for(lambda seen: seen.text.count("(thumbs)") == 2)
    [shared] = [message for message in seen.by_bot() if message.channel == "C0GENERAL"]
    return shared.ts, notes


async def test_an_answer_is_redone_that_was_posted_this_very_moment(
    channel: People, bot: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, notes = await just_shared(channel, bot, monkeypatch)
    pressing = asyncio.create_task(channel.press("ben", "general", shared, "redo"))
    await notes.let_when_looked_for()
    await pressing
    await channel.wait_for(lambda seen: "Kindly send the numbers" in seen, channel="general")


async def test_a_thumb_counts_that_is_given_to_an_answer_of_this_very_moment(
    channel: People, bot: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, notes = await just_shared(channel, bot, monkeypatch)
    reacting = asyncio.create_task(channel.react("ana", "general", shared, "+1"))
    await notes.let_when_looked_for()
    await reacting
    await until(lambda: verdicts(bot))
    assert verdicts(bot) == [Verdict.UP]


async def test_a_thumb_counts_in_discord_too(
    tmp_path: Path, discord_people: DiscordPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made(tmp_path) as bot:
        async with in_discord(bot, discord_people, stream=False):
            notes = Notes(bot, monkeypatch)
            await discord_people.say("general", "ben", f"<@{BOT}> {LEAVE}")
            seen = await discord_people.wait_for(lambda seen: "27 days" in seen)
            [answer] = [message for message in seen.by_bot() if "27 days" in message.drawn]
            reacting = asyncio.create_task(discord_people.react("ana", answer.id, "👍"))
            await notes.let_when_looked_for()
            await reacting
            await until(lambda: verdicts(bot))
            assert verdicts(bot) == [Verdict.UP]


async def test_a_button_in_discord_knows_its_answer_before_that_is_noted(
    there: Choosing, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(there.made, monkeypatch)
    item = await there.asked("ben", LEAVE)
    there.answer(item)
    message = await there.post(controls.redo(Mode.RAG, item.id))
    pressing = asyncio.create_task(there.people.press("ben", message, "redo"))
    await notes.let_when_looked_for()
    there.made.inbox.note(item, Reply(there.server.world.channel(HERE).id, message))
    told = await pressing
    assert told.kind == "acknowledged"
    assert not there.made.inbox.done(item)
    assert (await there.taken()).post.mode is Mode.RAG


async def test_where_nothing_is_in_hand_nothing_is_waited_for(bot: Made) -> None:
    look = Blind()
    assert await noted(bot.desk, "slack", look, longest_s=PATIENCE_S) is None
    assert look.often == 2


async def test_what_is_never_noted_is_waited_for_a_while(
    bot: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.inbox, "waiting", lambda _: 1)
    assert await noted(bot.desk, "slack", Blind(), longest_s=0.01) is None


def verdicts(bot: Made) -> list[Verdict]:
    """What was voted, of all answers."""
    return [v.verdict for i in bot.store.interactions(9) for v in bot.store.verdicts(i.id)]
