"""Discord's side of the parity suite: the port of `tests.platforms` over the local Discord."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.conversation import Verdict
from tests.bots import Made
from tests.discord.bots import listening, quiet
from tests.discord.ids import BOT, CHANNELS, PEOPLE
from tests.discord.people import People, people_at
from tests.discord.seen import Seen
from tests.discord.seen import Shown as Message
from tests.discord.server import serving
from tests.discord.settings import Settings
from tests.discord.trouble import ControlRefused
from tests.patience import PATIENCE_S
from tests.platforms import SPEAKS, Said, Shown, Stands

EMOJI = {Verdict.UP: "👍", Verdict.DOWN: "👎"}
MENUS = {
    "ask": "Ask Tandem about this",
    "summarize": "Summarize in our style",
    "rewrite": "Rewrite in our style",
}
MENTION = re.compile(r"@(\w+)")
ADDRESS = re.compile(r"https?://[^\s|>)\]]+")
IDS = {"tandem": BOT, **PEOPLE}
VISIBLE = re.compile(
    r"(?:POST|PATCH|PUT|DELETE) /(?:channels/.*|webhooks/.*|interactions/.*)"
)  # what shows something to somebody
SPOKEN = (0, 19, 20, 23)  # messages, replies, what answers commands and menus
POSTS = (
    "POST /channels/{channel}/messages",
    "POST /channels/{channel}/messages/{message}/threads",
)


class DiscordChat:
    """The local Discord with the real adapter in it."""

    name = "discord"
    longest = 2_700  # the content with what the answer is drawn with: embed, buttons

    def __init__(self, bot: Made, people: People) -> None:
        self.bot, self.people = bot, people

    # -- what people do ------------------------------------------------------------------

    async def say(
        self, person: str, text: str, thread: Said | None = None, channel: str = "general"
    ) -> Said:
        """Write; in a thread, or where there is none to what it hangs on."""
        told = worded(text)
        if thread is None:
            where = self._channel(person, channel)
            id = await self.people.say(where, person, told)
            return Said(person, where, id, id)
        if thread.channel.startswith("dm-"):
            id = await self.people.say(thread.channel, person, told)
        elif await self._is_reply(thread.thread):
            id = await self.people.say(thread.channel, person, told, reply_to=thread.thread)
        else:
            id = await self._in_thread(person, told, thread)
        return Said(person, thread.channel, id, thread.thread)

    async def _in_thread(self, person: str, text: str, thread: Said) -> str:
        """In the thread on that message, which anybody may begin."""
        try:
            return await self.people.say(thread.channel, person, text, thread=thread.thread)
        except ControlRefused:
            await self._begin(person, thread.thread)
            return await self.people.say(thread.channel, person, text, thread=thread.thread)

    async def _begin(self, person: str, message: str) -> None:
        try:
            await self.people.begin_thread(person, message, "A thread")
        except ControlRefused:  # the bot was faster
            return

    async def _is_reply(self, message: str) -> bool:
        """Is it a message of the bot, to which people reply?"""
        return (await self.people.look()).message(message).author == BOT

    async def edit(self, said: Said, text: str) -> None:
        """Change its words."""
        await self.people.edit(said.id, worded(text))

    async def unfurl(self, said: Said) -> None:
        """A preview is added."""
        await self.people.unfurl(said.id)

    async def delete(self, said: Said) -> None:
        """Take it away."""
        await self.people.delete(said.id)

    async def replay(self) -> None:
        """All of the session comes again."""
        before = (await self.people.look()).resumed
        await self.people.tell_again()
        await self.people.wait_for(lambda seen: seen.resumed > before)

    async def command(self, person: str, name: str, text: str, channel: str = "general") -> Said:
        """A slash command; its response stands for it."""
        where = self._channel(person, channel)
        before = {message.id for message in await self.people.messages(where)}
        await self._command(person, where, name, text)
        await self.settled()
        new = [m for m in await self.people.messages(where) if m.id not in before]
        first = next(m for m in new if not m.only_for)
        return Said(person, where, first.id, first.id)

    async def command_privately(self, person: str, name: str, text: str) -> None:
        """A slash command with an ephemeral answer."""
        await self._command(person, "general", name, text)

    async def _command(self, person: str, where: str, name: str, text: str) -> None:
        private = text.startswith("private: ")
        words, task = text.removeprefix("private: "), ""
        if name == "tuned" and (tasked := re.match(r"(\w+): ", words)):
            task, words = tasked[1], words[tasked.end() :]
        options: dict[str, object] = {"text" if name == "tuned" else "question": words}
        options |= {"private": True} if private else {}
        options |= {"task": task} if task else {}
        became = await self.people.command(person, where, name, options)
        assert became.kind == "deferred", became

    async def order(self, person: str, text: str, channel: str = "general") -> str:
        """`/tandem ORDER`; one that is not registered comes from a stale client."""
        where = self._channel(person, channel)
        before = {message.id for message in await self.people.messages()}
        try:
            await self.people.command(person, where, f"tandem {text}")
        except ControlRefused:
            await self.people.command(person, where, f"tandem {text}", stale=True)
        await self.people.wait_for(lambda seen: not thinks(seen, before))
        if text == "forget-me":
            await self._sure(person, before)
            await self.people.wait_for(lambda seen: not thinks(seen, before))
        return "\n".join(m.drawn for m in await self._only_for(person, before))

    async def choose(self, person: str, choice: str, said: Said) -> str:
        """From the menu of a message; what is shown to its chooser."""
        before = {message.id for message in await self.people.messages()}
        await self.people.menu(person, said.channel, said.id, MENUS[choice])
        await self.settled()
        return "\n".join(m.drawn for m in await self._only_for(person, before))

    async def press(self, person: str, shown: Shown, label: str) -> None:
        """Press a button."""
        await self.people.press(person, shown.id, label)

    async def vote(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Press a thumb."""
        await self.press(person, shown, EMOJI[verdict])

    async def react(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Add a reaction."""
        await self.people.react(person, shown.id, EMOJI[verdict])

    async def unreact(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Remove a reaction."""
        await self.people.unreact(person, shown.id, EMOJI[verdict])

    async def react_to(self, person: str, said: Said, verdict: Verdict) -> None:
        """Add a reaction to what a person wrote."""
        await self.people.react(person, said.id, EMOJI[verdict])

    async def tick(self, person: str, said: Said) -> None:
        """Add the reaction."""
        await self.people.react(person, said.id, "✅")

    async def untick(self, person: str, said: Said) -> None:
        """Remove it."""
        await self.people.unreact(person, said.id, "✅")

    async def asked_why(self, person: str) -> bool:
        """Is the form open?"""
        return await self.people.open_modal(person) is not None

    async def correct(self, person: str, reason: str, correction: str) -> None:
        """Send the form."""
        await self.people.submit(person, {"reason": reason, "correction": correction})

    async def stop(self, person: str, said: Said) -> None:
        """The button under what is written."""
        for shown in await self._behind(said):
            if any(button.label == "Stop" for button in shown.buttons):
                await self.people.press(person, shown.id, "Stop")

    async def refuse_forms(self) -> None:
        """No form opens."""
        route = "POST /interactions/{interaction}/{token}/callback"
        await self.people.fault(route, times=1_000, status=404, code=10062)
        await self.people.configure(first_response_s=3.0)  # nobody waits for it for longer

    async def refuse_posts(self) -> None:
        """Nothing may be posted."""
        for route in POSTS:
            await self.people.fault(route, times=1_000, status=403, code=50013)

    # -- what people see -----------------------------------------------------------------

    async def sees(self, words: str, channel: str = "general") -> None:
        """Wait for words."""
        await self.people.wait_for(lambda seen: words in seen, channel=channel)

    async def heard(self) -> None:
        """Wait until no listener has an event in hand."""
        await quiet(self.people)

    async def settled(self) -> None:
        """Wait until no question is open, either."""
        await self.heard()
        async with asyncio.timeout(PATIENCE_S):
            while self.bot.inbox.waiting(self.name):
                await asyncio.sleep(0.01)

    async def answer_to(self, said: Said) -> Stands:
        """What the bot wrote behind it, up to what the next person wrote."""
        await self.settled()
        return Stands(tuple(read(message) for message in await self._behind(said)))

    async def alone(self, person: str) -> Stands:
        """What stands in the direct message, and what only they see."""
        await self.settled()
        told = await self.people.messages(f"dm-{person}")
        seen = await self.people.messages()
        hidden = [m for m in seen if m.only_for == IDS[person]]
        return Stands(tuple(map(read, [m for m in told if m.author == BOT] + hidden)))

    async def transcript(self, channel: str = "general") -> str:
        """What all see."""
        seen = await self.people.messages(channel)
        return "\n".join(f"{m.author}: {m.drawn}" for m in by_age(seen) if not m.only_for)

    async def signs(self) -> Sequence[str]:
        """The calls that show something."""
        routes = [str(call["route"]) for call in await self.people.calls()]
        return [route for route in routes if VISIBLE.fullmatch(route)]

    async def statuses(self) -> int:
        """How often it was seen typing."""
        return len(await self.people.calls("POST /channels/{channel}/typing"))

    async def pings(self) -> Sequence[str]:
        """Whom Discord notified."""
        return await self.people.pings()

    # -- parts ---------------------------------------------------------------------------

    def _channel(self, person: str, channel: str) -> str:
        return f"dm-{person}" if channel == "dm" else channel

    async def _behind(self, said: Said) -> list[Message]:
        return list(following(await self.people.messages(said.channel), said))

    async def _only_for(self, person: str, before: set[str]) -> list[Message]:
        seen = await self.people.messages()
        return [m for m in seen if m.only_for == IDS[person] and m.id not in before]

    async def _sure(self, person: str, before: set[str]) -> None:
        [asked] = await self._only_for(person, before)
        await self.people.press(person, asked.id, "Forget me")


def thinks(seen: Seen, before: set[str]) -> bool:
    """Is a response still to come? On a busy machine a bot says so first."""
    return any(shown.deferred for shown in seen.messages if shown.id not in before)


def worded(text: str) -> str:
    """A text with Discord's mentions."""
    return MENTION.sub(lambda found: f"<@{IDS[found[1]]}>" if found[1] in IDS else found[0], text)


def by_age(messages: Sequence[Message]) -> list[Message]:
    """The messages in the order in which they were written."""
    return sorted(messages, key=lambda message: int(message.id))


def following(messages: Sequence[Message], said: Said) -> Iterator[Message]:
    """The bot's messages in answer to one: in the thread on it, or behind it where it stands."""
    told = {message.id: message for message in messages}
    in_thread = [m for m in messages if m.channel == said.id]
    own = told.get(said.id)
    if own is not None and own.author == BOT:
        yield own
    beside = [m for m in messages if own is not None and m.channel == own.channel]
    for message in by_age(in_thread or [m for m in beside if int(m.id) > int(said.id)]):
        if message.author != BOT:
            return
        if not message.only_for and message.raw["type"] in SPOKEN:
            yield message


def read(message: Message) -> Shown:
    """A message of the bot in the words of the port."""
    footers = [embed["footer"]["text"] for embed in message.embeds if embed.get("footer")]
    sources = [embed.get("description") or "" for embed in message.embeds]
    emojis = [button.emoji for button in message.buttons]
    return Shown(
        id=message.id,
        channel=message.channel,
        text=message.drawn.removeprefix("tandem: "),
        links=tuple(dict.fromkeys(ADDRESS.findall("\n".join(sources)))),
        thumbs=min(emojis.count(emoji) for emoji in EMOJI.values()),
        buttons=tuple(b.label for b in message.buttons if b.emoji not in EMOJI.values()),
        footer=footers[-1] if footers else "",
        only_for=message.only_for,
    )


@asynccontextmanager
async def discord(
    bot: Made, settings: Settings | None = None, **options: Any
) -> AsyncIterator[DiscordChat]:
    """The local Discord with its people, and the bot in it; options of `bot.platforms.discord`."""
    async with serving(settings) as server, people_at(server.base) as people:
        speaks = {CHANNELS[name]: speaking for name, speaking in SPEAKS.items()}
        async with listening(bot, people, **{"channels": speaks, **options}):
            yield DiscordChat(bot, people)
