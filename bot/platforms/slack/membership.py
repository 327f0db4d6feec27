"""Who reads a channel, and what a person belongs to: asked of Slack, remembered for a while.

What Slack refuses to tell counts as outside: such an audience reads only what is public.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.brief import brief
from bot.conversation import Audience
from bot.memory import Memory
from bot.platforms.slack.calls import Refused, calling
from bot.platforms.slack.fields import Malformed, named, table, word
from bot.platforms.slack.reading import Me

log = logging.getLogger(__name__)

CHANNEL_S, PEOPLE_S = 120.0, 600.0  # how long what Slack said is believed
PAGE = 999  # members, people or channels in one call
TYPES = "public_channel,private_channel"


class Standing(StrEnum):
    """What a person is to the workspace."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"  # of another organisation
    BOT = "bot"
    GONE = "gone"  # has left; reads nothing any more


@dataclass(frozen=True)
class Named:
    """What the settings' spaces name, and so what must be looked up of a person."""

    channels: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    answered: Callable[[], frozenset[str]] = frozenset  # channels with endorsed answers, now


@dataclass(frozen=True)
class Shown:
    """A channel as Slack tells of it."""

    direct: bool
    outside: bool  # shared with another organisation, or about to be
    open: bool  # every full member of the workspace may read it
    joined: bool  # the bot may post there


