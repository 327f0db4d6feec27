"""A thread as a document: who asked, what was answered by whom, and how it was received."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from knowledge.documents import Document
from knowledge.reading.plain import clean, one_line
from knowledge.sources._talk.words import Message, Reaction, Thread
from knowledge.visible import FENCED, visible

VERSION = 2  # raise it when threads are written otherwise than before
TITLE = 120  # characters
FACES = 8  # kinds of reactions that are told
NAMES = 8  # people who are named
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)|<((?:https?|mailto):[^>\s]+)>")
EMPHASIS = re.compile(r"(?<!\w)([*_~`]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
MARKED = re.compile(r"^\s*(?:#{1,6}|>|[-*+]|\d+[.)])\s+", re.M)
HEADING = re.compile(r"^( {0,3})(#{1,6})(?=[ \t]|$)", re.M)


def document(source: str, thread: Thread, form: str = "") -> Document | None:
    """The thread as a document of `source`; None where nothing is said in it.

    `form` marks the settings that its text depends on: with another it is written anew.
    """
    text = written(thread)
    if not any(message.text.strip() for message in thread.messages):
        return None
    first, title = thread.messages[0], titled(thread)
    url, changed = thread.link or first.link, max(m.changed_at for m in thread.messages)
    told = repr((VERSION, form, title, text, url))
    mark = hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return Document(source, thread.key, title, text, url, mark, changed)


def titled(thread: Thread) -> str:
    """Its own title, or the first words that were said; else where and when it was."""
    said = (plain(message.text) for message in thread.messages)
    title = one_line(thread.title) or next((words for words in said if words), "")
    if not title:
        return f"{kind(thread)} in {thread.place} on {day(thread.messages[0])}"
    return title if len(title) <= TITLE else f"{title[: TITLE - 1].rstrip()}…"


def plain(text: str) -> str:
    """The words of Markdown on one line; code blocks only where there is nothing else."""
    bare = FENCED.sub(" ", text)
    bare = bare if bare.strip() else re.sub(r"^\s*(```|~~~).*$", "", text, flags=re.M)
    bare = LINK.sub(lambda found: found[1] or found[2] or "", MARKED.sub("", bare))
    return one_line(EMPHASIS.sub(r"\2", bare))


def written(thread: Thread) -> str:
    """The thread as Markdown."""
    turns = [list(turn) for _, turn in groupby(heard(thread), lambda m: (m.author, m.accepted))]
    opening = [] if thread.headless else turns[:1]
    parts = [about(thread), *(part for turn in opening for part in said(turn, 1))]
    for turn in turns[len(opening) :]:
        parts += [f"## {heading(thread, turn[0])}", *said(turn, 2)]
    return "\n\n".join(part for part in parts if part)


def about(thread: Thread) -> str:
    """The sentence above: what it is, where and when, who spoke, whether it is solved."""
    first = thread.messages[0]
    asked = f"by {named(first)} " if not thread.headless else ""
    lost = ", without its first message" if thread.headless else ""
    told = [f"{kind(thread)} in {thread.place} {asked}on {day(first)}{lost}"]
    others = list(dict.fromkeys(named(m) for m in heard(thread)))
    others = [name for name in others if thread.headless or name != named(first)]
    if others:
        more = f" and {len(others) - NAMES} more" if len(others) > NAMES else ""
        with_them = "with" if thread.loose else "answered by"
        told.append(f"{with_them} {', '.join(others[:NAMES])}{more}")
    told += [f"tagged {', '.join(map(one_line, thread.tags))}"] if thread.tags else []
    told += ["solved"] if any(m.accepted for m in thread.messages) else []
    return f"{'; '.join(told)}."


def heard(thread: Thread) -> list[Message]:
    """The first message, and those after it in which something is said."""
    return [m for at, m in enumerate(thread.messages) if at == 0 or m.text.strip()]


def kind(thread: Thread) -> str:
    """What it is called."""
    return "Conversation" if thread.loose else "Thread"


def heading(thread: Thread, message: Message) -> str:
    """What stands above a reply."""
    what = "Accepted answer" if message.accepted else "Message" if thread.loose else "Reply"
    return f"{what} by {named(message)} on {day(message)}"


def said(turn: Sequence[Message], below: int) -> Iterator[str]:
    """What one person said in a row, and the reactions to it."""
    for message in turn:
        yield body(message.text, below)
        yield received(message.reactions)


def named(message: Message) -> str:
    """Who wrote it."""
    return f"{one_line(message.author) or 'somebody'}{' (bot)' if message.is_bot else ''}"


def day(message: Message) -> str:
    """When, as people write it."""
    return f"{message.said_at:%Y-%m-%d}"


def received(reactions: Sequence[Reaction]) -> str:
    """The reactions in a line, the most frequent first."""
    most = sorted(reactions, key=lambda one: (-one.count, one.emoji))[:FACES]
    told = ", ".join(f"{one.emoji} {one.count}" for one in most if one.count > 0)
    return f"Reactions: {told}." if told else ""


def body(text: str, below: int) -> str:
    """Markdown as a reader sees it, its headings lower than level `below`; code as it is."""
    shown = visible(clean(text))
    at, parts = 0, list[str]()
    for block in FENCED.finditer(shown):
        parts += [lowered(shown[at : block.start()], below), block[0]]
        at = block.end()
    return "".join((*parts, lowered(shown[at:], below))).strip("\n")


def lowered(text: str, below: int) -> str:
    """Headings lower than they were written."""
    return HEADING.sub(lambda found: f"{found[1]}{'#' * min(6, len(found[2]) + below)}", text)
