"""What goes from what is learned from, when a vote, a question, or a person goes.

An example that was made from several interactions stays without the ones that go, as long as
the first stays. It goes with any question that is deleted, or may not be learned from any more, for
it may have its words; a correction goes with any vote for the same reason. The interactions that
stay are noted as changed, so that the next harvest weighs it anew, or draws it again. What was
imported from a file stays.

Whoever changes several rows locks them in one order, else two of them may wait for each other on
PostgreSQL: interactions by id, all of them at once; then examples by id; then what hangs on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, and_, delete, or_, select

from bot.conversation import Feedback, Verdict
from bot.learning import decisions, history
from bot.learning.history import Kind, batches
from bot.learning.rows import AnyRow
from bot.learning.snapshots import blank, made_from, needs_training
from bot.learning.tables import (
    NOWHERE,
    ChangeRow,
    CuratedRow,
    ExampleInteractionRow,
    ExamplePersonRow,
    ExampleRow,
    JudgedRow,
)
from bot.tables import FeedbackRow, InteractionRow
from model.examples import Origin

Link = tuple[int, int]  # an example, an interaction that it was made from
FORGOTTEN = "A person who taught it wanted to be forgotten."
DELETED = "A question that it was taught from was deleted."


@dataclass(frozen=True)
class Taken:
    """What was taken away."""

    examples: int = 0
    again: frozenset[int] = frozenset()  # interactions that the next harvest looks at anew


NOTHING = Taken()


def withdrawn(connection: Connection, gone: AnyRow) -> None:
    """A vote was taken back; so is all that was made from it, now. The last thing to be done."""
    interaction, author = gone.interaction_id, gone.author
    person = f"{platform_of(connection, interaction)}:{author}"
    links = voted(connection, interaction, person)
    taken = drop(connection, links, spoken=True)
    unjudge(connection, [interaction])
    uncurate(connection, [interaction], person)
    now = datetime.now(UTC)
    was = Feedback(
        interaction, author, Verdict(gone.verdict), now, gone.reason, gone.correction, gone.details
    )
    changes = [history.told(was, Kind.WITHDRAWN)]
    history.note(connection, changes + history.wordless(taken.again - {interaction}, now))


def platform_of(connection: Connection, interaction: int) -> str:
    """Where an interaction is; it is locked until the transaction ends, against a harvest."""
    here = select(InteractionRow.platform).where(InteractionRow.id == interaction)
    return connection.scalar(here.with_for_update(key_share=True)) or ""


def voted(connection: Connection, interaction: int, person: str) -> list[Link]:
    """The examples of an interaction that a person's vote is in, or may be."""
    mine = select(ExampleInteractionRow.example_id, ExampleInteractionRow.interaction_id).where(
        ExampleInteractionRow.interaction_id == interaction
    )
    people = select(ExamplePersonRow.person).where(
        ExamplePersonRow.example_id == ExampleInteractionRow.example_id,
        ExamplePersonRow.interaction_id.in_([interaction, NOWHERE]),
    )
    holds = people.where(ExamplePersonRow.person == person).exists()
    return links_of(connection.execute(mine.where(or_(holds, ~people.exists()))))


def links_of(rows: Iterable[Row[int, int]]) -> list[Link]:
    """As plain pairs."""
    return [(example, interaction) for example, interaction in rows]


def erased(connection: Connection, interactions: Collection[int]) -> Taken:
    """These interactions are about to be deleted, with all that was made from them.

    They are locked already. Datasets forget it too. `Taken.again` is to be noted when all else
    is done.
    """
    taken = drop(connection, made_of(connection, interactions), whole=True)
    snapshots = blank(connection, made_from(connection, interactions=interactions))
    needs_training(connection, snapshots, DELETED)
    had = history.erase_words(connection, interactions)
    return Taken(taken.examples, taken.again - set(interactions) | had)


def lock(
    connection: Connection, interactions: Collection[int], to_delete: bool = False
) -> set[int]:
    """Keep others who learn from interactions away until the transaction ends.

    `to_delete`: nothing new may refer to them either. Gives those that are there.
    """
    there = set[int]()
    for batch in batches(interactions):
        rows = select(InteractionRow.id).where(InteractionRow.id.in_(batch))
        ordered = rows.order_by(InteractionRow.id).with_for_update(key_share=not to_delete)
        there |= set(connection.scalars(ordered))
    return there


def lock_examples(connection: Connection, examples: Collection[int]) -> None:
    """Keep others from changing these until the transaction ends."""
    for batch in batches(set(examples)):
        rows = select(ExampleRow.id).where(ExampleRow.id.in_(batch))
        connection.execute(rows.order_by(ExampleRow.id).with_for_update())


def made_of(connection: Connection, interactions: Collection[int]) -> list[Link]:
    """What was made from interactions."""
    link = select(ExampleInteractionRow.example_id, ExampleInteractionRow.interaction_id)
    found = list[Link]()
    for batch in batches(interactions):
        theirs = link.where(ExampleInteractionRow.interaction_id.in_(batch))
        found += links_of(connection.execute(theirs))
    return found


def forgotten(connection: Connection, platform: str, author: str, asked: Collection[int]) -> Taken:
    """A person's votes, and what was made from them, go for ever; before the votes themselves.

    `asked`: their own interactions, which `erased` takes. These, and those they voted on, are
    locked already. `Taken.again` is to be noted when all else is done.
    """
    person = f"{platform}:{author}"
    voted = votes_of(connection, platform, author) - set(asked)
    links = made_of(connection, asked) + holding(connection, person)
    lock_examples(connection, [example for example, _ in links])
    taken = withdraw(connection, asked, voted, person)
    snapshots = blank(connection, made_from(connection, person=person))
    needs_training(connection, snapshots, FORGOTTEN)
    there = select(InteractionRow.id).where(InteractionRow.platform == platform)
    theirs = and_(ChangeRow.author == author, ChangeRow.interaction_id.in_(there))
    gone = connection.scalars(delete(ChangeRow).where(theirs).returning(ChangeRow.interaction_id))
    return Taken(taken.examples, taken.again | voted | set(gone) - set(asked))


