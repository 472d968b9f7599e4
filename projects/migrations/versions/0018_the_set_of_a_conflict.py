"""The set that each conflict is about, so that those of an image are counted by an index alone.

Revision ID: 0018
Revises: 0017
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_HELD = """
    UPDATE conflict SET set_name = coalesce(
        (SELECT a.set_name FROM annotation a WHERE a.project = conflict.project
            AND a.uid = conflict.target_key AND conflict.target_type = 'annotation'),
        (SELECT s.set_name FROM scribble s WHERE s.project = conflict.project
            AND s.uid = conflict.target_key AND conflict.target_type = 'scribble'),
        (SELECT c.set_name FROM comment c WHERE c.project = conflict.project
            AND c.uid = conflict.target_key AND conflict.target_type = 'comment'),
        (SELECT t.set_name FROM tombstone t WHERE t.project = conflict.project
            AND t.target_type = conflict.target_type AND t.target_key = conflict.target_key),
        '')
    WHERE target_type IN ('annotation', 'scribble', 'comment')
"""
_NOWHERE = """
    SELECT c.project, c.op_id, p.data FROM conflict c
    JOIN payload p ON p.project = c.project AND p.hash = c.payload_hash
    WHERE c.target_type IN ('annotation', 'scribble', 'comment') AND c.set_name = ''
"""
_SAY = "UPDATE conflict SET set_name = :s WHERE project = :p AND op_id = :o"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("conflict", sa.Column("set_name", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    connection.execute(sa.text(_HELD))
    # An add whose group was refused with it is nowhere: it said itself where it belongs.
    said = [
        {"p": project, "o": op_id, "s": json.loads(data).get("set", "truth")}
        for project, op_id, data in connection.execute(sa.text(_NOWHERE))
    ]
    if said:
        connection.execute(sa.text(_SAY), said)
    op.drop_index(op.f("ix_conflict_image"), "conflict")
    op.create_index(
        op.f("ix_conflict_waiting"),
        "conflict",
        ["project", "image_id", "set_name"],
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
