"""What is said in Discord while the bot is away is heard when it is back: once, and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest
from discord.ext import commands

from bot.conversation import Place, Verdict
from bot.desk import Ears
from bot.inbox import Inbox
from bot.platforms.discord import stretches
from bot.platforms.discord.away import KEPT, Away, Gap, still_open
from bot.platforms.discord.catching_up import CatchingUp
from bot.platforms.discord.client import intents
from bot.platforms.discord.guarding import guarded
from bot.platforms.discord.heartbeats import Ending
from bot.platforms.discord.listening import Listening
from bot.platforms.discord.reading import PLATFORM, Me
from bot.posts import Reply, shared
from tests.bots import Made, made
from tests.discord.bots import listening as platform_listening
from tests.discord.bots import quiet
from tests.discord.clients import pointed_at
from tests.discord.ids import BOT, CHANNELS, FAR_GUILD, GUILD, PEOPLE, TOKEN
from tests.discord.payloads import guild_create_payload
from tests.discord.people import People
from tests.discord.seen import Seen
from tests.discord.server import DiscordServer
from tests.discord.things import Message
from tests.fakes import kept
from tests.patience import PATIENCE_S, until

MENTION = f"<@{BOT}> How many days of leave do I get?"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HISTORY = "GET /channels/{channel}/messages"
Hear = Callable[[discord.Message], Awaitable[None]]


class LateNews(Away):
    """Is told late that a session is new."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox)
        self.told = asyncio.Event()

    async def returned(self, shard: int, shards: int) -> Gap | None:
        await self.told.wait()
        return await super().returned(shard, shards)