def votes_of(connection: Connection, platform: str, author: str) -> set[int]:
    """The interactions on a platform that a person has a verdict on."""
    there = select(InteractionRow.id).where(InteractionRow.platform == platform)
    theirs = (FeedbackRow.author == author, FeedbackRow.interaction_id.in_(there))
    return set(connection.scalars(select(FeedbackRow.interaction_id).where(*theirs)))


def withdraw(
    connection: Connection,
    asked: Collection[int] = (),
    voted_on: Collection[int] = (),
    person: str = "",
) -> Taken:
    """Take away what was made from `asked`, and what holds a person's votes."""
    theirs = holding(connection, person) if person else []
    links = made_of(connection, asked)
    lock_examples(connection, [example for example, _ in links + theirs])
    said = drop(connection, links, whole=True)
    voted = drop(connection, theirs, spoken=True)
    unjudge(connection, {*asked, *voted_on})
    uncurate(connection, asked)
    if person:
        uncurate(connection, None, person)
    return Taken(said.examples + voted.examples, said.again | voted.again)


def holding(connection: Connection, person: str) -> list[Link]:
    """What holds a person's words or votes."""
    held = select(ExamplePersonRow.example_id, ExamplePersonRow.interaction_id)
    return links_of(connection.execute(held.where(ExamplePersonRow.person == person)))


def unjudge(connection: Connection, interactions: Collection[int]) -> None:
    """What was judged there has no say any more."""
    for batch in batches(interactions):
        connection.execute(delete(JudgedRow).where(JudgedRow.interaction_id.in_(batch)))


def uncurate(
    connection: Connection, interactions: Collection[int] | None, author: str = ""
) -> None:
    """Answers that were written there (None: anywhere), by an author if one is given, go."""
    mine = delete(CuratedRow)
    if author:
        mine = mine.where(CuratedRow.author == author)
    if interactions is None:
        connection.execute(mine)
        return
    for batch in batches(interactions):
        connection.execute(mine.where(CuratedRow.interaction_id.in_(batch)))


def drop(
    connection: Connection, links: Collection[Link], whole: bool = False, spoken: bool = False
) -> Taken:
    """Part examples from interactions; those go that have nothing left to stand on.

    `whole`: all of them go, and what stays of their interactions is looked at anew. `spoken`: so
    do corrections, which may be in the words of who leaves.
    """
    lock_examples(connection, [example for example, _ in links])
    gone, again = list[int](), set[int]()
    parted = defaultdict[int, set[int]](set)
    for example, interaction in links:
        parted[example].add(interaction)
    made = lineage(connection, parted)
    leaves = set(parted) if whole else corrections(connection, parted) if spoken else set[int]()
    for example, leaving in parted.items():
        staying = made[example] - leaving
        again |= staying
        if example in leaves or not staying or NOWHERE in leaving or min(made[example]) in leaving:
            gone.append(example)
    unlink(connection, links)
    return Taken(remove(connection, gone, imported_too=False), frozenset(again))


def corrections(connection: Connection, examples: Iterable[int]) -> set[int]:
    """Those of these examples that hold what a voter wrote."""
    found, written = set[int](), ExampleRow.origin == str(Origin.CORRECTION)
    for batch in batches(examples):
        found |= set(
            connection.scalars(select(ExampleRow.id).where(ExampleRow.id.in_(batch), written))
        )
    return found


def lineage(connection: Connection, examples: Iterable[int]) -> dict[int, set[int]]:
    """The interactions that each example was made from."""
    made = defaultdict[int, set[int]](set)
    link = select(ExampleInteractionRow.example_id, ExampleInteractionRow.interaction_id)
    for batch in batches(examples):
        theirs = link.where(ExampleInteractionRow.example_id.in_(batch))
        for example, interaction in connection.execute(theirs):
            made[example].add(interaction)
    return made


def unlink(connection: Connection, links: Iterable[Link]) -> None:
    """Drop links, and the people that stand with them."""
    by_interaction = defaultdict[int, list[int]](list)
    for example, interaction in links:
        by_interaction[interaction].append(example)
    for interaction, examples in by_interaction.items():
        for batch in batches(examples):
            for table in (ExampleInteractionRow, ExamplePersonRow):
                connection.execute(
                    delete(table).where(
                        table.interaction_id == interaction, table.example_id.in_(batch)
                    )
                )


def unname(connection: Connection, interaction: int) -> None:
    """Forget whose words the examples of an interaction hold, to be told anew."""
    connection.execute(
        delete(ExamplePersonRow).where(ExamplePersonRow.interaction_id == interaction)
    )


def remove(connection: Connection, examples: Collection[int], imported_too: bool = True) -> int:
    """Delete examples; gives how many there were. What was decided on them is remembered."""
    lock_examples(connection, examples)
    gone = 0
    for batch in batches(examples):
        mine = ExampleRow.id.in_(batch)
        theirs = mine if imported_too else and_(mine, ExampleRow.origin != str(Origin.IMPORT))
        decisions.remember(connection, theirs)
        gone += len(
            connection.scalars(delete(ExampleRow).where(theirs).returning(ExampleRow.id)).all()
        )
    return gone
