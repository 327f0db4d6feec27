"""Where answers go in Discord, and that each stands there once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from bot import wording
from bot.conversation import Mode, Place
from bot.posts import Reply
from tests.bots import LEAVE as ANSWER
from tests.bots import Made
from tests.discord import acts
from tests.discord.answering import button_ids
from tests.discord.ids import CHANNELS, GUILD, direct_channel
from tests.discord.server import DiscordServer
from tests.discord.staging import BEN, LEAVE, TEAM, Staged, broken, shared, staged

DM = direct_channel(BEN)
BEGIN = "POST /channels/{channel}/messages/{message}/threads"


Opening = Callable[..., AbstractAsyncContextManager[Staged]]


@pytest.fixture
def opening(discord_server: DiscordServer, chooser: Made) -> Opening:
    return partial(staged, discord_server, chooser)


@pytest.fixture
async def there(opening: Opening) -> AsyncIterator[Staged]:
    async with opening() as there:
        yield there


# In a channel.


async def test_a_mention_is_answered_in_a_thread_that_is_named_after_the_question(
    there: Staged,
) -> None:
    post = there.ask(f"  {LEAVE}\nThanks!  ")
    await there.answered()
    [answer] = there.said(post.id)
    assert ANSWER in answer.content
    assert there.world.channel(post.id).name == f"{LEAVE} Thanks!"
    assert answer.reference is None
    assert there.said(TEAM) == []


async def test_a_long_question_still_names_a_thread(there: Staged) -> None:
    post = there.ask(f"{LEAVE} " * 40)
    await there.answered()
    assert there.world.channel(post.id).name.endswith("…")
    assert there.said(post.id)


async def test_a_thread_that_somebody_began_meanwhile_is_used(there: Staged) -> None:
    post = there.ask()
    acts.begin_thread(there.world, "ana", post.id, "Leave")
    await there.answered()
    assert len(there.said(post.id)) == 1


@pytest.mark.parametrize(("code", "status"), [(50013, 403), (160006, 400), (50024, 400)])
async def test_where_no_thread_can_be_begun_the_answer_is_a_reply(
    there: Staged, code: int, status: int
) -> None:
    post = there.ask()
    there.fault(BEGIN, code=code, status=status)
    await there.answered()
    [answer] = there.said(TEAM)
    assert answer.reference is not None
    assert answer.reference["message_id"] == post.id


async def test_who_may_begin_threads_but_not_write_in_them_answers_by_a_reply(
    there: Staged,
) -> None:
    post = there.ask()
    there.fault("POST /channels/{channel}/messages", code=50013, status=403)
    await there.answered()
    [answer] = there.said(TEAM)
    assert answer.reference is not None
    assert answer.reference["message_id"] == post.id
    assert (ANSWER in answer.content, there.said(post.id)) == (True, [])


async def test_a_thread_of_which_the_bot_did_not_hear_that_it_was_begun_is_begun_once(
    there: Staged,
) -> None:
    post = there.ask()
    there.fault(BEGIN, cut="after")
    await there.answered()
    assert len(there.said(post.id)) == 1


async def test_set_so_a_mention_is_answered_by_a_reply(opening: Opening) -> None:
    async with opening(answers="reply") as there:
        post = there.ask()
        await there.answered()
        [answer] = there.said(TEAM)
        assert answer.reference is not None
        assert answer.reference["message_id"] == post.id
        assert post.id not in there.world.channels


async def test_in_a_thread_the_answer_is_a_reply_there(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    post = there.ask(thread=thread)
    await there.answered()
    [answer] = there.said(thread)
    assert answer.reference is not None
    assert answer.reference["message_id"] == post.id


async def test_a_forum_post_is_answered_in_it(there: Staged) -> None:
    forum = CHANNELS["forum"]
    thread = acts.post_in_forum(there.world, "forum", "ben", "Leave", LEAVE)
    there.hear(thread, LEAVE, Place("discord", GUILD, forum, thread))
    await there.answered()
    [answer] = there.said(thread)
    assert answer.reference is None


async def test_in_a_chain_of_replies_the_answer_goes_on_in_it(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "You get some days of leave.")
    message = acts.say(there.world, "team", "ben", LEAVE, reply_to=root)
    there.hear(message, LEAVE, Place("discord", GUILD, TEAM, root))
    await there.answered()
    [answer] = there.said(TEAM)
    assert answer.reference is not None
    assert answer.reference["message_id"] == message


async def test_an_archived_thread_is_woken(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    there.ask(thread=thread)
    acts.archive(there.world, there.world.channel(thread))
    await there.answered()
    assert len(there.said(thread)) == 1


async def test_only_the_last_part_has_footer_and_thumbs_and_nothing_pings(
    there: Staged,
) -> None:
    post = there.ask()
    await there.answered()
    [answer] = there.said(post.id)
    assert len(answer.embeds) == 1
    assert any(id.startswith("tandem:vote:up:") for id in button_ids(answer))
    assert not any(id.startswith("tandem:stop:") for id in button_ids(answer))
    assert answer.pinged == []


async def test_a_redo_changes_the_answer_in_place(there: Staged) -> None:
    post = there.ask()
    await there.answered()
    [before] = there.said(post.id)
    place = Place("discord", GUILD, post.id)
    assert there.made.desk.redo(place, before.id, post.place, Mode.TUNED, None)
    await there.answered()
    [after] = there.said(post.id)
    assert (after.id, "Kindly send the numbers." in after.content) == (before.id, True)


async def test_a_deleted_question_takes_its_answer_along(there: Staged) -> None:
    post = there.ask()
    await there.answered()
    there.made.desk.remove("d1", post.place, post.id)
    await there.answered()
    assert there.said(post.id) == []


async def test_who_may_not_post_there_is_no_reason_to_try_for_ever(there: Staged) -> None:
    there.ask()
    for route in (BEGIN, "POST /channels/{channel}/messages"):
        there.fault(route, code=50013, status=403, times=99)
    await there.answered()
    assert there.said(TEAM) == []


# For one person.


async def test_a_direct_message_is_answered_plainly(there: Staged) -> None:
    there.ask(channel="@me")
    await there.answered()
    [answer] = there.said(DM)
    assert (ANSWER in answer.content, answer.reference) == (True, None)
    assert there.readers.asked == [f"@me alone {BEN}"]


async def test_a_private_answer_to_a_mention_goes_by_direct_message(there: Staged) -> None:
    post = there.ask(f"private: {LEAVE}")
    await there.answered()
    [answer] = there.said(DM)
    assert answer.content.startswith(f"> {LEAVE}\n\n")
    assert ANSWER in answer.content
    assert any(id.startswith("tandem:share:") for id in button_ids(answer))
    assert (there.said(TEAM), post.id in there.world.channels) == ([], False)
    assert there.readers.asked == [f"{GUILD} alone {BEN}"]


async def test_who_takes_no_direct_messages_is_told_so_and_the_answer_is_told_to_nobody(
    there: Staged,
) -> None:
    there.fault("POST /channels/{channel}/messages", code=50007, status=403, times=2)
    post = there.ask(f"private: {LEAVE}")
    await there.answered()
    [told] = there.said(TEAM)
    assert told.content == wording.NO_DIRECT
    assert told.reference is not None
    assert told.reference["message_id"] == post.id
    assert ANSWER not in there.transcript(TEAM)


async def test_a_private_answer_never_takes_the_place_of_a_public_message(
    there: Staged,
) -> None:
    there.fault("POST /channels/{channel}/messages", code=50007, status=403, times=2)
    post = there.ask(f"private: {LEAVE}")
    await there.answered()
    [told] = there.said(TEAM)
    place = Place("discord", GUILD, TEAM)
    assert there.made.desk.redo(place, told.id, post.place, Mode.RAG, None)
    await there.answered()
    assert there.said(TEAM) == []
    assert ANSWER in there.said(DM)[0].content


async def test_a_question_that_is_made_private_takes_its_public_answer_away(
    there: Staged,
) -> None:
    post = there.ask()
    await there.answered()
    acts.edit(there.world, post.id, f"private: {LEAVE}")
    there.hear(post.id, f"private: {LEAVE}", post.place, event="e2", edited=True)
    await there.answered()
    assert there.said(post.id) == []
    assert ANSWER in there.said(DM)[0].content


async def test_a_shared_answer_stands_in_the_thread_of_the_question(there: Staged) -> None:
    post = there.ask(f"private: {LEAVE}")
    await there.answered()
    [private] = there.said(DM)
    answered = there.made.desk.answered(Place("discord", GUILD, DM), private.id)
    assert answered is not None
    assert answered.interaction is not None
    there.made.desk.share(shared(answered.item, post.place), answered.interaction)
    await there.answered()
    [answer] = there.said(post.id)
    assert ANSWER in answer.content
    assert not any(id.startswith("tandem:share:") for id in button_ids(answer))


@pytest.mark.parametrize("answers", ["thread", "reply"])
async def test_a_shared_answer_can_be_asked_for_in_another_mode(
    opening: Opening, answers: str
) -> None:
    async with opening(answers=answers) as there:
        post = there.ask(f"private: {LEAVE}")
        await there.answered()
        [private] = there.said(DM)
        answered = there.made.desk.answered(Place("discord", GUILD, DM), private.id)
        assert answered is not None
        assert answered.interaction is not None
        there.made.desk.share(shared(answered.item, post.place), answered.interaction)
        await there.answered()
        where = post.id if answers == "thread" else TEAM
        [answer] = there.said(where)
        place = Place("discord", GUILD, where)
        assert there.made.desk.redo(place, answer.id, post.place, Mode.TUNED, None)
        await there.answered()
        assert [m.content for m in there.said(where)] == ["Kindly send the numbers."]


# Found again.


async def test_what_was_posted_and_never_noted_is_found_and_completed(there: Staged) -> None:
    post = there.ask()
    item = there.item()
    there.made.inbox.begin_posting(item)
    noted = list[Reply]()

    async def note(reply: Reply) -> None:
        noted.append(reply)

    canvas = there.stage.canvas(item, note)
    await canvas.piece("You get 27 days.\n" * 200)
    found = await there.stage.posted(item)
    assert [reply.message for reply in found] == [m.id for m in there.said(post.id)]
    assert [reply.part for reply in found] == [0, 1]


async def test_a_notice_that_was_never_noted_is_found_in_its_thread(there: Staged) -> None:
    post = there.ask()
    item = there.item()
    await there.stage.canvas(item, nowhere).say("I can answer no more questions today.")
    acts.say(there.world, post.id, "ana", "Oh.")
    found = await there.stage.posted(item)
    assert found == [Reply(post.id, there.said(post.id)[0].id, 0)]


async def test_a_reply_that_was_never_noted_is_found_in_its_channel(opening: Opening) -> None:
    async with opening(answers="reply") as there:
        there.ask()
        other = there.item()
        await there.stage.canvas(other, nowhere).say("Not now.")
        there.ask()
        item = there.item()
        await there.stage.canvas(item, nowhere).say("Not now.")
        found = await there.stage.posted(item)
        assert [reply.message for reply in found] == [there.said(TEAM)[1].id]


async def test_what_other_people_and_other_items_said_is_not_ours(there: Staged) -> None:
    root = acts.say(there.world, "team", "ana", "Leave, anybody?")
    thread = acts.begin_thread(there.world, "ana", root, "Leave")
    there.ask(thread=thread)
    await there.answered()
    there.ask(thread=thread)
    item = there.item()
    assert len(there.said(thread)) == 1
    assert await there.stage.posted(item) == []


async def test_where_nothing_can_be_looked_at_nothing_is_found(there: Staged) -> None:
    there.ask()
    item = there.item()
    there.fault("GET /channels/{channel}/messages", status=403, code=50001, times=9)
    assert await there.stage.posted(item) == []


async def nowhere(reply: Reply) -> None:
    """Nothing is noted: the bot dies."""


async def test_a_message_without_sense_does_not_keep_the_bot_from_answering(
    there: Staged,
) -> None:
    post = there.ask()
    item = there.item()
    acts.begin_thread(there.world, "ben", post.id, "Leave")
    there.world.post(broken(there, post.id))
    assert await there.stage.posted(item) == []
