"""People's answers that somebody trusted endorsed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = (
    *("platform", "workspace", "channel", "thread", "message"),
    *("question", "asker", "answer", "author", "link"),
)


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "endorsed_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsed_answer")),
        sa.UniqueConstraint(
            *("platform", "workspace", "channel", "message"),
            name=op.f("uq_endorsed_answer_platform_workspace_channel_message"),
        ),
        sqlite_autoincrement=True,
    )
    for name in ("author", "asker"):
        op.create_index(f"ix_endorsed_answer_{name}", "endorsed_answer", ["platform", name])
    op.create_table(
        "endorser",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["endorsed_answer.id"],
            name=op.f("fk_endorser_answer_id_endorsed_answer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_id", "person", name=op.f("pk_endorser")),
    )


def downgrade() -> None:
    """Go one step down."""
    op.drop_table("endorser")
    op.drop_table("endorsed_answer")
