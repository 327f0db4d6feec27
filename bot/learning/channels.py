"""What was chosen for channels: is anything said there learned from?"""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.conversation import Place
from bot.learning import voting
from bot.learning.tables import ChannelRow
from bot.sessions import Sessions, inserting, sessions_at


class Channels:
    """The choices for channels, for any number of threads and processes. See `bot.sessions`."""

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def may_learn(self, place: Place) -> bool:
        """May what is said in this channel be learned from? It may where nobody chose."""
        with self._sessions.reading() as connection:
            return allowed(connection, place)

    def choose(self, place: Place, may_learn: bool) -> None:
        """Keep a choice for the channel of a place, all its threads with it.

        What was learned there goes at once where it may not; where it may (again), the next
        harvest looks at it anew.
        """
        key = {name: getattr(place, name) for name in ("platform", "workspace", "channel")}
        with self._sessions.writing() as connection:
            before = allowed(connection, place)
            row = inserting(connection.dialect.name, ChannelRow).values(**key, off=not may_learn)
            chosen = {"off": not may_learn}
            connection.execute(row.on_conflict_do_update(index_elements=[*key], set_=chosen))
            if may_learn is not before:
                voting.channel_chose(connection, place, may_learn)

    def silent(self) -> list[Place]:
        """The channels from which nothing is learned."""
        columns = (ChannelRow.platform, ChannelRow.workspace, ChannelRow.channel)
        off = select(*columns).where(ChannelRow.off.is_(True)).order_by(*columns)
        with self._sessions.reading() as connection:
            return [Place(*row) for row in connection.execute(off)]


def allowed(connection: Connection, place: Place) -> bool:
    """May what is said in the channel be learned from?"""
    here = (ChannelRow.platform == place.platform, ChannelRow.workspace == place.workspace)
    off = select(ChannelRow.off).where(*here, ChannelRow.channel == place.channel)
    return not connection.scalar(off)
