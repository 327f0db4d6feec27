"""What ✅ were given, or taken back, in Slack while the bot was away: Slack tells of none later.

Channels in which something was heard lately are looked through for threads of the last days, and
the threads of what is kept for ✅ that stand there no more. That is done slowly: reading threads
has a limit at Slack, and people's questions need it too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_sdk.web.async_client import AsyncWebClient

from bot.brief import brief
from bot.conversation import Place
from bot.desk import Desk
from bot.errors import BotError
from bot.platforms.slack.calls import Refused, calling
from bot.platforms.slack.endorsing import Endorsements
from bot.platforms.slack.fields import Malformed, word
from bot.platforms.slack.membership import listed
from bot.platforms.slack.reading import PLATFORM
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

BEFORE = timedelta(days=1)  # a reply may be that much older than the time away
REACH = timedelta(days=7)  # and no more than that much older than now
KNOWN = timedelta(days=30)  # in which something was heard in a channel that is looked through
CHANNELS, THREADS, KEPT = 20, 50, 50  # that are looked at, the newest
PAGE = 200  # messages of a channel
PAUSE_S, AGAIN_S, TIMES = 2.0, 30.0, 3  # between calls; before a thread is tried again; how often


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class CatchingUp:
    """Looks once, when the bot is back."""

    def __init__(
        self,
        client: AsyncWebClient,
        desk: Desk,
        endorsements: Endorsements,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.client, self.desk, self.endorsements, self.now = client, desk, endorsements, now
        self.began_at = now()

    async def run(self) -> None:
        """What cannot be looked at is told in the log."""
        try:
            since = await self._since()
            if since is not None:
                await self._look(f"{since.timestamp():.6f}")
        except (BotError, PlatformAway) as error:
            log.error("✅ that were given while the bot was away are not all counted: %s", error)
        except Exception:  # a bug; nobody waits for what is done here
            log.exception("✅ that were given while the bot was away are not all counted")

    async def _since(self) -> datetime | None:
        """What is older is not looked at; None: nothing is, as nobody is trusted or heard ever."""
        endorsing, now = self.desk.endorsing, self.now()
        if endorsing is None or not endorsing.awake:
            return None
        heard = await brief(self.desk.inbox.last_heard, PLATFORM, self.began_at)
        return None if heard is None else max(heard - BEFORE, now - REACH)

    async def _look(self, since: str) -> None:
        threads = dict.fromkeys([one async for one in self._threads(since)])
        for place in [*threads][:THREADS] + await self._kept():
            await self._thread(place, since)

    async def _threads(self, since: str) -> AsyncIterator[Place]:
        """Those that began since then, where people speak and the bot may read."""
        endorsing = self.desk.endorsing
        if endorsing is None:
            return
        since_when = self.now() - KNOWN
        for place in await brief(endorsing.store.lively, PLATFORM, since_when, CHANNELS):
            if place.channel.startswith("D"):
                continue
            try:
                roots = await self._roots(place.channel, since)
            except (Refused, Malformed) as error:
                log.warning("the threads of %s cannot be read: %s", place.channel, error)
                continue
            for root in roots:
                yield Place(PLATFORM, place.workspace, place.channel, root)

    async def _roots(self, channel: str, since: str) -> list[str]:
        """The messages of a channel that have replies, newest first."""
        call = partial(self.client.conversations_history, channel=channel, oldest=since, limit=PAGE)
        told = (await calling("conversations.history", call)).data
        await asyncio.sleep(PAUSE_S)
        messages = [one for one in listed(told, "messages") if isinstance(one, dict)]
        return [word(one, "ts", "a message") for one in messages if one.get("reply_count")]

    async def _kept(self) -> list[Place]:
        """The threads of the replies that were endorsed last."""
        endorsing = self.desk.endorsing
        if endorsing is None:
            return []
        kept = await brief(endorsing.store.newest, PLATFORM, KEPT)
        return [*dict.fromkeys(one.reply.place for one in kept)]

    async def _thread(self, place: Place, since: str) -> None:
        for _ in range(TIMES):
            try:
                await self.endorsements.look(place, place.thread, since)
            except PlatformAway as away:
                log.info("a thread of %s is looked at later: %s", place.channel, away)
                await asyncio.sleep(max(AGAIN_S, away.retry_after_s or 0.0))
                continue
            except (Refused, Malformed) as error:
                log.warning("a thread of %s cannot be read: %s", place.channel, error)
            await asyncio.sleep(PAUSE_S)
            return
        log.error("a thread of %s was not looked at for ✅", place.channel)
