"""The control API: what tests and benches ask of the server, `POST /control/NAME` with JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tests.slack import events
from tests.slack.acts import ACTS
from tests.slack.clicks import CLICKS
from tests.slack.faults import Fault
from tests.slack.payloads import Json, Refused
from tests.slack.streams import running
from tests.slack.transcript import drawn, thread_roots, transcript
from tests.slack.workspace import Workspace
from tests.slack.world import Channel, Group, Message, Person

MOST_WAIT_S = 30.0


async def control(slack: Workspace, request: web.Request) -> web.Response:
    """Do what is asked; `{"error": …}` with 400, where that cannot be."""
    name = request.match_info["name"]
    if name not in CONTROLS:
        return web.json_response({"error": f"no such control: {name}"}, status=404)
    try:
        return web.json_response(await CONTROLS[name](slack, **await request.json()))
    except Refused as refusal:
        return web.json_response({"error": str(refusal)}, status=400)
    except (TypeError, ValueError) as error:
        return web.json_response({"error": f"{name}: {error}"}, status=400)


async def configure(slack: Workspace, **changes: Any) -> None:
    """Turn dials of `Settings` while it runs."""
    sets = {k: frozenset(v) for k, v in changes.items() if k in ("scopes", "events")}
    lists = {k: tuple(v) for k, v in changes.items() if k == "retry_after_s"}
    slack.configure(**{**changes, **sets, **lists})


async def fault(slack: Workspace, **fault: Any) -> None:
    """Let something go wrong; the fields of `Fault`."""
    slack.faults.coming.append(Fault(**fault))


async def clear_faults(slack: Workspace) -> None:
    """Let all go well again."""
    slack.faults.coming.clear()


async def disconnect(slack: Workspace, reason: str, closes: bool = True) -> None:
    """Tell the sockets to go, and close them."""
    await slack.sockets.disconnect(reason, closes)


async def drop(slack: Workspace) -> None:
    """Cut the sockets."""
    slack.sockets.drop()


async def add_person(slack: Workspace, **person: Any) -> None:
    """Add somebody, or change them; the fields of `Person`."""
    made = Person(**person)
    slack.world.people[made.id] = made


async def add_channel(slack: Workspace, **channel: Any) -> None:
    """Add a channel, or change it; the fields of `Channel`."""
    made = Channel(**{**channel, "members": tuple(channel.get("members", ()))})
    slack.world.channels[made.id] = made


async def add_group(slack: Workspace, **group: Any) -> None:
    """Add a user group, or change it; the fields of `Group`."""
    made = Group(**{**group, "members": tuple(group.get("members", ()))})
    slack.world.groups[made.id] = made


async def look(slack: Workspace, channel: str = "") -> Json:
    """All that people see, in one channel or in all: see `people.Seen`."""
    ids = [slack.world.channel(channel).id] if channel else list(slack.world.channels)
    seen = {id: transcript(slack.world, id) + thinking(slack, id) for id in ids}
    return {
        "count": slack.world.changes.count,
        "lines": [line for id in ids for line in seen[id]],
        "messages": [m for id in ids for m in messages(slack, id)],
        "views": {user: stack for user, stack in slack.surfaces.views.items() if stack},
        "homes": slack.surfaces.homes,
        "statuses": statuses(slack),
        "sessions": {f"{c} {t}": asdict(s) for (c, t), s in slack.surfaces.sessions.items()},
        "prompts": {f"{c} {t}".strip(): p for (c, t), p in slack.surfaces.prompts.items()},
        "titles": {f"{c} {t}": title for (c, t), title in slack.surfaces.titles.items()},
        "sockets": slack.sockets.count,
    }


def thinking(slack: Workspace, channel: str) -> list[str]:
    """A line for each status that is shown in a channel."""
    shown = slack.surfaces.statuses.items()
    return [f"  (tandem {status.text})" for (where, _), status in shown if where == channel]


def statuses(slack: Workspace) -> dict[str, str]:
    """The statuses that are shown, by "channel thread"."""
    return {f"{c} {t}": status.text for (c, t), status in slack.surfaces.statuses.items()}


def messages(slack: Workspace, channel: str) -> list[Json]:
    """All messages of a channel, thread by thread; then what only one person sees."""
    roots = thread_roots(slack.world, channel)
    found = [m for root in roots for m in slack.world.thread(channel, root)]
    found += [w for w in slack.world.whispers if w.channel == channel]
    return [message_of(slack, message) for message in found]


def message_of(slack: Workspace, message: Message) -> Json:
    """A message with what a person sees of it."""
    streaming = running(slack, message)
    raw = events.message_json(slack.world, message)
    shown = {"channel": message.channel, "drawn": drawn(slack.world, message)}
    return raw | shown | {"streaming": streaming, "only_for": message.only_for}


async def changes(slack: Workspace, seen: int, timeout_s: float) -> int:
    """Wait until more changed than was seen; the count of changes now."""
    return await slack.world.changes.beyond(seen, min(timeout_s, MOST_WAIT_S))


async def calls(slack: Workspace, method: str = "") -> list[Json]:
    """The latest calls of the Web API, of one method or of all."""
    return [asdict(call) for call in slack.ledger.calls if method in ("", call.method)]


async def sendings(slack: Workspace) -> list[Json]:
    """The latest events, with when they were sent, acknowledged and first answered to."""
    return [asdict(sending) for sending in slack.ledger.sendings.values()]


async def timings(slack: Workspace) -> list[Json]:
    """When each of the latest posts was sent, acknowledged and first answered to, in seconds."""
    return [
        {
            "event_id": sending.event_id,
            "type": sending.event.get("type", sending.kind),
            "channel": sending.event.get("channel", ""),
            "ts": sending.event.get("ts", ""),
            "by_bot": bool(sending.event.get("bot_id")),
            "sent_at": sending.sent_at,
            "acked_at": sending.acked_at,
            "first_sign_at": sending.first_sign_at,
            "tries": sending.tries,
        }
        for sending in slack.ledger.sendings.values()
    ]


async def strays(slack: Workspace) -> list[str]:
    """What the app said through a socket that no envelope asked for."""
    return slack.sockets.stray


async def about(slack: Workspace) -> Json:
    """Is it there, and how many sockets are open?"""
    return {"base": slack.base, "sockets": slack.sockets.count}


CONTROLS: dict[str, Callable[..., Awaitable[Any]]] = {
    **ACTS,
    **CLICKS,
    **{
        ask.__name__: ask
        for ask in (
            configure,
            fault,
            clear_faults,
            disconnect,
            drop,
            add_person,
            add_channel,
            add_group,
            look,
            changes,
            calls,
            sendings,
            timings,
            strays,
            about,
        )
    },
}
