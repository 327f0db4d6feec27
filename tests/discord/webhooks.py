"""What an interaction's token is good for, 15 minutes long: its answer and what follows it."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.callbacks import by_interaction
from tests.discord.calls import Answer, Call, Endpoint, snowflake
from tests.discord.events import REPLY, message_payload
from tests.discord.ids import BOT
from tests.discord.limits import check_message
from tests.discord.posting import changed, created, removed
from tests.discord.refusals import Refused
from tests.discord.things import Interaction, Message

ROUTE = "/webhooks/{application}/{token}"
ORIGINAL = "@original"


def answered_interaction(call: Call) -> Interaction:
    """The interaction of a token that still is good: answered, and not older than 15 minutes."""
    found = call.world.interactions.get(call.path["token"])
    if found is None or call.id("application") != BOT or found.state == "none":
        raise Refused(refusals.UNKNOWN_WEBHOOK)
    if call.world.clock.now() - found.created > call.world.settings.token_age_s:
        raise Refused(refusals.INVALID_WEBHOOK_TOKEN)
    return found


def its_message(call: Call, interaction: Interaction) -> Message:
    """The message that is meant: the answer, or one that followed it."""
    wanted = call.path.get("message", ORIGINAL)
    if wanted == ORIGINAL:
        wanted = interaction.original
    elif snowflake(wanted, "message_id") not in (interaction.original, *interaction.followups):
        raise Refused(refusals.UNKNOWN_MESSAGE)
    return call.world.message(interaction.channel, wanted)


def get_message(call: Call) -> Answer:
    """The answer, or one that followed it; ephemeral ones too."""
    return message_payload(call.world, its_message(call, answered_interaction(call)))


def patch_message(call: Call) -> Answer:
    """Edit the answer, or make a deferred one; or edit one that followed."""
    interaction = answered_interaction(call)
    message = changed(call.world, its_message(call, interaction), call.given)
    if message.id == interaction.original:
        interaction.state = "answered"
    return message_payload(call.world, message)


def delete_message(call: Call) -> Answer:
    """Take the answer away, or one that followed it."""
    removed(call.world, its_message(call, answered_interaction(call)))
    return None


def post_followup(call: Call) -> Answer:
    """Say one thing more. The first after a deferred answer becomes that answer."""
    interaction = answered_interaction(call)
    check_message(call.given)
    if interaction.state == "deferred" and interaction.original != interaction.message:
        return patch_message(call)
    message = by_interaction(call.world, interaction, call.given)
    assert message.interaction is not None
    if interaction.original:
        message.type = REPLY
        message.reference = {"channel_id": message.channel, "message_id": interaction.original}
        message.interaction["original_response_message_id"] = interaction.original
    interaction.followups.append(message.id)
    return message_payload(call.world, created(call.world, message))


def endpoints(path: str) -> tuple[Endpoint, ...]:
    """What can be done to one message."""
    acts = (("GET", get_message), ("PATCH", patch_message), ("DELETE", delete_message))
    return tuple(Endpoint(method, path, act, authorized=False, exempt=True) for method, act in acts)


ENDPOINTS = (
    Endpoint("POST", ROUTE, post_followup, authorized=False, exempt=True),
    *endpoints(f"{ROUTE}/messages/{ORIGINAL}"),
    *endpoints(ROUTE + "/messages/{message}"),
)
