"""A query's rows as a source: which to read, and reading them in a stream."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.documents import Checkpoint, Keyed, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.sql.database import Patience, reading
from knowledge.sources.sql.rows import Row, Shape, ShapeWrong

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Executable

RowStream = Generator[Row, None, None]
BATCH = 500  # rows that are fetched together
SELECTS = re.compile(
    r"\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(select|with|values|table)\b", re.I | re.S
)
KEYLESS = "has no key: the columns of `key` are empty; leave such rows out by the query's WHERE"
TWICE = "is the key of two rows; choose columns for `key` that no two rows share"


@dataclass(frozen=True)
class Query:
    """What is asked of which database."""

    url: str = field(repr=False)
    statement: str
    timeout_s: float
    max_rows: int


@dataclass(frozen=True)
class SqlSource:
    """The rows of a query."""

    name: str
    query: Query
    shape: Shape

    def expected(self) -> int | None:
        """Unknown: to count them costs as much as to read them."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Keyed]:
        """Every row there is, those that did not change first; see `Source.documents`."""
        if not SELECTS.match(self.query.statement):
            raise SourceUnreadable(self.name, "`query` is no SELECT", "Let it be one")
        patience = Patience(self.query.timeout_s)
        with reading(self.name, self.query.url, patience) as connection:
            rows = Rows(connection, self.query.statement.strip().rstrip("; \n"), patience)
            try:
                yield from Pass(self, rows, since or Checkpoint({})).items()
            except ShapeWrong as error:
                remedy = "Correct the template or the query"
                raise SourceUnreadable(self.name, str(error), remedy) from error


@dataclass
class Pass:
    """One reading of the rows."""

    source: SqlSource
    rows: Rows
    since: Checkpoint
    seen: set[str] = field(default_factory=set)

    def items(self) -> Iterator[Keyed]:
        """All items."""
        self.shape.check(self.rows.columns())
        if self.shape.changed and self.since.held:
            yield from self.changed()
        else:
            yield from self.read(self.rows.all())

    @property
    def shape(self) -> Shape:
        """How rows become documents."""
        return self.source.shape

    def changed(self) -> Iterator[Keyed]:
        """First which rows there are, then those of them that changed."""
        columns = [*dict.fromkeys([*self.shape.key_columns, self.shape.changed])]
        wanted: dict[str, object] = {}
        with closing(self.keyed(self.rows.of(columns))) as keyed:
            for number, (key, row) in enumerate(keyed, 1):
                mark = self.shape.mark(key, row)
                if key in self.seen:
                    yield Unreadable(f"{key} (row {number})", TWICE)
                elif mark and self.since.has(key, mark):
                    self.seen.add(key)
                    yield Unchanged(key)
                else:
                    wanted[key] = row[self.shape.changed]
        if wanted:
            yield from self.read(self.rows.since(self.shape.changed, list(wanted.values())))
        if wanted.keys() - self.seen - {""}:  # the database rounds dates when it compares them
            yield from self.read(self.rows.all())

    def read(self, rows: RowStream) -> Iterator[Keyed]:
        """The documents of rows; those that were seen before are passed over."""
        mine: set[str] = set()
        with closing(self.keyed(rows)) as keyed:
            for number, (key, row) in enumerate(keyed, 1):
                if key in mine:
                    yield Unreadable(f"{key} (row {number})", TWICE)
                elif not key:
                    yield Unreadable(f"row {number}", KEYLESS)
                elif key not in self.seen:
                    mine.add(key)
                    yield self.document(key, row)
        self.seen |= mine

    def document(self, key: str, row: Row) -> Keyed:
        """A row's document, unless the index has it."""
        found = self.shape.document(self.source.name, key, row)
        if not isinstance(found, Unreadable) and self.since.has(key, found.fingerprint):
            return Unchanged(key)
        return found

    def keyed(self, rows: RowStream) -> Generator[tuple[str, Row], None, None]:
        """Rows with their keys. Raises `SourceUnreadable` where there are too many."""
        limit = self.source.query.max_rows
        with closing(rows):  # at once: later, its connection is closed
            for number, row in enumerate(rows):
                if number >= limit:
                    problem = f"the query has over {limit} rows"
                    remedy = "Narrow it or raise `max_rows`"
                    raise SourceUnreadable(self.source.name, problem, remedy)
                yield self.shape.key_of(row), row


@dataclass(frozen=True)
class Rows:
    """A query's rows, in a stream."""

    connection: Connection
    statement: str
    patience: Patience

    def columns(self) -> list[str]:
        """The names of the query's columns, at no row's cost."""
        from sqlalchemy import literal_column, select, text

        nothing = self.within(select(literal_column("*"))).where(text("1 = 0"))
        with self.executed(nothing) as result:
            return list(result.keys())

    def all(self) -> RowStream:
        """All rows, in the query's own order."""
        from sqlalchemy import text

        return self.stream(text(self.escaped()))

    def of(self, columns: Sequence[str]) -> RowStream:
        """All rows, but only some columns."""
        from sqlalchemy import column, select

        return self.stream(self.within(select(*(column(name) for name in columns))))

    def since(self, changed: str, values: Sequence[object]) -> RowStream:
        """The rows whose column is not below the least of some values, or empty."""
        from sqlalchemy import column, literal, literal_column, select

        asked, known = (
            self.within(select(literal_column("*"))),
            [v for v in values if v is not None],
        )
        try:
            least: Any = min(known)  # type: ignore[type-var]
        except (TypeError, ValueError):  # of several kinds, or none at all
            return self.stream(asked)
        newer = column(changed) >= literal(least)
        return self.stream(asked.where(newer | column(changed).is_(None)))

    def within(self, select: Any) -> Any:
        """A selection from the query."""
        from sqlalchemy import text

        return select.select_from(text(f"({self.escaped()}\n) tandem_rows"))

    def escaped(self) -> str:
        """The query as it is: a colon in it begins no parameter."""
        return self.statement.replace(":", r"\:")

    def stream(self, asked: Executable) -> RowStream:
        """Rows as they come, a batch at a time."""
        with self.executed(asked) as result:
            while batch := self.batch(result):
                yield from batch

    def batch(self, result: CursorResult[Any]) -> list[Row]:
        """The next rows; none at the end."""
        self.patience.renew()
        names = list(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result.fetchmany(BATCH)]

    def executed(self, asked: Executable) -> CursorResult[Any]:
        """What the database gives, to be closed."""
        self.patience.renew()
        streamed = {"stream_results": True, "max_row_buffer": BATCH}
        return self.connection.execute(asked, execution_options=streamed)