class Membership:
    """Establishes audiences. Methods raise `PlatformAway` where Slack cannot be asked now."""

    def __init__(
        self,
        client: AsyncWebClient,
        me: Me,
        named: Named,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client, self.me, self.named = client, me, named
        self._channels = Memory[Shown](CHANNEL_S, clock)
        self._members = Memory[frozenset[str]](CHANNEL_S, clock)
        self._everybody = Memory[dict[str, Standing]](PEOPLE_S, clock)
        self._people = Memory[Standing](PEOPLE_S, clock)
        self._groups = Memory[frozenset[str]](CHANNEL_S, clock)
        self._joined = Memory[frozenset[str]](CHANNEL_S, clock)

    async def in_channel(self, channel: str, asker: str) -> Audience:
        """Everybody who reads a channel, of whom one asks."""
        try:
            shown = await self._channels.get(channel, partial(self._shown, channel))
            if shown.direct:
                return await self.alone(asker)
            if shown.outside or await self._standing(asker) is Standing.STRANGER:
                return Audience(channel)
            members = await self._members.get(channel, partial(self._of_channel, channel))
            kinds = {await self._standing(person) for person in {asker, *members}}
        except (Refused, Malformed) as error:
            log.warning("who reads %s is not known, so it gets what is public: %s", channel, error)
            return Audience(channel)
        if Standing.STRANGER in kinds:
            return Audience(channel)
        return Audience(channel, outside=False, members=Standing.GUEST not in kinds)

    async def alone(self, asker: str) -> Audience:
        """A person who reads alone."""
        try:
            standing = await self._standing(asker)
        except (Refused, Malformed) as error:
            log.warning("who %s is is not known, so only what is public: %s", asker, error)
            return Audience()
        if standing in (Standing.STRANGER, Standing.GONE):
            return Audience()
        return Audience(
            outside=False,
            members=standing is Standing.MEMBER,
            groups=await self._own(asker, self.named.groups, self._of_group),
            channels=await self._own(asker, self.named.channels, self._of_channel)
            | await self._answered(asker),
        )

    async def open(self, channel: str) -> bool:
        """May every full member of the workspace read the channel, as far as Slack tells?"""
        try:
            return (await self._channels.get(channel, partial(self._shown, channel))).open
        except (Refused, Malformed) as error:
            log.warning("whether all may read %s is not known, so not: %s", channel, error)
            return False

    async def joined(self, channel: str) -> bool:
        """May the bot post in the channel? Where Slack does not tell, posting will."""
        try:
            return (await self._channels.get(channel, partial(self._shown, channel))).joined
        except Malformed:
            return True
        except Refused as refused:
            return refused.code != "channel_not_found"

    def changed(self, channel: str) -> None:
        """Somebody joined or left the channel, or it was shared."""
        self._channels.forget(channel)
        self._members.forget(channel)
        self._joined.forget_all()

    def anew(self) -> None:
        """People or groups changed."""
        self._everybody.forget("")
        self._people.forget_all()
        self._groups.forget_all()

    async def _answered(self, asker: str) -> frozenset[str]:
        """The channels with endorsed answers that the asker is in, as far as Slack tells."""
        answered = await brief(self.named.answered)
        if not answered:
            return frozenset()
        try:
            return answered & await self._joined.get(asker, partial(self._channels_of, asker))
        except (Refused, Malformed) as error:
            log.warning("which channels %s is in is not known, so none: %s", asker, error)
            return frozenset()

    async def _own(
        self,
        asker: str,
        named: frozenset[str],
        ask: Callable[[str], Awaitable[frozenset[str]]],
    ) -> frozenset[str]:
        """Those of the named channels or groups that the asker is in, as far as Slack tells."""
        memory = self._groups if ask == self._of_group else self._members
        mine = set[str]()
        for name in named:
            try:
                if asker in await memory.get(name, partial(ask, name)):
                    mine.add(name)
            except (Refused, Malformed) as error:
                log.warning("who is in %s is not known, so nobody is: %s", name, error)
        return frozenset(mine)

    # -- asking Slack ------------------------------------------------------------------

    async def _shown(self, channel: str) -> Shown:
        told = await calling(
            "conversations.info", lambda: self.client.conversations_info(channel=channel)
        )
        about = table(told.data, "channel", "a channel")
        if about.get("is_im") is not True and "is_ext_shared" not in about:
            raise Malformed("a channel", "it is not told whether it is shared")
        shared = about.get("is_shared") is True and about.get("is_org_shared") is not True
        outside = shared or any(
            about.get(key) not in (None, False)
            for key in ("is_ext_shared", "is_pending_ext_shared")
        )
        public = about.get("is_channel") is True and about.get("is_private") is False
        joined = about.get("is_member") is not False and about.get("is_archived") is not True
        return Shown(about.get("is_im") is True, outside, public and not outside, joined)

    async def _standing(self, person: str) -> Standing:
        everybody = await self._everybody.get("", self._list)
        if person in everybody:
            return everybody[person]
        return await self._people.get(person, partial(self._look_up, person))

    async def _look_up(self, person: str) -> Standing:
        told = await calling("users.info", lambda: self.client.users_info(user=person))
        return self._read(table(told.data, "user", "a person"))

    async def _list(self) -> dict[str, Standing]:
        """Everybody in few calls; nobody where Slack does not list them: each is asked for then."""
        found = dict[str, Standing]()
        try:
            async for page in paged("users.list", partial(self.client.users_list, limit=PAGE)):
                for person in listed(page, "members"):
                    if isinstance(person, dict) and not person.get("deleted"):
                        found[word(person, "id", "a person")] = self._read(person)
        except (Refused, Malformed) as error:
            log.warning("the workspace's people cannot be listed: %s", error)
            return {}
        return found

    async def _of_channel(self, channel: str) -> frozenset[str]:
        call = partial(self.client.conversations_members, channel=channel, limit=PAGE)
        found = set[str]()
        async for page in paged("conversations.members", call):
            found.update(map(str, listed(page, "members")))
        if not found:
            raise Malformed("a channel", "nobody is in it")
        return frozenset(found - self.me.ids)

    async def _channels_of(self, person: str) -> frozenset[str]:
        """The channels that a person is in, of those that the bot may know of."""
        call = partial(self.client.users_conversations, user=person, types=TYPES, limit=PAGE)
        found = set[str]()
        async for page in paged("users.conversations", call):
            for channel in listed(page, "channels"):
                found.add(word(channel if isinstance(channel, dict) else {}, "id", "a channel"))
        return frozenset(found)

    async def _of_group(self, group: str) -> frozenset[str]:
        told = await calling(
            "usergroups.users.list", lambda: self.client.usergroups_users_list(usergroup=group)
        )
        return frozenset(map(str, listed(told.data, "users")))

    def _read(self, person: dict[str, Any]) -> Standing:
        team = named(person, "team_id", "a person")
        grid = person.get("enterprise_user")
        enterprise = grid.get("enterprise_id") if isinstance(grid, dict) else None
        ours = team in ("", self.me.team) or bool(enterprise and enterprise == self.me.enterprise)
        if person.get("is_stranger") is True or not ours:
            return Standing.STRANGER
        if person.get("deleted") is True:
            return Standing.GONE
        if person.get("is_restricted") is True or person.get("is_ultra_restricted") is True:
            return Standing.GUEST
        return Standing.BOT if person.get("is_bot") is True else Standing.MEMBER


async def paged(method: str, call: Callable[..., Awaitable[Any]]) -> AsyncIterator[dict[str, Any]]:
    """The pages of a list. Raises `Malformed` where it does not end."""
    cursor, seen = "", {""}
    while True:
        told = await calling(method, partial(call, cursor=cursor or None))
        page = told.data if isinstance(told.data, dict) else {}
        yield page
        about = page.get("response_metadata")
        cursor = str(about.get("next_cursor") or "") if isinstance(about, dict) else ""
        if not cursor:
            return
        if cursor in seen:
            raise Malformed("a list", f"{method} gives the same page again")
        seen.add(cursor)


def listed(told: Any, key: str) -> list[Any]:
    """The list under `key` of an answer. Raises `Malformed`."""
    found = told.get(key) if isinstance(told, dict) else None
    if not isinstance(found, list):
        raise Malformed("an answer", f"`{key}` is no list")
    return found
