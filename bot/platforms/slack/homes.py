"""The home tab and the messages tab: what the bot can read for a person, and how to begin."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import Audience, Place
from bot.desk import Desk
from bot.errors import BotError
from bot.platforms.slack.calls import calling
from bot.platforms.slack.manifest import PROMPTS
from bot.platforms.slack.membership import Membership
from bot.platforms.slack.reading import PLATFORM, Me
from bot.platforms.slack.views import HomePage, Readable, home

log = logging.getLogger(__name__)


class Homes:
    """Everybody's tabs; what cannot be shown is logged, for nobody waits for it."""

    def __init__(self, client: AsyncWebClient, desk: Desk, me: Me, membership: Membership) -> None:
        self.client, self.desk, self.me, self.membership = client, desk, me, membership
        self._one_by_one = asyncio.Lock()  # what was asked for last stands
        self._showing = set[asyncio.Task[None]]()  # the event loop itself keeps no task alive

    def publish(self, person: str) -> None:
        """Set a person's home tab, in a while: Slack may be busy, and waits for an answer now."""
        self._begin(self._publish(person))

    def suggest(self, channel: str) -> None:
        """Offer questions to begin with, in a while."""
        self._begin(self._suggest(channel))

    def _begin(self, showing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(showing)
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    async def _publish(self, person: str) -> None:
        async with self._one_by_one:
            try:
                page = await self._page(person)
                call = partial(self.client.views_publish, user_id=person, view=home(page))
                await calling("views.publish", call)
            except BotError as error:
                log.warning("the home tab of %s: %s", person, error)

    async def _suggest(self, channel: str) -> None:
        prompts = [{"title": title, "message": message} for title, message in PROMPTS]
        call = partial(
            self.client.assistant_threads_setSuggestedPrompts, channel_id=channel, prompts=prompts
        )
        try:
            await calling("assistant.threads.setSuggestedPrompts", call)
        except BotError as error:
            log.info("no prompts are suggested: %s", error)

    async def _page(self, person: str) -> HomePage:
        place = Place(PLATFORM, self.me.team)
        audience = await self.membership.alone(person)
        return await asyncio.to_thread(self._told, person, place, audience)

    def _told(self, person: str, place: Place, audience: Audience) -> HomePage:
        desk, synced = self.desk, self.desk.store.last_syncs()
        sources = [
            Readable(name, synced_at=synced[name].ended_at if name in synced else None)
            for name in desk.readable(place, person, audience)
        ]
        recent = tuple(desk.recent(person, place))
        return HomePage(tuple(sources), recent, desk.may_learn(person, place))
