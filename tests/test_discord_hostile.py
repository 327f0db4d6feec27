"""Whatever Discord tells: the bot goes on, says so in a line, and answers what is fine."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from discord.state import AutoShardedConnectionState
from hypothesis import HealthCheck, Phase, given, settings

from bot import wording
from bot.conversation import Verdict
from bot.platforms.discord import controls
from tests.bots import Made, made
from tests.discord import acts, events, orders
from tests.discord.bots import listening, quiet
from tests.discord.hostile import (
    ANSWER_ME,
    FORGED,
    NASTY,
    SECRET,
    VALID,
    Batch,
    batches,
    everything_about,
    fresh,
)
from tests.discord.ids import BOT, CHANNELS, GUILD, OTHER_GUILD, PEOPLE
from tests.discord.interactions import Outcome
from tests.discord.people import People, people_at
from tests.discord.seen import Seen, Shown
from tests.discord.server import DiscordServer, serving
from tests.discord.things import Message
from tests.hostile import deep

PARSED = [
    name.removeprefix("parse_").upper()
    for name in dir(AutoShardedConnectionState)
    if name.startswith("parse_") and name not in ("parse_ready", "parse_resumed")
]
NAMES = [*PARSED, "OF_NO_KIND"]
WHOLE = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # each takes a second or two: none is made smaller
)


class Lines(logging.Handler):
    """What is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records = list[logging.LogRecord]()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def bad(self) -> list[str]:
        """The lines with a stack trace, with people's words, or longer than one can read."""
        told = [(record, record.getMessage()) for record in self.records]
        return [
            f"{record.name}: {line[:2_000]} {record.exc_text or record.exc_info}"
            for record, line in told
            if record.exc_info or len(line) > 2_000 or SECRET in line
        ]

    @property
    def warnings(self) -> list[str]:
        """What the operator is warned of."""
        return [r.getMessage() for r in self.records if r.levelno >= logging.WARNING]


@contextmanager
def logged() -> Iterator[Lines]:
    """What is logged in the block."""
    lines, root = Lines(), logging.getLogger()
    root.addHandler(lines)
    try:
        yield lines
    finally:
        root.removeHandler(lines)


@dataclass
class Told:
    """A bot in a Discord of its own, and the hand that tells it anything."""

    server: DiscordServer
    people: People
    bot: Made

    def tell(self, name: str, payload: Any) -> None:
        """Tell an event, with ids that are new."""
        orders.emit(self.server.sockets, {"t": name, "d": fresh(self.server, payload)})

    async def still_answers(self) -> None:
        """A plain question is answered, after all that was told."""
        await quiet(self.people)
        id = await self.people.say("team", "ana", ANSWER_ME)
        await self.people.wait_for(lambda seen: replied(seen, id))


def replied(seen: Seen, id: str) -> bool:
    """Does a whole answer stand in the thread on a message, or in reply to it?"""
    here = [m for m in seen.messages if id in (m.channel, m.replies_to)]
    return any("27 days" in m.content and len(m.buttons) > 1 for m in here)


@asynccontextmanager
async def told_anything() -> AsyncIterator[Told]:
    """A bot that listens, with a database of its own."""
    with tempfile.TemporaryDirectory() as home, made(Path(home)) as bot:
        async with (
            serving() as server,
            people_at(server.base) as people,
            listening(bot, people),
        ):
            yield Told(server, people, bot)


def survived(sent: Batch) -> list[str]:
    """What was logged badly while all this was told, and a plain question answered after it."""

    return asyncio.run(after(sent)).bad


async def after(sent: Batch) -> Lines:
    """What was logged."""
    with logged() as lines:
        async with told_anything() as there:
            for name, payload in sent.events:
                there.tell(name, payload)
            await there.still_answers()
        return lines


@given(batches(NAMES, 30, 60))
@settings(WHOLE, max_examples=3)
def test_after_any_spoiled_events_a_plain_question_is_answered(sent: Batch) -> None:
    assert survived(sent) == []


