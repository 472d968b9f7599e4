"""Every bit of one page after the other turned: each is noticed and no more is written.

Run: python -m tests.soak.flipped_pages [--pages 200] [--seed 1] [--broken no-check]

For each page the real store opens the file, looks through it, and is asked for everything. It may
refuse to open, or report the damage and refuse to write with the last good backup named. A page
that only raises where somebody happens to read it, or that nobody notices, would let people go on
saving into a damaged file: it counts against the store as a wrong answer does.
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from datasetbuilder.errors import DatasetBuilderError, StoreUnavailable
from datasetbuilder.model import Annotation, Box
from datasetbuilder.projects.sqlite.backups import Backups
from datasetbuilder.projects.store import Store
from tests.soak.broken import break_it
from tests.soak.client import IMAGES, SLUG, Progress, finish, make_workspace

PAGE = 8192


def everything(store: Store) -> dict[str, Any]:
    """All that a project answers."""
    project = store.project(SLUG)
    drawn = {k: store.annotations(project.id, k) for k in range(1, IMAGES + 1)}
    return {
        "info": project,
        "labels": store.labels(project.id),
        "images": store.images(project.id, limit=1000),
        "annotations": drawn,
        "events": store.events(project.id, limit=10_000),
    }


def look(folder: Path, good: dict[str, Any], copy: Path) -> str:
    """How the damage showed: refused, reported; or wrong in one of five ways."""
    try:
        with Store.open(folder) as store:
            problem = store.integrity.wait()
            if problem is not None:
                try:
                    store.set_workspace_setting("more", 1)
                except StoreUnavailable as refused:
                    return "reported" if copy.name in str(refused) else "unnamed"
                return "written on"
            try:
                return "unnoticed" if everything(store) == good else "wrong"
            except DatasetBuilderError:
                return "raised"
    except DatasetBuilderError:
        return "refused"


def run(pages: int, seed: int, broken: str | None) -> int:
    """Turn page after page."""
    break_it(broken)
    place = Path(tempfile.mkdtemp(prefix="soak-pages-"))
    try:
        return _run(place, pages, seed)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _run(place: Path, pages: int, seed: int) -> int:
    folder = place / "workspace"
    make_workspace(folder)
    with Store.open(folder) as store:
        project = store.project(SLUG)
        for k in range(1, IMAGES + 1):
            boxes = [Annotation(f"{k}-{n}", 1, Box(n, k, 20, 30), image_id=k) for n in range(370)]
            store.add_annotations(project.id, boxes, author="soak")
        good = everything(store)
    copy = Backups(folder / "workspace.db").make()
    whole = (folder / "workspace.db").read_bytes()
    there = list(range(len(whole) // PAGE))
    chosen = sorted(random.Random(seed).sample(there, min(pages, len(there))))
    seen: dict[str, int] = {}
    progress = Progress("pages")
    for number, page in enumerate(chosen, start=1):
        data = bytearray(whole)
        data[page * PAGE : (page + 1) * PAGE] = bytes(b ^ 0xFF for b in data[page * PAGE :][:PAGE])
        (folder / "workspace.db").write_bytes(data)
        for tail in ("-wal", "-shm"):
            (folder / f"workspace.db{tail}").unlink(missing_ok=True)
        found = look(folder, good, copy)
        seen[found] = seen.get(found, 0) + 1
        progress.tell(number, len(chosen), str(seen))
    counts = " ".join(f"{name}={n}" for name, n in sorted(seen.items()))
    return finish(
        f"flipped_pages pages={len(chosen)} of {len(there)} seed={seed}: {counts}",
        good=set(seen) <= {"refused", "reported"},
    )


def main(arguments: list[str] | None = None) -> int:
    """Run as described above; 0 when every page was noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", help="a store that is broken on purpose: no-check")
    given = parser.parse_args(arguments)
    return run(given.pages, given.seed, given.broken)


if __name__ == "__main__":
    sys.exit(main())
