"""What Slack tells of a message, as values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from knowledge.net.answers import Answer
from knowledge.sources._talk.words import Message, Reaction
from knowledge.sources.slack.api import Json, entries, objects
from knowledge.sources.slack.faces import face
from knowledge.sources.slack.mrkdwn import Named, fenced, markdown

TS = re.compile(r"\d{1,10}\.\d{1,9}")
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "bot_message", "me_message"})
GONE = frozenset({"tombstone", "hidden_by_limit", "access_denied", "not_visible"})


@dataclass(frozen=True)
class Me:
    """As whom we read, and where."""

    team: str
    user: str
    bot: str
    url: str  # "https://acme.slack.com/"

    def link(self, channel: str, ts: str, thread: str = "") -> str:
        """The address of a message."""
        within = f"?thread_ts={thread}&cid={channel}" if thread and thread != ts else ""
        return f"{self.url}archives/{channel}/p{ts.replace('.', '')}{within}"


@dataclass(frozen=True)
class Post:
    """A message, or what stands in its place."""

    ts: str  # "1512085950.000216": its id, and when it was written
    thread: str  # the ts of the thread's first message; empty: it stands outside of threads
    user: str
    bot: str
    told: Json
    mark: str  # of what the list of a channel tells of it

    @property
    def subtype(self) -> str:
        """What kind of message; empty: an ordinary one."""
        return str(self.told.get("subtype") or "")

    @property
    def said_s(self) -> float:
        """When, in seconds since 1970."""
        return float(self.ts)

    @property
    def active_s(self) -> float:
        """When the last one answered."""
        latest = str(self.told.get("latest_reply") or "")
        return max(self.said_s, float(latest) if TS.fullmatch(latest) else 0.0)

    @property
    def is_root(self) -> bool:
        """Does it begin a thread?"""
        return self.thread == self.ts

    @property
    def is_spoken(self) -> bool:
        """Is it what somebody said? Not that someone joined, or that it was deleted."""
        hidden = self.told.get("hidden") is True
        return self.subtype in SPOKEN and not hidden and bool(self.user or self.bot)

    def own(self, me: Me) -> bool:
        """Are these the words of the bot itself?"""
        return bool({self.user, self.bot} & {me.user, me.bot} - {""})

    def addresses(self, me: Me) -> bool:
        """Does it speak to the bot?"""
        return f"<@{me.user}" in words(self.told)


def posts(answer: Answer) -> list[Post]:
    """The messages of an answer, as they stand there. Raises `Garbled`."""
    return [post(answer, told) for told in entries(answer, "messages")]


def post(answer: Answer, told: Json) -> Post:
    """A message. Raises `Garbled`."""
    ts, thread = told.get("ts"), told.get("thread_ts") or ""
    for moment in (ts, thread or ts):
        if not isinstance(moment, str) or not TS.fullmatch(moment):
            raise answer.garbled("answered a message without its time")
    has_replies = bool(told.get("reply_count")) or thread != ts
    user, bot = str(told.get("user") or ""), str(told.get("bot_id") or "")
    return Post(str(ts), str(thread) if has_replies else "", user, bot, told, marked(told))


def marked(told: Json) -> str:
    """What changes with the message, as far as the list of a channel tells."""
    edited, files = told.get("edited"), told.get("files")
    when = edited.get("ts") if isinstance(edited, Mapping) else ""
    seen = [told.get(name) for name in ("subtype", "text", "reply_count", "latest_reply")]
    named = [one.get("id") for one in objects(files)]
    seen += [when, named, [(one.emoji, one.count) for one in reactions(told)]]
    return hashlib.blake2b(repr(seen).encode("utf-8", "replace"), digest_size=8).hexdigest()


def message(found: Post, me: Me, channel: str, person: Named, place: Named) -> Message:
    """What was said, by whom, with names in place of ids. Raises what the names raise."""
    text = re.sub(rf"^\s*<@{re.escape(me.user)}(?:\|[^<>]*)?>[\s,:]*", "", words(found.told))
    parts = [markdown(text, person, place), *map(attached, files(found.told))]
    return Message(
        id=found.ts,
        author=author(found, person),
        said_at=datetime.fromtimestamp(found.said_s, UTC),
        text="\n\n".join(part for part in parts if part),
        link=me.link(channel, found.ts, found.thread),
        reactions=tuple(reactions(found.told)),
        is_bot=bool(found.bot),
        edited_at=edited_at(found.told),
    )


def author(found: Post, person: Named) -> str:
    """Who wrote it. Many bots tell their name with each message."""
    profile = found.told.get("bot_profile")
    told = profile.get("name") if isinstance(profile, Mapping) else ""
    named = str(found.told.get("username") or told or "")
    if found.bot and named:
        return named
    return person(found.user) if found.user else found.bot


def words(told: Json) -> str:
    """The text; of messages that have none, what is attached."""
    text = str(told.get("text") or "")
    if text.strip():
        return text
    parts = objects(told.get("attachments"))
    shown = [str(one.get("text") or one.get("fallback") or "") for one in parts]
    return "\n\n".join(part for part in shown if part)


def reactions(told: Json) -> list[Reaction]:
    """The reactions; what is odd of them is left out."""
    found = objects(told.get("reactions"))
    counted = ((str(one.get("name") or ""), one.get("count")) for one in found)
    return [Reaction(face(name), n) for name, n in counted if name and isinstance(n, int)]


def edited_at(told: Json) -> datetime | None:
    """When it got the words that it has; None: when it was written."""
    edited = told.get("edited")
    ts = str(edited.get("ts") or "") if isinstance(edited, Mapping) else ""
    if not TS.fullmatch(ts):
        return None
    return datetime.fromtimestamp(float(ts), UTC)


def files(told: Json) -> list[Json]:
    """The files that are still there."""
    return [one for one in objects(told.get("files")) if one.get("mode") not in GONE]


def attached(file: Mapping[str, Any]) -> str:
    """A file: its title and link, and of a snippet of text its beginning."""
    title = str(file.get("title") or file.get("name") or "a file").replace("[", "(")
    name, url = title.replace("]", ")"), str(file.get("permalink") or "")
    line = f"File: [{name}]({url})" if url.startswith("http") else f"File: {name}"
    preview = file.get("preview")
    if file.get("mode") != "snippet" or not isinstance(preview, str) or not preview.strip():
        return line
    return f"{line}\n\n{fenced(preview.strip())}"
