"""Endorsed answers in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from bot.conversation import Place
from bot.endorsed.tables import EndorsedRow, EndorserRow
from bot.endorsed.words import Endorsed, Reply
from bot.errors import UnknownExample
from bot.learning.masking import masked
from bot.sessions import Sessions, adding, sessions_at
from bot.tables import LAST_ID, ItemRow
from model.examples import Review

ROWS = select(*EndorsedRow.__table__.columns)


class EndorsedStore:
    """For any number of threads and processes; every call is one transaction.

    What people wrote is masked before it is kept. Any call raises `DatabaseUnavailable`.
    """

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def endorse(self, reply: Reply, by: str, review: Review) -> None:
        """Keep that a person endorses a reply; one that is kept already keeps its review."""
        with self._sessions.writing() as connection:
            new = values_of(reply) | {"review": str(review)}
            connection.execute(adding(connection.dialect.name, EndorsedRow), new)
            id = connection.scalars(select(EndorsedRow.id).where(*at(reply.place, reply.message)))
            row = {"answer_id": id.one(), "person": by}
            connection.execute(adding(connection.dialect.name, EndorserRow), row)

    def withdraw(self, place: Place, message: str, by: str) -> bool:
        """Take an endorsement back; the answer goes with the last one. Was there one?"""
        mine = select(EndorsedRow.id).where(*at(place, message))
        left = select(EndorserRow.answer_id).where(EndorserRow.answer_id == EndorsedRow.id)
        with self._sessions.writing() as connection:
            theirs = (EndorserRow.answer_id.in_(mine), EndorserRow.person == by)
            taken = delete(EndorserRow).where(*theirs).returning(EndorserRow.answer_id)
            gone = connection.scalars(taken).all()
            connection.execute(delete(EndorsedRow).where(*at(place, message), ~left.exists()))
            return bool(gone)

    def endorsers(self, place: Place, message: str) -> frozenset[str]:
        """Who endorses what a message answers."""
        mine = select(EndorsedRow.id).where(*at(place, message))
        theirs = select(EndorserRow.person).where(EndorserRow.answer_id.in_(mine))
        with self._sessions.reading() as connection:
            return frozenset(connection.scalars(theirs))

    def edited(self, place: Place, message: str, text: str) -> bool:
        """A message says something else: what was endorsed were other words, so it waits again."""
        waits = {"review": str(Review.WAITING)}
        new = masked(text.strip()).text
        with self._sessions.writing() as connection:
            mine = (*at(place, message), EndorsedRow.answer != new)
            asked = (*channel(place), EndorsedRow.thread == message, EndorsedRow.question != new)
            changed = [
                *changing(connection, {"answer": new, **waits}, *mine),
                *changing(connection, {"question": new, **waits}, *asked),
            ]
            return bool(changed)

    def removed(self, place: Place, message: str) -> bool:
        """A message was deleted: its answer goes, or all answers to it. Was there one?"""
        which = or_(EndorsedRow.message == message, EndorsedRow.thread == message)
        with self._sessions.writing() as connection:
            return delete_where(connection, *channel(place), which)

    def decide(self, id: int, review: Review) -> Endorsed:
        """Keep a person's decision. Raises `UnknownExample`."""
        with self._sessions.writing() as connection:
            if 0 < id <= LAST_ID:
                decided = update(EndorsedRow).where(EndorsedRow.id == id)
                connection.execute(decided.values(review=str(review)))
                for row in connection.execute(ROWS.where(EndorsedRow.id == id)):
                    return endorsed_of(row)
        raise UnknownExample(id)

    def listed(self, review: Review | None = None, place: Place | None = None) -> list[Endorsed]:
        """Those of that review, of a channel; None: of any. Oldest first."""
        which = [] if review is None else [EndorsedRow.review == str(review)]
        which += [] if place is None else channel(place)
        with self._sessions.reading() as connection:
            rows = connection.execute(ROWS.where(*which).order_by(EndorsedRow.id))
            return [endorsed_of(row) for row in rows]

    def newest(self, platform: str, most: int) -> list[Endorsed]:
        """Those of a platform that were kept last, the newest first."""
        mine = ROWS.where(EndorsedRow.platform == platform).order_by(EndorsedRow.id.desc())
        with self._sessions.reading() as connection:
            return [endorsed_of(row) for row in connection.execute(mine.limit(most))]

    def lively(self, platform: str, since: datetime, most: int) -> list[Place]:
        """The channels in which something was heard since then, those where it was last first."""
        columns = (ItemRow.platform, ItemRow.workspace, ItemRow.channel)
        heard = (ItemRow.platform == platform, ItemRow.heard_at >= since)
        there = select(*columns).where(*heard).group_by(*columns)
        last = there.order_by(func.max(ItemRow.heard_at).desc()).limit(most)
        with self._sessions.reading() as connection:
            return [Place(*row) for row in connection.execute(last)]

    def channels(self) -> list[Place]:
        """The channels that have any."""
        columns = (EndorsedRow.platform, EndorsedRow.workspace, EndorsedRow.channel)
        with self._sessions.reading() as connection:
            rows = connection.execute(select(*columns).distinct().order_by(*columns))
            return [Place(*row) for row in rows]

    def answered(self, platform: str, most: int) -> frozenset[str]:
        """The channels of a platform that have accepted answers, the newest of them."""
        mine = (EndorsedRow.platform == platform, EndorsedRow.review == str(Review.ACCEPTED))
        there = select(EndorsedRow.channel).where(*mine).group_by(EndorsedRow.channel)
        newest = there.order_by(func.max(EndorsedRow.id).desc()).limit(most)
        with self._sessions.reading() as connection:
            return frozenset(connection.scalars(newest))


