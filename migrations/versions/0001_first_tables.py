"""First tables: interactions with citations, passages and verdicts; sync passes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.Float(53)


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "interaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("forced_mode", sa.Text(), nullable=False),
        sa.Column("forced_task", sa.Text(), nullable=True),
        sa.Column("spaces", sa.JSON(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("route_reason", sa.Text(), nullable=False),
        sa.Column("confidence", NUMBER, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("route_ms", NUMBER, nullable=True),
        sa.Column("search_ms", NUMBER, nullable=True),
        sa.Column("first_piece_ms", NUMBER, nullable=True),
        sa.Column("total_ms", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_interaction"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_interaction_asked_at", "interaction", ["asked_at"])
    op.create_index("ix_interaction_code", "interaction", ["code"])
    op.create_index(
        "ix_interaction_place", "interaction", ["platform", "workspace", "channel", "thread"]
    )

    op.create_table(
        "sync",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync"),
    )
    op.create_index("ix_sync_source", "sync", ["source", "started_at"])

    op.create_table(
        "citation",
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_citation_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interaction_id", "rank", name="pk_citation"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_feedback_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("interaction_id", "author", name="uq_feedback_interaction_id_author"),
    )
    op.create_table(
        "passage",
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("score", NUMBER, nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_passage_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interaction_id", "rank", name="pk_passage"),
    )
    op.create_index("ix_passage_document", "passage", ["source", "key"])


def downgrade() -> None:
    """Go one step down."""
    op.drop_index("ix_passage_document", "passage")

    op.drop_table("passage")
    op.drop_table("feedback")
    op.drop_table("citation")
    op.drop_index("ix_sync_source", "sync")

    op.drop_table("sync")
    op.drop_index("ix_interaction_place", "interaction")
    op.drop_index("ix_interaction_code", "interaction")
    op.drop_index("ix_interaction_asked_at", "interaction")

    op.drop_table("interaction")
