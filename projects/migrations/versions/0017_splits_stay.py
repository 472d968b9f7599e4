"""The split that an export dealt an image to, so that later exports keep it there.

Revision ID: 0017
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("image", sa.Column("dealt", sa.Text(), nullable=True))
