"""Datasets: what each training learned from, as it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bot.learning import keeping, snapshots
from bot.learning.rows import example_from, judged_body, judged_from
from bot.learning.words import Judged, Snapshot
from bot.sessions import Sessions, sessions_at
from model.examples import Example, What


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Origins:
    """How much a dataset holds, and of how many."""

    examples: int  # of a retriever: judged passages
    forgotten: int  # examples that lost their words since
    interactions: int  # that they were made from
    people: int  # whose words or votes they hold


class Datasets:
    """Datasets in SQL, for any number of threads and processes; a call is a transaction.

    Any call raises `DatabaseUnavailable`. See `bot.sessions`.
    """

    def __init__(self, at: str | Sessions, clock: Callable[[], datetime] = utc_now) -> None:
        self._sessions, self._now = sessions_at(at), clock

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def snapshot(self, what: What, tasks: Sequence[str], ids: Collection[int]) -> Snapshot:
        """Keep examples as they are now, for a training to learn from and to be repeated.

        The same ones in the same words give the snapshot that is there. For the retriever the
        ids are those of judged passages. Raises `UnknownExample`.
        """
        with self._sessions.writing() as connection:
            if what is What.RETRIEVER:
                judged = snapshots.judged_by_ids(connection, ids)
                bodies = {one.id: judged_body(one) for one in judged}
                digest = snapshots.digest_of(map(snapshots.mark_of, judged))
            else:
                examples = keeping.by_ids(connection, ids)
                bodies = {one.id: asdict(one) for one in examples}
                digest = snapshots.digest_of(map(snapshots.mark_of, examples))
            return snapshots.take(connection, what, tasks, bodies, digest, self._now())

    def examples_of(self, snapshot: int) -> list[Example]:
        """The examples of a snapshot as they were, by id; those since forgotten are left out.

        Raises `UnknownSnapshot`.
        """
        with self._sessions.reading() as connection:
            return [example_from(body) for body in snapshots.bodies_of(connection, snapshot)]

    def judged_of(self, snapshot: int) -> list[Judged]:
        """So of the retriever's; without vectors. Raises `UnknownSnapshot`."""
        with self._sessions.reading() as connection:
            return [judged_from(body) for body in snapshots.bodies_of(connection, snapshot)]

    def origins_of(self, snapshot: int) -> Origins:
        """What a snapshot was made from, without what is forgotten. Raises `UnknownSnapshot`."""
        with self._sessions.reading() as connection:
            snapshots.found(connection, snapshot)
            return Origins(**snapshots.counted(connection, snapshot))

    def is_whole(self, snapshot: int) -> bool:
        """Is nothing of it forgotten? Raises `UnknownSnapshot`."""
        with self._sessions.reading() as connection:
            snapshots.found(connection, snapshot)
            return snapshots.is_whole(connection, snapshot)
