"""kill -9 of a process that brings an old workspace to today's schema: old or new, never between.

Run: python -m tests.soak.kill_migrations [--kills 100] [--seed 1] [--broken step-by-step]

Every schema in ``tests/data/schemas`` is migrated by a process of its own, which is killed that
many times, spread over the whole time that it needs. What is left must be the old schema with the
old rows or the new one with the new rows, every copy in ``backups/`` must be whole, and the next
start must end where a start that nobody killed ends.
"""

import argparse
import gzip
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from datasetbuilder.errors import DatasetBuilderError
from datasetbuilder.projects.schema import HEAD
from datasetbuilder.projects.sqlite.backups import problem_of
from datasetbuilder.projects.sqlite.upgrade import upgrade
from tests.soak.broken import break_it
from tests.soak.client import Progress, finish

SCHEMAS = Path(__file__).resolve().parents[1] / "data" / "schemas"


def released() -> list[Path]:
    """The kept workspaces, oldest schema first."""
    return sorted(SCHEMAS.glob("*.db.gz"))


def unpack(fixture: Path, folder: Path) -> Path:
    """A workspace folder with the database of a fixture."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    target = folder / "workspace.db"
    target.write_bytes(gzip.decompress(fixture.read_bytes()))
    return target


def state_of(path: Path) -> str:
    """The schema and every row, as one hash."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        for name, sql in tables:
            digest.update(f"{name}: {sql}\n".encode())
            if sql.startswith("CREATE TABLE"):
                rows = connection.execute(f"SELECT * FROM {name}").fetchall()
                digest.update(repr(sorted(rows, key=repr)).encode())
    return digest.hexdigest()


def migrate_in_a_child(path: Path, seconds: float | None = None) -> float:
    """Migrate in a copy of this process, killed after a while if one is given; how long it took."""
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        upgrade(path)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return time.perf_counter() - began


def faults_after_kill(path: Path, old: str, new: str) -> tuple[str, list[str]]:
    """Which of the two is left, and what is wrong."""
    found = [
        f"{copy.name} is half a copy"
        for copy in (path.parent / "backups").glob("*.db")
        if problem_of(copy) is not None
    ]
    left = {old: "old", new: "new"}.get(state_of(path), "between")
    if left == "between":
        found.append("neither the old schema nor the new one")
    try:
        upgrade(path)
    except (DBAPIError, sqlite3.Error, DatasetBuilderError) as error:
        found.append(f"the next start failed: {str(error).splitlines()[0]}")
    if state_of(path) != new:
        found.append("the next start did not end at the new schema")
    return left, found


def kill_often(fixture: Path, place: Path, kills: int, dice: random.Random) -> Counter[str]:
    """Kill the migration of one fixture at moments spread over its time."""
    path = unpack(fixture, place / "new")
    old, took = state_of(path), migrate_in_a_child(path)
    new = state_of(path)
    seen: Counter[str] = Counter()
    for number in range(kills):
        path = unpack(fixture, place / "killed")
        migrate_in_a_child(path, 1.5 * took * (number + dice.random()) / kills)
        left, found = faults_after_kill(path, old, new)
        seen[left] += 1
        seen["faults"] += len(found)
        for line in found[:1]:
            sys.stderr.write(f"{fixture.name}, kill {number}: {line}\n")
    return seen


def run(kills: int, seed: int, broken: str | None) -> int:
    """Kill the migration of every fixture that is older than the schema of today."""
    place = Path(tempfile.mkdtemp(prefix="soak-migrate-"))
    older = [one for one in released() if one.name != f"{HEAD}.db.gz"]
    seen, progress = Counter({"old": 0, "new": 0, "between": 0, "faults": 0}), Progress("schemas")
    try:
        upgrade(unpack(older[0], place / "loaded"))  # alembic is loaded before anything is timed
        break_it(broken)
        for number, fixture in enumerate(older, start=1):
            seen += kill_often(fixture, place, kills, random.Random(f"{seed}-{fixture.name}"))
            progress.tell(number, len(older))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return finish(
        f"kill_migrations schemas={len(older)} kills={kills} seed={seed}: old={seen['old']} "
        f"new={seen['new']} between={seen['between']} faults={seen['faults']}",
        good=not seen["faults"] and seen["old"] > 0 and seen["new"] > 0,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when every kill left the old schema or the new one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100, help="kills for each schema")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", help="a store that is broken on purpose: step-by-step")
    given = parser.parse_args(arguments)
    return run(given.kills, given.seed, given.broken)


if __name__ == "__main__":
    sys.exit(main())