class Back(Ending, commands.AutoShardedBot):
    """A client that hands what it is told, and what it reads, to the desk."""

    def __init__(
        self,
        bot: Made,
        shards: int,
        pauses_s: Sequence[float],
        hear: Hear | None,
        away: Away | None,
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=intents(content=True),
            shard_count=shards,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.05,
        )
        me = Me(BOT, BOT, content=True)
        away = away or Away(bot.desk.inbox)
        self.ears = Listening(self, bot.desk, me, Ears(), away=away)
        hear = hear or self.ears.hear
        self.catching_up = CatchingUp(self, bot.desk, me, hear, pauses_s, away=away)
        self.may_identify, self.read, self.sessions = asyncio.Event(), asyncio.Event(), 0
        self.may_identify.set()

    async def setup_hook(self) -> None:
        guarded(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self.may_identify.wait()

    async def on_message(self, message: discord.Message) -> None:
        await self.ears.hear(message)

    async def on_shard_ready(self, shard_id: int) -> None:
        self.sessions += 1
        await self.catching_up.shard(shard_id)
        self.read.set()


@asynccontextmanager
async def listening(
    server: DiscordServer,
    bot: Made,
    shards: int = 1,
    pauses_s: Sequence[float] = (0.0, 0.0),
    hear: Hear | None = None,
    until_read: bool = True,
    away: Away | None = None,
) -> AsyncIterator[Back]:
    """The bot listens, and has read what it missed, until the block ends."""
    client = Back(bot, shards, pauses_s, hear, away)
    with pointed_at(server):
        async with client:
            running = asyncio.create_task(client.start(TOKEN))
            try:
                await asyncio.wait_for(client.wait_until_ready(), PATIENCE_S)
                if until_read:
                    await asyncio.wait_for(client.read.wait(), PATIENCE_S)
                yield client
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    with made(tmp_path) as whole:
        yield whole


def asked(bot: Made) -> list[str]:
    """The messages that were accepted as questions, oldest first."""
    found = bot.inbox.questions(PLATFORM, LONG_AGO, 1000)
    return [one.id for one in reversed(found)]


def marks(bot: Made) -> list[str]:
    """What is kept of the times when the bot was away."""
    return bot.inbox.events(KEPT, LONG_AGO)


@pytest.fixture
async def here_once(discord_server: DiscordServer, bot: Made, discord_people: People) -> str:
    """The bot was there, heard a question (its id), and left."""
    async with listening(discord_server, bot):
        id = await discord_people.say("general", "ben", MENTION)
        await until(lambda: asked(bot) == [id])
    return id


async def test_a_bot_that_never_heard_anything_reads_nothing(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    await discord_people.say("general", "ben", MENTION)
    async with listening(discord_server, bot):
        assert asked(bot) == []
        assert await discord_people.calls(HISTORY) == []


async def test_what_is_said_before_a_session_is_known_to_be_new_is_heard_after_that_is_kept(
    discord_server: DiscordServer, discord_people: People, bot: Made
) -> None:
    away = LateNews(bot.desk.inbox)
    async with listening(discord_server, bot, until_read=False, away=away):
        id = await discord_people.say("general", "ben", MENTION)
        await until(lambda: asked(bot) == [id])
        assert len(marks(bot)) == 1
        away.told.set()


async def test_what_was_asked_while_it_was_away_is_heard_once_and_in_order(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    ids = [await discord_people.say("general", name, MENTION) for name in ("ana", "pia", "ben")]
    await discord_people.say("general", "ana", "just talking")
    for _ in range(2):
        async with listening(discord_server, bot):
            assert asked(bot) == [here_once, *ids]
            assert still_open(marks(bot)) == set()


async def test_what_is_older_than_the_time_away_is_not_heard(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    await discord_people.move_clock(-3600)
    await discord_people.say("general", "pia", MENTION)
    await discord_people.move_clock(3600)
    async with listening(discord_server, bot):
        first = await discord_people.say("general", "ben", MENTION)
        await until(lambda: asked(bot) == [first])
    missed = [await discord_people.say("general", "ana", MENTION) for _ in range(2)]
    async with listening(discord_server, bot):
        assert asked(bot) == [first, *missed]


async def test_threads_forums_and_direct_messages_are_read_too(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    async with listening(discord_server, bot):
        root = await discord_people.say("general", "ben", MENTION)
        direct = await discord_people.say("dm", "ana", "How many days of leave do I get?")
        await until(lambda: set(asked(bot)) == {root, direct})
    await discord_people.begin_thread("ben", root, "Leave")
    in_thread = await discord_people.say("general", "ben", MENTION, thread=root)
    post = await discord_people.post_in_forum("forum", "pia", "Leave", MENTION)
    again = await discord_people.say("dm", "ana", "And when is lunch?")
    async with listening(discord_server, bot):
        assert set(asked(bot)) == {root, direct, in_thread, post, again}
    places = {one.id: one.place for one in bot.inbox.questions(PLATFORM, LONG_AGO, 9)}
    assert places[in_thread] == Place(PLATFORM, GUILD, CHANNELS["general"], root)
    assert places[post] == Place(PLATFORM, GUILD, CHANNELS["forum"], post)
    assert places[again] == places[direct]


async def test_where_nothing_was_said_nothing_is_read(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    before = len(await discord_people.calls(HISTORY))
    async with listening(discord_server, bot):
        read = (await discord_people.calls(HISTORY))[before:]
    assert {call["path"].split("/")[-2] for call in read} == {CHANNELS["general"]}


async def test_a_channel_whose_history_is_closed_to_the_bot_is_left_out(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    await discord_people.say("team", "ben", MENTION)
    await discord_people.overwrite("team", "tandem", deny=1 << 16)
    async with listening(discord_server, bot):
        assert asked(bot) == [here_once]


async def test_a_question_that_was_edited_meanwhile_is_asked_anew(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    await discord_people.edit(here_once, f"<@{BOT}> When is lunch?")
    async with listening(discord_server, bot):
        item = bot.inbox.claim(PLATFORM, "w")
    assert item is not None
    assert (item.post.id, item.post.text, item.revision) == (here_once, "When is lunch?", 2)


async def test_an_earlier_question_that_was_edited_meanwhile_is_asked_anew(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    await discord_people.move_clock(-3600)
    async with listening(discord_server, bot):
        same = await discord_people.say("team", "ana", MENTION)
        id = await discord_people.say("general", "ben", MENTION)
        await until(lambda: set(asked(bot)) == {same, id})
    await discord_people.move_clock(3600)
    await discord_people.edit(id, f"<@{BOT}> When is lunch?")
    async with listening(discord_server, bot):
        items = [bot.inbox.claim(PLATFORM, "w") for _ in range(2)]
    assert {(i.post.id, i.revision) for i in items if i} == {(same, 1), (id, 2)}


async def test_a_question_that_was_deleted_meanwhile_is_forgotten(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    stays = await discord_people.say("general", "ana", MENTION)
    await discord_people.delete(here_once)
    async with listening(discord_server, bot):
        assert asked(bot) == [stays]
    item = bot.inbox.claim(PLATFORM, "w")
    assert item is not None
    assert item.post.id == stays


async def test_a_question_whose_thread_was_deleted_is_forgotten(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    async with listening(discord_server, bot):
        root = await discord_people.say("general", "ben", "Listen, all of you!")
        thread = await discord_people.begin_thread("ben", root, "Leave")
        id = await discord_people.say("general", "ben", MENTION, thread=thread)
        await until(lambda: asked(bot) == [id])
    await discord_people.delete_channel(thread)
    async with listening(discord_server, bot):
        assert asked(bot) == []


async def test_an_answer_that_was_shared_is_no_question(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    message, interaction = await answered_by(bot, discord_people, here_once)
    answered = bot.desk.answered(Place(PLATFORM, GUILD, CHANNELS["general"]), message)
    assert answered is not None
    recorded = bot.store.interaction(interaction)
    assert bot.desk.share(shared(answered, recorded, answered.place), interaction)
    missed = await discord_people.say("general", "ana", MENTION)
    async with listening(discord_server, bot):
        ids = asked(bot)
    assert {here_once, missed} < set(ids)
    assert len(ids) == 3


async def test_a_question_that_may_not_be_looked_at_any_more_is_not_forgotten(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    await discord_people.overwrite("general", "@everyone", deny=1 << 10)
    await discord_people.overwrite("general", "tandem", deny=1 << 10)
    async with listening(discord_server, bot):
        assert asked(bot) == [here_once]


async def answered_by(bot: Made, people: People, question: str) -> tuple[str, int]:
    """The bot's answer to a question: its message, and the interaction."""
    item = bot.inbox.claim(PLATFORM, "w")
    assert item is not None
    assert item.post.id == question
    place = item.post.place
    where = (place.platform, place.workspace, place.channel, place.thread)
    interaction = kept(bot.store, item.post.text, item.post.author, where).id
    message = await people.say("general", BOT, "27 days.")
    bot.inbox.note(item, Reply(place.channel, message))
    assert bot.inbox.answered(item, interaction)
    assert bot.inbox.done(item)
    return message, interaction


def verdicts(bot: Made, interaction: int) -> dict[str, Verdict]:
    return {vote.author: vote.verdict for vote in bot.store.verdicts(interaction)}


async def test_thumbs_that_were_given_meanwhile_count(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    message, interaction = await answered_by(bot, discord_people, here_once)
    for name, emoji in (("ben", "👍"), ("ana", "👎🏽"), ("pia", "👍"), ("pia", "👎")):
        await discord_people.react(name, message, emoji)
    await discord_people.react("ben", message, "🎉")
    async with listening(discord_server, bot):
        counted = {PEOPLE["ben"]: Verdict.UP, PEOPLE["ana"]: Verdict.DOWN}
        assert verdicts(bot, interaction) == counted


async def test_a_thumb_replaces_no_verdict_that_is_kept_already(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    message, interaction = await answered_by(bot, discord_people, here_once)
    here = Place("discord", GUILD, CHANNELS["general"])
    bot.desk.correct(interaction, PEOPLE["ben"], "wrong", "28 days", here)
    await discord_people.react("ben", message, "👍")
    async with listening(discord_server, bot):
        assert verdicts(bot, interaction) == {PEOPLE["ben"]: Verdict.DOWN}


async def test_a_channel_that_cannot_be_read_is_tried_again_and_others_go_on(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    team = await discord_people.say("team", "ben", MENTION)
    again = await discord_people.say("general", "ben", MENTION)
    await discord_people.fault(HISTORY, times=4, cut="before")
    async with listening(discord_server, bot, pauses_s=[0.0] * 5):
        assert set(asked(bot)) == {here_once, team, again}


async def test_a_channel_that_is_refused_holds_no_other_up(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    await discord_people.say("general", "ben", MENTION)
    await discord_people.say("team", "ben", MENTION)
    await discord_people.fault(HISTORY, times=1, status=403, code=50001)
    async with listening(discord_server, bot):
        assert len(asked(bot)) == 2


async def test_a_message_that_cannot_be_heard_holds_no_other_up(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    bad = await discord_people.say("general", "ben", MENTION)
    good = await discord_people.say("general", "ben", MENTION)
    heard = list[str]()

    async def hear(message: discord.Message) -> None:
        if str(message.id) == bad:
            raise ValueError("secret")
        heard.append(str(message.id))

    async with listening(discord_server, bot, hear=hear):
        assert heard == [here_once, good]


async def test_of_too_much_the_newest_is_read(
    discord_server: DiscordServer,
    bot: Made,
    discord_people: People,
    here_once: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(stretches, "MOST", 3)
    ids = [await discord_people.say("general", "ben", MENTION) for _ in range(5)]
    async with listening(discord_server, bot):
        assert asked(bot) == [here_once, *ids[-3:]]
    assert f"channel {CHANNELS['general']}: only the last" in caplog.text


async def test_more_than_a_page_is_read(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    first = await discord_people.say("general", "ben", MENTION)
    for number in range(101):
        await discord_people.say("general", "ana", f"talk {number}")
    async with listening(discord_server, bot):
        assert asked(bot) == [here_once, first]


async def test_what_is_said_now_does_not_wait_for_what_was_said(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    missed = await discord_people.say("general", "ben", MENTION)
    go_on, waiting = asyncio.Event(), list[str]()

    async def hear(message: discord.Message) -> None:
        waiting.append(str(message.id))
        await go_on.wait()

    async with listening(discord_server, bot, hear=hear, until_read=False) as client:
        await until(lambda: waiting)
        now = await discord_people.say("general", "ben", MENTION)
        await until(lambda: now in asked(bot))
        assert missed not in asked(bot)
        go_on.set()
        await asyncio.wait_for(client.read.wait(), PATIENCE_S)


async def test_what_came_between_two_sessions_is_heard(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    async with listening(discord_server, bot) as client:
        client.read.clear()
        client.may_identify.clear()
        await discord_people.invalidate()
        await discord_people.wait_for(lambda seen: seen.shards == 0)
        between = await discord_people.say("general", "ben", MENTION)
        client.may_identify.set()
        await asyncio.wait_for(client.read.wait(), PATIENCE_S)
        assert asked(bot) == [here_once, between]


async def test_who_is_cut_before_its_servers_are_known_reads_when_it_is_back(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    async with listening(discord_server, bot) as client:
        client.read.clear()
        client.may_identify.clear()
        await discord_people.invalidate()
        await discord_people.wait_for(lambda seen: seen.shards == 0)
        between = await discord_people.say("team", "ben", MENTION)
        await client.catching_up.shard(0)  # as discord.py tells of the session before, too late
        client.may_identify.set()
        await asyncio.wait_for(client.read.wait(), PATIENCE_S)
        assert asked(bot) == [here_once, between]


async def test_who_is_cut_before_its_servers_are_known_and_resumes_reads_then(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    missed = await discord_people.say("general", "ben", MENTION)
    await discord_people.fault(HISTORY, times=1_000, status=503)
    async with listening(discord_server, bot) as client:
        await discord_people.clear_faults()
        await client.catching_up.away.left(0)
        await client.catching_up.shard(0)
        assert asked(bot) == [here_once]
        await client.catching_up.resumed(0)
        assert asked(bot) == [here_once, missed]
        assert not still_open(marks(bot))


async def test_what_discord_tells_again_itself_is_not_read(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    async with listening(discord_server, bot) as client:
        await discord_people.cut()
        after = await discord_people.say("general", "ben", MENTION)
        await until(lambda: after in asked(bot))
        assert client.sessions == 1
        assert (await discord_people.look()).resumed == 1


async def test_each_shard_reads_its_own_servers(
    discord_server: DiscordServer, bot: Made, discord_people: People
) -> None:
    await discord_people.add_guild(FAR_GUILD, "far")
    async with listening(discord_server, bot, shards=2):
        first = await discord_people.say("general", "ben", MENTION)
        await until(lambda: asked(bot) == [first])
    near = await discord_people.say("general", "ben", MENTION)
    far = await discord_people.say("far/general", "ben", MENTION)
    async with listening(discord_server, bot, shards=2) as client:
        await until(lambda: client.sessions == 2 and set(asked(bot)) == {first, near, far})
    assert sum(mark.startswith("away:") for mark in marks(bot)) == 2


async def test_a_server_that_was_out_of_reach_is_read_when_it_is_back(
    discord_server: DiscordServer, bot: Made, discord_people: People, here_once: str
) -> None:
    world = discord_server.world
    async with listening(discord_server, bot) as client:
        await discord_people.emit("GUILD_DELETE", {"id": GUILD, "unavailable": True})
        await until(lambda: all(guild.unavailable for guild in client.guilds))
        id = world.clock.snowflake()  # said, and told to nobody
        world.post(Message(id, CHANNELS["general"], PEOPLE["ben"], MENTION, mentions=[BOT]))
        told = guild_create_payload(world, world.guilds[GUILD], client.intents.value)
        await discord_people.emit("GUILD_CREATE", {**told, "unavailable": False})
        await until(lambda: asked(bot) == [here_once, id])


async def test_who_asked_while_the_whole_bot_was_away_is_answered_once(
    bot: Made, discord_people: People
) -> None:
    async with platform_listening(bot, discord_people):
        before = await discord_people.say("general", "ben", MENTION)
        await discord_people.wait_for(lambda seen: answers(seen, before) == 1)
    asked = await discord_people.say("general", "ana", MENTION)
    async with platform_listening(bot, discord_people):
        await discord_people.wait_for(lambda seen: answers(seen, asked) == 1)
        await quiet(discord_people)
        seen = await discord_people.look()
        assert (answers(seen, before), answers(seen, asked)) == (1, 1)


def answers(seen: Seen, question: str) -> int:
    """How many finished answers stand in the thread on a question."""
    mine = [message for message in seen.by_bot() if message.channel == question]
    return sum(any(button.emoji == "👍" for button in message.buttons) for message in mine)
