"""The golden exports: ``python -m tests.exporters.golden`` writes them anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

from datasetbuilder.exporters.export import export
from tests.exporters.campaigns import objects, poses, tags
from tests.exporters.snapshots import SnapshotFake

HOME = Path(__file__).parent.parent / "golden"
CASES: dict[str, tuple[str, Callable[[], SnapshotFake]]] = {
    "classification": ("classification", lambda: tags(several=False)),
    "classification-several": ("classification", lambda: tags(several=True)),
    "detection": ("detection", objects),
    "instances": ("instances", objects),
    "keypoints": ("keypoints", poses),
    "panoptic": ("panoptic", objects),
    "semantic": ("semantic", objects),
}
_WHOLE = ("coco", "parquet")
_LOSSY = (
    ("classification", "classes"),
    ("detection", "yolo-detect"),
    ("detection", "yolo-obb"),
    ("detection", "voc"),
    ("instances", "yolo-segment"),
    ("instances", "masks"),
    ("instances", "labelme"),
    ("instances", "webdataset"),
    ("instances", "csv"),
    ("keypoints", "coco-keypoints"),
    ("keypoints", "yolo-pose"),
    ("panoptic", "coco-panoptic"),
    ("semantic", "masks"),
)
_ONLY_LOSSY = ("semantic", "keypoints", "panoptic")
GOLDEN = (
    *((case, name) for case in CASES if case not in _ONLY_LOSSY for name in _WHOLE),
    *_LOSSY,
)


def write(folder: Path, case: str, name: str) -> None:
    """Export one golden case; the pictures are kept once, with the first formats."""
    task, snapshot = CASES[case]
    images = "copy" if name in _WHOLE or case == "classification" else "none"
    export(snapshot(), folder, formats=[name], task=task, images=images, allow_loss=True)


def main() -> None:
    """Replace every golden export by what is written today."""
    for case, name in GOLDEN:
        shutil.rmtree(HOME / case / name, ignore_errors=True)
        write(HOME / case / name, case, name)


if __name__ == "__main__":
    main()
