"""Rows of a query, each a document; only rows that changed are read where a column tells that."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from knowledge.sources.sql.querying import Query, SqlSource
from knowledge.sources.sql.rows import Shape


def source(
    name: str,
    url: str,
    query: str,
    text: str,
    title: str = "",
    key: str = "$id",
    link: str = "",
    changed: str = "",
    format: Literal["markdown", "html", "text"] = "markdown",
    timeout_s: Annotated[float, Field(gt=0)] = 60.0,
    max_rows: Annotated[int, Field(ge=1)] = 1_000_000,
    max_bytes: Annotated[int, Field(ge=1)] = 10 * 2**20,
) -> SqlSource:
    """Read the rows that `query` selects at the SQLAlchemy URL `url`.

    `text`, `title`, `key` and `link` are templates: `$column` or `${column}` is a column of the
    row, `$$` a dollar. `changed` names a column that grows whenever a row changes: then only
    such rows are read; without it all are read, and a digest tells which changed. `timeout_s`
    is for the first rows and for each further batch; `max_bytes` is for a row's text.
    """
    shape = Shape(key, title, text, link, changed, format, max_bytes)
    return SqlSource(name, Query(url, query, timeout_s, max_rows), shape)
