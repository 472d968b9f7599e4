"""Corrections from Python: kept as operations, undone, and followed by the export."""

import json

import numpy as np
import pytest
from PIL import Image as Pillow

from datasetbuilder import open_dataset, open_workspace
from datasetbuilder.errors import DataError, FormatError
from datasetbuilder.model import Box
from datasetbuilder.pixels.correction import Crop, Gamma, Match, QuarterTurn, Straighten, frame_of

pytestmark = pytest.mark.slow
CORNERS = [(100, 80), (160, 80), (160, 120), (100, 120)]


@pytest.fixture
def project(tmp_path):
    """A white house on black in the first picture, nothing in the second."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:120, 100:160] = 255
    Pillow.fromarray(picture).save(folder / "house.jpg", quality=100, subsampling=0)
    Pillow.fromarray(picture[:50]).save(folder / "night.png")
    with open_workspace(tmp_path / "workspace") as workspace:
        made = workspace.create_project("Streets", labels=["house"])
        made.add_images(folder)
        made.annotate(1, [("house", Box(100, 80, 60, 40))])
        yield made


def boxes(folder) -> list[tuple[str, list[float]]]:
    document = json.loads(next(folder.rglob("*detection*.json")).read_text())
    names = {one["id"]: one["file_name"] for one in document["images"]}
    return [(names[one["image_id"]], one["bbox"]) for one in document["annotations"]]


def test_each_box_of_a_straightened_export_is_within_half_a_pixel_of_where_it_is_seen(
    project, tmp_path
):
    project.correct([Straighten(3.7)], image_id=1)
    report = project.export(
        tmp_path / "out", formats=["coco", "parquet"], task="detection", corrected=True
    )
    assert report.n_images == 2
    path = next((tmp_path / "out").rglob("house.png"))
    seen = np.argwhere(np.asarray(Pillow.open(path))[..., 0] > 127)
    top, left = seen.min(axis=0)
    bottom, right = seen.max(axis=0) + 1
    ((name, (x, y, width, height)),) = boxes(tmp_path / "out")
    assert name.endswith("house.png")
    found = np.array([x, y, x + width, y + height])
    # whole pixels say it to half a pixel, and half of a pixel must be house to be white
    assert np.abs(found - [left, top, right, bottom]).max() <= 1.0
    corners = frame_of([Straighten(3.7)], (200, 300)).points(CORNERS)
    exact = [*corners.min(axis=0), *corners.max(axis=0)]
    assert np.abs(found - exact).max() < 0.001
    assert len(open_dataset(tmp_path / "out")) == 2


def test_the_second_export_is_the_same_bytes_and_an_uncorrected_one_knows_no_recipe(
    project, tmp_path
):
    project.correct([QuarterTurn(1), Gamma(0.8)])
    for name in ("one", "two"):
        project.export(tmp_path / name, formats=["coco"], task="instances", corrected=True)
    one, two = (
        {
            str(p.relative_to(tmp_path / name)): p.read_bytes()
            for p in (tmp_path / name).rglob("*")
            if p.is_file()
        }
        for name in ("one", "two")
    )
    assert one == two
    project.export(tmp_path / "plain", formats=["coco"], task="instances")
    assert list((tmp_path / "plain").rglob("house.jpg"))


def test_what_a_crop_leaves_out_is_not_exported_and_said(project, tmp_path):
    project.correct([Crop(0, 0, 50, 50)], image_id=1)
    report = project.export(tmp_path / "out", formats=["coco"], task="instances", corrected=True)
    assert report.counts["all"]["annotations"]["house"] == 0
    assert any("were left out" in note for note in report.notes)


def test_links_to_originals_cannot_show_a_correction(project, tmp_path):
    project.correct([QuarterTurn(1)])
    with pytest.raises(FormatError, match="nothing to link to"):
        project.export(tmp_path / "out", formats=["coco"], images="link", corrected=True)


def test_a_recipe_of_an_image_goes_before_that_of_all_and_is_taken_back(project):
    project.correct([QuarterTurn(1)])
    project.correct([Straighten(2)], image_id=1)
    assert [len(project.recipe(one)) for one in (None, 1, 2)] == [1, 1, 1]
    assert isinstance(project.recipe(1)[0], Straighten)
    project.correct([], image_id=2)
    assert project.recipe(2) == ()
    project.correct(None, image_id=1)
    assert project.recipe(1) == (QuarterTurn(1),)
    assert project.corrected_pixels(1).shape == (300, 200, 3)
    settings = [one for one in project.events() if one.target.type == "settings"]
    assert [one.tool for one in settings] == ["correct"] * 4


def test_a_recipe_that_cannot_be_carried_out_is_refused_before_it_is_kept(project):
    with pytest.raises(DataError, match="outside"):
        project.correct([Crop(500, 0, 10, 10)], image_id=1)
    assert project.recipe(1) == ()


def test_a_picture_is_matched_to_another_of_the_project(project):
    project.correct([Match(1)], image_id=2)
    assert project.corrected_pixels(2).shape == (50, 300, 3)
