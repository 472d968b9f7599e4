"""Invites, logins on their way, failed attempts, and who changed which rights.

Revision ID: 0007
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("member", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index(op.f("ix_member_subject"), "member", ["subject"], unique=True)
    op.create_table(
        "invite",
        _key("token_hash", sa.Text()),
        _text("name", ""),
        sa.Column("admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("project", sa.BigInteger(), nullable=True),
        _text("role", ""),
        _text("created_by"),
        _number("created_at"),
        _number("expires_at"),
        sa.ForeignKeyConstraint(["project"], ["project.id"], name=op.f("fk_invite_project")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invite")),
    )
    op.create_table(
        "pending_login",
        _key("state_hash", sa.Text()),
        _text("nonce"),
        _text("verifier"),
        _text("next"),
        _number("expires_at"),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_pending_login")),
    )
    op.create_table(
        "attempt",
        _key("key", sa.Text()),
        _number("failures"),
        _number("at"),
        _number("blocked_until"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt")),
    )
    op.create_table(
        "audit",
        _key("id", sa.BigInteger()),
        _number("at"),
        _text("actor"),
        _text("action"),
        _text("subject", ""),
        _text("detail", ""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )


def _key(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _text(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)
