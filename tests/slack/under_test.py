"""Slack's side of the parity suite: the port of `tests.platforms` over the local Slack."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.conversation import Verdict
from bot.platforms.slack.endorsing import TASK
from tests.bots import Made
from tests.patience import PATIENCE_S
from tests.platforms import SPEAKS, Said, Shown, Stands
from tests.slack.bots import listening
from tests.slack.ledger import VISIBLE
from tests.slack.payloads import Json
from tests.slack.people import People, people_at
from tests.slack.seen import Answered
from tests.slack.seen import Shown as Message
from tests.slack.server import serving
from tests.slack.settings import Settings
from tests.slack.transcript import element_text
from tests.slack.world import BOT_USER

EMOJI = {Verdict.UP: "+1", Verdict.DOWN: "-1"}
THUMBS = {Verdict.UP: "positive", Verdict.DOWN: "negative"}
SHORTCUTS = {"ask": "ask_tandem", "summarize": "summarize_style", "rewrite": "rewrite_style"}
MENTION = re.compile(r"@(\w+)")
ADDRESS = re.compile(r"https?://[^\s|>)\]]+")
PING = re.compile(r"<[!@][^>]*>")
NUMBERED = re.compile(r"#\d+$")
IDS = {"tandem": BOT_USER, "ben": "U0BEN", "ana": "U0ANA", "pia": "U0PAYER"}
MINE = {"general", "team", "auto", "mentions", "off"}


class SlackChat:
    """The local Slack with the real adapter in it."""

    name = "slack"
    longest = 13_000  # with its blocks; the local Slack refuses what is longer

    def __init__(self, bot: Made, people: People) -> None:
        self.bot, self.people = bot, people

    # -- what people do ------------------------------------------------------------------

    async def say(
        self, person: str, text: str, thread: Said | None = None, channel: str = "general"
    ) -> Said:
        """Post."""
        where = thread.channel if thread else self._channel(person, channel)
        root = thread.thread if thread else ""
        ts = await self.people.say(where, person, worded(text), root or None)
        return Said(person, where, ts, root or ts)

    async def edit(self, said: Said, text: str) -> None:
        """Change its words."""
        await self.people.edit(said.channel, said.id, worded(text))

    async def unfurl(self, said: Said) -> None:
        """A preview is added."""
        await self.people.unfurl(said.channel, said.id)

    async def delete(self, said: Said) -> None:
        """Take it away."""
        await self.people.delete(said.channel, said.id)

    async def replay(self) -> None:
        """Every event comes again."""
        before = {one["event_id"]: one["tries"] for one in await self._events()}
        for event in before:
            await self.people.redeliver(event)
        async with asyncio.timeout(PATIENCE_S):
            while any(e["tries"] <= before.get(e["event_id"], 0) for e in await self._events()):
                await asyncio.sleep(0.01)

    async def command(self, person: str, name: str, text: str, channel: str = "general") -> Said:
        """A slash command; the bot's message that shows it stands for it."""
        where = self._channel(person, channel)
        before = {message.ts for message in await self.people.messages(where)}
        told = await self.people.command(person, where, f"/{name}", text)
        assert told.acked
        await self.settled()
        new = [m for m in await self.people.messages(where) if m.ts not in before]
        opening = next(m for m in new if roots(m) and not m.only_for)
        return Said(person, where, opening.ts, opening.ts)

    async def command_privately(self, person: str, name: str, text: str) -> None:
        """A slash command."""
        self._acked(await self.people.command(person, "general", f"/{name}", text))

    async def order(self, person: str, text: str, channel: str = "general") -> str:
        """`/tandem ORDER`."""
        told = await self.people.command(person, self._channel(person, channel), "/tandem", text)
        assert told.acked
        return str(told.payload.get("text", ""))

    async def choose(self, person: str, choice: str, said: Said) -> str:
        """A message shortcut; what its modal shows in the end."""
        told = await self.people.shortcut(person, said.channel, said.id, SHORTCUTS[choice])
        assert told.acked
        await self.settled()
        [view] = await self.people.open_views(IDS[person])
        return "\n".join(str(text) for text in texts(view))

    async def press(self, person: str, shown: Shown, label: str) -> None:
        """Press a button."""
        self._acked(await self.people.press(person, shown.channel, shown.id, label))

    async def vote(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Press a thumb."""
        await self.press(person, shown, THUMBS[verdict])

    async def react(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Add a reaction."""
        await self.people.react(person, shown.channel, shown.id, EMOJI[verdict])

    async def unreact(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Remove a reaction."""
        await self.people.unreact(person, shown.channel, shown.id, EMOJI[verdict])

    async def react_to(self, person: str, said: Said, verdict: Verdict) -> None:
        """Add a reaction to what a person wrote."""
        await self.people.react(person, said.channel, said.id, EMOJI[verdict])

    async def tick(self, person: str, said: Said) -> None:
        """Add the reaction."""
        await self.people.react(person, said.channel, said.id, "white_check_mark")

    async def untick(self, person: str, said: Said) -> None:
        """Remove it."""
        await self.people.unreact(person, said.channel, said.id, "white_check_mark")

    async def asked_why(self, person: str) -> bool:
        """Is the modal open?"""
        return any(v["callback_id"] == "reason" for v in await self.people.open_views(IDS[person]))

    async def correct(self, person: str, reason: str, correction: str) -> None:
        """Send the modal."""
        [view] = await self.people.open_views(IDS[person])
        values = {"reason": reason, "correction": correction}
        self._acked(await self.people.submit(view["id"], person, values))

    async def stop(self, person: str, said: Said) -> None:
        """Slack's own Stop button."""
        await self.people.stop_stream(person, said.channel, said.id)

    async def refuse_forms(self) -> None:
        """No modal opens."""
        await self.people.fault("views.open", times=1_000, error="expired_trigger_id")

    async def refuse_posts(self) -> None:
        """Nothing may be posted."""
        for method in ("chat.postMessage", "chat.startStream"):
            await self.people.fault(method, times=1_000, error="restricted_action")

    # -- what people see -----------------------------------------------------------------

    async def sees(self, words: str, channel: str = "general") -> None:
        """Wait for words."""
        await self.people.wait_for(lambda seen: words in seen, channel=channel)

    async def heard(self) -> None:
        """Wait until each event was acknowledged."""
        async with asyncio.timeout(PATIENCE_S):
            while any(one["acked_at"] is None for one in await self._events()):
                await asyncio.sleep(0.01)

    async def settled(self) -> None:
        """Wait until no question is open, either, and no ✅ is looked at."""
        await self.heard()
        async with asyncio.timeout(PATIENCE_S):
            while self.bot.inbox.waiting(self.name) or looking():
                await asyncio.sleep(0.01)

    async def answer_to(self, said: Said) -> Stands:
        """What the bot wrote in the thread, up to what the next person wrote."""
        await self.settled()
        thread = await self.people.messages(said.channel, said.thread)
        return Stands(tuple(read(message) for message in following(thread, said)))

    async def alone(self, person: str) -> Stands:
        """What stands in the direct message beside its threads, and what only they see."""
        await self.settled()
        told = [m for m in await self.people.messages(f"dm-{person}") if roots(m)]
        seen = await self.people.look()
        hidden = [m for m in seen.messages if m.only_for == IDS[person]]
        return Stands(tuple(map(read, [m for m in told if m.user == BOT_USER] + hidden)))

    async def transcript(self, channel: str = "general") -> str:
        """What all see."""
        seen = (await self.people.look(channel)).messages
        return "\n".join(f"{m.user}: {m.drawn}" for m in seen if not m.only_for)

    async def signs(self) -> Sequence[str]:
        """The calls that show something."""
        return [call["method"] for call in await self.people.calls() if call["method"] in VISIBLE]

    async def statuses(self) -> int:
        """The passing lines under threads."""
        return len(await self.people.calls("assistant.threads.setStatus"))

    async def pings(self) -> Sequence[str]:
        """What Slack would read as a mention, wherever it stands in a message."""
        seen = await self.people.look()
        return [ping for m in seen.by_bot() for ping in PING.findall(f"{m.text} {m.blocks}")]

    # -- parts ---------------------------------------------------------------------------

    def _channel(self, person: str, channel: str) -> str:
        return f"dm-{person}" if channel == "dm" else channel

    def _acked(self, told: Answered) -> None:
        assert told.acked, told

    async def _events(self) -> list[Json]:
        return [one for one in await self.people.sendings() if one["kind"] == "events_api"]


def looking() -> bool:
    """Is a ✅ still looked at that was acknowledged already?"""
    return any(task.get_name() == TASK for task in asyncio.all_tasks())


def worded(text: str) -> str:
    """A text with Slack's mentions."""
    return MENTION.sub(lambda found: f"<@{IDS[found[1]]}>" if found[1] in IDS else found[0], text)


def following(thread: Sequence[Message], said: Said) -> Iterator[Message]:
    """The bot's messages behind one of the thread, before the next of a person."""
    for message in [m for m in thread if m.ts > said.id and not m.only_for]:
        if message.user != BOT_USER:
            return
        yield message


def roots(message: Message) -> bool:
    """Does it stand in the channel itself?"""
    return message.thread_ts in ("", message.ts)


def read(message: Message) -> Shown:
    """A message of the bot in the words of the port."""
    elements = [e for block in message.blocks for e in block.get("elements") or []]
    footers = [t for e in elements if NUMBERED.search(t := element_text(e))]
    return Shown(
        id=message.ts,
        channel=message.channel,
        text=message.drawn or message.text,
        links=tuple(dict.fromkeys(ADDRESS.findall(str(sources(message.blocks))))),
        thumbs=sum(e.get("type") == "feedback_buttons" for e in elements),
        buttons=tuple(element_text(e).strip("[]") for e in elements if e.get("type") == "button"),
        footer=footers[-1] if footers else "",
        only_for=message.only_for,
    )


def sources(blocks: Sequence[Json]) -> list[Json]:
    """The blocks below the text; a task card names what was read, not what is relied on."""
    return [block for block in blocks if block.get("type") not in ("task_card", "markdown")]


def texts(part: Any) -> Iterator[str]:
    """Every text in a view."""
    match part:
        case {"text": str(text)}:
            yield text
        case dict():
            for value in part.values():
                yield from texts(value)
        case list():
            for value in part:
                yield from texts(value)


@asynccontextmanager
async def slack(
    bot: Made, settings: Settings | None = None, **options: Any
) -> AsyncIterator[SlackChat]:
    """The local Slack with its people, and the bot in it; `options` of `bot.platforms.slack`."""
    async with serving(settings) as server, people_at(server.base) as people:
        await populate(people)
        speaks = {f"C0{name.upper()}": speaking for name, speaking in SPEAKS.items()}
        async with listening(bot, people, **{"channels": speaks, **options}):
            yield SlackChat(bot, people)


async def populate(people: People) -> None:
    """The people and channels of the port."""
    await people.add_person(IDS["pia"], "pia")
    pair = (BOT_USER, IDS["pia"])
    await people.add_channel("D0PAYER", "dm-pia", kind="im", members=pair)
    everybody = (*IDS.values(),)
    for name in sorted(MINE):
        await people.add_channel(f"C0{name.upper()}", name, members=everybody)
    insiders = (BOT_USER, IDS["ben"], IDS["pia"])
    await people.add_channel("C0PAY", "pay", kind="group", members=insiders)