@pytest.mark.soak
@given(batches(NAMES, 60, 120))
@settings(WHOLE, max_examples=60)
def test_after_many_spoiled_events_a_plain_question_is_answered(sent: Batch) -> None:
    assert survived(sent) == []


def test_valid_events_about_what_nobody_knows_are_no_trouble() -> None:
    lines = asyncio.run(after(Batch(VALID)))
    assert lines.bad == []
    assert [line for line in lines.warnings if "skipped" in line] == [], "they are valid"


# -- what people write ---------------------------------------------------------------------


async def test_tricky_words_get_an_answer_a_notice_or_silence() -> None:
    with logged() as lines:
        async with told_anything() as there:
            for text in NASTY:
                await there.people.say("general", "ben", f"<@{BOT}> {text}")
            await there.people.say("dm-ben", "ben", NASTY[-2])
            await there.still_answers()
            assert await there.people.pings() == []
    assert lines.bad == []


@pytest.mark.soak
@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
async def test_tricky_words_through_every_door(text: str) -> None:
    with logged() as lines:
        async with told_anything() as there:
            said = await there.people.say("general", "ben", f"<@{BOT}> {text}")
            await there.people.edit(said, f"<@{BOT}> leave? {text}")
            await there.people.say("dm-ben", "ben", text or "x")
            words = {"question": text[:6_000]}
            await there.people.command("ben", "general", "ask", words)
            await there.people.command("ben", "general", "tuned", {"text": words["question"]})
            await there.people.menu("ben", "general", said, "Ask Tandem about this")
            await there.people.post_in_forum("forum", "ben", text[:100], f"<@{BOT}> {text}")
            await there.still_answers()
            assert await there.people.pings() == []
    assert lines.bad == []


async def test_forty_thousand_characters_are_refused_politely() -> None:
    async with told_anything() as there:
        await there.people.say("general", "ben", f"<@{BOT}> " + "leave " * 6_664)
        await there.people.wait_for(lambda seen: "characters long, and I read at most" in seen)
        assert there.bot.asked == []


async def test_names_with_markup_ping_nobody_and_force_nothing() -> None:
    name = "@everyone <@&1> tuned: ||x||"[:32]
    with logged() as lines:
        async with told_anything() as there:
            people = there.people
            mal = await people.add_person(name, guild=GUILD)
            role = await people.add_role(name)
            room = await people.add_channel(name)
            id = await people.say(room, mal, f"{ANSWER_ME} <@&{role}> <#{room}>")
            await people.wait_for(lambda seen: replied(seen, id))
            assert await people.pings() == []
            assert [question.mode.value for question in there.bot.asked] == ["auto"]
    assert lines.bad == []


async def test_what_hangs_on_a_message_is_never_fetched_and_says_nothing() -> None:
    async with told_anything() as there:
        world = there.server.world
        message = Message(world.clock.snowflake(), CHANNELS["general"], PEOPLE["ben"], ANSWER_ME)
        message.mentions = [BOT]
        world.post(message)
        told = events.message_payload(world, message, gateway=True)
        more = everything_about({**told, "content": "tuned: rewrite this"})
        del more["webhook_id"]
        world.tell("MESSAGE_CREATE", {**told, **more}, GUILD)
        await there.people.wait_for(lambda seen: replied(seen, message.id))
        [question] = there.bot.asked
        assert question.text == "How many days of leave do I get?"


