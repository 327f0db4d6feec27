"""The privileged intents of the application, and the flags that tell of them."""

from __future__ import annotations

from tests.discord import intents
from tests.discord.world import World

# The bits of an application that has them as one with fewer than 10,000 users.
FLAGS = {
    intents.GUILD_PRESENCES: 1 << 13,
    intents.GUILD_MEMBERS: 1 << 15,
    intents.MESSAGE_CONTENT: 1 << 19,
}
PRIVILEGED = sum(FLAGS)


def allowed_intents(world: World) -> int:
    """The privileged intents that the application has."""
    settings = world.settings
    found = intents.MESSAGE_CONTENT if settings.content_intent else 0
    found |= intents.GUILD_MEMBERS if settings.members_intent else 0
    return found | (intents.GUILD_PRESENCES if settings.presence_intent else 0)


def application_flags(world: World) -> int:
    """The flags of the application: which privileged intents it has."""
    return sum(flag for intent, flag in FLAGS.items() if allowed_intents(world) & intent)
