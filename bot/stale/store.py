"""Which answers rely on which pages, and where those answers stand, read from SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select
from sqlalchemy.orm import aliased

from bot.conversation import Mode, Outcome, Place
from bot.inbox.rows import place_of
from bot.posts import Door, State
from bot.sessions import Sessions, inserting, sessions_at
from bot.stale.tables import ReliedPageRow
from bot.tables import AnswerRow, CitationRow, InteractionRow, ItemRow, ReplyRow, short_key

ALONE = (str(Door.DIRECT), str(Door.SHORTCUT))
SAID = (str(Outcome.CITED), str(Outcome.WRITTEN))  # a curated answer may be either


@dataclass(frozen=True)
class Seen:
    """How far a page was compared with the answers that rely on it."""

    fingerprint: str = ""
    upto: int = 0  # the newest interaction


@dataclass(frozen=True)
class Relied:
    """An answer that stands somewhere, and the words of a page that it relies on."""

    interaction: int
    question: str
    asker: str
    place: Place  # with the thread in which the answer stands
    mode: Mode  # as it was forced
    private: bool  # the asker alone reads it
    outsider: bool
    team: str
    quotes: tuple[str, ...]


class StaleStore:
    """Reads them, for any number of threads and processes. See `bot.sessions`."""

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def relied(self, source: str, since: datetime) -> Mapping[str, int]:
        """The pages of a source that answers since then rely on, with the newest of these."""
        query = (
            select(CitationRow.key, func.max(CitationRow.interaction_id).label("newest"))
            .join(InteractionRow, InteractionRow.id == CitationRow.interaction_id)
            .where(CitationRow.source == source, InteractionRow.asked_at >= since)
            .group_by(CitationRow.key)
        )
        with self._sessions.reading() as connection:
            return {row.key: row.newest for row in connection.execute(query)}

    def seen(self, source: str) -> Mapping[str, Seen]:
        """How far the pages of a source were compared, by their short keys."""
        query = select(ReliedPageRow.page, ReliedPageRow.fingerprint, ReliedPageRow.upto)
        mine = query.where(ReliedPageRow.source == source)
        with self._sessions.reading() as connection:
            return {page: Seen(mark, upto) for page, mark, upto in connection.execute(mine)}

    def see(self, source: str, key: str, seen: Seen) -> None:
        """Keep how far a page was compared."""
        told = {"fingerprint": seen.fingerprint, "upto": seen.upto}
        with self._sessions.writing() as connection:
            row = inserting(connection.dialect.name, ReliedPageRow)
            adding = row.values(source=source, page=key, **told)
            connection.execute(
                adding.on_conflict_do_update(index_elements=["source", "page"], set_=told)
            )

    def relying(self, source: str, key: str, since: datetime, after: int = 0) -> list[Relied]:
        """The answers since then, and after an interaction, that rely on a page; oldest first.

        Only those that stand in a chat as the last answer to their question.
        """
        with self._sessions.reading() as connection:
            return list(relying(connection, source, key, since, after))


def relying(
    connection: Connection, source: str, key: str, since: datetime, after: int
) -> Iterator[Relied]:
    """As `StaleStore.relying`."""
    quotes = dict[int, list[str]]()
    rows = dict[int, Any]()
    for row in connection.execute(standing(source, key, since, after)):
        rows[row.id] = row
        quotes.setdefault(row.id, []).append(row.quote)
    for id, row in rows.items():
        yield Relied(
            id,
            row.question,
            row.asker,
            place_in(connection, row),
            Mode(row.forced_mode),
            bool(row.private) or row.door == str(Door.SHORTCUT),
            row.outsider,
            row.team,
            tuple(quotes[id]),
        )


def standing(source: str, key: str, since: datetime, after: int) -> Select[Any]:
    """The citations of a page in answers that stand, each with its answer's item."""
    later, cited = aliased(AnswerRow), CitationRow
    replaced = exists().where(
        later.item_id == AnswerRow.item_id, later.revision > AnswerRow.revision
    )
    mine = (cited.source == source, cited.key == key, InteractionRow.asked_at >= since)
    whole = (ItemRow.state == str(State.DONE), ItemRow.gone.is_(False), ~replaced)
    return (
        select(InteractionRow.id, InteractionRow.question, InteractionRow.asker)
        .add_columns(InteractionRow.forced_mode, CitationRow.quote, ItemRow.id.label("item"))
        .add_columns(ItemRow.platform, ItemRow.workspace, ItemRow.channel, ItemRow.thread)
        .add_columns(ItemRow.door, ItemRow.private, ItemRow.outsider, ItemRow.team)
        .join(cited, cited.interaction_id == InteractionRow.id)
        .join(AnswerRow, AnswerRow.interaction_id == InteractionRow.id)
        .join(ItemRow, ItemRow.id == AnswerRow.item_id)
        .where(*mine, *whole, InteractionRow.id > after, AnswerRow.revision > 0)
        .where(InteractionRow.outcome.in_(SAID), ItemRow.author == InteractionRow.asker)
        .order_by(InteractionRow.id, ItemRow.id.desc(), cited.rank)
    )


def place_in(connection: Connection, row: Any) -> Place:
    """Where the answer stands; of a command in no thread: the thread under its first message."""
    place = place_of(row)
    if place.thread:
        return place
    part = select(ReplyRow.message).where(ReplyRow.item_id == row.item)
    roots = connection.scalars(part.order_by(ReplyRow.part.desc() if opens(row) else ReplyRow.part))
    return Place(place.platform, place.workspace, place.channel, roots.first() or "")


def opens(row: Any) -> bool:
    """Does a message of the bot's, with the last part's number, begin the thread? As in Slack."""
    return bool(row.platform == "slack")


def marked(key: str) -> str:
    """A page's key as `StaleStore.seen` gives it."""
    return short_key(key)
