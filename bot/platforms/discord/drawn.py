"""A drawn message as plain values, and the buttons under it as discord.py sends them."""

from __future__ import annotations

from dataclasses import dataclass

import discord

LABEL = 80  # characters of a button at most
ROW, BUTTONS = 5, 25  # buttons in a row, and in a message


@dataclass(frozen=True)
class Button:
    """A button; what a press does stands in its `custom_id`."""

    label: str  # at most `LABEL` characters; empty: only the emoji is shown
    custom_id: str  # at most 100 characters
    style: discord.ButtonStyle = discord.ButtonStyle.secondary
    emoji: str = ""


@dataclass(frozen=True)
class Drawn:
    """A whole message. What is empty here is to be cleared in a message that is edited."""

    content: str  # at most 2,000 characters
    embed: discord.Embed | None = None  # the sources and the footer
    buttons: tuple[Button, ...] = ()
    more: tuple[discord.Embed, ...] = ()  # text that the content has no room for, before `embed`

    @property
    def embeds(self) -> list[discord.Embed]:
        """All embeds in their order; at most ten, and 6,000 characters in all."""
        return [*self.more, *([self.embed] if self.embed else [])]


def view(drawn: Drawn) -> discord.ui.View | None:
    """The buttons under a message, 5 in a row; None: it has none.

    It is stopped already, so that discord.py keeps no hold of it after sending: each press is
    read from the button's own id, also after a restart.
    """
    if not drawn.buttons:
        return None
    shown = discord.ui.View(timeout=None)
    for number, button in enumerate(drawn.buttons[:BUTTONS]):
        shown.add_item(
            discord.ui.Button(
                label=button.label or None,
                custom_id=button.custom_id,
                style=button.style,
                emoji=button.emoji or None,
                row=number // ROW,
            )
        )
    shown.stop()
    return shown
