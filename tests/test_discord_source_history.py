"""What people said in the local Discord, as the source reads it in pass after pass."""

from __future__ import annotations

import pytest

from knowledge.documents import Document
from tests.discord import acts, rooms
from tests.discord.chats import TEAM, Chat, chat_at
from tests.discord.ids import GUILD, PEOPLE
from tests.discord.server import DiscordServer
from tests.discord.things import Message
from tests.discord.threads import delete_thread
from tests.passes import keys, read


@pytest.fixture
def chat(discord_server: DiscordServer) -> Chat:
    return chat_at(discord_server)


# -- what is read --------------------------------------------------------------------


async def test_a_thread_is_a_document_with_who_answered_and_how_it_was_received(
    chat: Chat,
) -> None:
    question = chat.say("ana", "Who has the key, <@700000000000000001>?")
    thread = acts.begin_thread(chat.world, "ana", question, "The key")
    answer = chat.say("ben", "It is in <#600000000000000001>.", where=thread)
    acts.react(chat.world, "ana", answer, "✅")
    acts.react(chat.world, "pia", question, "👍")
    [one] = [item for item in await chat.next() if isinstance(item, Document)]
    assert one.key == f"{TEAM}/thread/{thread}"
    assert (one.title, one.url) == ("The key", f"https://discord.com/channels/{GUILD}/{thread}")
    assert one.text.split("\n\n") == [
        "Thread in #team by Ana on 2026-11-18; answered by Ben; solved.",
        "Who has the key, @Ben?",
        "Reactions: 👍 1.",
        "## Accepted answer by Ben on 2026-11-18",
        "It is in #general.",
        "Reactions: ✅ 1.",
    ]


async def test_what_is_said_outside_of_threads_is_parted_by_replies_and_silence(
    chat: Chat,
) -> None:
    kiln = chat.say("ana", "Is the kiln cold?")
    lunch = chat.say("ben", "Lunch?")
    chat.say("pia", "It is.", to=kiln)
    chat.later(minutes=30)
    chat.say("ben", "Who locks up?")
    chat.say("pia", "Me.")
    chat.say("ana", "Yes, pizza.", to=lunch)
    first, second = await chat.texts()
    assert [line for line in first.split("\n\n") if "#" not in line] == [
        "Is the kiln cold?", "Lunch?", "It is.", "Yes, pizza.",
    ]  # fmt: skip
    assert second.split("\n\n")[1:] == ["Who locks up?", "## Message by Pia on 2026-11-18", "Me."]


async def test_posts_of_a_forum_are_read_by_their_titles(discord_server: DiscordServer) -> None:
    chat = chat_at(discord_server, "forum")
    acts.post_in_forum(chat.world, "forum", "ana", "Cracks in the glaze", "Why does it crack?")
    [one] = [item for item in await chat.next() if isinstance(item, Document)]
    assert (one.title, "Why does it crack?" in one.text) == ("Cracks in the glaze", True)


async def test_what_is_written_beside_a_voice_channel_is_read(
    discord_server: DiscordServer,
) -> None:
    chat = chat_at(discord_server, "stage", "#stage")
    rooms.add_channel(chat.world, "stage", kind="voice")
    chat.say("ana", "My slides: page 3.", where="stage")
    assert len(await chat.texts()) == 1


async def test_what_bots_wrote_is_left_out_and_our_own_in_any_case(
    discord_server: DiscordServer,
) -> None:
    chat = chat_at(discord_server)
    chat.say("robo", "Build 7 is green.")
    chat.say("ana", "Who deploys?")
    chat.by_bot("Ben does, says the handbook.")
    chat.say("ben", "I do.")
    [text] = await chat.texts()
    assert ("I do." in text, "Build 7" in text, "handbook" in text) == (True, False, False)
    [text] = await chat_at(discord_server, bots=True).texts()
    assert "Build 7 is green." in text
    assert "handbook" not in text


async def test_a_question_that_only_our_bot_answered_is_no_document(chat: Chat) -> None:
    thread = acts.begin_thread(chat.world, "ana", chat.say("ana", "How many days?"), "Leave")
    chat.by_bot("30 days.", thread)
    assert await chat.texts() == []
    chat.say("ben", "31 from next year on.", where=thread)
    [text] = await chat.texts()
    assert "31 from next year on." in text


async def test_notices_of_discord_are_left_out(chat: Chat) -> None:
    chat.world.post(Message(chat.world.clock.snowflake(), TEAM, PEOPLE["ben"], "", type=7))
    chat.say("ana", "Welcome, Ben.")
    [text] = await chat.texts()
    assert text.startswith("Conversation in #team by Ana")