async def test_a_webhook_that_poses_as_a_person_is_a_bot() -> None:
    async with told_anything() as there:
        world = there.server.world
        message = Message(world.clock.snowflake(), CHANNELS["general"], PEOPLE["ben"], ANSWER_ME)
        message.mentions = [BOT]
        world.post(message)
        told = events.message_payload(world, message, gateway=True)
        world.tell("MESSAGE_CREATE", {**told, "webhook_id": "1"}, GUILD)
        await there.still_answers()
        assert [question.asker for question in there.bot.asked] == [PEOPLE["ana"]]


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 18, 21, 24, 46, 99])
async def test_system_messages_ask_nothing(kind: int) -> None:
    async with told_anything() as there:
        world = there.server.world
        message = Message(
            world.clock.snowflake(), CHANNELS["general"], PEOPLE["ben"], ANSWER_ME, kind
        )
        message.mentions = [BOT]
        acts.posted(world, message)
        await quiet(there.people)
        assert not there.bot.inbox.waiting("discord")
        assert not (await there.people.look()).by_bot()


# -- what they press -----------------------------------------------------------------------


async def forged(there: Told, person: str, channel: str, custom_id: str) -> Outcome:
    """Somebody presses a button of ours that carries what they like."""
    world = there.server.world
    where = world.channel(channel).id
    message = Message(world.clock.snowflake(), where, BOT, "x")
    button = {"type": 2, "id": 2, "style": 1, "label": "x", "custom_id": custom_id}
    message.components = [{"type": 1, "id": 1, "components": [button]}]
    world.post(message)
    return await there.people.press(person, message.id, custom_id)


async def answered(there: Told, person: str = "ben") -> int:
    """Ask, and give the number of the interaction."""
    id = await there.people.say("general", person, ANSWER_ME)
    await there.people.wait_for(lambda seen: replied(seen, id))
    return there.bot.store.interactions(1)[0].id


async def elsewhere(there: Told) -> None:
    """Ana also is where the bot is of another team."""
    await there.people.add_guild(OTHER_GUILD, "other")


FORGERIES = ("other/general", "dm-ana")


@pytest.mark.parametrize("channel", FORGERIES)
async def test_a_forged_number_is_judged_nowhere_else(channel: str) -> None:
    async with told_anything() as there:
        await elsewhere(there)
        number = await answered(there)
        for verdict in Verdict:
            told = await forged(there, "ana", channel, controls.vote(verdict, number))
            said = (await there.people.look()).message(told.message)
            assert (told.kind, said.content) == ("answered", wording.NO_ANSWER_HERE)
        assert there.bot.store.verdicts(number) == []


@pytest.mark.parametrize("channel", FORGERIES)
async def test_a_forged_form_corrects_nothing(channel: str) -> None:
    async with told_anything() as there:
        await elsewhere(there)
        first, number = await answered(there), await answered(there, "ana")
        told = await forged(there, "ana", channel, controls.vote(Verdict.DOWN, number))
        assert told.modal is not None
        opener = there.server.world.interactions[told.token]
        assert opener.modal is not None
        opener.modal["custom_id"] = controls.reason(first)
        told = await there.people.submit("ana", {"correction": "None at all."})
        seen = await there.people.wait_for(lambda seen: not seen.message(told.message).deferred)
        said = seen.message(told.message)
        assert said.content == wording.NO_ANSWER_HERE
        assert there.bot.store.verdicts(first) == []
        await forged(there, "ana", channel, controls.withdraw(Verdict.DOWN, first))


async def test_who_asked_judges_anywhere() -> None:
    async with told_anything() as there:
        number = await answered(there)
        await forged(there, "ben", "dm-ben", controls.vote(Verdict.UP, number))
        assert [v.verdict for v in there.bot.store.verdicts(number)] == [Verdict.UP]


async def test_buttons_that_carry_nonsense_are_told_of() -> None:
    with logged() as lines:
        async with told_anything() as there:
            for custom_id in FORGED:
                told = await forged(there, "ben", "general", custom_id)
                assert told.kind != "failed", custom_id
            await there.still_answers()
    assert lines.bad == []
    assert any("none of ours" in line for line in lines.warnings)


# -- what Discord itself, or what stands before it, says -----------------------------------

