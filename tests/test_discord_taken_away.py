"""The place of an answer changes or goes while it is written; servers come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.bots import Made, SlowBackend, made
from tests.discord.at_hand import at_hand
from tests.discord.bots import quiet
from tests.discord.ids import FAR_GUILD, GUILD
from tests.discord.lives import (
    LEAVE,
    MENTION,
    QUESTION,
    answers,
    check,
    check_one,
    is_sign,
    until,
)
from tests.discord.people import People
from tests.discord.permissions import (
    CREATE_PUBLIC_THREADS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)
from tests.discord.seen import Seen, Shown

pytestmark = pytest.mark.endurance
PIECES = ("Answer 1: ", "You ", "get ", "27 ", "days ", "of leave.")


@pytest.fixture
async def bot(tmp_path: Path, discord_people: People) -> AsyncIterator[Made]:
    """A bot that takes its time to write."""
    with made(tmp_path, SlowBackend(*PIECES, wait_s=0.15)) as built:
        async with at_hand(built, discord_people):
            yield built


async def settled(bot: Made, people: People) -> Seen:
    """Wait until all is heard, and answered or given up; what stands then."""
    for _ in range(2):
        await quiet(people)
        await until(lambda: not bot.inbox.waiting("discord"))
    return await people.look()


async def begun(people: People) -> str:
    """A question whose answer is being written."""
    asked = await people.say("general", "ben", LEAVE)
    await people.wait_for(lambda seen: "[Stop]" in seen.text)
    return asked


def written(seen: Seen) -> list[Shown]:
    """What the bot wrote, anywhere."""
    return [message for message in seen.by_bot() if not is_sign(message)]


async def still_answers(bot: Made, people: People) -> None:
    """Whatever happened, the next question is answered as usual."""
    asked = await people.say("team", "ana", LEAVE)
    check_one(await settled(bot, people), asked)


# The thread


async def test_an_answer_whose_thread_is_deleted_is_given_up_with_a_code(
    bot: Made, discord_people: People, caplog: pytest.LogCaptureFixture
) -> None:
    people = discord_people
    asked = await begun(people)
    await people.delete_channel(asked)
    assert written(await settled(bot, people)) == []
    assert "T-" in caplog.text
    assert "The channel or thread was deleted; ask in another" in caplog.text
    await still_answers(bot, people)


async def test_an_answer_whose_thread_is_archived_is_completed_there(
    bot: Made, discord_people: People
) -> None:
    people = discord_people
    asked = await begun(people)
    await people.archive_thread(asked)
    check_one(await settled(bot, people), asked)


async def test_an_answer_whose_thread_is_locked_is_not_doubled(
    bot: Made, discord_people: People
) -> None:
    people = discord_people
    asked = await begun(people)
    await people.archive_thread(asked, locked=True)
    assert len(written(await settled(bot, people))) == 1
    await still_answers(bot, people)


async def test_a_question_in_a_thread_that_was_archived_meanwhile_is_answered_there(
    bot: Made, discord_people: People
) -> None:
    people = discord_people
    asked = await begun(people)
    await settled(bot, people)
    await people.archive_thread(asked)
    await people.say("general", "ben", QUESTION, thread=asked)
    for answer in (said := answers(await settled(bot, people), asked)):
        check(answer)
    assert len(said) == 2


# What the bot may do


@pytest.mark.parametrize(
    "denied",
    [VIEW_CHANNEL, SEND_MESSAGES_IN_THREADS, SEND_MESSAGES, CREATE_PUBLIC_THREADS],
    ids=["it sees nothing", "no threads", "no messages", "begins no threads"],
)
async def test_permissions_that_are_taken_away_in_the_middle_double_nothing(
    bot: Made, discord_people: People, denied: int
) -> None:
    people = discord_people
    await begun(people)
    await people.overwrite("general", "tandem", deny=denied)
    assert len(written(await settled(bot, people))) == 1
    await still_answers(bot, people)


async def test_a_bot_that_is_thrown_out_in_the_middle_and_comes_back_goes_on(
    bot: Made, discord_people: People
) -> None:
    people = discord_people
    await begun(people)
    await people.leave("tandem", GUILD)
    assert len(written(await settled(bot, people))) == 1
    await people.join("tandem", GUILD)
    await people.add_guild(GUILD)
    await still_answers(bot, people)


async def test_a_server_that_is_joined_meanwhile_is_heard_and_has_the_commands(
    bot: Made, discord_people: People
) -> None:
    people = discord_people
    asked = [await begun(people)]
    await people.add_guild(FAR_GUILD, "far")
    asked.append(await people.say("far/general", "ana", f"{MENTION}When is the office open?"))
    seen = await settled(bot, people)
    check_one(seen, asked[0])
    assert len(answers(seen, asked[1])) == 1
    await until(partial(have_commands, people, {GUILD, FAR_GUILD}))


async def have_commands(people: People, guilds: set[str]) -> bool:
    """Are the commands registered in all of these servers?"""
    return guilds <= {command["guild"] for command in (await people.registered())["commands"]}
