"""What one transaction has promised so far: numbers given, events, results, counters.

The ledger of a project hands out its event and object numbers from memory and writes them, the
events and the counters in a few statements just before COMMIT. ``mark`` and ``rewind`` take back
the promises of a group that failed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import TRUTH, Operation, OperationKind, Outcome, Result, Target
from datasetbuilder.model import TargetType as Type
from datasetbuilder.projects import database
from datasetbuilder.projects.clock import now
from datasetbuilder.projects.kept import Held, Stamp
from datasetbuilder.projects.schema import (
    annotation_set,
    conflict,
    event,
    image,
    label,
    operation,
    operation_group,
    payload,
    project,
    stat,
)

_NUMBERS = ("seq", "next_label", "next_image", "next_annotation")
_ROWS = ("events", "operations", "conflicts", "groups")


def encoded(value: object) -> bytes:
    """A wire form as the bytes that the store keeps."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


@dataclass(frozen=True, slots=True)
class Answer:
    """A result as it is stored: the target it spoke of, and its ``current`` by hash."""

    target: Target
    result: Result
    current_hash: bytes | None


class Transaction:
    """The open transaction of the writer, with one ledger per project that it touches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.at = now()
        self._ledgers: dict[int, Ledger] = {}

    def ledger(self, project_id: int) -> "Ledger":
        """The ledger of a project; UnknownName if there is no such project."""
        if project_id not in self._ledgers:
            self._ledgers[project_id] = Ledger(
                self.connection, project_id, self.at, for_writing=True
            )
        return self._ledgers[project_id]

    def flush(self) -> None:
        """Write what the ledgers hold; the last thing before COMMIT."""
        for ledger in self._ledgers.values():
            ledger.flush()


_PROJECT = select(*(project.c[name] for name in _NUMBERS)).where(project.c.id == bindparam("p"))
# The row stays locked until COMMIT, so that one transaction at a time writes in a project. SQLite
# has no such lock and needs none: its writer holds the whole database.
_OWN_PROJECT = _PROJECT.with_for_update(key_share=True)
_IMAGE = select(image.c.state, image.c.width, image.c.height).where(
    image.c.project == bindparam("p"), image.c.id == bindparam("i")
)
_LABEL = select(
    label.c.id, label.c.name, label.c.deleted, label.c.merged_into, label.c.keypoints
).where(label.c.project == bindparam("p"), label.c.id == bindparam("i"))
_SET = select(annotation_set.c.name).where(
    annotation_set.c.project == bindparam("p"), annotation_set.c.name == bindparam("n")
)
_ANSWERS = select(operation).where(
    operation.c.project == bindparam("p"),
    operation.c.op_id.in_(bindparam("ids", expanding=True)),
)
_GROUP = select(operation_group.c.group_id).where(
    operation_group.c.project == bindparam("p"), operation_group.c.group_id == bindparam("g")
)
_IN_CONFLICT = select(conflict.c.op_id).where(
    conflict.c.project == bindparam("p"), conflict.c.op_id == bindparam("o")
)
_PAYLOAD = select(payload.c.data).where(
    payload.c.project == bindparam("p"), payload.c.hash == bindparam("h")
)
_SAVE_PROJECT = (
    update(project)
    .where(project.c.id == bindparam("p"))
    .values({name: bindparam(f"new_{name}") for name in _NUMBERS})
)
_SAVE_IMAGE = (
    update(image)
    .where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
    .values(n_annotations=image.c.n_annotations + bindparam("n"))
)


class Ledger:
    """The open promises of one project in one transaction."""

    def __init__(
        self, connection: Connection, project_id: int, at: int, *, for_writing: bool = False
    ) -> None:
        question = _OWN_PROJECT if for_writing else _PROJECT
        row = connection.execute(question, {"p": project_id}).first()
        if row is None:
            raise UnknownName(f"there is no project with the id {project_id}")
        self.connection = connection
        self.project_id = project_id
        self.at = at
        self.seq, self.next_label, self.next_image, self.next_annotation = tuple(row)
        self._numbers = tuple(row)
        self.events: list[dict[str, Any]] = []
        self.operations: list[dict[str, Any]] = []
        self.conflicts: list[dict[str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self._payloads: dict[bytes, bytes] = {}
        self._stats: Counter[tuple[str, str, str]] = Counter()
        self._image_counts: Counter[int] = Counter()
        self._answers: dict[str, Answer | None] = {}
        self._images: dict[int, Row[*tuple[Any, ...]] | None] = {}
        self._labels: dict[int, Row[*tuple[Any, ...]] | None] = {}
        self._sets = {TRUTH}

    # --- what there is ------------------------------------------------------------------------

    def image(self, image_id: int) -> Row[*tuple[Any, ...]] | None:
        """State, width and height of an image as the transaction began, or None."""
        if image_id not in self._images:
            keys = {"p": self.project_id, "i": image_id}
            self._images[image_id] = self.connection.execute(_IMAGE, keys).first()
        return self._images[image_id]

    def forget_image(self, image_id: int) -> None:
        """Read the image afresh the next time, after its row was written."""
        self._images.pop(image_id, None)

    def label(self, label_id: int) -> Row[*tuple[Any, ...]] | None:
        """Name and fate of a label, or None."""
        if label_id not in self._labels:
            keys = {"p": self.project_id, "i": label_id}
            self._labels[label_id] = self.connection.execute(_LABEL, keys).first()
        return self._labels[label_id]

    def forget_labels(self) -> None:
        """Read the labels afresh the next time, after one was written."""
        self._labels.clear()

    def know_set(self, name: str) -> None:
        """Make sure that a set of annotations is registered."""
        if name in self._sets:
            return
        keys = {"p": self.project_id, "n": name}
        if self.connection.execute(_SET, keys).first() is None:
            row = {"project": self.project_id, "name": name, "created_at": self.at}
            self.connection.execute(insert(annotation_set), row)
        self._sets.add(name)

    # --- operations and their answers ---------------------------------------------------------

    def recall(self, op_ids: Iterable[str]) -> None:
        """Read the stored answers to these operations in one go."""
        unknown = [op_id for op_id in op_ids if op_id not in self._answers]
        if not unknown:
            return
        self._answers.update(dict.fromkeys(unknown))
        rows = self.connection.execute(_ANSWERS, {"p": self.project_id, "ids": unknown})
        for row in rows.all():
            self._answers[row.op_id] = self._answer(row)

    def answer(self, op_id: str) -> Answer | None:
        """What was answered to an operation, in this transaction or ever before."""
        if op_id not in self._answers:
            self.recall([op_id])
        return self._answers[op_id]

    def _answer(self, row: Row[Any]) -> Answer:
        current = None if row.current_hash is None else self.payload(row.current_hash)
        result = Result(
            op_id=row.op_id,
            outcome=Outcome(row.outcome),
            seq=row.seq,
            version=row.version,
            id=row.object_id,
            current=current,
            reason=row.reason,
        )
        return Answer(Target(Type(row.target_type), row.target_key), result, row.current_hash)

    def keep_answer(self, target: Target, result: Result) -> Result:
        """Store the answer to an operation, to be given again whenever it is asked."""
        current_hash = None if result.current is None else self.keep(result.current)
        self._answers[result.op_id] = Answer(target, result, current_hash)
        self.operations.append(
            {
                "project": self.project_id,
                "op_id": result.op_id,
                "target_type": target.type.value,
                "target_key": target.key,
                "outcome": result.outcome.value,
                "seq": result.seq,
                "version": result.version,
                "object_id": result.id,
                "current_hash": current_hash,
                "reason": result.reason,
            }
        )
        return result

    def keep_conflict(self, op: Operation, stamp: Stamp, result: Result, set_name: str) -> None:
        """Keep what a refused operation wanted to say, about something in a set ("" for none)."""
        self.conflicts.append(
            {
                "project": self.project_id,
                "op_id": op.op_id,
                "group_id": op.group_id,
                "at": stamp.at,
                "author": stamp.author,
                "client": stamp.client,
                "kind": op.kind.value,
                "target_type": op.target.type.value,
                "target_key": op.target.key,
                "image_id": op.target.image_id,
                "set_name": set_name,
                "payload_hash": self.keep(dict(op.payload)),
                "base_version": None if op.base_version is None else str(op.base_version),
                "current_version": result.version,
                "current_hash": None if result.current is None else self.keep(result.current),
            }
        )

    def in_conflict(self, op_id: str) -> bool:
        """Whether the operation was kept as a conflict, itself or with its group."""
        if any(row["op_id"] == op_id for row in self.conflicts):
            return True
        keys = {"p": self.project_id, "o": op_id}
        return self.connection.execute(_IN_CONFLICT, keys).first() is not None

    def group_is_closed(self, group_id: str) -> bool:
        """Whether a group was answered before."""
        if any(row["group_id"] == group_id for row in self.groups):
            return True
        keys = {"p": self.project_id, "g": group_id}
        return self.connection.execute(_GROUP, keys).first() is not None

    def close_group(self, group_id: str, results: list[Result], stamp: Stamp) -> None:
        """Remember how a group ended."""
        seqs = [result.seq for result in results if result.seq is not None]
        accepted = all(result.outcome is Outcome.ACCEPTED for result in results)
        self.groups.append(
            {
                "project": self.project_id,
                "group_id": group_id,
                "outcome": (Outcome.ACCEPTED if accepted else Outcome.REFUSED).value,
                "size": len(results),
                "first_seq": min(seqs, default=None),
                "last_seq": max(seqs, default=None),
                "author": stamp.author,
                "at": stamp.at,
            }
        )

    # --- writing ------------------------------------------------------------------------------

    def payload(self, key: bytes) -> Mapping[str, Any]:
        """A blob by its hash."""
        data = self._payloads.get(key)
        if data is None:
            keys = {"p": self.project_id, "h": key}
            data = self.connection.execute(_PAYLOAD, keys).scalar_one()
        return orjson.loads(data)

    def keep(self, value: Mapping[str, Any]) -> bytes:
        """Store a blob once, whatever asks for it, and return its hash."""
        data = encoded(value)
        key = blake2b(data, digest_size=20).digest()
        self._payloads.setdefault(key, data)
        return key

    def write_event(
        self, stamp: Stamp, kind: OperationKind, target: Target, before: Held | None, after: Held
    ) -> None:
        """Add a line to the log under the stamp's number, the next one of the project.

        What was there before is looked up in the event before, unless that one is of a batch.
        """
        lost = before.current if before is not None and before.in_batch else None
        assert stamp.seq == self.seq + 1
        self.seq = stamp.seq
        self.events.append(
            {
                "project": self.project_id,
                "seq": stamp.seq,
                "at": stamp.at,
                "author": stamp.author,
                "client": stamp.client,
                "tool": stamp.tool,
                "kind": kind.value,
                "target_type": target.type.value,
                "target_key": target.key,
                "image_id": target.image_id,
                "set_name": after.set_name,
                "after_hash": None if after.current is None else self.keep(after.current),
                "before_hash": None if lost is None else self.keep(lost),
                "previous_seq": None if before is None else before.seq,
                "op_id": stamp.op_id,
                "group_id": stamp.group_id,
            }
        )

    def count(self, kind: str, key: str = "", *, n: int, set_name: str = "") -> None:
        """Move a counter."""
        self._stats[kind, set_name, key] += n

    def count_annotations(self, image_id: int, label_id: int, set_name: str, n: int) -> None:
        """Move every counter that an annotation stands in."""
        self.count("annotations", n=n, set_name=set_name)
        self.count("label", str(label_id), n=n, set_name=set_name)
        if set_name == TRUTH:
            self._image_counts[image_id] += n

    def uncounted_annotations(self, image_id: int) -> int:
        """How many annotations the image has won in this transaction, not yet in its row."""
        return self._image_counts[image_id]

    def mark(self) -> dict[str, Any]:
        """Where the ledger stands, to come back to."""
        return {
            "numbers": {name: getattr(self, name) for name in _NUMBERS},
            "rows": {name: len(getattr(self, name)) for name in _ROWS},
            "payloads": len(self._payloads),
            "stats": self._stats.copy(),
            "image_counts": self._image_counts.copy(),
            "answers": dict(self._answers),
            "sets": set(self._sets),
        }

    def rewind(self, mark: Mapping[str, Any]) -> None:
        """Take back everything promised since the mark."""
        for name, number in mark["numbers"].items():
            setattr(self, name, number)
        for name, length in mark["rows"].items():
            del getattr(self, name)[length:]
        for key in list(self._payloads)[mark["payloads"] :]:
            del self._payloads[key]
        self._stats, self._image_counts = mark["stats"], mark["image_counts"]
        self._answers, self._sets = mark["answers"], mark["sets"]
        self._images.clear()
        self._labels.clear()

    def flush(self) -> None:
        """Write payloads, events, answers, counters and numbers."""
        self._insert_payloads()
        for table, rows in (
            (event, self.events),
            (operation, self.operations),
            (operation_group, self.groups),
            (conflict, self.conflicts),
        ):
            if rows:
                self.connection.execute(insert(table), rows)
        self._save_counters()
        numbers = {f"new_{name}": getattr(self, name) for name in _NUMBERS}
        if tuple(numbers.values()) != self._numbers:
            self.connection.execute(_SAVE_PROJECT, {"p": self.project_id, **numbers})

    def _insert_payloads(self) -> None:
        rows = [
            {"project": self.project_id, "hash": key, "data": data}
            for key, data in self._payloads.items()
        ]
        if rows:
            self.connection.execute(database.insert_once(self.connection, payload), rows)

    def _save_counters(self) -> None:
        stats = [
            {"project": self.project_id, "kind": kind, "set_name": set_name, "key": key, "n": n}
            for (kind, set_name, key), n in self._stats.items()
            if n
        ]
        if stats:
            self.connection.execute(database.insert_adding(self.connection, stat, "n"), stats)
        images = [
            {"p": self.project_id, "i": image_id, "n": n}
            for image_id, n in self._image_counts.items()
            if n
        ]
        if images:
            self.connection.execute(_SAVE_IMAGE, images)
