"""The whole job from Python."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import datasetbuilder
from datasetbuilder import Box, open_dataset, open_workspace
from datasetbuilder.errors import AlreadyExists, DataError, UnknownName
from datasetbuilder.model import ImageState, Kind, Polygon, Tag

CELLS = Path(__file__).parents[1] / "app" / "sample" / "blood-cells"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace with one project of twelve real images, shared by tests that only add to it."""
    with open_workspace(tmp_path_factory.mktemp("api") / "workspace") as workspace:
        project = workspace.create_project("Blood cells", labels=["RBC", ("WBC", "#3a86ff")])
        project.add_images(CELLS)
        yield workspace


@pytest.fixture
def project(filled):
    """The project of the shared workspace."""
    return filled.project("Blood cells")


def test_a_project_is_found_by_name_and_by_slug(filled):
    assert filled.project("Blood cells").slug == filled.project("blood-cells").slug == "blood-cells"
    with pytest.raises(UnknownName, match='no project "leaves"; there are: blood-cells'):
        filled.project("leaves")


def test_a_name_is_taken_once(filled):
    with pytest.raises(AlreadyExists, match="Blood cells"):
        filled.create_project("Blood cells")


def test_images_come_by_id_whole_or_page_by_page(project):
    everything = project.images()
    assert [image.id for image in everything] == list(range(1, 13))
    assert project.images(after=3, limit=2) == everything[3:5]
    assert project.images(state=ImageState.DONE) == []
    assert project.neighbours(1) == (None, 2)
    assert project.pixels(1).shape == (480, 640, 3)


def test_labels_and_shapes_are_given_plainly(project):
    mask = np.zeros((480, 640), bool)
    mask[10:20, 30:50] = True
    box, painted, tag = project.annotate(
        1, [("WBC", Box(12, 20, 80, 75.5)), ("RBC", mask), (2, Tag())]
    )

    assert (box.label, box.kind, box.area, box.bbox) == (2, Kind.BOX, 6040.0, (12, 20, 80, 75.5))
    assert (painted.kind, painted.area, painted.bbox) == (Kind.MASK, 200.0, (30, 10, 20, 10))
    assert (tag.kind, tag.area, tag.bbox) == (Kind.TAG, 0.0, None)
    assert [item.source for item in (box, painted, tag)] == ["python"] * 3
    assert project.image(1).state is ImageState.IN_PROGRESS


def test_an_unknown_label_is_named_with_the_known_ones(project):
    with pytest.raises(UnknownName, match=r"no label 'cup'.*1 RBC, 2 WBC"):
        project.annotate(2, [("cup", Box(1, 1, 5, 5))])
    assert project.annotations(2) == ()


def test_one_refused_shape_keeps_all_out_and_is_named(project):
    crossing = Polygon((datasetbuilder.Part(((0, 0), (10, 10), (10, 0), (0, 10))),))
    with pytest.raises(DataError, match="annotation 2"):
        project.annotate(2, [("RBC", Box(1, 1, 5, 5)), ("RBC", crossing)])
    assert project.annotations(2) == ()


def test_a_mask_of_another_size_is_refused(project):
    with pytest.raises(DataError, match=r"48 by 64 pixels .* is 480 by 640"):
        project.annotate(2, [("RBC", np.ones((48, 64), bool))])


def test_what_is_exported_is_what_a_trainer_reads(project, tmp_path):
    (stored,) = project.annotate(3, [("RBC", Box(100, 50, 30, 40))])
    plan = project.plan_export(formats=["coco", "parquet"])
    report = project.export(tmp_path / "out", formats=["coco", "parquet"])

    assert report.n_images == 12
    assert report.counts == plan.counts
    sample = open_dataset(tmp_path / "out")[2]
    assert sample["image_id"] == 3
    np.testing.assert_array_equal(sample["boxes"], [[100, 50, 130, 90]])
    assert stored.area == 1200


def test_an_export_never_overwrites(project, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match=str(tmp_path)):
        project.export(tmp_path, formats="coco")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_public_names_are_listed_and_load():
    assert datasetbuilder.__all__ == sorted(datasetbuilder.__all__, key=_constants_first)
    for name in datasetbuilder.__all__:
        assert getattr(datasetbuilder, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = datasetbuilder.nothing


def _constants_first(name: str) -> tuple[int, str]:
    order = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return order, name


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("dash", "sklearn", "skimage", "scipy", "pandas", "numpy", "sqlalchemy", "pyarrow")
    check = f"import datasetbuilder, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
