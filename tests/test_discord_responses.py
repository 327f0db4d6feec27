"""Answers to commands in Discord: in the response itself, and where they stand without it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversation import Mode, Place
from bot.posts import Reply
from tests.bots import LEAVE as ANSWER
from tests.bots import Made, made
from tests.discord import acts
from tests.discord.answering import button_ids
from tests.discord.ids import GUILD, direct_channel
from tests.discord.server import DiscordServer
from tests.discord.staging import BEN, LEAVE, TEAM, Staged, shared, staged
from tests.fakes import FakeBackend
from tests.patience import PATIENCE_S

DM = direct_channel(BEN)
RESPONSE = "PATCH /webhooks/{application}/{token}/messages/@original"
FOLLOW = "POST /webhooks/{application}/{token}"
POST = "POST /channels/{channel}/messages"
PAST_S = 16 * 60.0  # when a token is no good any more
UNDEFERRED_S = 4.0  # when nobody can defer a command any more


LONG = "".join(  # in our style
    f"It is with great pleasure that we send number {number} to team {number % 7 + number // 7}.\n"
    for number in range(100)
)


@pytest.fixture
def writes() -> FakeBackend:
    return FakeBackend("Kindly ", "send ", "the numbers.")


@pytest.fixture
def house(tmp_path: Path, no_rows: Path, writes: FakeBackend) -> Iterator[Made]:
    shutil.copy(no_rows, tmp_path / "tandem.db")
    with made(tmp_path, writer=writes) as built:
        yield built


@pytest.fixture
async def there(discord_server: DiscordServer, house: Made) -> AsyncIterator[Staged]:
    async with staged(discord_server, house) as there:
        yield there


# The response itself.


async def test_the_response_shows_the_question_and_becomes_the_answer(there: Staged) -> None:
    _, began = there.command()
    await there.answered()
    [answer] = there.said(TEAM)
    assert (answer.id, answer.is_deferred) == (began.original, False)
    assert answer.content.startswith(f"> {LEAVE}\n\n")  # else a quote would go on with it
    assert ANSWER in answer.content
    assert any(id.startswith("tandem:vote:") for id in button_ids(answer))
    assert answer.pinged == []


async def test_the_response_is_noted_where_it_stands(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    post, began = there.command(thread=thread)
    await there.answered()
    known = there.made.desk.answered(Place("discord", GUILD, thread), began.original)
    assert known is not None
    assert known.place == post.place


async def test_a_private_response_is_seen_by_who_asked_and_may_be_shared(there: Staged) -> None:
    _, began = there.command(private=True)
    await there.answered()
    [answer] = there.said(TEAM)
    assert (answer.id, answer.ephemeral_for) == (began.original, BEN)
    assert any(id.startswith("tandem:share:") for id in button_ids(answer))
    assert there.readers.asked == [f"{GUILD} alone {BEN}"]


async def test_what_is_asked_from_a_menu_is_noted_in_the_thread_of_the_message(
    there: Staged,
) -> None:
    root = acts.say(there.world, "team", "ana", LEAVE)
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    _, began = there.menu(thread)
    await there.answered()
    [answer] = there.said(thread)
    known = there.made.desk.answered(Place("discord", GUILD, thread), began.original)
    assert (answer.ephemeral_for, known is not None) == (BEN, True)
    assert not answer.content.startswith(">")


async def test_the_answer_waits_until_the_command_was_deferred(there: Staged) -> None:
    post, began = there.command(defer=False)
    there.deferrals.begin(post.id)
    answering = asyncio.create_task(there.answered())
    async with asyncio.timeout(PATIENCE_S):
        while not there.made.backend.heard:
            await asyncio.sleep(0.005)
    assert there.said(TEAM) == []
    there.defer(began)
    there.deferrals.settle(post.id)
    await answering
    assert [m.id for m in there.said(TEAM)] == [began.original]


async def test_a_redo_changes_the_response(there: Staged) -> None:
    post, began = there.command()
    await there.answered()
    place = Place("discord", GUILD, TEAM)
    assert there.made.desk.redo(place, began.original, post.place, Mode.TUNED, None)
    await there.answered()
    [answer] = there.said(TEAM)
    assert (answer.id, "Kindly" in answer.content) == (began.original, True)


async def test_a_response_that_cannot_be_changed_any_more_is_written_anew(there: Staged) -> None:
    post, began = there.command()
    await there.answered()
    place = Place("discord", GUILD, TEAM)
    there.made.desk.redo(place, began.original, post.place, Mode.TUNED, None)
    route = "PATCH /webhooks/{webhook}/{token}/messages/{message}"
    there.fault(route, times=99, status=403, code=200000)
    await there.answered()
    [answer] = there.said(TEAM)
    assert (answer.id != began.original, "Kindly" in answer.content) == (True, True)


# Long answers.


class TestLong:
    """An answer of several messages."""

    @pytest.fixture
    def writes(self) -> FakeBackend:
        return FakeBackend(*LONG.splitlines(keepends=True))

    async def test_a_long_answer_goes_on_behind_the_response(self, there: Staged) -> None:
        _, began = there.command(mode=Mode.TUNED)
        await there.answered()
        first, *more = there.said(TEAM)
        assert (first.id, bool(more)) == (began.original, True)
        assert [bool(button_ids(m)) for m in (first, *more)] == [False] * len(more) + [True]

    async def test_where_the_bot_may_not_post_it_goes_on_by_the_token(self, there: Staged) -> None:
        there.command(mode=Mode.TUNED)
        there.fault(POST, status=403, code=50001, times=99)
        await there.answered()
        first, *more = there.said(TEAM)
        assert more
        assert [bool(button_ids(m)) for m in (first, *more)] == [False] * len(more) + [True]

    async def test_a_redo_that_is_shorter_takes_the_rest_away(self, there: Staged) -> None:
        post, began = there.command(mode=Mode.TUNED)
        await there.answered()
        assert len(there.said(TEAM)) > 1
        place = Place("discord", GUILD, TEAM)
        there.made.desk.redo(place, began.original, post.place, Mode.RAG, None)
        await there.answered()
        assert [m.id for m in there.said(TEAM)] == [began.original]

    async def test_a_private_answer_is_one_message(self, there: Staged) -> None:
        _, began = there.command(private=True, mode=Mode.TUNED)
        await there.answered()
        assert [m.id for m in there.said(TEAM)] == [began.original]


# Without the response.


async def test_past_the_token_a_public_answer_is_posted_into_the_channel(there: Staged) -> None:
    there.command()
    there.world.clock.ahead_s += PAST_S
    await there.answered()
    [thinking, answer] = there.said(TEAM)
    assert thinking.is_deferred
    assert answer.content.startswith(f"> {LEAVE}\n")
    assert (ANSWER in answer.content, answer.ephemeral_for) == (True, "")


async def test_past_the_token_a_private_answer_goes_by_direct_message(there: Staged) -> None:
    there.command(private=True)
    there.world.clock.ahead_s += PAST_S
    await there.answered()
    [answer] = there.said(DM)
    assert ANSWER in answer.content
    assert ANSWER not in there.transcript(TEAM)


async def test_past_the_token_who_takes_no_direct_messages_is_told_nothing_in_public(
    there: Staged,
) -> None:
    there.command(private=True)
    there.world.clock.ahead_s += PAST_S
    there.fault(POST, status=403, code=50007, times=99)
    await there.answered()
    assert ANSWER not in there.transcript(TEAM)
    assert not there.said(DM)


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (404, 10015), (401, 50027), (404, 0)])
async def test_a_token_that_discord_does_not_take_is_not_tried_again(
    there: Staged, status: int, code: int
) -> None:
    there.world.clock.ahead_s -= UNDEFERRED_S
    there.command()
    there.fault(RESPONSE, status=status, code=code)
    await there.answered()
    assert ANSWER in there.said(TEAM)[-1].content
    tried = [c for c in there.world.ledger.calls if c.route.startswith("PATCH /webhooks")]
    assert len(tried) == 1


async def test_a_command_that_was_never_deferred_is_answered_in_the_channel(
    there: Staged,
) -> None:
    there.world.clock.ahead_s -= UNDEFERRED_S
    there.command(defer=False)
    await there.answered()
    [answer] = there.said(TEAM)
    assert answer.content.startswith(f"> {LEAVE}\n")


async def test_a_command_that_another_process_is_about_to_defer_is_answered_in_its_response(
    there: Staged,
) -> None:
    _, began = there.command(defer=False)
    answering = asyncio.create_task(there.answered())
    while not [c for c in there.world.ledger.calls if c.route.startswith("PATCH /webhooks")]:
        await asyncio.sleep(0.005)
    there.defer(began)
    await answering
    [answer] = there.said(TEAM)
    assert (answer.id, answer.content.startswith(f"> {LEAVE}\n")) == (began.original, True)


async def test_a_response_that_somebody_deleted_is_posted_anew(there: Staged) -> None:
    post, began = there.command()
    await there.answered()
    there.world.remove(there.said(TEAM)[0])
    there.made.desk.redo(
        Place("discord", GUILD, TEAM), began.original, post.place, Mode.TUNED, None
    )
    await there.answered()
    [answer] = there.said(TEAM)
    assert "Kindly" in answer.content


async def test_past_the_token_a_public_response_is_changed_by_the_bot(there: Staged) -> None:
    post, began = there.command()
    await there.answered()
    there.world.clock.ahead_s += PAST_S
    there.made.desk.redo(
        Place("discord", GUILD, TEAM), began.original, post.place, Mode.TUNED, None
    )
    await there.answered()
    [answer] = there.said(TEAM)
    assert (answer.id, "Kindly" in answer.content) == (began.original, True)


async def test_past_the_token_a_private_response_is_redone_by_direct_message(
    there: Staged,
) -> None:
    post, began = there.command(private=True)
    await there.answered()
    there.world.clock.ahead_s += PAST_S
    there.made.desk.redo(
        Place("discord", GUILD, TEAM), began.original, post.place, Mode.TUNED, None
    )
    await there.answered()
    assert "Kindly" in there.said(DM)[0].content


async def test_past_the_token_what_one_person_saw_whole_is_not_told_again(
    there: Staged,
) -> None:
    there.command(private=True)
    item, inbox = there.item(), there.made.inbox

    async def note(reply: Reply) -> None:
        inbox.note(item, reply)

    asked = await there.stage.question(item)
    interaction = await asyncio.to_thread(there.made.desk.assistant.ask, asked)
    inbox.answered(item, interaction.id)
    await there.stage.canvas(item, note).finish(interaction)
    inbox.give_back(item, timedelta(0), "the process was killed")
    there.world.clock.ahead_s += PAST_S
    await there.answered()
    [answer] = there.said(TEAM)
    assert (ANSWER in answer.content, there.said(DM)) == (True, [])


async def test_a_connection_that_breaks_doubles_nothing(there: Staged) -> None:
    _, began = there.command()
    there.fault(RESPONSE, cut="after", times=2)
    await there.answered()
    assert [m.id for m in there.said(TEAM)] == [began.original]


async def test_a_private_answer_is_shared_in_the_channel(there: Staged) -> None:
    post, began = there.command(private=True)
    await there.answered()
    known = there.made.desk.answered(Place("discord", GUILD, TEAM), began.original)
    assert known is not None
    assert known.interaction is not None
    there.made.desk.share(shared(known.item, post.place), known.interaction)
    await there.answered()
    answer = next(m for m in there.said(TEAM) if not m.ephemeral_for)
    assert ANSWER in answer.content


async def test_what_a_menu_asked_is_shared_in_a_thread_on_its_message(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", LEAVE)
    post, began = there.menu(TEAM, about=root)
    await there.answered()
    known = there.made.desk.answered(Place("discord", GUILD, TEAM), began.original)
    assert known is not None
    assert known.interaction is not None
    place = Place("discord", GUILD, TEAM, known.about)
    there.made.desk.share(shared(known.item, place), known.interaction)
    await there.answered()
    [answer] = there.said(root)
    assert (ANSWER in answer.content, post.about) == (True, root)


async def test_the_sign_that_the_bot_is_thinking_is_no_reply(there: Staged) -> None:
    there.command()
    assert await there.stage.posted(there.item()) == []


async def test_a_response_that_was_never_noted_is_found(there: Staged) -> None:
    _, began = there.command()
    item = there.item()
    await there.stage.canvas(item, nowhere).say("Not now.")
    assert await there.stage.posted(item) == [Reply(TEAM, began.original, 0)]


async def test_a_notice_to_a_command_shows_what_was_asked(there: Staged) -> None:
    there.command()
    await there.stage.canvas(there.item(), nowhere).say("Not now.")
    assert there.said(TEAM)[0].content == f"> {LEAVE}\nNot now."


async def nowhere(reply: Reply) -> None:
    """Nothing is noted: the bot dies."""
