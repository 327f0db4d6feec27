"""Examples in SQL: kept each once, read, decided on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from bot.errors import UnknownExample, UnknownInteraction
from bot.learning import decisions
from bot.learning.forgetting import lineage, lock
from bot.learning.history import batches
from bot.learning.rows import AnyRow, clean, columns_of, example_of
from bot.learning.tables import NOWHERE, ExampleInteractionRow, ExamplePersonRow, ExampleRow
from bot.sessions import inserting
from bot.tables import LAST_ID
from model.examples import Example, Origin, Review

CHANGE = (
    update(ExampleRow)
    .where(ExampleRow.id == bindparam("of"))
    .values(
        {name: bindparam(name) for name in ("weight", "review", "doubt", "origin", "changed_at")}
    )
)


@dataclass
class Lot:
    """Examples to be kept, each once, and who and what each was made from."""

    examples: dict[str, Example] = field(default_factory=dict)  # by digest
    links: set[tuple[str, int]] = field(default_factory=set)
    people: set[tuple[str, int, str]] = field(default_factory=set)
    ids: dict[str, int] = field(default_factory=dict)  # when they are kept
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


def lot_of(
    examples: Sequence[Example], people: Mapping[int, Sequence[str]], extra: Sequence[int] = ()
) -> Lot:
    """What is to be kept; of examples that teach the same the first, with the others' origins.

    `extra`: interactions that all were made from.
    """
    lot = Lot()
    for place, given in enumerate(examples):
        example = clean(given)
        digest, made = example.digest, {*example.interactions, *extra}
        lot.examples.setdefault(digest, example)
        lot.links |= {(digest, interaction) for interaction in made}
        of = extra[0] if extra else made.pop() if len(made) == 1 else NOWHERE
        lot.people |= {(digest, of, person) for person in people.get(place, ())}
    return lot


def keep(connection: Connection, lot: Lot, now: datetime) -> Lot:
    """Keep what the lot has. Raises `UnknownInteraction`."""
    hold(connection, {interaction for _, interaction in lot.links})
    bring_up_to_date(connection, lot, now)
    add(connection, lot, now)
    link(connection, lot)
    return lot


def hold(connection: Connection, interactions: Collection[int]) -> None:
    """Keep who wants these forgotten waiting. Raises `UnknownInteraction` for one that is gone."""
    there = lock(connection, [id for id in interactions if 0 < id <= LAST_ID])
    for missing in sorted(set(interactions) - there):
        raise UnknownInteraction(missing)


def bring_up_to_date(connection: Connection, lot: Lot, now: datetime) -> None:
    """Change what is there; what a person decided stays."""
    changes = []
    for row in held(connection, lot.examples):
        lot.ids[row.drawn] = row.id
        if change := difference(row, lot.examples[row.drawn]):
            lot.changed.add(row.drawn)
            changes.append(change | {"of": row.id, "changed_at": now})
    if changes:
        connection.execute(CHANGE, changes)


def held(connection: Connection, drawn: Iterable[str]) -> list[AnyRow]:
    """What is there of these digests, locked until the transaction ends."""
    rows, table = list[AnyRow](), ExampleRow
    columns = (table.id, table.drawn, table.weight, table.review, table.doubt)
    query = select(*columns, table.decided_by, table.origin).order_by(table.id).with_for_update()
    for batch in batches(drawn):
        rows += connection.execute(query.where(table.drawn.in_(batch))).all()
    return rows


def there(connection: Connection, drawn: Iterable[str]) -> set[int]:
    """The ids of what is there of these digests."""
    found = set[int]()
    for batch in batches(drawn):
        these = ExampleRow.drawn.in_(batch)
        found |= set(connection.scalars(select(ExampleRow.id).where(these)))
    return found


def difference(row: AnyRow, example: Example) -> dict[str, object]:
    """What an example changes about its row; empty: nothing."""
    filed = str(Origin.IMPORT) in {row.origin, str(example.origin)}
    decided = row.decided_by or (filed and row.origin != str(example.origin))
    drawn = {"review": str(example.review), "doubt": example.doubt, "origin": str(example.origin)}
    held = {name: getattr(row, name) for name in drawn}
    now = {"weight": example.weight, **(held if decided else drawn)}
    return {} if now == {"weight": row.weight, **held} else now


def add(connection: Connection, lot: Lot, now: datetime) -> None:
    """Add what is not there."""
    common = {"kept_at": now, "changed_at": now, "decided_by": ""}
    coming = lot.examples.keys() - lot.ids.keys()
    decided = decisions.recalled(connection, coming)
    new = [
        columns_of(example) | common | {"drawn": drawn} | decided.get(drawn, {})
        for drawn, example in lot.examples.items()
        if drawn in coming
    ]
    if not new:
        return
    adding = inserting(connection.dialect.name, ExampleRow).on_conflict_do_nothing()
    made = connection.execute(adding.returning(ExampleRow.drawn, ExampleRow.id), new).all()
    lot.ids |= {row.drawn: row.id for row in made}
    lot.new = {row.drawn for row in made}
    missed = [str(one["drawn"]) for one in new if one["drawn"] not in lot.ids]
    lot.ids |= {row.drawn: row.id for row in held(connection, missed)}  # added meanwhile


def link(connection: Connection, lot: Lot) -> None:
    """Keep what each was made from, beside what is known already."""
    links = [{"example_id": lot.ids[d], "interaction_id": i} for d, i in sorted(lot.links)]
    people = [
        {"example_id": lot.ids[d], "interaction_id": i, "person": person}
        for d, i, person in sorted(lot.people)
    ]
    linked = added(connection, ExampleInteractionRow, links)
    lot.changed |= {drawn for drawn, id in lot.ids.items() if id in linked} - lot.new
    added(connection, ExamplePersonRow, people)


def added(
    connection: Connection,
    table: type[ExampleInteractionRow] | type[ExamplePersonRow],
    rows: list[dict[str, Any]],
) -> set[int]:
    """Add what is not there; gives the examples that something was added to."""
    if not rows:
        return set()
    adding = inserting(connection.dialect.name, table).on_conflict_do_nothing()
    return set(connection.execute(adding.returning(table.example_id), rows).scalars())


def read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Example]:
    """The examples of a query."""
    rows = connection.execute(query).all()
    made = lineage(connection, [row.id for row in rows])
    return [example_of(row, sorted(made[row.id])) for row in rows]


def queries(
    which: Sequence[ColumnElement[bool]], ids: Collection[int] | None
) -> Iterator[Select[*tuple[Any, ...]]]:
    """What reads the examples that are so, newest first; with ids in as many parts as they need."""
    query = chosen(*which).order_by(ExampleRow.id.desc())
    if ids is None:
        yield query
        return
    for batch in batches(id for id in ids if 0 < id <= LAST_ID):
        yield query.where(ExampleRow.id.in_(batch))


def by_ids(connection: Connection, ids: Collection[int]) -> list[Example]:
    """Examples by their ids, ascending. Raises `UnknownExample`."""
    found = list[Example]()
    for batch in batches(id for id in ids if 0 < id <= LAST_ID):
        found += read(connection, chosen(ExampleRow.id.in_(batch)).order_by(ExampleRow.id))
    for missing in sorted(set(ids) - {example.id for example in found}):
        raise UnknownExample(missing)
    return found


def chosen(*which: Any) -> Select[*tuple[Any, ...]]:
    """Whole rows, as plain ones."""
    return select(*ExampleRow.__table__.columns).where(*which)


def decide(
    connection: Connection, id: int, review: Review, by: str, doubt: str, now: datetime
) -> Example:
    """Keep a person's decision. Raises `UnknownExample`."""
    by_ids(connection, [id])
    told = {"review": str(review), "doubt": doubt, "decided_by": by, "changed_at": now}
    connection.execute(update(ExampleRow).where(ExampleRow.id == id).values(told))
    return by_ids(connection, [id])[0]


def reword(
    connection: Connection, id: int, chosen: str | None, text: str | None, by: str, now: datetime
) -> Example:
    """Keep other words. Raises `UnknownExample`."""
    [before] = by_ids(connection, [id])
    after = clean(
        replace(
            before,
            chosen=before.chosen if chosen is None else chosen,
            text=before.text if text is None else text,
        )
    )
    told = columns_of(after) | {"decided_by": by, "changed_at": now}
    connection.execute(update(ExampleRow).where(ExampleRow.id == id).values(told))
    return after
