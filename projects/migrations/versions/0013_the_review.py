"""Who finished an image and who accepted it, and the set that a comment belongs to.

Revision ID: 0013
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0015"
branch_labels = None
depends_on = None

# Whoever works blind spoke in their own set: nobody else below a reviewer is to read it.
_OWN_SET = """(
    SELECT name FROM annotation_set
    WHERE annotation_set.project = {table}.project AND annotation_set.owner = {table}.author
    ORDER BY annotation_set.created_at DESC, annotation_set.name DESC LIMIT 1
)"""
_FINISHED = """
    INSERT INTO review (project, image_id, done_by, nth, done_at)
    SELECT image.project, image.id, event.author,
        ROW_NUMBER() OVER (PARTITION BY image.project, event.author ORDER BY event.seq), event.at
    FROM image JOIN event ON event.project = image.project AND event.seq = image.state_seq
    WHERE image.state = 'done'
"""
_ACCEPTED = """
    INSERT INTO review (project, image_id, accepted_by, accepted_at)
    SELECT image.project, image.id, event.author, event.at
    FROM image JOIN event ON event.project = image.project AND event.seq = image.state_seq
    WHERE image.state = 'accepted'
"""


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "review",
        _number("project"),
        _number("image_id"),
        sa.Column("done_by", sa.Text(), server_default="", nullable=False),
        sa.Column("nth", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("seconded_by", sa.Text(), nullable=True),
        sa.Column("seconded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_review_project")),
        sa.PrimaryKeyConstraint("project", "image_id", name=op.f("pk_review")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_review_done"), "review", ["project", "done_by", "nth"])
    op.execute(_FINISHED)
    op.execute(_ACCEPTED)
    op.add_column(
        "comment", sa.Column("set_name", sa.Text(), server_default="truth", nullable=False)
    )
    for table, condition in (
        ("comment", ""),
        ("event", "target_type = 'comment' AND "),
        ("tombstone", "target_type = 'comment' AND "),
    ):
        own = _OWN_SET.format(table=table)
        op.execute(f"UPDATE {table} SET set_name = {own} WHERE {condition}{own} IS NOT NULL")


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
