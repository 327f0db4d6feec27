"""Interactions know which person's correction they gave again; why such a one is doubted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step up."""
    op.add_column("interaction", sa.Column("curated_from", sa.Integer(), nullable=True))
    doubt = sa.Column("doubt", sa.Text(), nullable=False, server_default="")
    op.add_column("curated_answer", doubt)


def downgrade() -> None:
    """Go one step down."""
    op.drop_column("curated_answer", "doubt")
    op.drop_column("interaction", "curated_from")
