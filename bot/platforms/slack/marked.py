"""The bot's messages in a Slack thread: where it writes, and how it finds its own words again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.calls import Refused, Tries, calling
from bot.platforms.slack.controls import marked
from bot.posts import Reply

EVENT = "tandem_reply"  # the type of our messages' metadata
FIRST = "-first"  # behind the mark in the block that opens a message: the endings bear the mark
PAGE, MOST_PAGES = 200, 25  # messages looked through at a time, and how often


@dataclass(frozen=True)
class Where:
    """The thread that an answer is written into, and for whom."""

    channel: str
    thread: str = ""  # ts of its root; empty: beside the other messages, and never streamed
    recipient_user: str = ""  # who asked
    recipient_team: str = ""  # and that person's team
    direct: bool = False  # a DM: nobody else reads it
    own_user: str = ""  # the bot's own user id
    since: str = ""  # ts of the question: our replies stand behind it


def first_id(mark: str) -> str:
    """The id of the block that opens a message, which the endings do not repeat."""
    return mark + FIRST


def metadata(mark: str) -> dict[str, Any]:
    """What a message carries beside its blocks, so that it is known whose reply it is."""
    read = marked(mark)
    if read is None:
        return {"event_type": EVENT, "event_payload": {"mark": mark}}
    payload = {"item": read.item, "revision": read.revision, "part": read.part}
    return {"event_type": EVENT, "event_payload": {"mark": mark, **payload}}


async def find_marked(
    client: AsyncWebClient,
    where: Where,
    part_of: Callable[[str], int | None],
    tries: Tries | None = None,
) -> list[Reply]:
    """Find our messages in that thread, oldest first, whose mark `part_of` knows the part of.

    Other people's and other bots' messages are never ours. Raises as `calling` does.
    """
    found = []
    try:
        async for message in _messages(client, where, tries):
            parts = (part_of(mark) for mark in marks_in(message) if _ours(message, where))
            part = next((part for part in parts if part is not None), None)
            if part is not None:
                found.append(Reply(where.channel, str(message["ts"]), part))
    except Refused as refused:
        if refused.code != "thread_not_found":  # the question is gone, and all under it
            raise
    return sorted(found, key=lambda reply: reply.message)


async def _messages(
    client: AsyncWebClient, where: Where, tries: Tries | None
) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    for _ in range(MOST_PAGES):
        page = await calling("conversations.replies", _reader(client, where, cursor), tries)
        for message in page.get("messages") or ():
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _reader(client: AsyncWebClient, where: Where, cursor: str) -> Callable[[], Any]:
    asked: dict[str, Any] = {"limit": PAGE, "include_all_metadata": True}
    asked |= {"oldest": where.since, "inclusive": True} if where.since else {}
    asked |= {"cursor": cursor} if cursor else {}
    if not where.thread:
        return lambda: client.conversations_history(channel=where.channel, **asked)
    return lambda: client.conversations_replies(channel=where.channel, ts=where.thread, **asked)


def _ours(message: Mapping[str, Any], where: Where) -> bool:
    if where.own_user:
        return message.get("user") == where.own_user
    return bool(message.get("bot_id"))


def marks_in(message: Mapping[str, Any]) -> Iterator[str]:
    """Give what may be marks in a message as Slack returns it: in its blocks and metadata."""
    for block in _blocks(message):
        for name in ("block_id", "task_id"):
            if isinstance(read := block.get(name), str):
                yield read.removesuffix(FIRST)
    told = message.get("metadata")
    if isinstance(told, Mapping) and told.get("event_type") == EVENT:
        payload = told.get("event_payload")
        yield str(payload.get("mark", "")) if isinstance(payload, Mapping) else ""


def _blocks(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    blocks = message.get("blocks")
    return [block for block in blocks if isinstance(block, Mapping)] if blocks else ()
