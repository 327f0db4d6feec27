"""The inbox with its events, replies and answers; what was chosen for threads and by people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
MESSAGE = ["platform", "workspace", "channel", "message"]
THREAD = ["platform", "workspace", "channel", "thread"]


def texts(*names: str) -> list[sa.Column[str]]:
    """Columns of text, as a migration needs them anew for each table."""
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def flags(*names: str) -> list[sa.Column[bool]]:
    """Columns of yes and no."""
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def upgrade() -> None:
    """Go one step up."""
    make_inbox()
    make_events()
    make_replies()
    make_answers()
    op.create_table(
        "thread",
        *texts(*THREAD, "mode"),
        sa.Column("task", sa.Text(), nullable=True),
        *texts("muted_by"),
        sa.PrimaryKeyConstraint(*THREAD, name="pk_thread"),
    )
    op.create_table(
        "person",
        *texts("platform", "workspace", "person"),
        *flags("may_learn"),
        sa.PrimaryKeyConstraint("platform", "workspace", "person", name="pk_person"),
    )


def make_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        *texts("platform", "workspace", "channel", "thread", "message", "event", "author", "team"),
        sa.Column("text", sa.Text(), nullable=True),
        *texts("digest"),
        sa.Column("written_at", TIME, nullable=False),
        *texts("door"),
        *flags("addressed"),
        sa.Column("others", sa.JSON(), nullable=False),
        *flags("by_bot", "outsider", "private"),
        *texts("mode"),
        sa.Column("task", sa.Text(), nullable=True),
        *texts("back", "about"),
        sa.Column("heard_at", TIME, nullable=False),
        sa.Column("accepted_at", TIME, nullable=True),
        *texts("state", "reason"),
        *flags("quiet"),
        *texts("notice"),
        *flags("limited", "gone", "stopped"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        *texts("worker", "token"),
        *flags("begun"),
        *texts("code", "error"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint(*MESSAGE, name="uq_inbox_platform_workspace_channel_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_due", "inbox", ["platform", "due_at", "id"])
    op.create_index("ix_inbox_thread", "inbox", [*THREAD, "due_at"])
    op.create_index("ix_inbox_author", "inbox", ["platform", "workspace", "author", "accepted_at"])
    by_channel = ["platform", "workspace", "channel", "accepted_at"]
    op.create_index("ix_inbox_channel", "inbox", by_channel)
    op.create_index("ix_inbox_state", "inbox", ["state", "heard_at"])


def make_events() -> None:
    op.create_table(
        "inbox_event",
        *texts("platform", "workspace", "event"),
        sa.Column("heard_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "event", name="pk_inbox_event"),
    )
    op.create_index("ix_inbox_event_heard_at", "inbox_event", ["heard_at"])


def make_replies() -> None:
    op.create_table(
        "inbox_reply",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        *texts(*MESSAGE),
        *flags("streaming"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox.id"], name="fk_inbox_reply_item_id_inbox", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "part", name="pk_inbox_reply"),
        sa.UniqueConstraint(*MESSAGE, name="uq_inbox_reply_platform_workspace_channel_message"),
    )


def make_answers() -> None:
    op.create_table(
        "inbox_answer",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inbox.id"], name="fk_inbox_answer_item_id_inbox", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name="fk_inbox_answer_interaction_id_interaction",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", "revision", name="pk_inbox_answer"),
    )
    op.create_index("ix_inbox_answer_interaction_id", "inbox_answer", ["interaction_id"])


def downgrade() -> None:
    """Go one step down."""
    for table in ("person", "thread", "inbox_answer", "inbox_reply", "inbox_event", "inbox"):
        op.drop_table(table)
