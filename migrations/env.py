"""How Alembic reaches the database: the connection given by `bot.database`, or the settings'."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from bot.endorsed import tables as endorsed_tables
from bot.jobs import tables as job_tables
from bot.learning import tables, version_tables
from bot.stale import tables as stale_tables
from bot.tables import Table

# Imported, they stand among the first ones.
OTHERS = (tables, version_tables, job_tables, stale_tables, endorsed_tables)


def run(connection: Connection) -> None:
    """Run the steps in one transaction, on SQLite too."""
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_from_settings() -> None:
    """Run the steps for `alembic` on the command line."""
    from bot.database import connect
    from bot.settings import load_settings

    url = load_settings().database_url().get_secret_value()
    engine = connect(url, foreign_keys=False).execution_options(writes=True)
    with engine.begin() as connection:
        run(connection)


if given := context.config.attributes.get("connection"):
    run(given)
else:
    run_from_settings()
