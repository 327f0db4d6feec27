"""Slack's events, wired to the desk: each is kept before it is acknowledged."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, ParamSpec

from slack_bolt.async_app import AsyncApp

from bot import wording
from bot.brief import brief
from bot.conversation import Audience, Place, Verdict
from bot.desk import Ballot, Desk, Ears
from bot.doors import Order, order_in
from bot.errors import UnknownInteraction
from bot.noted import noted
from bot.platforms.slack.endorsing import Endorsements
from bot.platforms.slack.fields import Malformed, named, optional, table, word
from bot.platforms.slack.homes import Homes
from bot.platforms.slack.manifest import COMMANDS
from bot.platforms.slack.membership import Membership
from bot.platforms.slack.reading import (
    PLATFORM,
    Me,
    Removal,
    read_command,
    read_message,
    read_reaction,
)
from bot.platforms.slack.views import said_blocks
from bot.stage import PlatformAway
from bot.working import Worker

log = logging.getLogger(__name__)

P = ParamSpec("P")
Listener = Callable[..., Awaitable[None]]

THUMBS = {"+1": Verdict.UP, "thumbsup": Verdict.UP, "-1": Verdict.DOWN, "thumbsdown": Verdict.DOWN}
ASKING = ("/ask", "/rag", "/tuned")
LOOK_S = 2.0  # for who a person is; Slack waits 3 s for what is said to a command
MEMBERSHIP = re.compile(
    r"member_(?:joined|left)_channel|channel_(?:shared|unshared|archive|unarchive)|team_join"
    r"|user_change|subteam_.*|channel_id_changed"
)
EVERYTHING_ELSE = re.compile(".*")


def lenient(listener: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """Log a payload that cannot be used, and let it go: sent again, it would be no better.

    Any other error is raised: then Slack gets no acknowledgement, and sends the event again.
    """

    @functools.wraps(listener)
    async def listen(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await listener(*args, **kwargs)
        except (Malformed, UnknownInteraction) as error:
            log.warning("%s", error)

    return listen


class Listening:
    """What Slack tells of messages, reactions, commands and the home tab."""

    def __init__(
        self,
        desk: Desk,
        me: Me,
        ears: Ears,
        worker: Worker,
        membership: Membership,
        homes: Homes,
        endorsements: Endorsements,
    ) -> None:
        self.desk, self.me, self.ears = desk, me, ears
        self.worker, self.membership, self.homes = worker, membership, homes
        self.endorsements = endorsements

    def wire(self, app: AsyncApp) -> None:
        """Have the app call us; only the first listener that fits an event is called."""
        app.event("message")(self._named(self.message))
        app.event("app_mention")(self._named(self.message))
        app.event("reaction_added")(self._named(self.reaction))
        app.event("reaction_removed")(self._named(self.reaction))
        app.event("app_home_opened")(self._named(self.opened))
        app.event("agent_session_stopped")(self._named(self.stopped))
        app.event(MEMBERSHIP)(self._named(self.changed))
        app.event(EVERYTHING_ELSE)(self._named(self.ignored))
        for name, *_ in COMMANDS:
            app.command(name)(self._commanded)

    def _named(self, listener: Listener) -> Listener:
        """A listener that takes the body alone, which is how Bolt knows what to give it."""

        async def listen(body: dict[str, Any]) -> None:
            await lenient(listener)(body)

        return listen

    async def message(self, body: dict[str, Any]) -> None:
        """Somebody wrote, edited or deleted something."""
        heard = read_message(body, self.me)
        if isinstance(heard, Removal):
            await brief(self.desk.remove, heard.event, heard.place, heard.id)
        elif heard is not None:
            await brief(self.desk.hear, heard, self.ears)

    async def reaction(self, body: dict[str, Any]) -> None:
        """A thumb on one of our replies was given, or taken back; or a ✅ on somebody's."""
        given = read_reaction(body, self.me)
        added = table(body, "event", "an event").get("type") == "reaction_added"
        if given is not None and given.author not in self.me.ids:
            await self.endorsements.reacted(given, added)
        verdict = THUMBS.get(given.name.split("::")[0]) if given else None
        if given is None or verdict is None or given.author in self.me.ids:
            return
        look = partial(self.desk.answered, given.place, given.message)
        ours = given.to in self.me.ids
        answered = await (noted(self.desk, PLATFORM, look) if ours else brief(look))
        if answered is None or answered.interaction is None:
            return
        voted = (given.event, answered.interaction, given.author, verdict, given.at, given.name)
        ballot = Ballot(*voted)
        await brief(self.desk.vote if added else self.desk.withdraw, ballot, given.place)

    async def opened(self, body: dict[str, Any]) -> None:
        """The home tab or the messages tab was opened."""
        event = table(body, "event", "an event")
        user = named(event, "user", "an opened tab")
        if event.get("tab") == "messages":
            self.homes.suggest(word(event, "channel", "an opened tab"))
        elif user:
            self.homes.publish(user)

    async def stopped(self, body: dict[str, Any]) -> None:
        """Slack's own Stop button was pressed."""
        event = table(body, "event", "an event")
        kind = "a stopped session"
        channel, thread = word(event, "channel", kind), word(event, "thread_ts", kind)
        place = Place("slack", self.me.team, channel, thread)
        streams = event.get("streaming_message_ts")
        named = [ts for ts in streams if isinstance(ts, str)] if isinstance(streams, list) else []
        for message in named or [""]:
            self.worker.stop(await brief(self._stop, place, message))

    def _stop(self, place: Place, message: str) -> set[int]:
        """Stop what is written into that message; one that is not known: all in the thread."""
        known = message and self.desk.answered(place, message)
        return self.desk.stop(replace(place, thread="") if known else place, message)

    async def changed(self, body: dict[str, Any]) -> None:
        """Who reads what changed."""
        event = table(body, "event", "an event")
        channel = event.get("channel")
        if isinstance(channel, str):
            self.membership.changed(channel)
        else:
            self.membership.anew()

    async def ignored(self, body: dict[str, Any]) -> None:
        """An event that nothing of ours needs."""
        event = body.get("event")
        log.debug("ignored: %s", event.get("type") if isinstance(event, dict) else "?")

    # -- commands ----------------------------------------------------------------------

    async def _commanded(self, ack: Any, body: dict[str, Any]) -> None:
        try:
            said = await self.command(body)
        except Malformed as error:
            log.warning("%s", error)
            said = wording.UNKNOWN_ORDER
        if said:
            await ack(text=said, blocks=said_blocks(said), response_type="ephemeral")
        else:
            await ack()

    async def command(self, body: dict[str, Any]) -> str:
        """What is said at once to who gave a slash command; empty: the answer comes."""
        if body.get("command") not in ASKING:
            return await self.order(body)
        post = read_command(body, self.me)
        if not optional(body, "text", "a slash command").strip():
            return wording.NOTHING_ASKED
        await brief(self.desk.hear, post, self.ears)
        return ""

    async def order(self, body: dict[str, Any]) -> str:
        """`/tandem ORDER`."""
        kind = "a slash command"
        text = " ".join(optional(body, "text", kind).split()) or Order.HELP
        place = Place("slack", self.me.team, word(body, "channel_id", kind))
        author = word(body, "user_id", kind)
        order = order_in(text)
        if order is None or order is Order.AUTO:
            told = await brief(self.desk.obey, Order.HELP, author, place)
            return f"{wording.UNKNOWN_ORDER}\n{told}"
        audience = await self._audience(author) if order is Order.STATUS else None
        return await brief(self.desk.obey, order, author, place, audience=audience)

    async def _audience(self, author: str) -> Audience:
        """What a person may read; where Slack does not say it in time, what is public."""
        try:
            async with asyncio.timeout(LOOK_S):
                return await self.membership.alone(author)
        except (PlatformAway, TimeoutError) as error:
            log.warning("what %s may read is not known in time: %s", author, error)
            return Audience()
