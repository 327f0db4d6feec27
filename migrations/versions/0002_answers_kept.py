"""Answers that may be given again, and how long a question waited in the line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go one step up."""
    op.add_column("interaction", sa.Column("cached_from", sa.Integer(), nullable=True))
    op.add_column("interaction", sa.Column("cached_at", TIME, nullable=True))
    op.add_column("interaction", sa.Column("wait_ms", sa.Float(53), nullable=True))
    op.create_index("ix_interaction_cached_from", "interaction", ["cached_from"])
    op.create_table(
        "kept_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_kept_answer_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answer"),
    )
    op.create_index("ix_kept_answer_audience", "kept_answer", ["audience", "edition"])
    op.create_index("ix_kept_answer_interaction_id", "kept_answer", ["interaction_id"])


def downgrade() -> None:
    """Go one step down."""
    op.drop_index("ix_kept_answer_interaction_id", "kept_answer")
    op.drop_index("ix_kept_answer_audience", "kept_answer")
    op.drop_table("kept_answer")
    op.drop_index("ix_interaction_cached_from", "interaction")
    op.drop_column("interaction", "wait_ms")
    op.drop_column("interaction", "cached_at")
    op.drop_column("interaction", "cached_from")
