"""What was decided on examples that are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXTS = ("drawn", "review", "doubt", "decided_by")


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "example_decision",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("drawn", name=op.f("pk_example_decision")),
    )


def downgrade() -> None:
    """Go one step down."""
    op.drop_table("example_decision")
