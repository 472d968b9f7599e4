"""A workspace of a million images, annotations and events: ready after a crash, pages in no time.

Run: python -m tests.soak.big_project [--rows 1000000] [--seed 1] [--folder DIR]

The rows are written straight into the database. Then the server is killed while it saves, started
anew as a process of its own, and timed until it has answered a save. The pages of the gallery (the
first, a deep one, by state, by label, by both) are asked of the store in that state, each several
times; the slowest of the medians counts.
"""

import argparse
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from datasetbuilder.model import ImageState
from datasetbuilder.projects.beside import StoreBeside
from datasetbuilder.projects.doorkey import DoorKey
from datasetbuilder.projects.store import Store
from tests.soak.client import SLUG, Client, finish, make_workspace, server

LABELS = 40
_NUMBERS = "WITH RECURSIVE k(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM k WHERE n < {1}) "
_IMAGES = """
INSERT INTO image (project, id, name, width, height, uri, sha256, format, dtype, channels,
    orientation, state, n_annotations, version, seq, created_at, updated_at)
SELECT 1, n, printf('%07d.png', n), 1000, 800, 'file:/nowhere/' || n, printf('%064x', n), 'PNG',
    'uint8', 3, 1, CASE WHEN n % 1000 = 0 THEN 'done' WHEN n % 7 = 0 THEN 'in_progress'
    ELSE 'new' END, 1, 1, 1, 0, 0 FROM k"""
_ANNOTATIONS = """
INSERT INTO annotation (project, image_id, id, uid, label, set_name, kind, x, y, width, height,
    area, source, author, version, seq, created_at, updated_at)
SELECT 1, n, n, printf('%032x', n), CASE WHEN n % 5000 = 0 THEN 40 ELSE 1 + n % 39 END, 'truth',
    'box', 5, 6, 20, 30, 600, 'box', 'soak', 1, n, 0, 0 FROM k"""
_EVENTS = """
INSERT INTO event (project, seq, at, author, client, tool, kind, target_type, target_key, image_id,
    set_name, after_hash, op_id)
SELECT 1, n, 0, 'soak', 'tab', 'box', 'add', 'annotation', printf('%032x', n), n, 'truth',
    randomblob(20), printf('op-%032x', n) FROM k"""
_OPERATIONS = """
INSERT INTO operation (project, op_id, target_type, target_key, outcome, seq, version, object_id)
SELECT 1, printf('op-%032x', n), 'annotation', printf('%032x', n), 'accepted', n, 1, n FROM k"""


def fill(folder: Path, rows: int) -> None:
    """Write the rows."""
    make_workspace(folder)
    with Store.open(folder) as store:
        for number in range(2, LABELS + 1):
            _add_label(store, number)
    with closing(sqlite3.connect(folder / "workspace.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        first = 1 + database.execute("SELECT max(id) FROM image").fetchone()[0]
        seq = 1 + database.execute("SELECT seq FROM project").fetchone()[0]
        for what, start in ((_IMAGES, first), (_ANNOTATIONS, first), (_EVENTS, seq)):
            sys.stderr.write(f"writing rows: {what.split()[2]}\n")
            database.execute(_with_numbers(what, start, start + rows - 1))
        database.execute(_with_numbers(_OPERATIONS, seq, seq + rows - 1))
        _count(database, first + rows, seq + rows - 1)
        database.execute("ANALYZE")


def _with_numbers(what: str, first: int, last: int) -> str:
    # SQLite takes the common table in front of an INSERT.
    return _NUMBERS.format(first, last) + what


def _add_label(store: Store, number: int) -> None:
    from uuid import uuid4

    from datasetbuilder.model import Operation, OperationKind, Target, TargetType

    target = Target(TargetType.LABEL, str(uuid4()))
    payload = {"name": f"label {number}"}
    operation = Operation(str(uuid4()), OperationKind.ADD, target, payload)
    store.apply(store.project(SLUG).id, [operation], author="soak")


def _count(database: sqlite3.Connection, following: int, seq: int) -> None:
    database.execute(
        "UPDATE project SET seq = ?, next_image = ?, next_annotation = ?",
        (seq, following, following),
    )
    database.execute("DELETE FROM stat")
    for kind, name, key, source in (
        ("images", "''", "''", "image"),
        ("state", "''", "state", "image"),
        ("annotations", "'truth'", "''", "annotation"),
        ("label", "'truth'", "CAST(label AS TEXT)", "annotation"),
    ):
        database.execute(
            f"INSERT INTO stat (project, kind, set_name, key, n) "
            f"SELECT 1, '{kind}', {name}, {key}, count(*) FROM {source} GROUP BY {key}"
        )


def seconds_to_ready(folder: Path) -> tuple[float, float]:
    """Kill a server that saves; how long a fresh one takes to be ready, and until it has saved."""
    with server(folder) as running:
        with closing(Client(running, "before", random.Random(1))) as client:
            for _ in range(300):
                client.save(1, [client.add(1)])
        running.kill()
    began = time.perf_counter()
    with server(folder) as running:
        ready = time.perf_counter() - began
        with closing(Client(running, "after", random.Random(2))) as client:
            status, _ = client.save(1, [client.add(1)])
        return ready, time.perf_counter() - began if status == 200 else 99.0


def pages(folder: Path, rows: int, rounds: int) -> dict[str, float]:
    """The median milliseconds of each page, read beside nobody."""
    done = ImageState.DONE
    with StoreBeside(folder, DoorKey("", 0, "")) as store:
        project = store.project(SLUG).id
        asked: dict[str, Callable[[], object]] = {
            "project": lambda: store.project(SLUG),
            "first": lambda: store.images(project, limit=100),
            "deep": lambda: store.images(project, after=rows - 200, limit=100),
            "state": lambda: store.images(project, state=done, limit=100),
            "state deep": lambda: store.images(project, state=done, after=rows // 2, limit=100),
            "label": lambda: store.images(project, label=1, limit=100),
            "label deep": lambda: store.images(project, label=2, after=rows // 2, limit=100),
            "rare label": lambda: store.images(project, label=LABELS, limit=100),
            "both": lambda: store.images(project, label=LABELS, state=done, limit=100),
            "position": lambda: store.image_position(project, rows // 2),
            "neighbours": lambda: store.neighbours(project, rows // 2),
        }
        return {name: _median(question, rounds) for name, question in asked.items()}


def _median(question: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        question()
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times)


def run(given: argparse.Namespace) -> int:
    """Fill, crash, start, ask."""
    place = Path(tempfile.mkdtemp(prefix="soak-big-", dir=given.folder))
    folder = place / "workspace"
    try:
        fill(folder, given.rows)
        size = (folder / "workspace.db").stat().st_size
        ready, saved = seconds_to_ready(folder)
        found = pages(folder, given.rows, 7)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    slowest = max(found, key=lambda name: found[name])
    words = ", ".join(f"{name} {took:.1f}" for name, took in found.items())
    good = given.no_bars or (saved <= 2 and found[slowest] <= 50)
    return finish(
        f"big_project rows={given.rows} size={size >> 20} MB: ready after a crash {ready:.2f} s, "
        f"first save at {saved:.2f} s; pages in ms: {words}; slowest {slowest}",
        good=good,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1, help="taken for the sake of the others")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-bars", action="store_true", help="only that it works")
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
