"""What every platform's bot says by itself: digests of gaps, and notes on answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.conversation import Place, Verdict
from bot.gaps.digest import queue_digest
from bot.posts import Heard
from bot.stale.finding import Finding
from bot.stale.parts import notes_in
from bot.stale.store import StaleStore
from tests.bots import pieces_of
from tests.discord.ids import CHANNELS, GUILD
from tests.platforms import Chat, Chatting, Said
from tests.slack.world import TEAM

ROOMS = {  # workspace and channel
    "slack": {name: (TEAM, f"C0{name.upper()}") for name in ("general", "team", "pay")},
    "discord": {name: (GUILD, id) for name, id in CHANNELS.items()},
}
CAPACITOR = "Where do we keep the spare flux capacitor?"
PHASER = "Who calibrates the broken phaser?"
WEEK = timedelta(days=7)


async def digest(chat: Chat, channel: str = "general") -> Heard:
    """Have one posted in a channel, and wait until it stands."""
    place = Place(chat.name, *ROOMS[chat.name][channel])
    heard = queue_digest(chat.bot.inbox, place, WEEK, datetime.now(UTC))
    for tell in chat.bot.desk.heard:
        tell()
    await chat.settled()
    return heard


async def asked_in_vain(chat: Chat, text: str, channel: str = "general") -> None:
    """A question that the sources do not answer."""
    await chat.answer_to(await chat.say("ben", f"@tandem {text}", channel=channel))


async def test_a_digest_tells_what_the_sources_did_not_answer(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    assert await digest(chat) is Heard.ACCEPTED
    told = await chat.transcript()
    assert "What I could not answer well" in told
    assert f"1. {CAPACITOR}" in told
    assert "asked once by 1 person (the sources don't say: 1)" in told


async def test_a_digest_of_a_day_stands_once(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    await digest(chat)
    await digest(chat)
    assert (await chat.transcript()).count("What I could not answer well") == 1


async def test_where_all_was_answered_no_digest_is_posted(chat: Chat) -> None:
    await chat.answer_to(await chat.say("ben", "@tandem How many days of leave do I get?"))
    before = await chat.signs()
    await digest(chat)
    assert await chat.signs() == before
    assert "nothing_new" in [str(one.reason) for one in chat.bot.inbox.silences()]


async def test_a_digest_tells_other_channels_what_open_ones_asked(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    await digest(chat, "team")
    assert CAPACITOR in await chat.transcript("team")


async def test_a_digest_quotes_no_closed_channel_elsewhere(chat: Chat) -> None:
    await asked_in_vain(chat, PHASER, "pay")
    await digest(chat)
    told = await chat.transcript()
    assert "phaser" not in told
    assert "1 question from 1 person" in told
    assert "None of them may be quoted here." in told


async def test_a_digest_in_a_closed_channel_quotes_it(chat: Chat) -> None:
    await asked_in_vain(chat, PHASER, "pay")
    await digest(chat, "pay")
    assert f"1. {PHASER}" in await chat.transcript("pay")


async def test_a_digest_quotes_no_private_question(chat: Chat) -> None:
    await chat.say("ben", f"@tandem private: {PHASER}")
    await chat.alone("ben")
    await digest(chat)
    assert f"1. {PHASER}" not in await chat.transcript()


async def test_a_digest_does_not_quote_who_wants_nothing_learned(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    asker = chat.bot.store.interactions()[0].question.asker
    chat.bot.desk.choose(asker, Place(chat.name), may_learn=False)
    await digest(chat, "team")
    assert "capacitor" not in await chat.transcript("team")


async def test_a_digest_names_only_pages_that_its_channel_may_read(chat: Chat) -> None:
    asked = await chat.say("pia", "@tandem When are the salaries paid?", channel="pay")
    await chat.vote("pia", (await chat.answer_to(asked)).last, Verdict.DOWN)
    await asked_in_vain(chat, "How high are salaries?")
    await digest(chat)
    told = await chat.transcript()
    assert "How high are salaries?" in told
    assert "Salaries" not in told
    await digest(chat, "pay")
    assert "See also: Salaries" in await chat.transcript("pay")


async def test_a_digest_leaves_out_what_a_page_says_by_now(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    await asked_in_vain(chat, PHASER)
    chat.bot.pages["handbook"]["stores"] = "We keep the spare flux capacitor in the cellar."
    before = len(chat.bot.store.interactions())
    await digest(chat)
    told = await chat.transcript()
    assert f"1. {PHASER}" in told
    assert "Left out: 1 question that I can answer meanwhile." in told
    assert f"1. {CAPACITOR}" not in told
    assert len(chat.bot.store.interactions()) == before  # to ask again is nobody's question


async def test_a_page_that_the_asker_may_not_read_answers_nothing(chat: Chat) -> None:
    await asked_in_vain(chat, CAPACITOR)
    chat.bot.pages["payroll"]["stores"] = "We keep the spare flux capacitor in the cellar."
    await digest(chat, "pay")
    assert f"1. {CAPACITOR}" in await chat.transcript("pay")


# -- answers whose sources changed -----------------------------------------------------

LEAVES, LEAVE = "How many days of leave do I get?", "You get 27 days of leave."
STALE = "What I answered here no longer holds"


def synced(chat: Chat) -> int:
    """A sync has ended: how many answers wait to be checked."""
    pages = chat.bot.pages["handbook"]
    finding = Finding(
        StaleStore(chat.bot.sessions),
        chat.bot.inbox,
        pieces_of(chat.bot.pages),
        lambda one: notes_in(one, chat.bot.settings),
        timedelta(days=14),
        lambda _: None,
    )
    return finding.after_sync("handbook", lambda: dict(pages))


async def changed(chat: Chat, leave: str | None) -> int:
    """The page says something else, or is gone (None), and was synced."""
    if leave is None:
        del chat.bot.pages["handbook"]["leave"]
    else:
        chat.bot.pages["handbook"]["leave"] = leave
    line = synced(chat)
    for tell in chat.bot.desk.heard:
        tell()
    await chat.settled()
    return line


async def answered(chat: Chat, text: str = f"@tandem {LEAVES}") -> Said:
    """A question with its answer, on which a sync found nothing to do."""
    said = await chat.say("ben", text)
    assert LEAVE in (await chat.answer_to(said)).text
    assert synced(chat) == 0
    return said


async def test_an_answer_that_no_longer_holds_is_corrected_in_its_thread(chat: Chat) -> None:
    said = await answered(chat)
    assert await changed(chat, "You get 30 days of leave.") == 1
    stands = await chat.answer_to(said)
    assert STALE in stands.text
    assert "You get 30 days of leave." in stands.last.text
    assert stands.last.thumbs == 1


async def test_an_answer_whose_page_is_gone_is_corrected(chat: Chat) -> None:
    said = await answered(chat)
    await changed(chat, None)
    assert "say it no more" in (await chat.answer_to(said)).text


async def test_an_answer_is_corrected_once(chat: Chat) -> None:
    said = await answered(chat)
    await changed(chat, "You get 30 days of leave.")
    assert synced(chat) == 0
    assert (await chat.answer_to(said)).text.count(STALE) == 1


async def test_an_answer_that_still_holds_gets_no_note(chat: Chat) -> None:
    said = await answered(chat)
    before = await chat.signs()
    assert await changed(chat, f"Welcome. {LEAVE} Ask Pia.") == 0
    assert await changed(chat, "Of leave, you get 27 days.") == 1  # looked at, and found to hold
    assert await chat.signs() == before
    assert await changed(chat, "You get 28 days of leave.") == 1
    assert STALE in (await chat.answer_to(said)).text


async def test_a_private_answer_is_corrected_in_private(chat: Chat) -> None:
    await chat.say("ben", f"@tandem private: {LEAVES}")
    assert LEAVE in (await chat.alone("ben")).text
    await changed(chat, "You get 30 days of leave.")
    assert STALE in (await chat.alone("ben")).text
    assert STALE not in await chat.transcript()


async def test_a_deleted_question_gets_no_note_and_one_that_stands_goes(chat: Chat) -> None:
    said, other = await answered(chat), await answered(chat)
    await chat.delete(said)
    await chat.settled()
    assert await changed(chat, "You get 30 days of leave.") == 1
    assert STALE in (await chat.answer_to(other)).text
    await chat.delete(other)
    await chat.settled()
    assert STALE not in await chat.transcript()
    assert chat.bot.store.interactions() == []


async def test_who_was_forgotten_gets_no_note(chat: Chat) -> None:
    await answered(chat)
    chat.bot.pages["handbook"]["leave"] = "You get 30 days of leave."
    assert synced(chat) == 1
    asker = chat.bot.store.interactions()[0].question.asker
    chat.bot.desk.forget(asker, Place(chat.name))
    await chat.settled()
    assert STALE not in await chat.transcript()
    assert chat.bot.store.interactions() == []


async def test_a_muted_thread_gets_no_note(chat: Chat) -> None:
    said = await answered(chat)
    await chat.answer_to(await chat.say("ben", "@tandem mute", said))
    await changed(chat, "You get 30 days of leave.")
    assert STALE not in await chat.transcript()


async def test_a_channel_that_is_set_so_gets_no_note(chatting: Chatting) -> None:
    channels = {room[1]: False for rooms in ROOMS.values() for room in rooms.values()}
    async with chatting(given={"stale": {"channels": channels}}) as chat:
        await answered(chat)
        assert await changed(chat, "You get 30 days of leave.") == 0
        assert STALE not in await chat.transcript()
