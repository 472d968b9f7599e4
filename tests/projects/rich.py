"""A campaign with a row in every table of a project, and what it takes to compare two of them."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from datasetbuilder.model import Annotation, Box
from datasetbuilder.projects import backup_rows
from datasetbuilder.projects.library import Library
from datasetbuilder.projects.store import Deal, Store
from tests.projects.campaign import RING, Campaign, box, polygon

STROKES = {"strokes": [{"points": [[1, 2], [30.5, 40.25]], "width": 7.5, "label": 1}]}
MASK = {"x": 3, "y": 4, "width": 2, "height": 2, "counts": "04"}


def draw_everything(campaign: Campaign) -> None:
    """Adds, changes, removals, a group, a conflict, comments, states, splits, labels."""
    drawn = campaign.run(
        campaign.add("square", op_id="first-op"),
        campaign.add("ring", polygon(RING)),
        campaign.add("patch", {"label": 2, "kind": "mask", "geometry": MASK}),
        campaign.add("whole", {"label": 1, "kind": "tag", "geometry": {}}),
        campaign.add("gone", box(2), image=2),
        campaign.op("add", "s1", STROKES, type="scribble"),
        campaign.op("add", "c1", {"text": "Is this one?", "x": 3, "y": 4}, type="comment"),
    )
    reasons = [result.reason for result in drawn if result.reason]
    assert not reasons, reasons
    campaign.run(campaign.change("square", box(2, x=9.5), 1), campaign.remove("gone", 1, image=2))
    campaign.do(campaign.change("square", box(1, x=50), 1, op_id="late-op"), client="tab-2")
    campaign.run(
        campaign.add("left", image=3, group="pair"), campaign.add("right", image=3, group="pair")
    )
    campaign.do(campaign.state("done", 1, image=3))
    campaign.do(campaign.op("change", "2", {"split": "val"}, base=1, type="split", image=2))
    campaign.do(campaign.label("add", "label-3", {"name": "debris", "color": "#445566"}))
    imported = Annotation("imported", 1, Box(1, 1, 5, 5), image_id=2, set="model-a", score=0.5)
    campaign.store.add_annotations(campaign.id, [imported], author="model", tool="import")
    campaign.store.add_gold(campaign.id, 3, author="ada")
    campaign.store.start_round(campaign.id, Deal("first", ["bob", "eve"]), author="ada")


def small_pictures(folder: Path) -> list[Path]:
    """Three pictures of 100 by 80 pixels."""
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[0:80, 0:100]
    paths = [folder / f"picture {k}.png" for k in (1, 2, 3)]
    for k, path in enumerate(paths, start=1):
        Picture.fromarray(((rows * k + columns) % 256).astype("uint8")).save(path)
    return paths


def row_counts(store: Store, project_id: int) -> dict[str, int]:
    """How many rows a project has in each table that goes with it."""
    return {name: count for name, (count, _) in table_hashes(store, project_id).items()}


def table_hashes(store: Store, project_id: int) -> dict[str, tuple[int, str]]:
    """Count and hash of the rows of a project in each table, but for its own name."""
    found = {}
    with store.reading() as connection:
        for table in backup_rows.KEPT:
            lines = list(backup_rows.lines(connection, table, project_id))
            found[table.name] = (len(lines), hashlib.sha256(b"".join(lines)).hexdigest()[:16])
    return found


def originals(library: Library, store: Store, slug: str) -> dict[str, bytes]:
    """The bytes of every original of a project, by image name."""
    project_id = store.project(slug).id
    found = {}
    for image in store.images(project_id, limit=1000):
        with library.open_original(slug, image) as file:
            found[image.name] = file.read()
    return found
