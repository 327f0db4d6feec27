"""What commands, menus, buttons and forms work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.platforms.discord.registering import Registered

if TYPE_CHECKING:
    from bot.desk import Desk, Ears
    from bot.platforms.discord import DiscordPlatform
    from bot.platforms.discord.deferrals import Deferrals
    from bot.platforms.discord.membership import Membership
    from bot.platforms.discord.reading import Me
    from bot.working import Worker


@dataclass(frozen=True)
class Parts:
    """The bot's parts, as they are built in `connecting`."""

    desk: Desk
    me: Me
    ears: Ears
    worker: Worker
    membership: Membership
    deferrals: Deferrals
    mine: DiscordPlatform
    registered: Registered = field(default_factory=Registered)
