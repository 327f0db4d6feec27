"""Asks Discord's REST API: as the bot, at its pace, page after page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import (
    Denied,
    Garbled,
    Missing,
    NetError,
    RateLimited,
    Refused,
    Unreached,
)
from knowledge.net.meaning import meant
from knowledge.net.urls import shown
from knowledge.net.waiting import finite
from knowledge.sources.discord.payloads import (
    Application,
    Channel,
    Guild,
    Member,
    Message,
    Threads,
    User,
    is_wordless,
)

Params = Mapping[str, str | int]
Cursor = Callable[[Channel], str]
UNKNOWN = frozenset({10003, 10004, 10008})  # codes of a channel, server or message
READS = 1 << 18 | 1 << 19  # flags of an application that may read what people write
PAGE = 100  # the most that Discord gives at once
INTENT = (
    "Switch on the Message Content Intent for the bot in Discord's developer portal (Bot > "
    "Privileged Gateway Intents); a large bot must ask Discord for it"
)
INVITE = "Let the bot's role view the channel and read its history, or take it out of `channels`"
RENEW = "Make a new token for the bot in Discord's developer portal, and give it as `token`"
Shape = TypeVar("Shape", bound=BaseModel)


class Gone(Missing):
    """Discord itself says that there is no such channel or message (any more)."""


@dataclass
class Discord:
    """One Discord, asked as one bot. All methods raise `NetError`."""

    client: Client
    url: str  # https://discord.com/api/v10
    page: int = PAGE
    intent: bool | None = None  # may it read what people write? None: Discord does not tell
    closed: dict[str, float] = field(default_factory=dict)  # until when, by path

    # -- what there is ---------------------------------------------------------------

    def me(self) -> User:
        """The bot itself."""
        return told(self.get("/users/@me"), User)

    def check_intent(self) -> None:
        """May it read what people write? Else all of it comes without words."""
        answer = self.get("/applications/@me")
        flags = told(answer, Application).flags
        self.intent = None if flags is None else bool(flags & READS)
        if self.intent is False:
            raise wordless(shown(answer.url))

    def channel(self, id: int) -> Channel:
        """A channel or thread; `Gone` where there is none."""
        return told(self.get(f"/channels/{id}"), Channel)

    def guild(self, id: int) -> Guild:
        """A server with its roles."""
        return told(self.get(f"/guilds/{id}"), Guild)

    def member(self, guild: int, user: int) -> Member:
        """Somebody in a server."""
        return told(self.get(f"/guilds/{guild}/members/{user}"), Member)

    def channels(self, guild: int) -> list[Channel]:
        """The channels of a server, without threads."""
        return listed(self.get(f"/guilds/{guild}/channels"), Channel)

    def guilds(self) -> Iterator[Guild]:
        """The servers that the bot is in; their roles are not told."""
        after = 0
        while True:
            answer = self.get("/users/@me/guilds", {"limit": 200, "after": after})
            found = listed(answer, Guild)
            yield from found
            if len(found) < 200:
                return
            after = beyond(answer, [guild.id for guild in found], after)

    # -- what is said ----------------------------------------------------------------

    def messages(self, channel: int, after: int = 0) -> Iterator[Message]:
        """The messages of a channel or thread after one, oldest first."""
        while True:
            found = self.some(channel, after)
            yield from found
            if len(found) < self.page:
                return
            after = found[-1].id

    def some(self, channel: int, after: int) -> list[Message]:
        """The next messages of a channel or thread after one, a page at most."""
        asked: Params = {"limit": self.page, "after": after}
        answer = self.get(f"/channels/{channel}/messages", asked)
        found = sorted(listed(answer, Message), key=lambda message: message.id)
        if found:
            beyond(answer, [message.id for message in found], after)
        if self.intent is None and is_wordless(found):
            raise wordless(shown(answer.url))
        return found

    def message(self, channel: int, id: int) -> Message | None:
        """One message; None where it was deleted."""
        try:
            return told(self.get(f"/channels/{channel}/messages/{id}"), Message)
        except Gone:
            return None

    def active(self, guild: int) -> tuple[Channel, ...]:
        """The threads of a server that are not archived, those of all channels."""
        return told(self.get(f"/guilds/{guild}/threads/active"), Threads).threads

    def archived(self, channel: int) -> Iterator[Channel]:
        """The archived public threads of a channel, that which was archived last first."""
        yield from self.further(f"/channels/{channel}/threads/archived/public", by_time)

    def joined(self, channel: int) -> Iterator[Channel]:
        """The archived private threads of a channel that the bot is in."""
        path = f"/channels/{channel}/users/@me/threads/archived/private"
        yield from self.further(path, lambda thread: str(thread.id))

    def further(self, path: str, cursor: Cursor) -> Iterator[Channel]:
        """The threads of a list that goes on before the last one of each page."""
        seen, asked = set[int](), dict[str, str | int]({"limit": self.page})
        while True:
            answer = self.get(path, asked)
            page = told(answer, Threads)
            new = [thread for thread in page.threads if thread.id not in seen]
            if not new and (page.has_more or page.threads):
                raise again(answer)
            yield from new
            if not page.has_more:
                return
            seen |= {thread.id for thread in new}
            asked["before"] = cursor(new[-1])

    # -- asking ----------------------------------------------------------------------

    def get(self, path: str, params: Params | None = None) -> Answer:
        """A success; a path that is used up is waited for."""
        self.await_turn(path)
        answer = self.client.exchange("GET", f"{self.url}{path}", params=params)
        after = finite(answer.headers.get("x-ratelimit-reset-after", ""))
        if after is not None and answer.headers.get("x-ratelimit-remaining") == "0":
            self.closed[path] = self.client.outside.clock() + after
        if 200 <= answer.status < 300:
            return answer
        raise worded(answer)

    def await_turn(self, path: str) -> None:
        """Wait until the path may be asked again; raises `RateLimited` where that is too long."""
        outside = self.client.outside
        left = self.closed.pop(path, 0.0) - outside.clock()
        if left > self.client.limits.wait_s:
            problem = f"is asked too often; it wants a pause of {left:.0f} s"
            remedy = "The next sync goes on; sync less often"
            raise RateLimited(shown(f"{self.url}{path}"), problem, remedy, left)
        if left > 0:
            outside.sleep(left)


def by_time(thread: Channel) -> str:
    """Where a list by time goes on."""
    archiving = thread.thread_metadata
    return archiving.archive_timestamp.isoformat(timespec="microseconds") if archiving else ""


def beyond(answer: Answer, ids: list[int], after: int) -> int:
    """The greatest id, where all come after that which was asked for."""
    if min(ids) <= after:
        raise again(answer)
    return max(ids)


def again(answer: Answer) -> Garbled:
    """The error of a list that goes round."""
    return answer.garbled("gives a page of its list again")


def told(answer: Answer, shape: type[Shape]) -> Shape:
    """The object of an answer. Raises `Garbled`."""
    try:
        return shape.model_validate(answer.json_object())
    except ValidationError as error:
        raise odd(answer, error) from error


def listed(answer: Answer, shape: type[Shape]) -> list[Shape]:
    """The objects of an answer. Raises `Garbled`."""
    try:
        return TypeAdapter(list[shape]).validate_python(answer.json())  # type: ignore[valid-type]
    except ValidationError as error:
        raise odd(answer, error) from error


def odd(answer: Answer, error: ValidationError) -> Garbled:
    """The error of an answer that has another shape than documented."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "it"
    return answer.garbled(f"answered something else than documented ({place}: {first['msg']})")


