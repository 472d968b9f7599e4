"""A workspace with one project to take images into, for the tests of ingest and library."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasetbuilder.model import Image
from datasetbuilder.pixels.decoder import DecoderPool
from datasetbuilder.projects.ingest import IngestReport, ingest
from datasetbuilder.projects.library import Library
from datasetbuilder.projects.store import ProjectInfo, Store

IMAGES = Path(__file__).parents[1] / "data" / "images"
CAT, CELLS, NUCLEI = IMAGES / "cat.png", IMAGES / "blood_cells.jpg", IMAGES / "nuclei_16bit.png"


@dataclass
class Intake:
    """A store, its library, and the words to act on them."""

    store: Store
    library: Library
    project: ProjectInfo

    def take(self, *sources: Path, **options: Any) -> IngestReport:
        return ingest(self.store, self.library, self.project, list(sources), **options)

    @property
    def slug(self) -> str:
        return self.project.slug

    @property
    def images(self) -> list[Image]:
        return self.store.images(self.project.id, limit=1000)

    @property
    def names(self) -> list[str]:
        return [image.name for image in self.images]

    @property
    def folder(self) -> Path:
        return self.library.workspace / "projects" / self.slug


def project_template(folder: Path) -> Path:
    """A workspace with an empty project; copying it is faster than making one."""
    with Store.open(folder) as store:
        store.create_project("Cells", labels=[("cell", None)])
    return folder


@contextmanager
def opened(template: Path, folder: Path, decoder: DecoderPool) -> Iterator[Intake]:
    """A copy of the template, ready to take images in."""
    shutil.copytree(template, folder)
    with Store.open(folder) as store:
        yield Intake(store, Library(folder, decoder=decoder), store.project("cells"))


def fill(folder: Path, **files: Path | bytes) -> Path:
    """Make a folder of files; ``__`` in a name stands for ``/``, the last ``_`` for the dot."""
    for name, content in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
    return folder
