"""Which channels are read: named ones, if they may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from knowledge.sources import Allowed
from knowledge.sources.slack.api import Json, Slack, entries, entry
from knowledge.sources.slack.posts import Me
from knowledge.sources.slack.trouble import Told

PLATFORM = "slack"
ID = re.compile(r"[CDG][A-Z0-9]{5,}")  # names have no capitals
DIRECT = "is a direct message, which is never read; take it out of `channels`"
PRIVATE = (
    "is private; write `private = true` if whoever may read this source's spaces may read what "
    "is said there, or take it out of `channels`"
)


@dataclass(frozen=True)
class Channel:
    """A channel that is read."""

    id: str
    name: str  # as people see it: "#kilns"


@dataclass(frozen=True)
class Refusal:
    """A channel that is not read, and why."""

    given: str
    reason: str  # what is wrong and what to do
    id: str = ""  # where it is known
    forget: bool = False  # what was read of it goes
    error: Told | None = None

    @property
    def key(self) -> str:
        """By which the report names it."""
        return self.id or self.given.strip()


@dataclass
class Places:
    """The methods raise `NetError`, and what `allowed` raises."""

    slack: Slack
    me: Me
    private: bool
    allowed: Allowed
    ids: dict[str, str] = field(default_factory=dict)  # of channels by name; may be remembered

    def of(self, given: str) -> Channel | Refusal | None:
        """The channel that a setting names; None: it is switched off."""
        name = given.strip().removeprefix("#")
        if name.startswith("D") and ID.fullmatch(name):
            return Refusal(given, DIRECT, name, forget=True)
        try:
            return self.found(given, name)
        except Told as error:
            if not error.of_channel:
                raise
            known = name if ID.fullmatch(name) else self.ids.get(name, "")
            return Refusal(given, error.reason, known, error=error.at(given))

    def found(self, given: str, name: str) -> Channel | Refusal | None:
        """The channel by its id or name; one that was renamed is looked up anew."""
        if ID.fullmatch(name):
            return self.read(given, name)
        if known := self.ids.get(name):
            if not self.may(known):
                return None
            told = self.lookup(known)
            if told is not None and name in names_of(told):
                return self.judged(given, told)
        self.ids[name] = self.listed.get(name, "")
        if self.ids[name]:
            return self.read(given, self.ids[name])
        del self.ids[name]
        reason = "there is no such channel, or it is private; give its id, or invite the bot there"
        return Refusal(given, reason)

    def read(self, given: str, id: str) -> Channel | Refusal | None:
        """The channel with this id."""
        return self.judged(given, self.info(id)) if self.may(id) else None

    def may(self, id: str) -> bool:
        """Is it not switched off?"""
        return self.allowed(PLATFORM, self.me.team, id)

    def judged(self, given: str, told: Json) -> Channel | Refusal:
        """The channel, if it may be read."""
        id, name = str(told["id"]), str(told.get("name") or told["id"])
        if told.get("is_im") is True or told.get("is_mpim") is True:
            return Refusal(given, DIRECT, id, forget=True)
        closed = told.get("is_private") is True or told.get("is_group") is True
        if closed and not self.private:
            return Refusal(given, PRIVATE, id, forget=True)
        return Channel(id, f"#{name}")

    def lookup(self, id: str) -> Json | None:
        """A channel by its id; None where there is none any more."""
        try:
            return self.info(id)
        except Told as error:
            if error.code != "channel_not_found":
                raise
            return None

    def info(self, id: str) -> Json:
        """What Slack tells of a channel."""
        answer = self.slack.call("conversations.info", channel=id)
        told = entry(answer, "channel")
        if told.get("id") != id:
            raise answer.garbled("answered another channel than was asked for")
        return told

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """The ids of all channels that the bot can see, by name."""
        types = "public_channel,private_channel" if self.private else "public_channel"
        pages = self.slack.pages("conversations.list", types=types, limit=200)
        found = [one for page in pages for one in entries(page, "channels")]
        return {str(one.get("name")): str(one.get("id")) for one in found if one.get("id")}


def names_of(told: Json) -> set[str]:
    """What a channel is called, and was before."""
    before = told.get("previous_names")
    return {str(told.get("name")), *(map(str, before) if isinstance(before, list) else ())}
