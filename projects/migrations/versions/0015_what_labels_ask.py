"""What labels ask of their objects, groups of whole-image labels, and what lies in front of what.

Revision ID: 0015
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("label", sa.Column("attributes", sa.Text(), nullable=True))
    op.add_column("label", sa.Column("grouped", sa.Text(), nullable=True))
    op.add_column(
        "annotation", sa.Column("level", sa.BigInteger(), nullable=False, server_default="0")
    )
