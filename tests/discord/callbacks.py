"""The first answer to an interaction: within three seconds, once, of a kind that fits."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.components import check_form
from tests.discord.events import REPLY, message_payload, user_payload
from tests.discord.ids import BOT
from tests.discord.limits import check_fields, check_message
from tests.discord.posting import changed, composed, created, numbered
from tests.discord.refusals import (
    FORM,
    Json,
    Refused,
    bad_length,
    check,
    not_one_of,
    required,
    too_long,
)
from tests.discord.things import EPHEMERAL, LOADING, Interaction, Message
from tests.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5  # types of interactions
REPLIED, DEFERRED, DEFERRED_UPDATE, UPDATED, CHOICES, FORM_OPENED = 4, 5, 6, 7, 8, 9
SLASH_COMMAND_USED, MENU_USED = 20, 23  # types of messages
MOST_CHOICES = 25


def post_callback(call: Call) -> Answer:
    """Answer an interaction. Gives what was made, where that is asked for."""
    interaction = open_interaction(call)
    kind, inside = call.given.get("type"), call.given.get("data") or {}
    check_kind(interaction, kind)
    answer(call.world, interaction, int(call.given["type"]), inside)
    interaction.answer = call.given
    call.world.changes.tell()
    if not call.flag("with_response"):
        return None
    return resource(call.world, interaction, int(call.given["type"]))


def open_interaction(call: Call) -> Interaction:
    """The interaction that still waits for its first answer."""
    world, found = call.world, call.world.interactions.get(call.path["token"])
    if found is None or found.id != call.path["interaction"]:
        raise Refused(refusals.UNKNOWN_INTERACTION)
    if found.state != "none":
        raise Refused(refusals.ACKNOWLEDGED)
    if is_late(world, found):
        raise Refused(refusals.UNKNOWN_INTERACTION)
    return found


def is_late(world: World, interaction: Interaction) -> bool:
    """Was it not answered in time?"""
    age = world.clock.now() - interaction.created
    return interaction.state == "none" and age > world.settings.first_response_s


def check_kind(interaction: Interaction, kind: object) -> None:
    """Refuse a kind of answer that does not fit what the person did."""
    fits = {REPLIED, DEFERRED, FORM_OPENED}
    if interaction.type == AUTOCOMPLETE:
        fits = {CHOICES}
    elif interaction.message:
        fits |= {DEFERRED_UPDATE, UPDATED}
    if interaction.type == SUBMIT:
        fits -= {FORM_OPENED}
    check([] if kind in fits else [not_one_of("type", sorted(fits))])


def answer(world: World, interaction: Interaction, kind: int, inside: Json) -> None:
    """Do what the answer says."""
    if kind == REPLIED:
        check_message(inside, "data.")
        respond(world, interaction, inside, "answered")
    elif kind == DEFERRED:
        respond(world, interaction, {"flags": int(inside.get("flags") or 0)}, "deferred")
    elif kind == UPDATED:
        changed(world, used(world, interaction), inside, "data.")
        interaction.original, interaction.state = interaction.message, "answered"
    elif kind == DEFERRED_UPDATE:
        interaction.original, interaction.state = interaction.message, "deferred"
    elif kind == CHOICES:
        check_choices(inside)
        interaction.state = "answered"
    else:
        check_form(inside)
        form = {**inside, "components": numbered(inside["components"])}
        interaction.modal, interaction.state = form, "answered"


def used(world: World, interaction: Interaction) -> Message:
    """The message whose button was pressed."""
    return world.message(interaction.channel, interaction.message)


def respond(world: World, interaction: Interaction, inside: Json, state: str) -> None:
    """The message by which an interaction is answered, or the sign that one will come."""
    check_fields(inside, "data.")
    message = by_interaction(world, interaction, inside)
    message.type = kind_of_message(interaction)
    if interaction.type != COMMAND and interaction.message:
        message.reference = {"channel_id": message.channel, "message_id": interaction.message}
    interaction.original, interaction.ephemeral = message.id, bool(message.ephemeral_for)
    if state == "deferred":
        message.flags |= LOADING
        interaction.state = "deferred"
    else:
        interaction.state = "answered"
    created(world, message)


def kind_of_message(interaction: Interaction) -> int:
    """What a message is that answers an interaction."""
    if interaction.type == COMMAND:
        inside = interaction.payload.get("data", {})
        return SLASH_COMMAND_USED if inside.get("type") == 1 else MENU_USED
    return REPLY if interaction.message else SLASH_COMMAND_USED


def by_interaction(world: World, interaction: Interaction, inside: Json) -> Message:
    """A message of an interaction, not posted yet; for the person alone where so flagged."""
    channel = world.channels[interaction.channel]
    message = composed(world, channel, {**inside, "message_reference": None})
    message.application, message.interaction = BOT, metadata(world, interaction)
    if int(inside.get("flags") or 0) & EPHEMERAL:
        message.flags |= EPHEMERAL
        message.ephemeral_for = interaction.user
    return message


def metadata(world: World, interaction: Interaction) -> Json:
    """Who did what to bring a message about."""
    owners = interaction.payload.get("authorizing_integration_owners", {})
    told: Json = {
        "id": interaction.id,
        "type": interaction.type,
        "user": user_payload(world.user(interaction.user)),
        "authorizing_integration_owners": owners,
    }
    if interaction.type == COMMAND:
        inside = interaction.payload.get("data", {})
        told |= {"name": inside.get("name"), "command_type": inside.get("type")}
        if inside.get("target_id"):
            told["target_message_id"] = inside["target_id"]
    if interaction.type == COMPONENT:
        told["interacted_message_id"] = interaction.message
    if interaction.type == SUBMIT:
        opener = world.interactions[interaction.opened_by]
        told["triggering_interaction_metadata"] = metadata(world, opener)
    return told


def check_choices(inside: Json) -> None:
    """Refuse choices that Discord does not show: 25 at most, of 1 to 100 characters."""
    choices = inside.get("choices")
    if choices is None:
        raise Refused(FORM, [required("data.choices")])
    problems = [too_long("data.choices", MOST_CHOICES)] if len(choices) > MOST_CHOICES else []
    for number, choice in enumerate(choices):
        for name in ("name", "value"):
            text = choice.get(name)
            if isinstance(text, str) and not 0 < len(text) <= 100:
                problems.append(bad_length(f"data.choices.{number}.{name}", 1, 100))
    check(problems)


def resource(world: World, interaction: Interaction, kind: int) -> Json:
    """What a callback made."""
    told: Json = {"id": interaction.id, "type": interaction.type}
    made: Json = {"type": kind}
    if interaction.original:
        message = world.message(interaction.channel, interaction.original)
        told["response_message_id"] = message.id
        told["response_message_loading"] = message.is_deferred
        told["response_message_ephemeral"] = bool(message.ephemeral_for)
        made["message"] = message_payload(world, message)
    return {"interaction": told, "resource": made}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/interactions/{interaction}/{token}/callback",
        post_callback,
        authorized=False,
        exempt=True,
    ),
)
