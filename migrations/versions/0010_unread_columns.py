"""Columns go that nobody reads: they follow from others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNREAD = (("example", "digest"), ("example", "text_group"), ("live_version", "previous"))


def upgrade() -> None:
    """Go one step up."""
    for table, column in UNREAD:
        op.drop_column(table, column)


def downgrade() -> None:
    """Go one step down."""
    for table, column in UNREAD:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=""))
