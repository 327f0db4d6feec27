"""Slack's payloads into our words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.conversation import Place
from bot.platforms.slack.fields import Malformed, named, optional, table, when, word
from bot.posts import Door, Post

PLATFORM = "slack"
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "bot_message", "me_message"})
MENTION = re.compile(r"<@([UWB][A-Z0-9]+)(?:\|([^<>]*))?>")
GROUP = re.compile(r"<!subteam\^([A-Z0-9]+)")
CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^<>]*))?>")
SPECIAL = re.compile(r"<!(?:subteam\^)?([\w^-]+)(?:\|([^<>]*))?>")
LINK = re.compile(r"<((?:https?|mailto|tel|ftp)[:/][^<>|\s]*)(?:\|([^<>]*))?>")
TASKED = re.compile(r"\s*[\w-]+\s*:")


@dataclass(frozen=True)
class Me:
    """Who the bot is in its workspace."""

    team: str
    user: str
    bot: str = ""
    enterprise: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """Every id that posts of the bot itself may carry."""
        return frozenset(filter(None, (self.user, self.bot)))


@dataclass(frozen=True)
class Removal:
    """A message that was deleted."""

    event: str
    place: Place
    id: str


@dataclass(frozen=True)
class Spoken:
    """A text without markup, and whom it speaks to."""

    text: str
    addressed: bool
    others: tuple[str, ...]  # people and user groups


def spoken(text: str, me: Me) -> Spoken:
    """What is said, without Slack's markup; mentions of the bot are taken out."""
    named = [found[1] for found in MENTION.finditer(text)]
    groups = [found[1] for found in GROUP.finditer(text)]
    others = tuple(dict.fromkeys(one for one in (*named, *groups) if one not in me.ids))

    def mention(found: re.Match[str]) -> str:
        return "" if found[1] in me.ids else f"@{found[2] or found[1]}"

    text = MENTION.sub(mention, text)
    text = CHANNEL.sub(lambda m: f"#{m[2] or m[1]}", text)
    text = SPECIAL.sub(lambda m: f"@{(m[2] or m[1]).lstrip('@')}", text)
    text = LINK.sub(lambda m: f"{m[2]} ({m[1]})" if m[2] and m[2] not in m[1] else m[1], text)
    said = html.unescape(text).strip()
    return Spoken(re.sub(r"^[\s,:;–—-]+(?=\w)", "", said), not me.ids.isdisjoint(named), others)


def read_message(body: Mapping[str, Any], me: Me) -> Post | Removal | None:
    """What a `message` or `app_mention` event tells; None: nothing that a person said.

    Raises `Malformed`.
    """
    event = table(body, "event", "an event")
    kind = f"a {str(event.get('type'))[:40]} event"
    subtype = named(event, "subtype", kind)
    if subtype == "message_deleted":
        return _removal(body, event, word(event, "deleted_ts", kind), me, kind)
    if subtype == "message_changed":
        return _edit(body, event, me, kind)
    if subtype not in SPOKEN or event.get("hidden") is True:
        return None
    return _post(body, event, event, me, kind)


def _removal(
    body: Mapping[str, Any], event: Mapping[str, Any], ts: str, me: Me, kind: str
) -> Removal:
    when(ts, kind)
    place = Place(PLATFORM, me.team, word(event, "channel", kind))
    return Removal(word(body, "event_id", kind), place, ts)


def _edit(
    body: Mapping[str, Any], event: Mapping[str, Any], me: Me, kind: str
) -> Post | Removal | None:
    message = table(event, "message", kind)
    subtype = named(message, "subtype", kind)
    if subtype == "tombstone":  # the root of a thread was deleted
        return _removal(body, event, word(message, "ts", kind), me, kind)
    if subtype not in SPOKEN:
        return None
    made = _post(body, event, message, me, kind)
    return None if made is None else replace(made, edited=True)


def _post(
    body: Mapping[str, Any],
    event: Mapping[str, Any],
    message: Mapping[str, Any],
    me: Me,
    kind: str,
) -> Post | None:
    bot, author = named(message, "bot_id", kind), named(message, "user", kind)
    if {bot, author} & me.ids:
        return None  # the bot's own words, which come back
    ts, channel = word(message, "ts", kind), word(event, "channel", kind)
    said = spoken(optional(message, "text", kind), me)
    direct = named(event, "channel_type", kind) == "im" or channel.startswith("D")
    team = named(message, "user_team", kind) or named(message, "team", kind)
    thread = named(message, "thread_ts", kind) or ts
    when(thread, kind)
    return Post(
        event=word(body, "event_id", kind),
        id=ts,
        place=Place(PLATFORM, me.team, channel, thread),
        author=author or word(message, "bot_id", kind),
        text=said.text,
        written_at=when(ts, kind),
        door=Door.DIRECT if direct else Door.CHANNEL,
        addressed=direct or said.addressed,
        others=said.others,
        by_bot=bool(bot),
        outsider=team not in ("", me.team),
        team=team,
    )


