"""Nonces that are enforced: what is sent twice under one stands once."""

from __future__ import annotations

from tests.discord.ids import made_at
from tests.discord.refusals import UNKNOWN_MESSAGE, Json, Refused
from tests.discord.things import Message
from tests.discord.world import World


def sent_before(world: World, author: str, given: Json) -> Message | None:
    """The message that this author sent under the same nonce in the last minutes, anywhere.

    Only where the nonce is to be enforced. One that was deleted since is not made anew: it is an
    Unknown Message (so a Discord engineer says it is meant to be; discord-api-docs, PR 6647).
    """
    found = world.nonces.get((author, str(given.get("nonce"))))
    since = world.clock.now() - world.settings.nonce_age_s
    if not given.get("enforce_nonce") or found is None or made_at(found.id) < since:
        return None
    if found.id not in world.messages.get(found.channel, {}):
        raise Refused(UNKNOWN_MESSAGE)
    return found


def remember(world: World, message: Message) -> None:
    """A message was sent under a nonce; the oldest are forgotten where too many are kept."""
    world.nonces[message.author, message.nonce] = message
    while len(world.nonces) > world.settings.keep_messages:
        world.nonces.popitem(last=False)
