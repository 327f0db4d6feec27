"""Whom a message mentions, and who of them is pinged: what `allowed_mentions` is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.discord.permissions import MENTION_EVERYONE, may
from tests.discord.refusals import Json
from tests.discord.things import Channel
from tests.discord.world import World

CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
USER, ROLE = re.compile(r"<@!?(\d{15,20})>"), re.compile(r"<@&(\d{15,20})>")
EVERYONE = re.compile(r"(?<!<)@(?:everyone|here)\b")


@dataclass(frozen=True)
class Mentioned:
    """Ids of users and roles; each of them is notified."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    everyone: bool = False

    @property
    def pinged(self) -> list[str]:
        """All that are notified; "everyone" among them."""
        return [*self.users, *self.roles, *(["everyone"] if self.everyone else [])]


def mentioned(
    world: World, channel: Channel, author: str, content: str, allowed: Json | None, replied: str
) -> Mentioned:
    """Who is mentioned in a text, and by being replied to, as far as that is allowed.

    Nothing said about what is allowed allows everything; roles and everyone need a permission
    of the author beside. Code mentions nobody.
    """
    spoken = CODE.sub("", content)
    loud = bool(channel.guild) and may(world, author, channel, MENTION_EVERYONE)
    users = [user for user in USER.findall(spoken) if user in world.users]
    users = [user for user in users if permitted(allowed, "users", user)]
    if replied and (allowed is None or allowed.get("replied_user")):
        users.append(replied)
    roles = [role for role in ROLE.findall(spoken) if permitted(allowed, "roles", role) and loud]
    everyone = bool(EVERYONE.search(spoken)) and permitted(allowed, "everyone", "") and loud
    return Mentioned(once(users), once(roles), everyone)


def permitted(allowed: Json | None, kind: str, id: str) -> bool:
    """May one of this kind ("users", "roles", "everyone") be mentioned?"""
    if allowed is None:
        return True
    named = {str(one) for one in allowed.get(kind) or []}
    return kind in (allowed.get("parse") or []) or id in named


def once(ids: list[str]) -> tuple[str, ...]:
    """Each of them once, in order."""
    return tuple(dict.fromkeys(ids))
