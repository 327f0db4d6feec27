"""The methods that write a message bit by bit."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.slack import events
from tests.slack.limits import MOST_TEXT, block_problems, check_blocks, check_size, text_size
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused, all_objects
from tests.slack.surfaces import Session
from tests.slack.workspace import Workspace
from tests.slack.world import BOT, BOT_USER, TEAM, Channel, Message, Stream

MOST_MARKDOWN = 12_000  # characters, in one call
STATUSES = ("active", "processing", "suspended", "closed")
TASK_STATUSES = ("pending", "in_progress", "complete", "error")


async def start(slack: Workspace, args: Args) -> Json:
    """Begin a message that grows."""
    if slack.settings.streaming_refused:
        raise Refused(slack.settings.streaming_refused)
    channel = slack.world.channel(args.needed("channel"))
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel")
    thread = args.needed("thread_ts")
    check_recipient(slack, channel, args)
    message = Message(channel.id, slack.world.clock.ts(), BOT_USER, "", thread, bot_id=BOT)
    message.stream = Stream(time.monotonic())
    grow(message, message.stream, args)
    slack.posted(message)
    slack.surfaces.clear_status(channel.id, thread)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


async def append(slack: Workspace, args: Args) -> Json:
    """Let it grow."""
    message, stream = streaming(slack, args)
    if stream.state == "stopped_by_user":
        raise Refused("stopped_by_user")
    if not args.text("markdown_text") and not args.has("chunks"):
        raise Refused("no_text")
    grow(message, stream, args)
    slack.world.changes.tell()
    return {"ok": True, "channel": message.channel, "ts": message.ts}


async def stop(slack: Workspace, args: Args) -> Json:
    """Make it whole, with blocks at its end.

    A stream that a person stopped takes no more text, but may be made whole.
    """
    message, stream = streaming(slack, args)
    blocks = args.array("blocks", "invalid_blocks_format") or []
    check_blocks(blocks)
    if stream.state == "stopped_by_user" and (
        args.text("markdown_text") or args.given.get("chunks")
    ):
        raise Refused("stopped_by_user")
    status = session_status(args)
    before = events.message_json(slack.world, message)
    grow(message, stream, args, blocks)
    message.blocks = blocks
    message.metadata = args.object("metadata", "invalid_metadata_format") or message.metadata
    stream.state = "completed"
    if status:
        key = (message.channel, message.thread_ts)
        slack.surfaces.sessions.setdefault(key, Session(status)).status = status
    slack.changed(before, message)
    told = events.message_json(slack.world, message)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "message": told}


def check_recipient(slack: Workspace, channel: Channel, args: Args) -> None:
    """In channels, the one for whom it is written must be named."""
    if channel.kind == "im":
        return
    for name in ("recipient_team_id", "recipient_user_id"):
        if not args.text(name):
            raise Refused(f"missing_{name}")
    person = slack.world.people.get(args.text("recipient_user_id"))
    if person is None or person.id not in channel.members:
        raise Refused("user_not_found")
    if args.text("recipient_team_id") not in (TEAM, person.team_id):
        raise Refused("team_not_found")


def streaming(slack: Workspace, args: Args) -> tuple[Message, Stream]:
    """The message that is still open, or was stopped by a person."""
    channel = slack.world.channel(args.needed("channel"))
    message = slack.world.message(channel.id, args.needed("ts"))
    if message.user != BOT_USER:
        raise Refused("message_not_owned_by_app")
    if message.stream is None or not (
        running(slack, message) or message.stream.state == "stopped_by_user"
    ):
        raise Refused("message_not_in_streaming_state")
    return message, message.stream


def running(slack: Workspace, message: Message) -> bool:
    """Is it still streaming? Slack ends what is too old by itself."""
    stream = message.stream
    if stream is None or stream.state != "in_progress":
        return False
    if time.monotonic() - stream.started_at > slack.settings.stream_age_s:
        stream.state = "expired"
    return stream.state == "in_progress"


def grow(message: Message, stream: Stream, args: Args, last: Sequence[Json] = ()) -> None:
    """Take what is given, or refuse it and take nothing; `last`: blocks that come after."""
    markdown, chunks = args.text("markdown_text"), args.array("chunks", "invalid_chunks") or []
    if len(markdown) > MOST_MARKDOWN:
        raise Refused("msg_too_long")
    check_mode(stream, bool(markdown), bool(chunks))
    check_chunks(chunks)
    given: list[Json] = [{"type": "markdown_text", "text": markdown}] if markdown else chunks
    texts = [str(c["text"]) for c in given if c["type"] == "markdown_text"]
    size = text_size(stream.blocks)
    if size + sum(map(len, texts)) > MOST_TEXT:
        raise Refused("msg_too_long")
    check_size(list(last), size + sum(map(len, texts)))
    for chunk in given:
        take(stream, chunk)
    stream.mode = stream.mode or ("text" if markdown else "chunks" if chunks else "")
    message.text += "".join(texts)


def check_mode(stream: Stream, text: bool, chunks: bool) -> None:
    """What begins as text stays text, what begins with chunks stays so."""
    if text and chunks:
        raise Refused("invalid_arguments", ["either markdown_text or chunks, not both"])
    if (stream.mode == "text" and chunks) or (stream.mode == "chunks" and text):
        raise Refused("streaming_mode_mismatch")


def check_chunks(chunks: Sequence[Json]) -> None:
    """Refuse chunks that are none."""
    problems = []
    for number, chunk in enumerate(chunks):
        problems += [f"{said} [json-pointer:/chunks/{number}]" for said in chunk_problems(chunk)]
    if problems:
        raise Refused("invalid_chunks", problems)
    texts = (c["text"] for c in chunks if c["type"] == "markdown_text")
    if sum(map(len, texts)) > MOST_MARKDOWN:
        raise Refused("msg_too_long")


def chunk_problems(chunk: Json) -> list[str]:
    """What is wrong with one chunk."""
    match chunk.get("type"):
        case "markdown_text":
            return [] if isinstance(chunk.get("text"), str) else ["missing required field: text"]
        case "plan_update":
            return [] if chunk.get("title") else ["missing required field: title"]
        case "task_update":
            return task_problems(chunk)
        case "blocks":
            blocks = chunk.get("blocks")
            if not isinstance(blocks, list) or not all_objects(blocks):
                return ["missing required field: blocks"]
            found = [p for n, b in enumerate(blocks) for p in block_problems(b, f"/{n}", "message")]
            return found + (["no more than 50 items allowed"] if len(blocks) > 50 else [])
        case kind:
            return [f"unsupported type: {kind}"]


def task_problems(chunk: Json) -> list[str]:
    """What is wrong with a task card."""
    found = [f"missing required field: {n}" for n in ("id", "title") if not chunk.get(n)]
    if chunk.get("status") not in TASK_STATUSES:
        found.append("must be a valid enum value: status")
    sources = chunk.get("sources") or []
    if not isinstance(sources, list) or not all_objects(sources):
        found.append("must be an array of objects: sources")
    elif any(s.get("type") != "url" or not s.get("url") or not s.get("text") for s in sources):
        found.append("a source needs type, url and text")
    return found


def take(stream: Stream, chunk: Json) -> None:
    """Show one chunk: text joins the text before it, a task card stays one by its id."""
    match chunk["type"]:
        case "markdown_text":
            if not (stream.blocks and stream.blocks[-1]["type"] == "markdown"):
                stream.blocks.append({"type": "markdown", "text": ""})
            stream.blocks[-1]["text"] += chunk["text"]
        case "plan_update":
            plan = named(stream, "plan", "")
            plan["title"] = chunk["title"]
        case "task_update":
            given = {k: v for k, v in chunk.items() if k not in ("type", "id") and v is not None}
            named(stream, "task_card", chunk["id"]).update(given)
        case "blocks":
            stream.blocks += chunk["blocks"]


def named(stream: Stream, kind: str, id: str) -> Json:
    """The block of this kind and id, made where there is none."""
    for block in stream.blocks:
        if block["type"] == kind and block.get("task_id", "") == id:
            return block
    made: Json = {"type": kind} | ({"task_id": id} if id else {})
    stream.blocks.append(made)
    return made


def session_status(args: Args) -> str:
    """The status that the session gets; empty: it keeps its own."""
    status = args.text("session_status")
    if status and status not in STATUSES:
        raise Refused("invalid_arguments", ["must be a valid enum value: session_status"])
    return status


METHODS = {
    "chat.startStream": Method(start, 2, ("chat:write",)),
    "chat.appendStream": Method(append, 4, ("chat:write",)),
    "chat.stopStream": Method(stop, 2, ("chat:write",)),
}
