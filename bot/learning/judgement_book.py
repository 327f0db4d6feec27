"""Judged passages and curated answers in SQL, as they are asked for and brought in step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.learning import history, judgements, keeping
from bot.learning.tables import CuratedRow, JudgedRow
from bot.learning.words import Curated, Judged
from bot.sessions import Sessions, sessions_at
from knowledge.documents import Passage
from model.examples import Review


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class JudgementBook:
    """That part of `bot.learning.book.Book`. Any call raises `DatabaseUnavailable`."""

    def __init__(self, at: str | Sessions, clock: Callable[[], datetime] = utc_now) -> None:
        self._sessions, self._now = sessions_at(at), clock

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def judge(
        self,
        interaction: int,
        judged: Sequence[Judged],
        seen: int | None = None,
    ) -> None:
        """The judged passages of an interaction become exactly these.

        `seen` is as in `Book.replace_of`. Raises `UnknownInteraction`.
        """
        with self._harvesting(interaction, seen) as connection:
            if connection is not None:
                judgements.judge(connection, interaction, judged)

    def judged(self, embedder: str | None = None) -> list[Judged]:
        """All judged passages, or those whose question has a vector of an embedder; by id."""
        with self._sessions.reading() as connection:
            return judgements.judged_by(connection, embedder)

    def judged_marker(self) -> str:
        """Another one whenever `judged` gives something else, but for vectors; cheap."""
        with self._sessions.reading() as connection:
            return judgements.marker(connection, JudgedRow)

    def set_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        """Keep the vectors of judged passages' questions, by id."""
        with self._sessions.writing() as connection:
            judgements.set_vectors(connection, vectors, embedder)

    def curate(
        self,
        curated: Curated | None,
        interaction: int,
        seen: int | None = None,
    ) -> None:
        """The curated answer of an interaction becomes this one; None: it has none.

        What was decided on the same words stays. `seen` is as in `Book.replace_of`. Raises
        `UnknownInteraction`.
        """
        with self._harvesting(interaction, seen) as connection:
            if connection is not None:
                judgements.curate(connection, interaction, curated)

    def curated(self, review: Review | None = Review.ACCEPTED) -> list[Curated]:
        """Curated answers of all workspaces, newest first; review None: all of them."""
        state = () if review is None else (CuratedRow.review == str(review),)
        with self._sessions.reading() as connection:
            return judgements.curated_where(connection, *state)

    def curated_marker(self) -> str:
        """Another one whenever `curated` gives something else, but for vectors; cheap."""
        with self._sessions.reading() as connection:
            return judgements.marker(connection, CuratedRow)

    def curated_of(self, interaction: int) -> Curated | None:
        """The curated answer of an interaction; None: it has none."""
        with self._sessions.reading() as connection:
            found = judgements.curated_where(connection, CuratedRow.interaction_id == interaction)
            return found[0] if found else None

    def curated_waiting(self) -> list[Curated]:
        """Curated answers that wait for a decision, of all workspaces, oldest first."""
        waits = CuratedRow.review == str(Review.WAITING)
        with self._sessions.reading() as connection:
            return judgements.curated_where(connection, waits, oldest=True)

    def set_curated_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        """Keep the vectors of curated answers' questions, by id."""
        with self._sessions.writing() as connection:
            judgements.set_vectors(connection, vectors, embedder, judgements.CURATED_VECTOR)

    def review_curated(self, id: int, review: Review, rests_on: Sequence[Passage] = ()) -> Curated:
        """Decide on a curated answer, which rests on these passages from now on.

        None: on those that it rested on before. Raises `UnknownExample`.
        """
        with self._sessions.writing() as connection:
            return judgements.decide(connection, id, review, rests_on)

    def doubt_curated(self, id: int, why: str) -> None:
        """A curated answer that was accepted waits for a person again."""
        with self._sessions.writing() as connection:
            judgements.doubt(connection, id, why)

    @contextmanager
    def _harvesting(
        self, interaction: int, seen: int | None, beside: Collection[int] = ()
    ) -> Iterator[Connection | None]:
        """To write what was drawn from an interaction; None: its verdicts changed since.

        Whoever wants it, or those beside it, forgotten waits, and then finds what was written.
        Raises `UnknownInteraction`.
        """
        with self._sessions.writing() as connection:
            keeping.hold(connection, {interaction, *beside})
            late = seen is not None and history.newest(connection, interaction) > seen
            yield None if late else connection
