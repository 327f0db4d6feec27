"""Discord's buttons, each by what its `custom_id` carries: they work after any restart."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import discord
from discord import ui

from bot import wording
from bot.conversation import Mode, Verdict
from bot.platforms.discord import controls
from bot.platforms.discord.ordering import choose, forget
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.pressing import (
    Pressed,
    read_press,
    redo,
    share,
    stop,
    thumb,
    withdraw,
)
from bot.platforms.discord.responding import (
    Result,
    Said,
    Unreadable,
    check_who,
    respond,
    sorry,
)

Deed = Callable[[Parts, Pressed, re.Match[str]], Coroutine[Any, Any, Result]]
Interaction = discord.Interaction[Any]
Press = Callable[[int, Any, Interaction, str, re.Match[str]], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of button, and what pressing it does."""

    template: re.Pattern[str]
    deed: Deed
    replaces: bool = False  # its result stands in place of the message


KINDS = (
    Kind(controls.VOTE, lambda parts, by, m: thumb(parts, by, *vote_in(m))),
    Kind(controls.WITHDRAW, lambda parts, by, m: withdraw(parts, by, *vote_in(m)), True),
    Kind(controls.STOP, lambda parts, by, m: stop(parts, by, int(m["item"]))),
    Kind(controls.REDO, lambda parts, by, m: redo(parts, by, Mode(m["mode"]), int(m["item"]))),
    Kind(controls.SHARE, lambda parts, by, m: share(parts, by, int(m["item"]))),
    Kind(
        controls.FORGET,
        lambda parts, by, m: forget(parts, by.author, by.place, m["sure"] == "yes"),
        True,
    ),
    Kind(
        controls.LEARN,
        lambda parts, by, m: choose(parts, by.author, by.place, m["choice"] == "yes"),
        True,
    ),
)


def vote_in(match: re.Match[str]) -> tuple[Verdict, int]:
    """The verdict, and the interaction that it is about."""
    return Verdict(match["verdict"]), int(match["interaction"])


def add_buttons(bot: discord.Client, parts: Parts) -> None:
    """Have the bot listen to all our buttons, those of messages of long ago too."""
    bot.add_dynamic_items(*(pressable(kind, parts) for kind in KINDS))
    store: Any = bot._connection._view_store  # it has no hook for that
    store.schedule_dynamic_item_call = caught(store.schedule_dynamic_item_call)


def caught(call: Press) -> Press:
    """A call that never fails: discord.py lets what it cannot read itself go without a word."""

    async def calling(
        component: int, item: Any, interaction: Interaction, custom_id: str, match: re.Match[str]
    ) -> None:
        try:
            check_who(interaction)
            await call(component, item, interaction, custom_id, match)
        except Exception as error:
            await respond(interaction, say(sorry(interaction, Unreadable("a button", error))))

    return calling


async def unknown(interaction: Interaction) -> None:
    """What is pressed is none of ours, or not any more: who pressed it is told, if so."""
    told = cast(object, interaction.data)
    custom_id = told.get("custom_id") if isinstance(told, Mapping) else None
    known = isinstance(custom_id, str) and any(k.template.fullmatch(custom_id) for k in KINDS)
    if not known:
        log.warning("interaction %d: a button that is none of ours", interaction.id)
        await respond(interaction, say(Said(wording.NO_ANSWER_HERE)))


async def say(said: Said) -> Said:
    """Something that is known already."""
    return said


def pressable(kind: Kind, parts: Parts) -> type[ui.DynamicItem[ui.Item[Any]]]:
    """The class by which discord.py knows a kind of button."""

    class Pressable(ui.DynamicItem[ui.Item[Any]], template=kind.template):
        def __init__(self, item: ui.Item[Any], match: re.Match[str]) -> None:
            super().__init__(item)
            self.match = match

        @classmethod
        async def from_custom_id(
            cls, _: Interaction, item: ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            return cls(item, match)

        async def callback(self, interaction: Interaction) -> None:
            await respond(interaction, self.deed(interaction), replaces=kind.replaces)

        async def deed(self, interaction: Interaction) -> Result:
            return await kind.deed(parts, read_press(interaction), self.match)

    return Pressable
