"""What people chose about their own words."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from bot.sessions import Sessions, inserting, sessions_at
from bot.tables import PersonRow

ANYWHERE = ""  # a choice is kept with no workspace; earlier ones may stand with one
THEIRS = (PersonRow.platform == bindparam("there"), PersonRow.person == bindparam("who"))
OBJECTED = select(PersonRow.person).where(*THEIRS, PersonRow.may_learn.is_(False)).limit(1)
FORGET = delete(PersonRow).where(*THEIRS)


class People:
    """Everybody's choices, for any number of threads and processes. See `bot.sessions`.

    A person has one id on a platform, in every workspace of it, and so one choice.
    """

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def may_learn(self, platform: str, person: str) -> bool:
        """May the bot learn from this person's words? Who chose nothing did not object."""
        told = {"there": platform, "who": person}
        with self._sessions.reading() as connection:
            return connection.scalar(OBJECTED, told) is None

    def choose(self, platform: str, person: str, may_learn: bool) -> None:
        """Keep a person's choice in place of all earlier ones.

        What was learned goes at once where it may not be; where it may be again, the next
        harvest looks at it anew.
        """
        from bot.learning.voting import person_chose  # rare, and its tables cost every start

        told = {"there": platform, "who": person}
        key = {"platform": platform, "workspace": ANYWHERE, "person": person}
        with self._sessions.writing() as connection:
            objected = connection.scalar(OBJECTED, told) is not None
            connection.execute(FORGET, told)
            row = inserting(connection.dialect.name, PersonRow).values(**key, may_learn=may_learn)
            chosen = {"may_learn": may_learn}
            connection.execute(row.on_conflict_do_update(index_elements=[*key], set_=chosen))
            if may_learn is objected:
                person_chose(connection, platform, person, may_learn)
