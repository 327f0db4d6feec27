"""The floor under the inbox: the same rows in the same transactions by plain sqlite3.

It takes new questions through their lives, and knows of no edits, deletions, redoing or other
workers; nobody could do less.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bot.conversation import Interaction, Place
from bot.inbox.hearing import Manner, asking
from bot.inbox.rows import fresh, values_of
from bot.posts import Post, Reply
from bot.rows import citation_columns, columns_of, passage_columns
from bot.tables import CitationRow, InteractionRow, ItemRow, PassageRow, Table

LEASE = timedelta(seconds=30)
HERE = "platform = ? AND workspace = ? AND channel = ?"
HEARD = f"""
SELECT author, state, digest, accepted_at, message = ?, thread = ? FROM inbox WHERE id IN (
  SELECT id FROM inbox WHERE {HERE} AND message = ?
  UNION SELECT id FROM inbox WHERE {HERE} AND thread = ? AND thread != '' AND state != 'gone')
ORDER BY written_at, id"""
ROOTED = f"""
SELECT author FROM inbox WHERE id IN (SELECT item_id FROM inbox_reply WHERE {HERE} AND message = ?)
AND NOT gone"""
CHOSEN = f"SELECT mode, task, muted_by FROM thread WHERE {HERE} AND thread IN (?, '')"
EVENT = "SELECT event FROM inbox_event WHERE platform = ? AND workspace = ? AND event = ?"
COUNTED = "SELECT count(*), min(accepted_at) FROM inbox WHERE platform = ? AND workspace = ?"
THEIRS = f"{COUNTED} AND author = ? AND accepted_at > ?"
ASKED = f"""
{THEIRS} AND NOT limited
UNION ALL {COUNTED} AND channel = ? AND accepted_at > ? AND NOT limited
UNION ALL {THEIRS} AND limited"""
ADD_EVENT = "INSERT INTO inbox_event VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING event"
CLAIM = """
UPDATE inbox SET state = 'leased', attempt = attempt + 1, worker = ?, token = ?, due_at = ?
WHERE id = (
  SELECT id FROM inbox AS this WHERE platform = ? AND due_at <= ?
  AND (thread = '' OR door NOT IN ('channel', 'direct') OR NOT EXISTS (
    SELECT 1 FROM inbox AS other
    WHERE (other.platform, other.workspace, other.channel, other.thread)
        = (this.platform, this.workspace, this.channel, this.thread)
      AND other.door IN ('channel', 'direct') AND other.due_at IS NOT NULL
      AND (other.id < this.id
        OR (other.id != this.id AND other.state = 'leased' AND other.due_at > ?))))
  ORDER BY due_at, id LIMIT 1)
