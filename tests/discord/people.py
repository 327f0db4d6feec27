"""What tests do in the local Discord, in the same process or another: the control client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.discord.ids import GUILD, PEOPLE
from tests.discord.interactions import Outcome
from tests.discord.refusals import Json
from tests.discord.seen import Form, Seen, Shown
from tests.discord.timings import Timing
from tests.discord.trouble import Trouble
from tests.patience import PATIENCE_S


class People(Trouble):
    """People in the guilds, and the hand that breaks things.

    People and channels are named by id or name: "ben", "general"; "dm-ben" is Ben's own with the
    bot, "dm" that of whoever speaks, "other/general" a channel of the guild "other". Messages
    and threads are known by their ids.
    """

    async def say(
        self,
        channel: str,
        person: str,
        text: str,
        thread: str = "",
        reply_to: str = "",
        ping: bool = True,
    ) -> str:
        """Write a message; its id. "<@id>" mentions; `ping`: a reply mentions whom it answers."""
        where = thread or channel
        told = {"channel": where, "person": person, "text": text}
        return str(await self._do("say", **told, reply_to=reply_to, ping=ping))

    async def forward(self, channel: str, person: str, message: str) -> str:
        """Forward a message; the new one's id."""
        return str(await self._do("forward", channel=channel, person=person, message=message))

    async def edit(self, message: str, text: str) -> None:
        """Change the words of a message."""
        await self._do("edit", message=message, text=text)

    async def delete(self, message: str) -> None:
        """Delete a message."""
        await self._do("delete", message=message)

    async def unfurl(self, message: str, restamped: bool = False) -> None:
        """Discord adds a link's preview: an update with the same words.

        `restamped`: as if it was edited just now, as some of those updates are.
        """
        await self._do("unfurl", message=message, restamped=restamped)

    async def react(self, person: str, message: str, emoji: str) -> None:
        """Add a reaction, such as "👍"."""
        await self._do("react", person=person, message=message, emoji=emoji)

    async def unreact(self, person: str, message: str, emoji: str) -> None:
        """Take a reaction back."""
        await self._do("unreact", person=person, message=message, emoji=emoji)

    async def clear(self, message: str, emoji: str = "") -> None:
        """Take all reactions to a message away, or all of one sign, as who manages messages."""
        await self._do("clear", message=message, emoji=emoji)

    async def types(self, person: str, channel: str) -> None:
        """Begin to type."""
        await self._do("types", person=person, channel=channel)

    async def begin_thread(self, person: str, message: str, name: str) -> str:
        """Begin a thread on a message; its id, which is the message's."""
        told = await self._do("begin_thread", person=person, message=message, name=name)
        return str(told)

    async def post_in_forum(self, forum: str, person: str, title: str, text: str) -> str:
        """Write a forum post; its id, which its thread and its first message have."""
        told = {"forum": forum, "person": person, "title": title, "text": text}
        return str(await self._do("post_in_forum", **told))

    async def archive_thread(
        self, thread: str, archived: bool = True, locked: bool = False
    ) -> None:
        """Archive a thread, lock it, or open it again."""
        await self._do("archive_thread", thread=thread, archived=archived, locked=locked)

    async def command(
        self,
        person: str,
        channel: str,
        name: str,
        options: Mapping[str, object] | None = None,
        stale: bool = False,
    ) -> Outcome:
        """Run a slash command: "ask", "tandem status"; what became of it within 3 s.

        `stale`: a subcommand that was registered once, which the client still offers.
        """
        told = {"person": person, "channel": channel, "name": name, "stale": stale}
        return await self._click("command", **told, options=dict(options or {}))

    async def autocomplete(
        self, person: str, channel: str, name: str, option: str, value: str
    ) -> Outcome:
        """Begin to fill in an option; what became of it, with the choices."""
        told = {"person": person, "channel": channel, "name": name}
        return await self._click("autocomplete", **told, option=option, value=value)

    async def menu(self, person: str, channel: str, message: str, name: str) -> Outcome:
        """Choose from a message's menu: "Ask Tandem about this"; what became of it."""
        told = {"person": person, "channel": channel, "message": message, "name": name}
        return await self._click("menu", **told)

    async def press(self, person: str, message: str, what: str) -> Outcome:
        """Press the button with this label, emoji or custom_id; what became of it."""
        return await self._click("press", person=person, message=message, what=what)

    async def choose(self, person: str, message: str, what: str, values: Sequence[str]) -> Outcome:
        """Choose in the select with this custom_id or placeholder; what became of it."""
        told = {"person": person, "message": message, "what": what}
        return await self._click("choose", **told, values=list(values))

    async def submit(
        self, person: str, values: Mapping[str, object], custom_id: str = ""
    ) -> Outcome:
        """Send the form that is open; values by custom_id or label. What became of it."""
        told = {"person": person, "custom_id": custom_id}
        return await self._click("submit", **told, values=dict(values))

    async def close_form(self, person: str, custom_id: str = "") -> None:
        """Close a form without sending it: nobody is told."""
        await self._do("close_form", person=person, custom_id=custom_id)

    async def open_modal(self, person: str) -> Form | None:
        """The form that somebody has open; None: none."""
        id = PEOPLE.get(person, person)
        return next((form for form in (await self.look()).forms if form.person == id), None)

    async def add_person(self, name: str, **more: Any) -> str:
        """Somebody new, or changed: `guild` ("": none), `bot`, `takes_dms`. Their id."""
        return str(await self._do("add_person", name=name, **more))

    async def join(self, person: str, guild: str) -> None:
        """Come into a guild."""
        await self._do("join", person=person, guild=guild)

    async def leave(self, person: str, guild: str) -> None:
        """Leave a guild; "tandem": the bot is thrown out."""
        await self._do("leave", person=person, guild=guild)

    async def add_role(self, name: str, guild: str = GUILD, permissions: int = 0) -> str:
        """A role, new or with other permissions ("@everyone" is one). Its id."""
        told = await self._do("add_role", name=name, guild=guild, permissions=permissions)
        return str(told)

    async def delete_role(self, role: str, guild: str = GUILD) -> None:
        """Take a role away, from all who have it."""
        await self._do("delete_role", role=role, guild=guild)

    async def grant(self, person: str, role: str, guild: str = GUILD) -> None:
        """Give somebody a role."""
        await self._do("grant", person=person, role=role, guild=guild)

    async def revoke(self, person: str, role: str, guild: str = GUILD) -> None:
        """Take a role from somebody."""
        await self._do("revoke", person=person, role=role, guild=guild)

    async def add_channel(self, name: str, guild: str = GUILD, kind: str = "text") -> str:
        """A channel: "text", "forum", "news", "voice", "stage". Its id."""
        return str(await self._do("add_channel", name=name, guild=guild, kind=kind))

    async def delete_channel(self, channel: str) -> None:
        """Delete a channel or a thread."""
        await self._do("delete_channel", channel=channel)

    async def overwrite(self, channel: str, whom: str, allow: int = 0, deny: int = 0) -> None:
        """Say what a role or a person may in a channel: "@everyone", "payroll", "ben"."""
        await self._do("overwrite", channel=channel, whom=whom, allow=allow, deny=deny)

    async def add_guild(self, id: str, name: str = "") -> None:
        """Another guild, of all people and the bot, with a channel "general"."""
        await self._do("add_guild", id=id, name=name)

    async def look(self, channel: str = "") -> Seen:
        """All that people see now, in one channel with its threads or in all."""
        return Seen.read(await self._do("look", channel=channel))

    async def transcript(self, channel: str = "") -> str:
        """The channel as a person would see it."""
        return (await self.look(channel)).text

    async def messages(self, channel: str = "", thread: str = "") -> list[Shown]:
        """The messages of a channel with its threads, or of one thread; ephemeral ones too."""
        seen = (await self.look(channel)).messages
        return [message for message in seen if thread in ("", message.channel)]

    async def calls(self, route: str = "") -> list[Json]:
        """The latest calls of REST: at, took_s, route, path, status, code, args."""
        return list(await self._do("calls", route=route))

    async def told(self, name: str = "") -> list[Json]:
        """The latest events of the gateway: at, session, shard, seq, name, id, author."""
        return list(await self._do("told", name=name))

    async def timings(self) -> list[Timing]:
        """For a bench: per message and interaction, when it was told and first answered."""
        return [Timing(**timing) for timing in await self._do("timings")]

    async def registered(self) -> Json:
        """The application commands that are registered, and every write of them."""
        return dict(await self._do("registered"))

    async def pings(self) -> list[str]:
        """Whom the messages of bots notified: users, roles, "everyone"."""
        return list(await self._do("pings"))

    async def wait_for(
        self, true: Callable[[Seen], object], timeout_s: float = PATIENCE_S, channel: str = ""
    ) -> Seen:
        """Wait until it is so, and give what is seen then; fails with the transcript."""
        limit = time.monotonic() + timeout_s
        while not true(seen := await self.look(channel)):
            left = limit - time.monotonic()
            if left <= 0:
                raise AssertionError(f"never within {timeout_s} s; there stands:\n{seen.text}")
            await self._do("changes", seen=seen.count, timeout_s=min(left, 5.0))
        return seen

    async def wait_for_calls(
        self, route: str, count: int = 1, timeout_s: float = PATIENCE_S
    ) -> None:
        """Wait until a route was called so often."""
        limit = time.monotonic() + timeout_s
        while len(told := await self.calls(route)) < count:
            assert time.monotonic() < limit, f"{route}: only {len(told)} calls"
            await asyncio.sleep(0.02)

    async def connected(self, shards: int = 1, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many shards are ready."""
        await self.wait_for(lambda seen: seen.shards >= shards, timeout_s)

    async def _click(self, what: str, /, **args: Any) -> Outcome:
        return Outcome(**await self._do(what, **args))


@asynccontextmanager
async def people_at(base: str) -> AsyncIterator[People]:
    """A client of the server that listens there."""
    async with aiohttp.ClientSession() as http:
        yield People(base, http)
