"""What is learned from, in SQL: examples, judged passages, curated answers, changed verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from bot.learning import forgetting, history, keeping, retention, voting
from bot.learning.book_words import Expired, Kept, Voted, Wanted
from bot.learning.judgement_book import JudgementBook
from bot.learning.keeping import Lot, lot_of
from bot.learning.tables import CuratedRow, ExampleInteractionRow, ExampleRow, MarkRow
from bot.sessions import inserting
from bot.tables import LAST_ID
from bot.wanted import saying
from model.examples import Example, Review


class Book(JudgementBook):
    """What is learned from, for any number of threads and processes; a call is a transaction.

    `people` are those whose words or votes something holds, each as "platform:person": what
    they take back, or want forgotten, is found by it. Any call raises `DatabaseUnavailable`.
    See `bot.sessions`.
    """

    # -- examples --------------------------------------------------------------------

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        """Those that are wanted, newest first."""
        wanted = wanted or Wanted()
        with self._sessions.reading() as connection:
            found = [
                example
                for query in keeping.queries(which(wanted), wanted.ids)
                for example in keeping.read(connection, query.limit(wanted.limit))
            ]
        return sorted(found, key=lambda one: -one.id)[: wanted.limit]

    def example(self, id: int) -> Example:
        """One example. Raises `UnknownExample`."""
        with self._sessions.reading() as connection:
            return keeping.by_ids(connection, [id])[0]

    def keep(
        self, examples: Sequence[Example], people: Mapping[int, Sequence[str]] | None = None
    ) -> Kept:
        """Keep examples, each once: what teaches the same is one, and is brought up to date.

        A person's decision on one (its review, an edit) stays. Its interactions are added to
        those that it has. `people`: by an example's place in the sequence. Raises
        `UnknownInteraction` where one that it was made from is gone; then nothing is kept.
        """
        lot = lot_of(examples, people or {})
        with self._sessions.writing() as connection:
            return kept(keeping.keep(connection, lot, self._now()))

    def replace_of(
        self,
        interaction: int,
        examples: Sequence[Example],
        people: Mapping[int, Sequence[str]] | None = None,
        seen: int | None = None,
    ) -> Kept:
        """The examples that are made from an interaction become exactly these.

        One that is made from others too stays, without this. `seen`: the mark of the change
        that they were drawn from; nothing is done where a verdict changed since (it will be
        harvestable). Raises `UnknownInteraction`.
        """
        lot = lot_of(examples, people or {}, extra=[interaction])
        beside = {made_from for _, made_from in lot.links}
        with self._harvesting(interaction, seen, beside) as connection:
            return Kept() if connection is None else self._replace(connection, interaction, lot)

    def review(self, id: int, review: Review, by: str, doubt: str = "") -> Example:
        """Decide on an example. Raises `UnknownExample`."""
        with self._sessions.writing() as connection:
            return keeping.decide(connection, id, review, by, doubt, self._now())

    def edit(self, id: int, chosen: str | None, text: str | None, by: str) -> Example:
        """Put other words in; None: as it was. The next harvest leaves them so.

        Raises `UnknownExample`.
        """
        with self._sessions.writing() as connection:
            return keeping.reword(connection, id, chosen, text, by, self._now())

    def remove(self, ids: Collection[int]) -> int:
        """Delete examples; gives how many there were. A harvest may draw them again."""
        with self._sessions.writing() as connection:
            return forgetting.remove(connection, [id for id in ids if 0 < id <= LAST_ID])

    # -- verdicts --------------------------------------------------------------------

    def harvestable(self, since: int = 0, limit: int = 100) -> list[Voted]:
        """Interactions whose verdicts changed after a mark, in the order of their last change.

        With their passages as excerpts. When all are learned from, the last one's `mark` is
        where to go on.
        """
        with self._sessions.reading() as connection:
            return [Voted(*one) for one in voting.changed(connection, since, limit)]

    def mark(self, name: str) -> int:
        """How far somebody is; 0: they did not begin."""
        with self._sessions.reading() as connection:
            return connection.scalar(select(MarkRow.value).where(MarkRow.name == name)) or 0

    def set_mark(self, name: str, value: int) -> None:
        """Keep how far somebody is."""
        with self._sessions.writing() as connection:
            row = inserting(connection.dialect.name, MarkRow).values(name=name, value=value)
            changed = row.on_conflict_do_update(index_elements=["name"], set_={"value": value})
            connection.execute(changed)

    def expire(self, before: datetime) -> Expired:
        """Delete what people's words and votes gave before a time; imports stay.

        Datasets that trainings learned from lose these words too.
        """
        with self._sessions.writing() as connection:
            examples, later = retention.expire_examples(connection, before)  # as all lock: first
            judged = retention.expire_judged(connection, before)
            curated = retention.expire_curated(connection, before)
            changes = retention.expire_changes(connection, before)
            history.note(connection, history.wordless(later, self._now()))
        return Expired(examples, judged, curated, changes)

    def _replace(self, connection: Connection, interaction: int, lot: Lot) -> Kept:
        before = {example for example, _ in forgetting.made_of(connection, [interaction])}
        forgetting.lock_examples(connection, before | keeping.there(connection, lot.examples))
        forgetting.unname(connection, interaction)
        done = kept(keeping.keep(connection, lot, self._now()))
        left = [(example, interaction) for example in before - set(lot.ids.values())]
        taken = forgetting.drop(connection, left)
        again = history.wordless(taken.again, self._now())
        history.note(connection, again)
        return replace(done, gone=len(left))


def kept(lot: Lot) -> Kept:
    """What keeping a lot did."""
    new, changed = len(lot.new), len(lot.changed)
    return Kept(new, changed, len(lot.examples) - new - changed)


def which(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is wanted, but for the ids."""
    told = {
        ExampleRow.what: wanted.what and str(wanted.what),
        ExampleRow.task: wanted.task,
        ExampleRow.review: wanted.review and str(wanted.review),
        ExampleRow.origin: wanted.origin and str(wanted.origin),
        ExampleRow.held_out: wanted.held_out,
    }
    conditions = [column == value for column, value in told.items() if value is not None]
    if wanted.words is not None:
        texts = (ExampleRow.text, ExampleRow.chosen, ExampleRow.rejected)
        conditions.append(saying(wanted.words, *texts))
    if wanted.doubted:
        conditions.append(doubted())
    if wanted.before_id is not None:
        conditions.append(ExampleRow.id < wanted.before_id)
    return conditions


def doubted() -> ColumnElement[bool]:
    """Examples of which the right answer was given again, and is doubted."""
    link, waits = ExampleInteractionRow, CuratedRow.review == str(Review.WAITING)
    made = select(link).join(CuratedRow, CuratedRow.interaction_id == link.interaction_id)
    same = (link.example_id == ExampleRow.id, CuratedRow.answer == ExampleRow.chosen)
    return made.where(*same, waits, CuratedRow.doubt != "").exists()
