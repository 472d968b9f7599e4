"""The tables of a workspace.

Every key starts with the project: ids are per project, so a restored project keeps all of its own.
Times are microseconds since 1970 in UTC. Rows that are read image by image lie together
(``WITHOUT ROWID`` on SQLite). ``seq`` on a row is the number of the event that last wrote it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

HEAD = "0014"
"""The migration that these tables are the outcome of."""

NO_DAY = 2**62
"""When an image is due that nobody has named a day for: behind every day."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str, kind: type = BigInteger) -> Column:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _project_key() -> Column:
    return Column(
        "project", BigInteger, ForeignKey("project.id"), primary_key=True, autoincrement=False
    )


def _number(name: str, default: int | None = None) -> Column:
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=False, server_default=server_default)


def _text(name: str, default: str | None = None) -> Column:
    return Column(name, Text, nullable=False, server_default=default)


def _index_of_some(
    name: str, *columns: Column, where: ColumnElement[bool], unique: bool = False
) -> Index:
    """An index of the rows for which a condition holds.

    On PostgreSQL the migrations say the condition. Saying it here as well would load that dialect
    at every start on SQLite.
    """
    return Index(name, *columns, unique=unique, sqlite_where=where)


def _flag(name: str) -> Column:
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=false())


def _in_project(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["project", column], [f"{table}.project", f"{table}.id"])


project = Table(
    "project",
    metadata,
    _key("id"),
    _text("slug"),
    _text("name"),
    _text("settings", "{}"),
    _number("settings_version", 1),
    Column("settings_seq", BigInteger),
    _number("seq", 0),
    _number("next_label", 1),
    _number("next_image", 1),
    _number("next_annotation", 1),
    _number("created_at"),
    Column("archived_at", BigInteger),
    UniqueConstraint("slug"),
)

label = Table(
    "label",
    metadata,
    _project_key(),
    _key("id"),
    _text("uid"),
    _text("name"),
    _text("name_key"),
    _text("color"),
    _text("supercategory", ""),
    Column("keypoints", Text),
    _flag("deleted"),
    Column("merged_into", BigInteger),
    _number("version"),
    Column("seq", BigInteger),
    _number("created_at"),
    _number("updated_at"),
    Column("attributes", Text),
    Column("grouped", Text),
    UniqueConstraint("project", "uid"),
    sqlite_with_rowid=False,
)
_index_of_some(
    "uq_label_live_name",
    label.c.project,
    label.c.name_key,
    unique=True,
    where=label.c.deleted == false(),
)

image = Table(
    "image",
    metadata,
    _project_key(),
    _key("id"),
    _text("name"),
    _number("width"),
    _number("height"),
    _text("uri"),
    _text("sha256"),
    _text("format"),
    _text("dtype"),
    _number("channels"),
    _number("orientation"),
    _text("state"),
    _text("comment", ""),
    Column("split", Text),
    _number("n_annotations", 0),
    _number("version"),
    _number("split_version", 1),
    Column("likeness", BigInteger),
    Column("dealt", Text),
    _text("assignee", ""),
    _number("due_at", NO_DAY),
    _number("seq"),
    Column("state_seq", BigInteger),
    Column("split_seq", BigInteger),
    _number("created_at"),
    _number("updated_at"),
    UniqueConstraint("project", "name"),
    sqlite_with_rowid=False,
)
Index("ix_image_state", image.c.project, image.c.state, image.c.id)
Index("ix_image_sha256", image.c.project, image.c.sha256)
Index(
    "ix_image_queue",
    image.c.project,
    image.c.assignee,
    image.c.state,
    image.c.due_at,
    image.c.id,
)

annotation_set = Table(
    "annotation_set",
    metadata,
    _project_key(),
    _key("name", Text),
    _text("purpose", ""),
    Column("owner", Text),
    _number("created_at"),
    sqlite_with_rowid=False,
)

annotation = Table(
    "annotation",
    metadata,
    _key("project"),
    _key("image_id"),
    _key("id"),
    _text("uid"),
    _number("label"),
    _text("set_name"),
    _text("kind"),
    Column("x", Float(53)),
    Column("y", Float(53)),
    Column("width", Float(53)),
    Column("height", Float(53)),
    Column("area", Float(53), nullable=False),
    _flag("crowd"),
    Column("xy", LargeBinary),
    Column("rings", LargeBinary),
    Column("rle", Text),
    Column("attributes", Text),
    _text("source"),
    Column("score", Float(53)),
    _text("author"),
    _number("version"),
    _number("seq"),
    _flag("in_batch"),
    _number("created_at"),
    _number("updated_at"),
    _number("level", 0),
    UniqueConstraint("project", "uid"),
    _in_project("image_id", "image"),
    _in_project("label", "label"),
    ForeignKeyConstraint(
        ["project", "set_name"], ["annotation_set.project", "annotation_set.name"]
    ),
    sqlite_with_rowid=False,
)
Index(
    "ix_annotation_label",
    annotation.c.project,
    annotation.c.set_name,
    annotation.c.label,
    annotation.c.image_id,
)

