"""Canvases for one person: the direct message, the modal, the one who gave a slash command."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot import wording
from bot.conversation import Interaction
from bot.platforms.slack.blocks import SECTION, identified, section
from bot.platforms.slack.calls import Refused, calling
from bot.platforms.slack.canvas import OPENING, ThreadCanvas, Workspace
from bot.platforms.slack.controls import mark
from bot.platforms.slack.drawing import (
    Posting,
    fallback,
)
from bot.platforms.slack.text import lines, plain, shown
from bot.platforms.slack.views import notice_modal, result_modal
from bot.posts import Item
from knowledge.documents import Passage

log = logging.getLogger(__name__)

ASKED = 2_000  # characters of a question that are shown in it
NOT_HERE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})


class PrivateCanvas(ThreadCanvas):
    """Draws for the asker alone, into the direct message; no stream goes there, as no thread is."""

    async def status(self, text: str) -> None:
        """A direct message has no thread to show it in."""


class CommandCanvas(ThreadCanvas):
    """Draws what a slash command asks; where the bot may not post, its giver alone is told so."""

    async def finish(self, interaction: Interaction) -> None:
        """The answer, or why there is none."""
        try:
            await super().finish(interaction)
        except Refused as refused:
            await self._tell(refused)

    async def say(self, text: str) -> None:
        """The notice, or why there is none."""
        try:
            await super().say(text)
        except Refused as refused:
            await self._tell(refused)

    async def _tell(self, refused: Refused) -> None:
        """By the command's response URL, which works where the bot is no member."""
        if refused.code not in NOT_HERE or not self.item.post.back:
            raise refused
        log.info("item %d: %s", self.item.id, refused)
        client = AsyncWebhookClient(self.item.post.back)
        try:
            told = await client.send(text=wording.NOT_HERE, response_type="ephemeral")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise refused from error
        if told.status_code != 200:
            raise refused


class ModalCanvas:
    """Draws into a modal that was opened for the result; what that takes no more goes by DM."""

    def __init__(self, workspace: Workspace, item: Item, instead: PrivateCanvas) -> None:
        self.workspace, self.item, self.instead = workspace, item, instead

    async def status(self, text: str) -> None:
        """The modal says from the beginning that it is being worked on."""

    async def found(self, passages: Sequence[Passage]) -> None:
        """The sources stand under the result."""

    async def piece(self, text: str) -> None:
        """The modal is set once, as a whole."""

    @property
    def stopped(self) -> bool:
        """A modal has no Stop."""
        return False

    async def finish(self, interaction: Interaction) -> None:
        """The result with its sources, and the button that posts it."""
        if not await self._set(self._result(interaction)):
            await self.instead.finish(interaction)

    async def say(self, text: str) -> None:
        """A notice instead."""
        if not await self._set(notice_modal(wording.NAME, text)):
            await self.instead.say(text)

    async def retract(self) -> None:
        """What was posted instead of the modal goes; the modal itself was the person's own."""
        await self.instead.retract()

    def _result(self, interaction: Interaction) -> dict[str, Any]:
        return result_modal(interaction, wording.NAME, json.dumps({"item": self.item.id}))

    async def _set(self, view: dict[str, Any]) -> bool:
        """Is the modal still open, or was it closed, or never opened?"""
        if not self.item.post.back:
            return False
        call = partial(self.workspace.client.views_update, view_id=self.item.post.back, view=view)
        try:
            await calling("views.update", call)
        except Refused as refused:
            log.info("the modal is closed: %s", refused)
            return False
        return True


def opening(item: Item) -> Posting:
    """The message that shows a slash command's question, with the answer in its thread."""
    asker = f"<@{item.post.author}>: "
    text = asker + lines(plain(item.post.text, ASKED), SECTION - len(asker))
    blocks = identified([section(text)], mark(item.id, item.revision, OPENING))
    return Posting(fallback(shown(item.post.text[:ASKED])), blocks)
