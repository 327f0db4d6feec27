"""The local Slack in one piece: what stands there, and how news of it reaches the app."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import aiohttp

from tests.slack import events
from tests.slack.delivery import Delivery, Reply, Way
from tests.slack.faults import Faults
from tests.slack.http_events import HttpEvents
from tests.slack.ledger import Ledger, Sending
from tests.slack.limits import check_blocks
from tests.slack.payloads import Json
from tests.slack.settings import Settings
from tests.slack.sockets import Sockets
from tests.slack.surfaces import ResponseUrl, Surfaces
from tests.slack.world import BOT, BOT_USER, Message, World


class Workspace:
    """A workspace with the app installed in it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = World(settings.keep_messages)
        self.ledger = Ledger(settings)
        self.delivery = Delivery(settings, self.ledger)
        self.sockets = Sockets(settings.seed, self.world.changes)
        self.faults = Faults()
        self.surfaces = Surfaces(settings)
        self.random = random.Random(settings.seed)
        self.base = ""  # where this server listens: "http://127.0.0.1:1234"
        self._http: aiohttp.ClientSession | None = None

    def configure(self, **changes: Any) -> None:
        """Turn some dials while it runs."""
        self.settings = replace(self.settings, **changes)
        self.delivery.settings = self.surfaces.settings = self.settings
        self.ledger.keep_arguments = self.settings.keep_arguments

    @property
    def way(self) -> Way:
        """How news reaches the app."""
        if not self.settings.events_url:
            return self.sockets
        self._http = self._http or aiohttp.ClientSession()
        return HttpEvents(self._http, self.settings.events_url)

    async def close(self) -> None:
        """Forget what is on its way, and hang up."""
        await self.delivery.close()
        await self.sockets.disconnect("link_disabled", closes=True)
        if self._http is not None:
            await self._http.close()

    def emit(self, event: Json) -> str:
        """Send an event to the app, where it may have it: its id, or "" where it may not."""
        if not self._wanted(event):
            return ""
        payload = events.wrapped(self.world, event)
        self.delivery.send(self.way, Sending(payload["event_id"], "events_api", payload))
        return str(payload["event_id"])

    def _wanted(self, event: Json) -> bool:
        """Is the app subscribed, has it the scope, is it there?"""
        needed = events.scope(event)
        if events.subscription(event) not in self.settings.events:
            return False
        if needed and needed not in self.settings.scopes:
            return False
        channel = events.channel_of(self.world, event)
        return channel is None or BOT_USER in channel.members

    async def ask(self, kind: str, payload: Json) -> Reply:
        """Send an interaction or a command, and give what the app answered."""
        sending = Sending(f"Ia{self.world.clock.ts()}", kind, payload)
        return await self.delivery.ask(self.way, sending)

    def posted(self, message: Message) -> Message:
        """A message appears, and the app hears of it: a mention in two events, in any order."""
        self.world.post(message)
        if message.user == BOT_USER and not self.settings.echoes:
            return message
        news = [events.message_event(self.world, message)]
        kind = self.world.channel(message.channel).kind
        if f"<@{BOT_USER}>" in message.text and kind != "im" and message.user != BOT_USER:
            news.append(events.mention_event(self.world, message))
        self.random.shuffle(news)
        for event in news:
            self.emit(event)
        return message

    def mentioned(self, message: Message) -> None:
        """The app hears that it is mentioned, where it did not before."""
        self.emit(events.mention_event(self.world, message))

    def changed(self, before: Json, message: Message) -> None:
        """A message changed, and the app hears of it."""
        self.world.changes.tell()
        if message.user == BOT_USER and not self.settings.echoes:
            return
        self.emit(events.changed_event(self.world, before, message, self.world.clock.ts()))

    def deleted(self, message: Message) -> None:
        """A message goes, and the app hears of it."""
        before = events.message_json(self.world, message)
        self.world.remove(message)
        if message.user == BOT_USER and not self.settings.echoes:
            return
        self.emit(events.deleted_event(self.world, before, message, self.world.clock.ts()))

    def respond(self, url: ResponseUrl, given: Json) -> None:
        """What the app says to an interaction: instead of its message, or as a new one."""
        old = self._answered(url)
        if given.get("delete_original"):
            return self._taken_back(old)
        check_blocks(given.get("blocks") or [])
        text, blocks = str(given.get("text", "")), list(given.get("blocks") or [])
        if old is not None and given.get("replace_original"):
            old.text, old.blocks = text, blocks
            return self.world.changes.tell()
        thread = str(given.get("thread_ts", "")) or (old.thread_ts if old else "")
        made = Message(url.channel, self.world.clock.ts(), BOT_USER, text, thread, BOT, blocks)
        if given.get("response_type") == "in_channel":
            self.posted(made)
        else:
            made.only_for = url.user
            self.world.whisper(made)
        return None

    def _answered(self, url: ResponseUrl) -> Message | None:
        """The message that a response URL belongs to."""
        hidden = [w for w in self.world.whispers if w.ts == url.ts and w.only_for == url.only_for]
        return hidden[0] if hidden else self.world.messages.get((url.channel, url.ts))

    def _taken_back(self, message: Message | None) -> None:
        if message is None:
            return
        if message in self.world.whispers:
            self.world.whispers.remove(message)
            self.world.changes.tell()
        else:
            self.deleted(message)
