"""The sample campaign: real images that may be passed on, a few of them labelled.

Building it again adds what is missing and leaves everything that a person did.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from datasetbuilder import wire
from datasetbuilder.api import Project, Workspace, default_workspace
from datasetbuilder.errors import DataError
from datasetbuilder.model import (
    Annotation,
    Image,
    ImageState,
    Kind,
    Operation,
    OperationKind,
    Outcome,
    Target,
    TargetType,
)

AUTHOR = "sample"
SOURCE = "import"

_FOLDER = Path(__file__).parent / "sample"
_CELLS = "Blood cells"
_CELL_LABELS = (("RBC", "#e4572e"), ("WBC", "#5b5bd6"), ("Platelets", "#2e9e6b"))
_PHOTOGRAPHS = "Photographs"
_PHOTOGRAPH_LABELS = (("person", "#5b5bd6"), ("cat", "#e4572e"), ("cup", "#2e9e6b"))


def demo_folder() -> Path:
    """The workspace of the sample campaign: beside the usual one, never in it."""
    usual = default_workspace()
    return usual.with_name(f"{usual.name}-demo")


def build_sample(workspace: Workspace) -> tuple[Project, Project]:
    """Make the projects "Blood cells" and "Photographs", or complete them.

    Raises
    ------
    DataError
        If the installed sample files are incomplete.
    """
    cells = _project(workspace, _CELLS, _CELL_LABELS)
    _add_images(cells, _FOLDER / "blood-cells")
    _label(cells, json.loads((_FOLDER / "blood-cells.json").read_text("utf-8")))
    photographs = _project(workspace, _PHOTOGRAPHS, _PHOTOGRAPH_LABELS)
    _add_images(photographs, _FOLDER / "photographs")
    return cells, photographs


def _project(workspace: Workspace, name: str, labels: Sequence[tuple[str, str]]) -> Project:
    for project in workspace.projects():
        if project.info.name == name:
            return project
    return workspace.create_project(name, labels=labels, author=AUTHOR)


def _add_images(project: Project, folder: Path) -> None:
    """Copy the images in: the installed files may go away with the next release."""
    files = sorted(file for file in folder.iterdir() if file.suffix in (".jpg", ".png"))
    there = {image.name for image in project.images()}
    missing = [file for file in files if file.name not in there]
    if not missing:
        return
    report = project.add_images(missing, copy=True, author=AUTHOR)
    if report.refused:
        reasons = "; ".join(f"{item.name} {item.reason}" for item in report.refused)
        raise DataError(f"The sample images are damaged, install the package again: {reasons}")


def _label(project: Project, shapes: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Label the images that nobody has touched."""
    label_ids = {label.name: label.id for label in project.labels()}
    for image in project.images(state=ImageState.NEW):
        drawn = shapes.get(image.name, ())
        if not drawn or any(shape["label"] not in label_ids for shape in drawn):
            continue
        annotations = [
            _annotation(f"{image.name}/{number}", shape, label_ids[shape["label"]])
            for number, shape in enumerate(drawn)
        ]
        project.annotate(image.id, annotations, author=AUTHOR)
        _finish(project, project.image(image.id))


def _annotation(name: str, shape: Mapping[str, Any], label: int) -> Annotation:
    geometry = wire.geometry_from_wire(Kind(shape["kind"]), shape["geometry"], name)
    uid = str(uuid5(NAMESPACE_URL, f"datasetbuilder:sample/{name}"))
    return Annotation(uid, label, geometry, source=SOURCE)


def _finish(project: Project, image: Image) -> None:
    target = Target(TargetType.IMAGE_STATE, str(image.id), image.id)
    done = Operation(
        str(uuid4()),
        OperationKind.CHANGE,
        target,
        {"state": ImageState.DONE.value},
        base_version=image.version,
    )
    (result,) = project.apply([done], author=AUTHOR)
    if result.outcome is not Outcome.ACCEPTED:
        raise DataError(f"{image.name} could not be marked as done: {result.reason}")