scribble = Table(
    "scribble",
    metadata,
    _key("project"),
    _key("image_id"),
    _key("uid", Text),
    _text("set_name"),
    Column("strokes", LargeBinary, nullable=False),
    _text("author"),
    _number("version"),
    _number("seq"),
    _number("created_at"),
    _number("updated_at"),
    UniqueConstraint("project", "uid"),
    _in_project("image_id", "image"),
    sqlite_with_rowid=False,
)

comment = Table(
    "comment",
    metadata,
    _key("project"),
    _key("image_id"),
    _key("uid", Text),
    _text("set_name", "truth"),
    _text("body"),
    Column("annotation_uid", Text),
    Column("x", Float(53)),
    Column("y", Float(53)),
    _flag("resolved"),
    _text("author"),
    _number("version"),
    _number("seq"),
    _number("created_at"),
    _number("updated_at"),
    UniqueConstraint("project", "uid"),
    _in_project("image_id", "image"),
    sqlite_with_rowid=False,
)

tombstone = Table(
    "tombstone",
    metadata,
    _project_key(),
    _key("target_type", Text),
    _key("target_key", Text),
    Column("image_id", BigInteger),
    Column("object_id", BigInteger),
    _text("set_name", ""),
    _text("author"),
    _number("version"),
    _number("seq"),
    _number("created_at"),
    _number("removed_at"),
    sqlite_with_rowid=False,
)
Index("ix_tombstone_image", tombstone.c.project, tombstone.c.image_id, tombstone.c.seq)