def forget(connection: Connection, platform: str, person: str) -> None:
    """Delete what a person asked or answered, and their endorsements."""
    mine = or_(EndorsedRow.author == person, EndorsedRow.asker == person)
    delete_where(connection, EndorsedRow.platform == platform, mine)
    there = select(EndorsedRow.id).where(EndorsedRow.platform == platform)
    theirs = (EndorserRow.person == person, EndorserRow.answer_id.in_(there))
    connection.execute(delete(EndorserRow).where(*theirs))
    left = select(EndorserRow.answer_id).where(EndorserRow.answer_id == EndorsedRow.id)
    connection.execute(delete(EndorsedRow).where(EndorsedRow.platform == platform, ~left.exists()))


def delete_where(connection: Connection, *which: ColumnElement[bool]) -> bool:
    """Delete answers with their endorsements; were there any?"""
    gone = delete(EndorsedRow).where(*which).returning(EndorsedRow.id)
    return bool(connection.scalars(gone).all())


def changing(
    connection: Connection, values: dict[str, str], *which: ColumnElement[bool]
) -> list[int]:
    """Change answers; gives which."""
    changed = update(EndorsedRow).where(*which).values(values).returning(EndorsedRow.id)
    return list(connection.scalars(changed))


def channel(place: Place) -> list[ColumnElement[bool]]:
    """What tells the answers of a channel."""
    names = ("platform", "workspace", "channel")
    return [getattr(EndorsedRow, name) == getattr(place, name) for name in names]


def at(place: Place, message: str) -> list[ColumnElement[bool]]:
    """What tells the answer that a message gives."""
    return [*channel(place), EndorsedRow.message == message]


def values_of(reply: Reply) -> dict[str, Any]:
    """The columns of a reply, masked."""
    place = reply.place
    return {
        "platform": place.platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "thread": place.thread,
        "message": reply.message,
        "question": masked(reply.question.strip()).text,
        "asker": reply.asker,
        "answer": masked(reply.answer.strip()).text,
        "author": reply.author,
        "link": reply.link,
        "written_at": reply.written_at,
    }


def endorsed_of(row: Any) -> Endorsed:
    """The answer that a row tells of."""
    place = Place(row.platform, row.workspace, row.channel, row.thread)
    said = (row.question, row.asker, row.answer, row.author, row.link, row.written_at)
    return Endorsed(row.id, Reply(place, row.message, *said), Review(row.review))
