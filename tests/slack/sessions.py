"""The methods of agents: statuses, suggested prompts, titles, sessions."""

from __future__ import annotations

from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused
from tests.slack.streams import STATUSES
from tests.slack.surfaces import Session
from tests.slack.workspace import Workspace

UNHEARD = "missing_agent_session_stopped_event_subscription"


async def set_status(slack: Workspace, args: Args) -> Json:
    """Say what the app is doing in a thread; it goes after two minutes."""
    channel = slack.world.channel(args.needed("channel_id"))
    if not args.has("status"):
        args.needed("status")
    loading = args.given.get("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise Refused("invalid_arguments", ["no more than 10 items allowed: loading_messages"])
    texts = tuple(map(str, loading))
    slack.surfaces.set_status(channel.id, args.needed("thread_ts"), args.text("status"), texts)
    slack.world.changes.tell()
    return {"ok": True}


async def set_prompts(slack: Workspace, args: Args) -> Json:
    """Suggest up to four things to ask."""
    channel = slack.world.channel(args.needed("channel_id"))
    prompts = args.array("prompts", "invalid_arguments") or []
    whole = all(prompt.get("title") and prompt.get("message") for prompt in prompts)
    if not 1 <= len(prompts) <= 4 or not whole:
        raise Refused("invalid_arguments", ["1 to 4 prompts, each with title and message"])
    made = {"title": args.text("title"), "prompts": prompts}
    slack.surfaces.prompts[channel.id, args.text("thread_ts")] = made
    slack.world.changes.tell()
    return {"ok": True}


async def set_title(slack: Workspace, args: Args) -> Json:
    """Name a thread with the app."""
    channel = slack.world.channel(args.needed("channel_id"))
    slack.surfaces.titles[channel.id, args.needed("thread_ts")] = args.needed("title")
    slack.world.changes.tell()
    return {"ok": True}


async def set_session_status(slack: Workspace, args: Args) -> Json:
    """Move a thread's session on; the first call makes it."""
    key, status, title = place(slack, args), args.needed("status"), args.text("title")
    if status not in STATUSES or len(title) > 200:
        raise Refused("invalid_arguments", ["must be a valid enum value: status"])
    session = slack.surfaces.sessions.setdefault(key, Session(status, title))
    session.status = status
    slack.world.changes.tell()
    heard = "agent_session_stopped" in slack.settings.events
    warning = {} if heard else {"warning": UNHEARD}
    return {"ok": True, "status": status, "agent_status": status, "title": session.title} | warning


async def rename(slack: Workspace, args: Args) -> Json:
    """Change the title of a thread's session."""
    key, title = place(slack, args), args.needed("title")
    if len(title) > 200:
        raise Refused("invalid_arguments", ["must be less than 201 characters: title"])
    if key not in slack.surfaces.sessions:
        raise Refused("session_not_found")
    slack.surfaces.sessions[key].title = title
    slack.world.changes.tell()
    return {"ok": True, "title": title}


def place(slack: Workspace, args: Args) -> tuple[str, str]:
    """The channel and the thread of a session."""
    return slack.world.channel(args.needed("channel_id")).id, args.needed("thread_ts")


METHODS = {
    "assistant.threads.setStatus": Method(set_status, 4, ("chat:write",)),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, 4, ("assistant:write",)),
    "assistant.threads.setTitle": Method(set_title, 4, ("assistant:write",)),
    "agents.sessions.setStatus": Method(set_session_status, 3, ("chat:write",)),
    "agents.sessions.rename": Method(rename, 3, ("chat:write",)),
}