ROUTES = (
    "POST /channels/{channel}/messages",
    "POST /channels/{channel}/messages/{message}/threads",
    "POST /channels/{channel}/typing",
    "GET /channels/{channel}/messages",
    "PATCH /channels/{channel}/messages/{message}",
)
JSON = "application/json"
ODD_ANSWERS = {
    "a page": ("<html>Just a moment…</html>", "text/html"),
    "null": ("null", JSON),
    "half": ('{"id": "1", "channel_id"', JSON),
    "a list": ("[1]", JSON),
    "nothing in it": ("{}", JSON),
    "of other types": ('{"id": {}, "channel_id": [], "author": 5, "type": "x"}', JSON),
    "deep": (deep(20_000), JSON),
    "huge": ('{"id": "' + "9" * 1_000_000 + '"}', JSON),
}


async def stands_once(there: Told) -> None:
    """A question gets one answer, and so does the next in its thread, whose history is read."""
    id = await there.people.say("general", "ben", ANSWER_ME)
    await there.people.wait_for(lambda seen: len(answers(seen)) == 1)
    await there.people.say("general", "ben", ANSWER_ME, thread=id)
    seen = await there.people.wait_for(lambda seen: len(answers(seen)) >= 2)
    assert len(answers(seen)) == 2, seen.text


def answers(seen: Seen) -> list[Shown]:
    """The whole answers that stand."""
    return [m for m in seen.by_bot() if "27 days" in m.content and len(m.buttons) > 1]


async def test_an_answer_without_sense_leads_to_one_answer_all_the_same() -> None:
    with logged() as lines:
        async with told_anything() as there:
            for route, (words, kind) in zip(ROUTES, ODD_ANSWERS.values(), strict=False):
                await there.people.fault(route, instead=words, content_type=kind)
            await stands_once(there)
            await there.still_answers()
            assert there.server.world.faults.coming == [], "each was told"
    assert lines.bad == []


@pytest.mark.soak
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
async def test_each_answer_without_sense_leads_to_one_answer(
    route: str, answer: tuple[str, str]
) -> None:
    words, kind = answer
    with logged() as lines:
        async with told_anything() as there:
            await there.people.fault(route, instead=words, content_type=kind)
            await stands_once(there)
            await there.still_answers()
            assert there.server.world.faults.coming == [], "it was told"
    assert lines.bad == []


@pytest.mark.parametrize("status", [400, 403])
async def test_a_page_of_a_proxy_is_a_refusal(status: int) -> None:
    with logged() as lines:
        async with told_anything() as there:
            page = f"<html>{'x' * 5_000}</html>"
            await there.people.fault(ROUTES[0], status=status, instead=page, times=20)
            await there.people.say("general", "ben", ANSWER_ME)
            await there.people.wait_for_calls(ROUTES[0])
            await there.people.wait_for(lambda _: not there.bot.inbox.waiting("discord"))
            await there.people.clear_faults()
            await there.still_answers()
    assert lines.bad == []


async def test_a_command_whose_response_makes_no_sense_is_answered() -> None:
    callback = "POST /interactions/{interaction}/{token}/callback"
    response = "PATCH /webhooks/{application}/{token}/messages/@original"
    with logged() as lines:
        async with told_anything() as there:
            for words, kind in (("<html>", "text/html"), ("{}", JSON)):
                for route in (callback, response):
                    await there.people.fault(route, instead=words, content_type=kind)
                await there.people.command("ben", "general", "ask", {"question": "days of leave?"})
            await there.people.wait_for(lambda seen: seen.text.count("[👍]") >= 2)
            assert there.server.world.faults.coming == [], "each was told"
    assert lines.bad == []


async def test_frames_that_make_no_sense_lose_nothing() -> None:
    with logged() as lines:
        async with told_anything() as there:
            for frame in ("hello?", "[]", '{"op": 0, "t": null}', deep(20_000)):
                await there.people.send(frame)
            await there.people.send_bytes(b"\x00garbled\x00\x00\xff\xff")
            await there.still_answers()
    assert lines.bad == []
    assert any("garbled" in line for line in lines.warnings)
