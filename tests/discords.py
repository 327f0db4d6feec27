"""A Discord on a test's server: its REST as documented, as far as history is read by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.faults import Asked, Reply, Server, as_json

EPOCH_MS = 1_420_070_400_000
GUILD, BOT, ANA, BEN = 900, 800, 701, 702
NAMES = {BOT: "tandem", ANA: "Ana", BEN: "Ben"}
EVERYONE = 1 << 10 | 1 << 16  # to see channels, and their history
TEXT, FORUM, PUBLIC, PRIVATE = 0, 15, 11, 12
READS = 1 << 19


def flake(seconds: float) -> int:
    """The first id of a moment."""
    return (int(seconds * 1000) - EPOCH_MS) << 22


def when(id: int) -> str:
    """The moment of an id as Discord tells it."""
    at = ((id >> 22) + EPOCH_MS) / 1000
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Post:
    """A message."""

    id: int
    text: str
    by: int = ANA
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Talk:
    """A thread, or a forum's post, which has a first message of its own id."""

    id: int
    name: str
    posts: Sequence[Post]
    parent: int = 600
    archived_s: float = 0.0  # 0: it is active
    type: int = PUBLIC
    sent: int = 0  # of all messages, deleted ones too; 0: as many as there are
    tags: Sequence[int] = ()


@dataclass
class Discord:
    """What there is, and how it is told."""

    posts: Sequence[Post] = ()
    talks: Sequence[Talk] = ()
    type: int = TEXT
    id: int = 600
    name: str = "kilns"
    overwrites: Sequence[dict[str, Any]] = ()
    flags: int | None = READS
    tags: Sequence[dict[str, Any]] = ()

    def at(self, server: Server) -> None:
        """Serve it."""
        api, guild = "/api/v10", f"/api/v10/guilds/{GUILD}"
        server.json(f"{api}/users/@me", user(BOT))
        server.json(f"{api}/applications/@me", {"id": str(BOT), "flags": self.flags})
        server.json(f"{api}/users/@me/guilds", [{"id": str(GUILD), "name": "Acme"}])
        roles = [{"id": str(GUILD), "name": "@everyone", "permissions": str(EVERYONE)}]
        server.json(guild, {"id": str(GUILD), "name": "Acme", "roles": roles})
        server.json(f"{guild}/channels", [self.channel])
        server.json(f"{guild}/members/{BOT}", {"user": user(BOT), "roles": []})
        server.routes[f"{guild}/threads/active"] = lambda asked: self.active()
        server.beginning[f"{api}/channels/"] = self.channels

    @property
    def channel(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "type": self.type,
            "guild_id": str(GUILD),
            "name": self.name,
            "permission_overwrites": list(self.overwrites),
            "available_tags": list(self.tags),
        }

    def active(self) -> Reply:
        return as_json({"threads": [told(t) for t in self.talks if not t.archived_s]})

    def channels(self, asked: Asked) -> Reply:
        """All that lies below `/channels/`."""
        id, _, rest = asked.path.removeprefix("/api/v10/channels/").partition("/")
        talk = next((talk for talk in self.talks if str(talk.id) == id), None)
        if talk is None and id != str(self.id):
            return as_json({"message": "Unknown Channel", "code": 10003}, 404)
        if rest == "messages":
            return self.messages(asked, self.posts if talk is None else talk.posts)
        if rest == "threads/archived/public":
            return self.archived(asked)
        return as_json(told(talk) if talk else self.channel)

    def messages(self, asked: Asked, posts: Sequence[Post]) -> Reply:
        """The next ones after an id, newest first."""
        after, most = int(asked.query.get("after", 0)), int(asked.query["limit"])
        found = sorted((post for post in posts if post.id > after), key=lambda post: post.id)
        return as_json([said(post) for post in reversed(found[:most])])

    def archived(self, asked: Asked) -> Reply:
        """Those that were archived before a moment, the last one first."""
        before, most = asked.query.get("before", "9"), int(asked.query["limit"])
        found = [t for t in self.talks if t.archived_s and t.parent == self.id]
        found = [talk for talk in found if when(flake(talk.archived_s)) < before]
        found.sort(key=lambda talk: -talk.archived_s)
        threads = [told(talk) for talk in found[:most]]
        return as_json({"threads": threads, "members": [], "has_more": len(found) > most})


def user(id: int) -> dict[str, Any]:
    return {"id": str(id), "username": NAMES[id].lower(), "global_name": NAMES[id]} | (
        {"bot": True} if id == BOT else {}
    )


def said(post: Post) -> dict[str, Any]:
    """A message."""
    return {
        "id": str(post.id),
        "type": 0,
        "content": post.text,
        "author": user(post.by),
        "timestamp": when(post.id),
        "edited_timestamp": None,
        "mentions": [],
        "attachments": [],
        "embeds": [],
        **post.more,
    }


def told(talk: Talk) -> dict[str, Any]:
    """A thread."""
    last = max((post.id for post in talk.posts), default=talk.id)
    at = when(flake(talk.archived_s) if talk.archived_s else talk.id)
    return {
        "id": str(talk.id),
        "type": talk.type,
        "guild_id": str(GUILD),
        "parent_id": str(talk.parent),
        "name": talk.name,
        "last_message_id": str(last),
        "message_count": len(talk.posts),
        "total_message_sent": talk.sent or len(talk.posts),
        "applied_tags": [str(tag) for tag in talk.tags],
        "thread_metadata": {"archived": bool(talk.archived_s), "archive_timestamp": at},
    }


def reply(id: int, text: str, to: int, by: int = BEN, channel: int = 600) -> Post:
    """A message that answers another."""
    reference = {"type": 0, "message_id": str(to), "channel_id": str(channel)}
    return Post(id, text, by, {"type": 19, "message_reference": reference})
