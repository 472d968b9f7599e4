"""What a picture looks like, so that near duplicates stay in one split.

Revision ID: 0011
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("image", sa.Column("likeness", sa.BigInteger(), nullable=True))
