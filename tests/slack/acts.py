"""What people do with messages: say, edit, delete, react; and with the app's threads."""

from __future__ import annotations

from dataclasses import replace

from tests.slack import events
from tests.slack.payloads import Json, Refused
from tests.slack.streams import running
from tests.slack.workspace import Workspace
from tests.slack.world import BOT, BOT_USER, Channel, Message

MENTION = f"<@{BOT_USER}>"


async def say(
    slack: Workspace,
    channel: str,
    user: str,
    text: str,
    thread: str = "",
    more: Json | None = None,
) -> str:
    """Somebody posts; `more` goes into the message as it is. Gives its ts."""
    person = slack.world.person(user)
    bot_id = (BOT if person.id == BOT_USER else f"B{person.id[1:]}") if person.is_bot else ""
    made = Message(place(slack, channel, person.id).id, slack.world.clock.ts(), person.id, text)
    message = replace(made, thread_ts=thread or "", bot_id=bot_id, more=more or {})
    return slack.posted(message).ts


async def edit(slack: Workspace, channel: str, ts: str, text: str) -> None:
    """The author changes the words."""
    message = known(slack, channel, ts)
    before, new = events.message_json(slack.world, message), MENTION not in message.text
    message.text, message.edited_by = text, message.user
    slack.changed(before, message)
    if slack.settings.edits_mention and new and MENTION in text:
        slack.mentioned(message)


async def unfurl(slack: Workspace, channel: str, ts: str) -> None:
    """Slack adds a link's preview: the message changes, its words do not."""
    message = known(slack, channel, ts)
    before = events.message_json(slack.world, message)
    preview = {"from_url": "https://example.com/", "title": "Example", "id": 1}
    message.more = {**message.more, "attachments": [preview]}
    slack.changed(before, message)


async def delete(slack: Workspace, channel: str, ts: str) -> None:
    """The author deletes a message."""
    slack.deleted(known(slack, channel, ts))


async def react(slack: Workspace, user: str, channel: str, ts: str, name: str) -> None:
    """Somebody adds a reaction."""
    person, message = slack.world.person(user), known(slack, channel, ts)
    users = message.reactions.setdefault(name, [])
    if person.id in users:
        raise Refused("already_reacted")
    users.append(person.id)
    slack.world.changes.tell()
    slack.emit(events.reaction_event(slack.world, True, person.id, message, name))


async def unreact(slack: Workspace, user: str, channel: str, ts: str, name: str) -> None:
    """Somebody takes a reaction back."""
    person, message = slack.world.person(user), known(slack, channel, ts)
    if person.id not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    message.reactions[name].remove(person.id)
    message.reactions = {name: users for name, users in message.reactions.items() if users}
    slack.world.changes.tell()
    slack.emit(events.reaction_event(slack.world, False, person.id, message, name))


async def open_home(slack: Workspace, user: str, tab: str = "home") -> str:
    """Somebody opens the app's Home or its messages tab. Gives the channel of the DM."""
    person, channel = slack.world.person(user), slack.world.direct(user)
    event: Json = {"type": "app_home_opened", "user": person.id, "channel": channel.id, "tab": tab}
    event["event_ts"] = slack.world.clock.ts()
    if tab == "home" and person.id in slack.surfaces.homes:
        event["view"] = slack.surfaces.homes[person.id]
    slack.emit(event)
    return channel.id


async def stop_stream(slack: Workspace, user: str, channel: str, ts: str) -> None:
    """Somebody presses Stop in the thread of this message (or its root).

    The button is there while the session is processing, where the app can hear of it.
    """
    person, where = slack.world.person(user), slack.world.channel(channel).id
    known_message = slack.world.messages.get((where, ts))
    thread = known_message.thread if known_message else ts
    session = slack.surfaces.sessions.get((where, thread))
    if "agent_session_stopped" not in slack.settings.events:
        raise Refused("no_stop_button", ["the app does not hear of agent_session_stopped"])
    if session is None or session.status != "processing":
        raise Refused("no_stop_button", ["the session is not processing"])
    open_ones = [m for m in slack.world.thread(where, thread) if running(slack, m)]
    for message in open_ones:
        if message.stream is not None:
            message.stream.state = "stopped_by_user"
    slack.world.changes.tell()
    event = {"type": "agent_session_stopped", "channel": where, "thread_ts": thread}
    stopped = {"user": person.id, "streaming_message_ts": [m.ts for m in open_ones]}
    slack.emit({**event, **stopped, "event_ts": slack.world.clock.ts()})


async def redeliver(slack: Workspace, event_id: str, reason: str = "timeout") -> None:
    """Slack sends an event again, as if it had not been acknowledged."""
    sending = slack.ledger.sendings.get(event_id)
    if sending is None:
        raise Refused("no_such_event")
    slack.delivery.again(slack.way, sending, reason)


async def emit(slack: Workspace, event: Json) -> str:
    """Any event at all goes out, properly wrapped; its id, or "" where nobody is told."""
    return slack.emit(event)


async def raw(slack: Workspace, text: str) -> None:
    """Anything at all goes through a socket, as it is."""
    await slack.sockets.raw(text)


def place(slack: Workspace, channel: str, user: str) -> Channel:
    """Where somebody speaks; "dm": with the bot alone."""
    return slack.world.direct(user) if channel == "dm" else slack.world.channel(channel)


def known(slack: Workspace, channel: str, ts: str) -> Message:
    """The message in a channel that is named by its id or its name."""
    return slack.world.message(slack.world.channel(channel).id, ts)


ACTS = {
    act.__name__: act
    for act in (
        say,
        edit,
        unfurl,
        delete,
        react,
        unreact,
        open_home,
        stop_stream,
        redeliver,
        emit,
        raw,
    )
}
