"""Who sees what on every platform: private answers, sharing, spaces, what is kept of people."""

from __future__ import annotations

from tests.fakes import FakeBackend
from tests.platforms import SHARE, Chat, Chatting, Knowing, counted, kept

LEAVES = "How many days of leave do I get?"
LEAVE = "You get 27 days of leave."
PAID = "When are the salaries paid?"
LEARNED = "What is said in this channel may be learned from."
NOT_LEARNED = "Nothing that is said in this channel is learned from."
SILENT = ["C0GENERAL", "600000000000000001"]  # "general" of Slack and of Discord
SALARIES = "The salaries are paid on the 25th of the month."


def told(chat: Chat) -> str:
    """All that the model was ever told."""
    assert isinstance(chat.bot.backend, Knowing)
    return chat.bot.backend.told


# -- answers for one person ------------------------------------------------------------


async def test_a_private_answer_goes_to_the_asker_alone(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem private: {LEAVES}")
    alone = await chat.alone("ben")
    assert LEAVE in alone.text
    assert SHARE in alone.last.buttons
    assert (await chat.answer_to(asked)).parts == ()
    assert LEAVE not in await chat.transcript()


async def test_a_private_answer_in_a_thread_knows_its_turns(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.answer_to(asked)
    again = await chat.say("ben", "only me: When is lunch served?", asked)
    assert "at noon" in (await chat.alone("ben")).text
    assert (await chat.answer_to(again)).parts == ()
    assert len(chat.bot.asked[-1].thread) == 2


async def test_a_private_command_is_answered_to_the_asker_alone(chat: Chat) -> None:
    await chat.command_privately("ben", "ask", f"private: {LEAVES}")
    assert LEAVE in (await chat.alone("ben")).text
    assert LEAVES not in await chat.transcript()


async def test_a_private_answer_is_shared_in_the_thread_of_its_question(
    chat: Chat,
) -> None:
    asked = await chat.say("ben", f"@tandem private: {LEAVES}")
    await chat.press("ben", (await chat.alone("ben")).last, SHARE)
    shared = await chat.answer_to(asked)
    assert LEAVE in shared.text
    assert shared.last.thumbs == 1
    assert SHARE not in shared.last.buttons


async def test_an_answer_that_is_shared_twice_stands_once(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem private: {LEAVES}")
    alone = await chat.alone("ben")
    for _ in range(2):
        await chat.press("ben", alone.last, SHARE)
        await chat.settled()
    assert len((await chat.answer_to(asked)).parts) == 1


async def test_what_a_channel_may_not_read_is_not_shared_there(chat: Chat) -> None:
    asked = await chat.say("pia", f"@tandem private: {PAID}")
    alone = await chat.alone("pia")
    assert SALARIES in alone.text
    await chat.press("pia", alone.last, SHARE)
    assert "not everyone who reads that channel may read payroll" in (await chat.alone("pia")).text
    assert (await chat.answer_to(asked)).parts == ()
    assert "25th" not in await chat.transcript()


async def test_a_shared_answer_goes_with_its_question(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem private: {LEAVES}")
    await chat.press("ben", (await chat.alone("ben")).last, SHARE)
    await chat.answer_to(asked)
    await chat.delete(asked)
    assert (await chat.answer_to(asked)).parts == ()
    assert LEAVE not in (await chat.alone("ben")).text
    assert counted(chat.bot.settings.home, "interaction") == 0


# -- spaces ----------------------------------------------------------------------------


async def test_a_space_answers_in_its_channel(chat: Chat) -> None:
    asked = await chat.say("ben", f"@tandem {PAID}", channel="pay")
    assert SALARIES in (await chat.answer_to(asked)).text


async def test_a_space_is_silent_elsewhere_whoever_asks(chat: Chat) -> None:
    for person in ("ben", "pia"):
        asked = await chat.say(person, f"@tandem {PAID}", channel="general")
        assert "don't say" in (await chat.answer_to(asked)).text
    assert "25th" not in told(chat)
    assert "25th" not in await chat.transcript()
    assert "25th" not in kept(chat.bot.settings.home)


async def test_a_member_of_a_space_reads_it_in_a_direct_message(chat: Chat) -> None:
    asked = await chat.say("pia", PAID, channel="dm")
    assert SALARIES in (await chat.answer_to(asked)).text


async def test_who_is_no_member_of_a_space_does_not(chat: Chat) -> None:
    asked = await chat.say("ana", PAID, channel="dm")
    assert "don't say" in (await chat.answer_to(asked)).text
    assert "25th" not in told(chat)


async def test_a_command_reads_what_its_channel_may(chat: Chat) -> None:
    asked = await chat.command("pia", "ask", PAID, channel="general")
    assert "25th" not in (await chat.answer_to(asked)).text
    there = await chat.command("pia", "ask", PAID, channel="pay")
    assert SALARIES in (await chat.answer_to(there)).text


# -- what is kept ----------------------------------------------------------------------


async def test_privacy_and_forget_me_by_mention_are_answered_to_the_person_alone(
    chat: Chat,
) -> None:
    asked = await chat.say("ben", "@tandem privacy")
    assert "are kept by those who run Tandem" in (await chat.alone("ben")).text
    assert (await chat.answer_to(asked)).parts == ()


async def test_who_writes_privacy_off_is_told_alone_how_to_choose(chat: Chat) -> None:
    asked = await chat.say("ben", "@tandem privacy off")
    assert "To change that, open my home tab" in (await chat.alone("ben")).text
    assert (await chat.answer_to(asked)).parts == ()
    assert chat.bot.asked == []


async def test_forget_me_by_mention_deletes_what_the_person_said(chat: Chat) -> None:
    await chat.answer_to(await chat.say("ben", f"@tandem {LEAVES} Yours, Benedict Cumulus"))
    await chat.say("ben", "@tandem forget-me")
    assert "Deleted: 1 question, 0 votes." in (await chat.alone("ben")).text
    assert "Cumulus" not in kept(chat.bot.settings.home)


async def test_forget_me_by_command_deletes_what_the_person_said(chat: Chat) -> None:
    await chat.answer_to(await chat.say("ben", f"@tandem {LEAVES} Yours, Benedict Cumulus"))
    assert "Deleted: 1 question" in await chat.order("ben", "forget-me")
    assert "Cumulus" not in kept(chat.bot.settings.home)


async def test_status_counts_the_sources_that_its_readers_may_read(chat: Chat) -> None:
    assert "read 2 sources for you." in await chat.order("ana", "status")
    assert "read 3 sources for you." in await chat.order("pia", "status")
    for channel, read in (
        ("general", "2 sources for all who read this"),
        ("pay", "3 sources for all who read this"),
        ("dm", "3 sources for you"),
    ):
        said = await chat.say("pia", "@tandem status", channel=channel)
        assert f"read {read}." in (await chat.answer_to(said)).text


async def test_a_channel_says_whether_it_is_learned_from(chat: Chat) -> None:
    for order in ("privacy", "status"):
        assert LEARNED in await chat.order("ben", order)
    assert "From now on I learn nothing" in await chat.order("ana", "privacy-channel-off")
    for order in ("privacy", "status"):
        assert NOT_LEARNED in await chat.order("ben", order)
        assert LEARNED in await chat.order("ben", order, channel="team")
    assert "the thumbs here teach me" in await chat.order("ben", "privacy-channel-on")
    assert LEARNED in await chat.order("ben", "privacy")


async def test_a_channel_that_is_not_learned_from_is_that_of_its_questions(chat: Chat) -> None:
    told = await chat.answer_to(await chat.say("ben", "@tandem privacy channel off"))
    assert "From now on I learn nothing" in told.text
    await chat.answer_to(await chat.say("ben", f"@tandem {LEAVES}"))
    await chat.answer_to(await chat.say("ben", f"@tandem {LEAVES}", channel="team"))
    learned = [chat.bot.desk.learns_in(asked.place) for asked in chat.bot.asked]
    assert learned == [False, True]


async def test_a_person_alone_is_told_of_their_own_words_beside(chat: Chat) -> None:
    await chat.order("ana", "privacy-channel-off")
    told = await chat.order("ben", "privacy")
    assert "Your questions and votes may be used" in told


async def test_what_the_settings_say_of_a_channel_no_order_changes(chatting: Chatting) -> None:
    async with chatting(given={"learning": {"silent_channels": SILENT}}) as chat:
        for order in ("privacy-channel-on", "privacy-channel-off"):
            assert "They alone can change that" in await chat.order("ben", order)
        assert NOT_LEARNED in await chat.order("ben", "privacy")
        assert LEARNED in await chat.order("ben", "privacy", channel="team")


async def test_generated_words_cannot_ping(chatting: Chatting) -> None:
    writer = FakeBackend("<!channel> and @everyone, ", "see <@U0ANA> and @here.")
    async with chatting(writer=writer) as chat:
        asked = await chat.say("ben", "@tandem tuned: wake them up")
        assert (await chat.answer_to(asked)).text
        assert await chat.pings() == []
