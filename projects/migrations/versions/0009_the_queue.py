"""Which image is held for whom, and which were assigned.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "lease",
        _number("project"),
        _number("image_id"),
        sa.Column("user_name", sa.Text(), nullable=False),
        _number("taken_at"),
        _number("until"),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_lease_project")),
        sa.PrimaryKeyConstraint("project", "image_id", name=op.f("pk_lease")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lease_user"), "lease", ["project", "user_name"])
    op.create_table(
        "assignment",
        _number("project"),
        _number("image_id"),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        _number("created_at"),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_assignment_project")),
        sa.PrimaryKeyConstraint("project", "image_id", name=op.f("pk_assignment")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_assignment_user"), "assignment", ["project", "user_name", "image_id"])


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