def read_command(body: Mapping[str, Any], me: Me) -> Post:
    """The question in a slash command. Raises `Malformed`.

    It is no message, so it has no thread; its trigger's id stands for it.
    """
    kind = "a slash command"
    text = spoken(optional(body, "text", kind), me).text
    channel, trigger = word(body, "channel_id", kind), word(body, "trigger_id", kind)
    return Post(
        event=f"command-{trigger}",
        id=f"command-{trigger}",
        place=Place(PLATFORM, me.team, channel),
        author=word(body, "user_id", kind),
        text=worded(word(body, "command", kind), text),
        written_at=datetime.now(UTC),
        door=Door.COMMAND,
        addressed=True,
        outsider=named(body, "team_id", kind) not in ("", me.team),
        team=named(body, "team_id", kind),
        back=named(body, "response_url", kind),
    )


def worded(command: str, text: str) -> str:
    """A command in the keywords that a mention would force the same with."""
    match command:
        case "/rag":
            return f"rag: {text}"
        case "/tuned":
            return f"tuned {text}" if TASKED.match(text) else f"tuned: {text}"
    return text


@dataclass(frozen=True)
class Pressed:
    """A button of a message that somebody pressed."""

    event: str  # tells a second press from a replay
    place: Place  # of the message; its thread, where it stands in one
    message: str
    author: str
    action: str  # its id
    value: str
    pressed_at: datetime  # aware UTC
    trigger: str  # opens a modal, within 3 s
    back: str  # response URL
    outsider: bool = False
    view: str = ""  # of a modal or App Home: its id, with no message


def read_press(body: Mapping[str, Any], me: Me) -> Pressed:
    """Raises `Malformed`."""
    kind = "a pressed button"
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise Malformed(kind, "`actions` is empty")
    action, user = actions[0], table(body, "user", kind)
    container = body.get("container") if isinstance(body.get("container"), dict) else {}
    message = body.get("message") if isinstance(body.get("message"), dict) else {}
    channel = body.get("channel") if isinstance(body.get("channel"), dict) else {}
    ts = named(container or {}, "message_ts", kind) or named(message or {}, "ts", kind)
    view = body.get("view") if isinstance(body.get("view"), dict) else {}
    at = named(action, "action_ts", kind)
    thread = named(message or {}, "thread_ts", kind) or ts
    place = Place(PLATFORM, me.team, named(channel or {}, "id", kind), thread)
    return Pressed(
        event=f"press-{at}-{word(user, 'id', kind)}-{ts}",
        place=place,
        message=ts,
        author=word(user, "id", kind),
        action=word(action, "action_id", kind),
        value=_value(action, kind),
        pressed_at=when(at, kind) if at else datetime.now(UTC),
        trigger=named(body, "trigger_id", kind),
        back=named(body, "response_url", kind),
        outsider=named(user, "team_id", kind) not in ("", me.team),
        view=named(view or {}, "id", kind),
    )


def _value(action: Mapping[str, Any], kind: str) -> str:
    if isinstance(chosen := action.get("selected_option"), dict):
        return optional(chosen, "value", kind)
    return optional(action, "value", kind)


@dataclass(frozen=True)
class Reaction:
    """A reaction that somebody gave a message, or took away."""

    event: str
    place: Place
    message: str
    author: str
    name: str
    at: datetime  # aware UTC
    to: str = ""  # who wrote the message, where Slack says so


def read_reaction(body: Mapping[str, Any], me: Me) -> Reaction | None:
    """None: it is on no message. Raises `Malformed`."""
    event = table(body, "event", "an event")
    kind = "a reaction"
    item = table(event, "item", kind)
    if item.get("type") != "message":
        return None
    place = Place(PLATFORM, me.team, word(item, "channel", kind))
    at = named(event, "event_ts", kind)
    return Reaction(
        word(body, "event_id", kind),
        place,
        word(item, "ts", kind),
        word(event, "user", kind),
        optional(event, "reaction", kind),
        when(at, kind) if at else datetime.now(UTC),
        named(event, "item_user", kind),
    )


@dataclass(frozen=True)
class Chosen:
    """A shortcut that somebody chose from a message's menu."""

    event: str
    place: Place  # of the message, with its thread
    message: str
    author: str
    text: str  # of the message
    callback: str
    trigger: str
    outsider: bool
    back: str


def read_shortcut(body: Mapping[str, Any], me: Me) -> Chosen:
    """Raises `Malformed`."""
    kind = "a shortcut"
    message, user = table(body, "message", kind), table(body, "user", kind)
    ts = word(message, "ts", kind)
    thread = named(message, "thread_ts", kind) or ts
    trigger = word(body, "trigger_id", kind)
    place = Place(PLATFORM, me.team, word(table(body, "channel", kind), "id", kind), thread)
    return Chosen(
        event=f"shortcut-{trigger}",
        place=place,
        message=ts,
        author=word(user, "id", kind),
        text=spoken(optional(message, "text", kind), me).text,
        callback=word(body, "callback_id", kind),
        trigger=trigger,
        outsider=named(user, "team_id", kind) not in ("", me.team),
        back=named(body, "response_url", kind),
    )