def wordless(where: str) -> Denied:
    """The error of a bot that is told everything but the words."""
    return Denied(where, "gives messages without their words: the bot lacks the intent", INTENT)


def worded(answer: Answer) -> NetError:
    """What a refusal means. What Discord itself does not call unknown is not taken for gone."""
    error, (code, words) = meant(answer), said(answer)
    if isinstance(error, Denied):
        remedy = RENEW if answer.status == 401 else INVITE
        return Denied(error.where, f"{error.problem}{words}", remedy)
    if isinstance(error, Missing) and code in UNKNOWN:
        problem = "is not there any more, or never was (404)"
        return Gone(error.where, problem, "Take it out of `channels`, or correct it there")
    if isinstance(error, Missing):
        return answer.garbled(f"is not there, but Discord does not say so itself (404){words}")
    if type(error) is Refused:
        return Refused(error.where, f"{error.problem}{words}", error.remedy)
    return error


def said(answer: Answer) -> tuple[int, str]:
    """Discord's code of an error, and its words in brackets."""
    try:
        body = answer.json_object()
    except NetError:
        return 0, ""
    code, words = body.get("code"), " ".join(str(body.get("message", "")).split())[:150]
    return code if isinstance(code, int) else 0, f" ({words.rstrip('.')})" if words else ""


def whole(error: NetError) -> bool:
    """Does it surely concern all of Discord, and not only what was asked for?"""
    denied = isinstance(error, Denied) and ("401" in error.problem or error.remedy == INTENT)
    return denied or isinstance(error, RateLimited)


def ends(error: NetError) -> bool:
    """Is it of no use to ask for another channel?"""
    return whole(error) or isinstance(error, Unreached)
