"""How sure an answer was, beside how sure its route was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step up; of answers before it is not known."""
    op.add_column("interaction", sa.Column("answer_confidence", sa.Float(53), nullable=True))


def downgrade() -> None:
    """Go one step down."""
    op.drop_column("interaction", "answer_confidence")
