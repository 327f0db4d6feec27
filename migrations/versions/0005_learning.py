"""What is learned from, trainings and versions; which version wrote an answer; changed verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
CHANNEL = ["platform", "workspace", "channel"]
TOLD_SO_FAR = """
INSERT INTO feedback_change
    (interaction_id, author, kind, verdict, reason, correction, details, changed_at)
SELECT interaction_id, author, 'given', verdict, reason, correction, details, given_at
FROM feedback ORDER BY given_at, id
"""


def texts(*names: str) -> list[sa.Column[str]]:
    """Columns of text, as a migration needs them anew for each table."""
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def flags(*names: str) -> list[sa.Column[bool]]:
    """Columns of yes and no."""
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def times(*names: str) -> list[sa.Column[object]]:
    """Columns of times."""
    return [sa.Column(name, TIME, nullable=False) for name in names]


def jsons(*names: str) -> list[sa.Column[object]]:
    """Columns of JSON."""
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def counts(*names: str) -> list[sa.Column[int]]:
    """Columns of whole numbers."""
    return [sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in names]


def numbers(*names: str) -> list[sa.Column[float]]:
    """Columns of numbers."""
    return [sa.Column(name, sa.Float(53), nullable=False) for name in names]


def key() -> sa.Column[int]:
    """The column of a growing id."""
    return sa.Column("id", sa.Integer(), nullable=False)


def of(table: str, column: str, target: str, cascade: bool = True) -> sa.ForeignKeyConstraint:
    """What `column` of `table` refers to."""
    name = f"fk_{table}_{column}_{target}"
    gone = "CASCADE" if cascade else None
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=gone)


def upgrade() -> None:
    """Go one step up; what verdicts there are begins their history."""
    version = sa.Column("version", sa.Text(), nullable=False, server_default="")
    op.add_column("interaction", version)
    make_examples()
    make_judgements()
    make_changes()
    make_snapshots()
    make_trainings()
    make_standing()
    op.execute(TOLD_SO_FAR)


def make_examples() -> None:
    op.create_table(
        "example",
        key(),
        *texts("drawn", "digest", "text_group"),
        *flags("held_out"),
        *texts("what", "task", "text", "chosen", "rejected", "wish"),
        *jsons("passages"),
        *numbers("weight"),
        *texts("origin", "review", "doubt", "came_from"),
        *times("kept_at", "changed_at"),
        *texts("decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_example"),
        sa.UniqueConstraint("drawn", name="uq_example_drawn"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_example_what", "example", ["what", "review"])
    op.create_table(
        "example_interaction",
        *counts("example_id", "interaction_id"),
        of("example_interaction", "example_id", "example"),
        of("example_interaction", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("example_id", "interaction_id", name="pk_example_interaction"),
    )
    index("example_interaction", "interaction_id")
    op.create_table(
        "example_person",
        *counts("example_id", "interaction_id"),
        *texts("person"),
        of("example_person", "example_id", "example"),
        sa.PrimaryKeyConstraint("example_id", "interaction_id", "person", name="pk_example_person"),
    )
    index("example_person", "person")


def index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])


def make_judgements() -> None:
    op.create_table(
        "judged_passage",
        key(),
        *counts("interaction_id"),
        *texts("question", "source", "key"),
        *counts("ordinal"),
        *texts("chunk", "text"),
        *numbers("value"),
        *times("judged_at"),
        *texts("platform", "workspace"),
        *jsons("voters"),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        *texts("embedder"),
        of("judged_passage", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("id", name="pk_judged_passage"),
        sqlite_autoincrement=True,
    )
    index("judged_passage", "interaction_id")
    op.create_table(
        "curated_answer",
        key(),
        *counts("interaction_id"),
        *texts("question", "answer"),
        *jsons("sources"),
        *texts("trace", "author"),
        *times("written_at"),
        *texts("review"),
        *flags("decided"),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        *texts("platform", "workspace"),
        of("curated_answer", "interaction_id", "interaction"),
        sa.PrimaryKeyConstraint("id", name="pk_curated_answer"),
        sa.UniqueConstraint("interaction_id", name="uq_curated_answer_interaction_id"),
    )
    op.create_index("ix_curated_answer_workspace", "curated_answer", ["platform", "workspace"])


def make_changes() -> None:
    op.create_table(
        "feedback_change",
        key(),
        *counts("interaction_id"),
        *texts("author", "kind", "verdict", "reason", "correction"),
        *jsons("details"),
        *times("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback_change"),
        sqlite_autoincrement=True,
    )
    index("feedback_change", "interaction_id")
    index("feedback_change", "author")
    op.create_table(
        "learning_mark",
        *texts("name"),
        *counts("value"),
        sa.PrimaryKeyConstraint("name", name="pk_learning_mark"),
    )
    op.create_table(
        "learning_channel",
        *texts(*CHANNEL),
        *flags("off"),
        sa.PrimaryKeyConstraint(*CHANNEL, name="pk_learning_channel"),
    )


def make_snapshots() -> None:
    op.create_table(
        "dataset_snapshot",
        key(),
        *texts("what"),
        *jsons("tasks"),
        *texts("digest"),
        *times("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_snapshot"),
        sqlite_autoincrement=True,
    )
    index("dataset_snapshot", "digest")
    op.create_table(
        "snapshot_example",
        *counts("snapshot_id", "example_id"),
        sa.Column("body", sa.JSON(), nullable=True),
        of("snapshot_example", "snapshot_id", "dataset_snapshot"),
        sa.PrimaryKeyConstraint("snapshot_id", "example_id", name="pk_snapshot_example"),
    )
    op.create_table(
        "snapshot_origin",
        *counts("snapshot_id", "example_id", "interaction_id"),
        *texts("person"),
        of("snapshot_origin", "snapshot_id", "dataset_snapshot"),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "example_id", "interaction_id", "person", name="pk_snapshot_origin"
        ),
    )
    index("snapshot_origin", "interaction_id")
    index("snapshot_origin", "person")


def make_trainings() -> None:
    op.create_table(
        "training_run",
        key(),
        *texts("what"),
        *jsons("tasks"),
        *counts("snapshot_id"),
        *jsons("recipe"),
        *texts("state"),
        *times("begun_at"),
        sa.Column("ended_at", TIME, nullable=True),
        *texts("folder", "error"),
        *jsons("figures"),
        *texts("worker"),
        of("training_run", "snapshot_id", "dataset_snapshot", cascade=False),
        sa.PrimaryKeyConstraint("id", name="pk_training_run"),
        sqlite_autoincrement=True,
    )
    index("training_run", "state")
    op.create_table(
        "model_version",
        key(),
        *texts("name", "what"),
        *jsons("tasks"),
        *texts("base"),
        sa.Column("run_id", sa.Integer(), nullable=True),
        *texts("state"),
        *times("made_at", "changed_at"),
        *texts("why", "retrain"),
        *numbers("canary"),
        of("model_version", "run_id", "training_run", cascade=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_version"),
        sa.UniqueConstraint("name", name="uq_model_version_name"),
        sqlite_autoincrement=True,
    )


def make_standing() -> None:
    op.create_table(
        "live_version",
        *texts("what", "version", "previous"),
        *times("changed_at"),
        *counts("marker"),
        sa.Column("promotion_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("what", name="pk_live_version"),
    )
    op.create_table(
        "promotion",
        key(),
        *texts("what", "version", "previous"),
        *times("at"),
        *texts("by", "why"),
        *flags("forced", "back"),
        sa.Column("upon_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_promotion"),
        sqlite_autoincrement=True,
    )
    index("promotion", "what")
    op.create_table(
        "evaluation",
        key(),
        *texts("version", "against"),
        *jsons("scores"),
        *flags("passed"),
        *jsons("reasons"),
        *times("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation"),
    )
    index("evaluation", "version")


TABLES = (  # those that refer to others first
    *("evaluation", "promotion", "live_version", "model_version", "training_run"),
    *("snapshot_origin", "snapshot_example", "dataset_snapshot"),
    *("learning_channel", "learning_mark", "feedback_change"),
    *("curated_answer", "judged_passage"),
    *("example_person", "example_interaction", "example"),
)


def downgrade() -> None:
    """Go one step down."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("interaction", "version")
