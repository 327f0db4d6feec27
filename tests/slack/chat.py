"""The methods that post, change and delete messages."""

from __future__ import annotations

from tests.slack import events
from tests.slack.limits import check_blocks
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused
from tests.slack.streams import running
from tests.slack.workspace import Workspace
from tests.slack.world import BOT, BOT_USER, Channel, Message

MOST_POSTED, MOST_UPDATED, MOST_MARKDOWN = 40_000, 4_000, 12_000


async def post_message(slack: Workspace, args: Args) -> Json:
    """Post; text over 40,000 characters is cut."""
    channel = speakable(slack, args.needed("channel"))
    message = composed(slack, channel, args)
    slack.posted(message)
    slack.surfaces.clear_status(channel.id, message.thread_ts or message.ts)
    told = events.message_json(slack.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": told}


async def post_ephemeral(slack: Workspace, args: Args) -> Json:
    """Show something to one person; it is in no history."""
    channel = speakable(slack, args.needed("channel"))
    user = slack.world.person(args.needed("user"))
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    message = composed(slack, channel, args)
    message.only_for = user.id
    slack.world.whisper(message)
    return {"ok": True, "message_ts": message.ts}


async def update(slack: Workspace, args: Args) -> Json:
    """Change a message of the bot. Text without blocks takes the blocks away."""
    message = own_message(slack, args, "cant_update_message")
    if running(slack, message):
        raise Refused("streaming_state_conflict")
    text, blocks = content(args, MOST_UPDATED)
    if len(text) > MOST_UPDATED:
        raise Refused("msg_too_long")
    before = events.message_json(slack.world, message)
    if message.stream is not None:
        message.stream.blocks = []
    message.text, message.blocks = text, blocks
    message.edited_by = "" if blocks else BOT_USER
    message.metadata = args.object("metadata", "invalid_metadata_format") or message.metadata
    slack.changed(before, message)
    told = events.message_json(slack.world, message)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "text": text, "message": told}


async def delete(slack: Workspace, args: Args) -> Json:
    """Delete a message of the bot."""
    message = own_message(slack, args, "cant_delete_message")
    if running(slack, message):
        raise Refused("streaming_state_conflict")
    slack.deleted(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


async def permalink(slack: Workspace, args: Args) -> Json:
    """The address of a message."""
    channel = slack.world.channel(args.needed("channel"))
    message = slack.world.message(channel.id, args.needed("message_ts"))
    link = f"{slack.base}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    link += f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"ok": True, "channel": channel.id, "permalink": link}


def speakable(slack: Workspace, id: str) -> Channel:
    """Where the bot may post; a person's id stands for the DM with that person."""
    channel = slack.world.direct(id) if id.startswith("U") else slack.world.channel(id)
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel" if channel.kind == "channel" else "channel_not_found")
    if channel.is_archived:
        raise Refused("is_archived")
    return channel


def composed(slack: Workspace, channel: Channel, args: Args) -> Message:
    """A new message of the bot, not posted yet."""
    text, blocks = content(args, MOST_POSTED)
    thread = args.text("thread_ts")
    if thread and not thread.replace(".", "").isdigit():
        raise Refused("invalid_thread_ts")
    return Message(
        channel.id,
        slack.world.clock.ts(),
        BOT_USER,
        text[:MOST_POSTED],
        thread_ts=thread,
        bot_id=BOT,
        blocks=blocks,
        metadata=args.object("metadata", "invalid_metadata_format"),
    )


def content(args: Args, most: int) -> tuple[str, list[Json]]:
    """The text and the blocks of a message; Markdown becomes a block."""
    text, markdown = args.text("text"), args.text("markdown_text")
    blocks = args.array("blocks", "invalid_blocks_format") or []
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(markdown) > min(most * 3, MOST_MARKDOWN):
        raise Refused("msg_too_long")
    if markdown:
        return markdown[:MOST_UPDATED], [{"type": "markdown", "text": markdown}]
    if not text and not blocks and not args.has("attachments"):
        raise Refused("no_text")
    check_blocks(blocks)
    return text, blocks


def own_message(slack: Workspace, args: Args, otherwise: str) -> Message:
    """A message of the bot, or the refusal for one of somebody else."""
    channel = slack.world.channel(args.needed("channel"))
    message = slack.world.message(channel.id, args.needed("ts"))
    if message.user != BOT_USER:
        raise Refused(otherwise)
    return message


WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, 4, WRITE),
    "chat.postEphemeral": Method(post_ephemeral, 4, WRITE),
    "chat.update": Method(update, 3, WRITE),
    "chat.delete": Method(delete, 3, WRITE),
    "chat.getPermalink": Method(permalink, 4),
}
