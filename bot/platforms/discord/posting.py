"""One message of the bot's in a channel: posted once, changed, taken away, by the bot's token."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import discord
from discord.http import MultipartParameters, handle_message_parameters
from discord.utils import MISSING

from bot.platforms.discord.calls import UNKNOWN_MESSAGE, Refused, Unsure, calling
from bot.platforms.discord.controls import Mark
from bot.platforms.discord.drawn import Drawn, view

log = logging.getLogger(__name__)

T = TypeVar("T")

ARCHIVED, MALFORMED, NO_HISTORY = 50083, 50035, 160002
ID = re.compile(r"\d{1,20}", re.ASCII)
NO_REPLY = frozenset({NO_HISTORY, MALFORMED})  # the message cannot hang on the one it answers


@dataclass(frozen=True)
class Tries:
    """How often a call is tried that broke off, and how long is waited in between; seconds."""

    times: int = 3
    pause_s: float = 0.5  # doubled each time

    def pauses(self) -> Iterator[float]:
        """Give the pauses between the tries, one fewer than the tries."""
        return (self.pause_s * 2**turn for turn in range(self.times - 1))


@dataclass(frozen=True)
class Where:
    """The channel, thread or direct conversation that an answer stands in."""

    channel: str
    replies_to: str = ""  # the message there that it answers; empty: it hangs on none
    else_in: str = ""  # the channel whose message it answers where it may not stand in `channel`


async def again(name: str, make: Callable[[], Awaitable[T]], tries: Tries | None = None) -> T:
    """Make a call that may be repeated, until it is known to be done. Raises as `calling`."""
    for pause_s in (tries or Tries()).pauses():
        try:
            return await calling(name, make())
        except Unsure as error:
            log.warning("%s", error)
            await asyncio.sleep(pause_s)
    return await calling(name, make())


def nonce(asked: str, mark: Mark, turn: int) -> str:
    """The nonce of a part (24 characters): posted twice, Discord keeps one message.

    `asked` is the question's id: another database counts its items from 1, too. `turn`
    counts the nonces of a part, from 0: Discord takes none again whose message was deleted.
    """
    told = f"{asked} {mark.item} {mark.revision} {mark.part} {turn}"
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


async def post(
    client: discord.Client,
    where: Where,
    drawn: Drawn,
    nonce: str,
    tries: Tries,
    besides: Collection[str] = (),
) -> str:
    """Post a message, once, and give its id.

    Under a nonce that was used before, Discord gives the message that it has; that one is then
    changed to `drawn`, but for those in `besides`. Raises `PlatformAway` and `Refused`.
    """
    try:
        message, stands = await _posted(client, where, drawn, nonce, tries)
    except Refused as refused:
        if not (where.replies_to and refused.code in NO_REPLY):
            raise
        log.info("%s; posted as no reply", refused)
        message, stands = await _posted(client, Where(where.channel), drawn, nonce, tries)
    if message not in besides and not stands:
        await edit(client, where.channel, message, drawn, tries)
    return message


async def edit(
    client: discord.Client, channel: str, message: str, drawn: Drawn, tries: Tries
) -> None:
    """Change a message, also in an archived thread. Raises `PlatformAway` and `Refused`."""

    def make() -> Awaitable[object]:
        return client.http.edit_message(channel, message, params=parameters(drawn))

    await _awake(client, channel, lambda: again("PATCH message", make, tries), tries)


async def delete(client: discord.Client, channel: str, message: str, tries: Tries) -> None:
    """Take a message away, if it is still there. Raises `PlatformAway` and `Refused`."""

    def make() -> Awaitable[object]:
        return client.http.delete_message(channel, message)

    try:
        await _awake(client, channel, lambda: again("DELETE message", make, tries), tries)
    except Refused as refused:
        if refused.code != UNKNOWN_MESSAGE:
            raise


def parameters(
    drawn: Drawn, nonce: str | None = None, replies_to: discord.MessageReference | None = None
) -> MultipartParameters:
    """A message as discord.py sends it; it pings nobody, whatever stands in it.

    With a nonce discord.py also has it enforced.
    """
    return handle_message_parameters(
        content=drawn.content or None,
        embeds=drawn.embeds,
        view=view(drawn),
        allowed_mentions=discord.AllowedMentions.none(),
        nonce=nonce,
        message_reference=replies_to.to_message_reference_dict() if replies_to else MISSING,
    )


async def _posted(
    client: discord.Client, where: Where, drawn: Drawn, nonce: str, tries: Tries
) -> tuple[str, bool]:
    """The message's id, and does it show what is drawn?"""

    async def make() -> tuple[str, bool]:
        params = parameters(drawn, nonce, reference(where))
        told = await message_of(client.http.send_message(where.channel, params=params))
        return str(told["id"]), _shows(told, drawn)

    return await again("POST message", make, tries)


async def message_of(call: Awaitable[Any]) -> Mapping[str, Any]:
    """The message that a call gives back. Raises `TypeError`: it is none, but a proxy's page."""
    told = await call
    if not isinstance(told, Mapping) or not ID.fullmatch(str(told.get("id"))):
        raise TypeError("no message was given back")
    return told


async def _awake(
    client: discord.Client, channel: str, call: Callable[[], Awaitable[object]], tries: Tries
) -> None:
    """Do that in a channel; a thread that is archived is opened again before."""
    try:
        await call()
    except Refused as refused:
        if refused.code != ARCHIVED:
            raise
        await again(
            "PATCH channel", lambda: client.http.edit_channel(int(channel), archived=False), tries
        )
        await call()


def reference(where: Where) -> discord.MessageReference | None:
    """What the message hangs on; that may have been deleted meanwhile."""
    if not where.replies_to:
        return None
    return discord.MessageReference(
        message_id=int(where.replies_to), channel_id=int(where.channel), fail_if_not_exists=False
    )


def _shows(told: Any, drawn: Drawn) -> bool:
    """Is that message, as Discord gives it back, already what is drawn?"""
    rows = told.get("components") or ()
    ids = [part.get("custom_id") for row in rows for part in row.get("components") or ()]
    same = str(told.get("content") or "").strip() == drawn.content.strip()
    return same and ids == [button.custom_id for button in drawn.buttons]
