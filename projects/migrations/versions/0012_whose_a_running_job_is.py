"""Whose a running job is, until when that holds, and whether somebody wants it stopped.

Revision ID: 0012
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("job", sa.Column("owner", sa.Text(), server_default="", nullable=False))
    for name in ("held_until", "stop_asked"):
        op.add_column(
            "job", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
