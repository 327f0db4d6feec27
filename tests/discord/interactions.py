"""What people do that the application must answer: commands, menus, buttons, forms."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.discord import forms
from tests.discord.acts import place
from tests.discord.callbacks import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    FORM_OPENED,
    REPLIED,
    SUBMIT,
    UPDATED,
)
from tests.discord.components import BUTTON, SELECTS, leaves
from tests.discord.events import (
    interaction_payload,
    message_payload,
)
from tests.discord.invoked import (
    MESSAGE_MENU,
    SLASH,
    TEXT,
    filled,
    impossible,
    invoked,
    resolved,
)
from tests.discord.permissions import VIEW_CHANNEL, may
from tests.discord.refusals import Json
from tests.discord.things import Channel, Interaction, Message, User
from tests.discord.world import World

Kind = Literal["answered", "deferred", "acknowledged", "updated", "choices", "modal", "failed"]
KINDS: dict[int, Kind] = {
    REPLIED: "answered",
    DEFERRED: "deferred",
    DEFERRED_UPDATE: "acknowledged",
    UPDATED: "updated",
    CHOICES: "choices",
    FORM_OPENED: "modal",
}


@dataclass(frozen=True)
class Outcome:
    """What became of an interaction in its first seconds.

    "failed": the person reads "The application did not respond". "acknowledged": a button's
    message may be changed later.
    """

    kind: Kind
    id: str
    token: str
    ephemeral: bool = False  # of "answered" and "deferred"
    message: str = ""  # what @original is
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)


class Interactions:
    """People and the application. People and channels by name or id, as `World` finds them.

    What Discord's client would not let a person do raises `Refused`.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    async def command(
        self,
        person: str,
        channel: str,
        name: str,
        options: Mapping[str, object] | None = None,
        stale: bool = False,
    ) -> Outcome:
        """Run a slash command, such as "ask" or "tandem mute"; `stale`: one that was there."""
        user, where = self._who_and_where(person, channel)
        found = invoked(self.world, user, where, name.removeprefix("/"), SLASH, stale)
        sent = filled(self.world, found.options, options or {})
        inside = found.inside(sent)
        if told := resolved(self.world, where, sent):
            inside["resolved"] = told
        return await self._answer(self._begun(COMMAND, user, where, inside))

    async def autocomplete(
        self,
        person: str,
        channel: str,
        name: str,
        option: str,
        value: str,
        options: Mapping[str, object] | None = None,
    ) -> Outcome:
        """Type in an option that completes; `options` are the others that are filled in."""
        user, where = self._who_and_where(person, channel)
        found = invoked(self.world, user, where, name.removeprefix("/"), SLASH)
        if not any(o["name"] == option and o.get("autocomplete") for o in found.options):
            raise impossible(option, f"{option} does not complete")
        others = [o for o in found.options if o["name"] in (options or {})]
        sent = filled(self.world, others, options or {})
        sent.append({"name": option, "type": TEXT, "value": value, "focused": True})
        return await self._answer(self._begun(AUTOCOMPLETE, user, where, found.inside(sent)))

    async def menu(self, person: str, channel: str, message: str, name: str) -> Outcome:
        """Choose from a message's menu; the application is given the whole message."""
        user, where = self._who_and_where(person, channel)
        found = invoked(self.world, user, where, name, MESSAGE_MENU)
        target = self.world.message(where.id, message)
        inside = found.inside(())
        inside["target_id"] = target.id
        inside["resolved"] = {"messages": {target.id: message_payload(self.world, target)}}
        return await self._answer(self._begun(COMMAND, user, where, inside))

    async def press(self, person: str, message: str, what: str) -> Outcome:
        """Press the button with this custom_id, label or emoji."""
        user, found = self.world.user(person), self.world.find_message(message)
        part = self._pressed(user, found, what, (BUTTON,))
        inside = {"custom_id": part["custom_id"], "component_type": BUTTON, "id": part["id"]}
        return await self._answer(self._on_message(COMPONENT, user, found, inside))

    async def choose(self, person: str, message: str, what: str, values: Sequence[str]) -> Outcome:
        """Choose in the select with this custom_id or placeholder."""
        user, found = self.world.user(person), self.world.find_message(message)
        part = self._pressed(user, found, what, SELECTS)
        inside: Json = {"custom_id": part["custom_id"], "component_type": part["type"]}
        inside |= {"id": part["id"], "values": list(values)}
        return await self._answer(self._on_message(COMPONENT, user, found, inside))

    async def submit(self, person: str, custom_id: str, values: Mapping[str, object]) -> Outcome:
        """Send the form with this custom_id ("": the one opened last); it closes if that works."""
        user = self.world.user(person)
        opener = self._opener(user, custom_id)
        assert opener.modal is not None
        inside = forms.sent(opener.modal, values)
        where = self.world.channels[opener.channel]
        sent = self._begun(SUBMIT, user, where, inside, opener.message)
        sent.opened_by = opener.token
        outcome = await self._answer(sent)
        if outcome.kind != "failed":
            opener.modal = None
        return outcome

    def open_forms(self, person: str) -> list[Json]:
        """The forms that somebody has open, the latest last."""
        user = self.world.user(person)
        mine = [i for i in self.world.interactions.values() if i.user == user.id]
        return [interaction.modal for interaction in mine if interaction.modal is not None]

    def close_form(self, person: str, custom_id: str = "") -> None:
        """Close a form without sending it: the application does not hear of that."""
        self._opener(self.world.user(person), custom_id).modal = None

    def _opener(self, user: User, custom_id: str) -> Interaction:
        mine = [i for i in self.world.interactions.values() if i.user == user.id and i.modal]
        for interaction in reversed(mine):
            if interaction.modal and custom_id in ("", interaction.modal["custom_id"]):
                return interaction
        raise impossible("custom_id", f"{user.name} has no form {custom_id!r} open")

    def _who_and_where(self, person: str, channel: str) -> tuple[User, Channel]:
        user = self.world.user(person)
        return user, place(self.world, user, channel)

    def _pressed(self, user: User, message: Message, what: str, kinds: Sequence[int]) -> Json:
        channel = self.world.channels[message.channel]
        hidden = message.ephemeral_for not in ("", user.id)
        if hidden or (channel.guild and not may(self.world, user.id, channel, VIEW_CHANNEL)):
            raise impossible("message", f"{user.name} does not see it")
        there = [part for part in leaves(message.components) if part["type"] in kinds]
        for part in there:
            if what in names(part) and part.get("custom_id") and not part.get("disabled"):
                return part
        raise impossible("custom_id", f"no {what!r}; there are: {[names(p) for p in there]}")

    def _on_message(self, kind: int, user: User, message: Message, inside: Json) -> Interaction:
        where = self.world.channels[message.channel]
        return self._begun(kind, user, where, inside, message.id)

    def _begun(
        self, kind: int, user: User, channel: Channel, inside: Json, message: str = ""
    ) -> Interaction:
        world = self.world
        id, created = world.clock.snowflake(), world.clock.now()
        made = Interaction(
            id, token(id), created, kind, user.id, channel.id, channel.guild, {}, message=message
        )
        made.payload = interaction_payload(world, made, inside)
        world.interactions[made.token] = made
        while len(world.interactions) > world.settings.keep_messages:
            del world.interactions[next(iter(world.interactions))]
        return made

    async def _answer(self, interaction: Interaction) -> Outcome:
        """Tell of it, and wait for the first answer as long as Discord does."""
        world = self.world
        limit = time.monotonic() + world.settings.first_response_s
        world.tell("INTERACTION_CREATE", interaction.payload, interaction.guild)
        while interaction.state == "none" and (left := limit - time.monotonic()) > 0:
            await world.changes.beyond(world.changes.count, left)
        return outcome(interaction)


def outcome(interaction: Interaction) -> Outcome:
    """What became of it so far."""
    told = interaction.answer
    if interaction.state == "none" or told is None:
        return Outcome("failed", interaction.id, interaction.token)
    inside = told.get("data") or {}
    return Outcome(
        KINDS[told["type"]],
        interaction.id,
        interaction.token,
        interaction.ephemeral,
        interaction.original,
        interaction.modal,
        list(inside.get("choices") or []),
    )


def names(part: Json) -> list[str]:
    """By what a test knows a button or a select."""
    emoji = (part.get("emoji") or {}).get("name")
    told = [part.get("custom_id"), part.get("label"), emoji, part.get("placeholder")]
    return [name for name in told if name]


def token(id: str) -> str:
    """A new interaction's token, as long as Discord's."""
    return f"aW50ZXJhY3Rpb246{id}{secrets.token_hex(80)}"
