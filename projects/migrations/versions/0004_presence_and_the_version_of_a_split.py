"""Who is on which image, and a version of its own for the split of an image.

Revision ID: 0004
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "presence",
        sa.Column("project", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("set_name", sa.Text(), nullable=False),
        sa.Column("doing", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_presence_project")),
        sa.PrimaryKeyConstraint("project", "image_id", "client", name=op.f("pk_presence")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "image",
        sa.Column("split_version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    )
    # What waits in a browser named the version that the state and the split shared.
    op.execute("UPDATE image SET split_version = version")
