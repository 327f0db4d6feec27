"""Threads as values, taken from GraphQL's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from knowledge.sources.github.api import Json
from knowledge.sources.github.queries import Kind

Further = Callable[[str, str, str, str], Sequence[Json]]
"""The nodes of all further pages: a node's type, its id, the connection, the cursor."""
BOT = "Bot"
GHOST = "ghost"  # as GitHub calls people who are gone


class Odd(ValueError):
    """An answer is not what was asked for; the message says what of it."""


ODD = (ValueError, AttributeError, TypeError, KeyError)  # what answers of another shape raise


@dataclass(frozen=True)
class Signal:
    """How many people reacted in one way: `THUMBS_UP`."""

    content: str
    count: int


@dataclass(frozen=True)
class Said:
    """What somebody wrote."""

    login: str
    is_bot: bool
    when: datetime
    body: str
    url: str
    signals: tuple[Signal, ...] = ()
    accepted: bool = False
    hidden: bool = False  # by a moderator: spam, off-topic, outdated
    about: str = ""  # a review's verdict, or the file that it is about
    replies: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Thread:
    """A question with its answers."""

    kind: Kind
    number: int
    title: str
    opening: Said
    said: tuple[Said, ...]
    state: str  # "open", "closed as completed", "merged", "answered"
    labels: tuple[str, ...]
    category: str
    mark: str
    updated_at: datetime


@dataclass(frozen=True)
class Listed:
    """A thread in a list."""

    number: int
    updated_at: str  # as GitHub tells it, which sorts
    mark: str
    login: str
    is_bot: bool


# -- taking answers apart ------------------------------------------------------------


def field(node: Json, name: str, type: type) -> Any:
    """A field that must be there. Raises `Odd`."""
    value = node.get(name)
    if not isinstance(value, type) or (type is int and isinstance(value, bool)):
        raise Odd(f"has no `{name}`")
    return value


def nodes(node: Json, name: str) -> list[Json]:
    """The nodes of a connection; those that we may not see are null, and left out."""
    found = field(field(node, name, Mapping), "nodes", list)
    return [each for each in found if isinstance(each, Mapping)]


def moment(node: Json, name: str) -> datetime:
    """A time, aware."""
    try:
        told = datetime.fromisoformat(field(node, name, str))
    except ValueError as error:
        raise Odd(f"has no time in `{name}`") from error
    if told.tzinfo is None:
        raise Odd(f"has a time without a zone in `{name}`")
    return told


def author(node: Json) -> tuple[str, bool]:
    """Who wrote it, and is it a bot?"""
    who = node.get("author")
    if not isinstance(who, Mapping):
        return GHOST, False
    login = str(who.get("login") or GHOST)
    return login, who.get("__typename") == BOT or login.endswith("[bot]")


def listed(node: Json) -> Listed:
    """A thread of a list. Raises `Odd`."""
    login, is_bot = author(node)
    moment(node, "updatedAt")
    return Listed(field(node, "number", int), node["updatedAt"], mark(node), login, is_bot)


def mark(node: Json) -> str:
    """What changes whenever the thread does."""
    marks = node.get("marks") or {}
    edited = [each.get("updatedAt", "") for each in marks.get("nodes") or () if each]
    counts = [(node.get(name) or {}).get("totalCount", "") for name in ("counts", "more")]
    told = [node["updatedAt"], marks.get("totalCount", ""), *edited, *counts]
    return " ".join(str(each) for each in (*told, node.get("answerChosenAt") or "") if each != "")


def thread(kind: Kind, number: int, node: Json, further: Further) -> Thread:
    """A thread whole. Raises `Odd`, and what `further` raises."""
    if field(node, "number", int) != number:
        raise Odd(f"is another than {number}")
    said = tuple(sorted(answers(kind, node, further), key=lambda each: each.when))
    return Thread(
        kind,
        number,
        title=field(node, "title", str),
        opening=remark(node),
        said=said,
        state=state(kind, node, said),
        labels=tuple(str(label.get("name", "")) for label in nodes(node, "labels")),
        category=str((node.get("category") or {}).get("name") or ""),
        mark=mark(node),
        updated_at=moment(node, "updatedAt"),
    )


def remark(node: Json, about: str = "") -> Said:
    """What somebody wrote, without its replies. Raises `Odd`."""
    login, is_bot = author(node)
    return Said(
        login,
        is_bot,
        when=moment(node, "createdAt"),
        body=field(node, "body", str),
        url=field(node, "url", str),
        signals=tuple(signals(node)),
        accepted=node.get("isAnswer") is True,
        hidden=node.get("isMinimized") is True,
        about=about,
    )


def signals(node: Json) -> Iterator[Signal]:
    """The reactions that anybody gave."""
    for group in node.get("reactionGroups") or ():
        count = (group.get("reactors") or {}).get("totalCount", 0)
        if count:
            yield Signal(str(group.get("content", "")), int(count))


def answers(kind: Kind, node: Json, further: Further) -> Iterator[Said]:
    """All that was said to it."""
    for comment in every(kind.type, node, "comments", further):
        replies: tuple[Said, ...] = ()
        if "replies" in comment:
            told = every("DiscussionComment", comment, "replies", further)
            replies = tuple(remark(reply) for reply in told)
        yield replace(remark(comment), replies=replies)
    if kind.type == "PullRequest":
        yield from reviews(node, further)


def reviews(node: Json, further: Further) -> Iterator[Said]:
    """Reviews that say something, and the remarks about lines, each with its replies."""
    for review in every("PullRequest", node, "reviews", further):
        verdict = str(review.get("state", "")).lower().replace("_", " ")
        if review.get("body"):
            yield remark(review, about=verdict)
    for talk in every("PullRequest", node, "reviewThreads", further):
        said = [remark(c) for c in every("PullRequestReviewThread", talk, "comments", further)]
        if said:
            resolved = ", resolved" if talk.get("isResolved") is True else ""
            about = f"about {talk.get('path') or 'a file'}{resolved}"
            yield replace(said[0], about=about, replies=tuple(said[1:]))


def every(type: str, node: Json, connection: str, further: Further) -> list[Json]:
    """The nodes of a connection, those of further pages included."""
    found = nodes(node, connection)
    page = field(node[connection], "pageInfo", Mapping)
    if page.get("hasNextPage"):
        cursor = field(page, "endCursor", str)
        found = [*found, *further(type, field(node, "id", str), connection, cursor)]
    return found


def state(kind: Kind, node: Json, said: Sequence[Said]) -> str:
    """How it stands."""
    if kind.type == "Discussion":
        answered = any(each.accepted for one in said for each in (one, *one.replies))
        return "answered" if answered else "closed" if node.get("closed") else "open"
    told = field(node, "state", str).lower()
    reason = str(node.get("stateReason") or "").lower().replace("_", " ")
    return f"closed as {reason}" if told == "closed" and reason else told
