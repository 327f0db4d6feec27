"""A trusted person's ✅ on a reply in a Slack thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.brief import brief
from bot.conversation import Place
from bot.desk import Desk
from bot.endorsed.endorsing import is_mark
from bot.endorsed.words import Reply
from bot.platforms.slack.calls import Refused, calling
from bot.platforms.slack.fields import Malformed, named, when, word
from bot.platforms.slack.membership import Membership, listed
from bot.platforms.slack.reading import PLATFORM, Me, Reaction, spoken

log = logging.getLogger(__name__)


class Endorsements:
    """Reads what was endorsed, and hands it in."""

    def __init__(self, client: AsyncWebClient, desk: Desk, me: Me, membership: Membership) -> None:
        self.client, self.desk, self.me, self.membership = client, desk, me, membership
        self._one_by_one = asyncio.Lock()  # given and taken back at once, the last one stands

    async def reacted(self, given: Reaction, added: bool) -> None:
        """A reaction was given, or taken back; others than ✅ are none of ours."""
        endorsing, place = self.desk.endorsing, given.place
        if endorsing is None or not (endorsing.awake and is_mark(given.name)):
            return
        if place.channel.startswith("D"):
            return
        async with self._one_by_one:
            if await brief(self.desk.inbox.told, place, given.event):
                return
            if not added:
                await brief(endorsing.withdraw, place, given.message, given.author)
            elif await self._trusts(given.author):
                reply = await self._reply(place, given.message)
                if reply is not None:
                    await brief(endorsing.endorse, reply, given.author)
            await brief(self.desk.inbox.tell, place, given.event)

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
