from collections.abc import Iterator
from pathlib import Path

import pytest

from datasetbuilder.api import Workspace
from datasetbuilder.app import sample
from datasetbuilder.app.sample import build_sample, demo_folder
from datasetbuilder.model import Box, ImageState, Kind, Mask, Polygon


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("demo")) as opened:
        build_sample(opened)
        yield opened


def test_the_sample_is_two_projects_of_real_images(workspace: Workspace):
    cells, photographs = workspace.projects()
    assert (cells.info.name, cells.info.n_images) == ("Blood cells", 12)
    assert (photographs.info.name, photographs.info.n_images) == ("Photographs", 4)
    assert [label.name for label in cells.labels()] == ["RBC", "WBC", "Platelets"]
    assert [label.name for label in photographs.labels()] == ["person", "cat", "cup"]


def test_four_images_are_done_and_the_rest_is_left_to_the_newcomer(workspace: Workspace):
    cells, photographs = workspace.projects()
    assert cells.info.states[ImageState.DONE] == 4
    assert cells.info.states[ImageState.NEW] == 8
    assert dict(cells.info.label_counts) == {1: 38, 2: 6, 3: 13}
    assert photographs.info.n_annotations == 0


def test_boxes_are_those_of_the_source(workspace: Workspace):
    """A cell at the left edge: VOC says xmin 1, ymin 40, xmax 121, ymax 154."""
    cells = workspace.project("Blood cells")
    (image,) = (i for i in cells.images() if i.name == "BloodImage_00044.jpg")
    boxes = [a.geometry for a in cells.annotations(image.id) if isinstance(a.geometry, Box)]
    assert Box(0, 39, 121, 115) in boxes


def test_white_cells_have_outlines_and_masks(workspace: Workspace):
    cells = workspace.project("Blood cells")
    drawn = [a for i in cells.images() for a in cells.annotations(i.id) if a.label == 2]
    assert sorted(a.kind for a in drawn) == [
        Kind.BOX,
        Kind.MASK,
        Kind.MASK,
        Kind.MASK,
        Kind.POLYGON,
        Kind.POLYGON,
    ]
    for annotation in drawn:
        assert isinstance(annotation.geometry, Box | Mask | Polygon)
        assert 5_000 < annotation.area < 20_000


def test_the_images_are_copies_so_that_an_update_cannot_take_them(workspace: Workspace):
    for project in workspace.projects():
        assert all(image.uri.startswith("copied:") for image in project.images())


def test_building_again_changes_nothing(workspace: Workspace):
    before = [project.info.seq for project in workspace.projects()]
    build_sample(workspace)
    assert [project.info.seq for project in workspace.projects()] == before


@pytest.mark.slow
def test_a_half_built_sample_is_completed(tmp_path: Path):
    with Workspace(tmp_path) as workspace:
        cells = workspace.create_project("Blood cells", labels=["RBC", "WBC", "Platelets"])
        folder = Path(sample.__file__).parent / "sample" / "blood-cells"
        cells.add_images(folder / "BloodImage_00055.jpg", copy=True)
        build_sample(workspace)
        assert cells.info.n_images == 12
        assert cells.info.n_annotations == 57


def test_the_demo_has_a_workspace_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATASETBUILDER_WORKSPACE", str(tmp_path / "mine"))
    assert demo_folder() == tmp_path / "mine-demo"


def test_every_sample_file_has_its_source_and_licence_named():
    folder = Path(sample.__file__).parent / "sample"
    sources = (folder / "SOURCES.md").read_text("utf-8")
    for photograph in (folder / "photographs").iterdir():
        assert f"`{photograph.name}`" in sources
    assert "MIT" in sources
    assert (folder / "blood-cells" / "LICENSE").is_file()


def test_the_sample_stays_small():
    folder = Path(sample.__file__).parent / "sample"
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2_500_000
