import tracemalloc
from dataclasses import dataclass

import pytest

from datasetbuilder.exporters.export import export
from datasetbuilder.model import Annotation, Box, Image
from tests.exporters.snapshots import SnapshotFake


@dataclass
class Endless(SnapshotFake):
    """Rows made as they are asked for."""

    n_images: int = 0

    def images(self):
        return (
            Image(k, f"folder/{k:08d}.png", 640, 480, sha256=f"{k:064x}")
            for k in range(1, self.n_images + 1)
        )

    def rows(self):
        for image in self.images():
            numbers = range(image.id * 2, image.id * 2 + 2)
            shape = Box(10.0, 20.0, 30.0, 40.0)
            yield (
                image,
                tuple(
                    Annotation(
                        f"uid-{n}",
                        4,
                        shape,
                        image.id,
                        n,
                        area=1200.0,
                        bbox=(10.0, 20.0, 30.0, 40.0),
                    )
                    for n in numbers
                ),
            )


def peak(folder, name, n_images):
    tracemalloc.start()
    try:
        export(Endless([], n_images=n_images), folder, formats=[name], images="none")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coco", "parquet"])
def test_memory_does_not_grow_with_the_campaign(tmp_path, name):
    peak(tmp_path / "warm", name, 10)
    most = peak(tmp_path / "small", name, 520) + 520 * 250  # less than one record each
    # garbage that waits for the collector adds to some runs, a leak to all
    assert any(peak(tmp_path / f"large {k}", name, 1040) < most for k in range(3))
