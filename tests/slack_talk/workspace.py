"""A Slack on a test's server: the methods that read, as documented, two messages on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults import Asked, Reply, Server, as_json

TEAM, BOT, BOT_USER, TOKEN = "T0TANDEM", "B0TANDEM", "U0TANDEM", "xoxb-hunter2"
CHANNEL, OTHER, CLOSED = "C0KILNS", "C0OTHER", "C0CLOSED"
PEOPLE = {"U0ANNA": "Anna", "U0BEN": "Ben", "U0CLEO": "Cleo", BOT_USER: "tandem"}
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """A message; `thread` is the moment of the first message of the thread that it answers in."""

    at: float  # seconds since 1970
    text: str
    user: str = "U0ANNA"
    thread: float = 0.0
    more: Json = field(default_factory=dict)

    @property
    def ts(self) -> str:
        return ts(self.at)


@dataclass
class Workspace:
    """What is said there, by channel, and how it is told."""

    said: dict[str, Sequence[Said]] = field(default_factory=dict)
    channels: dict[str, Json] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=lambda: dict(PEOPLE))
    refused: dict[str, Json] = field(default_factory=dict)  # by method, or method and channel
    broken: set[str] = field(default_factory=set)  # threads that cannot be read
    page: int = 2
    team: str = TEAM

    def at(self, server: Server) -> None:
        """Serve it."""
        for name in ("auth.test", "users.info"):
            server.routes[f"/api/{name}"] = self.checked
        server.beginning["/api/conversations."] = self.checked

    def checked(self, asked: Asked) -> Reply:
        """An answer to who has the token."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return as_json({"ok": False, "error": "invalid_auth"})
        method = asked.path.removeprefix("/api/")
        channel = asked.query.get("channel", "")
        refused = self.refused.get(f"{method} {channel}", self.refused.get(method))
        if refused is not None:
            return as_json({"ok": False, **refused})
        work = {
            "auth.test": self.whoami,
            "users.info": self.person,
            "conversations.info": self.info,
            "conversations.list": self.listed,
            "conversations.history": self.history,
            "conversations.replies": self.replies,
        }[method]
        return work(asked)

    def whoami(self, asked: Asked) -> Reply:
        own = {"team_id": self.team, "user_id": BOT_USER, "bot_id": BOT}
        return as_json({"ok": True, "url": "https://acme.slack.example/", **own})

    def person(self, asked: Asked) -> Reply:
        id = asked.query["user"]
        if id not in self.people:
            return as_json({"ok": False, "error": "user_not_found"})
        profile = {"display_name": self.people[id], "real_name": "X"}
        return as_json({"ok": True, "user": {"id": id, "name": "x", "profile": profile}})

    def info(self, asked: Asked) -> Reply:
        id = asked.query["channel"]
        if id not in self.channels:
            return as_json({"ok": False, "error": "channel_not_found"})
        return as_json({"ok": True, "channel": {"id": id, **self.channels[id]}})

    def listed(self, asked: Asked) -> Reply:
        private = "private" in asked.query["types"]
        there = [
            {"id": id, **told}
            for id, told in self.channels.items()
            if private or not told.get("is_private")
        ]
        at = int(asked.query.get("cursor", "n0")[1:])
        following = f"n{at + 2}" if at + 2 < len(there) else ""
        more = {"response_metadata": {"next_cursor": following}}
        return as_json({"ok": True, "channels": there[at : at + 2], **more})

    def history(self, asked: Asked) -> Reply:
        """The latest first; a cursor is a moment."""
        query = asked.query
        oldest, latest = query.get("oldest", "0"), query.get("cursor", "9999999999")
        there = [
            one
            for one in sorted(self.said.get(query["channel"], ()), key=lambda one: -one.at)
            if self.is_listed(one) and float(oldest) <= float(one.ts) < float(latest)
        ]
        return self.paged(query["channel"], there, asked)

    def is_listed(self, one: Said) -> bool:
        return not one.thread or one.more.get("subtype") == "thread_broadcast"

    def replies(self, asked: Asked) -> Reply:
        """The oldest first, the thread's first message with each page."""
        query = asked.query
        if query["ts"] in self.broken:
            return as_json({"ok": False, "error": "fatal_error"})
        said = sorted(self.said.get(query["channel"], ()), key=lambda one: one.at)
        root = [one for one in said if one.ts == query["ts"]]
        answers = [one for one in said if one.thread and ts(one.thread) == query["ts"]]
        if not root and not answers:
            return as_json({"ok": False, "error": "thread_not_found"})
        after = float(query.get("cursor", "0"))
        rest = [one for one in answers if one.at > after]
        return self.paged(query["channel"], rest, asked, root)

    def paged(
        self, channel: str, rest: Sequence[Said], asked: Asked, root: Sequence[Said] = ()
    ) -> Reply:
        some = rest[: min(self.page, int(asked.query["limit"]))]
        more = len(rest) > len(some)
        told = {
            "ok": True,
            "messages": [self.told(channel, one) for one in (*root, *some)],
            "has_more": more,
            "response_metadata": {"next_cursor": some[-1].ts if more else ""},
        }
        return as_json(told)

    def told(self, channel: str, one: Said) -> Json:
        answers = [a for a in self.said[channel] if a.thread and ts(a.thread) == one.ts]
        told: dict[str, Any] = {"type": "message", "ts": one.ts, "text": one.text}
        told |= {"user": one.user} if one.user else {}
        if one.thread:
            told["thread_ts"] = ts(one.thread)
        elif answers:
            latest = max(answers, key=lambda a: a.at).ts
            told |= {"thread_ts": one.ts, "reply_count": len(answers), "latest_reply": latest}
        return {**told, **one.more}


def ts(at: float) -> str:
    return f"{at:.6f}"


def channels() -> dict[str, Json]:
    """Two that may be read, and a private one."""
    return {
        CHANNEL: {"name": "kilns", "is_member": True},
        OTHER: {"name": "other", "is_member": True},
        CLOSED: {"name": "closed", "is_private": True, "is_member": True},
    }
