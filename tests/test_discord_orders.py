"""What `/tandem` is told to do in Discord; it answers to who told it alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot import wording
from bot.posts import Post
from tests.discord.choosing import Choosing
from tests.discord.ids import PEOPLE

LEAVE = "How many days of leave do I get?"
BEN = PEOPLE["ben"]


async def test_help_and_status_are_told_to_who_asks(there: Choosing) -> None:
    helped = await there.people.command("ben", "general", "tandem help")
    assert "Mention me in a channel" in await there.said(helped)
    status = await there.people.command("ben", "general", "tandem status")
    assert "I am here. Nobody waits. I answer with " in await there.said(status)


async def test_a_channel_is_muted_and_listened_to_again(there: Choosing) -> None:
    post = Post("m1", "1", there.place("general"), BEN, LEAVE, datetime.now(UTC), addressed=True)
    muted = await there.people.command("ben", "general", "tandem mute")
    assert await there.said(muted) == wording.muted(thread=False)
    assert there.made.inbox.known(post).muted
    unmuted = await there.people.command("ben", "general", "tandem unmute")
    assert await there.said(unmuted) == wording.unmuted(thread=False)
    assert not there.made.inbox.known(post).muted


async def test_in_a_thread_only_that_is_muted(there: Choosing) -> None:
    root = await there.people.say("general", "ana", "Let us talk.")
    thread = await there.people.begin_thread("ana", root, "Talk")
    told = await there.people.command("ben", thread, "tandem mute")
    assert await there.said(told) == wording.muted(thread=True)
    place = there.place("general")
    known = [
        there.made.inbox.known(Post("m1", "1", at, BEN, LEAVE, datetime.now(UTC))).muted
        for at in (place, replace(place, thread=thread))
    ]
    assert known == [False, True]


async def test_who_wants_to_be_forgotten_is_asked_twice(there: Choosing) -> None:
    item = await there.asked("ben", LEAVE)
    interaction = there.answer(item)
    told = await there.people.command("ben", "general", "tandem forget-me")
    assert wording.FORGET_WHAT in await there.said(told)
    kept = await there.people.press("ben", told.message, wording.KEEP)
    assert kept.kind == "updated"
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, seen.buttons) == (wording.NOT_FORGOTTEN, ())
    assert there.made.store.interaction(interaction.id)


async def test_who_confirms_it_is_forgotten(there: Choosing) -> None:
    item = await there.asked("ben", LEAVE)
    there.answer(item)
    there.made.inbox.done(item)
    told = await there.people.command("ben", "general", "tandem forget-me")
    await there.people.press("ben", told.message, wording.FORGET_ME)
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, seen.buttons) == (wording.forgotten(1, 0), ())
    assert there.made.store.interactions() == []


async def test_what_is_learnt_from_is_a_choice_of_each_person(there: Choosing) -> None:
    told = await there.people.command("ben", "general", "tandem privacy")
    assert wording.LEARNING_ON in await there.said(told)
    await there.people.press("ben", told.message, wording.LEARN_LESS)
    seen = (await there.people.look()).message(told.message)
    assert wording.LEARNING_OFF in seen.content
    assert not there.made.desk.may_learn(BEN, there.place("general"))
    await there.people.press("ben", told.message, wording.LEARN_MORE)
    assert there.made.desk.may_learn(BEN, there.place("general"))
