"""Curated answers keep whose vector their question has, and what they rest on since a review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step up."""
    op.add_column("curated_answer", empty("embedder", sa.Text(), ""))
    op.add_column("curated_answer", empty("rests_on", sa.JSON(), "[]"))


def empty(name: str, kind: sa.types.TypeEngine[str], nothing: str) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, server_default=nothing)


def downgrade() -> None:
    """Go one step down."""
    op.drop_column("curated_answer", "rests_on")
    op.drop_column("curated_answer", "embedder")