RETURNING *"""
LINKED = "SELECT interaction_id FROM inbox_answer WHERE item_id = ? AND revision = ?"
REPLIES = "SELECT channel, message, part, streaming FROM inbox_reply WHERE item_id = ?"
HELD = "WHERE id = ? AND token = ? RETURNING platform, workspace"
BEGIN_POSTING = f"UPDATE inbox SET begun = 1 {HELD}"
BEAT = f"UPDATE inbox SET due_at = ? {HELD}, stopped, gone, revision"
TOKEN = "SELECT platform, workspace FROM inbox WHERE id = ? AND token = ?"
UNNOTE = f"DELETE FROM inbox_reply WHERE (item_id = ? AND part = ?) OR ({HERE} AND message = ?)"
NOTE = "INSERT INTO inbox_reply VALUES (?, ?, ?, ?, ?, ?, ?)"
ANSWERED = """
INSERT INTO inbox_answer VALUES (?, ?, ?)
ON CONFLICT (item_id, revision) DO UPDATE SET interaction_id = excluded.interaction_id"""
DONE = f"""
UPDATE inbox SET state = 'done', due_at = NULL, token = '', text = NULL, stopped = 0, begun = 0,
code = '', reason = '' {HELD}"""


class PlainInbox:
    """The calls of a new question's life, of `bot.inbox` and `bot.store`, on one connection."""

    def __init__(self, file: str) -> None:
        self._raw = sqlite3.connect(file, isolation_level=None)
        self._raw.execute("PRAGMA foreign_keys = ON")
        self._raw.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Give the connection back."""
        self._raw.close()

    def known(self, post: Post) -> Sequence[object]:
        """What is known of a post and its thread."""
        place = post.place
        here, thread = (place.platform, place.workspace, place.channel), place.thread
        with self._transaction("BEGIN") as raw:
            own = (post.id, thread, *here, post.id, *here, thread)
            heard = raw.execute(HEARD, own).fetchall()
            rooted = raw.execute(ROOTED, (*here, thread)).fetchall()
            chosen = raw.execute(CHOSEN, (*here, thread)).fetchall()
            event = raw.execute(EVENT, (place.platform, place.workspace, post.event)).fetchall()
            return heard, rooted, chosen, event

    def asked(self, author: str, place: Place, since: datetime) -> Sequence[object]:
        """How much that person asked since then, and everybody in that channel."""
        there, then = (place.platform, place.workspace), written(since)
        theirs, those = (*there, author, then), (*there, place.channel, then)
        with self._transaction("BEGIN") as raw:
            return raw.execute(ASKED, (*theirs, *those, *theirs)).fetchall()

    def accept(self, post: Post) -> None:
        """Keep a new question."""
        now, place = datetime.now(UTC), post.place
        row = columns(values_of(post) | fresh(now) | asking(Manner(), now))
        with self._transaction() as raw:
            raw.execute(ADD_EVENT, (place.platform, place.workspace, post.event, written(now)))
            raw.execute(insertion(ItemRow, row), row)

    def claim(self, platform: str, worker: str) -> tuple[int, str]:
        """Lease the next item: its id and its token."""
        now, token = datetime.now(UTC), secrets.token_hex(8)
        due, until = written(now), written(now + LEASE)
        with self._transaction() as raw:
            row = raw.execute(CLAIM, (worker, token, until, platform, due, due)).fetchone()
            raw.execute(LINKED, (row[0], 1)).fetchall()
            raw.execute(REPLIES, (row[0],)).fetchall()
            return row[0], token

    def begin_posting(self, item: tuple[int, str]) -> None:
        """Keep that a message is about to be posted."""
        with self._transaction() as raw:
            raw.execute(BEGIN_POSTING, item).fetchall()

    def beat(self, item: tuple[int, str]) -> None:
        """Extend the lease."""
        until = written(datetime.now(UTC) + LEASE)
        with self._transaction() as raw:
            raw.execute(BEAT, (until, *item)).fetchall()

    def note(self, item: tuple[int, str], reply: Reply) -> None:
        """Keep a reply that was posted."""
        id, part = item[0], reply.part
        with self._transaction() as raw:
            where = (*raw.execute(TOKEN, item).fetchone(), reply.channel, reply.message)
            raw.execute(UNNOTE, (id, part, *where))
            raw.execute(NOTE, (id, part, *where, reply.streaming))

    def record(self, said: Interaction) -> int:
        """Keep a question and its answer."""
        parts = (said.question, said.route, said.answer, said.timings, said.asked_at, "")
        values = columns(columns_of(*parts))
        with self._transaction() as raw:
            made = raw.execute(insertion(InteractionRow, values), values).lastrowid
            assert made is not None
            cited = [citation_columns(made, *ranked) for ranked in enumerate(said.answer.citations)]
            found = [passage_columns(made, *ranked) for ranked in enumerate(said.answer.passages)]
            for table, rows in ((CitationRow, cited), (PassageRow, found)):
                hung = [columns(row) for row in rows]
                raw.executemany(insertion(table, hung[0]), hung)
            return made

    def answered(self, item: tuple[int, str], interaction: int) -> None:
        """Link the interaction to the item."""
        with self._transaction() as raw:
            raw.execute(TOKEN, item).fetchone()
            raw.execute(ANSWERED, (item[0], 1, interaction))

    def done(self, item: tuple[int, str]) -> None:
        """It is answered."""
        with self._transaction() as raw:
            raw.execute(DONE, item).fetchall()

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        self._raw.execute(begin)
        yield self._raw
        self._raw.execute("COMMIT")


def columns(values: Mapping[str, object]) -> dict[str, object]:
    """Values as sqlite3 takes them."""
    return {name: plain(value) for name, value in values.items()}


def plain(value: object) -> object:
    """One of them."""
    match value:
        case datetime():
            return written(value)
        case list() | dict():
            return json.dumps(value)
    return value


def written(at: datetime) -> str:
    """A time as SQLAlchemy writes it."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def insertion(table: type[Table], row: Mapping[str, object]) -> str:
    """The statement that adds a row."""
    marks = ", ".join(f":{name}" for name in row)
    return f"INSERT INTO {table.__tablename__} ({', '.join(row)}) VALUES ({marks})"
