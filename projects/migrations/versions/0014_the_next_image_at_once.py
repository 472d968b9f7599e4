"""Whose an image is stands with the image; images that several people label blind, and gold ones.

Revision ID: 0014
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

NO_DAY = 2**62


def upgrade() -> None:
    """Apply the step."""
    _assignees()
    _rounds()


def _assignees() -> None:
    """The assignee of each image, copied from the assignments."""
    op.add_column("image", _text("assignee", ""))
    op.add_column("image", _number("due_at", NO_DAY))
    op.execute(
        "UPDATE image SET assignee = a.user_name, due_at = coalesce(a.due_at, 4611686018427387904)"
        " FROM assignment AS a WHERE a.project = image.project AND a.image_id = image.id"
    )
    columns = ["project", "assignee", "state", "due_at", "id"]
    op.create_index("ix_image_queue", "image", columns)


def _rounds() -> None:
    """Rounds in which several people label the same images, each person's part, gold images."""
    op.create_table(
        "rating_round",
        _number("project"),
        _number("id"),
        _text("name"),
        _text("author"),
        _number("created_at"),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name="fk_rating_round_project"),
        sa.PrimaryKeyConstraint("project", "id", name="pk_rating_round"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rating",
        _number("project"),
        _number("image_id"),
        _text("user_name"),
        _number("round"),
        _text("set_name"),
        _number("place"),
        sa.Column("gold", sa.Boolean(), server_default=sa.false(), nullable=False),
        _text("state"),
        _text("comment", ""),
        _number("version", 1),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        _of_image("rating"),
        sa.ForeignKeyConstraint(
            ["project", "round"],
            ["rating_round.project", "rating_round.id"],
            name="fk_rating_project_round",
        ),
        sa.PrimaryKeyConstraint("project", "image_id", "user_name", name="pk_rating"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_rating_queue", "rating", ["project", "user_name", "state", "place"])
    op.create_table(
        "gold",
        _number("project"),
        _number("image_id"),
        _text("author"),
        _number("created_at"),
        _of_image("gold"),
        sa.PrimaryKeyConstraint("project", "image_id", name="pk_gold"),
        sqlite_with_rowid=False,
    )


def _of_image(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project", "image_id"],
        ["image.project", "image.id"],
        name=f"fk_{table}_project_image_id",
    )


def _text(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str, default: int | None = None) -> sa.Column:
    server_default = None if default is None else sa.text(str(default))
    return sa.Column(name, sa.BigInteger(), server_default=server_default, nullable=False)
