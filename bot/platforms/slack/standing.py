"""Whole replies in a Slack thread: exactly the wished messages stand, whatever stood before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.blocks import Block
from bot.platforms.slack.calls import Refused, Tries, plain
from bot.platforms.slack.controls import mark_of
from bot.platforms.slack.marked import Where
from bot.platforms.slack.pens import FIXED, GONE, Desk, delete, post, stop, update
from bot.posts import Reply
from bot.stage import Note


class Posting(Protocol):
    """One message as it is to stand; one of its blocks bears its mark."""

    @property
    def text(self) -> str:
        """What notifications and screen readers say; at most 3,900 characters."""

    @property
    def blocks(self) -> list[Block]:
        """What is seen."""


async def complete(
    client: AsyncWebClient,
    where: Where,
    replies: Sequence[Reply],
    postings: Sequence[Posting],
    noted: Note,
    tries: Tries | None = None,
) -> None:
    """Make exactly `postings` stand, in the messages of `replies` as far as these can be changed.

    First of all what stands elsewhere is deleted, as the question is now asked in private or no
    more. Streams are stopped. Missing messages are posted, superfluous ones deleted. Done twice,
    it changes nothing. Raises `PlatformAway` and `CannotReply`.
    """
    desk = _desk(client, where, tries)
    elsewhere = [reply for reply in replies if reply.channel != where.channel]
    await retract(client, where, elsewhere, tries=tries)
    replies = [reply for reply in replies if reply.channel == where.channel]
    for reply in replies:
        if reply.streaming:
            await stop(desk, reply.message)
    standing = deque(_in_order(replies))
    fixed: list[Reply] = []
    for part, posting in enumerate(postings):
        message = await _reuse(desk, standing, posting, fixed)
        if not message:
            others = {reply.message for reply in replies}
            message = await post(desk, _mark(posting), posting.text, posting.blocks, others)
        await noted(Reply(where.channel, message, part))
    for reply in (*fixed, *standing):
        await delete(desk, reply.message)


async def retract(
    client: AsyncWebClient,
    where: Where,
    replies: Sequence[Reply],
    instead: Posting | None = None,
    tries: Tries | None = None,
) -> None:
    """Take `replies` away, wherever they stand; what Slack keeps becomes `instead`.

    Raises `PlatformAway` and `CannotReply`.
    """
    for reply in _in_order(replies):
        desk = _desk(client, replace(where, channel=reply.channel), tries)
        if reply.streaming:
            await stop(desk, reply.message)
        if not await delete(desk, reply.message) and instead:
            await update(desk, reply.message, _mark(instead), instead.text, instead.blocks)


async def _reuse(desk: Desk, standing: deque[Reply], posting: Posting, fixed: list[Reply]) -> str:
    """Set the next message that can be changed; empty: there is none left."""
    while standing:
        reply = standing.popleft()
        try:
            await update(desk, reply.message, _mark(posting), posting.text, posting.blocks)
        except Refused as refused:
            if refused.code in FIXED:
                fixed.append(reply)
            elif refused.code not in GONE:
                raise
        else:
            return reply.message
    return ""


def _desk(client: AsyncWebClient, where: Where, tries: Tries | None) -> Desk:
    return Desk(plain(client), where, str, tries or Tries())


def _in_order(replies: Sequence[Reply]) -> list[Reply]:
    return sorted(replies, key=lambda reply: (reply.part, reply.message))


def _mark(posting: Posting) -> str:
    """The mark of the block that has one: Slack drops the id of a block of Markdown."""
    first = str(posting.blocks[0].get("block_id", "")) if posting.blocks else ""
    return str(mark_of(posting.blocks) or first)
