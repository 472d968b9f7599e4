"""What a job is called, how many of its items failed, and what came out of it.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    for name in ("title", "error"):
        op.add_column("job", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "job", sa.Column("n_failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("job", sa.Column("result", sa.Text()))
