"""A trusted person's ✅ on a reply in a Slack thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.brief import brief
from bot.conversation import Place
from bot.desk import Desk
from bot.endorsed.endorsing import Endorsing, is_mark
from bot.endorsed.looking_back import endorse, unheard, withdraw
from bot.endorsed.words import Reply
from bot.errors import DatabaseUnavailable
from bot.platforms.slack.calls import Refused, calling
from bot.platforms.slack.fields import Malformed, named, when, word
from bot.platforms.slack.membership import Membership, listed
from bot.platforms.slack.reading import PLATFORM, Me, Reaction, spoken
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

TASK = "slack: a ✅"  # the name of what goes on by itself
PAGE, PAGES = 200, 5  # messages of a thread that are looked at


@dataclass(frozen=True)
class Given:
    """Who gave a message a ✅."""

    people: frozenset[str]
    all_named: bool  # Slack counts everybody, and names the first of many


@dataclass(frozen=True)
class Pace:
    """How long things may take; seconds."""

    soon_s: float = 2.0  # before it is acknowledged: Slack waits for 3
    again_s: float = 10.0  # before what failed after that is tried again


class Endorsements:
    """Reads what was endorsed, and hands it in."""

    def __init__(
        self,
        client: AsyncWebClient,
        desk: Desk,
        me: Me,
        membership: Membership,
        pace: Pace | None = None,
    ) -> None:
        self.client, self.desk, self.me, self.membership = client, desk, me, membership
        self.pace = pace or Pace()
        self._one_by_one = asyncio.Lock()  # given and taken back at once, the last one stands
        self._going = set[asyncio.Task[None]]()  # the event loop itself keeps no task alive

    async def reacted(self, given: Reaction, added: bool) -> None:
        """A reaction was given, or taken back; others than ✅ are none of ours.

        Where Slack is slow to tell what was endorsed, that goes on by itself, and the event can be
        acknowledged. A process that ends meanwhile looks for it when it is back (`catching_up`).
        """
        endorsing = self.desk.endorsing
        if endorsing is None or not (endorsing.awake and is_mark(given.name)):
            return
        if given.place.channel.startswith("D"):
            return
        handing = self._begin(self._hand_in(endorsing, given, added))
        await asyncio.wait({handing}, timeout=self.pace.soon_s)
        if handing.done():
            handing.result()
        else:
            self._begin(self._see_to(handing, endorsing, given, added))

    async def end(self) -> None:
        """Leave what goes on by itself to who looks for it later."""
        for task in (going := [*self._going]):
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=TASK)
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return task

    async def _see_to(
        self, handing: Awaitable[None], endorsing: Endorsing, given: Reaction, added: bool
    ) -> None:
        """Slack was told that it is kept: so it is tried until it is."""
        while True:
            try:
                await handing
            except (DatabaseUnavailable, PlatformAway) as error:
                log.warning("a ✅ is not counted yet: %s", error)
            except Exception:  # a bug, or a refusal; nobody waits for what is done here
                log.exception("a ✅ is not counted")
                return
            else:
                return
            await asyncio.sleep(self.pace.again_s)
            handing = self._hand_in(endorsing, given, added)

    async def _hand_in(self, endorsing: Endorsing, given: Reaction, added: bool) -> None:
        place = given.place
        async with self._one_by_one:
            if await brief(self.desk.inbox.told, place, given.event):
                return
            if not added:
                inbox, message = self.desk.inbox, given.message
                await brief(withdraw, endorsing, inbox, place, message, given.author)
            elif await self._trusts(given.author):
                reply = await self._reply(place, given.message)
                if reply is not None:
                    await brief(endorse, endorsing, self.desk.inbox, reply, given.author)
            await brief(self.desk.inbox.tell, place, given.event)

    async def look(self, place: Place, root: str, since: str) -> None:
        """Bring what is kept of a thread in step with the ✅ that stand in it now.

        Those under messages that are older than the ts `since` may only be taken back. What is
        told meanwhile waits its turn. Raises `PlatformAway`, `Refused`, `Malformed`.
        """
        async with self._one_by_one:
            asked, *replies = await self._thread(place.channel, root)
            for said in replies:
                await self._step(place, asked, said, word(said, "ts", "a message") >= since)

    async def _step(
        self, place: Place, asked: Mapping[str, Any], said: Mapping[str, Any], new: bool
    ) -> None:
        endorsing, inbox = self.desk.endorsing, self.desk.inbox
        ts, given = word(said, "ts", "a message"), givers(said)
        if endorsing is None:
            return
        if given.all_named:
            await brief(endorsing.stand, place, ts, given.people)
        if not (new and self._human(said) and self._human(asked)):
            return
        for by in await brief(unheard, inbox, place, ts, given.people - self.me.ids):
            if await self._trusts(by):
                reply = self._read(place, asked, said, await self._link(place.channel, ts))
                await brief(endorse, endorsing, inbox, reply, by, same="edited" not in said)

    async def _thread(self, channel: str, root: str) -> list[dict[str, Any]]:
        """What stands in a thread, its root first; of a long one the first `PAGES` pages."""
        found, cursor = list[dict[str, Any]](), ""
        for _ in range(PAGES):
            call = partial(self.client.conversations_replies, channel=channel, ts=root, limit=PAGE)
            call = partial(call, cursor=cursor or None)
            told = (await calling("conversations.replies", call, patient=False)).data
            found += [one for one in listed(told, "messages") if isinstance(one, dict)]
            about = told.get("response_metadata") if isinstance(told, dict) else None
            cursor = str(about.get("next_cursor") or "") if isinstance(about, dict) else ""
            if not cursor:
                break
        if not found or found[0].get("ts") != root:
            raise Malformed("a thread", f"it does not begin with {root}")
        return found

    async def _trusts(self, person: str) -> bool:
        endorsing = self.desk.endorsing
        if endorsing is None or endorsing.named(PLATFORM, person):
            return endorsing is not None
        if not endorsing.trusted.slack_groups:
            return False
        return endorsing.trusts(PLATFORM, await self.membership.alone(person))

    async def _reply(self, place: Place, message: str) -> Reply | None:
        """What a person answered to another in a thread; None: it is no such reply."""
        try:
            said = await self._message(place.channel, message)
            root = named(said, "thread_ts", "a message")
            if not root or root == message or not self._human(said):
                return None
            asked = await self._message(place.channel, root)
            link = await self._link(place.channel, message)
            return self._read(place, asked, said, link) if self._human(asked) else None
        except (Refused, Malformed) as error:
            log.warning("what was endorsed cannot be read: %s", error)
            return None

    def _read(
        self, place: Place, asked: Mapping[str, Any], said: Mapping[str, Any], link: str
    ) -> Reply:
        kind, ts = "a message", word(said, "ts", "a message")
        return Reply(
            Place(PLATFORM, place.workspace, place.channel, word(asked, "ts", kind)),
            ts,
            spoken(named(asked, "text", kind), self.me).text,
            word(asked, "user", kind),
            spoken(named(said, "text", kind), self.me).text,
            word(said, "user", kind),
            link,
            when(ts, kind),
        )

    def _human(self, message: Mapping[str, Any]) -> bool:
        user = message.get("user")
        return isinstance(user, str) and user not in self.me.ids and not message.get("bot_id")

    async def _message(self, channel: str, ts: str) -> dict[str, Any]:
        """A message by its ts, wherever it stands. Raises `Malformed`: it is not told."""
        call = partial(self.client.conversations_replies, channel=channel, ts=ts, limit=1)
        told = await calling("conversations.replies", call)
        for message in listed(told.data, "messages"):
            if isinstance(message, dict) and message.get("ts") == ts:
                return message
        call = partial(call, oldest=ts, latest=ts, inclusive=True, limit=2)
        told = await calling("conversations.replies", call)
        for message in listed(told.data, "messages"):
            if isinstance(message, dict) and message.get("ts") == ts:
                return message
        raise Malformed("a thread", f"the message {ts} is not in it")

    async def _link(self, channel: str, ts: str) -> str:
        call = partial(self.client.chat_getPermalink, channel=channel, message_ts=ts)
        told = (await calling("chat.getPermalink", call)).data
        return word(told if isinstance(told, dict) else {}, "permalink", "a link")


def givers(message: Mapping[str, Any]) -> Given:
    """Whose ✅ stands under a message as Slack returns it."""
    told = message.get("reactions")
    every = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    marks = [one for one in every if is_mark(str(one.get("name") or ""))]
    named_in = [[*map(str, one.get("users") or ())] for one in marks]
    whole = all(one.get("count") == len(users) for one, users in zip(marks, named_in, strict=True))
    return Given(frozenset(user for users in named_in for user in users), whole)