payload = Table(
    "payload",
    metadata,
    _project_key(),
    _key("hash", LargeBinary),
    Column("data", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    _project_key(),
    _key("seq"),
    _number("at"),
    _text("author"),
    _text("client"),
    _text("tool"),
    _text("kind"),
    _text("target_type"),
    _text("target_key"),
    Column("image_id", BigInteger),
    _text("set_name", ""),
    Column("after_hash", LargeBinary),
    Column("before_hash", LargeBinary),
    Column("previous_seq", BigInteger),
    _text("op_id", ""),
    Column("group_id", Text),
    sqlite_with_rowid=False,
)
Index("ix_event_image", event.c.project, event.c.image_id, event.c.seq)
_index_of_some(
    "ix_event_group",
    event.c.project,
    event.c.group_id,
    where=event.c.group_id.is_not(None),
)

operation = Table(
    "operation",
    metadata,
    _project_key(),
    _key("op_id", Text),
    _text("target_type"),
    _text("target_key"),
    _text("outcome"),
    Column("seq", BigInteger),
    Column("version", BigInteger),
    Column("object_id", BigInteger),
    Column("current_hash", LargeBinary),
    _text("reason", ""),
    sqlite_with_rowid=False,
)

operation_group = Table(
    "operation_group",
    metadata,
    _project_key(),
    _key("group_id", Text),
    _text("outcome"),
    _number("size"),
    Column("first_seq", BigInteger),
    Column("last_seq", BigInteger),
    _text("author"),
    _number("at"),
    sqlite_with_rowid=False,
)

conflict = Table(
    "conflict",
    metadata,
    _project_key(),
    _key("op_id", Text),
    Column("group_id", Text),
    _number("at"),
    _text("author"),
    _text("client"),
    _text("kind"),
    _text("target_type"),
    _text("target_key"),
    Column("image_id", BigInteger),
    _text("set_name", ""),
    Column("payload_hash", LargeBinary, nullable=False),
    Column("base_version", Text),
    Column("current_version", BigInteger),
    Column("current_hash", LargeBinary),
    Column("resolved_at", BigInteger),
    Column("resolved_by", Text),
    sqlite_with_rowid=False,
)
_index_of_some(
    "ix_conflict_waiting",
    conflict.c.project,
    conflict.c.image_id,
    conflict.c.set_name,
    where=conflict.c.resolved_at.is_(None),
)

presence = Table(
    "presence",
    metadata,
    _project_key(),
    _key("image_id"),
    _key("client", Text),
    _text("author"),
    _text("set_name"),
    _text("doing", ""),
    _number("since"),
    _number("seen_at"),
    sqlite_with_rowid=False,
)

lease = Table(
    "lease",
    metadata,
    _project_key(),
    _key("image_id"),
    _text("user_name"),
    _number("taken_at"),
    _number("until"),
    sqlite_with_rowid=False,
)
Index("ix_lease_user", lease.c.project, lease.c.user_name)

assignment = Table(
    "assignment",
    metadata,
    _project_key(),
    _key("image_id"),
    _text("user_name"),
    Column("due_at", BigInteger),
    _text("assigned_by"),
    _number("created_at"),
    sqlite_with_rowid=False,
)
Index("ix_assignment_user", assignment.c.project, assignment.c.user_name, assignment.c.image_id)

review = Table(
    "review",
    metadata,
    _project_key(),
    _key("image_id"),
    _text("done_by", ""),
    _number("nth", 0),
    Column("done_at", BigInteger),
    Column("accepted_by", Text),
    Column("accepted_at", BigInteger),
    Column("seconded_by", Text),
    Column("seconded_at", BigInteger),
    sqlite_with_rowid=False,
)
Index("ix_review_done", review.c.project, review.c.done_by, review.c.nth)
rating_round = Table(
    "rating_round",
    metadata,
    _project_key(),
    _key("id"),
    _text("name"),
    _text("author"),
    _number("created_at"),
    Column("closed_at", BigInteger),
    sqlite_with_rowid=False,
)

rating = Table(
    "rating",
    metadata,
    _key("project"),
    _key("image_id"),
    _key("user_name", Text),
    _number("round"),
    _text("set_name"),
    _number("place"),
    _flag("gold"),
    _text("state"),
    _text("comment", ""),
    _number("version", 1),
    Column("seq", BigInteger),
    Column("done_at", BigInteger),
    _in_project("image_id", "image"),
    _in_project("round", "rating_round"),
    sqlite_with_rowid=False,
)
Index(
    "ix_rating_queue",
    rating.c.project,
    rating.c.user_name,
    rating.c.state,
    rating.c.place,
)

gold = Table(
    "gold",
    metadata,
    _key("project"),
    _key("image_id"),
    _text("author"),
    _number("created_at"),
    _in_project("image_id", "image"),
    sqlite_with_rowid=False,
)

stat = Table(
    "stat",
    metadata,
    _project_key(),
    _key("kind", Text),
    _key("set_name", Text),
    _key("key", Text),
    _number("n"),
    sqlite_with_rowid=False,
)

member = Table(
    "member",
    metadata,
    _key("id"),
    _text("name"),
    _text("email", ""),
    Column("password_hash", Text),
    _flag("admin"),
    Column("subject", Text),
    _number("created_at"),
    Column("disabled_at", BigInteger),
    UniqueConstraint("name"),
)
Index("ix_member_subject", member.c.subject, unique=True)

membership = Table(
    "membership",
    metadata,
    _project_key(),
    Column("member", BigInteger, ForeignKey("member.id"), primary_key=True, autoincrement=False),
    _text("role"),
    _number("created_at"),
)

session = Table(
    "session",
    metadata,
    _key("token_hash", Text),
    _text("user_name"),
    _number("created_at"),
    _number("expires_at"),
)

token = Table(
    "token",
    metadata,
    _key("token_hash", Text),
    _text("name"),
    Column("member", BigInteger, ForeignKey("member.id")),
    Column("project", BigInteger, ForeignKey("project.id")),
    _text("scope"),
    _number("created_at"),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

invite = Table(
    "invite",
    metadata,
    _key("token_hash", Text),
    _text("name", ""),
    _flag("admin"),
    Column("project", BigInteger, ForeignKey("project.id")),
    _text("role", ""),
    _text("created_by"),
    _number("created_at"),
    _number("expires_at"),
)

pending_login = Table(
    "pending_login",
    metadata,
    _key("state_hash", Text),
    _text("nonce"),
    _text("verifier"),
    _text("next"),
    _number("expires_at"),
)

attempt = Table(
    "attempt",
    metadata,
    _key("key", Text),
    _number("failures"),
    _number("at"),
    _number("blocked_until"),
)

audit = Table(
    "audit",
    metadata,
    _key("id"),
    _number("at"),
    _text("actor"),
    _text("action"),
    _text("subject", ""),
    _text("detail", ""),
)

job = Table(
    "job",
    metadata,
    _key("id"),
    Column("project", BigInteger, ForeignKey("project.id")),
    _text("kind"),
    _text("params"),
    _text("state"),
    _text("author"),
    _number("n_items", 0),
    _number("n_done", 0),
    _number("created_at"),
    _number("updated_at"),
    _text("title", ""),
    _text("error", ""),
    _number("n_failed", 0),
    Column("result", Text),
    _text("owner", ""),
    _number("held_until", 0),
    _number("stop_asked", 0),
)

job_item = Table(
    "job_item",
    metadata,
    Column("job", BigInteger, ForeignKey("job.id"), primary_key=True, autoincrement=False),
    _key("id"),
    _text("item"),
    _text("state"),
    _number("attempts", 0),
    _text("error", ""),
    Column("result", Text),
    sqlite_with_rowid=False,
)
Index("ix_job_item_state", job_item.c.job, job_item.c.state, job_item.c.id)

setting = Table("setting", metadata, _key("key", Text), _text("value"))
