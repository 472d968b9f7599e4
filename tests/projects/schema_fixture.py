"""A workspace of today's schema with a row in every table, for later versions to open.

Run: python tests/projects/schema_fixture.py

It writes ``tests/data/schemas/REVISION.db.gz``. It stands on its own and uses the installed store
alone, so that the Python of an older checkout can run it as well. A schema is made once, when it is
released, and never again.
"""

import gzip
import sys
import tempfile
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Float, LargeBinary, MetaData, Table, create_engine, func, select

from datasetbuilder.model import (
    Annotation,
    Box,
    Image,
    Operation,
    OperationKind,
    Target,
    TargetType,
)
from datasetbuilder.projects.schema import HEAD
from datasetbuilder.projects.store import Store

FOLDER = Path(__file__).resolve().parents[1] / "data" / "schemas"
BOX = {"x": 1.0, "y": 2.5, "width": 10.0, "height": 10.0}
RING = [[[0, 0], [20, 0], [20, 20], [0, 20]], [[5, 5], [5, 15], [15, 15], [15, 5]]]
MASK = {"x": 3, "y": 4, "width": 2, "height": 2, "counts": "04"}
STROKES = {"strokes": [{"points": [[1, 2], [30.5, 40.25]], "width": 7.5, "label": 1}]}
NUMBERS = count(1)
WORDS = {"state": "done", "kind": "export", "role": "annotator", "params": "{}", "scope": "read"}
"""What a row of a table that nobody drew in says where any word would not do."""


def op(
    kind: str,
    uid: str,
    payload: dict[str, Any] | None = None,
    *,
    base: int | None = None,
    group: str | None = None,
    type: str = "annotation",
    image: int | None = 1,
) -> Operation:
    """One operation."""
    target = Target(TargetType(type), uid, image)
    op_id = f"op-{next(NUMBERS)}"
    return Operation(op_id, OperationKind(kind), target, payload or {}, base, group)


def shape(kind: str, geometry: dict[str, Any], label: int = 1) -> dict[str, Any]:
    """The payload of an annotation."""
    return {"label": label, "kind": kind, "geometry": geometry}


def drawn() -> list[tuple[str, list[Operation]]]:
    """What each tab sends: adds of every kind, changes, a conflict, a group, states, labels."""
    box = shape("box", BOX)
    first = [
        op("add", "square", box),
        op("add", "ring", shape("polygon", {"parts": [RING]})),
        op("add", "patch", shape("mask", MASK, label=2)),
        op("add", "whole", shape("tag", {})),
        op("add", "gone", box, image=2),
        op("add", "strokes", STROKES, type="scribble"),
        op("add", "remark", {"text": "Is this one?", "x": 3, "y": 4}, type="comment"),
        op("change", "square", shape("box", {**BOX, "x": 9.5}, label=2), base=1),
        op("remove", "gone", base=1, image=2),
        op("add", "left", box, image=3, group="pair"),
        op("add", "right", box, image=3, group="pair"),
        op("change", "3", {"state": "done"}, base=1, type="image_state", image=3),
        op("change", "2", {"split": "val"}, base=1, type="split", image=2),
        op("add", "debris", {"name": "debris"}, type="label", image=None),
    ]
    late = op("change", "square", shape("box", {**BOX, "x": 50.0}), base=1)
    return [("tab-1", first), ("tab-2", [late])]


def fill(folder: Path) -> None:
    """Draw, and put a row into each table that nothing was drawn in."""
    with Store.open(folder) as store:
        project = store.create_project("Cells", labels=[("cell", None), ("nucleus", "#112233")])
        rows = [Image(0, f"picture {k}.png", 100, 80, sha256=f"{k:064d}") for k in (1, 2, 3)]
        store.add_images(project.id, rows, author="ada")
        for tab, operations in drawn():
            store.apply(project.id, operations, author="ada", client=tab)
        imported = Annotation("imported", 1, Box(1, 1, 5, 5), image_id=2, set="model-a", score=0.5)
        store.add_annotations(project.id, [imported], author="model", tool="import")
        store.add_session("0" * 64, "ada", datetime(2099, 1, 1, tzinfo=UTC))
        store.set_workspace_setting("name", "bench")


def complete(path: Path) -> None:
    """One row in each table that is empty, and the log of writes folded into the file."""
    engine, tables = create_engine(f"sqlite:///{path}"), MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if not connection.scalar(select(func.count()).select_from(table)):
                row = {column.name: _value(table, column.name) for column in table.c}
                connection.execute(table.insert().values(row))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _value(table: Table, name: str) -> Any:
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return b"\x01\x02"
    if isinstance(kind, Boolean | Float) or not hasattr(kind, "collation"):
        return 1
    return WORDS.get(name, f"a {name}")


def main() -> None:
    """Make the fixture unless it is there."""
    target = FOLDER / f"{HEAD}.db.gz"
    if target.exists():
        sys.exit(f"{target} is there; a released schema does not change")
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place))
        complete(Path(place) / "workspace.db")
        content = (Path(place) / "workspace.db").read_bytes()
    FOLDER.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(content, mtime=0))
    sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
