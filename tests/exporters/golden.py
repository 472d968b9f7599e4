"""The golden exports: ``python -m tests.exporters.golden`` writes them anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

from datasetbuilder.exporters.export import export
from tests.exporters.campaigns import objects, tags
from tests.exporters.snapshots import SnapshotFake

HOME = Path(__file__).parent.parent / "golden"
FORMATS = ("coco", "parquet")
CASES: dict[str, tuple[str, Callable[[], SnapshotFake]]] = {
    "classification": ("classification", lambda: tags(several=False)),
    "classification-several": ("classification", lambda: tags(several=True)),
    "detection": ("detection", objects),
    "instances": ("instances", objects),
}


def write(folder: Path, case: str, name: str) -> None:
    """Export one golden case."""
    task, snapshot = CASES[case]
    export(snapshot(), folder, formats=[name], task=task)


def main() -> None:
    """Replace every golden export by what is written today."""
    for case in CASES:
        for name in FORMATS:
            shutil.rmtree(HOME / case / name, ignore_errors=True)
            write(HOME / case / name, case, name)


if __name__ == "__main__":
    main()