# -- what changes --------------------------------------------------------------------


async def test_a_pass_without_news_yields_what_is_held_and_asks_little(chat: Chat) -> None:
    thread = acts.begin_thread(chat.world, "ana", chat.say("ana", "One?"), "One")
    acts.archive(chat.world, chat.world.channel(thread))
    chat.say("ben", "Two.")
    held = keys(await chat.next())
    asked = chat.asked()
    items = await chat.next()
    assert (sorted(keys(items)), read(items)) == (sorted(held), {})
    assert chat.asked() - asked == 2  # the channel's, of which a page has two; none of threads


async def test_a_late_reply_comes_to_the_old_conversation_and_moves_no_key(chat: Chat) -> None:
    kiln = chat.say("ana", "Is the kiln cold?")
    chat.say("ben", "Nearly.")
    [key] = keys(await chat.next())
    chat.later(days=30)
    assert keys(await chat.next()) == [key]
    chat.say("pia", "Now it is.", to=kiln)
    told = read(await chat.next())
    assert list(told) == [key]
    assert all(words in told[key] for words in ("Is the kiln", "Nearly.", "Now it is."))
    assert read(await chat.next()) == {}
    chat.later(days=2)
    assert read(await chat.next()) == {}, "listed anew, it is the same"


async def test_what_is_added_to_an_old_conversation_is_followed_when_it_is_deleted(
    chat: Chat,
) -> None:
    kiln = chat.say("ana", "Is the kiln cold?")
    await chat.next()
    chat.later(days=30)
    await chat.next()
    late = chat.say("pia", "It is hot.", to=kiln)
    await chat.next()
    acts.edit(chat.world, late, "It is cold.")
    [text] = await chat.texts()
    assert "It is cold." in text
    acts.delete(chat.world, late)
    [text] = await chat.texts()
    assert "It is cold." not in text


async def test_edits_reactions_and_deletions_are_followed(chat: Chat) -> None:
    question = chat.say("ana", "Is it Tuesday?")
    wrong = chat.say("ben", "No.")
    thread = acts.begin_thread(chat.world, "pia", chat.say("pia", "Who?"), "Who")
    said = chat.say("ben", "Me.", where=thread)
    await chat.next()
    acts.edit(chat.world, question, "Is it Wednesday?")
    acts.delete(chat.world, wrong)
    acts.react(chat.world, "pia", said, "👍")
    thread_text, talk = await chat.texts()
    assert "Reactions: 👍 1." in thread_text
    assert ("Wednesday" in talk, "No." in talk) == (True, False)


async def test_a_deleted_thread_and_a_deleted_conversation_are_gone(chat: Chat) -> None:
    thread = acts.begin_thread(chat.world, "ana", chat.say("ana", "One?"), "One")
    chat.later(minutes=30)
    lost = chat.say("ben", "Two.")
    assert len(keys(await chat.next())) == 2
    acts.delete(chat.world, lost)
    delete_thread(chat.world, chat.world.channel(thread))
    [key] = keys(await chat.next())
    assert key.startswith(f"{TEAM}/talk/"), "what the thread began with is talk again"


async def test_a_deleted_archived_thread_is_gone_within_a_day(chat: Chat) -> None:
    thread = acts.begin_thread(chat.world, "ana", chat.say("ana", "One?"), "One")
    acts.archive(chat.world, chat.world.channel(thread))
    await chat.next()
    acts.delete(chat.world, thread)
    delete_thread(chat.world, chat.world.channel(thread))
    chat.later(days=1.1)
    assert keys(await chat.next()) == []


async def test_archived_threads_are_listed_over_all_pages(discord_server: DiscordServer) -> None:
    chat = chat_at(discord_server, loose=False)
    for number in range(5):
        thread = acts.begin_thread(chat.world, "ana", chat.say("ana", f"No. {number}?"), "T")
        acts.archive(chat.world, chat.world.channel(thread))
        chat.later(minutes=1)
    assert len(await chat.texts()) == 5
    assert chat.asked("GET /channels/{channel}/threads/archived/public") == 3
    acts.say(chat.world, thread, "ben", "Late, but here.")  # which opens it again
    [text] = await chat.texts()
    assert "Late, but here." in text
    assert len(chat.passes.held) == 5


async def test_the_question_is_gone_and_its_answers_stay(chat: Chat) -> None:
    question = chat.say("ana", "Who has the key?")
    thread = acts.begin_thread(chat.world, "ana", question, "The key")
    chat.say("ben", "Pia has.", where=thread)
    acts.delete(chat.world, question)
    [text] = await chat.texts()
    assert "without its first message" in text
