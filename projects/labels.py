"""Labels as rows, and the keeper that adds, renames, recolours and merges them."""

from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, func, insert, select, update

from datasetbuilder.model import Label, OperationKind, Target
from datasetbuilder.projects import skeletons
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.palette import color_of
from datasetbuilder.projects.schema import annotation, annotation_set, label
from datasetbuilder.wire import (
    attribute_to_wire,
    attributes_from_wire,
    group_from_wire,
    group_to_wire,
    label_fields_from_wire,
    label_to_wire,
)

SELECT = select(label)
_HELD = SELECT.where(label.c.project == bindparam("p"), label.c.uid == bindparam("u"))
_NAMED = select(label.c.id).where(
    label.c.project == bindparam("p"),
    label.c.name_key == bindparam("k"),
    label.c.deleted == bindparam("live"),
)
_CHANGED = (
    "name", "name_key", "color", "supercategory", "keypoints", "attributes", "grouped", "deleted",
    "merged_into", "version", "seq", "updated_at",
)  # fmt: skip
_UPDATE = (
    update(label)
    .where(label.c.project == bindparam("p"), label.c.id == bindparam("i"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_SETTABLE = {"name", "color", "supercategory", "skeleton", "attributes", "group"}
_OF_LABEL = (
    annotation.c.project == bindparam("p"),
    annotation.c.label == bindparam("i"),
    # Named, because the index on labels begins with the set.
    annotation.c.set_name.in_(
        select(annotation_set.c.name).where(annotation_set.c.project == bindparam("p"))
    ),
)
_SETS = (
    select(annotation.c.image_id, annotation.c.set_name, func.count())
    .where(*_OF_LABEL)
    .group_by(annotation.c.image_id, annotation.c.set_name)
)
_MOVE = (
    update(annotation)
    .where(*_OF_LABEL)
    .values(
        label=bindparam("heir"),
        version=annotation.c.version + 1,
        seq=bindparam("new_seq"),
        updated_at=bindparam("new_updated_at"),
        in_batch=True,
    )
)


def label_from_row(row: Row[Any]) -> Label:
    """A row of ``SELECT`` as a label."""
    return Label(
        id=row.id,
        name=row.name,
        color=row.color,
        uid=row.uid,
        supercategory=row.supercategory,
        skeleton=skeletons.skeleton_from_text(row.keypoints),
        deleted=bool(row.deleted),
        version=row.version,
        merged_into=row.merged_into,
        attributes=()
        if row.attributes is None
        else attributes_from_wire(orjson.loads(row.attributes)),
        group=None if row.grouped is None else group_from_wire(orjson.loads(row.grouped)),
    )


def name_key(name: str) -> str:
    """What must differ between two labels in use."""
    return " ".join(name.split()).casefold()


def fields_from_payload(kind: OperationKind, payload: object) -> Fields:
    """What an operation on a label sets; WireError if a field is wrong."""
    fields = label_fields_from_wire(payload)
    known = {"merge_into"} if kind is OperationKind.REMOVE else _SETTABLE
    for name in fields.keys() - known:
        raise Refusal(f"payload.{name}: has no meaning in the {kind.value} of a label")
    if "name" in fields:
        fields["name"] = " ".join(fields["name"].split())
    return fields


class LabelKeeper:
    """Keeps labels; a removed label keeps its row, so that its id is never given again."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The label with the uid, in use or not."""
        keys = {"p": ledger.project_id, "u": target.key}
        row = ledger.connection.execute(_HELD, keys).first()
        return None if row is None else _held(label_from_row(row), row.seq)

    def same(self, held: Held, fields: Fields) -> bool:
        """Whether the name and everything else that is given are the same."""
        return all(getattr(held.value, name) == value for name, value in fields.items())

    def add(self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Write a label under the next id, with a colour of the palette unless one is given."""
        if "name" not in fields:
            raise Refusal("payload.name: is missing")
        self._check_name(ledger, fields["name"])
        number = ledger.next_label
        made = Label(
            id=number,
            uid=target.key,
            **{"color": color_of(number), **fields},
        )
        ledger.next_label += 1
        row = {**_columns(made), "project": ledger.project_id, "id": number, "uid": made.uid}
        row.update(seq=stamp.seq, created_at=stamp.at, updated_at=stamp.at, merged_into=None)
        ledger.connection.execute(insert(label), row)
        ledger.forget_labels()
        return _held(made, stamp.seq)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Rename or recolour a label, or take a removed one into use again."""
        before: Label = held.value
        made = replace(
            before, **fields, deleted=False, merged_into=None, version=before.version + 1
        )
        self._check_name(ledger, made.name, but=made.id)
        if "skeleton" in fields:
            skeletons.check_drawn(ledger, made.id, made.name, made.skeleton)
        self._save(ledger, made, stamp, merged_into=None)
        return _held(made, stamp.seq)

    def remove(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Take a label out of use, giving its annotations to another one if it has any."""
        gone: Label = held.value
        heir = fields.get("merge_into")
        if heir is not None:
            self._check_heir(ledger, gone, heir)
        counts = ledger.connection.execute(_SETS, {"p": ledger.project_id, "i": gone.id}).all()
        total = sum(n for _, _, n in counts)
        if total and heir is None:
            raise Refusal(
                f'the label "{gone.name}" has {total} annotation{"s" if total > 1 else ""}; '
                "merge it into another label or remove them first"
            )
        if heir is not None:
            for image_id, set_name, n in counts:
                ledger.count_annotations(image_id, gone.id, set_name, -n)
                ledger.count_annotations(image_id, heir, set_name, n)
            keys = {"p": ledger.project_id, "i": gone.id, "heir": heir}
            new = {"new_seq": stamp.seq, "new_updated_at": stamp.at}
            ledger.connection.execute(_MOVE, {**keys, **new})
        made = replace(gone, deleted=True, version=gone.version + 1, merged_into=heir)
        self._save(ledger, made, stamp, merged_into=heir)
        return _held(made, stamp.seq)

    def _check_name(self, ledger: Ledger, name: str, *, but: int = 0) -> None:
        keys = {"p": ledger.project_id, "k": name_key(name), "live": False}
        found = ledger.connection.execute(_NAMED, keys).scalar()
        if found is not None and found != but:
            raise Refusal(f'there is a label named "{name}" already; choose another name')

    def _check_heir(self, ledger: Ledger, gone: Label, heir: int) -> None:
        row = ledger.label(heir)
        if heir == gone.id:
            raise Refusal(f'the label "{gone.name}" cannot be merged into itself')
        if row is None or row.deleted:
            raise Refusal(f"payload.merge_into: there is no label {heir} in use")
        skeleton = skeletons.skeleton_from_text(row.keypoints)
        skeletons.check_drawn(ledger, gone.id, gone.name, skeleton)

    def _save(self, ledger: Ledger, made: Label, stamp: Stamp, *, merged_into: int | None) -> None:
        row = {**_columns(made), "merged_into": merged_into, "seq": stamp.seq}
        row["updated_at"] = stamp.at
        new = {f"new_{name}": row[name] for name in _CHANGED}
        ledger.connection.execute(_UPDATE, {"p": ledger.project_id, "i": made.id, **new})
        ledger.forget_labels()


def _columns(made: Label) -> dict[str, Any]:
    asked = [attribute_to_wire(attribute) for attribute in made.attributes]
    return {
        "name": made.name,
        "name_key": name_key(made.name),
        "color": made.color,
        "supercategory": made.supercategory,
        "keypoints": skeletons.text_from_skeleton(made.skeleton),
        "attributes": orjson.dumps(asked).decode() if asked else None,
        "grouped": None if made.group is None else orjson.dumps(group_to_wire(made.group)).decode(),
        "deleted": made.deleted,
        "version": made.version,
    }


def _held(found: Label, seq: int | None) -> Held:
    return Held(
        version=found.version,
        seq=seq,
        current=None if found.deleted else label_to_wire(found),
        value=found,
        removed=found.deleted,
        object_id=found.id,
    )
